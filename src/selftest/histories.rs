//! Random histories against the embedded server: those faults that change what is stored must be found, and nothing at
//! a correct server.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use super::headlines::expected_headlines;
use super::matrix::Catch;
use super::plays::{self, SelftestSettings};
use super::subject::{ServerUnderTest, subjects};
use crate::check::Level;
use crate::entra::dialect::Dialect;
use crate::explore::{self, Drawer};
use crate::run::plan::Plan;
use crate::scenario::Scenario;
use crate::server::Fault;
use crate::threads::on_threads;

/// How long a fault is looked for.
const PATIENCE: Duration = Duration::from_secs(120);

/// Histories that are played at once: the first few find most faults.
const BATCHES: [u64; 4] = [4, 12, 32, 64];

/// What random histories came to at one server.
#[derive(Debug, Clone)]
pub struct HistorySight {
    /// The server.
    pub subject: ServerUnderTest,
    /// How many histories were played.
    pub histories: u64,
    /// How long that took.
    pub elapsed: Duration,
    /// What was found: at a fault at its level and above, at a correct server at level warning and above.
    pub found: Vec<(String, Catch)>,
    /// Why a play ended early, if one did.
    pub refused: Option<String>,
}

impl HistorySight {
    /// True when a fault was found, or nothing at a correct server.
    #[must_use]
    pub fn is_right(&self) -> bool {
        match self.subject {
            ServerUnderTest::Fault(_) => self.is_found(),
            _ => self.found.is_empty() && self.refused.is_none(),
        }
    }

    /// True when a history found something, and not only the questions before the first.
    fn is_found(&self) -> bool {
        self.found.iter().any(|(check, catch)| !check.starts_with("rules/") || catch.met_in.is_some())
    }
}

/// The server, then a line for each finding of a correct one, and the first of a fault.
impl fmt::Display for HistorySight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.elapsed.as_secs_f64();
        write!(f, "{}: {} histories in {seconds:.1} s", self.subject, self.histories)?;
        if let Some(why) = &self.refused {
            write!(f, "\n  {why}")?;
        }
        let most = if matches!(self.subject, ServerUnderTest::Fault(_)) { 1 } else { usize::MAX };
        for (check, catch) in self.found.iter().take(most) {
            let place = match &catch.met_in {
                Some(history) => format!(" in {history}"),
                None if check.starts_with("rules/") => " before the first history".to_owned(),
                None => String::new(),
            };
            write!(f, "\n  {check} [{}]{place}: {}", catch.level, catch.message)?;
        }
        match self.subject {
            ServerUnderTest::Fault(_) if !self.is_found() => write!(f, "\n  NOT FOUND"),
            _ => Ok(()),
        }
    }
}

/// The faults that change what is stored.
#[must_use]
pub fn storing_faults() -> Vec<Fault> {
    let names: Vec<&str> =
        include_str!("stored.tsv").lines().filter(|line| !line.starts_with('#')).map(str::trim).collect();
    Fault::ALL.iter().copied().filter(|fault| names.contains(&fault.name())).collect()
}

/// The correct servers and the faults that change what is stored.
#[must_use]
pub fn history_subjects() -> Vec<ServerUnderTest> {
    let stored = storing_faults();
    let is_meant = |subject: &ServerUnderTest| match subject {
        ServerUnderTest::Fault(fault) => stored.contains(fault),
        _ => true,
    };
    subjects().into_iter().filter(is_meant).collect()
}

/// Plays so many histories against each correct server, and against each fault until one finds it or two minutes are
/// over; calls `told` after each. Every correct server has histories of its own.
///
/// # Panics
/// When a thread that plays panicked, or a history is no scenario.
pub fn play_histories(
    settings: &SelftestSettings,
    subjects: &[ServerUnderTest],
    number: u64,
    runtime: &Handle,
    told: impl Fn(&HistorySight) + Sync,
) -> Vec<HistorySight> {
    let numbered: Vec<(u64, ServerUnderTest)> = (1..).zip(subjects.iter().copied()).collect();
    on_threads(settings.jobs, &numbered, |(place, subject)| {
        let sight = look(settings, *subject, *place, number, runtime);
        told(&sight);
        sight
    })
}

fn look(
    settings: &SelftestSettings,
    subject: ServerUnderTest,
    place: u64,
    number: u64,
    runtime: &Handle,
) -> HistorySight {
    let begin = Instant::now();
    let fault = match subject {
        ServerUnderTest::Fault(fault) => Some(fault),
        _ => None,
    };
    let level = fault.map_or(Level::Warning, level_of);
    // A user begins with the seed 1, whatever is wrong at the server.
    let seed = if fault.is_some() { settings.plan.seed } else { place };
    let dialects = if fault.is_some() { settings.plan.dialects.clone() } else { Dialect::ALL.to_vec() };
    let drawer = Drawer::new(seed, &settings.plan.mapping);
    let mut sight =
        HistorySight { subject, histories: 0, elapsed: Duration::ZERO, found: Vec::new(), refused: None };
    let mut batches = BATCHES.iter().chain(std::iter::repeat(&BATCHES[BATCHES.len() - 1]));
    while sight.histories < number && !(fault.is_some() && (sight.is_found() || begin.elapsed() > PATIENCE)) {
        let size = (number - sight.histories).min(*batches.next().unwrap_or(&1));
        let scenarios = (sight.histories + 1..=sight.histories + size).map(|of| scenario(&drawer, seed, of));
        let plan = Plan {
            scenarios: scenarios.collect(),
            dialects: dialects.clone(),
            seed,
            ..settings.plan.clone()
        };
        let played = plays::found(&plan, subject, runtime);
        sight.histories += size;
        sight.found.extend(played.catches.into_iter().filter(|(_, catch)| catch.level >= level));
        if played.refused.is_some() {
            sight.refused = played.refused;
            break;
        }
    }
    sight.found.sort_by_key(|(check, catch)| {
        (catch.met_in.is_none() && check.starts_with("rules/"), std::cmp::Reverse(catch.level))
    });
    sight.elapsed = begin.elapsed();
    sight
}

/// The level at which a fault is worth finding: its own, where that is below error.
fn level_of(fault: Fault) -> Level {
    expected_headlines().get(fault.name()).map_or(Level::Error, |expected| expected.level.min(Level::Error))
}

fn scenario(drawer: &Drawer, seed: u64, number: u64) -> Arc<Scenario> {
    let id = explore::id(seed, number);
    let scenario = explore::scenario(&id, &drawer.history(number));
    Arc::new(scenario.unwrap_or_else(|mistakes| panic!("{id} is no scenario: {mistakes:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_names_faults_and_nothing_else() {
        let named = include_str!("stored.tsv").lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(storing_faults().len(), named);
    }
}
