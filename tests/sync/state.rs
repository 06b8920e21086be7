//! State file and provisioning log from run to run, also after a run was killed.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::deployment::{ADA, Deployment, GRACE, KEPT, people};

#[cfg(unix)]
#[test]
fn a_log_stays_readable_when_runs_are_killed_and_lines_are_broken_off() {
    let deployment = Deployment::new(&[]);
    let many: String = (0..50).map(|n| format!("  - userPrincipalName: user{n}@example.com\n")).collect();
    deployment.write("people.yaml", &people(&[&many]));
    let mut running = deployment.start_slowly(&["--logs", "log.jsonl"]);
    while deployment.held("Users").len() < 3 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    running.kill().unwrap();
    running.wait().unwrap();
    let lines = |text: &str| text.lines().filter(|line| serde_json::from_str::<Value>(line).is_ok()).count();
    let text = fs::read_to_string(deployment.path("log.jsonl")).unwrap();
    assert!(lines(&text) >= 2, "what is written is written at once: {text}");
    deployment.write("log.jsonl", &format!("{text}{{\"broken"));
    let played = deployment.sync(&people(&[GRACE]), &["--logs", "log.jsonl"]);
    assert_eq!(played.code, 0, "{}", played.err);
    let after = fs::read_to_string(deployment.path("log.jsonl")).unwrap();
    assert!(after.contains("{\"broken\n"), "{after}");
    assert_eq!(lines(&after), lines(&text) + 1);
}

#[test]
fn a_state_file_of_another_job_is_refused_and_left_alone() {
    let deployment = Deployment::new(&[]);
    let all = people(&[ADA, GRACE]);
    deployment.sync(&all, &KEPT);
    let state = fs::read(deployment.path("state.json")).unwrap();
    let other = deployment.play(&[
        "sync",
        "--directory",
        "people.yaml",
        "--target",
        "http://127.0.0.1:1/scim",
        "--state",
        "state.json",
    ]);
    assert_eq!(other.code, 2);
    assert!(other.err.contains("belongs to the target") && other.err.contains("--state"), "{}", other.err);
    let other = deployment.sync(&all, &["--state", "state.json", "--profile", "zoom"]);
    assert_eq!(other.code, 2);
    assert!(other.err.contains("belongs to the mapping `default`"), "{}", other.err);
    assert_eq!(fs::read(deployment.path("state.json")).unwrap(), state);
    deployment.write("state.json", "{");
    let broken = deployment.sync(&all, &KEPT);
    assert_eq!(broken.code, 2);
    assert!(broken.err.contains("the state file cannot be read"), "{}", broken.err);
    assert_eq!(fs::read_to_string(deployment.path("state.json")).unwrap(), "{");
    let embedded = deployment.play(&["sync", "--directory", "people.yaml", "--state", "state.json"]);
    assert!(embedded.code == 2 && embedded.err.contains("--target"), "{}", embedded.err);
}

#[test]
fn another_mapping_looks_at_everybody_again() {
    let deployment = Deployment::new(&[]);
    let all = people(&[ADA, GRACE]);
    deployment.sync(&all, &KEPT);
    deployment.write("scimulate.toml", "[mapping]\nwithout = ['title']\n");
    let played = deployment.sync(&all, &KEPT);
    assert!(played.out.starts_with("cycle 2 (initial)"), "{}", played.out);
    assert!(played.err.contains("the mapping has changed"), "{}", played.err);
    assert_eq!(deployment.held("Users").len(), 2, "links stay");
}

/// A cycle that the target stops has not looked at everybody, so the next one has to.
#[test]
fn another_mapping_looks_at_everybody_even_if_the_first_cycle_with_it_is_stopped() {
    let mut deployment = Deployment::new(&[]);
    let all = people(&[ADA, GRACE]);
    deployment.sync(&all, &KEPT);
    deployment.write("scimulate.toml", "[mapping]\nwithout = ['title']\n");
    let token = std::mem::replace(&mut deployment.token, "wrong".to_owned());
    let stopped = deployment.sync(&all, &KEPT);
    assert_eq!(stopped.code, 3, "{}", stopped.out);
    deployment.token = token;
    let played = deployment.sync(&all, &["--state", "state.json", "--restart", "QuarantineState"]);
    assert!(played.out.starts_with("cycle 3 (initial)"), "{}", played.out);
}

#[cfg(unix)]
#[test]
fn a_job_that_is_killed_while_members_travel_at_the_same_time_adds_the_others_later() {
    let deployment = Deployment::new(&[]);
    let names: Vec<String> = (0..30).map(|n| format!("user{n}@example.com")).collect();
    let users: String = names.iter().map(|name| format!("  - userPrincipalName: {name}\n")).collect();
    deployment.sync(&people(&[&users]), &KEPT);
    let before = fs::read(deployment.path("state.json")).unwrap();
    let group = format!("groups:\n  - displayName: Team\n    members: [{}]\n", names.join(", "));
    let all = people(&[&users, &group]);
    deployment.write("people.yaml", &all);
    let mut running = deployment.start_slowly(&KEPT);
    let members = || {
        let groups = deployment.held("Groups");
        groups.first().and_then(|group| group["members"].as_array().map(Vec::len)).unwrap_or_default()
    };
    while members() < 3 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    running.kill().unwrap();
    running.wait().unwrap();
    assert!(members() < 30, "it was killed on its way");
    assert_eq!(fs::read(deployment.path("state.json")).unwrap(), before, "the old state or the new one");
    let rest = deployment.sync(&all, &KEPT);
    assert_eq!(rest.code, 0, "{}{}", rest.out, rest.err);
    assert_eq!((deployment.held("Groups").len(), members()), (1, 30));
}

#[cfg(unix)]
#[test]
fn an_interrupted_job_keeps_what_it_did() {
    let deployment = Deployment::new(&[]);
    let many: String = (0..50).map(|n| format!("  - userPrincipalName: user{n}@example.com\n")).collect();
    deployment.write("people.yaml", &people(&[&many]));
    let mut running = deployment.start_slowly(&KEPT);
    while deployment.held("Users").is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    Command::new("kill").args(["-INT", &running.id().to_string()]).status().unwrap();
    assert_eq!(running.wait().unwrap().code(), Some(130));
    let made = deployment.held("Users").len();
    assert!(made < 50, "{made}");
    // Nobody is made twice, and the others follow.
    let rest = deployment.play(&[
        "sync",
        "--directory",
        "people.yaml",
        "--target",
        &deployment.base,
        "--state",
        "state.json",
    ]);
    assert!(rest.out.starts_with(&format!("cycle 2 (initial)\n  created {} ·", 50 - made)), "{}", rest.out);
    assert_eq!(deployment.held("Users").len(), 50);
}
