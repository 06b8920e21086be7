use super::*;
use crate::rules::scenario_run::{ScenarioRun, ada, answer, error, list, patch, with};
use crate::scim::urn;
use serde_json::json;

const BY_NAME: &str = r#"/Users?filter=userName eq "ada@example.com""#;

/// Ada is made with these attributes and reads show others; a null takes one away.
fn reads(made: Value, read: Value) -> ScenarioRun {
    let mut scenario_run = ScenarioRun::published();
    scenario_run.makes_ada(made.clone()).get("/Users/1", 200, with(ada(made), read));
    scenario_run
}

/// Ada is made, patched with one operation, and reads show the second set of attributes.
fn patched(made: Value, operation: Value, read: Value) -> ScenarioRun {
    let mut scenario_run = ScenarioRun::published();
    scenario_run.makes_ada(made).patch("/Users/1", json!([operation]), 204, Value::Null).get(
        "/Users/1",
        200,
        ada(read),
    );
    scenario_run
}

#[test]
fn a_disable_without_effect_is_critical() {
    let wrapped = json!([{"$ref": null, "value": "False"}]);
    for value in [json!("False"), json!(false), json!("false"), wrapped] {
        let operation = json!({"op": "Replace", "path": "active", "value": value});
        let scenario_run = patched(json!({"active": true}), operation.clone(), json!({"active": true}));
        scenario_run.finds("disable-ignored", 1, Level::Critical);
        scenario_run.finds("write-lost", 0, Level::Error);
        patched(json!({"active": true}), operation, json!({"active": false})).is_right();
    }
    let bundled = json!({"op": "replace", "value": {"active": false, "title": "X"}});
    patched(json!({}), bundled, json!({"active": true, "title": "X"})).finds(
        "disable-ignored",
        1,
        Level::Critical,
    );
}

#[test]
fn a_lost_enable_is_an_error() {
    let operation = json!({"op": "Replace", "path": "active", "value": "True"});
    patched(json!({"active": false}), operation, json!({"active": false})).finds(
        "write-lost",
        1,
        Level::Error,
    );
}

#[test]
fn every_way_to_write_a_value_is_followed() {
    let enterprise = format!("{}:department", urn::ENTERPRISE);
    for (operation, right) in [
        (json!({"op": "Add", "path": "title", "value": "X"}), json!({"title": "X"})),
        (
            json!({"op": "Replace", "path": "name.familyName", "value": "X"}),
            json!({"name": {"familyName": "X"}}),
        ),
        (json!({"op": "add", "path": format!("{}:title", urn::USER), "value": "X"}), json!({"title": "X"})),
        (
            json!({"op": "Add", "path": enterprise, "value": "X"}),
            json!({(urn::ENTERPRISE): {"department": "X"}}),
        ),
        // As jobs of 2018 write the extension.
        (
            json!({"op": "Add", "path": "department", "value": [{"$ref": null, "value": "X"}]}),
            json!({(urn::ENTERPRISE): {"department": "X"}}),
        ),
        (json!({"op": "replace", "value": {"name.familyName": "X"}}), json!({"name": {"familyName": "X"}})),
        (
            json!({"op": "replace", "value": {(&enterprise): "X"}}),
            json!({(urn::ENTERPRISE): {"department": "X"}}),
        ),
        (
            json!({"op": "replace", "value": {(urn::ENTERPRISE): {"department": "X"}}}),
            json!({(urn::ENTERPRISE): {"department": "X"}}),
        ),
        (
            json!({"op": "Add", "path": "emails[type eq \"work\"].value", "value": "x@example.com"}),
            json!({"emails": [{"type": "home", "value": "h@example.com"}, {"type": "work", "value": "x@example.com"}]}),
        ),
        (
            json!({"op": "Replace", "path": "emails", "value": [{"type": "work", "value": "x@example.com"}]}),
            json!({"emails": [{"type": "work", "value": "x@example.com", "primary": true}]}),
        ),
        (
            json!({"op": "Replace", "path": "roles[primary eq \"True\"].value", "value": "Admin"}),
            json!({"roles": [{"value": "Admin", "primary": true}]}),
        ),
    ] {
        let right = with(right, json!({"schemas": [urn::USER, urn::ENTERPRISE]}));
        patched(json!({}), operation.clone(), right).is_right();
        patched(json!({}), operation.clone(), json!({})).finds("write-lost", 1, Level::Error);
    }
}

#[test]
fn a_manager_is_written_as_a_string_and_read_as_an_object() {
    let set = json!({"op": "Add", "path": format!("{}:manager", urn::ENTERPRISE), "value": "9"});
    let boss = || {
        let mut scenario_run = ScenarioRun::published();
        let sent = json!({"schemas": [urn::USER], "userName": "boss@example.com"});
        let mut made = with(ada(json!({})), json!({"id": "9", "userName": "boss@example.com"}));
        made["meta"]["location"] = json!("/Users/9");
        scenario_run.post("/Users", sent, 201, made).makes_ada(json!({}));
        scenario_run.patch("/Users/1", json!([set.clone()]), 204, Value::Null);
        scenario_run
    };
    let with_manager = ada(json!({"schemas": [urn::USER, urn::ENTERPRISE],
        (urn::ENTERPRISE): {"manager": {"value": "9", "$ref": "../Users/9", "displayName": "Boss"}}}));
    let mut right = boss();
    right.get("/Users/1", 200, with_manager.clone());
    right.is_right();
    let mut lost = boss();
    lost.get("/Users/1", 200, ada(json!({})));
    lost.finds("write-lost", 1, Level::Error);
    // A manager nobody made here, or one deleted since, may be dropped.
    patched(json!({}), set.clone(), json!({})).is_right();
    let mut deleted = boss();
    deleted.delete("/Users/9", 204).get("/Users/1", 200, ada(json!({})));
    deleted.is_right();
    let mut cleared = boss();
    let remove = json!([{"op": "Remove", "path": format!("{}:manager", urn::ENTERPRISE)}]);
    cleared.get("/Users/1", 200, with_manager.clone()).patch("/Users/1", remove, 204, Value::Null);
    cleared.get("/Users/1", 200, with_manager);
    cleared.finds("removed-value-kept", 1, Level::Error);
}

#[test]
fn an_empty_manager_is_found() {
    let left = |manager: Value| {
        reads(
            json!({}),
            json!({"schemas": [urn::USER, urn::ENTERPRISE], (urn::ENTERPRISE): {"manager": manager}}),
        )
    };
    left(json!({"value": ""})).finds("manager-left-empty", 1, Level::Warning);
    left(Value::Null).is_right();
    left(json!({"value": "9"})).is_right();
}

#[test]
fn unpublished_attributes_are_not_judged() {
    let operation = json!({"op": "Add", "path": "urn:example:2.0:User:shoeSize", "value": "42"});
    patched(json!({}), operation, json!({})).is_right();
    let mut partial = ScenarioRun::published().publishing(|discovery| {
        for schema in &mut discovery.schemas.schemas {
            schema.attributes.retain(|attribute| attribute.name == "userName");
        }
    });
    partial.makes_ada(json!({"title": "X"})).get("/Users/1", 200, ada(json!({})));
    partial.finds("write-lost", 0, Level::Error);
    // Where nothing is published, everything that was sent is expected back.
    let mut silent = ScenarioRun::new();
    silent.makes_ada(json!({"title": "X"})).get("/Users/1", 200, ada(json!({})));
    silent.finds("write-lost", 0, Level::Error);
    silent.finds("untouched-value-lost", 1, Level::Error);
}

#[test]
fn a_value_lost_beside_an_update_is_found() {
    let made = json!({"emails": [{"type": "home", "value": "h@example.com"}, {"type": "work", "value": "w@example.com"}]});
    let operation =
        json!({"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "x@example.com"});
    let lost = json!({"emails": [{"type": "work", "value": "x@example.com"}]});
    let scenario_run = patched(made.clone(), operation.clone(), lost);
    scenario_run.finds("untouched-value-lost", 1, Level::Error);
    assert_eq!(scenario_run.findings("untouched-value-lost")[0].subject, r#"emails[type eq "home"].value"#);
    let right = json!({"emails": [{"type": "work", "value": "x@example.com"}, {"type": "home", "value": "h@example.com"}]});
    patched(made, operation, right).is_right();
}

#[test]
fn a_second_element_beside_the_changed_one_is_found() {
    let made = json!({"emails": [{"type": "work", "value": "w@example.com"}]});
    let operation =
        json!({"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "x@example.com"});
    let doubled = json!({"emails": [{"type": "work", "value": "w@example.com"}, {"type": "work", "value": "x@example.com"}]});
    patched(made, operation, doubled).finds("element-doubled", 1, Level::Error);
}

#[test]
fn a_refused_patch_that_was_applied_is_found() {
    let scenario_run = |read: &str| {
        let mut scenario_run = ScenarioRun::published();
        scenario_run.makes_ada(json!({"title": "Old"}));
        let operations = json!([{"op": "replace", "path": "title", "value": "New"},
            {"op": "replace", "path": "active", "value": {"no": 1}}]);
        scenario_run.send(
            patch("/Users/1", operations).provoked(),
            Ok(answer(400, &error(400, Some("invalidValue")))),
        );
        scenario_run.get("/Users/1", 200, ada(json!({"title": read})));
        scenario_run
    };
    scenario_run("New").finds("refused-write-applied", 1, Level::Error);
    scenario_run("Old").is_right();
}

#[test]
fn rewritten_values_are_told_from_other_ones() {
    for (sent, back, rule, level) in [
        ("+1 425 555 0100", json!("+14255550100"), "value-reformatted", Level::Error),
        ("Ada", json!("ada"), "letter-case-changed", Level::Note),
        ("Ada", json!("Bob"), "untouched-value-lost", Level::Error),
    ] {
        reads(json!({"displayName": sent}), json!({"displayName": back})).finds(rule, 1, level);
    }
    let number = json!({(urn::ENTERPRISE): {"employeeNumber": "00123"}});
    let read = json!({(urn::ENTERPRISE): {"employeeNumber": "123"}});
    reads(number, read).finds("value-reformatted", 1, Level::Error);
    // externalId is caseExact: another letter case is another value.
    reads(json!({"externalId": "Ada"}), json!({"externalId": "ada"})).finds(
        "untouched-value-lost",
        1,
        Level::Error,
    );
}

#[test]
fn lower_cased_names_are_a_note_alone() {
    let mut scenario_run = ScenarioRun::published();
    let sent = json!({"schemas": [urn::USER], "userName": "Ada@Example.com"});
    scenario_run.post("/Users", sent, 201, ada(json!({}))).get("/Users/1", 200, ada(json!({})));
    scenario_run.is_right();
    scenario_run.finds("letter-case-changed", 1, Level::Note);
}

#[test]
fn types_in_another_letter_case_are_a_note() {
    let emails = |kind: &str| json!({"emails": [{"type": kind, "value": "ada@example.com"}]});
    let changed = reads(emails("work"), emails("WORK"));
    changed.is_right();
    changed.finds("letter-case-changed", 1, Level::Note);
    reads(emails("work"), emails("work")).finds("letter-case-changed", 0, Level::Note);
    reads(emails("work"), emails("home")).finds("untouched-value-lost", 1, Level::Error);
}

#[test]
fn the_answer_to_a_create_is_judged_by_itself() {
    let sent = json!({"schemas": [urn::USER], "userName": "ada@example.com", "title": "X"});
    let created = |answered: Value, read: Option<Value>| {
        let mut scenario_run = ScenarioRun::published();
        scenario_run.post("/Users", sent.clone(), 201, ada(answered));
        if let Some(read) = read {
            scenario_run.get("/Users/1", 200, ada(read));
        }
        scenario_run
    };
    created(json!({"title": "Y"}), None).finds("create-answer-differs", 1, Level::Error);
    created(json!({"title": "Y"}), Some(json!({"title": "X"}))).finds(
        "create-answer-differs",
        1,
        Level::Error,
    );
    created(json!({}), Some(json!({"title": "X"}))).finds("create-answer-incomplete", 1, Level::Warning);
    created(json!({"title": "X"}), Some(json!({"title": "X"}))).is_right();
    // When the read is wrong too, one finding says it.
    let lost = created(json!({"title": "Y"}), Some(json!({"title": "Y"})));
    lost.finds("create-answer-differs", 0, Level::Error);
    lost.finds("write-lost", 1, Level::Error);
}

#[test]
fn the_answer_to_an_update_may_be_partial_but_not_old() {
    let operation = json!([{"op": "Replace", "path": "title", "value": "New"}]);
    let answered = |body: Value| {
        let mut scenario_run = ScenarioRun::published();
        scenario_run.makes_ada(json!({"title": "Old"})).patch("/Users/1", operation.clone(), 200, body);
        scenario_run.get("/Users/1", 200, ada(json!({"title": "New"})));
        scenario_run
    };
    answered(ada(json!({"title": "Old"}))).finds("update-answer-differs", 1, Level::Error);
    answered(ada(json!({"title": "New"}))).is_right();
    answered(ada(json!({}))).is_right();
}

#[test]
fn a_query_that_shows_less_than_a_read_is_found() {
    let mut scenario_run = ScenarioRun::published();
    scenario_run.makes_ada(json!({"title": "X"})).get(BY_NAME, 200, list(vec![ada(json!({}))]));
    scenario_run.get("/Users/1", 200, ada(json!({"title": "X"})));
    scenario_run.finds("query-shows-other-values", 1, Level::Warning);
    let mut asked = ScenarioRun::published();
    let lean = json!({"schemas": [urn::USER], "id": "1"});
    asked.makes_ada(json!({"title": "X"})).get(&format!("{BY_NAME}&attributes=id"), 200, list(vec![lean]));
    asked.is_right();
}

#[test]
fn a_value_that_comes_late_is_stale_not_lost() {
    let mut scenario_run = patched(json!({}), json!({"op": "Add", "path": "title", "value": "X"}), json!({}));
    scenario_run.get("/Users/1", 200, ada(json!({"title": "X"})));
    scenario_run.finds("read-stale", 1, Level::Warning);
    scenario_run.finds("write-lost", 0, Level::Error);
}

#[test]
fn writes_of_which_nobody_knows_the_end_claim_nothing() {
    let operation = json!([{"op": "Replace", "path": "title", "value": "New"}]);
    for (status, read) in [(500, "Old"), (500, "New"), (503, "New")] {
        let mut scenario_run = ScenarioRun::published();
        scenario_run.makes_ada(json!({"title": "Old"})).patch(
            "/Users/1",
            operation.clone(),
            status,
            error(status, None),
        );
        scenario_run.get("/Users/1", 200, ada(json!({"title": read})));
        for rule in ["write-lost", "untouched-value-lost", "refused-write-applied"] {
            scenario_run.finds(rule, 0, Level::Error);
        }
    }
}

#[test]
fn the_name_of_a_user_in_the_recycle_bin_need_not_be_kept() {
    let name = "283405f5a0c24f0e9b1d7c6e5a4b3c2dada@example.com";
    let rename = |name: &str| json!({"op": "Replace", "path": "userName", "value": name});
    patched(json!({}), rename(name), json!({})).finds("write-lost", 0, Level::Error);
    patched(json!({}), rename(&name[4..]), json!({})).finds("write-lost", 1, Level::Error);
}

#[test]
fn a_flag_may_go_with_the_last_value_of_its_element() {
    let mails = json!({"emails": [{"type": "work", "value": "a@x", "primary": true}]});
    let clear = json!({"op": "Replace", "path": "emails[type eq \"work\"].value", "value": ""});
    let display = json!({"op": "Replace", "path": "emails[type eq \"work\"].display", "value": "Ada"});
    let rule = "untouched-value-lost";
    patched(mails.clone(), clear, json!({"emails": []})).finds(rule, 0, Level::Error);
    let unflagged = json!({"emails": [{"type": "work", "value": "a@x", "display": "Ada"}]});
    patched(mails, display, unflagged).finds(rule, 1, Level::Warning);
}

#[test]
fn of_changes_at_the_same_time_one_may_undo_the_other() {
    let change = |attribute: &str| {
        let operations = json!([{"op": "Replace", "path": attribute, "value": "X"}]);
        (patch("/Users/1", operations), answer(204, &Value::Null))
    };
    let mut at_once = ScenarioRun::published();
    at_once.makes_ada(json!({})).together([change("title"), change("displayName")]);
    at_once.get("/Users/1", 200, ada(json!({"displayName": "X"}))).is_right();
    let one_by_one = patched(json!({}), json!({"op": "Replace", "path": "title", "value": "X"}), json!({}));
    one_by_one.finds("write-lost", 1, Level::Error);
}

#[test]
fn a_full_name_may_follow_its_parts() {
    let name =
        |family: &str, formatted: &str| json!({"name": {"familyName": family, "formatted": formatted}});
    let rename = json!({"op": "Replace", "path": "name.familyName", "value": "Lee"});
    let title = json!({"op": "Replace", "path": "title", "value": "X"});
    let rule = "untouched-value-lost";
    patched(name("Byron", "Ada Byron"), rename.clone(), name("Lee", "Ada Lee")).finds(rule, 1, Level::Note);
    patched(name("Byron", "Ada Byron"), rename.clone(), name("Lee", "Grace Lee")).finds(
        rule,
        1,
        Level::Warning,
    );
    patched(name("Byron", "Ada Byron"), rename, json!({"name": {"familyName": "Lee"}})).finds(
        rule,
        1,
        Level::Error,
    );
    let titled = with(name("Byron", "A. Byron"), json!({"title": "X"}));
    patched(name("Byron", "Ada Byron"), title, titled).finds(rule, 1, Level::Error);
}
