use std::fmt;
use std::ops::Range;

use super::comparison::ComparisonOperator;
use super::prepared::PreparedArguments;
use super::signature::Signature;

/// A part of an expression and the bytes it stands at. The place is no part of what it computes.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub node: ExpressionNode,
    pub at: Range<usize>,
}

impl PartialEq for Part {
    fn eq(&self, other: &Self) -> bool {
        self.node == other.node
    }
}

/// What stands there.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ExpressionNode {
    /// `Name(argument, argument)`
    Call(Box<CallNode>),
    /// `[name]`
    Attribute(String),
    /// `"text"`, unescaped.
    Text(String),
    /// `-1`, `1000`, `&H00FF`.
    Number { written: String, value: i64 },
    /// `vbTextCompare`: a bare keyword.
    Keyword(&'static str),
    /// `left = right`
    Comparison(Box<(Part, ComparisonOperator, Part)>),
    /// `first & second`: the texts one after the other.
    Concatenation(Vec<Part>),
    /// Nothing between two commas: the parameter is absent.
    Empty,
}

/// A call with what its constant arguments were made into.
#[derive(Debug, Clone)]
pub(super) struct CallNode {
    pub signature: &'static Signature,
    /// The function's place in their table.
    pub place: usize,
    pub arguments: Vec<Part>,
    pub prepared: PreparedArguments,
}

/// What was prepared follows from the arguments.
impl PartialEq for CallNode {
    fn eq(&self, other: &Self) -> bool {
        self.place == other.place && self.arguments == other.arguments
    }
}

impl Part {
    /// Shows this part and all below it, in the order they are written.
    pub fn visit<'a>(&'a self, see: &mut impl FnMut(&'a Part)) {
        see(self);
        match &self.node {
            ExpressionNode::Call(call) => call.arguments.iter().for_each(|argument| argument.visit(see)),
            ExpressionNode::Comparison(sides) => {
                sides.0.visit(see);
                sides.2.visit(see);
            }
            ExpressionNode::Concatenation(parts) => parts.iter().for_each(|part| part.visit(see)),
            _ => {}
        }
    }

    /// The text, if it is a constant.
    pub fn constant(&self) -> Option<&str> {
        match &self.node {
            ExpressionNode::Text(text) => Some(text),
            ExpressionNode::Number { written, .. } => Some(written),
            ExpressionNode::Keyword(name) => Some(name),
            _ => None,
        }
    }
}

impl fmt::Display for ExpressionNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExpressionNode::Call(call) => {
                write!(f, "{}(", call.signature.name)?;
                for (number, argument) in call.arguments.iter().enumerate() {
                    if number > 0 {
                        f.write_str(", ")?;
                    }
                    argument.node.fmt(f)?;
                }
                f.write_str(")")
            }
            ExpressionNode::Attribute(name) => write!(f, "[{name}]"),
            ExpressionNode::Text(text) => write!(f, "\"{}\"", text.replace('\\', r"\\").replace('"', "\\\"")),
            ExpressionNode::Number { written, .. } => f.write_str(written),
            ExpressionNode::Keyword(name) => f.write_str(name),
            ExpressionNode::Comparison(sides) => {
                write!(f, "{} {} {}", sides.0.node, sides.1.as_str(), sides.2.node)
            }
            ExpressionNode::Concatenation(parts) => {
                for (number, part) in parts.iter().enumerate() {
                    if number > 0 {
                        f.write_str(" & ")?;
                    }
                    part.node.fmt(f)?;
                }
                Ok(())
            }
            ExpressionNode::Empty => Ok(()),
        }
    }
}
