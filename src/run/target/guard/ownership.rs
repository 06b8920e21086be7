//! Which objects at a target are this run's, by what its answers have shown so far.
//!
//! docs/safety.md has the rules as a table, and `tests` hold each line of it.

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::evidence;
use super::evidence::{GivenName, Key, Marks, ShownOwner, narrows, referred_to};
use super::reach::posted_to;
use super::standing::Standing;
use crate::run::observer::reader;
use crate::run::target::journal::Journal;
use crate::wire::{
    Answer, Method, Operation, Request, ResourceKind, Tenant, bulk_creates, id_of, is_bulk, made_id,
};

/// What a whole run knows of the objects at its target. Every scenario of the run shares it.
#[derive(Debug)]
pub struct Ownership {
    prefix: String,
    /// The run started the server itself: it holds no other people's objects.
    alone: bool,
    /// The target shows no names, and the user has said so.
    opaque: bool,
    drawn: Mutex<HashSet<String>>,
    moments: AtomicU64,
    /// For the first and the second tenant.
    journals: [Option<Arc<Journal>>; 2],
    tenants: [Mutex<TenantObjects>; 2],
}

/// A place in the order of requests that were sent and answers that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Moment(u64);

/// What is known of one tenant.
#[derive(Debug, Default)]
struct TenantObjects {
    objects: HashMap<Key, ObjectRecord>,
    /// A read by id has shown an object of ours with its names, so that reads tell who is there.
    reads_show_ours: bool,
    /// A read of an id of ours did not show it.
    reads_failed: bool,
    /// Objects whose DELETE is under way: another scenario that reads one may find it gone already.
    deleting: HashSet<Key>,
    /// Ids that a body of this run named before any answer showed them: they are nobody's.
    made_up: HashSet<Key>,
    /// What came of a filter on a GUID that was just drawn, for users and for groups.
    random_filter: HashMap<ResourceKind, RandomFilter>,
    /// What came of a read of an id that was just drawn: true if it was 404.
    random_read: Option<bool>,
}

#[derive(Debug, Default)]
struct ObjectRecord {
    standing: Standing,
    /// When an answer showed it first.
    first_seen: Moment,
    /// What this run sent to it, in lower case: no name of somebody else.
    sent: Vec<String>,
    /// The attribute and the value by which a filter finds it.
    name: Option<GivenName>,
    /// A DELETE may have been carried out: a read that does not find it tells.
    doubted: bool,
}

impl TenantObjects {
    /// The record of the same GUID in another letter case: many servers read both as one.
    fn same_guid(&self, (kind, id): &Key) -> Option<&ObjectRecord> {
        uuid::Uuid::parse_str(id).ok()?;
        let mut others = self.objects.iter();
        others
            .find(|((other, known), _)| other == kind && known.eq_ignore_ascii_case(id))
            .map(|(_, record)| record)
    }

    /// The record of an object that an answer showed at that moment.
    fn sighted(&mut self, key: Key, moment: Moment) -> &mut ObjectRecord {
        self.objects
            .entry(key)
            .or_insert_with(|| ObjectRecord { first_seen: moment, ..ObjectRecord::default() })
    }
}

impl Ownership {
    /// For a run with this prefix, which must not be empty, at a target where other people's objects are.
    #[must_use]
    pub fn new(prefix: &str) -> Self {
        Ownership {
            prefix: prefix.to_lowercase(),
            alone: false,
            opaque: false,
            drawn: Mutex::default(),
            moments: AtomicU64::new(0),
            journals: [None, None],
            tenants: Default::default(),
        }
    }

    /// The same at a server that was started for the run and holds no other people's objects.
    #[must_use]
    pub fn alone(mut self) -> Self {
        self.alone = true;
        self
    }

    /// The same at a target that never shows names: what a create names is ours, unless an answer speaks
    /// against it.
    #[must_use]
    pub fn opaque(mut self) -> Self {
        self.opaque = true;
        self
    }

    /// The same, writing each object that is made into a journal before anybody hears of it.
    #[must_use]
    pub fn journalled(mut self, journal: Arc<Journal>) -> Self {
        self.journals[0] = Some(journal);
        self
    }

    /// The same for objects of the second tenant.
    #[must_use]
    pub fn second_journalled(mut self, journal: Arc<Journal>) -> Self {
        self.journals[1] = Some(journal);
        self
    }

    /// A GUID was drawn at random in this run: no other object carries it.
    pub fn drew(&self, guid: &str) {
        self.drawn().insert(guid.to_lowercase());
    }

    /// True when a name of a resource begins with the run's prefix.
    pub(super) fn is_named_by_us(&self, resource: &Value) -> bool {
        evidence::named_with(&self.prefix, resource) == evidence::Named::Begins
    }

    pub(super) fn is_alone(&self) -> bool {
        self.alone
    }

    pub(super) fn is_opaque(&self) -> bool {
        self.opaque
    }

    pub(super) fn journal(&self, tenant: Tenant) -> Option<&Arc<Journal>> {
        self.journals[usize::from(tenant.is_second())].as_ref()
    }

    /// True for a text that only this run can have written.
    pub(super) fn marks(&self, text: &str) -> bool {
        Marks { prefix: &self.prefix, drawn: &self.drawn() }.are_in(text)
    }

    /// Whom a resource belongs to by what it shows; `key` is what a create of ours may have sent to.
    pub(super) fn shown(&self, tenant: Tenant, key: Option<&Key>, resource: &Value) -> ShownOwner {
        let known = self.known(tenant);
        let record = key.and_then(|key| known.objects.get(key));
        let sent = record.map_or(&[][..], |record| &record.sent);
        self.shown_after(sent, record.and_then(|record| record.name.as_ref()), resource)
    }

    fn shown_after(&self, sent: &[String], given: Option<&GivenName>, resource: &Value) -> ShownOwner {
        evidence::shown(resource, Marks { prefix: &self.prefix, drawn: &self.drawn() }, sent, given)
    }

    pub(super) fn standing(&self, tenant: Tenant, key: &Key) -> Option<Standing> {
        self.known(tenant).objects.get(key).map(|record| record.standing.clone())
    }

    /// A body that is about to be sent names this id. Returns whether the run made it up: true when this run's bodies
    /// named it before any answer showed it.
    pub(super) fn note_mention(&self, tenant: Tenant, key: &Key) -> bool {
        let mut known = self.known(tenant);
        if !known.objects.contains_key(key) {
            known.made_up.insert(key.clone());
        }
        known.made_up.contains(key)
    }

    pub(super) fn settle(&self, tenant: Tenant, key: &Key, standing: Standing) {
        self.known(tenant).objects.entry(key.clone()).or_default().standing = standing;
    }

    /// The attribute and the value by which a filter finds what a create of ours made.
    pub(super) fn name_of(&self, tenant: Tenant, key: &Key) -> Option<GivenName> {
        self.known(tenant).objects.get(key)?.name.clone()
    }

    /// True when an object of the other tenant with this id is ours.
    pub(super) fn is_ours_elsewhere(&self, tenant: Tenant, key: &Key) -> bool {
        let other = if tenant.is_second() { Tenant::First } else { Tenant::Second };
        matches!(self.standing(other, key), Some(Standing::Ours | Standing::Candidate { .. }))
    }

    /// Objects of ours that are at the target now, others than `key`: those that were proven first.
    pub(super) fn living(&self, tenant: Tenant, key: &Key) -> Vec<Key> {
        let known = self.known(tenant);
        let of_that_kind = known.objects.iter().filter(|(other, _)| other.0 == key.0 && *other != key);
        let mut living: Vec<(bool, Key)> = of_that_kind
            .filter_map(|(other, record)| match record.standing {
                Standing::Ours => Some((false, other.clone())),
                Standing::Candidate { .. } => Some((true, other.clone())),
                _ => None,
            })
            .collect();
        living.sort_unstable_by(|one, other| (one.0, &one.1.1).cmp(&(other.0, &other.1.1)));
        living.into_iter().map(|(_, key)| key).collect()
    }

    pub(super) fn reads(&self, tenant: Tenant) -> Reads {
        let known = self.known(tenant);
        Reads { show_ours: known.reads_show_ours, failed: known.reads_failed, random: known.random_read }
    }

    pub(super) fn random_filter(&self, tenant: Tenant, kind: ResourceKind) -> Option<RandomFilter> {
        self.known(tenant).random_filter.get(&kind).copied()
    }

    pub(super) fn note_random_filter(&self, tenant: Tenant, kind: ResourceKind, filter: RandomFilter) {
        self.known(tenant).random_filter.insert(kind, filter);
    }

    pub(super) fn note_random_read(&self, tenant: Tenant, missing: bool) {
        self.known(tenant).random_read = Some(missing);
    }

    /// The present: later than every moment that was asked for before.
    pub(super) fn now(&self) -> Moment {
        Moment(self.moments.fetch_add(1, Ordering::SeqCst))
    }

    /// Learns what an answer says of objects. `sent_to` is the absolute URL of the request, and `begun` a moment before it
    /// was sent.
    ///
    /// # Errors
    /// When the journal cannot be written; then nothing more may be made.
    pub(super) fn learn(
        &self,
        request: &Request,
        answer: &Answer,
        sent_to: &str,
        begun: Moment,
    ) -> io::Result<()> {
        let tenant = request.tenant;
        match Operation::of(request) {
            Operation::Create(kind) if answer.is_success() => {
                if let Some(id) = made_id(kind, answer, sent_to, &request.path) {
                    let sent = request.json().unwrap_or_default();
                    self.named(tenant, (kind, id), &sent, answer.body.json(), begun)?;
                }
            }
            Operation::Other if is_bulk(request) => {
                for create in bulk_creates(request, Some(answer), sent_to) {
                    if let (Some(id), true) = (create.id, create.succeeded) {
                        let shown = create.shown.as_ref();
                        self.named(tenant, (create.kind, id), &create.sent, shown, begun)?;
                    }
                }
                if answer.is_success() {
                    self.bulk_deleted(request);
                }
            }
            Operation::Other if request.writes() && answer.is_success() => {
                // A POST to /Users/{id}, which RFC 7644 does not know, may make a user all the same.
                if let Some(kind) = posted_to(request)
                    && let Some(id) = made_id(kind, answer, sent_to, &request.path)
                {
                    let sent = request.json().unwrap_or_default();
                    self.named(tenant, (kind, id), &sent, answer.body.json(), begun)?;
                }
            }
            Operation::Delete(kind, id) if answer.is_success() || matches!(answer.status, 404 | 410) => {
                self.gone(tenant, &(kind, id));
            }
            Operation::Delete(kind, id) => self.doubt(tenant, &(kind, id)),
            Operation::Modify(kind, id) | Operation::Replace(kind, id) => {
                let key = (kind, id);
                self.wrote(tenant, &key, &request.json().unwrap_or_default());
                if let Some(body) = answer.body.json().filter(|_| answer.is_success()) {
                    self.see(tenant, kind, Some(&key.1), body, false);
                }
            }
            Operation::Read(kind, id) => self.read(request, kind, id, answer),
            Operation::Query { kind, .. } if answer.is_success() => {
                self.list(request, Some(kind), answer);
            }
            Operation::Search if answer.is_success() => {
                let kinds = [ResourceKind::User, ResourceKind::Group];
                let kind = kinds.into_iter().find(|kind| request.path.starts_with(kind.endpoint()));
                self.list(request, kind, answer);
            }
            _ => {}
        }
        Ok(())
    }

    /// A create of ours, begun at that moment, was answered with success and named this id.
    fn named(
        &self,
        tenant: Tenant,
        key: Key,
        sent: &Value,
        body: Option<&Value>,
        begun: Moment,
    ) -> io::Result<()> {
        let texts = evidence::texts(sent);
        let given = evidence::name_sent(sent);
        let shown = body.map_or(ShownOwner::Nothing, |body| self.shown_after(&texts, given.as_ref(), body));
        let mut known = self.known(tenant);
        // What another scenario saw while the create was under way may be what it made.
        let was_there =
            |record: &&ObjectRecord| record.standing != Standing::Seen || record.first_seen < begun;
        let record = known.objects.get(&key).or_else(|| known.same_guid(&key));
        let before = record.filter(was_there).map(|record| record.standing.clone());
        let standing = match (before, shown) {
            // A server may answer a create with an object that was there before.
            (Some(Standing::Foreign(who)), _) => Standing::Foreign(who),
            (_, ShownOwner::Another(who)) => Standing::Foreign(who),
            (Some(Standing::Seen), _) if !self.alone => Standing::Foreign(format!(
                "the object with the id {}, which existed before this run's create",
                key.1
            )),
            // Another object of ours has that id: it is looked at once more before it is written to.
            (Some(Standing::Ours), _) => Standing::Candidate { echoed: true },
            (None | Some(_), shown) => Standing::Candidate { echoed: shown == ShownOwner::Ours },
        };
        let is_foreign = matches!(standing, Standing::Foreign(_));
        let record = known.objects.entry(key.clone()).or_default();
        record.standing = standing;
        record.sent.extend(texts);
        record.name = record.name.take().or(given);
        drop(known);
        match self.journal(tenant) {
            Some(journal) if !is_foreign => journal.made(key.0, &key.1),
            _ => Ok(()),
        }
    }

    fn gone(&self, tenant: Tenant, key: &Key) {
        let mut known = self.known(tenant);
        if let Some(record) = known.objects.get_mut(key)
            && matches!(record.standing, Standing::Ours | Standing::Candidate { .. })
        {
            record.standing = Standing::Deleted;
        }
        drop(known);
        // `cleanup` looks at what a journal names, and finds that it is gone.
        let _ = self.journal(tenant).map(|journal| journal.removed(key.0, &key.1));
    }

    /// What a bulk request deleted, it may also have left: its answer is not read for that.
    fn bulk_deleted(&self, request: &Request) {
        let sent = request.json().unwrap_or_default();
        let operations = reader::member(&sent, "Operations").and_then(Value::as_array);
        for operation in operations.into_iter().flatten() {
            let text = |name| reader::member(operation, name).and_then(Value::as_str).unwrap_or_default();
            if !text("method").eq_ignore_ascii_case("DELETE") {
                continue;
            }
            let delete = Request::new(request.actor, Method::Delete, text("path"), "");
            if let Operation::Delete(kind, id) = Operation::of(&delete) {
                self.doubt(request.tenant, &(kind, id));
            }
        }
    }

    /// Whether a DELETE was carried out is not certain, and ids are reused: it has to be looked at before it is
    /// written to.
    pub(super) fn doubt(&self, tenant: Tenant, key: &Key) {
        if let Some(record) = self.known(tenant).objects.get_mut(key)
            && matches!(record.standing, Standing::Ours | Standing::Candidate { .. })
            && !self.alone
        {
            record.standing = Standing::Candidate { echoed: false };
            record.doubted = true;
        }
    }

    /// A DELETE of it is sent, or was answered.
    pub(super) fn deleting(&self, tenant: Tenant, key: &Key, under_way: bool) {
        let mut known = self.known(tenant);
        match under_way {
            true => known.deleting.insert(key.clone()),
            false => known.deleting.remove(key),
        };
    }

    fn wrote(&self, tenant: Tenant, key: &Key, sent: &Value) {
        if let Some(record) = self.known(tenant).objects.get_mut(key) {
            record.sent.extend(evidence::texts(sent));
        }
    }

    fn read(&self, request: &Request, kind: ResourceKind, id: String, answer: &Answer) {
        let tenant = request.tenant;
        let key = (kind, id);
        let body = answer.body.json().filter(|body| answer.is_success() && body.is_object());
        let Some(body) = body else {
            // Of a busy server nothing is learnt.
            let asked_as_usual = !request.provoked
                && tenant != Tenant::SecondByFirst
                && !request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
            // Who owns it and whether its DELETE is under way is asked at once: another scenario may end one in between.
            let mut known = self.known(tenant);
            let is_ours = known.objects.get(&key).is_some_and(|record| record.standing == Standing::Ours);
            let stays = !known.deleting.contains(&key);
            if is_ours && stays && asked_as_usual && !matches!(answer.status, 304 | 429 | 503) {
                known.reads_failed = true;
            }
            let doubted = known.objects.get(&key).is_some_and(|record| record.doubted);
            drop(known);
            if doubted && !is_ours && asked_as_usual && matches!(answer.status, 404 | 410) {
                self.gone(tenant, &key);
            }
            return;
        };
        self.see(tenant, kind, Some(&key.1), body, !narrows(request));
        let other = id_of(body).is_some_and(|id| id != key.1);
        if !other && self.shown(tenant, Some(&key), body) == ShownOwner::Ours {
            let mut known = self.known(tenant);
            let record = known.objects.entry(key).or_default();
            let named = matches!(record.standing, Standing::Candidate { .. } | Standing::Ours);
            let begins = evidence::named_with(&self.prefix, body) == evidence::Named::Begins;
            if named || (begins && matches!(record.standing, Standing::Seen | Standing::SeenAsOurs)) {
                record.standing = Standing::Ours;
            }
            known.reads_show_ours |= named && !narrows(request);
        }
    }

    fn list(&self, request: &Request, kind: Option<ResourceKind>, answer: &Answer) {
        let resources = answer.body.json().and_then(|body| reader::member(body, "Resources"));
        for resource in resources.and_then(Value::as_array).into_iter().flatten() {
            let kind = kind.unwrap_or_else(|| match reader::member(resource, "userName") {
                Some(_) => ResourceKind::User,
                None => ResourceKind::Group,
            });
            self.see(request.tenant, kind, None, resource, !narrows(request));
        }
    }

    /// An answer showed a resource. `asked` is the id in the URL; `whole` says that its names would be there.
    fn see(&self, tenant: Tenant, kind: ResourceKind, asked: Option<&str>, resource: &Value, whole: bool) {
        let moment = self.now();
        let id = id_of(resource);
        let ids: HashSet<&str> = asked.into_iter().chain(id.as_deref()).collect();
        let agrees = ids.len() < 2;
        for id in ids {
            let key = (kind, id.to_owned());
            let shown = match (self.shown(tenant, Some(&key), resource), whole) {
                (ShownOwner::Another(_), false) => ShownOwner::Nothing,
                // Which of the two ids the names belong to is not said.
                (ShownOwner::Ours, _) if !agrees => ShownOwner::Nothing,
                (shown, _) => shown,
            };
            let mut known = self.known(tenant);
            let record = known.sighted(key, moment);
            record.standing = std::mem::take(&mut record.standing).after(shown);
        }
        for (kind, id) in referred_to(resource) {
            self.known(tenant).sighted((kind, id), moment);
        }
    }

    fn drawn(&self) -> MutexGuard<'_, HashSet<String>> {
        self.drawn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ids of one tenant say nothing of another.
    fn known(&self, tenant: Tenant) -> MutexGuard<'_, TenantObjects> {
        self.tenants[usize::from(tenant.is_second())].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a filter on a GUID that was just drawn is answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RandomFilter {
    /// An empty list, as is right.
    Nobody,
    /// Somebody: filters are ignored.
    Somebody,
    /// No list.
    Refused,
}

/// What was learnt of a target's reads by id.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reads {
    pub show_ours: bool,
    pub failed: bool,
    pub random: Option<bool>,
}
