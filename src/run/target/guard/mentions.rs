//! Whom the body of a write makes a member of a group or a manager.

use serde_json::Value;

use super::evidence::Key;
use crate::run::observer::reader;
use crate::scim::same_name;
use crate::wire::{Request, ResourceKind, is_bulk};

/// The users and groups that the body names as members or as a manager. What a PATCH removes is left out: a group of ours
/// may lose anybody.
pub(super) fn of(request: &Request) -> Vec<Key> {
    let body = request.json().unwrap_or_default();
    let mut found = Vec::new();
    if is_bulk(request) {
        let operations = reader::member(&body, "Operations").and_then(Value::as_array);
        for data in operations.into_iter().flatten().filter_map(|operation| reader::member(operation, "data"))
        {
            in_body(data, &mut found);
        }
    } else {
        in_body(&body, &mut found);
    }
    found
}

/// In a resource, or in the operations of a PATCH.
fn in_body(body: &Value, found: &mut Vec<Key>) {
    let Some(operations) = reader::member(body, "Operations").and_then(Value::as_array) else {
        return in_members(body, found);
    };
    for operation in operations {
        let text = |name| reader::member(operation, name).and_then(Value::as_str).unwrap_or_default();
        let Some(value) =
            reader::member(operation, "value").filter(|_| !text("op").eq_ignore_ascii_case("remove"))
        else {
            continue;
        };
        match names_people(text("path")) {
            true => ids(value, ResourceKind::User, found),
            // There is no path, or it names the schema extension alone.
            false => in_members(value, found),
        }
    }
}

/// In the members of an object that hold members or a manager, and in those of its schema extensions.
fn in_members(object: &Value, found: &mut Vec<Key>) {
    for (name, value) in object.as_object().into_iter().flatten() {
        match names_people(name) {
            true => ids(value, ResourceKind::User, found),
            false if value.is_object() => in_members(value, found),
            false => {}
        }
    }
}

/// True for `members` and `manager`, also behind the URN of a schema and before a filter or a sub-attribute.
fn names_people(path: &str) -> bool {
    let bare = path.split('[').next().unwrap_or_default();
    let local = bare.rsplit(':').next().unwrap_or_default();
    let attribute = local.split('.').next().unwrap_or_default();
    ["members", "manager"].iter().any(|name| same_name(name, attribute))
}

/// The ids in a value: a text, an object with `value`, or a list of either. `kind` is what they are unless `type` says
/// otherwise.
fn ids(value: &Value, kind: ResourceKind, found: &mut Vec<Key>) {
    match value {
        Value::String(id) => found.push((kind, id.clone())),
        Value::Array(elements) => elements.iter().for_each(|element| ids(element, kind, found)),
        Value::Object(_) => {
            let is_group = reader::member(value, "type").and_then(Value::as_str) == Some("Group");
            let kind = if is_group { ResourceKind::Group } else { ResourceKind::User };
            if let Some(inner) = reader::member(value, "value") {
                ids(inner, kind, found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::wire::{Actor, Method};

    fn named(method: Method, path: &str, body: &Value) -> Vec<String> {
        let request = Request::new(Actor::Entra, method, path, "t").with_json(body);
        of(&request).into_iter().map(|(kind, id)| format!("{} {id}", kind.as_str())).collect()
    }

    #[test]
    fn members_and_managers_are_found_in_every_form() {
        let urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        let patch = |operation: Value| named(Method::Patch, "/Groups/1", &json!({"Operations": [operation]}));
        for operation in [
            json!({"op": "Add", "path": "members", "value": [{"value": "7"}]}),
            json!({"op": "replace", "path": "members", "value": "7"}),
            json!({"op": "Add", "value": {"members": [{"$ref": null, "value": "7"}]}}),
            json!({"op": "Add", "path": format!("{urn}:manager"), "value": "7"}),
            json!({"op": "Replace", "path": "manager", "value": [{"$ref": "../Users/7", "value": "7"}]}),
            json!({"op": "Add", "value": {format!("{urn}:manager"): {"value": "7"}}}),
            json!({"op": "Add", "path": urn, "value": {"manager": {"value": "7"}}}),
        ] {
            assert_eq!(patch(operation.clone()), ["User 7"], "{operation}");
        }
        assert!(patch(json!({"op": "Remove", "path": "members", "value": [{"value": "7"}]})).is_empty());
        assert!(patch(json!({"op": "Add", "path": "title", "value": "7"})).is_empty());
        let group = json!({"displayName": "x", "members": [{"value": "8", "type": "Group"}, {"value": "7"}]});
        assert_eq!(named(Method::Post, "/Groups", &group), ["Group 8", "User 7"]);
        assert_eq!(
            named(Method::Post, "/Users", &json!({urn: {"manager": "7", "department": "8"}})),
            ["User 7"]
        );
        let bulk = json!({"Operations": [{"method": "POST", "path": "/Groups", "data": group}]});
        assert_eq!(named(Method::Post, "/Bulk", &bulk), ["Group 8", "User 7"]);
    }
}
