//! What can happen in a directory of Entra. Random steps, and what is left of a history after steps were taken out of
//! it, may say what cannot be: such steps are dropped, so that every history is one that a tenant can have.

use std::collections::{BTreeMap, BTreeSet};

use super::history::{CROWD, Change, Group, History, Key, Person, Step};
use super::values::IDENTITY;

/// Where a person or a group is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Not in the directory yet.
    Absent,
    Here,
    RecycleBin,
    /// Deleted for good. True once a cycle has seen that.
    Gone(bool),
}

/// One person or group.
#[derive(Debug, Clone)]
struct Standing {
    place: Place,
    assigned: bool,
    enabled: bool,
    roles: BTreeSet<&'static str>,
    manager: Option<Key>,
    /// The userPrincipalName, if the history gave it.
    name: Option<String>,
    /// The last cycle wrote the account of this person.
    written: bool,
    /// What it may be matched by was changed, and no cycle has written that yet.
    renamed: bool,
    /// The names that the target may still hold for this person.
    held: BTreeSet<String>,
}

/// The directory while a history goes on.
#[derive(Debug, Clone)]
pub(super) struct Census {
    everyone: bool,
    roles: bool,
    by_key: BTreeMap<Key, Standing>,
    groups: BTreeSet<Key>,
    /// The specification of managers, for those who appear.
    managers: BTreeMap<Key, Key>,
    before: Before,
    /// Since a full restart no cycle was played, and everybody will be matched again.
    forgotten: bool,
    /// Since another mapping was saved no cycle was played.
    reconfigured: bool,
}

/// What was before a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    /// No cycle since a change.
    Changes,
    /// A cycle after changes.
    Cycle,
    /// A cycle with nothing new before it.
    SecondCycle,
    /// On demand, since when a cycle is due.
    OnDemand,
}

impl Census {
    /// The directory at the begin of a history.
    pub(super) fn of(history: &History) -> Self {
        let person = |person: &Person| Standing {
            place: if person.absent { Place::Absent } else { Place::Here },
            assigned: person.assigned,
            enabled: person.enabled,
            roles: person.roles.iter().copied().collect(),
            manager: person.manager,
            name: person
                .attributes
                .iter()
                .find(|given| given.0 == "userPrincipalName")
                .and_then(|given| given.1.clone()),
            written: false,
            renamed: false,
            held: BTreeSet::new(),
        };
        let group = |group: &Group| Standing {
            place: if group.absent { Place::Absent } else { Place::Here },
            assigned: group.assigned,
            enabled: true,
            roles: BTreeSet::new(),
            manager: None,
            name: None,
            written: false,
            renamed: false,
            held: BTreeSet::new(),
        };
        let people = history.people.iter().map(|it| (it.key, person(it)));
        let groups = history.groups.iter().map(|it| (it.key, group(it)));
        let managers = history.people.iter().filter_map(|it| Some((it.key, it.manager?)));
        Census {
            everyone: history.everyone,
            roles: history.roles.is_some(),
            by_key: people.chain(groups).collect(),
            groups: history.groups.iter().map(|group| group.key).collect(),
            managers: managers.collect(),
            before: Before::Changes,
            forgotten: false,
            reconfigured: false,
        }
    }

    fn place(&self, key: Key) -> Option<Place> {
        self.by_key.get(key).map(|standing| standing.place)
    }

    /// True for who is in the directory and not in its recycle bin.
    pub(super) fn is_here(&self, key: Key) -> bool {
        self.place(key) == Some(Place::Here)
    }

    fn is_person(&self, key: Key) -> bool {
        self.by_key.contains_key(key) && !self.groups.contains(key) && key != CROWD
    }

    /// True for a person whose account is as the directory says, because a cycle has just written it.
    fn has_account(&self, key: Key) -> bool {
        let is_now = matches!(self.before, Before::Cycle | Before::SecondCycle);
        is_now && self.is_person(key) && self.by_key.get(key).is_some_and(|standing| standing.written)
    }

    /// Who was in the directory at any time.
    pub(super) fn known(&self) -> Vec<Key> {
        let known =
            self.by_key.iter().filter(|(key, standing)| **key != CROWD && standing.place != Place::Absent);
        known.map(|(key, _)| *key).collect()
    }

    /// Lets a step happen. `None` when it makes no sense now; otherwise the step, perhaps with less in it.
    pub(super) fn happens(&mut self, step: &Step) -> Option<Step> {
        let step = match step {
            Step::Cycle => {
                self.cycle();
                return Some(Step::Cycle);
            }
            Step::Mirrored(keys) => {
                let known = self.known();
                let mut keys: Vec<Key> = keys.iter().copied().filter(|key| known.contains(key)).collect();
                keys.dedup();
                let is_now = self.before != Before::Changes && !keys.is_empty();
                return (is_now && self.before != Before::OnDemand).then_some(Step::Mirrored(keys));
            }
            Step::TakenName(key, other) => {
                let is_possible = key != other && self.has_account(key) && self.has_account(other);
                return is_possible.then(|| step.clone());
            }
            Step::CreateAgain(key) => return self.has_account(key).then(|| step.clone()),
            Step::NoWrites => return (self.before == Before::SecondCycle).then_some(Step::NoWrites),
            Step::OnDemand(key) => {
                let standing = self.by_key.get(key)?;
                let is_meant = standing.place == Place::Here && (standing.assigned || self.everyone);
                if !is_meant || !self.is_person(key) {
                    return None;
                }
                self.before = Before::OnDemand;
                return Some(step.clone());
            }
            Step::Restart { full: true } => {
                // After a full restart, a renamed person no longer matches their old account. What a saved mapping and
                // a full restart do together is not documented.
                if self.reconfigured || self.by_key.values().any(|standing| standing.renamed) {
                    return None;
                }
                self.forgotten = true;
                step.clone()
            }
            Step::Restart { full: false } => step.clone(),
            Step::ChangeMapping(_) if self.forgotten => return None,
            Step::ChangeMapping(_) => {
                self.reconfigured = true;
                step.clone()
            }
            Step::Advance(days) => {
                if *days >= 30 {
                    for standing in self.by_key.values_mut().filter(|it| it.place == Place::RecycleBin) {
                        standing.place = Place::Gone(false);
                    }
                }
                step.clone()
            }
            Step::Change(key, change) => Step::Change(key, self.changes(key, change)?),
        };
        self.before = Before::Changes;
        Some(step)
    }

    fn cycle(&mut self) {
        (self.forgotten, self.reconfigured) = (false, false);
        for standing in self.by_key.values_mut() {
            if let Place::Gone(seen) = &mut standing.place {
                *seen = true;
            }
            // Of others nothing is certain: their account keeps the name it has.
            let is_written = standing.place == Place::Here && standing.assigned && standing.enabled;
            standing.written = is_written;
            if is_written {
                standing.held.clear();
                standing.renamed = false;
            }
            standing.held.extend(standing.name.clone());
        }
        let is_second = matches!(self.before, Before::Cycle | Before::SecondCycle);
        self.before = if is_second { Before::SecondCycle } else { Before::Cycle };
    }

    fn changes(&mut self, key: Key, change: &Change) -> Option<Change> {
        let here = self.is_here(key);
        let is_person = self.is_person(key);
        let is_group = self.groups.contains(key);
        let place = self.place(key)?;
        match change {
            Change::AddMembers(keys) | Change::RemoveMembers(keys) => {
                let keys: Vec<Key> = keys.iter().copied().filter(|key| self.is_here(key)).collect();
                if !here || !is_group || keys.is_empty() {
                    return None;
                }
                return Some(match change {
                    Change::AddMembers(_) => Change::AddMembers(keys),
                    _ => Change::RemoveMembers(keys),
                });
            }
            Change::Manager(Some(manager)) => {
                let is_possible = here && is_person && self.is_here(manager) && self.is_person(manager);
                if !is_possible || self.reports_to(manager, key) {
                    return None;
                }
            }
            Change::Appear => {
                let closes = self.managers.get(key).is_some_and(|manager| self.reports_to(manager, key));
                if !matches!(place, Place::Absent | Place::Gone(true)) || closes {
                    return None;
                }
            }
            Change::Set(attributes) if here => {
                let is_rename = attributes.iter().any(|(name, _)| IDENTITY.contains(name));
                if is_rename && self.forgotten {
                    return None;
                }
                let name = attributes.iter().find(|given| given.0 == "userPrincipalName");
                if let Some((_, Some(name))) = name
                    && !self.is_free(name, key)
                {
                    return None;
                }
            }
            Change::Restore | Change::Purge if place == Place::RecycleBin => {}
            Change::SoftDelete if here && key != CROWD => {}
            Change::Manager(None) if here && is_person => {}
            Change::AssignRole(_) | Change::UnassignRole(_) if self.roles && here && is_person => {}
            Change::Block | Change::Allow if here && is_person => {}
            Change::Assign | Change::Unassign if here && key != CROWD => {}
            _ => return None,
        }
        let standing = self.by_key.get_mut(key)?;
        match change {
            Change::Manager(manager) if standing.manager != *manager => standing.manager = *manager,
            Change::Assign if !standing.assigned => standing.assigned = true,
            Change::Unassign if standing.assigned => standing.assigned = false,
            Change::AssignRole(role) if standing.assigned => drop(standing.roles.insert(role)),
            Change::UnassignRole(role) if standing.roles.remove(role) => {}
            Change::Block if standing.enabled => standing.enabled = false,
            Change::Allow if !standing.enabled => standing.enabled = true,
            Change::SoftDelete if is_group => standing.place = Place::Gone(false),
            Change::SoftDelete => standing.place = Place::RecycleBin,
            Change::Restore => standing.place = Place::Here,
            Change::Purge => standing.place = Place::Gone(false),
            Change::Appear => {
                standing.place = Place::Here;
                standing.renamed = false;
            }
            Change::Set(attributes) => {
                standing.renamed |= attributes.iter().any(|(name, _)| IDENTITY.contains(name));
                if let Some((_, name)) = attributes.iter().find(|given| given.0 == "userPrincipalName") {
                    standing.name.clone_from(name);
                }
            }
            _ => return None,
        }
        if matches!(self.place(key), Some(Place::Gone(_))) {
            for standing in self.by_key.values_mut().filter(|standing| standing.manager == Some(key)) {
                standing.manager = None;
            }
        }
        Some(change.clone())
    }

    /// True when the chain of managers above somebody has this person in it.
    fn reports_to(&self, below: Key, above: Key) -> bool {
        let mut next = Some(below);
        for _ in 0..=self.by_key.len() {
            match next {
                None => return false,
                Some(key) if key == above => return true,
                Some(key) => next = self.by_key.get(key).and_then(|standing| standing.manager),
            }
        }
        true
    }

    /// True when no other person has this userPrincipalName, and no other account may have it as its userName.
    fn is_free(&self, name: &str, key: Key) -> bool {
        let has =
            |standing: &Standing| standing.name.as_deref() == Some(name) || standing.held.contains(name);
        !self.by_key.iter().any(|(other, standing)| *other != key && has(standing))
    }
}

impl History {
    /// The history without what cannot happen.
    pub(super) fn sensible(mut self) -> History {
        let absent: Vec<Key> =
            self.people.iter().filter(|person| person.absent).map(|person| person.key).collect();
        let known: Vec<Key> = self.people.iter().map(|person| person.key).collect();
        let mut names = BTreeSet::new();
        for person in &mut self.people {
            // A tenant gives a userPrincipalName once.
            person.attributes.retain(|given| given.0 != "userPrincipalName" || names.insert(given.1.clone()));
            person.manager =
                person.manager.filter(|manager| known.contains(manager) && !absent.contains(manager));
        }
        for group in &mut self.groups {
            group.members.retain(|member| known.contains(member) && !absent.contains(member));
        }
        let groups: Vec<Key> =
            self.groups.iter().filter(|group| !group.absent).map(|group| group.key).collect();
        let is_there = |key: Key| groups.contains(&key) || (known.contains(&key) && !absent.contains(&key));
        self.accounts.retain(|account| is_there(account.of));
        let mut census = Census::of(&self);
        self.steps = self.steps.iter().filter_map(|step| census.happens(step)).collect();
        // Expectations of the same thing say it once.
        self.steps.dedup_by(|next, step| next == step && matches!(step, Step::Mirrored(_) | Step::NoWrites));
        self
    }
}
