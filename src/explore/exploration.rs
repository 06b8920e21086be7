//! Plays one history after the other until the time is over, and tells each symptom once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::draw::Drawer;
use super::history::History;
use super::shrink::{Shrunk, shrink};
use super::symptom::{self, Sighting, Symptom};
use super::write::Heading;
use crate::check::{Level, Outcome};
use crate::diagnostic::Diagnostic;
use crate::run::Report;
use crate::scenario::{self, Scenario};

/// How long is explored, and what counts.
#[derive(Debug, Clone)]
pub struct ExplorationSettings {
    /// Seed of the histories, which the people share.
    pub seed: u64,
    /// Ends after so many histories.
    pub histories: Option<u64>,
    /// Begins no more histories after this long.
    pub time: Duration,
    /// Findings of this level and above make a history fail.
    pub level: Level,
    /// So many smaller histories are played for a failing one, at most.
    pub replays: usize,
    /// Words of the command line that lead to the same target, as ` --profile NAME`, for the files' comments.
    pub again: String,
}

/// The smallest history that shows a symptom.
#[derive(Debug, Clone)]
pub struct Failure {
    /// What it shows.
    pub symptom: Symptom,
    /// How bad it is.
    pub level: Level,
    /// The headline.
    pub message: String,
    /// The scenario file, and its name without the ending; `None` for what was seen only before the first history.
    pub file: Option<KeptFile>,
}

/// A scenario file to keep.
#[derive(Debug, Clone)]
pub struct KeptFile {
    /// Id of the scenario.
    pub id: String,
    /// Its text.
    pub text: String,
    /// How many steps the history had when it was drawn, and how many are left; looks are not counted.
    pub steps: (usize, usize),
    /// How many smaller histories were played for it.
    pub replays: usize,
}

/// What became of an exploration.
#[derive(Debug, Clone, Default)]
pub struct Explored {
    /// Histories that were drawn and played.
    pub histories: u64,
    /// Histories that the target or its mapping does not allow, with the reasons.
    pub skipped: Vec<String>,
    /// Requests, those for shrinking included.
    pub requests: usize,
    /// Each symptom once.
    pub failures: Vec<Failure>,
    /// What could not be removed from the target.
    pub left_behind: Vec<String>,
    /// Why it ended early.
    pub interrupted_by: Option<String>,
}

/// An exploration under way. `play` plays scenarios as a run does.
pub struct Exploration<'a, E> {
    settings: ExplorationSettings,
    drawer: Drawer,
    play: &'a mut dyn FnMut(Vec<Arc<Scenario>>) -> Result<Report, E>,
    begin: Instant,
    known: Vec<Symptom>,
    explored: Explored,
}

/// Histories of the first batch: soon something is known of the target's speed.
const FIRST_BATCH: u64 = 4;

/// The most histories of one run.
const LARGEST_BATCH: u64 = 64;

impl<'a, E: From<Vec<Diagnostic>>> Exploration<'a, E> {
    /// Begins now.
    pub fn new(
        settings: ExplorationSettings,
        drawer: Drawer,
        play: &'a mut dyn FnMut(Vec<Arc<Scenario>>) -> Result<Report, E>,
    ) -> Self {
        let begin = Instant::now();
        Exploration { settings, drawer, play, begin, known: Vec::new(), explored: Explored::default() }
    }

    /// Plays until the time is over or so many histories were played; `told` hears each failure, and after each batch
    /// how far it is.
    ///
    /// # Errors
    /// The errors of `play`, and the loader's messages if a drawn history is not a valid scenario, which is a bug here.
    pub fn explore(
        mut self,
        mut told: impl FnMut(&Explored, Option<&Failure>) -> Result<(), E>,
    ) -> Result<Explored, E> {
        let mut batch = FIRST_BATCH;
        loop {
            let left = self.settings.histories.map(|most| most.saturating_sub(self.explored.histories));
            let size = left.map_or(batch, |left| batch.min(left));
            let time_left = self.settings.time.saturating_sub(self.begin.elapsed());
            if size == 0 || time_left.is_zero() || self.explored.interrupted_by.is_some() {
                return Ok(self.explored);
            }
            let begin = Instant::now();
            let first = self.explored.histories + 1;
            let numbers: Vec<u64> = (first..first + size).collect();
            let histories: Vec<(String, History)> = numbers
                .iter()
                .map(|number| (id(self.settings.seed, *number), self.drawer.history(*number)))
                .collect();
            let report = self.played(&histories)?;
            self.explored.histories += size;
            for check in report.checks.iter().filter(|check| check.suite != "rules") {
                if let Outcome::Skipped(why) = &check.outcome {
                    self.explored.skipped.push(why.to_string());
                }
            }
            let each = begin.elapsed() / u32::try_from(size).unwrap_or(u32::MAX);
            for sighting in symptom::sightings(&report, self.settings.level) {
                if self.known.contains(&sighting.symptom) || self.explored.interrupted_by.is_some() {
                    continue;
                }
                let drawn =
                    sighting.history.as_ref().and_then(|id| histories.iter().find(|(known, _)| known == id));
                let failure = self.failure(&sighting, drawn)?;
                told(&self.explored, Some(&failure))?;
                self.explored.failures.push(failure);
            }
            told(&self.explored, None)?;
            // The last batch shall not go on long after the time.
            let time_left = self.settings.time.saturating_sub(self.begin.elapsed());
            let fitting = (time_left / 4).as_nanos() / each.as_nanos().max(1);
            batch = (batch * 2).min(LARGEST_BATCH).min(u64::try_from(fitting).unwrap_or(u64::MAX)).max(1);
        }
    }

    fn played(&mut self, histories: &[(String, History)]) -> Result<Report, E> {
        let mut scenarios = Vec::new();
        for (id, history) in histories {
            scenarios.push(Arc::new(scenario(id, history)?));
        }
        let report = (self.play)(scenarios)?;
        self.explored.requests += report.exchanges;
        self.explored.left_behind.extend(report.left_behind.iter().cloned());
        if report.interrupted_by.is_some() {
            self.explored.interrupted_by.clone_from(&report.interrupted_by);
        }
        Ok(report)
    }

    /// The smallest history with the symptom.
    fn failure(&mut self, sighting: &Sighting, drawn: Option<&(String, History)>) -> Result<Failure, E> {
        self.known.push(sighting.symptom.clone());
        let mut failure = Failure {
            symptom: sighting.symptom.clone(),
            level: sighting.level,
            message: sighting.message.clone(),
            file: None,
        };
        let Some((id, history)) = drawn else { return Ok(failure) };
        let mut whole = history.clone();
        whole.dialects.extend(sighting.dialect.clone());
        let replays = self.settings.replays;
        let Shrunk { history: smallest, mut replays } = shrink::<E>(&whole, replays, |smaller| {
            let named: Vec<(String, History)> =
                smaller.iter().enumerate().map(|(place, it)| (format!("{id}/{place}"), it.clone())).collect();
            let report = self.played(&named)?;
            let shows =
                |id: &str| symptom::symptoms_of(&report, id, self.settings.level).contains(&sighting.symptom);
            Ok(named.iter().map(|(id, _)| shows(id)).collect())
        })?;
        // Made-up people follow from the id, and under its own it must fail too.
        let mut kept = &history.clone();
        for candidate in [&smallest, &whole] {
            replays += 1;
            let report = self.played(&[(id.clone(), candidate.clone())])?;
            let symptoms = symptom::symptoms_of(&report, id, self.settings.level);
            if symptoms.contains(&sighting.symptom) {
                // What comes along with it is not told again.
                self.known.extend(symptoms);
                let words = symptom::sightings(&report, self.settings.level);
                if let Some(same) = words.iter().find(|it| it.symptom == sighting.symptom) {
                    failure.message.clone_from(&same.message);
                }
                kept = candidate;
                break;
            }
        }
        failure.file = Some(KeptFile {
            id: id.clone(),
            text: kept.file(&self.heading(id, &failure, kept)),
            steps: (history.steps(), kept.steps()),
            replays,
        });
        Ok(failure)
    }

    fn heading(&self, id: &str, failure: &Failure, history: &History) -> Heading {
        let ExplorationSettings { seed, again, .. } = &self.settings;
        let dialect = history.dialects.iter().map(|name| format!(" --dialect {name}")).collect::<String>();
        Heading {
            comments: vec![
                format!("scimulate run --scenarios FOLDER --seed {seed}{dialect}{again}"),
                "plays this file, whose name must stay: the made-up people follow from seed and name."
                    .to_owned(),
            ],
            title: format!("The target holds what the directory says ({id})"),
            why: format!("scimulate explore found this: {}: {}", failure.symptom.check, failure.message),
        }
    }
}

/// Id of the history of that seed and number.
#[must_use]
pub fn id(seed: u64, number: u64) -> String {
    format!("history-{seed}-{number}")
}

/// A history as a scenario file.
#[must_use]
pub fn file(id: &str, history: &History) -> String {
    history.file(&Heading {
        comments: Vec::new(),
        title: format!("The target holds what the directory says ({id})"),
        why: "Random histories find what no scenario was written for.".to_owned(),
    })
}

/// A history as a scenario of that id, by the way of its file.
///
/// # Errors
/// A mistake of this program: what it writes is not what the loader reads.
pub fn scenario(id: &str, history: &History) -> Result<Scenario, Vec<Diagnostic>> {
    scenario::load_as(id, &format!("{id}.yaml"), &file(id, history))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entra::mapping::profiles;

    #[test]
    fn the_same_seed_draws_the_same_histories() {
        let mapping = profiles::load("default").unwrap();
        let (one, same, other) =
            (Drawer::new(7, &mapping), Drawer::new(7, &mapping), Drawer::new(8, &mapping));
        let mut different = 0;
        for number in (1..60).rev() {
            assert_eq!(one.history(number), same.history(number));
            different += usize::from(one.history(number) != other.history(number));
        }
        assert!(different > 50, "{different}");
    }

    #[test]
    fn every_history_is_a_scenario_with_every_profile() {
        for (name, most) in [("default", 400), ("timeclock-365-saml", 50)] {
            let drawer = Drawer::new(1, &profiles::load(name).unwrap());
            for number in 1..most {
                let history = drawer.history(number);
                let loaded = scenario("h", &history);
                assert!(loaded.is_ok(), "{name} {number}: {loaded:?}\n{}", history.file(&Heading::default()));
                assert_eq!(history.clone().sensible(), history, "{number}");
            }
        }
    }
}
