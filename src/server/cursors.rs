//! Paging by cursor (RFC 9865): a walk over what one query found, page by page.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use super::model::ServedKind;
use super::reply::ReplyOutcome;
use crate::scim::message::{ErrorMessage, ScimType};

/// How long a cursor is good; ServiceProviderConfig says so.
pub(super) const TIMEOUT: Duration = Duration::from_secs(600);

/// Walks that are remembered at once: one more ends the oldest.
const MOST_WALKS: usize = 200;

/// Walks in progress.
#[derive(Debug, Default)]
pub(super) struct Walks {
    walks: BTreeMap<u64, CursorWalk>,
    begun: u64,
    /// Cursors are signed, so that clients cannot make them up.
    secret: RandomState,
}

#[derive(Debug)]
struct CursorWalk {
    query: u64,
    count: usize,
    found: Vec<(ServedKind, String)>,
    used: Instant,
}

/// One page of a walk.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CursorPage {
    /// What the query found in all, when the walk began.
    pub(super) total: usize,
    /// The resources of this page; those that are gone by now are still named.
    pub(super) found: Vec<(ServedKind, String)>,
    pub(super) next: Option<String>,
    pub(super) previous: Option<String>,
}

impl Walks {
    /// A query as walks know it: a cursor is good for that one alone.
    pub(super) fn fingerprint(&self, query: &str) -> u64 {
        self.secret.hash_one(query)
    }

    /// The first page of a new walk over what a query found.
    pub(super) fn begin(&mut self, query: u64, count: usize, found: Vec<(ServedKind, String)>) -> CursorPage {
        self.begun += 1;
        let walk = CursorWalk { query, count, found, used: Instant::now() };
        let page = self.page(self.begun, &walk, 0);
        if page.next.is_some() {
            self.walks.insert(self.begun, walk);
            if self.walks.len() > MOST_WALKS {
                self.walks.pop_first();
            }
        }
        page
    }

    /// The page that a cursor stands for.
    ///
    /// # Errors
    /// `invalidCursor` for one of another query or of no query, `expiredCursor` for an old one, `invalidCount`
    /// when the count is not that of the first page.
    pub(super) fn turn(&mut self, cursor: &str, query: u64, count: usize) -> ReplyOutcome<CursorPage> {
        let invalid = || ErrorMessage::of(ScimType::InvalidCursor, "this is no cursor of this query");
        let (number, position) = self.read(cursor).ok_or_else(invalid)?;
        let expired = || {
            let seconds = TIMEOUT.as_secs();
            let detail = format!("a cursor is good for {seconds} seconds; ask again with an empty one");
            ErrorMessage::of(ScimType::ExpiredCursor, detail)
        };
        let walk = self.walks.get_mut(&number).ok_or_else(expired)?;
        if walk.used.elapsed() > TIMEOUT {
            self.walks.remove(&number);
            return Err(expired());
        }
        if walk.query != query {
            return Err(invalid());
        }
        if walk.count != count {
            let detail = format!("count was {} when the walk began, and is {count} now", walk.count);
            return Err(ErrorMessage::of(ScimType::InvalidCount, detail));
        }
        walk.used = Instant::now();
        let walk = &self.walks[&number];
        Ok(self.page(number, walk, position))
    }

    fn page(&self, number: u64, walk: &CursorWalk, position: usize) -> CursorPage {
        let end = position.saturating_add(walk.count).min(walk.found.len());
        // Pages of nothing lead nowhere.
        let more = walk.count > 0 && end < walk.found.len();
        CursorPage {
            total: walk.found.len(),
            found: walk.found.get(position..end).unwrap_or_default().to_vec(),
            next: more.then(|| self.write(number, end)),
            previous: (position > 0).then(|| self.write(number, position.saturating_sub(walk.count))),
        }
    }

    /// A cursor of unreserved characters (RFC 3986 §2.3).
    fn write(&self, number: u64, position: usize) -> String {
        format!("{number:x}.{position:x}.{:016x}", self.secret.hash_one((number, position)))
    }

    fn read(&self, cursor: &str) -> Option<(u64, usize)> {
        let mut parts = cursor.split('.');
        let number = u64::from_str_radix(parts.next()?, 16).ok()?;
        let position = usize::from_str_radix(parts.next()?, 16).ok()?;
        (self.write(number, position) == cursor).then_some((number, position))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seven() -> Vec<(ServedKind, String)> {
        (0..7).map(|number| (ServedKind::User, number.to_string())).collect()
    }

    #[test]
    fn a_walk_meets_everything_once_and_can_be_walked_back() {
        let mut walks = Walks::default();
        let first = walks.begin(1, 3, seven());
        assert_eq!((first.total, first.previous), (7, None));
        let second = walks.turn(&first.next.unwrap(), 1, 3).unwrap();
        let third = walks.turn(second.next.as_ref().unwrap(), 1, 3).unwrap();
        assert_eq!((third.found.len(), third.next), (1, None));
        assert_eq!([first.found.clone(), second.found.clone(), third.found].concat(), seven());
        assert_eq!(walks.turn(&third.previous.unwrap(), 1, 3).unwrap().found, second.found);
        assert_eq!(walks.turn(&second.previous.unwrap(), 1, 3).unwrap().found, first.found);
    }

    #[test]
    fn cursors_are_refused_with_the_reason() {
        let mut walks = Walks::default();
        let next = walks.begin(1, 3, seven()).next.unwrap();
        let mut why = |cursor: &str, query, count| walks.turn(cursor, query, count).unwrap_err().scim_type;
        for made_up in ["x", "", "1.3.0000000000000000", "1.3"] {
            assert_eq!(why(made_up, 1, 3), Some(ScimType::InvalidCursor), "{made_up}");
        }
        assert_eq!(why(&next, 2, 3), Some(ScimType::InvalidCursor));
        assert_eq!(why(&next, 1, 4), Some(ScimType::InvalidCount));
        for _ in 0..=MOST_WALKS {
            walks.begin(1, 3, seven());
        }
        assert_eq!(walks.turn(&next, 1, 3).unwrap_err().scim_type, Some(ScimType::ExpiredCursor));
        assert_eq!(walks.begin(1, 0, seven()).next, None);
    }
}
