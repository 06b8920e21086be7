//! The model server: it answers requests, with its faults, and writes down which writes were meant for
//! somebody else's object.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use scimulate::run::{Stage, Stages};
use scimulate::scim::urn;
use scimulate::wire::{Answer, Body, Broken, Method, Request, ResourceKind, Secrets, Sent, Target};
use serde_json::{Value, json};

use super::fault::{Fault, Faults};
use super::resource::{self, get};
use super::store::{BASE, Object, Store, encoded};

/// A server that can be asked by many.
#[derive(Clone)]
pub struct Model(Arc<Mutex<State>>);

/// What it holds and what it saw.
pub struct State {
    pub(super) faults: Faults,
    pub(super) random: ChaCha8Rng,
    /// A fault that need not always be there is there in so many of ten cases.
    often: u32,
    pub store: Store,
    /// Each request with its answer's status, for those who look into a failing seed.
    pub seen: Vec<String>,
    /// Requests that change state.
    pub writes: usize,
    /// Those of them that were addressed to a foreign object.
    pub foreign_writes: Vec<String>,
    /// How many ids were given, for users and for groups.
    given: [usize; 2],
    /// Ids that were deleted and may be given again.
    pub(super) free: Vec<(ResourceKind, String)>,
}

/// An answer that is being made, or none that arrives.
pub(super) enum Reply {
    Json(u16, Vec<(String, String)>, Value),
    Bytes(u16, Vec<(String, String)>, Vec<u8>),
    Lost,
}

impl Reply {
    pub(super) fn json(status: u16, body: Value) -> Self {
        Reply::Json(status, Vec::new(), body)
    }

    pub(super) fn empty(status: u16) -> Self {
        Reply::Bytes(status, Vec::new(), Vec::new())
    }

    pub(super) fn error(status: u16) -> Self {
        let mut body = json!({"schemas": [urn::ERROR], "status": status.to_string(), "detail": "so it is"});
        if status == 409 {
            body["scimType"] = "uniqueness".into();
        }
        Reply::json(status, body)
    }

    fn status(&self) -> u16 {
        match self {
            Reply::Json(status, ..) | Reply::Bytes(status, ..) => *status,
            Reply::Lost => 0,
        }
    }

    fn answer(self) -> Result<Answer, Broken> {
        match self {
            Reply::Json(status, headers, body) => {
                let mut answer = Answer::json(status, &body);
                answer.headers.extend(headers);
                Ok(answer)
            }
            Reply::Bytes(status, mut headers, bytes) => {
                if !bytes.is_empty() {
                    headers.push(("content-type".into(), "application/scim+json".into()));
                }
                Ok(Answer { status, headers, body: Body::new(bytes), elapsed: Duration::ZERO })
            }
            Reply::Lost => Err(Broken::TimedOut(Duration::from_secs(30))),
        }
    }
}

impl Model {
    /// A server with these faults and some foreign people and groups.
    pub fn new(faults: Faults, seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let often = if random.random_bool(0.5) { 10 } else { 5 };
        let mut state = State {
            faults,
            random,
            often,
            store: Store::default(),
            seen: Vec::new(),
            writes: 0,
            foreign_writes: Vec::new(),
            given: [0, 0],
            free: Vec::new(),
        };
        for kind in [ResourceKind::User, ResourceKind::Group, ResourceKind::User, ResourceKind::User] {
            let id = state.new_id(kind);
            state.store.stranger(kind, id);
        }
        Model(Arc::new(Mutex::new(state)))
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Target for Model {
    async fn send(&self, request: Request) -> Result<Answer, Broken> {
        self.state().handle(&request)
    }

    fn sent_as(&self, request: &Request) -> Sent {
        Sent { url: format!("{BASE}{}", request.path_and_query()), headers: request.headers.clone() }
    }
}

impl Stages for Model {
    type Target = Model;

    async fn open(&self) -> Result<Stage<Model>, String> {
        Ok(Stage {
            target: self.clone(),
            base_url: BASE.to_owned(),
            secrets: Secrets::default(),
            sign_ins: Vec::new(),
            hold: Box::new(()),
        })
    }

    fn is_shared(&self) -> bool {
        true
    }
}

/// What a path leads to, as web servers read it: cut at `?` and `#`, decoded once, `.` and `..` resolved.
fn route(path: &str) -> (String, Option<String>) {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let path = percent_encoding::percent_decode_str(path).decode_utf8_lossy();
    let mut parts: Vec<&str> = Vec::new();
    for part in path.trim_matches('/').split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let mut parts = parts.into_iter();
    let endpoint = parts.next().unwrap_or_default().to_owned();
    let rest: Vec<&str> = parts.collect();
    (endpoint, (!rest.is_empty()).then(|| rest.join("/")))
}

pub(super) fn kind_at(endpoint: &str) -> Option<ResourceKind> {
    [ResourceKind::User, ResourceKind::Group].into_iter().find(|kind| kind.endpoint()[1..] == *endpoint)
}

impl State {
    /// True when a fault is there this time.
    pub(super) fn met(&mut self, fault: Fault) -> bool {
        self.faults.has(fault) && self.random.random_ratio(self.often, 10)
    }

    fn handle(&mut self, request: &Request) -> Result<Answer, Broken> {
        let line = format!("{} {}", request.method.as_str(), request.path_and_query());
        let reply = self.route(request.method, &request.path, request.json(), request);
        let body = request.body.as_deref().unwrap_or_default();
        self.seen.push(format!("{line} -> {} [{}] {body}", reply.status(), request.step));
        reply.answer()
    }

    fn route(&mut self, method: Method, path: &str, body: Option<Value>, request: &Request) -> Reply {
        let (endpoint, id) = route(path);
        if endpoint == "Bulk" && method == Method::Post {
            return self.bulk(&body.unwrap_or_default(), request);
        }
        if endpoint == "ServiceProviderConfig" && method == Method::Get {
            return Reply::json(200, config());
        }
        let Some(kind) = kind_at(&endpoint) else { return Reply::error(404) };
        let searches = id.as_deref() == Some(".search");
        if method.is_unsafe() && !searches {
            self.writes += 1;
            if let Some(id) = &id
                && self.store.find(kind, id).is_some_and(Object::is_foreign)
            {
                let body = request.body.as_deref().unwrap_or_default();
                self.foreign_writes.push(format!("{} {path} [{}] {body}", method.as_str(), request.step));
            }
        }
        match (method, id) {
            (Method::Get, None) => self.list(kind, &|name| request.parameter(name)),
            (Method::Post, Some(_)) if searches => {
                let asked = body.unwrap_or_default();
                self.list(kind, &|name| {
                    get(&asked, name).map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned))
                })
            }
            (Method::Get, Some(id)) => self.read(kind, &id, request.parameter("excludedAttributes")),
            (Method::Post, None) => self.create(kind, body),
            (Method::Post, Some(_)) if self.faults.has(Fault::PostToIdCreates) => self.create(kind, body),
            (Method::Put, Some(id)) => self.replace(kind, &id, body),
            (Method::Patch, Some(id)) => self.modify(kind, &id, &body.unwrap_or_default()),
            (Method::Delete, Some(id)) => self.delete(kind, &id),
            _ => Reply::error(405),
        }
    }

    fn list(&mut self, kind: ResourceKind, asked: &dyn Fn(&str) -> Option<String>) -> Reply {
        let filter = asked("filter");
        if filter.is_some() && self.faults.has(Fault::FilterRefused) {
            return Reply::error(501);
        }
        let mut hits: Vec<Object> = Vec::new();
        for object in self.store.of(kind) {
            let shown = object_for_filters(object);
            match filter.as_ref().map_or(Some(true), |filter| resource::matches(&shown, filter)) {
                Some(true) => hits.push(object.clone()),
                Some(false) => {}
                None => return Reply::error(400),
            }
        }
        let foreign = || self.store.foreign(kind).into_iter().cloned();
        if filter.is_some() {
            if self.faults.has(Fault::FilterAll) {
                hits = self.store.of(kind).cloned().collect();
            } else if self.faults.has(Fault::FilterFirst) {
                hits = self.store.of(kind).take(1).cloned().collect();
            } else if self.faults.has(Fault::FilterForeign) {
                hits = foreign().collect();
            } else if self.faults.has(Fault::FilterOneForeign) {
                hits = foreign().take(1).collect();
            }
        }
        let number = |name: &str, usual: usize| asked(name).and_then(|n| n.parse().ok()).unwrap_or(usual);
        let start = number("startIndex", 1).max(1);
        let page: Vec<Object> = hits.iter().skip(start - 1).take(number("count", 100)).cloned().collect();
        let mut page: Vec<Value> = page.iter().map(|object| self.listed(object)).collect();
        page.iter_mut().for_each(|resource| exclude(resource, asked("excludedAttributes")));
        Reply::json(
            200,
            json!({
                "schemas": [urn::LIST_RESPONSE], "totalResults": hits.len(), "startIndex": start,
                "itemsPerPage": page.len(), "Resources": page,
            }),
        )
    }

    fn listed(&mut self, object: &Object) -> Value {
        let mut shown = self.shown(object);
        if self.met(Fault::ListForeignIds) {
            shown["id"] = self.foreign_id(object.kind).into();
        } else if self.met(Fault::ListOtherIds) {
            shown["id"] = self.other_id(object.kind, &object.id).into();
        } else if self.met(Fault::ListUnknownIds) {
            shown["id"] = self.unknown_id().into();
        }
        shown
    }

    fn read(&mut self, kind: ResourceKind, id: &str, excluded: Option<String>) -> Reply {
        let refusal = [(Fault::ReadForbidden, 403), (Fault::ReadUnsupported, 501), (Fault::ReadMissing, 404)];
        if let Some((_, status)) = refusal.iter().find(|(fault, _)| self.faults.has(*fault)) {
            return Reply::error(*status);
        }
        for (fault, status) in [(Fault::ReadSometimesMissing, 404), (Fault::ReadFails, 500)] {
            if self.faults.has(fault) && self.random.random_bool(0.5) {
                return Reply::error(status);
            }
        }
        let Some(object) = self.store.find(kind, id).cloned() else { return Reply::error(404) };
        if object.is_foreign() && self.faults.has(Fault::ForeignHidden) {
            return Reply::error(404);
        }
        let mut shown = self.shown(&object);
        if !object.is_foreign() {
            if self.met(Fault::ReadForeignId) {
                shown["id"] = self.foreign_id(kind).into();
            } else if self.met(Fault::ReadOtherId) {
                shown["id"] = self.other_id(kind, id).into();
            } else if self.met(Fault::ReadForeignWhole)
                && let Some(foreign) = self.a_foreign(kind)
            {
                shown = self.shown(&foreign);
            }
        }
        exclude(&mut shown, excluded);
        Reply::json(200, shown)
    }

    fn replace(&mut self, kind: ResourceKind, id: &str, body: Option<Value>) -> Reply {
        let Some(Value::Object(mut held)) = body else { return Reply::error(400) };
        let Some(object) = self.store.find_mut(kind, id) else { return Reply::error(404) };
        held.remove("id");
        held.remove("meta");
        object.held = Value::Object(held);
        object.note_names();
        self.changed(kind, id)
    }

    fn modify(&mut self, kind: ResourceKind, id: &str, body: &Value) -> Reply {
        let Some(object) = self.store.find_mut(kind, id) else { return Reply::error(404) };
        let mut held = object.held.clone();
        if !resource::patch(&mut held, body) {
            return Reply::error(400);
        }
        object.held = held;
        object.note_names();
        self.changed(kind, id)
    }

    /// The answer to a change.
    fn changed(&mut self, kind: ResourceKind, id: &str) -> Reply {
        let Some(object) = self.store.find(kind, id).cloned() else { return Reply::error(404) };
        let mut shown = self.shown(&object);
        if self.met(Fault::PatchForeignId) {
            shown["id"] = self.foreign_id(kind).into();
        } else if self.met(Fault::PatchForeignWhole)
            && let Some(foreign) = self.a_foreign(kind)
        {
            shown = self.shown(&foreign);
        }
        if self.faults.has(Fault::NamesInGetsOnly) {
            shown = bare(&shown);
        }
        Reply::json(200, shown)
    }

    fn delete(&mut self, kind: ResourceKind, id: &str) -> Reply {
        if self.faults.has(Fault::DeleteRefused)
            || (self.faults.has(Fault::DeleteSometimesRefused) && self.random.random_bool(0.5))
        {
            return Reply::error(403);
        }
        if !self.store.remove(kind, id) {
            return Reply::error(404);
        }
        for object in self.store.of(ResourceKind::Group).map(|group| group.id.clone()).collect::<Vec<_>>() {
            if let Some(group) = self.store.find_mut(ResourceKind::Group, &object).filter(|g| !g.is_foreign())
                && let Some(members) = group.held.get_mut("members").and_then(Value::as_array_mut)
            {
                members.retain(|member| get(member, "value").and_then(Value::as_str) != Some(id));
            }
        }
        if self.met(Fault::ReusedByForeign) {
            self.store.stranger(kind, id.to_owned());
        } else if self.faults.has(Fault::ReusedByNext) {
            self.free.push((kind, id.to_owned()));
        }
        if self.met(Fault::DeleteFailsAfterwards) {
            return Reply::error(500);
        }
        if self.met(Fault::DeleteUnanswered) { Reply::Lost } else { Reply::empty(204) }
    }

    fn bulk(&mut self, body: &Value, request: &Request) -> Reply {
        let mut made: Vec<(String, String)> = Vec::new();
        let mut results = Vec::new();
        for operation in get(body, "Operations").and_then(Value::as_array).into_iter().flatten() {
            // References to what was made in the same request.
            let mut text = operation.to_string();
            for (bulk_id, id) in &made {
                text = text.replace(&format!("bulkId:{bulk_id}"), id);
            }
            let operation: Value = serde_json::from_str(&text).unwrap_or_default();
            let named =
                |name: &str| get(&operation, name).and_then(Value::as_str).unwrap_or_default().to_owned();
            let (path, bulk_id) = (named("path"), named("bulkId"));
            let Ok(method) = named("method").to_ascii_uppercase().parse::<Method>() else { continue };
            let count = self.store.all().len();
            let reply = self.route(method, &path, get(&operation, "data").cloned(), request);
            let mut result = json!({"method": method.as_str(), "status": reply.status().to_string()});
            if !bulk_id.is_empty() {
                result["bulkId"] = bulk_id.clone().into();
            }
            let new = self.store.all().get(count..).unwrap_or_default();
            if let Some(new) = new.iter().find(|object| !object.is_foreign()) {
                result["location"] = new.location().into();
                made.push((bulk_id, new.id.clone()));
            }
            results.push(result);
        }
        self.wrong_locations(&mut results);
        Reply::json(200, json!({"schemas": [urn::BULK_RESPONSE], "Operations": results}))
    }

    fn wrong_locations(&mut self, results: &mut [Value]) {
        if self.faults.has(Fault::BulkSwappedLocations) && results.len() > 1 {
            let all: Vec<Value> = results.iter().map(|result| result["location"].clone()).collect();
            for (at, result) in results.iter_mut().enumerate() {
                result["location"] = all[(at + 1) % all.len()].clone();
            }
        }
        for result in results {
            if self.faults.has(Fault::BulkWithoutLocations) {
                result["location"] = Value::Null;
            } else if self.met(Fault::BulkForeignLocations) {
                let kind = match result["location"].as_str() {
                    Some(location) if location.contains("/Groups/") => ResourceKind::Group,
                    _ => ResourceKind::User,
                };
                result["location"] = self.a_foreign(kind).map(|foreign| foreign.location()).into();
            }
        }
    }

    /// A resource as an answer shows it.
    pub(super) fn shown(&self, object: &Object) -> Value {
        let mut shown = object.held.clone();
        shown["id"] = object.id.clone().into();
        shown["meta"] = json!({"resourceType": object.kind.as_str(), "location": object.location()});
        self.show_references(object, &mut shown);
        if self.faults.has(Fault::NamesNowhere) {
            return bare(&shown);
        }
        for name in ["userName", "displayName", "externalId"] {
            if let Some(Value::String(text)) = shown.get_mut(name) {
                if self.faults.has(Fault::LowerCase) {
                    *text = text.to_lowercase();
                } else if self.faults.has(Fault::UpperCase) {
                    *text = text.to_uppercase();
                }
            }
        }
        shown
    }

    /// Groups of users and members of groups, which carry names of others.
    fn show_references(&self, object: &Object, shown: &mut Value) {
        let name = |object: &Object| object.held.get("displayName").cloned().unwrap_or_default();
        if self.faults.has(Fault::EverybodyGroup) && object.is_foreign() && object.kind == ResourceKind::Group
        {
            let everybody = self.store.of(ResourceKind::User).map(|user| {
                let display = user.held.get("userName").cloned().unwrap_or_default();
                json!({"value": user.id, "display": display})
            });
            shown["members"] = everybody.collect();
        }
        if !self.faults.has(Fault::ReferencesNamed) {
            return;
        }
        if object.kind == ResourceKind::User {
            let is_in = |group: &&Object| {
                let members = group.held.get("members").and_then(Value::as_array);
                members
                    .into_iter()
                    .flatten()
                    .any(|m| get(m, "value").and_then(Value::as_str) == Some(&object.id))
            };
            let groups: Vec<Value> = self
                .store
                .of(ResourceKind::Group)
                .filter(is_in)
                .map(|group| json!({"value": group.id, "display": name(group)}))
                .collect();
            if !groups.is_empty() {
                shown["groups"] = groups.into();
            }
        }
        for member in shown.get_mut("members").and_then(Value::as_array_mut).into_iter().flatten() {
            let id = get(member, "value").and_then(Value::as_str).unwrap_or_default().to_owned();
            if let Some(user) = self.store.find(ResourceKind::User, &id) {
                member["display"] = name(user);
            }
        }
    }

    pub(super) fn new_id(&mut self, kind: ResourceKind) -> String {
        if let Some(at) = self.free.iter().position(|(freed, _)| *freed == kind) {
            return self.free.remove(at).1;
        }
        // Counted for each kind apart, so that a user and a group may have the same number.
        let given = &mut self.given[usize::from(kind == ResourceKind::Group)];
        *given += 1;
        let number = *given;
        if self.faults.has(Fault::NumericIds) {
            return number.to_string();
        }
        if self.faults.has(Fault::OddIds) {
            return format!("no. {number}+é%41");
        }
        uuid::Builder::from_random_bytes(self.random.random()).into_uuid().to_string()
    }

    pub(super) fn a_foreign(&mut self, kind: ResourceKind) -> Option<Object> {
        self.store.foreign(kind).choose(&mut self.random).map(|object| (*object).clone())
    }

    pub(super) fn foreign_id(&mut self, kind: ResourceKind) -> String {
        self.a_foreign(kind).map(|object| object.id).unwrap_or_else(|| self.unknown_id())
    }

    /// The id of another object of the run, or one that does not exist.
    pub(super) fn other_id(&mut self, kind: ResourceKind, id: &str) -> String {
        let others: Vec<&Object> =
            self.store.of(kind).filter(|object| !object.is_foreign() && object.id != id).collect();
        let other = others.choose(&mut self.random).map(|object| object.id.clone());
        other.unwrap_or_else(|| self.unknown_id())
    }

    /// An id that no object has or will have.
    pub(super) fn unknown_id(&mut self) -> String {
        format!("unknown-{}", self.random.random_range(0..1_000_000_u32))
    }

    /// An id which leads to a foreign object once it is put into a path without care.
    pub(super) fn path_id(&mut self, kind: ResourceKind) -> String {
        let foreign = encoded(&self.foreign_id(kind));
        let forms = [format!("x/../{foreign}"), format!("{foreign}?x=1"), format!("{foreign}#x"), foreign];
        forms.choose(&mut self.random).cloned().unwrap_or_default()
    }
}

/// What filters see: the resource with its id.
fn object_for_filters(object: &Object) -> Value {
    let mut shown = object.held.clone();
    shown["id"] = object.id.clone().into();
    shown
}

/// Takes away the one attribute that Entra excludes.
fn exclude(resource: &mut Value, excluded: Option<String>) {
    if let Some(members) = resource.as_object_mut().filter(|_| excluded.as_deref() == Some("members")) {
        members.remove("members");
    }
}

/// A resource without a name: schemas, id, meta and active.
pub(super) fn bare(shown: &Value) -> Value {
    let mut bare = json!({});
    for name in ["schemas", "id", "meta", "active"] {
        if let Some(value) = shown.get(name) {
            bare[name] = value.clone();
        }
    }
    bare
}

fn config() -> Value {
    json!({
        "schemas": [urn::SERVICE_PROVIDER_CONFIG],
        "patch": {"supported": true},
        "bulk": {"supported": true, "maxOperations": 100, "maxPayloadSize": 1_000_000},
        "filter": {"supported": true, "maxResults": 100},
        "changePassword": {"supported": false},
        "sort": {"supported": false},
        "etag": {"supported": false},
        "authenticationSchemes": [],
    })
}
