//! The authorization server beside the SCIM service: a token endpoint for the grant
//! `client_credentials` (RFC 6749 §4.4), and the tokens it gave.

mod assertion;
mod request;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, Method, StatusCode, header};
use serde_json::{Map, Value, json};

use super::reply::Reply;
pub use assertion::Trusted;
pub(super) use assertion::{Flaw, Verifier};
use request::{OAuthError, TokenRequest};

/// Where tokens are asked for, beside the base path of SCIM.
pub(super) const TOKEN_PATH: &str = "/oauth2/token";

/// How the token endpoint behaves.
#[derive(Debug, Clone)]
pub struct OAuth {
    /// The client's id.
    pub client_id: String,
    /// The client's secret.
    pub client_secret: String,
    /// How long a token is valid; whole seconds.
    pub lifetime: Duration,
    /// Whose assertions stand for the client, in the place of its secret (RFC 7523 §2.2).
    pub federation: Option<Trusted>,
}

impl Default for OAuth {
    /// One client with a random secret and without federation, and tokens for an hour.
    fn default() -> Self {
        OAuth {
            client_id: "scimulate".to_owned(),
            client_secret: uuid::Uuid::new_v4().simple().to_string(),
            lifetime: Duration::from_secs(3600),
            federation: None,
        }
    }
}

/// The tokens that were given and have not expired.
#[derive(Debug, Default)]
pub(super) struct IssuedTokens(Mutex<HashMap<String, Instant>>);

impl IssuedTokens {
    /// True for a token that was given and has not expired.
    pub(super) fn holds(&self, token: &str) -> bool {
        let tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.get(token).is_some_and(|until| Instant::now() < *until)
    }

    fn give(&self, lifetime: Duration) -> String {
        let token = format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        tokens.retain(|_, until| now < *until);
        tokens.insert(token.clone(), now + lifetime);
        token
    }
}

/// An answer of the token endpoint, and what is wrong with the assertion it was asked with.
pub(super) struct Granted {
    pub(super) reply: Reply,
    pub(super) flaw: Option<Flaw>,
    /// The client showed an assertion.
    pub(super) asserted: bool,
}

/// Answers a request to the token endpoint.
pub(super) async fn answer(
    settings: &OAuth,
    tokens: &IssuedTokens,
    verifier: &Verifier,
    method: &Method,
    headers: &HeaderMap,
    body: &[u8],
) -> Granted {
    let mut asserted = false;
    let granted = match TokenRequest::read(method, headers, body) {
        Ok(request) => {
            asserted = request.has_assertion();
            request.authenticate(settings, verifier).await.map(|()| request.scope)
        }
        Err(refusal) => Err(refusal),
    };
    let refusal = match granted {
        Ok(scope) => return Granted { reply: give(settings, tokens, scope), flaw: None, asserted },
        Err(refusal) => refusal,
    };
    let body = json!({ "error": refusal.error, "error_description": refusal.description });
    let mut reply = message(refusal.status, body);
    if refusal.challenged {
        reply = reply.with_header(header::WWW_AUTHENTICATE, "Basic realm=\"oauth2\"");
    }
    if refusal.status == StatusCode::METHOD_NOT_ALLOWED {
        reply = reply.with_header(header::ALLOW, "POST");
    }
    Granted { reply, flaw: refusal.flaw, asserted }
}

/// A new token (RFC 6749 §5.1).
pub(super) fn give(settings: &OAuth, tokens: &IssuedTokens, scope: Option<String>) -> Reply {
    let mut members = Map::new();
    members.insert("access_token".into(), tokens.give(settings.lifetime).into());
    members.insert("token_type".into(), "Bearer".into());
    members.insert("expires_in".into(), settings.lifetime.as_secs().into());
    if let Some(scope) = scope {
        members.insert("scope".into(), scope.into());
    }
    message(StatusCode::OK, Value::Object(members))
}

/// JSON that must not be cached (RFC 6749 §5.1).
fn message(status: StatusCode, body: Value) -> Reply {
    Reply::json(status, body)
        .with_header(header::CONTENT_TYPE, "application/json")
        .with_header(header::CACHE_CONTROL, "no-store")
        .with_header(header::PRAGMA, "no-cache")
}

impl OAuthError {
    fn new(error: &'static str, description: impl Into<String>) -> Self {
        let description = description.into();
        OAuthError { status: StatusCode::BAD_REQUEST, error, description, challenged: false, flaw: None }
    }
}
