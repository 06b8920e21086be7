//! What was known before a run: waivers that people write, and the report of an earlier run.
//!
//! Both mark findings as known ([`Finding::waived`](crate::check::Finding::waived)); a check whose
//! findings are all known ends as expected. Nothing is taken out of the report.

mod baseline;
mod draft;
mod file;
mod judgement;
mod past;
#[cfg(test)]
mod tests;

pub use baseline::{Baseline, FindingKey, IN_THE_BASELINE};
pub use draft::{Draft, Drafted, Merged, NothingToWaive, last_day};
pub use file::{Waiver, Waivers, json_schema};
pub use judgement::WaiverContext;
pub use past::{PastCause, PastCheck, PastExchange, PastFinding, PastReport};

/// The word for the check that compares the end states of two dialects, in the place of a dialect.
pub const COMPARISON: &str = "comparison";

/// What a waiver may say of dialects.
const DIALECTS: [&str; 4] = ["default", "aadOptscim062020", "customappsso", COMPARISON];
