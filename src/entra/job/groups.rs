//! A group's turn. Groups cannot be disabled: out of scope means deleted.

use super::answers::Trouble;
use super::log::CycleStop;
use super::pass::{Pass, Turn};
use crate::entra::directory::{Group, Object, ObjectKind};
use crate::wire::Target;

impl<T: Target> Pass<'_, T> {
    pub async fn group(&mut self, group: &Group) -> Result<(), CycleStop> {
        let ended = self.try_group(group).await;
        self.settle(group.id(), ObjectKind::Group, ended)
    }

    async fn try_group(&mut self, group: &Group) -> Result<Turn, Trouble> {
        let subject = self.subject(Object::Group(group));
        self.note_import(&subject);
        match self.state.links.get(group.id()).cloned() {
            Some(link) if subject.is_soft_deleted => {
                self.note_scoping(group.id(), ObjectKind::Group);
                if let Some(turn) = self.left_alone(group.id(), ObjectKind::Group) {
                    self.leave(group.id());
                    return Ok(turn);
                }
                match self.staged(group.id()) {
                    Some(turn) => Ok(turn),
                    None => self.delete(group.id(), &link).await,
                }
            }
            Some(link) => self.update_linked(&subject, &link).await,
            None => self.join(&subject).await,
        }
    }
}
