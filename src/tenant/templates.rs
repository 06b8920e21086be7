//! The applications that can be added (Graph: applicationTemplate), and what a new one has.

use serde_json::{Value, json};
use uuid::Uuid;

use super::error::TenantError;
use crate::diagnostic::Diagnostic;
use crate::entra::mapping::{Mapping, ObjectMapping, profiles};

/// An application of the gallery, or the one that is in no gallery.
#[derive(Debug, Clone, Copy)]
pub struct Template {
    /// Graph's id.
    pub id: &'static str,
    /// Its name in the gallery.
    pub name: &'static str,
    /// The synchronization template of its jobs (Graph: synchronizationTemplate).
    pub synchronization: &'static str,
    /// The profile with its default mapping.
    pub profile: &'static str,
    /// One sentence.
    pub about: &'static str,
}

/// "Create your own application", not in the gallery (Graph: applicationTemplate-instantiate).
pub const CUSTOM: &str = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621";

/// TimeClock 365 SAML. Its id in the gallery is not published; this one is made up.
pub const TIMECLOCK: &str = "7e1c7f5e-52b7-4f6f-8a80-3c6d3a9f5d36";

/// Every template.
pub const TEMPLATES: &[Template] = &[
    Template {
        id: CUSTOM,
        name: "Non-gallery application",
        synchronization: "scim",
        profile: profiles::DEFAULT,
        about: "Any application you don't find in the gallery, with SCIM provisioning and Entra's default mapping.",
    },
    Template {
        id: TIMECLOCK,
        name: "TimeClock 365 SAML",
        synchronization: "scim",
        profile: "timeclock-365-saml",
        about: "The gallery application TimeClock 365 SAML, with the mapping of its tutorial.",
    },
    Template {
        id: "2e388773-2016-40c0-a06e-743486cef3bf",
        name: "Entra Gallery Provisioning Test App",
        synchronization: "isvonboarding",
        profile: profiles::DEFAULT,
        about: "The application of Microsoft's own validation, which vendors run before they submit.",
    },
];

impl Template {
    /// The template of that id.
    ///
    /// # Errors
    /// When there is none.
    pub fn find(id: &str) -> Result<&'static Template, TenantError> {
        TEMPLATES
            .iter()
            .find(|template| template.id.eq_ignore_ascii_case(id))
            .ok_or_else(|| TenantError::missing(id))
    }

    /// The mapping that a new job has.
    ///
    /// # Errors
    /// When the profile cannot be read.
    pub fn mapping(&self) -> Result<Mapping, Vec<Diagnostic>> {
        profiles::load(self.profile)
    }

    /// What groups are mapped to where the application's own template says nothing: as for one that is in no gallery.
    ///
    /// # Errors
    /// When the profile cannot be read.
    pub fn group_mapping() -> Result<ObjectMapping, TenantError> {
        let mapping = Template::find(CUSTOM)?.mapping().map_err(TenantError::Schema)?;
        mapping.group.ok_or_else(|| TenantError::missing("the group mapping"))
    }

    /// As Graph shows it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "displayName": self.name,
            "description": self.about,
            "publisher": "scimulate",
            "homePageUrl": null,
            "logoUrl": null,
            "categories": [],
            "supportedProvisioningTypes": ["sync"],
            "supportedSingleSignOnModes": ["saml", "external"],
        })
    }
}

/// A role that people and groups are assigned (Graph: appRole).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleDefinition {
    /// Its id.
    pub id: Uuid,
    /// Its name in the portal.
    pub display_name: String,
    /// What it is for.
    pub description: String,
    /// Its value in tokens; the two of a new application have none.
    pub value: Option<String>,
    /// Whether it can be assigned.
    pub is_enabled: bool,
    /// Who can have it: `User`, `Application`.
    pub allowed_member_types: Vec<String>,
    /// Where it was declared.
    #[serde(default = "origin")]
    pub origin: String,
}

fn origin() -> String {
    "Application".to_owned()
}

impl RoleDefinition {
    /// The two roles of an application from the gallery (Graph: applicationtemplate-instantiate).
    pub(super) fn usual(mut id: impl FnMut() -> Uuid) -> Vec<Self> {
        ["User", "msiam_access"]
            .into_iter()
            .map(|name| RoleDefinition {
                id: id(),
                display_name: name.to_owned(),
                description: name.to_owned(),
                value: None,
                is_enabled: true,
                allowed_member_types: vec!["User".to_owned()],
                origin: origin(),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_has_a_mapping_and_an_id_of_its_own() {
        for template in TEMPLATES {
            assert!(template.mapping().is_ok(), "{}", template.name);
            assert!(Uuid::parse_str(template.id).is_ok());
            assert_eq!(Template::find(&template.id.to_uppercase()).unwrap().name, template.name);
        }
        assert!(Template::find("nothing").is_err());
    }
}
