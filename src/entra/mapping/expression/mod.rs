//! Entra's expression language for attribute mappings: `Switch([IsSoftDeleted], , "False", "True", "True", "False")`.
//!
//! An expression is one function call whose arguments are source attributes in brackets, texts in
//! double quotes, numbers, bare keywords, comparisons, further calls, or nothing at all. It is parsed
//! once; evaluating it parses nothing again.
//! Sources: Microsoft Learn, "Reference for writing expressions for attribute mappings" (the functions
//! page), "Microsoft Entra Cloud Sync expressions and function reference" (the cloud sync page) and
//! "Workday expression mapping functions".

mod circumstances;
mod comparison;
mod dotnet;
mod error;
mod evaluation;
mod function;
mod functions;
mod node;
mod number;
mod parser;
mod prepared;
mod readings;
mod signature;
mod value;

use std::fmt;
use std::ops::Range;

pub use circumstances::Circumstances;
pub use dotnet::date::parse as parse_date;
pub use error::{CallError, ExpressionError};
pub use functions::signatures;
pub use parser::MAXIMUM_LENGTH;
pub use readings::{
    ALL as READINGS, IifEmpty, JoinEmpty, Reading, Readings, ReplaceAttribute, SplitItems, SwitchNull,
    SwitchPresence, SwitchUnchanged, UnknownReading,
};
pub use signature::{Page, Signature};
pub use value::{Value, boolean_text};

use evaluation::{Evaluation, Stop};
use node::{ExpressionNode, Part};

/// A parsed expression whose functions are all known and have as many arguments as they take.
///
/// Two expressions are equal when they compute the same, whatever blanks they are written with.
#[derive(Debug, Clone)]
pub struct Expression {
    root: Part,
    written: String,
    readings: Readings,
}

/// What an evaluation gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvaluatedValue<'a> {
    /// The value; `None` is null.
    pub value: Option<Value<'a>>,
    /// The attribute is left out of the flow: neither the value nor a default is written.
    pub ignored: bool,
    /// The provisioning log shows `[Redact]` in place of the value.
    pub redacted: bool,
}

impl Expression {
    /// Reads an expression and checks its functions' names, their numbers of arguments, and constant
    /// arguments that can be wrong: patterns, date formats, intervals.
    ///
    /// # Errors
    /// [`ExpressionError`] with the place of what is wrong.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        let root = parser::parse(text)?;
        Ok(Expression { root, written: text.to_owned(), readings: Readings::default() })
    }

    /// The same expression, with contradictions in Microsoft's pages read in this way.
    #[must_use]
    pub fn with_readings(self, readings: Readings) -> Self {
        Expression { readings, ..self }
    }

    /// The text it was read from.
    #[must_use]
    pub fn as_written(&self) -> &str {
        &self.written
    }

    /// The source attributes it reads, with the bytes of [`Expression::as_written`] their names stand at.
    #[must_use]
    pub fn attributes(&self) -> Vec<(&str, Range<usize>)> {
        let mut found = Vec::new();
        self.root.visit(&mut |part| {
            if let ExpressionNode::Attribute(name) = &part.node {
                found.push((name.as_str(), part.at.start + 1..part.at.end - 1));
            }
        });
        found
    }

    /// The functions it calls, with the bytes of [`Expression::as_written`] their names stand at.
    #[must_use]
    pub fn functions(&self) -> Vec<(&'static str, Range<usize>)> {
        let mut found = Vec::new();
        self.root.visit(&mut |part| {
            if let ExpressionNode::Call(call) = &part.node {
                found.push((call.signature.name, part.at.start..part.at.start + call.signature.name.len()));
            }
        });
        found
    }

    /// Computes the value from the source attributes; `source` gives `None` for null.
    ///
    /// # Errors
    /// [`CallError`] when a function is given a value it cannot work with.
    pub fn evaluate<'a>(
        &'a self,
        source: &dyn Fn(&str) -> Option<Value<'a>>,
        circumstances: &Circumstances<'_>,
    ) -> Result<EvaluatedValue<'a>, CallError> {
        let evaluation = Evaluation::new(functions::compute, source, circumstances, self.readings);
        let value = match evaluation.value(&self.root) {
            Ok(value) => value,
            Err(Stop::Ignored) => {
                return Ok(EvaluatedValue { value: None, ignored: true, redacted: evaluation.redacted() });
            }
            Err(Stop::Error(error)) => return Err(*error),
        };
        let ignored = matches!(value, Some(Value::Keyword(parser::IGNORE_ATTRIBUTE)));
        Ok(EvaluatedValue { value, ignored, redacted: evaluation.redacted() })
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.root == other.root && self.readings == other.readings
    }
}

impl Eq for Expression {}

/// Canonical form: one blank after each comma. Parsing it gives the same expression.
impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.node.fmt(f)
    }
}

#[cfg(test)]
mod tests;
