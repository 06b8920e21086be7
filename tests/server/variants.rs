//! Right variants: each differs in what it says, and in nothing else.

use axum::http::header;
use scimulate::server::Variant;
use serde_json::{Value, json};

use crate::client::{Client, ENTERPRISE, GROUP, USER, id};

fn ann() -> Value {
    json!({ "schemas": [USER], "userName": "Ann", "externalId": "E", (ENTERPRISE): { "department": "d" } })
}

fn create(variant: Variant) -> (Client, Value) {
    let client = Client::with([variant]);
    let body = client.send("POST", "/Users", Some(ann())).expect(201);
    (client, body)
}

#[test]
fn patch_answers() {
    let (client, user) = create(Variant::PatchUser204);
    let operations = json!([{ "op": "replace", "path": "title", "value": "x" }]);
    assert_eq!(client.patch(&format!("/Users/{}", id(&user)), operations).expect(204), Value::Null);
    let client = Client::with([Variant::PatchGroup200WithBody]);
    let path = format!("/Groups/{}", client.group("g", &[]));
    let body =
        client.patch(&path, json!([{ "op": "replace", "path": "displayName", "value": "h" }])).expect(200);
    assert_eq!(body, client.read(&path));
}

#[test]
fn no_user_groups() {
    let (client, user) = create(Variant::NoUserGroups);
    client.group("g", &[&id(&user)]);
    assert!(client.read(&format!("/Users/{}", id(&user)))["groups"].is_null());
    let schema = client.read(&format!("/Schemas/{USER}"));
    assert!(schema["attributes"].as_array().unwrap().iter().all(|attribute| attribute["name"] != "groups"));
}

#[test]
fn dates() {
    for (variant, end, length) in [
        (Variant::OneSecondDates, "Z", 20),
        (Variant::OffsetDates, "+02:00", 29),
        (Variant::SevenDigitDates, "Z", 28),
    ] {
        let (_, user) = create(variant);
        let date = user["meta"]["created"].as_str().unwrap();
        assert!(date.ends_with(end) && date.len() == length, "{date}");
        let instant: jiff::Timestamp = date.parse().unwrap();
        assert!(instant.duration_until(jiff::Timestamp::now()).as_secs().abs() < 5, "{date}");
    }
}

#[test]
fn locations() {
    let client = Client::with([Variant::RelativeLocations]);
    let reply = client.send("POST", "/Users", Some(ann()));
    let body = reply.expect(201);
    let location = format!("/scim/Users/{}", id(&body));
    assert_eq!(body["meta"]["location"], json!(location));
    assert_eq!(reply.header(header::LOCATION), Some(location.as_str()));
    let (client, user) = create(Variant::LocationOnCreationOnly);
    assert_eq!(client.get(&format!("/Users/{}", id(&user))).header(header::LOCATION), None);
}

#[test]
fn values() {
    let (client, user) = create(Variant::LowerCasedUserName);
    assert_eq!(user["userName"], "ann");
    client.patch(
        &format!("/Users/{}", id(&user)),
        json!([{ "op": "replace", "path": "userName", "value": "BEA" }]),
    );
    assert_eq!(client.read(&format!("/Users/{}", id(&user)))["userName"], "bea");
    let (_, user) = create(Variant::NumericLookingIds);
    assert!(id(&user).parse::<u64>().is_ok());
    let (_, user) = create(Variant::ActiveByDefault);
    assert_eq!(user["active"], json!(true));
    let (_, user) = create(Variant::EmptyListsShown);
    assert_eq!((&user["emails"], &user["groups"]), (&json!([]), &json!([])));
}

#[test]
fn lists() {
    let (client, _) = create(Variant::ResourcesAbsentAtZero);
    assert!(client.find("/Users", r#"userName eq "x""#).expect(200)["Resources"].is_null());
    assert!(client.read("/Users")["Resources"].is_array());
    let (client, _) = create(Variant::NoPagingFieldsOnFullLists);
    assert!(client.read("/Users")["itemsPerPage"].is_null());
    assert_eq!(client.read("/Users?count=0")["itemsPerPage"], 0);
}

#[test]
fn discovery() {
    let client = Client::with([Variant::DiscoveryFilterIgnored]);
    assert_eq!(client.find("/Schemas", r#"name eq "User""#).expect(200), client.read("/Schemas"));
    let client = Client::with([Variant::PublicDiscovery]);
    let open = |path: &str| {
        client.raw(http::Request::builder().uri(path).body(axum::body::Body::empty()).unwrap()).status
    };
    assert_eq!((open("/scim/Schemas"), open("/scim/Users")), (200, 401));
}

#[test]
fn filters() {
    let (client, _) = create(Variant::EqOnly);
    assert_eq!(
        client.find("/Users", r#"userName eq "ann" and externalId eq "E""#).expect(200)["totalResults"],
        1
    );
    client.find("/Users", r#"userName sw "a""#).refused(400, Some("invalidFilter"));
    let (client, _) = create(Variant::ExternalIdFilterRefused);
    client.find("/Users", r#"externalId eq "E""#).refused(400, Some("invalidFilter"));
    assert_eq!(client.find("/Users", r#"userName eq "ann""#).expect(200)["totalResults"], 1);
}

#[test]
fn users_only() {
    let client = Client::with([Variant::UsersOnly]);
    assert_eq!(client.find("/Groups", r#"displayName eq "g""#).expect(200)["totalResults"], 0);
    client
        .send("POST", "/Groups", Some(json!({ "schemas": [GROUP], "displayName": "g" })))
        .refused(501, None);
    client.get("/Groups/1").refused(404, None);
    assert_eq!(client.read("/ResourceTypes")["totalResults"], 1);
    client.get(&format!("/Schemas/{GROUP}")).refused(404, None);
}

#[test]
fn extra_vendor_schema() {
    let client = Client::with([Variant::ExtraVendorSchema]);
    let urn = "urn:ietf:params:scim:schemas:extension:vendor:2.0:User";
    let mut body = ann();
    body[urn] = json!({ "badge": "7" });
    let user = client.send("POST", "/Users", Some(body)).expect(201);
    assert_eq!(user[urn], json!({ "badge": "7" }));
    assert!(user["schemas"].as_array().unwrap().contains(&json!(urn)));
    client.read(&format!("/Schemas/{urn}"));
    let operations = json!([{ "op": "Add", "path": format!("{urn}:desk.room"), "value": "1.01" }]);
    let after = client.patch(&format!("/Users/{}", id(&user)), operations).expect(200);
    assert_eq!(after[urn]["desk"], json!({ "room": "1.01" }));
}

#[test]
fn unknown_attributes_refused() {
    let client = Client::with([Variant::UnknownAttributesRefused]);
    let mut body = ann();
    body["shoeSize"] = json!(43);
    client.send("POST", "/Users", Some(body)).refused(400, Some("invalidValue"));
    let mut body = ann();
    body["meta"] = json!({ "resourceType": "User" });
    body[ENTERPRISE]["schemas"] = json!([ENTERPRISE]);
    let user = client.send("POST", "/Users", Some(body)).expect(201);
    let path = format!("/Users/{}", id(&user));
    client
        .patch(&path, json!([{ "op": "replace", "value": { "shoeSize": 43 } }]))
        .refused(400, Some("invalidValue"));
}

#[test]
fn unknown_members_refused() {
    let client = Client::with([Variant::UnknownMembersRefused]);
    let user = client.user(json!({ "userName": "ann" }));
    let path = format!("/Groups/{}", client.group("g", &[&user]));
    let operations = json!([{ "op": "Add", "path": "members", "value": [{ "value": "nobody" }] }]);
    client.patch(&path, operations).refused(400, Some("invalidValue"));
    assert_eq!(client.read(&path)["members"].as_array().unwrap().len(), 1);
}

#[test]
fn wire_form() {
    let (client, _) = create(Variant::MediaTypeWithCharset);
    let reply = client.get("/Users");
    assert_eq!(reply.header(header::CONTENT_TYPE), Some("application/scim+json; charset=utf-8"));
    let (client, _) = create(Variant::SortedIndentedJson);
    let text = client.get("/Users").text;
    assert!(text.starts_with("{\n  \"Resources\""), "{text}");
    let (client, _) = create(Variant::ChunkedAndClosed);
    let reply = client.get("/Users");
    assert_eq!(
        (reply.header(header::CONNECTION), reply.header(header::CONTENT_LENGTH)),
        (Some("close"), None)
    );
    let client = Client::with([Variant::MembersWithDisplay]);
    let user = client.user(json!({ "userName": "ann", "displayName": "Ann" }));
    let group = client.group("g", &[&user]);
    assert_eq!(client.read(&format!("/Groups/{group}"))["members"][0]["display"], "Ann");
}

#[test]
fn no_etags() {
    let (client, user) = create(Variant::NoEtags);
    let path = format!("/Users/{}", id(&user));
    assert!(user["meta"]["version"].is_null());
    assert_eq!(client.get(&path).header(header::ETAG), None);
    assert_eq!(client.read("/ServiceProviderConfig")["etag"]["supported"], json!(false));
    assert_eq!(client.conditional("GET", &path, ("If-None-Match", "*"), None).status, 200);
}

#[test]
fn no_sort_and_no_cursors() {
    let (client, _) = create(Variant::NoSort);
    client.user(json!({ "userName": "aa" }));
    let names = |body: &Value| body["Resources"][0]["userName"].clone();
    assert_eq!(names(&client.read("/Users?sortBy=userName&sortOrder=up")), "Ann");
    assert_eq!(client.read("/ServiceProviderConfig")["sort"]["supported"], json!(false));
    let (client, _) = create(Variant::NoCursors);
    client.user(json!({ "userName": "bea" }));
    let page = client.read("/Users?cursor=&count=1");
    assert_eq!((&page["nextCursor"], &page["startIndex"]), (&Value::Null, &json!(1)));
    let pagination = &client.read("/ServiceProviderConfig")["pagination"];
    assert_eq!((&pagination["cursor"], &pagination["cursorTimeout"]), (&json!(false), &Value::Null));
}
