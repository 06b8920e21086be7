//! PATCH on users, in both of Entra's dialects and as the RFC has it.

use serde_json::{Value, json};

use crate::client::{Client, ENTERPRISE, USER};

fn mails() -> Value {
    json!({ "emails": [
        { "type": "work", "value": "w@example.com", "primary": true },
        { "type": "home", "value": "h@example.com" },
    ] })
}

#[test]
fn the_default_dialect_sets_one_attribute_per_operation() {
    let after = Client::new().patched(
        json!({ "displayName": "old", "name": { "formatted": "keep", "givenName": "old" } }),
        json!([
            { "op": "Replace", "path": "displayName", "value": "new" },
            { "op": "Replace", "path": "name.givenName", "value": "Kim" },
            { "op": "Add", "path": "nickName", "value": "Babs" },
            { "op": "Add", "path": "emails[type eq \"work\"].value", "value": "w@example.com" },
            { "op": "Add", "path": format!("{ENTERPRISE}:department"), "value": "Retail" },
            { "op": "Add", "path": format!("{ENTERPRISE}:manager"), "value": "271" },
            { "op": "Replace", "path": "active", "value": "False" },
        ]),
    );
    assert_eq!(after["displayName"], "new");
    assert_eq!(after["name"], json!({ "formatted": "keep", "givenName": "Kim" }));
    assert_eq!(after["emails"], json!([{ "type": "work", "value": "w@example.com" }]));
    assert_eq!(after[ENTERPRISE]["department"], "Retail");
    assert_eq!(after[ENTERPRISE]["manager"]["value"], "271");
    assert_eq!(after["active"], json!(false));
    assert_eq!(after["schemas"], json!([USER, ENTERPRISE]));
}

#[test]
fn the_flagged_dialect_bundles_attributes_under_dotted_and_qualified_names() {
    let after = Client::new().patched(
        json!({ "name": { "formatted": "keep" } }),
        json!([{ "op": "replace", "value": {
            "displayName": "Bjfe", "name.givenName": "Kkom", "NAME.familyName": "Unua", "active": false, "unknown": 1,
            (format!("{ENTERPRISE}:employeeNumber")): "Aklq", (format!("{USER}:title")): "t",
            (ENTERPRISE): { "division": "d" }, "emails[type eq \"work\"].value": "w@example.com",
            "id": "mine", "meta": {}, "schemas": [USER],
        } }]),
    );
    assert_eq!(after["name"], json!({ "formatted": "keep", "givenName": "Kkom", "familyName": "Unua" }));
    assert_eq!(after[ENTERPRISE], json!({ "employeeNumber": "Aklq", "division": "d" }));
    assert_eq!(
        (&after["displayName"], &after["title"], &after["active"]),
        (&json!("Bjfe"), &json!("t"), &json!(false))
    );
    assert_eq!(after["emails"], json!([{ "type": "work", "value": "w@example.com" }]));
    assert!(!after.to_string().contains("unknown"));
}

#[test]
fn a_value_path_changes_its_element_alone() {
    let client = Client::new();
    let home = json!({ "type": "home", "value": "h@example.com" });
    for verb in ["Replace", "add"] {
        let operations =
            json!([{ "op": verb, "path": "emails[type eq \"work\"].value", "value": "new@example.com" }]);
        let after = client.patched(mails(), operations);
        assert_eq!(
            after["emails"],
            json!([{ "type": "work", "value": "new@example.com", "primary": true }, home])
        );
    }
    let after = client.patched(mails(), json!([{ "op": "remove", "path": "emails[type eq \"work\"]" }]));
    assert_eq!(after["emails"], json!([home]));
    let after =
        client.patched(mails(), json!([{ "op": "remove", "path": "emails[type eq \"work\"].value" }]));
    assert_eq!(after["emails"], json!([home]), "a type alone is nobody's address");
    let after = client.patched(mails(), json!([{ "op": "replace", "path": "emails[type eq \"home\"]", "value": { "value": "x@example.com" } }]));
    assert_eq!(after["emails"][1], json!({ "type": "home", "value": "x@example.com" }));
}

#[test]
fn a_value_path_that_selects_nothing_creates_what_it_describes() {
    let client = Client::new();
    for (path, element) in [
        (r#"emails[type eq "other"].Value"#, json!({ "type": "other", "value": "v" })),
        (r#"addresses[type eq "work"].Formatted"#, json!({ "type": "work", "formatted": "v" })),
        (r#"roles[primary eq "True"].display"#, json!({ "primary": true, "display": "v" })),
        (
            r#"phoneNumbers[type eq "fax" and primary eq false].value"#,
            json!({ "type": "fax", "primary": false, "value": "v" }),
        ),
    ] {
        for verb in ["Add", "Replace"] {
            let after = client.patched(json!({}), json!([{ "op": verb, "path": path, "value": "v" }]));
            let name = path.split('[').next().unwrap();
            assert_eq!(after[name], json!([element]), "{verb} {path}");
        }
    }
    let user = client.user(json!({ "userName": "ann" }));
    let operations = json!([{ "op": "add", "path": "emails[type ne \"work\"].value", "value": "v" }]);
    client.patch(&format!("/Users/{user}"), operations).refused(400, Some("noTarget"));
}

#[test]
fn operations_with_one_filter_land_in_one_element() {
    let role = |sub: &str, value: &str| json!({ "op": "Add", "path": format!("roles[primary eq \"True\"].{sub}"), "value": value });
    let after = Client::new()
        .patched(json!({}), json!([role("type", "t"), role("display", "d"), role("value", "v")]));
    assert_eq!(after["roles"], json!([{ "primary": true, "type": "t", "display": "d", "value": "v" }]));
}

#[test]
fn one_element_is_primary() {
    let added = json!([{ "op": "add", "path": "emails", "value": [{ "type": "other", "value": "o@example.com", "primary": true }] }]);
    let after = Client::new().patched(mails(), added);
    let primary = |body: &Value| -> Vec<String> {
        let elements = body["emails"].as_array().unwrap().iter();
        elements
            .filter(|e| e["primary"] == json!(true))
            .map(|e| e["type"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(primary(&after), ["other"]);
    let moved = json!([{ "op": "replace", "path": "emails[type eq \"home\"].primary", "value": "True" }]);
    assert_eq!(primary(&Client::new().patched(mails(), moved)), ["home"]);
}

#[test]
fn lists_are_added_to_replaced_and_cleared() {
    let client = Client::new();
    let new = json!([{ "type": "other", "value": "o@example.com" }]);
    let added = client.patched(mails(), json!([{ "op": "add", "path": "emails", "value": new }]));
    assert_eq!(added["emails"].as_array().unwrap().len(), 3);
    let twice =
        client.patched(mails(), json!([{ "op": "add", "path": "emails", "value": mails()["emails"] }]));
    assert_eq!(twice["emails"], mails()["emails"]);
    let replaced = client.patched(mails(), json!([{ "op": "replace", "path": "emails", "value": new }]));
    assert_eq!(replaced["emails"], new);
    for operation in [
        json!({ "op": "remove", "path": "emails" }),
        json!({ "op": "replace", "path": "emails", "value": [] }),
        json!({ "op": "replace", "path": "emails", "value": null }),
        json!({ "op": "Remove", "path": "emails", "value": mails()["emails"] }),
    ] {
        assert!(client.patched(mails(), json!([operation]))["emails"].is_null(), "{operation}");
    }
}

#[test]
fn a_manager_comes_in_many_forms_and_goes_in_many_ways() {
    let client = Client::new();
    let boss = client.user(json!({ "userName": "boss", "displayName": "The Boss" }));
    let path = format!("{ENTERPRISE}:manager");
    let shown = json!({ "value": boss, "$ref": format!("http://scim.example.com/scim/Users/{boss}"), "displayName": "The Boss" });
    for (path, value) in [
        (path.clone(), json!(boss)),
        (path.clone(), json!({ "value": boss })),
        (path.clone(), json!([{ "$ref": null, "value": boss }])),
        (path.clone(), json!({ "value": boss, "displayName": "ignored" })),
        (format!("{path}.value"), json!(boss)),
        ("manager".to_owned(), json!(boss)),
    ] {
        for verb in ["Add", "replace"] {
            let operations = json!([{ "op": verb, "path": path, "value": value }]);
            let after = client.patched(json!({ (ENTERPRISE): { "manager": "old" } }), operations);
            assert_eq!(after[ENTERPRISE]["manager"], shown, "{verb} {path} {value}");
        }
    }
    for operation in [
        json!({ "op": "Remove", "path": path }),
        json!({ "op": "Remove", "path": format!("{path}.value") }),
        json!({ "op": "Remove", "path": path, "value": [{ "value": boss }] }),
        json!({ "op": "remove", "path": format!("{path}[value eq \"{boss}\"]") }),
        json!({ "op": "Replace", "path": path, "value": "" }),
        json!({ "op": "Replace", "path": path, "value": { "value": "" } }),
        json!({ "op": "Replace", "path": path, "value": null }),
        json!({ "op": "replace", "value": { (path.clone()): "" } }),
    ] {
        let after = client.patched(json!({ (ENTERPRISE): { "manager": boss } }), json!([operation]));
        assert!(after[ENTERPRISE].is_null(), "{operation}");
    }
}

#[test]
fn a_manager_that_does_not_exist_yet_is_kept() {
    let after = Client::new().patched(
        json!({}),
        json!([{ "op": "Add", "path": format!("{ENTERPRISE}:manager"), "value": "later" }]),
    );
    assert_eq!(after[ENTERPRISE]["manager"]["value"], "later");
}

#[test]
fn empty_strings_and_null_clear() {
    let client = Client::new();
    for empty in [json!(""), json!(null)] {
        let before = json!({ "title": "x", "name": { "givenName": "a", "familyName": "b" } });
        let operations = json!([
            { "op": "replace", "path": "title", "value": empty },
            { "op": "replace", "path": "name.givenName", "value": empty },
            { "op": "replace", "path": "emails[type eq \"work\"].value", "value": empty },
        ]);
        let after = client.patched(before, operations);
        assert!(after["title"].is_null() && after["emails"].is_null());
        assert_eq!(after["name"], json!({ "familyName": "b" }));
    }
}

#[test]
fn removing_what_is_not_there_changes_nothing() {
    let client = Client::new();
    let user = client.user(json!({ "userName": "ann", "title": "x" }));
    let path = format!("/Users/{user}");
    let before = client.read(&path);
    std::thread::sleep(std::time::Duration::from_millis(3));
    let operations = json!([
        { "op": "Remove", "path": "nickName" },
        { "op": "Remove", "path": "emails[type eq \"work\"]" },
        { "op": "Remove", "path": "emails[type eq \"work\"].value" },
        { "op": "Remove", "path": format!("{ENTERPRISE}:manager") },
        { "op": "Remove", "path": "emails", "value": [{ "value": "x" }] },
        { "op": "Replace", "path": "title", "value": "x" },
    ]);
    assert_eq!(client.patch(&path, operations).expect(200), before);
    assert_eq!(client.patch(&path, json!([])).expect(200), before);
    let changed =
        client.patch(&path, json!([{ "op": "Replace", "path": "title", "value": "y" }])).expect(200);
    assert!(changed["meta"]["lastModified"].as_str() > before["meta"]["lastModified"].as_str());
    assert_eq!(changed["meta"]["created"], before["meta"]["created"]);
}

#[test]
fn a_failing_operation_undoes_those_before_it() {
    let client = Client::new();
    let user = client.user(json!({ "userName": "ann", "title": "x" }));
    let path = format!("/Users/{user}");
    let before = client.read(&path);
    for (operation, keyword) in [
        (json!({ "op": "replace", "path": "active", "value": "maybe" }), "invalidValue"),
        (json!({ "op": "replace", "path": "shoeSize", "value": 43 }), "invalidPath"),
        (json!({ "op": "replace", "path": "emails[", "value": 43 }), "invalidPath"),
        (json!({ "op": "replace", "path": "emails[size eq 1].value", "value": "x" }), "invalidPath"),
        (json!({ "op": "replace", "path": "id", "value": "x" }), "mutability"),
        (json!({ "op": "replace", "path": "groups", "value": [] }), "mutability"),
        (json!({ "op": "replace", "path": "displayName" }), "invalidValue"),
        (json!({ "op": "remove" }), "noTarget"),
        (json!({ "op": "move", "path": "title", "value": "x" }), "invalidSyntax"),
        (json!({ "op": "replace", "path": "userName", "value": { "a": 1 } }), "invalidValue"),
    ] {
        let operations = json!([{ "op": "replace", "path": "title", "value": "lost" }, operation]);
        client.patch(&path, operations).refused(400, Some(keyword));
        assert_eq!(client.read(&path), before, "{operation}");
    }
}

#[test]
fn a_whole_extension_is_set_and_removed() {
    let client = Client::new();
    let after = client.patched(
        json!({ (ENTERPRISE): { "department": "d" } }),
        json!([{ "op": "add", "path": ENTERPRISE, "value": { "division": "v" } }]),
    );
    assert_eq!(after[ENTERPRISE], json!({ "department": "d", "division": "v" }));
    let after = client.patched(
        json!({ (ENTERPRISE): { "department": "d" } }),
        json!([{ "op": "remove", "path": ENTERPRISE }]),
    );
    assert!(after[ENTERPRISE].is_null());
    assert_eq!(after["schemas"], json!([USER]));
}

#[test]
fn the_job_of_2018_wraps_values() {
    let after = Client::new().patched(
        json!({ "active": true }),
        json!([
            { "op": "Replace", "path": "active", "value": [{ "$ref": null, "value": "False" }] },
            { "op": "Add", "path": "displayName", "value": [{ "$ref": null, "value": "Ann" }] },
            { "op": "Add", "path": "department", "value": [{ "$ref": null, "value": "R&D" }] },
        ]),
    );
    assert_eq!((&after["active"], &after["displayName"]), (&json!(false), &json!("Ann")));
    assert_eq!(after[ENTERPRISE]["department"], "R&D");
}
