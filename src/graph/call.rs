use axum::http::{HeaderMap, Method, Uri, header};
use bytes::Bytes;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::reply::GraphError;
use crate::odata::Query;

/// Which version of Graph is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    V1,
    Beta,
}

impl Version {
    pub fn as_str(self) -> &'static str {
        match self {
            Version::V1 => "v1.0",
            Version::Beta => "beta",
        }
    }
}

/// A request to Graph.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub version: Version,
    pub method: Method,
    /// The path below the version: keys in parentheses are segments of their own, casts and calls lose their
    /// decoration.
    pub segments: Vec<String>,
    /// The same as the client spells it.
    pub path: String,
    pub query: String,
    /// Where Graph begins as this client spells it, with the version and no slash at its end.
    pub base: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub request_id: Uuid,
}

impl Call {
    /// Reads a request whose path begins with a version; `None` for any other.
    pub fn read(method: Method, uri: &Uri, headers: HeaderMap, body: Bytes, scheme: &str) -> Option<Self> {
        let path = uri.path().strip_prefix('/')?;
        let (version, rest) = path.split_once('/').unwrap_or((path, ""));
        let version = match version {
            "v1.0" => Version::V1,
            "beta" => Version::Beta,
            _ => return None,
        };
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let host =
            host.or_else(|| uri.authority().map(|authority| authority.as_str())).unwrap_or("localhost");
        let base = format!("{scheme}://{host}/{}", version.as_str());
        let query = uri.query().unwrap_or_default().to_owned();
        let request_id = Uuid::new_v4();
        let (segments, path) = (segments(rest), rest.to_owned());
        Some(Call { version, method, segments, path, query, base, headers, body, request_id })
    }

    /// The query options.
    pub fn options(&self) -> Result<Query, GraphError> {
        Query::parse(&self.query).map_err(|error| GraphError::bad_request(error.to_string()))
    }

    /// The body, which must be a JSON object.
    pub fn object(&self) -> Result<Map<String, Value>, GraphError> {
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(object)) => Ok(object),
            Ok(_) => Err(GraphError::bad_request("The request body is JSON, but no object.")),
            Err(error) if self.body.is_empty() => {
                let _ = error;
                Err(GraphError::bad_request("The request has no body; it takes a JSON object."))
            }
            Err(error) => Err(GraphError::bad_request(format!("The request body is no JSON: {error}."))),
        }
    }

    /// The body of an action that may come without one.
    pub fn object_or_nothing(&self) -> Result<Map<String, Value>, GraphError> {
        if self.body.trim_ascii().is_empty() { Ok(Map::new()) } else { self.object() }
    }

    /// A text of the body that may not be missing.
    pub fn required(body: &Map<String, Value>, name: &str) -> Result<String, GraphError> {
        match body.get(name) {
            Some(Value::String(text)) if !text.is_empty() => Ok(text.clone()),
            Some(Value::Null) | None => {
                Err(GraphError::bad_request(format!("A value is required for property '{name}'.")))
            }
            Some(_) => Err(GraphError::bad_request(format!("The property '{name}' takes a text."))),
        }
    }

    /// The id at the end of `@odata.id`, which may name any host, and `users` as well as `directoryObjects`.
    pub fn reference(&self) -> Result<String, GraphError> {
        let body = self.object()?;
        reference(body.get("@odata.id").unwrap_or(&Value::Null))
    }

    /// Whether the client asks for this in `Prefer`.
    pub fn prefers(&self, what: &str) -> bool {
        let prefers = self.headers.get_all("prefer").into_iter().filter_map(|value| value.to_str().ok());
        prefers.flat_map(|value| value.split(',')).any(|word| word.trim().eq_ignore_ascii_case(what))
    }

    /// The context of an answer: `#` and a name.
    pub fn context(&self, of: &str) -> String {
        format!("{}/$metadata#{of}", self.base)
    }
}

/// The id at the end of an object's URL.
pub(super) fn reference(value: &Value) -> Result<String, GraphError> {
    let url = value.as_str().ok_or_else(|| {
        GraphError::bad_request("The request body must hold '@odata.id', the URL of an object.")
    })?;
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let last = segments(path).pop().filter(|last| !last.is_empty());
    last.ok_or_else(|| GraphError::bad_request(format!("'{url}' is not the URL of an object.")))
}

/// `users('x')/graph.user/delta()` becomes `users`, `x`, `user`, `delta`.
fn segments(path: &str) -> Vec<String> {
    let mut segments = Vec::new();
    for raw in path.split('/').filter(|segment| !segment.is_empty()) {
        let text = percent_decode_str(raw).decode_utf8_lossy().into_owned();
        let bare = ["microsoft.graph.", "graph."]
            .iter()
            .find_map(|prefix| text.strip_prefix(prefix))
            .unwrap_or(&text)
            .to_owned();
        match bare.strip_suffix(')').and_then(|open| open.split_once('(')) {
            Some((name, key)) => {
                segments.push(name.to_owned());
                if !key.is_empty() {
                    segments.push(unquoted(key));
                }
            }
            None => segments.push(bare),
        }
    }
    segments
}

/// `'x'` is `x`, and `appId='x'` is `appId=x`.
fn unquoted(key: &str) -> String {
    let bare = |text: &str| {
        let inner = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
        inner.map_or_else(|| text.to_owned(), |inner| inner.replace("''", "'"))
    };
    match key.split_once('=') {
        Some((name, value)) if !key.starts_with('\'') => format!("{}={}", name.trim(), bare(value.trim())),
        _ => bare(key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_spelling_of_a_path_is_one() {
        let is = |path: &str, segments_: &[&str]| assert_eq!(segments(path), segments_, "{path}");
        is("users/delta()", &["users", "delta"]);
        is("users('a''b')/manager/$ref", &["users", "a'b", "manager", "$ref"]);
        is("users/ada%40contoso.example", &["users", "ada@contoso.example"]);
        is("servicePrincipals(appId='x')/owners", &["servicePrincipals", "appId=x", "owners"]);
        is("directory/deletedItems/graph.user", &["directory", "deletedItems", "user"]);
        is("jobs/scim.1.2/microsoft.graph.start", &["jobs", "scim.1.2", "start"]);
    }

    #[test]
    fn a_reference_is_the_end_of_any_url() {
        for url in
            ["https://graph.microsoft.com/v1.0/users/x", "http://h/beta/directoryObjects('x')", "users/x"]
        {
            assert_eq!(reference(&json!(url)).unwrap(), "x");
        }
        assert!(reference(&json!(7)).is_err() && reference(&json!("")).is_err());
    }
}
