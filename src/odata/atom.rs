//! What two values are when they are compared.

use std::cmp::Ordering;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde_json::Value;

/// A value in the form in which it is compared. The order of the variants is the order of `$orderby`, where `null` comes
/// first ("System Query Option $orderby").
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Atom {
    Null,
    Boolean(bool),
    Number(Number),
    Instant(Timestamp),
    /// Without letter case.
    Text(String),
    /// An object or a collection. It equals nothing and has no order.
    Composite,
}

impl Atom {
    pub(super) fn of(value: Option<&Value>) -> Atom {
        match value {
            None | Some(Value::Null) => Atom::Null,
            Some(Value::Bool(value)) => Atom::Boolean(*value),
            // Without the feature `arbitrary_precision` every number is one of f64.
            Some(Value::Number(value)) => value.as_f64().map_or(Atom::Null, Atom::number),
            Some(Value::String(text)) => Atom::text(text),
            Some(Value::Array(_) | Value::Object(_)) => Atom::Composite,
        }
    }

    /// A text, or the instant that it writes: `2026-06-01T00:00:00Z` and `2026-06-01T02:00:00.0+02:00` are one.
    pub(super) fn text(text: &str) -> Atom {
        instant(text).map_or_else(|| Atom::Text(fold(text)), Atom::Instant)
    }

    pub(super) fn number(number: f64) -> Atom {
        Atom::Number(Number(number))
    }

    /// `eq`: two nulls are equal.
    pub(super) fn equals(&self, other: &Atom) -> bool {
        *self != Atom::Composite && self == other
    }

    /// How they stand to each other; `None` for null and for values of different types, which no `gt`, `ge`, `lt` or
    /// `le` holds for.
    pub(super) fn order(&self, other: &Atom) -> Option<Ordering> {
        match (self, other) {
            (Atom::Boolean(_), Atom::Boolean(_))
            | (Atom::Number(_), Atom::Number(_))
            | (Atom::Instant(_), Atom::Instant(_))
            | (Atom::Text(_), Atom::Text(_)) => Some(self.cmp(other)),
            _ => None,
        }
    }
}

/// A number that is always in order with others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Number(f64);

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        // Adding zero makes a negative zero positive.
        (self.0 + 0.0).total_cmp(&(other.0 + 0.0))
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Number {}

/// A text without its letter case. Directory strings and the enums of the provisioning log are the same in any.
pub(super) fn fold(text: &str) -> String {
    text.to_lowercase()
}

/// The instant of a date-time with its offset, or of a date's midnight in UTC.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    const DATE: usize = "2026-06-01".len();
    if !text.is_ascii() || !is_date_shaped(text) {
        return None;
    }
    match text.as_bytes().get(DATE) {
        None => {
            let date: Date = text.parse().ok()?;
            date.to_zoned(TimeZone::UTC).ok().map(|midnight| midnight.timestamp())
        }
        Some(b'T' | b't') if text.bytes().all(|b| b.is_ascii_digit() || b"-+:.TtZz".contains(&b)) => {
            text.parse().ok()
        }
        Some(_) => None,
    }
}

/// Begins with four digits, two and two, and `-` between them.
pub(super) fn is_date_shaped(text: &str) -> bool {
    const FORM: &[u8] = b"0000-00-00";
    text.len() >= FORM.len()
        && text
            .bytes()
            .zip(FORM)
            .all(|(byte, form)| if *form == b'0' { byte.is_ascii_digit() } else { byte == *form })
}
