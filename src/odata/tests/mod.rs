mod errors;
mod filter;
mod hostile;
mod lists;
mod query;
mod types;

use super::{Filter, ODataError};

fn filter(text: &str) -> Filter {
    Filter::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn refused(text: &str) -> ODataError {
    match Filter::parse(text) {
        Ok(filter) => panic!("{text} was read as {filter:?}"),
        Err(error) => error,
    }
}
