use std::cmp::Ordering;

use super::Value;
use super::number::whole_number;

/// A comparison operator (Microsoft Learn, functions page, IIF).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Longest first, so that `<=` is not read as `<`.
pub(super) const OPERATORS: [Comparison; 6] = [
    Comparison::NotEqual,
    Comparison::LessOrEqual,
    Comparison::GreaterOrEqual,
    Comparison::Equal,
    Comparison::Less,
    Comparison::Greater,
];

impl Comparison {
    /// How it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Comparison::Equal => "=",
            Comparison::NotEqual => "<>",
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => ">=",
        }
    }

    /// Whether it holds. Where one side is a number and the other prints as one, numbers are compared,
    /// as in `[StatusRehire]=1` (Workday page); two dates are compared as dates; everything else as
    /// text, letter case included. Two texts that both print whole numbers are ordered as numbers,
    /// which is our choice. `None` when a side has several values.
    pub fn holds(self, left: Value<'_>, right: Value<'_>) -> Option<bool> {
        let order = match (left, right) {
            (Value::Number(left), Value::Number(right)) => left.cmp(&right),
            (Value::Date(left), Value::Date(right)) => left.cmp(&right),
            (left, right) => {
                let typed = matches!(left, Value::Number(_)) || matches!(right, Value::Number(_));
                let (left, right) = (left.into_one_text()?, right.into_one_text()?);
                let ordering = !matches!(self, Comparison::Equal | Comparison::NotEqual);
                match (whole_number(&left), whole_number(&right)) {
                    (Some(left), Some(right)) if typed || ordering => left.cmp(&right),
                    _ => left.cmp(&right),
                }
            }
        };
        Some(match self {
            Comparison::Equal => order == Ordering::Equal,
            Comparison::NotEqual => order != Ordering::Equal,
            Comparison::Less => order == Ordering::Less,
            Comparison::LessOrEqual => order != Ordering::Greater,
            Comparison::Greater => order == Ordering::Greater,
            Comparison::GreaterOrEqual => order != Ordering::Less,
        })
    }
}
