use serde_json::{Value, json};

use crate::odata::{Query, order, select};

#[test]
fn selected_are_the_named_properties_and_what_always_belongs_there() {
    let object = json!({
        "@odata.type": "#microsoft.graph.user",
        "@removed": {"reason": "changed"},
        "id": "1",
        "displayName": "Ada",
        "mail": null,
        "employeeOrgData": {"division": "Engines", "costCenter": "5"},
        "identities": [{"issuer": "a", "signInType": "b"}],
        "members@delta": [{"id": "2"}],
        "businessPhones@odata.type": "#Collection(String)"
    });
    let chosen = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        select(&object, &names)
    };
    let always =
        json!({"@odata.type": "#microsoft.graph.user", "@removed": {"reason": "changed"}, "id": "1"});
    let with = |more: Value| {
        let mut object = always.clone();
        object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        object
    };
    assert_eq!(chosen(&[]), object);
    assert_eq!(chosen(&["mail", "*"]), object);
    assert_eq!(chosen(&["unknown"]), always);
    assert_eq!(chosen(&["DISPLAYNAME", "mail"]), with(json!({"displayName": "Ada", "mail": null})));
    assert_eq!(chosen(&["members"]), with(json!({"members@delta": [{"id": "2"}]})));
    assert_eq!(
        chosen(&["employeeOrgData/division"]),
        with(json!({"employeeOrgData": {"division": "Engines"}}))
    );
    assert_eq!(
        chosen(&["employeeOrgData/division", "employeeOrgData"]),
        with(json!({"employeeOrgData": {"division": "Engines", "costCenter": "5"}}))
    );
    assert_eq!(chosen(&["identities/issuer"]), with(json!({"identities": [{"issuer": "a"}]})));
    assert_eq!(select(&json!("text"), &["id".to_owned()]), json!("text"));
}

fn sorted(items: Value, by: &str) -> Vec<Value> {
    let mut items = items.as_array().unwrap().clone();
    order(&mut items, &Query::parse(&format!("$orderby={by}")).unwrap().order);
    items.into_iter().map(|item| item["id"].clone()).collect()
}

#[test]
fn objects_are_ordered_by_value() {
    let items = json!([
        {"id": 1, "at": "2026-06-01T00:00:01.5Z", "name": "b"},
        {"id": 2, "at": "2026-06-01T00:00:01Z", "name": "A"},
        {"id": 3, "at": "2026-06-01T02:00:00+02:00", "name": "B"},
        {"id": 4, "name": "a"},
        {"id": 5, "at": null, "name": "C"}
    ]);
    assert_eq!(sorted(items.clone(), "at"), [4, 5, 3, 2, 1]);
    assert_eq!(sorted(items.clone(), "AT desc"), [1, 2, 3, 4, 5]);
    assert_eq!(sorted(items.clone(), "name"), [2, 4, 1, 3, 5]);
    assert_eq!(sorted(items.clone(), "name desc,id desc"), [5, 3, 1, 4, 2]);
    assert_eq!(sorted(items, "name,id asc"), [2, 4, 1, 3, 5]);
    let mixed = json!([
        {"id": 1, "x": {"y": "t"}}, {"id": 2, "x": {"y": 10}}, {"id": 3, "x": {"y": 9}}, {"id": 4, "x": {"y": -0.0}},
        {"id": 5, "x": {"y": 0}}, {"id": 6, "x": {"y": []}}, {"id": 7, "x": {"y": true}}, {"id": 8, "x": 5}
    ]);
    assert_eq!(sorted(mixed, "x/y"), [8, 7, 4, 5, 3, 2, 1, 6]);
}

#[test]
fn no_order_changes_nothing() {
    let mut items = vec![json!({"id": 2}), json!({"id": 1})];
    order(&mut items, &[]);
    assert_eq!(items, [json!({"id": 2}), json!({"id": 1})]);
}
