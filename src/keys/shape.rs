//! What values look like, as JSON Schemas, in the words of the readers.

use std::ops::RangeInclusive;

use serde_json::{Value, json};

/// Anything.
#[must_use]
pub fn anything() -> Value {
    json!({})
}

/// A text.
#[must_use]
pub fn text() -> Value {
    json!({ "type": "string" })
}

/// A text that says something.
#[must_use]
pub fn prose() -> Value {
    json!({ "type": "string", "pattern": r"\S" })
}

/// A text or nothing.
#[must_use]
pub fn text_or_null() -> Value {
    json!({ "type": ["string", "null"] })
}

/// `true` or `false`.
#[must_use]
pub fn boolean() -> Value {
    json!({ "type": "boolean" })
}

/// Nothing.
#[must_use]
pub fn nothing() -> Value {
    json!({ "type": "null" })
}

/// A whole number within a range.
#[must_use]
pub fn whole_number(range: RangeInclusive<u64>) -> Value {
    json!({ "type": "integer", "minimum": range.start(), "maximum": range.end() })
}

/// One of the words of a reader's table.
#[must_use]
pub fn words<T>(words: &[(&str, T)]) -> Value {
    one_of_words(words.iter().map(|(word, _)| *word))
}

/// One of some words.
#[must_use]
pub fn one_of_words<'a>(words: impl IntoIterator<Item = &'a str>) -> Value {
    json!({ "enum": words.into_iter().collect::<Vec<_>>() })
}

/// A list of such values.
#[must_use]
pub fn list(of: Value) -> Value {
    json!({ "type": "array", "items": of })
}

/// A list of at least one such value.
#[must_use]
pub fn filled_list(of: Value) -> Value {
    json!({ "type": "array", "items": of, "minItems": 1 })
}

/// A list of texts.
#[must_use]
pub fn texts() -> Value {
    list(text())
}

/// One value, or a list of such values.
#[must_use]
pub fn one_or_many(of: Value) -> Value {
    either([of.clone(), list(of)])
}

/// A text, or a list of texts.
#[must_use]
pub fn text_or_texts() -> Value {
    one_or_many(text())
}

/// A map whose names are free.
#[must_use]
pub fn named(of: Value) -> Value {
    json!({ "type": "object", "additionalProperties": of })
}

/// A map of texts whose names are free.
#[must_use]
pub fn named_texts() -> Value {
    named(text())
}

/// One of several forms.
#[must_use]
pub fn either(forms: impl IntoIterator<Item = Value>) -> Value {
    json!({ "anyOf": forms.into_iter().collect::<Vec<_>>() })
}

/// A part that the whole schema defines by name.
#[must_use]
pub fn part(name: &str) -> Value {
    json!({ "$ref": format!("#/definitions/{name}") })
}
