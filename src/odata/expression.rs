//! What a filter is once it is read.

use super::atom::Atom;
use super::path::Path;

/// A condition, or a value in it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    Literal(Literal),
    Property(Property),
    /// `collection/$count`.
    Count(Property),
    Call(Function, Vec<Expression>),
    Compare(Box<Expression>, Comparison, Box<Expression>),
    /// `property in ('a','b')`.
    In(Box<Expression>, Vec<Literal>),
    /// Chains are flat, so that a long one costs no stack.
    And(Vec<Expression>),
    Or(Vec<Expression>),
    Not(Box<Expression>),
    /// `collection/any(x: …)`; without a condition it is `any()`.
    Lambda(Quantifier, Property, Option<Box<Expression>>),
}

/// A path that begins at the object, or at the variable of a lambda.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Property {
    /// The lambda that the variable belongs to: the outermost is 0.
    pub(super) variable: Option<usize>,
    /// Empty when it is the variable itself.
    pub(super) path: Path,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Literal {
    Null,
    Boolean(bool),
    Number(f64),
    /// In quotes, or a bare GUID.
    Text(String),
    /// A bare date or date-time.
    Instant(jiff::Timestamp),
}

impl Literal {
    pub(super) fn atom(&self) -> Atom {
        match self {
            Literal::Null => Atom::Null,
            Literal::Boolean(value) => Atom::Boolean(*value),
            Literal::Number(number) => Atom::number(*number),
            Literal::Text(text) => Atom::text(text),
            Literal::Instant(instant) => Atom::Instant(*instant),
        }
    }

    /// True for a date or date-time, in quotes or without.
    pub(super) fn is_instant(&self) -> bool {
        matches!(self.atom(), Atom::Instant(_))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Comparison {
    /// Its name in errors of OData's libraries.
    pub(super) fn name(self) -> &'static str {
        match self {
            Comparison::Equal => "Equal",
            Comparison::NotEqual => "NotEqual",
            Comparison::Greater => "GreaterThan",
            Comparison::GreaterOrEqual => "GreaterThanOrEqual",
            Comparison::Less => "LessThan",
            Comparison::LessOrEqual => "LessThanOrEqual",
        }
    }

    /// The operator of that name, in any letter case ("Logical Operators").
    pub(super) fn named(word: &str) -> Option<Comparison> {
        Some(match word.to_ascii_lowercase().as_str() {
            "eq" => Comparison::Equal,
            "ne" => Comparison::NotEqual,
            "gt" => Comparison::Greater,
            "ge" => Comparison::GreaterOrEqual,
            "lt" => Comparison::Less,
            "le" => Comparison::LessOrEqual,
            _ => return None,
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    StartsWith,
    EndsWith,
    Contains,
    ToLower,
    ToUpper,
    Length,
}

impl Function {
    /// Their names as Microsoft's documentation writes them.
    pub(super) const NAMES: [(&'static str, Function); 6] = [
        ("startsWith", Function::StartsWith),
        ("endsWith", Function::EndsWith),
        ("contains", Function::Contains),
        ("tolower", Function::ToLower),
        ("toupper", Function::ToUpper),
        ("length", Function::Length),
    ];

    pub(super) fn named(name: &str) -> Option<Function> {
        Self::NAMES
            .into_iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, function)| function)
    }

    /// True when the function's value is true or false, and it takes two texts; the others take one.
    pub(super) fn is_condition(self) -> bool {
        matches!(self, Function::StartsWith | Function::EndsWith | Function::Contains)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quantifier {
    Any,
    All,
}

impl Expression {
    /// True when it can be true or false.
    pub(super) fn is_condition(&self) -> bool {
        match self {
            Expression::Literal(literal) => matches!(literal, Literal::Boolean(_)),
            Expression::Count(_) => false,
            Expression::Call(function, _) => function.is_condition(),
            _ => true,
        }
    }

    /// True when its value is a property's, as it is or changed by a function.
    pub(super) fn reads_property(&self) -> bool {
        match self {
            Expression::Property(_) | Expression::Count(_) => true,
            Expression::Call(_, arguments) => arguments.iter().any(Expression::reads_property),
            _ => false,
        }
    }

    /// True when it can be a text, as the functions take it.
    pub(super) fn is_text(&self) -> bool {
        match self {
            Expression::Literal(literal) => matches!(literal, Literal::Text(_) | Literal::Null),
            Expression::Property(_) => true,
            Expression::Call(function, _) => matches!(function, Function::ToLower | Function::ToUpper),
            _ => false,
        }
    }
}
