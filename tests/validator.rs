//! The suite of Microsoft's SCIM Validator: complete, silent about a correct server, and each of its tests
//! can fail.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use scimulate::check::{Level, Outcome};
use scimulate::deployments::Embedded;
use scimulate::entra::dialect::Dialect;
use scimulate::entra::mapping::profiles;
use scimulate::run::plan::Plan;
use scimulate::run::play_scenarios;
use scimulate::run::verdict::report::{Report, Verdict};
use scimulate::scenario::{self, Scenario, TestKind, Through};
use scimulate::server::{Fault, ServerSettings, Variant};
use scimulate::wire::Method;
use tokio::runtime::Runtime;

fn suite() -> Vec<Arc<Scenario>> {
    let all = scenario::builtin().unwrap();
    all.into_iter().filter(|scenario| scenario.about.id.starts_with("validator/")).map(Arc::new).collect()
}

/// Plays the suite once against the embedded server.
fn played(scenarios: &[Arc<Scenario>], settings: ServerSettings, runtime: &Runtime) -> Report {
    let mapping = profiles::load("default").unwrap();
    let mut plan = Plan::new(scenarios.to_vec(), mapping, "valid1".into());
    plan.dialects = vec![Dialect::AadOptscim062020];
    plan.fail_on = Some(Level::Warning);
    plan.whole_mapping = true;
    play_scenarios(plan, Embedded { settings }, runtime.handle(), &mut ()).unwrap()
}

/// How each scenario of the suite ended.
fn outcomes(report: &Report) -> BTreeMap<&str, &Outcome> {
    let scenarios = report.checks.iter().filter(|check| check.id.starts_with("validator/"));
    scenarios.map(|check| (check.id.as_str(), &check.outcome)).collect()
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap()
}

/// Variants that the RFCs allow and the validator fails: it creates users with a userName alone, compares the
/// answer to a create, and gives names and their full form values that do not belong together.
const STRICTER: [Variant; 3] =
    [Variant::NameAndEmailsRequired, Variant::CreateReturnsIdAndMeta, Variant::NameFormattedDerived];

#[test]
fn a_right_server_passes_every_test() {
    let (scenarios, runtime) = (suite(), runtime());
    let right = |variants: &[Variant]| {
        let settings =
            ServerSettings { variants: variants.iter().copied().collect(), ..ServerSettings::default() };
        let report = played(&scenarios, settings, &runtime);
        for (id, outcome) in outcomes(&report) {
            let skips = variants == [Variant::UsersOnly] && matches!(outcome, Outcome::Skipped(_));
            assert!(skips || *outcome == Outcome::Passed, "{id} on {variants:?}: {:#?}", report.checks);
        }
        let told = report.checks.iter().flat_map(|check| &check.findings);
        let told: Vec<_> = told.filter(|finding| finding.level >= Level::Warning).collect();
        assert!(told.is_empty(), "{variants:?}: {told:#?}");
        assert!(report.left_behind.is_empty(), "{:?}", report.left_behind);
        outcomes(&report).len()
    };
    assert_eq!(right(&[]), 32);
    let variants: Vec<Variant> =
        Variant::ALL.iter().filter(|variant| !STRICTER.contains(variant)).copied().collect();
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(variant) = variants.get(next.fetch_add(1, Ordering::Relaxed)) {
            right(&[*variant]);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(work);
        }
    });
}

#[test]
fn the_suite_is_whole() {
    let mut tests: Vec<_> = suite().iter().map(|scenario| scenario.test.clone().unwrap()).collect();
    tests.sort_by_key(|test| test.number);
    let numbers: Vec<u32> = tests.iter().map(|test| test.number).collect();
    assert_eq!(numbers, (1..=32).collect::<Vec<_>>());
    for test in &tests {
        let kind = if test.number <= 25 { TestKind::Mandatory } else { TestKind::Preview };
        assert_eq!((test.kind, test.through), (kind, Through::Endpoint), "{}", test.name);
    }
    let names: BTreeSet<&str> = tests.iter().map(|test| test.name.as_str()).collect();
    assert_eq!(names.len(), tests.len());
}

#[test]
fn a_group_of_nothing_but_a_name_is_sent_no_operations() {
    let (mut scenarios, runtime) = (suite(), runtime());
    scenarios.retain(|scenario| scenario.about.id == "validator/replace-group-attributes");
    let mut mapping = profiles::load("default").unwrap();
    mapping.group.as_mut().unwrap().rows.retain(|row| !row.target.is("externalId"));
    let bodies = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&bodies);
    let mut plan = Plan::new(scenarios, mapping, "valid2".into());
    plan.dialects = vec![Dialect::Default];
    plan.judge = Some(Arc::new(move |_, trace, _| {
        let patches = trace.iter().filter(|exchange| exchange.request.method == Method::Patch);
        heard.lock().unwrap().extend(patches.filter_map(|exchange| exchange.request.json()));
        Vec::new()
    }));
    let report = play_scenarios(plan, Embedded::default(), runtime.handle(), &mut ()).unwrap();
    assert_eq!(report.verdict, Verdict::Passed, "{:#?}", report.checks);
    let operations: Vec<_> = bodies.lock().unwrap().iter().map(|body| body["Operations"].clone()).collect();
    assert_eq!(operations, [serde_json::json!([])]);
}

/// Every fault that a test names is told in it, and at least one of them fails it as Microsoft would.
#[test]
fn each_test_is_turned_by_a_fault_that_it_names() {
    let (scenarios, runtime) = (suite(), runtime());
    let named: BTreeSet<&str> =
        scenarios.iter().flat_map(|scenario| &scenario.about.faults).map(String::as_str).collect();
    let (mut silent, mut turned) = (Vec::new(), BTreeSet::new());
    for name in named {
        let fault = Fault::ALL.iter().find(|fault| fault.name() == name).unwrap();
        let naming = |scenario: &&Arc<Scenario>| scenario.about.faults.iter().any(|fault| fault == name);
        let naming: Vec<_> = scenarios.iter().filter(naming).cloned().collect();
        let settings = ServerSettings { faults: [*fault].into(), ..ServerSettings::default() };
        let report = played(&naming, settings, &runtime);
        for check in report.checks.iter().filter(|check| check.id.starts_with("validator/")) {
            if check.outcome == Outcome::Failed {
                turned.insert(check.id.clone());
            }
            if !check.findings.iter().any(|finding| finding.level >= Level::Warning) {
                silent.push(format!("{} under {name}", check.id));
            }
        }
    }
    assert!(silent.is_empty(), "not seen: {silent:#?}");
    let never: Vec<_> = scenarios.iter().filter(|scenario| !turned.contains(&scenario.about.id)).collect();
    assert!(never.is_empty(), "never fails: {never:#?}");
}
