//! What changed between the tenant and a file becomes the tenant's change log.

use std::collections::{HashMap, HashSet};

use super::Contents;
use super::row::DirectoryRow;
use crate::diagnostic::Diagnostic;
use crate::entra::directory::{
    DirectoryError, Group, Object, ObjectId, ObjectKind, SourceValue, Tenant, User,
};

/// What became of the objects that the tenant has and the file has not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// They were purged; there may have been none.
    Purged,
    /// They stay: a row of the file could not be read, and they may be in it. How many they are.
    Unread(usize),
    /// They stay: they are too many to be gone without an approval.
    TooMany {
        /// Who is missing.
        missing: Vec<ObjectId>,
        /// How many objects the tenant had.
        of: usize,
    },
}

/// So many may be missing from a file without an approval, whatever their share is.
const FEW: usize = 5;

/// Beyond [`FEW`], one in so many may be missing without an approval.
const SHARE: usize = 10;

/// Brings a tenant to what the file says: new objects are added, values, sign-in, recycle bin,
/// managers, members and assignments are set, and who is gone from the file is purged, unless too
/// many are and it is not approved. An object whose row was left out stays as it is; a link that
/// cannot be made is a mistake of its row, and the object stays without it.
pub fn apply(contents: &mut Contents, tenant: &mut Tenant, approved: bool) -> Missing {
    let missing = missing(contents, tenant, approved);
    let names = RowNames::of(contents, tenant);
    let mut problems = Vec::new();
    let rows = || contents.users.iter().chain(&contents.groups);
    let mut refuse = |row: &DirectoryRow, title: String, help: String| {
        let place = format!("{}:{}", contents.file, row.line);
        problems.push(Diagnostic::about_file(title, place).help(help));
    };
    for row in rows() {
        if let Err(error) = object(tenant, row) {
            let help = "correct the row; the object stays as it was".to_owned();
            refuse(row, format!("`{}` cannot be read: {error}", row.name), help);
        }
    }
    // All managers that change are taken away first: a chain that is turned round is no circle.
    let managers: Vec<(&DirectoryRow, Option<ObjectId>)> = rows()
        .filter(|row| row.kind == ObjectKind::User)
        .filter_map(|row| match &row.manager {
            None => Some((row, None)),
            Some(written) => match names.find(written) {
                // One who is gone for good is nobody's manager.
                Some(id) => Some((row, Some(id).filter(|id| tenant.state().user(id).is_some()))),
                None => {
                    let title = format!("the manager `{written}` of `{}` is nobody of this file", row.name);
                    refuse(row, title, "write the manager's id or userPrincipalName".to_owned());
                    None
                }
            },
        })
        .collect();
    let changed: Vec<_> = managers
        .into_iter()
        .filter(|(row, manager)| {
            tenant.state().user(&row.id).is_some_and(|user| user.manager() != manager.as_ref())
        })
        .collect();
    let former: HashMap<ObjectId, Option<ObjectId>> = changed
        .iter()
        .map(|(row, _)| {
            (row.id.clone(), tenant.state().user(&row.id).and_then(|user| user.manager().cloned()))
        })
        .collect();
    for (row, _) in &changed {
        // Nothing can stand against having no manager.
        let _ = tenant.set_manager(&row.id, None);
    }
    for (row, manager) in changed {
        if let Err(error) = tenant.set_manager(&row.id, manager) {
            let title = format!("the manager of `{}` cannot be set: {error}", row.name);
            let help = match error {
                DirectoryError::CyclicManager(_) => {
                    "managers do not go round in a circle: correct one of its rows"
                }
                _ => "write the id or userPrincipalName of a user",
            };
            refuse(row, title, help.to_owned());
            let _ = tenant.set_manager(&row.id, former.get(&row.id).cloned().flatten());
        }
    }
    for row in rows().filter(|row| row.kind == ObjectKind::Group) {
        let mut wanted = Vec::new();
        for written in &row.members {
            match names.find(written) {
                Some(id) if id != row.id => wanted.push(id),
                _ => {
                    let title = format!("the member `{written}` of `{}` is nobody of this file", row.name);
                    refuse(
                        row,
                        title,
                        "write a user's or group's id, userPrincipalName or displayName".to_owned(),
                    );
                }
            }
        }
        members(tenant, &row.id, &wanted);
    }
    contents.problems.extend(problems);
    purge(contents, tenant);
    missing
}

/// Decides about those who are missing. Who stays can still be a manager or a member.
fn missing(contents: &mut Contents, tenant: &Tenant, approved: bool) -> Missing {
    let gone = gone(contents, tenant);
    let decided = if !contents.is_complete() && !gone.is_empty() {
        Missing::Unread(gone.len())
    } else if !approved && are_too_many(&gone, tenant) {
        let state = tenant.state();
        Missing::TooMany { missing: gone.clone(), of: state.users().len() + state.groups().len() }
    } else {
        return Missing::Purged;
    };
    contents.kept.extend(gone);
    decided
}

/// True when more than a few and more than a share are gone, of users, of groups or of both.
fn are_too_many(gone: &[ObjectId], tenant: &Tenant) -> bool {
    let state = tenant.state();
    let users = gone.iter().filter(|id| state.kind(id) == Some(ObjectKind::User)).count();
    let (all_users, all_groups) = (state.users().len(), state.groups().len());
    let too_many = |gone: usize, of: usize| gone > FEW && gone.saturating_mul(SHARE) > of;
    too_many(users, all_users)
        || too_many(gone.len() - users, all_groups)
        || too_many(gone.len(), all_users + all_groups)
}

/// Who is meant by an id or a name. Names of rows that were left out are known from before.
struct RowNames {
    by_name: HashMap<String, ObjectId>,
    ids: HashSet<ObjectId>,
}

impl RowNames {
    fn of(contents: &Contents, tenant: &Tenant) -> Self {
        let state = tenant.state();
        let mut by_name = HashMap::new();
        let mut ids: HashSet<ObjectId> = HashSet::new();
        let kept = contents.kept.iter().filter_map(|id| state.object(id));
        for object in kept {
            ids.insert(object.id().clone());
            if let Some(name) = name_of(object) {
                by_name.insert(name.to_lowercase(), object.id().clone());
            }
        }
        // A user wins over a group of the same name.
        for row in contents.groups.iter().chain(&contents.users) {
            ids.insert(row.id.clone());
            by_name.insert(row.name.to_lowercase(), row.id.clone());
        }
        RowNames { by_name, ids }
    }

    fn find(&self, written: &str) -> Option<ObjectId> {
        let written = written.trim();
        self.ids.get(written).or_else(|| self.by_name.get(&written.to_lowercase())).cloned()
    }
}

fn name_of(object: Object<'_>) -> Option<&str> {
    match object {
        Object::User(user) => user.text("userPrincipalName"),
        Object::Group(group) => group.text("displayName"),
    }
}

/// Adds an object, or sets what differs.
fn object(tenant: &mut Tenant, row: &DirectoryRow) -> Result<(), DirectoryError> {
    let id = &row.id;
    // A state that lives through a change makes the tenant copy itself.
    let there = tenant.state().kind(id);
    match (there, row.kind) {
        // Deleted before anybody provisioned it, or so long ago that it was purged.
        (None, ObjectKind::User) if row.deleted => return Ok(()),
        (None, ObjectKind::User) => {
            let mut user = User::new(id.clone());
            for (name, value) in &row.attributes {
                user = user.with(name, value.clone())?;
            }
            user.set_account_enabled(row.account_enabled);
            tenant.add_user(user)?;
        }
        (None, ObjectKind::Group) => {
            let mut group = Group::new(id.clone(), &row.name);
            for (name, value) in &row.attributes {
                group = group.with(name, value.clone())?;
            }
            tenant.add_group(group)?;
        }
        (Some(_), _) => {
            for (name, value) in differences(tenant, row) {
                tenant.set(id, name, value)?;
            }
            if row.kind == ObjectKind::User {
                tenant.set_account_enabled(id, row.account_enabled)?;
            }
        }
    }
    if row.kind == ObjectKind::User {
        let is_deleted = tenant.state().user(id).is_some_and(User::is_soft_deleted);
        match (row.deleted, is_deleted) {
            (true, false) => tenant.soft_delete(id)?,
            (false, true) => tenant.restore(id)?,
            _ => {}
        }
    }
    if row.assigned { tenant.assign(id) } else { tenant.unassign(id) }
}

fn differences(tenant: &Tenant, row: &DirectoryRow) -> Vec<(&'static str, Option<SourceValue>)> {
    let state = tenant.state();
    let Some(object) = state.object(&row.id) else { return Vec::new() };
    let mut changed: Vec<(&'static str, Option<SourceValue>)> = Vec::new();
    for (name, value) in object.attributes() {
        // A group is a security group unless the file says otherwise.
        let unsaid = name == "securityEnabled" && *value == SourceValue::Boolean(true);
        match row.attributes.get(name) {
            None if !unsaid => changed.push((name, None)),
            Some(wanted) if wanted != value => changed.push((name, Some(wanted.clone()))),
            _ => {}
        }
    }
    for (name, value) in &row.attributes {
        if object.attributes().all(|(there, _)| there != *name) {
            changed.push((name, Some(value.clone())));
        }
    }
    changed
}

fn members(tenant: &mut Tenant, group: &ObjectId, wanted: &[ObjectId]) {
    let there: Vec<ObjectId> = tenant
        .state()
        .group(group)
        .map(|group| group.members().iter().cloned().collect())
        .unwrap_or_default();
    let wanted_ids: HashSet<&ObjectId> = wanted.iter().collect();
    let there_ids: HashSet<&ObjectId> = there.iter().collect();
    for member in there.iter().filter(|member| !wanted_ids.contains(member)) {
        // Both are objects of the tenant: nothing can refuse it.
        let _ = tenant.remove_member(group, member);
    }
    for member in wanted.iter().filter(|member| !there_ids.contains(member)) {
        let _ = tenant.add_member(group, member);
    }
}

/// Who is in the tenant and not in the file, nor in a row of it that was left out.
fn gone(contents: &Contents, tenant: &Tenant) -> Vec<ObjectId> {
    let rows = contents.users.iter().chain(&contents.groups);
    let there: HashSet<&ObjectId> = rows.map(|row| &row.id).chain(&contents.kept).collect();
    let state = tenant.state();
    let users = state.users().map(|user| user.id());
    let all = users.chain(state.groups().map(|group| group.id()));
    all.filter(|id| !there.contains(id)).cloned().collect()
}

fn purge(contents: &Contents, tenant: &mut Tenant) {
    for id in gone(contents, tenant) {
        // The object was just there.
        let _ = tenant.purge(&id);
    }
}
