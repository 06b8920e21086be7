//! The core schemas of RFC 7643 §8.7, which stand in `core/` as `/Schemas` shows them, without what is
//! the default of RFC 7643 §2.2.
//!
//! Where the RFC's JSON and its text differ, the text wins: a group's `displayName` is required
//! (§4.2), every multi-valued complex attribute has `primary` (§2.4), Base64 is case exact (§2.3.6).

use std::sync::LazyLock;

use serde_json::Value;

use super::{Attribute, Schema};

/// The User schema (RFC 7643 §4.1).
#[must_use]
pub fn user() -> &'static Schema {
    static SCHEMA: LazyLock<Schema> = LazyLock::new(|| read(include_str!("core/user.json")));
    &SCHEMA
}

/// The Group schema (RFC 7643 §4.2).
#[must_use]
pub fn group() -> &'static Schema {
    static SCHEMA: LazyLock<Schema> = LazyLock::new(|| read(include_str!("core/group.json")));
    &SCHEMA
}

/// The enterprise extension of users (RFC 7643 §4.3).
#[must_use]
pub fn enterprise() -> &'static Schema {
    static SCHEMA: LazyLock<Schema> = LazyLock::new(|| read(include_str!("core/enterprise.json")));
    &SCHEMA
}

/// The schema of `/ServiceProviderConfig` (RFC 7643 §5, RFC 9865 §4).
#[must_use]
pub fn service_provider_config() -> &'static Schema {
    static SCHEMA: LazyLock<Schema> =
        LazyLock::new(|| read(include_str!("core/service_provider_config.json")));
    &SCHEMA
}

/// The schema of `/ResourceTypes` (RFC 7643 §6).
#[must_use]
pub fn resource_type() -> &'static Schema {
    static SCHEMA: LazyLock<Schema> = LazyLock::new(|| read(include_str!("core/resource_type.json")));
    &SCHEMA
}

/// The schema of `/Schemas` (RFC 7643 §7).
#[must_use]
pub fn schema() -> &'static Schema {
    static SCHEMA: LazyLock<Schema> = LazyLock::new(|| read(include_str!("core/schema.json")));
    &SCHEMA
}

/// What every resource has although no schema lists it: `schemas`, `id`, `externalId` and `meta`
/// (RFC 7643 §3.1).
#[must_use]
pub fn common() -> &'static [Attribute] {
    static COMMON: LazyLock<Vec<Attribute>> = LazyLock::new(|| {
        let listed = json(include_str!("core/common.json"));
        listed.as_array().into_iter().flatten().filter_map(Attribute::read).collect()
    });
    &COMMON
}

fn read(definition: &str) -> Schema {
    Schema::read(&json(definition)).expect("each file in `core/` has an id")
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("each file in `core/` is JSON")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::schema::{AttributeType, Mutability, Returned, SchemaSet, Uniqueness};
    use serde_json::json;

    #[test]
    fn every_core_schema_is_read_whole_and_reads_back_from_its_json() {
        let files = [user(), group(), enterprise(), service_provider_config(), resource_type(), schema()];
        assert_eq!(files.map(|schema| schema.attributes.len()), [21, 2, 6, 9, 6, 4]);
        assert_eq!(common().len(), 4);
        for schema in SchemaSet::core().schemas.iter().chain(files) {
            assert_eq!(Schema::read(&schema.to_json()).as_ref(), Some(schema), "{}", schema.id);
        }
    }

    #[test]
    fn every_attribute_is_described_and_complex_ones_have_parts() {
        fn check(attribute: &Attribute) {
            assert!(attribute.description.ends_with(['.', '`']), "{attribute:?}");
            let has_parts = !attribute.sub_attributes.is_empty();
            assert_eq!(attribute.kind == AttributeType::Complex, has_parts, "{}", attribute.name);
            let has_targets = !attribute.reference_types.is_empty();
            assert_eq!(attribute.kind == AttributeType::Reference, has_targets, "{}", attribute.name);
            attribute.sub_attributes.iter().for_each(check);
        }
        SchemaSet::core()
            .schemas
            .iter()
            .flat_map(|schema| &schema.attributes)
            .chain(common())
            .for_each(check);
    }

    #[test]
    fn the_characteristics_that_matter_to_provisioning_are_those_of_the_rfc() {
        let names: Vec<_> = user().attributes.iter().map(|a| a.name.as_str()).collect();
        assert_eq!(names.len(), 21);
        let password = user().attribute("password").unwrap();
        assert_eq!((password.mutability, password.returned), (Mutability::WriteOnly, Returned::Never));
        let user_name = user().attribute("userName").unwrap();
        assert!(user_name.required && !user_name.case_exact);
        assert_eq!(user_name.uniqueness, Uniqueness::Server);
        assert_eq!(user().attribute("groups").unwrap().mutability, Mutability::ReadOnly);
        let members = group().attribute("members").unwrap();
        assert_eq!(members.sub("value").unwrap().mutability, Mutability::Immutable);
        assert_eq!(
            enterprise().attribute("manager").unwrap().sub("displayName").unwrap().mutability,
            Mutability::ReadOnly
        );
        assert!(common()[1].case_exact && common()[1].returned == Returned::Always);
    }

    #[test]
    fn json_leaves_out_what_does_not_apply() {
        let active = user().attribute("active").unwrap().to_json();
        assert_eq!(active["type"], json!("boolean"));
        for absent in ["caseExact", "canonicalValues", "referenceTypes", "subAttributes"] {
            assert_eq!(active.get(absent), None, "{absent}");
        }
        let emails = user().attribute("emails").unwrap().to_json();
        assert_eq!(emails["subAttributes"][2]["canonicalValues"], json!(["work", "home", "other"]));
    }

    #[test]
    fn schemas_of_other_servers_are_read_leniently() {
        let read = |value| Attribute::read(&value).unwrap();
        let bare = read(json!({"Name": "shoeSize"}));
        assert_eq!(
            (bare.kind, bare.mutability, bare.returned),
            (AttributeType::String, Mutability::ReadWrite, Returned::Default)
        );
        assert_eq!(read(json!({"name": "x", "type": "json"})).kind, AttributeType::Unknown);
        assert_eq!(read(json!({"name": "x", "type": "DATETIME"})).kind, AttributeType::DateTime);
        assert_eq!(read(json!({"name": "x", "subAttributes": [{"name": "y"}]})).kind, AttributeType::Complex);
        assert_eq!(
            read(json!({"name": "x", "mutability": null, "multiValued": "yes"})).mutability,
            Mutability::ReadWrite
        );
        assert!(Attribute::read(&json!({"type": "string"})).is_none());
        assert!(Schema::read(&json!({"name": "User"})).is_none());
        let mut deep = json!({"name": "x"});
        for _ in 0..100 {
            deep = json!({"name": "x", "subAttributes": [deep]});
        }
        assert!(Attribute::read(&deep).is_some());
    }
}
