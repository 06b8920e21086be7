//! Existence: which objects were made and removed, and whether searches find them.

use std::sync::Arc;

use serde_json::Value;

use super::claim::{Claim, ClaimedChange, Holds, Spot};
use super::outcome::{SearchedBy, Vanished};
use super::parsed::ParsedRequest;
use super::seen::{Miss, SeenState};
use super::{Ledger, Stamps, key_of};
use crate::rules::reading::{self, Likeness, Term};
use crate::rules::returned::Returned;
use crate::scim::discovery::Discovery;
use crate::scim::member;
use crate::wire::{Exchange, Operation, ResourceKind};

impl Ledger {
    /// A create that was accepted.
    pub(super) fn learn_create(
        &mut self,
        exchange: &Arc<Exchange>,
        kind: ResourceKind,
        changes: Vec<ClaimedChange>,
        discovery: &Discovery,
    ) {
        let returned = crate::rules::returned::resources(exchange);
        let id = returned.first().and_then(|resource| resource.members.get("id")).and_then(reading::text);
        let (Some(id), Some(resource)) = (id.filter(|id| !id.is_empty()), returned.first()) else {
            // An object was created, but its id is unknown.
            return self.remember_values(kind, &changes);
        };
        let claims: Vec<Claim> = changes
            .iter()
            .filter_map(|change| match change {
                ClaimedChange::Claim(claim) => Some(claim.clone()),
                _ => None,
            })
            .collect();
        let writes = self.writes;
        self.index_members(kind, &id, &changes);
        self.objects.shift_remove(&(kind, id.clone()));
        let mut known = SeenState::new(kind, &id);
        known.made = Some(Arc::clone(exchange));
        known.note_names(&changes);
        for change in changes {
            known.apply(change, exchange, true, discovery, &mut self.values);
        }
        known.note_write(exchange);
        known.hear_own_answer(exchange, resource, true, &mut self.values);
        known.shown = Some((Arc::clone(exchange), writes));
        self.objects.insert((kind, id.clone()), known);
        for claim in &claims {
            self.index(kind, &id, claim);
        }
    }

    /// The values of a create that may have made an object.
    pub(super) fn remember_values(&mut self, kind: ResourceKind, changes: &[ClaimedChange]) {
        let values = changes.iter().filter_map(|change| match change {
            ClaimedChange::Claim(Claim { holds: Holds::Value(value), .. }) => reading::text(value),
            _ => None,
        });
        self.perhaps.extend(values.map(|text| (kind, text.to_lowercase())));
    }

    pub(super) fn learn_delete(
        &mut self,
        exchange: &Arc<Exchange>,
        kind: ResourceKind,
        id: &str,
        status: Option<u16>,
    ) {
        match status {
            Some(200..300) => {
                let known = self.entry(kind, id);
                known.gone.get_or_insert_with(|| Arc::clone(exchange));
                known.note_write(exchange);
            }
            // A refusal proves nothing of an id that the trace has not met.
            Some(300..500) => {
                if let (Some(404 | 410), Some(known)) = (status, self.objects.get_mut(&(kind, id.to_owned())))
                    && known.made.is_some()
                    && known.is_there()
                {
                    known.note_miss(SearchedBy::Id, exchange);
                }
            }
            Some(_) | None => {
                let known = self.entry(kind, id);
                known.doubtful = true;
                known.note_write(exchange);
            }
        }
    }

    pub(super) fn learn_read(
        &mut self,
        exchange: &Arc<Exchange>,
        kind: ResourceKind,
        id: &str,
        returned: &[Returned<'_>],
        parsed: &ParsedRequest,
        discovery: &Discovery,
    ) {
        match exchange.answer().map(|answer| answer.status) {
            Some(200) => {
                let own = |(resource, _): &(&Returned<'_>, &Stamps)| resource.id() == Some(id);
                for (resource, stamps) in returned.iter().zip(&parsed.stamps).filter(own) {
                    self.learn_resource(exchange, resource, *stamps, &parsed.projection);
                    self.learn_members(exchange, resource, &parsed.projection, discovery);
                    self.found(kind, id, None, exchange);
                }
            }
            Some(404 | 410) => {
                if let Some(known) = self.objects.get_mut(&(kind, id.to_owned()))
                    && known.is_there()
                {
                    known.note_miss(SearchedBy::Id, exchange);
                }
            }
            _ => {}
        }
    }

    /// A filter of `eq` and `and` that was answered with a list.
    pub(super) fn learn_lookup(
        &mut self,
        exchange: &Arc<Exchange>,
        kind: ResourceKind,
        terms: &[Term],
        returned: &[Returned<'_>],
        discovery: &Discovery,
    ) {
        let Operation::Query { filter: Some(text), start_index, count, .. } = &exchange.operation else {
            return;
        };
        let first_page =
            start_index.as_deref().is_none_or(|start| start.parse::<i64>().is_ok_and(|n| n <= 1));
        let wants_some = count.as_deref().is_none_or(|count| count.parse::<i64>().is_ok_and(|n| n > 0));
        let total = exchange.json().and_then(|body| member(body, "totalResults")?.as_u64());
        // What is no message at all says nothing of who is there, and other rules speak of it.
        let readable = exchange.json().is_some_and(Value::is_object);
        let complete = readable && total.is_none_or(|total| total <= returned.len() as u64);
        if let ([term], true) = (terms, returned.is_empty() && total == Some(0))
            && let Some(text) = reading::text(&term.value)
        {
            self.not_found.insert((kind, text.to_lowercase()));
        }
        let searches: Vec<(String, bool, Option<SearchedBy>)> = self
            .matching(kind, terms, discovery)
            .into_iter()
            .map(|known| {
                let found = returned.iter().any(|resource| resource.id() == Some(known.id.as_str()));
                (known.id.clone(), found, search(known, text, terms, returned))
            })
            .collect();
        for (id, found, search) in searches {
            if found {
                self.found(kind, &id, Some(text), exchange);
            } else if first_page
                && !exchange.request.provoked
                && wants_some
                && complete
                && let (Some(search), Some(known)) = (search, self.objects.get_mut(&(kind, id)))
            {
                known.note_miss(search, exchange);
            }
        }
    }

    /// An object was found by id or by a filter. Had the same search missed it, it was stale.
    fn found(&mut self, kind: ResourceKind, id: &str, filter: Option<&str>, exchange: &Arc<Exchange>) {
        let Some(known) = self.objects.get_mut(&(kind, id.to_owned())) else {
            return;
        };
        let same = known.miss.as_ref().is_some_and(|miss| {
            miss.writes == known.writes
                && match (&miss.search, filter) {
                    (SearchedBy::Id, None) => true,
                    (SearchedBy::Filter { text, .. }, Some(filter)) => text == filter,
                    _ => false,
                }
        });
        if same && let Some(miss) = known.miss.take() {
            self.vanished.push(known.vanished(miss, Some(Arc::clone(exchange))));
        }
    }
}

/// How an object was looked for: by the term that is not its id, if there is one. A filter on `id` alone is a filter
/// too: what it misses, GET by id may find.
fn search(known: &SeenState, text: &str, terms: &[Term], returned: &[Returned<'_>]) -> Option<SearchedBy> {
    let term = terms.iter().find(|term| !term.path.is("id")).or(terms.first())?;
    let held = known.held_for(term);
    let letter_case = held.is_some_and(|held| {
        matches!(&held.claim.holds, Holds::Value(value)
            if reading::likeness(value, &term.value) == Likeness::LetterCase)
    });
    let spot = held.map_or_else(|| Spot::core(&term.path.attribute), |held| held.claim.spot.clone());
    Some(SearchedBy::Filter {
        text: text.to_owned(),
        spot,
        value: term.value.clone(),
        letter_case,
        other: !returned.is_empty(),
    })
}

impl SeenState {
    fn vanished(&self, miss: Miss, found: Option<Arc<Exchange>>) -> Vanished {
        Vanished {
            kind: self.kind,
            by: miss.by,
            seen: miss.seen,
            search: miss.search,
            disabled: miss.disabled,
            found,
        }
    }

    /// The trace is over: a search that missed the object and was not put right stands.
    pub(super) fn close_presence(&mut self, vanished: &mut Vec<Vanished>) {
        let Some(miss) = self.miss.take() else {
            return;
        };
        // A filter on a value the server lost is a consequence, not a second fault.
        if let SearchedBy::Filter { spot, .. } = &miss.search {
            let lost = |held: &super::seen::SeenObject| {
                key_of(&held.claim.spot.path()) == key_of(&spot.path()) && held.read_miss.is_some()
            };
            if self.held.iter().any(lost) {
                return;
            }
        }
        let outcome = self.vanished(miss, None);
        vanished.push(outcome);
    }
}
