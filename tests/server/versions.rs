//! Versions of resources: ETags and conditional requests.

use axum::http::header;
use serde_json::{Value, json};

use crate::client::{Client, ENTERPRISE, Reply, USER};

/// The version an answer shows, the same in header and body.
#[track_caller]
fn version(reply: &Reply) -> String {
    let tag = reply.header(header::ETAG).expect("an ETag").to_owned();
    assert!(tag.starts_with("W/\"") && tag.ends_with('"'), "{tag}");
    if !reply.text.is_empty() {
        assert_eq!(reply.json()["meta"]["version"], json!(tag));
    }
    tag
}

fn rename(to: &str) -> Value {
    json!([{ "op": "replace", "path": "displayName", "value": to }])
}

#[test]
fn a_version_stays_until_something_changes() {
    let client = Client::new();
    let body = json!({ "schemas": [USER], "userName": "ann", "displayName": "A" });
    let created = client.send("POST", "/Users", Some(body));
    let first = version(&created);
    let path = format!("/Users/{}", created.json()["id"].as_str().unwrap());
    assert_eq!(version(&client.get(&path)), first);
    assert_eq!(version(&client.patch(&path, rename("A"))), first, "nothing was changed");
    let second = version(&client.patch(&path, rename("B")));
    assert_ne!(second, first);
    assert_eq!(client.read("/Users")["Resources"][0]["meta"]["version"], json!(second));
    let group = format!("/Groups/{}", client.group("g", &[]));
    let empty = version(&client.get(&group));
    let member = json!([{ "op": "add", "path": "members", "value": [{ "value": path[7..] }] }]);
    let answered = client.patch(&group, member);
    assert_eq!((answered.status, version(&answered) == empty), (204, false));
    // What the user shows has changed, though nobody wrote to it.
    let as_member = version(&client.get(&path));
    assert_ne!(as_member, second);
    client.patch(&group, rename("h"));
    assert_ne!(version(&client.get(&path)), as_member);
    let report = client.user(json!({ "userName": "bea", (ENTERPRISE): { "manager": path[7..] } }));
    let before = version(&client.get(&format!("/Users/{report}")));
    client.patch(&path, rename("C"));
    assert_ne!(version(&client.get(&format!("/Users/{report}"))), before);
}

#[test]
fn what_is_known_is_not_sent_again() {
    let client = Client::new();
    let path = format!("/Users/{}", client.user(json!({ "userName": "ann" })));
    let known = version(&client.get(&path));
    let again = client.conditional("GET", &path, ("If-None-Match", &known), None);
    assert_eq!((again.status, again.text.as_str()), (304, ""));
    assert_eq!(version(&again), known);
    client.patch(&path, rename("B"));
    assert_eq!(client.conditional("GET", &path, ("If-None-Match", &known), None).status, 200);
}

#[test]
fn writes_for_another_version_change_nothing() {
    let client = Client::new();
    let path = format!("/Users/{}", client.user(json!({ "userName": "ann" })));
    let old = version(&client.get(&path));
    let new = version(&client.patch(&path, rename("B")));
    let patch =
        json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": rename("C") });
    let put = json!({ "schemas": [USER], "userName": "bea" });
    for (method, body) in [("PATCH", Some(patch.clone())), ("PUT", Some(put)), ("DELETE", None)] {
        client.conditional(method, &path, ("If-Match", &old), body).refused(412, None);
    }
    assert_eq!(version(&client.get(&path)), new);
    let missing = client.conditional("PATCH", "/Users/nobody", ("If-Match", &old), Some(patch.clone()));
    missing.refused(404, None);
    client.conditional("PATCH", &path, ("If-Match", &new), Some(patch)).expect(200);
    assert_eq!(client.conditional("DELETE", &path, ("If-Match", "*"), None).status, 204);
}
