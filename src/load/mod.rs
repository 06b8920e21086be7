//! The rate gate: does the target bear 25 requests per second, and does a group keep members that are
//! added at the same time?
//!
//! The load is open: a request starts at its instant whether or not earlier ones are answered, and its
//! latency counts from that instant. A client that waits for each answer would slow down with the
//! server and measure nothing of it. Requests are those of the provisioning service; everything they
//! make carries the run's prefix, is journalled and guarded as in [`crate::run`], and is removed at the
//! end, on failure and on Ctrl-C.

mod about;
mod judge;
mod measure;
mod members;
mod mix;
mod open_loop;
mod population;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

pub use about::abouts;
pub use measure::{KindFacts, Latency, LeftOut, LoadFacts, Members};
pub use mix::LoadOperation;

use about::ABOUTS;
use mix::Mix;
use population::Population;

use crate::check::{About, Finding, Level, Outcome, Skip};
use crate::entra::dialect::Writer;
use crate::entra::mapping::Mapping;
use crate::people::People;
use crate::run::target::adjustment::Adjustment;
use crate::run::target::cancel::Cancel;
use crate::run::target::journal::Journal;
use crate::run::verdict::report::CheckResult;
use crate::wire::Target;

/// Between preparation and load, so that a limit for each second does not count both together.
const PAUSE: Duration = Duration::from_secs(1);

/// What is sent, and for how long.
#[derive(Debug, Clone)]
pub struct LoadSettings {
    /// The mapping in force; what the target refuses in a create is left out. Groups are part of the load
    /// when it provisions them.
    pub mapping: Mapping,
    /// The dialect.
    pub writer: Writer,
    /// Makes people up, with the run's prefix.
    pub people: People,
    /// Requests that start in each second; the requirement is 25.
    pub rate: NonZeroU32,
    /// For how long. At least one request is sent.
    pub duration: Duration,
    /// The longest pause of a request outside the load when the target returns 429.
    pub longest_wait: Duration,
    /// Where ids of what was made are written down. Closed at the end.
    pub journal: Option<Arc<Journal>>,
    /// The target never shows names: what a create names is ours, unless an answer speaks against it.
    pub opaque_names: bool,
    /// Set to end the load early.
    pub cancel: Cancel,
    /// Findings of this level and above fail their check; `None` fails none.
    pub fail_on: Option<Level>,
}

/// What was measured and found.
#[derive(Debug)]
pub struct Played {
    /// What was measured; `None` when there was no load, or it did not come to its end.
    pub facts: Option<LoadFacts>,
    /// One result for each of [`abouts`], in their order.
    pub checks: Vec<CheckResult>,
    /// What could not be removed from the target, each with the reason.
    pub left_behind: Vec<String>,
    /// How many requests were sent, preparation and clean-up included.
    pub exchanges: usize,
    /// True when the run was ended before it was through.
    pub interrupted: bool,
}

/// The results of a gate that was not played, both checks skipped with this reason: off loopback it is
/// played only when it is asked for.
#[must_use]
pub fn not_played(why: &str) -> Vec<CheckResult> {
    abouts().map(|about| skipped(about, Skip::NotConfigured(why.to_owned()))).collect()
}

/// Plays the rate gate and removes everything it made. The target must send at once: one that paces
/// its requests would measure its pace.
pub async fn play<T: Target + 'static>(settings: LoadSettings, target: Arc<T>) -> Played {
    let Some(mix) = Mix::new(&settings, &settings.mapping, Adjustment::default()) else {
        let checks = not_played("the mapping has no matching attribute for users");
        return Played { facts: None, checks, left_behind: Vec::new(), exchanges: 0, interrupted: false };
    };
    let mut population = Population::new(&settings, mix, target);
    let result = perform(&settings, &mut population).await;
    let left_behind = population.clean_up().await;
    if let Some(journal) = settings.journal.as_ref().filter(|_| left_behind.is_empty()) {
        // A journal that cannot be removed is found again by `cleanup`, which sees that all is gone.
        let _ = journal.close();
    }
    let (facts, checks) = match result {
        Ok((facts, checks)) => (Some(facts), checks),
        Err(skip) => (None, abouts().map(|about| skipped(about, skip.clone())).collect()),
    };
    let exchanges = population.exchanges.load(Ordering::Relaxed);
    Played { facts, checks, left_behind, exchanges, interrupted: settings.cancel.is_cancelled() }
}

async fn perform<T: Target + 'static>(
    settings: &LoadSettings,
    population: &mut Population<T>,
) -> Result<(LoadFacts, Vec<CheckResult>), Skip> {
    let refused = population.gather(settings).await?;
    let left_out = population.rehearse().await?;
    tokio::select! {
        () = tokio::time::sleep(PAUSE) => {}
        () = settings.cancel.cancelled() => {}
    }
    let begin = tokio::time::Instant::now();
    let tally = open_loop::play(settings, population, &left_out).await?;
    let rate = settings.rate.get();
    let findings = judge::judge(&tally, rate);
    let mut check = match judge::too_little(rate).filter(|_| findings.is_empty()) {
        Some(why) => skipped(&ABOUTS.rate, Skip::NotConfigured(why)),
        None => played(&ABOUTS.rate, findings, settings.fail_on),
    };
    check.elapsed = begin.elapsed();
    let mut facts = tally.facts(rate, left_out, refused);
    let begin = tokio::time::Instant::now();
    let mut members = match members::play(population).await {
        Ok(seen) => {
            facts.members = Some(seen.members);
            let found = judge::judge_members(seen.members, &seen.shown, &seen.refused);
            played(&ABOUTS.members, found, settings.fail_on)
        }
        Err(skip) => skipped(&ABOUTS.members, skip),
    };
    members.elapsed = begin.elapsed();
    Ok((facts, vec![check, members]))
}

fn played(about: &About, findings: Vec<Finding>, fail_on: Option<Level>) -> CheckResult {
    CheckResult::played(&about.id, None, &about.title, findings, fail_on)
}

fn skipped(about: &About, why: Skip) -> CheckResult {
    CheckResult::new(&about.id, None, &about.title, Outcome::Skipped(why))
}

#[cfg(test)]
mod tests;
