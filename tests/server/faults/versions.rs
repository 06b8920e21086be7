//! Requests on a condition.

use axum::http::header;
use serde_json::json;

use super::Witness;

impl Witness<'_> {
    /// Asks for what it has seen, and writes to what is no longer there.
    pub(super) fn versions(&mut self, ann: &str) {
        let path = format!("/Users/{ann}");
        let known = self.tag(&path);
        let read = self.client.conditional("GET", &path, ("If-None-Match", &known), None);
        self.note("GET", "(known)", &read);
        self.patch(&path, json!([{ "op": "replace", "path": "nickName", "value": "newer" }]));
        let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "replace", "path": "nickName", "value": "stale" }] });
        for (method, body) in [("PATCH", Some(body)), ("DELETE", None)] {
            let reply = self.client.conditional(method, &path, ("If-Match", &known), body);
            self.note(method, "(stale)", &reply);
        }
        let any = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "replace", "path": "nickName", "value": "any" }] });
        let reply = self.client.conditional("PATCH", &path, ("If-Match", "*"), Some(any));
        self.note("PATCH", "(any)", &reply);
    }

    fn tag(&mut self, path: &str) -> String {
        let reply = self.client.get(path);
        self.note("GET", path, &reply);
        reply.header(header::ETAG).unwrap_or("none").to_owned()
    }
}
