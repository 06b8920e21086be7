//! Creating, reading, replacing and deleting users.

use axum::http::header;
use serde_json::{Value, json};

use crate::client::{Client, ENTERPRISE, USER, id};

#[test]
fn a_created_user_is_answered_and_read_as_sent() {
    let client = Client::new();
    let sent = json!({
        "schemas": [USER, ENTERPRISE], "externalId": "ext", "userName": "Ann.O'Neil+x@example.com", "active": true,
        "displayName": "Ann \"É\" 🦊", "name": { "givenName": "Ann", "familyName": "O'Neil" },
        "emails": [{ "primary": true, "type": "work", "value": "ann@example.com" }, { "type": "home", "value": "a@example.org" }],
        "meta": { "resourceType": "User" }, "roles": [], (ENTERPRISE): { "employeeNumber": "00123" },
    });
    let reply = client.send("POST", "/Users", Some(sent.clone()));
    let body = reply.expect(201);
    for (name, value) in sent.as_object().unwrap() {
        match name.as_str() {
            "meta" | "roles" => assert_ne!(&body[name], value),
            _ => assert_eq!(&body[name], value, "{name}"),
        }
    }
    let location = format!("http://scim.example.com/scim/Users/{}", id(&body));
    assert_eq!(reply.header(header::LOCATION), Some(location.as_str()));
    assert_eq!(body["meta"]["location"], json!(location));
    assert_eq!(body["meta"]["created"], body["meta"]["lastModified"]);
    assert_eq!(body["meta"]["resourceType"], "User");
    assert_eq!(client.read(&format!("/Users/{}", id(&body))), body);
}

#[test]
fn schemas_name_what_the_user_has() {
    let client = Client::new();
    let plain = client.user(json!({ "userName": "ann" }));
    assert_eq!(client.read(&format!("/Users/{plain}"))["schemas"], json!([USER]));
    let employee = client.user(json!({ "userName": "bea", (ENTERPRISE): { "department": "x" } }));
    assert_eq!(client.read(&format!("/Users/{employee}"))["schemas"], json!([USER, ENTERPRISE]));
}

#[test]
fn what_only_the_server_may_say_is_ignored() {
    let client = Client::new();
    let user = client.user(json!({
        "userName": "ann", "id": "mine", "meta": { "created": "1999-01-01T00:00:00Z" }, "groups": [{ "value": "g" }],
        "shoeSize": 43,
    }));
    assert_ne!(user, "mine");
    let body = client.read(&format!("/Users/{user}"));
    assert!(body["groups"].is_null() && body["shoeSize"].is_null());
    assert!(!body["meta"]["created"].as_str().unwrap().starts_with("1999"));
}

#[test]
fn a_password_is_taken_and_never_shown() {
    let client = Client::new();
    let user = client.user(json!({ "userName": "ann", "password": "s3cret" }));
    let path = format!("/Users/{user}");
    for reply in [
        client.get(&path),
        client.get(&format!("{path}?attributes=password")),
        client.get("/Users"),
        client.patch(&path, json!([{ "op": "replace", "path": "password", "value": "n3w" }])),
        client.send("PUT", &path, Some(json!({ "schemas": [USER], "userName": "ann", "password": "again" }))),
    ] {
        assert!(!reply.text.contains("password") && !reply.text.contains("again"), "{}", reply.text);
    }
    client.find("/Users", r#"password eq "again""#).refused(400, Some("invalidFilter"));
}

#[test]
fn a_user_name_is_taken_once_in_any_letter_case_even_when_disabled() {
    let client = Client::new();
    let ann = client.user(json!({ "userName": "Ann@example.com", "active": false }));
    let again = json!({ "schemas": [USER], "userName": "aNN@EXAMPLE.com" });
    client.send("POST", "/Users", Some(again.clone())).refused(409, Some("uniqueness"));
    let bea = client.user(json!({ "userName": "bea" }));
    client.send("PUT", &format!("/Users/{bea}"), Some(again.clone())).refused(409, Some("uniqueness"));
    let rename = json!([{ "op": "Replace", "path": "userName", "value": "ann@example.com" }]);
    client.patch(&format!("/Users/{bea}"), rename.clone()).refused(409, Some("uniqueness"));
    client.patch(&format!("/Users/{ann}"), rename).expect(200);
    client.send("DELETE", &format!("/Users/{ann}"), None).expect(204);
    client.send("POST", "/Users", Some(again)).expect(201);
}

#[test]
fn what_lacks_something_required_is_refused() {
    let client = Client::new();
    for body in [json!({ "schemas": [USER] }), json!({ "schemas": [USER], "userName": "" })] {
        client.send("POST", "/Users", Some(body)).refused(400, Some("invalidValue"));
    }
    client.send("POST", "/Users", Some(json!({ "userName": "ann" }))).refused(400, Some("invalidSyntax"));
    client.send("POST", "/Users", Some(json!([1]))).refused(400, Some("invalidSyntax"));
    client.send("POST", "/Users", None).refused(400, Some("invalidSyntax"));
    let user = client.user(json!({ "userName": "ann" }));
    let path = format!("/Users/{user}");
    client.patch(&path, json!([{ "op": "remove", "path": "userName" }])).refused(400, Some("invalidValue"));
    client.send("PUT", &path, Some(json!({ "schemas": [USER] }))).refused(400, Some("invalidValue"));
}

#[test]
fn put_clears_what_it_does_not_name() {
    let client = Client::new();
    let user = client.user(
        json!({ "userName": "ann", "title": "x", "externalId": "e", (ENTERPRISE): { "department": "d" } }),
    );
    let path = format!("/Users/{user}");
    let before = client.read(&path);
    let body = json!({ "schemas": [USER], "id": "other", "userName": "ann2", "nickName": "n" });
    let after = client.send("PUT", &path, Some(body)).expect(200);
    assert_eq!(after, client.read(&path));
    assert_eq!((&after["id"], &after["meta"]["created"]), (&before["id"], &before["meta"]["created"]));
    assert_eq!(after["nickName"], "n");
    for gone in ["title", "externalId", ENTERPRISE] {
        assert!(after[gone].is_null(), "{gone}");
    }
    client
        .send("PUT", "/Users/nobody", Some(json!({ "schemas": [USER], "userName": "x" })))
        .refused(404, None);
}

#[test]
fn a_deleted_user_is_gone() {
    let client = Client::new();
    let user = client.user(json!({ "userName": "ann" }));
    let path = format!("/Users/{user}");
    assert_eq!(client.send("DELETE", &path, None).expect(204), Value::Null);
    for method in ["GET", "DELETE"] {
        client.send(method, &path, None).refused(404, None);
    }
    client.patch(&path, json!([{ "op": "replace", "path": "active", "value": true }])).refused(404, None);
    assert_eq!(client.find("/Users", r#"userName eq "ann""#).expect(200)["totalResults"], 0);
}

#[test]
fn a_disabled_user_stays_and_is_enabled_in_place() {
    let client = Client::new();
    let user = client.user(json!({ "userName": "ann", "externalId": "e", "active": true }));
    let path = format!("/Users/{user}");
    for (sent, kept) in
        [(json!("False"), false), (json!("True"), true), (json!(false), false), (json!("true"), true)]
    {
        let operations = json!([{ "op": "Replace", "path": "active", "value": sent }]);
        assert_eq!(client.patch(&path, operations).expect(200)["active"], json!(kept));
        for filter in [r#"userName eq "ANN""#, r#"externalId eq "e""#, &format!(r#"id eq "{user}""#)] {
            let found = client.find("/Users", filter).expect(200);
            assert_eq!(found["Resources"][0]["active"], json!(kept), "{filter}");
            assert_eq!(found["Resources"][0]["id"], json!(user));
        }
    }
}
