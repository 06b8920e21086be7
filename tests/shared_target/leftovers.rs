//! What a wrong request made is removed before the next scenario run looks, or is named as left behind.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use scimulate::deployments::{Shared, TenantClients};
use scimulate::run::plan::Plan;
use scimulate::run::play_scenarios;
use scimulate::run::target::deployment::{Deployment, Deployments};
use scimulate::run::verdict::report::Report;
use scimulate::scenario::Scenario;

use super::careless::Careless;
use super::play::{found, plan, runtime, shared};

/// Where careless servers stand: one for all scenario runs, or a fresh one for each.
struct Place {
    server: Option<Arc<Careless>>,
    /// What a server kept of wrong requests when a scenario run had ended.
    kept: Arc<Mutex<BTreeSet<String>>>,
}

/// Dropped at the end of a scenario run.
struct Look {
    server: Arc<Careless>,
    kept: Arc<Mutex<BTreeSet<String>>>,
}

impl Drop for Look {
    fn drop(&mut self) {
        self.kept.lock().unwrap().extend(self.server.kept());
    }
}

impl Deployments for Place {
    type Target = Arc<TenantClients>;

    async fn open(&self) -> Result<Deployment<Arc<TenantClients>>, String> {
        let server = match &self.server {
            Some(server) => Arc::clone(server),
            None => Careless::start("t").await,
        };
        let target: Shared = shared(server.base(), "t");
        let look = Look { server, kept: Arc::clone(&self.kept) };
        Ok(Deployment { hold: Box::new(look), ..target.open().await? })
    }

    fn is_shared(&self) -> bool {
        self.server.is_some()
    }
}

/// What came of a run.
struct Played {
    report: Report,
    /// What was there at the end of a scenario run.
    kept: BTreeSet<String>,
    /// What is there at the end of the run.
    stays: BTreeSet<String>,
}

impl Played {
    /// Every one of these is named as left behind.
    #[track_caller]
    fn names(&self, places: &BTreeSet<String>) {
        let left = &self.report.left_behind;
        let named = |place: &&String| left.iter().any(|line| line.starts_with(&format!("{place} ")));
        let unnamed: Vec<_> = places.iter().filter(|place| !named(place)).collect();
        assert!(unnamed.is_empty(), "{unnamed:?} are not among {left:#?}");
    }
}

fn together(plan: Plan) -> Played {
    let runtime = runtime();
    let server = runtime.block_on(Careless::start("t"));
    let kept = Arc::default();
    let place = Place { server: Some(Arc::clone(&server)), kept: Arc::clone(&kept) };
    let report = play_scenarios(plan, place, runtime.handle(), &mut ()).unwrap();
    assert!(server.made() > 0, "no wrong request made anything");
    let kept = kept.lock().unwrap().clone();
    Played { report, kept, stays: server.kept().into_iter().collect() }
}

fn apart(plan: Plan) -> Report {
    let place = Place { server: None, kept: Arc::default() };
    let runtime = runtime();
    play_scenarios(plan, place, runtime.handle(), &mut ()).unwrap()
}

/// Scenarios that send wrong requests, and some that would see what these leave.
fn scenarios(one: &Scenario) -> bool {
    ["conformance/", "field/", "cycles/duplicate", "cycles/match", "cycles/page"]
        .iter()
        .any(|beginning| one.about.id.starts_with(beginning))
}

/// What is found where each scenario run has a server of its own is found with one for all, and nothing else.
fn leaves_nothing(plan: impl Fn(usize) -> Plan) {
    let alone = found(&apart(plan(2)));
    for jobs in [1, 4] {
        let played = together(plan(jobs));
        // With several jobs others are in the midst of their scenarios.
        if jobs == 1 {
            played.names(&played.kept);
        }
        played.names(&played.stays);
        let found = found(&played.report);
        let of_ours: Vec<_> = found.difference(&alone).collect();
        assert!(of_ours.is_empty(), "{jobs} jobs: {of_ours:?} come from leftovers");
    }
}

#[test]
fn what_wrong_requests_made_is_removed_or_named() {
    leaves_nothing(|jobs| plan(jobs, |one| one.test.is_none() && scenarios(one)));
}

#[test]
fn so_is_what_a_gate_of_microsoft_made() {
    leaves_nothing(|jobs| plan(jobs, |one| one.test.is_some()).as_a_gate());
}
