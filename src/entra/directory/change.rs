use super::{ObjectId, ObjectKind};

/// A position in the change log: everything before it was seen. What Graph's delta token is to Entra.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Watermark(pub(super) u64);

impl Watermark {
    /// The position after so many changes.
    #[must_use]
    pub fn at(position: u64) -> Self {
        Watermark(position)
    }

    /// How many changes were before it.
    #[must_use]
    pub fn position(self) -> u64 {
        self.0
    }
}

/// One entry of the change log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryChange {
    /// Hour of the simulated clock.
    pub hour: u64,
    /// The object that changed. For a membership that is the group.
    pub id: ObjectId,
    /// Whether that is a user or a group; a purged object can no longer be asked.
    pub kind: ObjectKind,
    /// What happened to it.
    pub what: ChangeKind,
    /// The manager before the change.
    pub former: Option<ObjectId>,
}

/// What happened to an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeKind {
    /// It was created.
    Added,
    /// The source attribute of this name was set or cleared.
    Attribute(&'static str),
    /// The manager was set, changed or cleared.
    Manager,
    /// Sign-in was blocked or allowed.
    AccountEnabled,
    /// It was assigned to the application.
    Assigned,
    /// It was unassigned from the application.
    Unassigned,
    /// The user went into the recycle bin.
    SoftDeleted,
    /// The user came back from the recycle bin.
    Restored,
    /// It is gone for good. The only trace of it is this entry.
    Purged,
    /// The group has a member more.
    MemberAdded(ObjectId),
    /// The group has a member less.
    MemberRemoved(ObjectId),
}
