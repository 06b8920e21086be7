//! Why the directory refuses a change.

use super::ObjectId;
use super::attribute::{AttributeKind, UnknownAttribute};

/// Why the directory refused a change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DirectoryError {
    /// There is no object of that id, or it was purged.
    #[error("the directory holds no object {0}")]
    NoSuchObject(ObjectId),
    /// The object is a group, and this can be done to users alone.
    #[error("{0} is not a user")]
    NotAUser(ObjectId),
    /// The object is a user, and this can be done to groups alone.
    #[error("{0} is not a group")]
    NotAGroup(ObjectId),
    /// An object of that id is there already.
    #[error("the directory already holds an object {0}")]
    AlreadyExists(ObjectId),
    /// Entra has no such attribute.
    #[error("{}", with_closest(.0))]
    UnknownAttribute(#[from] UnknownAttribute),
    /// The attribute is not set this way.
    #[error("`{0}` is not set as a plain attribute")]
    Computed(&'static str),
    /// The value does not fit the attribute.
    #[error("`{name}` takes {}", expected.as_str())]
    WrongKind {
        /// The attribute.
        name: &'static str,
        /// What it takes.
        expected: AttributeKind,
    },
    /// A user cannot be restored that is not in the recycle bin.
    #[error("{0} is not in the recycle bin")]
    NotDeleted(ObjectId),
    /// A user in the recycle bin cannot be deleted once more; it can be purged.
    #[error("{0} is already in the recycle bin")]
    AlreadyDeleted(ObjectId),
    /// Following the managers would lead back to this user.
    #[error("{0} would be their own manager's manager")]
    CyclicManager(ObjectId),
}

fn with_closest(unknown: &UnknownAttribute) -> String {
    match unknown.closest() {
        Some(closest) => format!("{unknown}: did you mean `{closest}`?"),
        None => unknown.to_string(),
    }
}
