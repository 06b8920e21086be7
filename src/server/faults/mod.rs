//! Faults: ways to be wrong, for testing those who judge servers.
//!
//! Each is a rewrite of requests, of answers or of the store around the healthy server, so that
//! what is right is written once. Named faults come from reports of real servers; the others are
//! mechanical mutations that know no rule. A fault is a line of its area's file, beside the function
//! that does the damage.

mod answers;
mod bulk;
mod class;
mod creation;
mod documents;
mod drift;
mod duplicated;
mod fault;
mod forms;
mod identity;
mod kept;
mod lifecycle;
mod listings;
mod lookups;
mod managers;
mod memberships;
mod operations;
mod order;
mod paging;
mod passwords;
mod queries;
mod requests;
mod roles;
mod scene;
mod shown;
mod tenants;
mod texts;
mod tokens;
mod transport;
mod truncated;
mod update_answers;
mod updates;
mod value_paths;
mod versions;
mod writes;

pub use class::FaultClass;
pub use fault::Fault;
pub(super) use scene::{Effect, Memory, Scene};

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
];

const COUNT: usize = {
    let (mut count, mut area) = (0, 0);
    while area < AREAS.len() {
        count += AREAS[area].len();
        area += 1;
    }
    count
};

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
}

#[cfg(test)]
mod tests {
    use super::*;
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
