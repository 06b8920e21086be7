//! Faults of bulk requests.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::scene::{Effect, endpoint, fail};
use crate::server::call::{Call, Document};
use crate::server::endpoint::Endpoint;

/// The body of a bulk request, for rewriting.
fn bulk(call: &mut Call) -> Option<&mut Value> {
    match (endpoint(call), &mut call.body) {
        (Endpoint::Bulk, Document::Json(body)) => Some(body),
        _ => None,
    }
}

pub(super) fn bulk_not_served() -> Effect {
    Effect::before(|call, _| bulk(call).map(|_| fail(501, "/Bulk is not implemented")))
}

pub(super) fn bulk_references_kept() -> Effect {
    fn keep(value: &mut Value) {
        match value {
            Value::String(text) => *text = text.replace("bulkId:", "bulkId-"),
            Value::Array(items) => items.iter_mut().for_each(keep),
            Value::Object(members) => members.values_mut().for_each(keep),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    Effect::before(|call, _| {
        keep(bulk(call)?);
        None
    })
}

pub(super) fn bulk_circles_refused() -> Effect {
    Effect::before(|call, _| {
        let operations = bulk(call)?.get("Operations")?.as_array()?.clone();
        // Whom an operation refers to, read from its text.
        let mut refers: BTreeMap<String, String> = BTreeMap::new();
        for operation in &operations {
            if let Some(name) = operation["bulkId"].as_str() {
                refers.insert(format!("bulkId:{name}"), operation["data"].to_string());
            }
        }
        let circle = refers.iter().any(|(name, data)| {
            refers.iter().any(|(other, back)| other != name && data.contains(other) && back.contains(name))
        });
        circle.then(|| fail(409, "the operations refer to each other"))
    })
}

pub(super) fn fail_on_errors_ignored() -> Effect {
    Effect::before(|call, _| {
        bulk(call)?.as_object_mut()?.shift_remove("failOnErrors");
        None
    })
}

pub(super) fn bulk_stops_at_first_error() -> Effect {
    Effect::before(|call, _| {
        bulk(call)?.as_object_mut()?.insert("failOnErrors".into(), json!(1));
        None
    })
}

/// The limits are looked at where requests are read: `crate::server::bulk` asks for this fault.
pub(super) fn bulk_limits_ignored() -> Effect {
    Effect::default()
}

pub(super) fn bulk_status_number() -> Effect {
    Effect::after(|call, reply, _| {
        if endpoint(call) != Endpoint::Bulk {
            return;
        }
        let operations = reply.body_mut().and_then(|body| body.get_mut("Operations")?.as_array_mut());
        for operation in operations.into_iter().flatten() {
            if let Some(number) = operation["status"].as_str().and_then(|text| text.parse::<u64>().ok()) {
                operation["status"] = number.into();
            }
        }
    })
}
