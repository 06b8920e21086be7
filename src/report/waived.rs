//! What was known before a run, in each format: checks that failed as expected, waivers that somebody
//! has to look at, and the baseline.

use std::io::{self, Write};

use serde::Serialize;

use super::layout::{self, Paint};
use super::settings::{Detail, LABEL, TerminalSettings};
use crate::check::Outcome;
use crate::run::verdict::report::Report;
use crate::run::verdict::waived::WaiverNote;

/// Writes it for people: nothing at all when nothing was known.
pub(super) fn write(report: &Report, settings: &TerminalSettings, out: &mut dyn Write) -> io::Result<()> {
    let page = WaivedPage { settings, paint: Paint::new(settings.color) };
    page.expected(report, out)?;
    let notes = &report.known.waivers;
    for note in notes {
        page.note(note, out)?;
    }
    if let Some(baseline) = report.known.baseline {
        let text = format!(
            "{} as in the baseline, {} with something new, {} fixed since",
            layout::counted(baseline.known, "check"),
            layout::thousands(baseline.new),
            layout::thousands(baseline.fixed)
        );
        page.text("baseline", &text, out)?;
    }
    if !notes.is_empty() || report.known.baseline.is_some() {
        writeln!(out)?;
    }
    Ok(())
}

struct WaivedPage<'a> {
    settings: &'a TerminalSettings,
    paint: Paint,
}

impl WaivedPage<'_> {
    /// Checks that failed as expected, by the reason: one waiver of a rule is one line.
    fn expected(&self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
        for check in &report.checks {
            let Outcome::Expected(reason) = &check.outcome else { continue };
            let place = reasons.iter().position(|(known, _)| known == reason).unwrap_or_else(|| {
                reasons.push((reason, Vec::new()));
                reasons.len() - 1
            });
            let ids = &mut reasons[place].1;
            if !ids.contains(&check.id) {
                ids.push(check.id.clone());
            }
        }
        let limit = if self.settings.detail >= Detail::Everything { usize::MAX } else { 3 };
        for (reason, ids) in &reasons {
            self.text("expected", &format!("{}: {reason}", layout::listed(ids, limit)), out)?;
        }
        Ok(())
    }

    fn note(&self, note: &WaiverNote, out: &mut dyn Write) -> io::Result<()> {
        let dialect = note.dialect.as_ref().map_or_else(String::new, |dialect| format!(" [{dialect}]"));
        let text = format!("{}{dialect} ({}) {}", note.check, note.place, note.message);
        self.text("waiver", &text, out)
    }

    fn text(&self, label: &str, text: &str, out: &mut dyn Write) -> io::Result<()> {
        let width = self.settings.width.saturating_sub(LABEL).max(20);
        for (place, line) in layout::wrap(&layout::clean(text), width).iter().enumerate() {
            let label = if place == 0 { label } else { "" };
            writeln!(out, "{}{line}", self.paint.dim(&format!("{label:<LABEL$}")))?;
        }
        Ok(())
    }
}

/// A waiver that somebody has to look at, in the JSON report.
#[derive(Serialize)]
pub(super) struct WaiverJson<'a> {
    check: &'a str,
    dialect: Option<&'a str>,
    state: &'static str,
    message: &'a str,
    place: &'a str,
}

/// The baseline in the JSON report.
#[derive(Serialize)]
pub(super) struct BaselineJson {
    known: usize,
    new: usize,
    fixed: usize,
}

pub(super) fn waivers(report: &Report) -> Vec<WaiverJson<'_>> {
    report
        .known
        .waivers
        .iter()
        .map(|note| WaiverJson {
            check: &note.check,
            dialect: note.dialect.as_deref(),
            state: note.state.as_str(),
            message: &note.message,
            place: &note.place,
        })
        .collect()
}

pub(super) fn baseline(report: &Report) -> Option<BaselineJson> {
    let count = report.known.baseline?;
    Some(BaselineJson { known: count.known, new: count.new, fixed: count.fixed })
}
