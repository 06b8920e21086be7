//! A user's turn: create, update, disable, enable again, delete.

use super::answers::Trouble;
use super::log::CycleStop;
use super::objects::not_entitled;
use super::pass::{Pass, Turn};
use crate::entra::dialect::TombstoneName;
use crate::entra::directory::{Object, ObjectId, ObjectKind, User};
use crate::wire::Target;

impl<T: Target> Pass<'_, T> {
    pub async fn user(&mut self, user: &User) -> Result<(), CycleStop> {
        let ended = match self.tombstone(user) {
            Some(renamed) => self.try_user(&renamed).await,
            None => self.try_user(user).await,
        };
        self.settle(user.id(), ObjectKind::User, ended)
    }

    async fn try_user(&mut self, user: &User) -> Result<Turn, Trouble> {
        let subject = self.subject(Object::User(user));
        self.note_import(&subject);
        let Some(link) = self.state.links.get(user.id()).cloned() else {
            return self.join(&subject).await;
        };
        if !subject.is_soft_deleted {
            return self.update_linked(&subject, &link).await;
        }
        let untouched = match self.left_alone(user.id(), ObjectKind::User) {
            Some(turn) => {
                self.leave(user.id());
                Some(turn)
            }
            None if !link.active => Some(not_entitled()),
            None => self.staged(user.id()),
        };
        match untouched {
            Some(turn) => {
                self.note_scoping(user.id(), ObjectKind::User);
                Ok(turn)
            }
            None if self.deletes_leavers() => self.delete(user.id(), &link).await,
            None => self.update_linked(&subject, &link).await,
        }
    }

    /// A user in the recycle bin under the name that frees the old one.
    fn tombstone(&self, user: &User) -> Option<User> {
        if self.writer.switches.tombstone_name == TombstoneName::Off || !user.is_soft_deleted() {
            return None;
        }
        let name = user.text("userPrincipalName")?;
        let renamed = format!("{}{name}", user.id().as_str().replace('-', ""));
        user.clone().with("userPrincipalName", renamed).ok()
    }

    /// An object that is gone from the directory for good.
    pub async fn purged(&mut self, id: &ObjectId, kind: ObjectKind) -> Result<(), CycleStop> {
        let Some(link) = self.state.links.get(id).cloned() else { return Ok(()) };
        self.note_removal(id, kind);
        let ended = if let Some(turn) = self.left_behind(&link) {
            self.state.links.remove(id);
            Ok(turn)
        } else if let Some(turn) = self.staged(id) {
            Ok(turn)
        } else {
            self.delete(id, &link).await
        };
        self.settle(id, kind, ended)
    }
}
