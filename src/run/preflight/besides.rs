//! Attributes of users that a scenario's own mapping sends and the profile's does not, as `roles`: whether the target
//! takes them in a create. If not, the scenarios with them are skipped, and that is told once.

use std::sync::Arc;

use super::acceptance::{Acceptance, Attempt, Refused, Trial, is_published};
use super::bisection::{Acceptability, Creates};
use crate::entra::mapping::{AttributeMapping, Mapping};
use crate::run::observer::reader;
use crate::run::steps::answers::answered;
use crate::run::target::adjustment::Adjustment;
use crate::scenario::Scenario;
use crate::scim::discovery::Discovery;
use crate::scim::{PatchPath, same_name};
use crate::wire::{Exchange, ResourceKind, Target};

/// The rows of scenarios whose attribute no create of the profile's carried, one for each attribute: of those that the
/// target publishes or the profile maps, and that the target is not known to refuse.
pub(in crate::run) fn rows(
    scenarios: &[Arc<Scenario>],
    mapping: &Mapping,
    acceptance: &Acceptance,
    discovery: &Discovery,
    known: &Adjustment,
) -> Vec<AttributeMapping> {
    let mut besides: Vec<AttributeMapping> = Vec::new();
    let made = acceptance.made.iter().find(|(kind, _)| *kind == ResourceKind::User);
    let Some(sent) = made.and_then(|(_, made)| made.request.json()) else { return besides };
    let changes = scenarios.iter().flat_map(|scenario| scenario.mapping_changes());
    for changed in changes.filter_map(|change| change.applied(mapping).ok()) {
        for row in changed.user.rows {
            let same = |other: &AttributeMapping| {
                same_name(&other.target.attribute, &row.target.attribute)
                    && other.target.schema == row.target.schema
            };
            let is_the_profiles = |other: &AttributeMapping| same(other) && other.source == row.source;
            let attribute = whole(&row.target);
            let is_known =
                mapping.user.rows.iter().any(same) || is_published(discovery, ResourceKind::User, &attribute);
            // An empty list says nothing of elements.
            let is_sent = !reader::values(&sent, &attribute).is_empty();
            if is_known
                && !is_sent
                && !mapping.user.rows.iter().any(is_the_profiles)
                && !besides.iter().any(same)
                && !known.refuses(ResourceKind::User, &attribute)
            {
                besides.push(row);
            }
        }
    }
    besides
}

/// Those of the rows that the target refuses in a create that it accepts without. Removing who was created is the
/// caller's.
pub(in crate::run) async fn refused<T: Target, R: Target>(
    trial: &Trial<'_, T, R>,
    acceptance: &Acceptance,
    rows: Vec<AttributeMapping>,
) -> Vec<Refused> {
    if rows.is_empty() {
        return Vec::new();
    }
    let whole_refused = refused_with(trial, acceptance, &rows, "preflight/besides").await;
    let Some(all) = whole_refused else { return Vec::new() };
    let mut refused = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        let alone = match rows.as_slice() {
            [_] => Some(all.clone()),
            _ => {
                let player = format!("preflight/besides-{number}");
                refused_with(trial, acceptance, std::slice::from_ref(row), &player).await
            }
        };
        refused.extend(alone.map(|exchange| Refused {
            kind: ResourceKind::User,
            path: whole(&row.target),
            answer: answered(&exchange),
            usual: false,
            exchange,
        }));
    }
    refused
}

/// The refusal of a create with these rows beside what the target takes.
async fn refused_with<T: Target, R: Target>(
    trial: &Trial<'_, T, R>,
    acceptance: &Acceptance,
    rows: &[AttributeMapping],
    player: &str,
) -> Option<Arc<Exchange>> {
    let mut mapping = acceptance.reduced(trial.mapping);
    let is_replaced = |row: &AttributeMapping| {
        rows.iter().any(|other| whole(&other.target).same_as(&whole(&row.target)) && row.matching.is_none())
    };
    mapping.user.rows.retain(|row| !is_replaced(row));
    mapping.user.rows.extend(rows.iter().cloned());
    let adjustment = acceptance.adjustment();
    let refused = [trial.adjustment.refused.clone(), adjustment.refused].concat();
    let padding = Adjustment { refused, ..adjustment };
    let with_rows =
        Trial { mapping: &mapping, player, with_role: true, label: trial.label.settled(), ..*trial };
    match Attempt::new(&with_rows, ResourceKind::User, padding).without(&[]).await {
        Acceptability::Refused(exchange) => Some(exchange),
        Acceptability::Accepted(_) | Acceptability::Unknown => None,
    }
}

/// The attribute of a target path.
fn whole(path: &PatchPath) -> PatchPath {
    PatchPath { filter: None, sub: None, ..path.clone() }
}
