//! Faults of the token endpoint and of the tokens it gave.

use axum::body::Bytes;
use axum::http::header;
use serde_json::Value;

use super::scene::{Effect, fail, status};
use crate::server::reply::{Content, Reply};

/// Changes what a token is answered with.
fn rewritten(reply: &mut Reply, change: fn(&mut serde_json::Map<String, Value>)) {
    if let (true, Some(Value::Object(members))) = (reply.status.is_success(), reply.body_mut()) {
        change(members);
    }
}

pub(super) fn token_lifetime_too_short() -> Effect {
    Effect::granting(|reply, _| {
        rewritten(reply, |members| drop(members.insert("expires_in".into(), 300.into())));
    })
}

pub(super) fn token_lifetime_too_long() -> Effect {
    Effect::granting(|reply, _| {
        rewritten(reply, |members| drop(members.insert("expires_in".into(), 86_400.into())));
    })
}

pub(super) fn token_lifetime_unsaid() -> Effect {
    Effect::granting(|reply, _| rewritten(reply, |members| drop(members.shift_remove("expires_in"))))
}

pub(super) fn access_token_missing() -> Effect {
    Effect::granting(|reply, _| rewritten(reply, |members| drop(members.shift_remove("access_token"))))
}

pub(super) fn any_client_secret_accepted() -> Effect {
    Effect::granting(|reply, service| {
        if reply.status == 401 {
            *reply = service.give();
        }
    })
}

pub(super) fn issued_token_refused() -> Effect {
    Effect::before(|call, scene| {
        scene.service.is_issued(call).then(|| fail(401, "the token was not given by this server"))
    })
}

pub(super) fn html_token_endpoint() -> Effect {
    Effect::granting(|reply, _| {
        reply.content = Content::Raw(Bytes::from_static(b"<!DOCTYPE html><title>Sign in</title>"));
        reply.headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/html"));
        reply.status = status(200);
    })
}

pub(super) fn token_form_refused() -> Effect {
    Effect::granting(|reply, _| {
        *reply = Reply::no_content();
        reply.status = status(415);
    })
}
