//! What a job remembers between cycles: links, the watermark, what it still has to repeat.

use std::collections::{HashMap, HashSet};

use indexmap::{IndexMap, IndexSet};

use super::quarantine::Quarantine;
use super::restart::ResetScope;
use super::schedule;
use crate::entra::dialect::Retries;
use crate::entra::directory::{ObjectId, ObjectKind, Watermark};

/// The link of a source object to its account (Graph: objectConnection, sourceAnchor to targetAnchor).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// User or group.
    pub kind: ObjectKind,
    /// The resource's `id` at the target.
    pub target_id: String,
    /// False once the account was disabled because the user is not, or no longer, entitled.
    pub active: bool,
    /// Whether the object was entitled when its turn ended well last. Accounts of leavers stay active
    /// where nothing tells the target, so this is not the same as `active`.
    pub entitled: bool,
    /// The object left the scope: the service no longer manages the account.
    pub released: bool,
    /// References the job has written, by target path.
    pub references: HashMap<String, ObjectId>,
    /// Members the job has written.
    pub members: IndexSet<ObjectId>,
}

impl Link {
    pub(super) fn new(kind: ObjectKind, target_id: String) -> Self {
        Link {
            kind,
            target_id,
            active: true,
            entitled: true,
            released: false,
            references: HashMap::new(),
            members: IndexSet::new(),
        }
    }
}

/// What failed for one object and is tried again later (Microsoft calls it an escrow). Times are
/// minutes of the simulated clock.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Escrow {
    /// When it failed first.
    pub first_failure: u64,
    /// When it failed last.
    pub last_failure: u64,
    /// How often it was tried again.
    pub retries: usize,
    /// The object itself failed.
    pub whole: bool,
    /// A single-valued reference failed.
    pub references: bool,
    /// Members that could not be added or removed.
    pub members: IndexSet<ObjectId>,
}

impl Escrow {
    fn since(minute: u64) -> Self {
        Escrow { first_failure: minute, last_failure: minute, ..Escrow::default() }
    }

    /// True while something is left to try.
    pub(super) fn is_open(&self) -> bool {
        self.whole || self.references || !self.members.is_empty()
    }

    /// The minute of the next attempt; `None` when there is none any more.
    #[must_use]
    pub fn next_attempt(&self, policy: Retries) -> Option<u64> {
        schedule::next_attempt(policy, self.first_failure, self.last_failure, self.retries)
    }

    pub(super) fn is_due(&self, policy: Retries, minute: u64) -> bool {
        self.next_attempt(policy).is_some_and(|next| next <= minute)
    }
}

/// Every link, found from either end.
#[derive(Debug, Clone, Default)]
pub(super) struct Links {
    by_source: IndexMap<ObjectId, Link>,
    by_target: HashMap<(ObjectKind, String), ObjectId>,
}

impl Links {
    pub fn get(&self, id: &ObjectId) -> Option<&Link> {
        self.by_source.get(id)
    }

    /// For what a link knows beside its two ends.
    pub fn get_mut(&mut self, id: &ObjectId) -> Option<&mut Link> {
        self.by_source.get_mut(id)
    }

    pub fn contains(&self, id: &ObjectId) -> bool {
        self.by_source.contains_key(id)
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&ObjectId, &Link)> {
        self.by_source.iter()
    }

    /// The source object that is linked to a resource.
    pub fn source_of(&self, kind: ObjectKind, target_id: &str) -> Option<&ObjectId> {
        self.by_target.get(&(kind, target_id.to_owned()))
    }

    pub fn insert(&mut self, id: ObjectId, link: Link) {
        self.remove(&id);
        self.by_target.insert((link.kind, link.target_id.clone()), id.clone());
        self.by_source.insert(id, link);
    }

    pub fn remove(&mut self, id: &ObjectId) {
        if let Some(link) = self.by_source.shift_remove(id) {
            // A wrong target may give one id to two objects; the other one keeps its entry.
            let target = (link.kind, link.target_id);
            if self.by_target.get(&target) == Some(id) {
                self.by_target.remove(&target);
            }
        }
    }
}

/// A quarantine and when it began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Quarantined {
    pub quarantine: Quarantine,
    /// Minute of the simulated clock.
    pub since: u64,
}

/// Everything a job remembers.
#[derive(Debug, Clone, Default)]
pub(super) struct JobState {
    pub links: Links,
    pub watermark: Option<Watermark>,
    pub escrows: IndexMap<ObjectId, Escrow>,
    /// Who was entitled when the last cycle ended.
    pub entitled: HashSet<ObjectId>,
    /// Objects whose disable or delete the accidental-deletion threshold holds back.
    pub held_back: IndexSet<ObjectId>,
    /// The next cycle may disable and delete whatever their number.
    pub force_deletes: bool,
    pub quarantine: Option<Quarantined>,
    /// Four weeks of quarantine are over.
    pub disabled: bool,
    /// When the last cycle began.
    pub last_cycle: Option<u64>,
    pub cycles: usize,
    pub on_demand_runs: usize,
}

impl JobState {
    /// See [`ResetScope`].
    pub fn restart(&mut self, scope: ResetScope) {
        if scope.watermark {
            self.watermark = None;
            self.entitled.clear();
            // Every object is looked at anew, and the deletions among them are counted anew.
            self.held_back.clear();
        }
        if scope.escrows {
            self.escrows.clear();
        }
        if scope.quarantine_state {
            self.quarantine = None;
            self.disabled = false;
        }
        if scope.connector_data_store {
            self.links = Links::default();
        }
        if scope.force_deletes {
            self.force_deletes = true;
        }
    }

    /// The entry for a failure of now.
    pub fn escrow(&mut self, id: &ObjectId, minute: u64) -> &mut Escrow {
        let escrow = self.escrows.entry(id.clone()).or_insert_with(|| Escrow::since(minute));
        escrow.last_failure = minute;
        escrow
    }

    /// Puts the job into quarantine, or keeps it there; after four weeks it is disabled.
    pub fn quarantine(&mut self, quarantine: Quarantine, minute: u64) {
        let since = self.quarantine.as_ref().map_or(minute, |earlier| earlier.since);
        self.quarantine = Some(Quarantined { quarantine, since });
        if schedule::is_over(since, minute) {
            self.disable();
        }
    }

    /// Four weeks are over: failures are no longer tried, and no cycle begins until a restart
    /// (application-provisioning-quarantine-status).
    pub fn disable(&mut self) {
        self.disabled = true;
        self.escrows.clear();
    }
}
