//! Generic mutations of what answers show, in ways no rule was written for.
//!
//! They know attributes by name and nothing of SCIM's demands, so that a judge who sees them all
//! is not one who was taught each of them.

use serde_json::{Map, Value, json};

use super::scene::{Effect, fail, listed, patched, queried, read, resources, withhold};
use crate::scim::urn;
use crate::server::model::Kind;
use crate::server::reply::Reply;

/// Changes every resource an answer shows.
fn each(reply: &mut Reply, change: impl Fn(&mut Map<String, Value>)) {
    for resource in resources(reply) {
        change(resource);
    }
}

/// Takes an attribute out of every resource.
fn drop_attribute(reply: &mut Reply, name: &str) {
    each(reply, |resource| {
        resource.shift_remove(name);
    });
}

/// Takes a part of an attribute out of every resource.
fn drop_part(reply: &mut Reply, name: &str, part: &str) {
    each(reply, |resource| {
        if let Some(Value::Object(members)) = resource.get_mut(name) {
            members.shift_remove(part);
        }
    });
}

/// Changes the value of an attribute where it stands.
fn change(reply: &mut Reply, name: &str, change: impl Fn(&Value) -> Value) {
    each(reply, |resource| {
        if let Some(value) = resource.get_mut(name) {
            *value = change(value);
        }
    });
}

pub(super) fn id_missing() -> Effect {
    Effect::after(|_, reply, _| drop_attribute(reply, "id"))
}

pub(super) fn schemas_missing() -> Effect {
    Effect::after(|_, reply, _| {
        // Last, since what has no schemas is no resource to other faults.
        drop_attribute(reply, "schemas");
    })
}

pub(super) fn list_schema_missing() -> Effect {
    Effect::after(|call, reply, _| {
        if listed(call).is_some()
            && let Some(Value::Object(body)) = reply.body_mut()
        {
            body.shift_remove("schemas");
        }
    })
}

pub(super) fn meta_missing() -> Effect {
    Effect::after(|_, reply, _| drop_attribute(reply, "meta"))
}

pub(super) fn drop_resource_type() -> Effect {
    Effect::after(|_, reply, _| drop_part(reply, "meta", "resourceType"))
}

pub(super) fn meta_dates_missing() -> Effect {
    Effect::after(|_, reply, _| drop_part(reply, "meta", "lastModified"))
}

pub(super) fn drop_user_name() -> Effect {
    Effect::after(|_, reply, _| drop_attribute(reply, "userName"))
}

pub(super) fn drop_active() -> Effect {
    Effect::after(|_, reply, _| drop_attribute(reply, "active"))
}

pub(super) fn drop_display_name() -> Effect {
    Effect::after(|_, reply, _| drop_attribute(reply, "displayName"))
}

pub(super) fn drop_title() -> Effect {
    Effect::after(|_, reply, _| drop_attribute(reply, "title"))
}

pub(super) fn drop_emails() -> Effect {
    Effect::after(|_, reply, _| drop_attribute(reply, "emails"))
}

pub(super) fn drop_given_name() -> Effect {
    Effect::after(|_, reply, _| drop_part(reply, "name", "givenName"))
}

pub(super) fn drop_department() -> Effect {
    Effect::after(|_, reply, _| drop_part(reply, urn::ENTERPRISE, "department"))
}

pub(super) fn total_results_missing() -> Effect {
    Effect::after(|_, reply, _| {
        if let Some(Value::Object(body)) = reply.body_mut() {
            body.shift_remove("totalResults");
        }
    })
}

pub(super) fn numeric_ids() -> Effect {
    Effect::after(|_, reply, _| {
        change(reply, "id", |id| {
            let digits = id
                .as_str()
                .map(|text| text.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31) + u32::from(byte)));
            digits.map_or(Value::Null, Value::from)
        });
    })
}

pub(super) fn retype_active_to_string() -> Effect {
    Effect::after(|_, reply, _| {
        change(
            reply,
            "active",
            |active| if active == &Value::Bool(true) { "True".into() } else { "False".into() },
        );
    })
}

pub(super) fn retype_emails_to_object() -> Effect {
    Effect::after(|_, reply, _| change(reply, "emails", |emails| emails[0].clone()))
}

pub(super) fn retype_emails_to_strings() -> Effect {
    Effect::after(|_, reply, _| {
        change(reply, "emails", |emails| {
            emails.as_array().into_iter().flatten().map(|email| email["value"].clone()).collect()
        });
    })
}

pub(super) fn retype_display_name_to_list() -> Effect {
    Effect::after(|_, reply, _| change(reply, "displayName", |name| json!([name])))
}

pub(super) fn retype_name_to_string() -> Effect {
    Effect::after(|_, reply, _| {
        change(reply, "name", |name| {
            let part = |part: &str| name[part].as_str().unwrap_or("").to_owned();
            format!("{} {}", part("givenName"), part("familyName")).into()
        });
    })
}

pub(super) fn dates_as_numbers() -> Effect {
    Effect::after(|_, reply, _| {
        change(reply, "meta", |meta| {
            let mut meta = meta.clone();
            for name in ["created", "lastModified"] {
                let seconds = meta[name]
                    .as_str()
                    .and_then(crate::scim::datetime::parse)
                    .map(jiff::Timestamp::as_second);
                if let Some(seconds) = seconds {
                    meta[name] = seconds.into();
                }
            }
            meta
        });
    })
}

pub(super) fn total_results_as_string() -> Effect {
    Effect::after(|_, reply, _| {
        if let Some(total) = reply.body_mut().and_then(|body| body.get_mut("totalResults")) {
            *total = total.to_string().into();
        }
    })
}

pub(super) fn retype_schemas_to_string() -> Effect {
    Effect::after(|_, reply, _| change(reply, "schemas", |schemas| schemas[0].clone()))
}

pub(super) fn hide_by_id() -> Effect {
    Effect::after(|call, reply, _| {
        if read(call).is_some() {
            *reply = fail(404, "there is no such resource");
        }
    })
}

pub(super) fn hide_newest_from_lists() -> Effect {
    Effect::after(|call, reply, scene| {
        if let Some(kind) = listed(call)
            && let Some(newest) = scene.store.all(kind).last()
        {
            withhold(reply, |resource| resource["id"] == *newest.id);
        }
    })
}

pub(super) fn hide_changed_from_filters() -> Effect {
    Effect::after(|call, reply, scene| {
        if let Some((_, id)) = patched(call).filter(|_| reply.status.is_success()) {
            scene.memory.marked.insert(id);
        }
        if queried(call).is_some() {
            let marked = &scene.memory.marked;
            withhold(reply, |resource| resource["id"].as_str().is_some_and(|id| marked.contains(id)));
        }
    })
}

pub(super) fn hide_groups() -> Effect {
    Effect::after(|call, reply, _| {
        if listed(call) == Some(Kind::Group) {
            withhold(reply, |_| true);
        }
    })
}

pub(super) fn resources_listed_twice() -> Effect {
    Effect::after(|call, reply, _| {
        if listed(call).is_some()
            && let Some(Value::Array(resources)) = reply.body_mut().and_then(|body| body.get_mut("Resources"))
            && let Some(first) = resources.first().cloned()
        {
            resources.push(first);
        }
    })
}

pub(super) fn duplicate_members() -> Effect {
    Effect::after(|_, reply, _| {
        change(reply, "members", |members| {
            let members = members.as_array().cloned().unwrap_or_default();
            members.iter().flat_map(|member| [member.clone(), member.clone()]).collect()
        });
    })
}

pub(super) fn schemas_repeated() -> Effect {
    Effect::after(|_, reply, _| {
        change(reply, "schemas", |schemas| {
            let schemas = schemas.as_array().cloned().unwrap_or_default();
            schemas.iter().chain(schemas.first()).cloned().collect()
        });
    })
}

pub(super) fn resources_withheld() -> Effect {
    Effect::after(|call, reply, _| {
        if listed(call).is_some()
            && let Some(Value::Array(resources)) = reply.body_mut().and_then(|body| body.get_mut("Resources"))
        {
            resources.pop();
        }
    })
}
