//! From the JSON a client sent to the values that are kept.
//!
//! Clients write one value in many ways: names in any letter case, booleans as `"True"`, a manager
//! as a bare string, one element where a list belongs. Here all of them become the one form the
//! schema declares, so that nothing behind this point knows about dialects.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::model::{Model, is_core_urn};
use super::reply::ReplyOutcome;
use crate::scim::message::{ErrorMessage, ScimType};
use crate::scim::schema::{Attribute, AttributeType, Mutability};
use crate::scim::{datetime, member, same_name};

/// What happens to attributes that no schema defines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UnknownAttributes {
    Ignored,
    Refused,
}

pub(super) fn invalid_value(detail: impl Into<String>) -> ErrorMessage {
    ErrorMessage::of(ScimType::InvalidValue, detail)
}

/// Reads the body of a POST or a PUT.
///
/// # Errors
/// `invalidSyntax` when it is no object or lacks the resource's schema, `invalidValue` when a value has
/// the wrong type or a required one is missing.
pub(super) fn resource(
    model: &Model,
    body: &Value,
    unknown: UnknownAttributes,
) -> ReplyOutcome<Map<String, Value>> {
    let syntax = |detail: String| ErrorMessage::of(ScimType::InvalidSyntax, detail);
    let Some(object) = body.as_object() else {
        return Err(syntax(format!("a {} is a JSON object", model.kind.name())));
    };
    let schemas = member(body, "schemas").and_then(Value::as_array);
    if !schemas.is_some_and(|urns| urns.iter().filter_map(Value::as_str).any(|urn| model.is_core(urn))) {
        return Err(syntax(format!("`schemas` must hold {}", model.core.id)));
    }
    let mut attributes = Map::new();
    for (name, value) in object {
        if let Some(extension) = model.extension(name) {
            let kept = members_of(&extension.id, &extension.attributes, value, unknown)?;
            if !kept.is_empty() {
                attributes.insert(extension.id.clone(), Value::Object(kept));
            }
        } else if let Some(attribute) = model.core_attribute(name) {
            if attribute.mutability != Mutability::ReadOnly
                && !same_name(&attribute.name, "schemas")
                && let Some(kept) = of_attribute(attribute, value, unknown)?
            {
                attributes.insert(attribute.name.clone(), kept);
            }
        } else if unknown == UnknownAttributes::Refused && !is_core_urn(name) {
            return Err(invalid_value(format!("no schema of this server defines \"{name}\"")));
        }
    }
    require(model, &attributes)?;
    Ok(attributes)
}

/// Checks that every required attribute has a value.
///
/// # Errors
/// `invalidValue`, naming the attribute.
pub(super) fn require(model: &Model, attributes: &Map<String, Value>) -> ReplyOutcome<()> {
    let lacking = model.core.attributes.iter().find(|attribute| {
        attribute.required
            && attribute.mutability != Mutability::ReadOnly
            && !attributes.contains_key(&attribute.name)
    });
    match lacking {
        Some(attribute) => Err(invalid_value(format!("{} is required and has no value", attribute.name))),
        None => Ok(()),
    }
}

/// The value of an attribute as it is kept; `None` when the client sent no value (null, an empty
/// string or an empty list: RFC 7643 §2.5 and Entra's way to clear).
///
/// # Errors
/// `invalidValue` when the type is wrong or two values are primary.
pub(super) fn of_attribute(
    attribute: &Attribute,
    value: &Value,
    unknown: UnknownAttributes,
) -> ReplyOutcome<Option<Value>> {
    if !attribute.multi_valued {
        return one(attribute, single(attribute, value), unknown);
    }
    let sent = match value {
        Value::Array(elements) => elements.as_slice(),
        other => std::slice::from_ref(other),
    };
    let mut elements = Vec::with_capacity(sent.len());
    for element in sent {
        if let Some(element) = one(attribute, element, unknown)? {
            add_element(attribute, &mut elements, element);
        }
    }
    if elements.iter().filter(|element| is_primary(element)).count() > 1 {
        return Err(invalid_value(format!("{}: only one value can be primary", attribute.name)));
    }
    Ok((!elements.is_empty()).then_some(Value::Array(elements)))
}

/// One value: that of a singular attribute, or an element of a multi-valued one.
///
/// # Errors
/// `invalidValue` when the type is wrong.
pub(super) fn one(
    attribute: &Attribute,
    value: &Value,
    unknown: UnknownAttributes,
) -> ReplyOutcome<Option<Value>> {
    let wrong =
        || Err(invalid_value(format!("{} is a {}, not {value}", attribute.name, attribute.kind.as_str())));
    Ok(match (attribute.kind, value) {
        (_, Value::Null) => None,
        (_, Value::String(text)) if text.is_empty() => None,
        (AttributeType::Complex, Value::Object(_)) => {
            let mut kept = members_of(&attribute.name, &attribute.sub_attributes, value, unknown)?;
            if is_resource_reference(attribute) {
                refer(&mut kept);
            }
            (!kept.is_empty()).then_some(Value::Object(kept))
        }
        // A bare value stands for the element's `value`: Entra sends managers and members so.
        (AttributeType::Complex, Value::String(_)) => match attribute.sub("value") {
            Some(sub) => one(sub, value, unknown)?.map(|value| {
                let mut kept = Map::new();
                kept.insert(sub.name.clone(), value);
                Value::Object(kept)
            }),
            None => return wrong(),
        },
        (AttributeType::Boolean, _) => match boolean(value) {
            Some(value) => Some(Value::Bool(value)),
            None => return wrong(),
        },
        (AttributeType::Integer, Value::Number(number)) if number.is_i64() || number.is_u64() => {
            Some(value.clone())
        }
        (AttributeType::Integer, Value::String(text)) => match text.trim().parse::<i64>() {
            Ok(number) => Some(number.into()),
            Err(_) => return wrong(),
        },
        (AttributeType::Decimal, Value::Number(_)) => Some(value.clone()),
        (AttributeType::Decimal, Value::String(text)) => match text.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => Some(number.into()),
            _ => return wrong(),
        },
        (AttributeType::DateTime, Value::String(text)) if datetime::parse(text).is_some() => {
            Some(value.clone())
        }
        (
            AttributeType::String | AttributeType::Reference | AttributeType::Binary | AttributeType::Unknown,
            Value::String(_),
        ) => Some(value.clone()),
        (AttributeType::Unknown, _) => Some(value.clone()),
        _ => return wrong(),
    })
}

/// A boolean in any of the ways Entra writes one.
pub(super) fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::String(text) if same_name(text.trim(), "true") => Some(true),
        Value::String(text) if same_name(text.trim(), "false") => Some(false),
        _ => None,
    }
}

/// Adds an element unless it is there already. Elements that refer to a resource are the same when
/// they refer to the same one; others when they are equal in everything.
pub(super) fn add_element(attribute: &Attribute, elements: &mut Vec<Value>, element: Value) {
    let same = |other: &Value| {
        if is_resource_reference(attribute) {
            other.get("value").is_some() && other.get("value") == element.get("value")
        } else {
            *other == element
        }
    };
    if !elements.iter().any(same) {
        elements.push(element);
    }
}

/// The first element whose `type` another one before it has; no type counts as one.
pub(super) fn second_of_a_type(elements: &[Value]) -> Option<&Value> {
    let of = |element: &Value| member(element, "type").and_then(Value::as_str).map(str::to_lowercase);
    let mut seen = BTreeSet::new();
    elements.iter().find(|element| !seen.insert(of(element)))
}

/// True when an element is marked as the primary one.
pub(super) fn is_primary(element: &Value) -> bool {
    element.get("primary").and_then(Value::as_bool) == Some(true)
}

/// True for `manager`, `members` and `groups`: their `$ref` and names for people follow from `value`.
pub(super) fn is_resource_reference(attribute: &Attribute) -> bool {
    attribute.sub("value").is_some()
        && attribute.sub("$ref").is_some_and(|sub| {
            sub.reference_types.iter().any(|kind| same_name(kind, "User") || same_name(kind, "Group"))
        })
}

/// Keeps of a reference its `value` (where that is missing, the last segment of `$ref`) and the name
/// it was given for people. The rest follows from the value.
fn refer(kept: &mut Map<String, Value>) {
    if !kept.contains_key("value")
        && let Some(id) = kept.get("$ref").and_then(Value::as_str).and_then(|uri| uri.rsplit('/').next())
    {
        let id = id.to_owned();
        kept.insert("value".into(), id.into());
    }
    kept.retain(|name, _| name == "value" || name == "display");
}

/// The value of a singular attribute. The job of 2018 wraps it: `[{"$ref": null, "value": "x"}]`.
fn single<'a>(attribute: &Attribute, value: &'a Value) -> &'a Value {
    match value {
        Value::Array(elements) => match elements.as_slice() {
            [] => &Value::Null,
            [only] if attribute.kind == AttributeType::Complex => only,
            [only] => only.get("value").unwrap_or(value),
            _ => value,
        },
        _ => value,
    }
}

/// The sub-attributes of a complex value, or the attributes of an extension.
fn members_of(
    parent: &str,
    definitions: &[Attribute],
    value: &Value,
    unknown: UnknownAttributes,
) -> ReplyOutcome<Map<String, Value>> {
    let mut kept = Map::new();
    let object = match value {
        Value::Object(object) => object,
        Value::Null => return Ok(kept),
        _ => return Err(invalid_value(format!("{parent} is an object, not {value}"))),
    };
    for (name, value) in object {
        match definitions.iter().find(|definition| same_name(&definition.name, name)) {
            Some(definition) if definition.mutability == Mutability::ReadOnly => {}
            Some(definition) => {
                if let Some(value) = of_attribute(definition, value, unknown)? {
                    kept.insert(definition.name.clone(), value);
                }
            }
            // Client libraries write the extension's own `schemas` into it.
            None if unknown == UnknownAttributes::Refused && !same_name(name, "schemas") => {
                return Err(invalid_value(format!("no schema of this server defines \"{parent}.{name}\"")));
            }
            None => {}
        }
    }
    Ok(kept)
}

/// URNs of the schemas a resource with these attributes uses.
pub(super) fn schemas_of(model: &Model, attributes: &Map<String, Value>) -> Vec<Value> {
    let extensions =
        model.extensions.iter().map(|schema| &schema.id).filter(|id| attributes.contains_key(*id));
    std::iter::once(&model.core.id).chain(extensions).map(|id| Value::from(id.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::super::model::ServedKind;
    use super::*;
    use crate::scim::urn;
    use serde_json::json;

    fn read(mut body: Value) -> ReplyOutcome<Value> {
        body["schemas"] = json!([urn::USER, urn::ENTERPRISE]);
        resource(&Model::of(ServedKind::User), &body, UnknownAttributes::Ignored).map(Value::Object)
    }

    fn kept(body: Value) -> Value {
        read(body).unwrap()
    }

    #[test]
    fn names_and_types_become_those_of_the_schema() {
        let body = kept(json!({
            "USERNAME": "ann", "active": "True", "roles": [{ "value": "x", "primary": "false" }],
            (urn::ENTERPRISE.to_lowercase()): { "Manager": "17", "employeenumber": "007" },
        }));
        assert_eq!(
            body,
            json!({
                "userName": "ann", "active": true, "roles": [{ "value": "x", "primary": false }],
                (urn::ENTERPRISE): { "manager": { "value": "17" }, "employeeNumber": "007" },
            })
        );
    }

    #[test]
    fn what_has_no_value_is_absent() {
        let body = kept(json!({
            "userName": "ann", "displayName": null, "title": "", "roles": [], "emails": [{}, null, ""],
            "name": { "givenName": "" }, (urn::ENTERPRISE): {},
        }));
        assert_eq!(body, json!({ "userName": "ann" }));
    }

    #[test]
    fn read_only_and_unknown_attributes_are_ignored() {
        let body =
            json!({ "userName": "ann", "id": "1", "meta": {}, "groups": [{ "value": "g" }], "shoe": 43 });
        assert_eq!(kept(body.clone()), json!({ "userName": "ann" }));
        let mut body = body;
        body["schemas"] = json!([urn::USER]);
        assert!(resource(&Model::of(ServedKind::User), &body, UnknownAttributes::Refused).is_err());
    }

    #[test]
    fn references_keep_their_value_alone() {
        for manager in [
            json!("17"),
            json!({ "value": "17", "$ref": "http://x/Users/17", "displayName": "Bo" }),
            json!([{ "value": "17", "$ref": null }]),
            json!({ "$ref": "../Users/17" }),
        ] {
            let body = kept(json!({ "userName": "ann", (urn::ENTERPRISE): { "manager": manager } }));
            assert_eq!(body[urn::ENTERPRISE]["manager"], json!({ "value": "17" }));
        }
    }

    #[test]
    fn wrong_types_are_refused() {
        for wrong in [
            json!({ "userName": { "a": 1 } }),
            json!({ "userName": 7 }),
            json!({ "userName": "ann", "active": "maybe" }),
            json!({ "userName": "ann", "name": "Ann" }),
            json!({ "userName": "ann", "emails": [7] }),
            json!({ "userName": "ann", (urn::ENTERPRISE): "x" }),
            json!({ "userName": "" }),
            json!({ "emails": [] }),
            json!({ "userName": "ann", "emails": [{ "value": "a", "primary": true }, { "value": "b", "primary": true }] }),
        ] {
            let refused = read(wrong.clone()).expect_err(&wrong.to_string());
            assert_eq!(refused.scim_type, Some(ScimType::InvalidValue));
        }
        let lacking =
            resource(&Model::of(ServedKind::User), &json!({ "userName": "a" }), UnknownAttributes::Ignored);
        assert_eq!(lacking.unwrap_err().scim_type, Some(ScimType::InvalidSyntax));
    }
}
