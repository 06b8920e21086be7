//! Schema definitions (RFC 7643 §7) and the core schemas (RFC 7643 §8.7).

mod attribute;
mod core;
mod served;
mod set;

use serde_json::{Map, Value, json};

use super::{member, same_name, urn};

pub use self::core::{common, enterprise, group, resource_type, schema, service_provider_config, user};
pub use attribute::{Attribute, AttributeType, Mutability, Returned, Uniqueness};
pub use served::{ResourceSchemas, ServedSchemas};
pub use set::SchemaSet;

/// A schema: a URN and the attributes it defines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// The schema's URN.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its attributes. `id`, `externalId`, `meta` and `schemas` belong to every resource and stand
    /// in no schema (RFC 7643 §3.1); see [`common`].
    pub attributes: Vec<Attribute>,
}

impl Schema {
    /// The attribute of that name, in any letter case.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| same_name(&attribute.name, name))
    }

    /// Reads what `/Schemas` says of one schema, leniently: names in any letter case, and what is
    /// missing or unknown takes the default of RFC 7643 §2.2. `None` when there is no `id`.
    #[must_use]
    pub fn read(value: &Value) -> Option<Self> {
        let text = |name: &str| member(value, name).and_then(Value::as_str).unwrap_or("").to_owned();
        let id = text("id");
        if id.is_empty() {
            return None;
        }
        let attributes = member(value, "attributes").and_then(Value::as_array);
        Some(Schema {
            id,
            name: text("name"),
            description: text("description"),
            attributes: attributes.into_iter().flatten().filter_map(Attribute::read).collect(),
        })
    }

    /// The schema as `/Schemas` shows it, without `meta`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut body = Map::new();
        body.insert("schemas".into(), json!([urn::SCHEMA]));
        body.insert("id".into(), json!(self.id));
        body.insert("name".into(), json!(self.name));
        body.insert("description".into(), json!(self.description));
        body.insert("attributes".into(), self.attributes.iter().map(Attribute::to_json).collect());
        Value::Object(body)
    }
}
