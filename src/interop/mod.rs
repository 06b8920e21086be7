//! What a server is published with: how it did, and each failure with the request that shows it.
//!
//! One [`InteropRow`] per server and version is kept as JSON, with a script of curl lines for each published
//! failure; the page is written from all rows. Nothing in a row changes from run to run as long as the
//! server answers the same: ids, made-up names and times are taken out.

mod page;

use serde::{Deserialize, Serialize};

use crate::check::Level;
use crate::gallery::GalleryVerdict;
use crate::report::script::{Script, Stable};
use crate::run::verdict::cause::causes;
use crate::run::verdict::report::Report;

pub use page::page;

/// How one version of a server did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InteropRow {
    /// The server's name; also that of its files.
    pub server: String,
    /// Its version.
    pub version: String,
    /// How many checks of `scimulate run` ended in which way.
    pub checks: Checks,
    /// How many causes there are of each level.
    pub causes: Levels,
    /// What Microsoft's gallery validation would say.
    pub gallery: GalleryResult,
    /// What made checks fail, worst first.
    pub failures: Vec<InteropFailure>,
}

/// How many checks ended in which way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checks {
    /// Played, and nothing serious found.
    pub passed: usize,
    /// Played, and something serious found.
    pub failed: usize,
    /// Not supported, not configured, or blocked by a failure.
    pub skipped: usize,
}

/// How many causes there are of each level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Levels {
    /// Silent damage.
    pub critical: usize,
    /// Provisioning fails.
    pub error: usize,
    /// The RFC is violated, Entra copes.
    pub warning: usize,
    /// Worth knowing.
    pub note: usize,
}

/// What Microsoft's gallery validation would say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GalleryResult {
    /// `Succeeded`, `Failed` or `Incomplete`.
    pub verdict: String,
    /// The template's edition.
    pub template: String,
    /// Tests of the template and the validator that do not pass, as `3 Update_User_Test: FAILED`; those that
    /// should end otherwise have `right:` and the correct result.
    pub not_passed: Vec<String>,
}

/// One thing that is wrong with the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InteropFailure {
    /// How bad it is.
    pub level: Level,
    /// The rule or scenario that says so.
    pub check: String,
    /// What must hold.
    pub title: String,
    /// What was found.
    pub sentence: String,
    /// How many other checks it blocks.
    pub blocks: usize,
    /// The write before that request, when it only looks at the result.
    pub before: Option<String>,
    /// The request that shows it; empty when no single one does.
    pub request: String,
    /// Its answer.
    pub answer: String,
    /// The script's file name; `None` when no sequence of requests shows it.
    pub script: Option<String>,
}

/// The name of the file of a server's row without ending, and of the folder with its scripts.
#[must_use]
pub fn files_of(server: &str, version: &str) -> String {
    format!("{server}-{version}")
}

impl InteropRow {
    /// The row of a run and a gallery verdict. `scripts` are those of the causes of the report, by place.
    #[must_use]
    pub fn of(
        (server, version): (&str, &str),
        report: &Report,
        verdict: &GalleryVerdict,
        scripts: &[(usize, Script)],
    ) -> Self {
        let counts = report.counts();
        let causes = causes(report);
        let of = |level| causes.iter().filter(|cause| cause.level == level).count();
        let stable = Stable::new(Vec::new(), "", &report.target);
        let failures = causes.iter().enumerate().filter(|(_, cause)| cause.decides).map(|(place, cause)| {
            let script = scripts.iter().find(|(of, _)| *of == place).map(|(_, script)| script);
            let shown = |pick: fn(&Script) -> &String| script.map(pick).cloned().unwrap_or_default();
            InteropFailure {
                level: cause.level,
                check: cause.finding.rule.clone(),
                title: cause.check.title.clone(),
                sentence: script.map_or_else(|| stable.text(&cause.finding.message), |s| s.sentence.clone()),
                blocks: cause.consequences.len(),
                before: script.and_then(|script| script.before.clone()),
                request: shown(|script| &script.request),
                answer: shown(|script| &script.answer),
                script: script.map(|script| format!("{}.sh", script.name)),
            }
        });
        InteropRow {
            server: server.to_owned(),
            version: version.to_owned(),
            checks: Checks {
                passed: counts.passed,
                failed: counts.failed,
                skipped: counts.skipped + counts.not_exercised,
            },
            causes: Levels {
                critical: of(Level::Critical),
                error: of(Level::Error),
                warning: of(Level::Warning),
                note: of(Level::Note),
            },
            gallery: GalleryResult::of(verdict),
            failures: failures.collect(),
        }
    }
}

impl InteropRow {
    /// The same row with the numbers of checks that are published: those grow with each new scenario, while
    /// the server is as it was.
    #[must_use]
    pub fn counted_as(mut self, published: &InteropRow) -> Self {
        self.checks = published.checks.clone();
        for failure in self.failures.iter_mut().filter(|failure| failure.blocks > 0) {
            let same = |known: &&InteropFailure| known.is_same_as(failure);
            if let Some(known) = published.failures.iter().find(same).filter(|known| known.blocks > 0) {
                failure.blocks = known.blocks;
            }
        }
        self
    }
}

impl InteropFailure {
    /// Several failures of one row can share check and sentence; the names of their scripts differ.
    fn is_same_as(&self, other: &InteropFailure) -> bool {
        match (&self.script, &other.script) {
            (Some(one), Some(another)) => one == another,
            (None, None) => self.check == other.check && self.sentence == other.sentence,
            _ => false,
        }
    }
}

impl GalleryResult {
    fn of(verdict: &GalleryVerdict) -> Self {
        let gates = [("", &verdict.tests), ("validator ", &verdict.validator)];
        let tests = gates.into_iter().flat_map(|(gate, tests)| tests.iter().map(move |test| (gate, test)));
        let not_passed = tests.filter_map(|(gate, test)| {
            let right = test.right.as_ref().map(|(result, _)| format!(", right: {}", result.as_str()));
            let passed = test.result.as_str() == "PASSED" && right.is_none();
            let (number, name, result) = (test.spec.number, &test.spec.name, test.result.as_str());
            let right = right.unwrap_or_default();
            (!passed).then(|| format!("{gate}{number} {name}: {result}{right}"))
        });
        GalleryResult {
            verdict: verdict.overall.map_or("Incomplete", |overall| overall.as_str()).to_owned(),
            template: verdict.template.as_str().to_owned(),
            not_passed: not_passed.collect(),
        }
    }
}
