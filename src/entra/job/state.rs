//! What a job remembers between cycles: links, the watermark, what it still has to repeat.

use std::collections::{HashMap, HashSet};

use indexmap::{IndexMap, IndexSet};

use super::log::Quarantine;
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
    /// The disable came from an unassignment: the service no longer manages the account.
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
            released: false,
            references: HashMap::new(),
            members: IndexSet::new(),
        }
    }
}

/// What failed for one object and is tried again in the next cycle (Microsoft calls it an escrow).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Escrow {
    /// How often it was tried again.
    pub retries: usize,
    /// The object itself failed.
    pub whole: bool,
    /// A single-valued reference failed.
    pub references: bool,
    /// Members that could not be added or removed.
    pub members: IndexSet<ObjectId>,
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

/// Everything a job remembers.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    pub links: Links,
    pub watermark: Option<Watermark>,
    pub escrows: IndexMap<ObjectId, Escrow>,
    /// Who was entitled when the last cycle ended.
    pub entitled: HashSet<ObjectId>,
    pub quarantine: Option<Quarantine>,
    pub cycles: usize,
    pub on_demand_runs: usize,
}

impl State {
    /// The portal's restart clears watermark, escrows and quarantine; a full one also breaks links
    /// (Graph: synchronizationJobRestartCriteria).
    pub fn restart(&mut self, full: bool) {
        self.watermark = None;
        self.escrows.clear();
        self.entitled.clear();
        self.quarantine = None;
        if full {
            self.links = Links::default();
        }
    }

    pub fn escrow(&mut self, id: &ObjectId) -> &mut Escrow {
        self.escrows.entry(id.clone()).or_default()
    }
}
