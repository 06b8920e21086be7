//! One test of a gate, and how it would end.

use super::template::Template;
use crate::check::{Finding, JudgedBy, Level, Outcome, Skip};
use crate::run::verdict::report::CheckResult;
use crate::scenario::{Ability, Need, Scenario, TestKind, TestSpec, Through};

/// How a test ends, in the words of Microsoft's report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TestResult {
    /// It holds.
    Passed,
    /// It does not, and the whole fails.
    Failed,
    /// It does not, and the whole does not fail for it.
    Warning,
    /// It was not played, and that is in order.
    Skipped,
    /// It came to no end: the run was interrupted or the target was lost.
    Undecided,
}

impl TestResult {
    /// Microsoft's word; what came to no end has none of theirs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            TestResult::Passed => "PASSED",
            TestResult::Failed => "FAILED",
            TestResult::Warning => "WARNING",
            TestResult::Skipped => "SKIPPED",
            TestResult::Undecided => "UNDECIDED",
        }
    }

    /// True for what stands in the way of publication.
    #[must_use]
    pub fn blocks(self) -> bool {
        matches!(self, TestResult::Failed | TestResult::Undecided)
    }
}

/// How like Microsoft's the requests of a test are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlayedAs {
    /// Microsoft plays it through a tenant, which is simulated here.
    Simulated,
    /// Body, path and query are those that were captured or published, with other made-up values.
    SameRequests,
    /// They do what Microsoft's description of the test says; no request of it is public.
    EquivalentRequests,
}

impl PlayedAs {
    /// The words of reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            PlayedAs::Simulated => "simulated",
            PlayedAs::SameRequests => "same requests",
            PlayedAs::EquivalentRequests => "equivalent requests",
        }
    }
}

/// A test of a gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    /// What the gate calls it, and what it means there.
    pub spec: TestSpec,
    /// Ids of the checks that decide.
    pub checks: Vec<String>,
    /// How it would end at the gate.
    pub result: TestResult,
    /// Why, in one sentence, unless it simply passes.
    pub reason: Option<String>,
    /// How it ought to end, where the gate is known to judge otherwise, with the reason.
    pub right: Option<(TestResult, String)>,
}

impl Test {
    /// The result of a scenario's checks, one for each dialect it was played in.
    pub(super) fn of(
        scenario: &Scenario,
        spec: &TestSpec,
        results: &[&CheckResult],
        template: Template,
    ) -> Self {
        let limit = scenario.about.level.min(Level::Error);
        let failing = |reading: JudgedBy| {
            let counts = move |finding: &&Finding| {
                finding.level >= limit && (finding.reading == JudgedBy::Both || finding.reading == reading)
            };
            results.iter().flat_map(|result| &result.findings).find(counts)
        };
        let failed = match spec.kind {
            TestKind::Mandatory => TestResult::Failed,
            TestKind::Optional | TestKind::Preview => TestResult::Warning,
        };
        let skip = results.iter().find_map(|result| match &result.outcome {
            Outcome::Skipped(skip) => Some(skip),
            _ => None,
        });
        let (result, reason) = match (failing(JudgedBy::Microsoft), skip) {
            (Some(finding), _) => (failed, Some(finding.message.clone())),
            (None, Some(skip)) => not_played(scenario, skip, template, failed),
            (None, None) if results.is_empty() => (TestResult::Undecided, Some("not played".to_owned())),
            (None, None) => {
                let note =
                    results.iter().flat_map(|result| &result.findings).find(|f| f.reading == JudgedBy::Both);
                (TestResult::Passed, note.map(|finding| finding.message.clone()))
            }
        };
        let right = match (result, failing(JudgedBy::Ours)) {
            (TestResult::Passed, Some(finding)) => Some((failed, finding.message.clone())),
            (TestResult::Failed | TestResult::Warning, None) if skip.is_none() => {
                Some((TestResult::Passed, "the RFC allows this answer".to_owned()))
            }
            _ => None,
        };
        Test { spec: spec.clone(), checks: vec![scenario.about.id.clone()], result, reason, right }
    }

    /// How like Microsoft's its requests are.
    #[must_use]
    pub fn played(&self) -> PlayedAs {
        match (self.spec.through, &self.spec.sample) {
            (Through::Tenant, _) => PlayedAs::Simulated,
            (Through::Endpoint, Some(_)) => PlayedAs::SameRequests,
            (Through::Endpoint, None) => PlayedAs::EquivalentRequests,
        }
    }
}

/// What a test that was not played means at the gate.
fn not_played(
    scenario: &Scenario,
    skip: &Skip,
    template: Template,
    failed: TestResult,
) -> (TestResult, Option<String>) {
    let of_groups = scenario.needs.contains(&Need::Ability(Ability::Groups));
    let of_template = scenario.about.id.starts_with("gallery/");
    match skip {
        Skip::NotConfigured(why) if of_groups && of_template && template == Template::Ten => {
            let reason = format!(
                "{why}; template 10 fails an endpoint without groups, template 11 skips the \
                                  test"
            );
            (failed, Some(reason))
        }
        Skip::NotConfigured(why) => (TestResult::Skipped, Some(why.clone())),
        // The mapping provisions groups, so the template plays its tests of groups.
        Skip::NotSupported(why) if of_groups && of_template => {
            let reason = format!(
                "{why}, but the mapping provisions groups: without a group mapping template 11 skips the test"
            );
            (failed, Some(reason))
        }
        Skip::NotSupported(why) => (TestResult::Skipped, Some(why.clone())),
        Skip::Throttled(why) => (failed, Some(format!("429 counts as a failure: {why}"))),
        Skip::Blocked(_) | Skip::Disturbed(_) | Skip::NotExercised(_) => {
            (TestResult::Undecided, Some(skip.to_string()))
        }
    }
}
