//! Groups and memberships.

use serde_json::{Value, json};

use crate::client::{Client, GROUP};

fn members(client: &Client, group: &str) -> Vec<String> {
    let body = client.read(&format!("/Groups/{group}"));
    let members = body["members"].as_array().cloned().unwrap_or_default();
    members.iter().map(|member| member["value"].as_str().unwrap().to_owned()).collect()
}

fn three(client: &Client) -> [String; 3] {
    ["ann", "bea", "cem"].map(|name| client.user(json!({ "userName": name })))
}

#[test]
fn a_group_is_created_as_entra_does_it() {
    let client = Client::new();
    let body = json!({
        "schemas": [GROUP, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
        "externalId": "e", "displayName": "Team", "members": [], "meta": { "resourceType": "Group" },
    });
    let created = client.send("POST", "/Groups", Some(body)).expect(201);
    assert_eq!((&created["displayName"], &created["externalId"]), (&json!("Team"), &json!("e")));
    assert!(created["members"].is_null());
    let again = json!({ "schemas": [GROUP], "displayName": "TEAM" });
    client.send("POST", "/Groups", Some(again)).refused(409, Some("uniqueness"));
    client.send("POST", "/Groups", Some(json!({ "schemas": [GROUP] }))).refused(400, Some("invalidValue"));
    assert_eq!(client.find("/Groups", r#"displayName eq "team""#).expect(200)["totalResults"], 1);
}

#[test]
fn members_come_and_go_in_both_dialects() {
    let client = Client::new();
    let [ann, bea, cem] = three(&client);
    let group = client.group("g", &[]);
    let path = format!("/Groups/{group}");
    let change =
        |operation: Value| assert_eq!(client.patch(&path, json!([operation])).expect(204), Value::Null);
    change(json!({ "op": "Add", "path": "members", "value": [{ "$ref": null, "value": ann }] }));
    change(
        json!({ "op": "add", "path": "members", "value": [{ "value": bea }, { "value": cem }, { "value": ann }] }),
    );
    assert_eq!(members(&client, &group), [ann.clone(), bea.clone(), cem.clone()]);
    change(json!({ "op": "Remove", "path": "members", "value": [{ "value": bea }, { "value": "unknown" }] }));
    assert_eq!(members(&client, &group), [ann.clone(), cem.clone()]);
    change(json!({ "op": "remove", "path": format!("members[value eq \"{cem}\"]") }));
    change(json!({ "op": "remove", "path": format!("members[value eq \"{cem}\"]") }));
    change(json!({ "op": "Remove", "path": "members", "value": [] }));
    assert_eq!(members(&client, &group), [ann.as_str()]);
    change(json!({ "op": "Remove", "path": "members", "value": { "value": ann } }));
    assert!(members(&client, &group).is_empty());
    change(json!({ "op": "replace", "path": "members", "value": [{ "value": ann }, { "value": bea }] }));
    change(json!({ "op": "replace", "path": "displayName", "value": "renamed" }));
    assert_eq!(members(&client, &group), [ann, bea]);
    change(json!({ "op": "remove", "path": "members" }));
    assert!(members(&client, &group).is_empty());
}

#[test]
fn members_are_shown_with_type_and_reference() {
    let client = Client::new();
    let ann = client.user(json!({ "userName": "ann" }));
    let inner = client.group("inner", &[]);
    let group = client.group("outer", &[&ann, &inner, &ann]);
    let base = "http://scim.example.com/scim";
    assert_eq!(
        client.read(&format!("/Groups/{group}"))["members"],
        json!([
            { "value": ann, "$ref": format!("{base}/Users/{ann}"), "type": "User" },
            { "value": inner, "$ref": format!("{base}/Groups/{inner}"), "type": "Group" },
        ])
    );
}

#[test]
fn a_members_display_is_kept_as_sent() {
    let client = Client::new();
    let ann = client.user(json!({ "userName": "ann", "displayName": "Ann" }));
    let group = client.group("g", &[]);
    let operations =
        json!([{ "op": "add", "path": "members", "value": [{ "value": ann, "display": "A." }] }]);
    client.patch(&format!("/Groups/{group}"), operations).expect(204);
    assert_eq!(client.read(&format!("/Groups/{group}"))["members"][0]["display"], "A.");
}

#[test]
fn an_unknown_member_is_kept_as_sent() {
    let client = Client::new();
    let [ann, ..] = three(&client);
    let group = client.group("g", &[&ann, "nobody"]);
    assert_eq!(client.read(&format!("/Groups/{group}"))["members"][1], json!({ "value": "nobody" }));
}

#[test]
fn a_users_groups_follow_its_memberships() {
    let client = Client::new();
    let [ann, ..] = three(&client);
    let (one, two) = (client.group("one", &[&ann]), client.group("two", &[&ann]));
    let groups = |client: &Client| {
        let body = client.read(&format!("/Users/{ann}"));
        let groups = body["groups"].as_array().cloned().unwrap_or_default();
        groups.iter().map(|group| group["display"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(groups(&client), ["one", "two"]);
    assert_eq!(client.find("/Users", &format!(r#"groups.value eq "{one}""#)).expect(200)["totalResults"], 1);
    client.patch(
        &format!("/Groups/{one}"),
        json!([{ "op": "replace", "path": "displayName", "value": "uno" }]),
    );
    client.patch(
        &format!("/Groups/{two}"),
        json!([{ "op": "Remove", "path": "members", "value": [{ "value": ann }] }]),
    );
    assert_eq!(groups(&client), ["uno"]);
    client
        .patch(&format!("/Users/{ann}"), json!([{ "op": "replace", "path": "active", "value": false }]))
        .expect(200);
    assert_eq!(groups(&client), ["uno"], "a disabled user stays a member");
    client.send("DELETE", &format!("/Groups/{one}"), None).expect(204);
    assert!(groups(&client).is_empty());
    client.read(&format!("/Users/{ann}"));
}

#[test]
fn a_deleted_user_leaves_its_groups() {
    let client = Client::new();
    let [ann, bea, _] = three(&client);
    let group = client.group("g", &[&ann, &bea]);
    client.send("DELETE", &format!("/Users/{ann}"), None).expect(204);
    assert_eq!(members(&client, &group), [bea]);
}

#[test]
fn a_reference_is_checked_by_a_filter() {
    let client = Client::new();
    let [ann, bea, _] = three(&client);
    let group = client.group("g", &[&ann]);
    let check = |member: &str| {
        let filter = format!(r#"id eq "{group}" and members eq "{member}""#);
        client.find("/Groups", &filter).expect(200)["totalResults"].clone()
    };
    assert_eq!((check(&ann), check(&bea)), (json!(1), json!(0)));
}

#[test]
fn whoever_asks_for_attributes_is_answered_with_them() {
    let client = Client::new();
    let group = client.group("g", &[]);
    let path = format!("/Groups/{group}?attributes=displayName");
    let body =
        client.patch(&path, json!([{ "op": "replace", "path": "displayName", "value": "h" }])).expect(200);
    assert_eq!(body, json!({ "schemas": [GROUP], "id": group, "displayName": "h" }));
}
