//! Snapshots of the embedded server's answers do not depend on the run: neither on its prefix nor on
//! ids, dates and ports. One scenario in five is played, twice.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::Arc;

use scimulate::check::Level;
use scimulate::entra::mapping::profiles;
use scimulate::run::event::{Event, Listener};
use scimulate::run::plan::Plan;
use scimulate::run::play;
use scimulate::run::snapshots::{Snapshots, Tally};
use scimulate::run::target::deployment::Stages;
use scimulate::snapshot::{Settings, Store};
use scimulate::stages::{Embedded, Shared};
use scimulate::wire::{Actor, Method, Request, Target};
use scimulate::{http, scenario, scim, server};

#[derive(Default)]
struct Differences(Vec<String>);

impl Listener for Differences {
    fn on(&mut self, event: &Event) {
        if let Event::Finding { trial, finding } = event
            && finding.rule == "rules/snapshot-differs"
        {
            self.0.push(format!("{trial:?}: {}\n{}", finding.message, finding.actual));
        }
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap()
}

fn run(prefix: &str, store: Store, stages: impl Stages, wanted: fn(&str) -> bool) -> (Tally, Vec<String>) {
    let runtime = runtime();
    let scenarios = scenario::builtin().unwrap().into_iter().filter(|s| wanted(&s.about.id)).map(Arc::new);
    let mapping = profiles::load(profiles::DEFAULT).unwrap();
    let mut plan = Plan::new(scenarios.collect(), mapping, prefix.into());
    let settings = Settings { prefix: prefix.into(), shared: stages.is_shared() };
    plan.jobs = if settings.shared { 1 } else { 2 };
    let snapshots = Snapshots::new(store, settings, Level::Error);
    plan.judge = Some(snapshots.judge());
    let mut differences = Differences::default();
    play(plan, stages, runtime.handle(), &mut differences).unwrap();
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
    let (first, _) = run("first1", Store::new(folder.path(), true, true), Embedded::default(), some);
    assert!(first.updated > 50, "every scenario leaves snapshots: {first:?}");
    for text in texts(folder.path()) {
        assert!(!text.contains("first1") && !text.contains("127.0.0.1"), "{text}");
    }
    let (second, differences) =
        run("another2", Store::new(folder.path(), false, false), Embedded::default(), some);
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
    let server = runtime.block_on(server::start(server::Settings::default(), None)).unwrap();
    let stages = || Shared::new(client(&server));
    let folder = tempfile::tempdir().unwrap();
    let (first, _) = run("first1", Store::new(folder.path(), true, true), stages(), about_pages);
    assert!(first.updated > 5 && first.foreign == 0, "{first:?}");
    for number in 0..7 {
        let body =
            serde_json::json!({"schemas": [scim::urn::USER], "userName": format!("somebody-{number}")});
        let request = Request::new(Actor::Observer, Method::Post, "/Users", "somebody else").with_json(&body);
        assert_eq!(runtime.block_on(client(&server).send(request)).unwrap().status, 201);
    }
    let (second, differences) =
        run("another2", Store::new(folder.path(), false, false), stages(), about_pages);
    assert_eq!(differences, Vec::<String>::new());
    assert_eq!((second.same, second.different), (first.updated, 0));
    assert!(second.foreign > 7, "{second:?}");
}

fn texts(folder: &Path) -> Vec<String> {
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts.extend(self::texts(&path));
        } else {
            texts.push(std::fs::read_to_string(path).unwrap());
        }
    }
    texts
}
