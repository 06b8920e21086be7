//! Page walks: queries that go on where the last one ended.

use std::collections::HashSet;
use std::sync::Arc;

use crate::rules::returned::Returned;
use crate::scim::member;
use crate::wire::{Exchange, Operation, ResourceKind};

/// The pages of one walk so far.
#[derive(Debug)]
pub(in crate::rules) struct PageWalk {
    /// The first page.
    pub first: Arc<Exchange>,
    /// The last page.
    pub last: Arc<Exchange>,
    /// `totalResults` of the pages, when all of them say the same.
    pub total: Option<u64>,
    /// Ids on the pages.
    pub ids: HashSet<String>,
    next: u64,
    writes: usize,
}

impl PageWalk {
    /// What pages of one walk have in common: everything but `startIndex`. `None` when the exchange
    /// asks for no page.
    pub fn key(exchange: &Exchange) -> Option<(ResourceKind, String)> {
        let Operation::Query { kind, start_index, count, .. } = &exchange.operation else {
            return None;
        };
        if start_index.is_none() && count.is_none() {
            return None;
        }
        let query = exchange.request.query.as_deref().unwrap_or("");
        let rest: Vec<&str> = query.split('&').filter(|part| !part.starts_with("startIndex=")).collect();
        Some((*kind, rest.join("&")))
    }

    /// The index of the first resource an exchange asks for, from 1.
    pub fn start(exchange: &Exchange) -> u64 {
        match &exchange.operation {
            Operation::Query { start_index: Some(start), .. } => {
                start.parse::<i64>().ok().and_then(|n| u64::try_from(n).ok()).unwrap_or(1).max(1)
            }
            _ => 1,
        }
    }

    /// True when an exchange asks for the page after the last one, and nothing was written since.
    pub fn is_continued_by(&self, exchange: &Exchange, writes: usize) -> bool {
        PageWalk::start(exchange) == self.next && self.next > 1 && writes == self.writes
    }

    /// The walk after one more page; `None` when the page belongs to no walk.
    pub fn step(
        walk: Option<PageWalk>,
        exchange: &Arc<Exchange>,
        returned: &[Returned<'_>],
        writes: usize,
    ) -> Option<PageWalk> {
        let total = exchange.json().and_then(|body| member(body, "totalResults")?.as_u64());
        let mut walk = match walk {
            Some(walk) if walk.is_continued_by(exchange, writes) => {
                PageWalk { total: walk.total.filter(|before| Some(*before) == total), ..walk }
            }
            _ if PageWalk::start(exchange) == 1 => PageWalk {
                first: Arc::clone(exchange),
                last: Arc::clone(exchange),
                total,
                ids: HashSet::new(),
                next: 1,
                writes,
            },
            _ => return None,
        };
        walk.last = Arc::clone(exchange);
        walk.next += returned.len() as u64;
        walk.ids.extend(returned.iter().filter_map(|resource| resource.id()).map(str::to_owned));
        Some(walk)
    }
}
