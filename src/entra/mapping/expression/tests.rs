use super::*;

fn value(expression: &str, attributes: &[(&str, &str)]) -> Option<String> {
    let expression = Expression::parse(expression).expect("the expression is right");
    let source =
        |name: &str| attributes.iter().find(|(n, _)| *n == name).map(|(_, v)| Value::Text((*v).to_owned()));
    match expression.evaluate(&source).expect("one value each") {
        Some(Value::Text(text)) => Some(text),
        Some(Value::Texts(_)) => panic!("a list"),
        None => None,
    }
}

fn error(expression: &str) -> ExpressionError {
    Expression::parse(expression).expect_err("the expression is wrong")
}

// functions.json F076: the one printed example of Switch with a plain result.
#[test]
fn switch_compares_with_letter_case_and_falls_back_to_its_default() {
    let zones = r#"Switch([state], "Australia/Sydney", "NSW", "Australia/Sydney","QLD", "Australia/Brisbane", "SA", "Australia/Adelaide")"#;
    assert_eq!(value(zones, &[("state", "QLD")]).as_deref(), Some("Australia/Brisbane"));
    assert_eq!(value(zones, &[("state", "qld")]).as_deref(), Some("Australia/Sydney"));
    assert_eq!(value(zones, &[]).as_deref(), Some("Australia/Sydney"));
}

#[test]
fn switch_without_a_default_gives_null() {
    let active = r#"Switch([IsSoftDeleted], , "False", "True", "True", "False")"#;
    assert_eq!(value(active, &[("IsSoftDeleted", "False")]).as_deref(), Some("True"));
    assert_eq!(value(active, &[("IsSoftDeleted", "True")]).as_deref(), Some("False"));
    assert_eq!(value(active, &[("IsSoftDeleted", "false")]), None);
    assert_eq!(value(active, &[]), None);
}

#[test]
fn an_empty_key_of_switch_catches_an_empty_source_and_not_a_null() {
    let switch = r#"Switch([department], [department], "", "N/A")"#;
    assert_eq!(value(switch, &[("department", "")]).as_deref(), Some("N/A"));
    assert_eq!(value(switch, &[("department", "Retail")]).as_deref(), Some("Retail"));
    assert_eq!(value(switch, &[]), None);
}

#[test]
fn join_leaves_out_what_is_null_or_empty() {
    let join = r#"Join(" ", [givenName], [surname])"#;
    let both = [("givenName", "Ada"), ("surname", "Lovelace")];
    assert_eq!(value(join, &both).as_deref(), Some("Ada Lovelace"));
    assert_eq!(value(join, &[("surname", "Lovelace")]).as_deref(), Some("Lovelace"));
    assert_eq!(value(join, &[("givenName", ""), ("surname", "Lovelace")]).as_deref(), Some("Lovelace"));
    assert_eq!(value(join, &[]), None);
    assert_eq!(value(r#"Join("", 1000, [x])"#, &[("x", "7")]).as_deref(), Some("10007"));
}

#[test]
fn join_takes_every_value_of_a_multi_valued_attribute() {
    let join = Expression::parse(r#"Join(";", [otherMails], "z")"#).unwrap();
    let source = |_: &str| Some(Value::Texts(vec!["a".into(), "b".into()]));
    assert_eq!(join.evaluate(&source), Ok(Some(Value::Text("a;b;z".into()))));
    let switch = Expression::parse(r#"Switch([otherMails], "x")"#).unwrap();
    assert!(switch.evaluate(&source).is_err());
}

// functions.json X007: default and values of a Switch may be calls.
#[test]
fn calls_nest() {
    let name = r#"Switch([country], Join(" ", [first], [last]), "JP", Join(",", [last], [first]))"#;
    let hiroshi = |country| [("country", country), ("first", "Hiroshi"), ("last", "Tanaka")];
    assert_eq!(value(name, &hiroshi("JP")).as_deref(), Some("Tanaka,Hiroshi"));
    assert_eq!(value(name, &hiroshi("DE")).as_deref(), Some("Hiroshi Tanaka"));
}

#[test]
fn escapes_are_two_and_others_pass_through() {
    assert_eq!(value(r#"Join("\"\\\+", "a", "b")"#, &[]).as_deref(), Some(r#"a"\\+b"#));
}

#[test]
fn a_function_nobody_knows_is_told_from_one_that_is_not_supported() {
    let slip = error(r#"Swich([country], "x")"#);
    assert_eq!(slip.message, "Entra has no function `Swich`");
    assert_eq!(slip.at, 0..5);
    assert_eq!(slip.help.as_deref(), Some("did you mean `Switch`?"));
    let case = error(r#"join(" ", [a])"#);
    assert_eq!(case.help.as_deref(), Some("did you mean `Join`?"));
    let later = error(r#"Join("", ToLower([a]))"#);
    assert_eq!(later.message, "the function `ToLower` is not supported");
    assert_eq!(later.at, 9..16);
}

#[test]
fn the_number_of_arguments_counts() {
    assert_eq!(
        error(r#"Switch([a], "x", "k")"#).message,
        "`Switch` takes an even number of arguments: source, default, then key and value in pairs; here are 3"
    );
    assert_eq!(error("Join()").message, "`Join` takes a separator and at least one source; here are 0");
}

#[test]
fn broken_expressions_are_placed() {
    assert_eq!(error("Join(\" \", [a)").at, 10..11);
    assert_eq!(error("Join(\" \", [a]").at, 13..13);
    assert_eq!(error("Join(\" , [a])").at, 5..13);
    assert_eq!(error("Join(\" \", [a]) x").at, 15..16);
    assert_eq!(error("[country]").message, "an expression is one function call");
    assert_eq!(error("").message, "the expression is empty");
    assert_eq!(error("Join(\" \", [])").at, 10..12);
    assert_eq!(error(&"Join(\"\",".repeat(3000)).message, "an expression has at most 10000 characters");
    assert_eq!(error(&"Join(\"\",".repeat(1000)).message, "calls are nested too deeply");
}

#[test]
fn attributes_are_listed_with_their_places() {
    let expression = Expression::parse(r#"Join(" ", [givenName], Switch([x], [y]))"#).unwrap();
    let names: Vec<_> =
        expression.attributes().into_iter().map(|(name, at)| (name, &expression.as_written()[at])).collect();
    assert_eq!(names, [("givenName", "givenName"), ("x", "x"), ("y", "y")]);
}

mod printed {
    use super::*;
    use proptest::prelude::*;

    fn argument() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just(String::new()),
            "[a-zA-Z]{1,8}".prop_map(|name| format!("[{name}]")),
            "[^\"\\\\]{0,8}".prop_map(|text| format!("\"{text}\"")),
            Just(r#""\\ \" \+""#.to_owned()),
            "-?[0-9]{1,4}",
            Just("&H00FF".to_owned()),
            Just("vbTextCompare".to_owned()),
        ];
        leaf.prop_recursive(4, 20, 4, |inner| {
            prop::collection::vec(inner, 1..4).prop_map(|rest| format!("Join( \"-\" ,{})", rest.join(" ,")))
        })
    }

    proptest! {
        #[test]
        fn parses_to_the_same_expression(argument in argument()) {
            let first = Expression::parse(&format!("Join(\",\", \"x\", {argument})")).unwrap();
            let printed = first.to_string();
            let second = Expression::parse(&printed).unwrap();
            prop_assert_eq!(second.to_string(), printed);
            prop_assert_eq!(first.evaluate(&|_| None), second.evaluate(&|_| None));
        }

        #[test]
        fn no_input_makes_the_parser_panic(text in "\\PC{0,60}") {
            let _ = Expression::parse(&text);
        }
    }
}
