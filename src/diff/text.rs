//! The comparison for people at a terminal.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{COUNTS, Diff, Told};
use crate::report::TerminalSettings;
use crate::report::layout::{self, Paint};

/// How many are told of what needs no work.
const LISTED: usize = 10;

/// How many names are given with a reason.
const NAMES: usize = 3;

/// How much of a sentence is shown.
const SENTENCE: usize = 200;

/// Writes what differs, and the sentence that says whether the server got worse as the last line.
///
/// # Errors
/// Those of `out`.
pub fn write(
    diff: &Diff,
    names: (&str, &str),
    settings: &TerminalSettings,
    out: &mut dyn Write,
) -> io::Result<()> {
    let page = DiffPage { paint: Paint::new(settings.color), width: settings.width };
    page.section("Newly failing", &diff.worse, usize::MAX, true, out)?;
    page.section(&format!("New, below {COUNTS}"), &diff.milder, LISTED, false, out)?;
    page.section("Mended", &diff.mended, LISTED, false, out)?;
    page.section("Waived now", &diff.waived, LISTED, false, out)?;
    page.section("As before", &diff.same, LISTED, false, out)?;
    page.section("Failed before, and not judged now", &diff.unknown, LISTED, false, out)?;
    page.results("No longer judged", &diff.no_longer_judged, out)?;
    page.results("Judged only now", &diff.newly_judged, out)?;
    for remark in &diff.remarks {
        writeln!(out, "{}: {}", page.paint.odd("note"), layout::clean(remark))?;
    }
    if !diff.remarks.is_empty() {
        writeln!(out)?;
    }
    let word = match diff.word() {
        word @ "WORSE" => page.paint.bad(word),
        word @ "INCOMPLETE" => page.paint.odd(word),
        word => page.paint.good(word),
    };
    let (old, new) = names;
    writeln!(out, "{word} {} against {}: {}", layout::clean(new), layout::clean(old), diff.sentence())?;
    out.flush()
}

struct DiffPage {
    paint: Paint,
    width: usize,
}

impl DiffPage {
    fn section(
        &self,
        title: &str,
        told: &[Told],
        most: usize,
        in_full: bool,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        if told.is_empty() {
            return Ok(());
        }
        writeln!(out, "{}", self.paint.strong(title))?;
        for one in told.iter().take(most) {
            let level = self.paint.level(one.level, one.level.as_str());
            let indent = " ".repeat(one.level.as_str().len() + 3);
            let lines = layout::wrap(&one.headline(), self.width.saturating_sub(indent.len()).max(20));
            for (place, line) in lines.iter().enumerate() {
                match place {
                    0 => writeln!(out, "  {level} {line}")?,
                    _ => writeln!(out, "{indent}{line}")?,
                }
            }
            if !one.before.is_empty() {
                writeln!(out, "    {}", self.paint.dim(&layout::clean(&one.before)))?;
            }
            if in_full {
                self.in_full(one, out)?;
            }
        }
        if told.len() > most {
            writeln!(out, "  and {} more", told.len() - most)?;
        }
        writeln!(out)
    }

    fn in_full(&self, one: &Told, out: &mut dyn Write) -> io::Result<()> {
        if !one.others.is_empty() {
            let others: Vec<String> = one.others.iter().map(|id| layout::clean(id)).collect();
            writeln!(out, "    also shown by {}", layout::listed(&others, NAMES))?;
        }
        for line in layout::wrap(&format!("fix: {}", layout::clean(&one.fix)), self.width.saturating_sub(4)) {
            writeln!(out, "    {line}")?;
        }
        writeln!(out, "    {}", one.command())
    }

    fn results(
        &self,
        title: &str,
        results: &BTreeMap<String, Vec<String>>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        if results.is_empty() {
            return Ok(());
        }
        writeln!(out, "{}", self.paint.strong(title))?;
        for (reason, ids) in results.iter().take(LISTED) {
            let ids: Vec<String> = ids.iter().map(|id| layout::clean(id)).collect();
            let reason = layout::excerpt(&layout::clean(reason), SENTENCE);
            let text = format!(
                "{}, {reason}: {}",
                layout::counted(ids.len(), "result"),
                layout::listed(&ids, NAMES)
            );
            for (place, line) in layout::wrap(&text, self.width.saturating_sub(4)).iter().enumerate() {
                writeln!(out, "{}{line}", if place == 0 { "  " } else { "    " })?;
            }
        }
        if results.len() > LISTED {
            writeln!(out, "  and {} more reasons", results.len() - LISTED)?;
        }
        writeln!(out)
    }
}

impl Told {
    /// Who tells it and what, in one sentence.
    pub(super) fn headline(&self) -> String {
        let message = layout::clean(&self.message);
        format!("{}: {}", layout::clean(&self.rule), layout::excerpt(message.trim_end_matches('.'), SENTENCE))
    }

    /// The command that plays just what shows it; what the target is, the user knows.
    pub(super) fn command(&self) -> String {
        let dialect = match (self.dialects.len(), self.dialects.first()) {
            (1, Some(dialect)) => format!(" --dialect {}", layout::clean(dialect)),
            _ => String::new(),
        };
        match &self.scenario {
            Some(scenario) => format!("scimulate run {}{dialect}", layout::clean(scenario)),
            None => format!("scimulate explain {}", layout::clean(&self.rule)),
        }
    }
}

impl Diff {
    /// Whether the server got worse, in one word.
    pub(super) fn word(&self) -> &'static str {
        match () {
            () if !self.worse.is_empty() => "WORSE",
            () if self.is_incomplete || self.is_empty => "INCOMPLETE",
            () if self.mended.is_empty() => "NOT WORSE",
            () => "BETTER",
        }
    }

    /// The numbers.
    pub(super) fn sentence(&self) -> String {
        let count = layout::thousands;
        let mut parts = vec![
            format!("{} newly failing", count(self.worse.len())),
            format!("{} mended", count(self.mended.len())),
            format!("{} as before", count(self.same.len())),
        ];
        let results = |map: &BTreeMap<String, Vec<String>>| map.values().map(Vec::len).sum();
        for (number, what) in [
            (self.milder.len(), "new below error"),
            (self.waived.len(), "waived now"),
            (self.unknown.len(), "not judged again"),
        ] {
            if number > 0 {
                parts.push(format!("{} {what}", count(number)));
            }
        }
        let (gone, fresh): (usize, usize) = (results(&self.no_longer_judged), results(&self.newly_judged));
        if gone + fresh > 0 {
            let gone = layout::counted(gone, "result");
            parts.push(format!("{gone} no longer judged, {} judged only now", count(fresh)));
        }
        parts.join(", ")
    }
}
