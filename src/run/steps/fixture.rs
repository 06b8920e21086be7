//! The tenant of one scenario run: which directory object plays which key of the scenario.

use indexmap::IndexMap;

use super::template;
use super::template::{TemplatePlace, TemplateProblem};
use crate::entra::directory;
use crate::entra::directory::{
    AppRole, DirectoryError, Group, ObjectId, ObjectKind, SourceValue, Tenant, User,
};
use crate::scenario::{Action, Scenario};
use crate::wire::ResourceKind;

/// Makes up what the scenario does not say. Each call for one key gives the same values.
pub(in crate::run) trait FixtureSource {
    /// The person of that key.
    fn person(&self, key: &str) -> User;
    /// The group of that key, without members.
    fn group(&self, key: &str) -> Group;
    /// A new object id for an object that comes into the directory once more.
    fn another_id(&self, key: &str, time: usize) -> ObjectId;
    /// Stands for `{{prefix}}`.
    fn prefix(&self) -> &str;
    /// Stands for `{{domain}}`.
    fn domain(&self) -> &str;
}

/// Why a step cannot be done: the scenario asks for something that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::run) enum Mistake {
    /// No object of this key is in the directory now.
    #[error("`{0}` is not in the directory at this step")]
    NotThere(String),
    /// The key is neither a person nor a group.
    #[error("`{0}` is neither a person nor a group of this scenario")]
    NoSuchKey(String),
    /// The directory refuses it.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// A template cannot be filled in.
    #[error(transparent)]
    Template(#[from] TemplateProblem),
    /// Anything else, in one sentence.
    #[error("{0}")]
    Other(String),
}

/// One person or group of the scenario.
#[derive(Debug, Clone)]
pub(in crate::run) struct Participant {
    /// User or group.
    pub(in crate::run) kind: ResourceKind,
    /// The object that plays it now; `None` before it appears. A purged object still plays it.
    pub(in crate::run) id: Option<ObjectId>,
    /// Objects that played it before and were purged.
    pub(in crate::run) former: Vec<ObjectId>,
    /// As it first came into the directory, references aside.
    person: Option<User>,
    group: Option<Group>,
    /// Key of the scenario's entry, the same for all of a `many`.
    entry: String,
}

/// So many people of a kind are looked at one by one.
const FEW: usize = 3;

/// Everybody of one scenario run, and the tenant they live in.
pub(in crate::run) struct Fixture {
    /// The directory.
    pub(in crate::run) tenant: Tenant,
    participants: IndexMap<String, Participant>,
    crowds: IndexMap<String, Vec<String>>,
}

impl Fixture {
    /// Makes everybody and puts those who are there from the start into the directory. Not more than
    /// `at_most` people play one entry.
    pub(in crate::run) fn new(
        scenario: &Scenario,
        fixture_source: &impl FixtureSource,
        at_most: Option<usize>,
    ) -> Result<Self, Mistake> {
        let mut fixture =
            Fixture { tenant: Tenant::new(), participants: IndexMap::new(), crowds: IndexMap::new() };
        let start = |name: &str| match name {
            "prefix" => Some(fixture_source.prefix().into()),
            "domain" => Some(fixture_source.domain().into()),
            _ => None,
        };
        for (entry, spec) in &scenario.people {
            let keys: Vec<String> = match spec.many {
                0 => vec![entry.clone()],
                many => {
                    let many = at_most.map_or(many, |limit| many.min(limit));
                    (1..=many).map(|number| format!("{entry}-{number}")).collect()
                }
            };
            for key in &keys {
                let mut person = fixture_source.person(key);
                for (name, value) in &spec.attributes {
                    let value =
                        value.as_deref().map(|text| template::text(text, TemplatePlace::Plain, &start));
                    person = with_attribute(&person, name, value.transpose()?)?;
                }
                if !spec.roles.is_empty() {
                    let roles = spec.roles.iter().map(|role| app_role(role)).collect();
                    person = person.with("appRoleAssignments", SourceValue::Roles(roles))?;
                }
                person.set_account_enabled(spec.enabled);
                fixture.participants.insert(
                    key.clone(),
                    Participant {
                        kind: ResourceKind::User,
                        id: None,
                        former: Vec::new(),
                        person: Some(person),
                        group: None,
                        entry: entry.clone(),
                    },
                );
            }
            fixture.crowds.insert(entry.clone(), keys);
        }
        for (key, spec) in &scenario.groups {
            let mut group = fixture_source.group(key);
            for (name, value) in &spec.attributes {
                let value = value.as_deref().map(|text| template::text(text, TemplatePlace::Plain, &start));
                group = with_group_attribute(&group, name, value.transpose()?)?;
            }
            fixture.participants.insert(
                key.clone(),
                Participant {
                    kind: ResourceKind::Group,
                    id: None,
                    former: Vec::new(),
                    person: None,
                    group: Some(group),
                    entry: key.clone(),
                },
            );
            fixture.crowds.insert(key.clone(), vec![key.clone()]);
        }
        let there: Vec<String> = fixture
            .participants
            .iter()
            .filter(|(_, participant)| !is_absent(scenario, participant))
            .map(|(key, _)| key.clone())
            .collect();
        fixture.appear(scenario, fixture_source, &there)?;
        Ok(fixture)
    }

    /// Brings people and groups into the directory, with their managers and memberships as far as those
    /// are there.
    fn appear(
        &mut self,
        scenario: &Scenario,
        fixture_source: &impl FixtureSource,
        keys: &[String],
    ) -> Result<(), Mistake> {
        for key in keys {
            let participant =
                self.participants.get_mut(key).ok_or_else(|| Mistake::NoSuchKey(key.clone()))?;
            if let Some(before) = participant.id.take() {
                participant.former.push(before);
            }
            let again = participant.former.len();
            let assigned = match (&participant.person, &participant.group) {
                (Some(person), _) => {
                    let mut person = person.clone();
                    if again > 0 {
                        person = as_another(&person, fixture_source.another_id(key, again))?;
                    }
                    participant.id = Some(self.tenant.add_user(person)?);
                    scenario.people.get(&participant.entry).is_none_or(|spec| spec.assigned)
                }
                (None, Some(group)) => {
                    let mut group = group.clone();
                    if again > 0 {
                        group = as_another_group(&group, fixture_source.another_id(key, again))?;
                    }
                    participant.id = Some(self.tenant.add_group(group)?);
                    scenario.groups.get(&participant.entry).is_none_or(|spec| spec.assigned)
                }
                (None, None) => return Err(Mistake::NoSuchKey(key.clone())),
            };
            if let (true, Some(id)) = (assigned, participant.id.clone()) {
                self.tenant.assign(&id)?;
            }
        }
        for key in keys {
            let Some(entry) = self.participants.get(key).map(|participant| participant.entry.clone()) else {
                continue;
            };
            if let Some(manager) = scenario.people.get(&entry).and_then(|spec| spec.manager.as_ref())
                && let (Some(id), Some(manager)) = (self.present(key), self.present(manager))
            {
                self.tenant.set_manager(&id, Some(manager))?;
            }
            if let Some(spec) = scenario.groups.get(&entry) {
                let members: Vec<String> = spec
                    .members
                    .iter()
                    .map(|member| self.expand(member))
                    .collect::<Result<Vec<_>, _>>()?
                    .concat();
                for member in members {
                    if let (Some(group), Some(member)) = (self.present(key), self.present(&member)) {
                        self.tenant.add_member(&group, &member)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The keys that a key stands for: all of a `many`, or itself.
    pub(in crate::run) fn expand(&self, key: &str) -> Result<Vec<String>, Mistake> {
        if let Some(keys) = self.crowds.get(key) {
            return Ok(keys.clone());
        }
        if self.participants.contains_key(key) {
            return Ok(vec![key.to_owned()]);
        }
        Err(Mistake::NoSuchKey(key.to_owned()))
    }

    /// Everybody, in the scenario's order.
    pub(in crate::run) fn participants(&self) -> impl Iterator<Item = (&str, &Participant)> {
        self.participants.iter().map(|(key, participant)| (key.as_str(), participant))
    }

    /// One person or group.
    pub(in crate::run) fn participant(&self, key: &str) -> Option<&Participant> {
        self.participants.get(key)
    }

    /// True for somebody amid a crowd: the first and the last of it stand for all.
    pub(in crate::run) fn is_amid_a_crowd(&self, key: &str) -> bool {
        let crowd = self.participants.get(key).and_then(|participant| self.crowds.get(&participant.entry));
        crowd.is_some_and(|crowd| {
            crowd.len() > FEW && ![crowd.first(), crowd.last()].contains(&Some(&key.to_owned()))
        })
    }

    /// The key that an object plays or played.
    pub(in crate::run) fn key_of(&self, id: &ObjectId) -> Option<&str> {
        self.participants()
            .find(|(_, participant)| participant.id.as_ref() == Some(id) || participant.former.contains(id))
            .map(|(key, _)| key)
    }

    /// The object that plays a key, purged or not.
    pub(in crate::run) fn id(&self, key: &str) -> Result<ObjectId, Mistake> {
        match self.participants.get(key) {
            None => Err(Mistake::NoSuchKey(key.to_owned())),
            Some(participant) => participant.id.clone().ok_or_else(|| Mistake::NotThere(key.to_owned())),
        }
    }

    /// The object that plays a key, if it is in the directory.
    fn present(&self, key: &str) -> Option<ObjectId> {
        let id = self.participants.get(key)?.id.clone()?;
        self.tenant.state().kind(&id).map(|_| id)
    }

    /// Does a directory step. `Ok(false)` when the step is none.
    pub(in crate::run) fn act(
        &mut self,
        scenario: &Scenario,
        fixture_source: &impl FixtureSource,
        action: &Action,
    ) -> Result<bool, Mistake> {
        match action {
            Action::Appear(keys) => {
                let keys = self.all(keys)?;
                self.appear(scenario, fixture_source, &keys)?;
            }
            Action::Set(changes) => {
                let start = |name: &str| match name {
                    "prefix" => Some(fixture_source.prefix().into()),
                    "domain" => Some(fixture_source.domain().into()),
                    _ => None,
                };
                for (key, attributes) in changes {
                    for key in self.expand(key)? {
                        let id = self.id(&key)?;
                        for (name, value) in attributes {
                            let value = value
                                .as_deref()
                                .map(|text| template::text(text, TemplatePlace::Plain, &start));
                            self.tenant.set(&id, name, value.transpose()?.map(SourceValue::Text))?;
                        }
                    }
                }
            }
            Action::SetManager(changes) => {
                for (key, manager) in changes {
                    let manager = manager.as_deref().map(|manager| self.id(manager)).transpose()?;
                    for key in self.expand(key)? {
                        let id = self.id(&key)?;
                        self.tenant.set_manager(&id, manager.clone())?;
                    }
                }
            }
            Action::Assign(keys) => self.each(keys, |tenant, id| tenant.assign(id))?,
            Action::Unassign(keys) => self.each(keys, |tenant, id| tenant.unassign(id))?,
            Action::AssignRole(changes) => {
                self.each_role(changes, |tenant, id, role| tenant.assign_role(id, role))?
            }
            Action::UnassignRole(changes) => {
                self.each_role(changes, |tenant, id, role| tenant.unassign_role(id, &role.id))?
            }
            Action::BlockSignIn(keys) => {
                self.each(keys, |tenant, id| tenant.set_account_enabled(id, false))?
            }
            Action::AllowSignIn(keys) => {
                self.each(keys, |tenant, id| tenant.set_account_enabled(id, true))?
            }
            Action::SoftDelete(keys) => self.each(keys, |tenant, id| tenant.soft_delete(id))?,
            Action::Restore(keys) => self.each(keys, |tenant, id| tenant.restore(id))?,
            Action::Purge(keys) => self.each(keys, |tenant, id| tenant.purge(id))?,
            Action::AddMembers(groups) => {
                for (group, member) in self.pairs(groups)? {
                    self.tenant.add_member(&group, &member)?;
                }
            }
            Action::RemoveMembers(groups) => {
                for (group, member) in self.pairs(groups)? {
                    self.tenant.remove_member(&group, &member)?;
                }
            }
            Action::Advance { hours } => self.tenant.advance(*hours),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn all(&self, keys: &[String]) -> Result<Vec<String>, Mistake> {
        Ok(keys.iter().map(|key| self.expand(key)).collect::<Result<Vec<_>, _>>()?.concat())
    }

    fn each(
        &mut self,
        keys: &[String],
        change: impl Fn(&mut Tenant, &ObjectId) -> Result<(), DirectoryError>,
    ) -> Result<(), Mistake> {
        for key in self.all(keys)? {
            let id = self.id(&key)?;
            change(&mut self.tenant, &id)?;
        }
        Ok(())
    }

    fn each_role(
        &mut self,
        changes: &IndexMap<String, Vec<String>>,
        change: impl Fn(&mut Tenant, &ObjectId, AppRole) -> Result<(), DirectoryError>,
    ) -> Result<(), Mistake> {
        for (key, roles) in changes {
            for key in self.expand(key)? {
                let id = self.id(&key)?;
                for role in roles {
                    change(&mut self.tenant, &id, app_role(role))?;
                }
            }
        }
        Ok(())
    }

    fn pairs(&self, groups: &IndexMap<String, Vec<String>>) -> Result<Vec<(ObjectId, ObjectId)>, Mistake> {
        let mut pairs = Vec::new();
        for (group, members) in groups {
            let group = self.id(group)?;
            for member in self.all(members)? {
                pairs.push((group.clone(), self.id(&member)?));
            }
        }
        Ok(pairs)
    }
}

fn is_absent(scenario: &Scenario, participant: &Participant) -> bool {
    match participant.kind {
        ResourceKind::User => scenario.people.get(&participant.entry).is_some_and(|spec| spec.absent),
        ResourceKind::Group => scenario.groups.get(&participant.entry).is_some_and(|spec| spec.absent),
    }
}

/// The same user with one attribute set or taken away.
fn with_attribute(user: &User, name: &str, value: Option<String>) -> Result<User, Mistake> {
    // The name must be right even where the value is taken away.
    directory::find(ObjectKind::User, name).map_err(DirectoryError::from)?;
    let mut changed = copy(user, user.id().clone(), Some(name))?;
    if let Some(value) = value {
        changed = changed.with(name, value)?;
    }
    Ok(changed)
}

fn with_group_attribute(group: &Group, name: &str, value: Option<String>) -> Result<Group, Mistake> {
    directory::find(ObjectKind::Group, name).map_err(DirectoryError::from)?;
    let mut changed = copy_group(group, group.id().clone(), Some(name))?;
    if let Some(value) = value {
        changed = changed.with(name, value)?;
    }
    Ok(changed)
}

/// The same user without one attribute.
pub(super) fn without(user: &User, name: &str) -> Result<User, DirectoryError> {
    copy(user, user.id().clone(), Some(name))
}

fn as_another(user: &User, id: ObjectId) -> Result<User, Mistake> {
    Ok(copy(user, id, None)?)
}

/// The app participant of a value. Its id follows from the value, so that it is the same in every run.
fn app_role(value: &str) -> AppRole {
    let number = value.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(257).wrapping_add(u64::from(byte)));
    let id = format!("5c1a0000-0000-4000-8000-{:012x}", number & 0xffff_ffff_ffff);
    let mut name: Vec<char> = value.chars().collect();
    name.iter_mut().take(1).for_each(|first| *first = first.to_ascii_uppercase());
    AppRole::new(&id, value, &name.into_iter().collect::<String>())
}

fn as_another_group(group: &Group, id: ObjectId) -> Result<Group, Mistake> {
    copy_group(group, id, None)
}

fn copy(user: &User, id: ObjectId, without: Option<&str>) -> Result<User, DirectoryError> {
    let mut copied = User::new(id);
    copied.set_account_enabled(user.account_enabled());
    for attribute in directory::attributes(ObjectKind::User).iter().filter(|attribute| !attribute.computed) {
        if let Some(value) = user.get(attribute.name).filter(|_| without != Some(attribute.name)) {
            copied = copied.with(attribute.name, value.into_owned())?;
        }
    }
    Ok(copied)
}

fn copy_group(group: &Group, id: ObjectId, without: Option<&str>) -> Result<Group, Mistake> {
    let mut copied = Group::new(id, group.text("displayName").unwrap_or_default());
    for attribute in directory::attributes(ObjectKind::Group).iter().filter(|attribute| !attribute.computed) {
        if let Some(value) = group.get(attribute.name).filter(|_| without != Some(attribute.name)) {
            copied = copied.with(attribute.name, value.into_owned())?;
        }
    }
    Ok(copied)
}

#[cfg(test)]
mod tests;
