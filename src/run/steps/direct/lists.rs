//! Pages of a list, and what /Schemas lists.

use serde_json::Value;

use super::status;
use crate::check::Finding;
use crate::run::observer::reader;
use crate::run::observer::resources;
use crate::run::steps::answers::{answered, is_empty};
use crate::run::steps::fixture::FixtureSource;
use crate::run::steps::{Player, test_values};
use crate::scim::PatchPath;
use crate::scim::discovery::Discovery;
use crate::wire::{Method, ResourceKind, Target};

/// Three pages of five hold the eleven resources that the template wants at least.
const PAGES: usize = 3;

impl<T: Target, C: FixtureSource> Player<'_, T, C> {
    /// Pages of a list: at least two, each 200 with the `startIndex` that was asked for.
    pub(in crate::run::steps) async fn expect_pages(
        &mut self,
        kind: ResourceKind,
        count: usize,
        line: usize,
    ) {
        if self.rows(kind).is_none() {
            return;
        }
        let step = format!("line {line}: pages of {}", kind.endpoint());
        let mut pages = 0;
        for page in 0..PAGES {
            let start = page * count + 1;
            let request = self
                .direct(Method::Get, kind.endpoint().to_owned(), &step)
                .with_query(format!("startIndex={start}&count={count}"));
            let Some(exchange) = self.exchange(request).await else { return };
            let list = exchange.json().filter(|_| exchange.answer().is_some_and(|a| a.status == 200));
            let (Some(body), Some(items)) = (list, resources(&exchange)) else {
                let message =
                    format!("page {} of {} returns {}", page + 1, kind.endpoint(), status(&exchange));
                let finding = Finding::of(&self.scenario.about, message)
                    .concerning("page")
                    .against("200 with a ListResponse", answered(&exchange))
                    .shown_by(&exchange);
                self.complain(finding);
                return;
            };
            pages += 1;
            let told = reader::member(body, "startIndex");
            if told.and_then(Value::as_u64) != u64::try_from(start).ok() {
                let told = told.map_or_else(|| "nothing".to_owned(), Value::to_string);
                let message = format!("the page that starts at {start} has startIndex {told}");
                let finding = Finding::of(&self.scenario.about, message)
                    .concerning("startIndex")
                    .against(format!("startIndex {start}"), format!("startIndex {told}"))
                    .shown_by(&exchange);
                self.complain(finding);
            }
            let total = reader::member(body, "totalResults").and_then(Value::as_u64).unwrap_or(0);
            let over = usize::try_from(total).is_ok_and(|total| total < start + count) || items.is_empty();
            if over {
                break;
            }
        }
        if pages < 2 {
            let message = format!(
                "{} resources exist, but a list of {} with count={count} ends after one page",
                self.accounts.len(),
                kind.endpoint()
            );
            let mut finding = Finding::of(&self.scenario.about, message)
                .concerning("number of pages")
                .against("two pages or more", "one page");
            if let Some(exchange) = self.recorder.last() {
                finding = finding.shown_by(&exchange);
            }
            self.complain(finding);
        }
    }

    /// Every mapped attribute stands in /Schemas.
    pub(in crate::run::steps) async fn expect_discoverable(&mut self, line: usize) {
        let step = format!("line {line}: discover");
        let Some(exchange) = self.exchange(self.direct(Method::Get, "/Schemas".to_owned(), &step)).await
        else {
            return;
        };
        let listed = exchange
            .json()
            .filter(|_| exchange.answer().is_some_and(|answer| answer.status == 200))
            .filter(|body| reader::member(body, "Resources").is_some_and(|list| !is_empty(list)))
            .cloned();
        let Some(body) = listed else {
            let finding = Finding::of(
                &self.scenario.about,
                format!("GET /Schemas returns {}, not a list of schemas", status(&exchange)),
            )
            .concerning("/Schemas")
            .against("200 with Resources", answered(&exchange))
            .shown_by(&exchange);
            self.complain(finding);
            return;
        };
        let published = Discovery::read(None, Some(&body), None);
        for kind in [ResourceKind::User, ResourceKind::Group] {
            let missing: Vec<PatchPath> = self
                .rows(kind)
                .map(|mapping| mapping.rows.iter().map(|row| row.target.clone()).collect::<Vec<_>>())
                .unwrap_or_default()
                .into_iter()
                .filter(|path| !test_values::is_discoverable(path, kind, &published))
                // Every resource has an externalId (RFC 7643 §3.1), and few publish it.
                .filter(|path| !path.is("externalId"))
                .collect();
            for path in missing {
                let message = format!("{path} is mapped but missing in /Schemas");
                let finding = Finding::of(&self.scenario.about, message)
                    .concerning(path.to_string())
                    .against(
                        format!("{path} in the published attributes of {}", kind.as_str()),
                        "missing there",
                    )
                    .shown_by(&exchange);
                self.complain(finding);
            }
        }
    }
}
