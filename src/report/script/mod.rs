//! A shell script of curl lines for each cause: what led there, the answer, and what it violates.
//!
//! A script needs a POSIX shell, curl, grep and sed. It makes what it needs under names of its own,
//! removes it again, and says whether the target still answers as it did.

mod replay;
mod stable;
mod text;

use std::collections::HashMap;
use std::sync::Arc;

use crate::check::{Finding, Level};
use crate::run::event::{Event, Listener, ScenarioRunId};
use crate::run::verdict::cause::{Cause, causes};
use crate::run::verdict::report::Report;
use crate::wire::Exchange;

pub use stable::Stable;

/// Keeps the exchanges that findings come from. Ask [`Scripts::of`] after the run.
#[derive(Debug, Default)]
pub struct Scripts {
    prefix: String,
    preparation: Vec<Arc<Exchange>>,
    /// Findings of scenario runs that have not ended.
    open: HashMap<ScenarioRunId, Vec<Arc<Finding>>>,
    /// By the finding's shape, the first that was told of it.
    kept: HashMap<String, KeptFinding>,
}

/// A finding with its scenario run's exchanges.
#[derive(Debug)]
struct KeptFinding {
    finding: Arc<Finding>,
    trace: Arc<[Arc<Exchange>]>,
}

/// A script that shows one cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Name of its file without ending: the rule's or the scenario's id.
    pub name: String,
    /// The write before the deciding request, when that only looks at the result; in the same form.
    pub before: Option<String>,
    /// The deciding request, without ids and made-up names: `PATCH /Users/{user-1}` and its body.
    pub request: String,
    /// The answer to it in the same form.
    pub answer: String,
    /// The finding's sentence in the same form.
    pub sentence: String,
    /// The script.
    pub text: String,
}

impl Listener for Scripts {
    fn on(&mut self, event: &Event) {
        match event {
            Event::Started { prefix, .. } => self.prefix.clone_from(prefix),
            Event::Prepared { trace, .. } => self.preparation.clone_from(trace),
            Event::Finding { scenario_run: Some(scenario_run), finding } => {
                self.open.entry(scenario_run.clone()).or_default().push(Arc::clone(finding));
            }
            Event::Finding { scenario_run: None, finding } => {
                // Of a comparison of two dialects there is no one trace.
                let before = finding.exchanges.last().is_some_and(|last| contains(&self.preparation, last));
                if before {
                    let trace = self.preparation.clone().into();
                    let finding = Arc::clone(finding);
                    self.kept.entry(finding.shape()).or_insert(KeptFinding { finding, trace });
                }
            }
            Event::ScenarioFinished { scenario_run, trace, .. } => {
                let Some(told) = self.open.remove(scenario_run) else { return };
                let trace: Arc<[_]> = trace.clone().into();
                for finding in told {
                    let trace = Arc::clone(&trace);
                    self.kept.entry(finding.shape()).or_insert(KeptFinding { finding, trace });
                }
            }
            _ => {}
        }
    }
}

fn contains(trace: &[Arc<Exchange>], wanted: &Arc<Exchange>) -> bool {
    trace.iter().any(|exchange| Arc::ptr_eq(exchange, wanted))
}

impl Scripts {
    /// A script for each cause of this level and above, in the order of the report's causes, with the place
    /// of its cause among them. Causes that no one trace shows have none.
    #[must_use]
    pub fn of(&self, report: &Report, least: Level) -> Vec<(usize, Script)> {
        let mut names: HashMap<String, usize> = HashMap::new();
        let all = causes(report);
        let wanted = all.iter().enumerate().filter(|(_, cause)| cause.level >= least);
        wanted
            .filter_map(|(place, cause)| {
                let KeptFinding { finding, trace } = self.kept.get(&cause.finding.shape())?;
                let replay = replay::Replay::of(finding, trace, &self.prefix)?;
                // What another tenant was asked needs another URL and token.
                let here = |step: &&Arc<Exchange>| step.url.starts_with(&report.target);
                if !replay.steps.iter().all(here) {
                    return None;
                }
                let name = cause.finding.rule.replace('/', "-");
                let times = names.entry(name.clone()).or_insert(0);
                *times += 1;
                let name = if *times == 1 { name } else { format!("{name}-{times}") };
                Some((place, script(name, cause, finding, &replay, &report.target)))
            })
            .collect()
    }
}

fn script(
    name: String,
    cause: &Cause<'_>,
    finding: &Finding,
    replay: &replay::Replay<'_>,
    base: &str,
) -> Script {
    let stable = replay.stable(base);
    Script {
        before: replay.before().map(|write| stable.request(write)),
        request: stable.request(replay.last()),
        answer: stable.answer(replay.last()),
        sentence: stable.text(&finding.message),
        text: text::write(cause, finding, replay, &stable),
        name,
    }
}
