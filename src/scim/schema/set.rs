use super::{
    Attribute, Schema, common, enterprise, group, resource_type, schema, service_provider_config, user,
};
use crate::scim::{AttributePath, PatchPath, same_name, urn};

/// Schemas that are looked into together: those a server published, or the core ones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SchemaSet {
    /// The schemas in the order they were published.
    pub schemas: Vec<Schema>,
}

impl SchemaSet {
    /// The core schemas of RFC 7643 §8.7, the three of the discovery documents included.
    #[must_use]
    pub fn core() -> Self {
        let schemas = [user(), enterprise(), group(), service_provider_config(), resource_type(), schema()];
        SchemaSet { schemas: schemas.into_iter().cloned().collect() }
    }

    /// True when nothing was published.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.schemas.is_empty()
    }

    /// The schema of that URN, in any letter case.
    #[must_use]
    pub fn get(&self, urn: &str) -> Option<&Schema> {
        self.schemas.iter().find(|schema| same_name(&schema.id, urn))
    }

    /// The attribute or sub-attribute a path names.
    ///
    /// Without a URN the core schemas are looked into before extensions: `displayName` is the
    /// user's. Use [`SchemaSet::find_within`] where the resource type is known. `id`, `externalId`,
    /// `meta` and `schemas` are found although no schema lists them. `None` also for a bare URN.
    #[must_use]
    pub fn find(&self, path: &AttributePath) -> Option<&Attribute> {
        let attribute = match &path.schema {
            Some(urn) => self.get(urn).and_then(|schema| schema.attribute(&path.attribute)),
            None => {
                let is_core = |schema: &&Schema| is_core_resource(&schema.id);
                let find = |schema: &'_ Schema| schema.attribute(&path.attribute).is_some();
                self.schemas
                    .iter()
                    .filter(is_core)
                    .chain(self.schemas.iter().filter(|schema| !is_core(schema)))
                    .find(|schema| find(schema))
                    .and_then(|schema| schema.attribute(&path.attribute))
            }
        };
        narrow(attribute, path)
    }

    /// The attribute a path names on resources whose main schema is `core`: names without a URN are
    /// looked for there and nowhere else.
    #[must_use]
    pub fn find_within(&self, core: &str, path: &AttributePath) -> Option<&Attribute> {
        let urn = path.schema.as_deref().unwrap_or(core);
        narrow(self.get(urn).and_then(|schema| schema.attribute(&path.attribute)), path)
    }

    /// [`SchemaSet::find`] for a PATCH path; its filter plays no part.
    #[must_use]
    pub fn find_patch(&self, path: &PatchPath) -> Option<&Attribute> {
        self.find(&path.attribute_path())
    }
}

impl FromIterator<Schema> for SchemaSet {
    fn from_iter<I: IntoIterator<Item = Schema>>(schemas: I) -> Self {
        SchemaSet { schemas: schemas.into_iter().collect() }
    }
}

/// The attribute itself or its sub-attribute; a common attribute when no schema had one.
fn narrow<'a>(attribute: Option<&'a Attribute>, path: &AttributePath) -> Option<&'a Attribute> {
    let is_common = |attribute: &&'static Attribute| {
        same_name(&attribute.name, &path.attribute) && path.schema.as_deref().is_none_or(is_core_resource)
    };
    let attribute = attribute.or_else(|| common().iter().find(is_common))?;
    match &path.sub {
        Some(sub) => attribute.sub(sub),
        None => Some(attribute),
    }
}

/// True for the core schemas of resources that are provisioned.
fn is_core_resource(urn: &str) -> bool {
    same_name(urn, urn::USER) || same_name(urn, urn::GROUP)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::schema::AttributeType;

    fn kind(path: &str) -> Option<AttributeType> {
        SchemaSet::core().find_patch(&path.parse().unwrap()).map(|attribute| attribute.kind)
    }

    #[test]
    fn paths_find_their_attribute() {
        assert_eq!(kind("ACTIVE"), Some(AttributeType::Boolean));
        assert_eq!(kind("name.familyname"), Some(AttributeType::String));
        assert_eq!(kind(r#"emails[type eq "work"].primary"#), Some(AttributeType::Boolean));
        assert_eq!(kind("members.$ref"), Some(AttributeType::Reference));
        assert_eq!(kind("urn:ietf:params:scim:schemas:core:2.0:User:userName"), Some(AttributeType::String));
        assert_eq!(kind(&format!("{}:manager.value", urn::ENTERPRISE)), Some(AttributeType::String));
        assert_eq!(kind("externalId"), Some(AttributeType::String));
        assert_eq!(kind("meta.lastModified"), Some(AttributeType::DateTime));
    }

    #[test]
    fn unknown_paths_find_nothing() {
        for path in ["shoeSize", "name.shoeSize", "active.value", urn::ENTERPRISE, "urn:x:1.0:Thing:userName"]
        {
            assert_eq!(kind(path), None, "{path}");
        }
        assert_eq!(kind(&format!("{}:externalId", urn::ENTERPRISE)), None);
    }

    #[test]
    fn a_known_resource_type_narrows_the_search() {
        let set = SchemaSet::core();
        let path = "displayName".parse().unwrap();
        assert!(set.find_within(urn::GROUP, &path).unwrap().required);
        assert!(!set.find_within(urn::USER, &path).unwrap().required);
        assert_eq!(set.find_within(urn::GROUP, &"userName".parse().unwrap()), None);
        assert!(set.find_within(urn::GROUP, &"id".parse().unwrap()).is_some());
    }
}
