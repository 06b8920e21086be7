//! Reading a synchronizationSchema.

use std::sync::Arc;

use super::super::file::Profile;
use super::super::{
    AttributeMapping, Clause, DataType, FilterGroup, IS_SOFT_DELETED, Mapping, ObjectActions, ObjectMapping,
    ScopingFilter,
};
use super::{ENTRA, Frame, Remark, object_name};
use crate::diagnostic::Diagnostic;
use crate::entra::directory::{self, AttributeKind, ObjectKind};
use crate::yaml::{self, Fields, Node, NodeKind};

const HOW_TO_EXPORT: &str =
    "export it with Graph: GET /servicePrincipals/{id}/synchronization/jobs/{jobId}/schema";

/// Reads a synchronizationSchema. `name` becomes the mapping's name, `file` stands in messages.
///
/// # Errors
/// What is no JSON, and every part that no job could use, with its place.
pub fn import(name: &str, file: &str, text: &str) -> Result<Mapping, Vec<Diagnostic>> {
    let root = yaml::parse_json(file, text).map_err(|problem| vec![problem.help(HOW_TO_EXPORT)])?;
    let mut import = Import { profile: Profile::new(file, text), remarks: Vec::new() };
    let read = import.schema(&root);
    match read {
        Some(read) if import.profile.reader.is_clean() => {
            let ReadSchema { rule, user, group } = read;
            import.remarks.sort_by_key(|remark| remark.line);
            let mapping = Mapping {
                about: format!("imported from {file}"),
                ..Mapping::new(
                    name,
                    user.1.clone(),
                    group.as_ref().filter(|(_, _, enabled)| *enabled).map(|(_, group, _)| group.clone()),
                )
            };
            let frame = Frame {
                document: Arc::new(root.to_json()),
                rule,
                user,
                group: group.map(|(index, group, _)| (index, group)),
                remarks: import.remarks,
            };
            Ok(Mapping { frame: Some(frame), ..mapping })
        }
        _ => Err(import.profile.reader.into_problems()),
    }
}

/// The played parts of a document.
struct ReadSchema {
    rule: usize,
    user: (usize, ObjectMapping),
    /// The number says whether it is enabled.
    group: Option<(usize, ObjectMapping, bool)>,
}

/// A directory of the document: its object types and their attributes.
struct SchemaDirectory {
    name: String,
    objects: Vec<(String, Vec<ListedAttribute>)>,
}

/// An attribute that a directory lists.
pub(super) struct ListedAttribute {
    pub name: String,
    pub data_type: DataType,
    pub case_exact: bool,
    pub required: bool,
    pub multivalued: bool,
}

impl SchemaDirectory {
    fn object(&self, name: &str) -> Option<&[ListedAttribute]> {
        self.objects.iter().find(|(known, _)| known == name).map(|(_, attributes)| attributes.as_slice())
    }
}

/// A document while it is read.
pub(super) struct Import<'a> {
    pub profile: Profile<'a>,
    remarks: Vec<Remark>,
}

impl Import<'_> {
    pub fn remark(&mut self, node: &Node, path: &str, message: impl Into<String>) {
        self.remarks.push(Remark { path: path.to_owned(), line: node.line, message: message.into() });
    }

    /// What nobody asked for is no part of Graph's description, or of a later one.
    pub fn finish(&mut self, mut fields: Fields<'_>, path: &str) {
        for (key, node) in fields.others() {
            if !key.name.contains("@odata.") && node.kind != NodeKind::Null {
                self.remark(node, &below(path, &key.name), "not known here: kept, and not played");
            }
        }
    }

    pub fn problem(&mut self, node: &Node, title: impl Into<String>, help: impl Into<String>) {
        let problem = self.profile.reader.problem(&node.span, title);
        self.profile.reader.note(problem.help(help));
    }

    fn schema(&mut self, root: &Node) -> Option<ReadSchema> {
        let mut fields = self.profile.reader.fields(root)?;
        // A job that was asked for with its schema holds it under this name.
        if let Some(inner) = fields.get("schema") {
            let title = "this is a job, and its schema is a part of it";
            self.problem(inner, title, "save the value of `schema` alone");
            return None;
        }
        let directories = given(&mut fields, "directories");
        let rules = given(&mut fields, "synchronizationRules");
        for known in ["id", "version", "provisioningTaskIdentifier", "metadata"] {
            fields.get(known);
        }
        self.finish(fields, "");
        let Some(rules_node) = rules else {
            self.problem(
                root,
                "`synchronizationRules` is missing: this is no synchronizationSchema",
                HOW_TO_EXPORT,
            );
            return None;
        };
        let directories = directories.map_or(Some(Vec::new()), |node| self.directories(node))?;
        let mut read = None;
        for (index, rule) in self.profile.reader.list(rules_node)?.iter().enumerate() {
            let path = format!("synchronizationRules[{index}]");
            if read.is_some() {
                self.remark(rule, &path, "only the first rule that provisions users is played");
                continue;
            }
            read = self.rule(rule, &path, index, &directories);
        }
        if read.is_none() && self.profile.reader.is_clean() {
            let help = "the rule's sourceDirectoryName is `Azure Active Directory` or `Microsoft Entra ID`, and one of \
                        its objectMappings has the sourceObjectName `User`";
            self.problem(rules_node, "no rule provisions users from Entra", help);
        }
        read
    }

    fn directories(&mut self, node: &Node) -> Option<Vec<SchemaDirectory>> {
        let mut directories = Vec::new();
        for (index, item) in self.profile.reader.list(node)?.iter().enumerate() {
            let path = format!("directories[{index}]");
            let mut fields = self.profile.reader.fields(item)?;
            let name = fields.required(&mut self.profile.reader, "name");
            let objects = given(&mut fields, "objects");
            for known in ["id", "readOnly", "version", "discoveryDateTime", "discoverabilities", "metadata"] {
                fields.get(known);
            }
            self.finish(fields, &path);
            let name = self.profile.reader.text(name?)?;
            let mut read = Vec::new();
            for (index, object) in
                objects.map_or(Some(&[][..]), |node| self.profile.reader.list(node))?.iter().enumerate()
            {
                read.push(self.definitions(object, &format!("{path}.objects[{index}]"))?);
            }
            directories.push(SchemaDirectory { name, objects: read });
        }
        Some(directories)
    }

    fn definitions(&mut self, node: &Node, path: &str) -> Option<(String, Vec<ListedAttribute>)> {
        let mut fields = self.profile.reader.fields(node)?;
        let name = fields.required(&mut self.profile.reader, "name");
        let attributes = given(&mut fields, "attributes");
        fields.get("metadata");
        fields.get("supportedApis");
        self.finish(fields, path);
        let name = self.profile.reader.text(name?)?;
        let attributes = attributes.map_or(Some(&[][..]), |node| self.profile.reader.list(node))?;
        let mut read = Vec::new();
        for (index, attribute) in attributes.iter().enumerate() {
            read.push(self.definition(attribute, &format!("{path}.attributes[{index}]"))?);
        }
        Some((name, read))
    }

    fn definition(&mut self, node: &Node, path: &str) -> Option<ListedAttribute> {
        let mut fields = self.profile.reader.fields(node)?;
        let name = fields.required(&mut self.profile.reader, "name");
        let data_type = given(&mut fields, "type");
        let flags =
            ["caseExact", "required", "multivalued", "flowNullValues"].map(|name| given(&mut fields, name));
        for known in
            ["anchor", "defaultValue", "metadata", "mutability", "referencedObjects", "apiExpressions"]
        {
            fields.get(known);
        }
        self.finish(fields, path);
        let name = self.profile.reader.text(name?)?;
        let data_type = data_type.map_or(Some(DataType::String), |node| {
            self.word(node, "type", &DataType::ALL.map(|known| (known.as_str(), known)))
        })?;
        let mut read = [false; 4];
        for (flag, node) in read.iter_mut().zip(flags) {
            *flag = node.map_or(Some(false), |node| self.profile.reader.boolean(node))?;
        }
        let [case_exact, required, multivalued, flow_nulls] = read;
        if flow_nulls {
            self.remark(node, path, "flowNullValues is for inbound provisioning and not played");
        }
        Some(ListedAttribute { name, data_type, case_exact, required, multivalued })
    }

    /// A word of a closed list, in any letter case.
    pub fn word<T: Copy>(&mut self, node: &Node, what: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.profile.reader.text(node)?;
        let found = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(&text));
        if found.is_none() {
            self.profile.reader.unknown(&node.span, what, &text, words.iter().map(|(word, _)| *word));
        }
        found.map(|(_, value)| *value)
    }

    fn rule(
        &mut self,
        node: &Node,
        path: &str,
        index: usize,
        directories: &[SchemaDirectory],
    ) -> Option<ReadSchema> {
        let mut fields = self.profile.reader.fields(node)?;
        let source = given(&mut fields, "sourceDirectoryName").and_then(Node::as_text);
        let target = given(&mut fields, "targetDirectoryName").and_then(Node::as_text);
        let mappings = given(&mut fields, "objectMappings");
        for known in ["id", "name", "editable", "priority", "metadata"] {
            fields.get(known);
        }
        if source.is_some_and(|source| !ENTRA.iter().any(|known| known.eq_ignore_ascii_case(source))) {
            self.remark(node, path, "the source of this rule is not Entra: it is not played");
            return None;
        }
        self.finish(fields, path);
        let named =
            |name: Option<&str>| directories.iter().find(|directory| Some(directory.name.as_str()) == name);
        let sources = named(source).or_else(|| {
            directories.iter().find(|d| ENTRA.iter().any(|known| known.eq_ignore_ascii_case(&d.name)))
        });
        let targets = named(target);
        let (mut user, mut group) = (None, None);
        for (index, mapping) in self.profile.reader.list(mappings?)?.iter().enumerate() {
            let path = format!("{path}.objectMappings[{index}]");
            let source = match &mapping.kind {
                NodeKind::Map(entries) => entries
                    .iter()
                    .find(|(key, _)| key.name == "sourceObjectName")
                    .and_then(|(_, name)| name.as_text()),
                _ => None,
            };
            let kind = match source {
                Some("User") if user.is_none() => ObjectKind::User,
                Some("Group") if group.is_none() => ObjectKind::Group,
                _ => {
                    self.remark(mapping, &path, "only one mapping of User and one of Group are played");
                    continue;
                }
            };
            if let Some(attributes) = sources.and_then(|directory| directory.object(object_name(kind))) {
                declare(kind, attributes);
            }
            let read = self.object(kind, mapping, &path, targets);
            match kind {
                ObjectKind::User => user = read.map(|(mapping, _)| (index, mapping)),
                ObjectKind::Group => group = read.map(|(mapping, enabled)| (index, mapping, enabled)),
            }
        }
        Some(ReadSchema { rule: index, user: user?, group })
    }

    fn object(
        &mut self,
        kind: ObjectKind,
        node: &Node,
        path: &str,
        targets: Option<&SchemaDirectory>,
    ) -> Option<(ObjectMapping, bool)> {
        let mut fields = self.profile.reader.fields(node)?;
        let enabled = given(&mut fields, "enabled");
        let actions = given(&mut fields, "flowTypes");
        let target = given(&mut fields, "targetObjectName").and_then(Node::as_text);
        let rows = fields.required(&mut self.profile.reader, "attributeMappings");
        let scope = given(&mut fields, "scope");
        let metadata = given(&mut fields, "metadata");
        fields.get("name");
        fields.get("sourceObjectName");
        self.finish(fields, path);
        if let Some(metadata) = metadata {
            self.object_metadata(metadata, &below(path, "metadata"));
        }
        let switch = enabled.map_or(Some(true), |node| self.profile.reader.boolean(node));
        if let (Some(false), Some(node), ObjectKind::User) = (switch, enabled, kind) {
            let help = "Entra lets only the group mapping be switched off";
            self.problem(node, "the mapping of users is not enabled", help);
        }
        let actions = actions.map_or(Some(ObjectActions::default()), |node| self.actions(node));
        let filter = scope
            .map_or(Some(ScopingFilter::default()), |node| self.scope(kind, node, &below(path, "scope")));
        let definitions = match (targets, target) {
            (Some(targets), Some(target)) => targets.object(target),
            _ => None,
        };
        let node = rows?;
        let mut rows: Vec<AttributeMapping> = Vec::new();
        for (index, row) in self.profile.reader.list(node)?.iter().enumerate() {
            let path = format!("{path}.attributeMappings[{index}]");
            rows.extend(self.row(kind, row, &path, definitions, &rows));
        }
        if self.profile.reader.is_clean() && !rows.iter().any(|row| row.matching.is_some()) {
            let first = if kind == ObjectKind::User { "userName" } else { "displayName" };
            let help = format!("give the mapping of `{first}` the matchingPriority 1");
            self.problem(node, format!("no {kind} attribute matches"), help);
        }
        Some((ObjectMapping { rows, actions: actions?, filter: filter? }, switch?))
    }

    fn object_metadata(&mut self, node: &Node, path: &str) {
        let played = ["IsCustomerDefined", "OriginalJoiningProperty", "ExcludeFromReporting"];
        let NodeKind::List(items) = &node.kind else { return };
        for item in items {
            let value = item.to_json();
            let (key, value) = (value["key"].as_str().unwrap_or_default(), value["value"].as_str());
            let neutral = matches!(value, None | Some("false" | "\"Normal\"" | "\"Default\"" | "null" | ""));
            if !played.contains(&key) && !neutral {
                self.remark(item, path, format!("`{key}` is kept and not played"));
            }
        }
    }

    /// `Add, Update, Delete` in one text, with or without blanks.
    fn actions(&mut self, node: &Node) -> Option<ObjectActions> {
        let text = self.profile.reader.text(node)?;
        let mut actions = ObjectActions { create: false, update: false, delete: false };
        for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            match word.to_ascii_lowercase().as_str() {
                "add" => actions.create = true,
                "update" => actions.update = true,
                "delete" => actions.delete = true,
                "none" => {}
                _ => {
                    let at = self.profile.reader.part(&node.span, word);
                    let known = ["Add", "Update", "Delete", "None"];
                    self.profile.reader.unknown(&at, "flow type of objects", word, known);
                    return None;
                }
            }
        }
        Some(actions)
    }

    fn scope(&mut self, kind: ObjectKind, node: &Node, path: &str) -> Option<ScopingFilter> {
        let mut fields = self.profile.reader.fields(node)?;
        let groups = given(&mut fields, "groups");
        let others =
            ["inputFilterGroups", "categoryFilterGroups"].map(|name| (name, given(&mut fields, name)));
        self.finish(fields, path);
        for (name, node) in others {
            if let Some(node) =
                node.filter(|node| !matches!(&node.kind, NodeKind::List(items) if items.is_empty()))
            {
                self.remark(node, &below(path, name), "only `groups` are played");
            }
        }
        let mut read = Vec::new();
        let groups = groups.map_or(Some(&[][..]), |node| self.profile.reader.list(node))?;
        for (index, group) in groups.iter().enumerate() {
            read.extend(self.group(kind, group, &format!("{path}.groups[{index}]")));
        }
        Some(ScopingFilter { groups: read })
    }

    fn group(&mut self, kind: ObjectKind, node: &Node, path: &str) -> Option<FilterGroup> {
        let mut fields = self.profile.reader.fields(node)?;
        let name = given(&mut fields, "name");
        let clauses = fields.required(&mut self.profile.reader, "clauses");
        self.finish(fields, path);
        let name = name.map_or(Some(String::new()), |node| self.profile.reader.text(node));
        let mut read = Vec::new();
        for (index, clause) in self.profile.reader.list(clauses?)?.iter().enumerate() {
            read.extend(self.clause(kind, clause, &format!("{path}.clauses[{index}]")));
        }
        Some(FilterGroup { name: name?, clauses: read })
    }

    fn clause(&mut self, kind: ObjectKind, node: &Node, path: &str) -> Option<Clause> {
        let mut fields = self.profile.reader.fields(node)?;
        let operator = fields.required(&mut self.profile.reader, "operatorName");
        let attribute = fields.required(&mut self.profile.reader, "sourceOperandName");
        let operand = given(&mut fields, "targetOperand");
        fields.get("id");
        self.finish(fields, path);
        let values = match operand {
            Some(operand) => {
                let mut fields = self.profile.reader.fields(operand)?;
                let values = given(&mut fields, "values");
                self.finish(fields, &below(path, "targetOperand"));
                values.map_or(Some(&[][..]), |node| self.profile.reader.list(node))?
            }
            None => &[],
        };
        if let Some(second) = values.get(1) {
            self.problem(second, "a clause compares with one value", "write a clause for each value");
            return None;
        }
        self.profile.read_clause(kind, attribute?, operator?, values.first(), node)
    }
}

/// A field that has a value: null is as good as nothing.
pub(super) fn given<'n>(fields: &mut Fields<'n>, name: &'static str) -> Option<&'n Node> {
    fields.get(name).filter(|node| node.kind != NodeKind::Null)
}

pub(super) fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// Attributes that the tenant has beyond those that Entra has of itself.
fn declare(kind: ObjectKind, definitions: &[ListedAttribute]) {
    for definition in definitions.iter().filter(|definition| definition.name != IS_SOFT_DELETED.name) {
        let values = match (definition.data_type, definition.multivalued) {
            (DataType::Boolean, false) => AttributeKind::Boolean,
            (DataType::Reference, false) => AttributeKind::Reference,
            (DataType::Reference, true) => AttributeKind::References,
            (_, true) => AttributeKind::Texts,
            (_, false) => AttributeKind::Text,
        };
        directory::declare(kind, &definition.name, values);
    }
}
