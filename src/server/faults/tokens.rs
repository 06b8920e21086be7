//! Faults of the token endpoint and of the tokens it gave.

use axum::body::Bytes;
use axum::http::header;
use serde_json::Value;

use super::context::{Effect, FaultContext, fail, status};
use super::fault::faults;
use crate::server::call::ServerRequest;
use crate::server::oauth::Flaw;
use crate::server::reply::{Reply, ReplyBody};
use crate::server::service::bearer;

faults! {
    /// The token endpoint returns tokens with an `expires_in` of five minutes.
    TOKEN_LIFETIME_TOO_SHORT = "token-lifetime-too-short", Named, token_lifetime_too_short;
    /// The token endpoint returns tokens with an `expires_in` of a day.
    TOKEN_LIFETIME_TOO_LONG = "token-lifetime-too-long", Named, token_lifetime_too_long;
    /// The token endpoint returns no `expires_in`.
    TOKEN_LIFETIME_UNSAID = "token-lifetime-unsaid", Drop, token_lifetime_unsaid;
    /// The token endpoint returns no token.
    ACCESS_TOKEN_MISSING = "access-token-missing", Drop, access_token_missing;
    /// The token endpoint accepts any client secret.
    ANY_CLIENT_SECRET_ACCEPTED = "any-client-secret-accepted", Named, any_client_secret_accepted;
    /// The token endpoint rejects the right client secret.
    CLIENT_SECRET_REFUSED = "client-secret-refused", Named, client_secret_refused;
    /// The token endpoint returns 500 for an assertion.
    ASSERTION_BREAKS_ENDPOINT = "assertion-breaks-endpoint", Named, assertion_breaks_endpoint;
    /// SCIM endpoints reject the tokens of the token endpoint.
    ISSUED_TOKEN_REFUSED = "issued-token-refused", Named, issued_token_refused;
    /// The token endpoint returns a web page.
    HTML_TOKEN_ENDPOINT = "html-token-endpoint", Named, html_token_endpoint;
    /// The token endpoint rejects form-encoded requests.
    TOKEN_FORM_REFUSED = "token-form-refused", Named, token_form_refused;
    /// The signature of Entra's assertions and tokens is not checked.
    ASSERTION_SIGNATURE_IGNORED = "assertion-signature-ignored", Named, assertion_signature_ignored;
    /// Assertions and tokens with the algorithm `none` are accepted.
    UNSIGNED_ASSERTION_ACCEPTED = "unsigned-assertion-accepted", Named, unsigned_assertion_accepted;
    /// The audience of Entra's assertions and tokens is not checked.
    ASSERTION_AUDIENCE_IGNORED = "assertion-audience-ignored", Named, assertion_audience_ignored;
    /// Expired assertions and tokens of Entra are accepted.
    ASSERTION_EXPIRY_IGNORED = "assertion-expiry-ignored", Named, assertion_expiry_ignored;
    /// Assertions and tokens of Entra that are not valid yet are accepted.
    ASSERTION_START_IGNORED = "assertion-start-ignored", Named, assertion_start_ignored;
    /// The issuer's keys are read once and never refreshed.
    KEYS_CACHED_FOREVER = "keys-cached-forever", Stale, keys_cached_forever;
    /// Only the first of the issuer's keys is used.
    FIRST_KEY_ONLY = "first-key-only", Truncate, first_key_only;
    /// Any Authorization scheme is accepted, with any credentials.
    ANY_SCHEME_ACCEPTED = "any-scheme-accepted", Named, any_scheme_accepted;
    /// The Authorization scheme `Bearer` is case-sensitive.
    SCHEME_CASE_EXACT = "scheme-case-exact", Named, scheme_case_exact;
    /// An Authorization header without a token returns 500.
    MISSING_TOKEN_IS_500 = "missing-token-is-500", Named, missing_token_is_500;
    /// A 401 for a wrong token has no error code in WWW-Authenticate.
    TOKEN_ERROR_MISSING = "token-error-missing", Drop, token_error_missing;
    /// A 401 for a request without a token has an error code in WWW-Authenticate.
    TOKEN_ERROR_UNASKED = "token-error-unasked", Named, token_error_unasked;
    /// An expired token is accepted.
    EXPIRED_TOKEN_ACCEPTED = "expired-token-accepted", Stale, expired_token_accepted;
    /// A token for another server is accepted.
    FOREIGN_TOKEN_ACCEPTED = "foreign-token-accepted", Swap, foreign_token_accepted;
}

/// Changes what a token is answered with.
fn rewritten(reply: &mut Reply, change: fn(&mut serde_json::Map<String, Value>)) {
    if let (true, Some(Value::Object(members))) = (reply.status.is_success(), reply.body_mut()) {
        change(members);
    }
}

fn token_lifetime_too_short() -> Effect {
    Effect::granting(|granted, _| {
        rewritten(&mut granted.reply, |members| drop(members.insert("expires_in".into(), 300.into())));
    })
}

fn token_lifetime_too_long() -> Effect {
    Effect::granting(|granted, _| {
        rewritten(&mut granted.reply, |members| drop(members.insert("expires_in".into(), 86_400.into())));
    })
}

fn token_lifetime_unsaid() -> Effect {
    Effect::granting(|granted, _| {
        rewritten(&mut granted.reply, |members| drop(members.shift_remove("expires_in")))
    })
}

fn access_token_missing() -> Effect {
    Effect::granting(|granted, _| {
        rewritten(&mut granted.reply, |members| drop(members.shift_remove("access_token")))
    })
}

fn any_client_secret_accepted() -> Effect {
    Effect::granting(|granted, service| {
        if granted.reply.status == 401 && granted.flaw.is_none() {
            granted.reply = service.give();
        }
    })
}

fn client_secret_refused() -> Effect {
    Effect::granting(|granted, _| {
        if !granted.asserted {
            granted.reply = fail(401, "the client is not known");
        }
    })
}

fn assertion_breaks_endpoint() -> Effect {
    Effect::granting(|granted, _| {
        if granted.asserted {
            granted.reply = fail(500, "something went wrong");
        }
    })
}

fn issued_token_refused() -> Effect {
    Effect::before(|call, context| {
        context.service.is_issued(call).then(|| fail(401, "the token was not given by this server"))
    })
}

fn html_token_endpoint() -> Effect {
    Effect::granting(|granted, _| {
        let reply = &mut granted.reply;
        reply.content = ReplyBody::Raw(Bytes::from_static(b"<!DOCTYPE html><title>Sign in</title>"));
        reply.headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/html"));
        reply.status = status(200);
    })
}

fn token_form_refused() -> Effect {
    Effect::granting(|granted, _| {
        granted.reply = Reply::no_content();
        granted.reply.status = status(415);
    })
}

/// Forgives one flaw of assertions, and of Entra's own tokens.
macro_rules! forgives {
    ($($fault:ident: $flaw:ident;)+) => {$(
        pub(super) fn $fault() -> Effect {
            Effect {
                before: Some(|call, _| {
                    if call.entra == Some(Err(Flaw::$flaw)) {
                        call.entra = Some(Ok(()));
                    }
                    None
                }),
                ..Effect::granting(|granted, service| {
                    if granted.flaw == Some(Flaw::$flaw) {
                        granted.reply = service.give();
                    }
                })
            }
        }
    )+};
}

forgives! {
    assertion_signature_ignored: Signature;
    unsigned_assertion_accepted: Unsigned;
    assertion_audience_ignored: Audience;
    assertion_expiry_ignored: Expired;
    assertion_start_ignored: Early;
}

/// What keeps keys for ever is [`crate::server::oauth`] itself.
fn keys_cached_forever() -> Effect {
    Effect::default()
}

/// A server that looks at the first key of a set and not at `kid`.
fn first_key_only() -> Effect {
    Effect::default()
}

/// Serves a request as if it carried the right token.
fn admit(call: &mut ServerRequest, context: &FaultContext<'_>) {
    if let Ok(value) = format!("Bearer {}", context.service.settings.token).parse() {
        call.headers.insert(header::AUTHORIZATION, value);
    }
}

fn any_scheme_accepted() -> Effect {
    Effect::before(|call, context| {
        if call.headers.contains_key(header::AUTHORIZATION) && bearer(&call.headers).is_none() {
            admit(call, context);
        }
        None
    })
}

fn scheme_case_exact() -> Effect {
    Effect::before(|call, _| {
        let value = call.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let exact = value.starts_with("Bearer ");
        (!exact && bearer(&call.headers).is_some())
            .then(|| fail(401, "the header Authorization is not understood"))
    })
}

fn missing_token_is_500() -> Effect {
    Effect::before(|call, _| {
        let value = call.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        value.trim().eq_ignore_ascii_case("bearer").then(|| fail(500, "index out of range"))
    })
}

/// Changes the challenge of a 401.
fn challenge(reply: &mut Reply, challenge: &'static str) {
    if reply.status == 401 && reply.headers.contains_key(header::WWW_AUTHENTICATE) {
        reply.headers.insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static(challenge));
    }
}

fn token_error_missing() -> Effect {
    Effect::after(|_, reply, _| challenge(reply, "Bearer realm=\"scim\""))
}

fn token_error_unasked() -> Effect {
    Effect::after(|_, reply, _| challenge(reply, "Bearer realm=\"scim\", error=\"invalid_token\""))
}

fn expired_token_accepted() -> Effect {
    Effect::before(|call, context| {
        if bearer(&call.headers) == Some(context.service.settings.expired.as_str()) {
            admit(call, context);
        }
        None
    })
}

fn foreign_token_accepted() -> Effect {
    Effect::before(|call, context| {
        if bearer(&call.headers) == Some(context.service.settings.foreign.as_str()) {
            admit(call, context);
        }
        None
    })
}
