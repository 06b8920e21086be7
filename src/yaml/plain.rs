use serde_json::Number;

use super::NodeKind;

/// What an unquoted scalar is. The error says why it must be quoted.
pub(super) fn read(text: &str) -> Result<NodeKind, &'static str> {
    match text {
        "" | "~" | "null" => return Ok(NodeKind::Null),
        "true" => return Ok(NodeKind::Boolean(true)),
        "false" => return Ok(NodeKind::Boolean(false)),
        "True" | "TRUE" | "False" | "FALSE" => return Err("a boolean is written `true` or `false`"),
        "Null" | "NULL" => return Err("nothing is written `null`"),
        _ => {}
    }
    if let Some(number) = json_number(text) {
        // A number that does not come back as it was written would lose digits.
        return match serde_json::from_str::<Number>(text) {
            Ok(number_read) if number || number_read.to_string() == text => Ok(NodeKind::Number(number_read)),
            _ => Err("the number is too long to be kept exactly"),
        };
    }
    if is_other_number(text) {
        Err("a number is written in JSON's notation")
    } else {
        Ok(NodeKind::Text(text.to_owned()))
    }
}

/// `None` when the text is no number in JSON's notation; otherwise whether it has a fraction or an exponent.
fn json_number(text: &str) -> Option<bool> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let rest = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (rest, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let is_number = digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e)));
    is_number.then_some(fraction.is_some() || exponent.is_some())
}

/// Notations that some YAML reader takes for a number although JSON does not, without those with
/// leading zeros or underscores, which are texts here.
fn is_other_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let radix = |prefix: &str, radix: u32| {
        unsigned
            .strip_prefix(prefix)
            .is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_digit(radix)))
    };
    let lower = unsigned.to_ascii_lowercase();
    if matches!(lower.as_str(), ".inf" | ".nan") || radix("0x", 16) || radix("0o", 8) || radix("0b", 2) {
        return true;
    }
    let is_float = unsigned.bytes().any(|b| b.is_ascii_digit())
        && unsigned.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'))
        && unsigned.parse::<f64>().is_ok();
    let leading_zeros =
        unsigned.len() > 1 && unsigned.bytes().all(|b| b.is_ascii_digit()) && unsigned.starts_with('0');
    is_float && !leading_zeros
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stay_texts() {
        for text in [
            "00123",
            "010",
            "-007",
            "+00",
            "1_000",
            "0xFF_FF",
            "no",
            "yes",
            "on",
            "off",
            "No",
            "NO",
            "y",
            "n",
            "2011-05-13",
            "2011-05-13T04:42:34Z",
            "12:30:45",
            "1.2.3",
            "+1 425 555 0104",
            "e5",
            "infinity",
            "nan",
            "0x",
            "-",
            "1e",
            "=",
        ] {
            assert_eq!(read(text), Ok(NodeKind::Text(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn jsons_own_notation_has_a_type() {
        for text in ["0", "-5", "42", "18446744073709551615", "0.5", "1e3", "-1.5E-3"] {
            assert!(matches!(read(text), Ok(NodeKind::Number(_))), "{text}");
        }
        assert_eq!(read("true"), Ok(NodeKind::Boolean(true)));
        for text in ["", "~", "null"] {
            assert_eq!(read(text), Ok(NodeKind::Null), "{text}");
        }
    }

    #[test]
    fn other_notations_must_be_quoted() {
        for text in [
            "True",
            "FALSE",
            "Null",
            "0x1F",
            "-0x1F",
            "0o17",
            "0b11",
            "+5",
            "+14255550104",
            ".5",
            "5.",
            "00.5",
            ".inf",
            "-.INF",
            ".NaN",
            "123456789012345678901234567890",
        ] {
            assert!(read(text).is_err(), "{text}: {:?}", read(text));
        }
    }
}
