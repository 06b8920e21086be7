//! Faults of the token endpoint and of the tokens it gave.

use axum::body::Bytes;
use axum::http::header;
use serde_json::Value;

use super::scene::{Effect, Scene, fail, status};
use crate::server::call::Call;
use crate::server::oauth::Flaw;
use crate::server::reply::{Content, Reply};
use crate::server::service::bearer;

/// Changes what a token is answered with.
fn rewritten(reply: &mut Reply, change: fn(&mut serde_json::Map<String, Value>)) {
    if let (true, Some(Value::Object(members))) = (reply.status.is_success(), reply.body_mut()) {
        change(members);
    }
}

pub(super) fn token_lifetime_too_short() -> Effect {
    Effect::granting(|granted, _| {
        rewritten(&mut granted.reply, |members| drop(members.insert("expires_in".into(), 300.into())));
    })
}

pub(super) fn token_lifetime_too_long() -> Effect {
    Effect::granting(|granted, _| {
        rewritten(&mut granted.reply, |members| drop(members.insert("expires_in".into(), 86_400.into())));
    })
}

pub(super) fn token_lifetime_unsaid() -> Effect {
    Effect::granting(|granted, _| {
        rewritten(&mut granted.reply, |members| drop(members.shift_remove("expires_in")))
    })
}

pub(super) fn access_token_missing() -> Effect {
    Effect::granting(|granted, _| {
        rewritten(&mut granted.reply, |members| drop(members.shift_remove("access_token")))
    })
}

pub(super) fn any_client_secret_accepted() -> Effect {
    Effect::granting(|granted, service| {
        if granted.reply.status == 401 && granted.flaw.is_none() {
            granted.reply = service.give();
        }
    })
}

pub(super) fn client_secret_refused() -> Effect {
    Effect::granting(|granted, _| {
        if !granted.asserted {
            granted.reply = fail(401, "the client is not known");
        }
    })
}

pub(super) fn assertion_breaks_endpoint() -> Effect {
    Effect::granting(|granted, _| {
        if granted.asserted {
            granted.reply = fail(500, "something went wrong");
        }
    })
}

pub(super) fn issued_token_refused() -> Effect {
    Effect::before(|call, scene| {
        scene.service.is_issued(call).then(|| fail(401, "the token was not given by this server"))
    })
}

pub(super) fn html_token_endpoint() -> Effect {
    Effect::granting(|granted, _| {
        let reply = &mut granted.reply;
        reply.content = Content::Raw(Bytes::from_static(b"<!DOCTYPE html><title>Sign in</title>"));
        reply.headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/html"));
        reply.status = status(200);
    })
}

pub(super) fn token_form_refused() -> Effect {
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
pub(super) fn keys_cached_forever() -> Effect {
    Effect::default()
}

/// A server that looks at the first key of a set and not at `kid`.
pub(super) fn first_key_only() -> Effect {
    Effect::default()
}

/// Serves a request as if it carried the right token.
fn admit(call: &mut Call, scene: &Scene<'_>) {
    if let Ok(value) = format!("Bearer {}", scene.service.settings.token).parse() {
        call.headers.insert(header::AUTHORIZATION, value);
    }
}

pub(super) fn any_scheme_accepted() -> Effect {
    Effect::before(|call, scene| {
        if call.headers.contains_key(header::AUTHORIZATION) && bearer(&call.headers).is_none() {
            admit(call, scene);
        }
        None
    })
}

pub(super) fn scheme_case_exact() -> Effect {
    Effect::before(|call, _| {
        let value = call.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let exact = value.starts_with("Bearer ");
        (!exact && bearer(&call.headers).is_some())
            .then(|| fail(401, "the header Authorization is not understood"))
    })
}

pub(super) fn expired_token_accepted() -> Effect {
    Effect::before(|call, scene| {
        if bearer(&call.headers) == Some(scene.service.settings.expired.as_str()) {
            admit(call, scene);
        }
        None
    })
}

pub(super) fn foreign_token_accepted() -> Effect {
    Effect::before(|call, scene| {
        if bearer(&call.headers) == Some(scene.service.settings.foreign.as_str()) {
            admit(call, scene);
        }
        None
    })
}
