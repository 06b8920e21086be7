//! The servers that are played against.

use std::fmt;

use crate::server::{Fault, Variant};

/// The server that was played against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServerUnderTest {
    /// The embedded server as it is.
    Healthy,
    /// A legal variant.
    Variant(Variant),
    /// One fault.
    Fault(Fault),
}

impl fmt::Display for ServerUnderTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ServerUnderTest::Healthy => f.pad("healthy"),
            ServerUnderTest::Variant(variant) => f.pad(variant.name()),
            ServerUnderTest::Fault(fault) => f.pad(fault.name()),
        }
    }
}

/// The healthy server, then every legal variant, then every fault.
#[must_use]
pub fn subjects() -> Vec<ServerUnderTest> {
    let variants = Variant::ALL.iter().copied().map(ServerUnderTest::Variant);
    let faults = Fault::ALL.iter().copied().map(ServerUnderTest::Fault);
    std::iter::once(ServerUnderTest::Healthy).chain(variants).chain(faults).collect()
}
