//! The end of the report for people: what is lost in silence, and the shortest way on.

use std::io::{self, Write};

use super::layout::{self, Paint};
use super::settings::TerminalSettings;
use crate::run::verdict::cause::{self, Cause};
use crate::run::verdict::report::{Report, Verdict};

/// The scenario with the fewest requests.
pub const SHORTEST: &str = "cycles/test-connection";

/// How many other subjects of a cause its line names.
const ALSO: usize = 3;

/// How many causes the list names; a critical one is always named.
const NAMED: usize = 10;

/// Writes what to mend first, in the order of work, each with the command that plays just that. Nothing when nothing
/// failed.
pub(super) fn write(
    report: &Report,
    causes: &[Cause<'_>],
    paint: Paint,
    settings: &TerminalSettings,
    out: &mut dyn Write,
) -> io::Result<()> {
    let width = settings.width;
    let deciding: Vec<&Cause<'_>> = causes.iter().filter(|cause| cause.decides).collect();
    if report.verdict != Verdict::Failed || deciding.is_empty() {
        return Ok(());
    }
    silent(&deciding, paint, width, out)?;
    writeln!(out, "{}", paint.strong("fix first"))?;
    let (named, more) = cause::first(&deciding, NAMED);
    for (place, cause) in named.into_iter().enumerate() {
        let number = format!("{:>3}  ", place + 1);
        line(&number, &headline(cause), width, out)?;
        writeln!(out, "     {}", paint.dim(&command(cause, &settings.again)))?;
    }
    if !more.is_empty() {
        writeln!(out, "     and {} more, told in full with -v", more.len())?;
    }
    writeln!(out)
}

/// What the server accepts and does not do.
fn silent(causes: &[&Cause<'_>], paint: Paint, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let silent: Vec<&&Cause<'_>> = causes.iter().filter(|cause| cause.is_silent()).collect();
    if silent.is_empty() {
        return Ok(());
    }
    let what = match silent.len() {
        1 => "this happens without an error".to_owned(),
        number => format!("these {number} things happen without an error"),
    };
    let told = format!("do not connect a production tenant: {what} that an administrator could see");
    for (place, part) in layout::wrap(&told, width).iter().enumerate() {
        writeln!(out, "{}{}", if place == 0 { "" } else { "  " }, paint.bad(part))?;
    }
    for cause in silent {
        line("  - ", &headline(cause), width, out)?;
    }
    writeln!(out)
}

/// The name of a cause and what it says, in one sentence.
pub(super) fn headline(cause: &Cause<'_>) -> String {
    let message = layout::clean(&cause.finding.message);
    let message = layout::excerpt(message.trim_end_matches('.'), 160);
    let more = match &cause.pattern {
        Some(pattern) => format!("; {pattern}"),
        None if cause.also.is_empty() => String::new(),
        None => {
            let also: Vec<String> = cause.also.iter().map(ToString::to_string).collect();
            format!("; also {}", layout::listed(&also, ALSO))
        }
    };
    format!("{}: {message}{more}", cause.finding.rule)
}

/// The command that plays just what shows a cause, at the same target. What is found before the first scenario is found
/// with the shortest one.
pub(super) fn command(cause: &Cause<'_>, again: &str) -> String {
    let scenario = cause.scenario().unwrap_or(SHORTEST);
    let dialect = match (cause.dialects.len(), cause.dialects.first()) {
        (1, Some(dialect)) => format!(" --dialect {dialect}"),
        _ => String::new(),
    };
    format!("scimulate run {scenario}{dialect}{again}")
}

fn line(mark: &str, text: &str, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let room = width.saturating_sub(mark.len()).max(20);
    for (place, part) in layout::wrap(text, room).iter().enumerate() {
        let before = if place == 0 { mark.to_owned() } else { " ".repeat(mark.len()) };
        writeln!(out, "{before}{part}")?;
    }
    Ok(())
}
