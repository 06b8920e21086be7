//! Two tenants of one server: each has users, groups and a token of its own. And the ways in which they
//! are not kept apart.

use axum::http::Method;
use serde_json::Value;

use super::call::{RequestBody, ServerRequest};
use super::endpoint::Endpoint;
use super::model::ServedKind;
use super::reply::Reply;
use super::service::{Service, bearer};
use crate::scim::member;
use crate::scim::message::{ErrorMessage, ScimType};

/// What of another tenant shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) enum Leak {
    /// A read by id that finds nothing here reads there.
    ById,
    /// A filter that finds nothing here is evaluated there.
    ByFilters,
    /// A list that would be empty here is the one from there.
    ByLists,
    /// A `.search` that finds nothing here searches there.
    BySearch,
    /// What is to be changed and is not here is changed there.
    ByWrites,
    /// A userName is taken when it is taken there.
    Uniqueness,
    /// The token from there is good here.
    Tokens,
}

impl Service {
    /// Answers a request to this tenant, while there is another one.
    pub(super) async fn answer_beside(&self, other: Option<&Service>, call: &ServerRequest) -> Reply {
        let leak = self.settings.faults.iter().find_map(|fault| fault.effect().leak);
        let (Some(other), Some(leak)) = (other, leak) else { return self.answer_under_load(call).await };
        let endpoint = Endpoint::of(call.segments.as_deref());
        let as_own = ServerRequest { entra: Some(Ok(())), ..call.clone() };
        match (leak, &endpoint) {
            (Leak::Tokens, _) if bearer(&call.headers) == Some(&other.settings.token) => {
                return self.answer_under_load(&as_own).await;
            }
            (Leak::Uniqueness, Endpoint::Collection(ServedKind::User)) if call.method == Method::POST => {
                let name = match &call.body {
                    RequestBody::Json(body) => member(body, "userName").and_then(Value::as_str),
                    _ => None,
                };
                if name.is_some_and(|name| other.is_taken(name)) {
                    return ErrorMessage::of(ScimType::Uniqueness, "userName is taken").into();
                }
            }
            _ => {}
        }
        let reply = self.answer_under_load(call).await;
        let missed = match (leak, &endpoint) {
            (Leak::ById, Endpoint::Resource(..)) => call.method == Method::GET && reply.status == 404,
            (Leak::ByWrites, Endpoint::Resource(..)) => call.method != Method::GET && reply.status == 404,
            (Leak::ByFilters, Endpoint::Collection(_)) => {
                call.parameter("filter").is_some() && is_empty(&reply)
            }
            (Leak::ByLists, Endpoint::Collection(_)) => {
                call.parameter("filter").is_none() && is_empty(&reply)
            }
            (Leak::BySearch, Endpoint::Search(_)) => is_empty(&reply),
            _ => false,
        };
        if missed { other.answer_under_load(&as_own).await } else { reply }
    }
}

/// True for a list without results.
fn is_empty(reply: &Reply) -> bool {
    reply.body().is_some_and(|body| body.get("totalResults") == Some(&Value::from(0)))
}
