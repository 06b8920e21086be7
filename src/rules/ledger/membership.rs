//! Group members: who was added and removed, and what reads show of it.

use std::collections::HashSet;
use std::sync::Arc;

use super::outcome::MemberOutcome;
use super::seen::{MembershipSeen, SeenState, overlap};
use super::{Claim, Ledger, member_ids};
use crate::rules::asked::RequestedAttributes;
use crate::rules::reading::definition;
use crate::rules::returned::Returned;
use crate::scim::AttributePath;
use crate::scim::discovery::Discovery;
use crate::scim::schema::Returned as WhenReturned;
use crate::wire::{Exchange, ResourceKind};

impl Ledger {
    /// The members of a group as a read by id shows them.
    pub(super) fn learn_members(
        &mut self,
        exchange: &Arc<Exchange>,
        resource: &Returned<'_>,
        projection: &RequestedAttributes,
        discovery: &Discovery,
    ) {
        let path = AttributePath::simple("members");
        let shown = definition(discovery, ResourceKind::Group, &path)
            .is_none_or(|d| matches!(d.returned, WhenReturned::Default | WhenReturned::Always));
        if resource.kind != ResourceKind::Group || !projection.asks_for(&path) || !shown {
            return;
        }
        let Some(known) = resource.id().and_then(|id| self.known(ResourceKind::Group, id)) else {
            return;
        };
        if !known.is_settled_for(exchange) || known.memberships.is_empty() {
            return;
        }
        let there: HashSet<String> =
            resource.member("members").map(member_ids).unwrap_or_default().into_iter().collect();
        // A member this trace did not make, or removed since, may be left out by a correct server; and so may a
        // group in a group.
        let is_user = |id: &str| {
            let known = self.known(ResourceKind::User, id);
            known.is_some_and(|known| known.is_there() && known.made.is_some())
        };
        let judged: Vec<bool> =
            known.memberships.iter().map(|(id, membership)| !membership.inside || is_user(id)).collect();
        let key = (ResourceKind::Group, known.id.clone());
        let Some(known) = self.objects.get_mut(&key) else {
            return;
        };
        let last_write = known.last_write.clone();
        for ((id, membership), _) in known.memberships.iter_mut().zip(judged).filter(|(_, judged)| *judged) {
            if there.contains(id) == membership.inside {
                membership.confirmed = true;
                membership.miss = None;
            } else if membership.miss.is_none() {
                membership.miss = Some((Arc::clone(exchange), last_write.clone()));
            }
        }
    }
}

impl SeenState {
    pub(super) fn set_members(
        &mut self,
        ids: Vec<String>,
        inside: bool,
        exchange: &Arc<Exchange>,
        accepted: bool,
    ) {
        for id in ids {
            let before = self.memberships.get(&id);
            let contested =
                before.is_some_and(|before| before.inside != inside && overlap(&before.by, exchange));
            if contested || !accepted {
                self.memberships.swap_remove(&id);
                continue;
            }
            // Adding twice changes nothing; a read that missed the first add still stands.
            if before.is_some_and(|before| before.inside == inside) {
                continue;
            }
            let membership =
                MembershipSeen { inside, by: Arc::clone(exchange), confirmed: false, miss: None };
            if let Some(before) = self.memberships.insert(id, membership)
                && before.is_upheld()
            {
                self.upheld.push((before.by, Claim::of_members()));
            }
        }
    }

    pub(super) fn set_exactly(&mut self, ids: Vec<String>, exchange: &Arc<Exchange>, accepted: bool) {
        let contested = self.memberships.values().any(|membership| overlap(&membership.by, exchange));
        if contested || !accepted {
            return self.memberships.clear();
        }
        let leaving: Vec<String> = self.memberships.keys().filter(|id| !ids.contains(id)).cloned().collect();
        self.set_members(leaving, false, exchange, accepted);
        self.set_members(ids, true, exchange, accepted);
    }

    /// The trace is over: memberships that a read showed wrong and none put right stand.
    pub(super) fn close_members(&mut self, outcomes: &mut Vec<MemberOutcome>) {
        let first = outcomes.len();
        let upheld = self.memberships.values().filter(|membership| membership.is_upheld());
        let upheld = upheld.map(|membership| (Arc::clone(&membership.by), Claim::of_members()));
        self.upheld.extend(upheld);
        for membership in self.memberships.values_mut() {
            let Some((seen, last_write)) = membership.miss.take() else {
                continue;
            };
            let same = |outcome: &&mut MemberOutcome| {
                Arc::ptr_eq(&outcome.seen, &seen) && outcome.missing == membership.inside
            };
            match outcomes[first..].iter_mut().find(same) {
                Some(outcome) => {
                    outcome.count += 1;
                    outcome.seen_before += usize::from(membership.confirmed);
                    outcome.by = Arc::clone(&membership.by);
                }
                None => outcomes.push(MemberOutcome {
                    by: Arc::clone(&membership.by),
                    last_write,
                    seen,
                    missing: membership.inside,
                    count: 1,
                    seen_before: usize::from(membership.confirmed),
                }),
            }
        }
    }
}
