//! The mark of one run, by which its objects are told from everybody else's.

use rand::RngExt as _;

/// What stands in front.
const HEAD: &str = "sm";

/// No vowels: it must not be a word of any language, since it is looked for in the names of other people's objects.
const LETTERS: &[u8] = b"bcdfghjkmnpqrtvwxz2346789";

/// How many letters are drawn: 25⁸ prefixes, 150 thousand million.
const DRAWN: usize = 8;

/// Draws the prefix of a run.
#[must_use]
pub fn draw() -> String {
    let mut random = rand::rng();
    let tail = (0..DRAWN).map(|_| char::from(LETTERS[random.random_range(0..LETTERS.len())]));
    HEAD.chars().chain(tail).collect()
}

/// True for a text that [`draw`] may have given. Any other, such as `e`, would be found in the names of strangers.
#[must_use]
pub fn is_drawn(text: &str) -> bool {
    text.strip_prefix(HEAD)
        .is_some_and(|tail| tail.len() == DRAWN && tail.bytes().all(|byte| LETTERS.contains(&byte)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn prefixes_are_no_words_and_differ() {
        let prefixes: HashSet<String> = (0..50).map(|_| draw()).collect();
        assert_eq!(prefixes.len(), 50);
        for prefix in prefixes {
            assert!(is_drawn(&prefix), "{prefix}");
            assert!(!prefix[2..].contains(['a', 'e', 'i', 'o', 'u', 'y']), "{prefix}");
        }
    }

    #[test]
    fn what_strangers_may_be_called_is_no_prefix() {
        for text in ["", "e", "sm", "smith", "smbcdfghja", "smbcdfghjkm", "SMBCDFGHJK", "smbcdf hj"] {
            assert!(!is_drawn(text), "{text}");
        }
    }
}
