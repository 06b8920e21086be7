//! Faults of answers as messages: media types, envelopes, JSON.

use axum::body::Bytes;
use axum::http::{HeaderValue, header};
use serde_json::{Value, json};

use super::context::{Effect, created, listed, patched, read, status};
use super::fault::faults;
use crate::server::reply::{Reply, ReplyBody};

faults! {
    /// Lists return an HTML page.
    HTML_ANSWERS = "html-answers", Named, html_answers;
    /// JSON bodies are labelled `text/html`.
    HTML_MEDIA_TYPE = "html-media-type", Named, html_media_type;
    /// Errors return an HTML page.
    HTML_ERRORS = "html-errors", Named, html_errors;
    /// Answers are labelled `application/json`.
    PLAIN_JSON_MEDIA_TYPE = "plain-json-media-type", Named, plain_json_media_type;
    /// Errors are labelled `application/json`.
    PLAIN_JSON_ERRORS = "plain-json-errors", Named, plain_json_errors;
    /// Answers have no Content-Type.
    NO_MEDIA_TYPE = "no-media-type", Drop, no_media_type;
    /// Bodies are encoded in ISO 8859-1.
    LATIN_1_CHARSET = "latin-1-charset", Named, latin_1_charset;
    /// The JSON of reads and lists lacks its last byte.
    BROKEN_JSON = "broken-json", Truncate, broken_json;
    /// Resources contain `displayName` twice.
    DUPLICATE_KEYS = "duplicate-keys", Duplicate, duplicate_keys;
    /// Bodies begin with a byte order mark.
    BYTE_ORDER_MARK = "byte-order-mark", Named, byte_order_mark;
    /// Errors have the HTTP status 200.
    ERRORS_AS_200 = "errors-as-200", Named, errors_as_200;
    /// `status` of errors is a number.
    ERROR_STATUS_NUMBER = "error-status-number", Retype, error_status_number;
    /// `status` of errors is always "500".
    ERROR_STATUS_DIFFERS = "error-status-differs", Named, error_status_differs;
    /// Errors have no `schemas`.
    ERROR_WITHOUT_SCHEMAS = "error-without-schemas", Drop, error_without_schemas;
    /// `detail` of errors is an object.
    ERROR_DETAIL_OBJECT = "error-detail-object", Retype, error_detail_object;
    /// Errors have no body.
    ERROR_WITHOUT_BODY = "error-without-body", Drop, error_without_body;
    /// Errors have a web framework's format instead of SCIM's.
    FRAMEWORK_ERRORS = "framework-errors", Named, framework_errors;
    /// Conflicts have no `scimType`.
    CONFLICT_WITHOUT_KEYWORD = "conflict-without-keyword", Drop, conflict_without_keyword;
    /// Conflicts have an unknown `scimType`.
    CONFLICT_KEYWORD_WRONG = "conflict-keyword-wrong", Named, conflict_keyword_wrong;
    /// Errors show a stack trace.
    STACK_TRACES_SHOWN = "stack-traces-shown", Named, stack_traces_shown;
    /// A 401 for a missing token has no WWW-Authenticate header.
    CHALLENGE_MISSING = "challenge-missing", Drop, challenge_missing;
    /// The Location header and `meta.location` differ.
    LOCATION_HEADER_WRONG = "location-header-wrong", Named, location_header_wrong;
}

fn set_media_type(reply: &mut Reply, media_type: &'static str) {
    if reply.headers.contains_key(header::CONTENT_TYPE) {
        reply.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    }
}

fn as_html(reply: &mut Reply, text: &str) {
    reply.content =
        ReplyBody::Raw(Bytes::from(format!("<!DOCTYPE html><html><body><h1>{text}</h1></body></html>")));
    set_media_type(reply, "text/html; charset=utf-8");
}

/// The answer's text as it would leave.
fn text(reply: &Reply) -> Option<String> {
    reply.body().map(Value::to_string)
}

fn html_answers() -> Effect {
    Effect::after(|call, reply, _| {
        if listed(call).is_some() && reply.status.is_success() {
            as_html(reply, "Sign in");
        }
    })
}

fn html_media_type() -> Effect {
    Effect::after(|_, reply, _| set_media_type(reply, "text/html; charset=utf-8"))
}

fn html_errors() -> Effect {
    Effect::after(|_, reply, _| {
        if reply.status.is_client_error() || reply.status.is_server_error() {
            as_html(reply, "Something went wrong");
        }
    })
}

fn plain_json_media_type() -> Effect {
    Effect::after(|_, reply, _| {
        if reply.status.is_success() {
            set_media_type(reply, "application/json");
        }
    })
}

fn plain_json_errors() -> Effect {
    Effect::after(|_, reply, _| {
        if !reply.status.is_success() {
            set_media_type(reply, "application/json");
        }
    })
}

fn no_media_type() -> Effect {
    Effect::after(|_, reply, _| {
        reply.headers.remove(header::CONTENT_TYPE);
    })
}

fn latin_1_charset() -> Effect {
    Effect::after(|_, reply, _| {
        let Some(text) = text(reply) else { return };
        let byte = |letter: char| u8::try_from(u32::from(letter)).unwrap_or(b'?');
        reply.content = ReplyBody::Raw(text.chars().map(byte).collect());
        set_media_type(reply, "application/scim+json; charset=iso-8859-1");
    })
}

fn broken_json() -> Effect {
    Effect::after(|call, reply, _| {
        if (read(call).is_some() || listed(call).is_some())
            && let Some(mut text) = text(reply)
        {
            text.pop();
            reply.content = ReplyBody::Raw(Bytes::from(text));
        }
    })
}

fn duplicate_keys() -> Effect {
    Effect::after(|call, reply, _| {
        if (read(call).is_some() || created(call).is_some() || patched(call).is_some())
            && let Some(text) = text(reply)
            && let Some(rest) = text.strip_prefix('{').filter(|_| reply.status.is_success())
        {
            reply.content = ReplyBody::Raw(Bytes::from(format!("{{\"displayName\":\"\",{rest}")));
        }
    })
}

fn byte_order_mark() -> Effect {
    Effect::after(|_, reply, _| {
        if let Some(text) = text(reply) {
            reply.content = ReplyBody::Raw(Bytes::from(format!("\u{feff}{text}")));
        }
    })
}

fn errors_as_200() -> Effect {
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

fn error_status_number() -> Effect {
    Effect::after(|_, reply, _| {
        change_error(reply, |body| {
            if let Some(number) = body["status"].as_str().and_then(|text| text.parse::<u16>().ok()) {
                body["status"] = number.into();
            }
        });
    })
}

fn error_status_differs() -> Effect {
    Effect::after(|_, reply, _| change_error(reply, |body| body["status"] = "500".into()))
}

fn error_without_schemas() -> Effect {
    Effect::after(|_, reply, _| {
        change_error(reply, |body| {
            if let Value::Object(members) = body {
                members.shift_remove("schemas");
            }
        });
    })
}

fn error_detail_object() -> Effect {
    Effect::after(|_, reply, _| {
        change_error(reply, |body| body["detail"] = json!({ "message": [body["detail"].clone()] }));
    })
}

fn error_without_body() -> Effect {
    Effect::after(|_, reply, _| {
        if reply.status.is_client_error() {
            reply.content = ReplyBody::Empty;
            reply.headers.remove(header::CONTENT_TYPE);
        }
    })
}

fn framework_errors() -> Effect {
    Effect::after(|_, reply, _| {
        if !reply.status.is_success() && reply.body().is_some() {
            let text = reply.status.canonical_reason().unwrap_or("Error");
            let body = json!({ "timestamp": "2026-01-01T00:00:00Z", "status": reply.status.as_u16(), "error": text });
            reply.content = ReplyBody::Json(body);
        }
    })
}

fn conflict_without_keyword() -> Effect {
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

fn conflict_keyword_wrong() -> Effect {
    Effect::after(|_, reply, _| {
        if reply.status == 409 {
            change_error(reply, |body| body["scimType"] = "conflict".into());
        }
    })
}

fn stack_traces_shown() -> Effect {
    Effect::after(|_, reply, _| {
        change_error(reply, |body| {
            let trace = "java.lang.IllegalStateException: broken\n\tat com.example.scim.Users.find(Users.java:42)\n\tat \
                         com.example.http.Servlet.service(Servlet.java:733)";
            body["detail"] = trace.into();
        });
    })
}

fn challenge_missing() -> Effect {
    Effect::after(|_, reply, _| {
        reply.headers.remove(header::WWW_AUTHENTICATE);
    })
}

fn location_header_wrong() -> Effect {
    Effect::after(|call, reply, _| {
        if reply.headers.contains_key(header::LOCATION)
            && let Ok(value) = format!("{}/Users/elsewhere", call.base_url).parse()
        {
            reply.headers.insert(header::LOCATION, value);
        }
    })
}
