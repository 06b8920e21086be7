use strsim::osa_distance;

/// The candidate that was probably meant: the nearest one, if it is near. Letter case is ignored
/// and swapped neighbours count as one mistake.
#[must_use]
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Nobody means anything near a word of this length, and distances cost its square.
    if word.len() > 128 {
        return None;
    }
    let word = word.to_lowercase();
    let length = word.chars().count();
    candidates
        .into_iter()
        .map(|candidate| {
            let other = candidate.to_lowercase();
            // One mistake in three letters; two short words without a letter in common are not near.
            let limit = (length.max(other.chars().count()) / 3).max(1);
            (osa_distance(&word, &other), limit, candidate)
        })
        .filter(|(distance, limit, candidate)| distance <= limit && *distance < candidate.chars().count())
        .min_by_key(|(distance, _, _)| *distance)
        .map(|(_, _, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_found() {
        let steps = ["cycle", "expect", "expect-mirrored", "expect-no-writes", "on-demand"];
        assert_eq!(closest("cylce", steps), Some("cycle"));
        assert_eq!(closest("Expect_Mirrored", steps), Some("expect-mirrored"));
        assert_eq!(closest("ondemand", steps), Some("on-demand"));
        assert_eq!(closest("expect-no-write", steps), Some("expect-no-writes"));
        assert_eq!(closest("cycle", steps), Some("cycle"));
        assert_eq!(closest("ba", ["ab"]), Some("ab"));
        assert_eq!(closest("aé", ["éa"]), Some("éa"));
    }

    #[test]
    fn far_words_are_not_offered() {
        let steps = ["cycle", "set", "a"];
        assert_eq!(closest("provision", steps), None);
        assert_eq!(closest("b", steps), None);
        // Moved and inserted: three mistakes by optimal string alignment, two by Damerau.
        assert_eq!(closest("abcdef", ["cadef"]), None);
        assert_eq!(closest("", steps), None);
        assert_eq!(closest(&"c".repeat(100_000), steps), None);
        assert_eq!(closest("cycle", []), None);
    }
}
