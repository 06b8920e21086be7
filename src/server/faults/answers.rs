//! Faults of answers as messages: media types, envelopes, JSON.

use axum::body::Bytes;
use axum::http::{HeaderValue, header};
use serde_json::{Value, json};

use super::scene::{Effect, created, listed, patched, read, status};
use crate::server::reply::{Content, Reply};

fn set_media_type(reply: &mut Reply, media_type: &'static str) {
    if reply.headers.contains_key(header::CONTENT_TYPE) {
        reply.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    }
}

fn as_html(reply: &mut Reply, text: &str) {
    reply.content =
        Content::Raw(Bytes::from(format!("<!DOCTYPE html><html><body><h1>{text}</h1></body></html>")));
    set_media_type(reply, "text/html; charset=utf-8");
}

/// The answer's text as it would leave.
fn text(reply: &Reply) -> Option<String> {
    reply.body().map(Value::to_string)
}

pub(super) fn html_answers() -> Effect {
    Effect::after(|call, reply, _| {
        if listed(call).is_some() && reply.status.is_success() {
            as_html(reply, "Sign in");
        }
    })
}

pub(super) fn html_media_type() -> Effect {
    Effect::after(|_, reply, _| set_media_type(reply, "text/html; charset=utf-8"))
}

pub(super) fn html_errors() -> Effect {
    Effect::after(|_, reply, _| {
        if reply.status.is_client_error() || reply.status.is_server_error() {
            as_html(reply, "Something went wrong");
        }
    })
}

pub(super) fn plain_json_media_type() -> Effect {
    Effect::after(|_, reply, _| {
        if reply.status.is_success() {
            set_media_type(reply, "application/json");
        }
    })
}

pub(super) fn plain_json_errors() -> Effect {
    Effect::after(|_, reply, _| {
        if !reply.status.is_success() {
            set_media_type(reply, "application/json");
        }
    })
}

pub(super) fn no_media_type() -> Effect {
    Effect::after(|_, reply, _| {
        reply.headers.remove(header::CONTENT_TYPE);
    })
}

pub(super) fn latin_1_charset() -> Effect {
    Effect::after(|_, reply, _| {
        let Some(text) = text(reply) else { return };
        let byte = |letter: char| u8::try_from(u32::from(letter)).unwrap_or(b'?');
        reply.content = Content::Raw(text.chars().map(byte).collect());
        set_media_type(reply, "application/scim+json; charset=iso-8859-1");
    })
}

pub(super) fn broken_json() -> Effect {
    Effect::after(|call, reply, _| {
        if (read(call).is_some() || listed(call).is_some())
            && let Some(mut text) = text(reply)
        {
            text.pop();
            reply.content = Content::Raw(Bytes::from(text));
        }
    })
}

pub(super) fn duplicate_keys() -> Effect {
    Effect::after(|call, reply, _| {
        if (read(call).is_some() || created(call).is_some() || patched(call).is_some())
            && let Some(text) = text(reply)
            && let Some(rest) = text.strip_prefix('{').filter(|_| reply.status.is_success())
        {
            reply.content = Content::Raw(Bytes::from(format!("{{\"displayName\":\"\",{rest}")));
        }
    })
}

pub(super) fn byte_order_mark() -> Effect {
    Effect::after(|_, reply, _| {
        if let Some(text) = text(reply) {
            reply.content = Content::Raw(Bytes::from(format!("\u{feff}{text}")));
        }
    })
}

pub(super) fn errors_as_200() -> Effect {
    Effect::after(|_, reply, _| {
        if reply.status.is_client_error() && reply.status != 401 {
            reply.status = status(200);
        }
    })
}

/// Changes the body of an error.
fn change_error(reply: &mut Reply, change: fn(&mut Value)) {
    if !reply.status.is_success()
        && let Some(body) = reply.body_mut()
    {
        change(body);
    }
}

pub(super) fn error_status_number() -> Effect {
    Effect::after(|_, reply, _| {
        change_error(reply, |body| {
            if let Some(number) = body["status"].as_str().and_then(|text| text.parse::<u16>().ok()) {
                body["status"] = number.into();
            }
        });
    })
}

pub(super) fn error_status_differs() -> Effect {
    Effect::after(|_, reply, _| change_error(reply, |body| body["status"] = "500".into()))
}

pub(super) fn error_without_schemas() -> Effect {
    Effect::after(|_, reply, _| {
        change_error(reply, |body| {
            if let Value::Object(members) = body {
                members.shift_remove("schemas");
            }
        });
    })
}

pub(super) fn error_detail_object() -> Effect {
    Effect::after(|_, reply, _| {
        change_error(reply, |body| body["detail"] = json!({ "message": [body["detail"].clone()] }));
    })
}

pub(super) fn error_without_body() -> Effect {
    Effect::after(|_, reply, _| {
        if reply.status.is_client_error() {
            reply.content = Content::Empty;
            reply.headers.remove(header::CONTENT_TYPE);
        }
    })
}

pub(super) fn framework_errors() -> Effect {
    Effect::after(|_, reply, _| {
        if !reply.status.is_success() && reply.body().is_some() {
            let text = reply.status.canonical_reason().unwrap_or("Error");
            let body = json!({ "timestamp": "2026-01-01T00:00:00Z", "status": reply.status.as_u16(), "error": text });
            reply.content = Content::Json(body);
        }
    })
}

pub(super) fn conflict_without_keyword() -> Effect {
    Effect::after(|_, reply, _| {
        if reply.status == 409 {
            change_error(reply, |body| {
                if let Value::Object(members) = body {
                    members.shift_remove("scimType");
                }
            });
        }
    })
}

pub(super) fn conflict_keyword_wrong() -> Effect {
    Effect::after(|_, reply, _| {
        if reply.status == 409 {
            change_error(reply, |body| body["scimType"] = "conflict".into());
        }
    })
}

pub(super) fn stack_traces_shown() -> Effect {
    Effect::after(|_, reply, _| {
        change_error(reply, |body| {
            let trace = "java.lang.IllegalStateException: broken\n\tat com.example.scim.Users.find(Users.java:42)\n\tat \
                         com.example.http.Servlet.service(Servlet.java:733)";
            body["detail"] = trace.into();
        });
    })
}

pub(super) fn challenge_missing() -> Effect {
    Effect::after(|_, reply, _| {
        reply.headers.remove(header::WWW_AUTHENTICATE);
    })
}

pub(super) fn location_header_wrong() -> Effect {
    Effect::after(|call, reply, _| {
        if reply.headers.contains_key(header::LOCATION)
            && let Ok(value) = format!("{}/Users/elsewhere", call.base_url).parse()
        {
            reply.headers.insert(header::LOCATION, value);
        }
    })
}
