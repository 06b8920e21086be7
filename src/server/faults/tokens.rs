//! Faults of the token endpoint and of the tokens it gave.

use axum::body::Bytes;
use axum::http::header;
use serde_json::Value;

use super::scene::{Effect, fail, status};
use crate::server::oauth::{Flaw, Granted};
use crate::server::reply::{Content, Reply};
use crate::server::service::Service;

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

/// Gives a token whatever is wrong with the assertion, if it is one of these things.
fn forgiven(granted: &mut Granted, service: &Service, flaws: &[Flaw]) {
    if granted.flaw.is_some_and(|flaw| flaws.contains(&flaw)) {
        granted.reply = service.give();
    }
}

pub(super) fn assertion_signature_ignored() -> Effect {
    Effect::granting(|granted, service| forgiven(granted, service, &[Flaw::Signature]))
}

pub(super) fn unsigned_assertion_accepted() -> Effect {
    Effect::granting(|granted, service| forgiven(granted, service, &[Flaw::Unsigned]))
}

pub(super) fn assertion_audience_ignored() -> Effect {
    Effect::granting(|granted, service| forgiven(granted, service, &[Flaw::Audience]))
}

pub(super) fn assertion_expiry_ignored() -> Effect {
    Effect::granting(|granted, service| forgiven(granted, service, &[Flaw::Expired]))
}

pub(super) fn assertion_start_ignored() -> Effect {
    Effect::granting(|granted, service| forgiven(granted, service, &[Flaw::Early]))
}

/// What keeps keys for ever is [`crate::server::oauth`] itself.
pub(super) fn keys_cached_forever() -> Effect {
    Effect::default()
}

/// A server that looks at the first key of a set and not at `kid`.
pub(super) fn first_key_only() -> Effect {
    Effect::default()
}
