//! Where an object stands: whose it is by what is known so far.

use super::evidence::ShownOwner;

/// Where an object stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Standing {
    /// An answer showed it; no create of this run named it. It may carry our names.
    #[default]
    Seen,
    /// An answer showed it with our names; no create of this run named it.
    SeenAsOurs,
    /// It belongs to somebody else.
    Foreign(String),
    /// A create of this run named it, and no earlier answer had shown it.
    Candidate {
        /// The create's own answer shows that it is ours.
        echoed: bool,
    },
    /// It is ours.
    Ours,
    /// It was ours, and this run deleted it.
    Deleted,
}

impl Standing {
    /// Where an object stands after an answer showed it like this.
    pub(super) fn after(self, shown: ShownOwner) -> Self {
        match (self, shown) {
            (Standing::Foreign(who), _) => Standing::Foreign(who),
            // What we own and what shows another name is looked at once more before it is written to.
            (Standing::Ours, ShownOwner::Another(_)) => Standing::Candidate { echoed: false },
            (_, ShownOwner::Another(who)) => Standing::Foreign(who),
            (Standing::Seen, ShownOwner::Ours) => Standing::SeenAsOurs,
            (before, ShownOwner::Ours | ShownOwner::Nothing) => before,
        }
    }
}
