use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::account::{HeldValue, OracleAccounts};
use super::expectation::Why;
use super::history::{CycleKind, CycleView};
use super::matching;
use super::{OracleReadings, Safeguards};
use crate::entra::directory::{DirectoryState, Object, ObjectId, ObjectKind};
use crate::entra::mapping::{
    AttributeMapping, Circumstances, Mapping, MappingSubject, ObjectMapping, Phase, TargetValue,
};
use crate::entra::scope::{self, Entitlement, Scope};

/// What a run reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Full,
    Incremental,
    OnDemand,
}

/// The service's memory of one object: which account is its.
#[derive(Debug, Clone)]
pub(super) struct OracleLink {
    pub(super) account: usize,
    /// False after an unassignment: the service has let go of it. `None` when that is not certain.
    pub(super) managed: Option<bool>,
    /// It was entitled when it was processed last.
    pub(super) entitled: bool,
    /// Links to other objects as the directory had them when it was processed last, by target.
    pub(super) seen: HashMap<String, Option<TargetValue>>,
    /// Targets whose link to another object the service has seen in place since it knows the account.
    pub(super) confirmed: HashSet<String>,
    /// Members the service has written since it knows the group.
    pub(super) written: HashSet<ObjectId>,
}

/// An object whose links are due in this run.
pub(super) struct Processed {
    pub(super) id: ObjectId,
    pub(super) entitled: bool,
    /// It came into scope with this run, so that all of it is new to the target.
    pub(super) whole: bool,
    /// Its own update was refused; what becomes of its links then is not documented.
    pub(super) refused: bool,
}

/// Why an object has no account.
#[derive(Debug, Clone, Copy)]
pub(super) enum OracleVerdict {
    Never(Why),
    Unjudged(Why),
}

/// Walks through the cycles and keeps what stands at a target that does everything right.
pub(super) struct OracleWalk {
    pub(super) mapping: Arc<Mapping>,
    scope: Scope,
    readings: OracleReadings,
    pub(super) safeguards: Safeguards,
    /// Whose disable or delete is held back.
    pub(super) held_back: HashSet<ObjectId>,
    pub(super) accounts: OracleAccounts,
    pub(super) links: HashMap<ObjectId, OracleLink>,
    /// The account each object had last, whether the service still knows or not.
    pub(super) last: HashMap<ObjectId, usize>,
    pub(super) verdicts: HashMap<ObjectId, OracleVerdict>,
    /// Accounts that may have been made for objects of which that is not known.
    pub(super) ghosts: HashMap<ObjectId, usize>,
    /// The directory at the last cycle, and at every on-demand run since. Empty before the first cycle.
    before: Vec<Arc<DirectoryState>>,
    pub(super) number: usize,
}

/// The object as mappings read it at the time of that state.
pub(super) fn subject<'a>(
    state: &DirectoryState,
    object: Object<'a>,
    is_soft_deleted: bool,
) -> MappingSubject<'a> {
    MappingSubject { object, is_soft_deleted, circumstances: Circumstances::at_hour(state.hour()) }
}

impl OracleWalk {
    pub(super) fn new(
        mapping: &Mapping,
        scope: Scope,
        readings: OracleReadings,
        safeguards: Safeguards,
    ) -> Self {
        OracleWalk {
            mapping: Arc::new(mapping.clone()),
            scope,
            readings,
            safeguards,
            held_back: HashSet::new(),
            accounts: OracleAccounts::default(),
            links: HashMap::new(),
            last: HashMap::new(),
            verdicts: HashMap::new(),
            ghosts: HashMap::new(),
            before: Vec::new(),
            number: 0,
        }
    }

    /// One run of the job: objects first, users before groups, then their links.
    pub(super) fn cycle(&mut self, view: &CycleView) {
        self.number += 1;
        view.accounts.iter().for_each(|account| self.accounts.add_preexisting(account));
        let state = view.state.as_ref();
        let mode = match &view.kind {
            CycleKind::OnDemand(_) => Mode::OnDemand,
            // Without a cycle before it there is no watermark.
            CycleKind::Incremental if !self.before.is_empty() => Mode::Incremental,
            _ => Mode::Full,
        };
        match &view.kind {
            CycleKind::Reconfigured(mapping, scope) => {
                self.mapping = Arc::clone(mapping);
                self.scope = *scope;
            }
            CycleKind::Initial { links_dropped: true } => {
                self.links.clear();
                self.accounts.disown();
            }
            _ => {}
        }
        let mut ids = match &view.kind {
            CycleKind::OnDemand(ids) => ids.clone(),
            _ => self.read(state, mode),
        };
        if mode != Mode::OnDemand {
            ids.extend(self.hold_back(state, &ids, view.deletes_allowed));
            ids.retain(|id| !self.held_back.contains(id));
            self.purged(state, mode);
        }
        let mut processed = Vec::new();
        for kind in [ObjectKind::User, ObjectKind::Group] {
            for id in ids.iter().filter(|id| state.kind(id) == Some(kind)) {
                processed.extend(self.object(state, kind, id, mode));
            }
        }
        for one in &processed {
            self.references(state, one, mode);
        }
        if mode != Mode::OnDemand {
            self.retried(state, &ids);
            self.before.clear();
        }
        if mode != Mode::OnDemand || !self.before.is_empty() {
            self.before.push(Arc::clone(&view.state));
        }
    }

    /// Objects that a cycle reads: all of them, or those in which anything changed, their
    /// entitlement included.
    fn read(&self, state: &DirectoryState, mode: Mode) -> Vec<ObjectId> {
        let users = state.users().map(|user| user.id());
        let all = users.chain(state.groups().map(|group| group.id()));
        let changed = |id: &&ObjectId| {
            self.before.iter().any(|before| {
                before.object(id) != state.object(id)
                    || self.entitlement(before, id) != self.entitlement(state, id)
            })
        };
        match mode {
            Mode::Incremental => all.filter(changed).cloned().collect(),
            _ => all.cloned().collect(),
        }
    }

    pub(super) fn entitlement(&self, state: &DirectoryState, id: &ObjectId) -> Entitlement {
        scope::in_scope(state, &self.scope, &self.mapping, id)
    }

    /// Hard deletes. Only an incremental cycle learns of them.
    fn purged(&mut self, state: &DirectoryState, mode: Mode) {
        let left: Vec<(ObjectId, usize)> = self
            .last
            .iter()
            .filter(|(id, account)| {
                let account = &self.accounts[**account];
                state.object(id).is_none()
                    && !account.is_deleted()
                    && !account.released
                    && !self.held_back.contains(*id)
            })
            .map(|(id, account)| (id.clone(), *account))
            .collect();
        for (id, account) in left {
            let managed = self.links.get(&id).and_then(|link| link.managed);
            let kind = self.accounts[account].kind;
            let allowed = self.mapping.object(kind).is_none_or(|mapping| mapping.actions.delete);
            match managed {
                // Without the target object action Delete, hard deletes are ignored.
                Some(_) if !allowed => self.let_go(&id, account),
                // Known limitations: after an unassignment the service sends no DELETE.
                Some(false) if !self.readings.purge_after_unassignment_deletes => self.let_go(&id, account),
                Some(_) if mode == Mode::Incremental => {
                    self.delete(&id, account);
                }
                _ => self.accounts.get_mut(account).unjudged = Some(Why::LeftBeforeRestart),
            }
        }
    }

    /// The service knows nothing of the account any more, which stays as it is.
    fn let_go(&mut self, id: &ObjectId, account: usize) {
        self.links.remove(id);
        let account = self.accounts.get_mut(account);
        (account.owner, account.released) = (None, true);
    }

    fn object(
        &mut self,
        state: &DirectoryState,
        kind: ObjectKind,
        id: &ObjectId,
        mode: Mode,
    ) -> Option<Processed> {
        let Some(mapping) = self.mapping.object(kind).cloned() else {
            self.verdicts.insert(id.clone(), OracleVerdict::Never(Why::NotMapped));
            return None;
        };
        let entitlement = self.entitlement(state, id);
        let subject = subject(state, state.object(id)?, entitlement.is_soft_deleted());
        match (self.links.contains_key(id), entitlement.is_entitled()) {
            (false, true) => self.join(kind, &mapping, &subject),
            (false, false) => {
                self.leave_out(kind, &mapping, &subject, entitlement);
                None
            }
            (true, _) if has_no_matching_value(&mapping, &subject) => None,
            (true, true) => self.update(&mapping, &subject),
            (true, false) if self.is_left_alone(entitlement) => None,
            (true, false) if kind == ObjectKind::Group && !mapping.actions.delete => {
                // It is left alone, and no longer managed when it is out of scope.
                if let Some(link) = self.links.get_mut(id) {
                    (link.entitled, link.managed) = (false, Some(entitlement.assigned));
                }
                None
            }
            (true, false) if kind == ObjectKind::Group => {
                self.drop_group(id, mode);
                None
            }
            (true, false) => self.disable(&mapping, &subject, entitlement, mode),
        }
    }

    fn update(&mut self, mapping: &ObjectMapping, subject: &MappingSubject<'_>) -> Option<Processed> {
        let id = subject.object.id();
        let account = self.links.get(id)?.account;
        let refused = self.write(account, mapping, subject, |_| true);
        let link = self.links.get_mut(id)?;
        let whole = !link.entitled;
        if !refused {
            (link.entitled, link.managed) = (true, Some(true));
        } else if link.managed == Some(false) {
            link.managed = None;
        }
        Some(Processed { id: id.clone(), entitled: true, whole, refused })
    }

    /// Unassigned, blocked or in the recycle bin: `active` becomes false.
    fn disable(
        &mut self,
        mapping: &ObjectMapping,
        subject: &MappingSubject<'_>,
        entitlement: Entitlement,
        mode: Mode,
    ) -> Option<Processed> {
        let id = subject.object.id();
        let link = self.links.get_mut(id)?;
        // On demand, who is blocked or deleted in the directory is not found.
        let found = mode != Mode::OnDemand || entitlement.active && !entitlement.soft_deleted;
        if link.managed == Some(false) || !found {
            return None;
        }
        let first = std::mem::replace(&mut link.entitled, false);
        let account = link.account;
        let refused = if entitlement.soft_deleted && mode == Mode::Full {
            // An initial cycle reads the objects that are there, and not the recycle bin.
            self.write(account, mapping, subject, |_| false)
        } else if !first {
            // Whether the disabled still get updates is not documented. They stay disabled.
            self.write(account, mapping, subject, reads_is_soft_deleted)
        } else if entitlement.soft_deleted {
            // The delta of a deletion carries no other attribute.
            self.write(account, mapping, subject, reads_is_soft_deleted)
        } else {
            self.write(account, mapping, subject, |_| true)
        };
        if let Some(link) = self.links.get_mut(id) {
            // An unassignment of somebody who is disabled already sends nothing, and whether the
            // service lets go of them is not documented.
            let certain = entitlement.assigned || first && !refused;
            link.managed = certain.then_some(entitlement.assigned);
        }
        Some(Processed { id: id.clone(), entitled: false, whole: false, refused: false })
    }

    /// Groups have no `active`: who leaves is deleted.
    fn drop_group(&mut self, id: &ObjectId, mode: Mode) {
        let Some(link) = self.links.get(id) else { return };
        let account = link.account;
        if mode == Mode::Incremental {
            self.delete(id, account);
        } else {
            self.accounts.get_mut(account).unjudged = Some(Why::LeftBeforeRestart);
        }
    }

    fn delete(&mut self, id: &ObjectId, account: usize) {
        self.links.remove(id);
        let account = self.accounts.get_mut(account);
        account.deleted_in = Some(self.number);
        account.owner = None;
    }

    /// One update. Nulls are skipped. Of rows that are not certain, those that would change are
    /// unjudged afterwards. A rename to a name that is taken is refused with all that came with it:
    /// then it answers true.
    pub(super) fn write(
        &mut self,
        account: usize,
        mapping: &ObjectMapping,
        subject: &MappingSubject<'_>,
        certain: impl Fn(&AttributeMapping) -> bool,
    ) -> bool {
        if !mapping.actions.update {
            return false;
        }
        let Ok(values) = mapping.evaluate(subject, Phase::Update) else {
            self.accounts.get_mut(account).unjudged = Some(Why::CannotBeComputed);
            return true;
        };
        let refused = self.accounts[account].kind == ObjectKind::User
            && matching::user_name_taken(&self.accounts, Some(account), &values, self.number) != Some(false);
        for (row, value) in values {
            let Some(value) = value.filter(|_| !row.is_reference()) else { continue };
            let held = self.accounts[account].held(&row.target);
            let value = if row.only_adds() { joined(&held, value) } else { value };
            if matches!(&held, HeldValue::Value(held) if *held == value) {
                continue;
            }
            if !row.updates(held != HeldValue::Absent) {
                // Whether something stands there decides; where that is not known, neither is the outcome.
                if matches!(held, HeldValue::OneOf(_)) {
                    self.accounts.hold(account, &row.target, held.or(value));
                }
                continue;
            }
            let next = if row.adds_roles() {
                // Added in a form that depends on how the service speaks.
                HeldValue::Unjudged
            } else if certain(row) && !refused {
                HeldValue::Value(value)
            } else {
                held.or(value)
            };
            self.accounts.hold(account, &row.target, next);
        }
        refused
    }

    /// Whether the object has an account is not known.
    pub(super) fn unclear(&self, id: &ObjectId) -> bool {
        matches!(self.verdicts.get(id), Some(OracleVerdict::Unjudged(_)))
    }
}

fn has_no_matching_value(mapping: &ObjectMapping, subject: &MappingSubject<'_>) -> bool {
    mapping.matching().iter().all(|row| matches!(row.value(subject), Ok(None)))
}

/// The row computes with `IsSoftDeleted`, as the default mapping of `active` does.
fn reads_is_soft_deleted(row: &AttributeMapping) -> bool {
    row.reads(crate::entra::mapping::IS_SOFT_DELETED.name)
}

/// What a list holds after values were added to it.
fn joined(held: &HeldValue, added: TargetValue) -> TargetValue {
    match (held, added) {
        (HeldValue::Value(TargetValue::Texts(held)), TargetValue::Texts(added)) => {
            let mut all = held.clone();
            all.extend(added.into_iter().filter(|text| !held.contains(text)));
            TargetValue::Texts(all)
        }
        (_, added) => added,
    }
}
