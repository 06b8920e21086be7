//! The report for people: what is wrong, once each, then a table and the verdict.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::io::{self, Write};
use std::sync::Arc;

use super::fix_first;
use super::focus::Focus;
use super::layout::{self, Paint};
use super::settings::{Detail, LABEL, TerminalSettings};
use super::shown;
use super::summary;
use super::tested;
use super::waived;
use crate::check::{Finding, JudgedBy, Level, Outcome, Reference, Skip};
use crate::run::verdict::cause::{self, Cause, causes};
use crate::run::verdict::report::{CheckResult, Counts, Report, Verdict};
use crate::wire::Exchange;

/// How many objects that are left behind are named.
const LEFT_SHOWN: usize = 20;

/// How many reasons of skipped checks are named.
const REASONS: usize = 2;

/// How much of an answer is shown.
const EXCERPT: usize = 400;
/// The same of the answer to the write before it.
const ANSWER_TO_WRITE: usize = 120;
/// How much of a sentence is shown: some quote whole answers.
const SENTENCE: usize = 300;

/// Writes the report.
///
/// # Errors
/// Those of `out`. A reader that has gone away, as in `| head`, is no error: the rest is left out.
pub fn write(report: &Report, settings: &TerminalSettings, out: &mut dyn Write) -> io::Result<()> {
    let page = TerminalPage { report, settings, paint: Paint::new(settings.color) };
    match page.write(out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Writes what is wrong, once each, without table and verdict; mild findings only when all is asked for.
pub(super) fn findings(report: &Report, settings: &TerminalSettings, out: &mut dyn Write) -> io::Result<()> {
    let page = TerminalPage { report, settings, paint: Paint::new(settings.color) };
    let mut causes = causes(report);
    causes.retain(|cause| {
        cause.decides || cause.level >= Level::Warning || settings.detail >= Detail::Findings
    });
    page.findings(&causes, out)
}

/// Writes what could not be removed from the target; nothing when all of it was.
pub(super) fn left_behind(
    report: &Report,
    settings: &TerminalSettings,
    out: &mut dyn Write,
) -> io::Result<()> {
    TerminalPage { report, settings, paint: Paint::new(settings.color) }.left_behind(out)
}

struct TerminalPage<'a> {
    report: &'a Report,
    settings: &'a TerminalSettings,
    paint: Paint,
}

/// How a check is named before what is said of it.
#[derive(Clone, Copy)]
enum Tone {
    /// Above a finding that is told in full.
    Heading,
    /// All that is told of a finding.
    Plain,
}

impl TerminalPage<'_> {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.settings.detail >= Detail::Everything {
            self.passed(out)?;
        }
        let causes = causes(self.report);
        self.findings(&causes, out)?;
        waived::write(self.report, self.settings, out)?;
        self.skipped(out)?;
        self.left_behind(out)?;
        self.table(out)?;
        fix_first::write(self.report, &causes, self.paint, self.settings, out)?;
        tested::switches(self.report, self.settings, out)?;
        self.verdict(&causes, out)
    }

    fn findings(&self, causes: &[Cause<'_>], out: &mut dyn Write) -> io::Result<()> {
        let in_full = |cause: &&Cause<'_>| {
            cause.decides || cause.level >= Level::Error || self.settings.detail >= Detail::Findings
        };
        let full: Vec<&Cause<'_>> = causes.iter().filter(in_full).collect();
        let most = match self.settings.detail {
            Detail::Usual => self.settings.max_causes,
            Detail::Findings | Detail::Everything => usize::MAX,
        };
        let (shown, more) = cause::first(&full, most);
        for cause in shown {
            self.cause(cause, out)?;
        }
        for cause in &more {
            self.mild(cause, out)?;
        }
        if !more.is_empty() {
            let hint = format!("{} more are told in a line each; `-v` shows all of them in full", more.len());
            writeln!(out, "{}\n", self.paint.dim(&layout::hang(&hint, self.settings.line_width())))?;
        }
        let mild: Vec<&Cause<'_>> = causes.iter().filter(|cause| !in_full(cause)).collect();
        if !mild.is_empty() {
            for cause in &mild {
                self.mild(cause, out)?;
            }
            let hint = "`scimulate explain ID` says more; `-v` shows the requests";
            writeln!(out, "{}\n", self.paint.dim(&layout::hang(hint, self.settings.line_width())))?;
        }
        Ok(())
    }

    fn passed(&self, out: &mut dyn Write) -> io::Result<()> {
        for check in self.report.checks.iter().filter(|check| check.outcome == Outcome::Passed) {
            writeln!(out, "{} {}  {}", self.paint.good("passed"), name(check), self.paint.dim(&check.title))?;
        }
        writeln!(out)
    }

    fn cause(&self, cause: &Cause<'_>, out: &mut dyn Write) -> io::Result<()> {
        let finding = cause.finding;
        let level = self.paint.level(cause.level, &format!("{:<LABEL$}", cause.level));
        let tag = match finding.reading {
            JudgedBy::Microsoft => " (only Microsoft's validation fails this)",
            JudgedBy::Ours => " (Microsoft's validation does not check this)",
            JudgedBy::Both if finding.rfc_ok => " (the RFC allows it, but Entra fails on it)",
            JudgedBy::Both => "",
        };
        let title = if finding.beside_the_point { "side finding" } else { &cause.check.title };
        self.headed(&level, &finding.rule, &format!("{title}{tag}"), Tone::Heading, out)?;
        self.text("", &layout::excerpt(&finding.message, SENTENCE), out)?;
        let also: Vec<String> = cause.also.iter().map(ToString::to_string).collect();
        let limit = if self.settings.detail >= Detail::Everything { usize::MAX } else { 8 };
        self.text("also", &layout::listed(&also, limit), out)?;
        if let Some(pattern) = &cause.pattern {
            self.text("where", pattern, out)?;
        }
        let both = !finding.expected.is_empty() && !finding.actual.is_empty();
        for (label, sign, text) in [("expected", "- ", &finding.expected), ("actual", "+ ", &finding.actual)]
        {
            // As in a diff: what should stand there, and what does.
            let sign = if both { sign } else { "" };
            self.text(label, &format!("{sign}{}", layout::excerpt(text, SENTENCE / 2)), out)?;
        }
        self.exchanges(finding, out)?;
        self.text("in Entra", &layout::excerpt(&finding.entra, SENTENCE), out)?;
        let advice = cause.advice.map_or_else(String::new, |advice| format!("{advice} "));
        self.text("fix", &format!("{advice}{}", finding.fix), out)?;
        self.text("see", &sources(&finding.refs), out)?;
        self.text("seen", &met(cause), out)?;
        let consequences: Vec<String> = cause.consequences.iter().map(ToString::to_string).collect();
        if !consequences.is_empty() {
            let limit = if self.settings.detail >= Detail::Everything { usize::MAX } else { 5 };
            self.text("blocks", &layout::listed(&consequences, limit), out)?;
        }
        writeln!(out)
    }

    fn exchanges(&self, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
        let Some((last, before)) = finding.exchanges.split_last() else { return Ok(()) };
        let focus = Focus::of(&finding.subject);
        let focus = focus.as_ref();
        // What was written first and last, when what decides is only a look at the result.
        let is_before = |exchange: &&Arc<Exchange>| {
            !last.request.writes() && exchange.request.writes() && exchange.number < last.number
        };
        let writes: Vec<&Arc<Exchange>> = before.iter().filter(is_before).collect();
        let told = match writes[..] {
            [] => Vec::new(),
            [only] => vec![("before", only)],
            [first, .., last] => vec![("before", first), ("then", last)],
        };
        for (label, write) in told {
            let line = format!(
                "{} returned {}",
                shown::request_line(write, focus, EXCERPT),
                shown::answer_line(write, focus, ANSWER_TO_WRITE)
            );
            self.line(label, &line, out)?;
        }
        self.line("request", &layout::clean(&last.curl()), out)?;
        self.line("answer", &shown::answer_line(last, focus, EXCERPT), out)
    }

    /// A line that is not wrapped, so that it can be copied.
    fn line(&self, label: &str, text: &str, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}{text}", self.label(label))
    }

    /// Text under a label, wrapped. Nothing at all is left out.
    fn text(&self, label: &str, text: &str, out: &mut dyn Write) -> io::Result<()> {
        let width = self.settings.width.saturating_sub(LABEL).max(20);
        for (place, line) in layout::wrap(&layout::clean(text), width).iter().enumerate() {
            writeln!(out, "{}{line}", self.label(if place == 0 { label } else { "" }))?;
        }
        Ok(())
    }

    fn label(&self, label: &str) -> String {
        self.paint.dim(&format!("{label:<LABEL$}"))
    }

    fn mild(&self, cause: &Cause<'_>, out: &mut dyn Write) -> io::Result<()> {
        let level = self.paint.level(cause.level, &format!("{:<LABEL$}", cause.level));
        let times = if cause.times > 1 {
            format!(" ({} times)", layout::thousands(cause.times))
        } else {
            String::new()
        };
        let message = layout::clean(&cause.finding.message);
        self.headed(&level, &cause.finding.rule, &format!("{message}{times}"), Tone::Plain, out)
    }

    /// A check and what is said of it, behind the label of its level: one line where programs may read it.
    fn headed(&self, level: &str, id: &str, text: &str, tone: Tone, out: &mut dyn Write) -> io::Result<()> {
        let width = self.settings.line_width().saturating_sub(LABEL);
        for (place, line) in layout::wrap(&format!("{id}: {text}"), width).iter().enumerate() {
            let before = if place == 0 { level.to_owned() } else { " ".repeat(LABEL) };
            // No id has a space, so that it is whole in the first line.
            let (id, rest) = line.split_at(if place == 0 { id.len() } else { 0 });
            match tone {
                Tone::Heading => writeln!(out, "{before}{}{}", self.paint.strong(id), self.paint.dim(rest))?,
                Tone::Plain => writeln!(out, "{before}{line}")?,
            }
        }
        Ok(())
    }

    /// True for a check that fails as waivers or the baseline say, and in no dialect otherwise.
    fn is_expected(&self, id: &str) -> bool {
        let mut same = self.report.checks.iter().filter(|check| check.id == id);
        same.any(|check| matches!(check.outcome, Outcome::Expected(_)))
            && !self.report.checks.iter().any(|check| check.id == id && check.outcome == Outcome::Failed)
    }

    /// Skipped checks by their reason: forty checks without groups are one line.
    fn skipped(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut reasons: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for check in &self.report.checks {
            // Those are a number in the table; all are named where everything is asked for.
            let told = |skip: &Skip| {
                self.settings.detail >= Detail::Everything || !matches!(skip, Skip::NotExercised(_))
            };
            if let Outcome::Skipped(skip) = &check.outcome
                && told(skip)
            {
                let reason = match skip {
                    // Most are the comparison of two dialects of which one failed: told above.
                    Skip::Blocked(by) if self.is_expected(by) => "blocked by a known failure".to_owned(),
                    Skip::Blocked(_) => "blocked by a failure above".to_owned(),
                    other => layout::clean(&other.to_string()),
                };
                let ids = reasons.entry(reason).or_default();
                if !ids.contains(&check.id) {
                    ids.push(check.id.clone());
                }
            }
        }
        if self.settings.detail >= Detail::Everything {
            for (reason, ids) in &reasons {
                self.text("skipped", &format!("{}, {reason}", layout::listed(ids, usize::MAX)), out)?;
            }
        } else {
            self.skipped_in_short(&reasons, out)?;
        }
        if !reasons.is_empty() {
            writeln!(out)?;
        }
        Ok(())
    }

    /// What could not be judged in a line, and what does not apply in another.
    fn skipped_in_short(
        &self,
        reasons: &BTreeMap<String, Vec<String>>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let (blocked, others): (Vec<_>, Vec<_>) =
            reasons.iter().partition(|(reason, _)| reason.starts_with("blocked"));
        let count = |of: &[(&String, &Vec<String>)]| of.iter().map(|(_, ids)| ids.len()).sum::<usize>();
        if !blocked.is_empty() {
            let checks = layout::counted(count(&blocked), "check");
            let text = format!("{checks}, blocked by failures above: mend these and run again");
            self.text("skipped", &text, out)?;
        }
        if !others.is_empty() {
            let mut others = others;
            others.sort_by_key(|(_, ids)| Reverse(ids.len()));
            let named: Vec<String> = others
                .iter()
                .take(REASONS)
                .map(|(reason, ids)| format!("{} {reason}", layout::thousands(ids.len())))
                .collect();
            let more = if others.len() > REASONS { "; `-vv` lists all" } else { "" };
            let checks = layout::counted(count(&others), "check");
            let text = match others.as_slice() {
                [(reason, _)] => format!("{checks}, {reason}"),
                _ => format!("{checks}: {}{more}", named.join("; ")),
            };
            self.text("skipped", &text, out)?;
        }
        Ok(())
    }

    fn left_behind(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.report.left_behind.is_empty() {
            return Ok(());
        }
        let count = layout::counted(self.report.left_behind.len(), "object");
        let text = format!("left behind: {count}; `scimulate cleanup` tries again");
        writeln!(out, "{}", self.paint.odd(&layout::hang(&text, self.settings.line_width())))?;
        for object in self.report.left_behind.iter().take(LEFT_SHOWN) {
            self.text("", object, out)?;
        }
        let more = self.report.left_behind.len().saturating_sub(LEFT_SHOWN);
        if more > 0 {
            self.text(
                "",
                &format!("and {} more; the JSON report lists all of them", layout::thousands(more)),
                out,
            )?;
        }
        writeln!(out)
    }

    fn table(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut suites: Vec<(&str, usize, Counts)> = Vec::new();
        let mut ids = HashSet::new();
        for check in &self.report.checks {
            let place = suites.iter().position(|(suite, ..)| *suite == check.suite).unwrap_or_else(|| {
                suites.push((&check.suite, 0, Counts::default()));
                suites.len() - 1
            });
            let (_, checks, counts) = &mut suites[place];
            *checks += usize::from(ids.insert(&check.id));
            counts.add(&check.outcome);
        }
        let total = self.report.counts();
        let expected = total.expected > 0;
        let heading = ["checks", "passed", "failed", "skipped", "not exercised", "expected"];
        let row = |name: &str, cells: [&str; 6]| {
            let [checks, passed, failed, skipped, not_exercised, waived] = cells;
            let waived = if expected { format!("{waived:>10}") } else { String::new() };
            format!("{name:<14}{checks:>8}{passed:>8}{failed:>8}{skipped:>9}{not_exercised:>15}{waived}")
        };
        let is_narrow = row("", heading).len() > self.settings.line_width();
        if !is_narrow {
            writeln!(out, "{}", self.paint.dim(&row("suite", heading)))?;
        }
        if suites.len() > 1 {
            suites.push(("all", ids.len(), total));
        }
        for (suite, checks, counts) in &suites {
            let cells = [
                *checks,
                counts.passed,
                counts.failed,
                counts.skipped,
                counts.not_exercised,
                counts.expected,
            ]
            .map(layout::thousands);
            if is_narrow {
                let parts = cells.iter().zip(heading).filter(|(number, _)| *number != "0");
                let parts: Vec<String> = parts.map(|(number, what)| format!("{number} {what}")).collect();
                let text = format!("{suite}: {}", parts.join(", "));
                writeln!(out, "{}", layout::hang(&text, self.settings.line_width()))?;
            } else {
                writeln!(out, "{}", row(suite, cells.each_ref().map(String::as_str)))?;
            }
        }
        // Whose run is green has nothing to look up.
        if self.report.verdict != Verdict::Passed {
            self.legend(total, out)?;
        }
        writeln!(out)
    }

    /// The phrases that only those know who have used the tool before.
    fn legend(&self, total: Counts, out: &mut dyn Write) -> io::Result<()> {
        let not_exercised =
            "not exercised: no response of this run could show whether the server does this right";
        let results = "passed, failed and skipped count results: a check has one for each dialect, the two ways in \
                       which Entra words a PATCH";
        let phrases = [(total.not_exercised > 0, not_exercised), (self.plays_both_dialects(), results)];
        for (_, phrase) in phrases.into_iter().filter(|(is_met, _)| *is_met) {
            for line in layout::wrap(phrase, self.settings.width.max(20)) {
                writeln!(out, "{}", self.paint.dim(&line))?;
            }
        }
        Ok(())
    }

    fn plays_both_dialects(&self) -> bool {
        let mut dialects = self.report.checks.iter().filter_map(|check| check.dialect.as_ref());
        let first = dialects.next();
        dialects.any(|dialect| Some(dialect) != first)
    }

    fn verdict(&self, causes: &[Cause<'_>], out: &mut dyn Write) -> io::Result<()> {
        let report = self.report;
        let width = self.settings.line_width();
        let plain = summary::word(report).to_uppercase();
        let word = match report.verdict {
            _ if summary::is_odd(report) => self.paint.odd(&plain),
            Verdict::Passed => self.paint.good(&plain),
            _ => self.paint.bad(&plain),
        };
        let sentence = summary::sentence(report, causes);
        if let Some(why) = &report.interrupted_by {
            writeln!(out, "{}", layout::hang(&layout::clean(why), width))?;
        }
        tested::lists(report, self.paint, self.settings, out)?;
        let text = layout::hang(&format!("{plain} {}: {sentence}", layout::clean(&report.target)), width);
        writeln!(out, "{}", text.replacen(&plain, &word, 1))
    }
}

/// How often and where a cause was met.
fn met(cause: &Cause<'_>) -> String {
    let mut parts = Vec::new();
    if cause.times > 1 {
        parts.push(format!("{} times", layout::thousands(cause.times)));
    }
    parts.extend(cause.finding.met_in().map(|scenario| format!("first in {scenario}")));
    let others: Vec<String> =
        cause.checks.iter().filter(|id| **id != cause.finding.rule).map(ToString::to_string).collect();
    if !others.is_empty() {
        parts.push(format!("also in {}", layout::listed(&others, 6)));
    }
    if cause.dialects.len() > 1 {
        parts.push("in both dialects".to_owned());
    } else if let Some(dialect) = cause.dialects.first() {
        parts.push(format!("in dialect {dialect}"));
    }
    parts.join(", ")
}

/// References by kind: `RFC 7643 §4.1.1, RFC 7644 §3.3; Microsoft: a, b; reported in: c`.
fn sources(refs: &[Reference]) -> String {
    let of = |label: &str, pick: fn(&Reference) -> Option<String>| {
        let named: Vec<String> = refs.iter().filter_map(pick).collect();
        (!named.is_empty()).then(|| format!("{label}{}", named.join(", ")))
    };
    let kinds = [
        of("", |source| matches!(source, Reference::Rfc(_)).then(|| source.to_string())),
        of("Microsoft: ", |source| match source {
            Reference::Microsoft(page) => Some(page.clone()),
            _ => None,
        }),
        of("reported in: ", |source| match source {
            Reference::Field(report) => Some(report.clone()),
            _ => None,
        }),
    ];
    kinds.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// A check's id with its dialect.
fn name(check: &CheckResult) -> String {
    match &check.dialect {
        Some(dialect) => format!("{} [{dialect}]", check.id),
        None => check.id.clone(),
    }
}

#[cfg(test)]
mod tests;
