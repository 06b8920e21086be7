//! Who is disabled or deleted, and who is not after all: target object actions, out-of-scope
//! deletions that are skipped, and accidental deletions that are held back
//! (how-provisioning-works, Deprovisioning; skip-out-of-scope-deletions; accidental-deletions).

use indexmap::IndexSet;

use super::cycle::CyclePlan;
use super::log::{ProvisioningAction, Status};
use super::pass::{Pass, Turn};
use super::problem::ErrorCode;
use super::state::Link;
use crate::entra::dialect::{DeletionThreshold, Leavers, PurgedAfterUnassign};
use crate::entra::directory::{ObjectId, ObjectKind};
use crate::entra::mapping::{IS_SOFT_DELETED, ObjectActions};
use crate::wire::Target;

impl<T: Target> Pass<'_, T> {
    /// What the mapping's target object actions allow.
    pub fn actions(&self, kind: ObjectKind) -> ObjectActions {
        self.mapping(kind).map(|mapping| mapping.actions).unwrap_or_default()
    }

    /// Why nothing is done about a linked object that is not, or no longer, entitled; `None` when it
    /// is disabled or deleted.
    pub fn left_alone(&self, id: &ObjectId, kind: ObjectKind) -> Option<Turn> {
        let actions = self.actions(kind);
        let disables = kind == ObjectKind::User && !self.deletes_leavers();
        let allowed = if disables { actions.update } else { actions.delete };
        let entitlement = self.entitlement(id);
        let out_of_scope = !entitlement.assigned || !entitlement.in_filter;
        let why = if out_of_scope && self.settings.policy.skip_out_of_scope_deletions {
            "The object left the scope, and SkipOutOfScopeDeletions leaves its account alone."
        } else if !allowed {
            "The object left the scope, and the target object actions do not allow to say so."
        } else if disables && !self.can_disable() {
            "The user is out of scope, and no mapping says so to the target."
        } else {
            return None;
        };
        Some(Turn::skipped(ErrorCode::EntrySynchronizationSkipped, why))
    }

    /// Why nothing is done about the account of an object that is gone from the directory.
    pub fn left_behind(&self, link: &Link) -> Option<Turn> {
        let left = link.released && self.writer.switches.purged_after_unassign == PurgedAfterUnassign::Left;
        if left {
            let why = "The object left the scope before; the account is no longer managed.";
            return Some(Turn::skipped(ErrorCode::NotEffectivelyEntitled, why));
        }
        if !self.actions(link.kind).delete {
            let why = "The object was deleted, and the target object actions do not allow to delete.";
            return Some(Turn::skipped(ErrorCode::EntrySynchronizationSkipped, why));
        }
        None
    }

    /// The application has no soft delete.
    pub fn deletes_leavers(&self) -> bool {
        self.writer.switches.leavers == Leavers::Deleted
    }

    /// Without a mapping of IsSoftDeleted a leaver's account is left alone
    /// (how-provisioning-works, Deprovisioning).
    fn can_disable(&self) -> bool {
        self.settings.mapping.user.rows.iter().any(|row| row.reads(IS_SOFT_DELETED.name))
    }

    /// Counts the disables and deletes of a cycle, and holds them back when they are too many. The
    /// count is not cumulative; what is held back stays so until the deletes are allowed, provisioning
    /// is restarted, or the object comes back.
    pub fn hold_back(&mut self, plan: &CyclePlan) {
        let leaving = self.leaving(plan);
        self.state.held_back.retain(|id| leaving.contains(id));
        if self.state.force_deletes {
            self.state.held_back.clear();
            return;
        }
        let Some(threshold) = self.settings.policy.deletion_threshold else {
            self.state.held_back.clear();
            return;
        };
        let held_back = &self.state.held_back;
        let new: Vec<ObjectId> = leaving.into_iter().filter(|id| !held_back.contains(id)).collect();
        let too_many = match self.writer.switches.deletion_threshold {
            DeletionThreshold::Above => new.len() > threshold,
            DeletionThreshold::Met => !new.is_empty() && new.len() >= threshold,
        };
        if too_many {
            self.state.held_back.extend(new);
        }
    }

    /// Everybody this cycle disables or deletes.
    fn leaving(&self, plan: &CyclePlan) -> IndexSet<ObjectId> {
        let leaves = |id: &ObjectId, link: &Link| match self.directory.kind(id) {
            None => self.left_behind(link).is_none(),
            Some(_) if self.is_entitled(id) => false,
            Some(ObjectKind::User) => {
                link.active && plan.users.contains(id) && self.left_alone(id, ObjectKind::User).is_none()
            }
            Some(ObjectKind::Group) => {
                plan.groups.contains(id) && self.left_alone(id, ObjectKind::Group).is_none()
            }
        };
        let links = self.state.links.iter().filter(|(_, link)| self.mapping(link.kind).is_some());
        links.filter(|(id, link)| leaves(id, link)).map(|(id, _)| id.clone()).collect()
    }

    /// The log's line for what is held back. Its status is not documented; nothing was written.
    pub fn staged(&self, id: &ObjectId) -> Option<Turn> {
        self.state.held_back.contains(id).then(|| Turn {
            action: ProvisioningAction::StagedDelete,
            status: Status::Skipped,
            code: None,
            detail: "The accidental-deletion threshold holds this back until the deletes are allowed."
                .to_owned(),
        })
    }

    /// Remembers that an object's turn ended without its being entitled.
    pub fn leave(&mut self, id: &ObjectId) {
        let assigned = self.entitlement(id).assigned;
        if let Some(link) = self.state.links.get_mut(id) {
            (link.entitled, link.released) = (false, !assigned);
        }
    }
}
