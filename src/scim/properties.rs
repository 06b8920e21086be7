//! Properties of the grammar: nothing panics, and reading what was printed gives the same value.

use proptest::prelude::*;

use super::patch::PatchRequest;
use super::{AttributePath, Comparison, Filter, Literal, PatchPath, SyntaxError, datetime, urn};

fn name() -> impl Strategy<Value = String> {
    // Operators' names among them: they are names of attributes too.
    prop_oneof![3 => "[a-zA-Z_][a-zA-Z0-9_-]{0,8}", 1 => "not|and|or|pr|eq|NOT|\\$ref"]
}

fn schema() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        Just(None),
        Just(Some(urn::ENTERPRISE.to_owned())),
        Just(Some("urn:scim:schemas:extension:acme:1.0".to_owned())),
        "urn:[a-z]{2,5}:[a-z0-9.]{1,4}:[A-Za-z]{1,8}".prop_map(Some),
    ]
}

fn attribute() -> impl Strategy<Value = AttributePath> {
    let path = (schema(), name(), proptest::option::of(name()));
    path.prop_map(|(schema, attribute, sub)| {
        let dotted = schema.as_deref().is_some_and(|schema| schema.ends_with(":1.0"));
        AttributePath { schema, attribute, sub, dotted }
    })
    .prop_filter("a schema whose name is missing reads as a bare URN", |path| !reads_as_bare(path))
}

/// `urn:x:1.0` before an attribute `Thing` prints like the bare URN `urn:x:1.0:Thing`.
fn reads_as_bare(path: &AttributePath) -> bool {
    let version = path.schema.as_deref().and_then(|schema| schema.rsplit(':').next()).unwrap_or("");
    version.starts_with(|c: char| c.is_ascii_digit()) && !path.dotted
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        any::<bool>().prop_map(Literal::Boolean),
        Just(Literal::Null),
        "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,9})?([eE][+-]?[0-9]{1,3})?".prop_map(Literal::Number),
        any::<String>().prop_map(Literal::Text),
        "[\"\\\\ \\[\\]()\u{0}-\u{1f}é😀]{0,12}".prop_map(Literal::Text),
    ]
}

fn test_on(path: impl Strategy<Value = AttributePath> + Clone) -> impl Strategy<Value = Filter> {
    let comparison = proptest::sample::select(Comparison::ALL.to_vec());
    prop_oneof![
        path.clone().prop_map(Filter::Present),
        (path, comparison, literal()).prop_map(|(path, op, value)| Filter::Compare(path, op, value)),
    ]
}

fn joined(leaf: BoxedStrategy<Filter>) -> BoxedStrategy<Filter> {
    leaf.prop_recursive(4, 24, 2, |inner| {
        let pair = (inner.clone(), inner.clone());
        prop_oneof![
            pair.clone().prop_map(|(a, b)| Filter::And(Box::new(a), Box::new(b))),
            pair.prop_map(|(a, b)| Filter::Or(Box::new(a), Box::new(b))),
            inner.prop_map(|filter| Filter::Not(Box::new(filter))),
        ]
    })
    .boxed()
}

fn in_brackets() -> BoxedStrategy<Filter> {
    joined(test_on(attribute().boxed()).boxed())
}

fn filter() -> BoxedStrategy<Filter> {
    let sub = name().prop_map(AttributePath::simple).boxed();
    let leaf = prop_oneof![
        3 => test_on(attribute().boxed()),
        1 => (attribute(), in_brackets()).prop_map(|(path, inner)| Filter::Element(path, Box::new(inner))),
        1 => (attribute(), in_brackets(), test_on(sub))
            .prop_map(|(path, inner, test)| Filter::Selected(path, Box::new(inner), Box::new(test))),
    ];
    joined(leaf.boxed())
}

fn patch_path() -> impl Strategy<Value = PatchPath> {
    (attribute(), proptest::option::of(in_brackets()))
        .prop_map(|(path, filter)| PatchPath { filter, ..PatchPath::from(path) })
}

/// Text out of the grammar's own tokens, which gets further into the parser than any text does.
fn almost() -> impl Strategy<Value = String> {
    let tokens = [
        "userName",
        "emails",
        "urn:a:2.0:User",
        ":",
        ".",
        "[",
        "]",
        "(",
        ")",
        " ",
        "\u{a0}",
        "and",
        "or",
        "not",
        "eq",
        "pr",
        "\"",
        "\\",
        "\"x\"",
        "true",
        "-1.5e3",
        "é",
        "😀",
        "\u{0}",
        "$ref",
        "\\ud83d",
        "value",
    ];
    proptest::collection::vec(proptest::sample::select(tokens.to_vec()), 0..24)
        .prop_map(|parts| parts.concat())
}

/// The place of an error can be cut out of the input.
fn is_placed(text: &str, error: &SyntaxError) -> bool {
    text.get(error.at.clone()).is_some()
}

proptest! {
    #[test]
    fn filters_read_back_from_their_print(filter in filter()) {
        prop_assert_eq!(filter.to_string().parse::<Filter>(), Ok(filter));
    }

    #[test]
    fn attribute_paths_read_back_from_their_print(path in attribute()) {
        prop_assert_eq!(path.to_string().parse::<AttributePath>(), Ok(path.clone()));
        prop_assert!(path.is(&path.to_string().to_uppercase()));
    }

    #[test]
    fn patch_paths_read_back_from_their_print(path in patch_path()) {
        prop_assert_eq!(path.to_string().parse::<PatchPath>(), Ok(path));
    }

    #[test]
    fn no_text_makes_a_parser_panic(text in prop_oneof![any::<String>(), almost(), almost()]) {
        for error in [
            text.parse::<Filter>().err(),
            text.parse::<AttributePath>().err(),
            text.parse::<PatchPath>().err(),
        ].into_iter().flatten() {
            prop_assert!(is_placed(&text, &error), "{:?}", error);
        }
        let _ = datetime::parse(&text);
        let body = serde_json::json!({"schemas": [urn::PATCH_OP], "Operations": [{"op": text, "path": text}]});
        let _ = PatchRequest::read(&body);
    }

    #[test]
    fn what_almost_is_a_filter_prints_stably_when_it_is_one(text in almost()) {
        if let Ok(filter) = text.parse::<Filter>() {
            prop_assert_eq!(filter.to_string().parse::<Filter>(), Ok(filter));
        }
        if let Ok(path) = text.parse::<PatchPath>() {
            prop_assert_eq!(path.to_string().parse::<PatchPath>(), Ok(path));
        }
    }

    #[test]
    fn almost_dates_do_not_panic(text in "[0-9T:Z.+-]{0,32}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{0,12})?[Z+-]?[0-9:]{0,5}") {
        prop_assert!(!(datetime::parse(&text).is_some() && datetime::lacks_zone(&text)));
    }
}
