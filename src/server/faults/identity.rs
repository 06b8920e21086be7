//! Faults of what every resource carries: `id`, `schemas` and `meta`.

use axum::http::header;
use serde_json::{Map, Value, json};

use super::context::{Effect, FaultContext, created, deleted, read, resources};
use super::fault::faults;
use crate::scim::{same_name, urn};
use crate::server::call::{RequestBody, ServerRequest};
use crate::server::model::{ServedKind, is_core_urn};
use crate::server::reply::Reply;
use crate::server::variants::Variant;

faults! {
    /// A create takes `id` from the `id` or `externalId` in the request.
    ID_FROM_CLIENT = "id-from-client", Named, id_from_client;
    /// A create of a user returns an existing account.
    CREATE_ANSWERS_EXISTING = "create-answers-existing", Named, create_answers_existing;
    /// The id of a deleted resource is used again for the next one.
    IDS_REUSED = "ids-reused", Duplicate, ids_reused;
    /// A user's id is its userName at creation, so a user who is created again gets the same id.
    ID_IS_USER_NAME = "id-is-user-name", Named, id_is_user_name;
    /// A user's id is its userName, and changes with it.
    ID_FOLLOWS_USER_NAME = "id-follows-user-name", Stale, id_follows_user_name;
    /// Ids contain the reserved word `bulkId`.
    IDS_WITH_BULK_ID = "ids-with-bulk-id", Named, ids_with_bulk_id;
    /// `schemas` lacks the core schema.
    BASE_SCHEMA_MISSING = "base-schema-missing", Drop, base_schema_missing;
    /// `schemas` lacks an extension whose attributes the resource contains.
    EXTENSION_NOT_DECLARED = "extension-not-declared", Drop, extension_not_declared;
    /// `schemas` contains a schema that is not published.
    UNKNOWN_SCHEMAS_KEPT = "unknown-schemas-kept", Named, unknown_schemas_kept;
    /// Answers contain an attribute that no published schema defines.
    UNPUBLISHED_ATTRIBUTES = "unpublished-attributes", Named, unpublished_attributes;
    /// Attribute names are `UserName` and `DisplayName` in answers.
    NAMES_CAPITALISED = "names-capitalised", Named, names_capitalised;
    /// `meta.resourceType` is Group for users and User for groups.
    RESOURCE_TYPE_WRONG = "resource-type-wrong", Swap, resource_type_wrong;
    /// Answers leave out `meta.location`.
    META_LOCATION_MISSING = "meta-location-missing", Drop, meta_location_missing;
    /// `meta.location` names another resource.
    META_LOCATION_WRONG = "meta-location-wrong", Swap, meta_location_wrong;
    /// `meta.location` and the Location header have another base URL.
    META_LOCATION_ELSEWHERE = "meta-location-elsewhere", Swap, meta_location_elsewhere;
    /// `meta.lastModified` is earlier than `meta.created`.
    MODIFIED_BEFORE_CREATED = "modified-before-created", Stale, modified_before_created;
    /// Dates have no time zone.
    DATES_WITHOUT_ZONE = "dates-without-zone", Drop, dates_without_zone;
    /// The ETag header and `meta.version` differ.
    ETAG_WRONG = "etag-wrong", Named, etag_wrong;
    /// The Content-Location header names another resource.
    CONTENT_LOCATION_WRONG = "content-location-wrong", Swap, content_location_wrong;
    /// The Date header is not a valid HTTP date.
    HTTP_DATE_MALFORMED = "http-date-malformed", Retype, http_date_malformed;
    /// `primary` is returned as a string.
    PRIMARY_AS_TEXT = "primary-as-text", Retype, primary_as_text;
    /// Every e-mail and phone number is primary.
    SEVERAL_PRIMARIES = "several-primaries", Duplicate, several_primaries;
    /// Certificates are returned as PEM instead of Base64.
    CERTIFICATES_AS_PEM = "certificates-as-pem", Retype, certificates_as_pem;
    /// An integer of a published extension is returned as a string.
    NUMBERS_AS_TEXT = "numbers-as-text", Retype, numbers_as_text;
    /// A date of a published extension has no time zone.
    DATE_ATTRIBUTES_WITHOUT_ZONE = "date-attributes-without-zone", Drop, date_attributes_without_zone;
}

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

fn id_from_client() -> Effect {
    Effect::after(|call, reply, context| {
        let wished = match &call.body {
            RequestBody::Json(body) => {
                body.get("id").or_else(|| body.get("externalId")).and_then(Value::as_str)
            }
            _ => None,
        };
        if created(call).is_some()
            && let (Some((kind, id)), Some(wished)) = (context.written(call, reply), wished)
        {
            context.store.rename(kind, &id, wished);
            context.refresh(call, reply, kind, wished);
        }
    })
}

fn create_answers_existing() -> Effect {
    Effect::after(|call, reply, context| {
        if created(call) != Some(ServedKind::User) {
            return;
        }
        let Some((kind, id)) = context.written(call, reply) else { return };
        if let Some(Value::String(boss)) = context.memory.values.get("boss").cloned() {
            context.store.remove(kind, &id);
            context.refresh(call, reply, kind, &boss);
            return;
        }
        context.memory.values.insert("boss".into(), id.into());
        context.rewrite(call, reply, &[kind], |record| {
            record.attributes.retain(|name, _| ["schemas", "active"].contains(&name.as_str()));
            record.attributes.insert("userName".into(), "boss@contoso.example".into());
            record.attributes.insert("displayName".into(), "The Boss".into());
        });
    })
}

fn ids_reused() -> Effect {
    Effect::after(|call, reply, context| {
        if let Some((_, id)) = deleted(call).filter(|_| reply.status.is_success()) {
            context.memory.values.insert("free".into(), id.into());
        }
        if created(call).is_some()
            && let Some((kind, id)) = context.written(call, reply)
            && let Some(Value::String(free)) = context.memory.values.remove("free")
        {
            context.store.rename(kind, &id, &free);
            context.refresh(call, reply, kind, &free);
        }
    })
}

/// Gives the user that was written its userName as id, unless another user has it.
fn name_as_id(call: &ServerRequest, reply: &mut Reply, context: &mut FaultContext<'_>) {
    let Some((ServedKind::User, id)) = context.written(call, reply) else { return };
    let name =
        context.store.get(ServedKind::User, &id).and_then(|user| user.text("userName").map(str::to_owned));
    if let Some(name) = name.filter(|name| context.store.get(ServedKind::User, name).is_none()) {
        context.store.rename(ServedKind::User, &id, &name);
        context.refresh(call, reply, ServedKind::User, &name);
    }
}

fn id_is_user_name() -> Effect {
    Effect::after(|call, reply, context| {
        if created(call) == Some(ServedKind::User) {
            name_as_id(call, reply, context);
        }
    })
}

fn id_follows_user_name() -> Effect {
    Effect::after(name_as_id)
}

fn ids_with_bulk_id() -> Effect {
    Effect::after(|call, reply, context| {
        if created(call).is_some()
            && let Some((kind, id)) = context.written(call, reply)
        {
            let new = format!("bulkId-{id}");
            context.store.rename(kind, &id, &new);
            context.refresh(call, reply, kind, &new);
        }
    })
}

fn base_schema_missing() -> Effect {
    Effect::after(|_, reply, _| {
        each_schemas(reply, |schemas| {
            // Another URN is left in its place: an empty list would be another fault.
            for schema in schemas.iter_mut().filter(|schema| schema.as_str().is_some_and(is_core_urn)) {
                *schema = urn::ENTERPRISE.into();
            }
        });
    })
}

fn extension_not_declared() -> Effect {
    Effect::after(|_, reply, _| {
        each_schemas(reply, |schemas| schemas.retain(|schema| schema.as_str().is_some_and(is_core_urn)));
    })
}

fn unknown_schemas_kept() -> Effect {
    Effect::after(|_, reply, _| {
        each_schemas(reply, |schemas| {
            schemas.push("http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/User".into());
        });
    })
}

fn unpublished_attributes() -> Effect {
    Effect::after(|_, reply, _| {
        for resource in resources(reply) {
            resource.insert("tenantId".into(), 17.into());
        }
    })
}

fn names_capitalised() -> Effect {
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

fn resource_type_wrong() -> Effect {
    Effect::after(|_, reply, _| {
        each_meta(reply, |meta| {
            let other = if meta.get("resourceType") == Some(&json!("User")) { "Group" } else { "User" };
            meta.insert("resourceType".into(), other.into());
        });
    })
}

fn meta_location_missing() -> Effect {
    Effect::after(|_, reply, _| {
        each_meta(reply, |meta| {
            meta.shift_remove("location");
        });
    })
}

fn meta_location_wrong() -> Effect {
    Effect::after(|call, reply, _| {
        let elsewhere = format!("{}/Users/elsewhere", call.base_url);
        each_meta(reply, |meta| {
            meta.insert("location".into(), elsewhere.clone().into());
        });
    })
}

fn meta_location_elsewhere() -> Effect {
    Effect::after(|call, reply, _| {
        let moved = |location: &str| location.replace(&call.base_url, "https://scim.example.net/v2");
        each_meta(reply, |meta| {
            if let Some(Value::String(location)) = meta.get_mut("location") {
                *location = moved(location);
            }
        });
        let header =
            reply.headers.get(header::LOCATION).and_then(|value| moved(value.to_str().ok()?).parse().ok());
        if let Some(header) = header {
            reply.headers.insert(header::LOCATION, header);
        }
    })
}

fn modified_before_created() -> Effect {
    Effect::after(|_, reply, _| {
        each_meta(reply, |meta| {
            meta.insert("lastModified".into(), "2001-01-01T00:00:00Z".into());
        });
    })
}

fn dates_without_zone() -> Effect {
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
fn label(call: &ServerRequest, reply: &mut Reply, name: header::HeaderName, value: &str) {
    if read(call).is_some()
        && reply.status.is_success()
        && let Ok(value) = value.parse()
    {
        reply.headers.insert(name, value);
    }
}

fn etag_wrong() -> Effect {
    Effect::after(|call, reply, _| {
        label(call, reply, header::ETAG, "W/\"1\"");
        each_meta(reply, |meta| {
            meta.insert("version".into(), "W/\"2\"".into());
        });
    })
}

fn content_location_wrong() -> Effect {
    Effect::after(|call, reply, _| {
        let elsewhere = format!("{}/Users/elsewhere", call.base_url);
        label(call, reply, header::CONTENT_LOCATION, &elsewhere);
    })
}

fn http_date_malformed() -> Effect {
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

fn primary_as_text() -> Effect {
    Effect::after(|_, reply, _| {
        each_element(reply, &["emails", "phoneNumbers", "addresses", "roles"], |element| {
            if let Some(primary) = element.get_mut("primary") {
                *primary = if *primary == Value::Bool(true) { "True".into() } else { "False".into() };
            }
        });
    })
}

fn several_primaries() -> Effect {
    Effect::after(|call, reply, context| {
        context.rewrite(call, reply, &[ServedKind::User], |user| {
            for name in ["emails", "phoneNumbers"] {
                let elements = user.attributes.get_mut(name).and_then(Value::as_array_mut);
                for element in elements.into_iter().flatten() {
                    element["primary"] = true.into();
                }
            }
        });
    })
}

fn certificates_as_pem() -> Effect {
    Effect::after(|_, reply, _| {
        for user in resources(reply).into_iter().filter(|resource| is_user(resource)) {
            let pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";
            user.insert("x509Certificates".into(), json!([{ "value": pem }]));
        }
    })
}

fn numbers_as_text() -> Effect {
    Effect::after(|_, reply, _| show_vendor_attribute(reply, "logins", "17"))
        .needing(Variant::ExtraVendorSchema)
}

fn date_attributes_without_zone() -> Effect {
    Effect::after(|_, reply, _| show_vendor_attribute(reply, "hired", "2026-01-01T09:00:00"))
        .needing(Variant::ExtraVendorSchema)
}

/// Shows users with an attribute of the vendor's extension, which these faults publish.
pub(super) fn show_vendor_attribute(reply: &mut Reply, name: &str, value: &str) {
    let vendor = crate::server::model::VENDOR;
    for user in resources(reply).into_iter().filter(|resource| is_user(resource)) {
        if let Some(Value::Array(schemas)) = user.get_mut("schemas") {
            schemas.push(vendor.into());
        }
        user.insert(vendor.into(), json!({ (name): value }));
    }
}
