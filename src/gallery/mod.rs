//! The gallery verdict: what Microsoft's own gates would say, from the checks of a run.
//!
//! Two gates are predicted: the 25 tests of the validation template that every publisher must pass, and
//! the tests of the SCIM Validator. The template plays 14 of its tests through a real tenant; here that
//! tenant is simulated, and whatever lies between Entra and the target (its network, its clock, its
//! throttling) is not seen. (Microsoft: validate-user-provisioning-app-gallery.)

mod pack;
mod requirement;
mod template;
mod test;
#[cfg(test)]
mod tests;
mod verdict;

pub use pack::Pack;
pub use requirement::{Demand, Met, Requirement};
pub use template::Template;
pub use test::{PlayedAs, Test, TestResult};
pub use verdict::{GalleryVerdict, Overall, judge};

/// Suites whose scenarios stand for tests of the gates.
pub const SUITES: [&str; 2] = ["gallery", "validator"];
