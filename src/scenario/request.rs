//! Requests that a scenario writes itself.

use indexmap::IndexMap;
use serde_json::Value;

use crate::wire::{Method, Tenant};

/// What a template may make of a text.
pub const FILTERS: [&str; 3] = ["upper", "lower", "long"];

/// A raw request. Strings may hold `{{ada.id}}`, `{{ada.userName}}`, `{{made.id}}`, `{{prefix}}`,
/// `{{domain}}`, and the filters `|upper`, `|lower` and `|long`. `{{ada.create}}` alone is the whole body with
/// which Entra would create ada's account, by the mapping in force.
#[derive(Debug, Clone)]
pub struct RawRequest {
    /// Which tenant it goes to.
    pub tenant: Tenant,
    /// Method.
    pub method: Method,
    /// Path below the base URL, as `/Users`.
    pub path: String,
    /// Query parameters in order, unencoded; they are form-encoded when sent.
    pub query: IndexMap<String, String>,
    /// Headers.
    pub headers: IndexMap<String, String>,
    /// Another spelling of `Bearer` in front of the token.
    pub scheme: Option<String>,
    /// JSON body.
    pub body: Option<Value>,
    /// Body as it is written here, JSON or not.
    pub text: Option<String>,
    /// Name under which the answer's members can be used later.
    pub capture: Option<String>,
    /// The scenario wants a refusal.
    pub provoked: bool,
}

/// Requests of a kind that are sent at the same time as others.
#[derive(Debug, Clone)]
pub struct Together {
    /// `each: crowd`: one request for each of these people, who are `{{each.id}}` in it.
    pub each: Option<String>,
    /// `times: 2`: how often it is sent, to each; 1 unless said.
    pub times: usize,
    /// The request.
    pub request: RawRequest,
}
