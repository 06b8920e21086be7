//! `Replace` in its five ways.

use super::*;

#[test]
fn a_value_is_replaced_wherever_it_stands() {
    let replace =
        |old: &str, new: &str| text(&format!("Replace([x], {old}, , , {new}, , )"), &[("x", &["a-b-c"])]);
    assert_eq!(replace("\"-\"", "\"+\"").as_deref(), Some("a+b+c"));
    assert_eq!(replace("\"A\"", "\"+\"").as_deref(), Some("a-b-c"), "letter case counts");
    assert_eq!(replace("\"-\"", "[none]").as_deref(), Some("abc"));
    assert_eq!(text("Replace([none], \"-\", , , \"+\", , )", &[]), None);
    assert_eq!(failure("Replace(\"a\", [none], , , \"x\")", &[]).message, "argument 2 (oldValue) is empty");
    // Neither `$` nor a backslash has a meaning here.
    assert_eq!(text(r#"Replace("a.b", ".", , , "$0", , )"#, &[]).as_deref(), Some("a$0b"));
}

#[test]
fn a_template_takes_the_source_in() {
    let mail = r#"Replace([x], "<id>", , , , , "<id>@a.example; <id>@b.example")"#;
    assert_eq!(text(mail, &[("x", &["ada"])]).as_deref(), Some("ada@a.example; ada@b.example"));
    assert_eq!(text(mail, &[]), None);
}

#[test]
fn groups_are_put_in_by_name_and_number() {
    let swap = r#"Replace("Lovelace, Ada", , "(?<last>\\w+), (?<first>\\w+)", , "${first} ${last}", , )"#;
    assert_eq!(text(swap, &[]).as_deref(), Some("Ada Lovelace"));
    assert_eq!(text(r#"Replace("ab", , "(a)(b)", , "$2$1", , )"#, &[]).as_deref(), Some("ba"));
    assert_eq!(text(r#"Replace([none], , "a", , "b", , )"#, &[]), None);
    // Looking around, as .NET can.
    assert_eq!(
        text(r#"Replace("1234567", , "(?<=\\d)(?=(\\d{3})+$)", , ",", , )"#, &[]).as_deref(),
        Some("1,234,567")
    );
    assert_eq!(
        text("Replace(\"a1b\", , [p], , [r], , )", &[("p", &["[0-9]"]), ("r", &["<$&>"])]).as_deref(),
        Some("a<1>b")
    );
}

#[test]
fn a_group_alone_is_replaced() {
    let code = r#"Replace("+44 20, +49 30", , "\\+(?<code>\\d+) ", "code", "$1", , )"#;
    assert_eq!(text(code, &[]).as_deref(), Some("+$1 20, +$1 30"), "no substitution here");
}

#[test]
fn another_attribute_stands_in_or_is_put_in() {
    let replace = r#"Replace([a], , "(?<n>\\d+)", "n", , [b], )"#;
    let values: Attributes<'_> = &[("a", &["x1"]), ("b", &["y22"])];
    assert_eq!(read(replace, values, "replace-attribute", "fills-in").as_deref(), Some("x1"));
    assert_eq!(read(replace, &values[1..], "replace-attribute", "fills-in").as_deref(), Some("22"));
    assert_eq!(read(replace, &[("b", &["none"])], "replace-attribute", "fills-in"), None);
    assert_eq!(read(replace, values, "replace-attribute", "substitutes").as_deref(), Some("xy22"));
    assert_eq!(read(replace, &values[1..], "replace-attribute", "substitutes"), None);
}

#[test]
fn what_cannot_be_replaced_is_said_when_the_expression_is_read() {
    for (expression, message) in [
        (
            "Replace([a], , , , \"x\", , )",
            "Replace: argument 2 (oldValue) is missing, and regexPattern too: nothing says what to replace",
        ),
        (
            "Replace([a], \"b\", , , , , )",
            "Replace: argument 2 (oldValue) has neither a replacementValue nor a template beside it",
        ),
        (
            "Replace([a], , \"b\", , , [c], )",
            "Replace: argument 3 (regexPattern) has neither a replacementValue nor a group and an attribute beside it",
        ),
        (
            "Replace([a], , \"(?<n>b)\", \"m\", \"x\", , )",
            "Replace: argument 4 (regexGroupName) is \"m\", and the pattern has no such group",
        ),
        (
            "Replace([a], , \"(b\", , \"x\", , )",
            "Replace: argument 3 (regexPattern) has a group that is not closed",
        ),
        (
            r#"Replace([a], , "\\p{Quark}", , "x", , )"#,
            "Replace: argument 3 (regexPattern) is no regular expression that can be matched here",
        ),
    ] {
        assert_eq!(error(expression).message, message);
    }
    assert!(outcome("Replace(\"a\", , [p], , \"x\")", &[("p", &["("])]).is_err());
}

#[test]
fn a_pattern_that_never_ends_is_an_error() {
    let long = "a".repeat(60);
    let error = failure(r#"Replace([x], , "^(a|aa)+\\1b$", , "", , )"#, &[("x", &[&long])]);
    assert_eq!(error.message, "argument 3 (regexPattern) takes too many steps on this text");
}
