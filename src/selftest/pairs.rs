//! Two faults at once: neither may hide the other.

use std::collections::BTreeSet;
use std::fmt;

use rand::SeedableRng as _;
use rand::seq::IndexedRandom as _;
use rand_chacha::ChaCha8Rng;
use tokio::runtime::Handle;

use super::headlines::{RedLine, expected_headlines};
use super::kept::proofs;
use super::plays::{self, SelftestSettings};
use crate::check::Level;
use crate::server::Fault;
use crate::threads::on_threads;

/// The same pairs each time.
const SEED: u64 = 1;

/// How one fault of a pair was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PairTold {
    /// Not at all.
    Not,
    /// One of its checks, or a scenario that shows it, stands below a headline: it is played after the first mend.
    Below,
    /// By a headline.
    Headline,
}

/// What was told of two faults.
#[derive(Debug, Clone)]
pub struct PairSighting {
    /// The faults.
    pub faults: [Fault; 2],
    /// How each was told.
    pub told: [PairTold; 2],
    /// One headline stands for both.
    pub is_merged: bool,
    /// The red lines.
    pub red_lines: Vec<RedLine>,
}

impl PairSighting {
    /// `shown_by` gives the scenarios that show a fault.
    fn of(faults: [Fault; 2], red_lines: Vec<RedLine>, shown_by: impl Fn(Fault) -> BTreeSet<String>) -> Self {
        let expected = expected_headlines();
        let names = |fault: Fault| expected.get(fault.name()).map(|it| it.checks.clone()).unwrap_or_default();
        let heads = |fault: Fault| -> Vec<usize> {
            let names = names(fault);
            let is_it = |line: &RedLine| names.contains(&line.check.as_str());
            red_lines.iter().enumerate().filter(|(_, line)| is_it(line)).map(|(place, _)| place).collect()
        };
        let told = |fault: Fault| {
            let (names, scenarios) = (names(fault), shown_by(fault));
            let tells = |other: &String| names.contains(&other.as_str()) || scenarios.contains(other);
            let below = |line: &RedLine| line.others.iter().any(tells);
            match heads(fault).is_empty() {
                false => PairTold::Headline,
                true if red_lines.iter().any(below) => PairTold::Below,
                true => PairTold::Not,
            }
        };
        let [one, other] = faults.map(heads);
        let is_merged = one.len() == 1 && one == other;
        PairSighting { faults, told: faults.map(told), is_merged, red_lines }
    }

    /// True when both have a headline of their own.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.told == [PairTold::Headline; 2] && !self.is_merged
    }

    /// True when no fault is hidden without a word.
    #[must_use]
    pub fn hides_nothing(&self) -> bool {
        !self.is_merged && self.told.iter().all(|told| *told > PairTold::Not)
    }
}

/// The faults, then a line for each headline.
impl fmt::Display for PairSighting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [one, other] = self.faults.map(Fault::name);
        let merged = if self.is_merged { ", one headline for both" } else { "" };
        write!(f, "{one} ({:?}) + {other} ({:?}){merged}", self.told[0], self.told[1])?;
        for line in &self.red_lines {
            write!(f, "\n    {} {}: {}", line.level, line.check, line.message)?;
        }
        Ok(())
    }
}

/// So many pairs of faults of different families, at level error or above.
fn pairs(number: usize) -> Vec<[Fault; 2]> {
    let expected = expected_headlines();
    let is_red = |fault: &&Fault| expected.get(fault.name()).is_some_and(|it| it.level >= Level::Error);
    let faults: Vec<Fault> = Fault::ALL.iter().filter(is_red).copied().collect();
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let mut pairs = Vec::new();
    while pairs.len() < number {
        let drawn: Vec<Fault> = faults.sample(&mut random, 2).copied().collect();
        let [one, other] = drawn[..] else { break };
        if one.class() != other.class() {
            pairs.push([one, other]);
        }
    }
    pairs
}

/// Plays so many pairs; those that cannot be played at all, because the target is lost before the first scenario, are
/// left out.
///
/// # Panics
/// When a thread that plays panicked.
pub fn play_pairs(
    settings: &SelftestSettings,
    number: usize,
    runtime: &Handle,
    told: impl Fn(&PairSighting) + Sync,
) -> Vec<PairSighting> {
    let proofs = proofs();
    let shown_by = |fault: Fault| -> BTreeSet<String> {
        let naming = settings.plan.scenarios.iter().map(|scenario| &scenario.about);
        let naming = naming.filter(|about| about.faults.iter().any(|name| name == fault.name()));
        let naming = naming.map(|about| about.id.clone());
        naming.chain(proofs.get(fault.name()).into_iter().flatten().cloned()).collect()
    };
    let sightings = on_threads(settings.jobs, &pairs(number), |faults| {
        let found = plays::found_with(&settings.plan, faults, runtime);
        let sighting = (!found.unplayable).then(|| PairSighting::of(*faults, found.red_lines, shown_by))?;
        told(&sighting);
        Some(sighting)
    });
    let mut sightings: Vec<PairSighting> = sightings.into_iter().flatten().collect();
    sightings.sort_by_key(|sighting| sighting.faults);
    sightings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(check: &str, others: &[&str]) -> RedLine {
        RedLine {
            check: check.into(),
            level: Level::Error,
            message: "m".into(),
            others: others.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn the_pairs_are_the_same_each_time_and_of_different_families() {
        let drawn = pairs(20);
        assert_eq!(drawn, pairs(20));
        assert_eq!(drawn.len(), 20);
        assert!(drawn.iter().all(|[one, other]| one.class() != other.class()));
    }

    #[test]
    fn a_headline_a_line_below_and_nothing_are_told_apart() {
        let faults = [Fault::FILTER_IGNORED, Fault::DELETES_ON_DISABLE];
        let shown_by = |fault: Fault| match fault == Fault::DELETES_ON_DISABLE {
            true => BTreeSet::from(["cycles/disable-unassigned".to_owned()]),
            false => BTreeSet::new(),
        };
        let sighting = |lines: Vec<RedLine>| PairSighting::of(faults, lines, shown_by);
        let both = sighting(vec![line("rules/filter-ignored", &[]), line("rules/disabled-user-hidden", &[])]);
        assert!(both.is_told() && both.hides_nothing());
        let below = sighting(vec![line("rules/filter-ignored", &["rules/disabled-user-hidden"])]);
        assert_eq!(below.told, [PairTold::Headline, PairTold::Below]);
        assert!(!below.is_told() && below.hides_nothing());
        let blocked = sighting(vec![line("rules/filter-ignored", &["cycles/disable-unassigned"])]);
        assert_eq!(blocked.told, [PairTold::Headline, PairTold::Below]);
        let hidden = sighting(vec![line("rules/filter-ignored", &["cycles/create-user"])]);
        assert!(!hidden.hides_nothing());
    }
}
