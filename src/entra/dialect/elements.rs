use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::scim::schema::{AttributeType, SchemaSet};
use crate::scim::{PatchPath, same_name, urn};

/// The values for a list of a custom attribute as elements of a complex attribute; other values as they are.
pub(super) fn custom_elements(path: &PatchPath, value: Value) -> Value {
    let is_core = |schema: &str| same_name(schema, urn::USER) || same_name(schema, urn::GROUP);
    let is_custom = path.schema.as_deref().is_none_or(is_core) && core().find_patch(path).is_none();
    match value {
        Value::Array(values) if is_custom => values.into_iter().map(element).collect(),
        value => value,
    }
}

fn core() -> &'static SchemaSet {
    static CORE: OnceLock<SchemaSet> = OnceLock::new();
    CORE.get_or_init(SchemaSet::core)
}

/// The value as its attribute takes it. A text for a whole attribute that RFC 7643 makes a list of
/// objects, as gallery applications map to `roles`, is the `value` of an element; Microsoft's
/// samples of role assignments show that form.
pub(super) fn elements(path: &PatchPath, value: Value) -> Value {
    if path.filter.is_some() || path.sub.is_some() {
        return value;
    }
    let attribute = core().find_patch(path);
    let takes_elements = attribute.is_some_and(|attribute| {
        attribute.multi_valued && attribute.kind == AttributeType::Complex && attribute.sub("value").is_some()
    });
    match value {
        Value::Array(values) if takes_elements => values.into_iter().map(element).collect(),
        value if takes_elements => json!([element(value)]),
        value => value,
    }
}

fn element(value: Value) -> Value {
    if value.is_object() { value } else { json!({ "value": value }) }
}
