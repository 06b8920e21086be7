//! `run` against the embedded server and against `serve`.

use std::fs;
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::thread;

use crate::program::{Call, Played, SCENARIO};
use crate::servers::{Served, free};

#[test]
fn a_run_writes_its_reports_and_is_a_success() {
    let mut call = Call::new(&["run", SCENARIO, "--json", "r.json", "--junit", "r.xml", "--har", "r.har"]);
    let output = call.command.output().unwrap();
    let played = Played::new(&output, call.folder.path());
    assert_eq!(played.code, Some(0), "{}{}", played.out, played.err);
    let read = |name: &str| fs::read_to_string(call.folder.path().join(name)).unwrap();
    let report: serde_json::Value = serde_json::from_str(&read("r.json")).unwrap();
    assert_eq!(report["format"], "scimulate-report/1");
    assert_eq!(report["verdict"], "passed");
    let har: serde_json::Value = serde_json::from_str(&read("r.har")).unwrap();
    assert!(!har["log"]["entries"].as_array().unwrap().is_empty());
    assert!(read("r.xml").contains("<testsuite"));
    assert_eq!(
        fs::read_dir(call.folder.path()).unwrap().count(),
        3,
        "a run against the embedded server keeps no journal"
    );
}

#[test]
fn a_quick_run_keeps_its_limit_where_all_scenarios_share_a_target() {
    let served = Served::start(&["serve"]);
    let mut call = Call::new(&["run", "--quick", "--target", &served.base]);
    call.command.env("SCIMULATE_TOKEN", &served.token);
    let output = call.command.output().unwrap();
    let played = Played::new(&output, call.folder.path());
    assert_eq!(played.code, Some(0), "{}{}", played.out, played.err);
    let verdict = played.out.lines().find(|line| line.starts_with("PASSED")).unwrap();
    let requests = verdict.split([';', ' ']).rev().skip_while(|word| *word != "requests").nth(1).unwrap();
    let requests: usize = requests.replace(',', "").parse().unwrap();
    assert!(requests <= scimulate::selftest::MOST_REQUESTS, "{verdict}");
}

#[test]
fn a_run_against_a_target_leaves_nothing_behind() {
    let served = Served::start(&["serve"]);
    let mut call = Call::new(&["run", SCENARIO, "--target", &format!("{}/?aadOptscim062020", served.base)]);
    call.command.args(["--json", "r.json"]).env("SCIMULATE_TOKEN", &served.token);
    let output = call.command.output().unwrap();
    let played = Played::new(&output, call.folder.path());
    assert_eq!(played.code, Some(0), "{}{}", played.out, played.err);
    let report = fs::read_to_string(call.folder.path().join("r.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let dialects: std::collections::BTreeSet<_> =
        report["checks"].as_array().unwrap().iter().map(|check| check["dialect"].as_str()).collect();
    assert_eq!(dialects, [Some("aadOptscim062020")].into(), "the flag in the URL selects its dialect");
    assert!(!report.to_string().contains(&served.token));
    assert_eq!(served.users(), 0);
    assert_eq!(
        fs::read_dir(call.folder.path().join("scimulate")).map_or(0, Iterator::count),
        0,
        "the journal is gone"
    );
}

#[test]
fn a_fault_is_found_and_fails_the_run_unless_it_may_not() {
    let served = Served::start(&["serve", "--fault", "hides-disabled-users", "--token", "0123456789"]);
    let arguments = ["run", "cycles/disable-unassigned", "--target", &served.base, "--dialect", "default"];
    let play = |more: &[&str]| {
        Call::new(&[&arguments[..], more].concat()).env("SCIMULATE_TOKEN", "0123456789").play()
    };
    let failed = play(&[]);
    assert_eq!(failed.code, Some(1), "{}{}", failed.out, failed.err);
    assert!(failed.out.contains("FAILED"), "{}", failed.out);
    let annotated = play(&["--fail-on", "never", "--github"]);
    assert_eq!(annotated.code, Some(0), "{}{}", annotated.out, annotated.err);
    assert!(annotated.out.contains("::"), "{}", annotated.out);
}

#[test]
fn a_selection_of_nothing_is_4() {
    Call::new(&["run", SCENARIO, "--shard", "2/2"]).play().failed(4, "nothing to play", "scimulate list");
}

#[test]
fn the_server_under_test_is_started_and_stopped() {
    let address = free();
    let exec =
        format!("'{}' serve --port {} --token 0123456789", env!("CARGO_BIN_EXE_scimulate"), address.port());
    let target = format!("http://{address}/scim");
    let call = Call::new(&["run", SCENARIO, "--exec", &exec, "--target", &target])
        .env("SCIMULATE_TOKEN", "0123456789");
    let played = call.play();
    assert_eq!(played.code, Some(0), "{}{}", played.out, played.err);
    assert!(TcpStream::connect(address).is_err(), "the server still listens");
    let call = Call::new(&["run", SCENARIO, "--exec", "echo out of memory; exit 3", "--target", &target]);
    call.play().failed(
        3,
        "ended before it answered (exit status: 3); its last output: out of memory",
        "by hand",
    );
    let call = Call::new(&["run", SCENARIO, "--wait-for", &target, "--timeout", "1"]);
    call.play().failed(3, "no server answered", "--timeout");
}

#[test]
#[cfg(unix)]
fn ctrl_c_and_other_signals_to_end_remove_what_was_made_and_write_the_reports() {
    interrupt_a_run("-INT");
    interrupt_a_run("-TERM");
    // Under nohup the tests' children ignore the end of their terminal, as they should.
    if !ignores_hangup() {
        interrupt_a_run("-HUP");
    }
}

/// True when this process was started with SIGHUP ignored: what it starts inherits that (signal(7)).
#[cfg(unix)]
fn ignores_hangup() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

#[cfg(unix)]
fn interrupt_a_run(signal: &str) {
    let served = Served::start(&["serve"]);
    let mut call =
        Call::new(&["run", "--target", &served.base, "--pace", "20", "--jobs", "1", "--json", "r.json"]);
    call.command.env("SCIMULATE_TOKEN", &served.token).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = call.command.spawn().unwrap();
    while served.users() == 0 {
        thread::sleep(std::time::Duration::from_millis(5));
    }
    let interrupt = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(interrupt.success());
    let output = child.wait_with_output().unwrap();
    let played = Played::new(&output, call.folder.path());
    assert_eq!(played.code, Some(130), "{signal}: {}{}", played.out, played.err);
    assert!(played.err.contains("stopping"), "{}", played.err);
    assert_eq!(served.users(), 0, "{}", played.out);
    let report = fs::read_to_string(call.folder.path().join("r.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["verdict"], "incomplete");
}
