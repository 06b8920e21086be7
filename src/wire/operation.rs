use serde_json::Value;

use super::{Method, Request};
use crate::scim::urn;

/// The resource endpoints Entra uses (RFC 7644 §3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ResourceKind {
    /// `/Users`
    User,
    /// `/Groups`
    Group,
}

impl ResourceKind {
    /// The endpoint, with its leading slash.
    #[must_use]
    pub fn endpoint(self) -> &'static str {
        match self {
            ResourceKind::User => "/Users",
            ResourceKind::Group => "/Groups",
        }
    }

    /// The value of `meta.resourceType` (RFC 7643 §3.1).
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ResourceKind::User => "User",
            ResourceKind::Group => "Group",
        }
    }

    /// URN of the main schema (RFC 7643 §8.7.1).
    #[must_use]
    pub fn schema(self) -> &'static str {
        match self {
            ResourceKind::User => urn::USER,
            ResourceKind::Group => urn::GROUP,
        }
    }
}

/// What a request does in SCIM's terms, read from its method, path and query alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// `POST /Users`
    Create(ResourceKind),
    /// `GET /Users/{id}`
    Read(ResourceKind, String),
    /// `GET /Users` with or without a filter; the filter and the excluded attributes are decoded.
    Query {
        /// Which endpoint.
        kind: ResourceKind,
        /// The decoded filter.
        filter: Option<String>,
        /// `startIndex` as sent.
        start_index: Option<String>,
        /// `count` as sent.
        count: Option<String>,
    },
    /// `PATCH /Users/{id}`
    Modify(ResourceKind, String),
    /// `PUT /Users/{id}`
    Replace(ResourceKind, String),
    /// `DELETE /Users/{id}`
    Delete(ResourceKind, String),
    /// `POST /.search`, `/Users/.search` or `/Groups/.search`
    Search,
    /// `GET` on `/ServiceProviderConfig`, `/Schemas`, `/ResourceTypes` or below; the path.
    Discovery(String),
    /// Anything else.
    Other,
}

impl Operation {
    /// Reads a request.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        let path = request.path.trim_end_matches('/');
        let mut parts = path.trim_start_matches('/').splitn(2, '/');
        let (first, rest) = (parts.next().unwrap_or(""), parts.next());
        if path.ends_with("/.search") && request.method == Method::Post {
            return Operation::Search;
        }
        let kind = match first {
            "Users" => ResourceKind::User,
            "Groups" => ResourceKind::Group,
            "ServiceProviderConfig" | "Schemas" | "ResourceTypes" if request.method == Method::Get => {
                return Operation::Discovery(path.to_owned());
            }
            _ => return Operation::Other,
        };
        let id = rest.map(|id| percent_encoding::percent_decode_str(id).decode_utf8_lossy().into_owned());
        match (request.method, id) {
            (Method::Post, None) => Operation::Create(kind),
            (Method::Get, Some(id)) => Operation::Read(kind, id),
            (Method::Get, None) => Operation::Query {
                kind,
                filter: parameter(request, "filter"),
                start_index: parameter(request, "startIndex"),
                count: parameter(request, "count"),
            },
            (Method::Patch, Some(id)) => Operation::Modify(kind, id),
            (Method::Put, Some(id)) => Operation::Replace(kind, id),
            (Method::Delete, Some(id)) => Operation::Delete(kind, id),
            _ => Operation::Other,
        }
    }

    /// The kind of resource it concerns, if it concerns one.
    #[must_use]
    pub fn kind(&self) -> Option<ResourceKind> {
        match self {
            Operation::Create(kind)
            | Operation::Read(kind, _)
            | Operation::Query { kind, .. }
            | Operation::Modify(kind, _)
            | Operation::Replace(kind, _)
            | Operation::Delete(kind, _) => Some(*kind),
            Operation::Search | Operation::Discovery(_) | Operation::Other => None,
        }
    }

    /// The id in the path, if there is one.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        match self {
            Operation::Read(_, id)
            | Operation::Modify(_, id)
            | Operation::Replace(_, id)
            | Operation::Delete(_, id) => Some(id),
            _ => None,
        }
    }
}

impl Request {
    /// A query parameter's decoded value.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<String> {
        parameter(self, name)
    }
}

fn parameter(request: &Request, name: &str) -> Option<String> {
    let query = request.query.as_deref()?;
    form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

pub(super) fn shape(request: &Request) -> String {
    let mut shape = request.method.as_str().to_owned();
    let mut parts = request.path.trim_matches('/').splitn(2, '/');
    shape.push_str(" /");
    shape.push_str(parts.next().unwrap_or(""));
    if parts.next().is_some() {
        shape.push_str("/{id}");
    }
    for (key, value) in form_urlencoded::parse(request.query.as_deref().unwrap_or("").as_bytes()) {
        shape.push(' ');
        shape.push_str(&key);
        match key.as_ref() {
            // The filtered attribute and the operator, but not the value.
            "filter" => {
                shape.push('=');
                // Every other part of a text between quotes is a value.
                let asked = value.split('"').step_by(2).collect::<Vec<_>>().join("…");
                shape.push_str(asked.strip_suffix(" eq …").unwrap_or(&asked));
            }
            "attributes" | "excludedAttributes" => {
                shape.push('=');
                shape.push_str(&value);
            }
            _ => {}
        }
    }
    if let Some(body) = request.json() {
        match body.get("Operations").and_then(Value::as_array) {
            Some(operations) => {
                for operation in operations {
                    shape.push_str(&format!(
                        " {}:{}",
                        operation.get("op").and_then(Value::as_str).unwrap_or("?"),
                        operation
                            .get("path")
                            .and_then(Value::as_str)
                            .map_or_else(String::new, without_values)
                    ));
                }
            }
            None => {
                for key in body.as_object().into_iter().flat_map(|o| o.keys()) {
                    shape.push(' ');
                    shape.push_str(key);
                }
            }
        }
    }
    shape
}

/// A PATCH path with ids in value filters taken out: `members[value eq "x"]` and `members[value eq "y"]` are alike.
fn without_values(path: &str) -> String {
    match path.split_once("value eq \"") {
        Some((before, after)) => {
            format!("{before}value eq …{}", after.split_once('"').map_or("", |(_, rest)| rest))
        }
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Actor;
    use serde_json::json;

    fn get(path: &str, query: &str) -> Request {
        Request::new(Actor::Entra, Method::Get, path, "t").with_query(query)
    }

    #[test]
    fn a_form_encoded_filter_is_read_decoded() {
        let request = get("/Users", "filter=userName+eq+%22a%2Bb%40example.com%22");
        assert_eq!(
            Operation::of(&request),
            Operation::Query {
                kind: ResourceKind::User,
                filter: Some(r#"userName eq "a+b@example.com""#.into()),
                start_index: None,
                count: None
            }
        );
    }

    #[test]
    fn shapes_leave_values_out() {
        let one = get("/Users", "filter=userName+eq+%22a%22");
        let other = get("/Users", "filter=userName+eq+%22b%22");
        let third = get("/Users", "filter=externalId+eq+%22b%22");
        assert_eq!(one.shape(), other.shape());
        assert_ne!(one.shape(), third.shape());
        let both = |value: &str| {
            get("/Users", &format!("filter=userName+co+%22{value}%22+and+active+eq+true")).shape()
        };
        assert_eq!(both("a"), both("b"));
        let patch = |value: &str| {
            Request::new(Actor::Entra, Method::Patch, "/Groups/1", "t").with_json(
                &json!({"Operations":[{"op":"remove","path":format!("members[value eq \"{value}\"]")}]}),
            )
        };
        assert_eq!(patch("1").shape(), patch("2").shape());
    }
}
