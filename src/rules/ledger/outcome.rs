use std::sync::Arc;

use serde_json::Value;

use super::claim::{Claim, Spot};
use super::comparison::ClaimResult;
use crate::wire::{Exchange, ResourceKind};

/// What became of a value that did not come back as it was written.
#[derive(Debug)]
pub(in crate::rules) struct ValueOutcome {
    /// What was written.
    pub claim: Claim,
    /// The write.
    pub by: Arc<Exchange>,
    /// What came back.
    pub reply: ClaimResult,
    /// What it means.
    pub fate: Fate,
    /// The exchange whose answer shows it.
    pub seen: Arc<Exchange>,
}

/// What a wrong value means, once later answers are known.
#[derive(Debug)]
pub(in crate::rules) enum Fate {
    /// The write was accepted and reads do not show it.
    Lost,
    /// It stood there, and a later write to something else took it away: which one, if one is known.
    Undone(Option<Arc<Exchange>>),
    /// A refused request changed it.
    Refused(Arc<Exchange>),
    /// The answer to the write shows something else than was written; a later read may be right.
    WrongAnswer {
        /// The later read that shows the value as written.
        right: Option<Arc<Exchange>>,
    },
    /// An earlier read did not show it yet, this one does.
    Stale {
        /// The read that was right.
        right: Arc<Exchange>,
    },
    /// A query does not show what a read by id, or the answer to the write, shows.
    ListDiffers {
        /// The read by id; none where there was none after the query.
        right: Option<Arc<Exchange>>,
    },
    /// It differs in letter case alone, which does not matter at that attribute.
    LetterCase,
}

/// Members of one group that one read shows wrong.
#[derive(Debug)]
pub(in crate::rules) struct MemberOutcome {
    /// The last write of these memberships.
    pub by: Arc<Exchange>,
    /// The last write to the group before the read.
    pub last_write: Option<Arc<Exchange>>,
    /// The read.
    pub seen: Arc<Exchange>,
    /// They must be members and are not; else they must not be and are.
    pub missing: bool,
    /// How many.
    pub count: usize,
    /// How many of them an earlier read had shown right.
    pub seen_before: usize,
}

/// An object that was not found although it is there.
#[derive(Debug)]
pub(in crate::rules) struct Vanished {
    /// Its kind.
    pub kind: ResourceKind,
    /// The create or the last write to it, if this trace made one.
    pub by: Option<Arc<Exchange>>,
    /// The exchange that did not find it.
    pub seen: Arc<Exchange>,
    /// How it was looked for.
    pub search: SearchedBy,
    /// It was disabled at the time.
    pub disabled: bool,
    /// The later exchange that found it in the same way, with no write to it in between.
    pub found: Option<Arc<Exchange>>,
}

/// How an object was looked for.
#[derive(Debug, Clone)]
pub(in crate::rules) enum SearchedBy {
    /// By its id.
    Id,
    /// By a filter.
    Filter {
        /// The filter's text.
        text: String,
        /// The attribute filtered on.
        spot: Spot,
        /// The value filtered for.
        value: Value,
        /// The value there differs in letter case.
        letter_case: bool,
        /// An object with another id was found instead.
        other: bool,
    },
}
