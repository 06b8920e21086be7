//! A walk over the pages of a list that changes meanwhile.
//!
//! RFC 7644 §3.4.2.4 promises nothing about it: pages by index shift when somebody goes, and repeat
//! somebody when somebody comes in front. So little is owed, and only that is judged: by index nobody
//! who stands there all the time is missed while others are only added, whatever order the list has; by
//! cursor (RFC 9865) they are met, and met once.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value;

use super::Player;
use super::answers::{answered, is_empty};
use super::fixture::{FixtureSource, Mistake};
use crate::check::{Aspect, Finding, Level, Skip};
use crate::run::observer::reader;
use crate::run::observer::resources;
use crate::scenario::WalkExpectation;
use crate::wire::{Actor, Exchange, Method, Operation, Request, Target, id_of};

/// Longer walks are cut short; then nothing is said of who was not met.
const MOST_PAGES: usize = 60;

/// What was met on the way.
#[derive(Default)]
struct Way {
    /// The page on which each id was met first.
    met: HashMap<String, Arc<Exchange>>,
    /// Ids on two pages, with both.
    twice: Option<(Arc<Exchange>, Arc<Exchange>)>,
    /// Whom requests between the pages concerned.
    changed: HashSet<String>,
    /// By how much those requests changed the number of resources.
    growth: i64,
    /// Others came or went, as far as totals tell.
    disturbed: bool,
    /// The last page; `None` when the walk did not come to its end.
    last: Option<Arc<Exchange>>,
}

impl<T: Target, C: FixtureSource> Player<'_, T, C> {
    pub(super) async fn expect_walk(
        &mut self,
        expectation: &WalkExpectation,
        line: usize,
    ) -> Result<(), Mistake> {
        let way = self.walk(expectation, line).await?;
        let Some(last) = &way.last else {
            self.leave_undecided("the reading of all pages, which did not finish");
            return Ok(());
        };
        let level = self.scenario.about.level.min(Level::Warning);
        let find = |message: String| Finding::of(&self.scenario.about, message).at(level);
        if let Some((first, second)) = way.twice.as_ref().filter(|_| expectation.by_cursor) {
            let message = "cursor paging returns a resource on two pages while others are added and removed";
            self.complain(
                find(message.to_owned())
                    .concerning("resource on two pages")
                    .against("each resource once", "one resource twice")
                    .shown_by(first)
                    .shown_by(second),
            );
            return Ok(());
        }
        let stayed: Vec<&String> = self
            .accounts
            .values()
            .filter(|account| account.kind == expectation.kind && !way.changed.contains(&account.id))
            .map(|account| &account.id)
            .collect();
        let missed = stayed.iter().filter(|id| !way.met.contains_key(**id)).count();
        if missed == 0 {
            return Ok(());
        }
        if way.disturbed && !expectation.by_cursor {
            self.skip = Some(Skip::Disturbed(
                "other clients added or removed resources while the pages were \
                                              read"
                    .to_owned(),
            ));
            return Ok(());
        }
        let message = format!(
            "paging over {} misses a resource that exists the whole time, while others {}",
            expectation.kind.endpoint(),
            if expectation.by_cursor { "are added and removed" } else { "are added" }
        );
        let finding = find(message)
            .about(Aspect::Paging)
            .concerning("missed in a walk")
            .against(format!("all {} of them", stayed.len()), format!("{missed} on no page"))
            .shown_by(last);
        self.complain(finding);
        Ok(())
    }

    async fn walk(&mut self, expectation: &WalkExpectation, line: usize) -> Result<Way, Mistake> {
        let endpoint = expectation.kind.endpoint();
        let mut way = Way::default();
        let mut between = expectation.between.iter();
        let (mut cursor, mut start) = (String::new(), 1);
        let mut first_total = None;
        for page in 1..=MOST_PAGES {
            let mut query = form_urlencoded::Serializer::new(String::new());
            match expectation.by_cursor {
                true => query.append_pair("cursor", &cursor),
                false => query.append_pair("startIndex", &start.to_string()),
            };
            query.append_pair("count", &expectation.count.to_string());
            let request =
                Request::new(Actor::Probe, Method::Get, endpoint, format!("line {line}: page {page}"))
                    .with_query(query.finish());
            let Some(exchange) = self.exchange(request).await else { return Ok(way) };
            let list = exchange.json().filter(|_| exchange.answer().is_some_and(|a| a.status == 200));
            let (Some(body), Some(items)) = (list, resources(&exchange)) else {
                let message = format!("page {page} of {endpoint} is not a list");
                let finding = Finding::of(&self.scenario.about, message)
                    .about(Aspect::Answer)
                    .concerning("page")
                    .against("200 with a ListResponse", answered(&exchange))
                    .shown_by(&exchange);
                self.complain(finding);
                return Ok(way);
            };
            let total = reader::member(body, "totalResults").and_then(Value::as_i64);
            let first = *first_total.get_or_insert(total);
            way.disturbed |= self.shared
                && total.zip(first).is_none_or(|(total, first)| total.checked_sub(first) != Some(way.growth));
            start += items.len();
            for id in items.iter().filter_map(|item| id_of(item)) {
                if let Some(before) = way.met.get(&id).filter(|_| !way.changed.contains(&id)) {
                    way.twice.get_or_insert((Arc::clone(before), Arc::clone(&exchange)));
                }
                way.met.entry(id).or_insert_with(|| Arc::clone(&exchange));
            }
            let next = reader::member(body, "nextCursor").filter(|next| !is_empty(next));
            let more = match expectation.by_cursor {
                true => next.and_then(Value::as_str).is_some_and(|next| next != cursor),
                false => {
                    !items.is_empty()
                        && i64::try_from(start).is_ok_and(|start| total.is_some_and(|total| start <= total))
                }
            };
            if !more {
                // Without a total it is unknown whether this is the end; a rule reports that.
                if !expectation.by_cursor && total.is_none() {
                    return Ok(way);
                }
                way.last = Some(exchange);
                return Ok(way);
            }
            next.and_then(Value::as_str).unwrap_or_default().clone_into(&mut cursor);
            let Some(raw) = between.next() else { continue };
            self.request(raw, line).await?;
            if let Some(exchange) = self.answer.clone().filter(|exchange| exchange.succeeded()) {
                way.growth += match &exchange.operation {
                    Operation::Create(kind) if *kind == expectation.kind => 1,
                    Operation::Delete(kind, _) if *kind == expectation.kind => -1,
                    _ => 0,
                };
                let made = exchange.made_id(expectation.kind).filter(|_| exchange.request.writes());
                way.changed.extend(exchange.operation.id().map(str::to_owned).or(made));
            }
        }
        Ok(way)
    }
}
