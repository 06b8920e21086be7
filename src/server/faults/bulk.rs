//! Faults of bulk requests.

use serde_json::{Value, json};

use super::scene::{Effect, endpoint, fail};
use crate::scim::urn;
use crate::server::call::{Call, Document};
use crate::server::endpoint::Endpoint;
use crate::server::model::Kind;

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
            // Under another name nobody knows them for references.
            rewrite(bulk(call)?, "bulkId:", "bulkId-");
            None
        },
        |call, _, scene| {
            if endpoint(call) == Endpoint::Bulk {
                for mut group in scene.store.all(Kind::Group).cloned().collect::<Vec<_>>() {
                    if let Some(members) = group.attributes.get_mut("members") {
                        rewrite(members, "bulkId-", "bulkId:");
                        scene.store.overwrite(Kind::Group, group);
                    }
                }
            }
        },
    )
}

pub(super) fn bulk_schema_unchecked() -> Effect {
    Effect::before(|call, _| {
        bulk(call)?.as_object_mut()?.insert("schemas".into(), json!([urn::BULK_REQUEST]));
        None
    })
}

pub(super) fn bulk_delete_ignored() -> Effect {
    Effect::both(
        |call, scene| {
            let operations = bulk(call)?.get("Operations")?.as_array()?.clone();
            let deleted = operations.iter().filter(|operation| operation["method"] == "DELETE");
            let ids = deleted.filter_map(|operation| operation["path"].as_str()?.strip_prefix("/Users/"));
            for id in ids {
                if let Some(user) = scene.store.get(Kind::User, id) {
                    scene.memory.records.insert(id.to_owned(), user.clone());
                }
            }
            None
        },
        |call, _, scene| {
            if endpoint(call) == Endpoint::Bulk {
                for user in std::mem::take(&mut scene.memory.records).into_values() {
                    scene.store.overwrite(Kind::User, user);
                }
            }
        },
    )
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
