//! Everything that stands in the tenant, and what of it a change has to write down.

use std::collections::HashMap;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::application::Application;
use super::clock::TenantClock;
use super::error::TenantError;
use super::ids::Ids;
use super::kept::kind_name;
use super::properties;
use crate::entra::directory::{
    DirectoryError, DirectoryState, Group, ObjectId, ObjectKind, SourceValue, Tenant, User,
};
use crate::store::Write;

/// A user or group as Graph knows it: what its request said, beside what the directory holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// User or group.
    pub kind: ObjectKind,
    /// Its properties; neither its id, nor its manager, nor its members.
    pub properties: Map<String, Value>,
    /// When it was made.
    pub created: Timestamp,
    /// When it went into the recycle bin, while it lies there.
    pub deleted: Option<Timestamp>,
}

impl Record {
    /// A text property.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.properties.get(name).and_then(Value::as_str)
    }

    /// The userPrincipalName in lower case, which nobody else may have; one in the recycle bin gave it up.
    fn sign_in_name(&self) -> Option<String> {
        let is_user = self.kind == ObjectKind::User && self.deleted.is_none();
        self.text("userPrincipalName").filter(|_| is_user).map(str::to_lowercase)
    }

    pub(super) fn to_body(&self) -> Value {
        json!({ "properties": self.properties, "created": self.created, "deleted": self.deleted })
    }
}

/// One step of a change of the directory. Each application's view of the directory takes it too.
#[derive(Debug, Clone)]
pub(super) enum Edit {
    AddUser(User),
    AddGroup(Group),
    Set(ObjectId, &'static str, Option<SourceValue>),
    Enable(ObjectId, bool),
    Manager(ObjectId, Option<ObjectId>),
    AddMember(ObjectId, ObjectId),
    RemoveMember(ObjectId, ObjectId),
    Delete(ObjectId),
    Restore(ObjectId),
    Purge(ObjectId),
}

impl Edit {
    fn apply(&self, tenant: &mut Tenant) -> Result<(), DirectoryError> {
        match self {
            Edit::AddUser(user) => tenant.add_user(user.clone()).map(drop),
            Edit::AddGroup(group) => tenant.add_group(group.clone()).map(drop),
            Edit::Set(id, name, value) => tenant.set(id, name, value.clone()),
            Edit::Enable(id, enabled) => tenant.set_account_enabled(id, *enabled),
            Edit::Manager(id, manager) => tenant.set_manager(id, manager.clone()),
            Edit::AddMember(group, member) => tenant.add_member(group, member),
            Edit::RemoveMember(group, member) => tenant.remove_member(group, member),
            Edit::Delete(id) => tenant.soft_delete(id),
            Edit::Restore(id) => tenant.restore(id),
            Edit::Purge(id) => tenant.purge(id),
        }
    }
}

/// The tenant.
#[derive(Debug)]
pub(super) struct State {
    /// Tells this state from those that were put in its place: positions in the log of changes hold in one alone.
    pub era: Uuid,
    pub id: Uuid,
    pub name: String,
    pub domain: String,
    pub clock: TenantClock,
    pub ids: Ids,
    /// The directory itself, to which nothing is assigned.
    pub directory: Tenant,
    pub records: IndexMap<ObjectId, Record>,
    /// Users outside the recycle bin by their userPrincipalName in lower case.
    pub names: HashMap<String, ObjectId>,
    /// By the id of their service principal.
    pub applications: IndexMap<String, Application>,
}

impl State {
    pub fn empty() -> Self {
        let name = "Contoso";
        State {
            era: Uuid::new_v4(),
            id: Uuid::new_v4(),
            name: name.to_owned(),
            domain: "contoso.example".to_owned(),
            clock: TenantClock::start(),
            ids: Ids::default(),
            directory: Tenant::new(),
            records: IndexMap::new(),
            names: HashMap::new(),
            applications: IndexMap::new(),
        }
    }

    /// What is written of the tenant itself.
    pub fn meta(&self) -> Vec<Write> {
        let TenantClock { began, ahead, fixed } = self.clock;
        let texts = [
            ("id", self.id.to_string()),
            ("name", self.name.clone()),
            ("domain", self.domain.clone()),
            ("began", began.to_string()),
            ("ahead", ahead.as_secs().to_string()),
            ("fixed", fixed.map(|at| at.to_string()).unwrap_or_default()),
            ("ids", self.ids.next.map(|next| next.to_string()).unwrap_or_default()),
        ];
        texts.into_iter().map(|(name, value)| Write::Meta { name, value }).collect()
    }

    pub fn view(&self) -> std::sync::Arc<DirectoryState> {
        self.directory.state()
    }

    /// Brings every clock to the present. Whoever lay in the recycle bin for 30 days is gone then.
    pub fn tick(&mut self) -> Vec<Write> {
        let minute = self.clock.minute();
        for tenant in self.tenants() {
            tenant.advance_minutes(minute.saturating_sub(tenant.minute()));
        }
        let state = self.view();
        if state.users().len() + state.groups().len() == self.records.len() {
            return Vec::new();
        }
        let gone: Vec<ObjectId> =
            self.records.keys().filter(|id| state.object(id).is_none()).cloned().collect();
        self.forget(&gone)
    }

    fn tenants(&mut self) -> impl Iterator<Item = &mut Tenant> {
        std::iter::once(&mut self.directory)
            .chain(self.applications.values_mut().map(|application| &mut application.tenant))
    }

    /// Makes a change everywhere. The directory takes each step or refuses it; who passes several has seen to it that
    /// those after the first are possible.
    pub fn edit(&mut self, edits: &[Edit]) -> Result<(), TenantError> {
        for edit in edits {
            edit.apply(&mut self.directory)?;
            for application in self.applications.values_mut() {
                // What the directory takes, its copies take as well.
                edit.apply(&mut application.tenant)?;
            }
        }
        Ok(())
    }

    /// What to write of objects that changed, and of what every application's job has to look at therefore.
    pub fn written(&mut self, touched: &[&ObjectId]) -> Vec<Write> {
        let state = self.view();
        let mut writes = Vec::new();
        for id in touched {
            let Some(record) = self.records.get(*id) else { continue };
            writes.push(Write::Object {
                id: id.as_str().to_owned(),
                kind: kind_name(record.kind),
                manager: state.user(id).and_then(User::manager).map(|manager| manager.as_str().to_owned()),
                body: record.to_body(),
            });
        }
        writes.extend(self.changes());
        writes
    }

    /// Changes that no application's job has looked at and that are not written yet.
    pub fn changes(&mut self) -> Vec<Write> {
        self.applications.values_mut().flat_map(Application::unwritten_changes).collect()
    }

    /// Drops the records of objects that are gone.
    pub fn forget(&mut self, gone: &[ObjectId]) -> Vec<Write> {
        let mut writes = Vec::new();
        for id in gone {
            if let Some(name) = self.records.shift_remove(id).and_then(|record| record.sign_in_name()) {
                self.free(&name, id);
            }
            writes.push(Write::ObjectGone { id: id.as_str().to_owned() });
            for application in self.applications.values_mut() {
                writes.extend(application.forget(id));
            }
        }
        writes.extend(self.changes());
        writes
    }

    pub fn application(&self, id: &str) -> Result<&Application, TenantError> {
        self.applications.get(&id.to_ascii_lowercase()).ok_or_else(|| TenantError::missing(id))
    }

    pub fn application_mut(&mut self, id: &str) -> Result<&mut Application, TenantError> {
        self.applications.get_mut(&id.to_ascii_lowercase()).ok_or_else(|| TenantError::missing(id))
    }

    /// The object of that id, or of that userPrincipalName; those in the recycle bin only by id, and only if asked for.
    pub fn find(
        &self,
        kind: Option<ObjectKind>,
        asked: &str,
        deleted: bool,
    ) -> Result<ObjectId, TenantError> {
        let fits = |record: &Record| {
            kind.is_none_or(|kind| record.kind == kind) && record.deleted.is_some() == deleted
        };
        let ids = [ObjectId::new(asked), ObjectId::new(&asked.to_ascii_lowercase())];
        let by_id = ids.into_iter().find(|id| self.records.get(id).is_some_and(fits));
        let by_name = || {
            let named = self.names.get(&asked.to_lowercase()).filter(|_| !deleted)?;
            self.records.get(named).is_some_and(fits).then(|| named.clone())
        };
        by_id.or_else(by_name).ok_or_else(|| TenantError::missing(asked))
    }

    /// Adds the record of an object that the directory has.
    pub fn put_record(&mut self, id: &ObjectId, record: Record) {
        self.records.insert(id.clone(), record);
        self.change_record(id, |_| {});
    }

    /// Changes the record of an object.
    pub fn change_record(&mut self, id: &ObjectId, change: impl FnOnce(&mut Record)) {
        let Some(record) = self.records.get_mut(id) else { return };
        let before = record.sign_in_name();
        change(record);
        let now = record.sign_in_name();
        if let Some(before) = before.filter(|before| now.as_ref() != Some(before)) {
            self.free(&before, id);
        }
        if let Some(now) = now {
            self.names.insert(now, id.clone());
        }
    }

    fn free(&mut self, name: &str, id: &ObjectId) {
        if self.names.get(name) == Some(id) {
            self.names.remove(name);
        }
    }

    /// The steps that bring the source attributes to what the properties say.
    pub fn attribute_edits(kind: ObjectKind, id: &ObjectId, changed: &Map<String, Value>) -> Vec<Edit> {
        let mut edits = Vec::new();
        for (name, value) in changed {
            if kind == ObjectKind::User && name == "accountEnabled" {
                edits.push(Edit::Enable(id.clone(), value.as_bool().unwrap_or(true)));
            }
            let sources = properties::sources(kind, name, value).into_iter();
            edits.extend(sources.map(|(name, value)| Edit::Set(id.clone(), name, value)));
        }
        edits
    }
}
