//! What a fault can reach: the request before it is served, the answer before it leaves, the store,
//! and a memory of its own.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::{Method, StatusCode, header};
use serde_json::{Map, Value};

use crate::scim::message::{ErrorMessage, ScimType};
use crate::server::call::ServerRequest;
use crate::server::endpoint::Endpoint;
use crate::server::model::ServedKind;
use crate::server::oauth::Granted;
use crate::server::query;
use crate::server::race::Race;
use crate::server::reply::Reply;
use crate::server::service::Service;
use crate::server::store::{ResourceStore, StoredResource};
use crate::server::tenancy::Leak;
use crate::server::variants::Variant;

/// Runs before a request is served; it may change the request, or answer it at once.
pub(in crate::server) type BeforeRequest = fn(&mut ServerRequest, &mut FaultContext<'_>) -> Option<Reply>;

/// Runs after a request was served, and sees it as it was sent.
pub(in crate::server) type After = fn(&ServerRequest, &mut Reply, &mut FaultContext<'_>);

/// Runs after a request to the token endpoint was answered.
pub(in crate::server) type Granting = fn(&mut Granted, &Service);

/// What a fault does.
#[derive(Clone, Copy, Default)]
pub(in crate::server) struct Effect {
    pub(in crate::server) before: Option<BeforeRequest>,
    pub(in crate::server) after: Option<After>,
    pub(in crate::server) granted: Option<Granting>,
    pub(in crate::server) race: Option<Race>,
    pub(in crate::server) leak: Option<Leak>,
    /// The variant it stands on: an attribute can be shown in a wrong way only where it is published.
    pub(in crate::server) needs: Option<Variant>,
}

impl Effect {
    pub(super) fn before(before: BeforeRequest) -> Self {
        Effect { before: Some(before), ..Effect::default() }
    }

    pub(super) fn after(after: After) -> Self {
        Effect { after: Some(after), ..Effect::default() }
    }

    pub(super) fn both(before: BeforeRequest, after: After) -> Self {
        Effect { before: Some(before), after: Some(after), ..Effect::default() }
    }

    pub(super) fn granting(granted: Granting) -> Self {
        Effect { granted: Some(granted), ..Effect::default() }
    }

    pub(super) fn leaking(leak: Leak) -> Self {
        Effect { leak: Some(leak), ..Effect::default() }
    }

    pub(super) fn racing(race: Race) -> Self {
        Effect { race: Some(race), ..Effect::default() }
    }

    pub(super) fn needing(self, variant: Variant) -> Self {
        Effect { needs: Some(variant), ..self }
    }
}

/// What faults remember between requests.
#[derive(Debug, Default)]
pub(in crate::server) struct FaultMemory {
    /// The store as it was before the last write.
    pub(super) replica: Option<ResourceStore>,
    /// Values by a key of the fault's choice.
    pub(super) values: BTreeMap<String, Value>,
    /// Resources by id, as they once were.
    pub(super) records: BTreeMap<String, StoredResource>,
    /// Ids with a mark.
    pub(super) marked: BTreeSet<String>,
    pub(super) counter: u64,
}

/// Where faults work.
pub(in crate::server) struct FaultContext<'a> {
    pub(in crate::server) service: &'a Service,
    pub(in crate::server) store: &'a mut ResourceStore,
    pub(in crate::server) memory: &'a mut FaultMemory,
}

impl FaultContext<'_> {
    /// The resource a successful POST, PUT or PATCH wrote.
    pub(super) fn written(&self, call: &ServerRequest, reply: &Reply) -> Option<(ServedKind, String)> {
        if !reply.status.is_success() {
            return None;
        }
        match (endpoint(call), &call.method) {
            (Endpoint::Collection(kind), &Method::POST) => {
                Some((kind, reply.body()?.get("id")?.as_str()?.to_owned()))
            }
            (Endpoint::Resource(kind, id), &Method::PUT | &Method::PATCH) => Some((kind, id)),
            _ => None,
        }
    }

    /// Changes what is kept of the resource a successful write concerned, unchecked, and answers with
    /// what is kept now where the answer holds the resource.
    pub(super) fn rewrite(
        &mut self,
        call: &ServerRequest,
        reply: &mut Reply,
        kinds: &[ServedKind],
        change: impl FnOnce(&mut StoredResource),
    ) {
        let Some((kind, id)) = self.written(call, reply).filter(|(kind, _)| kinds.contains(kind)) else {
            return;
        };
        let Some(mut record) = self.store.get(kind, &id).cloned() else { return };
        change(&mut record);
        self.store.overwrite(kind, record);
        self.refresh(call, reply, kind, &id);
    }

    /// Puts the resource as it is kept now into an answer that holds it.
    pub(super) fn refresh(&self, call: &ServerRequest, reply: &mut Reply, kind: ServedKind, id: &str) {
        if reply.body().is_some_and(|body| body.get("id").is_some())
            && let Some(body) = self.show(call, kind, id)
        {
            let version = body.pointer("/meta/version").and_then(Value::as_str);
            if let Some(version) = version.and_then(|version| version.parse().ok()) {
                reply.headers.insert(header::ETAG, version);
            }
            let location = body.pointer("/meta/location").and_then(Value::as_str);
            if let Some(location) = location.and_then(|location| location.parse().ok())
                && reply.headers.contains_key(header::LOCATION)
            {
                reply.headers.insert(header::LOCATION, location);
            }
            reply.content = crate::server::reply::ReplyBody::Json(body);
        }
    }

    /// A resource as an answer to this request would show it.
    pub(super) fn show(&self, call: &ServerRequest, kind: ServedKind, id: &str) -> Option<Value> {
        let view = self.service.view(call, self.store);
        Some(view.show(kind, self.store.get(kind, id)?).to_json(&query::projection(call)))
    }

    /// Serves another request from the same store.
    pub(super) fn serve_again(&mut self, call: &ServerRequest) -> Reply {
        self.service.serve(call, self.store)
    }

    /// Serves a request from another store.
    pub(super) fn serve_from(&self, call: &ServerRequest, store: &mut ResourceStore) -> Reply {
        self.service.serve(call, store)
    }
}

/// What the request asks for.
pub(super) fn endpoint(call: &ServerRequest) -> Endpoint {
    Endpoint::of(call.segments.as_deref())
}

/// The resource type a GET lists or queries, if it does.
pub(super) fn listed(call: &ServerRequest) -> Option<ServedKind> {
    match endpoint(call) {
        Endpoint::Collection(kind) if call.method == Method::GET => Some(kind),
        _ => None,
    }
}

/// The resource type a GET queries with a filter, and the filter.
pub(super) fn queried(call: &ServerRequest) -> Option<(ServedKind, String)> {
    Some((listed(call)?, call.parameter("filter")?.to_owned()))
}

/// The resource a GET reads by its id.
pub(super) fn read(call: &ServerRequest) -> Option<(ServedKind, String)> {
    match endpoint(call) {
        Endpoint::Resource(kind, id) if call.method == Method::GET => Some((kind, id)),
        _ => None,
    }
}

/// The resource a PATCH changes.
pub(super) fn patched(call: &ServerRequest) -> Option<(ServedKind, String)> {
    match endpoint(call) {
        Endpoint::Resource(kind, id) if call.method == Method::PATCH => Some((kind, id)),
        _ => None,
    }
}

/// The resource a DELETE takes away.
pub(super) fn deleted(call: &ServerRequest) -> Option<(ServedKind, String)> {
    match endpoint(call) {
        Endpoint::Resource(kind, id) if call.method == Method::DELETE => Some((kind, id)),
        _ => None,
    }
}

/// The resource type a POST creates.
pub(super) fn created(call: &ServerRequest) -> Option<ServedKind> {
    match endpoint(call) {
        Endpoint::Collection(kind) if call.method == Method::POST => Some(kind),
        _ => None,
    }
}

/// True when the request changes something.
pub(super) fn writes(call: &ServerRequest) -> bool {
    matches!(endpoint(call), Endpoint::Collection(_) | Endpoint::Resource(..)) && call.method != Method::GET
}

/// True when Entra sent the request: it alone names the version of its protocol.
pub(super) fn is_from_entra(call: &ServerRequest) -> bool {
    call.headers.contains_key("adscimversion")
}

/// A refusal with a keyword.
pub(super) fn refuse(kind: ScimType, detail: &str) -> Reply {
    ErrorMessage::of(kind, detail).into()
}

/// A refusal without a keyword.
pub(super) fn fail(status: u16, detail: &str) -> Reply {
    ErrorMessage::plain(status, detail).into()
}

/// The resources an answer shows: its body, or each of the list it holds.
pub(super) fn resources(reply: &mut Reply) -> Vec<&mut Map<String, Value>> {
    if !reply.status.is_success() {
        return Vec::new();
    }
    let Some(Value::Object(body)) = reply.body_mut() else { return Vec::new() };
    if body.contains_key("Resources") {
        let Some(Value::Array(resources)) = body.get_mut("Resources") else { return Vec::new() };
        return resources
            .iter_mut()
            .filter_map(Value::as_object_mut)
            .filter(|resource| is_resource(resource))
            .collect();
    }
    if is_resource(body) { vec![body] } else { Vec::new() }
}

/// True for users and groups, not for discovery documents and messages.
fn is_resource(body: &Map<String, Value>) -> bool {
    let schemas = body.get("schemas").and_then(Value::as_array);
    schemas.is_some_and(|urns| urns.iter().filter_map(Value::as_str).any(crate::server::model::is_core_urn))
}

/// Takes resources out of a list, and out of its total.
pub(super) fn withhold(reply: &mut Reply, hidden: impl Fn(&Value) -> bool) {
    let Some(Value::Object(body)) = reply.body_mut() else { return };
    let Some(Value::Array(resources)) = body.get_mut("Resources") else { return };
    let before = resources.len();
    resources.retain(|resource| !hidden(resource));
    let (left, gone) = (resources.len(), before - resources.len());
    if gone == 0 {
        return;
    }
    if let Some(total) = body.get("totalResults").and_then(Value::as_u64) {
        body.insert("totalResults".into(), total.saturating_sub(gone as u64).into());
    }
    body.insert("itemsPerPage".into(), left.into());
}

/// True when an attribute of a resource says false.
pub(super) fn is_disabled(resource: &Value) -> bool {
    resource.get("active") == Some(&Value::Bool(false))
}

/// An answer's status as a number.
pub(super) fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
