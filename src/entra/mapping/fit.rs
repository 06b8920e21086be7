//! A mapping made to fit what a server publishes: without the attributes that it does not have, and with those that it
//! requires.

use super::{AttributeMapping, Mapping, ObjectMapping, ValueSource, source_attribute};
use crate::entra::directory::ObjectKind;
use crate::scim::schema::{Attribute, AttributeType, Mutability, SchemaSet, Uniqueness};
use crate::scim::{same_name, urn};

/// A mapping that fits a server's schemas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fitted {
    /// The mapping.
    pub mapping: Mapping,
    /// What is different from the mapping before, one for each attribute.
    pub changes: Vec<FitChange>,
    /// Required attributes that no row can be made for, as `/Schemas` names them.
    pub unmapped: Vec<String>,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FitChange {
    /// The row is left out, because the schemas do not have its target.
    NotOffered {
        /// Of users or of groups.
        kind: ObjectKind,
        /// The target, as the mapping writes it.
        target: String,
    },
    /// The row is left out, because the schemas call its target read-only.
    ReadOnly {
        /// Of users or of groups.
        kind: ObjectKind,
        /// The target, as the mapping writes it.
        target: String,
    },
    /// The row is new, because the schemas call its target required.
    Required {
        /// Of users or of groups.
        kind: ObjectKind,
        /// The target, as the mapping writes it.
        target: String,
        /// Its value is a guess: a fixed text, because no attribute of Entra has the same meaning.
        is_made_up: bool,
    },
}

/// Attributes of Entra with the meaning of one of RFC 7643.
const SAME_MEANING: [(&str, &str); 17] = [
    ("displayName", "displayName"),
    ("nickName", "mailNickname"),
    ("title", "jobTitle"),
    ("userType", "userType"),
    ("preferredLanguage", "preferredLanguage"),
    ("locale", "preferredLanguage"),
    ("name.givenName", "givenName"),
    ("name.familyName", "surname"),
    ("name.formatted", "displayName"),
    ("emails.value", "mail"),
    ("phoneNumbers.value", "telephoneNumber"),
    ("addresses.formatted", "physicalDeliveryOfficeName"),
    ("addresses.streetAddress", "streetAddress"),
    ("addresses.locality", "city"),
    ("addresses.region", "state"),
    ("addresses.postalCode", "postalCode"),
    ("addresses.country", "country"),
];

impl Mapping {
    /// The mapping without targets that the schemas lack or call read-only, and with rows for attributes that they call
    /// required. Attributes that match stay. Schemas without those of a kind of object change nothing of it.
    #[must_use]
    pub fn fitted(&self, schemas: &SchemaSet) -> Fitted {
        let mut fitted = Fitted { mapping: self.clone(), changes: Vec::new(), unmapped: Vec::new() };
        let mut user = self.user.clone();
        fitted.fit(ObjectKind::User, &mut user, schemas);
        let group = self.group.clone().map(|mut group| {
            fitted.fit(ObjectKind::Group, &mut group, schemas);
            group
        });
        (fitted.mapping.user, fitted.mapping.group) = (user, group);
        fitted
    }
}

impl Fitted {
    /// True when the mapping fits as it was.
    #[must_use]
    pub fn is_unchanged(&self) -> bool {
        self.changes.is_empty()
    }

    fn fit(&mut self, kind: ObjectKind, object: &mut ObjectMapping, schemas: &SchemaSet) {
        let core = match kind {
            ObjectKind::User => urn::USER,
            ObjectKind::Group => urn::GROUP,
        };
        let Some(schema) = schemas.get(core) else { return };
        object.rows.retain(|row| {
            let target = row.written.clone();
            let change = match schemas.find_within(core, &row.target.attribute_path()) {
                _ if row.matching.is_some() => return true,
                None => FitChange::NotOffered { kind, target },
                Some(offered) if offered.mutability == Mutability::ReadOnly => {
                    FitChange::ReadOnly { kind, target }
                }
                Some(_) => return true,
            };
            self.changes.push(change);
            false
        });
        for attribute in schema.attributes.iter().filter(|attribute| is_written(attribute)) {
            for (path, leaf) in required(attribute, object) {
                match row_for(kind, &path, leaf) {
                    Some(row) => {
                        let is_made_up = matches!(row.source, ValueSource::Constant(_));
                        let target = row.written.clone();
                        self.changes.push(FitChange::Required { kind, target, is_made_up });
                        object.rows.push(row);
                    }
                    None => self.unmapped.push(path),
                }
            }
        }
    }
}

/// Whether a client writes an attribute. Passwords are none that Entra writes.
fn is_written(attribute: &Attribute) -> bool {
    attribute.mutability != Mutability::ReadOnly && !same_name(&attribute.name, "id")
}

/// The required paths of an attribute that no row of the mapping writes, each with the definition of its value.
fn required<'a>(attribute: &'a Attribute, object: &ObjectMapping) -> Vec<(String, &'a Attribute)> {
    let mut rows = object.rows.iter().filter(|row| {
        let is_core = row
            .target
            .schema
            .as_deref()
            .is_none_or(|urn| same_name(urn, urn::USER) || same_name(urn, urn::GROUP));
        is_core && same_name(&row.target.attribute, &attribute.name)
    });
    if attribute.kind != AttributeType::Complex {
        let is_missing = attribute.required && rows.next().is_none();
        return is_missing.then(|| (attribute.name.clone(), attribute)).into_iter().collect();
    }
    let rows: Vec<_> = rows.collect();
    // A row without a sub-attribute, as `members`, writes the whole.
    if rows.iter().any(|row| row.target.sub.is_none()) || (rows.is_empty() && !attribute.required) {
        return Vec::new();
    }
    let has =
        |sub: &str| rows.iter().any(|row| row.target.sub.as_deref().is_some_and(|it| same_name(it, sub)));
    let mut wanted: Vec<&Attribute> = attribute
        .sub_attributes
        .iter()
        .filter(|sub| sub.required && is_written(sub) && !has(&sub.name) && !same_name(&sub.name, "type"))
        .collect();
    if wanted.is_empty() && rows.is_empty() {
        wanted.extend(
            attribute.sub("value").or_else(|| attribute.sub_attributes.iter().find(|sub| is_written(sub))),
        );
    }
    let path = |sub: &str| match attribute.multi_valued {
        true => format!("{}[type eq \"work\"].{sub}", attribute.name),
        false => format!("{}.{sub}", attribute.name),
    };
    match wanted.is_empty() && rows.is_empty() {
        true => vec![(attribute.name.clone(), attribute)],
        false => wanted.into_iter().map(|sub| (path(&sub.name), sub)).collect(),
    }
}

/// A row for a required attribute: from Entra's attribute with the same meaning, or a fixed value of its type.
fn row_for(kind: ObjectKind, path: &str, leaf: &Attribute) -> Option<AttributeMapping> {
    let plain = path.replace("[type eq \"work\"]", "");
    let same = SAME_MEANING.iter().find(|(scim, _)| same_name(scim, &plain)).map(|(_, entra)| *entra);
    // A fixed value that must be unique would be rejected the second time.
    let is_unique = leaf.kind == AttributeType::String && leaf.uniqueness != Uniqueness::None;
    let same = same.or(is_unique.then_some("objectId"));
    let source = match same.and_then(|name| source_attribute(kind, name).ok()) {
        Some(attribute) => ValueSource::Attribute(attribute),
        None => ValueSource::Constant(made_up(leaf)?),
    };
    let mut row = AttributeMapping::new(path, source).ok()?;
    row.declared.required = true;
    Some(row)
}

/// A value that the attribute takes; `None` where a text does not do.
fn made_up(leaf: &Attribute) -> Option<String> {
    let text = match leaf.kind {
        AttributeType::String => leaf.canonical_values.first().map_or("Example", String::as_str),
        AttributeType::Boolean => "True",
        AttributeType::Integer => "1",
        AttributeType::DateTime => "2025-01-01T00:00:00Z",
        _ => return None,
    };
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entra::mapping::profiles;

    fn default() -> Mapping {
        profiles::load(profiles::DEFAULT).unwrap()
    }

    #[test]
    fn a_server_that_offers_all_needs_no_other_mapping() {
        for schemas in [SchemaSet::core(), SchemaSet::default()] {
            let fitted = default().fitted(&schemas);
            assert!(fitted.is_unchanged() && fitted.unmapped.is_empty(), "{fitted:?}");
            assert_eq!(fitted.mapping, default());
        }
    }

    #[test]
    fn what_is_not_offered_or_read_only_is_left_out_and_what_matches_stays() {
        let mut schemas = SchemaSet::core();
        schemas.schemas.retain(|schema| schema.id != urn::ENTERPRISE);
        let user = &mut schemas.schemas[0];
        user.attributes.retain(|attribute| !["title", "userName"].contains(&attribute.name.as_str()));
        let language = user.attributes.iter_mut().find(|known| known.name == "preferredLanguage").unwrap();
        language.mutability = Mutability::ReadOnly;
        let fitted = default().fitted(&schemas);
        assert!(
            fitted.mapping.user.find("title").is_none() && fitted.mapping.user.find("userName").is_some()
        );
        let kind = ObjectKind::User;
        assert!(fitted.changes.contains(&FitChange::NotOffered { kind, target: "title".into() }));
        assert!(fitted.changes.contains(&FitChange::ReadOnly { kind, target: "preferredLanguage".into() }));
        assert!(fitted.mapping.user.rows.iter().all(|row| row.target.schema.is_none()), "{fitted:?}");
        assert_eq!(fitted.mapping.group, default().group);
    }

    #[test]
    fn what_is_required_gets_a_row() {
        let mut schemas = SchemaSet::core();
        let user = &mut schemas.schemas[0];
        for attribute in &mut user.attributes {
            attribute.required |=
                ["nickName", "timezone", "password", "roles", "emails"].contains(&attribute.name.as_str());
        }
        let badge = Attribute { required: true, ..Attribute::new("badge", AttributeType::Integer) };
        user.attributes.push(badge);
        let fitted = default().fitted(&schemas);
        let source = |target: &str| fitted.mapping.user.find(target).map(|row| row.source.clone());
        assert!(
            matches!(source("nickName"), Some(ValueSource::Attribute(from)) if from.name == "mailNickname")
        );
        assert_eq!(source("timezone"), Some(ValueSource::Constant("Example".into())));
        assert_eq!(source("badge"), Some(ValueSource::Constant("1".into())));
        assert!(source("roles[type eq \"work\"].value").is_some(), "{:?}", fitted.changes);
        assert_eq!(fitted.unmapped, ["password"]);
        // `emails` has a row already.
        assert_eq!(fitted.changes.len(), 4, "{:?}", fitted.changes);
    }
}
