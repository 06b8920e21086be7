//! The limits of bulk requests (RFC 7644 §3.7.4) that a target names.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Player;
use super::answers::answered;
use super::fixture::FixtureSource;
use crate::check::Finding;
use crate::scim::urn;
use crate::wire::{Actor, Exchange, Method, Request, Target};

/// A limit above so many operations is not tried.
const MOST_OPERATIONS: u64 = 2000;

/// A limit above so many bytes is not tried.
const MOST_BYTES: u64 = 2 << 20;

impl<T: Target, C: FixtureSource> Player<'_, T, C> {
    /// One operation too many and one byte too many are answered 413. Nobody is made, whatever the target
    /// does: no operation has a userName.
    pub(super) async fn expect_bulk_limits(&mut self, line: usize) {
        let limit = |name: &str, most: u64| {
            let limit = self.discovery.limit("bulk", name).filter(|limit| (1..=most).contains(limit));
            limit.and_then(|limit| usize::try_from(limit).ok())
        };
        let (operations, bytes) =
            (limit("maxOperations", MOST_OPERATIONS), limit("maxPayloadSize", MOST_BYTES));
        if let Some(limit) = operations {
            let body = self.nobodies(limit + 1, "");
            let what = format!("{} operations", limit + 1);
            self.expect_too_large("maxOperations", limit, &what, &body, line).await;
        }
        if let Some(limit) = bytes {
            let body = self.nobodies(1, &"x".repeat(limit));
            let what = format!("more than {limit} bytes");
            self.expect_too_large("maxPayloadSize", limit, &what, &body, line).await;
        }
    }

    /// A bulk request that creates no resource.
    fn nobodies(&self, operations: usize, padding: &str) -> Value {
        let prefix = self.fixture_source.prefix();
        let operation = |number: usize| {
            json!({ "method": "POST", "path": "/Users", "bulkId": format!("{prefix}-{number}"),
                "data": { "schemas": [urn::USER], "displayName": padding } })
        };
        let operations: Vec<Value> = (0..operations).map(operation).collect();
        json!({ "schemas": [urn::BULK_REQUEST], "Operations": operations })
    }

    async fn expect_too_large(&mut self, name: &str, limit: usize, what: &str, body: &Value, line: usize) {
        let request =
            Request::new(Actor::Probe, Method::Post, "/Bulk", format!("line {line}: beyond {name}"))
                .with_header("Content-Type", "application/scim+json")
                .with_json(body)
                .provoked();
        let Some(exchange) = self.exchange(request).await else { return };
        // Some servers close the connection when a request is too large, as they may.
        if exchange.answer().is_none_or(|answer| answer.status == 413) {
            return;
        }
        self.complain_of_limit(name, limit, what, &exchange);
    }

    fn complain_of_limit(&mut self, name: &str, limit: usize, what: &str, exchange: &Arc<Exchange>) {
        let message =
            format!("ServiceProviderConfig has bulk.{name} {limit}, but {what} are not rejected with 413");
        let finding = Finding::of(&self.scenario.about, message)
            .concerning(name)
            .against("413", answered(exchange))
            .shown_by(exchange);
        self.complain(finding);
    }
}
