//! All faults, in the order in which they are listed and in which they work.

use std::cmp::Ordering;
use std::str::FromStr;

use super::fault::Fault;
use super::{
    answers, bulk, creation, documents, drift, duplicated, forms, identity, kept, lifecycle, listings,
    lookups, managers, memberships, order, paging, passwords, queries, requests, roles, shown, tenants,
    texts, tokens, transport, truncated, unmapped, update_answers, updates, value_paths, versions, writes,
};

/// The faults of each area, in the order in which they are listed.
const AREAS: &[&[Fault]] = &[
    lookups::FAULTS,
    listings::FAULTS,
    drift::FAULTS,
    tenants::FAULTS,
    paging::FAULTS,
    order::FAULTS,
    creation::FAULTS,
    lifecycle::FAULTS,
    tokens::FAULTS,
    passwords::FAULTS,
    updates::FAULTS,
    value_paths::FAULTS,
    update_answers::FAULTS,
    roles::FAULTS,
    managers::FAULTS,
    memberships::FAULTS,
    texts::FAULTS,
    answers::FAULTS,
    identity::FAULTS,
    bulk::FAULTS,
    versions::FAULTS,
    transport::FAULTS,
    requests::FAULTS,
    queries::FAULTS,
    writes::FAULTS,
    forms::FAULTS,
    documents::FAULTS,
    shown::FAULTS,
    kept::FAULTS,
    duplicated::FAULTS,
    truncated::FAULTS,
    unmapped::FAULTS,
];

/// How many there are.
const COUNT: usize = {
    let (mut count, mut area) = (0, 0);
    while area < AREAS.len() {
        count += AREAS[area].len();
        area += 1;
    }
    count
};

/// The areas as one list.
const fn joined() -> [Fault; COUNT] {
    let mut all = [AREAS[0][0]; COUNT];
    let (mut next, mut area) = (0, 0);
    while area < AREAS.len() {
        let mut row = 0;
        while row < AREAS[area].len() {
            all[next] = AREAS[area][row];
            next += 1;
            row += 1;
        }
        area += 1;
    }
    all
}

impl Fault {
    /// All faults.
    pub const ALL: &[Fault] = &joined();

    fn place(self) -> Option<usize> {
        Fault::ALL.iter().position(|fault| *fault == self)
    }
}

/// Faults come in the order of [`Fault::ALL`], and work in it when a server has several.
impl Ord for Fault {
    fn cmp(&self, other: &Self) -> Ordering {
        self.place().cmp(&other.place())
    }
}

impl PartialOrd for Fault {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Fault::ALL
            .iter()
            .copied()
            .find(|fault| fault.name() == text)
            .ok_or_else(|| format!("`{text}` is not a fault of the embedded server"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::FaultClass;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_read_back() {
        let names: BTreeSet<_> = Fault::ALL.iter().map(|fault| fault.name()).collect();
        assert_eq!(names.len(), Fault::ALL.len());
        for fault in Fault::ALL {
            assert_eq!(fault.name().parse(), Ok(*fault));
            assert!(fault.about().ends_with('.'), "{fault} is a sentence");
        }
        assert!("typo".parse::<Fault>().is_err());
    }

    #[test]
    fn the_order_is_that_of_the_list() {
        assert!(Fault::ALL.is_sorted());
        assert_eq!(Fault::ALL[0], Fault::FILTER_IGNORED);
        assert!(Fault::FILTER_IGNORED < Fault::BARE_ARRAY_LISTS);
    }

    #[test]
    fn about_half_are_mutations() {
        let named = Fault::ALL.iter().filter(|fault| fault.class() == FaultClass::Named).count();
        assert!(Fault::ALL.len() - named >= Fault::ALL.len() * 2 / 5, "{named} of {}", Fault::ALL.len());
    }
}
