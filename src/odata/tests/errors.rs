use super::refused;
use crate::odata::Query;

#[track_caller]
fn says(text: &str, sentence: &str) {
    assert_eq!(refused(text).to_string(), sentence, "{text}");
}

#[test]
fn mistakes_are_placed_and_what_belongs_there_is_said() {
    for (text, sentence) in [
        ("", "The server expected a property or a value at character 1 of `$filter`, but found the end."),
        ("   ", "The server expected a property or a value at character 4 of `$filter`, but found the end."),
        (
            "displayName = 'Ada'",
            "The server expected an operator such as `eq` or `and` at character 13 of `$filter`, but found `=`.",
        ),
        (
            "displayName is 'Ada'",
            "The server expected an operator such as `eq` or `and` at character 13 of `$filter`, but found `is`.",
        ),
        (
            "displayName eq",
            "The server expected a property or a value at character 15 of `$filter`, but found the end.",
        ),
        (
            "displayName eq Ada",
            "The server expected a value at character 16 of `$filter`, but found `Ada`: write a text in single quotes, \
             `'Ada'`.",
        ),
        (
            "displayName eq \"Ada\"",
            "The server expected a text in single quotes at character 16 of `$filter`, but found `\"`.",
        ),
        (
            "surname eq 'Å' and displayName eq 'Ada",
            "The server expected the closing quote of the text at character 35 of `$filter`, but found the end.",
        ),
        ("(a eq 1", "The server expected `and`, `or` or `)` at character 8 of `$filter`, but found the end."),
        ("a eq 1)", "The server expected `and`, `or` or the end at character 7 of `$filter`, but found `)`."),
        (
            "a eq 1 eq 2",
            "The server expected an operator such as `eq` or `and` at character 8 of `$filter`, but found `eq`.",
        ),
        (
            "a eq 1 and",
            "The server expected a property or a value at character 11 of `$filter`, but found the end.",
        ),
        ("'x' and a", "The server expected a condition at character 1 of `$filter`, but found `'x'`."),
        (
            "a and tolower(b)",
            "The server expected a condition at character 7 of `$filter`, but found `tolower(b)`.",
        ),
        ("5", "The server expected a condition at character 1 of `$filter`, but found `5`."),
        ("not 5", "The server expected a condition at character 5 of `$filter`, but found `5`."),
        (
            "a in 'x'",
            "The server expected `(` and the values of `in` at character 6 of `$filter`, but found `'`.",
        ),
        (
            "a in ()",
            "The server expected a value, a text in single quotes at character 7 of `$filter`, but found `)`.",
        ),
        ("a in ('x'", "The server expected `,` or `)` at character 10 of `$filter`, but found the end."),
        (
            "contains(a)",
            "The server expected `,` and a second text at character 11 of `$filter`, but found `)`.",
        ),
        (
            "contains(a, 5)",
            "The server expected a property or a text in single quotes at character 13 of `$filter`, but found `5`.",
        ),
        ("contains(a, 'x', 'y')", "The server expected `)` at character 16 of `$filter`, but found `,`."),
        (
            "a/any(5: x)",
            "The server expected a variable, as in `any(x: x eq 'a')` at character 7 of `$filter`, but found `5`.",
        ),
        (
            "a/all()",
            "The server expected a variable, as in `any(x: x eq 'a')` at character 7 of `$filter`, but found `)`.",
        ),
        (
            "a/any(p)",
            "The server expected `:` after the variable at character 8 of `$filter`, but found `)`.",
        ),
        ("a/ eq 1", "The server expected a property at character 3 of `$filter`, but found a space."),
        (
            "microsoft.graph.user eq 1",
            "The server expected `/` and a property of the type at character 21 of `$filter`, but found a space.",
        ),
        (
            "a eq 5x",
            "The server expected a number at character 6 of `$filter`, but found `5x`: write a text in single \
                     quotes, `'5x'`.",
        ),
        (
            "a eq 2026-13-01",
            "The server expected a date as `2026-06-01` or a date-time as `2026-06-01T00:00:00Z` at character 6 of \
             `$filter`, but found `2026-13-01`.",
        ),
        (
            "a ge 2026-06-01T00:00:00",
            "The server expected a date-time with `Z` or an offset at character 6 of `$filter`, but found \
             `2026-06-01T00:00:00`: a `+` in a URL is a space, write `%2B`.",
        ),
        (
            "a eq 7f4b1c9a-0000-4000-8000-0000",
            "The server expected a GUID or a date at character 6 of `$filter`, but found \
             `7f4b1c9a-0000-4000-8000-0000`: write a text in single quotes, `'7f4b1c9a-0000-4000-8000-0000'`.",
        ),
    ] {
        says(text, sentence);
    }
    let error = refused("ö eq Ada");
    assert_eq!((error.option(), error.position()), (Some("$filter"), Some(6)));
}

#[test]
fn what_is_not_supported_is_named() {
    for operator in ["has", "add", "sub", "mul", "div", "divby", "mod", "MOD"] {
        let sentence =
            format!("The server does not support the operator `{operator}` at character 3 of `$filter`.");
        says(&format!("a {operator} 2 eq 4"), &sentence);
        assert!(refused(&format!("a eq 2 {operator} 4")).to_string().contains(operator));
    }
    for function in
        ["cast", "isof", "geo.distance", "concat", "substring", "trim", "year", "now", "matchesPattern"]
    {
        let sentence = format!(
            "The server does not support the function `{function}` at character 1 of `$filter`: it supports startsWith, \
             endsWith, contains, tolower, toupper, length."
        );
        says(&format!("{function}(a,'x') eq 5"), &sentence);
    }
    says("a/sum(b)", "The server does not support the function `sum` at character 3 of `$filter`.");
    says("$it/a eq 5", "The server does not support `$it` at character 1 of `$filter`.");
    says("a/$ref eq 5", "The server does not support `$ref` at character 3 of `$filter`.");
}

#[test]
fn a_long_or_wild_text_is_not_repeated_in_full() {
    let sentence = refused(&format!("a eq {}", "x".repeat(10_000))).to_string();
    assert!(sentence.chars().count() < 250, "{sentence}");
    assert!(!refused("a eq b\u{0}\n").to_string().contains(['\u{0}', '\n']));
    assert!(!refused("a \u{1b}").to_string().contains('\u{1b}'));
}

#[test]
fn options_say_which_they_are() {
    for (query, sentence) in [
        ("$apply=aggregate(x)", "The server does not support the query option `$apply`."),
        ("%24compute=x", "The server does not support the query option `$compute`."),
        ("$=x", "The server does not support the query option `$`."),
        ("$top=0", "The server expected a number from 1 to 999 in `$top`, but found `0`."),
        ("$top=1000", "The server expected a number from 1 to 999 in `$top`, but found `1000`."),
        ("$top=-1", "The server expected a number from 1 to 999 in `$top`, but found `-1`."),
        ("$top=", "The server expected a number from 1 to 999 in `$top`, but found the end."),
        (
            "$top=99999999999999999999",
            "The server expected a number from 1 to 999 in `$top`, but found `99999999999999999999`.",
        ),
        ("$skip=x", "The server expected a number in `$skip`, but found `x`."),
        ("$count=yes", "The server expected `true` or `false` in `$count`, but found `yes`."),
        ("$format=xml", "The server expected `json` in `$format`, but found `xml`."),
        ("$top=1&$top=2", "The server accepts `$top` only once."),
        ("$filter=a&filter=b", "The server accepts `$filter` only once."),
        ("$select=id,", "The server expected a property at character 4 of `$select`, but found the end."),
        (
            "$select=id name",
            "The server expected `,` between properties at character 4 of `$select`, but found `name`.",
        ),
        ("$select=a-b", "The server expected a property at character 1 of `$select`, but found `a-b`."),
        ("$orderby=", "The server expected a property at character 1 of `$orderby`, but found the end."),
        (
            "$orderby=a down",
            "The server expected `asc`, `desc` or `,` at character 3 of `$orderby`, but found `down`.",
        ),
        ("$orderby=length(a)", "The server does not support functions at character 7 of `$orderby`."),
        (
            "$filter=a+is+1",
            "The server expected an operator such as `eq` or `and` at character 3 of `$filter`, but found `is`.",
        ),
        (
            "$expand=manager(",
            "The server expected an option such as `$select` at character 9 of `$expand`, but found the end.",
        ),
        (
            "$expand=manager($select=id",
            "The server expected `)` after the options of the expansion at character 19 of `$expand`, but found the end.",
        ),
        (
            "$expand=manager($skip=1)",
            "The server does not support the option `$skip` of an expansion at character 9 of `$expand`.",
        ),
        (
            "$expand=members($top=0)",
            "The server expected a number from 1 to 999 at character 9 of `$expand`, but found `0`.",
        ),
        (
            "$expand=members($filter=x eq y)",
            "The server expected a value at character 22 of `$expand`, but found `y`: write a text in single quotes, `'y'`.",
        ),
        (
            "$expand=manager($levels=0)",
            "The server expected a positive number or `max` at character 9 of `$expand`, but found `0`.",
        ),
        ("$expand=members/$ref", "The server does not support `$ref` at character 9 of `$expand`."),
    ] {
        let error = Query::parse(query).expect_err(query);
        assert_eq!(error.to_string(), sentence, "{query}");
    }
}
