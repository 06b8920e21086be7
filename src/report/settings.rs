//! How reports for people are written.

use std::io::IsTerminal;

use super::layout;

/// Width of the labels before what belongs to a finding.
pub(super) const LABEL: usize = 10;

/// How the report is written.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// ANSI colours.
    pub color: bool,
    /// Passed checks and mild findings in full.
    pub verbose: bool,
    /// Columns; text is wrapped, commands are not.
    pub width: usize,
}

impl Settings {
    /// Settings for a stream: colours on a terminal unless `NO_COLOR` is set.
    #[must_use]
    pub fn for_stream(stream: &impl IsTerminal, verbose: bool) -> Self {
        Settings { color: layout::wants_color(stream), verbose, width: 100 }
    }
}
