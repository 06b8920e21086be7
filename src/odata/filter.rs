use serde_json::Value;

use super::error::ODataError;
use super::evaluate;
use super::expression::{Comparison, Expression, Literal};
use super::parser::Parser;

/// A condition on objects, from `$filter`.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter(Expression);

impl Filter {
    /// Reads a decoded `$filter`.
    ///
    /// Understood are the operators `eq`, `ne`, `gt`, `ge`, `lt`, `le`, `in`, `and`, `or` and `not`, the functions
    /// `startsWith`, `endsWith`, `contains`, `tolower`, `toupper` and `length`, `any` and `all`, and `/$count`.
    pub fn parse(text: &str) -> Result<Filter, ODataError> {
        Filter::read(text).map_err(|error| error.within("$filter", text))
    }

    pub(super) fn read(text: &str) -> Result<Filter, ODataError> {
        Parser::new(text).whole_filter().map(Filter)
    }

    pub(super) fn expression(&self) -> &Expression {
        &self.0
    }

    /// True when the condition is true for the object. False and unknown are both no match ("Use the $filter query
    /// parameter").
    #[must_use]
    pub fn matches(&self, object: &Value) -> bool {
        evaluate::truth(&self.0, object, &[]) == Some(true)
    }

    /// The text that every match has at this path, in some letter case. For a caller that looks objects up in an index:
    /// the objects found there still have to match.
    ///
    /// `None` when the filter does not say so in so many words: in `eq`, alone or joined with `and` to the rest.
    #[must_use]
    pub fn required(&self, path: &str) -> Option<&str> {
        required(&self.0, path)
    }

    /// The texts of a filter that says nothing but which of them this path has: `id eq 'a' or id eq 'b'`.
    #[must_use]
    pub fn alternatives(&self, path: &str) -> Option<Vec<&str>> {
        match &self.0 {
            Expression::Or(parts) => parts.iter().map(|part| equal(part, path)).collect(),
            one => equal(one, path).map(|text| vec![text]),
        }
    }
}

/// The text in `path eq 'text'`.
fn equal<'a>(expression: &'a Expression, path: &str) -> Option<&'a str> {
    let Expression::Compare(left, Comparison::Equal, right) = expression else { return None };
    match (&**left, &**right) {
        (Expression::Property(property), Expression::Literal(literal @ Literal::Text(text)))
        | (Expression::Literal(literal @ Literal::Text(text)), Expression::Property(property)) => {
            // One instant can be written in many ways.
            let is_the_text = property.path.is(path) && !literal.is_instant();
            is_the_text.then_some(text.as_str())
        }
        _ => None,
    }
}

fn required<'a>(expression: &'a Expression, path: &str) -> Option<&'a str> {
    match expression {
        Expression::And(parts) => parts.iter().find_map(|part| required(part, path)),
        compared => equal(compared, path),
    }
}
