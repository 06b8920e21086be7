//! What a run comes to: results of checks, the causes they have in common, and the verdict over them.

pub mod cause;
pub mod comparison;
mod consequence;
#[cfg(test)]
pub(crate) mod example;
mod precedence;
pub mod report;
pub(in crate::run) mod ruling;
pub mod stage;
pub(crate) mod symptom;
pub mod waived;
