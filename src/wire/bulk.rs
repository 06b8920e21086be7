//! What a bulk request made (RFC 7644 §3.7.3): its creates, and what came of them.

use serde_json::Value;

use super::{Answer, Method, Request, ResourceKind, id_of, located_id};
use crate::scim::{member, same_name};

/// A user or a group that a bulk request made, or may have made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkCreate {
    /// What it is.
    pub kind: ResourceKind,
    /// Its id, from the location in the answer or else the resource beside it.
    pub id: Option<String>,
    /// What was sent.
    pub sent: Value,
    /// The resource as the answer shows it, if it does.
    pub shown: Option<Value>,
    /// The answer says that it was made.
    pub succeeded: bool,
}

/// True for a request to the bulk endpoint.
#[must_use]
pub fn is_bulk(request: &Request) -> bool {
    request.method == Method::Post && same_name(request.path.trim_matches('/'), "Bulk")
}

/// The creates of a bulk request but those that were refused; none for another request. Without an answer
/// each may have happened. `sent_to` is the absolute URL of the request.
#[must_use]
pub fn bulk_creates(request: &Request, answer: Option<&Answer>, sent_to: &str) -> Vec<BulkCreate> {
    if !is_bulk(request) || answer.is_some_and(|answer| (400..500).contains(&answer.status)) {
        return Vec::new();
    }
    let sent = request.json().unwrap_or_default();
    let results = answer.and_then(|answer| answer.body.json()).map(operations).unwrap_or_default();
    let creates = operations(&sent).iter().filter_map(|operation| {
        let is_post = text(operation, "method").is_some_and(|method| same_name(method, "POST"));
        let kind = match text(operation, "path").unwrap_or("").trim_matches('/') {
            "Users" if is_post => ResourceKind::User,
            "Groups" if is_post => ResourceKind::Group,
            _ => return None,
        };
        let bulk_id = text(operation, "bulkId");
        let result = results.iter().find(|result| bulk_id.is_some() && text(result, "bulkId") == bulk_id);
        // SCIM 2.0 writes the status as a string, some servers as a number.
        let status = result.and_then(|result| member(result, "status")).map(ToString::to_string);
        let status = status.map(|status| status.trim_matches('"').to_owned());
        if status.as_ref().is_some_and(|status| status.starts_with('4')) {
            return None;
        }
        let shown = result.and_then(|result| member(result, "response")).cloned();
        let location = result.and_then(|result| text(result, "location"));
        let id = location
            .and_then(|location| located_id(kind, location, sent_to, &request.path))
            .or_else(|| shown.as_ref().and_then(id_of));
        let sent = member(operation, "data").cloned().unwrap_or_default();
        Some(BulkCreate {
            kind,
            id,
            sent,
            shown,
            succeeded: status.is_some_and(|status| status.starts_with('2')),
        })
    });
    creates.collect()
}

/// The users and groups that the operations of a bulk request change or delete; none for another request.
#[must_use]
pub fn bulk_targets(request: &Request) -> Vec<(ResourceKind, String)> {
    if !is_bulk(request) {
        return Vec::new();
    }
    let sent = request.json().unwrap_or_default();
    let targets = operations(&sent).iter().filter_map(|operation| {
        let (endpoint, id) = text(operation, "path")?.trim_matches('/').split_once('/')?;
        let kind = match endpoint {
            "Users" => ResourceKind::User,
            "Groups" => ResourceKind::Group,
            _ => return None,
        };
        Some((kind, percent_encoding::percent_decode_str(id).decode_utf8_lossy().into_owned()))
    });
    targets.collect()
}

fn operations(body: &Value) -> &[Value] {
    member(body, "Operations").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    member(value, name).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Actor;
    use serde_json::json;

    fn creates(answer: Option<&Answer>) -> Vec<BulkCreate> {
        let body = json!({"Operations": [
            {"method": "POST", "path": "/Users", "bulkId": "a", "data": {"userName": "ann"}},
            {"method": "POST", "path": "/Users", "bulkId": "b", "data": {"userName": "bea"}},
            {"method": "DELETE", "path": "/Users/7"},
            {"method": "post", "path": "/Groups", "bulkId": "g", "data": {"displayName": "team"}},
        ]});
        let request = Request::new(Actor::Probe, Method::Post, "/Bulk", "test").with_json(&body);
        bulk_creates(&request, answer, "https://example.com/Bulk")
    }

    #[test]
    fn what_was_made_is_known_by_its_location_and_what_was_refused_is_not_made() {
        let answer = Answer::json(
            200,
            &json!({"Operations": [
                {"bulkId": "b", "method": "POST", "status": "409"},
                {"bulkId": "a", "method": "POST", "status": "201", "location": "https://example.com/Users/1/"},
            ]}),
        );
        let made: Vec<_> = creates(Some(&answer)).into_iter().map(|c| (c.kind, c.id, c.succeeded)).collect();
        let expected = [(ResourceKind::User, Some("1".to_owned()), true), (ResourceKind::Group, None, false)];
        assert_eq!(made, expected);
        assert_eq!(creates(None).len(), 3);
        assert!(creates(Some(&Answer::json(413, &json!({})))).is_empty());
    }
}
