//! Lets the waivers of a file judge a report: what is waived becomes known, and what is the matter
//! with a waiver is said.

use jiff::civil::Date;

use super::{Waiver, Waivers};
use crate::check::{Level, Outcome, Skip};
use crate::run::verdict::report::{CheckResult, Report};
use crate::run::verdict::waived::{WaiverNote, WaiverState};

/// What a waiver's fate depends on beside the report.
#[derive(Debug, Clone, Copy)]
pub struct WaiverContext {
    /// What makes a check fail; `None` for nothing.
    pub fail_on: Option<Level>,
    /// Today in UTC.
    pub today: Date,
    /// Less was played than is usual: by a filter, a suite, a shard, a dialect. Then a waiver of what was
    /// not played is nothing to speak of, and a rule that found nothing may find something elsewhere.
    pub narrowed: bool,
}

impl Waivers {
    /// Marks what they waive as known and says what is the matter with them. The report is settled.
    pub fn apply(&self, report: &mut Report, circumstances: WaiverContext) {
        let in_force: Vec<&Waiver> =
            self.list.iter().filter(|waiver| !waiver.is_expired(circumstances.today)).collect();
        let mut used = vec![false; self.list.len()];
        for check in &mut report.checks {
            mark(check, &in_force, &mut used, Waiver::is_about);
        }
        // Who waives a scenario in one dialect knows that it ends otherwise than in the other.
        let bitten: Vec<&Waiver> = in_force.into_iter().filter(|waiver| used[waiver.number]).collect();
        for check in report.checks.iter_mut().filter(|check| check.dialect.is_none()) {
            mark(check, &bitten, &mut used, |waiver, _| !waiver.check.starts_with("rules/"));
        }
        for check in &mut report.checks {
            conclude(check, circumstances.fail_on);
        }
        report.settle();
        let notes = self.list.iter().filter_map(|waiver| {
            let used = used[waiver.number];
            note(waiver, used, report, circumstances)
        });
        report.known.waivers = notes.collect();
    }
}

/// Marks the findings that a waiver is about.
fn mark(
    check: &mut CheckResult,
    waivers: &[&Waiver],
    used: &mut [bool],
    dialect_fits: impl Fn(&Waiver, Option<&str>) -> bool,
) {
    for finding in check.findings.iter_mut().filter(|finding| finding.waived.is_none()) {
        let fitting = waivers.iter().filter(|waiver| {
            (waiver.check == check.id || waiver.check == finding.rule)
                && dialect_fits(waiver, check.dialect.as_deref())
                && waiver.is_about_subject(&finding.subject)
        });
        // What is said of one attribute or dialect is nearer than what is said of all.
        if let Some(waiver) =
            fitting.min_by_key(|waiver| (waiver.subject.is_none(), waiver.dialect.is_none()))
        {
            finding.waived = Some(waiver.told());
            used[waiver.number] = true;
        }
    }
}

/// A failed check of whose findings none decides any more was expected to fail.
pub(super) fn conclude(check: &mut CheckResult, fail_on: Option<Level>) {
    if check.outcome != Outcome::Failed || check.findings.iter().any(|finding| finding.decides(fail_on)) {
        return;
    }
    let mut reasons: Vec<&str> = Vec::new();
    for reason in check.findings.iter().filter_map(|finding| finding.waived.as_deref()) {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    check.outcome = Outcome::Expected(reasons.join("; "));
}

/// What is the matter with a waiver, if anything is.
fn note(waiver: &Waiver, used: bool, report: &Report, circumstances: WaiverContext) -> Option<WaiverNote> {
    let about: Vec<&CheckResult> = report
        .checks
        .iter()
        .filter(|check| check.id == waiver.check && waiver.is_about(check.dialect.as_deref()))
        .collect();
    let passed = |check: &&&CheckResult| check.outcome == Outcome::Passed && check.findings.is_empty();
    if let Some(last) = waiver.expires.filter(|_| waiver.is_expired(circumstances.today)) {
        let next = if about.iter().any(|check| check.outcome == Outcome::Failed) {
            "the failure counts again: fix it, or renew the waiver with `scimulate waive`"
        } else if !about.is_empty() && about.iter().filter(passed).count() == about.len() {
            "it passes: remove the waiver"
        } else {
            "remove the waiver, or renew it with `scimulate waive`"
        };
        return Some(waiver.note(WaiverState::Expired, format!("expired on {last}; {next}")));
    }
    let is_rule = waiver.check.starts_with("rules/");
    if used {
        // Where a scenario fails in one dialect alone, the other would fail unseen.
        let passing = about.iter().filter(passed).find(|check| check.dialect.is_some());
        let failing = about.iter().find(|check| check.dialect.is_some() && !check.findings.is_empty());
        let (passing, failing) = (passing?.dialect.as_deref()?, failing?.dialect.as_deref()?);
        return (!is_rule && waiver.subject.is_none()).then(|| {
            let message = format!("passes in {passing}: narrow the waiver with `dialect = \"{failing}\"`");
            waiver.note(WaiverState::Passes, message)
        });
    }
    if report.interrupted_by.is_some() {
        return None;
    }
    if let Some(subject) = &waiver.subject
        && about.iter().any(|check| !matches!(check.outcome, Outcome::Skipped(_)))
    {
        let gone = format!("finds nothing wrong with `{subject}`: remove the waiver");
        return (!circumstances.narrowed).then(|| waiver.note(WaiverState::Passes, gone));
    }
    let played = about.iter().filter(passed).count();
    if played > 0 {
        // Elsewhere it may still fail.
        let elsewhere = circumstances.narrowed && (is_rule || waiver.dialect.is_none() && played < 2);
        return (!elsewhere)
            .then(|| waiver.note(WaiverState::Passes, "passes: remove the waiver".to_owned()));
    }
    match about.iter().find_map(|check| match &check.outcome {
        Outcome::Skipped(skip) => Some(skip),
        _ => None,
    }) {
        // What it would have shown is not known.
        Some(Skip::Blocked(_) | Skip::Throttled(_) | Skip::Disturbed(_)) => None,
        Some(skip) => {
            Some(waiver.note(WaiverState::Unused, format!("waives nothing: the check was skipped, {skip}")))
        }
        None if circumstances.narrowed => None,
        None => Some(waiver.note(
            WaiverState::Unused,
            "waives nothing: this run does not have that check; remove the waiver".to_owned(),
        )),
    }
}
