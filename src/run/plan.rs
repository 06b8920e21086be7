//! What shall be played, and how.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;

use super::event::ScenarioRunId;
use super::target::cancel::Cancel;
use super::target::guard::Ownership;
use super::target::journal::Journal;
use super::target::retry::WaitLimit;
use super::verdict::report::ChosenSwitch;
use crate::check::{Finding, Level};
use crate::entra::dialect::{Dialect, Switches, Writer};
use crate::entra::mapping::Mapping;
use crate::people;
use crate::rules;
use crate::scenario::Scenario;
use crate::scim::PatchPath;
use crate::scim::discovery::Discovery;
use crate::wire::{Exchange, ResourceKind};

/// Looks at the exchanges of one scenario run and says what it found; snapshots do so. It sees what the target
/// publishes too.
pub type TraceJudge = Arc<dyn Fn(&ScenarioRunId, &[Arc<Exchange>], &Discovery) -> Vec<Finding> + Send + Sync>;

/// What a target protects from a disable or a delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// The one user whom it must keep as its administrator.
    LastAdmin,
}

impl Protection {
    /// All of them.
    pub const ALL: &[Protection] = &[Protection::LastAdmin];

    /// The word in `scimulate.toml`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Protection::LastAdmin => "last-admin",
        }
    }
}

/// What shall be played, and how.
#[derive(Clone)]
pub struct Plan {
    /// The scenarios, selected already (see [`super::Selection`]).
    pub scenarios: Vec<Arc<Scenario>>,
    /// Each scenario is played in each of these, as far as it allows them.
    pub dialects: Vec<Dialect>,
    /// For some scenarios, the names of the dialects that are enough, where they are among those above.
    pub enough: BTreeMap<String, BTreeSet<String>>,
    /// What the dialects do where sources disagree.
    pub switches: Switches,
    /// The profile's mapping.
    pub mapping: Mapping,
    /// What people look like.
    pub people: people::PeopleSettings,
    /// Stands in every object of this run. Random, and independent of the seed.
    pub prefix: String,
    /// Seed of the people.
    pub seed: u64,
    /// How many scenario runs go on at once; at least 1.
    pub jobs: usize,
    /// How long the target is waited for when it says "later" (429, 503 with Retry-After).
    pub wait_limit: WaitLimit,
    /// How long is waited, before the first scenario, for a read that does not show what was written. With zero it is
    /// sent again once.
    pub read_limit: Duration,
    /// Findings of this level and above fail their check; `None` fails none.
    pub fail_on: Option<Level>,
    /// Once a check has failed, scenarios that have not begun are not played.
    pub fail_fast: bool,
    /// The mapping is played as it is, and what the target refuses of it is not left out: so does a gate of
    /// Microsoft.
    pub whole_mapping: bool,
    /// Values to test attributes with, by target path, instead of made-up ones.
    pub test_values: IndexMap<String, String>,
    /// Attributes to test are those that /Schemas publishes, not those of the mapping.
    pub discovered_attributes: bool,
    /// The most users of the run at the target at once; `None` sets no limit but our own for large scenarios.
    pub max_users: Option<usize>,
    /// The most users of a large scenario where `max_users` sets no limit; `None` for as many as the scenario usually has.
    pub largest_crowd: Option<usize>,
    /// Attributes that the target refuses on purpose: never sent, and a refusal of them is expected.
    pub refuses: Vec<(ResourceKind, PatchPath)>,
    /// What the target protects from a disable or a delete.
    pub protects: Vec<Protection>,
    /// The target's ids are the userName at creation, so the same userName has the same id again.
    pub user_name_ids: bool,
    /// Rules that are left out, by id. For the selftest.
    pub rules_off: Vec<String>,
    /// Where ids of what was made are written down.
    pub journal: Option<Arc<Journal>>,
    /// The same for the second tenant.
    pub second_journal: Option<Arc<Journal>>,
    /// The target never shows names: what a create names is ours, unless an answer speaks against it.
    pub opaque_names: bool,
    /// Set to end the run early.
    pub cancel: Cancel,
    /// One more judge of each scenario run's exchanges.
    pub judge: Option<TraceJudge>,
}

impl Plan {
    /// A plan with what is usual: two dialects, one scenario run at a time, a fresh prefix, seed 1.
    #[must_use]
    pub fn new(scenarios: Vec<Arc<Scenario>>, mapping: Mapping, prefix: String) -> Self {
        Plan {
            scenarios,
            dialects: vec![Dialect::Default, Dialect::AadOptscim062020],
            enough: BTreeMap::new(),
            switches: Switches::default(),
            mapping,
            people: people::PeopleSettings::default(),
            prefix,
            seed: 1,
            jobs: 1,
            wait_limit: WaitLimit::at_most(Duration::from_secs(300)),
            read_limit: Duration::from_secs(2),
            fail_on: Some(Level::Error),
            fail_fast: false,
            whole_mapping: false,
            test_values: IndexMap::new(),
            discovered_attributes: false,
            max_users: None,
            largest_crowd: None,
            refuses: Vec::new(),
            protects: Vec::new(),
            user_name_ids: false,
            rules_off: Vec::new(),
            journal: None,
            second_journal: None,
            opaque_names: false,
            cancel: Cancel::default(),
            judge: None,
        }
    }

    /// The plan as a gate of Microsoft plays: with the whole mapping, and without rules, which the gates do
    /// not know.
    #[must_use]
    pub fn as_a_gate(mut self) -> Self {
        self.whole_mapping = true;
        self.rules_off = rules::all().iter().map(|rule| rule.about().id.clone()).collect();
        self
    }

    /// What is known at the begin of whose objects are at the target. `shared` says that other people's may be.
    #[must_use]
    pub fn ownership(&self, shared: bool) -> Ownership {
        let mut ownership = Ownership::new(&self.prefix);
        if !shared {
            ownership = ownership.alone();
        }
        if self.opaque_names {
            ownership = ownership.opaque();
        }
        if let Some(journal) = &self.journal {
            ownership = ownership.journalled(Arc::clone(journal));
        }
        match &self.second_journal {
            Some(journal) => ownership.second_journalled(Arc::clone(journal)),
            None => ownership,
        }
    }

    /// The switches that are not in their usual position, for the report, which knows no dialects.
    #[must_use]
    pub fn chosen_switches(&self) -> Vec<ChosenSwitch> {
        let changed = self.switches.changed().into_iter();
        changed
            .map(|position| ChosenSwitch {
                name: position.name.to_owned(),
                value: position.value,
                strength: position.evidence.to_string(),
                source: position.source.to_owned(),
            })
            .collect()
    }

    /// A writer of the first dialect.
    #[must_use]
    pub fn writer(&self) -> Writer {
        let dialect = self.dialects.first().copied().unwrap_or(Dialect::Default);
        Writer::new(dialect, self.switches.clone())
    }

    /// True when a scenario's requests differ between the dialects of the plan.
    #[must_use]
    pub fn is_by_dialect(&self, scenario: &Scenario) -> bool {
        let alike = || Dialect::create_alike(&self.dialects, &self.switches);
        (scenario.has_cycles() && (scenario.has_updates() || !alike())) || scenario.sweeps_by_patch()
    }

    /// The dialects that a scenario is played in, in their order: the first alone, if its requests are the same
    /// in all of them.
    #[must_use]
    pub fn dialects_of(&self, scenario: &Scenario) -> Vec<Dialect> {
        let most = if self.is_by_dialect(scenario) { self.dialects.len() } else { 1 };
        let meant: Vec<Dialect> = self
            .dialects
            .iter()
            .filter(|dialect| scenario.is_for(dialect.as_str()))
            .take(most)
            .copied()
            .collect();
        let Some(enough) = self.enough.get(&scenario.about.id) else { return meant };
        let fewer: Vec<Dialect> =
            meant.iter().copied().filter(|dialect| enough.contains(dialect.as_str())).collect();
        if fewer.is_empty() { meant } else { fewer }
    }

    /// The scenario runs in order: a scenario's dialects follow each other. What is the same in every dialect is
    /// played in the first alone.
    #[must_use]
    pub fn scenario_runs(&self) -> Vec<(Arc<Scenario>, Dialect)> {
        let mut scenario_runs = Vec::new();
        for scenario in &self.scenarios {
            for dialect in self.dialects_of(scenario) {
                scenario_runs.push((Arc::clone(scenario), dialect));
            }
        }
        scenario_runs
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{self, Need};

    #[test]
    fn readings_that_scenarios_rest_on_are_the_usual_ones() {
        let usual = Switches::default().positions();
        let mut rest = 0;
        for scenario in scenario::builtin().unwrap() {
            for need in &scenario.needs {
                let Need::Reading { switch, value } = need else { continue };
                let known = usual.iter().any(|position| position.name == switch && position.value == *value);
                assert!(known, "{}: {switch}={value}", scenario.about.id);
                rest += 1;
            }
        }
        assert!(rest > 0);
    }
}
