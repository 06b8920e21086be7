//! The life of users: created, changed, disabled and deleted.

use serde_json::json;

use super::Witness;
use crate::client::{ENTERPRISE, USER};

impl Witness<'_> {
    pub(super) fn create(&mut self) -> [String; 3] {
        let ann = self.post("/Users", json!({
            "userName": "Ann.O'Neil+x@long.example.com", "externalId": "E1", "active": true, "displayName": "Zoë <O'Neil> 🦊",
            "name": { "givenName": "Zoë", "familyName": "O'Neil", "formatted": "f" }, "title": "Boss", "password": "s3cret",
            "emails": [{ "type": "work", "value": "ann@example.com", "primary": true }, { "type": "home", "value": "a@example.org" }],
            "phoneNumbers": [{ "type": "work", "value": "+1 555-0100" }, { "type": "mobile", "value": "+1 555-0101" }],
            "addresses": [{ "type": "work", "locality": "Here", "region": "R" }],
            (ENTERPRISE): { "employeeNumber": "00123", "department": "R&D" },
        }));
        self.find("/Users", r#"userName eq "Ann.O'Neil+x@long.example.com""#);
        self.find("/Users", r#"userName eq "ANN.O'NEIL+X@LONG.EXAMPLE.COM""#);
        self.find("/Users", r#"userName eq "Neil""#);
        self.find("/Users", r#"emails[type eq "work"].value eq "ann@example.com""#);
        self.find("/Users", r#"displayName eq "Zoë <O'Neil> 🦊""#);
        let bea = self.post("/Users", json!({ "userName": "bea", "active": true, "displayName": "Bea", "emails": [{ "type": "work", "value": "b@example.com" }] }));
        self.post("/Users", json!({ "userName": "BEA" }));
        let guest = self.post("/Users", json!({ "userName": "plain" }));
        self.post("/Users", json!({ "userName": "inactive", "active": false }));
        self.find("/Users", r#"externalId eq "E1""#);
        self.find("/Users", r#"userName eq "plain""#);
        // Somebody else makes an account, which Entra then looks for.
        let elsewhere = json!({ "schemas": [USER], "userName": "elsewhere", "emails": [{ "value": "e@example.com" }],
            (ENTERPRISE): { "manager": "x" } });
        let reply = self.client.send("POST", "/Users", Some(elsewhere));
        self.note("POST", "(elsewhere)", &reply);
        self.find("/Users", r#"userName eq "elsewhere""#);
        for id in [&ann, &bea] {
            self.send("GET", &format!("/Users/{id}"), None);
        }
        [ann, bea, guest]
    }

    pub(super) fn roles(&mut self) {
        let id = self.post("/Users", json!({ "userName": "with-roles", "roles": [{ "value": "reader" }] }));
        let path = format!("/Users/{id}");
        self.send("GET", &path, None);
        self.patch(&path, json!([{ "op": "Add", "path": "roles", "value": [{ "value": "editor" }] }]));
        self.send("GET", &path, None);
        self.patch(&path, json!([{ "op": "replace", "path": "roles", "value": [{ "value": "owner" }] }]));
        self.send("GET", &path, None);
        self.send("DELETE", &path, None);
    }

    pub(super) fn update(&mut self, ann: &str, bea: &str) {
        let path = format!("/Users/{ann}");
        self.patch(&path, json!([{ "op": "Replace", "path": "displayName", "value": "New Name" }]));
        self.patch(
            &path,
            json!([
                { "op": "Replace", "path": "name.givenName", "value": "Given" },
                { "op": "Add", "path": "emails[type eq \"other\"].value", "value": "o@example.com" },
                { "op": "Replace", "path": "emails[type eq \"work\"].value", "value": "w@example.com" },
                { "op": "Replace", "path": "addresses[type eq \"work\"].locality", "value": "There" },
                { "op": "Replace", "path": format!("{ENTERPRISE}:department"), "value": "Sales" },
            ]),
        );
        self.patch(&path, json!([{ "op": "replace", "value": {
            "title": "Chief", "name.familyName": "Family", (format!("{ENTERPRISE}:costCenter")): "7", "displayName": "Other",
        } }]));
        let manager = format!("{ENTERPRISE}:manager");
        self.patch(&path, json!([{ "op": "Add", "path": manager, "value": bea }]));
        self.patch(&path, json!([{ "op": "Replace", "path": manager, "value": ann }]));
        self.patch(&path, json!([{ "op": "Remove", "path": manager }]));
        self.patch(&path, json!([{ "op": "Remove", "path": "title" }]));
        self.patch(&path, json!([{ "op": "Add", "path": "nickName", "value": "kept?" }, { "op": "Add", "path": "noSuch", "value": 1 }]));
        self.patch(&path, json!([{ "op": "Replace", "path": "title", "value": "Kept?" }, { "op": "Replace", "path": "userName", "value": "bea" }]));
        self.patch(&path, json!([{ "op": "Replace", "path": "userName", "value": "renamed" }]));
        self.patch(&path, json!([{ "op": "Replace", "path": "externalId", "value": "E2" }]));
        let wrapped = json!([{ "$ref": null, "value": "Wrapped Name" }]);
        self.patch(&path, json!([{ "op": "Replace", "path": "displayName", "value": wrapped }]));
        for name in ["renamed", "Ann.O'Neil+x@long.example.com"] {
            self.find("/Users", &format!("userName eq \"{name}\""));
        }
    }

    pub(super) fn disable(&mut self, ann: &str) {
        let path = format!("/Users/{ann}");
        for value in [json!("False"), json!(false)] {
            self.patch(
                &path,
                json!([
                    { "op": "Replace", "path": "active", "value": value },
                    { "op": "Replace", "path": "displayName", "value": "Leaver" },
                ]),
            );
            self.find("/Users", r#"userName eq "renamed""#);
            self.find("/Groups", r#"displayName eq "Two""#);
            self.patch(&path, json!([{ "op": "replace", "value": { "active": true } }]));
            self.patch(&path, json!([{ "op": "Replace", "path": "displayName", "value": "Returner" }]));
        }
        self.patch(&path, json!([{ "op": "replace", "path": "displayName", "value": "x" }]));
    }

    pub(super) fn delete(&mut self, ann: &str, bea: &str) {
        let path = format!("/Users/{bea}");
        let (name, long) = (json!({ "title": "x", "nickName": "y" }), format!("bea{}", "0".repeat(80)));
        self.patch(&path, json!([{ "op": "add", "value": name }]));
        self.patch(&path, json!([{ "op": "Add", "path": "active", "value": "True" }]));
        self.patch(&path, json!([{ "op": "replace", "path": "userType", "value": "Guest" }]));
        self.patch(&path, json!([{ "op": "replace", "path": "nickName", "value": "Bee" }]));
        self.find("/Users", r#"nickName eq "Bee""#);
        let group = self.post("/Groups", json!({ "displayName": "Nobody's" }));
        let named = json!([{ "op": "Add", "path": "externalId", "value": "g" }]);
        self.patch(&format!("/Groups/{group}"), named);
        self.patch(&path, json!([{ "op": "replace", "path": "userName", "value": long }]));
        self.patch(&path, json!([{ "op": "replace", "path": "userName", "value": "bea" }]));
        self.patch(&path, json!([{ "op": "replace", "path": "active", "value": false }]));
        for id in [ann, bea] {
            let path = format!("/Users/{id}");
            self.send("DELETE", &path, None);
            self.send("DELETE", &path, None);
            self.send("GET", &path, None);
            self.send("GET", "/Users", None);
            self.send("GET", "/Groups", None);
        }
        self.post("/Users", json!({ "userName": "bea" }));
        self.find("/Users", r#"userName eq "bea""#);
    }
}
