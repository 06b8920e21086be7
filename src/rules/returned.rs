use serde_json::{Map, Value};

use crate::scim::{member, same_name, urn};
use crate::wire::{Exchange, Operation, ResourceKind};

/// A resource in an answer.
#[derive(Debug, Clone, Copy)]
pub struct Returned<'a> {
    /// What it is, by the endpoint it came from.
    pub kind: ResourceKind,
    /// The resource.
    pub value: &'a Value,
    /// Its members.
    pub members: &'a Map<String, Value>,
}

impl<'a> Returned<'a> {
    fn read(kind: ResourceKind, value: &'a Value) -> Option<Self> {
        value.as_object().map(|members| Returned { kind, value, members })
    }

    /// The id, when it is a string that is not empty.
    #[must_use]
    pub fn id(&self) -> Option<&'a str> {
        self.members.get("id").and_then(Value::as_str).filter(|id| !id.is_empty())
    }

    /// A member in any letter case.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&'a Value> {
        member(self.value, name)
    }
}

/// True when a body's `schemas` names the message.
pub(super) fn is_message(body: &Map<String, Value>, message: &str) -> bool {
    let schemas = body.get("schemas").and_then(Value::as_array);
    schemas.is_some_and(|schemas| {
        schemas.iter().any(|schema| schema.as_str().is_some_and(|schema| same_name(schema, message)))
    })
}

/// The resources of a successful answer.
pub(super) fn resources(exchange: &Exchange) -> Vec<Returned<'_>> {
    if !exchange.succeeded() {
        return Vec::new();
    }
    let Some(body) = exchange.json() else {
        return Vec::new();
    };
    let single = |kind| {
        let other = [urn::ERROR, urn::PATCH_OP, urn::LIST_RESPONSE];
        Returned::read(kind, body)
            .filter(|resource| !other.iter().any(|message| is_message(resource.members, message)))
            .into_iter()
            .collect()
    };
    let elements = || member(body, "Resources").and_then(Value::as_array).into_iter().flatten();
    match &exchange.operation {
        Operation::Create(kind)
        | Operation::Read(kind, _)
        | Operation::Modify(kind, _)
        | Operation::Replace(kind, _) => single(*kind),
        Operation::Query { kind, .. } => {
            elements().filter_map(|value| Returned::read(*kind, value)).collect()
        }
        Operation::Search => elements().filter_map(|value| Returned::read(kind_of(value)?, value)).collect(),
        Operation::Delete(..) | Operation::Discovery(_) | Operation::Other => Vec::new(),
    }
}

/// What a resource says it is.
fn kind_of(resource: &Value) -> Option<ResourceKind> {
    let named = resource.get("meta").and_then(|meta| meta.get("resourceType")).and_then(Value::as_str);
    [ResourceKind::User, ResourceKind::Group].into_iter().find(|kind| named == Some(kind.as_str()))
}
