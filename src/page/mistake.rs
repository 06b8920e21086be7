use super::form::Form;

/// What is wrong with what was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mistake {
    /// The name of the field that has it; empty when it is about no single one.
    pub field: String,
    pub text: String,
}

impl Mistake {
    pub fn new(field: impl Into<String>, text: impl Into<String>) -> Self {
        Mistake { field: field.into(), text: text.into() }
    }

    /// What is said of it at the top of the page: a diagnostic shows its place beside the field.
    pub fn summary(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }
}

/// A form that was refused: its page is shown again with what was typed.
#[derive(Debug)]
pub(super) struct Refused<'a> {
    pub form: &'a Form,
    pub mistakes: Vec<Mistake>,
}
