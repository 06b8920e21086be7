//! How reports for people are written.

/// Width of the labels before what belongs to a finding.
pub(super) const LABEL: usize = 10;

/// How the report is written.
#[derive(Debug, Clone)]
pub struct TerminalSettings {
    /// ANSI colours.
    pub color: bool,
    /// How much is told.
    pub detail: Detail,
    /// How many causes are told in full at most.
    pub max_causes: usize,
    /// Columns; text is wrapped, commands are not.
    pub width: usize,
    /// Lines that programs may read are wrapped too: the verdict, findings in a line each, the table.
    pub wraps_all: bool,
    /// Options that lead the commands in the report to the same target: ` --target URL --yes`. Empty for none.
    pub again: String,
}

/// How much a report tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// What failed in full, the rest in a line each.
    Usual,
    /// Mild findings in full too.
    Findings,
    /// Passed and skipped checks too.
    Everything,
}

impl Detail {
    /// As often as `-v` was given.
    #[must_use]
    pub fn of(times: u8) -> Self {
        match times {
            0 => Detail::Usual,
            1 => Detail::Findings,
            _ => Detail::Everything,
        }
    }
}

/// How many causes are told in full unless the user says otherwise.
pub const MAX_CAUSES: usize = 10;

/// Columns where no terminal says how many it has.
pub(super) const WIDTH: usize = 100;

impl TerminalSettings {
    /// Settings for a text that goes into a file: no colours, and whole lines where programs may read them.
    #[must_use]
    pub fn for_file() -> Self {
        TerminalSettings {
            color: false,
            detail: Detail::Usual,
            max_causes: MAX_CAUSES,
            width: WIDTH,
            wraps_all: false,
            again: String::new(),
        }
    }

    /// Columns of lines that programs may read.
    pub(super) fn line_width(&self) -> usize {
        if self.wraps_all { self.width } else { usize::MAX }
    }
}

/// A word as a shell takes it.
#[must_use]
pub fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}
