use std::fmt;

use super::form::Form;
use crate::report::layout::thousands;
use crate::store::Place;

/// Which part of a list is shown, and the ways to its neighbours.
pub(super) struct Pager {
    /// Counted from 1; 0 when nothing is shown.
    first: usize,
    last: usize,
    all: usize,
    pub previous: Option<String>,
    pub next: Option<String>,
}

impl Pager {
    /// The part of so many that stands there and ends with `oldest`. `path` is the list's address with its filters.
    pub fn new(path: &str, place: Place, shown: usize, oldest: Option<i64>) -> Self {
        let mark = if path.contains('?') { '&' } else { '?' };
        let before = |number: i64| format!("{path}{mark}before={number}");
        let last = place.newer + shown;
        Pager {
            first: if shown == 0 { 0 } else { place.newer + 1 },
            last,
            all: place.all,
            previous: (place.newer > 0).then(|| place.previous.map_or_else(|| path.to_owned(), before)),
            next: oldest.filter(|_| last < place.all).map(before),
        }
    }

    /// The page with that number, from 1, of a list of so many that is cut into pages of that size.
    pub fn numbered(path: &str, number: usize, size: usize, all: usize) -> Self {
        let at = |number: usize| format!("{path}&page={number}");
        let last = number.saturating_mul(size).min(all);
        Pager {
            first: if all == 0 { 0 } else { (number - 1).saturating_mul(size) + 1 },
            last,
            all,
            previous: (number > 1).then(|| at(number - 1)),
            next: (last < all).then(|| at(number + 1)),
        }
    }

    /// What a page comes before, as its address says it.
    pub fn before(query: &Form) -> Option<i64> {
        query.get("before").parse().ok()
    }
}

impl fmt::Display for Pager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {} of {}", thousands(self.first), thousands(self.last), thousands(self.all))
    }
}
