//! The options whose value is a number.

use super::error::ODataError;

/// The most objects that Graph returns on one page of a directory list.
const MAX_TOP: usize = 999;

/// `$top`, in the query and in an expansion.
pub(super) fn top(value: &str) -> Result<usize, ODataError> {
    let expected = format!("a number from 1 to {MAX_TOP}");
    match number(value, &expected)? {
        top @ 1..=MAX_TOP => Ok(top),
        _ => Err(ODataError::new(format!("expected {expected}")).found(value)),
    }
}

pub(super) fn number(value: &str, expected: &str) -> Result<usize, ODataError> {
    let digits = Some(value.trim()).filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
    digits
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| ODataError::new(format!("expected {expected}")).found(value))
}
