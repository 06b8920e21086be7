//! What a run plays of what there is. The command line and [`Suite`](super::Suite) make their plans with it, so that
//! the same choice plays the same.

use std::sync::Arc;

use semver::Version;

use super::dialects::Dialects;
use crate::check::{Demand, Level};
use crate::run::plan::Plan;
use crate::run::{Selection, SelectionProblem, Shard};
use crate::scenario::Scenario;
use crate::{examples, rules, selftest};

/// What is played, and which findings fail it.
#[derive(Debug, Clone)]
pub(crate) struct RunChoice {
    /// Ids, prefixes that end in `/`, or sections of RFCs.
    pub(crate) filters: Vec<String>,
    /// Only these suites, unless it is empty.
    pub(crate) suites: Vec<String>,
    /// Only what checks a demand with one of these words, unless it is empty.
    pub(crate) demands: Vec<Demand>,
    /// Only checks that this version had already.
    pub(crate) as_of: Option<Version>,
    /// Only this part.
    pub(crate) shard: Option<Shard>,
    /// Each scenario is played in each of them.
    pub(crate) dialects: Dialects,
    /// Only the quick set.
    pub(crate) quick: bool,
    /// Findings of this level and above fail; `None` fails none.
    pub(crate) fail_on: Option<Level>,
    /// No scenario is begun after the first failure.
    pub(crate) fail_fast: bool,
}

impl RunChoice {
    /// Everything, as a run without options plays it.
    pub(crate) fn new(dialects: Dialects) -> Self {
        RunChoice {
            filters: Vec::new(),
            suites: Vec::new(),
            demands: Vec::new(),
            as_of: None,
            shard: None,
            dialects,
            quick: false,
            fail_on: Some(Level::Error),
            fail_fast: false,
        }
    }

    /// The chosen ones among these scenarios.
    ///
    /// # Errors
    /// [`SelectionProblem`] for a wrong name, and when nothing is left.
    pub(crate) fn scenarios(
        &self,
        scenarios: &[Arc<Scenario>],
    ) -> Result<Vec<Arc<Scenario>>, SelectionProblem> {
        let selection = Selection {
            filters: self.filters.clone(),
            suites: self.suites.clone(),
            as_of: self.as_of.clone(),
            shard: self.shard,
            demands: self.demands.clone(),
            rules: rules::all()
                .iter()
                .map(rules::Rule::about)
                .filter_map(|about| Some((about, examples::scenario_of(about)?)))
                .collect(),
        };
        selection.of(scenarios)
    }

    /// Makes a plan of the chosen scenarios play them as chosen.
    pub(crate) fn apply(&self, plan: &mut Plan) {
        plan.dialects.clone_from(&self.dialects.0);
        if self.quick {
            selftest::quick_set().narrow(plan);
        }
        plan.fail_on = self.fail_on;
        plan.fail_fast = self.fail_fast;
        if let Some(as_of) = &self.as_of {
            let young =
                rules::all().iter().map(rules::Rule::about).filter(|rule| rule.history.since > *as_of);
            plan.rules_off.extend(young.map(|rule| rule.id.clone()));
        }
        // Microsoft's gates leave nothing out that a target refuses.
        plan.whole_mapping = plan.scenarios.iter().all(|scenario| scenario.test.is_some());
    }
}
