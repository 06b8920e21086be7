//! The filter grammar of RFC 7644 §3.4.2.2.

use super::AttributePath;

/// A parsed filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// Both hold.
    And(Box<Filter>, Box<Filter>),
    /// Either holds.
    Or(Box<Filter>, Box<Filter>),
    /// Does not hold.
    Not(Box<Filter>),
    /// `attribute pr`: it has a value that is not empty.
    Present(AttributePath),
    /// `attribute op value`.
    Compare(AttributePath, Comparison, Literal),
    /// `attribute[filter]`: one element for which the filter holds.
    Element(AttributePath, Box<Filter>),
}

/// Comparison operators (RFC 7644 table 3), without `pr`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `eq`
    Equal,
    /// `ne`
    NotEqual,
    /// `co`
    Contains,
    /// `sw`
    StartsWith,
    /// `ew`
    EndsWith,
    /// `gt`
    Greater,
    /// `ge`
    GreaterOrEqual,
    /// `lt`
    Less,
    /// `le`
    LessOrEqual,
}

/// The value compared with: JSON's `false`, `null`, `true`, number or string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Literal {
    /// `true` or `false`.
    Boolean(bool),
    /// `null`.
    Null,
    /// A number, kept as the text it was written as.
    Number(String),
    /// A string, unescaped.
    Text(String),
}
