//! Generic mutations of what answers show, in ways no rule was written for.
//!
//! They know attributes by name and nothing of SCIM's demands, so that a judge who sees them all
//! is not one who was taught each of them.

use serde_json::{Map, Value, json};

use super::context::{Effect, fail, listed, patched, queried, read, resources, withhold};
use super::fault::faults;
use crate::scim::urn;
use crate::server::model::ServedKind;
use crate::server::reply::Reply;

faults! {
    /// Answers leave out `id`.
    ID_MISSING = "id-missing", Drop, id_missing;
    /// Resources leave out `schemas`.
    SCHEMAS_MISSING = "schemas-missing", Drop, schemas_missing;
    /// Lists leave out `schemas`.
    LIST_SCHEMA_MISSING = "list-schema-missing", Drop, list_schema_missing;
    /// Answers leave out `meta`.
    META_MISSING = "meta-missing", Drop, meta_missing;
    /// Answers leave out `meta.resourceType`.
    DROP_RESOURCE_TYPE = "drop-resource-type", Drop, drop_resource_type;
    /// Answers leave out `meta.lastModified`.
    META_DATES_MISSING = "meta-dates-missing", Drop, meta_dates_missing;
    /// Answers leave out `userName`.
    DROP_USER_NAME = "drop-user-name", Drop, drop_user_name;
    /// Answers leave out `active`.
    HIDES_ACTIVE = "hides-active", Drop, drop_active;
    /// Answers leave out `displayName`.
    DROP_DISPLAY_NAME = "drop-display-name", Drop, drop_display_name;
    /// Answers leave out `title`.
    DROP_TITLE = "drop-title", Drop, drop_title;
    /// Answers leave out `emails`.
    DROP_EMAILS = "drop-emails", Drop, drop_emails;
    /// Answers leave out `name.givenName`.
    DROP_GIVEN_NAME = "drop-given-name", Drop, drop_given_name;
    /// Answers leave out `department`.
    DROP_DEPARTMENT = "drop-department", Drop, drop_department;
    /// Lists leave out `totalResults`.
    TOTAL_RESULTS_MISSING = "total-results-missing", Drop, total_results_missing;
    /// `id` is returned as a number.
    NUMERIC_IDS = "numeric-ids", Retype, numeric_ids;
    /// `active` is returned as a string.
    RETYPE_ACTIVE_TO_STRING = "retype-active-to-string", Retype, retype_active_to_string;
    /// `emails` is returned as its first element instead of an array.
    RETYPE_EMAILS_TO_OBJECT = "retype-emails-to-object", Retype, retype_emails_to_object;
    /// `emails` is returned as a list of strings.
    RETYPE_EMAILS_TO_STRINGS = "retype-emails-to-strings", Retype, retype_emails_to_strings;
    /// `displayName` is returned as a list of one.
    RETYPE_DISPLAY_NAME_TO_LIST = "retype-display-name-to-list", Retype, retype_display_name_to_list;
    /// `name` is returned as one string.
    RETYPE_NAME_TO_STRING = "retype-name-to-string", Retype, retype_name_to_string;
    /// `name` contains `active` too.
    ACTIVE_INSIDE_NAME = "active-inside-name", Duplicate, active_inside_name;
    /// Dates are returned as seconds since 1970.
    DATES_AS_NUMBERS = "dates-as-numbers", Retype, dates_as_numbers;
    /// `totalResults` is returned as a string.
    TOTAL_RESULTS_AS_STRING = "total-results-as-string", Retype, total_results_as_string;
    /// `schemas` is returned as one string.
    RETYPE_SCHEMAS_TO_STRING = "retype-schemas-to-string", Retype, retype_schemas_to_string;
    /// Reads by id find nothing.
    HIDE_BY_ID = "hide-by-id", Hide, hide_by_id;
    /// The newest resource is missing from lists.
    HIDE_NEWEST_FROM_LISTS = "hide-newest-from-lists", Hide, hide_newest_from_lists;
    /// Filters no longer find a resource after a change.
    HIDE_CHANGED_FROM_FILTERS = "hide-changed-from-filters", Hide, hide_changed_from_filters;
    /// Lists show no groups.
    HIDE_GROUPS = "hide-groups", Hide, hide_groups;
}

/// Changes every resource an answer shows.
fn each(reply: &mut Reply, change: impl Fn(&mut Map<String, Value>)) {
    for resource in resources(reply) {
        change(resource);
    }
}

/// Takes an attribute out of every resource.
pub(super) fn drop_attribute(reply: &mut Reply, name: &str) {
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
pub(super) fn change(reply: &mut Reply, name: &str, change: impl Fn(&Value) -> Value) {
    each(reply, |resource| {
        if let Some(value) = resource.get_mut(name) {
            *value = change(value);
        }
    });
}

fn id_missing() -> Effect {
    Effect::after(|_, reply, _| drop_attribute(reply, "id"))
}

fn schemas_missing() -> Effect {
    Effect::after(|_, reply, _| {
        // Last, since what has no schemas is no resource to other faults.
        drop_attribute(reply, "schemas");
    })
}

fn list_schema_missing() -> Effect {
    Effect::after(|call, reply, _| {
        if listed(call).is_some()
            && let Some(Value::Object(body)) = reply.body_mut()
        {
            body.shift_remove("schemas");
        }
    })
}

fn meta_missing() -> Effect {
    Effect::after(|_, reply, _| drop_attribute(reply, "meta"))
}

fn drop_resource_type() -> Effect {
    Effect::after(|_, reply, _| drop_part(reply, "meta", "resourceType"))
}

fn meta_dates_missing() -> Effect {
    Effect::after(|_, reply, _| drop_part(reply, "meta", "lastModified"))
}

fn drop_user_name() -> Effect {
    Effect::after(|_, reply, _| drop_attribute(reply, "userName"))
}

fn drop_active() -> Effect {
    Effect::after(|_, reply, _| drop_attribute(reply, "active"))
}

fn drop_display_name() -> Effect {
    Effect::after(|_, reply, _| drop_attribute(reply, "displayName"))
}

fn drop_title() -> Effect {
    Effect::after(|_, reply, _| drop_attribute(reply, "title"))
}

fn drop_emails() -> Effect {
    Effect::after(|_, reply, _| drop_attribute(reply, "emails"))
}

fn drop_given_name() -> Effect {
    Effect::after(|_, reply, _| drop_part(reply, "name", "givenName"))
}

fn drop_department() -> Effect {
    Effect::after(|_, reply, _| drop_part(reply, urn::ENTERPRISE, "department"))
}

fn total_results_missing() -> Effect {
    Effect::after(|_, reply, _| {
        if let Some(Value::Object(body)) = reply.body_mut() {
            body.shift_remove("totalResults");
        }
    })
}

fn numeric_ids() -> Effect {
    Effect::after(|_, reply, _| {
        change(reply, "id", |id| {
            let digits = id
                .as_str()
                .map(|text| text.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31) + u32::from(byte)));
            digits.map_or(Value::Null, Value::from)
        });
    })
}

fn retype_active_to_string() -> Effect {
    Effect::after(|_, reply, _| {
        change(
            reply,
            "active",
            |active| if active == &Value::Bool(true) { "True".into() } else { "False".into() },
        );
    })
}

fn retype_emails_to_object() -> Effect {
    Effect::after(|_, reply, _| change(reply, "emails", |emails| emails[0].clone()))
}

fn retype_emails_to_strings() -> Effect {
    Effect::after(|_, reply, _| {
        change(reply, "emails", |emails| {
            emails.as_array().into_iter().flatten().map(|email| email["value"].clone()).collect()
        });
    })
}

fn retype_display_name_to_list() -> Effect {
    Effect::after(|_, reply, _| change(reply, "displayName", |name| json!([name])))
}

fn retype_name_to_string() -> Effect {
    Effect::after(|_, reply, _| {
        change(reply, "name", |name| {
            let part = |part: &str| name[part].as_str().unwrap_or("").to_owned();
            format!("{} {}", part("givenName"), part("familyName")).into()
        });
    })
}

fn active_inside_name() -> Effect {
    Effect::after(|_, reply, _| {
        each(reply, |resource| {
            let Some(active) = resource.get("active").cloned() else { return };
            if let Some(Value::Object(name)) = resource.get_mut("name") {
                name.insert("active".into(), active);
            }
        });
    })
}

fn dates_as_numbers() -> Effect {
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

fn total_results_as_string() -> Effect {
    Effect::after(|_, reply, _| {
        if let Some(total) = reply.body_mut().and_then(|body| body.get_mut("totalResults")) {
            *total = total.to_string().into();
        }
    })
}

fn retype_schemas_to_string() -> Effect {
    Effect::after(|_, reply, _| change(reply, "schemas", |schemas| schemas[0].clone()))
}

fn hide_by_id() -> Effect {
    Effect::after(|call, reply, _| {
        if read(call).is_some() {
            *reply = fail(404, "there is no such resource");
        }
    })
}

fn hide_newest_from_lists() -> Effect {
    Effect::after(|call, reply, context| {
        if let Some(kind) = listed(call)
            && let Some(newest) = context.store.all(kind).last()
        {
            withhold(reply, |resource| resource["id"] == *newest.id);
        }
    })
}

fn hide_changed_from_filters() -> Effect {
    Effect::after(|call, reply, context| {
        if let Some((_, id)) = patched(call).filter(|_| reply.status.is_success()) {
            context.memory.marked.insert(id);
        }
        if queried(call).is_some() {
            let marked = &context.memory.marked;
            withhold(reply, |resource| resource["id"].as_str().is_some_and(|id| marked.contains(id)));
        }
    })
}

fn hide_groups() -> Effect {
    Effect::after(|call, reply, _| {
        if listed(call) == Some(ServedKind::Group) {
            withhold(reply, |_| true);
        }
    })
}
