//! The grammar and the types of SCIM 2.0 (RFC 7643, RFC 7644).
//!
//! This room parses and prints. It evaluates and applies nothing: the embedded server and the
//! judges each do that for themselves, so that a mistake in one cannot hide in the other.

pub mod filter;
pub mod path;
pub mod urn;

pub use filter::{Comparison, Filter, Literal};
pub use path::{AttributePath, PatchPath};
