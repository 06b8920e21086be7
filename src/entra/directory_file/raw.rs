//! One object of a file, as it stands there.

use std::ops::Range;

use crate::diagnostic::Diagnostic;
use crate::entra::directory::ObjectKind;
use crate::yaml::{Node, NodeKey, NodeKind};

/// A value before anybody asked what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RawValue {
    Nothing,
    Text(String),
    Boolean(bool),
    List(Vec<String>),
    /// Something that no attribute holds: a number, a map. With its name.
    Other(&'static str),
}

impl RawValue {
    pub fn what(&self) -> &'static str {
        match self {
            RawValue::Nothing => "nothing",
            RawValue::Text(_) => "a text",
            RawValue::Boolean(_) => "true or false",
            RawValue::List(_) => "a list of texts",
            RawValue::Other(what) => what,
        }
    }
}

impl From<NodeKind> for RawValue {
    fn from(kind: NodeKind) -> Self {
        match kind {
            NodeKind::Null => RawValue::Nothing,
            NodeKind::Text(text) => RawValue::Text(text),
            NodeKind::Boolean(flag) => RawValue::Boolean(flag),
            NodeKind::Number(_) => RawValue::Other("a number"),
            NodeKind::Map(_) => RawValue::Other("an object"),
            NodeKind::List(items) => {
                let texts: Option<Vec<String>> =
                    items.iter().map(|item| item.as_text().map(str::to_owned)).collect();
                texts.map_or(RawValue::Other("a list of something else than texts"), RawValue::List)
            }
        }
    }
}

/// One attribute of a row.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub name: String,
    pub value: RawValue,
    /// Where the name and the value stand in the row's text.
    pub at: Range<usize>,
}

impl From<(NodeKey, Node)> for Field {
    fn from((key, node): (NodeKey, Node)) -> Self {
        Field { name: key.name, at: key.span.start..node.span.end.max(key.span.end), value: node.kind.into() }
    }
}

/// One row with the text it was read from.
#[derive(Debug, Clone)]
pub(super) struct RawRow<'a> {
    pub kind: ObjectKind,
    /// The file's line at which `text` begins, from 1.
    pub line: usize,
    pub text: &'a str,
    pub fields: Vec<Field>,
    /// True in a CSV file, where everything is a text and lists are joined with `;`.
    pub untyped: bool,
}

impl RawRow<'_> {
    pub fn get(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// A mistake at a field, or at the row's beginning when it has no such field.
    pub fn problem(&self, file: &str, field: &str, title: impl Into<String>) -> Diagnostic {
        let first = self.text.len().min(self.text.find('\n').unwrap_or(self.text.len()));
        let at = self.get(field).map_or(0..first, |field| field.at.clone());
        Diagnostic::new(title, file, self.text, at).from_line(self.line)
    }
}
