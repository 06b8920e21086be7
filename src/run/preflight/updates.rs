//! Which attributes the target takes in an update.
//!
//! A server may take an attribute in a create and reject its path in a PATCH. Entra sends all changes of an object
//! in one PATCH, so that one such path makes every update fail. So everything that the mapping updates is changed
//! once; if that is rejected, each path is written alone, in the plainest form there is. What is rejected because
//! of how it is written (the letter case of `op`, paths with a filter, no path) is no matter of the attribute: the
//! rules tell it, and nothing is left out for it.

mod findings;

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::{Value, json};

use super::acceptance::{Acceptance, Trial};
use super::bisection::Acceptability;
use crate::entra::dialect::{AttributeChange, Dialect, Verb, Writer};
use crate::entra::directory::ObjectKind;
use crate::entra::mapping::{AttributeMapping, FlowType, Mapping, ValueSource};
use crate::run::observer::{reader, resource_path};
use crate::run::target::adjustment::overlap;
use crate::run::target::lag::LateRead;
use crate::scim::{PatchPath, urn};
use crate::wire::{Actor, Answer, Exchange, Method, Request, ResourceKind, Target};

/// The rule under which refused updates are told.
pub(in crate::run) const UPDATE_REFUSED: &str = "rules/update-refused";

/// So many PATCH requests with one path each, or with some, are sent at most for one resource type.
const MOST_PATCHES: usize = 25;
/// Into so many parts the changes are divided.
const PARTS: usize = 20;
/// When so many paths are rejected before one is accepted, and what every server must accept is too, PATCH does
/// not work at all.
const ENOUGH: usize = 4;

const STEP: &str = "preflight: what an update may change";

/// An attribute that the target rejects in a PATCH.
#[derive(Debug, Clone)]
pub(in crate::run) struct RefusedUpdate {
    /// Of which resources.
    pub(in crate::run) kind: ResourceKind,
    /// The path, as the mapping has it.
    pub(in crate::run) path: PatchPath,
    /// The exchange that shows it: a PATCH of this path alone.
    pub(in crate::run) exchange: Arc<Exchange>,
}

/// What is known of the target's updates.
#[derive(Debug, Clone, Default)]
pub(in crate::run) struct Updates {
    /// Resources of which a PATCH was accepted.
    pub(in crate::run) accepted: Vec<ResourceKind>,
    /// Paths that are rejected on their own.
    pub(in crate::run) refused: Vec<RefusedUpdate>,
    /// A PATCH with several operations, of which each is accepted alone.
    pub(in crate::run) together: Option<Arc<Exchange>>,
    /// Some of these are rejected; which, was not found out with a bearable number of requests.
    pub(in crate::run) unclear: Vec<(ResourceKind, PatchPath)>,
}

impl Updates {
    /// True when an update of the row's target is rejected.
    pub(in crate::run) fn leaves_out(&self, kind: ResourceKind, target: &PatchPath) -> bool {
        self.paths(kind).any(|path| path == target)
    }

    /// A path of which a PATCH is rejected, and that an update of this path would write too.
    pub(in crate::run) fn concerning(&self, kind: ResourceKind, path: &PatchPath) -> Option<&PatchPath> {
        let selects_others = |refused: &PatchPath| {
            refused.filter.is_some() && path.filter.is_some() && refused.filter != path.filter
        };
        self.paths(kind).find(|refused| overlap(refused, path) && !selects_others(refused))
    }

    /// The paths of which a PATCH is rejected.
    fn paths(&self, kind: ResourceKind) -> impl Iterator<Item = &PatchPath> {
        let refused = self.refused.iter().map(|refused| (refused.kind, &refused.path));
        let all = refused.chain(self.unclear.iter().map(|(of, path)| (*of, path)));
        all.filter(move |(of, _)| *of == kind).map(|(_, path)| path)
    }

    /// Takes the updates that are rejected out of a mapping: what a create carries is written then and never again,
    /// and a manager, who is only ever written by an update, is not written at all.
    pub(in crate::run) fn reduce(&self, mapping: &mut Mapping) {
        let groups = mapping.group.as_mut().map(|group| (ResourceKind::Group, group));
        for (kind, object) in std::iter::once((ResourceKind::User, &mut mapping.user)).chain(groups) {
            object.rows.retain(|row| !row.is_reference() || !self.leaves_out(kind, &row.target));
            for row in &mut object.rows {
                if self.leaves_out(kind, &row.target) {
                    row.flow = FlowType::ObjectAddOnly;
                }
            }
        }
    }
}

/// One path with a new value.
struct Change {
    path: PatchPath,
    value: Value,
    /// The resource has this value already.
    repeats: bool,
}

/// The resource that is changed, and with what it is written.
struct Changed<'a, 'b, T, R> {
    trial: &'a Trial<'b, T, R>,
    kind: ResourceKind,
    id: String,
    sent: usize,
}

/// Changes what creates of the trial made, until it is known which updates are accepted. What is made for it is
/// removed by the caller.
pub(in crate::run) async fn ask<T: Target, R: Target>(
    trial: &Trial<'_, T, R>,
    acceptance: &Acceptance,
) -> Updates {
    let mapping = acceptance.reduced(trial.mapping);
    let mut updates = Updates::default();
    for (kind, made) in &acceptance.made {
        let Some(id) = made.made_id(*kind) else { continue };
        let mut changed = Changed { trial, kind: *kind, id, sent: 0 };
        let before = updates.refused.len();
        changed.run(&mapping, made, acceptance, &mut updates).await;
        if *kind == ResourceKind::User && updates.refused.len() > before {
            updates.refused.extend(changed.refused_manager(&mapping, acceptance).await);
        }
    }
    updates
}

impl<T: Target, R: Target> Changed<'_, '_, T, R> {
    async fn run(
        &mut self,
        mapping: &Mapping,
        made: &Exchange,
        acceptance: &Acceptance,
        updates: &mut Updates,
    ) {
        let changes = self.changes(mapping, made, acceptance);
        let together = match self.all(&changes).await {
            All::Accepted => return updates.accepted.push(self.kind),
            All::Unknown => return,
            All::Refused(exchange) => exchange,
        };
        let works = match self.indispensable(acceptance) {
            Some(operation) => self.is_accepted(self.request(vec![operation])).await,
            None => false,
        };
        let Found { accepted, mut refused } = self.search(&changes, works).await;
        // Where nothing is accepted, it is no matter of paths.
        if !works && accepted.is_empty() {
            return;
        }
        updates.accepted.push(self.kind);
        if accepted.len() == changes.len() && changes.len() > 1 {
            updates.together.get_or_insert(together);
        }
        if refused.iter().any(|(change, _)| change.repeats) {
            // A server may reject what changes nothing.
            let again = accepted.last().map(|change| self.plain(&[change]));
            let repeats = match again {
                Some(again) => self.is_accepted(again).await,
                None => false,
            };
            refused.retain(|(change, _)| repeats || !change.repeats);
        }
        self.without_forms(&changes, &mut refused, mapping, acceptance).await;
        for (change, shown_by) in refused {
            let path = change.path.clone();
            match shown_by {
                Some(exchange) => updates.refused.push(RefusedUpdate { kind: self.kind, path, exchange }),
                None => updates.unclear.push((self.kind, path)),
            }
        }
    }

    /// All changes in one request: as Entra sends them, and, if that is rejected, in the plainest form. If only that
    /// one is accepted, the rules say what is wrong with the other.
    async fn all(&mut self, changes: &[Change]) -> All {
        if changes.is_empty() {
            return All::Unknown;
        }
        let all = changes
            .iter()
            .map(|change| AttributeChange::new(Verb::Replace, change.path.clone(), change.value.clone()));
        let usual = self.trial.writer.modify(self.kind, &self.id, &all.collect::<Vec<_>>(), STEP);
        let mut refused = None;
        for request in [usual, self.plain(&changes.iter().collect::<Vec<_>>())] {
            match self.send(request).await {
                Acceptability::Accepted(_) => {
                    self.show(changes).await;
                    return All::Accepted;
                }
                Acceptability::Unknown => return All::Unknown,
                Acceptability::Refused(exchange) => {
                    // No path is at fault for a method that is not there.
                    if exchange.answer().is_some_and(|answer| answer.status == 405) {
                        return All::Unknown;
                    }
                    refused = Some(exchange);
                }
            }
        }
        refused.map_or(All::Unknown, All::Refused)
    }

    /// Reads what was changed, until it shows: a cache may keep what was there before.
    async fn show(&self, changes: &[Change]) {
        if self.kind != ResourceKind::User {
            return;
        }
        let request = Request::new(Actor::Probe, Method::Get, resource_path(self.kind, &self.id), STEP);
        // A value that is lost is another matter: nothing at all of the update shows.
        let is_shown = |answer: &Answer| {
            let held = answer.body.json();
            let holds = |change: &Change| {
                let held = held.map(|held| reader::values(held, &change.path)).unwrap_or_default();
                held.iter().any(|value| reader::same(&change.value, value, false))
            };
            let mut news = changes.iter().filter(|change| !change.repeats).peekable();
            news.peek().is_none() || news.any(holds)
        };
        let Trial { target, recorder, freshness, .. } = self.trial;
        freshness.read(*target, recorder, LateRead::ById, &request, is_shown).await;
    }

    /// What the mapping updates, with the values of somebody else. `active` is left alone: nothing can be played
    /// without it.
    fn changes(&self, mapping: &Mapping, made: &Exchange, acceptance: &Acceptance) -> Vec<Change> {
        let Some(rows) = mapping.object(ObjectKind::from(self.kind)) else { return Vec::new() };
        let created = made.request.json().unwrap_or_default();
        let is_asked = |row: &&AttributeMapping| {
            !row.is_active()
                && !row.is_reference()
                && !matches!(row.source, ValueSource::Roles(_))
                && row.updates(true)
                // What is not there cannot be selected by a filter.
                && !acceptance.not_kept.iter().any(|lost| lost == &row.target)
        };
        let values = self.trial.values(mapping, self.kind, "changed");
        let value_of = |row: &AttributeMapping| {
            let value = values.iter().find(|(target, _)| *target == row.target)?.1.clone()?;
            let held = reader::values(&created, &row.target);
            let repeats = held.len() == 1 && reader::same(&value, held[0], false);
            Some(Change { path: row.target.clone(), value, repeats })
        };
        rows.rows.iter().filter(is_asked).filter_map(value_of).collect()
    }

    /// An operation without which no server is provisioned: `active`, or a member.
    fn indispensable(&self, acceptance: &Acceptance) -> Option<Value> {
        match self.kind {
            ResourceKind::User => Some(json!({ "op": "replace", "path": "active", "value": true })),
            ResourceKind::Group => {
                let (kind, made) = acceptance.made.first()?;
                let member = made.made_id(*kind)?;
                Some(json!({ "op": "add", "path": "members", "value": [{ "value": member }] }))
            }
        }
    }

    /// Writes each path alone, or some of them together where there are many.
    async fn search<'c>(&mut self, changes: &'c [Change], works: bool) -> Found<'c> {
        let mut found = Found { accepted: Vec::new(), refused: Vec::new() };
        let all: Vec<&Change> = changes.iter().collect();
        let mut pending: VecDeque<Vec<&Change>> =
            all.chunks(changes.len().div_ceil(PARTS).max(1)).map(<[&Change]>::to_vec).collect();
        while let Some(some) = pending.pop_front() {
            if self.sent >= MOST_PATCHES {
                found.refused.extend(some.into_iter().map(|one| (one, None)));
                continue;
            }
            match (self.send(self.plain(&some)).await, some.as_slice()) {
                (Acceptability::Accepted(_), _) => found.accepted.extend(some),
                (Acceptability::Refused(exchange), [one]) => found.refused.push((one, Some(exchange))),
                (Acceptability::Refused(_), several) => {
                    pending.extend(several.iter().map(|one| vec![*one]));
                }
                (Acceptability::Unknown, _) => {}
            }
            if !works && found.accepted.is_empty() && found.refused.len() >= ENOUGH {
                break;
            }
        }
        found
    }

    /// Takes out what is rejected because of how its path is written: all paths of a kind are, and the whole
    /// attribute is accepted.
    async fn without_forms(
        &mut self,
        changes: &[Change],
        refused: &mut Vec<(&Change, Option<Arc<Exchange>>)>,
        mapping: &Mapping,
        acceptance: &Acceptance,
    ) {
        for form in [PathForm::Filtered, PathForm::Qualified, PathForm::Dotted] {
            let of_form = |change: &Change| PathForm::of(&change.path) == Some(form);
            let rejected = refused.iter().filter(|(change, _)| of_form(change)).count();
            if rejected == 0 || rejected < changes.iter().filter(|change| of_form(change)).count() {
                continue;
            }
            let Some((first, _)) = refused.iter().find(|(change, _)| of_form(change)) else { continue };
            let Some(whole) = self.whole(&first.path, mapping, acceptance) else { continue };
            if self.is_accepted(whole).await {
                refused.retain(|(change, _)| !of_form(change));
            }
        }
    }

    /// A write of the whole attribute, or of a whole extension.
    fn whole(&self, path: &PatchPath, mapping: &Mapping, acceptance: &Acceptance) -> Option<Request> {
        let created = self.trial.request_by(mapping, self.kind, "changed")?;
        let body = acceptance.adjustment().fit(created).json()?;
        let operation =
            match path.schema.as_deref().filter(|_| PathForm::of(path) == Some(PathForm::Qualified)) {
                Some(schema) => {
                    json!({ "op": "replace", "value": { schema: reader::member(&body, schema)? } })
                }
                None => {
                    let value = reader::member(&body, &path.attribute)?;
                    json!({ "op": "replace", "path": path.attribute, "value": value })
                }
            };
        Some(self.request(vec![operation]))
    }

    /// The manager, if no form of writing somebody real is accepted.
    async fn refused_manager(&mut self, mapping: &Mapping, acceptance: &Acceptance) -> Option<RefusedUpdate> {
        let rows = mapping.object(ObjectKind::from(self.kind))?;
        let path = &rows.rows.iter().find(|row| row.is_reference() && !row.is_list())?.target;
        if !self.trial.room.is_there(self.trial.recorder) {
            return None;
        }
        let create = self.trial.request_by(mapping, self.kind, "manager")?;
        let Acceptability::Accepted(made) = self.send(acceptance.adjustment().fit(create)).await else {
            return None;
        };
        let manager = made.made_id(self.kind)?;
        let plain = |value: Value| json!({ "op": "replace", "path": path.to_string(), "value": value });
        let forms = [
            self.trial.writer.set_manager(&self.id, path, &manager, Verb::Add, STEP),
            self.request(vec![plain(json!({ "value": manager }))]),
            self.request(vec![plain(json!(manager))]),
        ];
        let mut shown_by = None;
        for form in forms {
            match self.send(form).await {
                Acceptability::Refused(exchange) => shown_by = Some(exchange),
                Acceptability::Accepted(_) | Acceptability::Unknown => return None,
            }
        }
        Some(RefusedUpdate { kind: self.kind, path: path.clone(), exchange: shown_by? })
    }

    /// One lower-case `replace` with a path for each change.
    fn plain(&self, changes: &[&Change]) -> Request {
        let writer = Writer::new(Dialect::AadOptscim062020, self.trial.writer.switches.clone());
        let operations = changes.iter().flat_map(|change| {
            let change = AttributeChange::new(Verb::Replace, change.path.clone(), change.value.clone());
            let alone = writer.modify(self.kind, &self.id, &[change], STEP).json();
            let operations = alone.as_ref().and_then(|body| body.get("Operations")).and_then(Value::as_array);
            operations.cloned().unwrap_or_default()
        });
        self.request(operations.map(lower_case).collect())
    }

    fn request(&self, operations: Vec<Value>) -> Request {
        let body = json!({ "schemas": [urn::PATCH_OP], "Operations": operations });
        Request::new(Actor::Probe, Method::Patch, resource_path(self.kind, &self.id), STEP)
            .with_header("Content-Type", "application/scim+json")
            .with_json(&body)
    }

    async fn is_accepted(&mut self, request: Request) -> bool {
        matches!(self.send(request).await, Acceptability::Accepted(_))
    }

    async fn send(&mut self, request: Request) -> Acceptability {
        self.sent += 1;
        let request = Request { actor: Actor::Probe, ..request };
        let Ok(answer) = self.trial.target.send(request.provoked()).await else {
            return Acceptability::Unknown;
        };
        let Some(exchange) = self.trial.recorder.last() else { return Acceptability::Unknown };
        match answer.status {
            200..=299 => Acceptability::Accepted(exchange),
            _ if answer.is_throttled() => Acceptability::Unknown,
            300..=399 | 401 | 404 | 408 | 409 | 410 | 502..=504 => Acceptability::Unknown,
            _ => Acceptability::Refused(exchange),
        }
    }
}

/// What came of changing everything in one request.
enum All {
    Accepted,
    Refused(Arc<Exchange>),
    /// Nothing can be concluded.
    Unknown,
}

/// What came of writing the paths one by one.
struct Found<'c> {
    accepted: Vec<&'c Change>,
    /// With the exchange that shows it; without one, it was rejected together with others.
    refused: Vec<(&'c Change, Option<Arc<Exchange>>)>,
}

/// How a path is written that is not a name alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PathForm {
    /// `emails[type eq "work"].value`
    Filtered,
    /// `urn:…:User:department`
    Qualified,
    /// `name.givenName`
    Dotted,
}

impl PathForm {
    fn of(path: &PatchPath) -> Option<Self> {
        match path {
            PatchPath { filter: Some(_), .. } => Some(PathForm::Filtered),
            PatchPath { schema: Some(_), .. } => Some(PathForm::Qualified),
            PatchPath { sub: Some(_), .. } => Some(PathForm::Dotted),
            _ => None,
        }
    }
}

/// The operation with its verb as the RFC writes it, whatever the switches say of it.
fn lower_case(mut operation: Value) -> Value {
    if let Some(Value::String(op)) = operation.get_mut("op") {
        op.make_ascii_lowercase();
    }
    operation
}
