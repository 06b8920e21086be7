use std::cell::OnceCell;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::ledger::{Change, Claim, Ledger, Stamps, changes};
use super::reading::{self, Term};
use super::types::Mismatch;
use crate::scim::discovery::Discovery;
use crate::scim::{AttributePath, Filter, same_name, urn};
use crate::wire::{Actor, Answer, Exchange, Operation, Request, ResourceKind};

/// What a rule sees: one exchange, what came before it, and what the server published of itself.
///
/// Request body, filter and projection are parsed once, and the resources of the answer are found
/// once, for all rules.
pub struct View<'a> {
    /// The exchange to judge.
    pub exchange: &'a Arc<Exchange>,
    /// The exchanges before it in the same trace.
    pub before: &'a [Arc<Exchange>],
    /// The published documents.
    pub discovery: &'a Discovery,
    /// What the exchanges before it taught.
    pub ledger: &'a Ledger,
    parsed: Parsed,
    resources: Vec<Returned<'a>>,
    mismatches: OnceCell<Vec<Mismatch>>,
}

/// What a request says, parsed once.
pub(super) struct Parsed {
    sent: Option<Value>,
    /// The comparisons of a filter made of `eq` and `and`.
    pub terms: Option<Vec<Term>>,
    /// The attributes asked for.
    pub projection: Projection,
    /// What it changes if it is accepted.
    pub changes: Vec<Change>,
    /// The dates of each resource in the answer.
    pub stamps: Vec<Stamps>,
}

/// Which attributes an answer was asked to hold (RFC 7644 §3.9).
#[derive(Debug, Default)]
pub(super) struct Projection {
    attributes: Option<Vec<AttributePath>>,
    excluded: Vec<AttributePath>,
}

impl Projection {
    fn of(request: &Request) -> Self {
        let paths = |name: &str| -> Option<Vec<AttributePath>> {
            let text = request.parameter(name)?;
            Some(text.split(',').filter_map(|path| path.trim().parse().ok()).collect())
        };
        Projection {
            attributes: paths("attributes"),
            excluded: paths("excludedAttributes").unwrap_or_default(),
        }
    }

    /// True when the answer was asked to hold an attribute: it was not excluded, and others were
    /// not asked for instead.
    pub fn asks_for(&self, path: &AttributePath) -> bool {
        let parent = AttributePath { sub: None, ..path.clone() };
        let covers = |wide: &AttributePath| wide.same_as(path) || wide.same_as(&parent);
        match &self.attributes {
            Some(wanted) => wanted.iter().any(covers),
            None => !self.excluded.iter().any(covers),
        }
    }

    /// True when the request names the attributes it wants, so that others may be absent.
    pub fn narrows(&self) -> bool {
        self.attributes.is_some()
    }

    /// The attributes the request wants, if it names them.
    pub fn wanted(&self) -> Option<&[AttributePath]> {
        self.attributes.as_deref()
    }

    /// True when the request wants that attribute left out.
    pub fn excludes(&self, attribute: &str) -> bool {
        self.excluded.iter().any(|path| path.is(attribute))
    }
}

/// A resource in an answer.
#[derive(Debug, Clone, Copy)]
pub struct Returned<'a> {
    /// What it is, by the endpoint it came from.
    pub kind: ResourceKind,
    /// The resource.
    pub value: &'a Value,
    /// Its members.
    pub members: &'a Map<String, Value>,
}

impl<'a> Returned<'a> {
    fn read(kind: ResourceKind, value: &'a Value) -> Option<Self> {
        value.as_object().map(|members| Returned { kind, value, members })
    }

    /// The id, when it is a string that is not empty.
    #[must_use]
    pub fn id(&self) -> Option<&'a str> {
        self.members.get("id").and_then(Value::as_str).filter(|id| !id.is_empty())
    }

    /// A member in any letter case.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&'a Value> {
        crate::scim::member(self.value, name)
    }
}

impl<'a> View<'a> {
    /// Looks at one exchange.
    #[must_use]
    pub fn new(
        exchange: &'a Arc<Exchange>,
        before: &'a [Arc<Exchange>],
        discovery: &'a Discovery,
        ledger: &'a Ledger,
    ) -> Self {
        let request = &exchange.request;
        let sent = request.json();
        let filter = match &exchange.operation {
            Operation::Query { filter, .. } => filter.as_deref(),
            Operation::Search => sent.as_ref().and_then(|body| body.get("filter")).and_then(Value::as_str),
            _ => None,
        };
        let terms = filter.and_then(|text| reading::terms(&text.parse::<Filter>().ok()?));
        let changes =
            sent.as_ref().map_or_else(Vec::new, |sent| changes(&exchange.operation, sent, discovery));
        let resources = resources(exchange);
        let stamps = resources.iter().map(Stamps::of).collect();
        let parsed = Parsed { terms, projection: Projection::of(request), changes, sent, stamps };
        View { resources, exchange, before, discovery, ledger, parsed, mismatches: OnceCell::new() }
    }

    /// What the request says, for the ledger.
    pub(super) fn into_parsed(self) -> Parsed {
        self.parsed
    }

    /// The answer, if one arrived.
    #[must_use]
    pub fn answer(&self) -> Option<&'a Answer> {
        self.exchange.answer()
    }

    /// The answer's status, if one arrived.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.answer().map(|answer| answer.status)
    }

    /// The answer's JSON, if it is JSON.
    #[must_use]
    pub fn json(&self) -> Option<&'a Value> {
        self.exchange.json()
    }

    /// What the request does.
    #[must_use]
    pub fn operation(&self) -> &'a Operation {
        &self.exchange.operation
    }

    /// The request's body, if it is JSON.
    #[must_use]
    pub fn sent(&self) -> Option<&Value> {
        self.parsed.sent.as_ref()
    }

    /// The comparisons of the request's filter, if it is made of `eq` and `and`.
    pub(super) fn terms(&self) -> Option<&[Term]> {
        self.parsed.terms.as_deref()
    }

    /// What the request changes if it is accepted.
    pub(super) fn changes(&self) -> &[Change] {
        &self.parsed.changes
    }

    /// What must stand at the target once this request has been accepted.
    pub(super) fn claims(&self) -> impl Iterator<Item = &Claim> {
        self.parsed.changes.iter().filter_map(|change| match change {
            Change::Claim(claim) => Some(claim),
            _ => None,
        })
    }

    /// Which attributes the answer was asked to hold.
    pub(super) fn projection(&self) -> &Projection {
        &self.parsed.projection
    }

    /// The resources of a successful answer: the body of a create, read or update, the `Resources`
    /// of a query. Discovery documents are none, and neither is a body that is another message.
    #[must_use]
    pub fn resources(&self) -> &[Returned<'a>] {
        &self.resources
    }

    /// The dates of each of [`View::resources`].
    pub(super) fn stamps(&self) -> &[Stamps] {
        &self.parsed.stamps
    }

    /// What in these resources has another JSON type than its definition says; looked for once, when
    /// the first rule asks.
    pub(super) fn mismatches(&self) -> &[Mismatch] {
        self.mismatches.get_or_init(|| super::types::mismatches(self))
    }

    /// The ListResponse of a successful query, if its body is an object.
    #[must_use]
    pub fn list(&self) -> Option<&'a Map<String, Value>> {
        if !self.exchange.succeeded() || !self.asks_for_list() {
            return None;
        }
        self.json().and_then(Value::as_object).filter(|body| !is_message(body, urn::ERROR))
    }

    /// True when a ListResponse is the right answer: queries, `.search`, `/Schemas`, `/ResourceTypes`.
    #[must_use]
    pub fn asks_for_list(&self) -> bool {
        match self.operation() {
            Operation::Query { .. } | Operation::Search => true,
            Operation::Discovery(path) => same_name(path, "/Schemas") || same_name(path, "/ResourceTypes"),
            _ => false,
        }
    }

    /// Whether statuses are to be judged: an answer arrived, the scenario does not want a refusal,
    /// and it is not our own question about what the target can do. Refusals of the token and
    /// throttling (401, 403, 429, 503 with Retry-After) are rules of their own.
    #[must_use]
    pub fn expects_success(&self) -> bool {
        let request = &self.exchange.request;
        !request.provoked
            && request.actor != Actor::Probe
            && self
                .answer()
                .is_some_and(|answer| !matches!(answer.status, 401 | 403) && !answer.is_throttled())
    }

    /// Whether the server publishes the endpoint of a kind of resource. True when it publishes nothing.
    #[must_use]
    pub fn is_served(&self, kind: ResourceKind) -> bool {
        self.discovery.serves(kind.endpoint()) != Some(false)
    }

    /// The definition of an attribute: as the server published it, else as RFC 7643 defines it.
    #[must_use]
    pub fn definition(
        &self,
        kind: ResourceKind,
        path: &AttributePath,
    ) -> Option<&'a crate::scim::schema::Attribute> {
        reading::definition(self.discovery, kind, path)
    }
}

/// True when a body's `schemas` names the message.
pub(super) fn is_message(body: &Map<String, Value>, message: &str) -> bool {
    let schemas = body.get("schemas").and_then(Value::as_array);
    schemas.is_some_and(|schemas| {
        schemas.iter().any(|schema| schema.as_str().is_some_and(|schema| same_name(schema, message)))
    })
}

/// The resources of a successful answer.
pub(super) fn resources(exchange: &Exchange) -> Vec<Returned<'_>> {
    if !exchange.succeeded() {
        return Vec::new();
    }
    let Some(body) = exchange.json() else {
        return Vec::new();
    };
    let single = |kind| {
        let other = [urn::ERROR, urn::PATCH_OP, urn::LIST_RESPONSE];
        Returned::read(kind, body)
            .filter(|resource| !other.iter().any(|message| is_message(resource.members, message)))
            .into_iter()
            .collect()
    };
    let elements = || crate::scim::member(body, "Resources").and_then(Value::as_array).into_iter().flatten();
    match &exchange.operation {
        Operation::Create(kind)
        | Operation::Read(kind, _)
        | Operation::Modify(kind, _)
        | Operation::Replace(kind, _) => single(*kind),
        Operation::Query { kind, .. } => {
            elements().filter_map(|value| Returned::read(*kind, value)).collect()
        }
        Operation::Search => elements().filter_map(|value| Returned::read(kind_of(value)?, value)).collect(),
        Operation::Delete(..) | Operation::Discovery(_) | Operation::Other => Vec::new(),
    }
}

/// What a resource says it is.
fn kind_of(resource: &Value) -> Option<ResourceKind> {
    let named = resource.get("meta").and_then(|meta| meta.get("resourceType")).and_then(Value::as_str);
    [ResourceKind::User, ResourceKind::Group].into_iter().find(|kind| named == Some(kind.as_str()))
}
