//! A simulated tenant that lives as long as the program: people and groups, applications with their assignments, and a
//! provisioning job for each, whose cycles are played when they are due or when somebody asks for one.
//!
//! What it does is done by the rooms that `run` and `sync` use; what is here is who changes what, when, and how it is kept.
//! Neither Graph nor the page is known here: both call [`LiveTenant`].

mod application;
mod applications;
mod clock;
mod connection;
mod demo;
mod drift;
mod error;
mod happenings;
mod ids;
mod job;
mod kept;
mod limits;
mod live;
mod load;
mod people;
mod properties;
mod state;
mod status;
mod story;
mod templates;
#[cfg(test)]
mod tests;
mod traffic;
mod watcher;

pub use application::{ApplicationInfo, Assignment};
pub use applications::DEFAULT_ROLE;
pub use clock::TenantClock;
pub use connection::{ConnectionSecrets, MASK};
pub use drift::{DRIFT_LIMIT, Drift, DriftDifference, DriftRow, DriftVerdict};
pub use error::TenantError;
pub use job::{Effect, JobHandle, OnDemand};
pub use live::{LiveSettings, LiveTenant, TenantEvent};
pub use people::{Found, Imported};
pub use properties::{PropertyContent, is_instant, property_content, property_of};
pub use state::Record;
pub use status::{Execution, JobStatus, LineCounts, Progress, QuarantineStatus, ScheduleState};
pub use templates::{CUSTOM, RoleDefinition, TEMPLATES, TIMECLOCK, Template};
