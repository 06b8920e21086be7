use std::fmt;

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
    SourceAttribute { name: "otherMails", kind: AttributeKind::Texts, computed: false },
    SourceAttribute { name: "proxyAddresses", kind: AttributeKind::Texts, computed: false },
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

/// The attribute of that name. Names are compared with their letter case, as Entra's mappings do.
///
/// # Errors
/// [`UnknownAttribute`].
pub fn find(kind: ObjectKind, name: &str) -> Result<&'static SourceAttribute, UnknownAttribute> {
    attributes(kind)
        .iter()
        .find(|attribute| attribute.name == name)
        .ok_or_else(|| UnknownAttribute { kind, name: name.to_owned() })
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
