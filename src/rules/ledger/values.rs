//! Values: what writes set, and what answers show of it.

use std::sync::Arc;

use super::claim::{Claim, ClaimedChange, Holds};
use super::comparison::{ClaimResult, is_judged, reply};
use super::outcome::{Fate, MemberOutcome, ValueOutcome, Vanished};
use super::seen::{ReadMiss, SeenObject, SeenState, overlap};
use super::{Ledger, Stamps};
use crate::rules::asked::RequestedAttributes;
use crate::rules::reading::is_case_exact;
use crate::rules::returned::Returned;
use crate::scim::discovery::Discovery;
use crate::scim::{datetime, member, same_name};
use crate::wire::{Exchange, Operation, ResourceKind};

impl Ledger {
    /// A PATCH or PUT that was accepted, or whose effect is unknown.
    pub(super) fn learn_update(
        &mut self,
        exchange: &Arc<Exchange>,
        kind: ResourceKind,
        id: &str,
        accepted: bool,
        changes: Vec<ClaimedChange>,
        discovery: &Discovery,
    ) {
        let claims = claims_in(&changes);
        let writes = self.writes;
        self.index_members(kind, id, &changes);
        if accepted {
            self.entry(kind, id);
        }
        let Some(known) = self.objects.get_mut(&(kind, id.to_owned())) else {
            return;
        };
        known.note_names(&changes);
        // When two writes overlap, the order in which the server applied them is unknown. The scenarios that send
        // such writes on purpose judge the result.
        let alone = known.is_settled_for(exchange);
        if !alone {
            known.drop_held(|held| overlap(&held.by, exchange), &mut self.values);
        }
        for mut change in changes {
            // A request that a server may refuse is none that Entra needs.
            if let (true, ClaimedChange::Claim(claim)) = (exchange.request.provoked, &mut change) {
                claim.weak = true;
            }
            known.apply(change, exchange, accepted, discovery, &mut self.values);
        }
        known.note_write(exchange);
        // An update of what was deleted made something new, if anything.
        if accepted && known.gone.is_none() {
            for resource in super::super::returned::resources(exchange) {
                known.hear_own_answer(exchange, &resource, false, &mut self.values);
                // The answer may be older than the other write's effect.
                known.shown = alone.then(|| (Arc::clone(exchange), writes));
            }
            for claim in &claims {
                self.index(kind, id, claim);
            }
        }
    }

    /// A resource that a read or query shows.
    pub(super) fn learn_resource(
        &mut self,
        exchange: &Arc<Exchange>,
        resource: &Returned<'_>,
        stamps: Stamps,
        projection: &RequestedAttributes,
    ) {
        let Some(id) = resource.id() else {
            return;
        };
        let Some(known) = self.known(resource.kind, id) else {
            self.entry(resource.kind, id).stamps = stamps;
            return;
        };
        // What is shown of an object that was deleted is another fault, and told as that.
        if !known.is_settled_for(exchange) || known.gone.is_some() {
            return;
        }
        // References are judged while what they point at is there.
        let judged: Vec<bool> = known
            .held
            .iter()
            .map(|held| projection.asks_for(&held.claim.spot.path()) && self.points_at_somebody(&held.claim))
            .collect();
        let Some(known) = self.objects.get_mut(&(resource.kind, id.to_owned())) else {
            return;
        };
        known.stamps = stamps.or(known.stamps);
        let SeenState { held, refused, last_write, untouched, kind, .. } = known;
        for (held, _) in held.iter_mut().zip(judged).filter(|(_, judged)| *judged) {
            let reply = reply(&held.claim, resource.value, *kind, held.case_exact);
            let outcome =
                |reply: ClaimResult, fate: Fate, seen: &Arc<Exchange>, held: &SeenObject| ValueOutcome {
                    claim: held.claim.clone(),
                    by: Arc::clone(&held.by),
                    reply,
                    fate,
                    seen: Arc::clone(seen),
                };
            match reply {
                ClaimResult::Right | ClaimResult::LetterCase(_) | ClaimResult::SelectorCase(_) => {
                    let other =
                        last_write.as_ref().filter(|write| !Arc::ptr_eq(write, &held.by) && held.confirmed);
                    if let Some(write) = other.filter(|write| held.outlived != Some(write.number)) {
                        held.outlived = Some(write.number);
                        untouched.push((Arc::clone(write), held.claim.spot.clone()));
                    }
                    held.confirmed = true;
                    if let Some(reply) = held.answer_miss.take() {
                        let fate = Fate::WrongAnswer { right: Some(Arc::clone(exchange)) };
                        self.values.push(outcome(reply, fate, &Arc::clone(&held.by), held));
                    }
                    if let Some(miss) = held.read_miss.take() {
                        let right = Arc::clone(exchange);
                        let fate = if is_by_id(exchange) && !is_by_id(&miss.seen) {
                            Fate::ListDiffers { right: Some(right) }
                        } else {
                            Fate::Stale { right }
                        };
                        self.values.push(outcome(miss.reply, fate, &miss.seen, held));
                    }
                    if reply != ClaimResult::Right && !held.letter_case_told {
                        held.letter_case_told = true;
                        self.values.push(outcome(reply, Fate::LetterCase, exchange, held));
                    }
                }
                wrong if held.read_miss.is_none() => {
                    let by_refused = |claim: &Claim| {
                        claim.spot.overlaps(&held.claim.spot)
                            && self::reply(claim, resource.value, *kind, held.case_exact)
                                == ClaimResult::Right
                    };
                    let refused = refused.iter().find(|(claim, _)| by_refused(claim));
                    held.read_miss = Some(ReadMiss {
                        reply: wrong,
                        seen: Arc::clone(exchange),
                        last_write: last_write.clone(),
                        refused: refused.map(|(_, by)| Arc::clone(by)),
                        by_id: is_by_id(exchange),
                    });
                }
                _ => {
                    if let Some(miss) = &mut held.read_miss {
                        miss.by_id |= is_by_id(exchange);
                    }
                }
            }
        }
    }

    /// A PATCH or PUT that was refused: it must not have changed anything.
    pub(super) fn learn_refusal(
        &mut self,
        exchange: &Arc<Exchange>,
        kind: ResourceKind,
        id: &str,
        status: Option<u16>,
        changes: Vec<ClaimedChange>,
    ) {
        let Some(known) = self.objects.get_mut(&(kind, id.to_owned())) else {
            return;
        };
        if matches!(status, Some(404 | 410)) {
            // Entra sends no PUT, and a server need not have it.
            if known.is_there() && !matches!(exchange.operation, Operation::Replace(..)) {
                known.note_miss(super::outcome::SearchedBy::Id, exchange);
            }
            return;
        }
        known.note_names(&changes);
        known.refused.extend(claims_in(&changes).into_iter().map(|claim| (claim, Arc::clone(exchange))));
    }

    /// A claim is no reference, or what it points at is there as far as this trace knows.
    fn points_at_somebody(&self, claim: &Claim) -> bool {
        match &claim.holds {
            Holds::Value(value) if same_name(&claim.spot.attribute, "manager") => {
                value.as_str().is_some_and(|id| self.is_there(id))
            }
            _ => true,
        }
    }
}

fn claims_in(changes: &[ClaimedChange]) -> Vec<Claim> {
    changes
        .iter()
        .filter_map(|change| match change {
            ClaimedChange::Claim(claim) => Some(claim.clone()),
            _ => None,
        })
        .collect()
}

impl SeenState {
    /// Applies one change of a write.
    pub(super) fn apply(
        &mut self,
        change: ClaimedChange,
        exchange: &Arc<Exchange>,
        accepted: bool,
        discovery: &Discovery,
        outcomes: &mut Vec<ValueOutcome>,
    ) {
        match change {
            ClaimedChange::Claim(claim) => {
                let replaced = self.drop_held(|held| held.claim.spot.overlaps(&claim.spot), outcomes);
                let contested = replaced
                    .iter()
                    .any(|held| overlap(&held.by, exchange) && !Arc::ptr_eq(&held.by, exchange))
                    || !self.is_settled_for(exchange);
                self.refused.retain(|(refused, _)| !refused.spot.overlaps(&claim.spot));
                let repeats =
                    replaced.iter().any(|held| held.claim.holds == claim.holds && held.is_reliable());
                if accepted && !contested && is_judged(&claim.spot, self.kind, discovery) {
                    self.held.push(SeenObject {
                        case_exact: is_case_exact(discovery, self.kind, &claim.spot.path()),
                        claim,
                        by: Arc::clone(exchange),
                        repeats,
                        confirmed: false,
                        outlived: None,
                        answer_miss: None,
                        read_miss: None,
                        letter_case_told: false,
                    });
                }
            }
            ClaimedChange::Forget(spot) => {
                self.drop_held(|held| held.claim.spot.overlaps(&spot), outcomes);
                if spot.is_core("members") {
                    self.memberships.clear();
                }
            }
            ClaimedChange::ForgetAll => {
                self.drop_held(|_| true, outcomes);
                self.memberships.clear();
            }
            ClaimedChange::Join(ids) => self.set_members(ids, true, exchange, accepted),
            ClaimedChange::Leave(ids) => self.set_members(ids, false, exchange, accepted),
            ClaimedChange::Members(ids) => self.set_exactly(ids, exchange, accepted),
        }
    }

    /// Compares what the write said with what its own answer shows.
    pub(super) fn hear_own_answer(
        &mut self,
        exchange: &Arc<Exchange>,
        resource: &Returned<'_>,
        whole: bool,
        outcomes: &mut Vec<ValueOutcome>,
    ) {
        self.stamps = Stamps::of(resource).or(self.stamps);
        for held in self.held.iter_mut().filter(|held| Arc::ptr_eq(&held.by, exchange)) {
            match reply(&held.claim, resource.value, self.kind, held.case_exact) {
                ClaimResult::Right => held.confirmed = true,
                // The answer to a PATCH need not hold the whole resource (entra-docs: use-scim).
                ClaimResult::Missing if !whole => {}
                reply @ (ClaimResult::LetterCase(_) | ClaimResult::SelectorCase(_)) => {
                    held.confirmed = true;
                    held.letter_case_told = true;
                    outcomes.push(ValueOutcome {
                        claim: held.claim.clone(),
                        by: Arc::clone(&held.by),
                        reply,
                        fate: Fate::LetterCase,
                        seen: Arc::clone(exchange),
                    });
                }
                wrong => held.answer_miss = Some(wrong),
            }
        }
    }

    /// Takes claims out of the books. What answers showed wrong until now is decided.
    fn drop_held(
        &mut self,
        which: impl Fn(&SeenObject) -> bool,
        outcomes: &mut Vec<ValueOutcome>,
    ) -> Vec<SeenObject> {
        let (dropped, kept): (Vec<SeenObject>, Vec<SeenObject>) =
            std::mem::take(&mut self.held).into_iter().partition(which);
        self.held = kept;
        for held in &dropped {
            match decide(held) {
                Some(outcome) => outcomes.push(outcome),
                None if held.confirmed && !held.repeats => {
                    self.upheld.push((Arc::clone(&held.by), held.claim.clone()))
                }
                None => {}
            }
        }
        dropped
    }

    /// The trace is over.
    pub(super) fn close(
        &mut self,
        values: &mut Vec<ValueOutcome>,
        members: &mut Vec<MemberOutcome>,
        vanished: &mut Vec<Vanished>,
    ) {
        self.close_presence(vanished);
        self.close_members(members);
        self.drop_held(|_| true, values);
    }
}

fn is_by_id(exchange: &Exchange) -> bool {
    matches!(exchange.operation, Operation::Read(..))
}

/// What a claim that answers spoke against comes to.
fn decide(held: &SeenObject) -> Option<ValueOutcome> {
    let outcome = |reply: &ClaimResult, fate: Fate, seen: &Arc<Exchange>| ValueOutcome {
        claim: held.claim.clone(),
        by: Arc::clone(&held.by),
        reply: reply.clone(),
        fate,
        seen: Arc::clone(seen),
    };
    match (&held.read_miss, &held.answer_miss) {
        (Some(miss), _) => {
            let other = miss.last_write.as_ref().filter(|write| !Arc::ptr_eq(write, &held.by));
            let fate = match &miss.refused {
                Some(refused) => Fate::Refused(Arc::clone(refused)),
                // Lists may show a part of what is stored, and no read by id says that it is gone.
                None if held.confirmed && !miss.by_id && miss.reply == ClaimResult::Missing => {
                    Fate::ListDiffers { right: None }
                }
                None if held.confirmed => Fate::Undone(other.map(Arc::clone)),
                None => Fate::Lost,
            };
            Some(outcome(&miss.reply, fate, &miss.seen))
        }
        (None, Some(reply)) => Some(outcome(reply, Fate::WrongAnswer { right: None }, &held.by)),
        (None, None) => None,
    }
}

impl Stamps {
    /// The stamps a resource shows.
    pub fn of(resource: &Returned<'_>) -> Self {
        let stamp = |name: &str| {
            let text = member(resource.member("meta")?, name)?.as_str()?;
            datetime::parse(text)
        };
        Stamps { created: stamp("created"), last_modified: stamp("lastModified") }
    }

    fn or(self, older: Stamps) -> Stamps {
        Stamps {
            created: self.created.or(older.created),
            last_modified: self.last_modified.or(older.last_modified),
        }
    }
}
