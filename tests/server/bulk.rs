//! Bulk requests.

use scimulate::server::Variant;
use serde_json::{Value, json};

use crate::client::{Client, GROUP, Reply, USER};

fn send(client: &Client, operations: Value, fail_on_errors: Option<u64>) -> Reply {
    let mut body =
        json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations });
    if let Some(number) = fail_on_errors {
        body["failOnErrors"] = number.into();
    }
    client.send("POST", "/Bulk", Some(body))
}

fn user(name: &str) -> Value {
    json!({ "method": "POST", "path": "/Users", "bulkId": name, "data": { "schemas": [USER], "userName": name } })
}

fn group(name: &str, member: &str) -> Value {
    json!({ "method": "POST", "path": "/Groups", "bulkId": name,
        "data": { "schemas": [GROUP], "displayName": name, "members": [{ "value": member }] } })
}

/// The results' statuses.
fn statuses(body: &Value) -> Vec<&str> {
    body["Operations"].as_array().unwrap().iter().map(|result| result["status"].as_str().unwrap()).collect()
}

fn id(body: &Value, index: usize) -> String {
    body["Operations"][index]["location"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
}

#[test]
fn operations_are_performed_with_references_in_any_order() {
    let client = Client::new();
    let operations = json!([group("g", "bulkId:ann"), user("ann"),
        { "method": "PATCH", "path": "/Users/bulkId:ann", "data": {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "add", "path": "title", "value": "t" }] } }]);
    let body = send(&client, operations, None).expect(200);
    assert_eq!(body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]));
    assert_eq!(statuses(&body), ["201", "201", "200"]);
    let ann = id(&body, 1);
    assert_eq!(client.read(&format!("/Users/{ann}"))["title"], "t");
    assert_eq!(client.read(&format!("/Groups/{}", id(&body, 0)))["members"][0]["value"], json!(ann));
    assert_eq!((&body["Operations"][1]["bulkId"], id(&body, 2)), (&json!("ann"), ann.clone()));
    assert!(body["Operations"][1]["version"].is_string());
    let gone = json!([{ "method": "DELETE", "path": format!("/Users/{ann}") },
        { "method": "DELETE", "path": format!("/Users/{ann}") }]);
    let body = send(&client, gone, None).expect(200);
    assert_eq!(statuses(&body), ["204", "404"]);
    assert_eq!(body["Operations"][1]["response"]["status"], "404");
}

#[test]
fn circles_are_closed_or_leave_nothing() {
    for client in [Client::new(), Client::with([Variant::UnknownMembersRefused, Variant::NumericLookingIds])]
    {
        let body = send(&client, json!([group("a", "bulkId:b"), group("b", "bulkId:a")]), None).expect(200);
        assert_eq!(statuses(&body), ["201", "201"]);
        let (a, b) = (id(&body, 0), id(&body, 1));
        assert_eq!(client.read(&format!("/Groups/{a}"))["members"][0]["value"], json!(b));
        assert_eq!(client.read(&format!("/Groups/{b}"))["members"][0]["value"], json!(a));
        // The name `a` is taken, so that neither can be made.
        let body = send(
            &client,
            json!([{ "method": "POST", "path": "/Groups", "bulkId": "x",
            "data": { "schemas": [GROUP], "displayName": "a", "members": [{ "value": "bulkId:y" }] } },
            group("y", "bulkId:x")]),
            None,
        )
        .expect(200);
        assert_eq!(statuses(&body), ["409", "400"]);
        assert_eq!(client.read("/Groups")["totalResults"], 2);
    }
}

#[test]
fn errors_stop_a_request_that_says_so() {
    let client = Client::new();
    let operations = json!([user("ann"), user("ANN"), group("g", "bulkId:ANN"), user("bea")]);
    assert_eq!(statuses(&send(&client, operations.clone(), None).expect(200)), ["201", "409", "400", "201"]);
    let client = Client::new();
    assert_eq!(statuses(&send(&client, operations, Some(1)).expect(200)), ["201", "409"]);
    assert_eq!(client.read("/Users")["totalResults"], 1);
}

#[test]
fn what_is_no_bulk_request_or_too_large_is_refused() {
    let client = Client::new();
    let many: Vec<Value> = (0..101).map(|number| user(&format!("u{number}"))).collect();
    send(&client, many.into(), None).refused(413, None);
    let mut large = user("ann");
    large["data"]["displayName"] = json!("x".repeat(256 << 10));
    send(&client, json!([large]), None).refused(413, None);
    client.send("POST", "/Bulk", Some(json!({ "Operations": [] }))).refused(400, Some("invalidSyntax"));
    for wrong in [
        json!([{ "method": "GET", "path": "/Users" }]),
        json!([{ "method": "POST", "path": "/Users", "data": {} }]),
        json!([{ "method": "DELETE" }]),
        json!([user("ann"), user("ann")]),
    ] {
        send(&client, wrong, None).refused(400, Some("invalidValue"));
    }
    assert_eq!(client.read("/Users")["totalResults"], 0);
    let elsewhere = json!([{ "method": "POST", "path": "/Bulk", "bulkId": "b", "data": {} }]);
    assert_eq!(statuses(&send(&client, elsewhere, None).expect(200)), ["404"]);
    client.get("/Bulk").refused(405, None);
    let client = Client::with([Variant::NoBulk]);
    send(&client, json!([]), None).refused(501, None);
    assert_eq!(client.read("/ServiceProviderConfig")["bulk"]["supported"], json!(false));
}

#[test]
fn a_version_makes_an_operation_conditional() {
    let client = Client::new();
    let ann = client.user(json!({ "userName": "ann" }));
    let delete =
        |version: &str| json!([{ "method": "DELETE", "path": format!("/Users/{ann}"), "version": version }]);
    assert_eq!(statuses(&send(&client, delete("W/\"stale\""), None).expect(200)), ["412"]);
    let version = client.read(&format!("/Users/{ann}"))["meta"]["version"].as_str().unwrap().to_owned();
    assert_eq!(statuses(&send(&client, delete(&version), None).expect(200)), ["204"]);
}

#[test]
fn circles_may_be_refused() {
    let client = Client::with([Variant::BulkCirclesRefused]);
    let body = send(&client, json!([group("a", "bulkId:b"), group("b", "bulkId:a")]), None).expect(200);
    assert_eq!(statuses(&body), ["400", "409"]);
    assert_eq!(
        statuses(&send(&client, json!([group("a", "bulkId:u"), user("u")]), None).expect(200)),
        ["201", "201"]
    );
    assert_eq!(client.read("/Groups")["totalResults"], 1);
}
