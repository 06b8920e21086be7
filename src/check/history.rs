use semver::Version;

/// The first version of scimulate.
pub const FIRST: Version = Version::new(0, 1, 0);

/// Since when a check exists, and what it was called before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// The version of scimulate that has it first.
    pub since: Version,
    /// Ids it had before. They stay names of this check and of no other.
    pub aliases: Vec<String>,
}

/// A check of the first version that was never renamed.
impl Default for History {
    fn default() -> Self {
        History { since: FIRST, aliases: Vec::new() }
    }
}
