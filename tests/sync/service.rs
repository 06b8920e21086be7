//! What an administrator does beside the cycles: on demand, links, the scope; and what is written of it.

use std::fs;

use serde_json::Value;

use crate::deployment::{ADA, Deployment, GRACE, KEPT, TEAM, people};

/// Method and URL of every entry of a HAR file, after the base URL, and the titles of its pages.
fn har(deployment: &Deployment) -> (Vec<String>, Vec<String>) {
    let text = fs::read_to_string(deployment.path("out.har")).unwrap();
    assert!(!text.contains(&deployment.token), "a secret is in the file");
    let har: Value = serde_json::from_str(&text).unwrap();
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let entry = |entry: &Value| {
        let url = word(&entry["request"]["url"]);
        format!("{} {}", word(&entry["request"]["method"]), url.strip_prefix(&deployment.base).unwrap())
    };
    let entries = har["log"]["entries"].as_array().unwrap().iter().map(entry).collect();
    (entries, har["log"]["pages"].as_array().unwrap().iter().map(|page| word(&page["title"])).collect())
}

#[test]
fn requests_and_answers_are_written_as_har_with_a_page_for_each_cycle() {
    let deployment = Deployment::new(&[]);
    let options = ["--har", "out.har", "--cycles", "2"];
    assert_eq!(deployment.sync(&people(&[ADA, GRACE, TEAM]), &options).code, 0);
    let (entries, pages) = har(&deployment);
    assert_eq!(pages, ["cycle 1", "cycle 2"]);
    assert_eq!(entries.iter().filter(|entry| *entry == "POST /Users").count(), 2, "{entries:?}");
    assert_eq!(entries.iter().filter(|entry| entry.starts_with("PATCH /Groups/")).count(), 1);
    // A plan asks and writes nothing.
    let fresh = Deployment::new(&[]);
    fresh.sync(&people(&[ADA]), &["--har", "out.har", "--dry-run"]);
    assert!(har(&fresh).0.iter().all(|entry| entry.starts_with("GET ")));
    let wrong = fresh.sync(&people(&[ADA]), &["--har", "missing/out.har"]);
    assert_eq!(wrong.code, 2);
    assert!(
        wrong.err.contains("cannot write missing/out.har") && wrong.err.contains("--har"),
        "{}",
        wrong.err
    );
}

#[test]
fn a_group_is_provisioned_on_demand_with_the_members_that_have_accounts() {
    let deployment = Deployment::new(&[]);
    assert_eq!(deployment.sync(&people(&[ADA, GRACE]), &KEPT).code, 0);
    let all = people(&[ADA, GRACE, TEAM]);
    let played = deployment.sync(&all, &["--state", "state.json", "--on-demand", "team"]);
    assert_eq!(played.code, 0, "{}{}", played.out, played.err);
    let groups = deployment.held("Groups");
    let ada = deployment.user("ada@example.com").unwrap();
    assert_eq!(groups[0]["displayName"], "Team");
    assert_eq!(groups[0]["members"][0]["value"], ada["id"]);
    let wrong = deployment.sync(&all, &["--on-demand", "Taem"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("`Taem` is neither a user nor a group"), "{}", wrong.err);
    assert!(wrong.err.contains("did you mean `Team`?"), "{}", wrong.err);
    let both = format!("{}{TEAM}", people(&[ADA, &GRACE.replace("grace@example.com", "team")]));
    let wrong = deployment.sync(&both, &["--on-demand", "Team"]);
    assert_eq!(wrong.code, 2);
    assert!(
        wrong.err.contains("the name of 2 users and groups") && wrong.err.contains("g, t"),
        "{}",
        wrong.err
    );
}

#[test]
fn one_link_is_dropped_and_the_account_is_matched_again() {
    let deployment = Deployment::new(&[]);
    let all = people(&[ADA, GRACE]);
    assert_eq!(deployment.sync(&all, &KEPT).code, 0);
    let on_demand = ["--state", "state.json", "--har", "out.har", "--on-demand", "ada@example.com"];
    let asks = |deployment: &Deployment| har(deployment).0.iter().any(|e| e.contains("ada%40example.com"));
    deployment.sync(&all, &on_demand);
    assert!(!asks(&deployment), "the account is read by its id");
    let mut options = on_demand.to_vec();
    options.extend(["--forget", "ADA@example.com"]);
    let played = deployment.sync(&all, &options);
    assert_eq!(played.code, 0, "{}", played.err);
    assert!(asks(&deployment), "{:?}", har(&deployment).0);
    deployment.sync(&all, &on_demand);
    assert!(!asks(&deployment), "the new link is kept");
    assert_eq!(deployment.held("Users").len(), 2);
    let wrong = deployment.sync(&all, &["--state", "state.json", "--forget", "ada@exmple.com"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("no link of `ada@exmple.com`"), "{}", wrong.err);
    assert!(wrong.err.contains("did you mean `ada@example.com`?"), "{}", wrong.err);
    assert_eq!(deployment.sync(&all, &["--forget", "ada@example.com"]).code, 2, "there is no state");
}

#[test]
fn a_narrowed_scope_takes_effect_with_a_restart() {
    let deployment = Deployment::new(&[]);
    let grace = GRACE.replace("displayName: Grace\n", "displayName: Grace\n    assigned: false\n");
    let all = people(&[ADA, &grace]);
    let with = |options: &[&str]| {
        let mut given = KEPT.to_vec();
        given.extend(options);
        deployment.sync(&all, &given)
    };
    with(&["--scope", "all"]);
    assert!(deployment.user("grace@example.com").is_some());
    deployment.log();
    for _ in 0..2 {
        let waits = with(&["--scope", "assigned"]);
        assert!(waits.err.contains("only with a restart"), "{}", waits.err);
        assert_eq!(deployment.log(), Vec::<String>::new());
    }
    let restarted = with(&["--scope", "assigned", "--restart"]);
    assert!(!restarted.err.contains("only with a restart"), "{}", restarted.err);
    assert_eq!(deployment.user("grace@example.com").unwrap()["active"], false);
    assert!(deployment.log().contains(&"disable success Grace".to_owned()));
    with(&["--scope", "all"]);
    assert_eq!(deployment.user("grace@example.com").unwrap()["active"], true);
    with(&["--scope", "assigned", "--switch", "narrowed-scope=next-cycle"]);
    assert_eq!(deployment.user("grace@example.com").unwrap()["active"], false);
}

#[test]
fn members_travel_at_the_same_time_in_a_number_that_makes_sense() {
    let deployment = Deployment::new(&[]);
    let names = ["a", "b", "c", "d", "e", "f", "g"];
    let users: String = names
        .iter()
        .map(|name| format!("  - id: {name}\n    userPrincipalName: {name}@example.com\n"))
        .collect();
    let group = format!("groups:\n  - id: t\n    displayName: Team\n    members: [{}]\n", names.join(", "));
    let all = format!("users:\n{users}{group}");
    assert_eq!(deployment.sync(&all, &["--jobs", "3"]).code, 0);
    assert_eq!(deployment.held("Groups")[0]["members"].as_array().unwrap().len(), names.len());
    for wrong in ["0", "many", "65"] {
        let played = deployment.sync(&all, &["--jobs", wrong]);
        assert_eq!(played.code, 2);
        assert!(played.err.contains("write a number from 1 to 64"), "{}", played.err);
    }
}
