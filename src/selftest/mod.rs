//! The proof that the checks can fail, and that they find nothing wrong with correct servers.
//!
//! Every scenario and rule is played against the healthy embedded server, against each of its legal
//! variants and against each of its faults. A check that says it catches a fault must catch it, and
//! the checks must find nothing at a correct server.

mod headlines;
mod histories;
mod kept;
mod matrix;
mod pairs;
mod plays;
mod profiles;
mod quick;
mod subject;
mod table;

pub use headlines::RedLine;
pub use histories::{HistorySight, history_subjects, play_histories, storing_faults};
pub use kept::{predicted, proofs, unknown};
pub use matrix::{Catch, DeclaredFaults, Matrix, MatrixProblem, PlayFindings};
pub use pairs::{PairSighting, PairTold, play_pairs};
pub use plays::{SelftestSettings, play};
pub use profiles::{ProfileSighting, play_profiles};
pub use quick::{MOST_REQUESTS, QuickSet, QuickSight, quick_faults, quick_set};
pub use subject::{ServerUnderTest, subjects};
