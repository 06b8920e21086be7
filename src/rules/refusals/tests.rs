use super::*;
use crate::rules::scenario_run::{ScenarioRun, ada, answer, error, list, patch, user};
use crate::scim::urn;
use serde_json::json;

const BY_NAME: &str = r#"/Users?filter=userName eq "ada@example.com""#;

fn sent() -> Value {
    json!({"schemas": [urn::USER], "userName": "ada@example.com", "externalId": "ada"})
}

/// Every rule of this family by name, with how often it found something.
fn told(scenario_run: &ScenarioRun) -> Vec<&'static str> {
    let of = |declared: &&'static &RuleDeclaration| !scenario_run.findings(declared.name).is_empty();
    RULES.iter().filter(of).map(|declared| declared.name).collect()
}

fn refused_patch(operations: Value, status: u16, keyword: Option<&str>) -> ScenarioRun {
    let mut scenario_run = ScenarioRun::published();
    scenario_run.makes_ada(json!({"active": true, "title": "X"}));
    scenario_run.patch("/Users/1", operations, status, error(status, keyword));
    scenario_run
}

#[test]
fn a_refused_create_is_found() {
    let mut scenario_run = ScenarioRun::published();
    scenario_run.post("/Users", sent(), 400, error(400, Some("invalidValue")));
    assert_eq!(told(&scenario_run), ["create-refused"]);
    scenario_run.finds("create-refused", 1, Level::Error);
}

#[test]
fn a_create_without_what_is_required_is_the_mappings_fault() {
    let mut scenario_run = ScenarioRun::published().publishing(|discovery| {
        let user = discovery.schemas.schemas.iter_mut().find(|schema| schema.id == urn::USER).unwrap();
        let photos = user.attributes.iter_mut().find(|attribute| attribute.name == "photos").unwrap();
        photos.required = true;
    });
    scenario_run.post("/Users", sent(), 400, error(400, Some("invalidValue")));
    scenario_run.finds("required-not-mapped", 1, Level::Error);
    scenario_run.finds("create-refused", 0, Level::Error);
}

#[test]
fn refusals_that_are_right_are_left_alone() {
    let mut taken = ScenarioRun::published();
    taken.makes_ada(json!({})).post("/Users", sent(), 409, error(409, Some("uniqueness")));
    assert!(told(&taken).is_empty());
    let mut provoked = ScenarioRun::published();
    let request = patch("/Users/1", json!([{"op": "replace", "path": "no[", "value": 1}])).provoked();
    provoked.makes_ada(json!({})).send(request, Ok(answer(400, &error(400, Some("invalidPath")))));
    provoked.is_right();
    let mut unknown = ScenarioRun::published();
    unknown.patch("/Users/9", json!([{"op": "Add", "path": "title", "value": "X"}]), 404, error(404, None));
    unknown.is_right();
    let mut deleted = ScenarioRun::published();
    deleted.makes_ada(json!({})).delete("/Users/1", 204);
    deleted.patch("/Users/1", json!([{"op": "Add", "path": "title", "value": "X"}]), 404, error(404, None));
    deleted.is_right();
    let mut throttled = ScenarioRun::published();
    throttled.makes_ada(json!({}));
    let mut wait = answer(429, &error(429, None));
    wait.headers.push(("retry-after".into(), "1".into()));
    throttled.send(patch("/Users/1", json!([{"op": "Add", "path": "title", "value": "X"}])), Ok(wait));
    throttled.is_right();
    let mut users_only = ScenarioRun::published().publishing(|discovery| {
        let types = json!([{"name": "User", "endpoint": "/Users", "schema": urn::USER}]);
        discovery.resource_types =
            crate::scim::discovery::Discovery::read(None, None, Some(&types)).resource_types;
    });
    users_only.post("/Groups", json!({"schemas": [urn::GROUP], "displayName": "T"}), 501, error(501, None));
    assert!(told(&users_only).is_empty());
    let mut name_taken = ScenarioRun::published();
    let other = json!({"schemas": [urn::USER], "userName": "2@example.com"});
    name_taken.makes_ada(json!({})).post("/Users", other, 201, user("2"));
    let rename = json!([{"op": "Replace", "path": "userName", "value": "2@example.com"}]);
    name_taken.patch("/Users/1", rename, 409, error(409, Some("uniqueness")));
    name_taken.is_right();
}

#[test]
fn a_conflict_the_lookup_did_not_foresee_is_found() {
    let mut scenario_run = ScenarioRun::published();
    scenario_run.get(BY_NAME, 200, list(vec![])).post("/Users", sent(), 409, error(409, Some("uniqueness")));
    assert_eq!(told(&scenario_run), ["conflict-without-cause"]);
    // Without a lookup, or after a create of which nobody knows the end, the name may be taken.
    let mut unasked = ScenarioRun::published();
    unasked.post("/Users", sent(), 409, error(409, Some("uniqueness")));
    assert!(told(&unasked).is_empty());
    let mut lost = ScenarioRun::published();
    lost.get(BY_NAME, 200, list(vec![])).post("/Users", sent(), 500, error(500, None));
    lost.post("/Users", sent(), 409, error(409, Some("uniqueness")));
    assert!(told(&lost).is_empty());
}

#[test]
fn a_name_blocked_by_a_deleted_user_is_a_warning() {
    let mut scenario_run = ScenarioRun::published();
    scenario_run.makes_ada(json!({})).delete("/Users/1", 204).get(BY_NAME, 200, list(vec![]));
    scenario_run.post("/Users", sent(), 409, error(409, Some("uniqueness")));
    assert_eq!(told(&scenario_run), ["recreate-refused"]);
    scenario_run.finds("recreate-refused", 1, Level::Warning);
}

#[test]
fn patch_is_there_where_another_one_was_accepted() {
    let mut scenario_run = ScenarioRun::published();
    let title = json!([{"op": "Add", "path": "title", "value": "X"}]);
    scenario_run.makes_ada(json!({})).patch("/Users/1", title, 204, json!(null));
    let nick = json!([{"op": "Add", "path": "nickName", "value": "X"}]);
    scenario_run.patch("/Users/1", nick, 501, error(501, None));
    assert_eq!(told(&scenario_run), ["update-refused"]);
}

#[test]
fn refused_updates_are_told_apart() {
    let manager = format!("{}:manager", urn::ENTERPRISE);
    for (operations, status, keyword, rule) in [
        (json!([{"op": "Add", "path": "nickName", "value": "X"}]), 405, None, "patch-not-implemented"),
        (json!([{"op": "Add", "path": "nickName", "value": "X"}]), 501, None, "patch-not-implemented"),
        (
            json!([{"op": "Replace", "path": "active", "value": "False"}]),
            400,
            Some("invalidValue"),
            "disable-refused",
        ),
        (
            json!([{"op": "Replace", "path": "active", "value": "False"},
                {"op": "Add", "path": "emails[type eq \"work\"].value", "value": "x@example.com"}]),
            400,
            Some("noTarget"),
            "disable-refused",
        ),
        (
            json!([{"op": "Add", "path": "emails[type eq \"work\"].value", "value": "x@example.com"}]),
            400,
            Some("noTarget"),
            "value-path-not-created",
        ),
        (
            json!([{"op": "Add", "path": manager, "value": "9"}]),
            400,
            Some("invalidValue"),
            "manager-string-refused",
        ),
        (json!([{"op": "Remove", "path": "nickName"}]), 400, Some("noTarget"), "absent-removal-refused"),
        (json!([{"op": "Replace", "path": "title", "value": "X"}]), 400, None, "repeat-refused"),
        (
            json!([{"op": "Add", "path": "nickName", "value": "X"}]),
            400,
            Some("invalidSyntax"),
            "update-refused",
        ),
        (json!([{"op": "Replace", "path": "active", "value": "True"}]), 409, None, "repeat-refused"),
        (json!([{"op": "Remove", "path": "title"}]), 400, None, "update-refused"),
    ] {
        assert_eq!(told(&refused_patch(operations.clone(), status, keyword)), [rule], "{operations}");
    }
}

#[test]
fn member_changes_are_told_apart() {
    let answered = |operations: Value, status, keyword| {
        let mut scenario_run = ScenarioRun::published();
        scenario_run.makes_ada(json!({})).makes_group();
        let add = json!([{"op": "Add", "path": "members", "value": [{"value": "1"}]}]);
        scenario_run.patch("/Groups/g", add, 204, Value::Null);
        scenario_run.patch("/Groups/g", operations, status, error(status, keyword));
        scenario_run
    };
    let group = |operations, status| answered(operations, status, None);
    let remove = |id: &str| json!([{"op": "Remove", "path": "members", "value": [{"value": id}]}]);
    assert_eq!(told(&group(remove("1"), 400)), ["member-removal-refused"]);
    assert_eq!(told(&group(remove("stranger"), 400)), ["absent-removal-refused"]);
    assert_eq!(told(&answered(remove("stranger"), 400, Some("noTarget"))), ["absent-removal-refused"]);
    // The form is refused, not the stranger.
    assert_eq!(told(&answered(remove("stranger"), 400, Some("invalidValue"))), ["member-removal-refused"]);
    let again = json!([{"op": "Add", "path": "members", "value": [{"value": "1"}]}]);
    assert_eq!(told(&group(again, 409)), ["repeat-refused"]);
}

#[test]
fn what_entra_is_only_believed_to_send_weighs_less() {
    let cleared = json!([{"op": "Replace", "path": "title", "value": ""}]);
    refused_patch(cleared, 400, None).finds("update-refused", 1, Level::Warning);
    let unpublished = json!([{"op": "Add", "path": "urn:example:2.0:User:size", "value": "42"}]);
    refused_patch(unpublished, 400, None).finds("update-refused", 1, Level::Note);
}

#[test]
fn findings_say_when_the_rfc_allows_the_refusal() {
    let no_target =
        json!([{"op": "Add", "path": "emails[type eq \"work\"].value", "value": "x@example.com"}]);
    let findings = refused_patch(no_target, 400, Some("noTarget")).findings("value-path-not-created");
    assert!(findings[0].rfc_ok);
}

#[test]
fn a_refused_delete_is_found() {
    let mut scenario_run = ScenarioRun::published();
    scenario_run.makes_ada(json!({})).delete("/Users/1", 400);
    assert_eq!(told(&scenario_run), ["delete-refused"]);
    let mut provoked = ScenarioRun::published();
    provoked.makes_ada(json!({})).get("/Users/1", 200, ada(json!({})));
    assert!(told(&provoked).is_empty());
}
