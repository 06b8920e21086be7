//! Variants that refuse a request or give a finished answer another form.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderValue, Method, StatusCode, header};
use serde_json::Value;

use super::call::{RequestBody, ServerRequest};
use super::endpoint::Endpoint;
use super::reply::{Reply, ReplyBody};
use super::service::Service;
use super::variants::Variant;
use crate::scim::message::{ErrorMessage, ScimType};
use crate::scim::{PatchPath, member, same_name};

/// How long a 401 waits: enough to be measured, and short enough for the self-test.
const DELAY: Duration = Duration::from_millis(150);

/// What a web server says where nothing is served.
const PAGE: &str =
    "<!DOCTYPE html><html><head><title>Error</title></head><body>Nothing is served here</body></html>";

impl Variant {
    /// The user attribute that a server of this variant does not have and refuses.
    pub(super) fn refused_attribute(self) -> Option<&'static str> {
        match self {
            Variant::PasswordRefused => Some("password"),
            Variant::RolesRefused => Some("roles"),
            _ => None,
        }
    }
}

impl Service {
    /// Why this server does not take a request that others do.
    pub(super) fn refused_by_variant(
        &self,
        call: &ServerRequest,
        endpoint: &Endpoint,
    ) -> Option<ErrorMessage> {
        if self.is(Variant::PutNotImplemented)
            && call.method == Method::PUT
            && matches!(endpoint, Endpoint::Resource(..))
        {
            return Some(ErrorMessage::plain(501, "PUT is not implemented"));
        }
        let RequestBody::Json(body) = &call.body else { return None };
        let refused = self.settings.variants.iter().filter_map(|variant| variant.refused_attribute());
        let name = refused.into_iter().find(|name| writes(body, name))?;
        let detail = format!("this server has no attribute \"{name}\"");
        Some(ErrorMessage::of(ScimType::InvalidValue, detail))
    }

    /// An answer in the form that the variants give it.
    pub(super) fn in_variant_form(
        &self,
        call: &ServerRequest,
        endpoint: &Endpoint,
        mut reply: Reply,
    ) -> Reply {
        if reply.status == StatusCode::UNAUTHORIZED && self.is(Variant::UnauthorizedDelayed) {
            reply.delay = DELAY;
        }
        if *endpoint == Endpoint::Nowhere || reply.status == StatusCode::METHOD_NOT_ALLOWED {
            if self.is(Variant::HtmlOnUnknownRoutes) {
                reply.content = ReplyBody::Raw(Bytes::from_static(PAGE.as_bytes()));
                reply
                    .headers
                    .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
            }
            if self.is(Variant::EmptyOnUnknownRoutes) {
                reply.content = ReplyBody::Empty;
                reply.headers.remove(header::CONTENT_TYPE);
            }
        }
        if self.is(Variant::CreateReturnsIdAndMeta)
            && call.method == Method::POST
            && reply.status == StatusCode::CREATED
            && let Some(Value::Object(resource)) = reply.body_mut()
        {
            resource.retain(|name, _| ["schemas", "id", "meta"].contains(&name.as_str()));
        }
        reply
    }
}

/// True when a body gives an attribute a value: the body of a resource, of a PATCH, or of a bulk request.
fn writes(body: &Value, name: &str) -> bool {
    if member(body, name).is_some_and(has_value) {
        return true;
    }
    let operations = member(body, "Operations").and_then(Value::as_array);
    operations.into_iter().flatten().any(|operation| {
        let value = member(operation, "value").or_else(|| member(operation, "data"));
        let path = member(operation, "path").and_then(Value::as_str);
        let named = path
            .and_then(|path| path.parse::<PatchPath>().ok())
            .is_some_and(|path| same_name(&path.attribute, name));
        value.is_some_and(|value| (named && has_value(value)) || writes(value, name))
    })
}

fn has_value(value: &Value) -> bool {
    !value.is_null() && value.as_array().is_none_or(|elements| !elements.is_empty())
}
