//! What a trace shows that a scenario run made and did not remove.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;

use super::{Left, ObjectPlace};
use crate::run::observer::reader;
use crate::run::target::guard::{name_sent, posted_to, texts};
use crate::wire::{
    Broken, Exchange, Method, Operation, ResourceKind, Tenant, bulk_creates, id_of, is_bulk, located_id,
};

/// Something a run made and did not remove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Leftover {
    /// Where in the trace its create is.
    pub(super) made_at: usize,
    pub(super) tenant: Tenant,
    pub(super) kind: ResourceKind,
    /// Its id; `None` when a create was answered in a way that does not tell.
    pub(super) id: Option<String>,
    /// Another id, which the `Location` of the create names.
    pub(super) located: Option<String>,
    /// The attribute and the value by which a filter finds it, as sent.
    pub(super) name: Option<(&'static str, String)>,
    /// Other values of that attribute that this run wrote later.
    pub(super) renamed: Vec<String>,
    /// How the create was answered, if not with success.
    pub(super) trouble: Option<String>,
    /// No request of the scenario run made it: an answer showed it.
    pub(super) found: bool,
}

impl Leftover {
    /// What a request made under an id, by what that request sent.
    pub(super) fn made(
        made_at: usize,
        tenant: Tenant,
        kind: ResourceKind,
        id: Option<String>,
        sent: &Value,
    ) -> Self {
        Leftover {
            made_at,
            tenant,
            kind,
            id,
            located: None,
            name: name_sent(sent),
            renamed: Vec::new(),
            trouble: None,
            found: false,
        }
    }

    pub(super) fn at(&self, id: &str) -> ObjectPlace {
        ObjectPlace::new(self.tenant, self.kind, id)
    }

    /// Where its create said that it is.
    pub(super) fn place(&self) -> Option<ObjectPlace> {
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

    pub(super) fn describe(&self, id: Option<&str>) -> String {
        let name = self.name.as_ref().map_or("unnamed", |(_, name)| name);
        let place = if self.tenant.is_second() { "second tenant: " } else { "" };
        match id {
            Some(id) => format!("{place}{}/{id} ({name})", self.kind.endpoint()),
            None => format!("{place}{} ({name})", self.kind.endpoint()),
        }
    }
}

/// What the trace shows was made and not removed, in the order in which it must be removed.
pub(super) fn leftovers(trace: &[Arc<Exchange>], twice: &HashSet<ObjectPlace>) -> Vec<Leftover> {
    let mut left: Vec<Leftover> = Vec::new();
    for (position, exchange) in trace.iter().enumerate() {
        let tenant = exchange.request.tenant;
        match &exchange.operation {
            Operation::Create(kind) => left.extend(created(position, exchange, *kind)),
            Operation::Modify(kind, id) | Operation::Replace(kind, id) => {
                let place = ObjectPlace::new(tenant, *kind, id);
                let sent = exchange.request.json().unwrap_or_default();
                let mut known = left.iter_mut().filter(|it| it.place().as_ref() == Some(&place)).peekable();
                if known.peek().is_none() && exchange.succeeded() && was_nothing(&trace[..position], &place) {
                    left.push(Leftover::made(position, tenant, *kind, Some(id.clone()), &sent));
                    continue;
                }
                for leftover in known {
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
                left.extend(
                    creates
                        .into_iter()
                        .map(|create| Leftover::made(position, tenant, create.kind, create.id, &create.sent)),
                );
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
    let sent = exchange.request.json().unwrap_or_default();
    let id = exchange.made_id(kind);
    let location = exchange.answer().and_then(|answer| answer.header("location"));
    let located = location
        .and_then(|location| located_id(kind, location, &exchange.url, &exchange.request.path))
        .filter(|located| id.as_ref() != Some(located));
    let made = Leftover::made(made_at, exchange.request.tenant, kind, id, &sent);
    Some(Leftover { located, trouble, ..made })
}

/// True when nothing could be under an id: a DELETE before had removed it, or no answer before had named it, so that
/// it was made up. An update of it that succeeds has made it.
fn was_nothing(before: &[Arc<Exchange>], place: &ObjectPlace) -> bool {
    let is_deleted = |exchange: &Exchange| {
        exchange.succeeded()
            && matches!(&exchange.operation, Operation::Delete(kind, id)
                if *place == ObjectPlace::new(exchange.request.tenant, *kind, id))
    };
    before.iter().any(|exchange| is_deleted(exchange))
        || !before.iter().any(|exchange| exchange.json().is_some_and(|body| has_text(body, &place.id)))
}

fn has_text(value: &Value, text: &str) -> bool {
    match value {
        Value::String(held) => held == text,
        Value::Number(held) => held.to_string() == text,
        Value::Array(items) => items.iter().any(|item| has_text(item, text)),
        Value::Object(members) => members.values().any(|member| has_text(member, text)),
        _ => false,
    }
}

/// Creates of which nothing is known but that the server says 201: it names no id, nothing sent finds what it made, or
/// the path is one at which no client creates.
pub(super) fn unnamed_creates(trace: &[Arc<Exchange>]) -> Vec<Left> {
    let is_unnamed = |exchange: &&Arc<Exchange>| {
        let sent = exchange.request.json().unwrap_or_default();
        exchange.request.method == Method::Post
            && exchange.answer().is_some_and(|answer| answer.status == 201)
            && !is_bulk(&exchange.request)
            && match made_by(exchange) {
                Some(kind) => exchange.made_id(kind).is_none() && name_sent(&sent).is_none(),
                // Some frameworks answer every POST with 201, a search too.
                None => exchange.operation != Operation::Search || exchange.json().and_then(id_of).is_some(),
            }
    };
    let line = |exchange: &Arc<Exchange>| {
        let place = if exchange.request.tenant.is_second() { "second tenant: " } else { "" };
        let path = &exchange.request.path;
        Left::new(
            None,
            format!(
                "{place}POST {path} returned 201, and nothing shows what it created; look for it at the server"
            ),
        )
    };
    trace.iter().filter(is_unnamed).map(line).collect()
}

/// The kind of resource that a POST makes, if it succeeds.
fn made_by(exchange: &Exchange) -> Option<ResourceKind> {
    match &exchange.operation {
        Operation::Create(kind) => Some(*kind),
        Operation::Other => posted_to(&exchange.request),
        _ => None,
    }
}

/// Ids that several creates were answered with.
pub(super) fn named_twice(trace: &[Arc<Exchange>]) -> HashSet<ObjectPlace> {
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

/// True when what is under an id was read after the create that named it, and no read showed a name that was
/// sent to it, or one showed another.
pub(super) fn is_unconfirmed(trace: &[Arc<Exchange>], leftover: &Leftover, id: &str) -> bool {
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
