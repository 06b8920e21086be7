//! One stream of events feeds every reporter.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::preflight::abilities::Abilities;
use super::verdict::report::{CheckResult, Report};
use crate::check::Finding;
use crate::wire::Exchange;

/// One scenario in one dialect.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScenarioRunId {
    /// The scenario's id, as `cycles/disable`.
    pub scenario: String,
    /// The dialect's name, as `default`.
    pub dialect: String,
}

impl fmt::Display for ScenarioRunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.scenario, self.dialect)
    }
}

/// What a run tells while it goes on. Reporters hear every event, in this order: `Started`,
/// `Prepared`, then the scenario runs' events mixed, then the checks that need several scenario runs, `Finished`.
#[derive(Debug, Clone)]
pub enum Event {
    /// The run begins; nothing was sent yet.
    Started {
        /// Base URL of the target.
        target: String,
        /// Seed of the people.
        seed: u64,
        /// Prefix that every object of this run carries.
        prefix: String,
        /// Names of the dialects that are played.
        dialects: Vec<String>,
        /// How many scenario runs will be played or skipped.
        scenario_runs: usize,
        /// How many of them are played at once.
        jobs: usize,
    },
    /// What the target can do was asked, and what it accepts was tried.
    Prepared {
        /// What it can do, with the evidence.
        abilities: Arc<Abilities>,
        /// Every exchange before the first scenario run, in order.
        trace: Vec<Arc<Exchange>>,
    },
    /// A scenario run begins.
    ScenarioStarted(ScenarioRunId),
    /// The target returned 429, or 503 with `Retry-After`, and a request waits.
    Waiting {
        /// The scenario run whose request waits; `None` before the first scenario run.
        scenario_run: Option<ScenarioRunId>,
        /// How long it waits before it is sent again.
        pause: Duration,
    },
    /// Something was found wrong. A rule's finding is told when its shape is met first in a dialect;
    /// the report counts how often it was met.
    Finding {
        /// Where it was met; `None` when it belongs to no single scenario run.
        scenario_run: Option<ScenarioRunId>,
        /// What was found.
        finding: Arc<Finding>,
    },
    /// A scenario run ended, clean-up included.
    ScenarioFinished {
        /// Which scenario run.
        scenario_run: ScenarioRunId,
        /// How it ended.
        result: Arc<CheckResult>,
        /// Every exchange of the scenario run in order. It is dropped after this event, so a listener that
        /// needs it later keeps it.
        trace: Vec<Arc<Exchange>>,
    },
    /// A check that needs several scenario runs ended: a rule in one dialect, or "same end state in both dialects".
    CheckFinished(Arc<CheckResult>),
    /// The run ended; nothing follows.
    Finished(Arc<Report>),
}

/// Hears a run's events, on the thread that called [`super::play_scenarios`].
pub trait Listener {
    /// Called once for each event, in order.
    fn on(&mut self, event: &Event);
}

/// Hears nothing.
impl Listener for () {
    fn on(&mut self, _event: &Event) {}
}

/// A listener that is lent out, so that it can be asked for its result afterwards.
impl<L: Listener + ?Sized> Listener for &mut L {
    fn on(&mut self, event: &Event) {
        (**self).on(event);
    }
}

/// Every listener hears every event.
impl Listener for Vec<Box<dyn Listener + '_>> {
    fn on(&mut self, event: &Event) {
        for listener in self {
            listener.on(event);
        }
    }
}
