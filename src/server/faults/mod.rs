//! Faults: ways to be wrong, for testing those who judge servers.
//!
//! Each is a rewrite of requests, of answers or of the store around the healthy server, so that
//! what is right is written once. Named faults come from reports of real servers; the others are
//! mechanical mutations that know no rule.

use std::fmt;
use std::str::FromStr;

mod answers;
mod bulk;
mod class;
mod creation;
mod documents;
mod drift;
mod forms;
mod identity;
mod kept;
mod lifecycle;
mod lookups;
mod managers;
mod memberships;
mod operations;
mod order;
mod paging;
mod requests;
mod roles;
mod scene;
mod shown;
mod table;
mod tenants;
mod texts;
mod tokens;
mod transport;
mod updates;
mod versions;

use super::variants::Variant;
pub use class::FaultClass;
pub(super) use scene::{Effect, Memory, Scene};
pub use table::Fault;

impl Fault {
    /// The variant a fault stands on: an attribute can be shown in a wrong way only where it is published.
    pub(super) fn needs(self) -> Option<Variant> {
        match self {
            Fault::NumbersAsText | Fault::DateAttributesWithoutZone | Fault::WriteOnlyReturned => {
                Some(Variant::ExtraVendorSchema)
            }
            _ => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Fault::ALL
            .iter()
            .copied()
            .find(|fault| fault.name() == text)
            .ok_or_else(|| format!("`{text}` is not a fault of the embedded server"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_read_back() {
        let names: BTreeSet<_> = Fault::ALL.iter().map(|fault| fault.name()).collect();
        assert_eq!(names.len(), Fault::ALL.len());
        for fault in Fault::ALL {
            assert_eq!(fault.name().parse(), Ok(*fault));
            assert!(fault.about().ends_with('.'), "{fault} is a sentence");
        }
        assert!("typo".parse::<Fault>().is_err());
    }

    #[test]
    fn about_half_are_mutations() {
        let named = Fault::ALL.iter().filter(|fault| fault.class() == FaultClass::Named).count();
        assert!(Fault::ALL.len() - named >= Fault::ALL.len() * 2 / 5, "{named} of {}", Fault::ALL.len());
    }
}
