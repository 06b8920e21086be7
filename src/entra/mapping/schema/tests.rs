use serde_json::{Value, json};

use super::*;
use crate::diagnostic::Diagnostic;
use crate::entra::mapping::{
    DataType, FilterGroup, FlowBehavior, FlowType, Mapping, ObjectActions, TargetKind, ValueSource, profiles,
};

/// Written by hand from Graph's description of the resources; the values are made up.
const ACME: &str = include_str!("../../../../tests/schemas/acme.json");

fn read(text: &str) -> Mapping {
    import("acme", "acme.json", text).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn acme_with(from: &str, to: &str) -> String {
    assert!(ACME.contains(from), "{from}");
    ACME.replacen(from, to, 1)
}

fn mistake(from: &str, to: &str) -> Diagnostic {
    let problems = import("acme", "acme.json", &acme_with(from, to)).expect_err("there is a mistake");
    assert_eq!(problems.len(), 1, "{problems:#?}");
    problems.into_iter().next().expect("there is one")
}

fn remarks(text: &str) -> Vec<String> {
    let frame = read(text).frame.expect("it was imported");
    frame.remarks.iter().map(|remark| format!("{}: {}", remark.path, remark.message)).collect()
}

#[test]
fn the_whole_document_is_read() {
    let mapping = read(ACME);
    let user = &mapping.user;
    assert_eq!(user.actions, ObjectActions { delete: false, ..ObjectActions::default() });
    let groups: Vec<(String, Vec<String>)> = user
        .filter
        .groups
        .iter()
        .map(|group| (group.name.clone(), group.clauses.iter().map(ToString::to_string).collect()))
        .collect();
    assert_eq!(
        groups,
        [
            (
                "Sales in Britain".to_owned(),
                vec!["department EQUALS 'Sales'".to_owned(), "country EQUALS 'GB'".to_owned()]
            ),
            (
                "Chiefs".to_owned(),
                vec!["jobTitle REGEX MATCH '^Chief '".to_owned(), "employeeId IS NOT NULL".to_owned()]
            ),
        ]
    );
    let row = |target: &str| user.find(target).unwrap_or_else(|| panic!("{target} is mapped"));
    let matching: Vec<_> = user.matching().iter().map(|row| row.written.as_str()).collect();
    assert_eq!(matching, ["userName", "externalId"]);
    assert!(
        matches!(&row("active").source, ValueSource::Expression(e) if e.as_written().starts_with("Switch("))
    );
    assert_eq!(row("active").target_kind(), TargetKind::Boolean);
    assert_eq!(row("displayName").default.as_deref(), Some("Unnamed"));
    assert_eq!(row("title").flow, FlowType::ObjectAddOnly);
    assert_eq!(row("emails[type eq \"work\"].value").behavior, FlowBehavior::FlowAlways);
    assert_eq!(row("preferredLanguage").source, ValueSource::None);
    assert_eq!(row("userType").source, ValueSource::Constant("Employee".into()));
    assert!(row("manager").is_reference() && row("manager").declared.data_type == DataType::Reference);
    assert!(row("externalId").declared.case_exact && !row("userName").declared.case_exact);
    assert!(row("userName").declared.required);
    // Attributes that only this tenant has.
    assert!(row("costCode").reads("extension_0123456789abcdef0123456789abcdef_costCode"));
    assert!(row("badge").reads("badgeColour"));
    let group = mapping.group.expect("groups are mapped");
    assert!(group.rows.len() == 3 && group.actions == ObjectActions::default());
}

#[test]
fn what_is_not_played_is_reported_with_its_place() {
    assert_eq!(
        remarks(ACME),
        [
            "synchronizationRules[0].groupFilter: not known here: kept, and not played",
            "synchronizationRules[0].objectMappings[1].metadata: `Unsynchronized` is kept and not played",
            "synchronizationRules[0].objectMappings[1].attributeMappings[11].exportMissingReferences: is for \
             Microsoft's own use and not played",
            "synchronizationRules[1]: only the first rule that provisions users is played",
            "directories[0].objects[0].attributes[12]: flowNullValues is for inbound provisioning and not played",
        ]
    );
    let frame = read(ACME).frame.expect("it was imported");
    let line = |text: &str| ACME[..ACME.find(text).expect("it stands there")].lines().count();
    assert_eq!(frame.remarks[0].line, line("\"groupFilter\""));
    let tree = remarks(&acme_with("\"expression\": \"[mailNickname]\"", "\"expression\": \"[displayName]\""));
    assert!(tree.iter().any(|remark| remark.contains("parameters` say [mailNickname]")), "{tree:#?}");
    let input = remarks(&acme_with("\"inputFilterGroups\": []", "\"inputFilterGroups\": [{}]"));
    assert!(input.iter().any(|remark| remark.ends_with("only `groups` are played")), "{input:#?}");
}

#[test]
fn import_and_export_keep_everything() {
    let document: Value = serde_json::from_str(ACME).expect("it is JSON");
    let mapping = read(ACME);
    assert_eq!(export(&mapping), document);
    // And what was changed since is changed there, alone.
    let without = mapping.without(&["title", "groups"]).expect("both are mapped");
    let mut expected = document.clone();
    let rule = &mut expected["synchronizationRules"][0];
    rule["objectMappings"][0]["enabled"] = false.into();
    let rows = rule["objectMappings"][1]["attributeMappings"].as_array_mut().expect("a list");
    rows.retain(|row| row["targetAttributeName"] != "title");
    assert_eq!(export(&without), expected);
}

#[test]
fn export_and_import_are_the_identity() {
    for name in profiles::names() {
        let mut mapping = profiles::load(name).expect("it is built in");
        for row in
            mapping.user.rows.iter_mut().chain(mapping.group.iter_mut().flat_map(|group| &mut group.rows))
        {
            // Graph has no place for it.
            row.filterable = false;
        }
        let document = export(&mapping);
        let text = serde_json::to_string_pretty(&document).expect("a value is JSON");
        let back = read(&text);
        assert_eq!(back.user, mapping.user, "{name}");
        assert_eq!(back.group, mapping.group, "{name}");
        let frame = back.frame.as_ref().expect("it was imported");
        assert_eq!(frame.remarks, [], "{name}");
        assert_eq!(export(&back), document, "{name}");
    }
}

// synchronization-attributemappingsource, and the fragments of real exports: absent arguments have no
// parameter, numbers are quoted.
#[test]
fn expressions_and_their_trees_say_the_same() {
    use super::source::Tree;
    let tree = |text: &str| Tree::of(text).unwrap_or_else(|| panic!("{text}"));
    let replace = tree(r#"Replace([preferredLanguage], "-", , , "_", , )"#);
    let Tree::Function(_, arguments) = &replace else { panic!("it is a function") };
    let keys: Vec<&str> = arguments.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["source", "Find", "Replacement"]);
    assert_eq!(replace.text(), r#"Replace([preferredLanguage], "-", , , "_")"#);
    let mid = tree("Mid([mail], 1, 8)").to_json("Mid([mail], 1, 8)");
    assert_eq!(mid["parameters"][1]["value"]["expression"], "\"1\"");
    assert_eq!(mid["parameters"][1]["value"]["type"], "Constant");
    let switch = tree(r#"Switch([a], , "x,y", "(", "\"", "]")"#);
    assert!(switch.agrees(&tree(&switch.text())), "{}", switch.text());
    assert_eq!(Tree::of(r#"Join(" ", [a]"#), Some(Tree::Constant(r#"Join(" ", [a]"#.to_owned())));
    assert_eq!(Tree::of(r#"Join(", [a])"#), None);
}

#[test]
fn an_expression_that_is_missing_is_made_from_its_tree() {
    let mut document: Value = serde_json::from_str(ACME).expect("it is JSON");
    let rows = &mut document["synchronizationRules"][0]["objectMappings"][1]["attributeMappings"];
    for index in [1, 5] {
        rows[index]["source"]["expression"] = Value::Null;
    }
    let mapping = read(&document.to_string());
    assert_eq!(mapping.user, read(ACME).user);
}

#[test]
fn mistakes_have_their_place_and_a_way_out() {
    let marked = |problem: &Diagnostic| problem.source[problem.span.clone()].to_owned();
    let target = mistake("\"targetAttributeName\": \"title\"", "\"targetAttributeName\": \"titel\"");
    assert_eq!(target.title, "`titel` is not in the target directory's list of attributes");
    assert_eq!(target.help.as_deref(), Some("did you mean `title`?"));
    let source = mistake("\"expression\": \"[jobTitle]\"", "\"expression\": \"[jobTitel]\"");
    assert_eq!(
        (marked(&source).as_str(), source.help.as_deref()),
        ("\"[jobTitel]\"", Some("did you mean `jobTitle`?"))
    );
    let function = mistake("\"expression\": \"Join(", "\"expression\": \"Jion(");
    assert_eq!(function.title, "Entra has no function `Jion`");
    let flow = mistake("\"flowType\": \"ObjectAddOnly\"", "\"flowType\": \"ObjectAdd\"");
    assert_eq!(marked(&flow), "\"ObjectAdd\"");
    let actions = mistake("Add, Update\"", "Add, Updat\"");
    assert_eq!(
        (marked(&actions).as_str(), actions.help.as_deref()),
        ("Updat", Some("did you mean `Update`?"))
    );
    let operator = mistake("\"operatorName\": \"EQUALS\"", "\"operatorName\": \"EQUAL\"");
    assert_eq!(operator.help.as_deref(), Some("did you mean `EQUALS`?"));
    let attribute = mistake("\"sourceOperandName\": \"department\"", "\"sourceOperandName\": \"manager\"");
    assert!(attribute.title.starts_with("Entra does not filter on"), "{}", attribute.title);
    let typed = mistake("\"matchingPriority\": 1", "\"matchingPriority\": \"1\"");
    assert!(typed.title.contains("expected a whole number"), "{}", typed.title);
    let rules = mistake("\"synchronizationRules\"", "\"synchronisationRules\"");
    assert!(rules.title.starts_with("`synchronizationRules` is missing"), "{}", rules.title);
    let inbound = mistake(
        "\"sourceDirectoryName\": \"Azure Active Directory\"",
        "\"sourceDirectoryName\": \"Workday\"",
    );
    assert_eq!(inbound.title, "no rule provisions users from Entra");
    let id = mistake("\"targetAttributeName\": \"title\"", "\"targetAttributeName\": \"id\"");
    assert_eq!(id.title, "`id` is given by the target and cannot be mapped");
    let json = mistake("\"version\": \"v1.4 (2)\",", "\"version\": ,");
    assert!(json.help.is_some_and(|help| help.contains("/synchronization/jobs/")), "{}", json.title);
}

#[test]
fn an_expression_that_cannot_be_read_is_no_text_for_everybody() {
    let with = |source: Value| {
        let mut document: Value = serde_json::from_str(ACME).expect("it is JSON");
        let rows = &mut document["synchronizationRules"][0]["objectMappings"][1]["attributeMappings"];
        let row = rows
            .as_array_mut()
            .and_then(|rows| rows.iter_mut().find(|row| row["targetAttributeName"] == "title"));
        row.expect("there is one")["source"] = source;
        import("acme", "acme.json", &document.to_string())
    };
    let call = |text: &str| json!({"expression": text, "type": "Function", "name": "Join", "parameters": []});
    let inner = json!({"expression": null, "type": "Function", "name": "Trim", "parameters": [{"key": "source", "value": call("Join(")}]});
    let mut unnamed = call("Join(");
    unnamed["name"] = Value::Null;
    let mut constant = call("Join(");
    constant["type"] = json!("Constant");
    for wrong in [
        call("Join("),
        call("Joi n(\" \")"),
        call("Join"),
        call("\"a\" & \"b\""),
        call("[mail] & [mail]"),
        json!({"expression": "mail", "type": "Attribute", "name": "mail", "parameters": []}),
        inner,
        unnamed,
        constant,
    ] {
        let problems = with(wrong.clone()).expect_err(&wrong.to_string());
        assert_eq!(problems.len(), 1, "{wrong}: {problems:#?}");
        assert!(problems[0].span.start > 0, "{problems:#?}");
    }
    for (right, text) in [
        (
            json!({"expression": "\"Chief (of all\"", "type": "Constant", "name": "Chief (of all", "parameters": []}),
            "Chief (of all",
        ),
        (
            json!({"expression": "Chief (of all", "type": "Constant", "name": "Chief (of all", "parameters": []}),
            "Chief (of all",
        ),
        (json!({"expression": "True", "type": "Constant", "name": null, "parameters": []}), "True"),
    ] {
        let mapping = with(right).expect("a constant is one");
        assert_eq!(
            mapping.user.find("title").expect("it is mapped").source,
            ValueSource::Constant(text.to_owned())
        );
    }
}

#[test]
fn groups_that_are_switched_off_are_kept_and_not_mapped() {
    let off = acme_with("\"enabled\": true", "\"enabled\": false");
    let mapping = read(&off);
    assert_eq!(mapping.group, None);
    let document: Value = serde_json::from_str(&off).expect("it is JSON");
    assert_eq!(export(&mapping), document);
    let users = ACME.rfind("\"enabled\": true").expect("users come second");
    let no_users = format!("{}{}", &ACME[..users], ACME[users..].replacen("true", "false", 1));
    let problems = import("acme", "acme.json", &no_users).expect_err("users are always mapped");
    assert_eq!(problems[0].title, "the mapping of users is not enabled");
}

#[test]
fn another_filter_leaves_what_the_document_says_beside_it() {
    let mut document: Value = serde_json::from_str(ACME).expect("it is JSON");
    let scope = |document: &Value| document["synchronizationRules"][0]["objectMappings"][1]["scope"].clone();
    let place = &mut document["synchronizationRules"][0]["objectMappings"][1]["scope"];
    place["inputFilterGroups"] = json!([{ "name": "kept", "clauses": [] }]);
    place["groups"][0]["clauses"][0]["id"] = json!("first");
    place["groups"][1]["note"] = json!("kept");
    let mut mapping = read(&document.to_string());
    mapping.user.filter.groups[1].name = "Heads".to_owned();
    mapping.user.filter.groups[0].clauses.remove(1);
    let added = FilterGroup { name: "New".to_owned(), clauses: Vec::new() };
    mapping.user.filter.groups.push(added);
    let mut expected = scope(&document);
    expected["groups"][0]["clauses"].as_array_mut().expect("a list").remove(1);
    expected["groups"][1]["name"] = json!("Heads");
    expected["groups"].as_array_mut().expect("a list").push(json!({ "name": "New", "clauses": [] }));
    assert_eq!(scope(&export(&mapping)), expected);
}

#[test]
fn attributes_that_the_document_lists_are_known() {
    let names: Vec<&str> =
        read(ACME).source_attributes(ObjectKind::User).iter().map(|attribute| attribute.name).collect();
    for name in ["country", "badgeColour", "extension_0123456789abcdef0123456789abcdef_costCode"] {
        assert_eq!(names.iter().filter(|known| **known == name).count(), 1, "{name}: {names:?}");
    }
}

#[test]
fn groups_that_are_added_have_their_source_and_target_in_the_document() {
    let mut document: Value = serde_json::from_str(ACME).expect("it is JSON");
    document["synchronizationRules"][0]["objectMappings"].as_array_mut().expect("a list").remove(0);
    for directory in document["directories"].as_array_mut().expect("a list") {
        let objects = directory["objects"].as_array_mut().expect("a list");
        objects.retain(|object| !object["name"].as_str().is_some_and(|name| name.ends_with("Group")));
    }
    let mut mapping = read(&document.to_string());
    assert_eq!(mapping.group, None);
    mapping.group = read(ACME).group;
    let added = export(&mapping);
    let listed = |place: usize| added["directories"][place]["objects"].to_string();
    assert!(listed(0).contains("\"Group\"") && listed(1).contains(":Group\""), "{added:#}");
    assert_eq!(read(&added.to_string()).group, mapping.group);
}

#[test]
fn a_damaged_document_is_refused_or_read_and_never_a_panic() {
    for from in (0..ACME.len()).step_by(397) {
        for length in [1, 3, 60] {
            let (Some(head), Some(tail)) = (ACME.get(..from), ACME.get(from + length..)) else { continue };
            if let Ok(mapping) = import("acme", "acme.json", &format!("{head}{tail}")) {
                assert!(export(&mapping).is_object());
            }
        }
    }
}
