//! What is made of constant arguments when an expression is read.

use std::sync::Arc;

use super::dotnet::date_format::{Format, Styles};
use super::dotnet::regex::{Pattern, Replacement};

/// A constant argument that does not fit: its position, and what is wrong, to follow its name.
#[derive(Debug)]
pub(super) struct Misfit {
    pub position: usize,
    pub what: String,
}

/// What the constant arguments of a call were made into.
#[derive(Debug, Clone)]
pub(super) enum PreparedArguments {
    /// Nothing: they are read at every evaluation.
    Nothing,
    /// Of `FormatDateTime`, those that are constants.
    Formats { styles: Option<Styles>, input: Option<Format>, output: Option<Format> },
    /// Of `Replace`, those that are constants.
    Replacement { pattern: Option<Arc<Pattern>>, replacement: Option<Arc<Replacement>> },
}
