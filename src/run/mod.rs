//! Plays scenarios against a target and says what was found.
//!
//! [`Event`]s are the one stream that feeds every reporter; [`Report`] is the result.

pub mod cleanup;
pub mod event;
mod fit;
mod last_search;
pub(crate) mod observer;
pub mod plan;
mod play;
pub mod preflight;
mod prepare;
mod purpose;
mod same_end;
mod scenario_run;
mod schedule;
pub mod selection;
pub mod snapshots;
pub mod steps;
pub mod target;
pub mod verdict;

pub use event::{Event, Listener, ScenarioRunId};
pub use plan::{Plan, TraceJudge};
pub use play::{RunProblem, play_scenarios};
pub use selection::{Selection, SelectionProblem, Shard};
pub use target::cancel::Cancel;
pub use target::deployment::{Deployment, Deployments, Tenants};
pub use verdict::report::{CheckResult, Counts, Report, Verdict};
pub use verdict::waived::{BaselineCount, Waived, WaiverNote, WaiverState};
