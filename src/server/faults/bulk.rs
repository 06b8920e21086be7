//! Faults of bulk requests.

use serde_json::{Value, json};

use super::context::{Effect, endpoint, fail};
use super::fault::faults;
use crate::scim::urn;
use crate::server::call::{RequestBody, ServerRequest};
use crate::server::endpoint::Endpoint;
use crate::server::model::ServedKind;

faults! {
    /// ServiceProviderConfig advertises bulk requests, but /Bulk returns 501.
    BULK_NOT_SERVED = "bulk-not-served", Named, bulk_not_served;
    /// References between operations of a bulk request are stored unresolved, as `bulkId:…`.
    BULK_REFERENCES_KEPT = "bulk-references-kept", Swap, bulk_references_kept;
    /// A bulk request continues after `failOnErrors` errors.
    FAIL_ON_ERRORS_IGNORED = "fail-on-errors-ignored", Named, fail_on_errors_ignored;
    /// A bulk request without `failOnErrors` stops at the first error.
    BULK_STOPS_AT_FIRST_ERROR = "bulk-stops-at-first-error", Truncate, bulk_stops_at_first_error;
    /// Bulk requests beyond `maxOperations` and `maxPayloadSize` are performed.
    BULK_LIMITS_IGNORED = "bulk-limits-ignored", Named, bulk_limits_ignored;
    /// A bulk request with a wrong `schemas` is performed.
    BULK_SCHEMA_UNCHECKED = "bulk-schema-unchecked", Named, bulk_schema_unchecked;
    /// DELETE of a user in a bulk request is accepted, but the user remains.
    BULK_DELETE_IGNORED = "bulk-delete-ignored", Stale, bulk_delete_ignored;
    /// `status` of the operations of a bulk request is a number.
    BULK_STATUS_NUMBER = "bulk-status-number", Retype, bulk_status_number;
}

/// The body of a bulk request, for rewriting.
fn bulk(call: &mut ServerRequest) -> Option<&mut Value> {
    match (endpoint(call), &mut call.body) {
        (Endpoint::Bulk, RequestBody::Json(body)) => Some(body),
        _ => None,
    }
}

fn bulk_not_served() -> Effect {
    Effect::before(|call, _| bulk(call).map(|_| fail(501, "/Bulk is not implemented")))
}

fn bulk_references_kept() -> Effect {
    fn rewrite(value: &mut Value, from: &str, to: &str) {
        match value {
            Value::String(text) => *text = text.replace(from, to),
            Value::Array(items) => items.iter_mut().for_each(|item| rewrite(item, from, to)),
            Value::Object(members) => members.values_mut().for_each(|item| rewrite(item, from, to)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    Effect::both(
        |call, _| {
            // Under another name they are not recognised as references.
            rewrite(bulk(call)?, "bulkId:", "bulkId-");
            None
        },
        |call, _, context| {
            if endpoint(call) == Endpoint::Bulk {
                for mut group in context.store.all(ServedKind::Group).cloned().collect::<Vec<_>>() {
                    if let Some(members) = group.attributes.get_mut("members") {
                        rewrite(members, "bulkId-", "bulkId:");
                        context.store.overwrite(ServedKind::Group, group);
                    }
                }
            }
        },
    )
}

fn bulk_schema_unchecked() -> Effect {
    Effect::before(|call, _| {
        bulk(call)?.as_object_mut()?.insert("schemas".into(), json!([urn::BULK_REQUEST]));
        None
    })
}

fn bulk_delete_ignored() -> Effect {
    Effect::both(
        |call, context| {
            let operations = bulk(call)?.get("Operations")?.as_array()?.clone();
            let deleted = operations.iter().filter(|operation| operation["method"] == "DELETE");
            let ids = deleted.filter_map(|operation| operation["path"].as_str()?.strip_prefix("/Users/"));
            for id in ids {
                if let Some(user) = context.store.get(ServedKind::User, id) {
                    context.memory.records.insert(id.to_owned(), user.clone());
                }
            }
            None
        },
        |call, _, context| {
            if endpoint(call) == Endpoint::Bulk {
                for user in std::mem::take(&mut context.memory.records).into_values() {
                    context.store.overwrite(ServedKind::User, user);
                }
            }
        },
    )
}

fn fail_on_errors_ignored() -> Effect {
    Effect::before(|call, _| {
        bulk(call)?.as_object_mut()?.shift_remove("failOnErrors");
        None
    })
}

fn bulk_stops_at_first_error() -> Effect {
    Effect::before(|call, _| {
        bulk(call)?.as_object_mut()?.insert("failOnErrors".into(), json!(1));
        None
    })
}

/// The limits are looked at where requests are read: `crate::server::bulk` asks for this fault.
fn bulk_limits_ignored() -> Effect {
    Effect::default()
}

fn bulk_status_number() -> Effect {
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
