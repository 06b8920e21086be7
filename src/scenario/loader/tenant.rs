use indexmap::IndexMap;

use super::Loader;
use super::keys::{ACCOUNT, GROUP, PERSON};
use super::names::{MOST_PEOPLE, Wanted};
use crate::entra::directory::{self, AttributeKind, ObjectKind};
use crate::scenario::{AccountSpec, GroupSpec, LetterCase, Person};
use crate::yaml::{Node, NodeKey, NodeKind};

pub(super) const LETTER_CASES: [(&str, LetterCase); 3] =
    [("same", LetterCase::Same), ("upper", LetterCase::Upper), ("lower", LetterCase::Lower)];

impl Loader<'_> {
    pub(super) fn people(&mut self, node: Option<&Node>) -> IndexMap<String, Person> {
        self.each(node, |loader, value| {
            let mut fields = loader.reader.fields_of(value, &PERSON)?;
            let mut person = Person { assigned: true, enabled: true, ..Person::default() };
            if let Some(node) = fields.get("manager") {
                person.manager = loader.one(node, Wanted::Person);
            }
            if let Some(flag) = fields.get("assigned").and_then(|node| loader.reader.boolean(node)) {
                person.assigned = flag;
            }
            if let Some(flag) = fields.get("enabled").and_then(|node| loader.reader.boolean(node)) {
                person.enabled = flag;
            }
            if let Some(flag) = fields.get("absent").and_then(|node| loader.reader.boolean(node)) {
                person.absent = flag;
            }
            if let Some(number) =
                fields.get("many").and_then(|node| loader.reader.whole_number(node, 1..=MOST_PEOPLE))
            {
                person.many = usize::try_from(number).unwrap_or(usize::MAX);
            }
            if let Some(number) =
                fields.get("usually").and_then(|node| loader.reader.whole_number(node, 1..=MOST_PEOPLE))
            {
                person.usually = usize::try_from(number).ok();
            }
            if let Some(node) = fields.get("roles") {
                person.roles = loader.role_names(node);
            }
            let keywords = PERSON.map(|key| key.name);
            person.attributes = loader.attributes(&fields.others(), ObjectKind::User, &keywords);
            Some(person)
        })
    }

    /// One name of a role, or a list of them.
    pub(super) fn role_names(&mut self, node: &Node) -> Vec<String> {
        let items = match &node.kind {
            NodeKind::List(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        items.iter().filter_map(|item| self.reader.text(item)).collect()
    }

    pub(super) fn groups(&mut self, node: Option<&Node>) -> IndexMap<String, GroupSpec> {
        self.each(node, |loader, value| {
            let mut fields = loader.reader.fields_of(value, &GROUP)?;
            let mut group = GroupSpec { assigned: true, ..GroupSpec::default() };
            if let Some(node) = fields.get("members") {
                group.members = loader.several(node, Wanted::Everybody, true);
            }
            if let Some(flag) = fields.get("assigned").and_then(|node| loader.reader.boolean(node)) {
                group.assigned = flag;
            }
            if let Some(flag) = fields.get("absent").and_then(|node| loader.reader.boolean(node)) {
                group.absent = flag;
            }
            group.attributes =
                loader.attributes(&fields.others(), ObjectKind::Group, &GROUP.map(|key| key.name));
            Some(group)
        })
    }

    pub(super) fn accounts(&mut self, node: Option<&Node>) -> IndexMap<String, AccountSpec> {
        self.each(node, |loader, value| {
            let mut fields = loader.reader.fields_of(value, &ACCOUNT)?;
            let of = fields
                .required(&mut loader.reader, "of")
                .and_then(|node| loader.one(node, Wanted::Everybody));
            let letter_case = fields
                .get("letter-case")
                .and_then(|node| loader.reader.word(node, "letter case", &LETTER_CASES))
                .unwrap_or_default();
            let mut with = IndexMap::new();
            for (path, node) in fields.get("with").and_then(|node| loader.reader.entries(node)).unwrap_or(&[])
            {
                if loader.target_path(&path.name, &path.span) {
                    loader.templates(node, true);
                    with.insert(path.name.clone(), Some(node.to_json()).filter(|value| !value.is_null()));
                }
            }
            fields.finish(&mut loader.reader);
            Some(AccountSpec { of: of?, letter_case, with })
        })
    }

    /// Source attributes as they are written at a person, at a group and in `set`.
    pub(super) fn attributes(
        &mut self,
        entries: &[&(NodeKey, Node)],
        kind: ObjectKind,
        keywords: &[&str],
    ) -> IndexMap<String, Option<String>> {
        let mut attributes = IndexMap::new();
        for (key, node) in entries {
            if let Some(value) = self.attribute(key, node, kind, keywords) {
                attributes.insert(key.name.clone(), value);
            }
        }
        attributes
    }

    fn attribute(
        &mut self,
        key: &NodeKey,
        node: &Node,
        kind: ObjectKind,
        keywords: &[&str],
    ) -> Option<Option<String>> {
        match directory::find(kind, &key.name) {
            Ok(attribute) if attribute.computed => {
                let problem = self.reader.problem(&key.span, format!("`{}` is not set like this", key.name));
                let problem = match attribute.name {
                    "accountEnabled" => problem.help("write `enabled: false`, or the step `block-sign-in`"),
                    "manager" => problem.help("use the step `set-manager`"),
                    "members" => problem.help("use the steps `add-members` and `remove-members`"),
                    _ => problem.help("the directory sets it"),
                };
                self.reader.note(problem);
                None
            }
            Ok(attribute) if attribute.kind != AttributeKind::Text => {
                let title =
                    format!("`{}` holds {}, and scenarios set texts", key.name, attribute.kind.as_str());
                let problem = self.reader.problem(&key.span, title);
                self.reader.note(match attribute.kind {
                    AttributeKind::Roles => problem.help("write `roles`, or the step `assign-role`"),
                    _ => problem,
                });
                None
            }
            Ok(_) => {
                let value = self.reader.text_or_null(node)?;
                self.templates(node, true);
                Some(value)
            }
            Err(unknown) => {
                let names = directory::attributes(kind).iter().map(|attribute| attribute.name);
                let mut problem = self
                    .reader
                    .problem(&key.span, unknown.to_string())
                    .did_you_mean(&key.name, keywords.iter().copied().chain(names));
                if problem.help.is_none() {
                    problem = problem
                        .help("keys here are Entra's own attributes, as displayName, mail or employeeId");
                }
                self.reader.note(problem);
                None
            }
        }
    }

    /// Reads the entries of a section, each by its name.
    fn each<T>(
        &mut self,
        node: Option<&Node>,
        mut read: impl FnMut(&mut Self, &Node) -> Option<T>,
    ) -> IndexMap<String, T> {
        // A section that is no map was noted when its names were learned.
        let Some(NodeKind::Map(entries)) = node.map(|node| &node.kind) else {
            return IndexMap::new();
        };
        entries.iter().filter_map(|(key, value)| Some((key.name.clone(), read(self, value)?))).collect()
    }
}
