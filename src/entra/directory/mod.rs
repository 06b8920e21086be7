//! The simulated tenant: users, groups, managers, assignments, a recycle bin, a clock in hours,
//! and a change log with watermarks.
//!
//! Names of attributes and their behaviour are those of Microsoft Graph's `user` and `group` as
//! Entra's provisioning service reads them. `IsSoftDeleted` is no attribute of a user: it is
//! computed when entitlement is judged (see `entra::scope`).

mod attribute;
mod change;
mod error;
mod object;
mod role;
mod state;
mod tenant;

pub use attribute::{AttributeKind, SourceAttribute, UnknownAttribute, attributes, declare, find};
pub use change::{ChangeKind, DirectoryChange, Watermark};
pub use error::DirectoryError;
pub use object::{Group, Object, ObjectId, ObjectKind, SourceValue, User};
pub use role::AppRole;
pub use state::DirectoryState;
pub use tenant::{RECYCLE_BIN_HOURS, Tenant};
