//! What went wrong with an object, in Entra's words: its error codes, and what an administrator can do.

use std::fmt;

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

/// An error code and the sentence that goes with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct JobProblem {
    /// Entra's code.
    pub code: ErrorCode,
    /// What the admin would read.
    pub detail: String,
    /// The status of the answer that caused it, if there was an answer.
    pub status: Option<u16>,
}

impl JobProblem {
    pub(super) fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        JobProblem { code, detail: detail.into(), status: None }
    }
}
