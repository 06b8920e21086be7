//! The grammar and the types of SCIM 2.0 (RFC 7643, RFC 7644).
//!
//! This room parses and prints. It evaluates and applies nothing: the embedded server and the
//! judges each do that for themselves, so that a mistake in one cannot hide in the other.

pub mod filter;
mod parser;
pub mod path;
mod syntax;
pub mod urn;

pub use filter::{Comparison, Filter, Literal};
pub use path::{AttributePath, PatchPath};
pub use syntax::SyntaxError;

/// True when two attribute names or schema URNs are the same: they compare without letter case
/// (RFC 7643 §2.1).
#[must_use]
pub fn same_name(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}
