use std::fmt;
use std::ops::Range;

/// Why a filter or a path cannot be read, and where.
///
/// On the wire this is `400` with `scimType` `invalidFilter` or `invalidPath` (RFC 7644 table 9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// One sentence without the place.
    pub message: String,
    /// The bytes of the input that are wrong; empty at the end of the input.
    pub at: Range<usize>,
    /// What to write instead, if that is clear.
    pub help: Option<String>,
}

impl SyntaxError {
    pub(super) fn new(at: Range<usize>, message: impl Into<String>) -> Self {
        SyntaxError { message: message.into(), at, help: None }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at byte {})", self.message, self.at.start)?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for SyntaxError {}
