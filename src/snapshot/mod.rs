//! Answers kept as text: taken from a scenario run's exchanges, compared with what was accepted before,
//! reviewed and accepted.
//!
//! A scenario run (one scenario in one dialect) has a file, a step has a section in it. Whatever differs
//! from run to run although nothing changed (ids, dates, ETags, the base URL, the run's prefix) is
//! a numbered placeholder, so reruns are identical while it stays visible which id came back.

mod block;
mod excerpt;
mod file;
mod folder;
mod group;
mod page;
mod placeholder;
mod review;
mod store;

pub use excerpt::{Excerpt, excerpts};
pub use file::{Outdated, Unreadable};
pub use folder::old_layout;
pub use group::{Group, groups};
pub use page::{SnapshotPage, SnapshotSettings, pages};
pub use review::{Decisions, Pending, accept, pending, review};
pub use store::{SnapshotOutcome, SnapshotStore, SnapshotVerdict, diff};

#[cfg(test)]
mod testing;
