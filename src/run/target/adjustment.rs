//! Creates and replacements as this target takes them: without what it refuses, with what it requires.
//!
//! One attribute that a target refuses, or one that it requires and a scenario does not care about, would
//! keep everything else from being judged. The recorder sees what is sent.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::scim::{Filter, PatchPath, member, same_name};
use crate::wire::{Actor, Answer, Broken, Method, Request, ResourceKind, Sent, Target};

/// What is changed in the bodies of creates and replacements.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Adjustment {
    /// Attributes and sub-attributes that the target refuses. A path of a URN alone stands for the whole
    /// extension, its entry in `schemas` included.
    pub refused: Vec<(ResourceKind, PatchPath)>,
    /// Attributes that the target requires, as published in /Schemas.
    pub required: Vec<RequiredAttribute>,
    /// The target takes one operation in each PATCH.
    pub one_operation_each: bool,
}

/// An attribute without which the target takes no create (RFC 7643 §7, `required`).
#[derive(Debug, Clone, PartialEq)]
pub struct RequiredAttribute {
    /// Of which resources.
    pub kind: ResourceKind,
    /// The attribute, or a sub-attribute.
    pub path: PatchPath,
    /// What it is given where a scenario says nothing of it. Texts in it may hold the resource's name, so
    /// that they are unique and known as the run's.
    pub value: Value,
}

impl Adjustment {
    /// True when nothing is changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.refused.is_empty() && self.required.is_empty() && !self.one_operation_each
    }

    /// True when the target refuses the attribute, a part of it, or what it is a part of.
    #[must_use]
    pub fn refuses(&self, kind: ResourceKind, path: &PatchPath) -> bool {
        self.refused.iter().any(|(of, refused)| *of == kind && overlap(refused, path))
    }

    /// The request as it goes out. Only requests of a scenario's own are given what they lack: the simulated service
    /// sends what its mapping gives. Those that are meant to be refused are given it too, so that they are refused for
    /// what is wrong with them.
    #[must_use]
    pub fn fit(&self, request: Request) -> Request {
        if self.is_empty() {
            return request;
        }
        let Some(before) = request.json() else { return request };
        let pads = matches!(request.actor, Actor::Probe | Actor::Observer);
        let mut body = before.clone();
        if request.path == "/Bulk" {
            for operation in body.get_mut("Operations").and_then(Value::as_array_mut).into_iter().flatten() {
                let text = |name: &str| member(operation, name).and_then(Value::as_str).unwrap_or_default();
                let makes = ["POST", "PUT"].contains(&text("method"));
                if let (Some(kind), true) = (kind_at(text("path")), makes)
                    && let Some(Value::Object(data)) = operation.get_mut("data")
                {
                    self.fit_resource(kind, data, pads);
                }
            }
        } else if let (Method::Post | Method::Put, Some(kind), Value::Object(resource)) =
            (request.method, kind_at(&request.path), &mut body)
        {
            self.fit_resource(kind, resource, pads);
        }
        if body == before { request } else { request.with_json(&body) }
    }

    /// A PATCH of the service's with one operation in each request, where the target takes no more.
    fn singly(&self, request: &Request) -> Vec<Request> {
        let is_of_the_service =
            request.method == Method::Patch && request.actor == Actor::Entra && !request.provoked;
        if !self.one_operation_each || !is_of_the_service {
            return Vec::new();
        }
        let Some(body) = request.json() else { return Vec::new() };
        let operations = member(&body, "Operations").and_then(Value::as_array).cloned().unwrap_or_default();
        let alone = |operation: Value| {
            let mut body = body.clone();
            body["Operations"] = Value::Array(vec![operation]);
            request.clone().with_json(&body)
        };
        operations.into_iter().map(alone).collect()
    }

    fn fit_resource(&self, kind: ResourceKind, resource: &mut Map<String, Value>, pads: bool) {
        for (_, path) in self.refused.iter().filter(|(of, _)| *of == kind) {
            leave_out(resource, path);
        }
        for required in self.required.iter().filter(|required| pads && required.kind == kind) {
            give(resource, required);
        }
    }
}

/// The resource type of an endpoint or a resource below it.
fn kind_at(path: &str) -> Option<ResourceKind> {
    let first = path.trim_start_matches('/').split('/').next()?;
    [ResourceKind::User, ResourceKind::Group]
        .into_iter()
        .find(|kind| kind.endpoint().trim_start_matches('/') == first && !path.ends_with(".search"))
}

/// True when one path names the other or a part of it.
pub(in crate::run) fn overlap(refused: &PatchPath, path: &PatchPath) -> bool {
    let of_schema = |path: &PatchPath| path.schema.clone().unwrap_or_default();
    let core = |schema: &str| schema.is_empty() || schema.contains(":schemas:core:");
    let (left, right) = (of_schema(refused), of_schema(path));
    let same_schema = same_name(&left, &right) || (core(&left) && core(&right));
    if !same_schema {
        return false;
    }
    if refused.attribute.is_empty() || path.attribute.is_empty() {
        return true;
    }
    let selects = |sub: &str| {
        let compared = path.filter.as_ref().map(Filter::attributes).unwrap_or_default();
        compared.iter().any(|compared| same_name(&compared.attribute, sub))
    };
    same_name(&refused.attribute, &path.attribute)
        && match (&refused.sub, &path.sub) {
            (Some(refused), Some(sub)) => same_name(refused, sub) || selects(refused),
            _ => true,
        }
}

/// Takes an attribute out of a resource, and what is empty without it.
pub(in crate::run) fn leave_out(body: &mut Map<String, Value>, path: &PatchPath) {
    match path.schema.as_deref().filter(|_| !body_is_of(body, path)) {
        Some(schema) if path.attribute.is_empty() => {
            body.retain(|key, _| !same_name(key, schema));
            if let Some(Value::Array(schemas)) = body.get_mut("schemas") {
                schemas.retain(|named| !named.as_str().is_some_and(|named| same_name(named, schema)));
            }
        }
        Some(schema) => {
            if let Some(Value::Object(extension)) = named(body, schema) {
                leave_out_of(extension, path);
                if extension.is_empty() {
                    body.retain(|key, _| !same_name(key, schema));
                }
            }
        }
        None => leave_out_of(body, path),
    }
}

/// True when the path's URN is that of the resource's own schema, whose attributes stand at the top.
fn body_is_of(body: &Map<String, Value>, path: &PatchPath) -> bool {
    let schema = path.schema.as_deref().unwrap_or_default();
    !path.attribute.is_empty() && schema.contains(":schemas:core:") && !body.contains_key(schema)
}

fn leave_out_of(object: &mut Map<String, Value>, path: &PatchPath) {
    let Some(sub) = &path.sub else {
        object.retain(|key, _| !same_name(key, &path.attribute));
        return;
    };
    let parts = |part: &mut Map<String, Value>| part.retain(|key, _| !same_name(key, sub));
    let emptied = match named(object, &path.attribute) {
        Some(Value::Object(complex)) => {
            parts(complex);
            complex.is_empty()
        }
        Some(Value::Array(elements)) if !elements.is_empty() => {
            elements.iter_mut().filter_map(Value::as_object_mut).for_each(parts);
            elements.retain(|element| element.as_object().is_none_or(|element| !element.is_empty()));
            elements.is_empty()
        }
        _ => false,
    };
    if emptied {
        object.retain(|key, _| !same_name(key, &path.attribute));
    }
}

fn named<'a>(object: &'a mut Map<String, Value>, name: &str) -> Option<&'a mut Value> {
    object.iter_mut().find(|(key, _)| same_name(key, name)).map(|(_, value)| value)
}

/// Gives a resource what it lacks.
fn give(body: &mut Map<String, Value>, required: &RequiredAttribute) {
    let whole = Value::Object(body.clone());
    let name = ["userName", "displayName"]
        .iter()
        .find_map(|name| member(&whole, name).and_then(Value::as_str))
        .unwrap_or_default()
        .to_owned();
    // Without a name the resource is meant to be refused, or is none.
    if name.is_empty() {
        return;
    }
    let value = filled(required.value.clone(), &name);
    let path = &required.path;
    let holder = match path.schema.as_deref().filter(|_| !body_is_of(body, path)) {
        Some(schema) => {
            if named(body, schema).is_none() {
                body.insert(schema.to_owned(), json!({}));
                if let Some(Value::Array(schemas)) = body.get_mut("schemas")
                    && !schemas.iter().any(|named| named.as_str() == Some(schema))
                {
                    schemas.push(json!(schema));
                }
            }
            named(body, schema).and_then(Value::as_object_mut)
        }
        None => Some(body),
    };
    let Some(holder) = holder else { return };
    match (&path.sub, named(holder, &path.attribute)) {
        (None, Some(_)) => {}
        (None, None) => drop(holder.insert(path.attribute.clone(), value)),
        (Some(sub), Some(Value::Object(complex))) => {
            if !complex.keys().any(|key| same_name(key, sub)) {
                complex.insert(sub.clone(), value);
            }
        }
        (Some(_), Some(_)) => {}
        (Some(sub), None) => drop(holder.insert(path.attribute.clone(), json!({ sub.as_str(): value }))),
    }
}

/// The text that stands for the resource's name in a [`RequiredAttribute`]'s value.
pub(in crate::run) const NAME: &str = "{{name}}";
/// The text that stands for a mail address made of it.
pub(in crate::run) const MAIL: &str = "{{mail}}";

fn filled(value: Value, name: &str) -> Value {
    match value {
        Value::String(text) if text == MAIL && !name.contains('@') => {
            let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
            Value::String(format!("{plain}@example.com"))
        }
        Value::String(text) => Value::String(text.replace(MAIL, name).replace(NAME, name)),
        Value::Array(items) => items.into_iter().map(|item| filled(item, name)).collect(),
        Value::Object(members) => {
            members.into_iter().map(|(key, member)| (key, filled(member, name))).collect()
        }
        other => other,
    }
}

/// A target whose creates and replacements are adjusted.
pub(in crate::run) struct Adjusted<T> {
    target: T,
    adjustment: Arc<Adjustment>,
}

impl<T: Target> Adjusted<T> {
    pub(in crate::run) fn new(target: T, adjustment: Arc<Adjustment>) -> Self {
        Adjusted { target, adjustment }
    }

    /// The target without adjustment.
    pub(in crate::run) fn inner(&self) -> &T {
        &self.target
    }

    /// The target without adjustment, for another one.
    pub(in crate::run) fn into_inner(self) -> T {
        self.target
    }
}

impl<T: Target> Target for Adjusted<T> {
    async fn send(&self, request: Request) -> Result<Answer, Broken> {
        let mut singly = self.adjustment.singly(&request);
        let Some(last) = singly.pop() else { return self.target.send(self.adjustment.fit(request)).await };
        for one in singly {
            let answer = self.target.send(one).await?;
            if !answer.is_success() {
                return Ok(answer);
            }
        }
        self.target.send(last).await
    }

    fn sent_as(&self, request: &Request) -> Sent {
        self.target.sent_as(&self.adjustment.fit(request.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::urn;

    fn path(text: &str) -> PatchPath {
        text.parse().unwrap()
    }

    fn bare(urn: &str) -> PatchPath {
        PatchPath { schema: Some(urn.to_owned()), ..PatchPath::simple("") }
    }

    fn create(actor: Actor, body: &Value) -> Request {
        Request::new(actor, Method::Post, "/Users", "s").with_json(body)
    }

    fn without(refused: Vec<PatchPath>) -> Adjustment {
        let refused = refused.into_iter().map(|path| (ResourceKind::User, path)).collect();
        Adjustment { refused, ..Adjustment::default() }
    }

    #[test]
    fn what_is_refused_is_left_out_whole_or_in_part() {
        let body = json!({
            "schemas": [urn::USER, urn::ENTERPRISE], "userName": "a", "roles": [],
            "name": {"formatted": "A B", "givenName": "A"},
            "emails": [{"type": "work", "primary": true, "value": "a@b"}],
            (urn::ENTERPRISE): {"department": "Sales"}
        });
        let refused = [path("roles"), path("name.formatted"), path("emails.type"), bare(urn::ENTERPRISE)];
        let fitted = without(refused.to_vec()).fit(create(Actor::Entra, &body));
        let expected = json!({
            "schemas": [urn::USER], "userName": "a", "name": {"givenName": "A"},
            "emails": [{"primary": true, "value": "a@b"}]
        });
        assert_eq!(fitted.json(), Some(expected));
    }

    #[test]
    fn bulk_requests_are_adjusted_and_what_is_no_create_stays() {
        let adjustment = without(vec![path("roles")]);
        let operation = |method: &str, data: Value| json!({"Operations": [{"method": method, "path": "/Users", "data": data}]});
        let mut bulk = create(Actor::Probe, &operation("POST", json!({"userName": "a", "roles": []})));
        bulk.path = "/Bulk".into();
        assert_eq!(adjustment.fit(bulk).json(), Some(operation("POST", json!({"userName": "a"}))));
        let mut other = create(Actor::Probe, &json!({"roles": []}));
        other.path = "/Users/.search".into();
        assert_eq!(adjustment.fit(other.clone()), other);
        other.path = "/Groups".into();
        assert_eq!(adjustment.fit(other.clone()), other);
    }

    #[test]
    fn a_scenarios_own_create_is_given_what_is_required_and_entras_is_not() {
        let emails = json!([{"value": MAIL, "type": "work"}]);
        let required = [("displayName", json!(NAME)), ("name.familyName", json!("X")), ("emails", emails)];
        let required = required.map(|(text, value)| RequiredAttribute {
            kind: ResourceKind::User,
            path: path(text),
            value,
        });
        let adjustment = Adjustment { required: required.to_vec(), ..Adjustment::default() };
        let body = json!({"userName": "a@b", "name": {"familyName": "Mine"}});
        let expected = json!({
            "userName": "a@b", "name": {"familyName": "Mine"}, "displayName": "a@b",
            "emails": [{"value": "a@b", "type": "work"}]
        });
        assert_eq!(adjustment.fit(create(Actor::Probe, &body)).json(), Some(expected));
        assert_eq!(adjustment.fit(create(Actor::Entra, &body)).json(), Some(body));
        let nameless = create(Actor::Probe, &json!({"userName": ""}));
        assert_eq!(adjustment.fit(nameless.clone()), nameless);
    }

    #[test]
    fn a_path_is_refused_with_its_parts_and_by_what_selects_it() {
        let refused = |text: &str, of: PatchPath| without(vec![of]).refuses(ResourceKind::User, &path(text));
        assert!(refused("roles.value", path("roles")));
        assert!(refused(r#"emails[type eq "work"].value"#, path("emails.type")));
        assert!(!refused(r#"emails[type eq "work"].value"#, path("emails.primary")));
        assert!(!refused("name.givenName", path("name.formatted")));
        assert!(refused(&format!("{}:department", urn::ENTERPRISE), bare(urn::ENTERPRISE)));
        assert!(!refused("title", bare(urn::ENTERPRISE)));
        assert!(refused(&format!("{}:title", urn::USER), path("title")));
    }
}
