//! From a request to its answer, without any transport.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderMap, Method, StatusCode, header};
use serde_json::{Map, Value};

use super::ServerSettings;
use super::bulk;
use super::call::{RequestBody, ServerRequest};
use super::cursors::Walks;
use super::discovery;
use super::endpoint::Endpoint;
use super::faults::{Effect, Fault, FaultContext, FaultMemory};
use super::meeting::Meeting;
use super::model::{Model, Models, ServedKind};
use super::oauth;
use super::patch;
use super::precondition;
use super::pressure::Pressure;
use super::query::{self, Query};
use super::render::Rendering;
use super::reply::{Reply, ReplyOutcome};
use super::store::{ResourceStore, StoreKey, StoredResource, missing};
use super::strain::Strain;
use super::values::{self, UnknownAttributes};
use super::variants::Variant;
use crate::scim::member;
use crate::scim::message::{ErrorMessage, ScimType};
use crate::scim::patch::PatchRequest;

/// The server behind its transport.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) settings: ServerSettings,
    models: Models,
    /// How many requests came.
    served: AtomicU64,
    tokens: oauth::IssuedTokens,
    verifier: oauth::Verifier,
    state: Mutex<ServiceState>,
    walks: Mutex<Walks>,
    pub(super) pressure: Pressure,
    pub(super) meeting: Meeting,
}

/// What changes from request to request.
#[derive(Debug, Default)]
struct ServiceState {
    store: ResourceStore,
    memory: FaultMemory,
}

impl Service {
    pub(super) fn new(mut settings: ServerSettings) -> Self {
        settings.variants.extend(settings.faults.iter().filter_map(|fault| fault.effect().needs));
        if settings.variants.contains(&Variant::MicrosoftIssuerOnly) {
            settings.oauth.federation = Some(oauth::Trusted::microsoft());
        }
        if settings.variants.contains(&Variant::ThrottledWithRetryAfter) {
            settings.strain = Strain::conforming();
        }
        let mut store = ResourceStore::default();
        store.whole_seconds = settings.variants.contains(&Variant::OneSecondDates);
        store.numeric_ids = settings.variants.contains(&Variant::NumericLookingIds);
        store.user_name_ids = settings.variants.contains(&Variant::UserNameIds);
        store.members_must_exist = settings.variants.contains(&Variant::UnknownMembersRefused);
        let has = |fault| settings.faults.contains(&fault);
        let verifier = oauth::Verifier::new(has(Fault::KEYS_CACHED_FOREVER), has(Fault::FIRST_KEY_ONLY));
        Service {
            models: Models::of(&settings),
            served: AtomicU64::default(),
            settings,
            tokens: oauth::IssuedTokens::default(),
            verifier,
            state: Mutex::new(ServiceState { store, memory: FaultMemory::default() }),
            walks: Mutex::default(),
            pressure: Pressure::default(),
            meeting: Meeting::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, ServiceState> {
        // A panic cannot leave the store half changed: changes are made on copies.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn walks(&self) -> MutexGuard<'_, Walks> {
        self.walks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a request, faults included.
    pub(super) fn answer(&self, call: &ServerRequest) -> Reply {
        self.answer_in(call, &mut self.state())
    }

    fn answer_in(&self, call: &ServerRequest, state: &mut ServiceState) -> Reply {
        let ServiceState { store, memory } = state;
        if self.settings.faults.is_empty() {
            return self.serve(call, store);
        }
        let mut context = FaultContext { service: self, store, memory };
        let mut misread = call.clone();
        let effects: Vec<Effect> = self.settings.faults.iter().map(|fault| fault.effect()).collect();
        let early = effects
            .iter()
            .filter_map(|effect| effect.before)
            .find_map(|before| before(&mut misread, &mut context));
        let mut reply = early.unwrap_or_else(|| self.serve(&misread, context.store));
        for after in effects.iter().filter_map(|effect| effect.after) {
            after(call, &mut reply, &mut context);
        }
        reply
    }

    /// Answers a request to the token endpoint.
    pub(super) async fn grant(&self, method: &Method, headers: &HeaderMap, body: &[u8]) -> Reply {
        let Service { settings, tokens, verifier, .. } = self;
        let mut granted = oauth::answer(&settings.oauth, tokens, verifier, method, headers, body).await;
        if self.is(Variant::TokenTypeLowerCase)
            && let Some(kind) = granted.reply.body_mut().and_then(|body| body.get_mut("token_type"))
        {
            *kind = "bearer".into();
        }
        for change in settings.faults.iter().filter_map(|fault| fault.effect().granted) {
            change(&mut granted, self);
        }
        granted.reply
    }

    /// A new token as the token endpoint answers it.
    pub(super) fn give(&self) -> Reply {
        oauth::give(&self.settings.oauth, &self.tokens, None)
    }

    /// What Entra's own token in a request is worth, if there is one and such tokens are accepted.
    pub(super) async fn check_entra(&self, headers: &HeaderMap) -> Option<Result<(), oauth::Flaw>> {
        let trusted = self.settings.entra.as_ref()?;
        let token = bearer(headers).filter(|token| token.split('.').count() == 3)?;
        Some(self.verifier.check(token, trusted).await.map(drop).map_err(|rejection| rejection.flaw))
    }

    /// True when a request carries a token of the token endpoint.
    pub(super) fn is_issued(&self, call: &ServerRequest) -> bool {
        bearer(&call.headers).is_some_and(|token| self.tokens.holds(token))
    }

    /// A resource as it is kept now.
    pub(super) fn copy(&self, kind: ServedKind, id: &str) -> Option<StoredResource> {
        self.state().store.get(kind, id).cloned()
    }

    /// Answers a request after a resource has been put back to what it was.
    pub(super) fn answer_over(&self, call: &ServerRequest, kind: ServedKind, stale: StoredResource) -> Reply {
        // Nobody comes in between, so that what was written meanwhile is lost for certain.
        let mut state = self.state();
        if state.store.get(kind, &stale.id).is_some() {
            state.store.overwrite(kind, stale);
        }
        self.answer_in(call, &mut state)
    }

    /// True when a user of that name is kept.
    pub(super) fn is_taken(&self, name: &str) -> bool {
        self.state().store.with(ServedKind::User, StoreKey::Name, name).next().is_some()
    }

    /// Answers a request without looking whether what must be unique is taken.
    pub(super) fn answer_unchecked(&self, call: &ServerRequest) -> Reply {
        let mut state = self.state();
        let before = std::mem::replace(&mut state.store.duplicates_allowed, true);
        let reply = self.answer_in(call, &mut state);
        state.store.duplicates_allowed = before;
        reply
    }

    /// Answers a request as a healthy server does.
    pub(super) fn serve(&self, call: &ServerRequest, store: &mut ResourceStore) -> Reply {
        let endpoint = Endpoint::of(call.segments.as_deref());
        self.served.fetch_add(1, Ordering::Relaxed);
        let reply = self.serve_endpoint(call, &endpoint, store);
        self.in_variant_form(call, &endpoint, reply)
    }

    fn serve_endpoint(&self, call: &ServerRequest, endpoint: &Endpoint, store: &mut ResourceStore) -> Reply {
        let public = endpoint.is_discovery() && self.is(Variant::PublicDiscovery);
        if !public && !self.is_authorized(call) {
            let detail = "this server asks for its bearer token in the Authorization header";
            // RFC 6750 §3.1: a request without a token learns no error code.
            let challenge = match bearer(&call.headers) {
                Some(_) => "Bearer realm=\"scim\", error=\"invalid_token\"",
                None => "Bearer realm=\"scim\"",
            };
            return Reply::from(ErrorMessage::plain(401, detail))
                .with_header(header::WWW_AUTHENTICATE, challenge);
        }
        let methods = endpoint.methods();
        match endpoint {
            Endpoint::Nowhere => return ErrorMessage::plain(404, "there is no such endpoint").into(),
            Endpoint::Unserved(name) => {
                return ErrorMessage::plain(501, format!("{name} is not implemented")).into();
            }
            Endpoint::Bulk if self.is(Variant::NoBulk) => {
                return ErrorMessage::plain(501, "/Bulk is not implemented").into();
            }
            _ if !methods.contains(&call.method) => {
                let allowed: Vec<&str> = methods.iter().map(Method::as_str).collect();
                let detail = format!("{} is not allowed here", call.method);
                return Reply::from(ErrorMessage::plain(405, detail))
                    .with_header(header::ALLOW, &allowed.join(", "));
            }
            _ => {}
        }
        if let Some(refusal) = self.refused_by_variant(call, endpoint) {
            return refusal.into();
        }
        self.route(call, endpoint, store).unwrap_or_else(Reply::from)
    }

    fn route(
        &self,
        call: &ServerRequest,
        endpoint: &Endpoint,
        store: &mut ResourceStore,
    ) -> ReplyOutcome<Reply> {
        let reading = matches!(call.method, Method::GET | Method::HEAD);
        if endpoint.is_discovery()
            && call.parameter("filter").is_some()
            && !self.is(Variant::DiscoveryFilterIgnored)
        {
            return Err(ErrorMessage::plain(403, "discovery documents cannot be filtered"));
        }
        let refused = ErrorMessage::plain(501, "this server has no groups");
        let users_only = self.is(Variant::UsersOnly);
        let backwards = (self.is(Variant::NewestFirst) && matches!(endpoint, Endpoint::Collection(_)))
            .then(|| store.backwards(ServedKind::User).backwards(ServedKind::Group));
        let view = self.view(call, backwards.as_ref().unwrap_or(store));
        match endpoint {
            Endpoint::Root => Query::of_url(call)?.answer(view, &ServedKind::ALL, &mut self.walks()).map(ok),
            Endpoint::Search(kind) => {
                let kinds = kind.map_or(ServedKind::ALL.to_vec(), |kind| vec![kind]);
                Query::of_search(body(call)?)?.answer(view, &kinds, &mut self.walks()).map(ok)
            }
            Endpoint::Bulk => bulk::answer(self, call, body(call)?, store),
            Endpoint::Config => Ok(ok(discovery::config(view))),
            Endpoint::ResourceTypes(None) => Ok(ok(discovery::resource_types(view))),
            Endpoint::ResourceTypes(Some(name)) => discovery::one_resource_type(view, name).map(ok),
            Endpoint::Schemas(None) => Ok(ok(discovery::schemas(view))),
            Endpoint::Schemas(Some(urn)) => discovery::one_schema(view, urn).map(ok),
            Endpoint::Collection(kind) if reading => {
                Query::of_url(call)?.answer(view, &[*kind], &mut self.walks()).map(ok)
            }
            Endpoint::Collection(ServedKind::Group) | Endpoint::Resource(ServedKind::Group, _)
                if users_only && !reading =>
            {
                Err(refused)
            }
            Endpoint::Collection(kind) => self.create(call, *kind, store),
            Endpoint::Resource(kind, id) => self.resource(call, *kind, id, store),
            // Answered before, since no method is served there.
            Endpoint::Unserved(_) | Endpoint::Nowhere => {
                Err(ErrorMessage::plain(404, "there is no such endpoint"))
            }
        }
    }

    pub(super) fn is(&self, variant: Variant) -> bool {
        self.settings.variants.contains(&variant)
    }

    pub(super) fn view<'a>(&'a self, call: &'a ServerRequest, store: &'a ResourceStore) -> Rendering<'a> {
        let served = self.served.load(Ordering::Relaxed);
        Rendering { store, settings: &self.settings, models: &self.models, base_url: &call.base_url, served }
    }

    pub(super) fn model(&self, kind: ServedKind) -> &Model {
        self.models.get(kind)
    }

    fn unknown(&self) -> UnknownAttributes {
        if self.is(Variant::UnknownAttributesRefused) {
            UnknownAttributes::Refused
        } else {
            UnknownAttributes::Ignored
        }
    }

    fn is_authorized(&self, call: &ServerRequest) -> bool {
        call.entra == Some(Ok(()))
            || bearer(&call.headers)
                .is_some_and(|token| token == self.settings.token || self.tokens.holds(token))
    }

    /// Answers a request to one resource.
    fn resource(
        &self,
        call: &ServerRequest,
        kind: ServedKind,
        id: &str,
        store: &mut ResourceStore,
    ) -> ReplyOutcome<Reply> {
        let record = store.get(kind, id).ok_or_else(|| missing(id))?;
        if precondition::is_conditional(&call.headers)
            && !self.is(Variant::EtagsNotSupported)
            && let Some(version) = self.view(call, store).show(kind, record).version()
            && let Some(reply) = precondition::stop(&call.method, &call.headers, &version)?
        {
            return Ok(reply);
        }
        match call.method {
            Method::PUT => self.replace(call, kind, id, store),
            Method::PATCH => self.modify(call, kind, id, store),
            Method::DELETE => match store.remove(kind, id) {
                Some(_) => Ok(Reply::no_content()),
                None => Err(missing(id)),
            },
            _ => self.shown(call, kind, id, store, StatusCode::OK),
        }
    }

    /// A resource as the answer to a request.
    fn shown(
        &self,
        call: &ServerRequest,
        kind: ServedKind,
        id: &str,
        store: &ResourceStore,
        status: StatusCode,
    ) -> ReplyOutcome<Reply> {
        let view = self.view(call, store);
        let record = store.get(kind, id).ok_or_else(|| missing(id))?;
        let shown = view.show(kind, record);
        let reply = Reply::json(status, shown.to_json(&query::projection(call)));
        let reply = match shown.version() {
            Some(version) => reply.with_header(header::ETAG, &version),
            None => reply,
        };
        if status != StatusCode::CREATED && self.is(Variant::LocationOnCreationOnly) {
            return Ok(reply);
        }
        Ok(reply.with_header(header::LOCATION, &shown.location()))
    }

    fn create(
        &self,
        call: &ServerRequest,
        kind: ServedKind,
        store: &mut ResourceStore,
    ) -> ReplyOutcome<Reply> {
        let model = self.model(kind);
        let mut attributes = values::resource(model, body(call)?, self.unknown())?;
        if kind == ServedKind::User && self.is(Variant::ActiveByDefault) && !attributes.contains_key("active")
        {
            attributes.insert("active".into(), true.into());
        }
        self.settle(&mut attributes)?;
        let id = store.insert(model, attributes)?;
        self.shown(call, kind, &id, store, StatusCode::CREATED)
    }

    fn replace(
        &self,
        call: &ServerRequest,
        kind: ServedKind,
        id: &str,
        store: &mut ResourceStore,
    ) -> ReplyOutcome<Reply> {
        let model = self.model(kind);
        let mut attributes = values::resource(model, body(call)?, self.unknown())?;
        self.settle(&mut attributes)?;
        store.update(model, id, attributes)?;
        self.shown(call, kind, id, store, StatusCode::OK)
    }

    fn modify(
        &self,
        call: &ServerRequest,
        kind: ServedKind,
        id: &str,
        store: &mut ResourceStore,
    ) -> ReplyOutcome<Reply> {
        let record = store.get(kind, id).ok_or_else(|| missing(id))?;
        let mut attributes = self.patched(kind, &record.attributes, body(call)?)?;
        if self.is(Variant::TombstoneNameIgnored)
            && let Some(name) = record.text("userName")
            && attributes.get("userName").and_then(Value::as_str).is_some_and(|new| is_tombstone(new, name))
        {
            attributes.insert("userName".into(), name.into());
        }
        store.update(self.model(kind), id, attributes)?;
        let with_body = match kind {
            ServedKind::User => !self.is(Variant::PatchUser204),
            ServedKind::Group => self.is(Variant::PatchGroup200WithBody),
        };
        // RFC 7644 §3.5.2: a client that asks for attributes gets them.
        if with_body || query::projection(call).is_wanted() {
            return self.shown(call, kind, id, store, StatusCode::OK);
        }
        let version =
            store.get(kind, id).and_then(|record| self.view(call, store).show(kind, record).version());
        Ok(match version {
            Some(version) => Reply::no_content().with_header(header::ETAG, &version),
            None => Reply::no_content(),
        })
    }

    /// Attributes after a PATCH request's body.
    ///
    /// # Errors
    /// The refusal of the first operation that cannot be done; then none is.
    pub(super) fn patched(
        &self,
        kind: ServedKind,
        old: &Map<String, Value>,
        body: &Value,
    ) -> ReplyOutcome<Map<String, Value>> {
        let mut attributes = old.clone();
        // Microsoft's validator sends an empty list of operations and means that nothing is to change.
        if member(body, "Operations").and_then(Value::as_array).is_some_and(Vec::is_empty) {
            return Ok(attributes);
        }
        let request = PatchRequest::read(body)?;
        patch::apply(self.model(kind), &mut attributes, &request.operations, self.unknown())?;
        self.settle(&mut attributes)?;
        Ok(attributes)
    }

    /// What this server makes of values it was given.
    ///
    /// # Errors
    /// `invalidValue` for roles that this server does not keep beside each other.
    fn settle(&self, attributes: &mut Map<String, Value>) -> ReplyOutcome<()> {
        if self.is(Variant::OneRolePerType)
            && let Some(Value::Array(roles)) = attributes.get("roles")
            && let Some(role) = values::second_of_a_type(roles)
        {
            return Err(values::invalid_value(format!(
                "a user has one role of a type, and {role} is another"
            )));
        }
        if self.is(Variant::LowerCasedUserName)
            && let Some(Value::String(name)) = attributes.get_mut("userName")
        {
            *name = name.to_lowercase();
        }
        if self.is(Variant::NameFormattedDerived)
            && let Some(Value::Object(name)) = attributes.get_mut("name")
            && let (Some(given), Some(family)) = (name.get("givenName"), name.get("familyName"))
            && let (Some(given), Some(family)) = (given.as_str(), family.as_str())
        {
            let formatted = format!("{given} {family}");
            name.insert("formatted".into(), formatted.into());
        }
        Ok(())
    }
}

/// True for the name under which Entra keeps a deleted user: the object id without its hyphens, then the
/// old name.
fn is_tombstone(new: &str, old: &str) -> bool {
    new.strip_suffix(old).is_some_and(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The token of a request: RFC 6750 §2.1; the scheme's name is case-insensitive (RFC 9110 §11.1).
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn ok(body: Value) -> Reply {
    Reply::json(StatusCode::OK, body)
}

/// The body of a request that needs one.
fn body(call: &ServerRequest) -> ReplyOutcome<&Value> {
    match call.media_type().as_deref() {
        None | Some("application/scim+json" | "application/json") => {}
        Some(other) => {
            let detail =
                format!("the body must be application/scim+json or application/json, not \"{other}\"");
            return Err(ErrorMessage::plain(415, detail));
        }
    }
    match &call.body {
        RequestBody::Json(value) => Ok(value),
        RequestBody::Empty => Err(ErrorMessage::of(ScimType::InvalidSyntax, "the request has no body")),
        RequestBody::Broken(why) => {
            Err(ErrorMessage::of(ScimType::InvalidSyntax, format!("the body is not JSON: {why}")))
        }
        RequestBody::TooLarge(limit) => {
            Err(ErrorMessage::plain(413, format!("a body has {limit} bytes at most")))
        }
    }
}
