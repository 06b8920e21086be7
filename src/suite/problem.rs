//! Why there is no report.

use std::fmt;

use super::journals::NoJournal;
use crate::diagnostic::Diagnostic;
use crate::http::ClientProblem;
use crate::run::preflight::Refusal;
use crate::run::{RunProblem, SelectionProblem};

/// Why a [`Suite`](super::Suite) has no report. What is wrong with the server is not an error: it is in the
/// [`Report`](crate::Report).
///
/// The message says what is wrong and what to do. `Debug` writes the same, so that `unwrap()` and a test that returns
/// this error show it as it is meant.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SuiteError {
    /// The suite is set up wrong; nothing was sent.
    Settings {
        /// What is wrong, in one sentence without a full stop.
        what: String,
        /// The next step, in one sentence without a full stop.
        next: String,
    },
    /// A file (a profile, waivers, scenarios) has mistakes: each with its place and what to do.
    File {
        /// The mistakes as scimulate prints them.
        mistakes: Vec<String>,
    },
    /// The server cannot be tested: it cannot be reached, rejects the token, or answers so that Entra would not start.
    Target {
        /// What is wrong, in one sentence without a full stop.
        what: String,
        /// The next step, in one sentence without a full stop.
        next: String,
        /// What this run created and could not remove, one sentence each.
        left_behind: Vec<String>,
    },
    /// A mistake in scimulate, or a thread that could not be started.
    Internal {
        /// What happened, in one sentence.
        what: String,
    },
}

impl SuiteError {
    pub(super) fn settings(what: impl Into<String>, next: impl Into<String>) -> Self {
        SuiteError::Settings { what: what.into(), next: next.into() }
    }

    pub(super) fn internal(what: impl Into<String>) -> Self {
        SuiteError::Internal { what: what.into() }
    }
}

impl fmt::Display for SuiteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SuiteError::Settings { what, next } => {
                write!(f, "{}\n  help: {}", one_line(what), one_line(next))
            }
            SuiteError::Target { what, next, left_behind } => {
                write!(f, "{}\n  help: {}", one_line(what), one_line(next))?;
                left_behind.iter().try_for_each(|left| write!(f, "\n  left behind: {}", one_line(left)))
            }
            SuiteError::File { mistakes } => f.write_str(&mistakes.join("\n\n")),
            SuiteError::Internal { what } => f.write_str(&one_line(what)),
        }
    }
}

impl fmt::Debug for SuiteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl std::error::Error for SuiteError {}

/// A message may quote what a target answered, and that must not move the cursor.
fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

impl From<ClientProblem> for SuiteError {
    fn from(problem: ClientProblem) -> Self {
        SuiteError::settings(problem.what, problem.next)
    }
}

impl From<Vec<Diagnostic>> for SuiteError {
    fn from(mistakes: Vec<Diagnostic>) -> Self {
        SuiteError::File { mistakes: mistakes.iter().map(|mistake| mistake.render(false)).collect() }
    }
}

impl From<Diagnostic> for SuiteError {
    fn from(mistake: Diagnostic) -> Self {
        SuiteError::from(vec![mistake])
    }
}

impl From<SelectionProblem> for SuiteError {
    fn from(problem: SelectionProblem) -> Self {
        SuiteError::settings(problem.to_string(), "`scimulate list` shows every scenario")
    }
}

impl From<NoJournal> for SuiteError {
    fn from(NoJournal { what, next }: NoJournal) -> Self {
        SuiteError::settings(what, next)
    }
}

impl From<RunProblem> for SuiteError {
    fn from(problem: RunProblem) -> Self {
        let what = problem.to_string();
        match problem {
            RunProblem::Refused(Refusal { what, next, left_behind }) => {
                SuiteError::Target { what, next, left_behind }
            }
            RunProblem::OutOfScope(_) => SuiteError::settings(
                what,
                "choose a profile whose scoping filter lets made-up people through",
            ),
            RunProblem::Scenario { .. } => SuiteError::settings(what, "correct the scenario"),
            RunProblem::People(_) | RunProblem::Stage(_) | RunProblem::Panicked(_) => {
                SuiteError::internal(what)
            }
        }
    }
}
