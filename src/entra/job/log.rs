//! What a cycle tells afterwards: provisioning-log entries, Entra's error codes, and why it stopped.

use std::fmt;

use super::quarantine::{Quarantine, Tally};
use crate::entra::directory::{ObjectId, ObjectKind};

macro_rules! codes {
    ($( $name:ident = $text:literal; )+) => {
        /// Entra's error codes (Microsoft: howto-analyze-provisioning-logs, Error codes; and those that
        /// vendors quote from real logs).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "the names are Entra's own, and that page explains them")]
        pub enum ErrorCode {
            $( $name, )+
        }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &'static [ErrorCode] = &[$( ErrorCode::$name ),+];

            /// The code as the provisioning log shows it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $( ErrorCode::$name => $text ),+ }
            }
        }
    };
}

codes! {
    Conflict = "Conflict";
    TooManyRequests = "TooManyRequests";
    InternalServerError = "InternalServerError";
    InsufficientRights = "InsufficientRights";
    MethodNotAllowed = "MethodNotAllowed";
    Unauthorized = "Unauthorized";
    UnprocessableEntity = "UnprocessableEntity";
    WebExceptionProtocolError = "WebExceptionProtocolError";
    InvalidAnchor = "InvalidAnchor";
    NotImplemented = "NotImplemented";
    InternalError = "InternalError";
    Timeout = "Timeout";
    DuplicateTargetEntries = "DuplicateTargetEntries";
    DuplicateSourceEntries = "DuplicateSourceEntries";
    ImportSkipped = "ImportSkipped";
    EntrySynchronizationSkipped = "EntrySynchronizationSkipped";
    RedundantExport = "RedundantExport";
    NotEffectivelyEntitled = "NotEffectivelyEntitled";
    AttributeValidationFailed = "AttributeValidationFailed";
    UnableToResolveReferenceAttributeValue = "UnableToResolveReferenceAttributeValue";
    MultipleEntriesInResponse = "SystemForCrossDomainIdentityManagementMultipleEntriesInResponse";
    ServiceIncompatible = "SystemForCrossDomainIdentityManagementServiceIncompatible";
    ServiceIncompatibleFiltering = "SystemForCrossDomainIdentityManagementServiceIncompatibleFiltering";
    BadRequest = "SystemForCrossDomainIdentityManagementBadRequest";
    CredentialValidationUnavailable = "SystemForCrossDomainIdentityManagementCredentialValidationUnavailable";
    TooManyDeletes = "TooManyDeletes";
    EncounteredBaseEscrowThreshold = "EncounteredBaseEscrowThreshold";
    EncounteredTotalEscrowThreshold = "EncounteredTotalEscrowThreshold";
    EncounteredEscrowProportionThreshold = "EncounteredEscrowProportionThreshold";
}

impl ErrorCode {
    /// The code of that text.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        ErrorCode::ALL.iter().copied().find(|code| code.as_str() == text)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the service did or tried to do (Graph: provisioningObjectSummary, provisioningAction).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
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

impl Action {
    /// The word of the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Create => "create",
            Action::Update => "update",
            Action::Disable => "disable",
            Action::Delete => "delete",
            Action::StagedDelete => "stageddelete",
            Action::Other => "other",
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

/// An error code and the sentence that goes with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Problem {
    /// Entra's code.
    pub code: ErrorCode,
    /// What the admin would read.
    pub detail: String,
    /// The status of the answer that caused it, if there was an answer.
    pub status: Option<u16>,
}

impl Problem {
    pub(super) fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Problem { code, detail: detail.into(), status: None }
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
    pub action: Action,
    /// How it ended.
    pub status: Status,
    /// Error code or skip reason.
    pub code: Option<ErrorCode>,
    /// One sentence as the admin would see it.
    pub detail: String,
}

/// Why a cycle ended before its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stopped {
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
    pub stopped: Option<Stopped>,
    /// What the job is in quarantine for after it, whether it came to its end or not.
    pub quarantine: Option<Quarantine>,
    /// How many objects and references succeeded and failed.
    pub tally: Tally,
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

impl ErrorCode {
    /// What an administrator can do about it.
    #[must_use]
    pub fn recommendation(self) -> &'static str {
        match self {
            ErrorCode::Conflict | ErrorCode::ServiceIncompatibleFiltering => {
                "Check whether the object is there already, and whether the target finds it by the matching attribute."
            }
            ErrorCode::TooManyRequests => "Wait; the operation is tried again.",
            ErrorCode::InternalServerError
            | ErrorCode::InternalError
            | ErrorCode::Timeout
            | ErrorCode::WebExceptionProtocolError => {
                "Look into the target's own log; the operation is tried again."
            }
            ErrorCode::InsufficientRights | ErrorCode::Unauthorized | ErrorCode::MethodNotAllowed => {
                "Check the credentials and what they are allowed to do."
            }
            ErrorCode::CredentialValidationUnavailable => "Check the Tenant URL and the credentials.",
            ErrorCode::InvalidAnchor => "Restart provisioning, so that the object is matched again.",
            ErrorCode::DuplicateTargetEntries | ErrorCode::DuplicateSourceEntries => {
                "Make the value of the matching attribute unique."
            }
            ErrorCode::ImportSkipped => "Give the object a value for a matching attribute.",
            ErrorCode::AttributeValidationFailed => "Correct the value, or the mapping that makes it.",
            ErrorCode::TooManyDeletes => "Allow the deletes, or correct what brought them about and restart.",
            ErrorCode::BadRequest | ErrorCode::UnprocessableEntity => {
                "Check the values and the mapping against what the target accepts."
            }
            ErrorCode::NotImplemented
            | ErrorCode::MultipleEntriesInResponse
            | ErrorCode::ServiceIncompatible => {
                "The target's answer is not one that Entra can use; tell its developer."
            }
            ErrorCode::EntrySynchronizationSkipped
            | ErrorCode::RedundantExport
            | ErrorCode::NotEffectivelyEntitled => "Nothing has to be done.",
            ErrorCode::UnableToResolveReferenceAttributeValue => {
                "Bring the referenced object into scope, and restart provisioning."
            }
            ErrorCode::EncounteredBaseEscrowThreshold
            | ErrorCode::EncounteredTotalEscrowThreshold
            | ErrorCode::EncounteredEscrowProportionThreshold => {
                "Correct what makes so many operations fail, and restart provisioning."
            }
        }
    }
}
