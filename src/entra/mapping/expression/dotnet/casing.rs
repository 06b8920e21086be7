//! Letter case as .NET changes it: letter by letter, so that ß stays ß and no text grows.

use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;

/// A culture whose letters change case in a way of their own. Every other culture is as the invariant one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Culture {
    /// Turkish and Azerbaijani: i and İ, ı and I.
    DottedI,
}

/// The culture of that name, such as `ja-JP`; `Err` when it cannot be the name of one.
pub(in super::super) fn culture(name: &str) -> Result<Option<Culture>, ()> {
    let mut parts = name.split(['-', '_']);
    let language = parts.next().unwrap_or_default();
    let is_language = (2..=3).contains(&language.len()) && language.bytes().all(|b| b.is_ascii_alphabetic());
    let is_part =
        |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
    if !(name.is_empty() || is_language && parts.all(is_part)) {
        return Err(());
    }
    let dotted = ["tr", "az"].iter().any(|dotted| dotted.eq_ignore_ascii_case(language));
    Ok(dotted.then_some(Culture::DottedI))
}

/// The text in lower case.
pub(in super::super) fn lower(text: &str, culture: Option<Culture>) -> String {
    if text.is_ascii() && culture.is_none() {
        return text.to_ascii_lowercase();
    }
    text.chars().map(|letter| lower_letter(letter, culture)).collect()
}

/// The text in upper case.
pub(in super::super) fn upper(text: &str, culture: Option<Culture>) -> String {
    if text.is_ascii() && culture.is_none() {
        return text.to_ascii_uppercase();
    }
    text.chars().map(|letter| upper_letter(letter, culture)).collect()
}

fn lower_letter(letter: char, culture: Option<Culture>) -> char {
    match (letter, culture) {
        ('I', Some(Culture::DottedI)) => 'ı',
        ('İ', Some(Culture::DottedI)) => 'i',
        // The invariant culture leaves this letter and ı alone.
        ('İ', None) => 'İ',
        _ => single(letter, letter.to_lowercase()),
    }
}

fn upper_letter(letter: char, culture: Option<Culture>) -> char {
    match (letter, culture) {
        ('i', Some(Culture::DottedI)) => 'İ',
        ('ı', None) => 'ı',
        _ => single(letter, letter.to_uppercase()),
    }
}

/// The mapping, if it is to one letter.
fn single(letter: char, mut mapped: impl Iterator<Item = char>) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(only), None) => only,
        _ => letter,
    }
}

/// The letter a word begins with: the upper one, but of the letters that are two in one the middle form.
pub(in super::super) fn title_letter(letter: char) -> char {
    match letter {
        'Ǆ' | 'ǅ' | 'ǆ' => 'ǅ',
        'Ǉ' | 'ǈ' | 'ǉ' => 'ǈ',
        'Ǌ' | 'ǋ' | 'ǌ' => 'ǋ',
        'Ǳ' | 'ǲ' | 'ǳ' => 'ǲ',
        _ => upper_letter(letter, None),
    }
}

/// .NET's `TextInfo.ToTitleCase` of a text in lower case: the first letter of each word. Words end at every
/// separator, at symbols and at punctuation, but not at an apostrophe or a digit within them.
pub(in super::super) fn title(text: &str) -> String {
    let categories = CodePointMapData::<GeneralCategory>::new();
    let mut titled = String::with_capacity(text.len());
    let mut in_word = false;
    for letter in text.chars() {
        let category = categories.get(letter);
        if is_letter(category) {
            titled.push(if in_word { letter } else { title_letter(letter) });
            in_word = true;
        } else {
            titled.push(letter);
            in_word = in_word && (letter == '\'' || continues_word(category));
        }
    }
    titled
}

fn is_letter(category: GeneralCategory) -> bool {
    use GeneralCategory as C;
    matches!(
        category,
        C::UppercaseLetter | C::LowercaseLetter | C::TitlecaseLetter | C::ModifierLetter | C::OtherLetter
    )
}

/// What is no letter and yet no end of the word.
fn continues_word(category: GeneralCategory) -> bool {
    use GeneralCategory as C;
    matches!(
        category,
        C::NonspacingMark
            | C::SpacingMark
            | C::EnclosingMark
            | C::DecimalNumber
            | C::LetterNumber
            | C::OtherNumber
            | C::Surrogate
            | C::PrivateUse
            | C::Unassigned
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_change_one_by_one() {
        assert_eq!(upper("straße ŉ ǆ éß", None), "STRAßE ŉ Ǆ Éß");
        assert_eq!(lower("ΟΔΟΣ İI", None), "οδοσ İi");
        assert_eq!(upper("iı", culture("tr-TR").unwrap()), "İI");
        assert_eq!(lower("Iİ", culture("az").unwrap()), "ıi");
        assert_eq!(upper("iı", culture("de-DE").unwrap()), "Iı");
    }

    #[test]
    fn names_of_cultures_have_a_shape() {
        for name in ["", "en", "en-US", "ja_JP", "zh-Hant-TW", "fil"] {
            assert!(culture(name).is_ok(), "{name}");
        }
        for name in ["e", "english", "en-", "en-US-toolongpart", "12"] {
            assert!(culture(name).is_err(), "{name}");
        }
    }

    #[test]
    fn words_begin_after_whatever_is_no_part_of_one() {
        assert_eq!(
            title("john's o'neill 1st ab1c a_b a-b (c) €d ǆon e\u{301}a"),
            "John's O'neill 1St Ab1c A_B A-B (C) €D ǅon E\u{301}a"
        );
    }
}
