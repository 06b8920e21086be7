//! Removal of everything that was made: newest first, groups before users.

pub mod leftovers;

mod made;
mod search;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::SystemTime;

use serde_json::Value;

use super::observer::resource_path;
use super::target::guard::{is_read_differently, name_sent};
use crate::wire::{
    Actor, Answer, Broken, Exchange, Method, Operation, Request, ResourceKind, Target, Tenant,
};
use made::{Leftover, is_unconfirmed, leftovers, named_twice, unnamed_creates};
use search::NameSearch;

/// A user or a group of one of the tenants.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct ObjectPlace {
    second: bool,
    kind: ResourceKind,
    id: String,
}

impl ObjectPlace {
    fn new(tenant: Tenant, kind: ResourceKind, id: &str) -> Self {
        ObjectPlace { second: tenant.is_second(), kind, id: id.to_owned() }
    }
}

/// Something that stays at the target, or may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// Where it is, if that is known.
    place: Option<ObjectPlace>,
    /// What it is, why it stays, and what to do.
    pub line: String,
    told: SystemTime,
    /// The name under which a list showed it there, in lower case: it may stand elsewhere.
    listed_as: Option<String>,
}

impl Left {
    /// Something that lists showed when the run was over.
    pub(in crate::run) fn found(line: String) -> Self {
        Left::new(None, line)
    }

    /// True for the user of this id at the target.
    pub(in crate::run) fn is_user(&self, id: &str) -> bool {
        self.place == Some(ObjectPlace::new(Tenant::First, ResourceKind::User, id))
    }

    fn new(place: Option<ObjectPlace>, line: String) -> Self {
        Left { place, line, told: SystemTime::now(), listed_as: None }
    }
}

/// What was deleted in a run.
#[derive(Debug, Default)]
pub(in crate::run) struct Deleted {
    /// When the last DELETE that was answered with success was sent.
    at: HashMap<ObjectPlace, SystemTime>,
    /// Names that reads by id showed, in lower case.
    names: HashMap<ObjectPlace, HashSet<String>>,
}

impl Deleted {
    /// Adds what a trace shows.
    pub(in crate::run) fn note(&mut self, trace: &[Arc<Exchange>]) {
        for exchange in trace.iter().filter(|exchange| exchange.succeeded()) {
            let tenant = exchange.request.tenant;
            match &exchange.operation {
                Operation::Delete(kind, id) => {
                    let last = self.at.entry(ObjectPlace::new(tenant, *kind, id)).or_insert(exchange.started);
                    *last = exchange.started.max(*last);
                }
                Operation::Read(kind, id) => {
                    let (_, name) = exchange.json().and_then(name_sent).unwrap_or_default();
                    self.names
                        .entry(ObjectPlace::new(tenant, *kind, id))
                        .or_default()
                        .insert(name.to_lowercase());
                }
                _ => {}
            }
        }
    }

    /// True when a DELETE of that id succeeded.
    pub(in crate::run) fn has(&self, tenant: Tenant, kind: ResourceKind, id: &str) -> bool {
        self.at.contains_key(&ObjectPlace::new(tenant, kind, id))
    }

    /// True when something was deleted after it was told that it stays: a later scenario run may have met it.
    pub(in crate::run) fn holds(&self, left: &Left) -> bool {
        let Some(place) = &left.place else { return false };
        let is_it = left
            .listed_as
            .as_ref()
            .is_none_or(|name| self.names.get(place).is_some_and(|names| names.contains(name)));
        is_it && self.at.get(place).is_some_and(|at| *at >= left.told)
    }
}

/// Deletes what the trace shows was made and what else is ours, and says what is left, with what to do; the
/// target is a guarded one. `trace` gives all that was exchanged so far, with what the guard asks meanwhile.
///
/// `ours` are ids that were found rather than made: a server may make accounts by itself. The guard
/// looks at each before it lets a DELETE through, and what is not ours stays.
pub async fn remove<T: Target>(
    target: &T,
    trace: impl Fn() -> Vec<Arc<Exchange>>,
    ours: &[(ResourceKind, String)],
) -> Vec<Left> {
    let before = trace();
    let named_twice = named_twice(&before);
    let leftovers = with_found(leftovers(&before, &named_twice), ours, &before);
    let mut left_behind: Vec<Left> = Vec::new();
    let mut unsure = Vec::new();
    let mut sure = Vec::new();
    let mut search = NameSearch::new(target, &before);
    for leftover in leftovers {
        let Some(id) = leftover.id.clone() else {
            unsure.push(leftover);
            continue;
        };
        let place = leftover.at(&id);
        let mut ended = match search.deleted.contains(&place) {
            true => RemovalEnd::Elsewhere,
            false => delete(target, &leftover, &id).await,
        };
        if let (RemovalEnd::Elsewhere, Some(located)) = (&ended, &leftover.located) {
            ended = delete(target, &leftover, located).await;
        }
        // Under that id the server has, or had, something else: what the create made may stand under another.
        let is_unsure = named_twice.contains(&place)
            || ended == RemovalEnd::Elsewhere
            || is_unconfirmed(&trace(), &leftover, &id);
        match ended {
            RemovalEnd::Gone => {
                search.deleted.insert(place);
            }
            RemovalEnd::Stays(line) => left_behind.push(Left::new(Some(place), line)),
            RemovalEnd::Elsewhere => {}
        }
        if is_unsure { unsure.push(leftover) } else { sure.push(leftover) }
    }
    // One create that named a wrong id puts the others in doubt.
    if unsure.iter().any(|leftover| leftover.id.is_some() && leftover.name.is_some()) {
        unsure.append(&mut sure);
    }
    for leftover in unsure {
        let is_told = leftover
            .place()
            .is_some_and(|place| left_behind.iter().any(|left| left.place.as_ref() == Some(&place)));
        let mut found = search.remove(&leftover).await;
        // Where it is has been told: that no list shows it adds nothing.
        found.retain(|left| !is_told || left.place.is_some());
        left_behind.append(&mut found);
    }
    // A DELETE that was refused once may have been accepted later.
    left_behind.retain(|left| left.place.as_ref().is_none_or(|place| !search.deleted.contains(place)));
    left_behind.extend(unnamed_creates(&before));
    left_behind
}

/// Adds what was found to what was made, groups first.
fn with_found(
    mut leftovers: Vec<Leftover>,
    ours: &[(ResourceKind, String)],
    trace: &[Arc<Exchange>],
) -> Vec<Leftover> {
    for (kind, id) in ours.iter().filter(|(kind, id)| !is_deleted(trace, *kind, id)) {
        let place = ObjectPlace::new(Tenant::First, *kind, id);
        if !leftovers.iter().any(|known| known.place().as_ref() == Some(&place)) {
            let made = Leftover::made(0, Tenant::First, *kind, Some(id.clone()), &Value::Null);
            leftovers.push(Leftover { found: true, ..made });
        }
    }
    leftovers.sort_by_key(|leftover| leftover.kind != ResourceKind::Group);
    leftovers
}

/// How the removal of one id ended.
#[derive(Debug, PartialEq, Eq)]
enum RemovalEnd {
    /// The server deleted it.
    Gone,
    /// It is, or may be, still there; the line for the report.
    Stays(String),
    /// There is nothing of ours under that id.
    Elsewhere,
}

async fn delete<T: Target>(target: &T, leftover: &Leftover, id: &str) -> RemovalEnd {
    let path = resource_path(leftover.kind, id);
    let request = || Request::new(Actor::Cleanup, Method::Delete, &path, "clean-up").to(leftover.tenant);
    let mut outcome = target.send(request()).await;
    if matches!(&outcome, Ok(Answer { status: 500.., .. }) | Err(Broken::TimedOut(_) | Broken::Protocol(_))) {
        // It may have been deleted all the same. The guard looks whose the id is now, before this is sent.
        outcome = target.send(request()).await;
    }
    let why = match outcome {
        Ok(answer) if answer.is_success() => return RemovalEnd::Gone,
        Ok(answer) if matches!(answer.status, 404 | 410) => return RemovalEnd::Elsewhere,
        Ok(answer) => format!(
            "DELETE returns {}; delete it at the server, or run `scimulate cleanup` when DELETE works",
            answer.status
        ),
        Err(Broken::Withheld(_)) => return RemovalEnd::Elsewhere,
        // What the create made may stand under another id than such a one.
        Err(Broken::Unproven(_)) if leftover.found || is_read_differently(&path) => {
            return RemovalEnd::Elsewhere;
        }
        Err(Broken::Unproven(why)) => {
            format!("not deleted, because {why}; check it and delete it at the server")
        }
        Err(broken) => format!("DELETE gets no answer: {broken}; run `scimulate cleanup`"),
    };
    match is_there(target, leftover, &path).await {
        Some(false) => RemovalEnd::Elsewhere,
        Some(true) | None => RemovalEnd::Stays(format!("{}: {why}", leftover.describe(Some(id)))),
    }
}

/// True or false when a read by id tells whether something is there.
async fn is_there<T: Target>(target: &T, leftover: &Leftover, path: &str) -> Option<bool> {
    let read = Request::new(Actor::Cleanup, Method::Get, path, "clean-up: is it still there?")
        .to(leftover.tenant)
        .provoked();
    match target.send(read).await {
        Ok(answer) if answer.is_success() => Some(true),
        Ok(answer) if matches!(answer.status, 404 | 410) => Some(false),
        _ => None,
    }
}

/// True when a DELETE of that id succeeded or met nothing.
fn is_deleted(trace: &[Arc<Exchange>], kind: ResourceKind, id: &str) -> bool {
    trace.iter().any(|exchange| {
        exchange.request.tenant == Tenant::First
            && exchange.operation == Operation::Delete(kind, id.to_owned())
            && (exchange.succeeded() || exchange.answer().is_some_and(|answer| answer.status == 404))
    })
}

#[cfg(test)]
mod tests;
