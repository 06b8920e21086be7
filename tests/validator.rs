//! The suite of Microsoft's SCIM Validator: complete, silent about a right server, and each of its tests
//! can fail.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use scimulate::check::{Level, Outcome};
use scimulate::entra::dialect::Dialect;
use scimulate::entra::mapping::profiles;
use scimulate::run::{Plan, Report, play};
use scimulate::scenario::{self, Scenario};
use scimulate::server::{Fault, Settings, Variant};
use scimulate::stages::Embedded;
use tokio::runtime::Runtime;

fn suite() -> Vec<Arc<Scenario>> {
    let all = scenario::builtin().unwrap();
    all.into_iter().filter(|story| story.about.id.starts_with("validator/")).map(Arc::new).collect()
}

/// Plays the suite once against the embedded server.
fn played(stories: &[Arc<Scenario>], settings: Settings, runtime: &Runtime) -> Report {
    let mapping = profiles::load("default").unwrap();
    let mut plan = Plan::new(stories.to_vec(), mapping, "valid1".into());
    plan.dialects = vec![Dialect::AadOptscim062020];
    plan.fail_on = Some(Level::Warning);
    play(plan, Embedded { settings }, runtime.handle(), &mut ()).unwrap()
}

/// How each story of the suite ended.
fn outcomes(report: &Report) -> BTreeMap<&str, &Outcome> {
    let stories = report.checks.iter().filter(|check| check.id.starts_with("validator/"));
    stories.map(|check| (check.id.as_str(), &check.outcome)).collect()
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap()
}

#[test]
fn a_right_server_passes_every_test() {
    let (stories, runtime) = (suite(), runtime());
    let right = |variants: &[Variant]| {
        let settings = Settings { variants: variants.iter().copied().collect(), ..Settings::default() };
        let report = played(&stories, settings, &runtime);
        for (id, outcome) in outcomes(&report) {
            let skips = variants == [Variant::UsersOnly] && matches!(outcome, Outcome::Skipped(_));
            assert!(skips || *outcome == Outcome::Passed, "{id} on {variants:?}: {:#?}", report.checks);
        }
        assert!(report.left_behind.is_empty(), "{:?}", report.left_behind);
        outcomes(&report).len()
    };
    assert_eq!(right(&[]), stories.len());
    for variant in Variant::ALL {
        right(&[*variant]);
    }
}

#[test]
fn each_fault_that_a_test_names_turns_it() {
    let (stories, runtime) = (suite(), runtime());
    let named: BTreeSet<&str> =
        stories.iter().flat_map(|story| &story.about.faults).map(String::as_str).collect();
    let mut silent = Vec::new();
    for name in named {
        let fault = Fault::ALL.iter().find(|fault| fault.name() == name).unwrap();
        let settings = Settings { faults: [*fault].into(), ..Settings::default() };
        let report = played(&stories, settings, &runtime);
        let outcomes = outcomes(&report);
        for story in stories.iter().filter(|story| story.about.faults.iter().any(|fault| fault == name)) {
            if *outcomes[story.about.id.as_str()] != Outcome::Failed {
                silent.push(format!("{} under {name}", story.about.id));
            }
        }
    }
    assert!(silent.is_empty(), "not turned: {silent:#?}");
}
