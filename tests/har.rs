//! The HAR of a whole run: which request belongs to which step, and that none is sent for nothing.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashSet;
use std::process::Command;

use serde_json::Value;

/// Plays everything against the embedded server; gives the JSON report and the HAR.
fn played() -> (Value, Value) {
    let folder = tempfile::tempdir().unwrap();
    let (report, har) = (folder.path().join("report.json"), folder.path().join("run.har"));
    let run = Command::new(env!("CARGO_BIN_EXE_scimulate"))
        .args(["run", "--json"])
        .arg(&report)
        .arg("--har")
        .arg(&har)
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
    let read = |path| serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    (read(report), read(har))
}

#[test]
fn a_whole_run_asks_nothing_twice_and_tells_why_it_asks() {
    let (report, har) = played();
    let entries = har["log"]["entries"].as_array().unwrap();
    assert!(entries.len() > 1000, "only {} requests", entries.len());

    let mut scenario_run = "";
    let mut asked: HashSet<(&str, &str, String)> = HashSet::new();
    for entry in entries {
        let text = |pointer: &str| entry.pointer(pointer).and_then(Value::as_str).unwrap();
        let comment = text("/comment");
        assert!(!text("/_step").is_empty(), "an entry names no step: {comment}");
        if entry["pageref"] != scenario_run {
            scenario_run = text("/pageref");
            asked.clear();
        }
        match text("/request/method") {
            "GET" => {
                // With other headers it is another question: whether it changed, in which form, by whom. The
                // service asks again in each of its cycles.
                let headers = entry["request"]["headers"].to_string();
                let cycle = text("/_step").split(':').next().filter(|_| text("/_actor") == "entra");
                let question = (text("/_actor"), text("/request/url"), format!("{headers}{cycle:?}"));
                assert!(asked.insert(question), "asked twice: {comment}");
            }
            _ => asked.clear(),
        }
    }

    let schema = serde_json::from_str(include_str!("../docs/report.schema.json")).unwrap();
    let errors: Vec<String> =
        jsonschema::validator_for(&schema).unwrap().iter_errors(&report).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    assert_eq!(report["verdict"], "passed");
    assert_eq!(report["left_behind"], serde_json::json!([]));
}
