//! A group's turn. Groups cannot be disabled: out of scope means deleted.

use super::answers::Trouble;
use super::log::Stopped;
use super::pass::{Pass, Turn};
use crate::entra::directory::{Group, Object, ObjectId, ObjectKind};
use crate::wire::Target;

impl<T: Target> Pass<'_, T> {
    pub async fn group(&mut self, group: &Group) -> Result<(), Stopped> {
        let ended = self.try_group(group).await;
        self.settle(group.id(), ObjectKind::Group, ended)
    }

    async fn try_group(&mut self, group: &Group) -> Result<Turn, Trouble> {
        let subject = self.subject(Object::Group(group));
        match self.state.links.get(group.id()).cloned() {
            Some(link) if subject.is_soft_deleted => self.delete(group.id(), &link).await,
            Some(link) => self.update_linked(&subject, &link).await,
            None => self.join(&subject).await,
        }
    }

    /// A group that is gone from the directory.
    pub async fn purged_group(&mut self, id: &ObjectId) -> Result<(), Stopped> {
        let Some(link) = self.state.links.get(id).cloned() else { return Ok(()) };
        let ended = self.delete(id, &link).await;
        self.settle(id, ObjectKind::Group, ended)
    }
}
