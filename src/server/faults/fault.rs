//! What a fault is, and the macro that declares those of one area beside what they do.

use std::fmt;

use super::class::FaultClass;
use super::context::Effect;

/// A way to be wrong.
#[derive(Clone, Copy)]
pub struct Fault(pub(super) &'static FaultDefinition);

/// What an area says of a fault.
pub(super) struct FaultDefinition {
    pub(super) name: &'static str,
    pub(super) class: FaultClass,
    pub(super) about: &'static str,
    pub(super) effect: fn() -> Effect,
}

/// Declares the faults of an area: name, class, effect and the sentence about each. They become
/// constants of [`Fault`] and, in this order, the area's `FAULTS`.
macro_rules! faults {
    ($($(#[doc = $about:literal])+ $fault:ident = $name:literal, $class:ident, $effect:path;)+) => {
        impl $crate::server::Fault {
            $(
                $(#[doc = $about])+
                pub const $fault: Self = Self(&$crate::server::faults::fault::FaultDefinition {
                    name: $name,
                    class: $crate::server::FaultClass::$class,
                    about: concat!($($about),+).trim_ascii(),
                    effect: $effect,
                });
            )+
        }

        pub(super) const FAULTS: &[$crate::server::Fault] = &[$($crate::server::Fault::$fault,)+];
    };
}
pub(super) use faults;

impl Fault {
    /// The name on the command line and in the checks that must see it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// What kind of damage it does.
    #[must_use]
    pub fn class(self) -> FaultClass {
        self.0.class
    }

    /// One sentence: what this server does wrong.
    #[must_use]
    pub fn about(self) -> &'static str {
        self.0.about
    }

    /// What it does to requests, answers and the store.
    pub(in crate::server) fn effect(self) -> Effect {
        (self.0.effect)()
    }
}

impl PartialEq for Fault {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Fault {}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fault({})", self.name())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
