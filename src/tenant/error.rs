use crate::diagnostic::Diagnostic;
use crate::entra::directory::DirectoryError;
use crate::store::StoreError;

/// Why something cannot be done, in a sentence for whoever asked for it.
#[derive(Debug, thiserror::Error)]
pub enum TenantError {
    /// What is asked for does not exist.
    #[error(
        "Resource '{0}' does not exist or one of its queried reference-property objects are not present."
    )]
    NotFound(String),
    /// A property has the wrong type, is missing, or is not one that the tenant keeps.
    #[error("{0}")]
    Invalid(String),
    /// The same, where it is a value of one property.
    #[error("{why}")]
    Property {
        /// The property.
        property: String,
        /// One sentence.
        why: String,
    },
    /// Another object has the value that must be unique.
    #[error("Another object with the same value for property {property} already exists.")]
    Taken {
        /// The property.
        property: &'static str,
    },
    /// The tenant's state does not allow it now.
    #[error("{0}")]
    Conflict(String),
    /// The job has no address or credentials of its target.
    #[error("{0}")]
    NotConfigured(String),
    /// The target did not accept the credentials, or is no SCIM server for Entra.
    #[error("{0}")]
    Credentials(String),
    /// A target that is not on this machine is not written to without `--apply`.
    #[error("{0} is not on this machine: start `scimulate tenant` with --apply to let it write there.")]
    Elsewhere(String),
    /// A schema with mistakes.
    #[error("{}", .0.iter().map(|mistake| mistake.render(false)).collect::<Vec<_>>().join("\n"))]
    Schema(Vec<Diagnostic>),
    /// Too many requests of one kind.
    #[error("Provision on demand takes 5 requests in 10 seconds.")]
    TooMany,
    /// The database failed earlier: what was asked for since is not done, as it would be lost.
    #[error("The database failed, and nothing is changed any more: {0}. Mend that and start again.")]
    Failed(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DirectoryError> for TenantError {
    fn from(error: DirectoryError) -> Self {
        match error {
            DirectoryError::NoSuchObject(id) => TenantError::NotFound(id.as_str().to_owned()),
            other => TenantError::Invalid(format!("{other}.")),
        }
    }
}

impl TenantError {
    /// An invalid request.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        TenantError::Invalid(message.into())
    }

    /// A value that a property cannot have.
    pub(crate) fn property(property: &str, why: impl Into<String>) -> Self {
        TenantError::Property { property: property.to_owned(), why: why.into() }
    }

    /// What is missing.
    pub(crate) fn missing(id: impl Into<String>) -> Self {
        TenantError::NotFound(id.into())
    }
}
