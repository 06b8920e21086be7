//! Profile files: a mapping written down in YAML, built in or the user's own.

mod keys;
mod row;
mod write;

use std::ops::Range;

use self::keys::{ACTIONS, CLAUSE, FILTER_GROUP, OBJECT, PROFILE};
pub(super) use self::keys::{EDITS, json_schema};
pub(super) use self::write::write;

use super::{
    AttributeMapping, Clause, ClauseError, ClausePart, Edits, FilterGroup, Mapping, ObjectActions,
    ObjectMapping, ScopingFilter,
};
use crate::diagnostic::Diagnostic;
use crate::entra::directory::ObjectKind;
use crate::yaml::{self, Fields, Node, NodeKind, Reader};

/// Reads a profile. `name` becomes the mapping's name, `file` stands in messages.
///
/// # Errors
/// Every mistake of the file, with its place.
pub(super) fn read(name: &str, file: &str, text: &str) -> Result<Mapping, Vec<Diagnostic>> {
    let root = yaml::parse(file, text)?;
    let mut profile = Profile::new(file, text);
    let mapping = profile.mapping(name, &root);
    match mapping {
        Some(mapping) if profile.reader.is_clean() => Ok(mapping),
        _ => Err(profile.reader.into_problems()),
    }
}

/// A mapping while it is read. A part that cannot be read is noted and missing.
pub(super) struct Profile<'a> {
    pub(super) reader: Reader<'a>,
    pub(super) text: &'a str,
    /// Target attributes beyond those of RFC 7643, as Entra's "Edit attribute list" adds them.
    pub(super) own: Vec<String>,
}

impl<'a> Profile<'a> {
    pub(super) fn new(file: &'a str, text: &'a str) -> Self {
        Profile { reader: Reader::new(file, text), text, own: Vec::new() }
    }

    fn mapping(&mut self, name: &str, root: &Node) -> Option<Mapping> {
        let mut fields = self.reader.fields_of(root, &PROFILE)?;
        let about = fields.get("about").and_then(|node| self.reader.text(node)).unwrap_or_default();
        if let Some(items) = fields.get("attributes").and_then(|node| self.reader.list(node)) {
            self.own = items.iter().filter_map(|item| self.reader.text(item)).collect();
        }
        let user = fields.required(&mut self.reader, "user");
        let user = user.and_then(|node| self.object(ObjectKind::User, node));
        let group = fields.get("group").map(|node| self.object(ObjectKind::Group, node));
        fields.finish(&mut self.reader);
        Some(Mapping { about, ..Mapping::new(name, user?, group.flatten()) })
    }

    /// The rows alone, or a map with the rows and what holds for all of them.
    fn object(&mut self, kind: ObjectKind, node: &Node) -> Option<ObjectMapping> {
        if let NodeKind::List(rows) = &node.kind {
            return Some(ObjectMapping::new(self.rows(kind, node, rows)?));
        }
        let mut fields = self.reader.fields_of(node, &OBJECT)?;
        let rows = fields.required(&mut self.reader, "rows");
        let (actions, scope) = (fields.get("actions"), fields.get("scope"));
        fields.finish(&mut self.reader);
        let actions = actions.map(|node| self.actions(node));
        let groups = scope.map(|node| self.groups(kind, node));
        let rows_node = rows?;
        let rows = self.reader.list(rows_node)?;
        Some(ObjectMapping {
            rows: self.rows(kind, rows_node, rows)?,
            actions: actions.unwrap_or(Some(ObjectActions::default()))?,
            filter: ScopingFilter { groups: groups.unwrap_or(Some(Vec::new()))? },
        })
    }

    fn rows(&mut self, kind: ObjectKind, node: &Node, rows: &[Node]) -> Option<Vec<AttributeMapping>> {
        let read = self.some_rows(kind, rows)?;
        if !read.iter().any(|row| row.matching.is_some()) {
            self.nothing_matches(kind, node);
        }
        Some(read)
    }

    /// Rows that need not be all of a mapping.
    fn some_rows(&mut self, kind: ObjectKind, rows: &[Node]) -> Option<Vec<AttributeMapping>> {
        let mut read: Vec<AttributeMapping> = Vec::new();
        let mut complete = true;
        for row in rows {
            match self.row(kind, row, &read) {
                Some(row) => read.push(row),
                None => complete = false,
            }
        }
        complete.then_some(read)
    }

    /// Changes of a user mapping. What cannot be read is noted and missing.
    pub(super) fn edits(&mut self, fields: &mut Fields<'_>) -> Edits {
        let (rows, without) = (fields.get("rows"), fields.get("without"));
        let (actions, scope) = (fields.get("actions"), fields.get("scope"));
        let rows = rows.and_then(|node| self.reader.list(node));
        let rows = rows.and_then(|rows| self.some_rows(ObjectKind::User, rows));
        let names = without.and_then(|node| self.reader.list(node)).unwrap_or_default();
        Edits {
            rows: rows.unwrap_or_default(),
            without: names.iter().filter_map(|name| self.reader.text(name)).collect(),
            actions: actions.and_then(|node| self.actions(node)),
            filter: scope
                .and_then(|node| Some(ScopingFilter { groups: self.groups(ObjectKind::User, node)? })),
        }
    }

    pub(super) fn nothing_matches(&mut self, kind: ObjectKind, node: &Node) {
        let problem = self.reader.problem(&node.span, format!("no {kind} attribute matches"));
        self.reader.note(
            problem.help(
                "add `match: 1` to the attribute Entra shall look existing accounts up by, as userName",
            ),
        );
    }

    fn actions(&mut self, node: &Node) -> Option<ObjectActions> {
        let mut on = [false; 3];
        let mut complete = true;
        for item in self.reader.list(node)? {
            match self.reader.word(item, "action", &ACTIONS).and_then(|index| on.get_mut(index)) {
                Some(flag) => *flag = true,
                None => complete = false,
            }
        }
        let [create, update, delete] = on;
        complete.then_some(ObjectActions { create, update, delete })
    }

    fn groups(&mut self, kind: ObjectKind, node: &Node) -> Option<Vec<FilterGroup>> {
        let mut groups = Vec::new();
        let mut complete = true;
        for item in self.reader.list(node)? {
            match self.group(kind, item) {
                Some(group) => groups.push(group),
                None => complete = false,
            }
        }
        complete.then_some(groups)
    }

    fn group(&mut self, kind: ObjectKind, node: &Node) -> Option<FilterGroup> {
        let mut fields = self.reader.fields_of(node, &FILTER_GROUP)?;
        let name = fields.get("name");
        let clauses = fields.required(&mut self.reader, "clauses");
        fields.finish(&mut self.reader);
        let name = name.map_or(Some(String::new()), |node| self.reader.text(node));
        let node = clauses?;
        let mut read = Vec::new();
        let mut complete = true;
        for item in self.reader.list(node)? {
            match self.clause(kind, item) {
                Some(clause) => read.push(clause),
                None => complete = false,
            }
        }
        if read.is_empty() && complete {
            self.reader.refuse(&node.span, "a group of clauses needs one at least");
            return None;
        }
        complete.then_some(FilterGroup { name: name?, clauses: read })
    }

    fn clause(&mut self, kind: ObjectKind, node: &Node) -> Option<Clause> {
        let mut fields = self.reader.fields_of(node, &CLAUSE)?;
        let attribute = fields.required(&mut self.reader, "attribute");
        let operator = fields.required(&mut self.reader, "operator");
        let value = fields.get("value");
        fields.finish(&mut self.reader);
        self.read_clause(kind, attribute?, operator?, value, node)
    }

    /// A clause of its three parts, of which the value may be missing.
    pub(super) fn read_clause(
        &mut self,
        kind: ObjectKind,
        attribute: &Node,
        operator: &Node,
        value: Option<&Node>,
        whole: &Node,
    ) -> Option<Clause> {
        let attribute_name = self.reader.text(attribute);
        let operator_name = self.reader.text(operator);
        let text = value.map(|node| self.reader.text(node));
        let text = match text {
            Some(text) => Some(text?),
            None => None,
        };
        match Clause::read(kind, &attribute_name?, &operator_name?, text.as_deref()) {
            Ok(clause) => Some(clause),
            Err(ClauseError { part, message, help }) => {
                let place = match part {
                    ClausePart::Attribute => attribute,
                    ClausePart::Operator => operator,
                    ClausePart::Value => value.unwrap_or(whole),
                };
                let problem = self.reader.problem(&place.span, message);
                self.reader.note(Diagnostic { help, ..problem });
                None
            }
        }
    }

    /// A place inside a text. Where the file writes the text with escapes or over several lines,
    /// the whole of it is meant.
    pub(super) fn inside(&self, node: &Node, value: &str, at: &Range<usize>) -> Range<usize> {
        let rest = self.text.get(node.span.start..).unwrap_or_default();
        let quote = usize::from(rest.starts_with(['"', '\'']));
        match rest.get(quote..) {
            Some(plain) if plain.starts_with(value) => {
                let start = node.span.start + quote;
                start + at.start..start + at.end
            }
            _ => node.span.clone(),
        }
    }
}
