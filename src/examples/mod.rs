//! Shows a check at work: the scenario is played against the embedded server with a fault and without it,
//! and the answer that decides stands beside the right one. Nothing of that is written by hand.

mod page;
mod play;
mod sections;
mod shown_by;

use std::sync::Arc;

use tokio::runtime::Handle;

use crate::catalogue::{CatalogueEntry, CheckKind};
use crate::scenario::Scenario;

pub use page::{index, page};
pub use sections::sections;
pub use shown_by::{kept, scenario_of, search};

/// What a check says of a fault. Ids, dates, versions and prefixes are numbered placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The fault of the embedded server that was played.
    pub fault: String,
    /// The scenario that shows it.
    pub scenario: String,
    /// The dialect it was played in.
    pub dialect: String,
    /// What scimulate says of it.
    pub message: String,
    /// What shows it; `None` where no message of the trace does, as for tokens.
    pub shown: Option<ShownCheck>,
}

/// A wrong answer and the right one to the same request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownCheck {
    /// The write that led there, where the request that decides only looks at the result: the request
    /// and the first line of its answer.
    pub before: Option<(String, String)>,
    /// The request whose answer decides.
    pub request: String,
    /// The answer with the fault.
    pub wrong: String,
    /// The answer without it; `None` where a right server is not asked this.
    pub right: Option<String>,
}

/// Plays scenarios for examples.
pub struct Examples {
    scenarios: Vec<Arc<Scenario>>,
    runtime: Handle,
}

impl Examples {
    /// Examples from these scenarios. The runtime must be a multi-thread one, and the caller none of its tasks.
    #[must_use]
    pub fn new(scenarios: Vec<Arc<Scenario>>, runtime: Handle) -> Self {
        Examples { scenarios, runtime }
    }

    /// An example of a check: `None` where no fault of the embedded server shows it, as for requirements
    /// beneath HTTP and for scenarios that name no fault.
    #[must_use]
    pub fn of(&self, entry: &CatalogueEntry) -> Option<Example> {
        let id = &entry.about.id;
        match &entry.kind {
            CheckKind::Requirement => None,
            CheckKind::Rule => {
                let line = shown_by::line(id)?;
                let scenario = self.scenario(line.scenario)?;
                play::attempt(&self.runtime, scenario, line.dialect.parse().ok()?, line.fault, id)
            }
            CheckKind::Scenario { .. } => {
                let scenario = self.scenario(id)?;
                let attempts = entry.about.faults.iter().flat_map(|fault| {
                    play::dialects(scenario).into_iter().map(move |dialect| (fault, dialect))
                });
                attempts
                    .into_iter()
                    .find_map(|(fault, dialect)| play::attempt(&self.runtime, scenario, dialect, fault, id))
            }
        }
    }

    /// Whether the example of a check depends on chance, because its scenario does several things at the same
    /// time. What such a server answers is wrong every time, but not in the same words.
    #[must_use]
    pub fn depends_on_chance(&self, entry: &CatalogueEntry) -> bool {
        self.scenario(&entry.about.id).is_some_and(|scenario| play::races(scenario))
    }

    fn scenario(&self, id: &str) -> Option<&Arc<Scenario>> {
        self.scenarios.iter().find(|scenario| scenario.about.id == id)
    }
}
