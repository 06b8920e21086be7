//! Removal of everything that was made: newest first, groups before users.

pub mod leftovers;

mod search;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::SystemTime;

use serde_json::Value;

use super::observer::reader;
use super::observer::resource_path;
use super::target::guard::{name_sent, posted_to, texts};
use crate::wire::{
    Actor, Answer, Broken, Exchange, Method, Operation, Request, ResourceKind, Target, Tenant, bulk_creates,
    located_id,
};
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

/// Something a run made and did not remove.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Leftover {
    /// Where in the trace its create is.
    made_at: usize,
    tenant: Tenant,
    kind: ResourceKind,
    /// Its id; `None` when a create was answered in a way that does not tell.
    id: Option<String>,
    /// Another id, which the `Location` of the create names.
    located: Option<String>,
    /// The attribute and the value by which a filter finds it, as sent.
    name: Option<(&'static str, String)>,
    /// Other values of that attribute that this run wrote later.
    renamed: Vec<String>,
    /// How the create was answered, if not with success.
    trouble: Option<String>,
}

impl Leftover {
    fn at(&self, id: &str) -> ObjectPlace {
        ObjectPlace::new(self.tenant, self.kind, id)
    }

    /// Where its create said that it is.
    fn place(&self) -> Option<ObjectPlace> {
        self.id.as_deref().map(|id| self.at(id))
    }

    /// Takes down another name that a PUT or a PATCH gave it.
    fn rename(&mut self, sent: &Value) {
        let Some((attribute, name)) = &self.name else { return };
        let operations = reader::member(sent, "Operations").and_then(Value::as_array);
        let written = operations.into_iter().flatten().filter_map(|operation| {
            let value = reader::member(operation, "value")?;
            match reader::member(operation, "path").and_then(Value::as_str) {
                Some(path) => path.rsplit(':').next()?.eq_ignore_ascii_case(attribute).then_some(value),
                None => reader::member(value, attribute),
            }
        });
        for value in written.chain(reader::member(sent, attribute)).filter_map(Value::as_str) {
            if value != name && !self.renamed.iter().any(|known| known == value) {
                self.renamed.push(value.to_owned());
            }
        }
    }

    fn describe(&self, id: Option<&str>) -> String {
        let name = self.name.as_ref().map_or("unnamed", |(_, name)| name);
        let place = if self.tenant.is_second() { "second tenant: " } else { "" };
        match id {
            Some(id) => format!("{place}{}/{id} ({name})", self.kind.endpoint()),
            None => format!("{place}{} ({name})", self.kind.endpoint()),
        }
    }
}

/// What the trace shows was made and not removed, in the order in which it must be removed.
fn leftovers(trace: &[Arc<Exchange>], twice: &HashSet<ObjectPlace>) -> Vec<Leftover> {
    let mut left: Vec<Leftover> = Vec::new();
    for (position, exchange) in trace.iter().enumerate() {
        let tenant = exchange.request.tenant;
        match &exchange.operation {
            Operation::Create(kind) => left.extend(created(position, exchange, *kind)),
            Operation::Modify(kind, id) | Operation::Replace(kind, id) => {
                let place = ObjectPlace::new(tenant, *kind, id);
                let sent = exchange.request.json().unwrap_or_default();
                for leftover in left.iter_mut().filter(|it| it.place().as_ref() == Some(&place)) {
                    leftover.rename(&sent);
                }
            }
            // After a 404 the object may be there under another id than the create named.
            Operation::Delete(kind, id) if exchange.succeeded() => {
                let place = ObjectPlace::new(tenant, *kind, id);
                let before = &trace[..position];
                left.retain_mut(|leftover| {
                    if leftover.place().as_ref() != Some(&place) {
                        return true;
                    }
                    // What is gone is not what that create made, or need not be: only its name tells.
                    let is_doubtful = twice.contains(&place) || is_unconfirmed(before, leftover, id);
                    leftover.id = None;
                    is_doubtful
                });
            }
            Operation::Other => {
                left.extend(posted_to(&exchange.request).and_then(|kind| created(position, exchange, kind)));
                let creates = bulk_creates(&exchange.request, exchange.answer(), &exchange.url);
                left.extend(creates.into_iter().map(|create| Leftover {
                    made_at: position,
                    tenant,
                    kind: create.kind,
                    id: create.id,
                    located: None,
                    name: name_sent(&create.sent),
                    renamed: Vec::new(),
                    trouble: None,
                }));
            }
            _ => {}
        }
    }
    left.retain(|leftover| leftover.id.is_some() || leftover.name.is_some());
    left.reverse();
    // A stable sort keeps newest first within each kind.
    left.sort_by_key(|leftover| leftover.kind != ResourceKind::Group);
    left
}

/// What a POST made, or may have made.
fn created(made_at: usize, exchange: &Exchange, kind: ResourceKind) -> Option<Leftover> {
    let trouble = match &exchange.outcome {
        Ok(answer) if answer.is_success() => None,
        // A server may store the resource and fail afterwards; a lost answer does not tell.
        Ok(answer) if answer.status >= 500 => Some(format!("returned {}", answer.status)),
        Ok(_) | Err(Broken::Withheld(_) | Broken::Unproven(_) | Broken::Unwritable(_)) => return None,
        Err(broken) => Some(format!("got no answer: {broken}")),
    };
    let name = name_sent(&exchange.request.json().unwrap_or_default());
    let (tenant, id) = (exchange.request.tenant, exchange.made_id(kind));
    let location = exchange.answer().and_then(|answer| answer.header("location"));
    let located = location
        .and_then(|location| located_id(kind, location, &exchange.url, &exchange.request.path))
        .filter(|located| id.as_ref() != Some(located));
    Some(Leftover { made_at, tenant, kind, id, located, name, renamed: Vec::new(), trouble })
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
        left_behind.append(&mut search.remove(&leftover).await);
    }
    // A DELETE that was refused once may have been accepted later.
    left_behind.retain(|left| left.place.as_ref().is_none_or(|place| !search.deleted.contains(place)));
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
            leftovers.push(Leftover {
                made_at: 0,
                tenant: Tenant::First,
                kind: *kind,
                id: Some(id.clone()),
                located: None,
                name: None,
                renamed: Vec::new(),
                trouble: None,
            });
        }
    }
    leftovers.sort_by_key(|leftover| leftover.kind != ResourceKind::Group);
    leftovers
}

/// True when what is under an id was read after the create that named it, and no read showed a name that was
/// sent to it, or one showed another.
fn is_unconfirmed(trace: &[Arc<Exchange>], leftover: &Leftover, id: &str) -> bool {
    let shown = names_shown(trace, leftover, id);
    shown.contains(&Some(false)) || !(shown.is_empty() || shown.contains(&Some(true)))
}

/// For each read of an id after the create that named it: whether it showed a name that was sent to it; `None`
/// where it showed no name.
fn names_shown(trace: &[Arc<Exchange>], leftover: &Leftover, id: &str) -> Vec<Option<bool>> {
    let Some((attribute, name)) = &leftover.name else { return Vec::new() };
    let is_it = |kind: ResourceKind, other: &str| kind == leftover.kind && other == id;
    let mut written = vec![name.to_lowercase()];
    let mut shown = Vec::new();
    let since = trace.iter().skip(leftover.made_at);
    for exchange in since.filter(|exchange| exchange.request.tenant == leftover.tenant) {
        if exchange.request.parameter("attributes").is_some() {
            continue;
        }
        match &exchange.operation {
            Operation::Modify(kind, other) | Operation::Replace(kind, other) if is_it(*kind, other) => {
                written.extend(texts(&exchange.request.json().unwrap_or_default()));
            }
            Operation::Read(kind, other) if is_it(*kind, other) => {
                let body = exchange.json().filter(|_| exchange.succeeded());
                let held = body.and_then(|body| reader::member(body, attribute)?.as_str());
                shown.push(held.map(|held| written.contains(&held.to_lowercase())));
            }
            _ => {}
        }
    }
    shown
}

/// Ids that several creates were answered with.
fn named_twice(trace: &[Arc<Exchange>]) -> HashSet<ObjectPlace> {
    let mut named = HashSet::new();
    let mut twice = HashSet::new();
    for exchange in trace {
        if let Operation::Create(kind) = exchange.operation
            && let Some(id) = exchange.made_id(kind)
            && let place = ObjectPlace::new(exchange.request.tenant, kind, &id)
            && !named.insert(place.clone())
        {
            twice.insert(place);
        }
    }
    twice
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
        Err(Broken::Unproven(_)) if leftover.name.is_none() => return RemovalEnd::Elsewhere,
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
