//! Every target attribute of the gallery's tutorials is read as a mapping's target and written into
//! the bodies of creates and updates, or refused with the limit of Entra that it breaks.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use scimulate::entra::dialect::{Assignment, AttributeChange, Dialect, Switches, Verb, Writer};
use scimulate::entra::directory::ObjectKind;
use scimulate::entra::mapping::{AttributeMapping, ValueSource, source_attribute};
use scimulate::wire::{Request, ResourceKind};
use serde_json::{Value, json};

const LIST: &str = include_str!("gallery-targets.tsv");
/// The value that is looked for.
const MARK: &str = "the value";

struct Documented {
    kind: ResourceKind,
    path: &'static str,
}

/// The 187 paths of the 86 applications, and those behind the blank line.
fn documented() -> (Vec<Documented>, Vec<Documented>) {
    let read = |part: &'static str| -> Vec<Documented> {
        let lines = part.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        lines
            .map(|line| match line.split('\t').collect::<Vec<_>>()[..] {
                ["user", _, path] => Documented { kind: ResourceKind::User, path },
                ["group", _, path] => Documented { kind: ResourceKind::Group, path },
                _ => panic!("not a line of the list: {line}"),
            })
            .collect()
    };
    let (apps, others) = LIST.split_once("\n\n").unwrap();
    (read(apps), read(others))
}

fn row(path: &str) -> Result<AttributeMapping, String> {
    let source = ValueSource::Attribute(source_attribute(ObjectKind::User, "displayName").unwrap());
    AttributeMapping::new(path, source).map_err(|error| error.to_string())
}

fn writer(dialect: Dialect) -> Writer {
    Writer::new(dialect, Switches::default())
}

fn created(kind: ResourceKind, row: &AttributeMapping) -> Value {
    let values: Vec<Assignment> = vec![(row.target.clone(), Some(json!(MARK)))];
    writer(Dialect::Default).create(kind, &values, "t").json().unwrap()
}

fn operation(request: &Request) -> Value {
    request.json().unwrap()["Operations"][0].clone()
}

/// Steps to the mark: members of objects by name, elements of arrays by number.
fn place_of_mark(value: &Value) -> Option<Vec<String>> {
    let found = |step: String, inner: &Value| {
        place_of_mark(inner).map(|mut steps| {
            steps.insert(0, step);
            steps
        })
    };
    match value {
        Value::String(text) => (text == MARK).then(Vec::new),
        Value::Array(elements) => elements.iter().find_map(|element| found("*".to_owned(), element)),
        Value::Object(members) => members.iter().find_map(|(name, member)| found(name.clone(), member)),
        _ => None,
    }
}

/// Where the value must stand, told from the text of the path by the rules of RFC 7643 §3.3 and RFC
/// 7644 §3.10 alone. Letter case is put right where RFC 7643 has the name.
fn expected_place(path: &str) -> Vec<String> {
    let path = path.replace("\\\"", "\"").replace(['\u{2018}', '\u{2019}'], "\"");
    let (head, filter, sub) = match path.split_once('[') {
        Some((head, rest)) => {
            let (filter, sub) = rest.split_once(']').unwrap();
            (head, Some(filter.to_owned()), Some(sub.trim_start_matches('.')).filter(|s| !s.is_empty()))
        }
        None => (&*path, None, None),
    };
    let (schema, name) = match head.rsplit_once("1.0.") {
        Some((schema, name)) => (Some(format!("{schema}1.0")), name),
        None => match head.rsplit_once(':') {
            Some((schema, name)) => (Some(schema.to_owned()), name),
            None => (None, head),
        },
    };
    let (name, dotted) = match name.split_once('.') {
        Some((name, sub)) => (name, Some(sub)),
        None => (name, None),
    };
    let spelt = |name: &str| match name {
        "phonenumbers" => "phoneNumbers".to_owned(),
        "Members" => "members".to_owned(),
        "Value" => "value".to_owned(),
        name => name.to_owned(),
    };
    let mut steps: Vec<String> = schema.into_iter().collect();
    steps.push(spelt(name));
    if filter.is_some() || ["roles", "members"].contains(&spelt(name).as_str()) {
        steps.extend(["*".to_owned(), spelt(sub.unwrap_or("value"))]);
    }
    steps.extend(dotted.map(spelt));
    steps
}

/// What is refused, and the words that name the limit: paths of a connector that does not speak SCIM,
/// and the primary key.
fn limit(path: &str) -> Option<&'static str> {
    if path.contains(".[") {
        Some("connectors that do not speak SCIM")
    } else {
        (path == "id").then_some("cannot be mapped")
    }
}

#[test]
fn every_documented_path_is_written_or_refused_for_a_stated_limit() {
    let (apps, others) = documented();
    assert_eq!((apps.len(), others.len()), (187, 8));
    let mut written = 0;
    let mut refused = Vec::new();
    for Documented { kind, path } in apps.iter().chain(&others) {
        if let Some(limit) = limit(path) {
            let error = row(path).unwrap_err();
            assert!(error.contains(limit), "{path}: {error}");
            refused.push(limit);
            continue;
        }
        let row = row(path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let body = created(*kind, &row);
        assert_eq!(place_of_mark(&body), Some(expected_place(path)), "{path}: {body}");
        let schemas = body["schemas"].as_array().unwrap();
        assert!(schemas.len() <= 2, "a custom extension is not listed: {body}");

        for (dialect, verb) in [(Dialect::Default, "Add"), (Dialect::AadOptscim062020, "add")] {
            let change = AttributeChange::new(Verb::Add, row.target.clone(), json!(MARK));
            let sent = operation(&writer(dialect).modify(*kind, "1", &[change], "t"));
            assert_eq!(sent["op"], verb);
            let straight = path.replace("\\\"", "\"").replace(['\u{2018}', '\u{2019}'], "\"");
            let whole = if straight.ends_with(']') { format!("{straight}.value") } else { straight };
            assert_eq!(sent["path"], json!(whole), "{path}");
            assert!(place_of_mark(&sent["value"]).is_some(), "{path}: {sent}");
        }
        written += 1;
    }
    assert_eq!(refused.iter().filter(|limit| limit.ends_with("SCIM")).count(), 16);
    assert_eq!((written, refused.len()), (178, 17));
}

#[test]
fn with_the_flag_replacements_are_bundled_under_the_paths_text() {
    let paths = ["urn:scim:schemas:extension:enterprise:1.0.department", "title"];
    let changes: Vec<AttributeChange> = paths
        .iter()
        .map(|path| AttributeChange::new(Verb::Replace, row(path).unwrap().target, json!(MARK)))
        .collect();
    let sent = operation(&writer(Dialect::AadOptscim062020).modify(ResourceKind::User, "1", &changes, "t"));
    assert_eq!(sent, json!({"op": "replace", "value": {(paths[0]): MARK, "title": MARK}}));
}
