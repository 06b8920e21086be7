//! The model server: it answers requests, with its faults, and writes down which writes were meant for
//! somebody else's object.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use scimulate::run;
use scimulate::run::target::deployment::{Deployment, Deployments};
use scimulate::scim::urn;
use scimulate::wire::{Answer, Body, Broken, Method, Request, ResourceKind, Sent, Target, Tenant};
use serde_json::{Value, json};

use super::fault::{Fault, Faults};
use super::resource::get;
use super::store::{BASE, Object, Store};

/// A server with two tenants, that can be asked by many.
#[derive(Clone)]
pub struct Model(Arc<Tenants>);

struct Tenants {
    faults: Faults,
    first: Mutex<State>,
    second: Mutex<State>,
    /// Requests that are answered before the client counts as killed.
    answered: AtomicUsize,
    /// A request came after that.
    cut: AtomicBool,
}

/// What a tenant holds and what it saw.
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
    /// The names of those with whose id a create was answered.
    pub mistaken: Vec<String>,
    /// The object that the last create was answered with, and the name that it sent.
    pub(super) last_named: Option<(ResourceKind, String)>,
    pub(super) last_name: Value,
    pub(super) has_deleted: bool,
    /// How many ids were given, for users and for groups.
    pub(super) given: [usize; 2],
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

    pub(super) fn status(&self) -> u16 {
        match self {
            Reply::Json(status, ..) | Reply::Bytes(status, ..) => *status,
            Reply::Lost => 0,
        }
    }

    fn answer(self, faults: &Faults) -> Result<Answer, Broken> {
        match self {
            Reply::Json(status, headers, mut body) => {
                written_otherwise(&mut body, faults);
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

/// Ids as numbers, names of attributes in another letter case: in a resource and in a list of them.
fn written_otherwise(body: &mut Value, faults: &Faults) {
    let Some(members) = body.as_object_mut() else { return };
    if let Some(Value::Array(resources)) = members.get_mut("Resources") {
        resources.iter_mut().for_each(|resource| written_otherwise(resource, faults));
    }
    if faults.has(Fault::JsonNumberIds)
        && let Some(id) = members.get_mut("id")
        && let Some(number) = id.as_str().and_then(|id| id.parse::<u64>().ok())
    {
        *id = number.into();
    }
    if faults.has(Fault::PascalCase) && members.contains_key("id") {
        let renamed = std::mem::take(members).into_iter().map(|(name, value)| {
            let mut letters = name.chars();
            let first = letters.next().map(|first| first.to_ascii_uppercase());
            (first.into_iter().chain(letters).collect(), value)
        });
        *members = renamed.collect();
    }
}

impl State {
    fn new(faults: Faults, seed: u64) -> Self {
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
            mistaken: Vec::new(),
            last_named: None,
            last_name: Value::Null,
            has_deleted: false,
            given: [0, 0],
            free: Vec::new(),
        };
        for kind in [ResourceKind::User, ResourceKind::Group, ResourceKind::User, ResourceKind::User] {
            let id = state.new_id(kind);
            state.store.stranger(kind, id);
        }
        state
    }
}

impl Model {
    /// A server with these faults and some foreign people and groups in both of its tenants.
    pub fn new(faults: Faults, seed: u64) -> Self {
        let mut second = State::new(faults.clone(), seed.wrapping_add(1 << 32));
        if faults.any(&[Fault::NumericIds, Fault::JsonNumberIds]) {
            // Ids that the first tenant will give to the run.
            for number in 0..10 {
                let kind = if number % 4 == 0 { ResourceKind::Group } else { ResourceKind::User };
                let id = second.new_id(kind);
                second.store.stranger(kind, id);
            }
        }
        let mut first = State::new(faults.clone(), seed);
        if faults.any(&[Fault::NumericIds, Fault::JsonNumberIds]) {
            // Groups with the ids that the run's users will have.
            for _ in 0..5 {
                let id = first.new_id(ResourceKind::Group);
                first.store.stranger(ResourceKind::Group, id);
            }
        }
        let first = Mutex::new(first);
        let answered = AtomicUsize::new(usize::MAX);
        Model(Arc::new(Tenants {
            faults,
            first,
            second: Mutex::new(second),
            answered,
            cut: AtomicBool::new(false),
        }))
    }

    /// The first tenant.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.first.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The second tenant.
    pub fn second(&self) -> MutexGuard<'_, State> {
        self.0.second.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers so many requests and then none, as if the client were killed.
    pub fn answer_only(&self, requests: usize) {
        self.0.answered.store(requests, Ordering::Relaxed);
    }

    /// True when the client did not come to its end.
    pub fn was_cut(&self) -> bool {
        self.0.cut.load(Ordering::Relaxed)
    }
}

impl Target for Model {
    async fn send(&self, request: Request) -> Result<Answer, Broken> {
        let spent =
            self.0.answered.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if spent.is_err() {
            self.0.cut.store(true, Ordering::Relaxed);
            return Err(Broken::Refused("the client is dead".to_owned()));
        }
        match request.tenant {
            Tenant::First => self.state().handle(&request),
            Tenant::Second if self.0.faults.has(Fault::TenantsAreOne) => self.state().handle(&request),
            Tenant::SecondByFirst if !self.0.faults.has(Fault::TokensOpenBoth) => {
                Reply::error(401).answer(&self.0.faults)
            }
            Tenant::Second | Tenant::SecondByFirst => self.second().handle(&request),
        }
    }

    fn sent_as(&self, request: &Request) -> Sent {
        Sent { url: format!("{BASE}{}", request.path_and_query()), headers: request.headers.clone() }
    }
}

impl Deployments for Model {
    type Target = Model;

    async fn open(&self) -> Result<Deployment<Model>, String> {
        Ok(Deployment {
            target: self.clone(),
            base_url: BASE.to_owned(),
            sign_ins: Vec::new(),
            hold: Box::new(()),
        })
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn tenants(&self) -> run::Tenants {
        run::Tenants::Two { tokens_apart: true }
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

fn kind_at(endpoint: &str) -> Option<ResourceKind> {
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
        reply.answer(&self.faults)
    }

    pub(super) fn route(
        &mut self,
        method: Method,
        path: &str,
        body: Option<Value>,
        request: &Request,
    ) -> Reply {
        let (endpoint, id) = route(path);
        if endpoint == "Bulk" && method == Method::Post {
            return self.bulk(&body.unwrap_or_default(), request);
        }
        if endpoint == "ServiceProviderConfig" && method == Method::Get {
            return Reply::json(200, config());
        }
        let searches = method == Method::Post && id.as_deref() == Some(".search");
        let kind = kind_at(&endpoint);
        if method.is_unsafe() && !searches {
            self.writes += 1;
            let reaches_foreign = match (kind, &id) {
                (Some(kind), Some(id)) => self.store.find(kind, id).is_some_and(Object::is_foreign),
                // A whole collection, or everything.
                (Some(_), None) => method != Method::Post,
                (None, _) => endpoint.is_empty(),
            };
            if reaches_foreign {
                let body = request.body.as_deref().unwrap_or_default();
                self.foreign_writes.push(format!("{} {path} [{}] {body}", method.as_str(), request.step));
            }
        }
        let Some(kind) = kind else { return Reply::error(404) };
        match (method, id) {
            (Method::Get, None) => self.list(kind, &|name| request.parameter(name)),
            (_, Some(_)) if searches => {
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
