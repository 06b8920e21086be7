//! Which requests are sent under load, in the form of the provisioning service.

use serde::Serialize;
use serde_json::Value;

use super::LoadSettings;
use crate::entra::dialect::{Assignment, AttributeChange, Verb, Writer};
use crate::entra::directory::Object;
use crate::entra::mapping::{AttributeMapping, Mapping, ObjectMapping, TargetKind};
use crate::people::People;
use crate::run::steps::mapped::assignments;
use crate::run::steps::suited;
use crate::run::target::adjustment::Adjustment;
use crate::scim::{PatchPath, same_name};
use crate::wire::{Actor, Request, ResourceKind};

/// What a request under load does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoadOperation {
    /// Asks for a user by the matching attribute: for one that is there, or for nobody.
    Lookup,
    /// Creates a user.
    Create,
    /// Reads a user by its id.
    Read,
    /// Changes an attribute of a user.
    Update,
    /// Disables a user, or enables one that was disabled.
    Disable,
    /// Adds a member to a group.
    AddMember,
}

impl LoadOperation {
    /// Every kind.
    pub const ALL: [LoadOperation; 6] = [
        LoadOperation::Lookup,
        LoadOperation::Create,
        LoadOperation::Read,
        LoadOperation::Update,
        LoadOperation::Disable,
        LoadOperation::AddMember,
    ];

    /// The words of reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            LoadOperation::Lookup => "lookups",
            LoadOperation::Create => "creates",
            LoadOperation::Read => "reads",
            LoadOperation::Update => "updates",
            LoadOperation::Disable => "disables",
            LoadOperation::AddMember => "added members",
        }
    }
}

/// Twenty requests of a cycle: the service looks somebody up before it creates them, and reads them
/// before it changes them.
const CYCLE: [LoadOperation; 20] = [
    LoadOperation::Lookup,
    LoadOperation::Create,
    LoadOperation::Read,
    LoadOperation::Update,
    LoadOperation::Lookup,
    LoadOperation::Read,
    LoadOperation::AddMember,
    LoadOperation::Lookup,
    LoadOperation::Create,
    LoadOperation::Read,
    LoadOperation::Update,
    LoadOperation::Lookup,
    LoadOperation::Read,
    LoadOperation::Disable,
    LoadOperation::Lookup,
    LoadOperation::Create,
    LoadOperation::Read,
    LoadOperation::Update,
    LoadOperation::Lookup,
    LoadOperation::AddMember,
];

/// The name under which people are made up.
const SCENARIO: &str = "requirements/rate";

/// Somebody who is at the target.
#[derive(Debug, Clone)]
pub(super) struct LoadUser {
    /// The id that the target gave.
    pub id: String,
    /// The key by which the person was made up.
    key: String,
}

/// Writes the requests.
#[derive(Debug)]
pub(super) struct Mix {
    writer: Writer,
    adjustment: Adjustment,
    users: ObjectMapping,
    group: Option<ObjectMapping>,
    people: People,
    matching: PatchPath,
    changing: Option<PatchPath>,
    active: Option<PatchPath>,
}

impl Mix {
    /// `None` when the mapping has no matching attribute for users.
    pub fn new(settings: &LoadSettings, mapping: &Mapping, adjustment: Adjustment) -> Option<Self> {
        let users = mapping.user.clone();
        let matching = users.matching().first()?.target.clone();
        let somebody = settings.people.person(SCENARIO, settings.writer.dialect.as_str(), "somebody");
        let somebody = suited::user(somebody, &users);
        let changing = changing(&users, &assignments(&users, Object::User(&somebody), false));
        let active = users.rows.iter().find(|row| row.is_active()).map(|row| row.target.clone());
        let takes_members = |group: &&ObjectMapping| {
            group.rows.iter().any(|row| row.is_list() && same_name(&row.target.attribute, "members"))
        };
        Some(Mix {
            writer: settings.writer.clone(),
            adjustment,
            users,
            group: mapping.group.as_ref().filter(takes_members).cloned(),
            people: settings.people.clone(),
            matching,
            changing,
            active,
        })
    }

    /// True when groups with members are provisioned.
    pub fn has_groups(&self) -> bool {
        self.group.is_some()
    }

    /// The kind of the n-th request, of those that can be sent.
    pub fn kind(&self, number: usize, left_out: &[LoadOperation]) -> LoadOperation {
        let kind = CYCLE[number % CYCLE.len()];
        let there = match kind {
            LoadOperation::Update => self.changing.is_some(),
            LoadOperation::Disable => self.active.is_some(),
            LoadOperation::AddMember => self.group.is_some(),
            LoadOperation::Lookup | LoadOperation::Create | LoadOperation::Read => true,
        };
        if there && !left_out.contains(&kind) {
            return kind;
        }
        if left_out.contains(&LoadOperation::Lookup) { LoadOperation::Read } else { LoadOperation::Lookup }
    }

    /// The key of somebody who is made up as the n-th of a set.
    pub fn key(set: &str, number: usize) -> String {
        format!("{set}-{number}")
    }

    /// The account of a person who was created under this key.
    pub fn account(key: &str, id: String) -> LoadUser {
        LoadUser { id, key: key.to_owned() }
    }

    /// `POST /Users` for the person of that key.
    pub fn create(&self, key: &str) -> Request {
        self.adjustment.fit(self.writer.create(ResourceKind::User, &self.values(key), "load: create"))
    }

    /// `POST /Groups`; `None` without groups.
    pub fn create_group(&self) -> Option<Request> {
        let group = self.people.group(SCENARIO, self.dialect(), "team");
        let values = assignments(self.group.as_ref()?, Object::Group(&group), false);
        Some(self.writer.create(ResourceKind::Group, &values, "load: create the group"))
    }

    /// The question for a person who is there, or for nobody.
    pub fn lookup(&self, account: Option<&LoadUser>) -> Request {
        let value = account.and_then(|account| {
            self.values(&account.key).into_iter().find(|(path, _)| *path == self.matching)
        });
        let value = value
            .and_then(|(_, value)| value?.as_str().map(str::to_owned))
            .unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
        self.writer.lookup(ResourceKind::User, &self.matching, &value, "load: match")
    }

    /// One user by its id.
    pub fn read(&self, account: &LoadUser) -> Request {
        self.writer.read(ResourceKind::User, &account.id, "load: read")
    }

    /// The n-th change of an attribute; `None` when nothing mapped can be changed.
    pub fn update(&self, account: &LoadUser, number: usize) -> Option<Request> {
        let path = self.changing.clone()?;
        let other = Mix::key("other", number);
        let value = self.values(&other).into_iter().find(|(target, _)| *target == path)?.1?;
        let change = AttributeChange::new(Verb::Replace, path, value);
        Some(self.writer.modify(ResourceKind::User, &account.id, &[change], "load: update"))
    }

    /// Disables or enables a user; `None` when `active` is not mapped.
    pub fn set_active(&self, account: &LoadUser, active: bool) -> Option<Request> {
        let change = AttributeChange::new(Verb::Replace, self.active.clone()?, active.into());
        let step = if active { "load: enable" } else { "load: disable" };
        Some(self.writer.modify(ResourceKind::User, &account.id, &[change], step))
    }

    /// Adds one member to the group.
    pub fn add_member(&self, group: &str, member: &str) -> Request {
        self.writer.add_members(group, &[member.to_owned()], "load: add a member")
    }

    /// The group with its members, to judge it.
    pub fn group_with_members(&self, group: &str) -> Request {
        let mut request = self.writer.read(ResourceKind::Group, group, "load: who is in the group?");
        request.query = None;
        request.actor = Actor::Observer;
        request
    }

    fn values(&self, key: &str) -> Vec<Assignment> {
        let person = suited::user(self.people.person(SCENARIO, self.dialect(), key), &self.users);
        assignments(&self.users, Object::User(&person), false)
    }

    fn dialect(&self) -> &'static str {
        self.writer.dialect.as_str()
    }
}

/// The target whose value is changed under load: a plain text that people have, by preference one that
/// nothing hangs on.
fn changing(users: &ObjectMapping, values: &[Assignment]) -> Option<PatchPath> {
    let plain = |row: &&AttributeMapping| {
        row.matching.is_none()
            && !row.is_active()
            && row.updates(true)
            && row.target_kind() == TargetKind::Text
            && row.target.filter.is_none()
            && !["userName", "externalId"].iter().any(|name| row.is(name))
            && values
                .iter()
                .any(|(path, value)| *path == row.target && value.as_ref().is_some_and(Value::is_string))
    };
    let named = |name: &str| users.rows.iter().filter(plain).find(|row| row.is(name));
    let preferred = ["title", "displayName"].iter().find_map(|name| named(name));
    preferred.or_else(|| users.rows.iter().find(plain)).map(|row| row.target.clone())
}
