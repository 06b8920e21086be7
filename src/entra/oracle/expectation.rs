use std::fmt;

use indexmap::IndexMap;

use crate::entra::directory::ObjectId;
use crate::entra::mapping::TargetValue;
use crate::scim::PatchPath;

/// What must stand at the target.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Expectation {
    pub(super) objects: IndexMap<ObjectId, Expected>,
    pub(super) accounts: IndexMap<String, AccountFate>,
}

impl Expectation {
    /// For one user or group. Who was in the directory at no cycle has no account.
    #[must_use]
    pub fn object(&self, id: &ObjectId) -> &Expected {
        self.objects.get(id).unwrap_or(&Expected::Never { why: Why::NeverSeen })
    }

    /// For everybody who was in the directory at some cycle, in the order they came.
    pub fn objects(&self) -> impl Iterator<Item = (&ObjectId, &Expected)> {
        self.objects.iter()
    }

    /// What became of an account that was there before, by its key.
    #[must_use]
    pub fn account(&self, key: &str) -> Option<&AccountFate> {
        self.accounts.get(key)
    }
}

/// What must stand at the target for one user or group.
#[derive(Debug, Clone, PartialEq)]
pub enum Expected {
    /// No account was ever made or taken over for it. Accounts that others made may still bear its
    /// name: [`Expectation::account`] tells.
    Never {
        /// The reason.
        why: Why,
    },
    /// Its account was deleted. Another object may have taken over its name since.
    Gone,
    /// It has an account.
    Present {
        /// Where the account came from.
        origin: Origin,
        /// Every row of the mapping, in its order. What is not mapped is not judged.
        values: Vec<ExpectedValue>,
    },
    /// Microsoft does not document what becomes of it.
    Unjudged {
        /// Which situation that is.
        why: Why,
    },
}

/// Where an account came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The service created it.
    Created,
    /// It was there before, under this key, and matched.
    Adopted(String),
}

/// What must stand in one target attribute.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectedValue {
    /// The target attribute.
    pub target: PatchPath,
    /// Its text as the profile writes it.
    pub written: String,
    /// What must stand there.
    pub standing: ValueDemand,
}

/// What must stand in a target attribute.
#[derive(Debug, Clone, PartialEq)]
pub enum ValueDemand {
    /// This value; texts compare by the attribute's caseExact. A reference is an object of the
    /// directory, and its account's id stands at the target.
    Equal(TargetValue),
    /// No value.
    Absent,
    /// A list of links to other objects.
    Members {
        /// These stand in it.
        present: Vec<ObjectId>,
        /// These do not, whatever else does.
        absent: Vec<ObjectId>,
        /// These may or may not.
        unjudged: Vec<ObjectId>,
        /// Nothing else stands in it. False for a group that was there before.
        closed: bool,
    },
    /// Nothing is said.
    Unjudged,
}

/// What becomes of an account that was there before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountFate {
    /// The object took it over, at one time or another.
    Adopted(ObjectId),
    /// It stands as it stood.
    Untouched,
    /// Microsoft does not document it.
    Unjudged,
}

/// Why an object has no account, or cannot be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Why {
    /// It was in the directory at no cycle.
    NeverSeen,
    /// Objects of its kind are not mapped.
    NotMapped,
    /// It was not assigned at any cycle that read it.
    NotAssigned,
    /// It was assigned, but blocked from sign-in or in the recycle bin.
    NotActive,
    /// It has no value in any matching attribute.
    NoMatchingValue,
    /// More than one account matches.
    SeveralMatch,
    /// The target object actions do not allow to create it.
    NotAllowed,
    /// Another account has its userName, and the create is refused.
    UserNameTaken,
    /// A mapping cannot be computed for it.
    CannotBeComputed,
    /// An account matches that is another object's.
    MatchesAnothers,
    /// Whether an account matches depends on letter case or on a value nobody knows.
    MatchUnclear,
    /// It is blocked or in the recycle bin, was never provisioned, and an account matches.
    InactiveWithAccount,
    /// It left before a restart, and a restart reads nothing of those who left.
    LeftBeforeRestart,
    /// It failed in an earlier cycle; when that is tried again is not modelled.
    MayBeRetried,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Why::NeverSeen => "no cycle saw it in the directory",
            Why::NotMapped => "objects of its kind are not mapped",
            Why::NotAssigned => "it was not assigned to the application",
            Why::NotActive => "it was blocked from sign-in or in the recycle bin",
            Why::NoMatchingValue => "it has no value in a matching attribute",
            Why::SeveralMatch => "more than one account matches",
            Why::NotAllowed => "the target object actions do not allow to create it",
            Why::UserNameTaken => "another account has its userName",
            Why::CannotBeComputed => "a mapping cannot be computed for it",
            Why::MatchesAnothers => "the matching account belongs to another object",
            Why::MatchUnclear => "whether an account matches cannot be told",
            Why::InactiveWithAccount => "it was not active, and an account of its name was there",
            Why::LeftBeforeRestart => "it left before the job was restarted",
            Why::MayBeRetried => "it failed before and may have been tried again",
        })
    }
}
