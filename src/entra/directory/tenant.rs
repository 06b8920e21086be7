use std::sync::Arc;

use super::attribute;
use super::error::DirectoryError;
use super::object::settable;
use super::role::AppRole;
use super::{
    ChangeKind, DirectoryChange, DirectoryState, Group, ObjectId, ObjectKind, SourceValue, User, Watermark,
};

/// How long a soft-deleted user stays in the recycle bin before Entra deletes it for good: 30 days.
pub const RECYCLE_BIN_HOURS: u64 = 30 * 24;

/// The simulated tenant. Every mutation that changes something goes into the change log.
#[derive(Debug, Clone, Default)]
pub struct Tenant {
    state: Arc<DirectoryState>,
    log: Vec<DirectoryChange>,
}

impl Tenant {
    /// A tenant without users and groups, at hour 0.
    #[must_use]
    pub fn new() -> Self {
        Tenant::default()
    }

    /// What stands in the directory now. Cheap; later changes do not touch it.
    #[must_use]
    pub fn state(&self) -> Arc<DirectoryState> {
        Arc::clone(&self.state)
    }

    /// The simulated clock, in whole hours since the tenant began.
    #[must_use]
    pub fn clock(&self) -> u64 {
        self.state.hour()
    }

    /// The simulated clock, in minutes since the tenant began.
    #[must_use]
    pub fn minute(&self) -> u64 {
        self.state.minute()
    }

    /// Moves the clock on. Users whose 30 days in the recycle bin are over are purged.
    pub fn advance(&mut self, hours: u64) {
        self.advance_minutes(hours.saturating_mul(60));
    }

    /// [`Tenant::advance`] in smaller steps: Entra's cycles are 40 minutes apart.
    pub fn advance_minutes(&mut self, minutes: u64) {
        let state = Arc::make_mut(&mut self.state);
        state.minute = state.minute.saturating_add(minutes);
        let hour = state.hour();
        let expired: Vec<ObjectId> = state
            .users()
            .filter(|user| user.deleted_at.is_some_and(|at| at + RECYCLE_BIN_HOURS <= hour))
            .map(|user| user.id.clone())
            .collect();
        for id in expired {
            self.remove(&id, ObjectKind::User);
        }
    }

    /// The end of the change log.
    #[must_use]
    pub fn watermark(&self) -> Watermark {
        Watermark(self.log.len() as u64)
    }

    /// Everything that happened since, oldest first.
    #[must_use]
    pub fn changes_since(&self, watermark: Watermark) -> Vec<DirectoryChange> {
        let from = usize::try_from(watermark.0).unwrap_or(usize::MAX);
        self.log.get(from..).unwrap_or_default().to_vec()
    }

    /// Puts changes at the end of the log that happened before the tenant was kept somewhere and made anew: what stands
    /// in it shows them already.
    pub fn recall(&mut self, changes: impl IntoIterator<Item = DirectoryChange>) {
        self.log.extend(changes);
    }

    /// Adds a user, not assigned.
    ///
    /// # Errors
    /// [`DirectoryError::AlreadyExists`].
    pub fn add_user(&mut self, user: User) -> Result<ObjectId, DirectoryError> {
        let id = user.id.clone();
        self.must_be_new(&id)?;
        Arc::make_mut(&mut self.state).users.insert(id.clone(), Arc::new(user));
        self.record(&id, ObjectKind::User, ChangeKind::Added);
        Ok(id)
    }

    /// Adds a group, not assigned. Members that are given with it are logged one by one.
    ///
    /// # Errors
    /// [`DirectoryError::AlreadyExists`].
    pub fn add_group(&mut self, group: Group) -> Result<ObjectId, DirectoryError> {
        let id = group.id.clone();
        self.must_be_new(&id)?;
        let members: Vec<ObjectId> = group.members.iter().cloned().collect();
        Arc::make_mut(&mut self.state).groups.insert(id.clone(), Arc::new(group));
        self.record(&id, ObjectKind::Group, ChangeKind::Added);
        for member in members {
            self.record(&id, ObjectKind::Group, ChangeKind::MemberAdded(member));
        }
        Ok(id)
    }

    /// Sets or clears a source attribute of a user or a group.
    ///
    /// # Errors
    /// When the object or the attribute does not exist, or the value does not fit.
    pub fn set(
        &mut self,
        id: &ObjectId,
        name: &str,
        value: Option<SourceValue>,
    ) -> Result<(), DirectoryError> {
        let kind = self.kind(id)?;
        let attribute = attribute::find(kind, name)?;
        match (attribute.name, &value) {
            ("accountEnabled", Some(SourceValue::Boolean(enabled))) => {
                return self.set_account_enabled(id, *enabled);
            }
            ("manager", Some(SourceValue::Reference(manager))) => {
                let manager = manager.clone();
                return self.set_manager(id, Some(manager));
            }
            ("manager", None) => return self.set_manager(id, None),
            _ if attribute.computed => return Err(DirectoryError::Computed(attribute.name)),
            _ => {}
        }
        if let Some(value) = &value {
            settable(kind, name, value)?;
        }
        let state = Arc::make_mut(&mut self.state);
        let attributes = match kind {
            ObjectKind::User => state.users.get_mut(id).map(|user| &mut Arc::make_mut(user).attributes),
            ObjectKind::Group => state.groups.get_mut(id).map(|group| &mut Arc::make_mut(group).attributes),
        }
        .ok_or_else(|| DirectoryError::NoSuchObject(id.clone()))?;
        let before = match value {
            Some(ref value) => attributes.insert(attribute.name, value.clone()),
            None => attributes.remove(attribute.name),
        };
        if before != value {
            self.record(id, kind, ChangeKind::Attribute(attribute.name));
        }
        Ok(())
    }

    /// Sets, changes or clears a user's manager.
    ///
    /// # Errors
    /// When either is not a user of the directory, or the chain of managers would close on itself.
    pub fn set_manager(&mut self, id: &ObjectId, manager: Option<ObjectId>) -> Result<(), DirectoryError> {
        if let Some(manager) = &manager {
            self.must_be_user(manager)?;
            let mut above = Some(manager);
            while let Some(next) = above {
                if next == id {
                    return Err(DirectoryError::CyclicManager(id.clone()));
                }
                above = self.state.user(next).and_then(User::manager);
            }
        }
        let user = self.user_mut(id)?;
        if user.manager != manager {
            let former = std::mem::replace(&mut user.manager, manager);
            self.record_manager(id, former);
        }
        Ok(())
    }

    /// Assigns a user or a group to the application.
    ///
    /// # Errors
    /// [`DirectoryError::NoSuchObject`].
    pub fn assign(&mut self, id: &ObjectId) -> Result<(), DirectoryError> {
        let kind = self.kind(id)?;
        if Arc::make_mut(&mut self.state).assigned.insert(id.clone()) {
            self.record(id, kind, ChangeKind::Assigned);
        }
        Ok(())
    }

    /// Takes the assignment of a user or a group away.
    ///
    /// # Errors
    /// [`DirectoryError::NoSuchObject`].
    pub fn unassign(&mut self, id: &ObjectId) -> Result<(), DirectoryError> {
        let kind = self.kind(id)?;
        if Arc::make_mut(&mut self.state).assigned.shift_remove(id) {
            self.record(id, kind, ChangeKind::Unassigned);
        }
        Ok(())
    }

    /// Assigns a user to the application with an app role. A role the user has already stays as it is.
    ///
    /// # Errors
    /// When there is no such user.
    pub fn assign_role(&mut self, id: &ObjectId, role: AppRole) -> Result<(), DirectoryError> {
        self.must_be_user(id)?;
        let mut roles = self.app_roles(id);
        if !roles.iter().any(|known| known.id == role.id) {
            roles.push(role);
            self.set(id, attribute::APP_ROLE_ASSIGNMENTS, Some(SourceValue::Roles(roles)))?;
        }
        self.assign(id)
    }

    /// Takes an app role away. The user stays assigned.
    ///
    /// # Errors
    /// When there is no such user.
    pub fn unassign_role(&mut self, id: &ObjectId, role: &str) -> Result<(), DirectoryError> {
        self.must_be_user(id)?;
        let mut roles = self.app_roles(id);
        roles.retain(|known| known.id != role);
        let left = (!roles.is_empty()).then_some(SourceValue::Roles(roles));
        self.set(id, attribute::APP_ROLE_ASSIGNMENTS, left)
    }

    fn app_roles(&self, id: &ObjectId) -> Vec<AppRole> {
        self.state.user(id).map(|user| user.app_roles().to_vec()).unwrap_or_default()
    }

    /// Blocks (`false`) or allows sign-in.
    ///
    /// # Errors
    /// When there is no such user.
    pub fn set_account_enabled(&mut self, id: &ObjectId, enabled: bool) -> Result<(), DirectoryError> {
        let user = self.user_mut(id)?;
        if user.account_enabled != enabled {
            user.account_enabled = enabled;
            self.record(id, ObjectKind::User, ChangeKind::AccountEnabled);
        }
        Ok(())
    }

    /// Puts a user into the recycle bin. Assignment, memberships and reports stay, as they come
    /// back with a restore. A security group has no recycle bin: it is purged at once.
    ///
    /// # Errors
    /// When there is no such object, or the user is in the recycle bin already.
    pub fn soft_delete(&mut self, id: &ObjectId) -> Result<(), DirectoryError> {
        if self.kind(id)? == ObjectKind::Group {
            self.remove(id, ObjectKind::Group);
            return Ok(());
        }
        let hour = self.clock();
        let user = self.user_mut(id)?;
        if user.deleted_at.is_some() {
            return Err(DirectoryError::AlreadyDeleted(id.clone()));
        }
        user.deleted_at = Some(hour);
        self.record(id, ObjectKind::User, ChangeKind::SoftDeleted);
        Ok(())
    }

    /// Takes a user out of the recycle bin.
    ///
    /// # Errors
    /// When there is no such user, or it is not in the recycle bin.
    pub fn restore(&mut self, id: &ObjectId) -> Result<(), DirectoryError> {
        let user = self.user_mut(id)?;
        if user.deleted_at.take().is_none() {
            return Err(DirectoryError::NotDeleted(id.clone()));
        }
        self.record(id, ObjectKind::User, ChangeKind::Restored);
        Ok(())
    }

    /// Deletes a user or a group for good, with its assignment, memberships and reports' links.
    ///
    /// # Errors
    /// [`DirectoryError::NoSuchObject`].
    pub fn purge(&mut self, id: &ObjectId) -> Result<(), DirectoryError> {
        let kind = self.kind(id)?;
        self.remove(id, kind);
        Ok(())
    }

    /// Makes a user or a group an immediate member of a group.
    ///
    /// # Errors
    /// When either does not exist, or the first is not a group.
    pub fn add_member(&mut self, group: &ObjectId, member: &ObjectId) -> Result<(), DirectoryError> {
        self.kind(member)?;
        if self.group_mut(group)?.members.insert(member.clone()) {
            self.record(group, ObjectKind::Group, ChangeKind::MemberAdded(member.clone()));
        }
        Ok(())
    }

    /// Takes an immediate member out of a group.
    ///
    /// # Errors
    /// When the group does not exist.
    pub fn remove_member(&mut self, group: &ObjectId, member: &ObjectId) -> Result<(), DirectoryError> {
        if self.group_mut(group)?.members.shift_remove(member) {
            self.record(group, ObjectKind::Group, ChangeKind::MemberRemoved(member.clone()));
        }
        Ok(())
    }

    fn remove(&mut self, id: &ObjectId, kind: ObjectKind) {
        let state = Arc::make_mut(&mut self.state);
        match kind {
            ObjectKind::User => drop(state.users.shift_remove(id)),
            ObjectKind::Group => drop(state.groups.shift_remove(id)),
        }
        state.assigned.shift_remove(id);
        let parents: Vec<ObjectId> =
            state.groups().filter(|g| g.members.contains(id)).map(|g| g.id.clone()).collect();
        let reports: Vec<ObjectId> =
            state.users().filter(|u| u.manager.as_ref() == Some(id)).map(|u| u.id.clone()).collect();
        for parent in &parents {
            if let Some(group) = state.groups.get_mut(parent) {
                Arc::make_mut(group).members.shift_remove(id);
            }
        }
        for report in &reports {
            if let Some(user) = state.users.get_mut(report) {
                Arc::make_mut(user).manager = None;
            }
        }
        for report in reports {
            self.record_manager(&report, Some(id.clone()));
        }
        for parent in parents {
            self.record(&parent, ObjectKind::Group, ChangeKind::MemberRemoved(id.clone()));
        }
        self.record(id, kind, ChangeKind::Purged);
    }

    fn record(&mut self, id: &ObjectId, kind: ObjectKind, what: ChangeKind) {
        let state = Arc::make_mut(&mut self.state);
        if let Some(user) = state.users.get_mut(id) {
            Arc::make_mut(user).revision += 1;
        } else if let Some(group) = state.groups.get_mut(id) {
            Arc::make_mut(group).revision += 1;
        }
        let hour = self.state.hour();
        self.log.push(DirectoryChange { hour, id: id.clone(), kind, what, former: None });
    }

    fn record_manager(&mut self, id: &ObjectId, former: Option<ObjectId>) {
        self.record(id, ObjectKind::User, ChangeKind::Manager);
        if let Some(change) = self.log.last_mut() {
            change.former = former;
        }
    }

    fn kind(&self, id: &ObjectId) -> Result<ObjectKind, DirectoryError> {
        self.state.kind(id).ok_or_else(|| DirectoryError::NoSuchObject(id.clone()))
    }

    fn must_be_new(&self, id: &ObjectId) -> Result<(), DirectoryError> {
        match self.state.kind(id) {
            Some(_) => Err(DirectoryError::AlreadyExists(id.clone())),
            None => Ok(()),
        }
    }

    fn must_be_user(&self, id: &ObjectId) -> Result<(), DirectoryError> {
        match self.kind(id)? {
            ObjectKind::User => Ok(()),
            ObjectKind::Group => Err(DirectoryError::NotAUser(id.clone())),
        }
    }

    fn user_mut(&mut self, id: &ObjectId) -> Result<&mut User, DirectoryError> {
        self.must_be_user(id)?;
        Arc::make_mut(&mut self.state)
            .users
            .get_mut(id)
            .map(Arc::make_mut)
            .ok_or_else(|| DirectoryError::NoSuchObject(id.clone()))
    }

    fn group_mut(&mut self, id: &ObjectId) -> Result<&mut Group, DirectoryError> {
        if self.kind(id)? == ObjectKind::User {
            return Err(DirectoryError::NotAGroup(id.clone()));
        }
        Arc::make_mut(&mut self.state)
            .groups
            .get_mut(id)
            .map(Arc::make_mut)
            .ok_or_else(|| DirectoryError::NoSuchObject(id.clone()))
    }
}

#[cfg(test)]
mod tests;
