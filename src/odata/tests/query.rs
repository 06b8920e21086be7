use serde_json::json;

use super::filter;
use crate::odata::{Expansion, OrderBy, Query};

fn read(text: &str) -> Query {
    Query::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn order(by: &[OrderBy]) -> Vec<(String, bool)> {
    by.iter().map(|OrderBy { path, descending }| (path.to_string(), *descending)).collect()
}

#[test]
fn names_are_read_in_every_spelling() {
    let expected = Some(filter("displayName eq 'Ada & Co'"));
    for text in [
        "$filter=displayName%20eq%20%27Ada%20%26%20Co%27",
        "%24filter=displayName+eq+'Ada+%26+Co'",
        "filter=displayName eq 'Ada %26 Co'",
        "$FILTER=displayName%20eq%20'Ada%20%26%20Co'",
        "$top=1&$filter=displayName eq 'Ada %26 Co'",
    ] {
        assert_eq!(read(text).filter, expected, "{text}");
    }
    for text in ["$skiptoken=X%2B1", "$skipToken=X%2B1", "%24skiptoken=X%2B1", "skipToken=X%2B1"] {
        assert_eq!(read(text).skip_token.as_deref(), Some("X+1"), "{text}");
    }
    for text in ["$deltatoken=latest", "$deltaToken=latest", "%24deltatoken=latest", "deltaToken=latest"] {
        assert_eq!(read(text).delta_token.as_deref(), Some("latest"), "{text}");
    }
}

#[test]
fn no_options_and_custom_options_are_nothing() {
    for text in ["", "&&", "api-version=1.6", "whatever=%24filter&x", "%", "$select=", "$format=json"] {
        assert_eq!(read(text), Query::default(), "{text}");
    }
    read("$format=application/json;odata.metadata=none");
}

#[test]
fn commas_are_the_same_encoded() {
    for text in [
        "$select=id,displayName",
        "$select=id%2CdisplayName",
        "$select=id,%20displayName",
        "select=id%2c+displayName",
    ] {
        assert_eq!(read(text).select, ["id", "displayName"], "{text}");
    }
    assert_eq!(read("$select=*").select, ["*"]);
    assert_eq!(
        read("$select=employeeOrgData/division,microsoft.graph.user/mail,extension_0a1b_x").select,
        ["employeeOrgData/division", "mail", "extension_0a1b_x"]
    );
}

#[test]
fn paging_and_the_rest_are_read() {
    let query = read(
        "$top=999&$skip=5&$count=true&$search=%22displayName:ada%22&$orderby=activityDateTime%20desc,a/b%20ASC,%20c",
    );
    assert_eq!((query.top, query.skip, query.count), (Some(999), Some(5), true));
    assert_eq!(query.search.as_deref(), Some("\"displayName:ada\""));
    assert_eq!(
        order(&query.order),
        [("activityDateTime".into(), true), ("a/b".into(), false), ("c".into(), false)]
    );
    assert_eq!(read("$top=1").top, Some(1));
    assert!(!read("$count=False").count);
    let first = "$top=1&$orderby=activityDateTime desc&$filter=jobId eq 'J'";
    assert_eq!(read(first), read("$filter=jobId eq 'J'&$top=1&$orderby=activityDateTime desc"));
    assert_eq!(read("$top=500").top, Some(500));
}

#[test]
fn expansions_have_options_and_nest() {
    let expand = |text: &str| read(text).expand;
    let named = |name: &str| Expansion { name: name.into(), ..Expansion::default() };
    assert_eq!(expand("$expand=manager"), [named("manager")]);
    assert_eq!(expand("$expand=manager,%20members"), [named("manager"), named("members")]);
    assert_eq!(expand("$expand=*"), [named("*")]);
    assert_eq!(
        expand("$expand=manager($select=id,displayName),members($top=20)"),
        [
            Expansion { select: vec!["id".into(), "displayName".into()], ..named("manager") },
            Expansion { top: Some(20), ..named("members") }
        ]
    );
    assert_eq!(
        expand("$expand=manager%28%24select%3Did%2Cmail%3B%24levels%3Dmax%29"),
        [Expansion {
            select: vec!["id".into(), "mail".into()],
            levels: Some(usize::MAX),
            ..named("manager")
        }]
    );
    let nested = "$expand=members/microsoft.graph.user($expand=manager($select=id;$expand=manager($levels=2));\
                  $filter=(a eq ';)' or contains(b,'it''s'));$orderby=a desc)";
    let nested = expand(nested);
    assert_eq!(nested[0].name, "members");
    assert_eq!(nested[0].filter, Some(filter("(a eq ';)' or contains(b,'it''s'))")));
    assert_eq!(order(&nested[0].order), [("a".into(), true)]);
    assert_eq!(nested[0].expand[0].expand[0].levels, Some(2));
}

#[test]
fn a_filter_with_percent_and_plus_signs_reaches_the_object() {
    let query = read(
        "%24filter=startsWith(mail%2C%27100%25%2B%27)%20and%20activityDateTime%20ge%202026-06-01T02:00:00%2B02:00",
    );
    let object = json!({"mail": "100%+x@contoso.example", "activityDateTime": "2026-06-01T00:00:00Z"});
    assert!(query.filter.is_some_and(|filter| filter.matches(&object)));
}
