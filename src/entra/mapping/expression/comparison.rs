use std::cmp::Ordering;

use super::Value;
use super::number::whole_number;

/// A comparison operator (Microsoft Learn, functions page, IIF).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ComparisonOperator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Longest first, so that `<=` is not read as `<`.
pub(super) const OPERATORS: [ComparisonOperator; 6] = [
    ComparisonOperator::NotEqual,
    ComparisonOperator::LessOrEqual,
    ComparisonOperator::GreaterOrEqual,
    ComparisonOperator::Equal,
    ComparisonOperator::Less,
    ComparisonOperator::Greater,
];

impl ComparisonOperator {
    /// How it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            ComparisonOperator::Equal => "=",
            ComparisonOperator::NotEqual => "<>",
            ComparisonOperator::Less => "<",
            ComparisonOperator::LessOrEqual => "<=",
            ComparisonOperator::Greater => ">",
            ComparisonOperator::GreaterOrEqual => ">=",
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
                let ordering = !matches!(self, ComparisonOperator::Equal | ComparisonOperator::NotEqual);
                match (whole_number(&left), whole_number(&right)) {
                    (Some(left), Some(right)) if typed || ordering => left.cmp(&right),
                    _ => left.cmp(&right),
                }
            }
        };
        Some(match self {
            ComparisonOperator::Equal => order == Ordering::Equal,
            ComparisonOperator::NotEqual => order != Ordering::Equal,
            ComparisonOperator::Less => order == Ordering::Less,
            ComparisonOperator::LessOrEqual => order != Ordering::Greater,
            ComparisonOperator::Greater => order == Ordering::Greater,
            ComparisonOperator::GreaterOrEqual => order != Ordering::Less,
        })
    }
}
