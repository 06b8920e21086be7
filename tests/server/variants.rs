//! Right variants: each differs in what it says, and in nothing else.

use axum::http::{Request, header};
use scimulate::scim::schema::{Attribute, AttributeType, ServedSchemas};
use scimulate::server::{ServerSettings, Variant};
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
    let (_, user) = create(Variant::LocationsBehindProxy);
    assert_eq!(
        user["meta"]["location"],
        json!(format!("http://scim.internal.example:8080/scim/Users/{}", id(&user)))
    );
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
    let (client, user) = create(Variant::UserNameIds);
    assert_eq!(id(&user), "Ann");
    client.patch("/Users/Ann", json!([{ "op": "replace", "path": "userName", "value": "bea" }]));
    assert_eq!(client.read("/Users/Ann")["userName"], "bea");
    assert_ne!(client.user(json!({ "userName": "Ann" })), "Ann", "another user has it");
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
    let open =
        |path: &str| client.raw(Request::builder().uri(path).body(axum::body::Body::empty()).unwrap()).status;
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

#[test]
fn required_attributes_are_published_and_asked_for() {
    let client = Client::with([Variant::NameAndEmailsRequired]);
    client.send("POST", "/Users", Some(ann())).refused(400, Some("invalidValue"));
    let schema = client.read(&format!("/Schemas/{USER}"));
    let required =
        schema["attributes"].as_array().unwrap().iter().filter(|one| one["required"] == json!(true));
    let names: Vec<_> = required.map(|attribute| attribute["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["userName", "displayName", "emails"]);
    client.user(json!({ "userName": "ann", "displayName": "Ann", "emails": [{ "value": "a@example.com" }] }));
}

#[test]
fn what_creates_return() {
    let (client, user) = create(Variant::CreateReturnsIdAndMeta);
    let names: Vec<_> = user.as_object().unwrap().keys().collect();
    assert_eq!(names, ["schemas", "id", "meta"]);
    assert_eq!(client.read(&format!("/Users/{}", id(&user)))["userName"], "Ann");
}

#[test]
fn names_that_are_the_servers_own() {
    let (client, user) = create(Variant::TombstoneNameIgnored);
    let path = format!("/Users/{}", id(&user));
    let rename = |name: &str| {
        client.patch(&path, json!([{ "op": "replace", "path": "userName", "value": name }])).expect(200)["userName"]
            .clone()
    };
    assert_eq!(rename("283405f5a0c24f0e9b1d7c6e5a4b3c2dAnn"), "Ann");
    assert_eq!(rename("283405f5a0c24f0e9b1d7c6e5a4b3c2xAnn"), "283405f5a0c24f0e9b1d7c6e5a4b3c2xAnn");
    let client = Client::with([Variant::NameFormattedDerived]);
    let name = json!({ "givenName": "Ann", "familyName": "Lee", "formatted": "Lee, Ann" });
    let user = client.user(json!({ "userName": "ann", "name": name }));
    assert_eq!(client.read(&format!("/Users/{user}"))["name"]["formatted"], "Ann Lee");
}

#[test]
fn what_is_not_there() {
    let (client, user) = create(Variant::PutNotImplemented);
    client.send("PUT", &format!("/Users/{}", id(&user)), Some(ann())).refused(501, None);
    for (variant, name, value) in [
        (Variant::PasswordRefused, "password", json!("t1meMa$heen")),
        (Variant::RolesRefused, "roles", json!([{ "value": "admin" }])),
    ] {
        let (client, user) = create(variant);
        let mut body = ann();
        (body["userName"], body[name]) = (json!("Bea"), value.clone());
        client.send("POST", "/Users", Some(body.clone())).refused(400, Some("invalidValue"));
        let path = format!("/Users/{}", id(&user));
        for operation in [
            json!({ "op": "add", "path": name, "value": value }),
            json!({ "op": "add", "value": { (name): value } }),
        ] {
            client.patch(&path, json!([operation])).refused(400, Some("invalidValue"));
        }
        body[name] = json!([]);
        client.send("POST", "/Users", Some(body)).expect(201);
    }
}

#[test]
fn unknown_routes() {
    let page = Client::with([Variant::HtmlOnUnknownRoutes]);
    let none = Client::with([Variant::EmptyOnUnknownRoutes]);
    for (method, path, status) in [("GET", "/Nowhere", 404), ("DELETE", "/Schemas", 405)] {
        let reply = page.send(method, path, None);
        assert_eq!(
            (reply.status, reply.header(header::CONTENT_TYPE)),
            (status, Some("text/html; charset=utf-8"))
        );
        let reply = none.send(method, path, None);
        assert_eq!(
            (reply.status, reply.text.as_str(), reply.header(header::CONTENT_TYPE)),
            (status, "", None)
        );
    }
    page.get("/Users/none").refused(404, None);
}

#[test]
fn values_that_say_nothing() {
    let client = Client::with([Variant::PrimaryOmittedWhenFalse]);
    let emails = json!([{ "value": "a@example.com", "primary": true }, { "value": "b@example.com", "primary": false }]);
    let user = client.user(json!({ "userName": "ann", "emails": emails }));
    let shown = client.read(&format!("/Users/{user}"));
    assert_eq!(shown["emails"][0]["primary"], json!(true));
    assert_eq!(shown["emails"][1].get("primary"), None);
    let (client, user) = create(Variant::NullsForUnset);
    let shown = client.read(&format!("/Users/{}", id(&user)));
    assert_eq!((shown.get("title"), shown.get("emails")), (Some(&Value::Null), Some(&json!([]))));
    assert_eq!((shown.get("password"), &shown["userName"]), (None, &json!("Ann")));
}

#[test]
fn etags_that_promise_nothing() {
    let (client, user) = create(Variant::EtagsNotSupported);
    let path = format!("/Users/{}", id(&user));
    assert_ne!(client.get(&path).header(header::ETAG), client.get(&path).header(header::ETAG));
    assert_eq!(client.read("/ServiceProviderConfig")["etag"]["supported"], json!(false));
    let patch = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{ "op": "replace", "path": "title", "value": "x" }] });
    client.conditional("PATCH", &path, ("If-Match", "W/\"0\""), Some(patch)).expect(200);
}

#[test]
fn answers_that_ask_for_patience() {
    let client = Client::with([Variant::UnauthorizedDelayed]);
    let begin = std::time::Instant::now();
    let request = Request::get("/scim/Users").body(axum::body::Body::empty()).unwrap();
    assert_eq!(client.raw(request).status, 401);
    assert!(begin.elapsed() >= std::time::Duration::from_millis(100));
    let client = Client::with([Variant::ThrottledWithRetryAfter]);
    let ask = || client.conditional("GET", "/Users", ("Adscimversion", "6.0"), None);
    let throttled =
        (0..1000).map(|_| ask()).find(|reply| reply.status == 429).expect("so many at once are too many");
    assert_eq!(throttled.header(header::RETRY_AFTER), Some("0"));
}

#[test]
fn schemas_of_an_application() {
    let urn = "urn:example:params:1.0:User";
    let mut schemas = ServedSchemas::default();
    schemas.user.schema_mut(urn).attributes.push(Attribute::new("size", AttributeType::Integer));
    let client =
        Client::of(ServerSettings { schemas: std::sync::Arc::new(schemas), ..ServerSettings::default() });
    let user = client.user(json!({ "userName": "ann", (urn): { "size": 7 } }));
    let path = format!("/Users/{user}");
    assert_eq!(client.read(&path)[urn]["size"], 7);
    client.patch(&path, json!([{ "op": "replace", "path": format!("{urn}:size"), "value": 8 }])).expect(200);
    assert_eq!(client.read(&path)[urn]["size"], 8);
    assert_eq!(client.read(&format!("/Schemas/{urn}"))["attributes"][0]["type"], "integer");
    assert_eq!(client.read("/ResourceTypes/User")["schemaExtensions"][1]["schema"], urn);
}
