use std::borrow::{Borrow, Cow};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use indexmap::IndexSet;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::DirectoryError;
use super::attribute::{self, SourceAttribute};
use super::role::AppRole;

/// Entra's object id: a GUID in text form. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId(Arc<str>);

impl ObjectId {
    /// An id of that text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        ObjectId(Arc::from(text))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Serialize for ObjectId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ObjectId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| ObjectId::new(&text))
    }
}

impl Borrow<str> for ObjectId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The object types that provisioning reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ObjectKind {
    /// `user`
    User,
    /// `group`
    Group,
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ObjectKind::User => "user",
            ObjectKind::Group => "group",
        })
    }
}

/// The value of a source attribute. An attribute without a value is absent: Entra knows no other null.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceValue {
    /// One text. An empty one is a value, not a null.
    Text(String),
    /// True or false.
    Boolean(bool),
    /// Several texts.
    Texts(Vec<String>),
    /// Another object.
    Reference(ObjectId),
    /// Several other objects.
    References(Vec<ObjectId>),
    /// App roles, in the order of their assignment.
    Roles(Vec<AppRole>),
}

impl From<&str> for SourceValue {
    fn from(text: &str) -> Self {
        SourceValue::Text(text.to_owned())
    }
}

impl From<String> for SourceValue {
    fn from(text: String) -> Self {
        SourceValue::Text(text)
    }
}

impl From<bool> for SourceValue {
    fn from(value: bool) -> Self {
        SourceValue::Boolean(value)
    }
}

/// The attribute of that name, when such a value can be put there.
pub(super) fn settable(
    kind: ObjectKind,
    name: &str,
    value: &SourceValue,
) -> Result<&'static SourceAttribute, DirectoryError> {
    let attribute = attribute::find(kind, name)?;
    if attribute.computed {
        return Err(DirectoryError::Computed(attribute.name));
    }
    if !attribute.kind.admits(value) {
        return Err(DirectoryError::WrongKind { name: attribute.name, expected: attribute.kind });
    }
    Ok(attribute)
}

/// A user of the tenant. Two states of one user are equal only when nothing was changed in between,
/// a change that was taken back included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub(super) id: ObjectId,
    pub(super) attributes: BTreeMap<&'static str, SourceValue>,
    pub(super) manager: Option<ObjectId>,
    pub(super) account_enabled: bool,
    pub(super) deleted_at: Option<u64>,
    pub(super) revision: u64,
}

impl User {
    /// An enabled user without attributes.
    #[must_use]
    pub fn new(id: ObjectId) -> Self {
        User {
            id,
            attributes: BTreeMap::new(),
            manager: None,
            account_enabled: true,
            deleted_at: None,
            revision: 0,
        }
    }

    /// The same user with one attribute more.
    ///
    /// # Errors
    /// When Entra's user has no such attribute, or the value does not fit it.
    pub fn with(mut self, name: &str, value: impl Into<SourceValue>) -> Result<Self, DirectoryError> {
        let value = value.into();
        let attribute = settable(ObjectKind::User, name, &value)?;
        self.attributes.insert(attribute.name, value);
        Ok(self)
    }

    /// The object id.
    #[must_use]
    pub fn id(&self) -> &ObjectId {
        &self.id
    }

    /// `accountEnabled`: false when sign-in is blocked.
    #[must_use]
    pub fn account_enabled(&self) -> bool {
        self.account_enabled
    }

    /// Blocks or allows sign-in before the user is added to a tenant.
    pub fn set_account_enabled(&mut self, enabled: bool) {
        self.account_enabled = enabled;
    }

    /// The manager's object id.
    #[must_use]
    pub fn manager(&self) -> Option<&ObjectId> {
        self.manager.as_ref()
    }

    /// The app roles that the user is assigned directly, in the order of their assignment. Those that
    /// an assigned group would pass on are not modelled.
    #[must_use]
    pub fn app_roles(&self) -> &[AppRole] {
        match self.attributes.get(attribute::APP_ROLE_ASSIGNMENTS) {
            Some(SourceValue::Roles(roles)) => roles,
            _ => &[],
        }
    }

    /// True while the user lies in the recycle bin.
    #[must_use]
    pub fn is_soft_deleted(&self) -> bool {
        self.deleted_at.is_some()
    }

    /// The hour of the simulated clock at which the user went into the recycle bin.
    #[must_use]
    pub fn deleted_at(&self) -> Option<u64> {
        self.deleted_at
    }

    /// Plain attributes that have a value, by name.
    pub fn attributes(&self) -> impl Iterator<Item = (&'static str, &SourceValue)> {
        self.attributes.iter().map(|(name, value)| (*name, value))
    }

    /// The value of an attribute by Entra's name, `objectId`, `accountEnabled` and `manager`
    /// included. `None` is null; so is a name that Entra does not have.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Cow<'_, SourceValue>> {
        match name {
            "objectId" => Some(Cow::Owned(SourceValue::Text(self.id.as_str().to_owned()))),
            "accountEnabled" => Some(Cow::Owned(SourceValue::Boolean(self.account_enabled))),
            "manager" => self.manager.clone().map(|id| Cow::Owned(SourceValue::Reference(id))),
            _ => self.attributes.get(name).map(Cow::Borrowed),
        }
    }

    /// A text attribute by Entra's name.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.attributes.get(name) {
            Some(SourceValue::Text(text)) => Some(text),
            _ if name == "objectId" => Some(self.id.as_str()),
            _ => None,
        }
    }
}

/// A group of the tenant. Two states of one group are equal only when nothing was changed in
/// between, a change that was taken back included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub(super) id: ObjectId,
    pub(super) attributes: BTreeMap<&'static str, SourceValue>,
    pub(super) members: IndexSet<ObjectId>,
    pub(super) revision: u64,
}

impl Group {
    /// A security group without members.
    #[must_use]
    pub fn new(id: ObjectId, display_name: &str) -> Self {
        let attributes = BTreeMap::from([
            ("displayName", SourceValue::from(display_name)),
            ("securityEnabled", SourceValue::Boolean(true)),
        ]);
        Group { id, attributes, members: IndexSet::new(), revision: 0 }
    }

    /// The same group with one attribute more.
    ///
    /// # Errors
    /// When Entra's group has no such attribute, or the value does not fit it.
    pub fn with(mut self, name: &str, value: impl Into<SourceValue>) -> Result<Self, DirectoryError> {
        let value = value.into();
        let attribute = settable(ObjectKind::Group, name, &value)?;
        self.attributes.insert(attribute.name, value);
        Ok(self)
    }

    /// The object id.
    #[must_use]
    pub fn id(&self) -> &ObjectId {
        &self.id
    }

    /// Immediate members, users and groups, in the order they were added.
    #[must_use]
    pub fn members(&self) -> &IndexSet<ObjectId> {
        &self.members
    }

    /// Only groups with `securityEnabled` give their members an assignment.
    #[must_use]
    pub fn is_security_enabled(&self) -> bool {
        self.attributes.get("securityEnabled") == Some(&SourceValue::Boolean(true))
    }

    /// Plain attributes that have a value, by name.
    pub fn attributes(&self) -> impl Iterator<Item = (&'static str, &SourceValue)> {
        self.attributes.iter().map(|(name, value)| (*name, value))
    }

    /// The value of an attribute by Entra's name, `objectId` and `members` included. A group
    /// without members has no `members`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Cow<'_, SourceValue>> {
        match name {
            "objectId" => Some(Cow::Owned(SourceValue::Text(self.id.as_str().to_owned()))),
            "members" if self.members.is_empty() => None,
            "members" => Some(Cow::Owned(SourceValue::References(self.members.iter().cloned().collect()))),
            _ => self.attributes.get(name).map(Cow::Borrowed),
        }
    }

    /// A text attribute by Entra's name.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.attributes.get(name) {
            Some(SourceValue::Text(text)) => Some(text),
            _ if name == "objectId" => Some(self.id.as_str()),
            _ => None,
        }
    }
}

/// A user or a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Object<'a> {
    /// A user.
    User(&'a User),
    /// A group.
    Group(&'a Group),
}

impl<'a> Object<'a> {
    /// Which of the two it is.
    #[must_use]
    pub fn kind(self) -> ObjectKind {
        match self {
            Object::User(_) => ObjectKind::User,
            Object::Group(_) => ObjectKind::Group,
        }
    }

    /// The object id.
    #[must_use]
    pub fn id(self) -> &'a ObjectId {
        match self {
            Object::User(user) => user.id(),
            Object::Group(group) => group.id(),
        }
    }

    /// Plain attributes that have a value, by name.
    pub fn attributes(self) -> Box<dyn Iterator<Item = (&'static str, &'a SourceValue)> + 'a> {
        match self {
            Object::User(user) => Box::new(user.attributes()),
            Object::Group(group) => Box::new(group.attributes()),
        }
    }

    /// The value of an attribute by Entra's name.
    #[must_use]
    pub fn get(self, name: &str) -> Option<Cow<'a, SourceValue>> {
        match self {
            Object::User(user) => user.get(name),
            Object::Group(group) => group.get(name),
        }
    }
}
