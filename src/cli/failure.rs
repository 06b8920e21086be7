use super::Exit;
use crate::diagnostic::Diagnostic;
use crate::http::ClientProblem;
use crate::run::preflight::Refusal;
use crate::suite::NoJournal;

/// Why a command could not do what it was asked: one message with its place or its next step.
#[derive(Debug)]
pub(super) enum CommandFailure {
    /// Something that is said in a sentence.
    Plain {
        /// The exit code.
        exit: Exit,
        /// What is wrong.
        what: String,
        /// What to do.
        next: Option<String>,
        /// What was made at the target and is still there.
        left_behind: Vec<String>,
    },
    /// Mistakes in a file, each with its place.
    Placed(Vec<Diagnostic>),
}

/// How many mistakes in files are shown at once.
const MOST_PLACES: usize = 5;

impl CommandFailure {
    /// Wrong usage or configuration, with the next step.
    pub(super) fn usage(what: impl Into<String>, next: impl Into<String>) -> Self {
        CommandFailure::Plain {
            exit: Exit::Usage,
            what: what.into(),
            next: Some(next.into()),
            left_behind: Vec::new(),
        }
    }

    /// The target cannot be tested.
    pub(super) fn target(what: impl Into<String>, next: impl Into<String>) -> Self {
        CommandFailure::Plain {
            exit: Exit::Target,
            what: what.into(),
            next: Some(next.into()),
            left_behind: Vec::new(),
        }
    }

    /// Something that should not have been possible.
    pub(super) fn internal(what: impl Into<String>) -> Self {
        CommandFailure::Plain { exit: Exit::Internal, what: what.into(), next: None, left_behind: Vec::new() }
    }

    pub(super) fn exit(&self) -> Exit {
        match self {
            CommandFailure::Plain { exit, .. } => *exit,
            CommandFailure::Placed(_) => Exit::Usage,
        }
    }

    /// The message for people.
    pub(super) fn render(&self, color: bool) -> String {
        match self {
            CommandFailure::Plain { what, next, left_behind, .. } => {
                let mut text = format!("error: {}", one_line(what));
                if let Some(next) = next {
                    text.push_str(&format!("\n  help: {}", one_line(next)));
                }
                for left in left_behind {
                    text.push_str(&format!("\n  left behind: {}", one_line(left)));
                }
                text
            }
            CommandFailure::Placed(mistakes) => {
                let mut texts: Vec<String> =
                    mistakes.iter().take(MOST_PLACES).map(|mistake| mistake.render(color)).collect();
                if mistakes.len() > MOST_PLACES {
                    texts.push(format!("and {} more like these", mistakes.len() - MOST_PLACES));
                }
                texts.join("\n\n")
            }
        }
    }
}

impl From<ClientProblem> for CommandFailure {
    fn from(problem: ClientProblem) -> Self {
        CommandFailure::usage(problem.what, problem.next)
    }
}

impl From<Refusal> for CommandFailure {
    fn from(refusal: Refusal) -> Self {
        let Refusal { what, next, left_behind } = refusal;
        CommandFailure::Plain { exit: Exit::Target, what, next: Some(next), left_behind }
    }
}

impl From<NoJournal> for CommandFailure {
    fn from(NoJournal { what, next }: NoJournal) -> Self {
        CommandFailure::usage(what, next)
    }
}

impl From<Diagnostic> for CommandFailure {
    fn from(mistake: Diagnostic) -> Self {
        CommandFailure::Placed(vec![mistake])
    }
}

impl From<Vec<Diagnostic>> for CommandFailure {
    fn from(mistakes: Vec<Diagnostic>) -> Self {
        CommandFailure::Placed(mistakes)
    }
}

/// A message may quote what a target answered, and that must not move the cursor.
fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_target_said_cannot_colour_the_screen() {
        let failure = CommandFailure::target("it said \u{1b}[31mno\n", "ask again");
        assert_eq!(failure.render(true), "error: it said  [31mno \n  help: ask again");
    }
}
