//! What a cycle tells afterwards: provisioning-log entries, and why it stopped.

use super::problem::ErrorCode;
use super::quarantine::{EventCounts, Quarantine};
use crate::entra::directory::{ObjectId, ObjectKind};

/// What the service did or tried to do (Graph: provisioningObjectSummary, provisioningAction).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProvisioningAction {
    /// `POST`
    Create,
    /// `PATCH`
    Update,
    /// `PATCH` that makes an account inactive.
    Disable,
    /// `DELETE`
    Delete,
    /// A disable or delete that the accidental-deletion threshold holds back (accidental-deletions, FAQ).
    StagedDelete,
    /// Nothing was written.
    Other,
}

impl ProvisioningAction {
    /// The word of the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ProvisioningAction::Create => "create",
            ProvisioningAction::Update => "update",
            ProvisioningAction::Disable => "disable",
            ProvisioningAction::Delete => "delete",
            ProvisioningAction::StagedDelete => "stagedDelete",
            ProvisioningAction::Other => "other",
        }
    }
}

/// How it ended (Graph: provisioningStatusInfo).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Done.
    Success,
    /// Refused or broken; it is tried again.
    Failure,
    /// Nothing had to be done, or nothing could be.
    Skipped,
}

impl Status {
    /// The word of the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Success => "success",
            Status::Failure => "failure",
            Status::Skipped => "skipped",
        }
    }
}

/// One line of the provisioning log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// The source object.
    pub id: ObjectId,
    /// User or group.
    pub kind: ObjectKind,
    /// The name it goes by in step names; its object id when it was given none.
    pub label: String,
    /// The resource's id at the target, if one is known.
    pub target_id: Option<String>,
    /// What was done or tried.
    pub action: ProvisioningAction,
    /// How it ended.
    pub status: Status,
    /// Error code or skip reason.
    pub code: Option<ErrorCode>,
    /// One sentence as the admin would see it.
    pub detail: String,
}

/// Why a cycle ended before its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CycleStop {
    /// The job went into quarantine: credentials, or the target is no SCIM server for Entra.
    Quarantined(Quarantine),
    /// A guard held a write back; the sentence is the guard's.
    Withheld(String),
    /// The run is being interrupted.
    Interrupted,
    /// The job was disabled after four weeks in quarantine; a restart enables it.
    Disabled,
}

/// What a cycle, or an on-demand run, did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CycleReport {
    /// The name its steps begin with: `cycle 2`.
    pub name: String,
    /// True for a cycle that looked at every object, false for one that began at a watermark.
    pub initial: bool,
    /// The provisioning log, in order.
    pub entries: Vec<LogEntry>,
    /// Why it ended early, if it did.
    pub stopped: Option<CycleStop>,
    /// What the job is in quarantine for after it, whether it came to its end or not.
    pub quarantine: Option<Quarantine>,
    /// How many objects and references succeeded and failed.
    pub tally: EventCounts,
    /// Disables and deletes that are held back until they are allowed.
    pub held_back: Vec<ObjectId>,
    /// An initial cycle failed so often that its failures were forgotten (Graph:
    /// synchronizationStatus, escrowsPruned); only a restart tries them again.
    pub escrows_pruned: bool,
}

impl CycleReport {
    /// Entries about one object.
    pub fn of(&self, id: &ObjectId) -> impl Iterator<Item = &LogEntry> {
        self.entries.iter().filter(move |entry| &entry.id == id)
    }

    /// Entries that failed.
    pub fn failures(&self) -> impl Iterator<Item = &LogEntry> {
        self.entries.iter().filter(|entry| entry.status == Status::Failure)
    }
}
