//! YAML files that people write, read strictly: scenarios and profiles. JSON that programs export is
//! read into the same tree.
//!
//! A file becomes a tree in which every key and value knows its place, and a [`Reader`] walks it
//! and collects every mistake. What is plain text stays text: `00123`, `no`, `010` and `1_000`
//! never become numbers or booleans. Only `true`, `false`, `null`, `~`, nothing at all, and numbers
//! in JSON's notation have a type of their own, and other notations that YAML would give a type
//! (`True`, `0x1F`, `+1`) must be quoted. Anchors, tags and several documents are not part of it.

mod json;
mod plain;
mod reader;
mod tree;

use std::ops::Range;

use serde_json::{Map, Number, Value};

pub use json::parse_json;
pub use reader::{Fields, Reader};
pub use tree::parse;

/// A file shows this many mistakes at most; whoever has more mends these first.
const MAX_PROBLEMS: usize = 20;

/// A value with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The value.
    pub kind: NodeKind,
    /// Its bytes in the file.
    pub span: Range<usize>,
    /// Its first line, from 1.
    pub line: usize,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeKind {
    /// `null`, `~`, or nothing.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A number in JSON's notation.
    Number(Number),
    /// Text, quoted or not.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A map, in the order it was written.
    Map(Vec<(NodeKey, Node)>),
}

/// A key with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeKey {
    /// The key, always a text.
    pub name: String,
    /// Its bytes in the file.
    pub span: Range<usize>,
}

impl Node {
    /// What it is, for messages.
    #[must_use]
    pub fn what(&self) -> &'static str {
        match &self.kind {
            NodeKind::Null => "nothing",
            NodeKind::Boolean(_) => "a boolean",
            NodeKind::Number(_) => "a number",
            NodeKind::Text(_) => "a text",
            NodeKind::List(_) => "a list",
            NodeKind::Map(_) => "a map",
        }
    }

    /// The text, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The same as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match &self.kind {
            NodeKind::Null => Value::Null,
            NodeKind::Boolean(value) => Value::Bool(*value),
            NodeKind::Number(number) => Value::Number(number.clone()),
            NodeKind::Text(text) => Value::String(text.clone()),
            NodeKind::List(items) => Value::Array(items.iter().map(Node::to_json).collect()),
            NodeKind::Map(entries) => Value::Object(
                entries.iter().map(|(key, value)| (key.name.clone(), value.to_json())).collect::<Map<_, _>>(),
            ),
        }
    }
}
