//! Provisioning on demand: one user, or one group with a few members, at once and without the flag
//! (provision-on-demand; the flag "currently doesn't work with on-demand provisioning").

use std::sync::Arc;

use indexmap::IndexSet;

use super::log::CycleStop;
use super::pass::{Pass, Turn};
use super::problem::ErrorCode;
use crate::entra::directory::{ObjectId, ObjectKind};
use crate::wire::Target;

/// How many members one run updates (provision-on-demand, Known limitations).
pub const MEMBERS_ON_DEMAND: usize = 5;

impl<T: Target> Pass<'_, T> {
    /// Provisions the objects, users first.
    pub async fn play_on_demand(&mut self, ids: &[ObjectId]) -> Result<(), CycleStop> {
        self.probe().await?;
        let directory = Arc::clone(&self.directory);
        for id in ids {
            self.whole.insert(id.clone());
            let Some(user) = directory.user(id) else { continue };
            if user.is_soft_deleted() || !user.account_enabled() {
                let turn = Turn::skipped(
                    ErrorCode::EntrySynchronizationSkipped,
                    "A user who is disabled or deleted in Entra is not found on demand.",
                );
                self.log_turn(id, ObjectKind::User, turn);
                continue;
            }
            self.user(user).await?;
            let allowed = self.actions(ObjectKind::User).update && self.is_entitled(id);
            if allowed && self.read.contains_key(id) {
                self.user_references(user).await?;
            }
        }
        let groups = ids.iter().filter_map(|id| directory.group(id));
        for group in groups.filter(|_| self.settings.mapping.group.is_some()).collect::<Vec<_>>() {
            self.group(group).await?;
            let allowed = self.actions(ObjectKind::Group).update && self.is_entitled(group.id());
            if allowed && self.read.contains_key(group.id()) {
                self.members(group, &IndexSet::new(), Some(MEMBERS_ON_DEMAND)).await?;
            }
        }
        Ok(())
    }
}
