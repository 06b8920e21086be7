//! `/$batch`: several requests in one.

use std::collections::HashMap;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use bytes::Bytes;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Graph;
use super::call::Call;
use super::reply::{GraphError, Reply};

/// Graph takes so many in one.
const MOST: usize = 20;

pub(super) async fn answer(graph: &Graph, call: &Call) -> Result<Reply, GraphError> {
    let body = call.object()?;
    let requests = body.get("requests").and_then(Value::as_array);
    let requests =
        requests.ok_or_else(|| GraphError::bad_request("The body must hold 'requests', a list."))?;
    if requests.len() > MOST {
        return Err(GraphError::bad_request(format!(
            "A batch has {MOST} requests at most; this one has {}.",
            requests.len()
        )));
    }
    let mut statuses: HashMap<String, u16> = HashMap::new();
    let mut responses = Vec::new();
    // One after the other, so that whatever depends on another comes after it.
    for request in requests {
        let id = request["id"].as_str().map_or_else(|| request["id"].to_string(), str::to_owned);
        let before = request["dependsOn"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let failed = before.into_iter().any(|id| statuses.get(id).is_none_or(|status| *status >= 400));
        let outcome = if failed {
            Err(GraphError::new(424, "FailedDependency", "A request that this one depends on failed."))
        } else {
            single(graph, call, request).await
        };
        let (status, headers, body) = match outcome {
            Ok(Reply::Ok(value)) => (200, json!({ "Content-Type": "application/json" }), value),
            Ok(Reply::Preferred(value, preference)) => {
                let headers = json!({ "Content-Type": "application/json", "Preference-Applied": preference });
                (200, headers, value)
            }
            Ok(Reply::Created(value, location)) => {
                (201, json!({ "Content-Type": "application/json", "Location": location }), value)
            }
            Ok(Reply::Nothing) => (204, json!({}), Value::Null),
            Ok(Reply::Count(count)) => (200, json!({ "Content-Type": "text/plain" }), json!(count)),
            Err(error) => {
                let body = error.to_json(call.request_id, &call.request_id.to_string());
                (error.status, json!({ "Content-Type": "application/json" }), body)
            }
        };
        statuses.insert(id.clone(), status);
        responses.push(json!({ "id": id, "status": status, "headers": headers, "body": body }));
    }
    Ok(Reply::Ok(json!({ "responses": responses })))
}

async fn single(graph: &Graph, call: &Call, request: &Value) -> Result<Reply, GraphError> {
    let method = request["method"].as_str().unwrap_or_default().to_ascii_uppercase();
    let method = Method::from_bytes(method.as_bytes())
        .map_err(|_| GraphError::bad_request(format!("'{method}' is no method.")))?;
    let url = request["url"].as_str().unwrap_or_default();
    // The Python SDK writes whole addresses.
    let url = url.strip_prefix(&call.base).unwrap_or(url).trim_start_matches('/');
    let uri: Uri = format!("/{}/{url}", call.version.as_str())
        .parse()
        .map_err(|_| GraphError::bad_request(format!("'{url}' is no address below Graph.")))?;
    let mut headers: HeaderMap = call.headers.clone();
    for (name, value) in request["headers"].as_object().into_iter().flatten() {
        if let (Ok(name), Some(Ok(value))) =
            (name.parse::<HeaderName>(), value.as_str().map(HeaderValue::from_str))
        {
            headers.insert(name, value);
        }
    }
    let body = match &request["body"] {
        Value::Null => Bytes::new(),
        body => Bytes::from(body.to_string()),
    };
    let (scheme, _) = call.base.split_once("://").unwrap_or(("http", ""));
    let inner = Call::read(method, &uri, headers, body, scheme);
    let inner =
        inner.ok_or_else(|| GraphError::bad_request(format!("'{url}' is no address below Graph.")))?;
    let inner = Call { request_id: Uuid::new_v4(), ..inner };
    if inner.segments.first().is_some_and(|first| first.eq_ignore_ascii_case("$batch")) {
        return Err(GraphError::bad_request("A batch cannot hold a batch."));
    }
    Box::pin(graph.answer(&inner)).await
}
