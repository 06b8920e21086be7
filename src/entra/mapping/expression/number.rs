/// A whole number as constants and attributes write it: decimal with a sign, or `&H` and hexadecimal
/// digits as in Visual Basic.
pub(super) fn whole_number(text: &str) -> Option<i64> {
    let text = text.trim();
    match text.get(..2) {
        Some(sign) if sign.eq_ignore_ascii_case("&H") => {
            let digits = &text[2..];
            let hexadecimal = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
            hexadecimal.then(|| i64::from_str_radix(digits, 16).ok()).flatten()
        }
        _ => text.parse().ok(),
    }
}
