use proptest::prelude::*;
use serde_json::json;

use super::{filter, refused};
use crate::odata::{Filter, Query};

#[test]
fn deep_nesting_is_refused_not_a_crash() {
    let repeated = |open: &str, inner: &str, close: &str, n: usize| {
        format!("{}{inner}{}", open.repeat(n), close.repeat(n))
    };
    for (open, inner, close) in [
        ("(", "a eq 1", ")"),
        ("not ", "a", ""),
        ("not (", "a", ")"),
        ("tolower(", "a", ")"),
        ("a/any(x: ", "x eq 1", ")"),
    ] {
        let sentence = refused(&repeated(open, inner, close, 10_000)).to_string();
        assert!(sentence.starts_with("The server accepts at most 32 levels"), "{sentence}");
        assert!(refused(&open.repeat(10_000)).to_string().contains("32 levels"));
    }
    filter(&repeated("(", "a eq 1", ")", 32));
    filter(&repeated("not ", "a", "", 32));
    let expand = repeated("manager($expand=", "manager", ")", 10_000);
    assert!(
        Query::parse(&format!("$expand={expand}")).unwrap_err().to_string().contains("8 levels of `$expand`")
    );
    let expand = repeated("manager($expand=", "manager", ")", 8);
    assert!(Query::parse(&format!("$expand={expand}")).is_ok());
}

#[test]
fn long_chains_and_lists_are_read() {
    let object = json!({"id": "last"});
    let mut chain = vec!["id eq 'x'"; 20_000].join(" or ");
    chain.push_str(" or id eq 'last'");
    assert!(filter(&chain).matches(&object));
    let list = vec!["'x'"; 20_000].join(",");
    assert!(!filter(&format!("id in ({list})")).matches(&object));
    assert!(filter(&format!("{}id eq null", "a/".repeat(20_000))).matches(&object));
}

/// Parts of filters in any order come further into the grammar than characters do.
fn words() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "a",
        "b/c",
        "'x'",
        "'it''s'",
        "'",
        "5",
        "-1.5e3",
        "2026-06-01",
        "2026-06-01T00:00:00Z",
        "null",
        "true",
        "7f4b1c9a-0000-4000-8000-00000000000a",
        "eq",
        "ne",
        "gt",
        "in",
        "and",
        "or",
        "not",
        "(",
        ")",
        ",",
        ":",
        "/",
        "any(x:",
        "x/y",
        "x",
        "all(",
        "contains(",
        "tolower(",
        "length(",
        "has",
        "$count",
        "$it",
        "é",
        "=",
        ";",
        "%",
        "$select=",
        "$expand=",
        "$levels=",
        "desc",
    ]);
    prop::collection::vec((word, prop::sample::select(vec!["", " ", "  "])), 0..20)
        .prop_map(|words| words.into_iter().map(|(word, space)| format!("{word}{space}")).collect())
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[ -~\n]{0,40}|[a-c'()/:, é😀0-9$.-]{0,40}", words in words()) {
        let object = json!({"a": "x", "b": {"c": 5}, "x": [{"y": null}, "z", 1]});
        for text in [&text, &words] {
            match Filter::parse(text) {
                Ok(filter) => {
                    let required = filter.required("a").is_none_or(|text| text.eq_ignore_ascii_case("x"));
                    prop_assert!(required || !filter.matches(&object), "{}", text);
                }
                Err(error) => {
                    let position = error.position().unwrap_or_default();
                    prop_assert!((1..=text.chars().count() + 1).contains(&position), "{}: {}", text, error);
                    let sentence = error.to_string();
                    prop_assert!(sentence.starts_with("The server ") && sentence.ends_with('.'), "{}", sentence);
                }
            }
            for option in ["$filter=", "$select=", "$expand=", "$orderby=", "$top=", "$skip=", "$count=", "$format=", ""] {
                if let Err(error) = Query::parse(&format!("{option}{text}")) {
                    prop_assert!(!error.to_string().contains('\n'));
                }
            }
        }
    }
}
