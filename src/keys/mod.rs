//! The keys of the files that people write. One table for each map of a file serves the reader, which
//! refuses every other key, and the JSON Schema (draft-07) of the file, by which an editor completes and
//! checks it. So neither knows a key that the other does not know.

pub mod shape;

use serde_json::{Map, Value, json};

/// The dialect of the schemas: the one that the YAML and TOML plugins of editors read.
const DRAFT_07: &str = "http://json-schema.org/draft-07/schema#";

/// One key of a map.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// As it is written in the file.
    pub name: &'static str,
    /// Whether the map is refused without it.
    pub is_required: bool,
    /// One sentence for the person who writes the file.
    pub about: &'static str,
    /// What its value looks like, as a JSON Schema.
    pub shape: fn() -> Value,
}

impl Key {
    /// A key that may be left out.
    #[must_use]
    pub const fn new(name: &'static str, shape: fn() -> Value, about: &'static str) -> Self {
        Key { name, is_required: false, about, shape }
    }

    /// A key that must be there.
    #[must_use]
    pub const fn required(name: &'static str, shape: fn() -> Value, about: &'static str) -> Self {
        Key { name, is_required: true, about, shape }
    }
}

/// A map with these keys and no others. Where none is required, nothing at all is such a map too.
#[must_use]
pub fn map(keys: &[Key]) -> Value {
    let mut schema = open_map(keys, json!(false));
    if keys.iter().all(|key| !key.is_required) {
        schema["type"] = json!(["object", "null"]);
    }
    schema
}

/// A map with these keys and with others, whose values look like `others`.
#[must_use]
pub fn open_map(keys: &[Key], others: Value) -> Value {
    let properties: Map<String, Value> =
        keys.iter().map(|key| (key.name.to_owned(), described((key.shape)(), key.about))).collect();
    let required: Vec<&str> = keys.iter().filter(|key| key.is_required).map(|key| key.name).collect();
    let mut schema = json!({ "type": "object", "properties": properties, "additionalProperties": others });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

/// A schema with a description. In draft-07 a reference admits nothing beside itself.
#[must_use]
pub fn described(shape: Value, about: &str) -> Value {
    let mut schema = Map::new();
    schema.insert("description".to_owned(), json!(about));
    match shape {
        Value::Object(shape) if !shape.contains_key("$ref") => schema.extend(shape),
        Value::Object(shape) => drop(schema.insert("allOf".to_owned(), json!([shape]))),
        _ => {}
    }
    Value::Object(schema)
}

/// A whole schema: what a file of this kind looks like, and the parts that it refers to by name.
#[must_use]
pub fn document(title: &str, about: &str, shape: Value, parts: &[(&str, Value)]) -> Value {
    let mut schema = Map::new();
    schema.insert("$schema".to_owned(), json!(DRAFT_07));
    schema.insert("title".to_owned(), json!(title));
    schema.insert("description".to_owned(), json!(about));
    if let Value::Object(shape) = shape {
        schema.extend(shape);
    }
    if !parts.is_empty() {
        let parts: Map<String, Value> =
            parts.iter().map(|(name, part)| ((*name).to_owned(), part.clone())).collect();
        schema.insert("definitions".to_owned(), Value::Object(parts));
    }
    Value::Object(schema)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_has_its_keys_and_no_others() {
        let keys = [
            Key::required("name", shape::text, "Its name."),
            Key::new("steps", || shape::list(shape::part("step")), "What happens."),
            Key::new("first", || shape::part("step"), "What happens first."),
        ];
        let schema = map(&keys);
        assert_eq!(schema["required"], json!(["name"]));
        assert_eq!(schema["additionalProperties"], json!(false));
        assert_eq!(schema["properties"]["name"], json!({ "description": "Its name.", "type": "string" }));
        assert_eq!(schema["properties"]["first"]["allOf"], json!([{ "$ref": "#/definitions/step" }]));
        assert_eq!(map(&keys[1..])["type"], json!(["object", "null"]));
        let whole = document("A file", "What it is.", schema, &[("step", shape::text())]);
        assert_eq!(whole["definitions"]["step"], shape::text());
        assert!(whole["$schema"].as_str().is_some_and(|draft| draft.contains("draft-07")));
    }
}
