//! Forms of PATCH that are rare, and one that changes nothing.

use serde_json::json;

use super::Witness;
use crate::client::{ENTERPRISE, USER};

impl Witness<'_> {
    /// Forms of a PATCH that are rare.
    pub(super) fn forms(&mut self, ann: &str, bea: &str) {
        let path = format!("/Users/{ann}");
        let other = "3e59e27b-68ad-41f5-bb0e-dadf130e2ac8";
        self.patch(&path, json!([]));
        self.patch(&path, json!([{ "op": "replace", "path": "emails[type eq", "value": "x" }]));
        self.patch(&path, json!([{ "op": "remove", "path": "userName" }]));
        self.patch(&path, json!([{ "op": "add", "path": "emails", "value": [{ "value": "p@example.com", "primary": true }] }]));
        self.patch(&path, json!([{ "op": "Replace", "path": "active", "value": "false" }]));
        self.patch(&path, json!([{ "op": "Replace", "path": format!("{USER}:title"), "value": "By URN" }]));
        self.patch(&path, json!([{ "op": "Replace", "path": "title", "value": "By URN" }]));
        self.patch(&path, json!([{ "op": "Replace", "path": "phoneNumbers[type eq \"pager\"].value", "value": "+1 555-0102" }]));
        self.patch(
            &path,
            json!([{ "op": "Replace", "path": "roles[primary eq true].value", "value": "boss" }]),
        );
        self.patch(&path, json!([{ "op": "Replace", "path": "name", "value": { "familyName": "Alone" } }]));
        let boss = self.post("/Users", json!({ "userName": "boss" }));
        self.patch(&path, json!([{ "op": "Add", "path": format!("{ENTERPRISE}:manager"), "value": boss }]));
        self.send("DELETE", &format!("/Users/{boss}"), None);
        self.send("GET", &path, None);
        self.patch(&path, json!([{ "op": "Add", "path": format!("{ENTERPRISE}:manager"), "value": other }]));
        let group = self.post("/Groups", json!({ "displayName": "Forms", "members": [{ "value": ann }] }));
        let part = self.post("/Groups", json!({ "displayName": "Part" }));
        let path = format!("/Groups/{group}");
        self.patch(&path, json!([{ "op": "replace", "value": { "externalId": "F" } }]));
        self.patch(
            &path,
            json!([{ "op": "Add", "path": "members", "value": [{ "$ref": null, "value": bea }] }]),
        );
        self.patch(&path, json!([{ "op": "Replace", "path": "members", "value": [{ "value": bea }] }]));
        let exchange = format!("members[value eq \"{bea}\"].value");
        self.patch(&path, json!([{ "op": "replace", "path": exchange, "value": ann }]));
        self.patch(&path, json!([{ "op": "Add", "path": "members", "value": [{ "value": part }] }]));
        self.patch(&path, json!([{ "op": "Add", "path": "members", "value": [{ "value": other }] }]));
        self.patch(&path, json!([{ "op": "Replace", "path": "members", "value": [] }]));
        self.patch(&format!("/Users/{bea}"), json!([{ "op": "replace", "path": "id", "value": "chosen" }]));
        self.send("GET", &format!("/Users/{bea}"), None);
        self.patch("/Users/chosen", json!([{ "op": "replace", "path": "id", "value": bea }]));
    }

    /// Sends what is there, and looks whether anything changed.
    pub(super) fn repeat(&mut self, bea: &str) {
        let path = format!("/Users/{bea}");
        let before = self.send("GET", &path, None);
        self.patch(&path, json!([{ "op": "add", "path": "userName", "value": "bea" }]));
        let after = self.send("GET", &path, None);
        self.lines
            .push(format!("unchanged: {}", before["meta"]["lastModified"] == after["meta"]["lastModified"]));
    }
}
