//! A request as the server reads it, whatever transport brought it.

use axum::http::{HeaderMap, Method, header};
use serde_json::Value;

use super::oauth::Flaw;

/// A request: the path below the base path in decoded segments, decoded parameters, parsed body.
#[derive(Debug, Clone)]
pub(super) struct ServerRequest {
    pub(super) method: Method,
    /// Decoded segments below the base path; `None` when the path lies outside of it.
    pub(super) segments: Option<Vec<String>>,
    /// Decoded query parameters in order. A bare key such as `aadOptscim062020` has an empty value.
    pub(super) parameters: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    /// Bytes of the body.
    pub(super) size: usize,
    pub(super) body: RequestBody,
    /// What Entra's own token is worth, if the request carries one.
    pub(super) entra: Option<Result<(), Flaw>>,
    /// Where the client reached the base path: `http://host:port/scim`.
    pub(super) base_url: String,
}

/// A request's body.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum RequestBody {
    /// No bytes.
    Empty,
    /// JSON.
    Json(Value),
    /// Something else, and why it cannot be read.
    Broken(String),
    /// Larger than the limit, in bytes.
    TooLarge(usize),
}

impl RequestBody {
    /// Reads bytes. Depth is limited by `serde_json` itself (128 levels).
    pub(super) fn read(bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            return RequestBody::Empty;
        }
        match serde_json::from_slice(bytes) {
            Ok(value) => RequestBody::Json(value),
            Err(error) => RequestBody::Broken(error.to_string()),
        }
    }
}

impl ServerRequest {
    /// Reads a path: empty segments (a trailing or a doubled slash) do not count, and what lies
    /// outside of `base` is nowhere.
    pub(super) fn segments_below(base: &[String], path: &str) -> Option<Vec<String>> {
        let mut segments = path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(|segment| percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned());
        for expected in base {
            if segments.next().as_ref() != Some(expected) {
                return None;
            }
        }
        Some(segments.collect())
    }

    /// A query parameter; names compare without letter case, the first one counts.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Takes a query parameter away.
    pub(super) fn forget_parameter(&mut self, name: &str) {
        self.parameters.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
    }

    /// The media type of the body without its parameters, in lower case.
    pub(super) fn media_type(&self) -> Option<String> {
        let value = self.headers.get(header::CONTENT_TYPE)?.to_str().unwrap_or("");
        Some(value.split(';').next().unwrap_or("").trim().to_ascii_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_at_the_end_or_doubled_do_not_count() {
        let base = vec!["scim".to_owned(), "v2".to_owned()];
        let below = |path| ServerRequest::segments_below(&base, path);
        assert_eq!(below("/scim/v2/Users/"), Some(vec!["Users".to_owned()]));
        assert_eq!(below("//scim/v2//Users/a%20b"), Some(vec!["Users".to_owned(), "a b".to_owned()]));
        assert_eq!(below("/scim/v2"), Some(vec![]));
        assert_eq!(below("/scim/Users"), None);
    }
}
