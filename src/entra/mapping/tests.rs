use super::profiles::{DEFAULT, load, names};
use super::*;
use crate::diagnostic::Diagnostic;
use crate::entra::directory::{Object, ObjectId, User};
use crate::scim::urn;

fn targets(mapping: &Mapping) -> Vec<&str> {
    mapping.user.rows.iter().map(|row| row.written.as_str()).collect()
}

fn mistake(text: &str) -> Diagnostic {
    let mut mistakes = file::read("mine", "mine.yaml", text).expect_err("there is a mistake");
    assert_eq!(mistakes.len(), 1, "{mistakes:#?}");
    mistakes.remove(0)
}

fn marked(diagnostic: &Diagnostic) -> &str {
    &diagnostic.source[diagnostic.span.clone()]
}

#[test]
fn every_built_in_profile_loads() {
    assert_eq!(names().len(), 72);
    for name in names() {
        let mapping = load(name).expect("the profile is right");
        assert_eq!(mapping.name, name);
        assert!(!mapping.about.is_empty());
    }
}

// entra-mapping: "Default mappings of the non-gallery template", 22 user rows and 3 group rows.
#[test]
fn the_default_mapping_has_its_22_and_3_rows() {
    let mapping = load(DEFAULT).unwrap();
    assert_eq!(mapping.user.rows.len(), 22);
    let group = mapping.group.as_ref().expect("groups are mapped");
    assert_eq!(
        group.rows.iter().map(|row| row.written.as_str()).collect::<Vec<_>>(),
        ["displayName", "externalId", "members"]
    );
    let matching: Vec<_> = mapping.user.matching().iter().map(|row| row.written.as_str()).collect();
    assert_eq!(matching, ["userName"]);
    assert!(mapping.user.find("manager").is_some_and(|row| row.is_reference()));
    assert!(mapping.user.rows.iter().filter(|row| row.is_active()).count() == 1);
}

#[test]
fn a_person_without_a_surname_has_no_family_name_and_still_a_formatted_one() {
    let user = User::new(ObjectId::new("1")).with("givenName", "Ada").unwrap();
    let subject = MappingSubject {
        object: Object::User(&user),
        is_soft_deleted: false,
        circumstances: Circumstances::default(),
    };
    let mapping = load(DEFAULT).unwrap();
    let values = mapping.user.evaluate(&subject, Phase::Create).unwrap();
    let value =
        |target: &str| values.iter().find(|(row, _)| row.is(target)).and_then(|(_, value)| value.clone());
    assert_eq!(value("name.familyName"), None);
    assert_eq!(value("name.formatted"), Some(TargetValue::Text("Ada".into())));
    assert_eq!(value("active"), Some(TargetValue::Boolean(true)));
}

// gallery-apps.json: seven targets, userName filterable, manager typed String, no group table.
#[test]
fn timeclock_has_the_targets_of_its_tutorial() {
    let mapping = load("timeclock-365-saml").unwrap();
    assert_eq!(mapping.user.rows.len(), 7);
    assert!(mapping.group.is_none());
    let filterable: Vec<_> =
        mapping.user.rows.iter().filter(|row| row.filterable).map(|row| row.written.as_str()).collect();
    assert_eq!(filterable, ["userName"]);
    assert!(mapping.user.find("manager").is_some_and(|row| row.is_reference()));
}

#[test]
fn a_slip_in_the_profiles_name_is_met_with_the_right_one() {
    let diagnostic = &load("timeclock-365-sml").expect_err("no such profile")[0];
    assert_eq!(diagnostic.title, "there is no profile `timeclock-365-sml`");
    assert_eq!(diagnostic.help.as_deref(), Some("did you mean `timeclock-365-saml`?"));
    let missing = &load("salesforce").expect_err("it has no profile")[0];
    assert!(missing.title.ends_with("does not speak SCIM"), "{}", missing.title);
    let far = &load("zzzz").expect_err("no such profile")[0];
    assert!(far.help.as_ref().is_some_and(|help| help.contains("scimulate list profiles")));
    let diagnostic = &load("./missing.yaml").expect_err("no such file")[0];
    assert!(diagnostic.title.starts_with("the profile cannot be read"), "{}", diagnostic.title);
}

#[test]
fn a_file_of_ones_own_goes_through_the_same_loader() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("acme.yaml");
    std::fs::write(&path, "attributes: [Badge]\nuser:\n  - target: userName\n    source: mail\n    match: 1\n  - target: Badge\n    source: employeeId\n    apply: create\n    default: no\n    filterable: true\n").unwrap();
    let mapping = load(path.to_str().unwrap()).expect("the profile is right");
    assert_eq!(mapping.name, "acme");
    let badge = mapping.user.find("badge").expect("its own attribute");
    assert_eq!(badge.written, "Badge");
    assert_eq!(badge.default.as_deref(), Some("no"));
    assert_eq!(badge.flow, FlowType::ObjectAddOnly);
}

#[test]
fn mistakes_are_placed_on_the_token() {
    let row = |row: &str| {
        format!("user:\n  - target: userName\n    source: userPrincipalName\n    match: 1\n  - {row}\n")
    };

    let source = mistake(&row("{ target: title, source: jobTitel }"));
    assert_eq!(
        (source.title.as_str(), marked(&source)),
        ("`jobTitel` is not an attribute of an Entra user", "jobTitel")
    );
    assert_eq!(source.help.as_deref(), Some("did you mean `jobTitle`?"));

    let target = mistake(&row("{ target: titel, source: jobTitle }"));
    assert_eq!(marked(&target), "titel");
    assert_eq!(target.help.as_deref(), Some("did you mean `title`?"));

    let sub = mistake(&row("{ target: name.givenNam, source: givenName }"));
    assert_eq!(sub.title, "`name` has no sub-attribute `givenNam`");
    assert_eq!(sub.help.as_deref(), Some("did you mean `givenName`?"));

    let own = mistake(&row("{ target: badge, source: employeeId }"));
    assert!(own.help.is_some_and(|help| help.contains("attributes: [badge]")));

    let function = mistake(&row("{ target: title, expression: 'Swich([jobTitle], )' }"));
    assert_eq!((function.title.as_str(), marked(&function)), ("Entra has no function `Swich`", "Swich"));

    let attribute = mistake(&row("{ target: title, expression: 'Join(\" \", [jobTitel])' }"));
    assert_eq!(marked(&attribute), "jobTitel");

    let unsupported = mistake(&row("{ target: title, expression: 'SelectUniqueValue([mail], [city])' }"));
    assert_eq!(unsupported.title, "Entra does not support `SelectUniqueValue` for SCIM applications");
    assert_eq!(marked(&unsupported), "SelectUniqueValue");

    let reference = mistake(&row("{ target: title, expression: 'Switch([manager], )' }"));
    assert_eq!(reference.title, "`manager` is a reference, and functions cannot take one");

    let both = mistake(&row("{ target: title, source: jobTitle, expression: 'Join(\"\", [city])' }"));
    assert_eq!(both.title, "this row has both source and expression");
    assert_eq!(mistake(&row("{ target: title }")).title, "this row has no source");
    assert_eq!(
        mistake(&row("{ target: id, source: objectId }")).title,
        "`id` is given by the target and cannot be mapped"
    );
    assert_eq!(mistake(&row("{ target: USERNAME, source: mail }")).title, "`USERNAME` is mapped twice");
    assert_eq!(
        mistake(&row("{ target: title, source: jobTitle, match: 1 }")).title,
        "`userName` has this matching precedence already"
    );
    let short = mistake(&row("{ target: manager, source: manager }"));
    assert!(short.help.is_some_and(|help| help.ends_with("enterprise:2.0:User:manager`")));
    let matched =
        mistake(&row(&format!("{{ target: '{}:manager', source: manager, match: 2 }}", urn::ENTERPRISE)));
    assert_eq!(matched.title, "a reference cannot match");
    let path = mistake(&row("{ target: 'emails[type eq work].value', source: mail }"));
    assert!(marked(&path).starts_with("work"), "{path}");
    assert_eq!(
        mistake(&row("{ target: title, source: jobTitle, macth: 2 }")).help.as_deref(),
        Some("did you mean `match`?")
    );
    let default =
        mistake(&row(&format!("{{ target: '{}:manager', source: manager, default: x }}", urn::ENTERPRISE)));
    assert_eq!((default.title.as_str(), marked(&default)), ("a reference has no default", "x"));
    assert_eq!(mistake("user:\n  - target: userName\n    source: mail\n").title, "no user attribute matches");
}

#[test]
fn one_run_shows_every_mistake_of_a_file() {
    let text = "user:\n  - { target: userNam, source: mail, match: 0 }\n  - { target: title, source: x }\ngroups: []\n";
    let mistakes = file::read("mine", "mine.yaml", text).expect_err("there are mistakes");
    let titles: Vec<_> = mistakes.iter().map(|mistake| mistake.title.as_str()).collect();
    assert_eq!(
        titles,
        [
            "`userNam` is not an attribute of urn:ietf:params:scim:schemas:core:2.0:User",
            "0 is not a whole number from 1 to 100",
            "`x` is not an attribute of an Entra user",
            "unknown key `groups`",
        ]
    );
}

#[test]
fn only_and_without_cut_the_user_mapping_and_keep_what_matches() {
    let mapping = load(DEFAULT).unwrap();
    let small = mapping.only(&["userName", "active", "manager", "addresses"]).unwrap();
    assert_eq!(small.user.rows.len(), 9);
    assert_eq!(small.group, mapping.group);
    let smaller = small.without(&["addresses[type eq \"work\"].country", "groups"]).unwrap();
    assert_eq!(smaller.user.rows.len(), 8);
    assert_eq!(smaller.group, None);
    let group = mapping.without(&["group:externalId"]).unwrap();
    assert_eq!(group.group.map(|group| group.rows.len()), Some(2));
    assert_eq!(group.user.rows.len(), 22);
    assert_eq!(
        mapping.without(&["userName"]),
        Err(SelectionError::NothingMatches { missing: vec!["userName".into()] })
    );
    assert_eq!(
        mapping.only(&["userName", "titel"]).expect_err("a slip").to_string(),
        "`titel` is not a target of the mapping: did you mean `title`?"
    );
    assert!(load("timeclock-365-saml").unwrap().without(&["group:externalId"]).is_err());
}

#[test]
fn matching_can_be_moved_to_other_attributes_in_order() {
    let mapping = load(DEFAULT).unwrap();
    let moved = mapping.with_matching(&["externalId", "userName"]).unwrap();
    let matching: Vec<_> = moved.user.matching().iter().map(|row| row.written.as_str()).collect();
    assert_eq!(matching, ["externalId", "userName"]);
    assert_eq!(targets(&moved), targets(&mapping));
    assert_eq!(
        mapping.with_matching(&["manager"]),
        Err(SelectionError::ReferenceCannotMatch("manager".into()))
    );
    assert_eq!(mapping.with_matching(&["title", "title"]), Err(SelectionError::Twice("title".into())));
    assert!(mapping.with_matching(&["addresses"]).is_err());
    assert!(mapping.with_matching::<&str>(&[]).is_err());
}

#[test]
fn readings_reach_every_expression_of_the_mapping() {
    let user = User::new(ObjectId::new("1")).with("surname", "Lovelace").unwrap();
    let subject = MappingSubject {
        object: Object::User(&user),
        is_soft_deleted: false,
        circumstances: Circumstances::default(),
    };
    let mapping = load(DEFAULT).unwrap();
    let formatted = |mapping: &Mapping| mapping.user.find("name.formatted").unwrap().value(&subject).unwrap();
    assert_eq!(formatted(&mapping), Some(TargetValue::Text("Lovelace".into())));
    let mut readings = expression::Readings::default();
    readings.choose("join-empty", "kept").unwrap();
    assert_eq!(formatted(&mapping.with_readings(readings)), Some(TargetValue::Text(" Lovelace".into())));
}

#[test]
fn expressions_of_the_profiles_print_as_they_are_written() {
    for name in names() {
        for row in load(name).unwrap().user.rows {
            if let ValueSource::Expression(expression) = row.source {
                assert_eq!(expression.to_string(), expression.as_written());
            }
        }
    }
}

#[test]
fn the_documented_profile_says_all_of_the_model() {
    let page = include_str!("../../../docs/mapping.md");
    let text = page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let mapping = file::read("mine", "mine.yaml", text).expect("the documented file is right");
    let user = &mapping.user;
    assert_eq!(user.actions, ObjectActions { delete: false, ..ObjectActions::default() });
    let clauses: Vec<Vec<String>> = user
        .filter
        .groups
        .iter()
        .map(|group| group.clauses.iter().map(ToString::to_string).collect())
        .collect();
    assert_eq!(
        clauses,
        [
            vec!["country EQUALS 'GB'", "employeeType NOT EQUALS 'Guest'"],
            vec!["jobTitle REGEX MATCH '^Chief '"]
        ]
    );
    let row = |target: &str| user.find(target).expect("it is mapped");
    assert_eq!(row("userType").source, ValueSource::Constant("Employee".into()));
    assert_eq!(
        (&row("locale").source, row("locale").default.as_deref()),
        (&ValueSource::None, Some("en-GB"))
    );
    assert_eq!(row("title").flow, FlowType::ObjectAddOnly);
    assert_eq!(row("badge").target_kind(), TargetKind::Integer);
    assert!(row("badge").declared.required && !row("title").declared.required);
    assert_eq!(mapping.group.map(|group| group.rows.len()), Some(3));
}

// What Entra puts on the wire for each kind of source, on creation and afterwards.
#[test]
fn constants_flow_always_and_rows_without_a_source_fill_what_is_empty() {
    let text = "attributes: [badge]\nuser:\n  - { target: userName, source: userPrincipalName, match: 1 }\n  \
                - { target: userType, constant: Employee }\n  - { target: locale, default: en-GB }\n  \
                - { target: badge, source: employeeId, type: Integer }\n";
    let mapping = file::read("mine", "mine.yaml", text).expect("it is right");
    let user = User::new(ObjectId::new("1")).with("employeeId", "0042").unwrap();
    let subject = MappingSubject {
        object: Object::User(&user),
        is_soft_deleted: false,
        circumstances: Circumstances::default(),
    };
    for phase in [Phase::Create, Phase::Update] {
        let values: Vec<_> =
            mapping.user.evaluate(&subject, phase).unwrap().into_iter().map(|(_, value)| value).collect();
        assert_eq!(
            values,
            [
                None,
                Some(TargetValue::Text("Employee".into())),
                Some(TargetValue::Text("en-GB".into())),
                Some(TargetValue::Integer(42))
            ]
        );
    }
    let locale = mapping.user.find("locale").unwrap();
    assert!(locale.updates(false) && !locale.updates(true));
    let user = user.with("employeeId", "A1").unwrap();
    let subject = MappingSubject {
        object: Object::User(&user),
        is_soft_deleted: false,
        circumstances: Circumstances::default(),
    };
    let error = mapping.user.find("badge").unwrap().value(&subject).expect_err("it is no number");
    assert!(error.to_string().contains("the target is Integer"), "{error}");
}

#[test]
fn mistakes_of_the_object_mapping_are_placed_on_the_token() {
    let with = |lines: &str| {
        format!("user:\n{lines}  rows:\n    - {{ target: userName, source: mail, match: 1 }}\n")
    };
    let clause = |clause: &str| mistake(&with(&format!("  scope:\n    - clauses:\n        - {clause}\n")));
    let action = mistake(&with("  actions: [create, udpate]\n"));
    assert_eq!((marked(&action), action.help.as_deref()), ("udpate", Some("did you mean `update`?")));
    let attribute = clause("{ attribute: manager, operator: IS NULL }");
    assert_eq!(marked(&attribute), "manager");
    let operator = clause("{ attribute: country, operator: IsMemberOf, value: x }");
    assert_eq!(marked(&operator), "IsMemberOf");
    let value = clause("{ attribute: employeeId, operator: Greater_Than, value: ten }");
    assert_eq!(marked(&value), "ten");
    assert_eq!(clause("{ attribute: country }").title, "`operator` is missing");
    let empty = mistake(&with("  scope:\n    - clauses: []\n"));
    assert_eq!(empty.title, "a group of clauses needs one at least");
    let row = |row: &str| {
        mistake(&format!("user:\n  - {{ target: userName, source: mail, match: 1 }}\n  - {row}\n"))
    };
    assert_eq!(marked(&row("{ target: title, source: jobTitle, apply: onec }")), "onec");
    assert_eq!(marked(&row("{ target: title, source: jobTitle, type: Text }")), "Text");
    assert_eq!(
        row("{ target: title, source: city, constant: x }").title,
        "this row has both source and constant"
    );
    assert_eq!(row("{ target: password, source: city }").title, "Entra does not provision passwords");
}

#[test]
fn a_custom_attribute_of_the_core_schema_can_be_mapped_and_its_list_only_added_to() {
    let text = "attributes: [role, badges]\nuser:\n  - { target: userName, source: userPrincipalName, match: 1 }\n  \
                - { target: 'urn:ietf:params:scim:schemas:core:2.0:User:role', source: jobTitle }\n  \
                - { target: badges, source: employeeId, multi-valued: true }\n  \
                - { target: title, source: jobTitle }\n";
    let mapping = file::read("mine", "mine.yaml", text).unwrap();
    let custom: Vec<bool> = mapping.user.rows.iter().map(AttributeMapping::is_custom).collect();
    assert_eq!(custom, [false, true, true, false]);
    let added = mapping.with_custom_lists_only_added();
    let adds: Vec<bool> = added.user.rows.iter().map(AttributeMapping::only_adds).collect();
    assert_eq!(adds, [false, false, true, false]);
}
