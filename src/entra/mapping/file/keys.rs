//! The keys of a profile, for its reader and for its JSON Schema.

use serde_json::{Value, json};

use super::super::{DataType, FlowBehavior, FlowType};
use crate::keys::{Key, document, map, shape};

/// The whole file.
pub(super) const PROFILE: [Key; 4] = [
    Key::new("about", shape::text, "What this mapping is, in a sentence."),
    Key::new(
        "attributes",
        shape::texts,
        "Target attributes of your application that RFC 7643 does not have.",
    ),
    Key::required(
        "user",
        object,
        "How users are mapped: the rows, or a map with the rows and what holds for all.",
    ),
    Key::new("group", object, "How groups are mapped. Without it, groups are not provisioned."),
];

/// What holds for all rows of one kind of object.
pub(super) const OBJECT: [Key; 3] = [
    Key::required("rows", rows, "The attribute mappings."),
    Key::new("actions", actions, "Target Object Actions; without the key create, update and delete."),
    Key::new("scope", scope, "Scoping filters: an object passes when it passes one of these groups."),
];

/// What an administrator changes of a user mapping, in a scenario.
pub(in super::super) const EDITS: [Key; 4] = [
    Key::new("rows", rows, "Rows that replace those with the same target, or are added to the others."),
    Key::new("without", shape::texts, "Targets that are not mapped."),
    Key::new("actions", actions, "Target Object Actions; the others are not allowed."),
    Key::new("scope", scope, "Scoping filters: a user passes when it passes one of these groups."),
];

/// One attribute mapping.
pub(super) const ROW: [Key; 13] = [
    Key::required("target", shape::text, "The attribute of the application that gets the value."),
    Key::new("source", shape::text, "The attribute of Entra that is copied."),
    Key::new("expression", shape::text, "An expression of Entra that computes the value."),
    Key::new("constant", shape::text, "The same value for everybody."),
    Key::new("match", || shape::whole_number(1..=100), "Matching precedence, 1 first."),
    Key::new(
        "apply",
        || shape::words(&APPLY),
        "When the value is written: always (the default), or on creation.",
    ),
    Key::new("behavior", behavior, "FlowWhenChanged (the default), or FlowAlways: with every write."),
    Key::new("default", shape::text, "The value if the source has none, on creation only."),
    Key::new("filterable", shape::boolean, "The application supports filters on this attribute."),
    Key::new("type", data_type, "The type in the application's attribute list."),
    Key::new("case-exact", shape::boolean, "Whether the application compares letter case."),
    Key::new("required", shape::boolean, "Whether the application requires the attribute."),
    Key::new("multi-valued", shape::boolean, "Whether the attribute has several values."),
];

/// A group of clauses of a scoping filter.
pub(super) const FILTER_GROUP: [Key; 2] = [
    Key::new("name", shape::text, "A name for people."),
    Key::required("clauses", || shape::filled_list(map(&CLAUSE)), "All of these must hold."),
];

/// A clause of a scoping filter.
pub(super) const CLAUSE: [Key; 3] = [
    Key::required("attribute", shape::text, "The attribute of Entra that is compared."),
    Key::required("operator", shape::text, "One of the portal's operators, as EQUALS or IS NULL."),
    Key::new("value", shape::text, "What it is compared with."),
];

/// Target Object Actions, with their places in [`super::ObjectActions`].
pub(super) const ACTIONS: [(&str, usize); 3] = [("create", 0), ("update", 1), ("delete", 2)];

/// What `apply` may say: the portal's two words, and Graph's for the others.
pub(super) const APPLY: [(&str, FlowType); 5] = [
    ("always", FlowType::Always),
    ("create", FlowType::ObjectAddOnly),
    ("MultiValueAddOnly", FlowType::MultiValueAddOnly),
    ("ValueAddOnly", FlowType::ValueAddOnly),
    ("AttributeAddOnly", FlowType::AttributeAddOnly),
];

/// The JSON Schema of a profile.
pub(in super::super) fn json_schema() -> Value {
    let about = "How attributes of Entra become attributes of a SCIM server (docs/mapping.md).";
    document("A mapping profile of scimulate", about, map(&PROFILE), &[])
}

fn object() -> Value {
    shape::either([rows(), map(&OBJECT)])
}

fn rows() -> Value {
    let mut row = map(&ROW);
    // One source, or the default alone.
    let sources = ["source", "expression", "constant"];
    let alone = |name: &str| json!({ "required": [name] });
    let mut forms: Vec<Value> = sources.into_iter().map(alone).collect();
    let none = json!({ "anyOf": sources.map(alone) });
    forms.push(json!({ "required": ["default"], "not": none }));
    row["oneOf"] = json!(forms);
    shape::list(row)
}

fn actions() -> Value {
    shape::list(shape::words(&ACTIONS))
}

fn scope() -> Value {
    shape::list(map(&FILTER_GROUP))
}

fn behavior() -> Value {
    shape::one_of_words(FlowBehavior::ALL.map(FlowBehavior::as_str))
}

fn data_type() -> Value {
    shape::one_of_words(DataType::ALL.map(DataType::as_str))
}
