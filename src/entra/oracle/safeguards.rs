//! Deletions that an administrator does not want at once, or not at all.

use std::collections::HashSet;

use super::walk::OracleWalk;
use crate::entra::directory::{DirectoryState, ObjectId, ObjectKind};
use crate::entra::scope::Entitlement;

impl OracleWalk {
    /// Counts who would be disabled or deleted by a cycle that reads these objects, and holds all of
    /// them back when they are too many. Answers who was held back and is not any more: the cycle
    /// looks at them, whether they changed or not.
    pub(super) fn hold_back(
        &mut self,
        state: &DirectoryState,
        read: &[ObjectId],
        allowed: bool,
    ) -> Vec<ObjectId> {
        let Some(threshold) = self.safeguards.deletion_threshold else { return Vec::new() };
        let before = std::mem::take(&mut self.held_back);
        let stays = |id: &ObjectId| state.object(id).is_none() || !self.entitlement(state, id).is_entitled();
        let (still, back): (HashSet<ObjectId>, HashSet<ObjectId>) =
            before.into_iter().partition(|id| !allowed && stays(id));
        let new: Vec<ObjectId> =
            self.leaving(state, read).into_iter().filter(|id| !still.contains(id)).collect();
        self.held_back = still;
        // "Above" the number; whether meeting it is enough is a contradiction of the page.
        if !allowed && new.len() > threshold {
            self.held_back.extend(new);
        }
        back.into_iter().filter(|id| !read.contains(id) && state.object(id).is_some()).collect()
    }

    fn leaving(&self, state: &DirectoryState, read: &[ObjectId]) -> Vec<ObjectId> {
        let leaves = |id: &ObjectId| {
            let Some(link) = self.links.get(id).filter(|link| link.managed != Some(false)) else {
                return false;
            };
            let kind = self.accounts[link.account].kind;
            if state.object(id).is_none() {
                return self.may_delete(kind) && !self.accounts[link.account].is_deleted();
            }
            let entitlement = self.entitlement(state, id);
            let may = match kind {
                ObjectKind::User => link.entitled && self.may_update(kind),
                ObjectKind::Group => self.may_delete(kind),
            };
            may && read.contains(id) && !entitlement.is_entitled() && !self.is_left_alone(entitlement)
        };
        self.links.keys().filter(|id| leaves(id)).cloned().collect()
    }

    /// `SkipOutOfScopeDeletions` concerns those who left the scope, and nobody who is blocked or deleted.
    pub(super) fn is_left_alone(&self, entitlement: Entitlement) -> bool {
        self.safeguards.skip_out_of_scope_deletions
            && entitlement.exists
            && entitlement.active
            && !entitlement.soft_deleted
    }

    fn may_delete(&self, kind: ObjectKind) -> bool {
        self.mapping.object(kind).is_some_and(|mapping| mapping.actions.delete)
    }

    fn may_update(&self, kind: ObjectKind) -> bool {
        self.mapping.object(kind).is_some_and(|mapping| mapping.actions.update)
    }
}
