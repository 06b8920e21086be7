use std::collections::HashMap;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use super::Readings;
use super::account::{Account, Accounts, Held};
use super::expectation::{AccountFate, Expectation, Expected, Origin, Standing, Why};
use super::history::{CycleKind, CycleView};
use super::matching::{self, Match};
use crate::entra::directory::{DirectoryState, ObjectId, ObjectKind};
use crate::entra::mapping::{AttributeMapping, Mapping, ObjectMapping, Phase, Subject, TargetValue};
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
pub(super) struct Link {
    pub(super) account: usize,
    /// False after an unassignment: the service has let go of it.
    managed: bool,
    /// It was entitled when it was processed last.
    pub(super) entitled: bool,
    /// Links to other objects as the directory had them when it was processed last, by target.
    pub(super) seen: HashMap<String, Option<TargetValue>>,
}

/// An object whose links are due in this run.
pub(super) struct Processed {
    pub(super) id: ObjectId,
    pub(super) entitled: bool,
    /// It came into scope with this run, so that all of it is new to the target.
    pub(super) whole: bool,
}

/// Why an object has no account.
#[derive(Debug, Clone, Copy)]
enum Verdict {
    Never(Why),
    Unjudged(Why),
}

/// Walks through the cycles and keeps what stands at a target that does everything right.
pub(super) struct Walk {
    pub(super) mapping: Arc<Mapping>,
    scope: Scope,
    readings: Readings,
    pub(super) accounts: Accounts,
    pub(super) links: HashMap<ObjectId, Link>,
    /// The account each object had last, whether the service still knows or not.
    pub(super) last: HashMap<ObjectId, usize>,
    verdicts: HashMap<ObjectId, Verdict>,
    /// The directory at the last cycle that was not on demand.
    before: Option<Arc<DirectoryState>>,
    number: usize,
}

impl Walk {
    pub(super) fn new(mapping: &Mapping, scope: Scope, readings: Readings) -> Self {
        Walk {
            mapping: Arc::new(mapping.clone()),
            scope,
            readings,
            accounts: Accounts::default(),
            links: HashMap::new(),
            last: HashMap::new(),
            verdicts: HashMap::new(),
            before: None,
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
            CycleKind::Incremental if self.before.is_some() => Mode::Incremental,
            _ => Mode::Full,
        };
        match &view.kind {
            CycleKind::MappingChanged(mapping) => self.mapping = Arc::clone(mapping),
            CycleKind::Initial { links_dropped: true } => {
                self.links.clear();
                self.accounts.disown();
            }
            _ => {}
        }
        let ids = match &view.kind {
            CycleKind::OnDemand(ids) => ids.clone(),
            _ => self.read(state, mode),
        };
        if mode != Mode::OnDemand {
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
            self.before = Some(Arc::clone(&view.state));
        }
    }

    /// Objects that a cycle reads: all of them, or those in which anything changed, their
    /// entitlement included.
    fn read(&self, state: &DirectoryState, mode: Mode) -> Vec<ObjectId> {
        let users = state.users().map(|user| user.id());
        let all = users.chain(state.groups().map(|group| group.id()));
        match (&self.before, mode) {
            (Some(before), Mode::Incremental) => all
                .filter(|id| {
                    before.object(id) != state.object(id)
                        || self.entitlement(before, id) != self.entitlement(state, id)
                })
                .cloned()
                .collect(),
            _ => all.cloned().collect(),
        }
    }

    fn entitlement(&self, state: &DirectoryState, id: &ObjectId) -> Entitlement {
        scope::in_scope(state, &self.scope, id)
    }

    /// Hard deletes. Only an incremental cycle learns of them.
    fn purged(&mut self, state: &DirectoryState, mode: Mode) {
        let left: Vec<(ObjectId, usize)> = self
            .last
            .iter()
            .filter(|(id, account)| state.object(id).is_none() && !self.accounts[**account].is_deleted())
            .map(|(id, account)| (id.clone(), *account))
            .collect();
        for (id, account) in left {
            let managed = self.links.get(&id).map(|link| link.managed);
            match managed {
                // Known limitations: after an unassignment the service sends no DELETE.
                Some(false) if !self.readings.purge_after_unassignment_deletes => {}
                Some(_) if mode == Mode::Incremental => {
                    self.delete(&id, account);
                }
                _ => self.accounts.get_mut(account).unjudged = Some(Why::LeftBeforeRestart),
            }
        }
    }

    fn object(
        &mut self,
        state: &DirectoryState,
        kind: ObjectKind,
        id: &ObjectId,
        mode: Mode,
    ) -> Option<Processed> {
        let Some(mapping) = self.mapping.object(kind).cloned() else {
            self.verdicts.insert(id.clone(), Verdict::Never(Why::NotMapped));
            return None;
        };
        let entitlement = self.entitlement(state, id);
        let subject = Subject { object: state.object(id)?, is_soft_deleted: entitlement.is_soft_deleted() };
        match (self.links.contains_key(id), entitlement.is_entitled()) {
            (false, true) => self.join(kind, &mapping, &subject),
            (false, false) => {
                self.leave_out(kind, &mapping, &subject, entitlement);
                None
            }
            (true, _) if has_no_matching_value(&mapping, &subject) => None,
            (true, true) => self.update(&mapping, &subject),
            (true, false) if kind == ObjectKind::Group => {
                self.drop_group(id, mode);
                None
            }
            (true, false) => self.disable(&mapping, &subject, entitlement, mode),
        }
    }

    /// Who is not entitled and was never provisioned stays without an account.
    fn leave_out(
        &mut self,
        kind: ObjectKind,
        mapping: &ObjectMapping,
        subject: &Subject<'_>,
        entitlement: Entitlement,
    ) {
        let verdict = if !entitlement.assigned {
            Verdict::Never(Why::NotAssigned)
        } else {
            match matching::search(&self.accounts, kind, mapping, subject, self.number) {
                // Disabled users are not created; whether an account that is there already gets
                // disabled is not documented.
                Match::One(account) => {
                    self.accounts.get_mut(account).contested = true;
                    Verdict::Unjudged(Why::InactiveWithAccount)
                }
                _ => Verdict::Never(Why::NotActive),
            }
        };
        self.verdicts.insert(subject.object.id().clone(), verdict);
    }

    /// Who is entitled and has no account yet is matched or created.
    fn join(
        &mut self,
        kind: ObjectKind,
        mapping: &ObjectMapping,
        subject: &Subject<'_>,
    ) -> Option<Processed> {
        let id = subject.object.id();
        let found = matching::search(&self.accounts, kind, mapping, subject, self.number);
        let account = match found {
            Match::NoValue => Err(Verdict::Never(Why::NoMatchingValue)),
            Match::Several => Err(Verdict::Never(Why::SeveralMatch)),
            Match::Unclear(why) => Err(Verdict::Unjudged(why)),
            Match::One(account) => match &self.accounts[account].owner {
                // Two people with one matching value: DuplicateSourceEntries.
                Some(owner) if owner != id => {
                    self.accounts.get_mut(account).unjudged = Some(Why::MatchesAnothers);
                    Err(Verdict::Unjudged(Why::MatchesAnothers))
                }
                _ => {
                    self.write(account, mapping, subject, |_| true);
                    Ok(account)
                }
            },
            Match::Nothing => self.create(kind, mapping, subject),
        };
        match account {
            Err(verdict) => {
                self.verdicts.insert(id.clone(), verdict);
                None
            }
            Ok(account) => {
                self.verdicts.remove(id);
                self.last.insert(id.clone(), account);
                self.accounts.get_mut(account).owner = Some(id.clone());
                let link = Link { account, managed: true, entitled: true, seen: HashMap::new() };
                self.links.insert(id.clone(), link);
                Some(Processed { id: id.clone(), entitled: true, whole: true })
            }
        }
    }

    /// A new account: every value there is, defaults for those there are not.
    fn create(
        &mut self,
        kind: ObjectKind,
        mapping: &ObjectMapping,
        subject: &Subject<'_>,
    ) -> Result<usize, Verdict> {
        let values =
            mapping.evaluate(subject, Phase::Create).map_err(|_| Verdict::Never(Why::CannotBeComputed))?;
        if kind == ObjectKind::User
            && values.iter().any(|(row, value)| {
                row.target.is("userName")
                    && value
                        .as_ref()
                        .is_some_and(|value| matching::user_name_taken(&self.accounts, None, value))
            })
        {
            return Err(Verdict::Never(Why::UserNameTaken));
        }
        let account = self.accounts.create(kind);
        for (row, value) in values {
            if let Some(value) = value.filter(|_| !row.is_reference()) {
                self.accounts.hold(account, &row.target, Held::Value(value));
            }
        }
        Ok(account)
    }

    fn update(&mut self, mapping: &ObjectMapping, subject: &Subject<'_>) -> Option<Processed> {
        let id = subject.object.id();
        let link = self.links.get_mut(id)?;
        let whole = !link.entitled;
        (link.entitled, link.managed) = (true, true);
        let account = link.account;
        self.write(account, mapping, subject, |_| true);
        Some(Processed { id: id.clone(), entitled: true, whole })
    }

    /// Unassigned, blocked or in the recycle bin: `active` becomes false.
    fn disable(
        &mut self,
        mapping: &ObjectMapping,
        subject: &Subject<'_>,
        entitlement: Entitlement,
        mode: Mode,
    ) -> Option<Processed> {
        let id = subject.object.id();
        let link = self.links.get_mut(id)?;
        // On demand, who is blocked or deleted in the directory is not found.
        if !link.managed || mode == Mode::OnDemand && entitlement.assigned {
            return None;
        }
        let first = std::mem::replace(&mut link.entitled, false);
        link.managed = entitlement.assigned;
        let account = link.account;
        if entitlement.soft_deleted && mode == Mode::Full {
            // An initial cycle reads the objects that are there, and not the recycle bin.
            self.write(account, mapping, subject, |_| false);
        } else if !first {
            // Whether the disabled still get updates is not documented. They stay disabled.
            self.write(account, mapping, subject, reads_is_soft_deleted);
        } else if entitlement.soft_deleted {
            // The delta of a deletion carries no other attribute.
            self.write(account, mapping, subject, reads_is_soft_deleted);
        } else {
            self.write(account, mapping, subject, |_| true);
        }
        Some(Processed { id: id.clone(), entitled: false, whole: false })
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
    /// unjudged afterwards. A rename to a name that is taken is refused with all that came with it.
    fn write(
        &mut self,
        account: usize,
        mapping: &ObjectMapping,
        subject: &Subject<'_>,
        certain: impl Fn(&AttributeMapping) -> bool,
    ) {
        let Ok(values) = mapping.evaluate(subject, Phase::Update) else {
            self.accounts.get_mut(account).unjudged = Some(Why::CannotBeComputed);
            return;
        };
        let refused = values.iter().any(|(row, value)| {
            self.accounts[account].kind == ObjectKind::User
                && row.target.is("userName")
                && value
                    .as_ref()
                    .is_some_and(|value| matching::user_name_taken(&self.accounts, Some(account), value))
        });
        for (row, value) in values {
            let Some(value) = value.filter(|_| !row.is_reference()) else { continue };
            let next = Held::Value(value);
            if self.accounts[account].held(&row.target) == next {
                continue;
            }
            let next = if certain(row) && !refused { next } else { Held::Unjudged };
            self.accounts.hold(account, &row.target, next);
        }
    }

    /// Objects that failed before are tried again in cycles that did not read them.
    fn retried(&mut self, state: &DirectoryState, read: &[ObjectId]) {
        let read: IndexSet<&ObjectId> = read.iter().collect();
        let failed: Vec<ObjectId> = self
            .verdicts
            .iter()
            .filter(|(id, verdict)| {
                !read.contains(id)
                    && matches!(verdict, Verdict::Never(Why::SeveralMatch | Why::UserNameTaken))
            })
            .map(|(id, _)| id.clone())
            .collect();
        for id in failed {
            let Some(object) = state.object(&id) else { continue };
            let Some(mapping) = self.mapping.object(object.kind()) else { continue };
            let subject = Subject { object, is_soft_deleted: false };
            let still = match matching::search(&self.accounts, object.kind(), mapping, &subject, self.number)
            {
                Match::Several => true,
                Match::Nothing => mapping
                    .find("userName")
                    .and_then(|row| row.value(&subject).ok().flatten())
                    .is_some_and(|name| matching::user_name_taken(&self.accounts, None, &name)),
                _ => false,
            };
            if !still {
                self.verdicts.insert(id, Verdict::Unjudged(Why::MayBeRetried));
            }
        }
    }

    /// Whether the object has an account is not known.
    pub(super) fn unclear(&self, id: &ObjectId) -> bool {
        matches!(self.verdicts.get(id), Some(Verdict::Unjudged(_)))
    }

    pub(super) fn expectation(&self, history: &[CycleView]) -> Expectation {
        let mut expectation = Expectation::default();
        let states = history.iter().map(|view| view.state.as_ref());
        let seen: IndexMap<ObjectId, ObjectKind> = states
            .flat_map(|state| {
                let users = state.users().map(|user| (user.id().clone(), ObjectKind::User));
                users.chain(state.groups().map(|group| (group.id().clone(), ObjectKind::Group)))
            })
            .collect();
        for (id, kind) in seen {
            let expected = self.expected(&id, kind);
            expectation.objects.insert(id, expected);
        }
        for (index, account) in self.accounts.iter() {
            let Origin::Adopted(key) = &account.origin else { continue };
            let owner = self.last.iter().find(|(_, last)| **last == index).map(|(id, _)| id.clone());
            let fate = match owner {
                Some(owner) => AccountFate::Adopted(owner),
                None if account.contested || account.unjudged.is_some() => AccountFate::Unjudged,
                None => AccountFate::Untouched,
            };
            expectation.accounts.insert(key.clone(), fate);
        }
        expectation
    }

    fn expected(&self, id: &ObjectId, kind: ObjectKind) -> Expected {
        let account = self.last.get(id).map(|account| &self.accounts[*account]);
        match (account, self.verdicts.get(id)) {
            (Some(account), _) if account.is_deleted() => Expected::Gone,
            (Some(Account { unjudged: Some(why), .. }), _) => Expected::Unjudged { why: *why },
            // Its link was dropped, and whether it was found again is not known.
            (Some(_), Some(Verdict::Unjudged(why))) => Expected::Unjudged { why: *why },
            (Some(account), _) => {
                let rows = self.mapping.object(kind).map(|mapping| mapping.rows.as_slice());
                let values = rows.unwrap_or_default().iter().map(|row| {
                    let mut value = account.expect(row, row.is_list());
                    self.forget_deleted(&mut value.standing);
                    value
                });
                Expected::Present { origin: account.origin.clone(), values: values.collect() }
            }
            (None, Some(Verdict::Never(why))) => Expected::Never { why: *why },
            (None, Some(Verdict::Unjudged(why))) => Expected::Unjudged { why: *why },
            (None, None) => Expected::Never { why: Why::NeverSeen },
        }
    }

    /// What a target does with links to an account that was deleted is its own affair.
    fn forget_deleted(&self, standing: &mut Standing) {
        let deleted =
            |id: &ObjectId| self.last.get(id).is_some_and(|account| self.accounts[*account].is_deleted());
        match standing {
            Standing::Equal(TargetValue::Reference(id)) if deleted(id) => *standing = Standing::Unjudged,
            Standing::Members { present, unjudged, .. } => {
                let (gone, there) = std::mem::take(present).into_iter().partition(|id| deleted(id));
                *present = there;
                let gone: Vec<ObjectId> = gone;
                unjudged.extend(gone);
            }
            _ => {}
        }
    }
}

fn has_no_matching_value(mapping: &ObjectMapping, subject: &Subject<'_>) -> bool {
    mapping.matching().iter().all(|row| matches!(row.value(subject), Ok(None)))
}

/// The row computes with `IsSoftDeleted`, as the default mapping of `active` does.
fn reads_is_soft_deleted(row: &AttributeMapping) -> bool {
    row.reads(crate::entra::mapping::IS_SOFT_DELETED.name)
}
