//! The proof that the checks can fail, and that they stay silent on right servers.
//!
//! Every story and rule is played against the healthy embedded server, against each of its right
//! variants and against each of its faults. A check that says it catches a fault must catch it, and
//! nothing may be found where nothing is wrong.

mod matrix;
mod plays;
mod table;

pub use matrix::{Catch, Declared, Matrix, MatrixProblem, ServerUnderTest, Sighting};
pub use plays::{SelftestSettings, play, subjects};
