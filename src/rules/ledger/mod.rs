//! What a trace teaches: which objects exist, what was written to them, what reads showed.
//!
//! The ledger is built once per trace, one exchange after the other, so that no rule has to look
//! through all earlier exchanges again. It believes only what this trace did: values it wrote and
//! the server accepted, objects it saw come and go. Whatever becomes uncertain (a write that broke,
//! two writes at the same time, an attribute the server does not publish) is forgotten.

mod claim;
mod comparison;
mod membership;
mod outcome;
mod parsed;
mod presence;
mod seen;
mod values;
mod walk;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

pub(super) use claim::{Claim, ClaimedChange, Holds, Spot, changes, member_ids, wrapped};
pub(super) use comparison::ClaimResult;
pub(super) use outcome::{Fate, MemberOutcome, SearchedBy, ValueOutcome, Vanished};
pub(super) use parsed::ParsedRequest;
pub(super) use seen::{SeenObject, SeenState, Stamps};
pub(super) use walk::PageWalk;

use super::reading::{self, Term};
use crate::rules::KnownBesides;
use crate::scim::discovery::Discovery;
use crate::scim::{AttributePath, same_name, urn};
use crate::wire::{Exchange, Operation, ResourceKind, Tenant, WriteSpan};

/// What the exchanges of one trace taught so far.
#[derive(Debug, Default)]
pub struct Ledger {
    objects: IndexMap<(ResourceKind, String), SeenState>,
    /// Which objects were given a value: spot without selector and value, both in lower case.
    holders: HashMap<(ResourceKind, String, String), Vec<String>>,
    /// Which groups a request named somebody as a member of.
    groups_of: HashMap<String, Vec<String>>,
    /// Values of creates whose effect is unknown, in lower case.
    perhaps: Vec<(ResourceKind, String)>,
    /// Values that lookups were answered with an empty list for, in lower case.
    not_found: HashSet<(ResourceKind, String)>,
    walks: HashMap<(ResourceKind, String), PageWalk>,
    /// Resources of which a PATCH was accepted.
    patched: Vec<ResourceKind>,
    /// Writes sent so far, whatever became of them.
    writes: usize,
    values: Vec<ValueOutcome>,
    members: Vec<MemberOutcome>,
    vanished: Vec<Vanished>,
    /// What others wrote meanwhile.
    others: Vec<WriteSpan>,
}

impl Ledger {
    /// A ledger of a trace in a tenant, with what is known besides.
    pub(super) fn of(tenant: Tenant, known: &KnownBesides<'_>) -> Self {
        let there = known.others.iter().filter(|span| span.tenant.is_second() == tenant.is_second());
        Ledger { others: there.cloned().collect(), patched: known.patched.to_vec(), ..Ledger::default() }
    }

    /// True when a PATCH of such a resource was accepted.
    pub(super) fn is_patched(&self, kind: ResourceKind) -> bool {
        self.patched.contains(&kind)
    }

    /// What this trace deleted and others were given the id of is theirs from then on.
    pub(super) fn hear_of_others(&mut self, exchange: &Exchange) {
        let end = seen::end_of(exchange);
        for span in self.others.iter().filter(|span| span.started <= end) {
            let Some(place) = &span.made else { continue };
            let gone = self.objects.get(place).and_then(|known| known.gone.as_ref());
            if gone.is_some_and(|gone| span.ended.is_none_or(|ended| ended >= gone.started)) {
                self.objects.shift_remove(place);
            }
        }
    }

    /// What is known of an object.
    pub(super) fn known(&self, kind: ResourceKind, id: &str) -> Option<&SeenState> {
        // A lookup by borrowed parts would need a key type of its own for one allocation saved.
        self.objects.get(&(kind, id.to_owned()))
    }

    /// Writes sent so far, whatever became of them.
    pub(super) fn writes(&self) -> usize {
        self.writes
    }

    /// Objects that this trace made or read, that are there, and that hold what the terms say.
    pub(super) fn matching(
        &self,
        kind: ResourceKind,
        terms: &[Term],
        discovery: &Discovery,
    ) -> Vec<&SeenState> {
        let ids: Vec<&str> = terms
            .iter()
            .find_map(|term| {
                let value = reading::text(&term.value)?;
                if term.path.is("id") {
                    return self.objects.get_key_value(&(kind, value)).map(|((_, id), _)| vec![id.as_str()]);
                }
                let key = (kind, key_of(&term.path), value.to_lowercase());
                self.holders.get(&key).map(|ids| ids.iter().map(String::as_str).collect())
            })
            .unwrap_or_default();
        ids.into_iter()
            .filter_map(|id| self.known(kind, id))
            .filter(|known| known.is_there())
            .filter(|known| terms.iter().all(|term| known.answers(term, discovery)))
            .collect()
    }

    /// Objects that are there and were given this value at this attribute, letter case aside.
    pub(super) fn holders(&self, kind: ResourceKind, spot: &Spot, value: &Value) -> Vec<&SeenState> {
        let Some(text) = reading::text(value) else {
            return Vec::new();
        };
        let key = (kind, key_of(&spot.path()), text.to_lowercase());
        let ids = self.holders.get(&key).into_iter().flatten();
        ids.filter_map(|id| self.known(kind, id))
            .filter(|known| known.is_there() && known.held(spot).is_some_and(|held| held.says(value)))
            .collect()
    }

    /// True when a create with this value broke, so that an object may exist that no answer has named.
    pub(super) fn may_exist(&self, kind: ResourceKind, value: &Value) -> bool {
        reading::text(value).is_some_and(|text| {
            let text = text.to_lowercase();
            self.perhaps.iter().any(|(other, value)| *other == kind && *value == text)
        })
    }

    /// True when an object that was deleted had this value.
    pub(super) fn was_deleted_with(&self, kind: ResourceKind, spot: &Spot, value: &Value) -> bool {
        let Some(text) = reading::text(value) else {
            return false;
        };
        let key = (kind, key_of(&spot.path()), text.to_lowercase());
        let ids = self.holders.get(&key).into_iter().flatten();
        ids.filter_map(|id| self.known(kind, id))
            .any(|known| known.gone.is_some() && known.held(spot).is_some_and(|held| held.says(value)))
    }

    /// True when a lookup of this value was answered with an empty list.
    pub(super) fn was_not_found(&self, kind: ResourceKind, value: &Value) -> bool {
        reading::text(value).is_some_and(|text| self.not_found.contains(&(kind, text.to_lowercase())))
    }

    /// Groups that a request named somebody as a member of, to add or to remove.
    pub(super) fn groups_naming(&self, member: &str) -> impl Iterator<Item = &SeenState> {
        let ids = self.groups_of.get(member).into_iter().flatten();
        ids.filter_map(|id| self.known(ResourceKind::Group, id))
    }

    /// Every object the trace met.
    pub(super) fn objects(&self) -> impl Iterator<Item = &SeenState> {
        self.objects.values()
    }

    /// The page walk an exchange goes on with, or none. What others write between its pages moves them.
    pub(super) fn walk(&self, exchange: &Exchange) -> Option<&PageWalk> {
        let walk = self.walks.get(&PageWalk::key(exchange)?)?;
        let (first, last) = (walk.first.started, seen::end_of(exchange));
        let moved = self.others.iter().any(|span| span.overlaps(first, last));
        (!moved && walk.is_continued_by(exchange, self.writes)).then_some(walk)
    }

    /// What became of values that did not come back at once. Complete after the last exchange.
    pub(super) fn value_outcomes(&self) -> &[ValueOutcome] {
        &self.values
    }

    /// Numbers of the searches that did not find an object that is there.
    pub(super) fn missed_by(&self) -> impl Iterator<Item = usize> {
        self.objects.values().flat_map(|known| known.missed_by.iter().copied())
    }

    /// Writes whose value an answer showed as written, each with the place of the value. Complete after the last
    /// exchange.
    pub(super) fn upheld(&self) -> impl Iterator<Item = &(Arc<Exchange>, Claim)> {
        self.objects.values().flat_map(|known| &known.upheld)
    }

    /// Writes to something else that left a value as it was, each with the place of the value.
    pub(super) fn untouched(&self) -> impl Iterator<Item = &(Arc<Exchange>, Spot)> {
        self.objects.values().flat_map(|known| &known.untouched)
    }

    /// What became of memberships. Complete after the last exchange.
    pub(super) fn member_outcomes(&self) -> &[MemberOutcome] {
        &self.members
    }

    /// Objects that were not found although they are there. Complete after the last exchange.
    pub(super) fn vanished(&self) -> &[Vanished] {
        &self.vanished
    }

    /// Learns from one exchange, after it has been judged.
    pub(super) fn learn(&mut self, exchange: &Arc<Exchange>, parsed: ParsedRequest, discovery: &Discovery) {
        if exchange.request.writes() {
            self.writes += 1;
            if let Operation::Modify(kind, _) = exchange.operation
                && exchange.succeeded()
                && !self.is_patched(kind)
            {
                self.patched.push(kind);
            }
            self.learn_write(exchange, parsed.changes, discovery);
            return;
        }
        let returned = super::returned::resources(exchange);
        match &exchange.operation {
            Operation::Read(kind, id) => {
                self.learn_read(exchange, *kind, id, &returned, &parsed, discovery);
            }
            Operation::Query { kind, .. } if exchange.succeeded() => {
                for (resource, stamps) in returned.iter().zip(&parsed.stamps) {
                    self.learn_resource(exchange, resource, *stamps, &parsed.projection);
                }
                if let Some(terms) = &parsed.terms {
                    self.learn_lookup(exchange, *kind, terms, &returned, discovery);
                }
                if let Some(key) = PageWalk::key(exchange) {
                    let walk = self.walks.remove(&key);
                    if let Some(walk) = PageWalk::step(walk, exchange, &returned, self.writes) {
                        self.walks.insert(key, walk);
                    }
                }
            }
            _ => {}
        }
    }

    /// The trace is over: what is still open is decided now.
    pub(super) fn close(&mut self) {
        for known in self.objects.values_mut() {
            known.close(&mut self.values, &mut self.members, &mut self.vanished);
        }
    }

    fn learn_write(&mut self, exchange: &Arc<Exchange>, changes: Vec<ClaimedChange>, discovery: &Discovery) {
        let status = exchange.answer().map(|answer| answer.status);
        let accepted = exchange.succeeded();
        // A refusal changed nothing; what a failure (5xx, no answer) changed is unknown.
        let refused = status.is_some_and(|status| (300..500).contains(&status));
        match &exchange.operation {
            Operation::Create(kind) if accepted => self.learn_create(exchange, *kind, changes, discovery),
            Operation::Create(kind) if !refused => self.remember_values(*kind, &changes),
            Operation::Modify(kind, id) | Operation::Replace(kind, id) => {
                if refused {
                    self.learn_refusal(exchange, *kind, id, status, changes);
                } else {
                    self.learn_update(exchange, *kind, id, accepted, changes, discovery);
                }
            }
            Operation::Delete(kind, id) => self.learn_delete(exchange, *kind, id, status),
            Operation::Other if !refused => self.learn_bulk(exchange),
            _ => {}
        }
    }

    /// Of what the operations of a bulk request concern nothing is believed any more: which of them were
    /// carried out is said in another way than elsewhere.
    fn learn_bulk(&mut self, exchange: &Arc<Exchange>) {
        for (kind, id) in crate::wire::bulk_targets(&exchange.request) {
            self.objects.shift_remove(&(kind, id));
        }
    }

    fn entry(&mut self, kind: ResourceKind, id: &str) -> &mut SeenState {
        self.objects.entry((kind, id.to_owned())).or_insert_with(|| SeenState::new(kind, id))
    }

    /// True when a user is there as far as this trace knows: references to others are not judged.
    fn is_there(&self, id: &str) -> bool {
        [ResourceKind::User, ResourceKind::Group]
            .iter()
            .any(|kind| self.known(*kind, id).is_some_and(|known| known.is_there() && known.made.is_some()))
    }

    fn index_members(&mut self, kind: ResourceKind, id: &str, changes: &[ClaimedChange]) {
        if kind != ResourceKind::Group {
            return;
        }
        for change in changes {
            let (ClaimedChange::Join(members)
            | ClaimedChange::Leave(members)
            | ClaimedChange::Members(members)) = change
            else {
                continue;
            };
            for member in members {
                let groups = self.groups_of.entry(member.clone()).or_default();
                if !groups.iter().any(|group| group == id) {
                    groups.push(id.to_owned());
                }
            }
        }
    }

    fn index(&mut self, kind: ResourceKind, id: &str, claim: &Claim) {
        if let Holds::Value(value) = &claim.holds
            && let Some(text) = reading::text(value)
        {
            let ids =
                self.holders.entry((kind, key_of(&claim.spot.path()), text.to_lowercase())).or_default();
            if !ids.iter().any(|other| other == id) {
                ids.push(id.to_owned());
            }
        }
    }
}

/// A path as an index key: without selector and core schema, in lower case, complex attributes by
/// their `value`.
fn key_of(path: &AttributePath) -> String {
    let is_core = |urn: &String| same_name(urn, urn::USER) || same_name(urn, urn::GROUP);
    let path = AttributePath { schema: path.schema.clone().filter(|urn| !is_core(urn)), ..path.clone() };
    let text = path.to_string().to_lowercase();
    text.strip_suffix(".value").map(str::to_owned).unwrap_or(text)
}
