//! A walk through a list by cursor (RFC 9865), and where it must lead.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Player;
use super::answers::{answered, is_empty};
use super::fixture::FixtureSource;
use crate::check::Finding;
use crate::run::observer::reader;
use crate::run::observer::resources;
use crate::wire::{Actor, Exchange, Method, Request, ResourceKind, Target, id_of};

/// Longer walks are cut short; then nothing is said of who was not met.
const MOST_PAGES: usize = 40;

impl<T: Target, C: FixtureSource> Player<'_, T, C> {
    /// Every page of a list by cursor: no page is too long, no resource is returned twice, and created ones are returned.
    pub(super) async fn expect_cursor_pages(&mut self, kind: ResourceKind, count: usize, line: usize) {
        let step = format!("line {line}: pages of {} by cursor", kind.endpoint());
        let mut cursor = String::new();
        let mut followed = HashSet::new();
        let mut met: HashMap<String, Arc<Exchange>> = HashMap::new();
        for page in 1..=MOST_PAGES {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.append_pair("cursor", &cursor).append_pair("count", &count.to_string());
            let request = Request::new(Actor::Probe, Method::Get, kind.endpoint(), step.clone())
                .with_query(query.finish());
            let Some(exchange) = self.exchange(request).await else { return };
            let list = exchange.json().filter(|_| exchange.answer().is_some_and(|a| a.status == 200));
            let (Some(body), Some(items)) = (list, resources(&exchange)) else {
                let message = format!("page {page} of {} by cursor is not a list", kind.endpoint());
                self.complain_of_page(
                    &exchange,
                    message,
                    "page",
                    "200 with a ListResponse",
                    answered(&exchange),
                );
                return;
            };
            if items.len() > count {
                let message = format!(
                    "a page by cursor holds {} resources, the request asked for {count}",
                    items.len()
                );
                self.complain_of_page(
                    &exchange,
                    message,
                    "count",
                    &format!("at most {count}"),
                    items.len().to_string(),
                );
            }
            if page == 1
                && let Some(previous) = reader::member(body, "previousCursor").filter(|v| !is_empty(v))
            {
                let message = "the first page has a previousCursor".to_owned();
                self.complain_of_page(&exchange, message, "previousCursor", "none", previous.to_string());
            }
            for id in items.iter().filter_map(|item| id_of(item)) {
                if let Some(before) = met.insert(id, Arc::clone(&exchange)) {
                    let message =
                        format!("page {page} by cursor returns a resource that an earlier page returned");
                    let finding = Finding::of(&self.scenario.about, message)
                        .concerning("resource on two pages")
                        .against("each resource once", "one resource twice")
                        .shown_by(&before)
                        .shown_by(&exchange);
                    self.complain(finding);
                    return;
                }
            }
            let Some(next) = reader::member(body, "nextCursor").filter(|next| !is_empty(next)) else {
                self.expect_met(kind, &met, &exchange);
                return;
            };
            let is_safe = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "-._~".contains(c));
            match next.as_str() {
                Some(text) if is_safe(text) => text.clone_into(&mut cursor),
                other => {
                    let message = "nextCursor contains characters that must be encoded in a URL".to_owned();
                    let expected = "letters, digits, `-`, `.`, `_`, `~`";
                    self.complain_of_page(&exchange, message, "nextCursor", expected, next.to_string());
                    let Some(text) = other else { return };
                    text.clone_into(&mut cursor);
                }
            }
            if !followed.insert(cursor.clone()) {
                let message = "nextCursor leads to a page that was already read".to_owned();
                self.complain_of_page(&exchange, message, "nextCursor", "another page", next.to_string());
                return;
            }
        }
    }

    /// At the end of a walk everybody was met who was made before it.
    fn expect_met(&mut self, kind: ResourceKind, met: &HashMap<String, Arc<Exchange>>, last: &Arc<Exchange>) {
        let made = self.accounts.values().filter(|account| account.kind == kind);
        let missed = made.filter(|account| !met.contains_key(&account.id)).count();
        if missed > 0 {
            let message =
                format!("cursor paging ends, but {missed} of the resources created before it are on no page");
            let expected = "every resource on a page, and nextCursor on every page but the last";
            self.complain_of_page(last, message, "walk by cursor", expected, format!("{missed} missing"));
        }
    }

    fn complain_of_page(
        &mut self,
        exchange: &Arc<Exchange>,
        message: String,
        what: &str,
        expected: &str,
        actual: String,
    ) {
        let finding = Finding::of(&self.scenario.about, message)
            .concerning(what)
            .against(expected, actual)
            .shown_by(exchange);
        self.complain(finding);
    }
}
