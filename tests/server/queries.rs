//! Lists: filters, paging, projection and `.search`.

use serde_json::{Value, json};

use crate::client::{Client, ENTERPRISE, GROUP, USER};

fn names(body: &Value) -> Vec<String> {
    let resources = body["Resources"].as_array().cloned().unwrap_or_default();
    resources.iter().map(|user| user["userName"].as_str().unwrap_or("?").to_owned()).collect()
}

fn twelve() -> Client {
    let client = Client::new();
    for number in 0..12 {
        client.user(json!({ "userName": format!("u{number:02}"), "active": number % 2 == 0, "externalId": format!("E{number}") }));
    }
    client
}

#[test]
fn no_match_is_an_empty_list() {
    let body = Client::new().find("/Users", r#"userName eq "3e59e27b""#).expect(200);
    assert_eq!(
        body,
        json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 0,
            "startIndex": 1, "itemsPerPage": 0, "Resources": [] })
    );
}

#[test]
fn pages_hold_every_user_once() {
    let client = twelve();
    let mut seen = Vec::new();
    for start in [1, 6, 11] {
        let page = client.read(&format!("/Users?startIndex={start}&count=5"));
        assert_eq!((&page["totalResults"], &page["startIndex"]), (&json!(12), &json!(start)));
        assert_eq!(page["itemsPerPage"], json!(page["Resources"].as_array().unwrap().len()));
        seen.extend(names(&page));
    }
    assert_eq!(seen, (0..12).map(|number| format!("u{number:02}")).collect::<Vec<_>>());
}

#[test]
fn paging_at_its_limits() {
    let client = twelve();
    let page = |query: &str| {
        let body = client.read(&format!("/Users?{query}"));
        let size = body["Resources"].as_array().unwrap().len();
        (body["totalResults"].clone(), body["startIndex"].clone(), size)
    };
    assert_eq!(page("startIndex=0&count=2"), (json!(12), json!(1), 2));
    assert_eq!(page("startIndex=-3"), (json!(12), json!(1), 12));
    assert_eq!(page("count=0"), (json!(12), json!(1), 0));
    assert_eq!(page("count=-1"), (json!(12), json!(1), 0));
    assert_eq!(page("startIndex=13&count=5"), (json!(12), json!(13), 0));
    assert_eq!(page("count=99999999999999999999"), (json!(12), json!(1), 12));
    client.get("/Users?count=many").refused(400, Some("invalidValue"));
}

#[test]
fn filters_find_what_matches_and_nothing_else() {
    let client = twelve();
    let found = |filter: &str| names(&client.find("/Users", filter).expect(200));
    assert_eq!(found(r#"userName eq "U03""#), ["u03"]);
    assert_eq!(found(r#"externalId eq "E3""#), ["u03"]);
    assert!(found(r#"externalId eq "e3""#).is_empty());
    assert!(found(r#"userName eq "u0""#).is_empty());
    assert_eq!(found(r#"userName eq "u03" and active eq "False""#), ["u03"]);
    assert!(found(r#"userName eq "u03" and active eq true"#).is_empty());
    assert_eq!(found(r#"userName eq "u03" or userName eq "u05""#), ["u03", "u05"]);
    assert_eq!(found("active eq true").len(), 6);
    assert_eq!(found(r#"schemas eq "urn:ietf:params:scim:schemas:core:2.0:User""#).len(), 12);
    assert_eq!(found(r#"meta.created gt "2020-01-01T00:00:00Z""#).len(), 12);
}

#[test]
fn what_cannot_be_evaluated_is_refused_not_ignored() {
    let client = twelve();
    for filter in [
        "userName eq",
        "userName xx \"a\"",
        "active gt true",
        "shoeSize eq 43",
        "",
        "(userName pr",
        "userName eq ann",
    ] {
        client.find("/Users", filter).refused(400, Some("invalidFilter"));
    }
}

#[test]
fn special_characters_are_found() {
    let client = Client::new();
    for name in ["o'neil+x@example.com", "a&b=c", "r\"q\\z", "José", "Jose", "🦊 team", "x eq \"y\"", "a%2Bb"]
    {
        client.user(json!({ "userName": name }));
        let filter = format!("userName eq {}", json!(name));
        assert_eq!(names(&client.find("/Users", &filter).expect(200)), [name]);
    }
    // A plus that stands for a space, as in a form.
    assert_eq!(names(&client.read("/Users?filter=userName+eq+%22o%27neil%2Bx%40example.com%22")).len(), 1);
}

#[test]
fn answers_hold_what_was_asked_for() {
    let client = Client::new();
    let user = client.user(json!({
        "userName": "ann", "name": { "givenName": "A", "familyName": "N" }, "title": "t",
        "emails": [{ "value": "w", "type": "work" }], (ENTERPRISE): { "department": "d", "division": "v" },
    }));
    let read = |query: &str| {
        let mut body = client.read(&format!("/Users/{user}?{query}"));
        let map = body.as_object_mut().unwrap();
        assert!(map.remove("schemas").is_some() && map.remove("id").is_some(), "always returned");
        map.remove("meta");
        body
    };
    assert_eq!(read("attributes=USERNAME"), json!({ "userName": "ann" }));
    assert_eq!(
        read("attributes=name.givenName,emails.type"),
        json!({ "name": { "givenName": "A" }, "emails": [{ "type": "work" }] })
    );
    assert_eq!(
        read(&format!("attributes={ENTERPRISE}:department")),
        json!({ (ENTERPRISE): { "department": "d" } })
    );
    assert_eq!(
        read(&format!("attributes={USER}:title,{ENTERPRISE}")),
        json!({ "title": "t", (ENTERPRISE): { "department": "d", "division": "v" } })
    );
    let rest = read(&format!("excludedAttributes=id,userName,Name.GivenName,emails,{ENTERPRISE}:division"));
    assert_eq!(
        rest,
        json!({ "name": { "familyName": "N" }, "title": "t", (ENTERPRISE): { "department": "d" } })
    );
    assert!(read(&format!("excludedAttributes={ENTERPRISE}"))[ENTERPRISE].is_null());
    let all = client.read(&format!("/Users/{user}?attributes=id"));
    assert_eq!(all, json!({ "schemas": [USER, ENTERPRISE], "id": user }));
}

#[test]
fn members_are_left_out_when_excluded() {
    let client = Client::new();
    let ann = client.user(json!({ "userName": "ann" }));
    let group = client.group("g", &[&ann]);
    let filter = "filter=displayName+eq+%22g%22";
    for query in
        [format!("excludedAttributes=members&{filter}"), format!("{filter}&EXCLUDEDATTRIBUTES=Members")]
    {
        let found = client.read(&format!("/Groups?{query}"));
        assert_eq!(found["Resources"][0]["displayName"], "g");
        assert!(found["Resources"][0]["members"].is_null());
    }
    assert!(client.read(&format!("/Groups/{group}?excludedAttributes=members"))["members"].is_null());
    assert!(client.read(&format!("/Groups/{group}"))["members"].is_array());
}

#[test]
fn a_search_is_a_query_in_a_body() {
    let client = twelve();
    client.group("u03", &[]);
    let search = |path: &str, mut body: Value| {
        body["schemas"] = json!(["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]);
        client.send("POST", path, Some(body))
    };
    let body = search(
        "/Users/.search",
        json!({ "filter": "userName sw \"u1\"", "attributes": ["userName"], "count": 1 }),
    )
    .expect(200);
    assert_eq!((&body["totalResults"], names(&body)), (&json!(2), vec!["u10".to_owned()]));
    assert!(body["Resources"][0]["active"].is_null());
    let body =
        search("/.search", json!({ "filter": "displayName eq \"u03\" or userName eq \"u03\"" })).expect(200);
    assert_eq!(body["totalResults"], json!(1), "a filter that does not fit a type finds nothing there");
    assert_eq!(search("/.search", json!({ "count": 0 })).expect(200)["totalResults"], json!(13));
    assert_eq!(search("/Groups/.search", json!({})).expect(200)["Resources"][0]["schemas"], json!([GROUP]));
    search("/Users/.search", json!({ "filter": "userName" })).refused(400, Some("invalidFilter"));
    search("/Users/.search", json!({ "filter": 7 })).refused(400, Some("invalidSyntax"));
    client.send("POST", "/.search", Some(json!({}))).refused(400, Some("invalidSyntax"));
    assert_eq!(client.read("/?count=3")["itemsPerPage"], json!(3));
}

#[test]
fn lists_are_sorted_by_what_counts() {
    let client = Client::new();
    client.user(json!({ "userName": "bea", "title": "b", "active": true, "emails": [{ "value": "x" }, { "value": "1", "primary": true }] }));
    client.user(json!({ "userName": "Ann", "title": "A", "name": { "familyName": "n" }, "emails": [{ "value": "2" }, { "value": "0" }] }));
    client.user(json!({ "userName": "cem", "externalId": "a", (ENTERPRISE): { "department": "d" } }));
    client.user(json!({ "userName": "dan", "externalId": "B" }));
    let sorted = |query: &str| names(&client.read(&format!("/Users?{query}")));
    assert_eq!(sorted("sortBy=userName"), ["Ann", "bea", "cem", "dan"]);
    assert_eq!(sorted("sortBy=USERNAME&sortOrder=Descending"), ["dan", "cem", "bea", "Ann"]);
    // Who has no value is last, in the order of arrival, and first when the order is turned round.
    assert_eq!(sorted("sortBy=title&sortOrder=ascending"), ["Ann", "bea", "cem", "dan"]);
    assert_eq!(sorted("sortBy=title&sortOrder=descending"), ["cem", "dan", "bea", "Ann"]);
    assert_eq!(sorted("sortBy=emails"), ["bea", "Ann", "cem", "dan"]);
    assert_eq!(sorted("sortBy=name.familyName")[0], "Ann");
    assert_eq!(sorted(&format!("sortBy={ENTERPRISE}:department"))[0], "cem");
    // `externalId` is case exact: upper case comes first.
    assert_eq!(sorted("sortBy=externalId")[..2], ["dan", "cem"]);
    assert_eq!(sorted("sortBy=meta.created&sortOrder=ascending")[0], "bea");
    assert_eq!(sorted("sortBy=userName&startIndex=2&count=2"), ["bea", "cem"]);
    assert_eq!(sorted("sortOrder=descending")[0], "bea");
    for refused in ["sortBy=shoeSize", "sortBy=password", "sortBy=userName&sortOrder=up", "sortBy=a..b"] {
        client.get(&format!("/Users?{refused}")).refused(400, Some("invalidValue"));
    }
    let search =
        json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "sortBy": "userName" });
    assert_eq!(names(&client.send("POST", "/Users/.search", Some(search)).expect(200))[0], "Ann");
}

#[test]
fn cursors_lead_through_a_list() {
    let client = twelve();
    let text = |body: &Value, name: &str| body[name].as_str().map(str::to_owned);
    let mut page = client.read("/Users?cursor&count=5&sortBy=userName&sortOrder=descending");
    assert_eq!((text(&page, "previousCursor"), &page["startIndex"]), (None, &Value::Null));
    let mut seen = names(&page);
    let first = text(&page, "nextCursor").unwrap();
    while let Some(next) = text(&page, "nextCursor") {
        assert!(next.chars().all(|c| c.is_ascii_alphanumeric() || "-._~".contains(c)));
        page = client.read(&format!("/Users?cursor={next}&count=5&sortBy=userName&sortOrder=descending"));
        assert_eq!((&page["totalResults"], text(&page, "previousCursor").is_some()), (&json!(12), true));
        seen.extend(names(&page));
    }
    assert_eq!(seen, (0..12).rev().map(|number| format!("u{number:02}")).collect::<Vec<_>>());
    client.get("/Users?cursor=made-up&count=5").refused(400, Some("invalidCursor"));
    client.get(&format!("/Users?cursor={first}&count=5")).refused(400, Some("invalidCursor"));
    let order = "sortBy=userName&sortOrder=descending";
    client.get(&format!("/Users?cursor={first}&count=4&{order}")).refused(400, Some("invalidCount"));
    let none = client.read("/Users?cursor&count=0");
    assert_eq!(
        (&none["totalResults"], &none["Resources"], &none["nextCursor"]),
        (&json!(12), &json!([]), &Value::Null)
    );
    // Who comes or goes during a walk is on no page twice and shifts none.
    let start = client.read("/Users?cursor&count=5");
    client.user(json!({ "userName": "late" }));
    let gone = start["Resources"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(client.send("DELETE", &format!("/Users/{gone}"), None).status, 204);
    let next = client.read(&format!("/Users?cursor={}&count=5", text(&start, "nextCursor").unwrap()));
    assert_eq!(names(&next)[0], "u05");
    let search = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "cursor": "", "count": 5 });
    assert!(client.send("POST", "/.search", Some(search)).expect(200)["nextCursor"].is_string());
}
