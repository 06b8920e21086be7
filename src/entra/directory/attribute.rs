use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::{ObjectKind, SourceValue};
use crate::diagnostic;

/// What kind of value a source attribute holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttributeKind {
    /// One text.
    Text,
    /// Several texts.
    Texts,
    /// True or false.
    Boolean,
    /// Another object of the directory.
    Reference,
    /// Several other objects of the directory.
    References,
    /// Assignments of app roles.
    Roles,
}

impl AttributeKind {
    /// True for links to other objects, which are provisioned in a second pass.
    #[must_use]
    pub fn is_reference(self) -> bool {
        matches!(self, AttributeKind::Reference | AttributeKind::References)
    }

    /// True when a value of this shape belongs here.
    #[must_use]
    pub fn admits(self, value: &SourceValue) -> bool {
        matches!(
            (self, value),
            (AttributeKind::Text, SourceValue::Text(_))
                | (AttributeKind::Texts, SourceValue::Texts(_))
                | (AttributeKind::Boolean, SourceValue::Boolean(_))
                | (AttributeKind::Reference, SourceValue::Reference(_))
                | (AttributeKind::References, SourceValue::References(_))
                | (AttributeKind::Roles, SourceValue::Roles(_))
        )
    }

    /// The words used in messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            AttributeKind::Text => "a text",
            AttributeKind::Texts => "a list of texts",
            AttributeKind::Boolean => "true or false",
            AttributeKind::Reference => "a reference",
            AttributeKind::References => "a list of references",
            AttributeKind::Roles => "app roles",
        }
    }
}

/// One attribute of Entra's `user` or `group` that a mapping may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceAttribute {
    /// Its name in Entra, in Entra's spelling.
    pub name: &'static str,
    /// What it holds.
    pub kind: AttributeKind,
    /// Set by the directory itself (`objectId`), or by a method of its own (`manager`,
    /// `accountEnabled`, `members`), and not through [`super::Tenant::set`].
    pub computed: bool,
}

/// The attribute that holds a user's app roles.
pub(super) const APP_ROLE_ASSIGNMENTS: &str = "appRoleAssignments";

const fn text(name: &'static str) -> SourceAttribute {
    SourceAttribute { name, kind: AttributeKind::Text, computed: false }
}

const fn computed(name: &'static str, kind: AttributeKind) -> SourceAttribute {
    SourceAttribute { name, kind, computed: true }
}

/// Attributes of a user, in the order of Entra's default mapping, then the others.
static USER: &[SourceAttribute] = &[
    text("userPrincipalName"),
    text("displayName"),
    text("jobTitle"),
    text("mail"),
    text("preferredLanguage"),
    text("givenName"),
    text("surname"),
    text("physicalDeliveryOfficeName"),
    text("streetAddress"),
    text("city"),
    text("state"),
    text("postalCode"),
    text("country"),
    text("telephoneNumber"),
    text("mobile"),
    text("facsimileTelephoneNumber"),
    text("mailNickname"),
    text("employeeId"),
    text("department"),
    computed("manager", AttributeKind::Reference),
    computed("objectId", AttributeKind::Text),
    computed("accountEnabled", AttributeKind::Boolean),
    text("companyName"),
    text("usageLocation"),
    text("employeeType"),
    text("employeeHireDate"),
    text("userType"),
    text("originalUserPrincipalName"),
    text("onPremisesSamAccountName"),
    text("onPremisesImmutableId"),
    text("onPremisesSecurityIdentifier"),
    text("onPremisesDistinguishedName"),
    text("onPremisesDomainName"),
    text("onPremisesUserPrincipalName"),
    SourceAttribute { name: "dirSyncEnabled", kind: AttributeKind::Boolean, computed: false },
    SourceAttribute { name: "otherMails", kind: AttributeKind::Texts, computed: false },
    SourceAttribute { name: "proxyAddresses", kind: AttributeKind::Texts, computed: false },
    SourceAttribute { name: APP_ROLE_ASSIGNMENTS, kind: AttributeKind::Roles, computed: false },
    text("extensionAttribute1"),
    text("extensionAttribute2"),
    text("extensionAttribute3"),
    text("extensionAttribute4"),
    text("extensionAttribute5"),
    text("extensionAttribute6"),
    text("extensionAttribute7"),
    text("extensionAttribute8"),
    text("extensionAttribute9"),
    text("extensionAttribute10"),
    text("extensionAttribute11"),
    text("extensionAttribute12"),
    text("extensionAttribute13"),
    text("extensionAttribute14"),
    text("extensionAttribute15"),
];

/// Attributes of a group.
static GROUP: &[SourceAttribute] = &[
    text("displayName"),
    computed("objectId", AttributeKind::Text),
    computed("members", AttributeKind::References),
    text("description"),
    text("mail"),
    text("mailNickname"),
    SourceAttribute { name: "securityEnabled", kind: AttributeKind::Boolean, computed: false },
    SourceAttribute { name: "mailEnabled", kind: AttributeKind::Boolean, computed: false },
];

/// Every attribute that a mapping of such objects may read.
#[must_use]
pub fn attributes(kind: ObjectKind) -> &'static [SourceAttribute] {
    match kind {
        ObjectKind::User => USER,
        ObjectKind::Group => GROUP,
    }
}

/// The attribute of that name: one of Entra's own, one that was [declared](declare), or a directory
/// extension (`extension_`, the application's id without hyphens, `_`, a name). Names are compared
/// with their letter case, as Entra's mappings do.
///
/// # Errors
/// [`UnknownAttribute`].
pub fn find(kind: ObjectKind, name: &str) -> Result<&'static SourceAttribute, UnknownAttribute> {
    if let Some(attribute) = attributes(kind).iter().find(|attribute| attribute.name == name) {
        return Ok(attribute);
    }
    if is_directory_extension(name) {
        return Ok(declare(kind, name, AttributeKind::Text));
    }
    let declared = DECLARED.lock().unwrap_or_else(PoisonError::into_inner);
    let found = declared.iter().find(|(of, attribute)| *of == kind && attribute.name == name);
    found.map(|(_, attribute)| *attribute).ok_or_else(|| UnknownAttribute { kind, name: name.to_owned() })
}

/// Attributes beyond Entra's own. They live as long as the process: a mapping names a few dozen at most.
static DECLARED: Mutex<Vec<(ObjectKind, &'static SourceAttribute)>> = Mutex::new(Vec::new());

/// Adds an attribute that a tenant has and Entra's own schema does not, as a synchronizationSchema
/// lists them; one that is there already stays as it is.
pub fn declare(kind: ObjectKind, name: &str, values: AttributeKind) -> &'static SourceAttribute {
    if let Some(attribute) = attributes(kind).iter().find(|attribute| attribute.name == name) {
        return attribute;
    }
    let mut declared = DECLARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, attribute)) = declared.iter().find(|(of, known)| *of == kind && known.name == name) {
        return attribute;
    }
    let attribute: &'static SourceAttribute = Box::leak(Box::new(SourceAttribute {
        name: Box::leak(name.to_owned().into_boxed_str()),
        kind: values,
        computed: false,
    }));
    declared.push((kind, attribute));
    attribute
}

fn is_directory_extension(name: &str) -> bool {
    let parts = name.strip_prefix("extension_").and_then(|rest| rest.split_once('_'));
    parts.is_some_and(|(application, name)| {
        application.len() == 32
            && application.bytes().all(|byte| byte.is_ascii_hexdigit())
            && !name.is_empty()
    })
}

/// A name that is no attribute of users or groups in Entra.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownAttribute {
    /// Where it was looked for.
    pub kind: ObjectKind,
    /// The name as given.
    pub name: String,
}

impl UnknownAttribute {
    /// The attribute that was probably meant.
    #[must_use]
    pub fn closest(&self) -> Option<&'static str> {
        diagnostic::closest(&self.name, attributes(self.kind).iter().map(|attribute| attribute.name))
    }
}

impl fmt::Display for UnknownAttribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not an attribute of an Entra {}", self.name, self.kind)
    }
}

impl std::error::Error for UnknownAttribute {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_letter_case() {
        assert_eq!(find(ObjectKind::User, "mailNickname").map(|a| a.kind), Ok(AttributeKind::Text));
        let error = find(ObjectKind::User, "mailnickName").expect_err("letter case counts");
        assert_eq!(error.to_string(), "`mailnickName` is not an attribute of an Entra user");
        assert_eq!(error.closest(), Some("mailNickname"));
        assert!(find(ObjectKind::Group, "userPrincipalName").is_err());
    }

    // "Sync an attribute for mapping": directory extensions are named after the application that made them.
    #[test]
    fn a_tenant_has_attributes_of_its_own() {
        let name = "extension_0123456789abcdef0123456789abcdef_costCode";
        let found = find(ObjectKind::User, name).expect("it is a directory extension");
        assert_eq!((found.name, found.kind), (name, AttributeKind::Text));
        assert!(std::ptr::eq(found, find(ObjectKind::User, name).expect("it is the same")));
        assert!(find(ObjectKind::User, "extension_0123_costCode").is_err());
        assert!(find(ObjectKind::Group, "declaredBadges").is_err());
        let declared = declare(ObjectKind::Group, "declaredBadges", AttributeKind::Texts);
        assert_eq!(find(ObjectKind::Group, "declaredBadges"), Ok(declared));
        assert!(find(ObjectKind::User, "declaredBadges").is_err());
        assert_eq!(declare(ObjectKind::User, "mail", AttributeKind::Texts).kind, AttributeKind::Text);
    }

    #[test]
    fn no_name_stands_twice() {
        for kind in [ObjectKind::User, ObjectKind::Group] {
            let mut names: Vec<_> = attributes(kind).iter().map(|a| a.name).collect();
            names.sort_unstable();
            let before = names.len();
            names.dedup();
            assert_eq!(names.len(), before);
        }
    }
}
