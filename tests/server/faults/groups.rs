//! Groups and their members.

use serde_json::{Value, json};

use super::Witness;
use crate::client::GROUP;

impl Witness<'_> {
    pub(super) fn groups(&mut self, ann: &str, bea: &str, guest: &str) {
        let name = r#"The "Équipe" eq team"#;
        let one = self.post("/Groups", json!({ "displayName": name, "externalId": "G1", "members": [] }));
        let two = self.post("/Groups", json!({ "displayName": "Two", "members": [] }));
        self.find("/Groups", r#"displayName eq "TWO""#);
        self.find("/Groups", r#"displayName eq "two.too""#);
        self.post("/Groups", json!({ "displayName": "two" }));
        let old = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";
        self.send("POST", "/Groups", Some(json!({ "schemas": [GROUP, old], "displayName": "Old" })));
        let filter = format!("displayName eq {}", json!(name));
        self.find("/Groups", &filter);
        let (path, other) = (format!("/Groups/{one}"), format!("/Groups/{two}"));
        let add = |ids: &[&str]| {
            let members: Vec<Value> = ids.iter().map(|id| json!({ "value": id })).collect();
            json!([{ "op": "Add", "path": "members", "value": members }])
        };
        let many: Vec<String> = (0..101).map(|number| format!("m{number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        self.patch(&path, add(&[ann]));
        self.patch(&path, add(&[bea, "ghost"]));
        self.send("GET", "/Users/ghost", None);
        self.patch(&path, add(&[ann]));
        self.patch(&other, add(&[ann, bea]));
        self.send("GET", &path, None);
        self.send("GET", &format!("{path}?excludedAttributes=members"), None);
        self.send("GET", &format!("{path}?attributes=displayName"), None);
        self.send("GET", &format!("/Users/{ann}"), None);
        self.patch(&path, json!([{ "op": "replace", "path": "displayName", "value": "One" }]));
        self.patch(&path, json!([{ "op": "Remove", "path": "members", "value": [{ "value": ann }] }]));
        self.send("GET", &other, None);
        self.send("GET", &format!("/Users/{ann}"), None);
        self.patch(&path, json!([{ "op": "remove", "path": format!("members[value eq \"{bea}\"]") }]));
        self.patch(&path, json!([{ "op": "Remove", "path": "members", "value": [{ "value": bea }] }]));
        self.patch(&path, json!([{ "op": "Remove", "path": "members", "value": [{ "value": "ghost" }] }]));
        self.patch(&path, add(&many));
        self.patch(&other, add(&[ann]));
        self.send("DELETE", &path, None);
        self.send("GET", &path, None);
        self.send("GET", &format!("/Users/{ann}"), None);
        let three =
            self.post("/Groups", json!({ "displayName": "A \"B\"", "members": [{ "value": guest }] }));
        self.find("/Groups", r#"displayName eq "A \"B\"""#);
        self.find("/Groups", r#"displayName eq "A""#);
        self.send("DELETE", &format!("/Groups/{three}"), None);
        self.send("GET", &format!("/Users/{guest}"), None);
    }
}
