use std::fmt;

/// Why a query option cannot be read: one sentence, with the server as its subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ODataError {
    /// What the server does or expects, as it follows "The server".
    message: String,
    option: Option<String>,
    /// In bytes, before it is known in which text it is shown.
    at: Option<usize>,
    position: Option<usize>,
    found: Option<String>,
    hint: Option<String>,
}

/// Most characters of the request that are repeated in an error.
const LONGEST_EXCERPT: usize = 40;

impl ODataError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        ODataError {
            message: message.into(),
            option: None,
            at: None,
            position: None,
            found: None,
            hint: None,
        }
    }

    /// At this byte of the option's value.
    pub(super) fn at(mut self, byte: usize) -> Self {
        self.at = Some(byte);
        self
    }

    pub(super) fn found(mut self, text: &str) -> Self {
        self.found = Some(match text {
            "" => "the end".to_owned(),
            _ if text.trim().is_empty() => "a space".to_owned(),
            _ => quoted(text),
        });
        self
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// In a part of a longer text: the part's option has its name and its value at these bytes.
    pub(super) fn shifted(mut self, name: usize, value: usize) -> Self {
        self.at = Some(self.at.map_or(name, |at| value + at));
        self
    }

    /// In this option, whose whole value is `text`.
    pub(super) fn within(mut self, option: &str, text: &str) -> Self {
        self.option = Some(option.to_owned());
        self.position = self.at.map(|at| text.get(..at).map_or(0, |before| before.chars().count()) + 1);
        self
    }

    /// The option that is wrong, as `$filter`, if the error belongs to one.
    #[must_use]
    pub fn option(&self) -> Option<&str> {
        self.option.as_deref()
    }

    /// Where in the option's decoded value, in characters from 1.
    #[must_use]
    pub fn position(&self) -> Option<usize> {
        self.position
    }
}

impl fmt::Display for ODataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "The server {}", self.message)?;
        match (self.position, &self.option) {
            (Some(position), Some(option)) => write!(f, " at character {position} of `{option}`")?,
            (None, Some(option)) => write!(f, " in `{option}`")?,
            (_, None) => {}
        }
        if let Some(found) = &self.found {
            write!(f, ", but found {found}")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, ": {hint}")?;
        }
        f.write_str(".")
    }
}

impl std::error::Error for ODataError {}

/// A text of the request in backticks: shortened, and without characters that would break the sentence's line.
pub(super) fn quoted(text: &str) -> String {
    let mut shown = String::from("`");
    for (index, c) in text.chars().enumerate() {
        if index == LONGEST_EXCERPT {
            shown.push('…');
            break;
        }
        shown.push(if c.is_control() { char::REPLACEMENT_CHARACTER } else { c });
    }
    shown.push('`');
    shown
}
