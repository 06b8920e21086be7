//! The page: what the template shows.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::focus::Focus;
use super::super::{fix_first, shown, summary};
use super::HtmlSettings;
use super::latency::{Latencies, LatencyRow};
use crate::check::{About, Level, Outcome, Reference, Skip};
use crate::gallery::GalleryVerdict;
use crate::run::verdict::cause::{Cause, causes};
use crate::run::verdict::report::{CheckResult, Report};

/// How much of an answer a cause shows; its exchange has all of it.
const EXCERPT: usize = 600;

/// How many operations the chart shows: the most frequent ones.
const OPERATIONS: usize = 16;

/// Writes the page.
pub(super) fn write(
    report: &Report,
    settings: &HtmlSettings<'_>,
    latencies: &Latencies,
    data: &[u8],
    out: &mut dyn Write,
) -> io::Result<()> {
    let causes = causes(report);
    let deciding: Vec<&Cause<'_>> = causes.iter().filter(|cause| cause.decides).collect();
    let counts = report.counts();
    let page = Page {
        version: env!("CARGO_PKG_VERSION"),
        target: &report.target,
        verdict: summary::word(report),
        mood: match report.verdict {
            _ if summary::is_odd(report) => "incomplete",
            verdict => verdict.as_str(),
        },
        interrupted_by: report.interrupted_by.as_deref(),
        summary: summary::sentence(report, &causes),
        counts: [
            ("passed", counts.passed),
            ("failed", counts.failed),
            ("expected", counts.expected),
            ("skipped", counts.skipped),
            ("not exercised", counts.not_exercised),
        ],
        seed: report.seed,
        silent: deciding
            .iter()
            .filter(|cause| cause.is_silent())
            .map(|cause| fix_first::headline(cause))
            .collect(),
        first: deciding
            .iter()
            .map(|cause| FixFirst {
                headline: fix_first::headline(cause),
                command: fix_first::command(cause, settings.again),
                place: causes.iter().position(|other| std::ptr::eq(other, *cause)).unwrap_or_default() + 1,
                level: cause.level.as_str(),
            })
            .collect(),
        gallery: settings.verdict.and_then(GalleryPart::of),
        causes: causes.iter().enumerate().map(|(index, cause)| CausePart::of(index + 1, cause)).collect(),
        left_behind: &report.left_behind,
        latencies: latencies.rows().into_iter().take(OPERATIONS).collect(),
        suites: report.checks.iter().map(|check| check.suite.as_str()).collect(),
        dialects: report.checks.iter().filter_map(|check| check.dialect.as_deref()).collect(),
        checks: rows(report, settings.abouts),
        data: STANDARD.encode(data),
        style: include_str!("page.css"),
        script: include_str!("page.js"),
    };
    page.write_into(&mut *out)?;
    out.flush()
}

#[derive(Template)]
#[template(path = "page.html")]
struct Page<'a> {
    version: &'static str,
    target: &'a str,
    verdict: &'static str,
    /// The class that colours it.
    mood: &'static str,
    interrupted_by: Option<&'a str>,
    summary: String,
    counts: [(&'static str, usize); 5],
    seed: u64,
    silent: Vec<String>,
    first: Vec<FixFirst>,
    gallery: Option<GalleryPart<'a>>,
    causes: Vec<CausePart<'a>>,
    left_behind: &'a [String],
    latencies: Vec<LatencyRow>,
    suites: BTreeSet<&'a str>,
    dialects: BTreeSet<&'a str>,
    checks: Vec<CheckRow<'a>>,
    data: String,
    style: &'static str,
    script: &'static str,
}

/// A line of the list of what to fix first.
struct FixFirst {
    headline: String,
    command: String,
    /// Number of the cause on the page.
    place: usize,
    level: &'static str,
}

/// What Microsoft's gates say.
struct GalleryPart<'a> {
    verdict: &'static str,
    why: Option<&'a str>,
    tests: Vec<GalleryTest<'a>>,
}

struct GalleryTest<'a> {
    gate: &'static str,
    number: u32,
    name: &'a str,
    result: &'static str,
    reason: &'a str,
    /// The checks that stand for it.
    checks: &'a [String],
}

impl<'a> GalleryPart<'a> {
    /// Nothing when no gate was played.
    fn of(verdict: &'a GalleryVerdict) -> Option<Self> {
        let overall = verdict.overall?;
        let tests = verdict.all().map(|(gate, test)| GalleryTest {
            gate,
            number: test.spec.number,
            name: &test.spec.name,
            result: test.result.as_str(),
            reason: test.reason.as_deref().unwrap_or_default(),
            checks: &test.checks,
        });
        Some(GalleryPart { verdict: overall.as_str(), why: verdict.why.as_deref(), tests: tests.collect() })
    }
}

/// A cause with its evidence.
struct CausePart<'a> {
    place: usize,
    level: &'static str,
    id: &'a str,
    title: &'a str,
    message: &'a str,
    pattern: Option<&'a str>,
    also: &'a [&'a str],
    expected: &'a str,
    actual: &'a str,
    before: Vec<String>,
    curl: Option<String>,
    answer: Option<String>,
    entra: &'a str,
    fix: String,
    refs: Vec<Source>,
    times: usize,
    dialects: String,
    checks: Vec<&'a str>,
    blocks: Vec<&'a str>,
}

/// Where a demand comes from, and its page.
struct Source {
    text: String,
    url: String,
}

impl Source {
    fn of(reference: &Reference) -> Self {
        Source { text: reference.to_string(), url: reference.url().unwrap_or_default() }
    }
}

impl<'a> CausePart<'a> {
    fn of(place: usize, cause: &'a Cause<'a>) -> Self {
        let finding = cause.finding;
        let focus = Focus::of(&finding.subject);
        let focus = focus.as_ref();
        let deciding = finding.exchanges.last();
        let before = finding.exchanges.split_last().map_or(&[][..], |(_, before)| before);
        let line = |exchange: &crate::wire::Exchange| {
            format!(
                "{} returned {}",
                shown::request_line(exchange, focus, EXCERPT),
                shown::answer_line(exchange, focus, EXCERPT)
            )
        };
        let advice = cause.advice.map_or_else(String::new, |advice| format!("{advice} "));
        CausePart {
            place,
            level: cause.level.as_str(),
            id: &finding.rule,
            title: if finding.beside_the_point { "side finding" } else { &cause.check.title },
            message: &finding.message,
            pattern: cause.pattern.as_deref(),
            also: &cause.also,
            expected: &finding.expected,
            actual: &finding.actual,
            before: before.iter().filter(|exchange| exchange.request.writes()).map(|it| line(it)).collect(),
            curl: deciding.map(|exchange| exchange.curl()),
            answer: deciding.map(|exchange| shown::answer_line(exchange, focus, EXCERPT)),
            entra: &finding.entra,
            fix: format!("{advice}{}", finding.fix),
            refs: finding.refs.iter().map(Source::of).collect(),
            times: cause.times,
            dialects: cause.dialects.iter().copied().collect::<Vec<_>>().join(", "),
            checks: cause.checks.clone(),
            blocks: cause.consequences.iter().copied().collect(),
        }
    }
}

/// A check with its result in each dialect.
struct CheckRow<'a> {
    id: &'a str,
    suite: &'a str,
    title: &'a str,
    /// The worst level that was found, or nothing.
    level: &'static str,
    results: Vec<DialectResult<'a>>,
    /// Sections of RFCs, as `7644#3.5.2`.
    sections: String,
}

struct DialectResult<'a> {
    /// Empty for a comparison of dialects.
    dialect: &'a str,
    status: &'static str,
    reason: String,
}

/// A row for each check, in the order of the report.
fn rows<'a>(report: &'a Report, abouts: &[About]) -> Vec<CheckRow<'a>> {
    let sections: BTreeMap<&str, String> =
        abouts.iter().map(|about| (about.id.as_str(), sections(about))).collect();
    let mut rows: Vec<CheckRow<'a>> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let mut worst: Vec<Option<Level>> = Vec::new();
    for check in &report.checks {
        let place = *places.entry(&check.id).or_insert_with(|| {
            rows.push(CheckRow {
                id: &check.id,
                suite: &check.suite,
                title: &check.title,
                level: "",
                results: Vec::new(),
                sections: sections.get(check.id.as_str()).cloned().unwrap_or_default(),
            });
            worst.push(None);
            rows.len() - 1
        });
        worst[place] = worst[place].max(check.findings.iter().map(|finding| finding.level).max());
        rows[place].level = worst[place].map_or("", Level::as_str);
        rows[place].results.push(DialectResult::of(check));
    }
    rows
}

fn sections(about: &About) -> String {
    let sections = about.refs.iter().filter_map(|reference| match reference {
        Reference::Rfc(passage) => Some(format!("{}#{}", passage.rfc, passage.section)),
        Reference::Microsoft(_) | Reference::Field(_) => None,
    });
    sections.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(" ")
}

impl<'a> DialectResult<'a> {
    fn of(check: &'a CheckResult) -> Self {
        let status = match &check.outcome {
            Outcome::Skipped(Skip::NotExercised(_)) => "not-exercised",
            outcome => outcome.as_str(),
        };
        DialectResult {
            dialect: check.dialect.as_deref().unwrap_or_default(),
            status,
            reason: check.outcome.reason().unwrap_or_default(),
        }
    }
}
