//! With what the target was tested: readings of Entra's behaviour, and lists of how many users.

use std::io::{self, Write};

use super::layout::{self, Paint};
use super::settings::TerminalSettings;
use crate::run::verdict::report::Report;

/// The largest limit on lists that servers are known to have: longer lists than this need no test.
const CAPPED: usize = 1_000;

/// Writes which readings of Entra's behaviour were chosen; nothing if they are the usual ones.
pub(super) fn switches(report: &Report, settings: &TerminalSettings, out: &mut dyn Write) -> io::Result<()> {
    for switch in &report.switches {
        let text =
            format!("switch {}={} ({}: {})", switch.name, switch.value, switch.strength, switch.source);
        writeln!(out, "{}", layout::hang(&text, settings.line_width()))?;
    }
    Ok(())
}

/// Writes with how many users lists were tested, where servers with a limit may show it only with more.
pub(super) fn lists(
    report: &Report,
    paint: Paint,
    settings: &TerminalSettings,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Some(listed) = report.listed.filter(|listed| *listed <= CAPPED) else { return Ok(()) };
    let text = format!(
        "lists were tested with up to {} users; `--max-users {}` tests longer ones",
        layout::thousands(listed),
        if listed <= CAPPED / 10 { 300 } else { CAPPED + 100 }
    );
    writeln!(out, "{}", paint.dim(&layout::hang(&text, settings.line_width())))
}
