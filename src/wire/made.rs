//! Under which id a create says that its resource can be found (RFC 7644 §3.3).

use serde_json::Value;
use url::Url;

use super::{Answer, Exchange, ResourceKind};
use crate::scim::member;

/// The id that an answer to a create names: `id` in its body, or else the last segment of its `Location`, if
/// that lies below the endpoint at this very target. `sent_to` is the absolute URL of any request to the target
/// and `path` the path of that request below the base URL.
///
/// An id that is a number is a fault, but still an id.
#[must_use]
pub fn made_id(kind: ResourceKind, answer: &Answer, sent_to: &str, path: &str) -> Option<String> {
    answer.body.json().and_then(id_of).or_else(|| located_id(kind, answer.header("location")?, sent_to, path))
}

/// The id that a location names, percent-decoded once; `None` for a location that is not one of this kind of
/// resource at this target.
#[must_use]
pub fn located_id(kind: ResourceKind, location: &str, sent_to: &str, path: &str) -> Option<String> {
    let mut sent_to = Url::parse(sent_to).ok()?;
    let base = sent_to.path().strip_suffix(path)?.trim_end_matches('/').to_owned();
    let endpoint = format!("{base}{}/", kind.endpoint());
    // A relative location is resolved against the collection, as a browser would.
    sent_to.set_path(endpoint.trim_end_matches('/'));
    let found = sent_to.join(location.trim()).ok()?;
    if found.origin() != sent_to.origin() {
        return None;
    }
    let segment = found.path().strip_prefix(&endpoint)?.trim_end_matches('/');
    let id = percent_encoding::percent_decode_str(segment).decode_utf8().ok()?;
    (!segment.is_empty() && !segment.contains('/')).then(|| id.into_owned())
}

/// The id of a resource as text.
#[must_use]
pub fn id_of(resource: &Value) -> Option<String> {
    match member(resource, "id")? {
        Value::String(id) if !id.is_empty() => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

impl Exchange {
    /// The id that a successful create names; see [`made_id`].
    #[must_use]
    pub fn made_id(&self, kind: ResourceKind) -> Option<String> {
        let answer = self.answer().filter(|answer| answer.is_success())?;
        made_id(kind, answer, &self.url, &self.request.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const SENT_TO: &str = "https://a.example/scim/Users?aadOptscim062020";

    fn located(location: &str) -> Option<String> {
        located_id(ResourceKind::User, location, SENT_TO, "/Users")
    }

    #[test]
    fn a_location_below_the_endpoint_names_an_id_and_any_other_does_not() {
        for right in [
            "https://a.example/scim/Users/8%2F9",
            "https://a.example:443/scim/Users/8%2F9/?x=1#y",
            "/scim/Users/8%2F9",
            "Users/8%2F9",
        ] {
            assert_eq!(located(right).as_deref(), Some("8/9"), "{right}");
        }
        for wrong in [
            "https://b.example/scim/Users/8",
            "http://a.example/scim/Users/8",
            "https://a.example/scim/Groups/8",
            "https://a.example/scim/Users/",
            "https://a.example/scim/Users/8/9",
            "https://a.example/Users/8",
            "8",
            "https://a.example/scim/Users/%ff",
            "https://[",
        ] {
            assert_eq!(located(wrong), None, "{wrong}");
        }
        assert_eq!(located("/scim/Users/8%252F9").as_deref(), Some("8%2F9"), "decoded once");
    }

    #[test]
    fn the_body_goes_before_the_location() {
        let mut answer = Answer::json(201, &json!({"id": 7}));
        answer.headers.push(("location".into(), "https://a.example/scim/Users/8".into()));
        let id = |answer: &Answer| made_id(ResourceKind::User, answer, SENT_TO, "/Users");
        assert_eq!(id(&answer).as_deref(), Some("7"));
        answer.body = crate::wire::Body::default();
        assert_eq!(id(&answer).as_deref(), Some("8"));
        answer.headers.clear();
        assert_eq!(id(&answer), None);
    }
}
