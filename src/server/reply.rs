//! An answer before it becomes bytes, and how a refusal becomes one.

use std::collections::BTreeSet;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::{Frame, SizeHint};
use serde_json::Value;

use super::variants::Variant;
use crate::scim::message::ErrorMessage;

/// The media type of SCIM messages (RFC 7644 §3.1).
pub(super) const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/scim+json");

/// An answer: JSON until the last moment, so that variants and faults can look into it.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) content: ReplyBody,
    /// How long the answer waits before it leaves.
    pub(super) delay: Duration,
}

/// An answer's body.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ReplyBody {
    /// No body.
    Empty,
    /// A SCIM message.
    Json(Value),
    /// Bytes that a fault wrote itself.
    Raw(Bytes),
    /// Bytes of which the first half arrives before the connection breaks.
    Severed(Bytes),
}

impl Reply {
    /// A SCIM message.
    pub(super) fn json(status: StatusCode, value: Value) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, MEDIA_TYPE);
        Reply { status, headers, content: ReplyBody::Json(value), delay: Duration::ZERO }
    }

    /// A status without a body.
    pub(super) fn empty(status: StatusCode) -> Self {
        Reply { status, headers: HeaderMap::new(), content: ReplyBody::Empty, delay: Duration::ZERO }
    }

    /// 204 without a body.
    pub(super) fn no_content() -> Self {
        Reply::empty(StatusCode::NO_CONTENT)
    }

    /// Adds a header, unless the value cannot stand in one.
    pub(super) fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// The body, if it is a SCIM message.
    pub(super) fn body(&self) -> Option<&Value> {
        match &self.content {
            ReplyBody::Json(value) => Some(value),
            _ => None,
        }
    }

    /// The body for rewriting, if it is a SCIM message.
    pub(super) fn body_mut(&mut self) -> Option<&mut Value> {
        match &mut self.content {
            ReplyBody::Json(value) => Some(value),
            _ => None,
        }
    }

    /// The answer as it goes to the transport.
    pub(super) fn into_response(mut self, variants: &BTreeSet<Variant>) -> Response<Body> {
        let is = |variant| variants.contains(&variant);
        if is(Variant::MediaTypeWithCharset) && self.headers.get(header::CONTENT_TYPE) == Some(&MEDIA_TYPE) {
            let named = HeaderValue::from_static("application/scim+json; charset=utf-8");
            self.headers.insert(header::CONTENT_TYPE, named);
        }
        let severed = matches!(self.content, ReplyBody::Severed(_));
        let bytes = match self.content {
            ReplyBody::Empty => Bytes::new(),
            ReplyBody::Raw(bytes) | ReplyBody::Severed(bytes) => bytes,
            ReplyBody::Json(mut value) if is(Variant::SortedIndentedJson) => {
                value.sort_all_objects();
                format!("{value:#}").into()
            }
            ReplyBody::Json(value) => value.to_string().into(),
        };
        let body = if severed {
            Body::new(Severed { length: bytes.len() as u64, half: Some(bytes.slice(..bytes.len() / 2)) })
        } else if is(Variant::ChunkedAndClosed) {
            self.headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
            // Mapping hides the length, so that the body must be chunked.
            Body::new(Full::new(bytes).map_frame(|frame| frame))
        } else {
            Body::from(bytes)
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

/// A body that promises more than it gives.
struct Severed {
    length: u64,
    half: Option<Bytes>,
}

impl HttpBody for Severed {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Ready(Some(match self.half.take() {
            Some(half) => Ok(Frame::data(half)),
            None => Err(io::Error::from(io::ErrorKind::ConnectionReset)),
        }))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}

/// A result that may be a refusal (RFC 7644 §3.12).
pub(super) type ReplyOutcome<T> = Result<T, ErrorMessage>;

impl From<ErrorMessage> for Reply {
    fn from(error: ErrorMessage) -> Self {
        let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Reply::json(status, error.to_json())
    }
}
