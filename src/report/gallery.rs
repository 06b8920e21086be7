//! The gallery verdict for people: what is wrong, then both gates test by test, then the requirements.

use std::io::{self, Write};

use super::layout::{self, Paint};
use super::settings::TerminalSettings;
use super::terminal;
use super::tested;
use crate::gallery::{Demand, GalleryVerdict, Met, Overall, PlayedAs, Requirement, Test, TestResult};
use crate::run::verdict::report::{CheckResult, Report};
use crate::scenario::TestKind;

/// A reason of so many characters stands beside its test, a longer one beneath.
const SHORT: usize = 45;

/// Where a reason begins.
const INDENT: &str = "        ";

/// Writes the report.
///
/// # Errors
/// Those of `out`. A reader that has gone away is no error: the rest is left out.
pub fn write(
    report: &Report,
    verdict: &GalleryVerdict,
    settings: &TerminalSettings,
    out: &mut dyn Write,
) -> io::Result<()> {
    let page = GalleryPage { report, verdict, settings, paint: Paint::new(settings.color) };
    match page.write(out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Writes the checks of the endpoint of a target that could not be tested at all.
///
/// # Errors
/// Those of `out`.
pub fn transport_checks(
    checks: &[CheckResult],
    settings: &TerminalSettings,
    out: &mut dyn Write,
) -> io::Result<()> {
    let report = Report {
        target: String::new(),
        seed: 0,
        switches: Vec::new(),
        elapsed: std::time::Duration::ZERO,
        verdict: crate::run::verdict::report::Verdict::Incomplete,
        checks: checks.to_vec(),
        observations: Default::default(),
        left_behind: Vec::new(),
        exchanges: 0,
        listed: None,
        interrupted_by: None,
        known: crate::run::verdict::waived::Waived::default(),
    };
    terminal::findings(&report, settings, out)
}

struct GalleryPage<'a> {
    report: &'a Report,
    verdict: &'a GalleryVerdict,
    settings: &'a TerminalSettings,
    paint: Paint,
}

impl GalleryPage<'_> {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        terminal::findings(self.report, self.settings, out)?;
        let GalleryVerdict { template, tests, validator, .. } = self.verdict;
        if !tests.is_empty() {
            let simulated = tests.iter().filter(|test| test.played() == PlayedAs::Simulated).count();
            let title =
                format!("Gallery validation, template {template} ({}), predicted", template.edition());
            writeln!(out, "{}", self.paint.strong(&title))?;
            self.text(
                &format!(
                    "Microsoft plays {simulated} of these {} tests through a tenant. scimulate simulates \
                     that tenant, but not its network, its throttling or the portal. `same requests` are those \
                     that were captured or published, with scimulate's own people; `equivalent requests` \
                     follow the description of a test whose requests are not public.",
                    tests.len()
                ),
                "",
                out,
            )?;
            self.tests(tests, out)?;
        }
        if !validator.is_empty() {
            let preview = validator.iter().filter(|test| test.spec.kind == TestKind::Preview).count();
            let title = format!(
                "SCIM Validator: {} tests, and {preview} preview tests; they do not count for the verdict",
                validator.len() - preview
            );
            writeln!(out, "{}", self.paint.strong(&title))?;
            self.tests(validator, out)?;
        }
        self.requirements(out)?;
        terminal::left_behind(self.report, self.settings, out)?;
        tested::switches(self.report, self.settings, out)?;
        self.verdict(out)
    }

    fn tests(&self, tests: &[Test], out: &mut dyn Write) -> io::Result<()> {
        let width = tests.iter().map(|test| test.spec.name.chars().count()).max().unwrap_or(0);
        for test in tests {
            let result = format!("{:<10}", test.result.as_str());
            let result = match test.result {
                TestResult::Passed => self.paint.good(&result),
                TestResult::Failed | TestResult::Undecided => self.paint.bad(&result),
                TestResult::Warning => self.paint.odd(&result),
                TestResult::Skipped => self.paint.dim(&result),
            };
            let played = test.played().as_str();
            // Why a test is skipped is short, and stands for a dozen of them.
            let (beside, beneath) = match (test.result, &test.reason) {
                (TestResult::Skipped, Some(reason)) if reason.chars().count() <= SHORT => {
                    (layout::clean(reason), None)
                }
                (_, reason) => (format!("{}, {played}", test.spec.kind.as_str()), reason.as_ref()),
            };
            writeln!(
                out,
                "{:>4}  {:<width$}  {result}{}",
                test.spec.number,
                test.spec.name,
                self.paint.dim(&beside)
            )?;
            if let Some(reason) = beneath {
                self.text(reason, INDENT, out)?;
            }
            if let Some((result, reason)) = &test.right {
                self.text(&format!("the server is right: {}, {reason}", result.as_str()), INDENT, out)?;
            }
        }
        writeln!(out)
    }

    fn requirements(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.verdict.requirements.is_empty() {
            return Ok(());
        }
        writeln!(out, "{}", self.paint.strong("Requirements beyond the tests"))?;
        let required = &self.verdict.requirements;
        let width = required.iter().map(|required| required.title.chars().count()).max().unwrap_or(0);
        for Requirement { title, demand, met, reason, .. } in required {
            let word = format!("{:<14}", met.as_str());
            let word = match met {
                Met::Yes => self.paint.good(&word),
                Met::No if *demand == Demand::Required => self.paint.bad(&word),
                Met::No => self.paint.odd(&word),
                Met::Unmeasured | Met::ByHand => self.paint.dim(&word),
            };
            writeln!(out, "      {title:<width$}  {word}{}", self.paint.dim(demand.as_str()))?;
            if let Some(reason) = reason {
                self.text(reason, INDENT, out)?;
            }
        }
        writeln!(out)
    }

    fn verdict(&self, out: &mut dyn Write) -> io::Result<()> {
        let Some(overall) = self.verdict.overall else { return Ok(()) };
        let word = match overall {
            Overall::Succeeded => self.paint.good(overall.as_str()),
            Overall::Failed => self.paint.bad(overall.as_str()),
            Overall::Incomplete => self.paint.odd(overall.as_str()),
        };
        let counted = |result: TestResult| {
            let number = self.verdict.tests.iter().filter(|test| test.result == result).count();
            (number > 0).then(|| format!("{number} {}", result.as_str()))
        };
        let results = [
            TestResult::Passed,
            TestResult::Failed,
            TestResult::Warning,
            TestResult::Skipped,
            TestResult::Undecided,
        ];
        let counts: Vec<String> = results.into_iter().filter_map(counted).collect();
        if let Some(why) = &self.verdict.why {
            self.text(why, "", out)?;
        }
        let unmet: Vec<&str> = self
            .verdict
            .requirements
            .iter()
            .filter(|required| required.demand == Demand::Required && required.met == Met::No)
            .map(|required| required.title)
            .collect();
        if overall == Overall::Succeeded && !unmet.is_empty() {
            self.text(
                &format!("The tests would pass, but these requirements are not met: {}", unmet.join("; ")),
                "",
                out,
            )?;
        }
        writeln!(
            out,
            "{word} {}: predicted for template {}; {}; {} in {:.1} s",
            layout::clean(&self.report.target),
            self.verdict.template,
            counts.join(", "),
            layout::counted(self.report.exchanges, "request"),
            self.report.elapsed.as_secs_f64()
        )
    }

    fn text(&self, text: &str, indent: &str, out: &mut dyn Write) -> io::Result<()> {
        let width = self.settings.width.saturating_sub(indent.len()).max(20);
        for line in layout::wrap(&layout::excerpt(&layout::clean(text), 600), width) {
            writeln!(out, "{indent}{line}")?;
        }
        Ok(())
    }
}
