//! What is noted of the object whose turn it is, until its line of the log is written.

use std::time::Duration;

use super::record::{LogStep, ModifiedProperty};
use crate::entra::directory::{Object, ObjectKind, SourceValue};

/// What was noted of the current turn.
#[derive(Debug, Default)]
pub(super) struct StepLog {
    pub began: Option<Duration>,
    pub display_name: Option<String>,
    pub user_principal_name: Option<String>,
    pub steps: Vec<LogStep>,
    pub modified: Vec<ModifiedProperty>,
    /// Keys and values of the export step.
    pub exported: Vec<(String, String)>,
    /// The id of a resource that is being deleted.
    pub target_id: Option<String>,
}

impl StepLog {
    /// Keeps the names that the object goes by.
    pub fn name(&mut self, object: Object<'_>) {
        let text = |name: &str| match object.get(name).as_deref() {
            Some(SourceValue::Text(text)) => Some(text.clone()),
            _ => None,
        };
        // A user in the recycle bin may go by another name than the directory's.
        self.display_name = self.display_name.take().or_else(|| text("displayName"));
        self.user_principal_name = self.user_principal_name.take().or_else(|| text("userPrincipalName"));
    }
}

/// The word the log has for a kind of object.
pub(super) fn type_name(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::User => "User",
        ObjectKind::Group => "Group",
    }
}
