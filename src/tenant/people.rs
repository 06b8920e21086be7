//! Users, groups, managers and members: what can be done to the directory.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::error::TenantError;
use super::limits;
use super::live::LiveTenant;
use super::load::{made_group, made_user};
use super::properties;
use super::state::{Edit, Record, State};
use crate::entra::directory::{Group, Object, ObjectId, ObjectKind, Tenant, User};
use crate::entra::directory_file::{self, Contents};
use crate::people::{People, PeopleSettings};
use crate::store::Write;

/// A user or group with its id.
pub type Found = (ObjectId, Record);

impl LiveTenant {
    /// Every user or group that is not in the recycle bin, in the order they were made; or those in it.
    #[must_use]
    pub fn objects(&self, kind: ObjectKind, deleted: bool) -> Vec<Found> {
        let state = self.read();
        let records = state.records.iter();
        records
            .filter(|(_, record)| record.kind == kind && record.deleted.is_some() == deleted)
            .map(|(id, record)| (id.clone(), record.clone()))
            .collect()
    }

    /// So many of them from that place on, and how many there are in all.
    #[must_use]
    pub fn window(&self, kind: ObjectKind, deleted: bool, from: usize, size: usize) -> (Vec<Found>, usize) {
        let state = self.read();
        let own = |record: &Record| record.kind == kind && record.deleted.is_some() == deleted;
        let all = state.records.iter().filter(|(_, record)| own(record));
        let window = all.clone().skip(from).take(size).map(|(id, record)| (id.clone(), record.clone()));
        (window.collect(), all.count())
    }

    /// Sees each of them in turn, without a copy. Nothing of the tenant may be asked meanwhile.
    pub fn visit(&self, kind: ObjectKind, deleted: bool, mut see: impl FnMut(&ObjectId, &Record)) {
        let state = self.read();
        let records = state.records.iter();
        records
            .filter(|(_, record)| record.kind == kind && record.deleted.is_some() == deleted)
            .for_each(|(id, record)| see(id, record));
    }

    /// The object of that id (or userPrincipalName), those in the recycle bin only if asked for.
    ///
    /// # Errors
    /// When there is none.
    pub fn object(&self, kind: Option<ObjectKind>, asked: &str, deleted: bool) -> Result<Found, TenantError> {
        let state = self.read();
        let id = state.find(kind, asked, deleted)?;
        let record = state.records.get(&id).cloned().ok_or_else(|| TenantError::missing(asked))?;
        Ok((id, record))
    }

    /// Creates a user of these properties.
    ///
    /// # Errors
    /// When a required property is missing, a value does not fit, or the userPrincipalName is taken.
    pub fn create_user(&self, body: &Map<String, Value>) -> Result<Found, TenantError> {
        for required in
            ["accountEnabled", "displayName", "mailNickname", "userPrincipalName", "passwordProfile"]
        {
            if body.get(required).is_none_or(Value::is_null) {
                let message = format!("A value is required for property '{required}' of resource 'User'.");
                return Err(TenantError::property(required, message));
            }
        }
        let mut properties = properties::read(ObjectKind::User, body)?;
        properties.entry("userType").or_insert_with(|| json!("Member"));
        self.change(|state, writes| {
            limits::check(ObjectKind::User, &properties, &Map::new(), &state.domain)?;
            let name = properties.get("userPrincipalName").and_then(Value::as_str).unwrap_or_default();
            is_free(state, name, None)?;
            add_user(state, writes, properties)
        })
    }

    /// Changes properties of a user or group; null takes a value away.
    ///
    /// # Errors
    /// When there is no such object, a value does not fit, or a userPrincipalName is taken.
    pub fn update(
        &self,
        kind: ObjectKind,
        asked: &str,
        body: &Map<String, Value>,
    ) -> Result<(), TenantError> {
        let changed = properties::read(kind, body)?;
        self.change(|state, writes| {
            let id = state.find(Some(kind), asked, false)?;
            may_change(state, &id, &changed)?;
            set_properties(state, &id, kind, changed)?;
            writes.extend(state.written(&[&id]));
            Ok(())
        })
    }

    /// Changes properties and manager of a user, both or neither.
    ///
    /// # Errors
    /// As [`update`](Self::update) and [`set_manager`](Self::set_manager).
    pub fn update_user(
        &self,
        asked: &str,
        body: &Map<String, Value>,
        manager: Option<&ObjectId>,
    ) -> Result<(), TenantError> {
        let changed = properties::read(ObjectKind::User, body)?;
        self.change(|state, writes| {
            let id = state.find(Some(ObjectKind::User), asked, false)?;
            may_change(state, &id, &changed)?;
            if state.view().user(&id).and_then(User::manager) != manager {
                state
                    .edit(&[Edit::Manager(id.clone(), manager.cloned())])
                    .map_err(|error| TenantError::property("manager", error.to_string()))?;
            }
            set_properties(state, &id, ObjectKind::User, changed)?;
            writes.extend(state.written(&[&id]));
            Ok(())
        })
    }

    /// Moves a user into the recycle bin; a group is gone at once.
    ///
    /// # Errors
    /// When there is no such object.
    pub fn delete(&self, kind: ObjectKind, asked: &str) -> Result<(), TenantError> {
        self.change(|state, writes| {
            let id = state.find(Some(kind), asked, false)?;
            if kind == ObjectKind::Group {
                state.edit(&[Edit::Purge(id.clone())])?;
                writes.extend(state.forget(&[id]));
                return Ok(());
            }
            state.edit(&[Edit::Delete(id.clone())])?;
            let now = state.clock.now();
            state.change_record(&id, |record| record.deleted = Some(now));
            writes.extend(state.written(&[&id]));
            Ok(())
        })
    }

    /// Takes a user out of the recycle bin.
    ///
    /// # Errors
    /// When nobody of that id is in it.
    pub fn restore(&self, asked: &str) -> Result<Found, TenantError> {
        self.change(|state, writes| {
            let id = state.find(None, asked, true)?;
            state.edit(&[Edit::Restore(id.clone())])?;
            state.change_record(&id, |record| record.deleted = None);
            writes.extend(state.written(&[&id]));
            let record = state.records.get(&id).cloned().ok_or_else(|| TenantError::missing(asked))?;
            Ok((id, record))
        })
    }

    /// Deletes for good what lies in the recycle bin.
    ///
    /// # Errors
    /// When nobody of that id is in it.
    pub fn purge(&self, asked: &str) -> Result<(), TenantError> {
        self.change(|state, writes| {
            let id = state.find(None, asked, true)?;
            state.edit(&[Edit::Purge(id.clone())])?;
            writes.extend(state.forget(&[id]));
            Ok(())
        })
    }

    /// Sets or clears a user's manager.
    ///
    /// # Errors
    /// When either is not a user, or would be their own manager's manager.
    pub fn set_manager(&self, asked: &str, manager: Option<&str>) -> Result<(), TenantError> {
        self.change(|state, writes| {
            let id = state.find(Some(ObjectKind::User), asked, false)?;
            let manager =
                manager.map(|asked| state.find(Some(ObjectKind::User), asked, false)).transpose()?;
            state.edit(&[Edit::Manager(id.clone(), manager)])?;
            writes.extend(state.written(&[&id]));
            Ok(())
        })
    }

    /// Creates a group with these members.
    ///
    /// # Errors
    /// When a required property is missing, a value does not fit, or a member does not exist.
    pub fn create_group(&self, body: &Map<String, Value>, members: &[String]) -> Result<Found, TenantError> {
        for required in ["displayName", "mailEnabled", "mailNickname", "securityEnabled"] {
            if body.get(required).is_none_or(Value::is_null) {
                let message = format!("A value is required for property '{required}' of resource 'Group'.");
                return Err(TenantError::property(required, message));
            }
        }
        let properties = properties::read(ObjectKind::Group, body)?;
        self.change(|state, writes| {
            limits::check(ObjectKind::Group, &properties, &Map::new(), &state.domain)?;
            let members: Vec<ObjectId> =
                members.iter().map(|member| state.find(None, member, false)).collect::<Result<_, _>>()?;
            let id = ObjectId::new(&state.ids.make().to_string());
            let group = made_group(&id, &properties)?;
            let record =
                Record { kind: ObjectKind::Group, properties, created: state.clock.now(), deleted: None };
            state.edit(&[Edit::AddGroup(group)])?;
            state.put_record(&id, record.clone());
            add_members(state, &id, &members)?;
            writes.extend(state.written(&[&id]));
            writes.extend(members.iter().map(|member| member_of(&id, member)));
            Ok((id, record))
        })
    }

    /// Makes users or groups members of a group, all or none.
    ///
    /// # Errors
    /// When one does not exist or is a member already.
    pub fn add_members(&self, group: &str, members: &[String]) -> Result<(), TenantError> {
        self.change(|state, writes| {
            let id = state.find(Some(ObjectKind::Group), group, false)?;
            let members: Vec<ObjectId> =
                members.iter().map(|member| state.find(None, member, false)).collect::<Result<_, _>>()?;
            let view = state.view();
            if members.iter().any(|member| view.group(&id).is_some_and(|group| group.members().contains(member))) {
                return Err(TenantError::invalid(
                    "One or more added object references already exist for the following modified properties: 'members'.",
                ));
            }
            drop(view);
            add_members(state, &id, &members)?;
            writes.extend(state.changes());
            writes.extend(members.iter().map(|member| member_of(&id, member)));
            Ok(())
        })
    }

    /// Takes a member out of a group.
    ///
    /// # Errors
    /// When there is no such group, or no such member in it.
    pub fn remove_member(&self, group: &str, member: &str) -> Result<(), TenantError> {
        self.change(|state, writes| {
            let id = state.find(Some(ObjectKind::Group), group, false)?;
            let member = ObjectId::new(&member.to_ascii_lowercase());
            if !state.view().group(&id).is_some_and(|group| group.members().contains(&member)) {
                return Err(TenantError::missing(member.as_str()));
            }
            state.edit(&[Edit::RemoveMember(id.clone(), member.clone())])?;
            writes.extend(state.changes());
            let (holder, member) = (id.as_str().to_owned(), member.as_str().to_owned());
            writes.push(Write::MemberGone { holder, member });
            Ok(())
        })
    }

    /// Makes up so many people, with a value for every attribute of Entra's default mapping. Their ids.
    ///
    /// # Errors
    /// When the database fails.
    pub fn make_people(&self, number: usize, seed: u64) -> Result<Vec<ObjectId>, TenantError> {
        let domain = self.organization().1;
        let people = People::new(PeopleSettings { domain, ..PeopleSettings::default() }, seed, "");
        let people = people.map_err(|error| TenantError::invalid(error.to_string()))?;
        self.change(|state, writes| {
            let mut made = Vec::with_capacity(number);
            let from = state.records.len();
            for place in from..from + number {
                let user = people.person("tenant", "", &place.to_string());
                let mut properties = properties::of(Object::User(&user));
                properties.insert("userType".to_owned(), json!("Member"));
                rename(state, &mut properties);
                let name = properties.get("userPrincipalName").and_then(Value::as_str).unwrap_or_default();
                if is_free(state, name, None).is_err() {
                    continue;
                }
                made.push(add_user(state, writes, properties)?.0);
            }
            Ok(made)
        })
    }

    /// Adds the people and groups of a directory file, and says whom it has left out and why. Who is there already, by
    /// id or userPrincipalName, is left as they are. Nothing is assigned: that is a matter of an application.
    ///
    /// # Errors
    /// When the database fails.
    pub fn import(&self, contents: &mut Contents) -> Result<Imported, TenantError> {
        let mut read = Tenant::new();
        let _ = directory_file::apply(contents, &mut read, true);
        let read = read.state();
        self.change(|state, writes| {
            let mut imported = Imported::default();
            for user in read.users() {
                let name = user.text("userPrincipalName").unwrap_or_default();
                if state.records.contains_key(user.id()) || is_free(state, name, None).is_err() {
                    imported.known += 1;
                    continue;
                }
                let object = Object::User(user);
                imported.ids.push(put_user(state, user.id(), properties::of(object))?);
            }
            for user in read.users().filter(|user| imported.ids.contains(user.id())) {
                if let Some(manager) = user.manager().filter(|id| state.records.contains_key(*id)) {
                    state.edit(&[Edit::Manager(user.id().clone(), Some(manager.clone()))])?;
                }
                if user.is_soft_deleted() {
                    state.edit(&[Edit::Delete(user.id().clone())])?;
                    let now = state.clock.now();
                    state.change_record(user.id(), |record| record.deleted = Some(now));
                }
            }
            for group in read.groups() {
                if state.records.contains_key(group.id()) {
                    imported.known += 1;
                    continue;
                }
                writes.extend(put_group(state, group)?);
                imported.ids.push(group.id().clone());
            }
            let made: Vec<&ObjectId> = imported.ids.iter().collect();
            let objects = state.written(&made);
            writes.splice(0..0, objects);
            Ok(imported)
        })
    }
}

/// Names of somebody who was made up, without the mark by which a run's people are told apart: `ada.lovelace`, and
/// `ada.lovelace2` for the second one.
fn rename(state: &State, properties: &mut Map<String, Value>) {
    let Some((local, domain)) =
        properties.get("userPrincipalName").and_then(Value::as_str).and_then(|name| name.split_once('@'))
    else {
        return;
    };
    let bare = local.rsplit_once('.').map_or(local, |(bare, _)| bare).to_owned();
    let free = |local: &String| is_free(state, &format!("{local}@{domain}"), None).is_ok();
    let numbered = (2..).map(|number| format!("{bare}{number}"));
    let Some(local) = std::iter::once(bare.clone()).chain(numbered).find(free) else { return };
    let address = format!("{local}@{domain}");
    properties.insert("mailNickname".to_owned(), json!(local));
    for name in ["userPrincipalName", "mail"] {
        properties.insert(name.to_owned(), json!(address));
    }
}

/// What became of a file of people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// Who was added.
    pub ids: Vec<ObjectId>,
    /// How many were there already.
    pub known: usize,
}

fn put_user(
    state: &mut State,
    id: &ObjectId,
    properties: Map<String, Value>,
) -> Result<ObjectId, TenantError> {
    let user: User = made_user(id, &properties)?;
    state.edit(&[Edit::AddUser(user)])?;
    let created: Timestamp = state.clock.now();
    state.put_record(id, Record { kind: ObjectKind::User, properties, created, deleted: None });
    Ok(id.clone())
}

fn put_group(state: &mut State, group: &Group) -> Result<Vec<Write>, TenantError> {
    let properties = properties::of(Object::Group(group));
    let made = made_group(group.id(), &properties)?;
    state.edit(&[Edit::AddGroup(made)])?;
    let created = state.clock.now();
    let record = Record { kind: ObjectKind::Group, properties, created, deleted: None };
    state.put_record(group.id(), record);
    let members: Vec<ObjectId> =
        group.members().iter().filter(|member| state.records.contains_key(*member)).cloned().collect();
    add_members(state, group.id(), &members)?;
    Ok(members.iter().map(|member| member_of(group.id(), member)).collect())
}

fn add_user(
    state: &mut State,
    writes: &mut Vec<Write>,
    properties: Map<String, Value>,
) -> Result<Found, TenantError> {
    let id = ObjectId::new(&state.ids.make().to_string());
    put_user(state, &id, properties)?;
    writes.extend(state.written(&[&id]));
    let record = state.records.get(&id).cloned().ok_or_else(|| TenantError::missing(id.as_str()))?;
    Ok((id, record))
}

fn add_members(state: &mut State, group: &ObjectId, members: &[ObjectId]) -> Result<(), TenantError> {
    members.iter().try_for_each(|member| state.edit(&[Edit::AddMember(group.clone(), member.clone())]))
}

fn member_of(group: &ObjectId, member: &ObjectId) -> Write {
    Write::Member { holder: group.as_str().to_owned(), member: member.as_str().to_owned() }
}

/// The object can have these values.
fn may_change(state: &State, id: &ObjectId, changed: &Map<String, Value>) -> Result<(), TenantError> {
    if let Some(record) = state.records.get(id) {
        limits::check(record.kind, changed, &record.properties, &state.domain)?;
    }
    if let Some(name) = changed.get("userPrincipalName").and_then(Value::as_str) {
        is_free(state, name, Some(id))?;
    }
    let emptied = ["userPrincipalName", "displayName"]
        .into_iter()
        .find(|name| changed.get(*name).is_some_and(Value::is_null));
    emptied.map_or(Ok(()), |name| {
        Err(TenantError::property(name, format!("The property '{name}' cannot be null.")))
    })
}

fn set_properties(
    state: &mut State,
    id: &ObjectId,
    kind: ObjectKind,
    changed: Map<String, Value>,
) -> Result<(), TenantError> {
    state.edit(&State::attribute_edits(kind, id, &changed))?;
    state.change_record(id, |record| {
        for (name, value) in changed {
            if value.is_null() {
                record.properties.shift_remove(&name);
            } else {
                record.properties.insert(name, value);
            }
        }
    });
    Ok(())
}

/// Nobody else has the userPrincipalName. One that lies in the recycle bin gives it up, as Entra renames it there.
fn is_free(state: &State, name: &str, but: Option<&ObjectId>) -> Result<(), TenantError> {
    match state.find(Some(ObjectKind::User), name, false) {
        Ok(other) if Some(&other) != but => Err(TenantError::Taken { property: "userPrincipalName" }),
        _ => Ok(()),
    }
}
