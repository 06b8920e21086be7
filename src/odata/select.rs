use serde_json::{Map, Value};

use super::error::ODataError;
use super::path::same_name;
use super::scanner::Scanner;

/// The properties of an object that `$select` names, in the object's order and spelling.
///
/// Always there are `id`, which Graph's delta answers have whatever is selected, and annotations such as `@odata.type`
/// and `@removed`. An annotation of a property goes with it, as `members@delta` goes with `members`. `*` selects all, as
/// do no names. A name with `/` selects a part: `employeeOrgData/division`. A property that the object does not have is
/// left out.
#[must_use]
pub fn select(object: &Value, names: &[String]) -> Value {
    match object {
        Value::Object(map) if !names.is_empty() => {
            let names: Vec<&str> = names.iter().map(String::as_str).chain(["id"]).collect();
            Value::Object(selected(map, &names))
        }
        _ => object.clone(),
    }
}

fn selected(map: &Map<String, Value>, names: &[&str]) -> Map<String, Value> {
    if names.contains(&"*") {
        return map.clone();
    }
    let chosen = |(key, value): (&String, &Value)| {
        let property = key.split('@').next().unwrap_or(key);
        let is_whole = property.is_empty() || names.iter().any(|name| same_name(name, property));
        if is_whole {
            return Some((key.clone(), value.clone()));
        }
        let parts: Vec<&str> = names
            .iter()
            .filter_map(|name| name.split_once('/').filter(|(first, _)| same_name(first, property)))
            .map(|(_, rest)| rest)
            .collect();
        (!parts.is_empty()).then(|| (key.clone(), part(value, &parts)))
    };
    map.iter().filter_map(chosen).collect()
}

fn part(value: &Value, names: &[&str]) -> Value {
    match value {
        Value::Object(map) => Value::Object(selected(map, names)),
        Value::Array(values) => values.iter().map(|value| part(value, names)).collect(),
        _ => value.clone(),
    }
}

/// Reads `id,displayName`. Type casts are left out, as in every path.
pub(super) fn names(text: &str) -> Result<Vec<String>, ODataError> {
    let mut scanner = Scanner::new(text);
    let mut names = Vec::new();
    if text.trim().is_empty() {
        return Ok(names);
    }
    loop {
        scanner.skip_space();
        names.push(if scanner.eat('*') { "*".to_owned() } else { scanner.path()?.to_string() });
        scanner.skip_space();
        if scanner.peek().is_none() {
            return Ok(names);
        }
        if !scanner.eat(',') {
            return Err(scanner.expected("`,` between properties"));
        }
    }
}
