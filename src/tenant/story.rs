//! What was done by hand, as a scenario that `run` plays: who was there, what changed between the cycles, and what must
//! stand at the target after each.

use std::collections::{BTreeSet, HashMap};

use super::error::TenantError;
use super::happenings::{Event, Happening};
use super::live::LiveTenant;
use crate::entra::directory::{
    self, ChangeKind, DirectoryChange, DirectoryState, Group, ObjectId, ObjectKind, SourceValue, User,
    Watermark,
};
use crate::entra::job::ResetScope;
use crate::entra::mapping::{Mapping, profiles};
use crate::entra::scope::{Scope, in_scope};
use crate::scenario::text::{attributes, entry, line, quoted, section};

/// A scenario with more people is not one that anybody reads.
const MOST_OBJECTS: usize = 60;

/// How a line begins that no step is.
const COMMENT: &str = "#";

/// Attributes that tell people apart: a scenario makes them up, so that it never meets somebody real. And those that a
/// scenario cannot set, as they are no texts.
const LEFT_OUT: &[&str] = &[
    "dirSyncEnabled",
    "userPrincipalName",
    "mail",
    "mailNickname",
    "otherMails",
    "proxyAddresses",
    "originalUserPrincipalName",
    "appRoleAssignments",
    "onPremisesUserPrincipalName",
    "onPremisesImmutableId",
    "onPremisesSamAccountName",
    "onPremisesSecurityIdentifier",
    "onPremisesDistinguishedName",
    "userType",
    "securityEnabled",
    "mailEnabled",
];

impl LiveTenant {
    /// What was done with an application since the program began, as a scenario file.
    ///
    /// # Errors
    /// When there is no job, it did nothing yet, or too many people are part of it.
    pub fn scenario(&self, application: &str, title: &str) -> Result<String, TenantError> {
        let handle = self.job(application)?;
        let (log, scope) = {
            let state = self.read();
            let found = state.application(application)?;
            (found.tenant.changes_since(Watermark::default()), found.secrets.scope())
        };
        let story = handle.story();
        let (events, cut) = (story.events.clone(), story.cut);
        drop(story);
        let Some(first) = events.first() else {
            return Err(TenantError::Conflict(
                "Nothing was played yet: run a cycle or provision somebody on demand, and save the scenario then."
                    .to_owned(),
            ));
        };
        let from = usize::try_from(first.position.position()).unwrap_or(usize::MAX);
        let changes = log.get(from..).unwrap_or_default();
        let mapping = handle.mapping();
        let writer = StoryWriter::new(&events, changes, &mapping, scope)?;
        Ok(writer.file(title, cut))
    }
}

struct StoryWriter<'a> {
    events: &'a [Event],
    changes: &'a [DirectoryChange],
    mapping: &'a Mapping,
    scope: Scope,
    keys: HashMap<ObjectId, String>,
}

impl<'a> StoryWriter<'a> {
    fn new(
        events: &'a [Event],
        changes: &'a [DirectoryChange],
        mapping: &'a Mapping,
        scope: Scope,
    ) -> Result<Self, TenantError> {
        let mut writer = StoryWriter { events, changes, mapping, scope, keys: HashMap::new() };
        let part = writer.part();
        if part.len() > MOST_OBJECTS {
            return Err(TenantError::Conflict(format!(
                "{} users and groups are part of what was done: a scenario has {MOST_OBJECTS} at most.",
                part.len()
            )));
        }
        let mut taken = BTreeSet::new();
        for id in part {
            let key = writer.key(&id, &mut taken);
            writer.keys.insert(id, key);
        }
        Ok(writer)
    }

    /// Who is part of it: whoever was in scope at one time, was changed, or is a manager or member of those.
    fn part(&self) -> Vec<ObjectId> {
        let mut part: Vec<ObjectId> = Vec::new();
        let mut add = |id: &ObjectId| {
            if !part.contains(id) {
                part.push(id.clone());
            }
        };
        for event in self.events {
            let objects = event.state.users().map(User::id).chain(event.state.groups().map(Group::id));
            for id in objects {
                let scope = in_scope(&event.state, &self.scope, self.mapping, id);
                if scope.assigned || event.state.is_assigned(id) {
                    add(id);
                }
            }
            if let Happening::OnDemand(ids) = &event.what {
                ids.iter().for_each(&mut add);
            }
        }
        let last = self.events.last().map(|event| event.position.position()).unwrap_or_default();
        let first = self.events.first().map(|event| event.position.position()).unwrap_or_default();
        let played = usize::try_from(last - first).unwrap_or(0);
        for change in self.changes.iter().take(played) {
            add(&change.id);
        }
        for event in self.events {
            let known = part.clone();
            for user in known.iter().filter_map(|id| event.state.user(id)) {
                if let Some(manager) = user.manager().filter(|manager| !part.contains(manager)) {
                    part.push(manager.clone());
                }
            }
        }
        let seen = |id: &ObjectId| self.events.iter().any(|event| event.state.object(id).is_some());
        part.retain(seen);
        part
    }

    /// A short name: the beginning of a userPrincipalName or a group's displayName.
    fn key(&self, id: &ObjectId, taken: &mut BTreeSet<String>) -> String {
        let name = self.events.iter().find_map(|event| {
            let user = event.state.user(id).and_then(|user| user.text("userPrincipalName"));
            user.or_else(|| event.state.group(id).and_then(|group| group.text("displayName")))
        });
        let name = name.unwrap_or("somebody").split('@').next().unwrap_or_default();
        let word: String = name
            .to_lowercase()
            .chars()
            .map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' })
            .collect();
        let word = word.trim_matches('-');
        let begins = word.starts_with(|letter: char| letter.is_ascii_alphabetic());
        let word = if begins { word.to_owned() } else { format!("user-{word}") };
        let word = word.trim_end_matches('-').to_owned();
        let free = std::iter::once(word.clone())
            .chain((2..).map(|number| format!("{word}-{number}")))
            .find(|key| !taken.contains(key))
            .unwrap_or(word);
        taken.insert(free.clone());
        free
    }

    fn file(&self, title: &str, cut: bool) -> String {
        let mut text = String::new();
        line(
            &mut text,
            "# Saved from `scimulate tenant`. People are made up anew in each run, with names and addresses of their own;\n\
             # what else was given them stands here.",
        );
        if profiles::load(profiles::DEFAULT).map(|default| default.user.rows)
            != Ok(self.mapping.user.rows.clone())
        {
            line(
                &mut text,
                "# Played with the mapping of an application: save its schema, and write --profile schema.json.",
            );
        }
        if cut {
            line(&mut text, "# What was done first is not in it: it was too much.");
        }
        line(&mut text, &format!("title: {}", quoted(title)));
        line(&mut text, "level: error");
        line(&mut text, "why: \"It was done by hand, and the target must hold what the directory says.\"");
        let Some(first) = self.events.first() else { return text };
        let groups: Vec<&ObjectId> = self.ordered(|state, id| state.group(id).is_some());
        if !groups.is_empty() && self.mapping.group.is_some() {
            line(&mut text, "needs: [groups]");
        }
        if self.scope == Scope::Everyone {
            line(&mut text, "job: { scope: everyone }");
        }
        let people = self.ordered(|state, id| state.user(id).is_some());
        section(&mut text, "people", people.into_iter().map(|id| self.person(id, &first.state)));
        section(&mut text, "groups", groups.into_iter().map(|id| self.group(id, &first.state)));
        line(&mut text, "timeline:");
        for (place, event) in self.events.iter().enumerate() {
            for step in self.steps(place, event) {
                let dash = if step.starts_with(COMMENT) { "" } else { "- " };
                line(&mut text, &format!("  {dash}{step}"));
            }
        }
        text
    }

    /// Those of one kind, in the order in which they came into the directory.
    fn ordered(&self, is: impl Fn(&DirectoryState, &ObjectId) -> bool) -> Vec<&ObjectId> {
        let mut found: Vec<&ObjectId> = Vec::new();
        for event in self.events {
            let ids = event.state.users().map(User::id).chain(event.state.groups().map(Group::id));
            for id in ids.filter(|id| is(&event.state, id)) {
                if let Some((id, _)) = self.keys.get_key_value(id)
                    && !found.contains(&id)
                {
                    found.push(id);
                }
            }
        }
        found
    }

    /// The first state in which somebody is.
    fn arrival(&self, id: &ObjectId) -> Option<&Event> {
        self.events.iter().find(|event| event.state.object(id).is_some())
    }

    fn person(&self, id: &ObjectId, first: &DirectoryState) -> String {
        let Some(event) = self.arrival(id) else { return String::new() };
        let Some(user) = event.state.user(id) else { return String::new() };
        let given = |name: &'static str| (name, text_of(user.get(name).as_deref()));
        let reads =
            |name: &str| self.mapping.user.rows.iter().any(|row| row.reads(name)) || name == "displayName";
        let names = directory::attributes(ObjectKind::User).iter().filter(|attribute| !attribute.computed);
        let names = names.map(|attribute| attribute.name).chain(user.attributes().map(|(name, _)| name));
        let mut seen = BTreeSet::new();
        let names: Vec<&'static str> =
            names.filter(|name| reads(name) && !LEFT_OUT.contains(name) && seen.insert(*name)).collect();
        let mut said = attributes(names.into_iter().map(given).filter(|(_, value)| plain(value.as_deref())));
        said.extend(
            user.manager().and_then(|manager| self.keys.get(manager)).map(|key| format!("manager: {key}")),
        );
        let flags = [
            (!event.state.is_assigned(id), "assigned: false"),
            (!user.account_enabled(), "enabled: false"),
            (first.user(id).is_none(), "absent: true"),
        ];
        entry(&self.keys[id], said, &flags)
    }

    fn group(&self, id: &ObjectId, first: &DirectoryState) -> String {
        let Some(event) = self.arrival(id) else { return String::new() };
        let Some(group) = event.state.group(id) else { return String::new() };
        let name = group.text("displayName").unwrap_or_default();
        let mut said = vec![format!("displayName: {}", quoted(&prefixed(name)))];
        let members = self.known(group.members());
        if !members.is_empty() {
            said.push(format!("members: [{}]", members.join(", ")));
        }
        let flags =
            [(!event.state.is_assigned(id), "assigned: false"), (first.group(id).is_none(), "absent: true")];
        entry(&self.keys[id], said, &flags)
    }

    fn known<'b>(&self, ids: impl IntoIterator<Item = &'b ObjectId>) -> Vec<String> {
        ids.into_iter().filter_map(|id| self.keys.get(id).cloned()).collect()
    }

    /// What happened since the event before, and the event itself with what must stand at the target after it.
    fn steps(&self, place: usize, event: &Event) -> Vec<String> {
        let earlier = &self.events[..place];
        let mut steps = earlier.last().map(|before| self.between(before, event)).unwrap_or_default();
        match &event.what {
            Happening::Cycle => {
                steps.push("cycle".to_owned());
                steps.extend(self.expectations(earlier, event));
            }
            Happening::OnDemand(ids) => {
                let known = self.known(ids);
                steps.push(format!("on-demand: [{}]", known.join(", ")));
                let users: Vec<&ObjectId> = ids.iter().filter(|id| self.is_entitled(event, id)).collect();
                let users = self.known(users.into_iter().filter(|id| event.state.user(id).is_some()));
                if !users.is_empty() {
                    steps.push(format!("expect-mirrored: [{}]", users.join(", ")));
                }
            }
            Happening::Restart(scope) if *scope == ResetScope::PORTAL => steps.push("restart".to_owned()),
            Happening::Restart(scope) if *scope == ResetScope::FULL => steps.push("restart: full".to_owned()),
            Happening::Restart(scope) if scope.force_deletes => steps.push("allow-deletes".to_owned()),
            Happening::Restart(scope) => steps.push(format!("restart: [{scope}]")),
            // The mapping is the run's; that it was changed makes every object be looked at again.
            Happening::Remapped => steps.push("restart: [Watermark]".to_owned()),
        }
        steps
    }

    fn is_entitled(&self, event: &Event, id: &ObjectId) -> bool {
        in_scope(&event.state, &self.scope, self.mapping, id).is_entitled()
    }

    fn expectations(&self, earlier: &[Event], event: &Event) -> Vec<String> {
        let mapped = |id: &&ObjectId| event.state.user(id).is_some() || self.mapping.group.is_some();
        let all = self.ordered(|_, _| true);
        let (entitled, others): (Vec<&ObjectId>, Vec<&ObjectId>) =
            all.into_iter().filter(mapped).partition(|id| self.is_entitled(event, id));
        let mut steps = Vec::new();
        if !entitled.is_empty() {
            steps.push(format!("expect-mirrored: [{}]", self.known(entitled).join(", ")));
        }
        // Whoever was entitled in an earlier cycle has left.
        let cycles: Vec<&Event> =
            earlier.iter().filter(|other| matches!(other.what, Happening::Cycle)).collect();
        let left: Vec<&ObjectId> = others
            .into_iter()
            .filter(|id| cycles.iter().any(|other| self.is_entitled(other, id)))
            .filter(|id| cycles.iter().any(|other| other.state.user(id).is_some()))
            .collect();
        if !left.is_empty() {
            steps.push(format!("expect-deprovisioned: [{}]", self.known(left).join(", ")));
        }
        steps
    }

    /// The changes of the directory between two events, with the values that stood at the later one.
    fn between(&self, before: &Event, event: &Event) -> Vec<String> {
        let first = self.events.first().map_or(0, |first| first.position.position());
        let place = |position: Watermark| usize::try_from(position.position() - first).unwrap_or(usize::MAX);
        let changes = self.changes.get(place(before.position)..place(event.position)).unwrap_or_default();
        let mut steps = Vec::new();
        let days = (event.state.hour() / 24).saturating_sub(before.state.hour() / 24);
        if days > 0 {
            steps.push(format!("advance: {days} days"));
        }
        let mut sets: Vec<(&ObjectId, Vec<&'static str>)> = Vec::new();
        let mut appeared: Vec<&ObjectId> = Vec::new();
        for change in changes {
            let Some(key) = self.keys.get(&change.id) else { continue };
            let id = &change.id;
            match &change.what {
                ChangeKind::Added => {
                    appeared.push(id);
                    steps.push(format!("appear: [{key}]"));
                }
                // What somebody came with stands where they are described.
                _ if appeared.contains(&id)
                    && !matches!(change.what, ChangeKind::Purged | ChangeKind::SoftDeleted) => {}
                ChangeKind::Attribute(name) => match sets.iter_mut().find(|(known, _)| *known == id) {
                    Some((_, names)) if names.contains(name) => {}
                    Some((_, names)) => names.push(name),
                    None => sets.push((id, vec![name])),
                },
                ChangeKind::Manager => {
                    let manager =
                        event.state.user(id).and_then(User::manager).and_then(|id| self.keys.get(id));
                    let manager = manager.map_or("null", String::as_str);
                    let step = format!("set-manager: {{ {key}: {manager} }}");
                    if event.state.user(id).is_some() && !steps.contains(&step) {
                        steps.push(step);
                    }
                }
                ChangeKind::AccountEnabled => {
                    let enabled = event.state.user(id).is_some_and(User::account_enabled);
                    let step = if enabled { "allow-sign-in" } else { "block-sign-in" };
                    let step = format!("{step}: [{key}]");
                    if !steps.contains(&step) {
                        steps.push(step);
                    }
                }
                ChangeKind::Assigned => steps.push(format!("assign: [{key}]")),
                ChangeKind::Unassigned => steps.push(format!("unassign: [{key}]")),
                ChangeKind::SoftDeleted => steps.push(format!("soft-delete: [{key}]")),
                ChangeKind::Restored => steps.push(format!("restore: [{key}]")),
                ChangeKind::Purged => {
                    // After 30 days in the recycle bin the directory does it by itself.
                    let by_itself = days >= 30 && before.state.user(id).is_some_and(User::is_soft_deleted);
                    if !by_itself {
                        steps.push(format!("purge: [{key}]"));
                    }
                }
                ChangeKind::MemberAdded(member) | ChangeKind::MemberRemoved(member) => {
                    let Some(member_key) = self.keys.get(member) else { continue };
                    let added = matches!(change.what, ChangeKind::MemberAdded(_));
                    // Whoever is gone for good left every group with that.
                    if !added && event.state.object(member).is_none() {
                        continue;
                    }
                    let step = if added { "add-members" } else { "remove-members" };
                    steps.push(format!("{step}: {{ {key}: [{member_key}] }}"));
                }
            }
        }
        for (id, names) in sets {
            steps.extend(self.set(id, &names, &event.state));
        }
        steps
    }

    /// What was changed of an object, and a comment where that has no place in a scenario.
    fn set(&self, id: &ObjectId, names: &[&'static str], state: &DirectoryState) -> Vec<String> {
        let (Some(object), Some(key)) = (state.object(id), self.keys.get(id)) else { return Vec::new() };
        let is_group = state.group(id).is_some();
        let (mut values, mut left_out) = (Vec::new(), Vec::new());
        for name in names {
            let value = text_of(object.get(name).as_deref());
            let own = |text: &str| format!("{{{{prefix}}}}{}", plain_word(text));
            let local = |text: &str| own(text.split('@').next().unwrap_or_default());
            match (*name, value) {
                ("displayName", Some(text)) if is_group => values.push((*name, Some(prefixed(&text)))),
                ("userPrincipalName" | "mail", Some(text)) => {
                    values.push((*name, Some(format!("{}@{{{{domain}}}}", local(&text)))));
                }
                ("mailNickname", Some(text)) => values.push((*name, Some(own(&text)))),
                ("mail" | "mailNickname", None) => values.push((*name, None)),
                (name, value) if LEFT_OUT.contains(&name) || !plain(value.as_deref()) => left_out.push(name),
                (name, value) => values.push((name, value)),
            }
        }
        let said = attributes(values);
        let mut steps = Vec::new();
        if !said.is_empty() {
            steps.push(format!("set: {{ {key}: {{ {} }} }}", said.join(", ")));
        }
        if !left_out.is_empty() {
            let names = left_out.join(", ");
            steps.push(format!("{COMMENT} {names} of {key} changed here: a scenario cannot say to what."));
        }
        steps
    }
}

/// A text; other values have no place in a scenario's people.
fn text_of(value: Option<&SourceValue>) -> Option<String> {
    match value {
        Some(SourceValue::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

/// A value without a template in it.
fn plain(value: Option<&str>) -> bool {
    value.is_none_or(|text| !text.contains("{{"))
}

fn plain_word(text: &str) -> String {
    text.chars().filter(|letter| letter.is_ascii_alphanumeric() || ['.', '-', '_'].contains(letter)).collect()
}

/// A name of which the guard knows that it is the run's own.
fn prefixed(name: &str) -> String {
    format!("{{{{prefix}}}} {}", name.replace("{{", "{ {"))
}
