//! `run --second-target`: a second tenant is asked, guarded, cleaned up, and its token shown nowhere.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::{Command, Output};

use scimulate::http::{Client, Credentials, Settings, TenantUrl};
use scimulate::server::{self, Fault, Running, SecondTenant};
use scimulate::wire::{Actor, Method, Request, Target};
use serde_json::{Value, json};

const SCENARIOS: [&str; 4] = [
    "conformance/tenants-see-nothing-of-each-other",
    "conformance/tenants-change-nothing-of-each-other",
    "conformance/tenants-have-names-of-their-own",
    "conformance/tenants-have-tokens-of-their-own",
];

struct Vendor {
    runtime: tokio::runtime::Runtime,
    running: Running,
    folder: tempfile::TempDir,
}

impl Vendor {
    fn with(fault: Option<Fault>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let settings = server::ServerSettings {
            faults: fault.into_iter().collect(),
            second: Some(SecondTenant::default()),
            ..server::ServerSettings::default()
        };
        let running = runtime.block_on(server::start(settings, None)).unwrap();
        Vendor { runtime, running, folder: tempfile::tempdir().unwrap() }
    }

    fn second(&self) -> &server::RunningTenant {
        self.running.second.as_ref().unwrap()
    }

    fn call(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_scimulate"));
        command.args(arguments).current_dir(self.folder.path());
        command.env("HOME", self.folder.path()).env("XDG_STATE_HOME", self.folder.path());
        command.args(["--target", &self.running.base_url, "--second-target", &self.second().base_url]);
        command
            .env("SCIMULATE_TOKEN", &self.running.token)
            .env("SCIMULATE_SECOND_TOKEN", &self.second().token);
        command.output().unwrap()
    }

    /// Plays the scenarios of two tenants and reads the report.
    fn play(&self) -> (Option<i32>, Value) {
        let mut arguments = vec!["run"];
        arguments.extend(SCENARIOS);
        arguments.extend(["--json", "r.json", "--har", "r.har", "--junit", "r.xml"]);
        let output = self.call(&arguments);
        let mut shown = vec![String::from_utf8_lossy(&output.stdout).into_owned()];
        shown.push(String::from_utf8_lossy(&output.stderr).into_owned());
        shown.extend(
            ["r.json", "r.har", "r.xml"].map(|name| std::fs::read_to_string(self.file(name)).unwrap()),
        );
        for text in &shown {
            for token in [&self.running.token, &self.second().token] {
                assert!(!text.contains(token), "a token is shown: {text}");
            }
        }
        (output.status.code(), serde_json::from_str(&shown[2]).unwrap())
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn client(base: &str, token: &str) -> Client {
        let mut settings = Settings::new(TenantUrl::parse(base).unwrap());
        settings.credentials = Credentials::Bearer(token.into());
        Client::new(settings).unwrap()
    }

    /// How many users both tenants have.
    fn users(&self) -> [u64; 2] {
        let second = self.second();
        let doors = [(&self.running.base_url, &self.running.token), (&second.base_url, &second.token)];
        doors.map(|(base, token)| {
            let request = Request::new(Actor::Probe, Method::Get, "/Users", "count").with_query("count=0");
            let answer = self.runtime.block_on(Self::client(base, token).send(request)).unwrap();
            answer.body.json().unwrap()["totalResults"].as_u64().unwrap()
        })
    }
}

fn journals(folder: &Path) -> usize {
    std::fs::read_dir(folder.join("scimulate")).map_or(0, Iterator::count)
}

#[test]
fn a_right_vendor_keeps_its_tenants_apart_and_nothing_is_left_behind() {
    let vendor = Vendor::with(None);
    let (code, report) = vendor.play();
    assert_eq!(code, Some(0), "{report}");
    let played = report["checks"].as_array().unwrap().iter().filter(|check| check["status"] == "passed");
    assert_eq!(played.filter(|check| check["id"].as_str().unwrap().contains("/tenants-")).count(), 4);
    assert_eq!((vendor.users(), journals(vendor.folder.path())), ([0, 0], 0));
}

#[test]
fn whoever_mixes_tenants_up_fails_and_the_request_names_the_second_token() {
    for fault in
        [Fault::TENANT_IGNORED_BY_FILTERS, Fault::TENANT_IGNORED_BY_WRITES, Fault::TOKEN_OPENS_OTHER_TENANTS]
    {
        let vendor = Vendor::with(Some(fault));
        let (code, report) = vendor.play();
        assert_eq!(code, Some(1), "{fault}");
        let findings = report["checks"].as_array().unwrap().iter();
        let findings = findings.flat_map(|check| check["findings"].as_array().unwrap());
        let critical: Vec<&Value> = findings.filter(|finding| finding["level"] == "critical").collect();
        let curl = critical[0]["exchanges"][0]["curl"].as_str().unwrap();
        // Where the first tenant's token is tried, it is the first one's.
        let second = fault != Fault::TOKEN_OPENS_OTHER_TENANTS;
        assert_eq!(curl.contains("$SCIMULATE_SECOND_TOKEN"), second, "{fault}: {curl}");
        assert!(curl.contains("/second/scim/"), "{fault}: {curl}");
        assert_eq!(vendor.users(), [0, 0], "{fault}");
    }
}

#[test]
fn a_second_tenant_that_refuses_its_token_is_told_before_the_first_scenario() {
    let vendor = Vendor::with(None);
    let wrong = vendor.file("wrong");
    std::fs::write(&wrong, "no-such-token").unwrap();
    let output = vendor.call(&["run", "conformance/", "--second-token-file", &wrong.to_string_lossy()]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("the second tenant does not accept its token (401"), "{said}");
    assert!(said.contains("--second-token-file") && !said.contains("no-such-token"), "{said}");
}

#[test]
fn what_was_left_in_the_second_tenant_is_removed_with_its_own_token() {
    let vendor = Vendor::with(None);
    let second = vendor.second().clone();
    let ada = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "smbcdfghjk.ada@example.com"});
    let create = Request::new(Actor::Probe, Method::Post, "/Users", "create")
        .with_header("Content-Type", "application/scim+json")
        .with_json(&ada);
    vendor.runtime.block_on(Vendor::client(&second.base_url, &second.token).send(create)).unwrap();
    assert_eq!(vendor.users(), [0, 1]);
    let folder = vendor.file("scimulate");
    std::fs::create_dir_all(&folder).unwrap();
    let head = json!({"format": "scimulate-journal/1", "base": second.base_url, "prefix": "smbcdfghjk", "second": true});
    std::fs::write(folder.join("smbcdfghjk-second.jsonl"), format!("{head}\n")).unwrap();
    let output = vendor.call(&["cleanup"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(
        text,
        "smbcdfghjk: 1 deleted, 0 already gone\n",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!((vendor.users(), journals(vendor.folder.path())), ([0, 0], 0));
}
