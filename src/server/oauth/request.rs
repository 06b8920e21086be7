//! A request for a token, and whether its client is who it says it is.

use std::collections::HashMap;

use axum::http::{HeaderMap, Method, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Flaw, OAuth, Verifier};

/// `client_assertion_type` (RFC 7523 §2.2).
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// An error of RFC 6749 §5.2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OAuthError {
    pub(super) status: StatusCode,
    pub(super) error: &'static str,
    pub(super) description: String,
    /// The client used HTTP Basic, and is told that it may try again.
    pub(super) challenged: bool,
    /// What is wrong with the assertion, if that is why.
    pub(super) flaw: Option<Flaw>,
}

/// A request with the grant `client_credentials`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TokenRequest {
    /// Id and secret from the header.
    basic: Option<(String, String)>,
    parameters: HashMap<String, String>,
    pub(super) scope: Option<String>,
}

impl TokenRequest {
    /// Reads it.
    pub(super) fn read(method: &Method, headers: &HeaderMap, body: &[u8]) -> Result<Self, OAuthError> {
        let invalid = |description: &str| OAuthError::new("invalid_request", description);
        if method != Method::POST {
            return Err(OAuthError {
                status: StatusCode::METHOD_NOT_ALLOWED,
                ..invalid("tokens are asked for with POST")
            });
        }
        let media_type =
            headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let media_type = media_type.split(';').next().unwrap_or("").trim();
        if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(OAuthError {
                status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
                ..invalid("the body must be application/x-www-form-urlencoded")
            });
        }
        let mut parameters = HashMap::new();
        for (name, value) in form_urlencoded::parse(body) {
            // RFC 6749 §3.2: empty parameters count as left out, and none may stand twice.
            if !value.is_empty() && parameters.insert(name.to_string(), value.into_owned()).is_some() {
                return Err(invalid(&format!("the parameter {name} stands twice")));
            }
        }
        match parameters.get("grant_type").map(String::as_str) {
            None => return Err(invalid("the parameter grant_type is missing")),
            Some("client_credentials") => {}
            Some(_) => {
                let description = "this server knows the grant client_credentials alone";
                return Err(OAuthError::new("unsupported_grant_type", description));
            }
        }
        let basic = match headers.get(header::AUTHORIZATION) {
            None => None,
            Some(value) => Some(basic(value.as_bytes()).ok_or_else(|| OAuthError {
                status: StatusCode::UNAUTHORIZED,
                challenged: true,
                ..OAuthError::new("invalid_client", "the header Authorization holds no client id and secret")
            })?),
        };
        let scope = parameters.get("scope").cloned();
        Ok(TokenRequest { basic, parameters, scope })
    }

    /// True when the client shows an assertion.
    pub(super) fn has_assertion(&self) -> bool {
        self.parameters.contains_key("client_assertion")
    }

    /// Checks who asks: an assertion if there is one, else id and secret.
    pub(super) async fn authenticate(&self, known: &OAuth, verifier: &Verifier) -> Result<(), OAuthError> {
        let refuse = |description: String, flaw| OAuthError {
            status: StatusCode::UNAUTHORIZED,
            flaw,
            ..OAuthError::new("invalid_client", description)
        };
        let parameter = |name: &str| self.parameters.get(name).map(String::as_str);
        let assertion = match (parameter("client_assertion_type"), parameter("client_assertion")) {
            (None, None) => return self.check_secret(known),
            (Some(JWT_BEARER), Some(assertion)) => assertion,
            (Some(JWT_BEARER), None) => {
                return Err(OAuthError::new("invalid_request", "the parameter client_assertion is missing"));
            }
            _ => {
                let why = format!("the parameter client_assertion_type must be {JWT_BEARER}");
                return Err(OAuthError::new("invalid_request", why));
            }
        };
        if self.basic.is_some() || parameter("client_secret").is_some() {
            let why = "a client proves who it is in one way (RFC 6749 §2.3)";
            return Err(OAuthError::new("invalid_request", why));
        }
        if parameter("client_id").is_some_and(|id| id != known.client_id) {
            return Err(refuse("there is no client with this id".to_owned(), None));
        }
        let Some(trusted) = &known.federation else {
            return Err(refuse("this server trusts no issuer of assertions".to_owned(), Some(Flaw::Issuer)));
        };
        match verifier.check(assertion, trusted).await {
            Ok(_) => Ok(()),
            Err(rejection) => Err(refuse(rejection.why, Some(rejection.flaw))),
        }
    }

    /// Checks id and secret wherever they stand; Entra's "Both" sends them in two places.
    fn check_secret(&self, known: &OAuth) -> Result<(), OAuthError> {
        let refuse = |description: &str| OAuthError {
            status: StatusCode::UNAUTHORIZED,
            challenged: self.basic.is_some(),
            ..OAuthError::new("invalid_client", description)
        };
        let is_known = |id: &str, secret: &str| id == known.client_id && secret == known.client_secret;
        let parameter = |name: &str| self.parameters.get(name).map(String::as_str);
        let in_body = match (parameter("client_id"), parameter("client_secret")) {
            (Some(id), Some(secret)) => Some(is_known(id, secret)),
            (_, Some(_)) => Some(false),
            (Some(id), None) if self.basic.is_some() => Some(id == known.client_id),
            _ => None,
        };
        let in_header = self.basic.as_ref().map(|(id, secret)| is_known(id, secret));
        match (in_header, in_body) {
            (None, None) => Err(refuse("the client names no id and secret")),
            (Some(false), _) | (_, Some(false)) => Err(refuse("there is no client with this id and secret")),
            _ => Ok(()),
        }
    }
}

/// Id and secret of HTTP Basic, each form-encoded within (RFC 6749 §2.3.1).
fn basic(value: &[u8]) -> Option<(String, String)> {
    let (scheme, encoded) = std::str::from_utf8(value).ok()?.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    let decoded = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_encoding::percent_decode_str(&spaced).decode_utf8().ok().map(|text| text.into_owned())
    };
    Some((decoded(id)?, decoded(secret)?))
}
