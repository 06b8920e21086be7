use std::borrow::Cow;
use std::fmt;

use jiff::civil::DateTime;

use super::dotnet::date;

/// Longest value of a part, in bytes. A few nested calls of Replace would else fill any memory.
pub(super) const LONGEST_VALUE: usize = 1 << 20;

/// What an expression computes with. A missing value is null.
///
/// Numbers, booleans and dates keep their type while functions hand them to each other; what flows to
/// a target is the text they print ("DateTime isn't a native attribute type", Microsoft Learn,
/// "Reference for writing expressions", CDate).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'a> {
    /// One text.
    Text(Cow<'a, str>),
    /// The values of a multi-valued attribute.
    Texts(Cow<'a, [String]>),
    /// A whole number.
    Number(i64),
    /// Prints as `True` or `False`.
    Boolean(bool),
    /// A date in UTC. Prints as `M/d/yyyy h:mm:ss tt`.
    Date(DateTime),
    /// A bare keyword, as `IgnoreObjectFlow`. Prints as its name.
    Keyword(&'static str),
}

impl<'a> Value<'a> {
    /// The text it prints, or its texts if it has several.
    ///
    /// # Errors
    /// The values, if it is multi-valued.
    pub fn into_text(self) -> Result<Cow<'a, str>, Cow<'a, [String]>> {
        Ok(match self {
            Value::Text(text) => text,
            Value::Texts(texts) => return Err(texts),
            Value::Number(number) => Cow::Owned(number.to_string()),
            Value::Boolean(value) => Cow::Borrowed(boolean_text(value)),
            Value::Date(date) => Cow::Owned(date::print(date)),
            Value::Keyword(name) => Cow::Borrowed(name),
        })
    }

    /// The one text it prints; a multi-valued attribute with one value has one.
    pub(super) fn into_one_text(self) -> Option<Cow<'a, str>> {
        match self.into_text() {
            Ok(text) => Some(text),
            Err(Cow::Borrowed([only])) => Some(Cow::Borrowed(only)),
            Err(texts) if texts.len() == 1 => texts.into_owned().pop().map(Cow::Owned),
            Err(_) => None,
        }
    }

    /// The bytes of its texts.
    pub(super) fn size(&self) -> usize {
        match self {
            Value::Text(text) => text.len(),
            Value::Texts(texts) => texts.iter().map(String::len).sum(),
            Value::Number(_) | Value::Boolean(_) | Value::Date(_) | Value::Keyword(_) => 0,
        }
    }

    /// The same value, owning its texts.
    #[must_use]
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Value::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Value::Texts(texts) => Value::Texts(Cow::Owned(texts.into_owned())),
            Value::Number(number) => Value::Number(number),
            Value::Boolean(value) => Value::Boolean(value),
            Value::Date(date) => Value::Date(date),
            Value::Keyword(name) => Value::Keyword(name),
        }
    }

    /// True for the empty text and for a list without values.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Value::Text(text) => text.is_empty(),
            Value::Texts(texts) => texts.is_empty(),
            _ => false,
        }
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Value::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Value::Text(Cow::Owned(text))
    }
}

impl<'a> From<Cow<'a, str>> for Value<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Value::Text(text)
    }
}

/// What is printed; several values stand on lines of their own.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.clone().into_text() {
            Ok(text) => f.write_str(&text),
            Err(texts) => f.write_str(&texts.join("\n")),
        }
    }
}

/// Booleans compare and flow as these texts (Microsoft Learn, "Reference for writing expressions", Not).
#[must_use]
pub fn boolean_text(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}
