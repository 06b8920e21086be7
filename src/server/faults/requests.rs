//! Faults of requests that Entra does not send and other clients do: single discovery documents, other
//! operators, PUT, media types, bodies that are none.

use axum::body::Bytes;
use axum::http::{Method, header};
use serde_json::{Map, Value, json};

use super::creation::sent;
use super::lookups::{each_comparison, nothing, refilter};
use super::operations::{asks, ignore, operations};
use super::scene::{Effect, endpoint, fail, listed, patched, queried, read, refuse, resources, status};
use crate::scim::message::ScimType;
use crate::scim::patch::Verb;
use crate::scim::{Comparison, Filter, Literal, PatchPath, member, same_name, urn};
use crate::server::call::{Call, Document};
use crate::server::endpoint::Endpoint;
use crate::server::model::Kind;
use crate::server::reply::{Content, Reply};

const USERS: &[Kind] = &[Kind::User];

fn is_single_document(call: &Call) -> bool {
    matches!(endpoint(call), Endpoint::Schemas(Some(_)) | Endpoint::ResourceTypes(Some(_)))
}

pub(super) fn documents_only_as_lists() -> Effect {
    Effect::before(|call, _| is_single_document(call).then(|| fail(404, "there is no such endpoint")))
}

pub(super) fn any_schema_answered() -> Effect {
    Effect::after(|call, reply, scene| {
        if matches!(endpoint(call), Endpoint::Schemas(Some(_))) && reply.status == 404 {
            let mut other = call.clone();
            other.segments = Some(vec!["Schemas".into(), urn::USER.into()]);
            *reply = scene.serve_again(&other);
        }
    })
}

pub(super) fn discovery_writable() -> Effect {
    Effect::before(|call, _| {
        let writes = !matches!(call.method, Method::GET | Method::HEAD);
        (endpoint(call).is_discovery() && writes).then(Reply::no_content)
    })
}

pub(super) fn unknown_endpoints_answered() -> Effect {
    Effect::after(|call, reply, _| {
        if endpoint(call) == Endpoint::Nowhere && call.method == Method::GET && reply.status == 404 {
            let page = Bytes::from_static(b"<!doctype html><title>Welcome</title>");
            *reply = Reply::no_content().with_header(header::CONTENT_TYPE, "text/html");
            reply.status = status(200);
            reply.content = Content::Raw(page);
        }
    })
}

pub(super) fn unserved_methods_answered() -> Effect {
    Effect::after(|_, reply, _| {
        if reply.status == 405 {
            *reply = Reply::no_content();
        }
    })
}

/// True when a header names the media type of plain JSON.
fn says_json(call: &Call, name: header::HeaderName) -> bool {
    let value = call.headers.get(name).and_then(|value| value.to_str().ok());
    value.is_some_and(|value| value.trim_start().starts_with("application/json"))
}

pub(super) fn refuses_json_accept() -> Effect {
    Effect::before(|call, _| {
        says_json(call, header::ACCEPT).then(|| fail(406, "only application/scim+json is produced"))
    })
}

pub(super) fn refuses_json_body() -> Effect {
    Effect::before(|call, _| {
        says_json(call, header::CONTENT_TYPE).then(|| fail(415, "the body must be application/scim+json"))
    })
}

pub(super) fn names_case_sensitive() -> Effect {
    Effect::before(|call, _| {
        let body = sent(call, Kind::User)?;
        body.retain(|name, _| name == "userName" || !same_name(name, "userName"));
        None
    })
}

pub(super) fn user_name_not_required() -> Effect {
    Effect::before(|call, _| {
        let body = sent(call, Kind::User)?;
        let name = body.iter().find(|(name, _)| same_name(name, "userName")).map(|(_, value)| value);
        let named = name.and_then(Value::as_str).is_some_and(|name| !name.is_empty());
        if !named {
            body.insert("userName".into(), format!("user-{}", uuid::Uuid::new_v4()).into());
        }
        None
    })
}

pub(super) fn broken_bodies_are_500() -> Effect {
    Effect::before(|call, _| {
        let wants_body = matches!(call.method, Method::POST | Method::PUT | Method::PATCH);
        let broken = matches!(call.body, Document::Broken(_) | Document::Empty);
        (wants_body && broken).then(|| fail(500, "unexpected end of JSON input"))
    })
}

pub(super) fn meta_from_client() -> Effect {
    Effect::after(|call, reply, scene| {
        let created = sent(&mut call.clone(), Kind::User)
            .and_then(|body| body.get("meta")?.get("created")?.as_str()?.parse().ok());
        if let Some(created) = created {
            scene.rewrite(call, reply, USERS, |user| user.created = created);
        }
    })
}

pub(super) fn text_operators_as_eq() -> Effect {
    Effect::before(|call, _| {
        use Comparison::{Contains, EndsWith, Equal, StartsWith};
        refilter(call, |filter| {
            each_comparison(filter, &|comparison, literal| match comparison {
                Contains | StartsWith | EndsWith => (Equal, literal),
                other => (other, literal),
            })
        });
        None
    })
}

pub(super) fn dates_never_later() -> Effect {
    Effect::before(|call, _| {
        let (_, text) = queried(call)?;
        if [" gt ", " ge "].iter().any(|operator| text.contains(operator)) {
            refilter(call, |_| nothing());
        }
        None
    })
}

pub(super) fn broken_filters_find_nothing() -> Effect {
    Effect::before(|call, _| {
        let (_, text) = queried(call)?;
        if text.parse::<Filter>().is_err() {
            call.forget_parameter("filter");
            call.parameters.push(("filter".into(), nothing().to_string()));
        }
        None
    })
}

pub(super) fn unsupported_filters_ignored() -> Effect {
    Effect::before(|call, _| {
        let (kind, text) = queried(call)?;
        let known = matches!(text.parse(), Ok(Filter::Compare(path, Comparison::Equal, _))
            if path.is("userName") || path.is("externalId") || path.is("id"));
        if kind == Kind::User && !known {
            call.forget_parameter("filter");
        }
        None
    })
}

pub(super) fn filter_names_case_exact() -> Effect {
    Effect::before(|call, _| {
        let (_, text) = queried(call)?;
        let first = text.split(' ').next().unwrap_or_default();
        if same_name(first, "userName") && first != "userName" {
            refilter(call, |_| nothing());
        }
        None
    })
}

pub(super) fn member_filter_finds_nothing() -> Effect {
    Effect::before(|call, _| {
        let (kind, text) = queried(call)?;
        if kind == Kind::Group && text.contains("members") {
            refilter(call, |_| nothing());
        }
        None
    })
}

pub(super) fn external_id_case_folded() -> Effect {
    Effect::before(|call, scene| {
        let (kind, text) = queried(call)?;
        let Ok(Filter::Compare(path, Comparison::Equal, Literal::Text(asked))) = text.parse() else {
            return None;
        };
        let folded = asked.to_lowercase();
        let kept = scene.store.all(kind).find_map(|record| {
            record.text("externalId").filter(|id| id.to_lowercase() == folded).map(str::to_owned)
        });
        if let (true, Some(kept)) = (path.is("externalId"), kept) {
            refilter(call, |_| Filter::equals(path.clone(), kept.clone()));
        }
        None
    })
}

pub(super) fn search_ignores_filter() -> Effect {
    Effect::before(|call, _| {
        if let (Endpoint::Search(_), Document::Json(Value::Object(body))) = (endpoint(call), &mut call.body) {
            body.retain(|name, _| !same_name(name, "filter"));
        }
        None
    })
}

pub(super) fn start_index_zero_refused() -> Effect {
    Effect::before(|call, _| {
        (listed(call).is_some() && call.parameter("startIndex") == Some("0"))
            .then(|| refuse(ScimType::InvalidValue, "startIndex must be 1 or more"))
    })
}

pub(super) fn negative_count_returns_all() -> Effect {
    Effect::before(|call, _| {
        if listed(call).is_some() && call.parameter("count").is_some_and(|count| count.starts_with('-')) {
            call.forget_parameter("count");
        }
        None
    })
}

pub(super) fn excluded_id_left_out() -> Effect {
    Effect::after(|call, reply, _| {
        let excluded = call.parameter("excludedAttributes").unwrap_or_default();
        if read(call).is_some() && excluded.split(',').any(|name| same_name(name.trim(), "id")) {
            for resource in resources(reply) {
                resource.shift_remove("id");
            }
        }
    })
}

/// The resource a PUT replaces.
fn replaced(call: &Call) -> Option<(Kind, String)> {
    match endpoint(call) {
        Endpoint::Resource(kind, id) if call.method == Method::PUT => Some((kind, id)),
        _ => None,
    }
}

pub(super) fn put_not_implemented() -> Effect {
    Effect::before(|call, _| replaced(call).map(|_| fail(501, "PUT is not implemented")))
}

pub(super) fn put_ignored() -> Effect {
    Effect::before(|call, scene| {
        let (kind, id) = replaced(call)?;
        let body = scene.show(call, kind, &id)?;
        Some(Reply::json(status(200), body))
    })
}

pub(super) fn put_ignores_attributes() -> Effect {
    Effect::before(|call, _| {
        replaced(call)?;
        call.forget_parameter("attributes");
        None
    })
}

pub(super) fn put_creates() -> Effect {
    Effect::before(|call, scene| {
        let (kind, id) = replaced(call)?;
        if scene.store.get(kind, &id).is_none() {
            call.method = Method::POST;
            call.segments = Some(vec![kind.endpoint().into()]);
        }
        None
    })
}

pub(super) fn unreadable_paths_ignored() -> Effect {
    Effect::before(|call, _| {
        let readable = |operation: &Value| {
            let path = member(operation, "path").and_then(Value::as_str);
            path.is_none_or(|path| path.parse::<PatchPath>().is_ok())
        };
        operations(call, &Kind::ALL)?.retain(readable);
        None
    })
}

pub(super) fn required_attributes_removable() -> Effect {
    Effect::before(|call, _| {
        ignore(call, USERS, |change| change.concerns("userName") && change.verb == Verb::Remove);
        None
    })
}

pub(super) fn id_patchable() -> Effect {
    Effect::before(|call, scene| {
        let (kind, old) = patched(call)?;
        let mut new = None;
        super::operations::changes(call, &Kind::ALL, |change| {
            if change.concerns("id") {
                new = change.value.and_then(Value::as_str).map(str::to_owned);
            }
        });
        scene.store.rename(kind, &old, &new?);
        Some(Reply::no_content())
    })
}

pub(super) fn primary_not_moved() -> Effect {
    Effect::before(|call, _| {
        for operation in operations(call, USERS)? {
            let Some(Value::Array(elements)) = operation.get_mut("value") else { continue };
            for element in elements.iter_mut().filter_map(Value::as_object_mut) {
                element.shift_remove("primary");
            }
        }
        None
    })
}

pub(super) fn nested_group_is_500() -> Effect {
    Effect::before(|call, scene| {
        let store = &scene.store;
        let nested = |value: &Value| {
            let elements = value.as_array().map_or(&[][..], Vec::as_slice);
            let ids = elements.iter().filter_map(|element| element.get("value")?.as_str());
            ids.into_iter().any(|id| store.kind_of(id) == Some(Kind::Group))
        };
        asks(call, &[Kind::Group], |change| change.concerns("members") && change.value.is_some_and(nested))
            .then(|| fail(500, "no user of that id"))
    })
}

pub(super) fn empty_operations_are_500() -> Effect {
    Effect::before(|call, _| {
        operations(call, &Kind::ALL)?.is_empty().then(|| fail(500, "index 0 is out of range"))
    })
}

pub(super) fn no_change_is_error() -> Effect {
    Effect::before(|call, scene| {
        let (kind, id) = patched(call)?;
        let Document::Json(body) = &call.body else { return None };
        let kept: &Map<String, Value> = &scene.store.get(kind, &id)?.attributes;
        let after = scene.service.patched(kind, kept, body).ok()?;
        let names_something =
            member(body, "Operations").and_then(Value::as_array).is_some_and(|all| !all.is_empty());
        (names_something && after == *kept)
            .then(|| refuse(ScimType::InvalidValue, "there are no valid fields to update"))
    })
}

pub(super) fn nulls_refused() -> Effect {
    Effect::before(|call, _| {
        let body = sent(call, Kind::User)?;
        body.values().any(Value::is_null).then(|| refuse(ScimType::InvalidValue, "null is no value"))
    })
}

pub(super) fn email_without_value_is_500() -> Effect {
    Effect::before(|call, _| {
        let emails = sent(call, Kind::User)?.get("emails")?.as_array()?;
        emails.iter().any(|email| email.get("value").is_none()).then(|| fail(500, "value is undefined"))
    })
}

pub(super) fn create_refuses_boolean_text() -> Effect {
    Effect::before(|call, _| {
        let active = sent(call, Kind::User)?.get("active")?;
        active.is_string().then(|| refuse(ScimType::InvalidValue, "active: expected a boolean"))
    })
}

pub(super) fn primary_text_kept() -> Effect {
    Effect::after(|call, reply, scene| {
        let roles = sent(&mut call.clone(), Kind::User).and_then(|body| body.get("roles").cloned());
        let text = |role: &Value| role.get("primary").is_some_and(Value::is_string);
        if let Some(roles) = roles.filter(|roles| roles.as_array().is_some_and(|all| all.iter().any(text))) {
            scene.rewrite(call, reply, USERS, |user| {
                user.attributes.insert("roles".into(), roles);
            });
        }
    })
}

pub(super) fn disabled_name_given_again() -> Effect {
    Effect::before(|call, scene| {
        let name = sent(call, Kind::User).and_then(|user| user.get("userName")?.as_str().map(str::to_owned));
        scene.store.duplicates_allowed = name.is_some_and(|name| {
            let mut same = scene.store.with(Kind::User, crate::server::store::Key::Name, &name);
            same.any(|user| user.attributes.get("active") == Some(&json!(false)))
        });
        None
    })
}

pub(super) fn group_create_drops_members() -> Effect {
    Effect::before(|call, _| {
        sent(call, Kind::Group)?.shift_remove("members");
        None
    })
}
