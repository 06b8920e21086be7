//! Entra's expression language for attribute mappings: `Switch([IsSoftDeleted], , "False", "True", "True", "False")`.
//!
//! An expression is one function call whose arguments are source attributes in brackets, texts in
//! double quotes, numbers, bare words, further calls, or nothing at all.
//! Source: Microsoft Learn, "Reference for writing expressions for attribute mappings".

mod functions;
mod parser;

use std::fmt;
use std::ops::Range;

/// A parsed expression whose functions are all known and have as many arguments as they take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    root: Node,
    written: String,
}

/// Longest expression Entra accepts, in characters (Microsoft Learn, "Known issues for provisioning").
pub const MAXIMUM_LENGTH: usize = 10_000;

/// One part of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    /// `Name(argument, argument)`
    Call { function: &'static functions::Function, arguments: Vec<Node> },
    /// `[name]`, with the bytes the name stands at.
    Attribute { name: String, at: Range<usize> },
    /// `"text"`, unescaped.
    Text(String),
    /// `-1`, `1000`, `&H00FF`, as written.
    Number(String),
    /// `vbTextCompare`: a bare keyword.
    Word(String),
    /// Nothing between two commas: the parameter is absent.
    Empty,
}

/// What an expression computes with. A missing value is null.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// One text. Booleans are the texts `True` and `False`, numbers their digits.
    Text(String),
    /// The values of a multi-valued attribute.
    Texts(Vec<String>),
}

/// Why an expression cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpressionError {
    /// One sentence without the place.
    pub message: String,
    /// The bytes of the expression that are wrong; empty at its end.
    pub at: Range<usize>,
    /// What to write instead, if that is clear.
    pub help: Option<String>,
}

impl fmt::Display for ExpressionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at byte {})", self.message, self.at.start)?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ExpressionError {}

/// Why a function could not compute with the values it was given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{function}: {message}")]
pub struct CallError {
    /// The function.
    pub function: &'static str,
    /// What is wrong with its arguments.
    pub message: String,
}

impl Expression {
    /// Reads an expression and checks its functions' names and numbers of arguments.
    ///
    /// # Errors
    /// [`ExpressionError`] with the place of what is wrong.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        Ok(Expression { root: parser::parse(text)?, written: text.to_owned() })
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
        collect(&self.root, &mut found);
        found
    }

    /// Computes the value from the source attributes. `None` is null.
    ///
    /// # Errors
    /// [`CallError`] when a function is given a value it cannot work with.
    pub fn evaluate(&self, source: &dyn Fn(&str) -> Option<Value>) -> Result<Option<Value>, CallError> {
        evaluate(&self.root, source)
    }
}

/// Canonical form: one blank after each comma. Parsing it gives the same expression.
impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.fmt(f)
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Node::Call { function, arguments } => {
                write!(f, "{}(", function.name)?;
                for (number, argument) in arguments.iter().enumerate() {
                    if number > 0 {
                        f.write_str(", ")?;
                    }
                    argument.fmt(f)?;
                }
                f.write_str(")")
            }
            Node::Attribute { name, .. } => write!(f, "[{name}]"),
            Node::Text(text) => write!(f, "\"{}\"", text.replace('\\', r"\\").replace('"', "\\\"")),
            Node::Number(text) | Node::Word(text) => f.write_str(text),
            Node::Empty => Ok(()),
        }
    }
}

fn collect<'a>(node: &'a Node, found: &mut Vec<(&'a str, Range<usize>)>) {
    match node {
        Node::Attribute { name, at } => found.push((name, at.clone())),
        Node::Call { arguments, .. } => arguments.iter().for_each(|argument| collect(argument, found)),
        _ => {}
    }
}

fn evaluate(node: &Node, source: &dyn Fn(&str) -> Option<Value>) -> Result<Option<Value>, CallError> {
    match node {
        Node::Call { function, arguments } => {
            (function.call)(&Arguments { function: function.name, nodes: arguments, source })
        }
        Node::Attribute { name, .. } => Ok(source(name)),
        Node::Text(text) | Node::Number(text) | Node::Word(text) => Ok(Some(Value::Text(text.clone()))),
        Node::Empty => Ok(None),
    }
}

/// The arguments of one call, evaluated only when the function asks for them.
struct Arguments<'a> {
    function: &'static str,
    nodes: &'a [Node],
    source: &'a dyn Fn(&str) -> Option<Value>,
}

impl Arguments<'_> {
    fn count(&self) -> usize {
        self.nodes.len()
    }

    /// The value of the argument at this position; `None` for null and for an absent parameter.
    fn value(&self, position: usize) -> Result<Option<Value>, CallError> {
        self.nodes.get(position).map_or(Ok(None), |node| evaluate(node, self.source))
    }

    /// The argument as one text.
    fn text(&self, position: usize) -> Result<Option<String>, CallError> {
        match self.value(position)? {
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(Value::Texts(_)) => Err(CallError {
                function: self.function,
                message: format!("argument {} has several values where one belongs", position + 1),
            }),
            None => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests;
