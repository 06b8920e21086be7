//! Faults of requests that Entra does not send and other clients do: single discovery documents, media
//! types, bodies that are none, endpoints that do not exist.

use axum::body::Bytes;
use axum::http::{Method, header};
use serde_json::Value;

use super::context::{Effect, endpoint, fail, refuse, status};
use super::creation::sent;
use super::fault::faults;
use super::operations::USERS;
use crate::scim::message::ScimType;
use crate::scim::{same_name, urn};
use crate::server::call::{RequestBody, ServerRequest};
use crate::server::endpoint::Endpoint;
use crate::server::model::ServedKind;
use crate::server::reply::{Reply, ReplyBody};

faults! {
    /// A single schema or resource type returns 404.
    DOCUMENTS_ONLY_AS_LISTS = "documents-only-as-lists", Hide, documents_only_as_lists;
    /// An unknown schema id returns another schema.
    ANY_SCHEMA_ANSWERED = "any-schema-answered", Swap, any_schema_answered;
    /// Writes to the discovery documents return 204.
    DISCOVERY_WRITABLE = "discovery-writable", Named, discovery_writable;
    /// An unknown endpoint returns a start page.
    UNKNOWN_ENDPOINTS_ANSWERED = "unknown-endpoints-answered", Named, unknown_endpoints_answered;
    /// A method that an endpoint does not support returns 204.
    UNSERVED_METHODS_ANSWERED = "unserved-methods-answered", Named, unserved_methods_answered;
    /// A request that accepts only `application/json` returns 406.
    REFUSES_JSON_ACCEPT = "refuses-json-accept", Named, refuses_json_accept;
    /// A body labelled `application/json` returns 415.
    REFUSES_JSON_BODY = "refuses-json-body", Named, refuses_json_body;
    /// A body labelled `application/scim+json` is taken for an empty one.
    SCIM_JSON_UNPARSED = "scim-json-unparsed", Named, scim_json_unparsed;
    /// A create reads `userName` only in exactly this letter case.
    NAMES_CASE_SENSITIVE = "names-case-sensitive", Drop, names_case_sensitive;
    /// A user created without `userName` gets one from the server.
    USER_NAME_NOT_REQUIRED = "user-name-not-required", Named, user_name_not_required;
    /// A truncated or missing body returns 500.
    BROKEN_BODIES_ARE_500 = "broken-bodies-are-500", Named, broken_bodies_are_500;
    /// A body of more than a megabyte returns 500.
    LARGE_BODIES_ARE_500 = "large-bodies-are-500", Named, large_bodies_are_500;
    /// A create whose first schema is an extension is rejected.
    FIRST_SCHEMA_DECIDES = "first-schema-decides", Named, first_schema_decides;
    /// A 405 has no Allow header.
    ALLOW_MISSING = "allow-missing", Drop, allow_missing;
    /// A create takes `meta.created` from the request.
    META_FROM_CLIENT = "meta-from-client", Swap, meta_from_client;
}

fn is_single_document(call: &ServerRequest) -> bool {
    matches!(endpoint(call), Endpoint::Schemas(Some(_)) | Endpoint::ResourceTypes(Some(_)))
}

fn documents_only_as_lists() -> Effect {
    Effect::before(|call, _| is_single_document(call).then(|| fail(404, "there is no such endpoint")))
}

fn any_schema_answered() -> Effect {
    Effect::after(|call, reply, context| {
        if matches!(endpoint(call), Endpoint::Schemas(Some(_))) && reply.status == 404 {
            let mut other = call.clone();
            other.segments = Some(vec!["Schemas".into(), urn::USER.into()]);
            *reply = context.serve_again(&other);
        }
    })
}

fn discovery_writable() -> Effect {
    Effect::before(|call, _| {
        let writes = !matches!(call.method, Method::GET | Method::HEAD);
        (endpoint(call).is_discovery() && writes).then(Reply::no_content)
    })
}

fn unknown_endpoints_answered() -> Effect {
    Effect::after(|call, reply, _| {
        if endpoint(call) == Endpoint::Nowhere && call.method == Method::GET && reply.status == 404 {
            let page = Bytes::from_static(b"<!doctype html><title>Welcome</title>");
            *reply = Reply::no_content().with_header(header::CONTENT_TYPE, "text/html");
            reply.status = status(200);
            reply.content = ReplyBody::Raw(page);
        }
    })
}

fn unserved_methods_answered() -> Effect {
    Effect::after(|_, reply, _| {
        if reply.status == 405 {
            *reply = Reply::no_content();
        }
    })
}

/// True when a header names the media type of plain JSON.
fn says_json(call: &ServerRequest, name: header::HeaderName) -> bool {
    let value = call.headers.get(name).and_then(|value| value.to_str().ok());
    value.is_some_and(|value| value.trim_start().starts_with("application/json"))
}

fn refuses_json_accept() -> Effect {
    Effect::before(|call, _| {
        says_json(call, header::ACCEPT).then(|| fail(406, "only application/scim+json is produced"))
    })
}

fn refuses_json_body() -> Effect {
    Effect::before(|call, _| {
        says_json(call, header::CONTENT_TYPE).then(|| fail(415, "the body must be application/scim+json"))
    })
}

fn scim_json_unparsed() -> Effect {
    Effect::before(|call, _| {
        if call.media_type().as_deref() == Some("application/scim+json") {
            call.body = RequestBody::Empty;
        }
        None
    })
}

fn names_case_sensitive() -> Effect {
    Effect::before(|call, _| {
        let body = sent(call, ServedKind::User)?;
        body.retain(|name, _| name == "userName" || !same_name(name, "userName"));
        None
    })
}

fn user_name_not_required() -> Effect {
    Effect::before(|call, _| {
        let body = sent(call, ServedKind::User)?;
        let name = body.iter().find(|(name, _)| same_name(name, "userName")).map(|(_, value)| value);
        let named = name.and_then(Value::as_str).is_some_and(|name| !name.is_empty());
        if !named {
            body.insert("userName".into(), format!("user-{}", uuid::Uuid::new_v4()).into());
        }
        None
    })
}

fn broken_bodies_are_500() -> Effect {
    Effect::before(|call, _| {
        let wants_body = matches!(call.method, Method::POST | Method::PUT | Method::PATCH);
        let broken = matches!(call.body, RequestBody::Broken(_) | RequestBody::Empty);
        (wants_body && broken).then(|| fail(500, "unexpected end of JSON input"))
    })
}

fn large_bodies_are_500() -> Effect {
    Effect::before(|call, _| (call.size > 1 << 20).then(|| fail(500, "the request entity is too large")))
}

fn first_schema_decides() -> Effect {
    Effect::before(|call, _| {
        let schemas = sent(call, ServedKind::User)?.get("schemas")?.as_array()?;
        let first = schemas.first()?.as_str()?;
        (!first.eq_ignore_ascii_case(urn::USER)).then(|| refuse(ScimType::InvalidValue, "this is not a user"))
    })
}

fn allow_missing() -> Effect {
    Effect::after(|_, reply, _| {
        reply.headers.remove(header::ALLOW);
    })
}

fn meta_from_client() -> Effect {
    Effect::after(|call, reply, context| {
        let created = sent(&mut call.clone(), ServedKind::User)
            .and_then(|body| body.get("meta")?.get("created")?.as_str()?.parse().ok());
        if let Some(created) = created {
            context.rewrite(call, reply, USERS, |user| user.created = created);
        }
    })
}
