use std::cell::OnceCell;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::asked::RequestedAttributes;
use super::ledger::{Claim, ClaimedChange, Ledger, ParsedRequest, Stamps, changes};
use super::reading::{self, Term};
use super::returned::{Returned, is_message, resources};
use super::types::Mismatch;
use crate::scim::discovery::Discovery;
use crate::scim::{AttributePath, Filter, same_name, urn};
use crate::wire::{Actor, Answer, Exchange, Operation, ResourceKind};

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
    parsed: ParsedRequest,
    resources: Vec<Returned<'a>>,
    mismatches: OnceCell<Vec<Mismatch>>,
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
        let parsed =
            ParsedRequest { terms, projection: RequestedAttributes::of(request), changes, sent, stamps };
        View { resources, exchange, before, discovery, ledger, parsed, mismatches: OnceCell::new() }
    }

    /// What the request says, for the ledger.
    pub(super) fn into_parsed(self) -> ParsedRequest {
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
    pub(super) fn changes(&self) -> &[ClaimedChange] {
        &self.parsed.changes
    }

    /// What must stand at the target once this request has been accepted.
    pub(super) fn claims(&self) -> impl Iterator<Item = &Claim> {
        self.parsed.changes.iter().filter_map(|change| match change {
            ClaimedChange::Claim(claim) => Some(claim),
            _ => None,
        })
    }

    /// Which attributes the answer was asked to hold.
    pub(super) fn projection(&self) -> &RequestedAttributes {
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
