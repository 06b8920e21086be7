//! What the server says of itself: ServiceProviderConfig, ResourceTypes and Schemas (RFC 7644 §4).

use serde_json::{Value, json};

use super::bulk;
use super::cursors;
use super::model::ServedKind;
use super::query::{self, MAX_RESULTS};
use super::render::Rendering;
use super::reply::ReplyOutcome;
use super::store::missing;
use super::variants::Variant;
use crate::scim::schema::{self, Schema};
use crate::scim::{same_name, urn};

fn with_meta(mut document: Value, view: Rendering<'_>, kind: &str, endpoint: &str, id: &str) -> Value {
    document["meta"] = json!({ "resourceType": kind, "location": view.location(endpoint, id) });
    document
}

/// The ServiceProviderConfig.
pub(super) fn config(view: Rendering<'_>) -> Value {
    let cursors = !view.is(Variant::NoCursors);
    let mut config = json!({
        "schemas": [urn::SERVICE_PROVIDER_CONFIG],
        "patch": { "supported": true },
        "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
        "filter": { "supported": true, "maxResults": MAX_RESULTS },
        "changePassword": { "supported": !view.is(Variant::PasswordRefused) },
        "sort": { "supported": !view.is(Variant::NoSort) },
        "etag": { "supported": !view.is(Variant::NoEtags) && !view.is(Variant::EtagsNotSupported) },
        "pagination": {
            "cursor": cursors,
            "index": true,
            "defaultPaginationMethod": "index",
            "defaultPageSize": MAX_RESULTS,
            "maxPageSize": MAX_RESULTS,
        },
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "OAuth Bearer Token",
            "description": "A bearer token in the Authorization header",
            "specUri": "https://www.rfc-editor.org/info/rfc6750",
            "primary": true,
        }],
    });
    if !view.is(Variant::NoBulk) {
        config["bulk"] = json!({ "supported": true, "maxOperations": bulk::MAX_OPERATIONS, "maxPayloadSize": bulk::MAX_PAYLOAD });
    }
    if cursors {
        config["pagination"]["cursorTimeout"] = cursors::TIMEOUT.as_secs().into();
    }
    with_meta(config, view, "ServiceProviderConfig", "ServiceProviderConfig", "")
}

fn kinds(view: Rendering<'_>) -> impl Iterator<Item = ServedKind> {
    let users_only = view.is(Variant::UsersOnly);
    ServedKind::ALL.into_iter().filter(move |kind| *kind == ServedKind::User || !users_only)
}

fn resource_type(view: Rendering<'_>, kind: ServedKind) -> Value {
    let model = view.model(kind);
    let mut document = json!({
        "schemas": [urn::RESOURCE_TYPE],
        "id": kind.name(),
        "name": kind.name(),
        "endpoint": format!("/{}", kind.endpoint()),
        "description": model.core.description,
        "schema": model.core.id,
    });
    if !model.extensions.is_empty() {
        let extensions =
            model.extensions.iter().map(|schema| json!({ "schema": schema.id, "required": false }));
        document["schemaExtensions"] = extensions.collect();
    }
    with_meta(document, view, "ResourceType", "ResourceTypes", kind.name())
}

/// All resource types.
pub(super) fn resource_types(view: Rendering<'_>) -> Value {
    let documents: Vec<Value> = kinds(view).map(|kind| resource_type(view, kind)).collect();
    query::list(view, documents.len(), 1, documents)
}

/// One resource type by its name.
///
/// # Errors
/// 404 when there is none of that name.
pub(super) fn one_resource_type(view: Rendering<'_>, name: &str) -> ReplyOutcome<Value> {
    let kind = kinds(view).find(|kind| kind.name() == name).ok_or_else(|| missing(name))?;
    Ok(resource_type(view, kind))
}

fn published(view: Rendering<'_>) -> impl Iterator<Item = &Schema> {
    let resources = kinds(view).flat_map(move |kind| {
        let model = view.model(kind);
        std::iter::once(&model.core).chain(&model.extensions)
    });
    resources.chain([schema::service_provider_config(), schema::resource_type(), schema::schema()])
}

fn document(view: Rendering<'_>, schema: &Schema) -> Value {
    let mut document = schema.to_json();
    let no_groups = view.is(Variant::NoUserGroups) || view.is(Variant::UsersOnly);
    if no_groups && let Some(attributes) = document["attributes"].as_array_mut() {
        attributes.retain(|attribute| attribute["name"] != "groups" || schema.id != urn::USER);
    }
    with_meta(document, view, "Schema", "Schemas", &schema.id)
}

/// All schemas.
pub(super) fn schemas(view: Rendering<'_>) -> Value {
    let documents: Vec<Value> = published(view).map(|schema| document(view, schema)).collect();
    query::list(view, documents.len(), 1, documents)
}

/// One schema by its URN.
///
/// # Errors
/// 404 when there is none of that URN.
pub(super) fn one_schema(view: Rendering<'_>, urn: &str) -> ReplyOutcome<Value> {
    let schema = published(view).find(|schema| same_name(&schema.id, urn)).ok_or_else(|| missing(urn))?;
    Ok(document(view, schema))
}
