//! Resources as tables: one resource as attributes and values, several in columns.

use serde_json::{Map, Value};

use crate::report::layout::{self, clean, excerpt};
use crate::scim::{AttributePath, Filter, member};

/// Columns of a list of users and groups, and of the schemas and resource types, as far as a resource has them.
const COLUMNS: [&str; 8] =
    ["id", "userName", "displayName", "active", "name", "externalId", "endpoint", "schema"];

/// Least room of a column that is cut.
const NARROWEST: usize = 8;

/// Between two columns.
const GAP: &str = "  ";

/// An attribute as it is named in a PATCH, and its value as text.
type Row = (String, String);

/// One resource: a line for each attribute, named by its path.
pub(super) fn resource(value: &Value, width: usize) -> String {
    let Some(members) = value.as_object() else { return format!("{}\n", clean(&value.to_string())) };
    let mut text = rows_text(&rows(members), "", width);
    for (urn, extension) in extensions(members) {
        text.push_str(&format!("{}\n", clean(urn)));
        text.push_str(&rows_text(&rows(extension), GAP, width));
    }
    text
}

/// Several resources in columns; where there is no room for them, one below the other.
pub(super) fn list(resources: &[Value], width: usize) -> String {
    let has = |name: &&str| resources.iter().any(|resource| cell(resource, name).is_some());
    let mut columns: Vec<&str> = COLUMNS.into_iter().filter(has).collect();
    columns.truncate(5);
    if columns.is_empty() {
        return resources.iter().map(|resource| self::resource(resource, width) + "\n").collect();
    }
    let mut lines: Vec<Vec<String>> = vec![columns.iter().map(|name| (*name).to_owned()).collect()];
    for resource in resources {
        lines.push(columns.iter().map(|name| cell(resource, name).unwrap_or_default()).collect());
    }
    match widths(&lines, width) {
        Some(widths) => lines.iter().map(|line| in_columns(line, &widths)).collect(),
        None => lines[1..].iter().map(|line| stacked(&columns, line, width)).collect::<Vec<_>>().join("\n"),
    }
}

/// The width of each column, so that all fit; `None` if one would be too narrow. Ids are never cut: they are copied.
fn widths(lines: &[Vec<String>], width: usize) -> Option<Vec<usize>> {
    let mut widths: Vec<usize> = (0..lines[0].len())
        .map(|column| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0))
        .collect();
    let room = width.saturating_sub(GAP.len() * (widths.len() - 1));
    while widths.iter().sum::<usize>() > room {
        let is_cut = |column: usize| lines[0][column] != "id";
        let widest =
            (0..widths.len()).filter(|column| is_cut(*column)).max_by_key(|column| widths[*column])?;
        if widths[widest] <= NARROWEST {
            return None;
        }
        widths[widest] -= 1;
    }
    Some(widths)
}

fn in_columns(line: &[String], widths: &[usize]) -> String {
    let cells = line.iter().zip(widths).map(|(cell, width)| format!("{:width$}", cut(cell, *width)));
    format!("{}\n", cells.collect::<Vec<_>>().join(GAP).trim_end())
}

fn stacked(columns: &[&str], line: &[String], width: usize) -> String {
    let rows: Vec<Row> = columns
        .iter()
        .zip(line)
        .filter(|(_, cell)| !cell.is_empty())
        .map(|(name, cell)| ((*name).to_owned(), cell.clone()))
        .collect();
    rows_text(&rows, "", width)
}

fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width { text.to_owned() } else { excerpt(text, width.saturating_sub(1)) }
}

fn cell(resource: &Value, name: &str) -> Option<String> {
    match member(resource, name)? {
        Value::Null | Value::Object(_) | Value::Array(_) => None,
        value => Some(plain(value)),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => clean(text),
        other => clean(&other.to_string()),
    }
}

/// Members that are extensions, by their URN.
fn extensions(members: &Map<String, Value>) -> impl Iterator<Item = (&String, &Map<String, Value>)> {
    members
        .iter()
        .filter(|(name, _)| is_urn(name))
        .filter_map(|(name, value)| Some((name, value.as_object()?)))
}

fn is_urn(name: &str) -> bool {
    name.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("urn:"))
}

fn rows(members: &Map<String, Value>) -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, value) in members.iter().filter(|(name, value)| !(is_urn(name) && value.is_object())) {
        push(name, value, &mut rows);
    }
    rows
}

fn push(path: &str, value: &Value, rows: &mut Vec<Row>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                push(&format!("{path}.{name}"), value, rows);
            }
        }
        Value::Array(elements) => {
            for (place, element) in elements.iter().enumerate() {
                push_element(path, place, element, rows);
            }
        }
        value => rows.push((clean(path), plain(value))),
    }
}

/// An element with a type is named as a PATCH names it, and a link to another object by its value.
fn push_element(path: &str, place: usize, element: &Value, rows: &mut Vec<Row>) {
    let text = |name: &str| member(element, name).and_then(Value::as_str);
    let Some(members) = element.as_object() else { return push(path, element, rows) };
    if let (Some(value), "members" | "groups") = (text("value"), path) {
        let display = text("display").map(|display| format!("{GAP}{}", clean(display))).unwrap_or_default();
        return rows.push((path.to_owned(), format!("{}{display}", clean(value))));
    }
    let path = match text("type") {
        Some(kind) => format!("{path}[{}]", Filter::equals(AttributePath::simple("type"), kind)),
        None => format!("{path}[{place}]"),
    };
    for (name, value) in members.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("type")) {
        push(&format!("{path}.{name}"), value, rows);
    }
}

/// Labels on the left, values on the right; a label that is too long has a line of its own.
fn rows_text(rows: &[Row], indent: &str, width: usize) -> String {
    let room = width.saturating_sub(indent.len());
    let longest = rows.iter().map(|(label, _)| label.chars().count()).filter(|it| *it <= room * 2 / 5).max();
    let label_width = longest.unwrap_or(0);
    let value_width = room.saturating_sub(label_width + GAP.len()).max(NARROWEST);
    let mut text = String::new();
    for (label, value) in rows {
        let mut label = label.clone();
        if label.chars().count() > label_width {
            text.push_str(&format!("{indent}{label}\n"));
            label.clear();
        }
        // A word that is copied, as an id, stays whole where a line of its own has room for it.
        let length = value.chars().count();
        if value_width < length && length <= room.saturating_sub(GAP.len()) && !value.contains(' ') {
            let label = if label.is_empty() { label } else { format!("{indent}{label}\n") };
            text.push_str(&format!("{label}{indent}{GAP}{value}\n"));
            continue;
        }
        for line in broken(value, value_width) {
            let line = format!("{indent}{label:label_width$}{GAP}{line}");
            text.push_str(&format!("{}\n", line.trim_end()));
            label.clear();
        }
    }
    text
}

/// A value in lines that fit, words that are longer broken too.
fn broken(value: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for line in layout::wrap(value, width) {
        let letters: Vec<char> = line.chars().collect();
        lines.extend(letters.chunks(width).map(|part| part.iter().collect::<String>()));
    }
    if lines.is_empty() {
        lines.push(String::new());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ada() -> Value {
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "id": "2819c223-7f76-453a-919d-413861904646",
            "userName": "ada.lovelace.of.the.analytical.engine@example.com",
            "active": true,
            "name": {"familyName": "Lovelace\u{1b}[31m"},
            "emails": [{"type": "work", "value": "ada@example.com", "primary": true}],
            "groups": [{"value": "7", "display": "Staff"}],
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"employeeNumber": "007"},
        })
    }

    #[test]
    fn attributes_are_named_as_a_patch_names_them() {
        let text = resource(&ada(), 100);
        for line in [
            "id                              2819c223-7f76-453a-919d-413861904646",
            "name.familyName                 Lovelace\u{fffd}[31m",
            "emails[type eq \"work\"].value    ada@example.com",
            "groups                          7 Staff",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
            "  employeeNumber  007",
        ] {
            assert!(text.lines().any(|shown| shown == line), "{line}\n{text}");
        }
    }

    #[test]
    fn forty_columns_are_enough() {
        let urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        let one = resource(&ada(), 40);
        let two = list(&[ada(), ada()], 40);
        for line in one.lines().chain(two.lines()).filter(|line| *line != urn) {
            assert!(line.chars().count() <= 40, "{line}\n{one}\n{two}");
        }
        assert!(two.contains("\n\n"), "one below the other:\n{two}");
        for text in [one, two] {
            assert!(text.contains("id\n  2819c223-7f76-453a-919d-413861904646\n"), "{text}");
        }
    }

    #[test]
    fn a_list_has_columns_and_ids_are_not_cut() {
        let text = list(&[ada(), json!({"id": "7", "userName": "bob", "active": false})], 70);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3, "{text}");
        assert!(lines[0].starts_with("id  ") && lines[0].contains("userName"), "{text}");
        assert!(lines[1].starts_with("2819c223-7f76-453a-919d-413861904646  ada.") && lines[1].contains('…'));
        assert!(lines[2].ends_with("false"), "{text}");
        assert!(lines.iter().all(|line| line.chars().count() <= 70), "{text}");
        assert_eq!(list(&[], 70), "");
    }
}
