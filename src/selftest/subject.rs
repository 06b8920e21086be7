//! The servers that are played against.

use std::fmt;

use crate::server::{Fault, Variant};

/// The server that was played against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The embedded server as it is.
    Healthy,
    /// Another right way.
    Variant(Variant),
    /// One fault.
    Fault(Fault),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Healthy => f.pad("healthy"),
            Subject::Variant(variant) => f.pad(variant.name()),
            Subject::Fault(fault) => f.pad(fault.name()),
        }
    }
}

/// The healthy server, then every right variant, then every fault.
#[must_use]
pub fn subjects() -> Vec<Subject> {
    let variants = Variant::ALL.iter().copied().map(Subject::Variant);
    let faults = Fault::ALL.iter().copied().map(Subject::Fault);
    std::iter::once(Subject::Healthy).chain(variants).chain(faults).collect()
}
