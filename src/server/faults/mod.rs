//! Faults: ways to be wrong, for testing those who judge servers.
//!
//! Each is a rewrite of requests, of answers or of the store around the healthy server, so that
//! what is right is written once. Named faults come from reports of real servers; the others are
//! mechanical mutations that know no rule. A fault is a line of its area's file, beside the function
//! that does the damage.

mod answers;
mod bulk;
mod class;
mod context;
mod creation;
mod documents;
mod drift;
mod duplicated;
mod fault;
mod forms;
mod identity;
mod kept;
mod lifecycle;
mod list;
mod listings;
mod lookups;
mod managers;
mod memberships;
mod operations;
mod order;
mod paging;
mod passwords;
mod queries;
mod requests;
mod roles;
mod shown;
mod tenants;
mod texts;
mod tokens;
mod transport;
mod truncated;
mod unmapped;
mod update_answers;
mod updates;
mod value_paths;
mod versions;
mod writes;

pub use class::FaultClass;
pub(super) use context::{Effect, FaultContext, FaultMemory};
pub use fault::Fault;
