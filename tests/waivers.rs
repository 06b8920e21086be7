//! Known failures from outside: waivers, how a report becomes one, and what is told of both.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use scimulate::server::{self, Fault, Running};
use serde_json::Value;
use tokio::runtime::Runtime;

const SCENARIO: &str = "cycles/disable-unassigned";

/// The rule that tells what that scenario finds.
const RULE: &str = "rules/disabled-user-hidden";

/// A folder in which the program is called, and a server under test that hides disabled users.
struct Bench {
    folder: tempfile::TempDir,
    server: Running,
    _runtime: Runtime,
}

struct Played {
    code: i32,
    out: String,
    err: String,
}

impl Bench {
    fn new() -> Self {
        Bench::with(&["hides-disabled-users"])
    }

    fn with(faults: &[&str]) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let faults = faults.iter().map(|fault| fault.parse::<Fault>().unwrap()).collect();
        let settings = server::ServerSettings { faults, ..server::ServerSettings::default() };
        let server = runtime.block_on(server::start(settings, None)).unwrap();
        Bench { folder: tempfile::tempdir().unwrap(), server, _runtime: runtime }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn json(&self, name: &str) -> Value {
        let json = serde_json::from_str(&self.read(name)).unwrap();
        let schema = serde_json::from_str(include_str!("../docs/report.schema.json")).unwrap();
        let schema = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<_> =
            schema.iter_errors(&json).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}");
        json
    }

    fn call(&self, arguments: &[&str]) -> Played {
        let mut command = Command::new(env!("CARGO_BIN_EXE_scimulate"));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        command.env("HOME", self.folder.path()).env("XDG_STATE_HOME", self.folder.path());
        command.env("SCIMULATE_TOKEN", &self.server.token).env("NO_PROXY", "*");
        let output = command.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Played { code: output.status.code().unwrap(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// Plays the scenario that the fault spoils, in one dialect.
    fn run(&self, more: &[&str]) -> Played {
        let arguments = ["run", SCENARIO, "--target", &self.server.base_url, "--dialect", "default"];
        self.call(&[&arguments[..], more].concat())
    }
}

impl Played {
    #[track_caller]
    fn ended(&self, code: i32, parts: &[&str]) {
        assert_eq!(self.code, code, "{}\n{}", self.out, self.err);
        let text = format!("{}\n{}", self.out, self.err);
        for part in parts {
            assert!(text.contains(part), "`{part}` is not in\n{text}");
        }
    }

    /// One message, and nothing else.
    #[track_caller]
    fn refused(&self, parts: &[&str]) {
        self.ended(2, parts);
        assert_eq!(self.err.lines().filter(|line| line.starts_with("error")).count(), 1, "{}", self.err);
        assert!(self.out.is_empty(), "{}", self.out);
    }
}

fn waiver(check: &str, more: &str) -> String {
    format!("[[waiver]]\ncheck = \"{check}\"\nreason = \"fixed in 4.2\"\n{more}\n")
}

/// Waivers of whatever fails when disabled users are hidden: the scenario, and the rules that see it too.
fn all(bench: &Bench) -> String {
    bench.run(&["--json", "first.json"]).ended(1, &["FAILED"]);
    let report = bench.json("first.json");
    let failed = report["checks"].as_array().unwrap().iter().filter(|check| check["status"] == "failed");
    failed.map(|check| waiver(check["id"].as_str().unwrap(), "")).collect()
}

#[test]
fn a_waived_failure_is_expected_in_every_report_and_fails_nothing() {
    let bench = Bench::new();
    let file = all(&bench);
    bench.write("waivers.toml", &file);
    bench
        .run(&["--waivers", "waivers.toml", "--json", "r.json", "--junit", "r.xml", "--github"])
        .ended(0, &["PASSED", "expected", "fixed in 4.2"]);
    let report = bench.json("r.json");
    assert_eq!(report["verdict"], "passed");
    assert_eq!(report["counts"]["expected"].as_u64().unwrap() as usize, file.matches("[[waiver]]").count());
    assert_eq!(report.get("waivers"), None, "nothing is the matter with them");
    let waived = report["checks"].as_array().unwrap().iter().find(|check| check["id"] == RULE).unwrap();
    assert_eq!(
        (waived["status"].as_str(), waived["reason"].as_str()),
        (Some("expected"), Some("fixed in 4.2"))
    );
    assert_eq!(waived["findings"][0]["waived"], "fixed in 4.2");
    assert!(bench.read("r.xml").contains("expected failure: fixed in 4.2"));
    // The same by the configuration.
    bench.write("scimulate.toml", "waivers = \"waivers.toml\"\n");
    bench.run(&[]).ended(0, &["PASSED"]);
}

#[test]
fn an_expired_waiver_fails_the_run_and_says_so_everywhere() {
    let bench = Bench::new();
    bench.write("waivers.toml", &all(&bench).replace("4.2\"\n", "4.2\"\nexpires = 2020-01-31\n"));
    let played = bench.run(&["--waivers", "waivers.toml", "--json", "r.json", "--github"]);
    played.ended(1, &["FAILED", "(waivers.toml:1) expired on 2020-01-31; the failure counts again"]);
    assert!(played.out.contains("::warning title=waiver expired::"), "{}", played.out);
    let report = bench.json("r.json");
    assert_eq!(report["waivers"][0]["state"], "expired");
    assert_eq!(report["waivers"][0]["place"], "waivers.toml:1");
}

#[test]
fn a_waiver_of_another_dialect_or_of_nothing_wrong_changes_nothing_but_says_so() {
    let bench = Bench::new();
    bench.write("other.toml", &waiver(SCENARIO, "dialect = \"aadOptscim062020\""));
    bench.run(&["--waivers", "other.toml"]).ended(1, &["FAILED"]);
    let healthy = Bench::with(&[]);
    healthy.write("waivers.toml", &waiver(SCENARIO, "dialect = \"default\""));
    let played = healthy.run(&["--waivers", "waivers.toml", "--github"]);
    played.ended(0, &["PASSED", "[default] (waivers.toml:1) passes: remove the waiver"]);
    assert!(played.out.contains("::notice title=waiver passes::"), "{}", played.out);
}

#[test]
fn a_mistake_in_the_file_is_told_before_anything_is_played() {
    let bench = Bench::new();
    bench.write("waivers.toml", &format!("# ours\n{}", waiver("cycles/disable-unasigned", "")));
    bench.run(&["--waivers", "waivers.toml"]).refused(&[
        "there is no check `cycles/disable-unasigned`",
        "waivers.toml:3:9",
        "did you mean `cycles/disable-unassigned`?",
    ]);
    bench.write("waivers.toml", "[[waiver]\n");
    bench.run(&["--waivers", "waivers.toml"]).refused(&["waivers.toml:1"]);
    bench.run(&["--waivers", "none.toml"]).refused(&["cannot be read", "none.toml", "scimulate waive"]);
}

#[test]
fn what_failed_becomes_a_file_that_lets_the_run_pass_and_is_renewed() {
    let bench = Bench::new();
    bench.run(&["--json", "r.json"]).ended(1, &["FAILED"]);
    let waive = ["waive", "--from", "r.json", "--reason", "known", "--issue", "https://example.com/7"];
    let waive = |more: &[&str]| bench.call(&[&waive[..], &["--expires", "2999-01-31"], more].concat());
    let printed = waive(&[]);
    printed.ended(0, &["[[waiver]]", "check = \"rules/disabled-user-hidden\"", "expires = 2999-01-31"]);
    assert!(printed.err.is_empty(), "{}", printed.err);

    let old = "# ours\n[[waiver]]\ncheck = \"rules/disabled-user-hidden\"\nreason = \"ask Ada\" # really\nexpires = 2020-01-31\n";
    bench.write("waivers.toml", old);
    let merged = waive(&["--into", "waivers.toml"]);
    merged.ended(0, &["added, 1 renewed; their reasons are kept"]);
    let text = bench.read("waivers.toml");
    let kept = "# ours\n[[waiver]]\ncheck = \"rules/disabled-user-hidden\"\nreason = \"ask Ada\" # really\nexpires = 2999-01-31\n";
    assert!(text.starts_with(kept), "{text}");
    bench.run(&["--waivers", "waivers.toml"]).ended(0, &["PASSED", "ask Ada, until 2999-01-31"]);

    waive(&["--into", "new.toml"]).ended(0, &["new.toml: ", " 0 renewed"]);
    bench.run(&["--waivers", "new.toml"]).ended(0, &["PASSED"]);
    let files = fs::read_dir(bench.folder.path())
        .unwrap()
        .filter_map(|file| file.unwrap().file_name().into_string().ok());
    assert!(files.into_iter().all(|name| !name.contains(".tmp")));

    // A report of what passes.
    bench.run(&["--waivers", "new.toml", "--json", "passed.json"]).ended(0, &[]);
    let nothing = ["waive", "--from", "passed.json", "--reason", "x", "--expires", "2999-01-31"];
    bench.call(&nothing).ended(0, &["no failed check to waive"]);
}

#[test]
fn what_cannot_be_waived_is_one_clear_mistake() {
    let bench = Bench::new();
    bench.run(&["--json", "r.json", "--har", "r.har", "--junit", "r.xml"]).ended(1, &[]);
    let waive = |from: &str, more: &[&str]| {
        let arguments = ["waive", "--from", from, "--reason", "x", "--expires", "2999-01-31"];
        bench.call(&[&arguments[..], more].concat())
    };
    let report = bench.read("r.json");
    bench.write("half.json", &report[..report.len() / 2]);
    bench.write("newer.json", &report.replace("scimulate-report/1", "scimulate-report/2"));
    bench.write("page.html", "<!doctype html><html></html>");
    bench.write("empty.json", "");
    waive("half.json", &[]).refused(&["ends in the middle", "half.json"]);
    waive("newer.json", &[]).refused(&["`scimulate-report/2`", "this version reads"]);
    waive("page.html", &[]).refused(&["this is HTML", "scimulate run --json FILE"]);
    waive("r.xml", &[]).refused(&["this is XML"]);
    waive("r.har", &[]).refused(&["this is a HAR"]);
    waive("empty.json", &[]).refused(&["is empty"]);
    waive("none.json", &[]).refused(&["cannot be read"]);
    waive("r.json", &["--check", "cycles/disable-unasigned"]).refused(&["did you mean"]);
    waive("r.json", &["--check", "cycles/addresses"]).refused(&["`cycles/addresses` is not in that report"]);
    bench.write("broken.toml", "[[waiver]]\nchek = 1\n");
    waive("r.json", &["--into", "broken.toml"]).refused(&["unknown key `chek`", "broken.toml:2:1"]);
    assert_eq!(bench.read("broken.toml"), "[[waiver]]\nchek = 1\n");
    waive("r.json", &["--into", "no/such/folder/w.toml"]).refused(&["cannot write"]);
    let over = ["waive", "--from", "r.json", "--reason", "x", "--expires", "2020-01-31"];
    bench.call(&over).ended(2, &["2020-01-31 is in the past"]);
    let no_reason = ["waive", "--from", "r.json", "--reason", " ", "--expires", "2999-01-31"];
    bench.call(&no_reason).ended(2, &["it must not be empty"]);
}

#[test]
fn only_what_is_new_against_the_baseline_fails() {
    let bench = Bench::new();
    bench.run(&["--json", "baseline.json"]).ended(1, &["FAILED"]);
    let known = bench.run(&["--baseline", "baseline.json", "--json", "baseline.json"]);
    known
        .ended(0, &["PASSED", "in the baseline", " as in the baseline, 0 with something new, 0 fixed since"]);
    assert!(bench.json("baseline.json")["baseline"]["known"].as_u64().unwrap() > 0);
    // Another run, another port: the report that was moved on is a baseline as well.
    let other = Bench::new();
    other.write("scimulate.toml", "baseline = \"baseline.json\"\n");
    other.write("baseline.json", &bench.read("baseline.json"));
    other.run(&[]).ended(0, &["PASSED"]);

    let worse = Bench::with(&["hides-disabled-users", "meta-location-wrong", "html-media-type"]);
    worse.write("baseline.json", &bench.read("baseline.json"));
    worse.write("none.json", "{}");
    let healthy = Bench::with(&[]);
    healthy.write("baseline.json", &bench.read("baseline.json"));
    healthy
        .run(&["--baseline", "baseline.json"])
        .ended(0, &["0 checks as in the baseline, 0 with something new"]);
    worse.run(&["--baseline", "baseline.json"]).ended(1, &["FAILED", "in the baseline", "html"]);
    worse.run(&["--baseline", "none.json"]).refused(&["this is not a scimulate report", "none.json"]);
}
