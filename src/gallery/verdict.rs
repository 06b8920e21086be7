//! The verdict over all tests.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::requirement::{self, Requirement};
use super::template::Template;
use super::test::{Test, TestResult};
use crate::run::verdict::report::{CheckResult, Report, Verdict as RunVerdict};
use crate::scenario::{Scenario, TestKind};

/// Numbers of the two tests of authentication, of which one must pass.
const AUTHENTICATION: [u32; 2] = [21, 22];

/// The template's `overallLogicAppResult`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Overall {
    /// Every mandatory test passed or was skipped, and one of the two tests of authentication passed.
    Succeeded,
    /// It is not so.
    Failed,
    /// The run did not come to its end.
    Incomplete,
}

impl Overall {
    /// Microsoft's word; what did not come to its end has none of theirs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Overall::Succeeded => "Succeeded",
            Overall::Failed => "Failed",
            Overall::Incomplete => "Incomplete",
        }
    }
}

/// What both gates would say, and what they do not ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GalleryVerdict {
    /// The edition that is predicted.
    pub template: Template,
    /// The template's word for the whole; `None` when not all of its tests were played.
    pub overall: Option<Overall>,
    /// Why the whole fails although no mandatory test does, if it is so.
    pub why: Option<String>,
    /// The template's tests, by number. Empty when they were not played.
    pub tests: Vec<Test>,
    /// The validator's tests, by number. Empty when they were not played.
    pub validator: Vec<Test>,
    /// What is required beside the tests. Empty when the template's tests were not played.
    pub requirements: Vec<Requirement>,
    /// What was measured and seen beside the tests, by name: `rate`, `endpoint`.
    pub facts: serde_json::Map<String, serde_json::Value>,
}

/// The verdict of a run in which scenarios of the gates were played; `None` when none was. `more` are checks
/// that are no scenarios: of the transport, of the rate.
#[must_use]
pub fn judge(
    template: Template,
    scenarios: &[Arc<Scenario>],
    report: &Report,
    more: &[CheckResult],
) -> Option<GalleryVerdict> {
    let mut results: BTreeMap<&str, Vec<&CheckResult>> = BTreeMap::new();
    for check in report
        .checks
        .iter()
        .chain(more)
        .filter(|check| check.dialect.is_some() || check.suite == "requirements")
    {
        results.entry(check.id.as_str()).or_default().push(check);
    }
    let tests_of = |suite: &str| {
        let mut tests: Vec<Test> = scenarios
            .iter()
            .filter(|scenario| scenario.about.id.starts_with(suite))
            .filter_map(|scenario| {
                let results = results.get(scenario.about.id.as_str()).map(Vec::as_slice).unwrap_or_default();
                Some(Test::of(scenario, scenario.test.as_ref()?, results, template))
            })
            .collect();
        tests.sort_by_key(|test| test.spec.number);
        tests
    };
    let (tests, validator) = (tests_of("gallery/"), tests_of("validator/"));
    if tests.is_empty() && validator.is_empty() {
        return None;
    }
    let (overall, why) = overall(&tests, report);
    let requirements = match overall {
        None => Vec::new(),
        Some(_) => requirement::judge(&results, &tests, &validator),
    };
    Some(GalleryVerdict {
        template,
        overall,
        why,
        tests,
        validator,
        requirements,
        facts: serde_json::Map::new(),
    })
}

fn overall(tests: &[Test], report: &Report) -> (Option<Overall>, Option<String>) {
    let authentication = AUTHENTICATION
        .iter()
        .map(|number| tests.iter().find(|test| test.spec.number == *number))
        .collect::<Option<Vec<&Test>>>();
    // Without both tests of authentication nothing can be said of the whole.
    let Some(authentication) = authentication else { return (None, None) };
    let mandatory = || {
        tests.iter().filter(|test| {
            test.spec.kind == TestKind::Mandatory && !AUTHENTICATION.contains(&test.spec.number)
        })
    };
    if report.interrupted_by.is_some() || tests.iter().any(|t| t.result == TestResult::Undecided) {
        return (Some(Overall::Incomplete), report.interrupted_by.clone());
    }
    if mandatory().any(|test| test.result.blocks()) {
        return (Some(Overall::Failed), None);
    }
    if report.verdict == RunVerdict::Incomplete {
        return (
            Some(Overall::Incomplete),
            Some("objects of this run may still be at the target".to_owned()),
        );
    }
    if authentication.iter().any(|test| test.result == TestResult::Passed) {
        return (Some(Overall::Succeeded), None);
    }
    let each: Vec<String> = authentication
        .iter()
        .map(|test| {
            let reason = test.reason.as_deref().unwrap_or("no reason");
            format!("{} {} ({reason})", test.spec.name, test.result.as_str())
        })
        .collect();
    let why = format!(
        "one of the two authentication tests must pass, but neither did: {}. A static bearer token alone \
         never passes",
        each.join(", ")
    );
    (Some(Overall::Failed), Some(why))
}

impl GalleryVerdict {
    /// Every test of both gates.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, &Test)> {
        let gallery = self.tests.iter().map(|test| ("gallery", test));
        gallery.chain(self.validator.iter().map(|test| ("validator", test)))
    }

    /// Adds what was seen.
    pub fn seen(&mut self, name: &str, facts: serde_json::Value) {
        self.facts.insert(name.to_owned(), facts);
    }

    /// Adds what was measured for a requirement, with a line that sums it up.
    pub fn measured(&mut self, name: &str, line: String, facts: serde_json::Value) {
        self.seen(name, facts);
        if let Some(required) = self.requirements.iter_mut().find(|required| required.id == name) {
            required.reason = Some(match required.reason.take() {
                Some(reason) => format!("{reason}; {line}"),
                None => line,
            });
        }
    }

    /// What is not passed, in one line, as tables keep it: `G3=FAILED G10=WARNING V9=FAILED -> Failed`.
    #[must_use]
    pub fn vector(&self) -> String {
        let mut line: Vec<String> = Vec::new();
        for (gate, test) in self.all().filter(|(_, test)| test.result != TestResult::Passed) {
            let gate = if gate == "gallery" { 'G' } else { 'V' };
            line.push(format!("{gate}{}={}", test.spec.number, test.result.as_str()));
        }
        line.push(format!("-> {}", self.overall.map_or("none", Overall::as_str)));
        line.join(" ")
    }
}
