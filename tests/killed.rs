//! A run that is ended from outside at any moment leaves nothing behind: by itself when it is asked to
//! end, with `scimulate cleanup` when it is killed. Other people's objects stay as they are.
//!
//! `SCIMULATE_KILLS=60` ends so many runs.

#![cfg(all(unix, feature = "cli"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rustix::process::{Pid, Signal, kill_process};
use scimulate::http::{Client, Credentials, Settings, TenantUrl};
use scimulate::server::{self, Running};
use scimulate::wire::{Actor, Answer, Method, Request, Target};
use serde_json::{Value, json};

/// Runs that are ended when the environment asks for no other number.
const KILLS: usize = 5;

/// What may end a run, and whether the run notices.
const SIGNALS: [(Signal, bool); 4] =
    [(Signal::KILL, false), (Signal::INT, true), (Signal::TERM, true), (Signal::HUP, true)];

/// Scenarios with people, groups, deletions and bulk requests.
const SCENARIOS: [&str; 8] = [
    "cycles/create-user",
    "cycles/disable-unassigned",
    "cycles/group-members-added",
    "cycles/manager-set",
    "cycles/match-existing-account",
    "cycles/purge-user",
    "conformance/bulk-operations",
    "conformance/put-replaces",
];

/// How long a run or a clean-up may take to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server with other people's accounts, and a folder for the state of the runs against it.
struct Vendor {
    runtime: tokio::runtime::Runtime,
    running: Running,
    client: Client,
    folder: tempfile::TempDir,
}

impl Vendor {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let running = runtime.block_on(server::start(server::ServerSettings::default(), None)).unwrap();
        let mut settings = Settings::new(TenantUrl::parse(&running.base_url).unwrap());
        settings.credentials = Credentials::Bearer(running.token.clone().into());
        let client = Client::new(settings).unwrap();
        let vendor = Vendor { runtime, running, client, folder: tempfile::tempdir().unwrap() };
        vendor.fill();
        vendor
    }

    fn send(&self, method: Method, path: &str, query: &str, body: Option<&Value>) -> Answer {
        let mut request = Request::new(Actor::Probe, method, path, "test");
        if !query.is_empty() {
            request = request.with_query(query);
        }
        if let Some(body) = body {
            request = request.with_header("Content-Type", "application/scim+json").with_json(body);
        }
        self.runtime.block_on(self.client.send(request)).unwrap()
    }

    /// Twenty people who work there, in three departments.
    fn fill(&self) {
        let mut ids = Vec::new();
        for number in 0..20 {
            let body = json!({
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
                "userName": format!("person{number}@contoso.example"),
                "displayName": format!("Person {number}"),
                "active": true,
            });
            let answer = self.send(Method::Post, "/Users", "", Some(&body));
            ids.push(answer.body.json().unwrap()["id"].clone());
        }
        for (number, members) in ids.chunks(7).enumerate() {
            let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
            let body = json!({
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
                "displayName": format!("Department {number}"),
                "members": members,
            });
            assert_eq!(self.send(Method::Post, "/Groups", "", Some(&body)).status, 201);
        }
    }

    /// Everything that the server holds, as text.
    fn state(&self) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for endpoint in ["/Users", "/Groups"] {
            let answer = self.send(Method::Get, endpoint, "startIndex=1&count=1000", None);
            let body = answer.body.json().unwrap();
            let resources = body["Resources"].as_array().unwrap();
            assert_eq!(body["totalResults"], resources.len(), "one page holds them all");
            all.extend(resources.iter().map(ToString::to_string));
        }
        all.sort();
        all
    }

    fn start(&self, arguments: &[&str]) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_scimulate"));
        command.args(arguments).args(["--target", &self.running.base_url, "--yes"]);
        command.current_dir(self.folder.path()).env("SCIMULATE_TOKEN", &self.running.token);
        command.env("HOME", self.folder.path()).env("XDG_STATE_HOME", self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    fn run(&self, more: &[&str]) -> Child {
        let mut arguments = vec!["run", "--fail-on", "never"];
        arguments.extend(SCENARIOS);
        arguments.extend(more);
        self.start(&arguments)
    }

    fn journals(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.folder.path().join("scimulate")) else { return Vec::new() };
        let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
        names.filter(|name| name.ends_with(".jsonl")).collect()
    }
}

/// Waits for the end of a process, which is killed when it takes too long.
fn ended(child: &mut Child) -> ExitStatus {
    let begin = Instant::now();
    while begin.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let _ = child.kill();
    panic!("it did not end within {PATIENCE:?}");
}

/// What differs, as far as it needs telling.
fn difference(before: &[String], after: &[String]) -> Vec<String> {
    let gone = before.iter().filter(|line| !after.contains(line)).map(|line| format!("gone: {line}"));
    let new = after.iter().filter(|line| !before.contains(line)).map(|line| format!("new: {line}"));
    gone.chain(new).collect()
}

#[test]
fn a_run_that_is_ended_at_any_moment_leaves_nothing_behind() {
    let kills: usize = std::env::var("SCIMULATE_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let vendor = Vendor::new();
    let before = vendor.state();
    let begin = Instant::now();
    assert_eq!(ended(&mut vendor.run(&[])).code(), Some(0));
    let whole = begin.elapsed();
    assert_eq!(difference(&before, &vendor.state()), Vec::<String>::new(), "a run that comes to its end");

    let mut random = ChaCha8Rng::seed_from_u64(60);
    let (mut wrong, mut swept) = (Vec::new(), 0);
    for number in 0..kills {
        let (signal, noticed) = SIGNALS[number % SIGNALS.len()];
        let moment = whole.mul_f64(random.random_range(0.0..0.9));
        let what = format!("{signal:?} after {} ms of {}", moment.as_millis(), whole.as_millis());
        // Most moments have something to clean up; the first one is made sure of, with time between two requests.
        let mut child = vendor.run(if number == 0 { &["--pace", "40"] } else { &[] });
        std::thread::sleep(if number == 0 { Duration::ZERO } else { moment });
        while number == 0 && vendor.state() == before && child.try_wait().unwrap().is_none() {}
        if child.try_wait().unwrap().is_none() {
            kill_process(Pid::from_child(&child), signal).unwrap();
        }
        let status = ended(&mut child);
        let left = difference(&before, &vendor.state());
        if noticed && !left.is_empty() {
            wrong.push(format!("{what}: {status}, and {} objects were left: {}", left.len(), left[0]));
        }
        // Before it watches for signals a run has made nothing, and may simply end by one.
        if noticed && !matches!(status.code(), Some(0 | 130) | None) {
            wrong.push(format!("{what}: the run ended with {status}"));
        }
        swept += usize::from(!left.is_empty());
        let cleaned = ended(&mut vendor.start(&["cleanup"]));
        let left = difference(&before, &vendor.state());
        if !cleaned.success() || !left.is_empty() || !vendor.journals().is_empty() {
            let journals = vendor.journals();
            wrong.push(format!("{what}: cleanup ended with {cleaned}, {left:#?}, journals {journals:?}"));
        }
    }
    println!("{kills} runs ended from outside, {swept} of them left something to clean up");
    assert!(wrong.is_empty(), "{} of {kills} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(swept > 0, "no signal came at a moment at which something was left");
}

#[test]
fn a_journal_that_says_something_else_deletes_nothing() {
    let vendor = Vendor::new();
    let before = vendor.state();
    let person: Value =
        serde_json::from_str(before.iter().find(|line| line.contains("person7@")).unwrap()).unwrap();
    let folder = vendor.folder.path().join("scimulate");
    std::fs::create_dir_all(&folder).unwrap();
    let made = json!({ "made": { "kind": "User", "id": person["id"] } });
    // A letter, a part of everybody's name, the name of one person, and a prefix that nobody carries, each in a file
    // of that name.
    for prefix in ["e", "person", "@contoso.example", "Person 7", "person7", " ", "smbcdfghjk"] {
        let head =
            json!({ "format": "scimulate-journal/1", "base": vendor.running.base_url, "prefix": prefix });
        let path = folder.join(format!("{prefix}.jsonl"));
        std::fs::write(&path, format!("{head}\n{made}\n")).unwrap();
        ended(&mut vendor.start(&["cleanup"]));
        assert_eq!(difference(&before, &vendor.state()), Vec::<String>::new(), "prefix {prefix:?}");
    }
}

#[test]
fn a_journal_with_a_line_that_cannot_be_read_is_used_as_far_as_it_goes() {
    let vendor = Vendor::new();
    let before = vendor.state();
    let prefix = "smbcdfghjk";
    let ada = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": format!("{prefix}.ada@contoso.example"),
        "displayName": "Ada",
    });
    let answer = vendor.send(Method::Post, "/Users", "", Some(&ada));
    let made = json!({ "made": { "kind": "User", "id": answer.body.json().unwrap()["id"] } });
    let folder = vendor.folder.path().join("scimulate");
    std::fs::create_dir_all(&folder).unwrap();
    let head = json!({ "format": "scimulate-journal/1", "base": vendor.running.base_url, "prefix": prefix });
    std::fs::write(folder.join(format!("{prefix}.jsonl")), format!("{head}\nmeddled\n{made}\n")).unwrap();
    let ended = ended(&mut vendor.start(&["cleanup"]));
    assert_eq!(difference(&before, &vendor.state()), Vec::<String>::new());
    assert_eq!(ended.code(), Some(3), "what the line names may still be there");
    assert_eq!(vendor.journals().len(), 1);
}
