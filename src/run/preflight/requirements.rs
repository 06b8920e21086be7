//! What a target says that every resource must have (RFC 7643 §7, `required`).

use serde_json::{Value, json};

use crate::entra::mapping::{AttributeMapping, ObjectMapping, ValueSource};
use crate::run::target::adjustment::{MAIL, NAME, RequiredAttribute};
use crate::scim::discovery::Discovery;
use crate::scim::schema::{Attribute, AttributeType, Mutability};
use crate::scim::urn;
use crate::scim::{PatchPath, same_name};
use crate::wire::ResourceKind;

/// The attributes that /Schemas requires of a resource, but for the one that names it: those of the core
/// schema, and those of an extension that /ResourceTypes requires.
pub(in crate::run) fn required(discovery: &Discovery, kind: ResourceKind) -> Vec<RequiredAttribute> {
    let (core, name) = match kind {
        ResourceKind::User => (urn::USER, "userName"),
        ResourceKind::Group => (urn::GROUP, "displayName"),
    };
    let resource_type = discovery.resource_type(kind.endpoint());
    let extensions = resource_type.into_iter().flat_map(|found| &found.extensions);
    let urns = extensions.filter(|extension| extension.required).map(|extension| extension.schema.as_str());
    let mut required = Vec::new();
    for urn in std::iter::once(core).chain(urns) {
        let Some(schema) = discovery.schemas.get(urn) else { continue };
        let outside = Some(urn.to_owned()).filter(|urn| urn != core);
        for attribute in schema.attributes.iter().filter(|attribute| is_required(attribute)) {
            if outside.is_none() && attribute.name.eq_ignore_ascii_case(name) {
                continue;
            }
            let path = PatchPath { schema: outside.clone(), ..PatchPath::simple(&attribute.name) };
            let subs: Vec<&Attribute> =
                attribute.sub_attributes.iter().filter(|sub| is_required(sub)).collect();
            if attribute.multi_valued || subs.is_empty() {
                required.push(RequiredAttribute { kind, path, value: value(attribute) });
                continue;
            }
            required.extend(subs.into_iter().map(|sub| RequiredAttribute {
                kind,
                path: PatchPath { sub: Some(sub.name.clone()), ..path.clone() },
                value: value(sub),
            }));
        }
    }
    required
}

/// Source attributes that every user or group of a tenant has.
const ALWAYS_THERE: [&str; 6] =
    ["accountEnabled", "displayName", "isSoftDeleted", "mailNickname", "objectId", "userPrincipalName"];

/// The sources of a required attribute, if the mapping feeds it from such alone as a person may lack.
pub(super) fn optional_sources(mapping: &ObjectMapping, required: &RequiredAttribute) -> Vec<&'static str> {
    let path = &required.path;
    let feeds = |row: &&AttributeMapping| {
        let target = &row.target;
        same_name(&target.attribute, &path.attribute)
            && (target.schema == path.schema || path.schema.is_none())
            && (path.sub.is_none() || target.sub.is_none() || target.sub == path.sub)
    };
    let source = |row: &AttributeMapping| match &row.source {
        ValueSource::Attribute(attribute) if row.default.is_none() && !row.declared.required => {
            Some(attribute.name).filter(|name| !ALWAYS_THERE.contains(name))
        }
        _ => None,
    };
    let sources: Option<Vec<&'static str>> = mapping.rows.iter().filter(feeds).map(source).collect();
    sources.unwrap_or_default()
}

fn is_required(attribute: &Attribute) -> bool {
    attribute.required && attribute.mutability != Mutability::ReadOnly
}

/// Something that such an attribute can hold.
fn value(attribute: &Attribute) -> Value {
    let one = single(attribute);
    if attribute.multi_valued { json!([one]) } else { one }
}

fn single(attribute: &Attribute) -> Value {
    if let Some(first) = attribute.canonical_values.first() {
        return json!(first);
    }
    match attribute.kind {
        AttributeType::Boolean => json!(true),
        AttributeType::Integer => json!(1),
        AttributeType::Decimal => json!(1.5),
        AttributeType::DateTime => json!("2020-01-01T00:00:00Z"),
        AttributeType::Binary => json!("c2NpbXVsYXRl"),
        AttributeType::Reference => json!("https://example.com/"),
        AttributeType::Complex => {
            let is_value = |sub: &&Attribute| sub.name.eq_ignore_ascii_case("value");
            let mut subs: Vec<&Attribute> =
                attribute.sub_attributes.iter().filter(|sub| is_required(sub) || is_value(sub)).collect();
            if subs.is_empty() {
                subs.extend(attribute.sub_attributes.first());
            }
            let mail = attribute.name.eq_ignore_ascii_case("emails");
            subs.into_iter()
                .map(|sub| match mail && is_value(&sub) {
                    true => (sub.name.clone(), json!(MAIL)),
                    false => (sub.name.clone(), value(sub)),
                })
                .collect()
        }
        AttributeType::String | AttributeType::Unknown => json!(NAME),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn published(attributes: Value, extension: bool) -> Discovery {
        let schemas = json!([
            { "id": urn::USER, "attributes": attributes },
            { "id": "urn:x", "attributes": [{ "name": "badge", "required": true, "type": "integer" }] },
        ]);
        let types = json!([{
            "name": "User", "endpoint": "/Users", "schema": urn::USER,
            "schemaExtensions": [{ "schema": "urn:x", "required": extension }],
        }]);
        Discovery::read(None, Some(&schemas), Some(&types))
    }

    #[test]
    fn what_is_published_as_required_is_given_a_value_of_its_type() {
        let attributes = json!([
            { "name": "userName", "required": true },
            { "name": "displayName", "required": true },
            { "name": "nickName" },
            { "name": "meta", "required": true, "mutability": "readOnly" },
            { "name": "name", "type": "complex", "required": true,
              "subAttributes": [{ "name": "formatted" }, { "name": "familyName", "required": true }] },
            { "name": "emails", "type": "complex", "multiValued": true, "required": true,
              "subAttributes": [{ "name": "value" }, { "name": "type", "canonicalValues": ["work"] }] },
        ]);
        let found = required(&published(attributes.clone(), false), ResourceKind::User);
        let shown: Vec<_> = found.iter().map(|one| (one.path.to_string(), one.value.clone())).collect();
        let expected = [
            ("displayName".to_owned(), json!(NAME)),
            ("name.familyName".to_owned(), json!(NAME)),
            ("emails".to_owned(), json!([{ "value": MAIL }])),
        ];
        assert_eq!(shown, expected);
        let with = required(&published(attributes, true), ResourceKind::User);
        assert_eq!(with.last().map(|one| one.path.to_string()), Some("urn:x:badge".to_owned()));
    }

    #[test]
    fn who_publishes_nothing_requires_nothing() {
        assert!(required(&Discovery::default(), ResourceKind::User).is_empty());
    }
}
