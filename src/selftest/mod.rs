//! The proof that the checks can fail, and that they stay silent on right servers.
//!
//! Every scenario and rule is played against the healthy embedded server, against each of its right
//! variants and against each of its faults. A check that says it catches a fault must catch it, and
//! nothing may be found where nothing is wrong.

mod kept;
mod matrix;
mod plays;
mod profiles;
mod subject;
mod table;

pub use kept::{predicted, proofs, unknown};
pub use matrix::{Catch, Declared, Matrix, MatrixProblem, Sighting};
pub use plays::{SelftestSettings, play};
pub use profiles::{ProfileSighting, play_profiles};
pub use subject::{ServerUnderTest, subjects};
