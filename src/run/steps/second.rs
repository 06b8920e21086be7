//! What a second tenant of the same vendor sees of the first one's users: nothing.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Player;
use super::answers::{answered, place};
use super::fixture::FixtureSource;
use crate::check::{Finding, Level, Skip};
use crate::entra::mapping::TargetKind;
use crate::run::observer::reader;
use crate::run::observer::{lookup, resource_path, resources};
use crate::run::steps::mapped;
use crate::run::target::deployment::Tenants;
use crate::scim::{PatchPath, urn};
use crate::wire::{Actor, Exchange, Method, Request, ResourceKind, Target, Tenant};

/// How many resources are asked for at once.
const PAGE: usize = 100;

/// A longer list is read no further.
const MOST_PAGES: usize = 20;

/// An account in the first tenant, as the second one is asked for it.
struct Stranger {
    kind: ResourceKind,
    id: String,
    /// What it is looked up by, and with what value.
    matching: PatchPath,
    value: String,
}

impl Stranger {
    /// True when a resource is this one. The value holds the run's prefix, so that no other resource has it; an id
    /// may be given once in each tenant.
    fn is(&self, resource: &Value) -> bool {
        let expected = Value::String(self.value.clone());
        reader::values(resource, &self.matching).iter().any(|held| reader::same(&expected, held, false))
    }
}

impl<T: Target, C: FixtureSource> Player<'_, T, C> {
    /// Who stands behind a key in the first tenant; what is missing there was told.
    fn stranger(&self, key: &str) -> Option<Stranger> {
        let participant = self.fixture.participant(key)?;
        let object = participant.id.clone()?;
        let row = self.rows(participant.kind)?.matching().first().copied()?;
        let value = self.mapped(row, &object)?.as_str()?.to_owned();
        Some(Stranger {
            kind: participant.kind,
            id: self.target_id(key)?,
            matching: row.target.clone(),
            value,
        })
    }

    fn without_stranger(&mut self, key: &str) {
        self.leave_undecided(format!("the account of \"{key}\", which does not exist in the first tenant"));
    }

    /// Neither a read by id nor a filter, a search or a page of the second tenant shows the account.
    pub(super) async fn expect_unseen(&mut self, key: &str, line: usize) {
        let Some(stranger) = self.stranger(key) else { return self.without_stranger(key) };
        let Stranger { kind, id, matching, value } = &stranger;
        let step = format!("line {line}: \"{key}\" in the second tenant");
        let read = Request::new(Actor::Probe, Method::Get, resource_path(*kind, id), step.clone()).provoked();
        if let Some(exchange) = self.ask_second(read).await
            && exchange.json().filter(|_| exchange.succeeded()).is_some_and(|body| stranger.is(body))
        {
            self.seen(key, "read by its id", "404", &exchange);
        }
        let found = lookup(Actor::Probe, *kind, matching, value, &step);
        self.expect_not_among(key, &stranger, found, "found by a filter").await;
        let search = json!({
            "schemas": [urn::SEARCH_REQUEST],
            "filter": format!("{matching} eq {}", Value::String(value.clone())),
        });
        let search =
            Request::new(Actor::Probe, Method::Post, format!("{}/.search", kind.endpoint()), step.clone())
                .with_header("Content-Type", "application/scim+json")
                .with_json(&search)
                .provoked();
        self.expect_not_among(key, &stranger, search, "found by .search").await;
        let mut start = 1;
        for page in 1..=MOST_PAGES {
            let step = format!("{step}, page {page}");
            let members = if *kind == ResourceKind::Group { "excludedAttributes=members&" } else { "" };
            let request = Request::new(Actor::Probe, Method::Get, kind.endpoint(), step)
                .with_query(format!("{members}startIndex={start}&count={PAGE}"));
            let Some(exchange) = self.expect_not_among(key, &stranger, request, "shown in a list").await
            else {
                return;
            };
            let total = exchange.json().and_then(|body| reader::member(body, "totalResults")?.as_u64());
            let came = resources(&exchange).map_or(0, |shown| shown.len());
            start += came;
            if came == 0 || u64::try_from(start).ok() > total {
                return;
            }
        }
    }

    /// Sends a request to the second tenant; the stranger is not in the list that is answered. The exchange
    /// is returned while there is more to be read.
    async fn expect_not_among(
        &mut self,
        key: &str,
        stranger: &Stranger,
        request: Request,
        how: &str,
    ) -> Option<Arc<Exchange>> {
        let exchange = self.ask_second(request).await?;
        let shown = resources(&exchange)?.into_iter().any(|resource| stranger.is(resource));
        if shown {
            self.seen(key, how, "a list without it", &exchange);
            return None;
        }
        Some(exchange)
    }

    async fn ask_second(&mut self, request: Request) -> Option<Arc<Exchange>> {
        if self.target.must_end() {
            return None;
        }
        self.exchange(request.to(Tenant::Second)).await
    }

    fn seen(&mut self, key: &str, how: &str, expected: &str, exchange: &Arc<Exchange>) {
        let message = format!("\"{key}\" of one tenant is {how} in another tenant ({})", place(exchange));
        let finding = Finding::of(&self.scenario.about, message)
            .concerning(how)
            .against(expected, answered(exchange))
            .shown_by(exchange);
        self.complain(finding);
    }

    /// Writes to the id in the second tenant are answered 404, and the account is what it was.
    pub(super) async fn expect_untouchable(&mut self, key: &str, line: usize) {
        let Some(stranger) = self.stranger(key) else { return self.without_stranger(key) };
        let Stranger { kind, id, .. } = &stranger;
        let step = format!("line {line}: writing to \"{key}\" in the second tenant");
        let path = resource_path(*kind, id);
        self.settle_in_second(key, *kind, &step).await;
        let read = Request::new(Actor::Probe, Method::Get, path.clone(), step.clone()).provoked();
        let Some(exchange) = self.ask_second(read).await else { return };
        // Somebody of the second tenant may have the same id, and is left alone.
        let nobody = exchange.answer().is_some_and(|answer| matches!(answer.status, 403 | 404 | 410));
        let leaks = exchange.json().filter(|_| exchange.succeeded()).is_some_and(|body| stranger.is(body));
        if !nobody && !leaks {
            self.skip =
                Some(Skip::NotConfigured("the second tenant has an object with the same id".to_owned()));
            return;
        }
        let Some(change) = self.harmless_change(*kind) else { return };
        let body = json!({ "schemas": [urn::PATCH_OP], "Operations": [change] });
        let patch = Request::new(Actor::Probe, Method::Patch, path.clone(), step.clone())
            .with_header("Content-Type", "application/scim+json")
            .with_json(&body)
            .provoked();
        let delete = Request::new(Actor::Probe, Method::Delete, path, step.clone()).provoked();
        for request in [patch, delete] {
            let Some(exchange) = self.ask_second(request).await else { return };
            if exchange.succeeded() {
                let message = format!(
                    "{} on \"{key}\" of one tenant succeeds in another tenant",
                    exchange.request.method.as_str()
                );
                let finding = Finding::of(&self.scenario.about, message)
                    .concerning(exchange.request.method.as_str())
                    .against("404", answered(&exchange))
                    .shown_by(&exchange);
                self.complain(finding);
                return;
            }
            if !exchange.answer().is_some_and(|answer| matches!(answer.status, 403 | 404 | 410)) {
                let message = format!(
                    "{} does not return 404 in a tenant that does not have the object",
                    place(&exchange)
                );
                let finding = Finding::of(&self.scenario.about, message)
                    .at(self.scenario.about.level.min(Level::Warning))
                    .concerning("status in another tenant")
                    .against("404", answered(&exchange))
                    .shown_by(&exchange);
                self.complain(finding);
            }
        }
        if let reading @ (super::state::ReadState::Nothing(_) | super::state::ReadState::Unclear(..)) =
            self.read(*kind, id, &step).await
        {
            self.unreadable(key, *kind, reading);
        }
    }

    /// Makes somebody in the second tenant: only where a read shows an object of ours can a 404 be trusted, and
    /// nothing is written to an id before.
    async fn settle_in_second(&mut self, key: &str, kind: ResourceKind, step: &str) {
        let name = match kind {
            ResourceKind::User => "userName",
            ResourceKind::Group => "displayName",
        };
        let Some(Value::Object(mut body)) = self.value_of(&format!("{key}.create")) else { return };
        body.shift_remove("externalId");
        let beside = format!("{}.beside@{}", self.fixture_source.prefix(), self.fixture_source.domain());
        body.insert(name.to_owned(), beside.into());
        let create = Request::new(Actor::Probe, Method::Post, kind.endpoint(), step)
            .with_header("Content-Type", "application/scim+json")
            .with_json(&Value::Object(body))
            .provoked();
        self.ask_second(create).await;
    }

    /// A PATCH operation that everybody may send.
    fn harmless_change(&self, kind: ResourceKind) -> Option<Value> {
        let prefix = self.fixture_source.prefix();
        let plain = |row: &&crate::entra::mapping::AttributeMapping| {
            row.matching.is_none() && row.target_kind() == TargetKind::Text && row.target.filter.is_none()
        };
        let rows = &self.rows(kind)?.rows;
        let row = rows.iter().filter(plain).find(|row| row.is("displayName") || row.is("title"));
        let path = row.map_or("displayName".to_owned(), |row| row.target.to_string());
        let value = mapped::json(&crate::entra::mapping::TargetValue::Text(format!("{prefix} of nobody")))?;
        Some(json!({ "op": "replace", "path": path, "value": value }))
    }

    /// The second tenant is asked with the token of the first, and answers nothing.
    pub(super) async fn expect_token_apart(&mut self, line: usize) {
        if self.tenants != (Tenants::Two { tokens_apart: true }) {
            let why = "both tenants have the same URL or the same token, so one token cannot be tried at the \
                       other";
            self.skip = Some(Skip::NotConfigured(why.to_owned()));
            return;
        }
        let step = format!("line {line}: the first tenant's token in the second one");
        for path in ["/Users", "/Groups"] {
            let request = Request::new(Actor::Probe, Method::Get, path, step.clone())
                .with_query("count=1")
                .provoked()
                .to(Tenant::SecondByFirst);
            if self.target.must_end() {
                return;
            }
            let Some(exchange) = self.exchange(request).await else { return };
            // Not every server returns 401 for a token of another tenant; what matters is that it rejects it.
            let Some(answer) = exchange.answer() else {
                self.leave_undecided(format!("the second tenant, which does not answer {path}"));
                continue;
            };
            if (400..500).contains(&answer.status) {
                continue;
            }
            let level = if exchange.succeeded() { Level::Critical } else { Level::Warning };
            let message = format!("a tenant accepts the token of another tenant ({})", place(&exchange));
            let finding = Finding::of(&self.scenario.about, message)
                .at(self.scenario.about.level.min(level))
                .concerning("token of another tenant")
                .against("401", answered(&exchange))
                .shown_by(&exchange);
            self.complain(finding);
            return;
        }
    }
}
