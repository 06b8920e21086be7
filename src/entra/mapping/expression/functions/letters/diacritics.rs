//! Letters with accents and what they become (Microsoft Learn, functions page, table of
//! NormalizeDiacritics). Letters that are not in the table stay: the table has no đ, þ, ħ or plain œ.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use icu_normalizer::ComposingNormalizerBorrowed;

/// A plain text and the letters that become it, in composed form (NFC); some are a letter and marks.
const TABLE: &[(&str, &[&str])] = &[
    (
        "a",
        &[
            "ä",
            "à",
            "â",
            "ã",
            "å",
            "á",
            "ą",
            "ă",
            "ā",
            "ā\u{301}",
            "ā\u{300}",
            "ā\u{302}",
            "ā\u{303}",
            "ǟ",
            "ā\u{308}",
            "ǡ",
            "a\u{331}",
            "å\u{304}",
        ],
    ),
    (
        "A",
        &[
            "Ä",
            "À",
            "Â",
            "Ã",
            "Å",
            "Á",
            "Ą",
            "Ă",
            "Ā",
            "Ā\u{301}",
            "Ā\u{300}",
            "Ā\u{302}",
            "Ā\u{303}",
            "Ǟ",
            "Ā\u{308}",
            "Ǡ",
            "A\u{331}",
            "Å\u{304}",
        ],
    ),
    ("ae", &["æ", "ǣ"]),
    ("AE", &["Æ", "Ǣ"]),
    ("c", &["ç", "č", "ć", "c\u{304}", "c\u{331}"]),
    ("C", &["Ç", "Č", "Ć", "C\u{304}", "C\u{331}"]),
    ("d", &["ď", "d\u{304}", "ḏ"]),
    ("D", &["Ď", "D\u{304}", "Ḏ"]),
    (
        "e",
        &[
            "ë",
            "è",
            "é",
            "ê",
            "ę",
            "ě",
            "ė",
            "ē",
            "ḗ",
            "ḕ",
            "ē\u{302}",
            "ē\u{303}",
            "ê\u{304}",
            "e\u{331}",
            "ë\u{304}",
            "e\u{30a}\u{304}",
        ],
    ),
    (
        "E",
        &[
            "Ë",
            "È",
            "É",
            "Ê",
            "Ę",
            "Ě",
            "Ė",
            "Ē",
            "Ḗ",
            "Ḕ",
            "Ē\u{302}",
            "Ē\u{303}",
            "Ê\u{304}",
            "E\u{331}",
            "Ë\u{304}",
            "E\u{30a}\u{304}",
        ],
    ),
    ("g", &["ğ", "ḡ", "g\u{331}"]),
    ("G", &["Ğ", "Ḡ", "G\u{331}"]),
    ("i", &["ï", "î", "ì", "í", "ı", "ī", "ī\u{301}", "ī\u{300}", "ī\u{302}", "ī\u{303}", "i\u{331}"]),
    ("I", &["Ï", "Î", "Ì", "Í", "İ", "Ī", "Ī\u{301}", "Ī\u{300}", "Ī\u{302}", "Ī\u{303}", "I\u{331}"]),
    ("l", &["ľ", "ł", "l\u{304}", "ḹ", "ḻ"]),
    ("L", &["Ł", "Ľ", "L\u{304}", "Ḹ", "Ḻ"]),
    ("n", &["ñ", "ń", "ň", "n\u{304}", "ṉ"]),
    ("N", &["Ñ", "Ń", "Ň", "N\u{304}", "Ṉ"]),
    (
        "o",
        &[
            "ö",
            "ò",
            "ő",
            "õ",
            "ô",
            "ó",
            "ō",
            "ṓ",
            "ṑ",
            "ō\u{302}",
            "ō\u{303}",
            "ȫ",
            "ō\u{308}",
            "ǭ",
            "ȭ",
            "ȱ",
            "o\u{331}",
        ],
    ),
    (
        "O",
        &[
            "Ö",
            "Ò",
            "Ő",
            "Õ",
            "Ô",
            "Ó",
            "Ō",
            "Ṓ",
            "Ṑ",
            "Ō\u{302}",
            "Ō\u{303}",
            "Ȫ",
            "Ō\u{308}",
            "Ǭ",
            "Ȭ",
            "Ȱ",
            "O\u{331}",
        ],
    ),
    ("oe", &["ø", "ø\u{304}", "œ\u{304}"]),
    ("OE", &["Ø", "Ø\u{304}", "Œ\u{304}"]),
    ("r", &["ř", "r\u{304}", "ṟ", "ṝ"]),
    ("R", &["Ř", "R\u{304}", "Ṟ", "Ṝ"]),
    ("ss", &["ß"]),
    ("s", &["š", "ś", "ș", "ş", "s\u{304}", "s\u{331}"]),
    ("S", &["Š", "Ś", "Ș", "Ş", "S\u{304}", "S\u{331}"]),
    ("t", &["ť", "ț", "t\u{304}", "ṯ"]),
    ("T", &["Ť", "Ț", "T\u{304}", "Ṯ"]),
    (
        "u",
        &[
            "ü",
            "ù",
            "û",
            "ú",
            "ů",
            "ű",
            "ū",
            "ū\u{301}",
            "ū\u{300}",
            "ū\u{302}",
            "ū\u{303}",
            "u\u{307}\u{304}",
            "ǖ",
            "ṻ",
            "ṳ\u{304}",
            "u\u{331}",
        ],
    ),
    (
        "U",
        &[
            "Ü",
            "Ù",
            "Û",
            "Ú",
            "Ů",
            "Ű",
            "Ū",
            "Ū\u{301}",
            "Ū\u{300}",
            "Ū\u{302}",
            "Ū\u{303}",
            "U\u{307}\u{304}",
            "Ǖ",
            "Ṻ",
            "Ṳ\u{304}",
            "U\u{331}",
        ],
    ),
    ("y", &["ÿ", "ý", "ȳ", "ȳ\u{301}", "ȳ\u{300}", "ȳ\u{303}", "y\u{331}"]),
    ("Y", &["Ÿ", "Ý", "Ȳ", "Ȳ\u{301}", "Ȳ\u{300}", "Ȳ\u{303}", "Y\u{331}"]),
    ("z", &["ź", "ž", "ż", "z\u{304}", "ẕ"]),
    ("Z", &["Ź", "Ž", "Ż", "Z\u{304}", "Ẕ"]),
];

static PLAIN: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    TABLE.iter().flat_map(|(plain, letters)| letters.iter().map(|letter| (*letter, *plain))).collect()
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
        let mut count = 0;
        for (plain, letters) in TABLE {
            for letter in *letters {
                count += 1;
                assert_eq!(composer.normalize(letter), *letter, "{letter} is composed");
                assert_eq!(without(Cow::Borrowed(letter)), *plain, "{letter}");
                let apart = decomposer.normalize(letter);
                assert_eq!(without(Cow::Borrowed(&format!("x{apart}y"))), format!("x{plain}y"), "{letter}");
                assert!(letter.chars().count() <= 3);
            }
        }
        assert_eq!(count, 261);
    }

    #[test]
    fn what_is_not_in_the_table_stays() {
        for text in ["đ þ ð ħ ĳ ŋ œ ţ", "Ελλάδα", "ŵ", "\u{301}", "plain", ""] {
            assert_eq!(without(Cow::Borrowed(text)), text);
        }
        assert_eq!(without(Cow::Borrowed("ü\u{302}")), "u\u{302}", "a mark too many");
    }
}
