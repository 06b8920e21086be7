use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::store::StoreError;
use crate::tenant::TenantError;

/// The media type of Graph's answers.
const JSON: &str =
    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";

/// What Graph answers.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Reply {
    /// 200 with JSON.
    Ok(Value),
    /// 200 with JSON, in the form that the client prefers.
    Preferred(Value, &'static str),
    /// 201 with the new object, which stands there.
    Created(Value, String),
    /// 204.
    Nothing,
    /// 200 with a number.
    Count(usize),
}

/// What Graph answers when it does not do what is asked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct GraphError {
    pub status: u16,
    pub code: &'static str,
    pub message: String,
    /// Code, message and target of what is wrong in particular.
    pub details: Option<(String, String, String)>,
    /// Seconds to wait before the next attempt.
    pub retry_after: Option<u64>,
}

impl GraphError {
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        GraphError { status, code, message: message.into(), details: None, retry_after: None }
    }

    pub fn bad_request(message: impl Into<String>) -> Self {
        GraphError::new(400, "Request_BadRequest", message)
    }

    pub fn not_found(id: &str) -> Self {
        TenantError::NotFound(id.to_owned()).into()
    }

    /// What this tenant does not have of Graph.
    pub fn not_implemented(what: &str) -> Self {
        let message = format!("scimulate's tenant has no {what}: docs/tenant.md lists what it has of Graph.");
        GraphError::new(501, "NotImplemented", message)
    }

    pub fn to_json(&self, request: Uuid, client_request: &str) -> Value {
        let date = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S").to_string();
        let mut error = json!({
            "code": self.code,
            "message": self.message,
            "innerError": { "date": date, "request-id": request.to_string(), "client-request-id": client_request },
        });
        if let Some((code, message, target)) = &self.details {
            error["details"] = json!([{ "code": code, "message": message, "target": target }]);
        }
        json!({ "error": error })
    }
}

impl From<TenantError> for GraphError {
    fn from(error: TenantError) -> Self {
        let message = error.to_string();
        match error {
            TenantError::NotFound(_) => GraphError::new(404, "Request_ResourceNotFound", message),
            TenantError::Invalid(_) | TenantError::Property { .. } => GraphError::bad_request(message),
            TenantError::Taken { property } => {
                let details = ("ObjectConflict".to_owned(), message.clone(), property.to_owned());
                GraphError { details: Some(details), ..GraphError::bad_request(message) }
            }
            TenantError::Conflict(_) => GraphError::new(409, "Conflict", message),
            TenantError::NotConfigured(_) => GraphError::new(400, "NotConfigured", message),
            TenantError::Credentials(_) => GraphError::new(400, "CredentialValidationUnavailable", message),
            TenantError::Elsewhere(_) => GraphError::new(403, "Authorization_RequestDenied", message),
            TenantError::Schema(_) => GraphError::new(400, "SchemaInvalid", message),
            TenantError::TooMany => {
                GraphError { retry_after: Some(10), ..GraphError::new(429, "TooManyRequests", message) }
            }
            TenantError::Store(StoreError::NoCheckpoint(_)) => {
                GraphError::new(404, "Request_ResourceNotFound", message)
            }
            TenantError::Store(StoreError::CheckpointName(_)) => GraphError::bad_request(message),
            TenantError::Failed(_) | TenantError::Store(_) => {
                GraphError::new(500, "InternalServerError", message)
            }
        }
    }
}

/// An answer over HTTP.
pub(super) fn response(
    outcome: Result<Reply, GraphError>,
    headers: &HeaderMap,
    request_id: Uuid,
) -> Response<Body> {
    let client = headers.get("client-request-id").and_then(|id| id.to_str().ok());
    let client = client.map_or_else(|| request_id.to_string(), str::to_owned);
    let (mut retry_after, mut preferred) = (None, None);
    let (status, media_type, body, location) = match outcome {
        Ok(Reply::Ok(value)) => (200, Some(JSON), value.to_string(), None),
        Ok(Reply::Preferred(value, preference)) => {
            preferred = Some(preference);
            (200, Some(JSON), value.to_string(), None)
        }
        Ok(Reply::Created(value, location)) => (201, Some(JSON), value.to_string(), Some(location)),
        Ok(Reply::Nothing) => (204, None, String::new(), None),
        Ok(Reply::Count(number)) => (200, Some("text/plain"), number.to_string(), None),
        Err(error) => {
            retry_after = error.retry_after;
            (error.status, Some(JSON), error.to_json(request_id, &client).to_string(), None)
        }
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let set = |response: &mut Response<Body>, name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(name, value);
        }
    };
    if let Some(media_type) = media_type {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        set(&mut response, "odata-version", "4.0".to_owned());
    }
    if let Some(location) = location {
        set(&mut response, "location", location);
    }
    if let Some(preference) = preferred {
        set(&mut response, "preference-applied", preference.to_owned());
    }
    if let Some(seconds) = retry_after {
        set(&mut response, "retry-after", seconds.to_string());
    }
    set(&mut response, "request-id", request_id.to_string());
    set(&mut response, "client-request-id", client);
    response
}
