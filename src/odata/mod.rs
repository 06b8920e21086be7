//! The query options of OData 4.01 as Microsoft Graph reads them: `$filter`, `$select`, `$expand`, `$orderby`, paging.
//!
//! [`Query::parse`] reads the part of a URL behind `?`. The rest works on JSON objects: a property that an object
//! does not have equals `null`, unless the caller holds the query to a type ([`Query::fits`]).
//!
//! Sources: OData Version 4.01, part 2 "URL Conventions" (OASIS), and of Microsoft Graph's documentation the pages
//! "Use query parameters to customize responses", "Use the $filter query parameter" and "Advanced query capabilities on
//! Microsoft Entra ID objects". Where the two differ, Graph is right here.

mod atom;
mod error;
mod evaluate;
mod expand;
mod expression;
mod filter;
mod literal;
mod numbers;
mod order;
mod parser;
mod path;
mod query;
mod scanner;
mod select;
#[cfg(test)]
mod tests;
mod types;

pub use error::ODataError;
pub use expand::Expansion;
pub use filter::Filter;
pub use order::{OrderBy, follows, order, place};
pub use path::Path;
pub use query::Query;
pub use select::select;
pub use types::{EntityType, Misfit, PropertyType};
