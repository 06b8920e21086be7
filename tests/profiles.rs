//! A right server that offers what a profile names is right with that profile. `scimulate selftest --profiles`
//! plays all of them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::sync::Arc;

use scimulate::check::Level;
use scimulate::deployments::Embedded;
use scimulate::entra::dialect::Dialect;
use scimulate::entra::mapping::{Mapping, profiles};
use scimulate::run::plan::Plan;
use scimulate::run::play_scenarios;
use scimulate::scenario;
use scimulate::scim::schema::ServedSchemas;
use scimulate::server::ServerSettings;

const TYPED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/profiles/typed.yaml");

/// Ids of checks with a finding of level warning or above.
fn alarms(mapping: Mapping, schemas: ServedSchemas, dialects: &[Dialect]) -> BTreeSet<String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let of_cycles =
        scenario::builtin().unwrap().into_iter().filter(|one| one.about.id.starts_with("cycles/"));
    let mut plan = Plan::new(of_cycles.map(Arc::new).collect(), mapping, "profile1".into());
    plan.dialects = dialects.to_vec();
    plan.jobs = 2;
    let settings = ServerSettings { schemas: Arc::new(schemas), ..ServerSettings::default() };
    let report = play_scenarios(plan, Embedded { settings }, runtime.handle(), &mut ()).unwrap();
    let checks = report.checks.into_iter();
    checks
        .filter(|check| check.findings.iter().any(|finding| finding.level >= Level::Warning))
        .map(|check| check.id)
        .collect()
}

// TimeClock maps no name; Slack has an extension of SCIM 1, KnowBe4 dates and a link by its id.
#[test]
fn profiles_of_the_gallery_are_clean_where_their_attributes_are_offered() {
    for name in ["timeclock-365-saml", "slack", "knowbe4-security-awareness-training"] {
        let mapping = profiles::load(name).unwrap();
        let schemas = mapping.served_schemas();
        assert_eq!(alarms(mapping, schemas, &[Dialect::Default]), BTreeSet::new(), "{name}");
    }
}

#[test]
fn where_they_are_not_offered_updates_fail() {
    let mapping = profiles::load("slack").unwrap();
    let found = alarms(mapping, ServedSchemas::default(), &[Dialect::Default]);
    assert!(found.contains("cycles/update-one-attribute"), "{found:?}");
}

// Made-up people differ by dialect: their numbers and flags must be told from differences of the server.
#[test]
fn every_data_type_is_compared_by_its_type() {
    let mapping = profiles::load(TYPED).unwrap();
    let schemas = mapping.served_schemas();
    let dialects = [Dialect::Default, Dialect::AadOptscim062020];
    assert_eq!(alarms(mapping, schemas, &dialects), BTreeSet::new());
}
