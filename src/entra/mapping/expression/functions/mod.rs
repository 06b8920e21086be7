//! The functions, by subject. Each file holds its table and the functions below it.

mod dates;
mod encoding;
mod flow;
mod letters;
mod lists;
mod logic;
mod numbers;
mod random;
mod replace;
mod text;

use std::sync::LazyLock;

use super::evaluation::Compute;
use super::function::Function;
use super::signature::Signature;
use crate::diagnostic;

/// Every function that can be computed, by subject.
static SUBJECTS: &[&[Function]] = &[
    dates::FUNCTIONS,
    encoding::FUNCTIONS,
    flow::FUNCTIONS,
    letters::FUNCTIONS,
    lists::FUNCTIONS,
    logic::FUNCTIONS,
    numbers::FUNCTIONS,
    random::FUNCTIONS,
    replace::FUNCTIONS,
    text::FUNCTIONS,
];

/// The same, each at its place.
static TABLE: LazyLock<Vec<&Function>> = LazyLock::new(|| SUBJECTS.iter().copied().flatten().collect());

/// What computes the function at that place of the table.
pub(super) fn compute(place: usize) -> Compute {
    TABLE[place].compute
}

/// Functions that are documented but not computed as expressions: what they give has sub-attributes
/// (`type`, `primary`), which a value of this language has not.
static NOT_COMPUTED: &[&str] = &[
    "AppRoleAssignments",
    "AppRoleAssignmentsComplex",
    "AssertiveAppRoleAssignmentsComplex",
    "SingleAppRoleAssignment",
];

/// Every function that can be computed, by name.
#[must_use]
pub fn signatures() -> Vec<Signature> {
    let mut list: Vec<_> = TABLE.iter().map(|function| function.signature).collect();
    list.sort_by_key(|signature| signature.name.to_lowercase());
    list
}

/// What is known of a function's name.
pub(super) enum FunctionLookup {
    /// It can be computed; its place in the table.
    Known(usize, &'static Function),
    /// Entra has it, and it is not computed here.
    NotComputed,
    /// Entra has no such function.
    Unknown {
        /// The closest one it has.
        closest: Option<&'static str>,
    },
}

/// Looks a function up. "The syntax is case-sensitive."
pub(super) fn find(name: &str) -> FunctionLookup {
    if let Some(place) = TABLE.iter().position(|function| function.signature.name == name) {
        return FunctionLookup::Known(place, TABLE[place]);
    }
    if NOT_COMPUTED.contains(&name) {
        return FunctionLookup::NotComputed;
    }
    let known = || TABLE.iter().map(|function| function.signature.name).chain(NOT_COMPUTED.iter().copied());
    let closest =
        known().find(|known| known.eq_ignore_ascii_case(name)).or_else(|| diagnostic::closest(name, known()));
    FunctionLookup::Unknown { closest }
}
