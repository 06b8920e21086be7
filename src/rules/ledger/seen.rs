use std::collections::HashSet;
use std::sync::Arc;
use std::time::SystemTime;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value;

use super::claim::{Claim, ClaimedChange, Holds, Spot};
use super::comparison::ClaimResult;
use super::outcome::SearchedBy;
use crate::rules::reading::{Likeness, Term, is_case_exact, likeness};
use crate::scim::discovery::Discovery;
use crate::scim::same_name;
use crate::wire::{Exchange, ResourceKind};

/// What is known of one object.
#[derive(Debug)]
pub(in crate::rules) struct SeenState {
    /// Its kind.
    pub kind: ResourceKind,
    /// Its id.
    pub id: String,
    /// The create, if this trace made the object.
    pub made: Option<Arc<Exchange>>,
    /// The accepted delete.
    pub gone: Option<Arc<Exchange>>,
    /// The last write that was accepted, or whose effect is unknown.
    pub last_write: Option<Arc<Exchange>>,
    /// `meta.created` and `meta.lastModified` as last seen.
    pub stamps: Stamps,
    /// The last answer to a write that showed the resource, with the number of writes at that time.
    pub shown: Option<(Arc<Exchange>, usize)>,
    /// A delete broke, so it is unknown whether the object exists.
    pub(super) doubtful: bool,
    pub(super) held: Vec<SeenObject>,
    pub(super) memberships: IndexMap<String, MembershipSeen>,
    pub(super) refused: Vec<(Claim, Arc<Exchange>)>,
    pub(super) miss: Option<Miss>,
    pub(super) writes: usize,
    /// Attributes that requests named, in lower case; `None` when one could not be read.
    pub(super) named: Option<HashSet<String>>,
    /// Numbers of the searches that did not find the object.
    pub(super) missed_by: Vec<usize>,
    /// Writes whose value an answer showed as written, each with the place of the value.
    pub(super) upheld: Vec<(Arc<Exchange>, Claim)>,
    /// Writes to something else that left a value as it was, each with the place of the value.
    pub(super) untouched: Vec<(Arc<Exchange>, Spot)>,
    busy_until: SystemTime,
}

/// `meta.created` and `meta.lastModified` as last seen.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::rules) struct Stamps {
    /// `meta.created`.
    pub created: Option<Timestamp>,
    /// `meta.lastModified`.
    pub last_modified: Option<Timestamp>,
}

/// A claim that stands, and how answers dealt with it.
#[derive(Debug)]
pub(in crate::rules) struct SeenObject {
    /// What was written.
    pub claim: Claim,
    /// The write.
    pub by: Arc<Exchange>,
    /// Letter case matters there.
    pub(super) case_exact: bool,
    /// What stood there before was the same, as far as is known.
    pub(super) repeats: bool,
    /// An answer showed it.
    pub(super) confirmed: bool,
    /// Number of the last write to something else that left it as it was.
    pub(super) outlived: Option<usize>,
    /// What the answer to the write itself showed instead.
    pub(super) answer_miss: Option<ClaimResult>,
    /// What a read showed instead.
    pub(super) read_miss: Option<ReadMiss>,
    pub(super) letter_case_told: bool,
}

/// A read that did not show what was written.
#[derive(Debug)]
pub(super) struct ReadMiss {
    pub reply: ClaimResult,
    pub seen: Arc<Exchange>,
    /// The last write to the object before that read.
    pub last_write: Option<Arc<Exchange>>,
    /// A refused request that would have written what was read.
    pub refused: Option<Arc<Exchange>>,
    /// That read or a later one was by id.
    pub by_id: bool,
}

/// Whether somebody is a member.
#[derive(Debug)]
pub(super) struct MembershipSeen {
    pub inside: bool,
    pub by: Arc<Exchange>,
    pub confirmed: bool,
    /// The read that showed it wrong, and the last write to the group before it.
    pub miss: Option<(Arc<Exchange>, Option<Arc<Exchange>>)>,
}

/// A search that did not find the object.
#[derive(Debug)]
pub(super) struct Miss {
    pub search: SearchedBy,
    pub seen: Arc<Exchange>,
    pub disabled: bool,
    pub writes: usize,
    /// The create or the last write before it.
    pub by: Option<Arc<Exchange>>,
}

impl MembershipSeen {
    /// True when a read showed it right, and none wrong.
    pub(super) fn is_upheld(&self) -> bool {
        self.confirmed && self.miss.is_none()
    }
}

impl SeenObject {
    /// True when it holds this value, letter case aside, and no answer spoke against it.
    pub fn says(&self, value: &Value) -> bool {
        self.is_reliable()
            && matches!(&self.claim.holds, Holds::Value(held)
                if matches!(likeness(held, value), Likeness::Same | Likeness::LetterCase))
    }

    /// True when no answer spoke against it.
    pub fn is_reliable(&self) -> bool {
        self.answer_miss.is_none() && self.read_miss.is_none()
    }
}

impl SeenState {
    pub(super) fn new(kind: ResourceKind, id: &str) -> Self {
        SeenState {
            kind,
            id: id.to_owned(),
            made: None,
            gone: None,
            last_write: None,
            stamps: Stamps::default(),
            shown: None,
            doubtful: false,
            held: Vec::new(),
            memberships: IndexMap::new(),
            refused: Vec::new(),
            miss: None,
            writes: 0,
            named: Some(HashSet::new()),
            missed_by: Vec::new(),
            upheld: Vec::new(),
            untouched: Vec::new(),
            busy_until: SystemTime::UNIX_EPOCH,
        }
    }

    /// True when the object is there as far as this trace knows.
    pub fn is_there(&self) -> bool {
        self.gone.is_none() && !self.doubtful
    }

    /// True when a search did not find it.
    pub fn is_missed(&self) -> bool {
        self.miss.is_some()
    }

    /// True when it was written to after it was made.
    pub fn was_changed(&self) -> bool {
        let same =
            |made: &Arc<Exchange>| self.last_write.as_ref().is_some_and(|last| Arc::ptr_eq(last, made));
        self.made.as_ref().is_none_or(|made| !same(made)) && self.last_write.is_some()
    }

    /// True when the last accepted write of `active` said false.
    pub fn is_disabled(&self) -> bool {
        self.held(&Spot::core("active"))
            .is_some_and(|held| held.claim.holds == Holds::Value(Value::Bool(false)))
    }

    /// What stands at a spot by the last accepted write.
    pub fn held(&self, spot: &Spot) -> Option<&SeenObject> {
        self.held.iter().find(|held| held.claim.spot.overlaps(spot))
    }

    /// True when a request to it was refused that would have written something.
    pub fn was_refused(&self) -> bool {
        !self.refused.is_empty()
    }

    /// True when somebody is a member by the last accepted write, or was taken out by one.
    pub fn counts_members(&self, inside: bool) -> bool {
        self.memberships.values().any(|membership| membership.inside == inside)
    }

    /// Every claim that stands.
    pub fn all_held(&self) -> &[SeenObject] {
        &self.held
    }

    /// True when somebody is a member by the last accepted write; `None` when nothing is known.
    pub fn has_member(&self, id: &str) -> Option<bool> {
        self.memberships.get(id).map(|membership| membership.inside)
    }

    /// True when this trace made the object and no request to it named that attribute.
    pub fn was_never_given(&self, attribute: &str) -> bool {
        let unnamed = |named: &HashSet<String>| !named.contains(&attribute.to_lowercase());
        self.made.is_some() && self.named.as_ref().is_some_and(unnamed)
    }

    /// Notes which attributes a request names.
    pub(super) fn note_names(&mut self, changes: &[ClaimedChange]) {
        for change in changes {
            match (change, &mut self.named) {
                (ClaimedChange::Claim(Claim { spot, .. }) | ClaimedChange::Forget(spot), Some(named)) => {
                    named.insert(spot.attribute.to_lowercase());
                }
                (ClaimedChange::ForgetAll, _) => self.named = None,
                _ => {}
            }
        }
    }

    /// True when an exchange began after the last write to the object had been answered, so that
    /// it must show its result.
    pub fn is_settled_for(&self, exchange: &Exchange) -> bool {
        exchange.started >= self.busy_until
    }

    /// Whether the object answers to a filter's term by what was written and not contradicted.
    pub fn answers(&self, term: &Term, discovery: &Discovery) -> bool {
        let value = &term.value;
        if term.path.is("id") {
            return value.as_str() == Some(self.id.as_str());
        }
        if self.kind == ResourceKind::Group && (term.path.is("members") || term.path.is("members.value")) {
            return value.as_str().is_some_and(|id| self.has_member(id) == Some(true));
        }
        self.held_for(term).is_some_and(|held| match &held.claim.holds {
            Holds::Value(held) => match likeness(held, value) {
                Likeness::Same => true,
                Likeness::LetterCase => !is_case_exact(discovery, self.kind, &term.path),
                Likeness::Reformatted | Likeness::Different => false,
            },
            Holds::Present => true,
            Holds::Absent => false,
        })
    }

    /// True when this trace wrote what a term asks for, whether or not answers show it.
    pub fn was_given(&self, term: &Term) -> bool {
        self.held.iter().any(|held| {
            same_name(&held.claim.spot.attribute, &term.path.attribute)
                && match &held.claim.holds {
                    Holds::Value(value) => likeness(value, &term.value) != Likeness::Different,
                    Holds::Present | Holds::Absent => true,
                }
        })
    }

    /// The claim a term asks for.
    pub fn held_for(&self, term: &Term) -> Option<&SeenObject> {
        let wanted = term.path.sub.as_deref().unwrap_or("value");
        self.held.iter().filter(|held| held.is_reliable()).find(|held| {
            let spot = &held.claim.spot;
            let asked = Spot {
                schema: term.path.schema.clone().filter(|urn| !same_name(urn, self.kind.schema())),
                attribute: term.path.attribute.clone(),
                selector: term.selector.clone(),
                sub: term.path.sub.clone(),
            };
            let selected = term.selector.iter().all(|(name, value)| {
                spot.selector
                    .iter()
                    .any(|(n, v)| same_name(n, name) && likeness(v, value) != Likeness::Different)
            });
            let is_value = match (&held.claim.holds, &spot.sub) {
                (Holds::Value(_), None) => term.path.sub.is_none(),
                (Holds::Value(_), Some(sub)) => same_name(sub, wanted),
                (Holds::Present, _) => {
                    same_name(wanted, "value")
                        && spot.selector.iter().any(|(n, v)| same_name(n, "value") && *v == term.value)
                }
                (Holds::Absent, _) => false,
            };
            is_value && selected && spot.overlaps(&asked)
        })
    }

    /// True when the last accepted write gave it a term's value, whatever the target shows.
    pub fn holds(&self, term: &Term) -> bool {
        self.held.iter().any(|held| {
            same_name(&held.claim.spot.attribute, &term.path.attribute)
                && matches!(&held.claim.holds, Holds::Value(value)
                    if matches!(likeness(value, &term.value), Likeness::Same | Likeness::LetterCase))
        })
    }

    /// Notes that a write went out.
    pub(super) fn note_write(&mut self, exchange: &Arc<Exchange>) {
        self.writes += 1;
        self.busy_until = self.busy_until.max(end_of(exchange));
        self.last_write = Some(Arc::clone(exchange));
        self.shown = None;
    }

    /// Notes a search that did not find the object; the first one counts.
    ///
    /// What was only read is somebody else's, who may delete it meanwhile: another scenario run for one.
    pub(super) fn note_miss(&mut self, search: SearchedBy, exchange: &Arc<Exchange>) {
        if self.made.is_none() && self.last_write.is_none() {
            return;
        }
        self.missed_by.push(exchange.number);
        if self.miss.is_none() && self.is_settled_for(exchange) {
            let disabled = self.is_disabled();
            let by = self.last_write.clone().or_else(|| self.made.clone());
            let seen = Arc::clone(exchange);
            self.miss = Some(Miss { search, seen, disabled, writes: self.writes, by });
        }
    }
}

/// When an exchange was over. One that broke is taken to be over at once; nothing it wrote is relied on.
pub(super) fn end_of(exchange: &Exchange) -> SystemTime {
    let elapsed = exchange.answer().map(|answer| answer.elapsed).unwrap_or_default();
    exchange.started.checked_add(elapsed).unwrap_or(exchange.started)
}

/// True when two exchanges were under way at the same time.
pub(super) fn overlap(a: &Exchange, b: &Exchange) -> bool {
    a.started < end_of(b) && b.started < end_of(a)
}
