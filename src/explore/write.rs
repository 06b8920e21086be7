//! Writes a history as a scenario file: what is played is what the user can keep.

use super::history::{Account, CROWD, CROWD_SIZE, Change, Given, Group, History, Key, Person, Step};
use crate::scenario::text::{attributes, entry, line, quoted, section};

/// What the file says of itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Heading {
    /// Comments at the top, a line each.
    pub(super) comments: Vec<String>,
    /// One line that says what must hold.
    pub(super) title: String,
    /// Why it is played.
    pub(super) why: String,
}

impl History {
    /// The scenario file.
    pub(super) fn file(&self, heading: &Heading) -> String {
        let mut text = String::new();
        for comment in &heading.comments {
            line(&mut text, &format!("# {comment}"));
        }
        line(&mut text, &format!("title: {}", quoted(&heading.title)));
        line(&mut text, "level: error");
        line(&mut text, &format!("why: {}", quoted(&heading.why)));
        if !self.groups.is_empty() {
            line(&mut text, "needs: [groups]");
        }
        if !self.dialects.is_empty() {
            line(&mut text, &format!("dialects: [{}]", self.dialects.join(", ")));
        }
        let mut mapping = Vec::new();
        if let Some(roles) = self.roles {
            mapping.push(format!("roles: {roles}"));
        }
        if !self.rows.is_empty() {
            mapping.push(format!("rows: [{}]", self.rows.join(", ")));
        }
        if !mapping.is_empty() {
            line(&mut text, &format!("mapping: {{ {} }}", mapping.join(", ")));
        }
        if self.everyone {
            line(&mut text, "job: { scope: everyone }");
        }
        section(&mut text, "people", self.people.iter().map(person));
        section(&mut text, "groups", self.groups.iter().map(group));
        section(&mut text, "accounts", self.accounts.iter().map(account));
        line(&mut text, "timeline:");
        for step in &self.steps {
            line(&mut text, &format!("  - {}", self.step(step)));
        }
        text
    }

    fn step(&self, step: &Step) -> String {
        match step {
            Step::Cycle => "cycle".to_owned(),
            Step::Mirrored(keys) => format!("expect-mirrored: [{}]", keys.join(", ")),
            Step::NoWrites => "expect-no-writes".to_owned(),
            Step::TakenName(key, other) => taken_name(key, other),
            Step::CreateAgain(key) => format!(
                "request: {{ method: POST, path: /Users, provoked: true, body: \"{{{{{key}.create}}}}\" }}\n  \
                 - expect-answer: {{ status: [409] }}"
            ),
            Step::OnDemand(key) => format!("on-demand: [{key}]"),
            Step::Restart { full: true } => "restart: full".to_owned(),
            Step::Restart { full: false } => "restart".to_owned(),
            Step::ChangeMapping(row) => format!("change-mapping: {{ rows: [{row}] }}"),
            Step::Advance(days) => format!("advance: {days} days"),
            Step::Change(key, change) => changed(key, change),
        }
    }
}

fn given(all: &[Given]) -> Vec<String> {
    attributes(all.iter().map(|(name, value)| (*name, value.clone())))
}

fn person(person: &Person) -> String {
    let mut said = given(&person.attributes);
    said.extend(person.manager.map(|manager| format!("manager: {manager}")));
    if !person.roles.is_empty() {
        said.push(format!("roles: [{}]", person.roles.join(", ")));
    }
    if person.key == CROWD {
        said.push(format!("many: {CROWD_SIZE}"));
    }
    let flags = [
        (!person.assigned, "assigned: false"),
        (!person.enabled, "enabled: false"),
        (person.absent, "absent: true"),
    ];
    entry(person.key, said, &flags)
}

fn group(group: &Group) -> String {
    let mut said: Vec<String> =
        group.name.iter().map(|name| format!("displayName: {}", quoted(name))).collect();
    if !group.members.is_empty() {
        said.push(format!("members: [{}]", group.members.join(", ")));
    }
    entry(group.key, said, &[(!group.assigned, "assigned: false"), (group.absent, "absent: true")])
}

fn account(account: &Account) -> String {
    let mut said = vec![format!("of: {}", account.of)];
    if account.upper {
        said.push("letter-case: upper".to_owned());
    }
    if !account.with.is_empty() {
        said.push(format!("with: {{ {} }}", account.with.join(", ")));
    }
    entry(&format!("old-{}", account.of), said, &[])
}

/// One request that changes two attributes, of which the second is refused.
fn taken_name(key: Key, other: Key) -> String {
    format!(
        r#"request:
      method: PATCH
      path: /Users/{{{{{key}.id}}}}
      provoked: true
      body:
        schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]
        Operations:
          - {{ op: replace, path: displayName, value: "Not {key}" }}
          - {{ op: replace, path: userName, value: "{{{{{other}.userName}}}}" }}
  - expect-answer: {{ status: [400, 409] }}"#
    )
}

fn changed(key: Key, change: &Change) -> String {
    match change {
        Change::Set(set) => format!("set: {{ {key}: {{ {} }} }}", given(set).join(", ")),
        Change::Manager(manager) => format!("set-manager: {{ {key}: {} }}", manager.unwrap_or("null")),
        Change::Assign => format!("assign: [{key}]"),
        Change::Unassign => format!("unassign: [{key}]"),
        Change::AssignRole(role) => format!("assign-role: {{ {key}: [{role}] }}"),
        Change::UnassignRole(role) => format!("unassign-role: {{ {key}: [{role}] }}"),
        Change::Block => format!("block-sign-in: [{key}]"),
        Change::Allow => format!("allow-sign-in: [{key}]"),
        Change::SoftDelete => format!("soft-delete: [{key}]"),
        Change::Restore => format!("restore: [{key}]"),
        Change::Purge => format!("purge: [{key}]"),
        Change::Appear => format!("appear: [{key}]"),
        Change::AddMembers(keys) => format!("add-members: {{ {key}: [{}] }}", keys.join(", ")),
        Change::RemoveMembers(keys) => format!("remove-members: {{ {key}: [{}] }}", keys.join(", ")),
    }
}
