//! What the target can do, and how we know.

use std::fmt;

use crate::check::Skip;
use crate::scenario::Ability;

/// Yes, no or unknown. Unknown is played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Support {
    /// It can, and this shows it.
    Yes(String),
    /// It cannot, and this is why.
    No(Skip),
    /// Nothing tells.
    Unknown,
}

impl fmt::Display for Support {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Support::Yes(evidence) => write!(f, "yes: {evidence}"),
            Support::No(skip) => write!(f, "no: {skip}"),
            Support::Unknown => f.write_str("unknown"),
        }
    }
}

/// The abilities of a target with their evidence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Abilities {
    /// Each ability asked for, in a fixed order.
    pub abilities: Vec<(Ability, Support)>,
    /// Target paths that the target refuses in a create, each with its own words.
    pub refused: Vec<(String, String)>,
}

impl Abilities {
    /// What is known of one ability.
    #[must_use]
    pub fn of(&self, ability: Ability) -> &Support {
        self.abilities
            .iter()
            .find(|(known, _)| *known == ability)
            .map_or(&Support::Unknown, |(_, known)| known)
    }
}
