//! What a job remembers, in a form that can be kept in a file between two runs of the program.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use super::Job;
use super::pass;
use super::problem::{ErrorCode, JobProblem};
use super::quarantine::Quarantine;
use super::state::{Escrow, JobState, Link, Quarantined};
use crate::entra::directory::{ObjectId, ObjectKind, Tenant, Watermark};

/// Links, escrows, quarantine and what is held back. The watermark stands in no file: whoever keeps
/// this keeps the directory as it was then, and gives the job a tenant whose change log begins there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    links: Vec<KeptLink>,
    escrows: Vec<KeptEscrow>,
    held_back: Vec<ObjectId>,
    force_deletes: bool,
    quarantine: Option<KeptQuarantine>,
    disabled: bool,
    last_cycle: Option<u64>,
    cycles: usize,
    on_demand_runs: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptLink {
    id: ObjectId,
    group: bool,
    target_id: String,
    active: bool,
    entitled: bool,
    released: bool,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    references: BTreeMap<String, ObjectId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    members: Vec<ObjectId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptEscrow {
    id: ObjectId,
    first_failure: u64,
    last_failure: u64,
    retries: usize,
    whole: bool,
    references: bool,
    members: Vec<ObjectId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptQuarantine {
    reason: String,
    code: String,
    detail: String,
    since: u64,
}

impl Job {
    /// What has to be kept so that another run can go on from here.
    #[must_use]
    pub fn memory(&self) -> Memory {
        let JobState { links, escrows, held_back, force_deletes, quarantine, .. } = &self.state;
        Memory {
            links: links.iter().map(|(id, link)| kept_link(id, link)).collect(),
            escrows: escrows.iter().map(|(id, escrow)| kept_escrow(id, escrow)).collect(),
            held_back: held_back.iter().cloned().collect(),
            force_deletes: *force_deletes,
            quarantine: quarantine.as_ref().map(kept_quarantine),
            disabled: self.state.disabled,
            last_cycle: self.state.last_cycle,
            cycles: self.state.cycles,
            on_demand_runs: self.state.on_demand_runs,
        }
    }

    /// Goes on from there. `seen` is the tenant as the last cycle that came to its end saw it, the end
    /// of whose log becomes the watermark; without one the next cycle is an initial one.
    pub fn recall(&mut self, memory: Memory, seen: Option<&Tenant>) {
        self.state = remembered(memory);
        if let Some(tenant) = seen {
            self.state.watermark = Some(tenant.watermark());
            let judged = pass::judge(&tenant.state(), self.settings.scope, &self.settings.mapping);
            self.state.entitled =
                judged.into_iter().filter(|(_, judged)| judged.is_entitled()).map(|(id, _)| id).collect();
        }
    }

    /// Goes on from there in a tenant whose change log was kept too: `watermark` is where the last cycle that came to
    /// its end left off, if there was one, and `entitled` who was entitled then.
    pub fn recall_at(&mut self, memory: Memory, watermark: Option<Watermark>, entitled: HashSet<ObjectId>) {
        self.state = JobState { watermark, entitled, ..remembered(memory) };
    }

    /// The end of the change log when the last cycle came to its end; `None` before the first one, and after a restart
    /// that cleared it.
    #[must_use]
    pub fn watermark(&self) -> Option<Watermark> {
        self.state.watermark
    }

    /// Who was entitled when the last cycle came to its end.
    pub fn entitled(&self) -> impl ExactSizeIterator<Item = &ObjectId> {
        self.state.entitled.iter()
    }

    /// Restores one link that a cycle made or found and could not keep, because the program was ended in the middle of it.
    pub fn recall_link(&mut self, id: ObjectId, kind: ObjectKind, target_id: String, active: bool) {
        let known = self.state.links.get(&id).filter(|known| known.target_id == target_id).cloned();
        let link = known.unwrap_or_else(|| Link::new(kind, target_id));
        self.state.links.insert(id, Link { active, entitled: active, ..link });
    }
}

fn remembered(memory: Memory) -> JobState {
    let mut state = JobState {
        force_deletes: memory.force_deletes,
        disabled: memory.disabled,
        last_cycle: memory.last_cycle,
        cycles: memory.cycles,
        on_demand_runs: memory.on_demand_runs,
        held_back: memory.held_back.into_iter().collect(),
        quarantine: memory.quarantine.map(quarantined),
        ..JobState::default()
    };
    for kept in memory.links {
        let (id, link) = link(kept);
        state.links.insert(id, link);
    }
    state.escrows = memory.escrows.into_iter().map(escrow).collect();
    state
}

fn kept_link(id: &ObjectId, link: &Link) -> KeptLink {
    KeptLink {
        id: id.clone(),
        group: link.kind == ObjectKind::Group,
        target_id: link.target_id.clone(),
        active: link.active,
        entitled: link.entitled,
        released: link.released,
        references: link.references.iter().map(|(target, id)| (target.clone(), id.clone())).collect(),
        members: link.members.iter().cloned().collect(),
    }
}

fn link(kept: KeptLink) -> (ObjectId, Link) {
    let kind = if kept.group { ObjectKind::Group } else { ObjectKind::User };
    let link = Link {
        active: kept.active,
        entitled: kept.entitled,
        released: kept.released,
        references: kept.references.into_iter().collect(),
        members: kept.members.into_iter().collect(),
        ..Link::new(kind, kept.target_id)
    };
    (kept.id, link)
}

fn kept_escrow(id: &ObjectId, escrow: &Escrow) -> KeptEscrow {
    KeptEscrow {
        id: id.clone(),
        first_failure: escrow.first_failure,
        last_failure: escrow.last_failure,
        retries: escrow.retries,
        whole: escrow.whole,
        references: escrow.references,
        members: escrow.members.iter().cloned().collect(),
    }
}

fn escrow(kept: KeptEscrow) -> (ObjectId, Escrow) {
    let escrow = Escrow {
        first_failure: kept.first_failure,
        last_failure: kept.last_failure,
        retries: kept.retries,
        whole: kept.whole,
        references: kept.references,
        members: kept.members.into_iter().collect(),
    };
    (kept.id, escrow)
}

fn kept_quarantine(quarantined: &Quarantined) -> KeptQuarantine {
    let Quarantined { quarantine, since } = quarantined;
    KeptQuarantine {
        reason: quarantine.reason.to_owned(),
        code: quarantine.problem.code.as_str().to_owned(),
        detail: quarantine.problem.detail.clone(),
        since: *since,
    }
}

fn quarantined(kept: KeptQuarantine) -> Quarantined {
    let code = ErrorCode::named(&kept.code).unwrap_or(ErrorCode::InternalError);
    let quarantine = Quarantine {
        reason: Quarantine::reason_named(&kept.reason),
        problem: JobProblem::new(code, kept.detail),
    };
    Quarantined { quarantine, since: kept.since }
}
