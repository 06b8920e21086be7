//! Who is in scope of a provisioning job, and whether they are entitled to an account.
//!
//! Microsoft Learn, "How Application Provisioning works", "Assignment-based scoping": users that
//! are assigned to the application, and the immediate members of assigned groups. Nested groups
//! are not read, and only groups with `securityEnabled` count.

use super::directory::{DirectoryState, Group, Object, ObjectId};

/// The job's setting "Scope".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Scope {
    /// "Sync only assigned users and groups".
    #[default]
    Assigned,
    /// "Sync all users and groups".
    Everyone,
}

/// What decides whether an object is provisioned, as the scoping step of a provisioning log lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Entitlement {
    /// The directory holds the object; one in the recycle bin is held.
    pub exists: bool,
    /// In scope: assigned, an immediate member of an assigned group, or everyone is in scope.
    pub assigned: bool,
    /// Sign-in is not blocked (`accountEnabled`). Groups are always active.
    pub active: bool,
    /// The user lies in the recycle bin.
    pub soft_deleted: bool,
}

impl Entitlement {
    /// The object shall have an active account at the target.
    #[must_use]
    pub fn is_entitled(self) -> bool {
        self.exists && self.assigned && self.active && !self.soft_deleted
    }

    /// The computed source attribute `IsSoftDeleted`: true when the user is unassigned, out of
    /// scope, in the recycle bin or blocked from sign-in (Microsoft Learn, "Customize user
    /// provisioning attribute-mappings", "What you should know").
    #[must_use]
    pub fn is_soft_deleted(self) -> bool {
        !self.is_entitled()
    }
}

/// Judges one object. An id that the directory does not hold is entitled to nothing.
#[must_use]
pub fn in_scope(state: &DirectoryState, scope: &Scope, id: &ObjectId) -> Entitlement {
    match state.object(id) {
        None => Entitlement::default(),
        Some(Object::User(user)) => Entitlement {
            exists: true,
            assigned: *scope == Scope::Everyone || is_assigned(state, id),
            active: user.account_enabled(),
            soft_deleted: user.is_soft_deleted(),
        },
        Some(Object::Group(group)) => Entitlement {
            exists: true,
            assigned: *scope == Scope::Everyone || counts(state, group),
            active: true,
            soft_deleted: false,
        },
    }
}

/// Directly, or through an assigned group of which the user is an immediate member.
fn is_assigned(state: &DirectoryState, user: &ObjectId) -> bool {
    state.is_assigned(user)
        || state.groups().any(|group| counts(state, group) && group.members().contains(user))
}

/// Assigned, and of the kind whose assignment counts.
fn counts(state: &DirectoryState, group: &Group) -> bool {
    state.is_assigned(group.id()) && group.is_security_enabled()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entra::directory::{Tenant, User};

    fn id(text: &str) -> ObjectId {
        ObjectId::new(text)
    }

    fn tenant() -> Tenant {
        let mut tenant = Tenant::new();
        for name in ["ada", "grace"] {
            tenant.add_user(User::new(id(name))).unwrap();
        }
        for name in ["team", "nested"] {
            tenant.add_group(Group::new(id(name), name)).unwrap();
        }
        tenant
    }

    fn entitled(tenant: &Tenant, scope: Scope, name: &str) -> bool {
        in_scope(&tenant.state(), &scope, &id(name)).is_entitled()
    }

    #[test]
    fn without_an_assignment_nobody_is_in_scope_unless_everyone_is() {
        let tenant = tenant();
        assert!(!entitled(&tenant, Scope::Assigned, "ada"));
        assert!(!entitled(&tenant, Scope::Assigned, "team"));
        assert!(entitled(&tenant, Scope::Everyone, "ada"));
        assert!(entitled(&tenant, Scope::Everyone, "team"));
        assert!(!entitled(&tenant, Scope::Everyone, "nobody"));
    }

    #[test]
    fn immediate_members_of_an_assigned_security_group_are_assigned() {
        let mut tenant = tenant();
        tenant.add_member(&id("team"), &id("ada")).unwrap();
        tenant.add_member(&id("team"), &id("nested")).unwrap();
        tenant.add_member(&id("nested"), &id("grace")).unwrap();
        tenant.assign(&id("team")).unwrap();
        assert!(entitled(&tenant, Scope::Assigned, "ada"));
        assert!(entitled(&tenant, Scope::Assigned, "team"));
        assert!(!entitled(&tenant, Scope::Assigned, "nested"), "a nested group is not assigned itself");
        assert!(!entitled(&tenant, Scope::Assigned, "grace"), "nested groups are not read");
        tenant.set(&id("team"), "securityEnabled", Some(false.into())).unwrap();
        assert!(!entitled(&tenant, Scope::Assigned, "ada"), "a group without securityEnabled does not count");
        assert!(!entitled(&tenant, Scope::Assigned, "team"));
    }

    #[test]
    fn each_reason_to_lose_the_entitlement_is_told_apart() {
        let mut tenant = tenant();
        tenant.assign(&id("ada")).unwrap();
        let judge = |tenant: &Tenant| in_scope(&tenant.state(), &Scope::Assigned, &id("ada"));
        assert!(judge(&tenant).is_entitled());
        tenant.set_account_enabled(&id("ada"), false).unwrap();
        let blocked = judge(&tenant);
        assert!(blocked.assigned && !blocked.active && blocked.is_soft_deleted());
        tenant.set_account_enabled(&id("ada"), true).unwrap();
        tenant.soft_delete(&id("ada")).unwrap();
        let deleted = judge(&tenant);
        assert!(deleted.assigned && deleted.active && deleted.soft_deleted && deleted.is_soft_deleted());
        tenant.restore(&id("ada")).unwrap();
        tenant.unassign(&id("ada")).unwrap();
        let unassigned = judge(&tenant);
        assert!(!unassigned.assigned && unassigned.active && unassigned.is_soft_deleted());
        tenant.purge(&id("ada")).unwrap();
        assert_eq!(judge(&tenant), Entitlement::default());
    }
}
