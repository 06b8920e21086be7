//! The second pass of a cycle: links to other objects, written when all of the cycle's objects exist.

use std::collections::HashSet;

use super::account::{HeldValue, key};
use super::walk::{Mode, OracleWalk, Processed};
use crate::entra::directory::{DirectoryState, ObjectId};
use crate::entra::mapping::{AttributeMapping, FlowType, TargetValue};

/// Whether an object has an account whose id can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Resolved {
    Yes,
    /// It has an account that is disabled or no longer managed; what the service does then is not
    /// documented.
    Perhaps,
    No,
}

impl OracleWalk {
    /// Writes the links of one object that this run processed.
    pub(super) fn references(&mut self, state: &DirectoryState, processed: &Processed, mode: Mode) {
        let Some(object) = state.object(&processed.id) else { return };
        let Some(mapping) = self.mapping.object(object.kind()).cloned() else { return };
        if !mapping.actions.update {
            return;
        }
        let subject = super::walk::subject(state, object, !processed.entitled);
        for row in mapping.rows.iter().filter(|row| row.is_reference()) {
            if row.flow == FlowType::ObjectAddOnly && !processed.whole {
                continue;
            }
            let Ok(value) = row.value(&subject) else { continue };
            if row.is_list() {
                let members = match value {
                    Some(TargetValue::References(members)) => members,
                    _ => Vec::new(),
                };
                self.members(state, processed, row, &members, mode);
            } else {
                self.reference(state, processed, row, value, mode);
            }
            if mode != Mode::OnDemand
                && processed.entitled
                && !processed.refused
                && let Some(link) = self.links.get_mut(&processed.id)
            {
                link.seen.insert(key(&row.target), row.value(&subject).ok().flatten());
            }
        }
    }

    fn reference(
        &mut self,
        state: &DirectoryState,
        processed: &Processed,
        row: &AttributeMapping,
        value: Option<TargetValue>,
        mode: Mode,
    ) {
        let Some(link) = self.links.get(&processed.id) else { return };
        let seen = link.seen.get(&key(&row.target));
        let changed = seen.is_none_or(|seen| *seen != value);
        let whole = processed.whole || mode == Mode::Full;
        let account = link.account;
        let held = self.accounts[account].held(&row.target);
        // A link that stands from before the account was matched anew is not the service's own.
        let own = link.confirmed.contains(&key(&row.target));
        let settled = mode != Mode::OnDemand && processed.entitled && !processed.refused;
        let next = match (&value, &held) {
            (Some(value), HeldValue::Value(held)) if value == held => {
                if let TargetValue::Reference(wanted) = value
                    && self.resolve(state, wanted) == Resolved::Yes
                {
                    self.confirm(&processed.id, row);
                }
                return;
            }
            // Nothing stands there and nothing shall.
            (None, HeldValue::Absent) => return,
            // The link was taken away since the last cycle, which the delta tells; one that was
            // taken away before a restart is not in the delta any more.
            (None, _) if settled && own && mode == Mode::Incremental && changed => HeldValue::Absent,
            (None, _) => HeldValue::Unjudged,
            (Some(_), _) if !settled => HeldValue::Unjudged,
            (Some(TargetValue::Reference(wanted)), _) => {
                match (self.resolve(state, wanted), changed || whole) {
                    (Resolved::Yes, true) => {
                        self.confirm(&processed.id, row);
                        HeldValue::Value(TargetValue::Reference(wanted.clone()))
                    }
                    // Not written, and Entra says nothing about what stood there before.
                    (Resolved::No, _) if held == HeldValue::Absent => return,
                    // Known issues: who joins later is not linked until a restart; whether another
                    // change of the same person brings the link is not said.
                    _ => HeldValue::Unjudged,
                }
            }
            (Some(_), _) => HeldValue::Unjudged,
        };
        self.accounts.hold(account, &row.target, next);
    }

    fn confirm(&mut self, id: &ObjectId, row: &AttributeMapping) {
        if let Some(link) = self.links.get_mut(id) {
            link.confirmed.insert(key(&row.target));
        }
    }

    fn members(
        &mut self,
        state: &DirectoryState,
        processed: &Processed,
        row: &AttributeMapping,
        members: &[ObjectId],
        mode: Mode,
    ) {
        let Some(link) = self.links.get(&processed.id) else { return };
        let index = link.account;
        let seen: Option<HashSet<ObjectId>> = match link.seen.get(&key(&row.target)) {
            Some(Some(TargetValue::References(seen))) => Some(seen.iter().cloned().collect()),
            Some(_) => Some(HashSet::new()),
            None => None,
        };
        let whole = processed.whole || mode == Mode::Full;
        for member in members {
            let due = whole || seen.as_ref().is_none_or(|seen| !seen.contains(member));
            let certain = match (self.resolve(state, member), due) {
                (Resolved::No, _) => continue,
                (Resolved::Yes, true) => mode != Mode::OnDemand && !processed.refused,
                _ => false,
            };
            if certain && let Some(link) = self.links.get_mut(&processed.id) {
                link.written.insert(member.clone());
            }
            let account = self.accounts.get_mut(index);
            if account.members.get(member) != Some(&true) {
                account.removed.shift_remove(member);
                account.members.insert(member.clone(), certain);
            }
        }
        let there: HashSet<&ObjectId> = members.iter().collect();
        let gone: Vec<ObjectId> =
            self.accounts[index].members.keys().filter(|id| !there.contains(id)).cloned().collect();
        for member in gone {
            // A restart reads the members there are, and an on-demand run takes a few. What the
            // service has not written itself since it knows the group, it may not know of.
            let told = mode == Mode::Incremental
                && !processed.refused
                && self.resolve(state, &member) != Resolved::No
                && !self.was_let_go(&member)
                && self.links.get_mut(&processed.id).is_some_and(|link| link.written.remove(&member));
            let account = self.accounts.get_mut(index);
            if told {
                account.members.shift_remove(&member);
                account.removed.insert(member);
            } else {
                account.members.insert(member, false);
            }
        }
    }

    /// The service no longer knows the account when the membership ends, and can hardly name it.
    fn was_let_go(&self, id: &ObjectId) -> bool {
        self.last.get(id).is_some_and(|account| self.accounts[*account].released)
    }

    fn resolve(&self, state: &DirectoryState, id: &ObjectId) -> Resolved {
        let standing = self.last.get(id).is_some_and(|account| !self.accounts[*account].is_deleted());
        match self.links.get(id) {
            Some(link) if self.accounts[link.account].is_deleted() => Resolved::No,
            Some(link) if link.entitled && state.object(id).is_some() => Resolved::Yes,
            Some(_) => Resolved::Perhaps,
            None if standing || self.unclear(id) => Resolved::Perhaps,
            None => Resolved::No,
        }
    }
}
