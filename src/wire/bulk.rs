//! What a bulk request made (RFC 7644 §3.7.3): its creates, and what came of them.

use serde_json::Value;

use super::{Answer, Method, Request, ResourceKind};
use crate::scim::{member, same_name};

/// A user or a group that a bulk request made, or may have made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkCreate {
    /// What it is.
    pub kind: ResourceKind,
    /// Its id, from the location in the answer.
    pub id: Option<String>,
    /// userName or displayName, as sent.
    pub name: Option<String>,
}

/// The creates of a bulk request but those that were refused; none for another request. Without an answer
/// nobody knows, so that each may have happened.
#[must_use]
pub fn bulk_creates(request: &Request, answer: Option<&Answer>) -> Vec<BulkCreate> {
    let is_bulk = request.method == Method::Post && same_name(request.path.trim_matches('/'), "Bulk");
    if !is_bulk || answer.is_some_and(|answer| (400..500).contains(&answer.status)) {
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
        let status = result.and_then(|result| member(result, "status")).map(ToString::to_string);
        if status.is_some_and(|status| status.trim_matches('"').starts_with('4')) {
            return None;
        }
        let location = result.and_then(|result| text(result, "location"));
        let id = location.and_then(|url| url.trim_end_matches('/').rsplit('/').next()).map(str::to_owned);
        let data = member(operation, "data");
        let name = data.and_then(|data| text(data, "userName").or_else(|| text(data, "displayName")));
        Some(BulkCreate { kind, id, name: name.map(str::to_owned) })
    });
    creates.collect()
}

/// The users and groups that the operations of a bulk request change or delete; none for another request.
#[must_use]
pub fn bulk_targets(request: &Request) -> Vec<(ResourceKind, String)> {
    if request.method != Method::Post || !same_name(request.path.trim_matches('/'), "Bulk") {
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
        bulk_creates(&request, answer)
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
        let made = |kind, id: Option<&str>, name: &str| BulkCreate {
            kind,
            id: id.map(str::to_owned),
            name: Some(name.to_owned()),
        };
        let expected = [made(ResourceKind::User, Some("1"), "ann"), made(ResourceKind::Group, None, "team")];
        assert_eq!(creates(Some(&answer)), expected);
        assert_eq!(creates(None).len(), 3);
        assert!(creates(Some(&Answer::json(413, &json!({})))).is_empty());
    }
}
