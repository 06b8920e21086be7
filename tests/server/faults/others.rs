//! What other clients than Entra ask.

use axum::http::header;
use serde_json::json;

use super::Witness;
use crate::client::{ENTERPRISE, USER};

impl Witness<'_> {
    /// What other clients ask.
    pub(super) fn others(&mut self, bea: &str) {
        self.send("GET", "/Schemas/urn:example:none", None);
        self.send("POST", "/Schemas", Some(json!({})));
        self.send("GET", "/Nothing", None);
        let path = format!("/Users/{bea}");
        self.send("POST", &path, Some(json!({})));
        self.odd("GET", &path, &[(header::ACCEPT, "application/json")], "");
        let rename = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"title","value":"x"}]}"#;
        self.odd("PATCH", &path, &[(header::CONTENT_TYPE, "application/json")], rename);
        self.odd("POST", "/Users", &[(header::CONTENT_TYPE, "application/scim+json")], "{");
        let long = json!({ "schemas": [USER], "userName": "long", "title": "x".repeat(2 << 20) }).to_string();
        self.odd("POST", "/Users", &[(header::CONTENT_TYPE, "application/scim+json")], &long);
        self.send(
            "POST",
            "/Users",
            Some(json!({ "schemas": [ENTERPRISE, USER], "userName": "extension-first" })),
        );
        self.repeat(bea);
        self.post("/Users", json!({ "USERNAME": "any-case" }));
        self.post("/Users", json!({ "displayName": "Nobody" }));
        self.post(
            "/Users",
            json!({ "userName": "old", "externalId": "Old", "meta": { "created": "2001-01-01T00:00:00Z" } }),
        );
        for filter in [
            r#"userName sw "any""#,
            r#"userName eq "old" and meta.lastModified gt "2001-01-01T00:00:00Z""#,
            r#"userName eq "old" and meta.created lt "2002-01-01T00:00:00Z""#,
            "userName eq",
            r#"title eq "nobody's""#,
            r#"userName eq "bea" and title eq null"#,
            r#"x509Certificates.value gt "MIIB""#,
            r#"USERNAME eq "old""#,
            r#"externalId eq "OLD""#,
        ] {
            self.find("/Users", filter);
        }
        self.find("/Groups", &format!("members.value eq \"{bea}\""));
        let search = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
        self.send(
            "POST",
            "/Users/.search",
            Some(json!({ "schemas": [search], "filter": "userName eq \"old\"" })),
        );
        for query in ["startIndex=0&count=1", "count=-1"] {
            self.send("GET", &format!("/Users?{query}"), None);
        }
        self.send("GET", &format!("{path}?excludedAttributes=id"), None);
        let whole = json!({ "schemas": [USER], "userName": "bea", "displayName": "Put" });
        self.send("PUT", &format!("{path}?attributes=userName"), Some(whole.clone()));
        self.send("PUT", &path, Some(whole));
        self.send("GET", &path, None);
        self.send("PUT", "/Users/nobody", Some(json!({ "schemas": [USER], "userName": "put" })));
        self.send("POST", "/Users", Some(json!({ "schemas": [USER], "userName": "nulls", "title": null })));
        self.post("/Users", json!({ "userName": "no-mail", "emails": [{ "type": "work" }] }));
        for (name, mail) in [("first-of-mail", "m@example.com"), ("second-of-mail", "M@example.com")] {
            self.post("/Users", json!({ "userName": name, "emails": [{ "type": "work", "value": mail }] }));
        }
        self.post("/Users", json!({ "userName": "text", "active": "True" }));
        let role = json!({ "userName": "role", "roles": [{ "value": "a", "primary": "True" }] });
        self.post("/Users", role);
        self.post("/Users", json!({ "userName": "away", "active": false }));
        self.post("/Users", json!({ "userName": "away", "active": true }));
    }
}
