//! What has another JSON type than its definition says.

use serde_json::Value;

use crate::rules::body::kind;
use crate::rules::returned::Returned;
use crate::rules::view::View;
use crate::scim::schema::{Attribute, AttributeType};
use crate::scim::{AttributePath, datetime, same_name};

/// A value whose JSON type is not the one its definition demands.
#[derive(Debug, Clone)]
pub(in crate::rules) struct Mismatch {
    /// Where: names with dots, extensions with their URN.
    pub(super) path: String,
    pub(super) fault: TypeFault,
    /// What is there, as JSON.
    pub(super) value: String,
    /// What is there, in words.
    pub(super) is: &'static str,
}

/// What is wrong with a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TypeFault {
    Boolean,
    Number,
    Text,
    ListExpected,
    SingleExpected,
    Object,
    DateTime,
    Binary,
    LetterCase,
    Unpublished,
}

/// Everything in the answer's resources that has another type than its definition says.
pub(in crate::rules) fn mismatches(view: &View<'_>) -> Vec<Mismatch> {
    let mut found = Vec::new();
    for resource in view.resources() {
        let is_extension = |(name, value): &(&String, &Value)| name.contains(':') && value.is_object();
        for (name, value) in resource.members.iter().filter(|member| !is_extension(member)) {
            one(view, resource, None, name, value, &mut found);
        }
        for (schema, members) in resource.members.iter().filter(is_extension) {
            for (name, value) in members.as_object().into_iter().flatten() {
                one(view, resource, Some(schema), name, value, &mut found);
            }
        }
    }
    found
}

/// Members that other families are about.
const ELSEWHERE: [&str; 4] = ["id", "meta", "schemas", "password"];

fn one(
    view: &View<'_>,
    resource: &Returned<'_>,
    schema: Option<&str>,
    name: &str,
    value: &Value,
    found: &mut Vec<Mismatch>,
) {
    if schema.is_none() && ELSEWHERE.iter().any(|other| same_name(other, name)) {
        return;
    }
    let path = AttributePath { schema: schema.map(str::to_owned), ..AttributePath::simple(name) };
    let shown = match schema {
        Some(schema) => format!("{schema}:{name}"),
        None => name.to_owned(),
    };
    let core = resource.kind.schema();
    let home = view.discovery.schemas.get(schema.unwrap_or(core));
    if home.is_some() && view.discovery.schemas.find_within(core, &path).is_none() {
        found.push(Mismatch {
            path: shown.clone(),
            fault: TypeFault::Unpublished,
            value: String::new(),
            is: "",
        });
    }
    let Some(definition) = view.definition(resource.kind, &path) else {
        return;
    };
    if definition.name != name {
        found.push(Mismatch {
            path: definition.name.clone(),
            fault: TypeFault::LetterCase,
            value: name.to_owned(),
            is: "",
        });
    }
    // A path-like key is a fault of its own.
    if name.contains(['.', '[']) {
        return;
    }
    check(definition, &shown, value, found);
}

/// Checks one attribute's value and, in it, its sub-attributes.
fn check(definition: &Attribute, path: &str, value: &Value, found: &mut Vec<Mismatch>) {
    let mut tell = |fault: TypeFault, value: &Value| {
        found.push(Mismatch { path: path.to_owned(), fault, value: value.to_string(), is: kind(value) });
    };
    match (definition.multi_valued, value) {
        (_, Value::Null) => {}
        (true, Value::Array(elements)) => {
            for element in elements {
                check_one(definition, path, element, found);
            }
        }
        (true, other) => tell(TypeFault::ListExpected, other),
        (false, Value::Array(_)) => tell(TypeFault::SingleExpected, value),
        (false, value) => check_one(definition, path, value, found),
    }
}

fn check_one(definition: &Attribute, path: &str, value: &Value, found: &mut Vec<Mismatch>) {
    let fault = match (definition.kind, value) {
        (_, Value::Null) | (AttributeType::Unknown, _) => None,
        (AttributeType::Complex, Value::Object(members)) => {
            for (name, value) in members {
                if let Some(sub) = definition.sub(name) {
                    check(sub, &format!("{path}.{name}"), value, found);
                }
            }
            None
        }
        (AttributeType::Complex, _) => Some(TypeFault::Object),
        (AttributeType::Boolean, Value::Bool(_)) => None,
        (AttributeType::Boolean, _) => Some(TypeFault::Boolean),
        (AttributeType::Integer | AttributeType::Decimal, Value::Number(_)) => None,
        (AttributeType::Integer | AttributeType::Decimal, _) => Some(TypeFault::Number),
        (AttributeType::DateTime, Value::String(text))
            if text.is_empty() || datetime::parse(text).is_some() =>
        {
            None
        }
        (AttributeType::DateTime, _) => Some(TypeFault::DateTime),
        (AttributeType::Binary, Value::String(text)) if is_base64(text) => None,
        (AttributeType::Binary, _) => Some(TypeFault::Binary),
        (AttributeType::String | AttributeType::Reference, Value::String(_)) => None,
        (AttributeType::String | AttributeType::Reference, _) => Some(TypeFault::Text),
    };
    if let Some(fault) = fault {
        found.push(Mismatch { path: path.to_owned(), fault, value: value.to_string(), is: kind(value) });
    }
}

/// Base64 with or without padding and line breaks, in either alphabet.
fn is_base64(text: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphanumeric() || "+/-_=\r\n".contains(c);
    text.chars().all(letter)
}
