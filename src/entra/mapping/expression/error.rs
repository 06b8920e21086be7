use std::fmt;
use std::ops::Range;

use crate::diagnostic::Diagnostic;

/// Why an expression cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpressionError {
    /// One sentence without the place.
    pub message: String,
    /// The bytes of the expression that are wrong; empty at its end.
    pub at: Range<usize>,
    /// What to write instead, if that is clear.
    pub help: Option<String>,
}

impl ExpressionError {
    pub(super) fn new(at: Range<usize>, message: impl Into<String>) -> Self {
        ExpressionError { message: message.into(), at, help: None }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The error with its place underlined; `name` stands for the expression's file.
    #[must_use]
    pub fn diagnostic(self, name: &str, expression: &str) -> Diagnostic {
        Diagnostic { help: self.help, ..Diagnostic::new(self.message, name, expression, self.at) }
    }
}

impl fmt::Display for ExpressionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at byte {})", self.message, self.at.start)?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ExpressionError {}

/// Why a function could not compute with the values it was given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{function}: {message}")]
pub struct CallError {
    /// The function.
    pub function: &'static str,
    /// What is wrong with its arguments.
    pub message: String,
    /// The bytes of the expression where it went wrong: an argument, or the whole call.
    pub at: Range<usize>,
    /// What to write instead, if that is clear.
    pub help: Option<String>,
}

impl CallError {
    /// The error with its place underlined; `name` stands for the expression's file.
    #[must_use]
    pub fn diagnostic(self, name: &str, expression: &str) -> Diagnostic {
        let title = self.to_string();
        Diagnostic { help: self.help, ..Diagnostic::new(title, name, expression, self.at) }
    }
}
