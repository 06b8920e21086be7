use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::scim::PatchPath;
use crate::scim::schema::{AttributeType, SchemaSet};

/// The value as its attribute takes it. A text for a whole attribute that RFC 7643 makes a list of
/// objects, as gallery applications map to `roles`, is the `value` of an element; Microsoft's
/// samples of role assignments show that form.
pub(super) fn elements(path: &PatchPath, value: Value) -> Value {
    static CORE: OnceLock<SchemaSet> = OnceLock::new();
    if path.filter.is_some() || path.sub.is_some() {
        return value;
    }
    let attribute = CORE.get_or_init(SchemaSet::core).find_patch(path);
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
