//! A user's turn: create, update, disable, enable again, delete.

use super::answers::Trouble;
use super::log::{ErrorCode, Stopped};
use super::objects::{not_entitled, reads};
use super::pass::{Pass, Turn};
use crate::entra::dialect::PurgedAfterUnassign;
use crate::entra::directory::{Object, ObjectId, ObjectKind, User};
use crate::entra::mapping::IS_SOFT_DELETED;
use crate::wire::Target;

impl<T: Target> Pass<'_, T> {
    pub async fn user(&mut self, user: &User) -> Result<(), Stopped> {
        let ended = self.try_user(user).await;
        self.settle(user.id(), ObjectKind::User, ended)
    }

    async fn try_user(&mut self, user: &User) -> Result<Turn, Trouble> {
        let subject = self.subject(Object::User(user));
        let Some(link) = self.state.links.get(user.id()).cloned() else {
            return self.join(&subject).await;
        };
        if !subject.is_soft_deleted {
            return self.update_linked(&subject, &link).await;
        }
        if !link.active {
            return Ok(not_entitled());
        }
        if !self.can_disable() {
            return Ok(Turn::skipped(
                ErrorCode::EntrySynchronizationSkipped,
                "The user is out of scope, and no mapping says so to the target.",
            ));
        }
        self.update_linked(&subject, &link).await
    }

    /// Without a mapping of IsSoftDeleted a leaver's account is left alone
    /// (how-provisioning-works, Deprovisioning).
    fn can_disable(&self) -> bool {
        self.settings.mapping.user.rows.iter().any(|row| reads(row, IS_SOFT_DELETED.name))
    }

    /// A user who is gone from the directory for good.
    pub async fn purged_user(&mut self, id: &ObjectId) -> Result<(), Stopped> {
        let Some(link) = self.state.links.get(id).cloned() else { return Ok(()) };
        let left = link.released && self.writer.switches.purged_after_unassign == PurgedAfterUnassign::Left;
        let ended = if left {
            self.state.links.remove(id);
            Ok(Turn::skipped(
                ErrorCode::NotEffectivelyEntitled,
                "The user was unassigned before; the account is no longer managed.",
            ))
        } else {
            self.delete(id, &link).await
        };
        self.settle(id, ObjectKind::User, ended)
    }
}
