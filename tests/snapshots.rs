//! Snapshots of the embedded server's answers do not depend on the run: neither on its prefix nor on
//! ids, dates and ports. One scenario in five is played, twice.
//!
//! A folder that cannot be used is one message, and a write that is interrupted costs nothing.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use scimulate::check::Level;
use scimulate::deployments::{Embedded, Shared};
use scimulate::entra::mapping::profiles;
use scimulate::run::event::{Event, Listener};
use scimulate::run::plan::Plan;
use scimulate::run::play_scenarios;
use scimulate::run::snapshots::{SnapshotCounts, Snapshots};
use scimulate::run::target::deployment::Deployments;
use scimulate::snapshot::{SnapshotPage, SnapshotSettings, SnapshotStore};
use scimulate::wire::{Actor, Method, Request, Target};
use scimulate::{http, scenario, scim, server};

#[derive(Default)]
struct Differences(Vec<String>);

impl Listener for Differences {
    fn on(&mut self, event: &Event) {
        if let Event::Finding { scenario_run, finding } = event
            && finding.rule == "rules/snapshot-differs"
        {
            self.0.push(format!("{scenario_run:?}: {}\n{}", finding.message, finding.actual));
        }
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap()
}

fn run(
    prefix: &str,
    store: SnapshotStore,
    deployments: impl Deployments,
    wanted: fn(&str) -> bool,
) -> (SnapshotCounts, Vec<String>) {
    let runtime = runtime();
    let scenarios = scenario::builtin().unwrap().into_iter().filter(|s| wanted(&s.about.id)).map(Arc::new);
    let mapping = profiles::load(profiles::DEFAULT).unwrap();
    let mut plan = Plan::new(scenarios.collect(), mapping, prefix.into());
    let settings = SnapshotSettings {
        prefix: prefix.into(),
        shared: deployments.is_shared(),
        ..SnapshotSettings::default()
    };
    plan.jobs = if settings.shared { 1 } else { 2 };
    let snapshots = Snapshots::new(store, settings, Level::Error);
    plan.judge = Some(snapshots.judge());
    let mut differences = Differences::default();
    play_scenarios(plan, deployments, runtime.handle(), &mut differences).unwrap();
    (snapshots.tally(), differences.0)
}

/// One in five, whatever their names are.
fn some(id: &str) -> bool {
    id.bytes().map(u32::from).sum::<u32>() % 5 == 0
}

fn about_pages(id: &str) -> bool {
    id.contains("/page-") || id.ends_with("/group-renamed")
}

#[test]
fn two_runs_give_the_same_snapshots() {
    let folder = tempfile::tempdir().unwrap();
    let (first, _) = run("first1", SnapshotStore::new(folder.path(), true, true), Embedded::default(), some);
    assert!(first.updated > 50, "every scenario leaves snapshots: {first:?}");
    for text in texts(folder.path()) {
        assert!(!text.contains("first1") && !text.contains("127.0.0.1"), "{text}");
    }
    let (second, differences) =
        run("another2", SnapshotStore::new(folder.path(), false, false), Embedded::default(), some);
    assert_eq!(differences, Vec::<String>::new());
    assert_eq!((second.same, second.different, second.problem), (first.updated, 0, None));
}

fn client(server: &server::Running) -> http::Client {
    let mut settings = http::Settings::new(http::TenantUrl::parse(&server.base_url).unwrap());
    settings.credentials = http::Credentials::Bearer(server.token.clone().into());
    http::Client::new(settings).unwrap()
}

/// Others' people come and go on a shared target; the snapshots stay the same.
#[test]
fn others_do_not_disturb_on_a_shared_target() {
    let runtime = runtime();
    let server = runtime.block_on(server::start(server::ServerSettings::default(), None)).unwrap();
    let deployments = || Shared::new(client(&server));
    let folder = tempfile::tempdir().unwrap();
    let (first, _) = run("first1", SnapshotStore::new(folder.path(), true, true), deployments(), about_pages);
    assert!(first.updated > 5 && first.foreign == 0, "{first:?}");
    for number in 0..7 {
        let body =
            serde_json::json!({"schemas": [scim::urn::USER], "userName": format!("somebody-{number}")});
        let request = Request::new(Actor::Observer, Method::Post, "/Users", "somebody else").with_json(&body);
        assert_eq!(runtime.block_on(client(&server).send(request)).unwrap().status, 201);
    }
    let (second, differences) =
        run("another2", SnapshotStore::new(folder.path(), false, false), deployments(), about_pages);
    assert_eq!(differences, Vec::<String>::new());
    assert_eq!((second.same, second.different), (first.updated, 0));
    assert!(second.foreign >= 7, "{second:?}");
}

fn texts(folder: &Path) -> Vec<String> {
    let mut texts = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts.extend(self::texts(&path));
        } else {
            texts.push(fs::read_to_string(path).unwrap());
        }
    }
    texts
}

/// A call of the program in this folder.
fn call(folder: &Path, program: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).env("HOME", folder).env("XDG_STATE_HOME", folder);
    command.env_remove("SCIMULATE_TOKEN").env_remove("CI").output().unwrap()
}

fn scimulate(folder: &Path, arguments: &[&str]) -> Output {
    call(folder, env!("CARGO_BIN_EXE_scimulate"), arguments)
}

/// The call failed with exit code 2 and a message that has all of these in it.
#[track_caller]
fn refused(output: &Output, parts: &[&str]) {
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{message}");
    for part in parts {
        assert!(message.contains(part), "`{part}` is not in\n{message}");
    }
}

#[test]
fn a_folder_with_a_file_for_each_step_is_refused_before_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let old = folder.path().join("kept/cycles/create-user/default/01-cycle-1.snap");
    fs::create_dir_all(old.parent().unwrap()).unwrap();
    fs::write(&old, "---\nsource: x\n---\nGET /Users\n").unwrap();
    let way_out = "remove kept, then accept the answers again with `scimulate run --snapshots kept --update`";
    let parts = ["kept/cycles/create-user/default/01-cycle-1.snap", "one file for each scenario", way_out];
    for command in [&["run", "cycles/create-user"][..], &["review"], &["accept"]] {
        let played = scimulate(folder.path(), &[command, &["--snapshots", "kept"]].concat());
        refused(&played, &parts);
        assert!(played.stdout.is_empty(), "nothing was played: {played:?}");
    }
    fs::remove_dir_all(folder.path().join("kept")).unwrap();
    let update = ["run", "cycles/create-user", "--snapshots", "kept", "--update"];
    assert!(scimulate(folder.path(), &update).status.success());
    let strict = ["run", "cycles/create-user", "--snapshots", "kept", "--snapshots-strict"];
    assert!(scimulate(folder.path(), &strict).status.success());
}

#[test]
fn a_file_with_a_conflict_is_named_with_its_line_by_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("kept/cycles/create-user");
    fs::create_dir_all(&kept).unwrap();
    let conflict = "---\nsource: x\n---\n=== 01-cycle-1\n<<<<<<< HEAD\nx\n=======\ny\n>>>>>>> theirs\n";
    fs::write(kept.join("default.snap"), conflict).unwrap();
    fs::write(kept.join("default.snap.new"), "---\nsource: x\n---\n=== 01-cycle-1\ny\n").unwrap();
    let place = "kept/cycles/create-user/default.snap:7: `=======` is not the heading of a section";
    let way_out = "correct the file, or remove it and accept the answers again";
    for command in ["review", "accept"] {
        refused(&scimulate(folder.path(), &[command, "--snapshots", "kept"]), &[place, way_out]);
    }
    let run =
        ["run", "cycles/create-user", "--dialect", "default", "--snapshots", "kept", "--snapshots-strict"];
    let played = scimulate(folder.path(), &run);
    let shown = String::from_utf8_lossy(&played.stdout);
    assert_eq!(played.status.code(), Some(1), "{shown}");
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains(place) && shown.contains(way_out), "{shown}");
    assert_eq!(fs::read_to_string(kept.join("default.snap")).unwrap(), conflict);
}

/// The limit for the size of files ends the process in the middle of its write.
#[cfg(unix)]
#[test]
fn an_interrupted_write_leaves_what_was_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("kept/cycles/a");
    for (word, update) in [("old\n", true), ("new\n", false)] {
        let page = SnapshotPage {
            name: "01-cycle-1".into(),
            step: "cycle 1".into(),
            text: word.repeat(10_000),
            foreign: 0,
            last: 0,
        };
        let store = SnapshotStore::new(folder.path().join("kept"), update, true);
        store.compare("cycles/a", "default", &[page], true).unwrap();
    }
    let read = |name: &str| fs::read_to_string(kept.join(name)).unwrap();
    let (old, new) = (read("default.snap"), read("default.snap.new"));
    let limited = format!("ulimit -f 8; exec '{}' accept --snapshots kept", env!("CARGO_BIN_EXE_scimulate"));
    let interrupted = call(folder.path(), "sh", &["-c", &limited]);
    let was_refused = String::from_utf8_lossy(&interrupted.stderr).contains("outdated");
    assert!(!interrupted.status.success() && !was_refused, "{interrupted:?}");
    assert_eq!((read("default.snap"), read("default.snap.new")), (old, new));
    assert!(scimulate(folder.path(), &["accept", "--snapshots", "kept"]).status.success());
    assert!(read("default.snap").contains("new\nnew"));
    assert!(!kept.join("default.snap.new").exists());
}
