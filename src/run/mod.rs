//! Plays scenarios against a target and says what was found.
//!
//! [`Event`]s are the one stream that feeds every reporter; [`Report`] is the result.

pub mod abilities;
pub mod acceptance;
mod answers;
pub mod cancel;
mod cast;
pub mod cause;
pub mod cleanup;
mod endstate;
pub mod event;
#[cfg(test)]
pub(crate) mod fixture;
pub mod guard;
pub mod journal;
pub mod known;
pub mod lookout;
pub(crate) mod observer;
pub mod patience;
pub mod plan;
mod play;
pub mod prefix;
pub mod preflight;
mod prepare;
mod rate;
pub mod reader;
pub mod recorder;
pub mod report;
mod ruling;
pub mod selection;
pub mod snapshots;
mod stack;
pub mod stage;
mod story;
pub mod sweep;
pub mod template;
#[cfg(test)]
pub(crate) mod testing;
pub mod together;
mod trial;
mod trials;

pub use cancel::Cancel;
pub use event::{Event, Listener, TrialId};
pub use known::{BaselineCount, Known, WaiverNote, WaiverState};
pub use plan::{Judge, Plan};
pub use play::{Problem, play};
pub use report::{CheckResult, Counts, Report, Verdict};
pub use selection::{Selection, SelectionProblem, Shard};
pub use stage::{Stage, Stages, Tenants};
