use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use super::{Group, Object, ObjectId, ObjectKind, User};

/// Everything that stands in the directory at one moment.
///
/// Two states are cheap to keep side by side: they share every object that did not change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DirectoryState {
    pub(super) users: IndexMap<ObjectId, Arc<User>>,
    pub(super) groups: IndexMap<ObjectId, Arc<Group>>,
    pub(super) assigned: IndexSet<ObjectId>,
    pub(super) minute: u64,
}

impl DirectoryState {
    /// The user of that id, whether active, blocked or in the recycle bin.
    #[must_use]
    pub fn user(&self, id: &ObjectId) -> Option<&User> {
        self.users.get(id).map(Arc::as_ref)
    }

    /// The group of that id.
    #[must_use]
    pub fn group(&self, id: &ObjectId) -> Option<&Group> {
        self.groups.get(id).map(Arc::as_ref)
    }

    /// The user or group of that id.
    #[must_use]
    pub fn object(&self, id: &ObjectId) -> Option<Object<'_>> {
        self.user(id).map(Object::User).or_else(|| self.group(id).map(Object::Group))
    }

    /// Whether the id is a user's or a group's.
    #[must_use]
    pub fn kind(&self, id: &ObjectId) -> Option<ObjectKind> {
        self.object(id).map(Object::kind)
    }

    /// Every user, those in the recycle bin included, in the order they were created.
    pub fn users(&self) -> impl ExactSizeIterator<Item = &User> {
        self.users.values().map(Arc::as_ref)
    }

    /// Every group, in the order they were created.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = &Group> {
        self.groups.values().map(Arc::as_ref)
    }

    /// True when the object itself is assigned to the application; membership of an assigned group
    /// is the business of `entra::scope`.
    #[must_use]
    pub fn is_assigned(&self, id: &ObjectId) -> bool {
        self.assigned.contains(id)
    }

    /// Everything assigned to the application, users and groups, in the order of assignment.
    pub fn assigned(&self) -> impl ExactSizeIterator<Item = &ObjectId> {
        self.assigned.iter()
    }

    /// The simulated clock, in whole hours since the tenant began.
    #[must_use]
    pub fn hour(&self) -> u64 {
        self.minute / 60
    }

    /// The simulated clock, in minutes since the tenant began.
    #[must_use]
    pub fn minute(&self) -> u64 {
        self.minute
    }
}
