//! Makes the tenant of what the database holds.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::application::{Application, ApplicationInfo, Assignment};
use super::clock::TenantClock;
use super::connection::ConnectionSecrets;
use super::error::TenantError;
use super::ids::Ids;
use super::job::JobHandle;
use super::kept::{change, change_of, kind_named};
use super::state::{Edit, Record, State};
use super::status::JobStatus;
use crate::entra::directory::{Group, ObjectId, ObjectKind, User};
use crate::entra::job::Job;
use crate::entra::mapping::schema;
use crate::entra::scope::Scope;
use crate::store::{ApplicationRow, ObjectRow, Store, StoreError, Write};

/// Reads it; an empty tenant when there is nothing yet.
pub(super) fn load(store: &Store) -> Result<State, TenantError> {
    let Some(id) = store.meta("id")? else { return Ok(State::empty()) };
    let broken =
        |found: String| StoreError::Row { path: store.path().map(Into::into).unwrap_or_default(), found };
    let text = |name: &'static str| store.meta(name).map(Option::unwrap_or_default);
    let began: Timestamp =
        text("began")?.parse().map_err(|error| broken(format!("`began` of meta cannot be read: {error}")))?;
    let clock = TenantClock {
        began,
        ahead: SignedDuration::from_secs(text("ahead")?.parse().unwrap_or(0)),
        fixed: text("fixed")?.parse().ok(),
    };
    let mut state = State {
        id: Uuid::parse_str(&id).map_err(|error| broken(format!("`id` of meta cannot be read: {error}")))?,
        name: text("name")?,
        domain: text("domain")?,
        clock,
        ids: Ids { next: text("ids")?.parse().ok() },
        ..State::empty()
    };
    directory(store, &mut state, &broken)?;
    for row in store.applications()? {
        let application = application(store, &state, row, &broken)?;
        state.applications.insert(application.id(), application);
    }
    Ok(state)
}

fn directory(
    store: &Store,
    state: &mut State,
    broken: &dyn Fn(String) -> StoreError,
) -> Result<(), TenantError> {
    let mut managers = Vec::new();
    // When somebody was deleted, in minutes since the tenant began.
    let mut deleted: Vec<(u64, ObjectId)> = Vec::new();
    let mut members: HashMap<String, Vec<String>> = HashMap::new();
    for (holder, member) in store.members()? {
        members.entry(holder).or_default().push(member);
    }
    let mut groups = Vec::new();
    for row in store.objects()? {
        let record = record(&row).ok_or_else(|| broken(format!("the object {} cannot be read", row.id)))?;
        let id = ObjectId::new(&row.id);
        let edit = match record.kind {
            ObjectKind::User => Edit::AddUser(made_user(&id, &record.properties)?),
            ObjectKind::Group => {
                groups.push(id.clone());
                Edit::AddGroup(made_group(&id, &record.properties)?)
            }
        };
        state.edit(&[edit])?;
        if let Some(manager) = &row.manager {
            managers.push(Edit::Manager(id.clone(), Some(ObjectId::new(manager))));
        }
        if let Some(at) = record.deleted {
            let minute = u64::try_from(at.duration_since(state.clock.began).as_mins()).unwrap_or(0);
            deleted.push((minute, id.clone()));
        }
        state.put_record(&id, record);
    }
    state.edit(&managers)?;
    for group in groups {
        for member in members.remove(group.as_str()).unwrap_or_default() {
            state.edit(&[Edit::AddMember(group.clone(), ObjectId::new(&member))])?;
        }
    }
    // In the order of their deletion, so that each has its own 30 days.
    deleted.sort();
    for (minute, id) in deleted {
        let passed = minute.saturating_sub(state.directory.minute());
        state.directory.advance_minutes(passed);
        state.edit(&[Edit::Delete(id)])?;
    }
    Ok(())
}

fn record(row: &ObjectRow) -> Option<Record> {
    let date = |name: &str| row.body.get(name)?.as_str()?.parse::<Timestamp>().ok();
    Some(Record {
        kind: kind_named(&row.kind)?,
        properties: row.body.get("properties")?.as_object()?.clone(),
        created: date("created")?,
        deleted: date("deleted"),
    })
}

/// The user as the provisioning service reads it.
pub(super) fn made_user(id: &ObjectId, properties: &Map<String, Value>) -> Result<User, TenantError> {
    let mut user = User::new(id.clone());
    for edit in State::attribute_edits(ObjectKind::User, id, properties) {
        match edit {
            Edit::Enable(_, enabled) => user.set_account_enabled(enabled),
            Edit::Set(_, name, Some(value)) => user = user.with(name, value)?,
            _ => {}
        }
    }
    Ok(user)
}

/// The group as the provisioning service reads it, without members.
pub(super) fn made_group(id: &ObjectId, properties: &Map<String, Value>) -> Result<Group, TenantError> {
    let name = properties.get("displayName").and_then(Value::as_str).unwrap_or_default();
    let mut group = Group::new(id.clone(), name);
    for edit in State::attribute_edits(ObjectKind::Group, id, properties) {
        if let Edit::Set(_, name, Some(value)) = edit {
            group = group.with(name, value)?;
        }
    }
    Ok(group)
}

fn application(
    store: &Store,
    state: &State,
    row: ApplicationRow,
    broken: &dyn Fn(String) -> StoreError,
) -> Result<Application, TenantError> {
    let ApplicationRow { id, mut parts } = row;
    let unread =
        |part: &str, why: String| broken(format!("`{part}` of the application {id} cannot be read: {why}"));
    let info: ApplicationInfo = parts
        .remove("info")
        .ok_or_else(|| unread("info", "it is missing".into()))
        .and_then(|info| serde_json::from_value(info).map_err(|error| unread("info", error.to_string())))?;
    let mut application = Application::new(info, &state.directory);
    if let Some(secrets) = parts.get("secrets") {
        application.secrets = ConnectionSecrets::recalled(secrets);
    }
    for (id, body) in store.assignments(&id)? {
        let kept: Assignment =
            serde_json::from_value(body).map_err(|error| unread("assignment", error.to_string()))?;
        let Some(record) = state.records.get(&kept.principal) else { continue };
        application.assign(Assignment { id, kind: record.kind, ..kept });
    }
    let Some(kept) = parts.remove("job") else {
        application.written = application.tenant.watermark();
        return Ok(application);
    };
    let text = |name: &str| kept[name].as_str().unwrap_or_default().to_owned();
    let status: JobStatus =
        serde_json::from_value(kept["status"].clone()).map_err(|error| unread("job", error.to_string()))?;
    let document = parts.get("schema").map(Value::to_string).unwrap_or_default();
    let mapping = schema::import(&application.info.name, "schema", &document).map_err(TenantError::Schema)?;
    let mut settings = JobHandle::settings(&application, mapping, state.clock.began, None);
    let (memory, seen) = (parts.remove("memory"), parts.remove("seen"));
    // The scope of the last run; another one that was saved since is taken by the next.
    match seen.as_ref().and_then(|seen| seen["everyone"].as_bool()) {
        Some(true) => settings.scope = Scope::Everyone,
        Some(false) => settings.scope = Scope::Assigned,
        None => {}
    }
    let named = (text("id"), text("template"), status);
    let mut handle =
        JobHandle::recalled(Job::new(settings), named, memory, seen.as_ref(), &application.tenant)
            .map_err(|why| unread("memory", why))?;
    for link in store.links(&id)? {
        let object = ObjectId::new(&link.object);
        let job = handle.job_mut();
        match (link.target, kind_named(&link.kind)) {
            (Some(target), Some(kind)) => job.recall_link(object, kind, target, link.active),
            _ => drop(job.forget(&object)),
        }
    }
    let mut writes = handle.catch_up(&id, state.clock.now());
    application.job = Some(std::sync::Arc::new(handle));
    // What no cycle has looked at comes after all that made the tenant what it is, under new numbers.
    let pending: Vec<_> = store.changes(&id)?.iter().filter_map(change_of).collect();
    let from = application.tenant.watermark().position();
    writes.push(Write::ChangesSeen { application: id.clone(), before: i64::MAX.unsigned_abs() });
    writes.extend((from..).zip(&pending).map(|(position, pending)| Write::Change {
        application: id.clone(),
        position,
        body: change(pending),
    }));
    store.write(&writes)?;
    application.tenant.recall(pending);
    application.written = application.tenant.watermark();
    Ok(application)
}
