//! What a scenario says must be true: of an answer, of the target, of the job and its log.

use indexmap::IndexMap;
use serde_json::Value;

use super::request::RawRequest;
use crate::wire::ResourceKind;

/// How the job must stand. What is not said is not asked.
#[derive(Debug, Clone, Default)]
pub struct JobExpectation {
    /// The reason it is in quarantine; an inner `None` is no quarantine.
    pub quarantine: Option<Option<String>>,
    /// Whose disable or delete is held back, exactly.
    pub held_back: Option<Vec<String>>,
    /// Who is to be tried again, exactly.
    pub failing: Option<Vec<String>>,
    /// Hours until the service begins its next cycle, rounded down.
    pub next_cycle: Option<u64>,
    /// The job was disabled after four weeks in quarantine.
    pub disabled: Option<bool>,
}

/// What the last `sign-in` must have brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenExpectation {
    /// A token, valid for so many minutes if said.
    Given {
        /// From and to, both included.
        minutes: Option<(u64, u64)>,
    },
    /// No token.
    Refused,
}

/// How requests that were sent at the same time must have been answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswersExpectation {
    /// How many are answered with 2xx.
    pub succeeded: Successes,
    /// Statuses by which the others may be refused; empty means any.
    pub others: Vec<u16>,
}

/// How many requests succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Successes {
    /// Every one.
    All,
    /// So many.
    Exactly(usize),
}

/// A walk over the pages of a list while it changes: every account of the scenario that no request between
/// the pages concerns stands on one of them.
#[derive(Debug, Clone)]
pub struct WalkExpectation {
    /// What is listed.
    pub kind: ResourceKind,
    /// Page size.
    pub count: usize,
    /// By cursor; otherwise by index.
    pub by_cursor: bool,
    /// One goes out after each page, as long as there are any.
    pub between: Vec<RawRequest>,
}

/// What the last raw request must have been answered.
#[derive(Debug, Clone, Default)]
pub struct AnswerExpectation {
    /// Accepted statuses; empty means any 2xx.
    pub status: Vec<u16>,
    /// Statuses by which the target says that it does not do this, which is right too: nothing else is
    /// looked at then.
    pub or_refused: Vec<u16>,
    /// Statuses by which the target says that it does not have what the scenario is about: a note, and the
    /// scenario ends.
    pub or_missing: Vec<u16>,
    /// JSON pointer or member name to the value it must have, null for absent; templates are filled in.
    pub body: IndexMap<String, Value>,
    /// `scimType`, when one is demanded.
    pub scim_type: Option<String>,
    /// Members that must be there, and not empty.
    pub present: Vec<String>,
    /// Members that must be absent, null, `""`, or an empty list or object.
    pub empty: Vec<String>,
    /// Headers by name: the value, or `present` for any. Of Content-Type the media type alone is compared.
    pub headers: IndexMap<String, String>,
    /// Members or JSON pointers with a value that they must not have.
    pub unlike: IndexMap<String, Value>,
    /// Members or JSON pointers that are as in an earlier answer, named by its key; where that one has none, any
    /// value is right.
    pub unchanged_since: IndexMap<String, String>,
    /// Answers, people or groups whose resources stand in this order in the list; others may stand between.
    pub order: Vec<String>,
    /// Key of a person or group: the answer, or the first resource of its list, shows every value that the
    /// mapping gives for a create.
    pub holds: Option<String>,
}

/// What must stand at the target for one person or group.
#[derive(Debug, Clone, Default)]
pub struct StateExpectation {
    /// `ada: gone`: GET by id answers 404 and the matching filter finds nothing.
    pub gone: bool,
    /// `ada: never`: no account was ever made; the matching filter finds nothing.
    pub never: bool,
    /// Target path to value; JSON null means absent.
    pub attributes: IndexMap<String, Value>,
    /// `found-by: [id, matching, filterable]`.
    pub found_by: Vec<FoundBy>,
    /// `same-account-as: old`: the id is that of the account or earlier capture of that key. A person's or
    /// group's own key means the account that was first made or found for it in this scenario.
    pub same_account_as: Option<String>,
    /// `members: [ada]`: exactly these people, for groups.
    pub members: Option<Vec<String>>,
}

/// Ways to find an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundBy {
    /// GET by id.
    Id,
    /// Filter on the matching attribute.
    Matching,
    /// Filter on each attribute the profile marks as matching or filterable.
    Filterable,
}

/// What the provisioning log of the last cycle must say of one object.
#[derive(Debug, Clone, Default)]
pub struct LogExpectation {
    /// `create`, `update`, `disable`, `delete`, `staged-delete`, `other`.
    pub action: Option<String>,
    /// `success`, `failure`, `skipped`.
    pub status: Option<String>,
    /// Entra's error code.
    pub code: Option<String>,
    /// Modified properties by source attribute.
    pub modified: IndexMap<String, ModifiedExpectation>,
}

/// What the log must say of one modified property. What is not said is not asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModifiedExpectation {
    /// Key of the person it held before; an inner `None` is an empty value.
    pub old: Option<Option<String>>,
    /// Key of the person it holds now; an inner `None` is an empty value.
    pub new: Option<Option<String>>,
}
