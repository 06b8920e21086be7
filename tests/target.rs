//! What `[target]` in scimulate.toml says that a target does on purpose (docs/target.md), through the program.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use scimulate::server::{self, Fault, Running, ServerSettings};
use serde_json::Value;

/// The embedded server as a target.
struct Vendor {
    // The server ends with it.
    _runtime: tokio::runtime::Runtime,
    running: Running,
}

/// What a run came to.
struct Played {
    code: Option<i32>,
    err: String,
    report: Value,
    har: Value,
}

impl Vendor {
    fn with(fault: Option<&str>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let faults = fault.map(|name| name.parse::<Fault>().unwrap()).into_iter().collect();
        let settings = ServerSettings { faults, ..ServerSettings::default() };
        let running = runtime.block_on(server::start(settings, None)).unwrap();
        Vendor { _runtime: runtime, running }
    }

    /// Plays these checks with these lines in `[target]`.
    fn run(&self, target: &str, checks: &[&str]) -> Played {
        self.run_at(&self.running.base_url, target, checks, &[])
    }

    fn run_at(&self, url: &str, target: &str, checks: &[&str], environment: &[(&str, &str)]) -> Played {
        let folder = tempfile::tempdir().unwrap();
        let config = format!("[target]\nurl = '{url}'\n{target}\n");
        fs::write(folder.path().join("scimulate.toml"), config).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_scimulate"));
        command.args(["run", "--json", "r.json", "--har", "r.har"]).args(checks);
        command.current_dir(folder.path()).env("HOME", folder.path()).env("XDG_STATE_HOME", folder.path());
        for proxy in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
            command.env_remove(proxy);
        }
        command.env("SCIMULATE_TOKEN", &self.running.token).envs(environment.iter().copied());
        let output = command.output().unwrap();
        let file = |name: &str| {
            let text = fs::read(folder.path().join(name)).unwrap_or_default();
            serde_json::from_slice(&text).unwrap_or_default()
        };
        Played {
            code: output.status.code(),
            err: String::from_utf8(output.stderr).unwrap(),
            report: file("r.json"),
            har: file("r.har"),
        }
    }
}

impl Played {
    /// Levels of the findings of each check that has some.
    fn findings(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut found: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for check in self.report["checks"].as_array().unwrap() {
            for finding in check["findings"].as_array().into_iter().flatten() {
                let levels = found.entry(check["id"].as_str().unwrap()).or_default();
                levels.insert(finding["level"].as_str().unwrap());
            }
        }
        found
    }

    /// Status and reason of a check.
    fn check(&self, id: &str) -> (&str, &str) {
        let checks = self.report["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["id"] == id).unwrap();
        (check["status"].as_str().unwrap(), check["reason"].as_str().unwrap_or_default())
    }
}

#[test]
fn a_disposable_target_is_treated_like_one_on_this_machine() {
    // The name stands for a service container; the server plays the proxy that leads there.
    let vendor = Vendor::with(None);
    let proxy = [("http_proxy", vendor.running.base_url.trim_end_matches("/scim"))];
    let checks = ["cycles/create-user", "cycles/large-group"];
    let url = "http://scim:8080/scim";
    let careful = vendor.run_at(url, "", &checks, &proxy);
    assert_eq!(careful.code, Some(2), "{}", careful.err);
    assert!(careful.err.contains("--yes"), "{}", careful.err);
    let played = vendor.run_at(url, "disposable = true", &checks, &proxy);
    assert_eq!(played.code, Some(0), "{}{}", played.err, played.report);
    assert_eq!(played.check("cycles/large-group").0, "passed");
    let small = vendor.run_at(url, "disposable = true\nmax-users = 5", &checks, &proxy);
    assert_eq!(small.check("cycles/large-group").0, "passed", "{}", small.report);
    let other = vendor.run_at(url, "disposable = true", &["--target", "http://other:8080/scim"], &proxy);
    assert!(other.code == Some(2) && other.err.contains("--yes"), "{}", other.err);
}

#[test]
fn an_id_may_be_the_user_name_and_may_not_follow_it() {
    let checks = ["cycles/recreate-after-purge", "cycles/rename-user-name"];
    let kept = Vendor::with(Some("id-is-user-name"));
    let levels = |played: &Played| -> Vec<String> {
        played.findings().into_iter().map(|(id, levels)| format!("{id} {levels:?}")).collect()
    };
    let played = kept.run("id = 'userName'", &checks);
    assert_eq!((played.code, levels(&played)), (Some(0), vec![r#"rules/id-reused {"note"}"#.to_owned()]));
    let unsaid = kept.run("", &checks);
    assert_eq!(levels(&unsaid), [r#"rules/id-reused {"warning"}"#]);
    let following = Vendor::with(Some("id-follows-user-name")).run("id = 'userName'", &checks);
    assert_eq!(following.code, Some(1));
    assert!(following.findings()["rules/id-changed"].contains("critical"), "{:?}", following.findings());
    let handed_on = Vendor::with(Some("ids-reused"));
    let played = handed_on.run("id = 'userName'", &["conformance/cursor-while-users-come-and-go"]);
    // The raw requests of a scenario of that level show it.
    assert!(played.findings()["rules/id-reused"].contains("warning"), "{:?}", played.findings());
}

#[test]
fn what_a_target_refuses_is_not_sent_and_told_when_it_is_accepted() {
    let vendor = Vendor::with(None);
    let checks = [
        "cycles/create-user",
        "cycles/update-many-attributes",
        "cycles/role-single",
        "conformance/password-not-returned",
    ];
    let played = vendor.run("refuses = ['password', 'roles', 'title']", &checks);
    assert_eq!(played.code, Some(0), "{}", played.report);
    assert_eq!(played.findings(), BTreeMap::from([("rules/create-refused", BTreeSet::from(["note"]))]));
    for (id, name) in [("cycles/role-single", "roles"), ("conformance/password-not-returned", "password")] {
        let (status, reason) = played.check(id);
        assert_eq!(status, "skipped");
        assert!(reason.contains(&format!("the target refuses {name} on purpose")), "{reason}");
    }
    let told: BTreeSet<&str> = played.report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|check| check["findings"].as_array().into_iter().flatten())
        .filter_map(|finding| finding["subject"].as_str())
        .collect();
    assert_eq!(told, BTreeSet::from(["password", "roles", "title"]));
    let mut sent = 0;
    for entry in played.har["log"]["entries"].as_array().unwrap() {
        let body = entry["request"]["postData"]["text"].as_str().unwrap_or_default();
        let asks = entry.to_string().contains("preflight: is ");
        if !asks {
            sent += usize::from(!body.is_empty());
            assert!(!body.contains("\"roles\"") && !body.contains("\"title\""), "{body}");
        }
    }
    assert!(sent >= 3, "{sent}");
}

#[test]
fn one_user_may_be_protected_and_no_second() {
    let checks = ["cycles/disable-unassigned", "cycles/purge-user", "cycles/disable-soft-deleted"];
    let protecting = Vendor::with(Some("first-user-protected"));
    let played = protecting.run("protects = ['last-admin']", &checks);
    let levels: BTreeSet<&str> = played.findings().into_values().flatten().collect();
    assert_eq!((played.code, levels), (Some(0), BTreeSet::from(["note"])), "{}", played.report);
    assert_eq!(Vendor::with(Some("first-user-protected")).run("", &checks).code, Some(1));
    let refusing = Vendor::with(Some("delete-refuses-disabled"));
    let played = refusing.run("protects = ['last-admin']", &checks);
    assert_eq!(played.code, Some(1), "{}", played.report);
    assert!(played.findings()["rules/delete-refused"].contains("error"), "{:?}", played.findings());
}

#[test]
fn no_more_users_are_made_than_the_target_may_hold() {
    let vendor = Vendor::with(None);
    let checks =
        ["cycles/create-user", "cycles/group-members-added", "cycles/large-group", "cycles/scope-everyone"];
    let played = vendor.run("max-users = 5", &checks);
    assert_eq!(played.code, Some(0), "{}", played.report);
    let (status, reason) = played.check("cycles/group-members-added");
    assert_eq!(status, "skipped");
    assert!(reason.contains("max-users allows 5"), "{reason}");
    assert_eq!(played.check("cycles/large-group").0, "passed");
    let (mut alive, mut most) = (0_usize, 0);
    for entry in played.har["log"]["entries"].as_array().unwrap() {
        let url = entry["request"]["url"].as_str().unwrap();
        match (entry["request"]["method"].as_str().unwrap(), entry["response"]["status"].as_u64()) {
            ("POST", Some(201)) if url.ends_with("/Users") => alive += 1,
            ("DELETE", Some(204)) if url.contains("/Users/") => alive -= 1,
            _ => {}
        }
        most = most.max(alive);
    }
    assert!((4..=5).contains(&most), "{most} users at once");
    let more = vendor.run("max-users = 5", &[&checks[..], &["--max-users", "20"]].concat());
    assert_eq!(more.check("cycles/group-members-added").0, "passed");
}
