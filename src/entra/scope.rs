//! Who is in scope of a provisioning job, and whether they are entitled to an account.
//!
//! Microsoft Learn, "How Application Provisioning works", "Assignment-based scoping": users that
//! are assigned to the application, and the immediate members of assigned groups. Nested groups
//! are not read, and only groups with `securityEnabled` count. "Scoping users or groups to be
//! provisioned with scoping filters": of those, whoever passes the filter of their object mapping.

use super::directory::{DirectoryState, Group, Object, ObjectId, SourceValue};
use super::mapping::{Clause, FilterGroup, Mapping, ScopingFilter};

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
    /// The scoping filter lets it pass; without a filter everybody does.
    pub in_filter: bool,
}

impl Entitlement {
    /// The object shall have an active account at the target.
    #[must_use]
    pub fn is_entitled(self) -> bool {
        self.exists && self.assigned && self.active && !self.soft_deleted && self.in_filter
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
pub fn in_scope(state: &DirectoryState, scope: &Scope, mapping: &Mapping, id: &ObjectId) -> Entitlement {
    let in_filter = |object: Object<'_>| {
        mapping.object(object.kind()).is_none_or(|mapping| passes(&mapping.filter, object))
    };
    match state.object(id) {
        None => Entitlement::default(),
        Some(Object::User(user)) => Entitlement {
            exists: true,
            assigned: *scope == Scope::Everyone || is_assigned(state, id),
            active: user.account_enabled(),
            soft_deleted: user.is_soft_deleted(),
            in_filter: in_filter(Object::User(user)),
        },
        Some(Object::Group(group)) => Entitlement {
            exists: true,
            assigned: *scope == Scope::Everyone || counts(state, group),
            active: true,
            soft_deleted: false,
            in_filter: in_filter(Object::Group(group)),
        },
    }
}

/// Whether an object passes a scoping filter: one group of clauses is enough, and all clauses of a
/// group must hold. Without groups everybody passes.
#[must_use]
pub fn passes(filter: &ScopingFilter, object: Object<'_>) -> bool {
    let holds = |group: &FilterGroup| group.clauses.iter().all(|clause| holds(clause, object));
    filter.groups.is_empty() || filter.groups.iter().any(holds)
}

fn holds(clause: &Clause, object: Object<'_>) -> bool {
    match object.get(clause.attribute().name).as_deref() {
        Some(SourceValue::Text(text)) => clause.holds(Some(text)),
        Some(SourceValue::Boolean(true)) => clause.holds(Some("True")),
        Some(SourceValue::Boolean(false)) => clause.holds(Some("False")),
        // Filters take no attribute of another kind.
        _ => clause.holds(None),
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
    use crate::entra::directory::{ObjectKind, Tenant, User};
    use crate::entra::mapping::ObjectMapping;

    fn id(text: &str) -> ObjectId {
        ObjectId::new(text)
    }

    fn unfiltered() -> Mapping {
        Mapping::new("test", ObjectMapping::default(), None)
    }

    /// A user mapping with these groups of clauses: attribute, operator, value.
    fn filtered(groups: &[&[(&str, &str, &str)]]) -> Mapping {
        let clause = |(attribute, operator, value): &(&str, &str, &str)| {
            let value = Some(*value).filter(|value| !value.is_empty());
            Clause::read(ObjectKind::User, attribute, operator, value).unwrap()
        };
        let groups = groups
            .iter()
            .map(|clauses| FilterGroup { name: String::new(), clauses: clauses.iter().map(clause).collect() })
            .collect();
        let filter = ScopingFilter { groups };
        Mapping::new("test", ObjectMapping { filter, ..ObjectMapping::default() }, None)
    }

    // "Scoping filters", Scoping filter construction: clauses are ANDed, filters are ORed, and each
    // person is judged alone.
    #[test]
    fn one_group_is_enough_and_every_clause_of_it_must_hold() {
        let mut tenant = tenant();
        let set = |tenant: &mut Tenant, name: &str, attribute: &str, value: &str| {
            tenant.set(&id(name), attribute, Some(value.into())).unwrap();
        };
        set(&mut tenant, "ada", "department", "Sales");
        set(&mut tenant, "ada", "country", "GB");
        set(&mut tenant, "grace", "department", "Sales");
        let passes = |mapping: &Mapping| {
            ["ada", "grace"].map(|name| {
                let entitlement = in_scope(&tenant.state(), &Scope::Everyone, mapping, &id(name));
                assert_eq!(entitlement.is_entitled(), entitlement.in_filter);
                entitlement.in_filter
            })
        };
        assert_eq!(passes(&filtered(&[])), [true, true]);
        let sales = ("department", "EQUALS", "Sales");
        assert_eq!(passes(&filtered(&[&[sales]])), [true, true]);
        assert_eq!(passes(&filtered(&[&[sales, ("country", "EQUALS", "GB")]])), [true, false]);
        assert_eq!(passes(&filtered(&[&[sales, ("country", "IS NULL", "")]])), [false, true]);
        let either: [&[_]; 2] = [&[("country", "EQUALS", "GB")], &[("country", "IS NULL", "")]];
        assert_eq!(passes(&filtered(&either)), [true, true]);
        assert_eq!(passes(&filtered(&[&[("country", "NOT EQUALS", "US")]])), [true, false]);
        assert_eq!(passes(&filtered(&[&[("accountEnabled", "IS TRUE", "")]])), [true, true]);
        // The groups' mapping has a filter of its own.
        assert!(
            in_scope(
                &tenant.state(),
                &Scope::Everyone,
                &filtered(&[&[("country", "EQUALS", "x")]]),
                &id("team")
            )
            .in_filter
        );
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
        in_scope(&tenant.state(), &scope, &unfiltered(), &id(name)).is_entitled()
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
        let judge = |tenant: &Tenant| in_scope(&tenant.state(), &Scope::Assigned, &unfiltered(), &id("ada"));
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
