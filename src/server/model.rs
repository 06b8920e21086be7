//! What a resource type consists of: its core schema, its extensions, and where a path leads.

use std::sync::LazyLock;

use serde_json::json;

use super::ServerSettings;
use super::variants::Variant;
use crate::scim::schema::{self, Attribute, Schema, ServedSchemas};
use crate::scim::{AttributePath, PatchPath, same_name, urn};

/// The extension that the variant `extra-vendor-schema` publishes.
pub(super) const VENDOR: &str = "urn:ietf:params:scim:schemas:extension:vendor:2.0:User";

/// The two resource types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum ServedKind {
    User,
    Group,
}

impl ServedKind {
    pub(super) const ALL: [ServedKind; 2] = [ServedKind::User, ServedKind::Group];

    /// `meta.resourceType`.
    pub(super) fn name(self) -> &'static str {
        match self {
            ServedKind::User => "User",
            ServedKind::Group => "Group",
        }
    }

    /// The endpoint's path segment.
    pub(super) fn endpoint(self) -> &'static str {
        match self {
            ServedKind::User => "Users",
            ServedKind::Group => "Groups",
        }
    }

    /// The attribute of which no two resources may hold the same value. Group names are unique
    /// because Entra matches groups by them.
    pub(super) fn unique_attribute(self) -> &'static str {
        match self {
            ServedKind::User => "userName",
            ServedKind::Group => "displayName",
        }
    }

    /// The resource type served at a path segment. Paths are case-sensitive.
    pub(super) fn at(segment: &str) -> Option<Self> {
        ServedKind::ALL.into_iter().find(|kind| kind.endpoint() == segment)
    }
}

/// The schemas of one resource type.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) kind: ServedKind,
    pub(super) core: Schema,
    pub(super) extensions: Vec<Schema>,
}

/// The schemas of both.
#[derive(Debug)]
pub(super) struct Models {
    user: Model,
    group: Model,
}

/// Where a path leads: the extension it lies in, the attribute, the sub-attribute.
#[derive(Debug, Clone, Copy)]
pub(super) struct ModelPlace<'a> {
    /// URN of the extension; `None` for the core schema and the common attributes.
    pub(super) extension: Option<&'a str>,
    pub(super) attribute: &'a Attribute,
    pub(super) sub: Option<&'a Attribute>,
}

impl<'a> ModelPlace<'a> {
    /// The attribute whose values count: the sub-attribute, or the `value` of a complex attribute
    /// that is named without one (RFC 7643 §2.4), or the attribute itself.
    pub(super) fn leaf(&self) -> &'a Attribute {
        self.sub.or_else(|| self.attribute.sub("value")).unwrap_or(self.attribute)
    }
}

static VENDOR_SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let text = |name: &str, about: &str| {
        json!({ "name": name, "type": "string", "multiValued": false, "description": about, "required": false,
            "caseExact": false, "mutability": "readWrite", "returned": "default", "uniqueness": "none" })
    };
    let definition = json!({
        "id": VENDOR,
        "name": "Vendor User",
        "description": "What this vendor keeps of a user beside the RFC's schemas",
        "attributes": [
            text("badge", "Number printed on the person's badge"),
            { "name": "logins", "type": "integer", "multiValued": false, "description": "How often the person logged in",
              "required": false, "mutability": "readWrite", "returned": "default", "uniqueness": "none" },
            { "name": "hired", "type": "dateTime", "multiValued": false, "description": "When the person was hired",
              "required": false, "mutability": "readWrite", "returned": "default", "uniqueness": "none" },
            { "name": "recoveryCode", "type": "string", "multiValued": false,
              "description": "With what the person gets in after the password is lost", "required": false,
              "caseExact": true, "mutability": "writeOnly", "returned": "never", "uniqueness": "none" },
            { "name": "desk", "type": "complex", "multiValued": false, "description": "Where the person sits",
              "required": false, "mutability": "readWrite", "returned": "default", "uniqueness": "none",
              "subAttributes": [text("floor", "Floor"), text("room", "Room")] },
        ],
    });
    Schema::read(&definition).expect("the definition above has an id")
});

impl Models {
    /// The schemas of a server with these settings.
    pub(super) fn of(settings: &ServerSettings) -> Self {
        let ServedSchemas { user, group } = (*settings.schemas).clone();
        let mut user = Model { kind: ServedKind::User, core: user.core, extensions: user.extensions };
        let group = Model { kind: ServedKind::Group, core: group.core, extensions: group.extensions };
        if settings.variants.contains(&Variant::ExtraVendorSchema) {
            user.extensions.push(VENDOR_SCHEMA.clone());
        }
        if settings.variants.contains(&Variant::NameAndEmailsRequired) {
            let required =
                |attribute: &&mut Attribute| ["displayName", "emails"].contains(&attribute.name.as_str());
            user.core.attributes.iter_mut().filter(required).for_each(|attribute| attribute.required = true);
        }
        let refused: Vec<_> =
            settings.variants.iter().filter_map(|variant| variant.refused_attribute()).collect();
        user.core.attributes.retain(|attribute| !refused.contains(&attribute.name.as_str()));
        Models { user, group }
    }

    /// Those of one resource type.
    pub(super) fn get(&self, kind: ServedKind) -> &Model {
        match kind {
            ServedKind::User => &self.user,
            ServedKind::Group => &self.group,
        }
    }
}

impl Model {
    /// The schemas of a resource type as RFC 7643 has them.
    #[cfg(test)]
    pub(super) fn of(kind: ServedKind) -> Self {
        let Models { user, group } = Models::of(&ServerSettings::default());
        match kind {
            ServedKind::User => user,
            ServedKind::Group => group,
        }
    }

    /// The extension of that URN.
    pub(super) fn extension(&self, urn: &str) -> Option<&Schema> {
        self.extensions.iter().find(|schema| same_name(&schema.id, urn))
    }

    /// True for the URN of the core schema.
    pub(super) fn is_core(&self, urn: &str) -> bool {
        same_name(&self.core.id, urn)
    }

    /// An attribute of the core schema, or one that every resource has.
    pub(super) fn core_attribute(&self, name: &str) -> Option<&Attribute> {
        self.core
            .attribute(name)
            .or_else(|| schema::common().iter().find(|attribute| same_name(&attribute.name, name)))
    }

    /// Where an attribute path leads. A name without a URN is looked for in the core schema, then
    /// in the extensions: Entra asks for `manager eq "…"` and older jobs write the path `manager`.
    pub(super) fn find(&self, schema: Option<&str>, name: &str, sub: Option<&str>) -> Option<ModelPlace<'_>> {
        let in_core = || self.core_attribute(name).map(|attribute| (None, attribute));
        let (extension, attribute) = match schema {
            None => in_core().or_else(|| {
                self.extensions
                    .iter()
                    .find_map(|schema| Some((Some(schema.id.as_str()), schema.attribute(name)?)))
            })?,
            Some(urn) if self.is_core(urn) => in_core()?,
            Some(urn) => {
                let schema = self.extension(urn)?;
                (Some(schema.id.as_str()), schema.attribute(name)?)
            }
        };
        let sub = match sub {
            Some(sub) => Some(attribute.sub(sub)?),
            None => None,
        };
        Some(ModelPlace { extension, attribute, sub })
    }

    /// [`Model::find`] for a parsed path.
    pub(super) fn find_path(&self, path: &AttributePath) -> Option<ModelPlace<'_>> {
        self.find(path.schema.as_deref(), &path.attribute, path.sub.as_deref())
    }

    /// [`Model::find`] for a PATCH path; its filter plays no part.
    pub(super) fn find_target(&self, path: &PatchPath) -> Option<ModelPlace<'_>> {
        self.find(path.schema.as_deref(), &path.attribute, path.sub.as_deref())
    }
}

/// True for the `schemas` URN of a resource that Microsoft's tutorial sends beside the core one.
pub(super) fn is_core_urn(text: &str) -> bool {
    same_name(text, urn::USER) || same_name(text, urn::GROUP)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(path: &str) -> Option<(Option<String>, String)> {
        let path: PatchPath = path.parse().unwrap();
        let model = Model::of(ServedKind::User);
        let place = model.find_target(&path)?;
        Some((place.extension.map(str::to_owned), place.leaf().name.clone()))
    }

    #[test]
    fn names_without_a_urn_are_looked_for_in_the_core_schema_first() {
        assert_eq!(find("displayname"), Some((None, "displayName".into())));
        assert_eq!(find("department"), Some((Some(urn::ENTERPRISE.into()), "department".into())));
        assert_eq!(find("manager"), Some((Some(urn::ENTERPRISE.into()), "value".into())));
        assert_eq!(find("urn:ietf:params:scim:schemas:core:2.0:User:department"), None);
        assert_eq!(find("meta.created"), Some((None, "created".into())));
        assert_eq!(find("shoeSize"), None);
        assert_eq!(find("name.shoeSize"), None);
    }
}
