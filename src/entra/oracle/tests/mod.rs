//! One table per page of Microsoft's documentation. Each row is a scenario, what it leads to, and the
//! sentence it rests on.

mod accounts;
mod links;
mod people;

use std::sync::Arc;

use serde_json::Value;

use super::*;
use crate::entra::directory::{Group, ObjectId, ObjectKind, Tenant, User};
use crate::entra::mapping::{TargetValue, profiles};

/// A tenant, a job, and what the job saw.
struct Play {
    tenant: Tenant,
    mapping: Mapping,
    scope: Scope,
    history: Vec<CycleView>,
    arriving: Vec<Preexisting>,
}

fn id(name: &str) -> ObjectId {
    ObjectId::new(name)
}

impl Play {
    /// Nobody is there.
    fn new() -> Self {
        Play {
            tenant: Tenant::new(),
            mapping: profiles::load(profiles::DEFAULT).expect("the default profile is right"),
            scope: Scope::Assigned,
            history: Vec::new(),
            arriving: Vec::new(),
        }
    }

    /// These people are there and assigned.
    fn with(people: &[&str]) -> Self {
        let mut play = Play::new();
        for name in people {
            play.hire(name);
        }
        play
    }

    /// A new user, assigned.
    fn hire(&mut self, name: &str) {
        self.add(name);
        self.tenant.assign(&id(name)).expect("just added");
    }

    /// A new user, not assigned.
    fn add(&mut self, name: &str) {
        let user = User::new(id(name))
            .with("userPrincipalName", format!("{name}@example.com"))
            .and_then(|user| user.with("displayName", name))
            .and_then(|user| user.with("mailNickname", name))
            .expect("attributes of a user");
        self.tenant.add_user(user).expect("a new name");
    }

    /// A new group, assigned, with these members.
    fn group(&mut self, name: &str, members: &[&str]) {
        self.tenant.add_group(Group::new(id(name), name)).expect("a new name");
        for member in members {
            self.tenant.add_member(&id(name), &id(member)).expect("both are there");
        }
        self.tenant.assign(&id(name)).expect("just added");
    }

    fn set(&mut self, name: &str, attribute: &str, value: Option<&str>) {
        self.tenant.set(&id(name), attribute, value.map(Into::into)).expect("an attribute of a user");
    }

    fn manager(&mut self, name: &str, manager: Option<&str>) {
        self.tenant.set_manager(&id(name), manager.map(id)).expect("both are there");
    }

    /// An account that somebody else put into the target.
    fn account(&mut self, key: &str, values: &[(&str, Value)]) {
        let values = values.iter().map(|(target, value)| ((*target).to_owned(), value.clone())).collect();
        self.arriving.push(Preexisting { key: key.to_owned(), kind: ObjectKind::User, values });
    }

    fn run(&mut self, kind: CycleKind) {
        let accounts = std::mem::take(&mut self.arriving);
        self.history.push(CycleView { accounts, ..CycleView::new(self.tenant.state(), kind) });
    }

    /// The next cycle: the first is the initial one.
    fn cycle(&mut self) {
        let first = self.history.iter().all(|view| matches!(view.kind, CycleKind::OnDemand(_)));
        self.run(if first { CycleKind::Initial { links_dropped: false } } else { CycleKind::Incremental });
    }

    fn restart(&mut self, full: bool) {
        self.run(CycleKind::Initial { links_dropped: full });
    }

    fn on_demand(&mut self, name: &str) {
        self.run(CycleKind::OnDemand(vec![id(name)]));
    }

    fn expectation(&self) -> Expectation {
        expected(&self.history, &self.mapping, &self.scope)
    }

    fn object(&self, name: &str) -> Expected {
        self.expectation().object(&id(name)).clone()
    }

    /// What must stand in one attribute; panics when there is no account.
    fn standing(&self, name: &str, target: &str) -> ValueDemand {
        match self.object(name) {
            Expected::Present { values, .. } => {
                let short = |value: &ExpectedValue| {
                    value.target.is(target) || value.written.ends_with(&format!("User:{target}"))
                };
                values.into_iter().find(short).expect("the target is mapped").standing
            }
            other => panic!("{name} has no account: {other:?}"),
        }
    }

    /// The text that must stand there.
    fn text(&self, name: &str, target: &str) -> Option<String> {
        match self.standing(name, target) {
            ValueDemand::Equal(TargetValue::Text(text)) => Some(text),
            ValueDemand::Absent => None,
            other => panic!("{name}'s {target}: {other:?}"),
        }
    }

    /// `active`, when it is judged.
    fn active(&self, name: &str) -> Option<bool> {
        match self.standing(name, "active") {
            ValueDemand::Equal(TargetValue::Boolean(active)) => Some(active),
            ValueDemand::Unjudged => None,
            other => panic!("{name}'s active: {other:?}"),
        }
    }

    /// The manager who must stand there: `Ok(None)` for none, `Err` when that is not judged.
    fn manager_of(&self, name: &str) -> Result<Option<String>, ()> {
        match self.standing(name, "manager") {
            ValueDemand::Equal(TargetValue::Reference(manager)) => Ok(Some(manager.to_string())),
            ValueDemand::Absent => Ok(None),
            ValueDemand::Unjudged => Err(()),
            other => panic!("{name}'s manager: {other:?}"),
        }
    }

    /// Who must stand in a group, and who may.
    fn members(&self, name: &str) -> (Vec<String>, Vec<String>) {
        match self.standing(name, "members") {
            ValueDemand::Members { present, unjudged, .. } => {
                let names = |ids: Vec<ObjectId>| ids.iter().map(ToString::to_string).collect();
                (names(present), names(unjudged))
            }
            other => panic!("{name}'s members: {other:?}"),
        }
    }

    fn change_mapping(&mut self, mapping: Mapping) {
        self.run(CycleKind::Reconfigured(Arc::new(mapping), self.scope));
    }
}

/// A scenario and what it leads to.
type Row<T> = (&'static str, fn(&mut Play), T);

fn check<T: PartialEq + std::fmt::Debug>(rows: &[Row<T>], result: impl Fn(&Play) -> T) {
    for (scenario, act, wanted) in rows {
        let mut play = Play::with(&["ada"]);
        play.set("ada", "jobTitle", Some("Analyst"));
        act(&mut play);
        assert_eq!(&result(&play), wanted, "{scenario}");
    }
}
