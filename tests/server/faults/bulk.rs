//! Bulk requests.

use serde_json::{Value, json};

use super::Witness;
use crate::client::{GROUP, USER};

impl Witness<'_> {
    /// Bulk requests: with references, in a circle, with an error in the midst, and beyond the limit.
    pub(super) fn bulk(&mut self) {
        let user = |name: &str| {
            json!({ "method": "POST", "path": "/Users", "bulkId": name,
                "data": { "schemas": [USER], "userName": name } })
        };
        let group = |name: &str, member: &str| {
            json!({ "method": "POST", "path": "/Groups", "bulkId": name,
                "data": { "schemas": [GROUP], "displayName": name, "members": [{ "value": member }] } })
        };
        let many: Vec<Value> =
            (0..101).map(|_| json!({ "method": "DELETE", "path": "/Users/nobody" })).collect();
        for (operations, most) in [
            (json!([user("in-bulk"), group("Bulk", "bulkId:in-bulk")]), 9),
            (json!([group("Round", "bulkId:Trip"), group("Trip", "bulkId:Round")]), 9),
            (json!([user("in-bulk"), user("after-an-error")]), 1),
            (json!([user("in-bulk"), user("after-errors")]), 9),
            (json!(many), 9),
        ] {
            let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
                "failOnErrors": most, "Operations": operations });
            self.send("POST", "/Bulk", Some(body));
        }
        let other = json!({ "schemas": [USER], "Operations": [user("in-another-schema")] });
        self.send("POST", "/Bulk", Some(other));
        let leaver = self.post("/Users", json!({ "userName": "leaver" }));
        let leaves = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [{ "method": "DELETE", "path": format!("/Users/{leaver}") }] });
        self.send("POST", "/Bulk", Some(leaves));
        self.send("GET", &format!("/Users/{leaver}"), None);
        self.send("GET", "/Groups", None);
    }
}
