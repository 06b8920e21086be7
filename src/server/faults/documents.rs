//! Faults of what a server says of itself.

use axum::http::header;
use serde_json::{Map, Value};

use super::context::{Effect, endpoint, fail, refuse};
use super::fault::faults;
use crate::scim::message::ScimType;
use crate::scim::urn;
use crate::server::call::ServerRequest;
use crate::server::endpoint::Endpoint;
use crate::server::model::ServedKind;
use crate::server::reply::Reply;

faults! {
    /// The discovery documents return 404.
    NO_DISCOVERY = "no-discovery", Hide, no_discovery;
    /// The discovery documents return 404 to a request without a token.
    DISCOVERY_HIDDEN_WITHOUT_TOKEN = "discovery-hidden-without-token", Hide, discovery_hidden_without_token;
    /// ServiceProviderConfig has an authentication scheme of the type `bearer`.
    AUTHENTICATION_SCHEME_UNCLEAR = "authentication-scheme-unclear", Named, authentication_scheme_unclear;
    /// ServiceProviderConfig has `filter.maxResults` 2, and lists are longer.
    MAX_RESULTS_EXCEEDED = "max-results-exceeded", Named, max_results_exceeded;
    /// ServiceProviderConfig leaves out `sort`, `etag` and `authenticationSchemes`.
    CONFIG_INCOMPLETE = "config-incomplete", Drop, config_incomplete;
    /// ServiceProviderConfig has `pagination.cursor` as the string `"true"`.
    PAGINATION_AS_TEXT = "pagination-as-text", Retype, pagination_as_text;
    /// ServiceProviderConfig says that PATCH is not supported.
    PATCH_NOT_ADVERTISED = "patch-not-advertised", Named, patch_not_advertised;
    /// /Schemas lacks the enterprise extension, although a resource type names it.
    SCHEMA_UNPUBLISHED = "schema-unpublished", Hide, schema_unpublished;
    /// /Schemas writes `readwrite`, `datetime` and the like in lower case.
    SCHEMA_WORDS_LOWER_CASE = "schema-words-lower-case", Named, schema_words_lower_case;
    /// /Schemas writes null for properties that do not apply.
    SCHEMA_NULLS = "schema-nulls", Named, schema_nulls;
    /// nickName is required by /Schemas, and a user without one is rejected.
    REQUIRES_NICK_NAME = "requires-nick-name", Named, requires_nick_name;
    /// A filter is applied to the discovery documents.
    DISCOVERY_FILTER_APPLIED = "discovery-filter-applied", Named, discovery_filter_applied;
}

/// The documents of a discovery answer: the body, or the resources of the list it holds.
fn documents(reply: &mut Reply) -> Vec<&mut Map<String, Value>> {
    let Some(Value::Object(body)) = reply.body_mut() else { return Vec::new() };
    if body.contains_key("Resources") {
        let resources = body.get_mut("Resources").and_then(Value::as_array_mut);
        return resources.into_iter().flatten().filter_map(Value::as_object_mut).collect();
    }
    vec![body]
}

/// Changes every attribute definition in an answer of `/Schemas`.
fn each_definition(reply: &mut Reply, change: fn(&mut Map<String, Value>)) {
    fn descend(owner: &mut Map<String, Value>, list: &str, change: fn(&mut Map<String, Value>)) {
        let definitions = owner.get_mut(list).and_then(Value::as_array_mut);
        for definition in definitions.into_iter().flatten().filter_map(Value::as_object_mut) {
            change(definition);
            descend(definition, "subAttributes", change);
        }
    }
    for schema in documents(reply) {
        descend(schema, "attributes", change);
    }
}

fn no_discovery() -> Effect {
    Effect::before(|call, _| endpoint(call).is_discovery().then(|| fail(404, "there is no such endpoint")))
}

fn discovery_hidden_without_token() -> Effect {
    Effect::before(|call, _| {
        let has_token = call.headers.contains_key(header::AUTHORIZATION);
        (endpoint(call).is_discovery() && !has_token).then(|| fail(404, "there is no such endpoint"))
    })
}

/// Puts a value in place of one that ServiceProviderConfig has.
fn state(call: &ServerRequest, reply: &mut Reply, place: &str, value: Value) {
    if endpoint(call) == Endpoint::Config
        && let Some(stated) = reply.body_mut().and_then(|config| config.pointer_mut(place))
    {
        *stated = value;
    }
}

fn authentication_scheme_unclear() -> Effect {
    Effect::after(|call, reply, _| state(call, reply, "/authenticationSchemes/0/type", "bearer".into()))
}

fn max_results_exceeded() -> Effect {
    Effect::after(|call, reply, _| state(call, reply, "/filter/maxResults", 2.into()))
}

fn config_incomplete() -> Effect {
    Effect::after(|call, reply, _| {
        if endpoint(call) == Endpoint::Config {
            for config in documents(reply) {
                for feature in ["sort", "etag", "authenticationSchemes"] {
                    config.shift_remove(feature);
                }
            }
        }
    })
}

fn pagination_as_text() -> Effect {
    Effect::after(|call, reply, _| {
        if endpoint(call) == Endpoint::Config
            && let Some(cursor) = reply.body_mut().and_then(|config| config.pointer_mut("/pagination/cursor"))
        {
            *cursor = Value::String(cursor.to_string());
        }
    })
}

fn patch_not_advertised() -> Effect {
    Effect::after(|call, reply, _| state(call, reply, "/patch/supported", Value::Bool(false)))
}

fn schema_unpublished() -> Effect {
    Effect::after(|call, reply, _| {
        if let Endpoint::Schemas(one) = endpoint(call) {
            match one {
                None => super::context::withhold(reply, |schema| schema["id"] == urn::ENTERPRISE),
                Some(id) if id == urn::ENTERPRISE => *reply = fail(404, "there is no such schema"),
                Some(_) => {}
            }
        }
    })
}

fn schema_words_lower_case() -> Effect {
    Effect::after(|call, reply, _| {
        if matches!(endpoint(call), Endpoint::Schemas(_)) {
            each_definition(reply, |definition| {
                for name in ["type", "mutability", "returned", "uniqueness"] {
                    if let Some(Value::String(word)) = definition.get_mut(name) {
                        *word = word.to_lowercase();
                    }
                }
            });
        }
    })
}

fn schema_nulls() -> Effect {
    Effect::after(|call, reply, _| {
        if matches!(endpoint(call), Endpoint::Schemas(_)) {
            each_definition(reply, |definition| {
                for name in ["canonicalValues", "referenceTypes", "subAttributes"] {
                    definition.entry(name).or_insert(Value::Null);
                }
            });
        }
    })
}

fn requires_nick_name() -> Effect {
    Effect::both(
        |call, _| {
            let lacks = !super::creation::sent(call, ServedKind::User)?.contains_key("nickName");
            lacks.then(|| refuse(ScimType::InvalidValue, "nickName is required"))
        },
        |call, reply, _| {
            if matches!(endpoint(call), Endpoint::Schemas(_)) {
                each_definition(reply, |definition| {
                    if definition.get("name").is_some_and(|name| name == "nickName") {
                        definition.insert("required".to_owned(), Value::Bool(true));
                    }
                });
            }
        },
    )
}

fn discovery_filter_applied() -> Effect {
    Effect::both(
        |call, _| {
            if endpoint(call).is_discovery() {
                call.forget_parameter("filter");
            }
            None
        },
        |call, reply, _| {
            if endpoint(call).is_discovery() && call.parameter("filter").is_some() {
                let first = reply.body().map(|body| body["Resources"][0]["id"].clone()).unwrap_or_default();
                super::context::withhold(reply, |document| document["id"] != first);
            }
        },
    )
}
