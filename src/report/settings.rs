//! How reports for people are written.

use anstream::stream::RawStream;

use super::layout;

/// Width of the labels before what belongs to a finding.
pub(super) const LABEL: usize = 10;

/// How the report is written.
#[derive(Debug, Clone, Copy)]
pub struct TerminalSettings {
    /// ANSI colours.
    pub color: bool,
    /// Passed checks and mild findings in full.
    pub verbose: bool,
    /// Columns; text is wrapped, commands are not.
    pub width: usize,
}

impl TerminalSettings {
    /// TerminalSettings for a stream: colours on a terminal unless `NO_COLOR` is set.
    #[must_use]
    pub fn for_stream(stream: &impl RawStream, verbose: bool) -> Self {
        TerminalSettings { color: layout::wants_color(stream), verbose, width: 100 }
    }
}
