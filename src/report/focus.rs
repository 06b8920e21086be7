//! The part of a body that a finding is about: what stands before it would fill the line that shows it.

use serde_json::{Map, Value};

use super::layout;
use crate::scim::{PatchPath, same_name};

/// Stands for what is left out.
const ELLIPSIS: &str = "…";

/// The attribute that a finding is about.
pub(in crate::report) struct Focus(PatchPath);

impl Focus {
    /// The attribute that a finding's subject names, as `emails[type eq "work"].value`; `None` for another subject.
    pub fn of(subject: &str) -> Option<Self> {
        subject.parse::<PatchPath>().ok().filter(|path| !path.is_bare_schema()).map(Focus)
    }

    /// A resource, a list or a PATCH in one line without the attributes that the finding is not about; `None` when it
    /// is none of them, or when nothing of it is about the attribute.
    pub fn part(&self, body: &Value) -> Option<String> {
        let body = body.as_object()?;
        match (body.get("Operations"), body.get("Resources")) {
            (Some(Value::Array(operations)), _) => {
                let operations = self.operations(operations)?;
                members(body, |key, _| (key == "Operations").then(|| operations.clone()))
            }
            (_, Some(Value::Array(resources))) => {
                let resources = elements(resources, |resource| self.resource(resource.as_object()?))?;
                members(body, |key, value| match key {
                    "Resources" => Some(resources.clone()),
                    "totalResults" => Some(value.to_string()),
                    _ => None,
                })
            }
            _ => self.resource(body),
        }
    }

    fn operations(&self, operations: &[Value]) -> Option<String> {
        let is_met = |operation: &Value| match operation.get("path").and_then(Value::as_str) {
            Some(path) => path.parse::<PatchPath>().is_ok_and(|path| self.is_met_by(&path)),
            None => {
                let value = operation.get("value").and_then(Value::as_object);
                value.is_some_and(|value| self.resource(value).is_some())
            }
        };
        elements(operations, |operation| is_met(operation).then(|| operation.to_string()))
    }

    fn resource(&self, resource: &Map<String, Value>) -> Option<String> {
        members(resource, |key, value| {
            let is_extension = self.0.schema.as_deref().is_some_and(|schema| same_name(schema, key));
            match value.as_object().filter(|_| is_extension) {
                Some(attributes) => members(attributes, |name, value| {
                    same_name(name, &self.0.attribute).then(|| value.to_string())
                }),
                None => {
                    let is_met = key.parse::<PatchPath>().is_ok_and(|path| self.is_met_by(&path));
                    is_met.then(|| value.to_string())
                }
            }
        })
    }

    /// True when a path writes the attribute, or the whole extension that it belongs to.
    fn is_met_by(&self, path: &PatchPath) -> bool {
        let attribute = PatchPath { filter: None, sub: None, ..self.0.clone() };
        let other = PatchPath { filter: None, sub: None, ..path.clone() };
        let whole = |path: &PatchPath| path.is_bare_schema() && path.schema == self.0.schema;
        attribute.same_as(&other) || whole(path)
    }
}

/// Text of an answer or a request: what the finding is about where the whole would be cut.
pub(super) fn excerpt(text: &str, body: Option<&Value>, focus: Option<&Focus>, limit: usize) -> String {
    let is_long = text.chars().nth(limit).is_some();
    let part = focus.filter(|_| is_long).zip(body).and_then(|(focus, body)| focus.part(body));
    layout::excerpt(&layout::clean(part.as_deref().unwrap_or(text)), limit)
}

/// The members of an object that `shown` gives a text for; one sign for each row of the others. `None` when there are
/// none.
fn members(object: &Map<String, Value>, shown: impl Fn(&str, &Value) -> Option<String>) -> Option<String> {
    let member = |(key, value): (&String, &Value)| {
        Some(format!("{}:{}", Value::from(key.as_str()), shown(key, value)?))
    };
    Some(format!("{{{}}}", in_rows(object.iter().map(member))?))
}

/// The same of an array's elements.
fn elements(elements: &[Value], shown: impl Fn(&Value) -> Option<String>) -> Option<String> {
    Some(format!("[{}]", in_rows(elements.iter().map(shown))?))
}

fn in_rows(texts: impl Iterator<Item = Option<String>>) -> Option<String> {
    let mut row: Vec<String> = Vec::new();
    for text in texts {
        match text {
            Some(text) => row.push(text),
            None if row.last().is_some_and(|last| last == ELLIPSIS) => {}
            None => row.push(ELLIPSIS.to_owned()),
        }
    }
    row.iter().any(|text| text != ELLIPSIS).then(|| row.join(","))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scim::urn;

    fn part(subject: &str, body: &Value) -> Option<String> {
        Focus::of(subject).unwrap().part(body)
    }

    #[test]
    fn a_resource_is_shown_by_the_attribute_in_question() {
        let user = json!({
            "id": "1", "userName": "ada", "emails": [{ "type": "work" }], "title": "x",
            urn::ENTERPRISE: { "department": "D", "manager": { "value": "2" } },
        });
        let emails = r#"{…,"emails":[{"type":"work"}],…}"#;
        assert_eq!(part(r#"emails[type eq "work"].value"#, &user).as_deref(), Some(emails));
        let manager = format!("{{…,\"{}\":{{…,\"manager\":{{\"value\":\"2\"}}}}}}", urn::ENTERPRISE);
        assert_eq!(part(&format!("{}:manager.value", urn::ENTERPRISE), &user), Some(manager));
        assert_eq!(part("nickName", &user), None, "nothing is about it");
        let list = json!({ "totalResults": 2, "Resources": [{ "id": "3", "title": "y" }, user] });
        let shown = r#"{"totalResults":2,"Resources":[{…,"title":"y"},{…,"title":"x",…}]}"#;
        assert_eq!(part("title", &list).as_deref(), Some(shown));
        assert_eq!(part("nickName", &list), None, "the list is about others");
    }

    #[test]
    fn a_patch_is_shown_by_the_operations_that_write_the_attribute() {
        let title = json!({ "op": "replace", "path": "title", "value": "x" });
        let name = json!({ "op": "add", "value": { "name.givenName": "Ada", "nickName": "A" } });
        let patch = json!({ "schemas": ["s"], "Operations": [name.clone(), title.clone(), name.clone()] });
        assert_eq!(
            part("title", &patch).as_deref(),
            Some(format!("{{…,\"Operations\":[…,{title},…]}}").as_str())
        );
        let names = format!("{{…,\"Operations\":[{name},…,{name}]}}");
        assert_eq!(part("name.givenName", &patch), Some(names));
        assert_eq!(part("active", &patch), None);
    }

    #[test]
    fn only_what_would_be_cut_is_shown_in_part() {
        let body = json!({ "id": "1", "title": "x" });
        let focus = Focus::of("title");
        let text = body.to_string();
        assert_eq!(excerpt(&text, Some(&body), focus.as_ref(), 100), text);
        assert_eq!(excerpt(&text, Some(&body), focus.as_ref(), 16), r#"{…,"title":"x"}"#);
        assert_eq!(excerpt(&text, Some(&body), None, 5), r#"{"id"…"#);
        assert!(Focus::of("status in another tenant").is_none() && Focus::of("").is_none());
    }
}
