//! Faults of what every resource carries: `id`, `schemas` and `meta`.

use axum::http::header;
use serde_json::{Map, Value, json};

use super::scene::{Effect, created, deleted, read, resources};
use crate::scim::{same_name, urn};
use crate::server::call::{Call, Document};
use crate::server::model::{Kind, is_core_urn};
use crate::server::reply::Reply;

/// Changes `meta` of every resource an answer shows.
pub(super) fn each_meta(reply: &mut Reply, change: impl Fn(&mut Map<String, Value>)) {
    for resource in resources(reply) {
        if let Some(Value::Object(meta)) = resource.get_mut("meta") {
            change(meta);
        }
    }
}

/// Changes `schemas` of every resource an answer shows.
fn each_schemas(reply: &mut Reply, change: impl Fn(&mut Vec<Value>)) {
    for resource in resources(reply) {
        if let Some(Value::Array(schemas)) = resource.get_mut("schemas") {
            change(schemas);
        }
    }
}

pub(super) fn id_from_client() -> Effect {
    Effect::after(|call, reply, scene| {
        let wished = match &call.body {
            Document::Json(body) => body.get("id").or_else(|| body.get("externalId")).and_then(Value::as_str),
            _ => None,
        };
        if created(call).is_some()
            && let (Some((kind, id)), Some(wished)) = (scene.written(call, reply), wished)
        {
            scene.store.rename(kind, &id, wished);
            scene.refresh(call, reply, kind, wished);
        }
    })
}

pub(super) fn create_answers_existing() -> Effect {
    Effect::after(|call, reply, scene| {
        if created(call) != Some(Kind::User) {
            return;
        }
        let Some((kind, id)) = scene.written(call, reply) else { return };
        if let Some(Value::String(boss)) = scene.memory.values.get("boss").cloned() {
            scene.store.remove(kind, &id);
            scene.refresh(call, reply, kind, &boss);
            return;
        }
        scene.memory.values.insert("boss".into(), id.into());
        scene.rewrite(call, reply, &[kind], |record| {
            record.attributes.retain(|name, _| ["schemas", "active"].contains(&name.as_str()));
            record.attributes.insert("userName".into(), "boss@contoso.example".into());
            record.attributes.insert("displayName".into(), "The Boss".into());
        });
    })
}

pub(super) fn ids_reused() -> Effect {
    Effect::after(|call, reply, scene| {
        if let Some((_, id)) = deleted(call).filter(|_| reply.status.is_success()) {
            scene.memory.values.insert("free".into(), id.into());
        }
        if created(call).is_some()
            && let Some((kind, id)) = scene.written(call, reply)
            && let Some(Value::String(free)) = scene.memory.values.remove("free")
        {
            scene.store.rename(kind, &id, &free);
            scene.refresh(call, reply, kind, &free);
        }
    })
}

pub(super) fn ids_with_bulk_id() -> Effect {
    Effect::after(|call, reply, scene| {
        if created(call).is_some()
            && let Some((kind, id)) = scene.written(call, reply)
        {
            let new = format!("bulkId-{id}");
            scene.store.rename(kind, &id, &new);
            scene.refresh(call, reply, kind, &new);
        }
    })
}

pub(super) fn base_schema_missing() -> Effect {
    Effect::after(|_, reply, _| {
        each_schemas(reply, |schemas| {
            // Another URN is left in its place: an empty list would be another fault.
            for schema in schemas.iter_mut().filter(|schema| schema.as_str().is_some_and(is_core_urn)) {
                *schema = urn::ENTERPRISE.into();
            }
        });
    })
}

pub(super) fn extension_not_declared() -> Effect {
    Effect::after(|_, reply, _| {
        each_schemas(reply, |schemas| schemas.retain(|schema| schema.as_str().is_some_and(is_core_urn)));
    })
}

pub(super) fn unknown_schemas_kept() -> Effect {
    Effect::after(|_, reply, _| {
        each_schemas(reply, |schemas| {
            schemas.push("http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/User".into());
        });
    })
}

pub(super) fn unpublished_attributes() -> Effect {
    Effect::after(|_, reply, _| {
        for resource in resources(reply) {
            resource.insert("tenantId".into(), 17.into());
        }
    })
}

pub(super) fn names_capitalised() -> Effect {
    Effect::after(|_, reply, _| {
        for resource in resources(reply) {
            for name in ["displayName", "userName"] {
                if let Some(value) = resource.shift_remove(name) {
                    let mut capital = name[..1].to_uppercase();
                    capital.push_str(&name[1..]);
                    resource.insert(capital, value);
                }
            }
        }
    })
}

pub(super) fn resource_type_wrong() -> Effect {
    Effect::after(|_, reply, _| {
        each_meta(reply, |meta| {
            let other = if meta.get("resourceType") == Some(&json!("User")) { "Group" } else { "User" };
            meta.insert("resourceType".into(), other.into());
        });
    })
}

pub(super) fn meta_location_missing() -> Effect {
    Effect::after(|_, reply, _| {
        each_meta(reply, |meta| {
            meta.shift_remove("location");
        });
    })
}

pub(super) fn meta_location_wrong() -> Effect {
    Effect::after(|call, reply, _| {
        let elsewhere = format!("{}/Users/elsewhere", call.base_url);
        each_meta(reply, |meta| {
            meta.insert("location".into(), elsewhere.clone().into());
        });
    })
}

pub(super) fn modified_before_created() -> Effect {
    Effect::after(|_, reply, _| {
        each_meta(reply, |meta| {
            meta.insert("lastModified".into(), "2001-01-01T00:00:00Z".into());
        });
    })
}

pub(super) fn dates_without_zone() -> Effect {
    Effect::after(|_, reply, _| {
        each_meta(reply, |meta| {
            for name in ["created", "lastModified"] {
                if let Some(Value::String(date)) = meta.get_mut(name) {
                    *date = date.trim_end_matches('Z').to_owned();
                }
            }
        });
    })
}

/// Adds a header to the answers that show one resource.
fn label(call: &Call, reply: &mut Reply, name: header::HeaderName, value: &str) {
    if read(call).is_some()
        && reply.status.is_success()
        && let Ok(value) = value.parse()
    {
        reply.headers.insert(name, value);
    }
}

pub(super) fn etag_wrong() -> Effect {
    Effect::after(|call, reply, _| {
        label(call, reply, header::ETAG, "W/\"1\"");
        each_meta(reply, |meta| {
            meta.insert("version".into(), "W/\"2\"".into());
        });
    })
}

pub(super) fn content_location_wrong() -> Effect {
    Effect::after(|call, reply, _| {
        let elsewhere = format!("{}/Users/elsewhere", call.base_url);
        label(call, reply, header::CONTENT_LOCATION, &elsewhere);
    })
}

pub(super) fn http_date_malformed() -> Effect {
    Effect::after(|call, reply, _| label(call, reply, header::DATE, "2026-01-01T00:00:00Z"))
}

/// True for users among resources; their schema says so.
fn is_user(resource: &Map<String, Value>) -> bool {
    let schemas = resource.get("schemas").and_then(Value::as_array);
    schemas.into_iter().flatten().filter_map(Value::as_str).any(|schema| same_name(schema, urn::USER))
}

/// Changes every element of a multi-valued attribute of users.
fn each_element(reply: &mut Reply, names: &[&str], change: impl Fn(&mut Map<String, Value>)) {
    for user in resources(reply).into_iter().filter(|resource| is_user(resource)) {
        for name in names {
            let elements = user.get_mut(*name).and_then(Value::as_array_mut);
            elements.into_iter().flatten().filter_map(Value::as_object_mut).for_each(&change);
        }
    }
}

pub(super) fn primary_as_text() -> Effect {
    Effect::after(|_, reply, _| {
        each_element(reply, &["emails", "phoneNumbers", "addresses", "roles"], |element| {
            if let Some(primary) = element.get_mut("primary") {
                *primary = if *primary == Value::Bool(true) { "True".into() } else { "False".into() };
            }
        });
    })
}

pub(super) fn several_primaries() -> Effect {
    Effect::after(|call, reply, scene| {
        scene.rewrite(call, reply, &[Kind::User], |user| {
            for name in ["emails", "phoneNumbers"] {
                let elements = user.attributes.get_mut(name).and_then(Value::as_array_mut);
                for element in elements.into_iter().flatten() {
                    element["primary"] = true.into();
                }
            }
        });
    })
}

pub(super) fn certificates_as_pem() -> Effect {
    Effect::after(|_, reply, _| {
        for user in resources(reply).into_iter().filter(|resource| is_user(resource)) {
            let pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";
            user.insert("x509Certificates".into(), json!([{ "value": pem }]));
        }
    })
}

/// Shows users with an attribute of the vendor's extension, which these faults publish.
fn show_vendor_attribute(reply: &mut Reply, name: &str, value: &str) {
    let vendor = crate::server::model::VENDOR;
    for user in resources(reply).into_iter().filter(|resource| is_user(resource)) {
        if let Some(Value::Array(schemas)) = user.get_mut("schemas") {
            schemas.push(vendor.into());
        }
        user.insert(vendor.into(), json!({ (name): value }));
    }
}

pub(super) fn numbers_as_text() -> Effect {
    Effect::after(|_, reply, _| show_vendor_attribute(reply, "logins", "17"))
}

pub(super) fn write_only_returned() -> Effect {
    Effect::after(|_, reply, _| show_vendor_attribute(reply, "recoveryCode", "hopper-1906"))
}

pub(super) fn date_attributes_without_zone() -> Effect {
    Effect::after(|_, reply, _| show_vendor_attribute(reply, "hired", "2026-01-01T09:00:00"))
}
