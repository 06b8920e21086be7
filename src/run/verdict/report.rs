//! What a run found, as data. `report/` writes it in each format.

use std::collections::HashSet;
use std::time::Duration;

use super::comparison::Observations;
use super::waived::Waived;
use crate::check::{Finding, Level, Outcome, Skip};

/// The result of a whole run.
#[derive(Debug, Clone)]
pub struct Report {
    /// Base URL of the target.
    pub target: String,
    /// Seed of the people.
    pub seed: u64,
    /// Readings of Entra's behaviour that were chosen instead of the usual ones.
    pub switches: Vec<ChosenSwitch>,
    /// Wall time.
    pub elapsed: Duration,
    /// The run as a whole.
    pub verdict: Verdict,
    /// Every check, sorted by suite, id and dialect; rules come last.
    pub checks: Vec<CheckResult>,
    /// What rules judged, so that what went wrong can be compared with what went well.
    pub observations: Observations,
    /// What could not be removed from the target, each with the reason.
    pub left_behind: Vec<String>,
    /// How many requests were sent.
    pub exchanges: usize,
    /// The most users of the run that were at the target when all users were listed; `None` when they were not listed.
    pub listed: Option<usize>,
    /// Why the verdict is incomplete, in one sentence.
    pub interrupted_by: Option<String>,
    /// What the waivers and the baseline had to say.
    pub known: Waived,
}

/// A switch between readings of Entra's behaviour that is not in its usual position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChosenSwitch {
    /// Its name.
    pub name: String,
    /// Its position.
    pub value: String,
    /// How well it is known that Entra behaves so: documented, captured, reported, inferred or ours.
    pub strength: String,
    /// Where it is known from.
    pub source: String,
}

impl Report {
    /// How many results ended in which way. A check has one in each dialect that it is judged in.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        self.checks.iter().for_each(|check| counts.add(&check.outcome));
        counts
    }

    /// How many checks, each counted once, have a result of such an outcome.
    #[must_use]
    pub fn distinct(&self, is_such: impl Fn(&Outcome) -> bool) -> usize {
        let such = self.checks.iter().filter(|check| is_such(&check.outcome));
        such.map(|check| &check.id).collect::<HashSet<_>>().len()
    }

    /// Judges the whole run anew, after checks were waived or added.
    pub fn settle(&mut self) {
        self.verdict = if self.interrupted_by.is_some() {
            Verdict::Incomplete
        } else if self.checks.iter().any(|check| check.outcome == Outcome::Failed) {
            Verdict::Failed
        } else if !self.left_behind.is_empty() {
            Verdict::Incomplete
        } else {
            Verdict::Passed
        };
        self.checks.sort_by(|left, right| left.place().cmp(&right.place()));
    }

    /// True when no check was played at all: an empty run is never a success.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.checks.iter().all(|check| matches!(check.outcome, Outcome::Skipped(_)))
    }
}

/// The run as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// No check failed.
    Passed,
    /// A check failed.
    Failed,
    /// Interrupted, the target was lost, or something of the run may still be there: the other checks say what was
    /// seen until then.
    Incomplete,
}

impl Verdict {
    /// The word used in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Passed => "passed",
            Verdict::Failed => "failed",
            Verdict::Incomplete => "incomplete",
        }
    }
}

/// How many checks ended in which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Played, nothing at or above the fail level.
    pub passed: usize,
    /// Played, something at or above the fail level.
    pub failed: usize,
    /// Not played, or not to a conclusion.
    pub skipped: usize,
    /// Nothing that was sent or answered has what the check is about.
    pub not_exercised: usize,
    /// Failed as the waiver file says.
    pub expected: usize,
}

impl Counts {
    /// Counts one more.
    pub fn add(&mut self, outcome: &Outcome) {
        *match outcome {
            Outcome::Passed => &mut self.passed,
            Outcome::Failed => &mut self.failed,
            Outcome::Skipped(Skip::NotExercised(_)) => &mut self.not_exercised,
            Outcome::Skipped(_) => &mut self.skipped,
            Outcome::Expected(_) => &mut self.expected,
        } += 1;
    }
}

/// One result of a check: a scenario in a dialect, a rule over all scenarios of a dialect, or the comparison of a
/// scenario's end states in two dialects.
#[derive(Debug, Clone)]
pub struct CheckResult {
    /// The scenario's id or the rule's.
    pub id: String,
    /// First part of the id: `cycles`, `rules`, …
    pub suite: String,
    /// The dialect's name; `None` for a comparison of dialects.
    pub dialect: Option<String>,
    /// One line that says what must hold.
    pub title: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Wall time; zero for checks that only look at what others recorded.
    pub elapsed: Duration,
    /// What was found, worst first.
    pub findings: Vec<Finding>,
}

impl CheckResult {
    /// A check that was played, failed if a finding stands at or above `fail_on` (`None`: never). A scenario
    /// that stands for a test of Microsoft's ends as that test would: what it does not look at is told only.
    #[must_use]
    pub fn played(
        id: &str,
        dialect: Option<&str>,
        title: &str,
        mut findings: Vec<Finding>,
        fail_on: Option<Level>,
    ) -> Self {
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
        let outcome = if findings.iter().any(|finding| finding.decides(fail_on)) {
            Outcome::Failed
        } else {
            Outcome::Passed
        };
        CheckResult { findings, ..CheckResult::new(id, dialect, title, outcome) }
    }

    /// A check without findings.
    #[must_use]
    pub fn new(id: &str, dialect: Option<&str>, title: &str, outcome: Outcome) -> Self {
        CheckResult {
            id: id.to_owned(),
            suite: id.split('/').next().unwrap_or_default().to_owned(),
            dialect: dialect.map(str::to_owned),
            title: title.to_owned(),
            outcome,
            elapsed: Duration::ZERO,
            findings: Vec::new(),
        }
    }

    /// Where it stands in a report: scenarios by suite and id, rules last, the comparison after its pair.
    fn place(&self) -> (bool, &str, bool, Option<&str>) {
        (self.suite == "rules", &self.id, self.dialect.is_none(), self.dialect.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::About;

    fn finding(level: Level) -> Finding {
        let about = About {
            id: "rules/x".into(),
            title: String::new(),
            level,
            what: String::new(),
            why: String::new(),
            fix: String::new(),
            entra: String::new(),
            refs: Vec::new(),
            faults: Vec::new(),
            history: crate::check::History::default(),
        };
        Finding::of(&about, "m")
    }

    #[test]
    fn a_check_fails_at_the_fail_level_and_above_only() {
        let with = |level, fail_on| {
            CheckResult::played("rules/x", Some("default"), "t", vec![finding(level)], fail_on).outcome
        };
        assert_eq!(with(Level::Error, Some(Level::Error)), Outcome::Failed);
        assert_eq!(with(Level::Warning, Some(Level::Error)), Outcome::Passed);
        assert_eq!(with(Level::Critical, None), Outcome::Passed);
    }

    #[test]
    fn a_report_sorts_rules_last_and_a_comparison_after_its_pair() {
        let check = |id: &str, dialect: Option<&str>| CheckResult::new(id, dialect, "t", Outcome::Passed);
        let mut report = Report {
            target: String::new(),
            seed: 0,
            switches: Vec::new(),
            elapsed: Duration::ZERO,
            verdict: Verdict::Failed,
            checks: vec![
                check("rules/a", Some("default")),
                check("cycles/b", None),
                check("cycles/b", Some("default")),
            ],
            observations: Default::default(),
            left_behind: Vec::new(),
            exchanges: 0,
            listed: None,
            interrupted_by: None,
            known: Waived::default(),
        };
        report.settle();
        let order: Vec<_> = report.checks.iter().map(|c| (c.id.as_str(), c.dialect.as_deref())).collect();
        assert_eq!(order, [("cycles/b", Some("default")), ("cycles/b", None), ("rules/a", Some("default"))]);
        assert_eq!(report.verdict, Verdict::Passed);
        assert_eq!(report.counts(), Counts { passed: 3, ..Counts::default() });
        report.checks[0].outcome = Outcome::Failed;
        report.settle();
        assert_eq!(report.verdict, Verdict::Failed);
        report.interrupted_by = Some("the target was lost".into());
        report.settle();
        assert_eq!(report.verdict, Verdict::Incomplete);
        assert!(!report.is_empty());
    }

    #[test]
    fn a_run_in_which_all_was_skipped_is_empty() {
        let skipped = Outcome::Skipped(Skip::NotConfigured("no groups".into()));
        let report = Report {
            target: String::new(),
            seed: 0,
            switches: Vec::new(),
            elapsed: Duration::ZERO,
            verdict: Verdict::Passed,
            checks: vec![CheckResult::new("cycles/b", Some("default"), "t", skipped)],
            observations: Default::default(),
            left_behind: Vec::new(),
            exchanges: 0,
            listed: None,
            interrupted_by: None,
            known: Waived::default(),
        };
        assert!(report.is_empty());
        assert_eq!(report.counts().skipped, 1);
    }
}
