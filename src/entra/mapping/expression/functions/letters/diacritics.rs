//! Letters with accents and what they become (Microsoft Learn, functions page, table of
//! NormalizeDiacritics). Letters that are not in the table stay: the table has no đ, þ, ħ or plain œ.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use icu_normalizer::ComposingNormalizerBorrowed;

/// A line for each plain text: it comes first, then the letters that become it, in composed form (NFC);
/// some are a letter and marks.
const TABLE: &str = include_str!("diacritics.txt");

static PLAIN: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    TABLE
        .lines()
        .filter_map(|line| line.split_once(' '))
        .flat_map(|(plain, letters)| letters.split(' ').map(move |letter| (letter, plain)))
        .collect()
});

/// The text with every letter of the table replaced. The text is composed first, so that it does not matter
/// how its accents are written. A letter with marks beyond those of the table keeps them.
pub(super) fn without(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.is_ascii() {
        return text;
    }
    let composed = ComposingNormalizerBorrowed::new_nfc().normalize(&text).into_owned();
    let mut plain = String::with_capacity(composed.len());
    let mut rest = composed.as_str();
    while let Some(letter) = rest.chars().next() {
        let (length, replaced) = longest(rest).unwrap_or((letter.len_utf8(), &rest[..letter.len_utf8()]));
        plain.push_str(replaced);
        rest = &rest[length..];
    }
    Cow::Owned(plain)
}

/// The longest entry of the table that the text begins with: its length and what it becomes.
fn longest(text: &str) -> Option<(usize, &'static str)> {
    // No entry has more than a letter and two marks.
    let ends = text.char_indices().skip(1).map(|(position, _)| position).chain([text.len()]).take(3);
    ends.filter_map(|end| Some((end, *PLAIN.get(&text[..end])?))).last()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_composed_and_found_however_it_is_written() {
        let composer = ComposingNormalizerBorrowed::new_nfc();
        let decomposer = icu_normalizer::DecomposingNormalizerBorrowed::new_nfd();
        for (letter, plain) in PLAIN.iter() {
            assert_eq!(composer.normalize(letter), *letter, "{letter} is composed");
            assert_eq!(without(Cow::Borrowed(letter)), *plain, "{letter}");
            let apart = decomposer.normalize(letter);
            assert_eq!(without(Cow::Borrowed(&format!("x{apart}y"))), format!("x{plain}y"), "{letter}");
            assert!(letter.chars().count() <= 3);
        }
        assert_eq!(PLAIN.len(), 261);
        assert_eq!(TABLE.split_whitespace().count(), 261 + TABLE.lines().count(), "no letter stands twice");
    }

    #[test]
    fn what_is_not_in_the_table_stays() {
        for text in ["đ þ ð ħ ĳ ŋ œ ţ", "Ελλάδα", "ŵ", "\u{301}", "plain", ""] {
            assert_eq!(without(Cow::Borrowed(text)), text);
        }
        assert_eq!(without(Cow::Borrowed("ü\u{302}")), "u\u{302}", "a mark too many");
    }
}
