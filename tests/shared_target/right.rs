//! What scenario runs write at one target is no fault of that target.

use std::collections::BTreeSet;

use scimulate::scenario::Scenario;
use scimulate::server::{Fault, ServerSettings};

use super::play::{apart, found, plan, together};

#[test]
fn a_right_server_is_right_for_all_scenario_runs_at_once() {
    for jobs in [1, 4] {
        let report = together(ServerSettings::default(), plan(jobs, |one| one.test.is_none()));
        assert_eq!(found(&report), BTreeSet::new(), "{jobs} jobs");
        assert_eq!(report.left_behind, Vec::<String>::new());
    }
}

/// Scenarios that look for objects, where others of the run are.
fn scenarios(one: &Scenario) -> bool {
    ["cycles/match", "cycles/page", "cycles/group", "conformance/sort", "conformance/cursor"]
        .iter()
        .any(|beginning| one.about.id.starts_with(beginning))
}

#[test]
fn a_server_that_shows_objects_of_others_is_blamed_for_its_own_fault_alone() {
    for fault in [Fault::FILTER_IGNORED, Fault::FILTERS_ANSWER_FIRST_RESOURCE] {
        let settings = ServerSettings { faults: BTreeSet::from([fault]), ..ServerSettings::default() };
        let alone = found(&apart(settings.clone(), plan(2, scenarios)));
        for jobs in [1, 4] {
            let shared = found(&together(settings.clone(), plan(jobs, scenarios)));
            let of_others: Vec<_> = shared.difference(&alone).collect();
            assert!(
                of_others.is_empty(),
                "{fault}, {jobs} jobs: {of_others:?} come from other scenario runs"
            );
        }
    }
}
