//! The operations of a PATCH request, for faults that misread them.

use serde_json::{Map, Value, json};

use super::context::patched;
use crate::scim::patch::Verb;
use crate::scim::{PatchPath, member, same_name};
use crate::server::call::{RequestBody, ServerRequest};
use crate::server::model::ServedKind;
use crate::server::values::boolean;

/// Most of these faults concern users alone.
pub(super) const USERS: &[ServedKind] = &[ServedKind::User];

/// One change a PATCH asks for: an operation with a path, or one member of an operation without.
pub(super) struct Change<'a> {
    pub(super) verb: Verb,
    pub(super) path: PatchPath,
    pub(super) value: Option<&'a Value>,
    /// The path is a key of an operation without a path.
    pub(super) bundled: bool,
}

impl Change<'_> {
    /// True when the change concerns an attribute or a part of it.
    pub(super) fn concerns(&self, attribute: &str) -> bool {
        same_name(&self.path.attribute, attribute)
    }

    /// True when the change sets a boolean written as a string.
    pub(super) fn is_string_boolean(&self) -> bool {
        matches!(self.value, Some(Value::String(text)) if boolean(&Value::from(text.as_str())).is_some())
    }

    /// True for a change that takes values away, however it says so.
    pub(super) fn clears(&self) -> bool {
        self.verb == Verb::Remove
            || match self.value {
                None | Some(Value::Null) => true,
                Some(Value::String(text)) => text.is_empty(),
                Some(Value::Array(elements)) => elements.is_empty(),
                Some(Value::Object(members)) => members.get("value").is_some_and(|value| value == ""),
                Some(_) => false,
            }
    }
}

/// The operations of a PATCH on a resource type, for rewriting.
pub(super) fn operations<'a>(
    call: &'a mut ServerRequest,
    kinds: &[ServedKind],
) -> Option<&'a mut Vec<Value>> {
    patched(call).filter(|(kind, _)| kinds.contains(kind))?;
    let RequestBody::Json(Value::Object(body)) = &mut call.body else { return None };
    let name = body.keys().find(|key| same_name(key, "Operations"))?.clone();
    body.get_mut(&name)?.as_array_mut()
}

fn verb(operation: &Value) -> Option<Verb> {
    member(operation, "op")?.as_str()?.parse().ok()
}

fn path(operation: &Value) -> Option<PatchPath> {
    member(operation, "path")?.as_str()?.parse().ok()
}

/// All changes a PATCH asks for, in order.
pub(super) fn changes(call: &mut ServerRequest, kinds: &[ServedKind], mut see: impl FnMut(&Change<'_>)) {
    let Some(operations) = operations(call, kinds) else { return };
    for operation in operations.iter() {
        let Some(verb) = verb(operation) else { continue };
        let value = member(operation, "value");
        match (path(operation), value) {
            (Some(path), value) => see(&Change { verb, path, value, bundled: false }),
            (None, Some(Value::Object(members))) => {
                for (name, value) in members {
                    if let Ok(path) = name.parse() {
                        see(&Change { verb, path, value: Some(value), bundled: true });
                    }
                }
            }
            (None, _) => {}
        }
    }
}

/// Whether a PATCH asks for a change of a kind.
pub(super) fn asks(
    call: &mut ServerRequest,
    kinds: &[ServedKind],
    test: impl Fn(&Change<'_>) -> bool,
) -> bool {
    let mut found = false;
    changes(call, kinds, |change| found |= test(change));
    found
}

/// Takes changes out of a PATCH, as if they had not been sent.
pub(super) fn ignore(call: &mut ServerRequest, kinds: &[ServedKind], test: impl Fn(&Change<'_>) -> bool) {
    let Some(operations) = operations(call, kinds) else { return };
    operations.retain_mut(|operation| {
        let Some(verb) = verb(operation) else { return true };
        if let Some(path) = path(operation) {
            return !test(&Change { verb, path, value: member(operation, "value"), bundled: false });
        }
        let Some(Value::Object(members)) = operation.get_mut("value") else { return true };
        let before = members.len();
        members.retain(|name, value| {
            name.parse().map_or(true, |path| !test(&Change { verb, path, value: Some(value), bundled: true }))
        });
        before == 0 || !members.is_empty()
    });
}

/// Puts other operations in place of those with a path; `None` leaves an operation as it is.
pub(super) fn replace(
    call: &mut ServerRequest,
    kinds: &[ServedKind],
    rewrite: impl Fn(&Change<'_>) -> Option<Vec<Value>>,
) {
    let Some(operations) = operations(call, kinds) else { return };
    let mut rewritten = Vec::with_capacity(operations.len());
    for operation in operations.drain(..) {
        let change = verb(&operation).zip(path(&operation));
        let others = change.and_then(|(verb, path)| {
            rewrite(&Change { verb, path, value: member(&operation, "value"), bundled: false })
        });
        match others {
            Some(others) => rewritten.extend(others),
            None => rewritten.push(operation),
        }
    }
    *operations = rewritten;
}

/// An operation.
pub(super) fn operation(verb: Verb, path: &str, value: Value) -> Value {
    json!({ "op": verb.as_str(), "path": path, "value": value })
}

/// The element that a value path with a change describes: `emails[type eq "work"].value` set to `x` is
/// `{"type": "work", "value": "x"}`.
pub(super) fn element(change: &Change<'_>) -> Option<Map<String, Value>> {
    use crate::scim::{Comparison, Filter, Literal};
    let mut members = Map::new();
    let mut filter = change.path.filter.as_ref()?;
    loop {
        let term = match filter {
            Filter::And(left, right) => {
                filter = left;
                &**right
            }
            other => other,
        };
        if let Filter::Compare(path, Comparison::Equal, Literal::Text(text)) = term {
            let value = if same_name(&path.attribute, "primary") {
                boolean(&Value::from(text.as_str())).map_or(Value::Null, Value::Bool)
            } else {
                Value::from(text.as_str())
            };
            members.insert(path.attribute.clone(), value);
        }
        if std::ptr::eq(term, filter) {
            break;
        }
    }
    members.insert(change.path.sub.clone()?, change.value?.clone());
    Some(members)
}
