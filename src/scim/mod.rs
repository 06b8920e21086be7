//! The grammar and the types of SCIM 2.0 (RFC 7643, RFC 7644).
//!
//! This room parses and prints. It evaluates and applies nothing: the embedded server and the
//! judges each do that for themselves, so that a mistake in one cannot hide in the other.

pub mod datetime;
pub mod discovery;
pub mod filter;
pub mod message;
mod parser;
pub mod patch;
pub mod path;
#[cfg(test)]
mod properties;
pub mod schema;
mod syntax;
pub mod urn;

use serde_json::Value;

pub use filter::{Comparison, Filter, Literal};
pub use path::{AttributePath, PatchPath};
pub use syntax::SyntaxError;

/// True when two attribute names or schema URNs are the same: they compare without letter case
/// (RFC 7643 §2.1).
#[must_use]
pub fn same_name(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

/// An object's member of that name in any letter case, an exact match first. `None` when there is
/// no such member or `object` is no object.
#[must_use]
pub fn member<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    let map = object.as_object()?;
    map.get(name).or_else(|| map.iter().find(|(key, _)| same_name(key, name)).map(|(_, value)| value))
}
