//! Two reports of one server compared: what fails newly, what was mended, and what is no longer judged.
//!
//! Two findings are the same by the measure of `run --baseline` ([`FindingKey`]), so that both commands agree.

mod facts;
mod markdown;
mod text;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::catalogue::Catalogue;
use crate::check::Level;
use crate::waivers::{FindingKey, PastCheck, PastReport};
use facts::{Fact, Facts};

pub use markdown::write as write_markdown;
pub use text::write as write_text;

/// From this level on, what is new makes a server worse.
pub const COUNTS: Level = Level::Error;

/// What differs between two reports.
#[derive(Debug)]
pub struct Diff {
    /// New, at error or above, the worst first.
    pub worse: Vec<Told>,
    /// New, below error.
    pub milder: Vec<Told>,
    /// In the old report, and right now.
    pub mended: Vec<Told>,
    /// A waiver of the new run lets it be.
    pub waived: Vec<Told>,
    /// In both.
    pub same: Vec<Told>,
    /// In the old report; whether it is still wrong cannot be known, because what showed it was not judged.
    pub unknown: Vec<Told>,
    /// Results that only the old report has, by reason.
    pub no_longer_judged: BTreeMap<String, Vec<String>>,
    /// Results that only the new report has, by what the old one says of them.
    pub newly_judged: BTreeMap<String, Vec<String>>,
    /// What makes the comparison less certain.
    pub remarks: Vec<String>,
    /// The new run ended early.
    pub is_incomplete: bool,
    /// The new run judged nothing.
    pub is_empty: bool,
}

/// One thing that is or was wrong, told once for all dialects and checks that show it.
#[derive(Debug, Clone)]
pub struct Told {
    /// The rule or scenario that tells it.
    pub rule: String,
    /// How much it matters.
    pub level: Level,
    /// The sentence.
    pub message: String,
    /// What to change in the server.
    pub fix: String,
    /// A scenario that shows it; `None` when it is met before the first one.
    pub scenario: Option<String>,
    /// The dialects in which it was met.
    pub dialects: BTreeSet<String>,
    /// Other checks that show it.
    pub others: BTreeSet<String>,
    /// What the other report says of it; empty when there is nothing to say.
    pub before: String,
}

/// The two sentences for a result that a report does not have.
const NOT_IN_NEW: &str = "not in the new report";
const NOT_IN_OLD: &str = "not in the old report";

impl Diff {
    /// Compares two reports.
    #[must_use]
    pub fn of(old: &PastReport, new: &PastReport, catalogue: &Catalogue) -> Self {
        let (then, now) = (Facts::of(old, catalogue), Facts::of(new, catalogue));
        let known = then.levels();
        let is_known =
            |fact: &Fact<'_>| known.get(&fact.key).is_some_and(|level| *level >= fact.finding.level);
        let open = || now.told().filter(|fact| fact.finding.waiver().is_none());
        let fresh = now.grouped(open().filter(|fact| !is_known(fact)), |fact| before(fact, &then, &known));
        let (worse, milder) = fresh.into_iter().partition(|told| told.level >= COUNTS);
        // What is kept below a failure that blocks it is no longer told, and still there.
        let hidden = then.told().filter(|fact| is_open(fact) && now.is_only_hidden(&fact.key));
        let mut same = now.grouped(open().filter(|fact| is_known(fact)), |_| String::new());
        same.extend(then.grouped(hidden, |_| "blocked by another failure now".to_owned()));
        let waived =
            now.told().filter(|fact| fact.finding.waiver().is_some() && known.contains_key(&fact.key));
        let (mended, unknown): (Vec<&Fact<'_>>, Vec<&Fact<'_>>) =
            then.told().filter(|fact| !now.has_like(fact)).partition(|fact| now.judges(fact));
        let waiver_of_old = |fact: &Fact<'_>| match fact.finding.waiver() {
            Some(_) => "it was waived: remove the waiver".to_owned(),
            None => String::new(),
        };
        Diff {
            worse,
            milder,
            mended: then.grouped(mended.into_iter(), waiver_of_old),
            waived: now.grouped(waived, |fact| fact.finding.waiver().unwrap_or_default().to_owned()),
            same,
            unknown: then
                .grouped(unknown.into_iter().filter(|fact| is_open(fact)), |fact| why_unknown(fact, &now)),
            no_longer_judged: only_in(&then, &now, NOT_IN_NEW),
            newly_judged: only_in(&now, &then, NOT_IN_OLD),
            remarks: remarks(old, new),
            is_incomplete: new.is_incomplete(),
            is_empty: !new.checks.iter().any(PastCheck::was_played),
        }
    }
}

fn is_open(fact: &Fact<'_>) -> bool {
    fact.finding.waiver().is_none()
}

/// What the old report says of something that is new.
fn before(fact: &Fact<'_>, then: &Facts<'_>, known: &HashMap<FindingKey, Level>) -> String {
    if let Some(level) = known.get(&fact.key) {
        return format!("it was a {level} before");
    }
    if let Some(reason) = then.waiver(&fact.key) {
        return format!("it was waived before: {reason}");
    }
    if then.has_like(fact) {
        return "the server failed in another way before".to_owned();
    }
    match then.check(fact) {
        None => format!("the check is {NOT_IN_OLD}"),
        Some(check) if !check.was_played() => {
            format!("the check was skipped before: {}", check.reason.as_deref().unwrap_or("no reason given"))
        }
        Some(check) if check.failed() => "the check failed for another reason before".to_owned(),
        Some(_) => "passed before".to_owned(),
    }
}

/// Why it cannot be known whether a failure of the old report is still there.
fn why_unknown(fact: &Fact<'_>, now: &Facts<'_>) -> String {
    let skipped = now.check(fact).filter(|check| !check.was_played()).and_then(|check| check.reason.clone());
    match (skipped, &fact.finding.met_in) {
        (Some(reason), _) => format!("skipped now: {reason}"),
        (None, Some(scenario)) if now.check(fact).is_some() => format!("{scenario} was not played"),
        (None, _) => NOT_IN_NEW.to_owned(),
    }
}

/// The results that were played in one report and not in the other, by the reason that the other gives.
fn only_in(here: &Facts<'_>, there: &Facts<'_>, missing: &str) -> BTreeMap<String, Vec<String>> {
    let mut only: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for ((id, dialect), check) in here.checks.iter().filter(|(_, check)| check.was_played()) {
        let reason = match there.checks.get(&(id.clone(), dialect.clone())) {
            Some(other) if other.was_played() => continue,
            // What blocks them is told above, and each reason names another scenario.
            Some(other) if other.was_blocked() => "blocked by another failure".to_owned(),
            Some(other) => other.reason.clone().unwrap_or_default(),
            None => missing.to_owned(),
        };
        let name = match &check.dialect {
            Some(dialect) => format!("{id} ({dialect})"),
            None => id.clone(),
        };
        only.entry(reason).or_default().push(name);
    }
    only
}

/// What makes the comparison less certain.
fn remarks(old: &PastReport, new: &PastReport) -> Vec<String> {
    let mut remarks = Vec::new();
    if old.version != new.version {
        remarks.push(format!(
            "the reports are of scimulate {} and {}: a difference may be one of the checks, not of the server",
            old.version, new.version
        ));
    }
    for (report, which) in [(old, "old"), (new, "new")] {
        if report.is_incomplete() {
            remarks.push(format!("the {which} run is incomplete: it ended before everything was judged"));
        }
    }
    remarks
}
