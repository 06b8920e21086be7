//! Plays scenarios against a target and says what was found.
//!
//! [`Event`]s are the one stream that feeds every reporter; [`Report`] is the result.

pub mod abilities;
pub mod cancel;
pub mod event;
pub mod guard;
pub mod journal;
pub mod patience;
pub mod preflight;
pub mod reader;
pub mod recorder;
pub mod report;
pub mod sweep;
pub mod template;

pub use cancel::Cancel;
pub use event::{Event, Listener, TrialId};
pub use report::{CheckResult, Counts, Report, Verdict};
