//! The attributes that a scenario rests on, read off its people and its timeline, so that no file has to say
//! them: what a profile does not map cannot be expected of a target.

use serde_json::Value;

use super::{Action, AnswerExpectation, RawRequest, Scenario};
use crate::entra::directory::ObjectKind;
use crate::scim::schema::SchemaSet;
use crate::scim::{Filter, PatchPath, same_name, urn};
use crate::wire::{Method, ResourceKind};

/// Attributes that a scenario names.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NamedAttributes {
    /// Source attributes that people and groups are given from the start, and whether one of them lacks it.
    pub given: Vec<GivenAttribute>,
    /// Source attributes that a step changes, by step and object: one of each set must flow to the target, or
    /// nothing happens.
    pub changed: Vec<(ObjectKind, Vec<GivenAttribute>)>,
    /// Target attributes of which something is expected, or which a request takes from a person or group.
    pub expected: Vec<(ObjectKind, PatchPath)>,
    /// Target attributes in requests of the scenario's own and in what is expected of their answers.
    pub requested: Vec<(ObjectKind, PatchPath)>,
    /// Those of them that a PATCH changes.
    pub patched: Vec<(ObjectKind, PatchPath)>,
}

/// A source attribute that the scenario says something of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenAttribute {
    /// Of users or of groups.
    pub kind: ObjectKind,
    /// Entra's name.
    pub name: String,
    /// It is taken away.
    pub is_missing: bool,
}

impl NamedAttributes {
    /// Those of a scenario.
    #[must_use]
    pub fn of(scenario: &Scenario) -> Self {
        let mut named = Collected { scenario, named: NamedAttributes::default(), patches: false };
        for person in scenario.people.values() {
            named.give(
                ObjectKind::User,
                person.attributes.iter().map(|(name, value)| (name, value.is_none())),
            );
            if person.manager.is_some() {
                named.expect_path(ObjectKind::User, "manager");
            }
        }
        for group in scenario.groups.values() {
            named.give(
                ObjectKind::Group,
                group.attributes.iter().map(|(name, value)| (name, value.is_none())),
            );
        }
        for account in scenario.accounts.values() {
            let kind = named.kind_of(&account.of);
            for (name, value) in &account.with {
                named.request_path(kind, name);
                named.templates(value.as_ref().unwrap_or(&Value::Null));
            }
        }
        for name in &scenario.mapping.matching {
            named.expect_path(ObjectKind::User, name);
        }
        for step in &scenario.timeline {
            named.step(&step.action);
        }
        named.named
    }

    /// Paths of the target attributes that a profile must map, as they are written, users' first.
    #[must_use]
    pub fn mapped(&self) -> Vec<String> {
        let of = |wanted: ObjectKind| {
            self.expected.iter().filter(move |(kind, _)| *kind == wanted).map(|(_, path)| path.to_string())
        };
        of(ObjectKind::User).chain(of(ObjectKind::Group).map(|path| format!("group:{path}"))).collect()
    }

    /// Source attributes that the scenario gives or changes.
    pub fn sources(&self) -> impl Iterator<Item = &GivenAttribute> {
        self.given.iter().chain(self.changed.iter().flat_map(|(_, changed)| changed))
    }
}

struct Collected<'a> {
    scenario: &'a Scenario,
    named: NamedAttributes,
    /// What is read is a PATCH.
    patches: bool,
}

impl Collected<'_> {
    fn kind_of(&self, key: &str) -> ObjectKind {
        match self.scenario.groups.contains_key(key) {
            true => ObjectKind::Group,
            false => ObjectKind::User,
        }
    }

    fn give<'n>(&mut self, kind: ObjectKind, names: impl Iterator<Item = (&'n String, bool)>) {
        for (name, is_missing) in names {
            let given = GivenAttribute { kind, name: name.clone(), is_missing };
            if !self.named.given.contains(&given) {
                self.named.given.push(given);
            }
        }
    }

    fn expect_path(&mut self, kind: ObjectKind, text: &str) {
        if let Ok(path) = text.parse() {
            add(&mut self.named.expected, kind, path);
        }
    }

    fn request_path(&mut self, kind: ObjectKind, text: &str) {
        if let Ok(path) = text.parse() {
            self.request(kind, path);
        }
    }

    /// What belongs to every resource, and what no schema has, is no attribute that a target must take.
    fn request(&mut self, kind: ObjectKind, path: PatchPath) {
        if !is_of_all(&path) && is_attribute(kind, &path) {
            if self.patches {
                add(&mut self.named.patched, kind, path.clone());
            }
            add(&mut self.named.requested, kind, path);
        }
    }

    fn step(&mut self, action: &Action) {
        match action {
            Action::Set(changes) => {
                for (key, attributes) in changes {
                    let kind = self.kind_of(key);
                    let changed = attributes
                        .iter()
                        .map(|(name, value)| GivenAttribute {
                            kind,
                            name: name.clone(),
                            is_missing: value.is_none(),
                        })
                        .collect();
                    self.named.changed.push((kind, changed));
                }
            }
            Action::SetManager(_) => {
                let manager =
                    GivenAttribute { kind: ObjectKind::User, name: "manager".to_owned(), is_missing: false };
                self.named.changed.push((ObjectKind::User, vec![manager]));
            }
            Action::Expect(expectations) | Action::ExpectSettled(expectations) => {
                for (key, expected) in expectations {
                    let kind = self.kind_of(key);
                    for (name, value) in &expected.attributes {
                        self.expect_path(kind, name);
                        self.templates(value);
                    }
                }
            }
            Action::ExpectLog(expectations) => {
                for expected in expectations.values() {
                    if expected.action.as_deref() == Some("disable") {
                        self.expect_path(ObjectKind::User, "active");
                    }
                }
            }
            Action::ExpectJob(expected)
                if expected.held_back.as_ref().is_some_and(|held| !held.is_empty()) =>
            {
                self.expect_path(ObjectKind::User, "active");
            }
            Action::Request(raw) => self.raw(raw),
            Action::AtOnce(several) => several.iter().for_each(|together| self.raw(&together.request)),
            Action::ExpectWalk(walk) => walk.between.iter().for_each(|raw| self.raw(raw)),
            Action::ExpectAnswer(expected) => self.answer(expected),
            Action::ChangeMapping(change) => {
                for name in &change.matching {
                    self.expect_path(ObjectKind::User, name);
                }
            }
            _ => {}
        }
    }

    /// The resource type that a request is about.
    fn kind_at(path: &str) -> ObjectKind {
        match path.trim_start_matches('/').starts_with("Groups") {
            true => ObjectKind::Group,
            false => ObjectKind::User,
        }
    }

    fn raw(&mut self, raw: &RawRequest) {
        self.templates(&Value::String(raw.path.clone()));
        raw.query.values().for_each(|value| self.templates(&Value::String(value.clone())));
        if let Some(body) = &raw.body {
            self.templates(body);
        }
        let kind = Self::kind_at(&raw.path);
        for (name, value) in &raw.query {
            match name.as_str() {
                "filter" => self.filter(kind, value, !raw.provoked),
                "sortBy" => self.request_path(kind, value),
                _ => {}
            }
        }
        let Some(body) = &raw.body else { return };
        if raw.path.starts_with("/Bulk") {
            for operation in body.get("Operations").and_then(Value::as_array).into_iter().flatten() {
                let path = operation.get("path").and_then(Value::as_str).unwrap_or_default();
                let patches = operation.get("method").and_then(Value::as_str) == Some("PATCH");
                if let Some(data) = operation.get("data") {
                    self.body(Self::kind_at(path), data, patches);
                }
            }
        } else if raw.path.ends_with(".search") {
            if let Some(filter) = body.get("filter").and_then(Value::as_str) {
                self.filter(kind, filter, !raw.provoked);
            }
        } else {
            self.body(kind, body, raw.method == Method::Patch);
        }
    }

    fn body(&mut self, kind: ObjectKind, body: &Value, patches: bool) {
        if !patches {
            return self.resource(kind, body);
        }
        self.patches = true;
        for operation in body.get("Operations").and_then(Value::as_array).into_iter().flatten() {
            let value = operation.get("value").unwrap_or(&Value::Null);
            match operation.get("path").and_then(Value::as_str) {
                Some(path) => self.request_path(kind, &without_templates(path)),
                None => self.resource(kind, value),
            }
        }
        self.patches = false;
    }

    /// The members of a resource, or of a PATCH without a path.
    fn resource(&mut self, kind: ObjectKind, body: &Value) {
        for (key, value) in body.as_object().into_iter().flatten() {
            if same_name(key, "schemas") {
                continue;
            }
            if let (true, Value::Object(extension)) = (key.starts_with("urn:"), value) {
                for name in extension.keys() {
                    let path = PatchPath { schema: Some(key.clone()), ..PatchPath::simple(name) };
                    self.request(kind, path);
                }
                continue;
            }
            let subs: Vec<&String> = match value {
                Value::Object(members) => members.keys().collect(),
                Value::Array(items) => {
                    items.iter().filter_map(Value::as_object).flat_map(|o| o.keys()).collect()
                }
                _ => Vec::new(),
            };
            if subs.is_empty() {
                self.request_path(kind, key);
            }
            for sub in subs {
                self.request(kind, PatchPath { sub: Some(sub.clone()), ..PatchPath::simple(key) });
            }
        }
    }

    /// The attributes of a filter, by which accounts are to be found or which is to be refused.
    fn filter(&mut self, kind: ObjectKind, text: &str, finds: bool) {
        let Ok(filter) = without_templates(text).parse::<Filter>() else { return };
        for path in filter.attributes() {
            let path: PatchPath = path.clone().into();
            // An account is found by what the mapping wrote to it.
            if finds && is_attribute(kind, &path) && !is_of_all(&path) {
                add(&mut self.named.expected, kind, path.clone());
            }
            self.request(kind, path);
        }
    }

    fn answer(&mut self, expected: &AnswerExpectation) {
        let pointers = expected.body.keys().chain(&expected.present).chain(expected.unlike.keys());
        for pointer in pointers {
            let segments: Vec<&str> =
                pointer.split('/').filter(|segment| !segment.is_empty() && !is_number(segment)).collect();
            let below = segments.strip_prefix(&["Resources"]).unwrap_or(&segments);
            // A member that a list or an error has is no attribute; what follows checks that.
            let path = match below {
                [urn, attribute, ..] if urn.contains(':') => format!("{urn}:{attribute}"),
                [attribute, sub, ..] => format!("{attribute}.{sub}"),
                [attribute] => (*attribute).to_owned(),
                [] => continue,
            };
            for kind in [ObjectKind::User, ObjectKind::Group] {
                // Names that both have are the users' or the groups' alike: either will do.
                if let Ok(path) = path.parse::<PatchPath>()
                    && is_attribute(kind, &path)
                {
                    self.request(kind, path);
                    break;
                }
            }
        }
        expected.body.values().chain(expected.unlike.values()).for_each(|value| self.templates(value));
    }

    /// What a template takes of a person or group must be mapped.
    fn templates(&mut self, value: &Value) {
        match value {
            Value::String(text) => {
                for inside in text.split("{{").skip(1).filter_map(|rest| rest.split("}}").next()) {
                    let name = inside.split('|').next().unwrap_or_default().trim();
                    let Some((key, member)) = name.split_once('.') else { continue };
                    let known =
                        self.scenario.people.contains_key(key) || self.scenario.groups.contains_key(key);
                    if known && !["id", "create"].contains(&member) {
                        self.expect_path(self.kind_of(key), member);
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.templates(item)),
            Value::Object(members) => members.values().for_each(|member| self.templates(member)),
            _ => {}
        }
    }
}

fn add(paths: &mut Vec<(ObjectKind, PatchPath)>, kind: ObjectKind, path: PatchPath) {
    if !paths.iter().any(|(of, known)| *of == kind && known.same_as(&path)) {
        paths.push((kind, path));
    }
}

/// True for what belongs to every resource.
fn is_of_all(path: &PatchPath) -> bool {
    path.schema.is_none() && ["schemas", "id", "meta"].iter().any(|name| same_name(name, &path.attribute))
}

fn is_number(segment: &str) -> bool {
    segment.bytes().all(|byte| byte.is_ascii_digit())
}

/// The text with something in the place of each template, so that it can be read as a path or a filter.
fn without_templates(text: &str) -> String {
    let mut parts = text.split("{{");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push('x');
        plain.push_str(part.split_once("}}").map_or("", |(_, rest)| rest));
    }
    plain
}

/// True for an attribute of RFC 7643's schemas, and for whatever stands behind another URN.
fn is_attribute(kind: ObjectKind, path: &PatchPath) -> bool {
    let core = ResourceKind::from(kind).schema();
    let known = [core, urn::ENTERPRISE];
    match &path.schema {
        Some(schema) if !known.iter().any(|known| same_name(known, schema)) => true,
        _ => SchemaSet::core().find_within(core, &path.attribute_path()).is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> NamedAttributes {
        let head = "title: T\nlevel: error\nrefs: [{ rfc: \"7644#3.3\" }]\nwhy: w\nfix: f\nentra: e\n";
        crate::scenario::load("scenarios/cycles/x.yaml", &format!("{head}{text}")).unwrap().attributes
    }

    fn shown(paths: &[(ObjectKind, PatchPath)]) -> Vec<String> {
        paths.iter().map(|(kind, path)| format!("{kind} {path}")).collect()
    }

    #[test]
    fn what_is_given_changed_and_expected_is_named() {
        let named = named(
            "people: { ada: { jobTitle: null }, grace: }\n\
             timeline:\n\
             - cycle\n\
             - set: { ada: { displayName: X } }\n\
             - set-manager: { ada: grace }\n\
             - cycle\n\
             - expect: { ada: { active: true, title: \"{{grace.displayName}}\" } }",
        );
        assert!(named.given[0].is_missing && named.given[0].name == "jobTitle");
        assert_eq!(named.changed.len(), 2);
        assert_eq!(shown(&named.expected), ["user active", "user title", "user displayName"]);
        assert_eq!(named.sources().count(), 3);
    }

    #[test]
    fn requests_name_what_they_send_ask_for_and_expect() {
        let named = named(
            "people: { ada: }\n\
             timeline:\n\
             - request:\n    method: POST\n    path: /Users\n    body: { schemas: [x], userName: u, name: { givenName: g }, \
             shoeSize: 1, emails: [{ value: v, type: work }] }\n\
             - expect-answer: { body: { userName: u, /name/familyName: x, totalResults: 1 } }\n\
             - request: { method: GET, path: /Users, query: { filter: 'title eq \"{{ada.userName}}\"' } }\n\
             - request:\n    method: PATCH\n    path: \"/Users/{{ada.id}}\"\n    body: { Operations: [{ op: add, path: nickName, value: n }, \
             { op: add, value: { displayName: d } }] }\n\
             - request: { method: POST, path: /Users, provoked: true, body: { profileURI: p } }",
        );
        assert_eq!(
            shown(&named.requested),
            [
                "user userName",
                "user name.givenName",
                "user emails.value",
                "user emails.type",
                "user name.familyName",
                "user title",
                "user nickName",
                "user displayName"
            ]
        );
        assert_eq!(shown(&named.expected), ["user userName", "user title"]);
        assert_eq!(shown(&named.patched), ["user nickName", "user displayName"]);
    }
}
