//! Lists: pages, orders, cursors.

use serde_json::{Value, json};

use super::Witness;

impl Witness<'_> {
    pub(super) fn page(&mut self) {
        for query in
            ["", "?startIndex=1&count=2", "?startIndex=3&count=2", "?startIndex=50&count=2", "?count=0"]
        {
            self.send("GET", &format!("/Users{query}"), None);
        }
    }

    /// Lists in an order, and a walk by cursor; cursors differ from run to run.
    pub(super) fn order(&mut self) {
        self.post("/Users", json!({ "userName": "Zed", "title": "T" }));
        for query in ["sortBy=userName", "sortBy=userName&sortOrder=descending", "sortBy=title"] {
            self.send("GET", &format!("/Users?{query}"), None);
        }
        let search = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "sortBy": "userName" });
        self.send("POST", "/Users/.search", Some(search));
        let mut cursor = String::new();
        for _ in 0..4 {
            let mut reply = self.client.get(&format!("/Users?cursor={cursor}&count=2"));
            let body: Value = serde_json::from_str(&reply.text).unwrap_or(Value::Null);
            for name in ["nextCursor", "previousCursor"] {
                if let Some(shown) = body[name].as_str() {
                    let form = format!(
                        "[{name} of {} parts, safe: {}]",
                        shown.split('.').count(),
                        !shown.contains('=')
                    );
                    reply.text = reply.text.replace(shown, &form);
                }
            }
            self.note("GET", "(page by cursor)", &reply);
            body["nextCursor"].as_str().unwrap_or("").clone_into(&mut cursor);
        }
        for query in ["cursor=made-up&count=2", "cursor=&count=0"] {
            let mut reply = self.client.get(&format!("/Users?{query}"));
            let body: Value = serde_json::from_str(&reply.text).unwrap_or(Value::Null);
            if let Some(shown) = body["nextCursor"].as_str() {
                reply.text = reply.text.replace(shown, "[cursor]");
            }
            self.note("GET", query, &reply);
        }
    }
}
