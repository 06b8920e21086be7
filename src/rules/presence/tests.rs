use super::*;
use crate::rules::scenario_run::{ScenarioRun, ada, error, list, with};
use serde_json::{Value, json};

const BY_NAME: &str = r#"/Users?filter=userName eq "ada@example.com""#;

fn disable() -> Value {
    json!([{"op": "Replace", "path": "active", "value": "False"}])
}

#[test]
fn an_id_that_another_scenario_run_was_given_is_no_deleted_resource() {
    let deleted = |other: bool| {
        let mut scenario_run = ScenarioRun::published();
        scenario_run.makes_ada(json!({})).delete("/Users/1", 204);
        if other {
            scenario_run.another_writes(Some((crate::wire::ResourceKind::User, "1")));
        }
        scenario_run.get("/Users/1", 200, ada(json!({})));
        scenario_run
    };
    deleted(false).finds("deleted-still-readable", 1, Level::Error);
    deleted(true).finds("deleted-still-readable", 0, Level::Error);
}

#[test]
fn of_what_was_deleted_no_value_is_missed() {
    let mut scenario_run = ScenarioRun::published();
    scenario_run.makes_ada(json!({"title": "Countess"})).delete("/Users/1", 204);
    let update = json!([{"op": "replace", "path": "displayName", "value": "Ada"}]);
    scenario_run.patch("/Users/1", update, 200, ada(json!({"displayName": "Ada"})));
    scenario_run.get("/Users/1", 200, ada(json!({"displayName": "Ada"})));
    scenario_run.finds("untouched-value-lost", 0, Level::Error);
    scenario_run.finds("deleted-still-readable", 2, Level::Error);
}

#[test]
fn what_a_bulk_request_deleted_is_not_missed() {
    let mut scenario_run = ScenarioRun::published();
    let bulk = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [{"method": "DELETE", "path": "/Users/1"}],
    });
    let done = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"],
        "Operations": [{"method": "DELETE", "location": "/Users/1", "status": "204"}],
    });
    scenario_run.makes_ada(json!({"active": true})).post("/Bulk", bulk, 200, done);
    scenario_run.get("/Users/1", 404, error(404, None));
    scenario_run.finds("resource-lost", 0, Level::Error);
}

#[test]
fn a_hidden_disabled_user_is_found() {
    for (path, status, body) in [(BY_NAME, 200, list(vec![])), ("/Users/1", 404, error(404, None))] {
        let mut scenario_run = ScenarioRun::published();
        scenario_run.makes_ada(json!({"active": true})).get(
            BY_NAME,
            200,
            list(vec![ada(json!({"active": true}))]),
        );
        scenario_run.patch("/Users/1", disable(), 204, Value::Null).get(path, status, body);
        scenario_run.finds("disabled-user-hidden", 1, Level::Critical);
        scenario_run.finds("resource-lost", 0, Level::Error);
    }
}

#[test]
fn a_visible_disabled_user_is_right_and_so_is_a_refused_disable() {
    let mut scenario_run = ScenarioRun::published();
    let off = ada(json!({"active": false}));
    scenario_run.makes_ada(json!({"active": true})).patch("/Users/1", disable(), 200, off.clone());
    scenario_run.get("/Users/1", 200, off.clone()).get(BY_NAME, 200, list(vec![off]));
    scenario_run.is_right();
    let mut purged = ScenarioRun::published();
    purged.makes_ada(json!({"active": true})).patch("/Users/1", disable(), 204, Value::Null);
    purged.delete("/Users/1", 204).get("/Users/1", 404, error(404, None)).get(BY_NAME, 200, list(vec![]));
    purged.is_right();
}

#[test]
fn a_resource_that_was_never_stored_is_found_once() {
    let mut scenario_run = ScenarioRun::published();
    scenario_run.makes_ada(json!({})).get("/Users/1", 404, error(404, None)).get(
        "/Users/1",
        404,
        error(404, None),
    );
    scenario_run.finds("resource-lost", 1, Level::Error);
    let mut disabled = ScenarioRun::published();
    disabled.makes_ada(json!({}));
    let active = json!([{"op": "Replace", "path": "active", "value": "False"}]);
    disabled.patch("/Users/1", active, 404, error(404, None));
    disabled.finds("resource-lost", 1, Level::Critical);
    scenario_run.finds("disabled-user-hidden", 0, Level::Error);
}

#[test]
fn a_failed_create_does_not_cascade() {
    let mut scenario_run = ScenarioRun::published();
    let sent = json!({"schemas": [crate::scim::urn::USER], "userName": "ada@example.com"});
    scenario_run.post("/Users", sent, 400, error(400, Some("invalidValue")));
    scenario_run.get(BY_NAME, 200, list(vec![])).get("/Users/1", 404, error(404, None));
    for rule in ["resource-lost", "lookup-misses-resource"] {
        scenario_run.finds(rule, 0, Level::Error);
    }
}

#[test]
fn a_lookup_that_finds_it_later_was_only_stale() {
    let mut scenario_run = ScenarioRun::published();
    scenario_run.makes_ada(json!({})).get(BY_NAME, 200, list(vec![])).get(
        BY_NAME,
        200,
        list(vec![ada(json!({}))]),
    );
    scenario_run.finds("read-stale", 1, Level::Warning);
    scenario_run.finds("lookup-misses-resource", 0, Level::Error);
}

#[test]
fn a_refused_or_broken_write_does_not_prove_that_somebody_is_there() {
    let rename = json!([{"op": "replace", "path": "displayName", "value": "Ada"}]);
    for status in [404, 500] {
        let mut scenario_run = ScenarioRun::published();
        scenario_run.patch("/Users/9", rename.clone(), status, error(status, None));
        scenario_run.get("/Users/9", 404, error(404, None));
        scenario_run.delete("/Users/9", 404).get("/Users/9", 404, error(404, None));
        scenario_run.finds("resource-lost", 0, Level::Error);
    }
}

#[test]
fn what_was_only_read_may_be_deleted_by_others() {
    let mut scenario_run = ScenarioRun::published();
    scenario_run.get("/Users/1", 200, ada(json!({}))).get("/Users/1", 404, error(404, None));
    scenario_run.finds("resource-lost", 0, Level::Error);
    let mut changed = ScenarioRun::published();
    let rename = json!([{"op": "replace", "path": "displayName", "value": "Ada"}]);
    changed.patch("/Users/1", rename, 204, Value::Null).get("/Users/1", 404, error(404, None));
    changed.finds("resource-lost", 1, Level::Error);
}

#[test]
fn missed_lookups_are_told_apart() {
    let made = json!({"externalId": "ada", "emails": [{"type": "work", "value": "w@example.com"}],
        "displayName": "Ada + \"Bo\""});
    for (filter, rule) in [
        (r#"externalId eq "ada""#, Some("lookup-misses-resource")),
        (r#"emails[type eq "work"].value eq "w@example.com""#, Some("lookup-misses-resource")),
        (r#"emails.value eq "w@example.com""#, Some("lookup-misses-resource")),
        (r#"userName eq "ADA@example.com""#, Some("lookup-case-sensitive")),
        (r#"displayName eq "Ada %2B \"Bo\"""#, Some("lookup-value-misread")),
        (r#"externalId eq "ADA""#, None),
        (r#"emails[type eq "home"].value eq "w@example.com""#, None),
        (r#"userName eq "bo@example.com""#, None),
        (r#"userName sw "ada""#, None),
    ] {
        let mut scenario_run = ScenarioRun::published();
        let query = format!("/Users?filter={}", filter.replace('\\', "%5C"));
        scenario_run.makes_ada(made.clone()).get(&query, 200, list(vec![]));
        for name in ["lookup-misses-resource", "lookup-case-sensitive", "lookup-value-misread"] {
            scenario_run.finds(name, usize::from(rule == Some(name)), Level::Error);
        }
    }
}

#[test]
fn later_pages_and_empty_pages_miss_nothing() {
    let mut scenario_run = ScenarioRun::published();
    let none = with(list(vec![]), json!({"totalResults": 1}));
    scenario_run.makes_ada(json!({})).get(&format!("{BY_NAME}&count=0"), 200, none.clone());
    scenario_run.get(&format!("{BY_NAME}&startIndex=2"), 200, none);
    scenario_run.finds("lookup-misses-resource", 0, Level::Error);
}

#[test]
fn deleted_resources_must_be_gone() {
    let mut scenario_run = ScenarioRun::published();
    scenario_run.makes_ada(json!({})).delete("/Users/1", 204).get(
        "/Users/1",
        200,
        ada(json!({"active": false})),
    );
    scenario_run.get(BY_NAME, 200, list(vec![ada(json!({}))]));
    scenario_run.finds("deleted-still-readable", 1, Level::Error);
    scenario_run.finds("deleted-still-found", 1, Level::Error);
    let mut odd = ScenarioRun::published();
    odd.makes_ada(json!({})).delete("/Users/1", 204).get("/Users/1", 400, error(400, None));
    odd.finds("deleted-still-readable", 1, Level::Warning);
    let mut again = ScenarioRun::published();
    again.makes_ada(json!({})).delete("/Users/1", 204);
    let made = with(ada(json!({})), json!({"id": "2"}));
    again.post(
        "/Users",
        json!({"schemas": [crate::scim::urn::USER], "userName": "ada@example.com"}),
        201,
        made.clone(),
    );
    again.get(BY_NAME, 200, list(vec![made]));
    again.finds("deleted-still-found", 0, Level::Error);
}
