//! The gallery verdict through the program: against the embedded server as a vendor would run it.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// `scimulate serve`, ended when it is dropped.
struct Server {
    child: Child,
    base: String,
    token: String,
    /// Token endpoint, client id and client secret.
    oauth: [String; 3],
}

impl Server {
    fn start(options: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_scimulate"))
            .args(["serve", "--oauth"])
            .args(options)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut words = |word: &str| -> Vec<String> {
            let line = lines.next().unwrap().unwrap();
            let rest = line.strip_prefix(word).unwrap_or_else(|| panic!("{line}"));
            rest.split_whitespace().map(str::to_owned).collect()
        };
        let ready = words("READY ");
        let oauth = words("OAUTH ");
        Server {
            child,
            base: ready[0].clone(),
            token: ready[1].clone(),
            oauth: [oauth[0].clone(), oauth[1].clone(), oauth[2].clone()],
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a call of `scimulate gallery` came to.
struct Verdict {
    code: Option<i32>,
    out: String,
    err: String,
    json: Value,
    folder: TempDir,
}

impl Verdict {
    /// The result of a test of the template.
    fn of(&self, number: u64) -> &str {
        let tests = self.json["gallery"]["tests"].as_array().unwrap();
        let test = tests.iter().find(|test| test["number"] == number).unwrap();
        test["result"].as_str().unwrap()
    }
}

/// Plays in a folder of its own, in which `config` is the configuration.
fn gallery(options: &[&str], config: &str, environment: &[(&str, &str)]) -> Verdict {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("scimulate.toml"), config).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_scimulate"))
        .args(["gallery", "--json", "report.json"])
        .args(options)
        .current_dir(folder.path())
        .env_remove("SCIMULATE_TOKEN")
        .env("HOME", folder.path())
        .env("XDG_STATE_HOME", folder.path())
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let json = fs::read(folder.path().join("report.json")).unwrap_or_default();
    let json: Value = serde_json::from_slice(&json).unwrap_or_default();
    if !json.is_null() {
        let schema = serde_json::from_str(include_str!("../docs/report.schema.json")).unwrap();
        let schema = jsonschema::validator_for(&schema).unwrap();
        let wrong: Vec<String> = schema.iter_errors(&json).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }
    Verdict {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
        json,
        folder,
    }
}

/// With a static bearer token.
fn with_token(server: &Server, options: &[&str], config: &str) -> Verdict {
    let options = [&["--target", &server.base], options].concat();
    gallery(&options, config, &[("SCIMULATE_TOKEN", &server.token)])
}

/// With client credentials.
fn with_oauth(server: &Server, options: &[&str], config: &str) -> Verdict {
    let [endpoint, id, secret] = &server.oauth;
    let own = ["--target", server.base.as_str(), "--token-endpoint", endpoint, "--client-id", id];
    gallery(&[&own, options].concat(), config, &[("SCIMULATE_CLIENT_SECRET", secret)])
}

#[test]
fn the_embedded_server_would_be_published() {
    let verdict = gallery(&[], "", &[]);
    assert_eq!(verdict.code, Some(0), "{}{}", verdict.out, verdict.err);
    let gallery = &verdict.json["gallery"];
    assert_eq!((gallery["verdict"].as_str(), gallery["template"].as_str()), (Some("Succeeded"), Some("11")));
    let tests = gallery["tests"].as_array().unwrap();
    let numbers: Vec<u64> = tests.iter().map(|test| test["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=25).collect::<Vec<_>>());
    assert!(tests.iter().all(|test| test["result"] == "PASSED"), "{}", verdict.out);
    let simulated = tests.iter().filter(|test| test["played"] == "simulated").count();
    assert_eq!(simulated, 14);
    let optional: Vec<u64> = tests
        .iter()
        .filter(|test| test["kind"] == "optional")
        .map(|test| test["number"].as_u64().unwrap())
        .collect();
    assert_eq!(optional, [4, 10, 14, 24]);
    assert_eq!(gallery["validator"].as_array().unwrap().len(), 32);
    assert!(verdict.out.contains("template 11 (September 2026), predicted"), "{}", verdict.out);
}

#[test]
fn a_static_token_alone_fails_and_client_credentials_succeed() {
    let server = Server::start(&[]);
    let token = with_token(&server, &[], "");
    assert_eq!((token.code, token.json["gallery"]["verdict"].as_str()), (Some(1), Some("Failed")));
    assert_eq!((token.of(21), token.of(22)), ("SKIPPED", "SKIPPED"));
    assert!(token.out.contains("A static bearer token alone never passes"), "{}", token.out);
    assert!(!token.out.contains(&server.token));
    let oauth = with_oauth(&server, &[], "");
    assert_eq!((oauth.code, oauth.json["gallery"]["verdict"].as_str()), (Some(0), Some("Succeeded")));
    assert_eq!((oauth.of(21), oauth.of(22)), ("PASSED", "SKIPPED"));
    assert!(oauth.json["left_behind"].as_array().unwrap().is_empty());
    assert!(!oauth.out.contains(&server.oauth[2]));
}

#[test]
fn a_mandatory_test_fails_the_whole_and_an_optional_one_warns() {
    let server = Server::start(&["--fault", "ignores-string-boolean", "--fault", "delete-ignored"]);
    let verdict = with_oauth(&server, &[], "");
    assert_eq!((verdict.code, verdict.of(3), verdict.of(4)), (Some(1), "FAILED", "WARNING"));
    let server = Server::start(&["--fault", "delete-ignored"]);
    let verdict = with_oauth(&server, &[], "");
    assert_eq!((verdict.code, verdict.of(4)), (Some(0), "WARNING"), "{}", verdict.out);
}

#[test]
fn editions_differ_in_endpoints_without_groups() {
    let server = Server::start(&["--variant", "users-only"]);
    let groups = [8, 9, 11, 12, 13, 19, 20];
    let skipped = with_oauth(&server, &[], "[mapping]\ngroups = false\n");
    assert_eq!(skipped.code, Some(0), "{}", skipped.out);
    assert!(groups.iter().all(|number| skipped.of(*number) == "SKIPPED"), "{}", skipped.out);
    let failed = with_oauth(&server, &["--gallery-template", "10"], "[mapping]\ngroups = false\n");
    assert_eq!((failed.code, failed.json["gallery"]["template"].as_str()), (Some(1), Some("10")));
    assert!(groups.iter().all(|number| failed.of(*number) == "FAILED"), "{}", failed.out);
    assert_eq!(failed.of(24), "WARNING");
}

#[test]
fn what_the_gate_passes_wrongly_is_told_beside_it() {
    let server = Server::start(&["--fault", "member-add-replaces-list"]);
    let verdict = with_oauth(&server, &[], "");
    assert_eq!((verdict.code, verdict.of(11)), (Some(0), "PASSED"), "{}", verdict.out);
    let tests = verdict.json["gallery"]["tests"].as_array().unwrap();
    assert_eq!(tests[10]["right"]["result"], "FAILED", "{}", verdict.out);
    assert!(verdict.out.contains("right: FAILED"), "{}", verdict.out);
}

#[test]
fn what_the_gate_fails_wrongly_is_told_beside_it() {
    let server = Server::start(&[]);
    // `password` is published as write-only, and no GET shows it.
    let verdict = with_oauth(&server, &["--discover-attributes"], "");
    assert_eq!((verdict.code, verdict.of(18)), (Some(1), "FAILED"));
    let test = &verdict.json["gallery"]["tests"][17];
    assert_eq!(test["right"]["result"], "PASSED", "{test}");
    assert!(test["reason"].as_str().unwrap().contains("password is published as never returned"), "{test}");
}

#[test]
fn the_rate_is_measured_when_asked_for() {
    let server = Server::start(&[]);
    let verdict = with_oauth(&server, &["--rate-gate", "1"], "");
    assert_eq!(verdict.code, Some(0), "{}{}", verdict.out, verdict.err);
    let facts = &verdict.json["gallery"]["facts"]["rate"];
    assert_eq!((facts["rate"].as_u64(), facts["requests"].as_u64()), (Some(25), Some(25)), "{facts}");
    let required = verdict.json["gallery"]["requirements"].as_array().unwrap();
    let rate = required.iter().find(|required| required["id"] == "rate").unwrap();
    assert_eq!(rate["met"], "met", "{rate}");
    assert!(rate["reason"].as_str().unwrap().contains("latency p50"), "{rate}");
    assert!(verdict.json["left_behind"].as_array().unwrap().is_empty());
}

#[test]
fn a_submission_is_packed() {
    let server = Server::start(&[]);
    let verdict = with_oauth(&server, &["--pack", "pack", "--app-name", "My Clock"], "");
    assert_eq!(verdict.code, Some(0), "{}{}", verdict.out, verdict.err);
    let read =
        |name: &str| fs::read_to_string(verdict.folder.path().join(Path::new("pack")).join(name)).unwrap();
    assert!(read("attributes.md").contains("|Attribute|Type|Supported for filtering|Required by My Clock|"));
    assert!(read("verdict.md").contains("**Succeeded** by template 11"));
    assert!(read("endpoint.md").contains(&server.base));
    let schema: Value = serde_json::from_str(&read("synchronization-schema.json")).unwrap();
    assert!(schema["synchronizationRules"].is_array());
    let report: Value = serde_json::from_str(&read("report.json")).unwrap();
    assert_eq!(report["gallery"]["verdict"], "Succeeded");
    assert!(read("report.txt").contains("Create_User_Test"));
    for name in ["report.json", "report.txt", "endpoint.md"] {
        assert!(!read(name).contains(&server.oauth[2]), "{name} holds the client secret");
    }
}

#[test]
fn bad_input_is_told_before_anything_is_sent() {
    for (options, config, message) in [
        (&["--test-value", "userType"][..], "", "write userType=Employee"),
        (&["--test-value", "a[=1"], "", "is not the path of an attribute"),
        (&["--gallery-template", "9"], "", "`9` is not an edition of the template: write 10 or 11"),
        (&[], "[gallery]\ntest-values = { 'a[' = 'x' }\n", "is not the path of an attribute"),
        (&["--app-name", "x"], "", "--pack"),
        (&["--rate-gate", "5", "--pace", "9"], "", "which the rate gate would measure"),
        (&["--rate", "5"], "", "--rate-gate"),
    ] {
        let verdict = gallery(options, config, &[]);
        assert_eq!(verdict.code, Some(2), "{options:?} {}", verdict.err);
        assert!(verdict.err.contains(message), "{}", verdict.err);
    }
}
