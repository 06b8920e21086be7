//! What kinds of damage there are.

use std::fmt;

/// What kind of damage a fault does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultClass {
    /// A behaviour that was reported of a real server and has no simpler description.
    Named,
    /// Something is left out or not kept.
    Drop,
    /// A value has another JSON type.
    Retype,
    /// What is there is not found.
    Hide,
    /// A value is gone that no request removed.
    Wipe,
    /// What was true before is shown.
    Stale,
    /// Two things took each other's place.
    Swap,
    /// Something is there twice.
    Duplicate,
    /// Something ends too early.
    Truncate,
}

impl FaultClass {
    /// All classes.
    pub const ALL: [FaultClass; 9] = [
        FaultClass::Named,
        FaultClass::Drop,
        FaultClass::Retype,
        FaultClass::Hide,
        FaultClass::Wipe,
        FaultClass::Stale,
        FaultClass::Swap,
        FaultClass::Duplicate,
        FaultClass::Truncate,
    ];

    /// The word in the matrix of faults.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            FaultClass::Named => "named",
            FaultClass::Drop => "drop",
            FaultClass::Retype => "retype",
            FaultClass::Hide => "hide",
            FaultClass::Wipe => "wipe",
            FaultClass::Stale => "stale",
            FaultClass::Swap => "swap",
            FaultClass::Duplicate => "duplicate",
            FaultClass::Truncate => "truncate",
        }
    }
}

impl fmt::Display for FaultClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
