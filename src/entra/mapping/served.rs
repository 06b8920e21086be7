//! What a server publishes that takes a mapping: the schemas of RFC 7643 §8.7 and whatever else its rows
//! name.

use super::{AttributeMapping, DataType, Mapping, ObjectMapping, RoleFunction, TargetKind, ValueSource};
use crate::entra::directory::AttributeKind;
use crate::scim::schema::{self, Attribute, AttributeType, ResourceSchemas, ServedSchemas};
use crate::scim::{Comparison, Filter, same_name};

impl Mapping {
    /// The schemas of a server that keeps everything this mapping sends.
    #[must_use]
    pub fn served_schemas(&self) -> ServedSchemas {
        let mut served = ServedSchemas::default();
        define(&mut served.user, &self.user);
        if let Some(group) = &self.group {
            define(&mut served.group, group);
        }
        served
    }
}

fn define(schemas: &mut ResourceSchemas, mapping: &ObjectMapping) {
    for row in &mapping.rows {
        let urn = row.target.schema.as_deref();
        let is_core = urn.is_none_or(|urn| same_name(urn, &schemas.core.id));
        if is_core && schema::common().iter().any(|known| same_name(&known.name, &row.target.attribute)) {
            continue;
        }
        let schema = match urn {
            Some(urn) => schemas.schema_mut(urn),
            None => &mut schemas.core,
        };
        let known = schema.attributes.iter_mut().find(|known| same_name(&known.name, &row.target.attribute));
        match known {
            Some(attribute) => complete(attribute, row),
            None => {
                let mut attribute = row.attribute();
                complete(&mut attribute, row);
                schema.attributes.push(attribute);
            }
        }
    }
}

/// Adds the sub-attributes that a row names: the one it writes, and those by which it selects an element. What a
/// row declares to be no text is none.
fn complete(attribute: &mut Attribute, row: &AttributeMapping) {
    if attribute.kind != AttributeType::Complex {
        retype(attribute, row);
        return;
    }
    let mut selected = Vec::new();
    row.target.filter.iter().for_each(|filter| compared(filter, &mut selected));
    for name in selected {
        if attribute.sub(name).is_none() {
            let kind =
                if same_name(name, "primary") { AttributeType::Boolean } else { AttributeType::String };
            attribute.sub_attributes.push(Attribute::new(name, kind));
        }
    }
    let Some(sub) = &row.target.sub else { return };
    match attribute.sub_attributes.iter_mut().find(|known| same_name(&known.name, sub)) {
        Some(known) => retype(known, row),
        None => attribute.sub_attributes.push(Attribute { name: sub.clone(), ..row.leaf() }),
    }
}

fn retype(attribute: &mut Attribute, row: &AttributeMapping) {
    let kind = row.leaf().kind;
    if attribute.kind == AttributeType::String && !row.is_reference() && kind != AttributeType::Reference {
        attribute.kind = kind;
    }
}

fn compared<'a>(filter: &'a Filter, names: &mut Vec<&'a str>) {
    match filter {
        Filter::And(left, right) => {
            compared(left, names);
            compared(right, names);
        }
        Filter::Compare(path, Comparison::Equal, _) => names.push(&path.attribute),
        _ => {}
    }
}

impl AttributeMapping {
    /// The definition of an attribute that no schema of RFC 7643 has.
    fn attribute(&self) -> Attribute {
        let name = self.target.attribute.clone();
        let like =
            |known: Option<&Attribute>| known.map(|known| Attribute { name: name.clone(), ..known.clone() });
        let shaped = match &self.source {
            ValueSource::Attribute(source) if source.kind == AttributeKind::Reference => {
                like(schema::enterprise().attribute("manager"))
            }
            ValueSource::Attribute(source) if source.kind == AttributeKind::References => {
                like(schema::group().attribute("members"))
            }
            ValueSource::Roles(RoleFunction::Complex | RoleFunction::Assertive) => {
                like(schema::user().attribute("roles"))
            }
            _ => None,
        };
        if let Some(shaped) = shaped {
            return shaped;
        }
        if self.target.filter.is_none() && self.target.sub.is_none() {
            return Attribute { name, ..self.leaf() };
        }
        Attribute {
            multi_valued: self.target.filter.is_some(),
            ..Attribute::new(&name, AttributeType::Complex)
        }
    }

    /// The definition of what holds the row's value, under a name to be given.
    fn leaf(&self) -> Attribute {
        let kind = match (self.target_kind(), self.declared.data_type) {
            (TargetKind::Boolean, _) => AttributeType::Boolean,
            (TargetKind::Integer, _) => AttributeType::Integer,
            (_, DataType::DateTime) => AttributeType::DateTime,
            (_, DataType::Binary) => AttributeType::Binary,
            (_, DataType::Reference) => AttributeType::Reference,
            _ => AttributeType::String,
        };
        let lists = matches!(&self.source, ValueSource::Attribute(source) if source.kind == AttributeKind::Texts)
            || matches!(&self.source, ValueSource::Roles(RoleFunction::Plain));
        Attribute {
            multi_valued: self.target.filter.is_none() && (self.declared.multivalued || lists),
            // RFC 7643 §2.3.6 and §2.3.7: Base64 and URIs are case exact.
            case_exact: self.declared.case_exact
                || matches!(kind, AttributeType::Binary | AttributeType::Reference),
            reference_types: match kind {
                AttributeType::Reference => vec!["external".to_owned()],
                _ => Vec::new(),
            },
            ..Attribute::new("", kind)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entra::mapping::profiles;

    fn served(profile: &str) -> ServedSchemas {
        profiles::load(profile).unwrap().served_schemas()
    }

    #[test]
    fn the_default_mapping_needs_no_more_than_the_rfcs_schemas() {
        assert_eq!(served(profiles::DEFAULT), ServedSchemas::default());
    }

    #[test]
    fn an_applications_own_attributes_get_a_schema() {
        let slack = served("slack").user;
        let first = &slack.extensions[1];
        assert_eq!(first.id, "urn:scim:schemas:extension:enterprise:1.0");
        assert_eq!(first.attribute("department").map(|known| known.kind), Some(AttributeType::String));
        let manager = first.attribute("manager").unwrap();
        assert!(manager.sub("value").is_some());
        let bentley = served("bentley-automatic-user-provisioning").group;
        assert!(bentley.extensions[0].attribute("description").is_some());
        let dates = served("knowbe4-security-awareness-training").user.extensions;
        assert_eq!(dates[1].attribute("customDate1").unwrap().kind, AttributeType::DateTime);
    }

    #[test]
    fn every_row_of_every_profile_has_a_place() {
        for name in profiles::names() {
            let mapping = profiles::load(name).unwrap();
            let served = mapping.served_schemas();
            for (object, schemas) in
                [(Some(&mapping.user), &served.user), (mapping.group.as_ref(), &served.group)]
            {
                let set: schema::SchemaSet =
                    std::iter::once(&schemas.core).chain(&schemas.extensions).cloned().collect();
                for row in object.iter().flat_map(|object| &object.rows) {
                    assert!(set.find_patch(&row.target).is_some(), "{name}: {}", row.written);
                }
            }
        }
    }
}
