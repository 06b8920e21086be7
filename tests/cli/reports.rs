//! Reports for the browser and for CI, and playing again what failed.

use std::fs;

use serde_json::Value;

use crate::program::{Call, Played, SCENARIO};
use crate::servers::Served;

const TOKEN: &str = "0123456789";

fn faulty() -> Served {
    Served::start(&["serve", "--fault", "hides-disabled-users", "--token", TOKEN])
}

/// A run against a server, and what stands in a file that it wrote.
fn run(served: &Served, arguments: &[&str], file: &str) -> (Played, String) {
    let mut call = Call::new(&[&["run", "--target", &served.base], arguments].concat());
    call.command.env("SCIMULATE_TOKEN", TOKEN);
    let output = call.command.output().unwrap();
    let written = fs::read_to_string(call.folder.path().join(file)).unwrap();
    (Played::new(&output, call.folder.path()), written)
}

#[test]
fn the_page_for_a_browser_says_what_the_terminal_says() {
    let (played, page) =
        run(&faulty(), &["cycles/disable-unassigned", SCENARIO, "--html", "r.html"], "r.html");
    assert_eq!(played.code, Some(1), "{}{}", played.out, played.err);
    let verdict = played.out.lines().last().unwrap();
    let (_, sentence) = verdict.split_once("/scim: ").unwrap();
    assert!(page.contains(sentence), "`{sentence}` is not in the page");
    assert!(page.contains("<!doctype html>") && page.trim_end().ends_with("</html>"));
    for id in ["cycles/disable-unassigned", SCENARIO] {
        assert!(page.contains(&format!("<a href=\"#check={id}\">")), "{id}");
    }
    assert!(!page.contains(TOKEN));
}

#[test]
fn a_job_of_github_gets_annotations_and_a_summary_that_is_added() {
    let served = faulty();
    let mut call = Call::new(&["run", "cycles/disable-unassigned", "--target", &served.base, "--github"])
        .file("summary.md", "what was there\n");
    let summary = call.folder.path().join("summary.md");
    call.command.env("SCIMULATE_TOKEN", TOKEN).env("GITHUB_STEP_SUMMARY", &summary);
    let played = Played::new(&call.command.output().unwrap(), call.folder.path());
    assert_eq!(played.code, Some(1), "{}{}", played.out, played.err);
    assert!(played.out.contains("\n::error title=critical "), "{}", played.out);
    let summary = fs::read_to_string(summary).unwrap();
    assert!(summary.starts_with("what was there\n## ❌ scimulate: failed"), "{summary}");
    assert!(summary.contains("### Fix first\n\n1. **critical** "), "{summary}");
    let (played, summary) = run(&served, &[SCENARIO, "--markdown", "r.md"], "r.md");
    assert_eq!(played.code, Some(0), "{}{}", played.out, played.err);
    assert!(summary.starts_with("## ✅ scimulate: passed"), "{summary}");
}

#[test]
fn a_path_that_cannot_be_written_is_told_before_the_run() {
    for option in ["--html", "--markdown", "--json"] {
        let told = Call::new(&["run", SCENARIO, option, "no/such/folder/r"]).play();
        told.failed(2, "no/such/folder/r", option);
        let told = Call::new(&["run", SCENARIO, option, "folder"]).file("folder/x", "").play();
        told.failed(2, "folder", option);
        assert!(!told.out.contains("PASSED"), "{}", told.out);
    }
    let call = Call::new(&["run", SCENARIO, "--github"]).env("GITHUB_STEP_SUMMARY", "no/such/folder/r");
    call.play().failed(2, "no/such/folder/r", "GITHUB_STEP_SUMMARY");
}

#[test]
fn a_wrong_path_costs_no_report_of_an_earlier_run() {
    for option in ["--html", "--markdown", "--json", "--junit"] {
        let arguments = ["run", SCENARIO, "--events", "e", "--har", "h", option, "no/such/folder/r"];
        let mut call = Call::new(&arguments).file("e", "of before").file("h", "of before");
        let output = call.command.output().unwrap();
        Played::new(&output, call.folder.path()).failed(2, "no/such/folder/r", option);
        for name in ["e", "h"] {
            let text = fs::read_to_string(call.folder.path().join(name)).unwrap();
            assert_eq!(text, "of before", "{option}: {name}");
        }
    }
}

#[test]
fn what_failed_is_played_again_and_nothing_else() {
    let served = faulty();
    let arguments = ["cycles/disable-unassigned", SCENARIO, "--dialect", "default", "--json", "r.json"];
    let (_, first) = run(&served, &arguments, "r.json");
    let ids = |report: &str| -> Vec<String> {
        let report: Value = serde_json::from_str(report).unwrap();
        let checks = report["checks"].as_array().unwrap().iter();
        let played = checks.filter_map(|check| check["id"].as_str()).filter(|id| !id.starts_with("rules/"));
        played.map(str::to_owned).collect()
    };
    assert_eq!(ids(&first), [SCENARIO, "cycles/disable-unassigned"]);
    let again = |report: &str| {
        let mut call = Call::new(&["run", "--target", &served.base, "--rerun-failed", "old.json"])
            .file("old.json", report);
        call.command.args(["--dialect", "default", "--json", "r.json"]).env("SCIMULATE_TOKEN", TOKEN);
        let output = call.command.output().unwrap();
        let written = fs::read_to_string(call.folder.path().join("r.json"));
        (Played::new(&output, call.folder.path()), written)
    };
    let (played, second) = again(&first);
    assert_eq!(played.code, Some(1), "{}{}", played.out, played.err);
    assert_eq!(ids(&second.unwrap()), ["cycles/disable-unassigned"]);
    let (_, clean) = run(&served, &[SCENARIO, "--json", "r.json"], "r.json");
    again(&clean).0.failed(4, "nothing failed in old.json", "--rerun-failed");
    again("{}").0.failed(2, "not a scimulate report", "--json");
}

#[test]
fn after_the_first_failure_nothing_is_played_if_that_is_wanted() {
    let arguments = ["cycles/", "--dialect", "default", "--jobs", "1", "--fail-fast", "--json", "r.json"];
    let (played, report) = run(&faulty(), &arguments, "r.json");
    assert_eq!(played.code, Some(1), "{}{}", played.out, played.err);
    let report: Value = serde_json::from_str(&report).unwrap();
    let reasons = report["checks"].as_array().unwrap().iter().filter_map(|check| check["reason"].as_str());
    let not_played = reasons.filter(|reason| reason.contains("--fail-fast")).count();
    assert!(not_played > 20, "{not_played}");
    assert!(played.out.contains("FAILED"), "{}", played.out);
}

#[test]
fn colours_are_as_asked_for() {
    let colored = |arguments: &[&str], name: &str, value: &str| {
        let call = Call::new(&[&["run", SCENARIO], arguments].concat());
        let played = call.env("TERM", "xterm").env(name, value).play();
        assert_eq!(played.code, Some(0), "{}", played.err);
        played.out.contains('\u{1b}')
    };
    assert!(!colored(&[], "X", "") && !colored(&["--color", "auto"], "X", ""));
    assert!(colored(&["--color", "always"], "NO_COLOR", "1"), "the command line comes first");
    assert!(colored(&[], "FORCE_COLOR", "1") && colored(&[], "CLICOLOR_FORCE", "1"));
    assert!(!colored(&[], "FORCE_COLOR", "0") && !colored(&["--color", "never"], "FORCE_COLOR", "1"));
}

#[test]
fn one_report_may_go_to_standard_output_and_what_is_told_to_people_does_not_mix_with_it() {
    let json = Call::new(&["run", SCENARIO, "--json", "-"]).play();
    assert_eq!(json.code, Some(0), "{}", json.err);
    let report: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(report["verdict"], "passed");
    assert!(json.err.contains("PASSED"), "{}", json.err);
    let events = Call::new(&["run", SCENARIO, "--events", "-", "--json", "r.json"]).play();
    let lines: Vec<Value> = events.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["event"], &lines[0]["format"]), (&"started".into(), &"scimulate-events/1".into()));
    assert_eq!(lines.last().unwrap()["event"], "finished");
    let ended = lines.iter().filter(|line| line["event"] == "scenario-finished").count();
    assert_eq!(ended as u64, lines[0]["scenario_runs"].as_u64().unwrap());
    let both = Call::new(&["run", SCENARIO, "--events", "-", "--json", "-"]).play();
    both.failed(2, "second report for standard output", "to a file");
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_costs_neither_the_verdict_nor_the_other_reports() {
    let mut call =
        Call::new(&["run", SCENARIO, "--json", "/dev/full", "--markdown", "r.md", "--html", "r.html"]);
    let played = Played::new(&call.command.output().unwrap(), call.folder.path());
    played.failed(2, "cannot write /dev/full", "free disk space");
    assert!(played.out.contains("PASSED"), "{}", played.out);
    for file in ["r.md", "r.html"] {
        assert!(fs::read_to_string(call.folder.path().join(file)).unwrap().contains("passed"), "{file}");
    }
}
