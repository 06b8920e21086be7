/// The candidate that was probably meant: the nearest one, if it is near. Letter case is ignored
/// and swapped neighbours count as one mistake.
#[must_use]
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Nobody means anything near a word of this length, and distances cost its square.
    if word.len() > 128 {
        return None;
    }
    let word: Vec<char> = word.to_lowercase().chars().collect();
    candidates
        .into_iter()
        .map(|candidate| {
            let other: Vec<char> = candidate.to_lowercase().chars().collect();
            // One mistake in three letters; two short words without a letter in common are not near.
            let limit = (word.len().max(other.len()) / 3).max(1);
            (distance(&word, &other), limit, candidate)
        })
        .filter(|(distance, limit, candidate)| distance <= limit && *distance < candidate.chars().count())
        .min_by_key(|(distance, _, _)| *distance)
        .map(|(_, _, candidate)| candidate)
}

/// Edit distance with transpositions of neighbours (optimal string alignment).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
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
    }

    #[test]
    fn far_words_are_not_offered() {
        let steps = ["cycle", "set", "a"];
        assert_eq!(closest("provision", steps), None);
        assert_eq!(closest("b", steps), None);
        assert_eq!(closest("", steps), None);
        assert_eq!(closest(&"c".repeat(100_000), steps), None);
        assert_eq!(closest("cycle", []), None);
    }

    #[test]
    fn distances_are_those_of_optimal_string_alignment() {
        let between =
            |a: &str, b: &str| distance(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>());
        assert_eq!(between("kitten", "sitting"), 3);
        assert_eq!(between("ab", "ba"), 1);
        assert_eq!(between("ca", "abc"), 3);
        assert_eq!(between("", "abc"), 3);
        assert_eq!(between("éa", "aé"), 1);
    }
}
