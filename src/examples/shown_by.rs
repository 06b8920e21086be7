//! Which scenario shows what a rule finds: rules watch every scenario, and most find nothing in most of them.

use std::sync::Arc;

use tokio::runtime::Handle;

use super::play;
use crate::check::About;
use crate::scenario::Scenario;

/// Rule, fault, scenario and dialect, written by `scimulate regenerate`.
const LINES: &str = include_str!("rules.tsv");

/// The scenario that shows a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RuleExample {
    pub(super) fault: &'static str,
    pub(super) scenario: &'static str,
    pub(super) dialect: &'static str,
}

/// The line of a rule.
pub(super) fn line(rule: &str) -> Option<RuleExample> {
    LINES.lines().find_map(|line| {
        let mut parts = line.split('\t');
        (parts.next() == Some(rule)).then_some(())?;
        Some(RuleExample { fault: parts.next()?, scenario: parts.next()?, dialect: parts.next()? })
    })
}

/// The scenario that shows a rule.
#[must_use]
pub fn scenario_of(rule: &About) -> Option<&'static str> {
    line(&rule.id).map(|line| line.scenario)
}

/// The rule's line as the table has it, unless its fault or its scenario is not there any more.
#[must_use]
pub fn kept(rule: &About, scenarios: &[Arc<Scenario>]) -> Option<String> {
    let RuleExample { fault, scenario, dialect } = line(&rule.id)?;
    let exists =
        rule.faults.iter().any(|name| name == fault) && scenarios.iter().any(|one| one.about.id == scenario);
    exists.then(|| format!("{}\t{fault}\t{scenario}\t{dialect}", rule.id))
}

/// Scenarios in which most rules have something to see, tried before all others.
const USUAL: [&str; 4] = [
    "cycles/create-user",
    "cycles/group-members-added-in-one-request",
    "cycles/disable-unassigned",
    "cycles/update-many-attributes",
];

/// Finds the scenario that shows a rule, and gives its line of the table: with its first fault that shows it,
/// and of the scenarios those first that say of themselves that they catch this fault.
#[must_use]
pub fn search(rule: &About, scenarios: &[Arc<Scenario>], runtime: &Handle) -> Option<String> {
    let known = line(&rule.id);
    for fault in &rule.faults {
        let mut scenarios: Vec<&Arc<Scenario>> =
            scenarios.iter().filter(|scenario| scenario.test.is_none() && !play::races(scenario)).collect();
        scenarios.sort_by_key(|scenario| {
            let about = &scenario.about;
            let is_known = known.is_some_and(|line| line.scenario == about.id);
            let catches = about.faults.contains(fault);
            let usual = USUAL.iter().position(|id| *id == about.id);
            (!is_known, !catches, usual.unwrap_or(USUAL.len()), scenario.timeline.len())
        });
        for scenario in scenarios {
            for dialect in play::dialects(scenario) {
                let seen = play::play(runtime, scenario, dialect, Some(fault.parse().ok()?));
                let shows = seen.is_some_and(|seen| {
                    seen.findings
                        .iter()
                        .any(|finding| finding.rule == rule.id && !finding.exchanges.is_empty())
                });
                if shows {
                    return Some(format!("{}\t{fault}\t{}\t{dialect}", rule.id, scenario.about.id));
                }
            }
        }
    }
    None
}
