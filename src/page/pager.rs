use super::form::Form;
use crate::store::Place;

/// Which part of a list is shown, and the ways to its neighbours.
pub(super) struct Pager {
    /// Counted from 1; 0 when nothing is shown.
    pub first: usize,
    pub last: usize,
    pub all: usize,
    pub newer: Option<String>,
    pub older: Option<String>,
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
            newer: (place.newer > 0).then(|| place.previous.map_or_else(|| path.to_owned(), before)),
            older: oldest.filter(|_| last < place.all).map(before),
        }
    }

    /// What a page comes before, as its address says it.
    pub fn before(query: &Form) -> Option<i64> {
        query.get("before").parse().ok()
    }
}
