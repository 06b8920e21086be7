//! Conditions, presence, what leaves the flow, and the readings of contradictory pages.

use super::*;

#[test]
fn presence_tells_null_from_empty() {
    let ask = |function: &str, attributes| text(&format!("{function}([x])"), attributes).unwrap();
    for (function, null, empty, there) in [
        ("IsNull", "True", "False", "False"),
        ("IsNullOrEmpty", "True", "True", "False"),
        ("IsPresent", "False", "False", "True"),
        ("IsString", "False", "True", "True"),
    ] {
        assert_eq!(ask(function, &[]), null, "{function}");
        assert_eq!(ask(function, &[("x", &[""])]), empty, "{function}");
        assert_eq!(ask(function, &[("x", &["a"])]), there, "{function}");
    }
    assert_eq!(ask("IsString", &[("x", &["a", "b"])]), "False");
    assert_eq!(text("IsString(BitAnd(1, 1))", &[]).as_deref(), Some("True"));
}

#[test]
fn not_turns_true_and_everything_else() {
    for (source, expected) in
        [("True", "False"), ("true", "False"), ("False", "True"), ("x", "True"), ("", "True")]
    {
        assert_eq!(text("Not([x])", &[("x", &[source])]).as_deref(), Some(expected), "{source}");
    }
    assert_eq!(text("Not([x])", &[]).as_deref(), Some("True"));
    assert_eq!(text("Not(IsNull([x]))", &[]).as_deref(), Some("False"));
}

#[test]
fn c_bool_is_true_unless_zero() {
    for (source, expected) in [("0", "False"), ("-3", "True"), ("True", "True"), ("false", "False")] {
        assert_eq!(text("CBool([x])", &[("x", &[source])]).as_deref(), Some(expected), "{source}");
    }
    assert_eq!(text("CBool([x])", &[]).as_deref(), Some("False"));
    assert_eq!(text("CBool([x] = [y])", &[]).as_deref(), Some("False"), "null is equal to nothing");
    assert_eq!(
        failure("CBool(\"x\")", &[]).message,
        "argument 1 (expression) is \"x\", neither true nor false"
    );
}

#[test]
fn coalesce_passes_over_null_and_not_over_empty() {
    let first = |attributes| text("Coalesce([a], [b], \"default\")", attributes);
    assert_eq!(first(&[("b", &["b"])]).as_deref(), Some("b"));
    assert_eq!(first(&[("a", &[""]), ("b", &["b"])]).as_deref(), Some(""));
    assert_eq!(first(&[]).as_deref(), Some("default"));
    assert_eq!(text("Coalesce([a], [b])", &[]), None);
}

#[test]
fn comparisons_look_at_numbers_dates_and_letter_case() {
    let holds = |condition: &str| {
        text(&format!("CBool({condition})"), &[("ten", &["10"])]).as_deref() == Some("True")
    };
    assert!(holds("[ten] > 9") && holds("[ten] > \"9\"") && holds("[ten] = 10") && holds("[ten] = \"10\""));
    assert!(!holds("[ten] = \"010\"") && holds("[ten] = 010"), "texts are equal as texts");
    assert!(holds("\"b\" > \"a\"") && holds("\"a\" > \"B\"") && holds("\"a\" <> \"A\""));
    assert!(holds("CDate(\"9/1/2025\") < CDate(\"10/1/2025\")"));
    assert!(holds("DateDiff(\"d\", CDate(\"2025-01-01\"), CDate(\"2025-01-11\")) >= 10"));
    assert!(holds("IsNull([none]) = \"True\"") && holds("IsNull([none]) = True"));
}

#[test]
fn iif_computes_only_the_branch_it_takes() {
    let iif = "IIF(IsPresent([name]), [name], Error(\"name is required\"))";
    assert_eq!(text(iif, &[("name", &["ada"])]).as_deref(), Some("ada"));
    let error = failure(iif, &[]);
    assert_eq!(error.to_string(), "Error: name is required");
    assert_eq!(error.at, 31..56);
    assert_eq!(
        failure("IIF(\"maybe\", 1, 2)", &[]).message,
        "argument 1 (condition) is \"maybe\", neither true nor false"
    );
}

#[test]
fn a_condition_on_nothing_fails_is_computed_or_is_refused() {
    let iif = "IIF([country] <> \"US\", \"abroad\", \"home\")";
    assert_eq!(read(iif, &[], "iif-empty", "fails").as_deref(), Some("home"));
    assert_eq!(read(iif, &[("country", &[""])], "iif-empty", "fails").as_deref(), Some("home"));
    assert_eq!(read(iif, &[("country", &[""])], "iif-empty", "computed").as_deref(), Some("abroad"));
    let presence = "IIF(IsNullOrEmpty([country]), \"Other\", [country])";
    assert_eq!(read(presence, &[], "iif-empty", "fails"), None);
    assert_eq!(read(presence, &[], "iif-empty", "computed").as_deref(), Some("Other"));
    let within = "IIF(ToLower([country]) = \"us\", \"home\", \"abroad\")";
    assert_eq!(text(within, &[("country", &[""])]).as_deref(), Some("abroad"));
    assert_eq!(text("IIF([flag], 1, 2)", &[("flag", &["True"])]).as_deref(), Some("1"));
}

#[test]
fn a_null_source_of_switch_is_the_empty_key_or_none() {
    let switch = "Switch([department], [department], \"\", \"N/A\")";
    assert_eq!(text(switch, &[("department", &[""])]).as_deref(), Some("N/A"));
    assert_eq!(text(switch, &[("department", &["Retail"])]).as_deref(), Some("Retail"));
    assert_eq!(read(switch, &[], "switch-null", "empty").as_deref(), Some("N/A"));
    assert_eq!(read(switch, &[], "switch-null", "no-key"), None);
}

#[test]
fn switch_gives_null_where_its_source_did_not_change_if_the_defect_is_wanted() {
    let changed = |expression: &str, changed: Option<&[String]>, reading: &str| {
        let circumstances = Circumstances { changed, ..Circumstances::default() };
        let readings = chosen("switch-unchanged", reading);
        outcome_read(expression, &[("company", &["B"])], &circumstances, readings).unwrap().value
    };
    let switch = "Switch([company], \"External\", \"B\", \"b\")";
    let other = ["displayName".to_owned()];
    let own = ["displayName".to_owned(), "company".to_owned()];
    assert_eq!(changed(switch, Some(&other), "null"), None);
    assert!(changed(switch, Some(&own), "null").is_some());
    assert!(changed(switch, None, "null").is_some(), "on creation everything is new");
    assert!(changed(switch, Some(&other), "computed").is_some());
    assert!(changed("Switch(\"B\", \"x\", \"B\", \"b\")", Some(&other), "null").is_some(), "a constant");
    assert!(changed("Switch(ToLower([company]), \"x\", \"b\", \"b\")", Some(&other), "null").is_none());
}

#[test]
fn presence_as_the_source_of_switch_can_be_refused() {
    let readings = chosen("switch-presence", "refused");
    let error = outcome_read(
        "Switch(IsPresent([a]), \"x\", \"True\", \"y\")",
        &[],
        &Circumstances::default(),
        readings,
    )
    .unwrap_err();
    assert_eq!(error.message, "argument 1 (source) is IsPresent, which Switch does not take");
    assert_eq!(error.at, 7..21);
}

#[test]
fn what_is_to_be_ignored_leaves_the_flow_wherever_it_stands() {
    let ignored = |expression: &str| outcome(expression, &[("there", &["x"])]).unwrap().ignored;
    assert!(ignored("IgnoreFlowIfNullOrEmpty([none])"));
    assert!(ignored("Join(\"\", \"a\", IgnoreFlowIfNullOrEmpty([none]))"));
    assert!(ignored("IIF([there] = \"y\", \"a\", IgnoreAttributeFlow)"));
    assert!(
        !ignored("IIF([there] = \"x\", \"a\", IgnoreFlowIfNullOrEmpty([none]))"),
        "the branch is not taken"
    );
    assert!(!ignored("IgnoreFlowIfNullOrEmpty([there])"));
    assert!(!ignored("Append(\"IgnoreAttributeFlow\", \"\")"), "a text is no keyword");
}

#[test]
fn a_redacted_value_flows_and_is_marked() {
    let redacted = outcome("Redact([x])", &[("x", &["secret"])]).unwrap();
    assert!(redacted.redacted);
    assert_eq!(redacted.value, Some(Value::from("secret")));
    assert!(outcome("Append(\"a\", Redact([x]))", &[("x", &["b"])]).unwrap().redacted);
    assert!(!outcome("IIF([x] = \"b\", 1, Redact([x]))", &[("x", &["b"])]).unwrap().redacted);
}

#[test]
fn a_unique_value_needs_a_directory_to_look_in() {
    let unique = "SelectUniqueValue([a], [b])";
    let both: Attributes<'_> = &[("a", &["Ada"]), ("b", &["Ada2"])];
    let refused = failure(unique, both);
    assert_eq!(refused.message, "Entra does not support this function for SCIM applications");
    let taken = ["ada".to_owned(), "ADA2".to_owned()];
    let with =
        |taken| outcome_in(unique, both, &Circumstances { taken: Some(taken), ..Circumstances::default() });
    assert_eq!(with(&taken[..1]).unwrap().value, Some(Value::from("Ada2")));
    assert!(with(&taken).unwrap_err().message.contains("escrows"));
}

#[test]
fn the_default_domain_is_the_tenants() {
    let circumstances = Circumstances { default_domain: Some("example.com"), ..Circumstances::default() };
    let value = outcome_in("Join(\"@\", \"a\", DefaultDomain())", &[], &circumstances).unwrap().value;
    assert_eq!(value, Some(Value::from("a@example.com")));
    assert!(outcome("DefaultDomain()", &[]).is_err());
}
