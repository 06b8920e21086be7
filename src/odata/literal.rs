//! Reads the values that are written in a filter ("Literals" of OData 4.01, part 2).

use super::atom;
use super::error::{ODataError, quoted};
use super::expression::Literal;
use super::scanner::Scanner;

/// Takes a literal. `None` when none begins here: then it is a name.
pub(super) fn literal(scanner: &mut Scanner<'_>) -> Result<Option<Literal>, ODataError> {
    let Some(first) = scanner.peek() else { return Ok(None) };
    if first == '\'' {
        return scanner.quoted().map(|text| Some(Literal::Text(text)));
    }
    let word = scanner.word();
    if is_guid(word) {
        scanner.position += word.len();
        return Ok(Some(Literal::Text(word.to_owned())));
    }
    if first.is_ascii_digit() || first == '-' {
        return number_or_date(scanner).map(Some);
    }
    for (name, literal) in
        [("null", Literal::Null), ("true", Literal::Boolean(true)), ("false", Literal::Boolean(false))]
    {
        if scanner.eat_word(name) {
            return Ok(Some(literal));
        }
    }
    // The enum's type before its value, as in `microsoft.graph.provisioningAction'create'`.
    if !word.is_empty() && scanner.rest()[word.len()..].starts_with('\'') {
        scanner.position += word.len();
        return scanner.quoted().map(|text| Some(Literal::Text(text)));
    }
    Ok(None)
}

fn number_or_date(scanner: &mut Scanner<'_>) -> Result<Literal, ODataError> {
    let start = scanner.position;
    let text = scanner.run(|c| c.is_alphanumeric() || matches!(c, '-' | '+' | '.' | ':' | '_'));
    scanner.position += text.len();
    if let Some(instant) = atom::instant(text) {
        return Ok(Literal::Instant(instant));
    }
    if let Some(number) =
        text.parse().ok().filter(|_| is_number(text)).filter(|number: &f64| number.is_finite())
    {
        return Ok(Literal::Number(number));
    }
    let expected = |what: &str| ODataError::new(format!("expected {what}")).at(start).found(text);
    let could_be_instant = |offset: &str| atom::instant(&format!("{text}{offset}")).is_some();
    Err(if could_be_instant("Z") {
        expected("a date-time with `Z` or an offset").hint("a `+` in a URL is a space, write `%2B`")
    } else if atom::is_date_shaped(text) {
        expected("a date as `2026-06-01` or a date-time as `2026-06-01T00:00:00Z`")
    } else if text.bytes().filter(|b| *b == b'-').count() > 1 {
        expected("a GUID or a date").hint(format!("write a text in single quotes, {}", example(text)))
    } else {
        expected("a number").hint(format!("write a text in single quotes, {}", example(text)))
    })
}

/// How the text is written in quotes.
pub(super) fn example(text: &str) -> String {
    quoted(&format!("'{text}'"))
}

/// `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` in hexadecimal digits.
fn is_guid(text: &str) -> bool {
    const LENGTHS: [usize; 5] = [8, 4, 4, 4, 12];
    let mut parts = text.split('-');
    LENGTHS.into_iter().all(|n| {
        parts.next().is_some_and(|part| part.len() == n && part.bytes().all(|b| b.is_ascii_hexdigit()))
    }) && parts.next().is_none()
}

/// Digits with a sign, a fraction and an exponent, as in JSON, but for leading zeros.
fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (mantissa, exponent) =
        text.split_once(['e', 'E']).map_or((text, None), |(mantissa, exponent)| (mantissa, Some(exponent)));
    let mantissa = mantissa.strip_prefix('-').unwrap_or(mantissa);
    let (whole, fraction) =
        mantissa.split_once('.').map_or((mantissa, None), |(whole, fraction)| (whole, Some(fraction)));
    digits(whole)
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}
