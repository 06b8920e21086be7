//! Objects without an account: left out, matched, or created.

use std::collections::{HashMap, HashSet};

use super::account::HeldValue;
use super::expectation::Why;
use super::matching::{self, OracleMatch};
use super::walk::{OracleLink, OracleVerdict, OracleWalk, Processed};
use crate::entra::directory::{DirectoryState, ObjectId, ObjectKind};
use crate::entra::mapping::{MappingSubject, ObjectMapping, Phase};
use crate::entra::scope::Entitlement;

impl OracleWalk {
    /// Who is not entitled and was never provisioned stays without an account.
    pub(super) fn leave_out(
        &mut self,
        kind: ObjectKind,
        mapping: &ObjectMapping,
        subject: &MappingSubject<'_>,
        entitlement: Entitlement,
    ) {
        if self.unclear(subject.object.id()) {
            return;
        }
        let verdict = if !entitlement.assigned {
            OracleVerdict::Never(Why::NotAssigned)
        } else {
            match matching::search(&self.accounts, kind, mapping, subject, self.number) {
                // Disabled users are not created; whether an account that is there already gets
                // disabled is not documented.
                OracleMatch::One(account) => {
                    self.accounts.get_mut(account).contested = true;
                    OracleVerdict::Unjudged(Why::InactiveWithAccount)
                }
                _ => OracleVerdict::Never(Why::NotActive),
            }
        };
        self.verdicts.insert(subject.object.id().clone(), verdict);
    }

    /// Who is entitled and has no account yet is matched or created.
    pub(super) fn join(
        &mut self,
        kind: ObjectKind,
        mapping: &ObjectMapping,
        subject: &MappingSubject<'_>,
    ) -> Option<Processed> {
        let id = subject.object.id();
        let joined = match self.verdicts.get(id) {
            // It may have an account since then, and may not.
            Some(OracleVerdict::Unjudged(why)) if *why != Why::InactiveWithAccount => {
                Err(OracleVerdict::Unjudged(*why))
            }
            _ => self.match_or_create(kind, mapping, subject),
        };
        match joined {
            Err(verdict) => {
                if let OracleVerdict::Unjudged(_) = verdict {
                    self.haunt(kind, mapping, subject);
                }
                self.verdicts.insert(id.clone(), verdict);
                None
            }
            Ok((account, refused)) => {
                self.verdicts.remove(id);
                if self.last.insert(id.clone(), account).is_some_and(|before| before != account) {
                    self.accounts.moved(id);
                }
                let taken = self.accounts.get_mut(account);
                (taken.owner, taken.taken_by) = (Some(id.clone()), Some(id.clone()));
                let link = OracleLink {
                    account,
                    managed: Some(true),
                    entitled: true,
                    seen: HashMap::new(),
                    confirmed: HashSet::new(),
                    written: HashSet::new(),
                };
                self.links.insert(id.clone(), link);
                Some(Processed { id: id.clone(), entitled: true, whole: true, refused })
            }
        }
    }

    fn match_or_create(
        &mut self,
        kind: ObjectKind,
        mapping: &ObjectMapping,
        subject: &MappingSubject<'_>,
    ) -> Result<(usize, bool), OracleVerdict> {
        match matching::search(&self.accounts, kind, mapping, subject, self.number) {
            OracleMatch::NoValue => Err(OracleVerdict::Never(Why::NoMatchingValue)),
            OracleMatch::Several => Err(OracleVerdict::Never(Why::SeveralMatch)),
            OracleMatch::Unclear(why) => Err(OracleVerdict::Unjudged(why)),
            OracleMatch::One(account) => match &self.accounts[account].owner {
                // Two people with one matching value: DuplicateSourceEntries.
                Some(owner) if owner != subject.object.id() => {
                    self.accounts.get_mut(account).unjudged = Some(Why::MatchesAnothers);
                    Err(OracleVerdict::Unjudged(Why::MatchesAnothers))
                }
                _ => Ok((account, self.write(account, mapping, subject, |_| true))),
            },
            OracleMatch::Nothing if !mapping.actions.create => Err(OracleVerdict::Never(Why::NotAllowed)),
            OracleMatch::Nothing => Ok((self.create(kind, mapping, subject)?, false)),
        }
    }

    /// A new account: every value there is, defaults for those there are not.
    fn create(
        &mut self,
        kind: ObjectKind,
        mapping: &ObjectMapping,
        subject: &MappingSubject<'_>,
    ) -> Result<usize, OracleVerdict> {
        let values = mapping
            .evaluate(subject, Phase::Create)
            .map_err(|_| OracleVerdict::Never(Why::CannotBeComputed))?;
        if kind == ObjectKind::User {
            match matching::user_name_taken(&self.accounts, None, &values, self.number) {
                Some(false) => {}
                Some(true) => return Err(OracleVerdict::Never(Why::UserNameTaken)),
                None => return Err(OracleVerdict::Unjudged(Why::MatchUnclear)),
            }
        }
        let account = self.accounts.create(kind);
        for (row, value) in values {
            if let Some(value) = value.filter(|_| !row.is_reference()) {
                self.accounts.hold(account, &row.target, HeldValue::Value(value));
            }
        }
        Ok(account)
    }

    /// Of an object about which too little is known: an account that may have been made stands in
    /// the way of others, perhaps, and accounts that match may have been taken over.
    fn haunt(&mut self, kind: ObjectKind, mapping: &ObjectMapping, subject: &MappingSubject<'_>) {
        if self.last.contains_key(subject.object.id()) {
            self.accounts.moved(subject.object.id());
        }
        for account in matching::within_reach(&self.accounts, kind, mapping, subject) {
            self.accounts.get_mut(account).unjudged.get_or_insert(Why::MatchUnclear);
        }
        let Ok(values) = mapping.evaluate(subject, Phase::Create) else { return };
        let accounts = &mut self.accounts;
        let ghost = *self.ghosts.entry(subject.object.id().clone()).or_insert_with(|| accounts.create(kind));
        for (row, value) in values {
            if let Some(value) = value.filter(|_| !row.is_reference()) {
                let held = self.accounts[ghost].held(&row.target).or(value);
                self.accounts.hold(ghost, &row.target, held);
            }
        }
    }

    /// Objects that failed before are tried again in cycles that did not read them.
    pub(super) fn retried(&mut self, state: &DirectoryState, read: &[ObjectId]) {
        let read: HashSet<&ObjectId> = read.iter().collect();
        let failed = |(id, verdict): &(&ObjectId, &OracleVerdict)| {
            !read.contains(id)
                && matches!(verdict, OracleVerdict::Never(Why::SeveralMatch | Why::UserNameTaken))
        };
        let failed: Vec<ObjectId> = self.verdicts.iter().filter(failed).map(|(id, _)| id.clone()).collect();
        for id in failed {
            let Some(object) = state.object(&id) else { continue };
            let kind = object.kind();
            let Some(mapping) = self.mapping.object(kind).cloned() else { continue };
            let subject = super::walk::subject(state, object, false);
            let still = match matching::search(&self.accounts, kind, &mapping, &subject, self.number) {
                OracleMatch::Several => true,
                OracleMatch::Nothing => mapping.evaluate(&subject, Phase::Create).is_ok_and(|values| {
                    matching::user_name_taken(&self.accounts, None, &values, self.number) == Some(true)
                }),
                _ => false,
            };
            if !still {
                self.haunt(kind, &mapping, &subject);
                self.verdicts.insert(id, OracleVerdict::Unjudged(Why::MayBeRetried));
            }
        }
    }
}
