use super::*;

// functions.json F076: the one printed example of Switch with a plain result.
#[test]
fn switch_compares_with_letter_case_and_falls_back_to_its_default() {
    let zones = r#"Switch([state], "Australia/Sydney", "NSW", "Australia/Sydney","QLD", "Australia/Brisbane", "SA", "Australia/Adelaide")"#;
    assert_eq!(text(zones, &[("state", &["QLD"])]).as_deref(), Some("Australia/Brisbane"));
    assert_eq!(text(zones, &[("state", &["qld"])]).as_deref(), Some("Australia/Sydney"));
    assert_eq!(text(zones, &[]).as_deref(), Some("Australia/Sydney"));
}

#[test]
fn switch_without_a_default_gives_null() {
    let active = r#"Switch([IsSoftDeleted], , "False", "True", "True", "False")"#;
    assert_eq!(text(active, &[("IsSoftDeleted", &["False"])]).as_deref(), Some("True"));
    assert_eq!(text(active, &[("IsSoftDeleted", &["True"])]).as_deref(), Some("False"));
    assert_eq!(text(active, &[("IsSoftDeleted", &["false"])]), None);
    assert_eq!(text(active, &[]), None);
}

#[test]
fn join_leaves_out_what_is_null_or_empty() {
    let join = r#"Join(" ", [givenName], [surname])"#;
    let both: Attributes<'_> = &[("givenName", &["Ada"]), ("surname", &["Lovelace"])];
    assert_eq!(text(join, both).as_deref(), Some("Ada Lovelace"));
    assert_eq!(text(join, &[("surname", &["Lovelace"])]).as_deref(), Some("Lovelace"));
    assert_eq!(text(join, &[("givenName", &[""]), ("surname", &["Lovelace"])]).as_deref(), Some("Lovelace"));
    assert_eq!(text(join, &[]), None);
    assert_eq!(read(join, &[("surname", &["X"])], "join-empty", "kept").as_deref(), Some(" X"));
    assert_eq!(text(r#"Join("", 1000, [x])"#, &[("x", &["7"])]).as_deref(), Some("10007"));
}

#[test]
fn several_values_are_joined_and_stand_in_the_way_elsewhere() {
    let mails: Attributes<'_> = &[("otherMails", &["a", "b"])];
    assert_eq!(text(r#"Join(";", [otherMails], "z")"#, mails).as_deref(), Some("a;b;z"));
    let error = failure(r#"Switch([otherMails], "x")"#, mails);
    assert_eq!(error.to_string(), "Switch: argument 1 (source) has several values where one belongs");
    assert_eq!(error.at, 7..19);
    let error = failure(r#"IIF([otherMails] = "a", "x", "y")"#, mails);
    assert_eq!(error.to_string(), "comparison: several values cannot be compared with one");
    assert_eq!(error.at, 4..22);
}

// In a directory an attribute that may have several values has one.
#[test]
fn a_list_of_one_is_one_value() {
    let one = ["7".to_owned()];
    let expression =
        r#"Join("", Left([x], 1), IIF([x] = "7", "a", "b"), "-" & [x], BitAnd([x], 3), Count([x]))"#;
    let expression = Expression::parse(expression).unwrap();
    let source = |_: &str| Some(Value::Texts(Cow::Borrowed(&one)));
    let outcome = expression.evaluate(&source, &Circumstances::default()).unwrap();
    assert_eq!(outcome.value, Some(Value::from("7a-731")));
}

// functions.json X007: default and values of a Switch may be calls.
#[test]
fn calls_nest() {
    let name = r#"Switch([country], Join(" ", [first], [last]), "JP", Join(",", [last], [first]))"#;
    let hiroshi =
        |country| text(name, &[("country", &[country]), ("first", &["Hiroshi"]), ("last", &["Tanaka"])]);
    assert_eq!(hiroshi("JP").as_deref(), Some("Tanaka,Hiroshi"));
    assert_eq!(hiroshi("DE").as_deref(), Some("Hiroshi Tanaka"));
}

// functions.json F001 states the rule.
#[test]
fn escapes_are_two_and_others_pass_through() {
    let quoted = text(r#"Join("", "Company name: \"Contoso\"", "\\", "\+")"#, &[]);
    assert_eq!(quoted.as_deref(), Some(r#"Company name: "Contoso"\\+"#));
}

#[test]
fn a_function_nobody_knows_is_told_from_one_that_is_not_computed() {
    let slip = error(r#"Swich([country], "x")"#);
    assert_eq!(slip.message, "Entra has no function `Swich`");
    assert_eq!(slip.at, 0..5);
    assert_eq!(slip.help.as_deref(), Some("did you mean `Switch`?"));
    let case = error(r#"join(" ", [a])"#);
    assert_eq!(case.help.as_deref(), Some("did you mean `Join`?"));
    let other = error(r#"Join("", SingleAppRoleAssignment([appRoleAssignments]))"#);
    assert_eq!(other.message, "the function `SingleAppRoleAssignment` is not computed in expressions");
    assert_eq!(other.at, 9..32);
}

#[test]
fn the_number_of_arguments_counts() {
    assert_eq!(
        error(r#"Switch([a], "x", "k")"#).message,
        "`Switch` takes an even number of arguments (source, default, key1, value1, …); here are 3"
    );
    assert_eq!(
        error("Join()").message,
        "`Join` takes at least 2 arguments (separator, source1, …); here are 0"
    );
    assert_eq!(error("IsNull(1, 2)").message, "`IsNull` takes 1 argument (expression); here are 2");
}

#[test]
fn broken_expressions_are_placed() {
    assert_eq!(error("Join(\" \", [a)").at, 10..11);
    assert_eq!(error("Join(\" \", [a]").at, 13..13);
    assert_eq!(error("Join(\" , [a])").at, 5..13);
    assert_eq!(error("Join(\" \", [a]) x").at, 15..16);
    assert_eq!(error("[country]").message, "an expression is one function call");
    assert_eq!(error("").message, "the expression is empty");
    assert_eq!(error(" \n ").message, "the expression is empty");
    assert_eq!(error("Join(\" \", [])").at, 10..12);
    assert_eq!(error(&"Join(\"\",".repeat(3000)).message, "an expression has at most 10000 characters");
    assert_eq!(error(&"Join(\"\",".repeat(1000)).message, "calls are nested too deeply");
    assert_eq!(error("Join(\"\", 99999999999999999999)").message, "this number is too large");
    assert_eq!(error("Join(\"\", -)").message, "`)` stands where a digit belongs");
}

#[test]
fn usual_slips_are_answered_with_the_way_out() {
    let help = |expression: &str| error(expression).help.unwrap_or_default();
    assert_eq!(help("Join(' ', [a])"), "texts stand in straight double quotes: \"text\"");
    assert_eq!(help("Join(“ ”, [a])"), "texts stand in straight double quotes: \"text\"");
    assert_eq!(help("Join(\"\", country)"), "for the attribute write [country], for the text \"country\"");
    assert_eq!(help("Join(\"\", vbtextcompare)"), "did you mean `vbTextCompare`?");
    assert_eq!(help("IIF([a]=\"x\" AND [b]=\"y\", \"1\", \"2\")").split(' ').next(), Some("nest"));
    assert_eq!(help("IIF([a]=\"x\"=\"y\", \"1\", \"2\")"), "nest another IIF for a second condition");
    assert!(help("Join(\"\", [a][0])").contains("Item(list, number)"));
    assert!(help("Split([a], \"@\")[0]").contains("Item(list, number)"));
    assert_eq!(help("Join(\"\" [a])"), "");
    assert_eq!(help("IIF([a] == 1, 2, 3)"), "equal is written `=`, and not equal `<>`");
    assert_eq!(help("IIF([a] != 1, 2, 3)"), "not equal is written `<>`");
    assert!(help("Join(\"\", [a] + [b])").contains("Append"));
    assert!(help("[a] & [b]").contains("Append"));
    assert_eq!(
        error("Join(\"\", SelectUniqueValue([a], [b]))").message,
        "`SelectUniqueValue` cannot stand inside another call"
    );
}

#[test]
fn comparisons_and_concatenations_are_arguments() {
    let pick = |expression: &str, a: &str, b: &str| text(expression, &[("a", &[a]), ("b", &[b])]);
    assert_eq!(pick(r#"IIF([a]="x", "t-" & [b], [b])"#, "x", "y").as_deref(), Some("t-y"));
    assert_eq!(pick(r#"IIF( [a] <> [b] , "other", "same" )"#, "x", "x").as_deref(), Some("same"));
    for (operator, expected) in
        [("=", "no"), ("<>", "yes"), ("<", "yes"), ("<=", "yes"), (">", "no"), (">=", "no")]
    {
        let expression = format!(r#"IIF([a] {operator} 10, "yes", "no")"#);
        assert_eq!(pick(&expression, "9", "").as_deref(), Some(expected), "{operator}");
    }
}

#[test]
fn every_position_may_be_empty() {
    let printed = |text: &str| Expression::parse(text).expect("it is right").to_string();
    assert_eq!(printed("Switch( , , , )"), "Switch(, , , )");
    assert_eq!(printed("Join(,[a],)"), "Join(, [a], )");
    assert_eq!(text("Join(,[a],)", &[("a", &["1", "2"])]).as_deref(), Some("12"));
}

#[test]
fn attributes_and_functions_are_listed_with_their_places() {
    let expression = Expression::parse(r#"Join(" ", [givenName], Switch([x], [y] & "a"))"#).unwrap();
    let shown = |list: Vec<(&str, Range<usize>)>| -> Vec<(String, String)> {
        list.into_iter().map(|(name, at)| (name.to_owned(), expression.as_written()[at].to_owned())).collect()
    };
    let pair = |name: &str| (name.to_owned(), name.to_owned());
    assert_eq!(shown(expression.attributes()), [pair("givenName"), pair("x"), pair("y")]);
    assert_eq!(shown(expression.functions()), [pair("Join"), pair("Switch")]);
}

#[test]
fn blanks_do_not_make_a_difference() {
    let one = Expression::parse("Join(\"\",[a],IIF([b]=1,2,3))").unwrap();
    let other = Expression::parse(" Join ( \"\" , [a] ,\n\tIIF( [b] = 1 , 2 , 3 ) ) ").unwrap();
    assert_eq!(one, other);
    assert_eq!(one.to_string(), other.to_string());
    assert_ne!(one, Expression::parse("Join(\"\",[a],IIF([b]=1,2,4))").unwrap());
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
            Just("[a]<=\"b\"&[c]& &H0F".to_owned()),
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
            prop_assert_eq!(&first, &second);
            prop_assert_eq!(second.to_string(), printed);
            let circumstances = Circumstances::default();
            prop_assert_eq!(first.evaluate(&|_| None, &circumstances), second.evaluate(&|_| None, &circumstances));
        }

        #[test]
        fn no_input_makes_the_parser_panic(text in "\\PC{0,60}") {
            let _ = Expression::parse(&text);
        }

        #[test]
        fn no_mixture_of_tokens_makes_the_parser_panic(
            tokens in prop::collection::vec(
                prop::sample::select(vec![
                    "Join(", "Replace(", "FormatDateTime(", ")", ",", "[", "]", "a", "\"", "\\", "&H", "&",
                    "-", "9", "=", "<", ">", " ", "é", "\u{301}", "(?<n>", "yyyy", "${n}",
                ]),
                0..30,
            ),
        ) {
            if let Ok(expression) = Expression::parse(&tokens.concat()) {
                let again = Expression::parse(&expression.to_string()).unwrap();
                prop_assert_eq!(&expression, &again);
                let _ = expression.evaluate(&|name| Some(Value::from(name.to_owned())), &Circumstances::default());
            }
        }
    }
}
