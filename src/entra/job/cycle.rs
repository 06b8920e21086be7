//! The order of a cycle, and what it looks at: everything at first, then what changed since the watermark.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexSet;

use super::log::CycleStop;
use super::pass::Pass;
use super::state::{Escrow, Link};
use crate::entra::directory::{ChangeKind, DirectoryChange, DirectoryState, ObjectId, ObjectKind, User};
use crate::entra::mapping::Mapping;
use crate::wire::Target;

/// The objects a cycle looks at.
#[derive(Debug, Default)]
pub(super) struct CyclePlan {
    pub users: HashSet<ObjectId>,
    pub groups: HashSet<ObjectId>,
    /// Users whose references are due.
    pub references: HashSet<ObjectId>,
    /// Members that are due, by group.
    pub members: HashMap<ObjectId, IndexSet<ObjectId>>,
}

impl CyclePlan {
    /// An initial cycle looks at every object.
    pub fn everything(directory: &DirectoryState) -> Self {
        let users: HashSet<ObjectId> = directory.users().map(|user| user.id().clone()).collect();
        CyclePlan {
            references: users.clone(),
            users,
            groups: directory.groups().map(|group| group.id().clone()).collect(),
            members: HashMap::new(),
        }
    }

    fn look_at(&mut self, kind: ObjectKind, id: &ObjectId) {
        match kind {
            ObjectKind::User => self.users.insert(id.clone()),
            ObjectKind::Group => self.groups.insert(id.clone()),
        };
    }

    /// Ids are unique over both kinds, so an id in the wrong set finds nothing.
    fn look_at_either(&mut self, id: &ObjectId) {
        self.users.insert(id.clone());
        self.groups.insert(id.clone());
    }
}

fn is_read(mapping: &Mapping, kind: ObjectKind, name: &str) -> bool {
    mapping.object(kind).is_some_and(|mapping| mapping.rows.iter().any(|row| row.reads(name)))
}

impl<T: Target> Pass<'_, T> {
    /// An incremental cycle looks at what changed, at whoever came into scope or left it, and at
    /// what failed before and is due. Changes of attributes that no row reads are not seen: the
    /// directory is asked for mapped attributes alone.
    pub fn plan_since(&mut self, changes: &[DirectoryChange], entitled: &HashSet<ObjectId>) -> CyclePlan {
        let mut plan = CyclePlan::default();
        let mapping = &self.settings.mapping;
        for change in changes {
            match &change.what {
                ChangeKind::Purged => {}
                ChangeKind::Attribute(name) => {
                    if is_read(mapping, change.kind, name) {
                        plan.look_at(change.kind, &change.id);
                        self.changed.entry(change.id.clone()).or_default().insert(name);
                    }
                }
                ChangeKind::Manager => {
                    if is_read(mapping, change.kind, "manager") {
                        plan.look_at(change.kind, &change.id);
                        plan.references.insert(change.id.clone());
                    }
                }
                ChangeKind::MemberAdded(member) | ChangeKind::MemberRemoved(member) => {
                    plan.look_at(change.kind, &change.id);
                    plan.members.entry(change.id.clone()).or_default().insert(member.clone());
                }
                ChangeKind::Added
                | ChangeKind::AccountEnabled
                | ChangeKind::Assigned
                | ChangeKind::Unassigned
                | ChangeKind::SoftDeleted
                | ChangeKind::Restored => plan.look_at(change.kind, &change.id),
            }
        }
        for id in entitled.symmetric_difference(&self.state.entitled) {
            plan.look_at_either(id);
        }
        for id in entitled.difference(&self.state.entitled) {
            plan.references.insert(id.clone());
            if self.directory.group(id).is_some() {
                // What happened to a group that was left alone out of scope was not written.
                self.whole.insert(id.clone());
            }
        }
        // An on-demand run in between may have provisioned or disabled somebody, and no cycle knows of it.
        let differs = |id: &ObjectId, link: &Link| link.entitled != entitled.contains(id);
        for (id, link) in self.state.links.iter().filter(|(id, link)| differs(id, link)) {
            if self.state.escrows.get(id).is_none_or(|escrow| !escrow.whole || self.is_due(escrow)) {
                plan.look_at(link.kind, id);
            }
        }
        for (id, escrow) in self.state.escrows.iter().filter(|(_, escrow)| self.is_due(escrow)) {
            plan.look_at_either(id);
            if escrow.references {
                plan.references.insert(id.clone());
            }
            if !escrow.members.is_empty() {
                plan.members.entry(id.clone()).or_default().extend(escrow.members.iter().cloned());
            }
        }
        plan
    }

    fn is_due(&self, escrow: &Escrow) -> bool {
        escrow.is_due(self.writer.switches.retries, self.minute)
    }

    /// What failed before and is looked at again was retried once more.
    pub fn count_retries(&mut self, plan: &CyclePlan) {
        for (id, escrow) in &mut self.state.escrows {
            if plan.users.contains(id) || plan.groups.contains(id) {
                escrow.retries += 1;
            }
        }
    }

    /// How many objects a plan looks at.
    pub fn count(&self, plan: &CyclePlan) -> usize {
        let users = plan.users.iter().filter(|id| self.directory.user(id).is_some()).count();
        let groups = plan.groups.iter().filter(|id| self.directory.group(id).is_some()).count();
        let gone = self.gone(ObjectKind::User).len() + self.gone(ObjectKind::Group).len();
        users + gone + if self.settings.mapping.group.is_some() { groups } else { 0 }
    }

    /// Probe; users, then groups, deletions first so that a name is free before somebody else takes
    /// it; then the references of both.
    pub async fn play(&mut self, plan: &CyclePlan) -> Result<(), CycleStop> {
        self.probe().await?;
        let directory = Arc::clone(&self.directory);
        for id in self.gone(ObjectKind::User) {
            self.purged(&id, ObjectKind::User).await?;
        }
        let users: Vec<&User> = directory.users().filter(|user| plan.users.contains(user.id())).collect();
        for user in &users {
            self.user(user).await?;
        }
        let provisions_groups = self.settings.mapping.group.is_some();
        let groups = directory.groups().filter(|group| provisions_groups && plan.groups.contains(group.id()));
        let groups: Vec<_> = groups.collect();
        if provisions_groups {
            for id in self.gone(ObjectKind::Group) {
                self.purged(&id, ObjectKind::Group).await?;
            }
        }
        for group in &groups {
            self.group(group).await?;
        }
        for user in users {
            let due = plan.references.contains(user.id()) || self.whole.contains(user.id());
            let due = due && self.actions(ObjectKind::User).update;
            if due && self.is_entitled(user.id()) {
                self.references_of(user).await?;
            }
        }
        let none = IndexSet::new();
        for group in groups {
            let named = plan.members.get(group.id()).unwrap_or(&none);
            let allowed = self.actions(ObjectKind::Group).update && self.is_entitled(group.id());
            if allowed && (self.whole.contains(group.id()) || !named.is_empty()) {
                if self.read.contains_key(group.id()) {
                    self.members(group, named, None).await?;
                } else if self.state.links.contains(group.id()) {
                    // The group's own turn failed: its members wait with it.
                    self.state.escrow(group.id(), self.minute).members.extend(named.iter().cloned());
                }
            }
        }
        Ok(())
    }

    async fn references_of(&mut self, user: &User) -> Result<(), CycleStop> {
        if self.read.contains_key(user.id()) {
            return self.user_references(user).await;
        }
        if self.state.links.contains(user.id()) {
            self.state.escrow(user.id(), self.minute).references = true;
        }
        Ok(())
    }

    /// Linked objects that are no longer in the directory.
    fn gone(&self, kind: ObjectKind) -> Vec<ObjectId> {
        let links = self.state.links.iter();
        let gone = links.filter(|(id, link)| link.kind == kind && self.directory.object(id).is_none());
        gone.map(|(id, _)| id.clone()).collect()
    }
}
