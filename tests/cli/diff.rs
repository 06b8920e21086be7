//! `diff`: two reports compared.

use serde_json::{Value, json};

use crate::program::{Call, Played};
use crate::servers::Served;

const TOKEN: &str = "0123456789";

fn finding(rule: &str, level: &str, message: &str) -> Value {
    json!({"rule": rule, "level": level, "message": message, "fix": "Mend it.", "exchanges": []})
}

fn check(id: &str, status: &str, findings: Vec<Value>) -> Value {
    let (reason, kind) = match status {
        "skipped" => (json!("the target has no groups"), json!("unsupported")),
        "expected" => (json!("known"), Value::Null),
        _ => (Value::Null, Value::Null),
    };
    json!({"id": id, "dialect": "default", "status": status, "reason": reason, "reason_kind": kind,
        "findings": findings})
}

fn failed(id: &str) -> Value {
    check(id, "failed", vec![finding(id, "error", "active is true, expected false")])
}

fn waived(id: &str) -> Value {
    let mut finding = finding(id, "error", "active is true, expected false");
    finding["waived"] = json!("fixed in 4.2");
    check(id, "expected", vec![finding])
}

fn report(checks: Vec<Value>) -> Value {
    let causes: Vec<Value> = checks
        .iter()
        .flat_map(|check| check["findings"].as_array().unwrap().iter().map(move |finding| (check, finding)))
        .filter(|(_, finding)| finding.get("waived").is_none())
        .map(|(check, finding)| {
            json!({"rule": finding["rule"], "message": finding["message"], "checks": [check["id"]]})
        })
        .collect();
    json!({"format": "scimulate-report/1", "version": env!("CARGO_PKG_VERSION"), "target": "http://x/scim",
        "verdict": "passed", "checks": checks, "causes": causes})
}

fn diff(old: &Value, new: &Value, arguments: &[&str]) -> Played {
    Call::new(&[&["diff", "old.json", "new.json"], arguments].concat())
        .file("old.json", &old.to_string())
        .file("new.json", &new.to_string())
        .play()
}

const ONE: &str = "cycles/create-user";
const OTHER: &str = "cycles/disable-unassigned";

#[test]
fn what_fails_newly_is_worse_and_what_fails_no_longer_is_mended() {
    let old = report(vec![check(ONE, "passed", vec![]), failed(OTHER)]);
    let new = report(vec![failed(ONE), check(OTHER, "passed", vec![])]);
    let worse = diff(&old, &new, &[]);
    assert_eq!(worse.code, Some(1), "{}{}", worse.out, worse.err);
    for expected in [
        "Newly failing\n  error cycles/create-user: active is true, expected false\n    passed before\n    fix: Mend it.\n    \
         scimulate run cycles/create-user --dialect default\n",
        "Mended\n  error cycles/disable-unassigned: ",
        "WORSE new.json against old.json: 1 newly failing, 1 mended, 0 as before\n",
    ] {
        assert!(worse.out.contains(expected), "`{expected}` is not in\n{}", worse.out);
    }
    let better = diff(&old, &report(vec![check(ONE, "passed", vec![]), check(OTHER, "passed", vec![])]), &[]);
    assert_eq!(better.code, Some(0), "{}{}", better.out, better.err);
    assert!(
        better.out.ends_with("BETTER new.json against old.json: 0 newly failing, 1 mended, 0 as before\n")
    );
    let same = diff(&old, &old, &[]);
    assert_eq!(same.code, Some(0), "{}{}", same.out, same.err);
    assert!(same.out.contains("As before\n  error cycles/disable-unassigned: "), "{}", same.out);
}

#[test]
fn milder_findings_and_what_is_not_judged_do_not_fail() {
    let warned = check(ONE, "passed", vec![finding(ONE, "warning", "it is slow")]);
    let old = report(vec![
        check(ONE, "passed", vec![]),
        failed(OTHER),
        check("cycles/manager-set", "skipped", vec![]),
    ]);
    let new =
        report(vec![warned, check(OTHER, "skipped", vec![]), check("cycles/manager-set", "passed", vec![])]);
    let played = diff(&old, &new, &[]);
    assert_eq!(played.code, Some(0), "{}{}", played.out, played.err);
    for expected in [
        "New, below error\n  warning cycles/create-user: it is slow\n",
        "Failed before, and not judged now\n  error cycles/disable-unassigned",
        "skipped now: the target has no groups",
        "No longer judged\n  1 result, the target has no groups: cycles/disable-unassigned (default)\n",
        "Judged only now\n  1 result, the target has no groups: cycles/manager-set (default)\n",
        "NOT WORSE",
    ] {
        assert!(played.out.contains(expected), "`{expected}` is not in\n{}", played.out);
    }
    assert!(!played.out.contains("Mended"), "{}", played.out);
}

#[test]
fn a_waiver_is_no_repair_and_its_end_is_a_failure() {
    let (open, covered) = (report(vec![failed(ONE)]), report(vec![waived(ONE)]));
    let played = diff(&open, &covered, &[]);
    assert_eq!(played.code, Some(0), "{}{}", played.out, played.err);
    assert!(played.out.contains("Waived now\n  error cycles/create-user"), "{}", played.out);
    let played = diff(&covered, &open, &[]);
    assert_eq!(played.code, Some(1), "{}{}", played.out, played.err);
    assert!(played.out.contains("it was waived before: fixed in 4.2"), "{}", played.out);
    let played = diff(&covered, &report(vec![check(ONE, "passed", vec![])]), &[]);
    assert_eq!(played.code, Some(0), "{}{}", played.out, played.err);
    assert!(played.out.contains("it was waived: remove the waiver"), "{}", played.out);
}

#[test]
fn an_incomplete_run_says_nothing_good_and_an_empty_one_neither() {
    let whole = report(vec![failed(ONE)]);
    let mut incomplete = whole.clone();
    incomplete["verdict"] = json!("incomplete");
    let played = diff(&whole, &incomplete, &[]);
    assert_eq!(played.code, Some(3), "{}{}", played.out, played.err);
    assert!(played.out.contains("the new run is incomplete"), "{}", played.out);
    let played = diff(&whole, &report(vec![]), &[]);
    assert_eq!(played.code, Some(4), "{}{}", played.out, played.err);
}

#[test]
fn markdown_goes_to_a_file_or_to_standard_output() {
    let (old, new) = (report(vec![check(ONE, "passed", vec![])]), report(vec![failed(ONE)]));
    let played = diff(&old, &new, &["--markdown"]);
    assert!(played.out.starts_with("## ❌ scimulate: the server got worse\n"), "{}", played.out);
    assert!(played.out.contains("1. **error** cycles/create-user: active is true"), "{}", played.out);
    assert!(played.err.contains("WORSE new.json"), "{}", played.err);
    let mut call = Call::new(&["diff", "old.json", "new.json", "--markdown", "changes.md"])
        .file("old.json", &old.to_string())
        .file("new.json", &new.to_string());
    let played = Played::new(&call.command.output().unwrap(), call.folder.path());
    assert!(played.out.contains("WORSE new.json"), "{}", played.out);
    let written = std::fs::read_to_string(call.folder.path().join("changes.md")).unwrap();
    assert!(written.starts_with("## ❌"), "{written}");
}

#[test]
fn what_is_no_report_is_named_with_its_place() {
    let good = report(vec![]).to_string();
    let call = |old: &str| {
        Call::new(&["diff", "old.json", "new.json"]).file("old.json", old).file("new.json", &good).play()
    };
    call("{\"format\": \"scimulate-report/2\", \"version\": \"9.0.0\"}").failed(
        2,
        "the report has the format `scimulate-report/2` of scimulate 9.0.0",
        "use the version that wrote the report",
    );
    call("{").failed(2, "line 1, column 1", "old.json");
    let missing = Call::new(&["diff", "no.json", "new.json"]).file("new.json", &good).play();
    missing.failed(2, "no.json", "scimulate run --json FILE");
    let unwritable = Call::new(&["diff", "new.json", "new.json", "--markdown", "no/such/m.md"]);
    unwritable.file("new.json", &good).play().failed(2, "no/such/m.md", "--markdown");
}

#[test]
fn reports_of_real_runs_are_compared() {
    let served = Served::start(&["serve", "--fault", "hides-disabled-users", "--token", TOKEN]);
    let run = |arguments: &[&str]| {
        let mut call = Call::new(&[&["run", OTHER, ONE, "--json", "r.json"], arguments].concat());
        call.command.env("SCIMULATE_TOKEN", TOKEN);
        call.command.output().unwrap();
        serde_json::from_str::<Value>(&std::fs::read_to_string(call.folder.path().join("r.json")).unwrap())
            .unwrap()
    };
    let (right, wrong) = (run(&[]), run(&["--target", &served.base]));
    let worse = diff(&right, &wrong, &[]);
    assert_eq!(worse.code, Some(1), "{}{}", worse.out, worse.err);
    assert!(worse.out.contains("critical rules/disabled-user-hidden: "), "{}", worse.out);
    let better = diff(&wrong, &right, &[]);
    assert_eq!(better.code, Some(0), "{}{}", better.out, better.err);
    assert!(better.out.contains("Mended\n  critical rules/disabled-user-hidden: "), "{}", better.out);
    // The same server plays another seed, so that every value differs.
    let again = run(&["--target", &served.base, "--seed", "7"]);
    let same = diff(&wrong, &again, &[]);
    assert_eq!(same.code, Some(0), "{}{}", same.out, same.err);
}
