//! Equal changes of many answers, so that one change of a server is one decision.

use std::collections::{BTreeSet, HashMap};

use similar::{DiffOp, TextDiff};

use super::review::Pending;

/// Pending snapshots that changed in the same way.
#[derive(Debug)]
pub struct Group<'a> {
    /// What changed, as `` `version` added ``.
    pub title: String,
    /// The snapshots, in the order of their names and steps.
    pub members: Vec<&'a Pending>,
}

impl Group<'_> {
    /// The member whose difference is the shortest: it shows the change best.
    #[must_use]
    pub fn example(&self) -> Option<&Pending> {
        self.members.iter().copied().min_by_key(|member| member.diff().len())
    }
}

/// Groups what changed in the same way, the largest group first. New snapshots are one group.
#[must_use]
pub fn groups(pending: &[Pending]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut places: HashMap<Option<BTreeSet<Hunk>>, usize> = HashMap::new();
    for one in pending {
        let change = one.old.as_ref().map(|old| change(old, &one.new));
        let place = *places.entry(change.clone()).or_insert_with(|| {
            groups
                .push(Group { title: change.as_ref().map_or("new".to_owned(), title), members: Vec::new() });
            groups.len() - 1
        });
        groups[place].members.push(one);
    }
    // A stable sort keeps the order of the names among equals.
    groups.sort_by_key(|group| std::cmp::Reverse(group.members.len()));
    groups
}

/// Lines that were replaced by others, without where they stand.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Hunk {
    removed: Vec<String>,
    added: Vec<String>,
}

/// What is different between two texts: the same in a user of a list as in a user alone.
fn change(old: &str, new: &str) -> BTreeSet<Hunk> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let difference = TextDiff::from_slices(&old, &new);
    let hunks = difference.ops().iter().filter(|op| !matches!(op, DiffOp::Equal { .. })).map(|op| Hunk {
        removed: old[op.old_range()].iter().map(|line| bare(line)).collect(),
        added: new[op.new_range()].iter().map(|line| bare(line)).collect(),
    });
    hunks.filter_map(Hunk::without_common).collect()
}

/// A line without indentation, the comma at its end, and the numbers of placeholders, which count from the beginning of
/// the file: a line that comes before changes them in all that follow.
fn bare(line: &str) -> String {
    let line = line.trim().trim_end_matches(',');
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(':') {
        let (before, number) = rest.split_at(at);
        let digits = number[1..].bytes().take_while(u8::is_ascii_digit).count();
        let is_placeholder = digits > 0
            && number[1 + digits..].starts_with([']', ' '])
            && before
                .rfind('[')
                .is_some_and(|open| before[open + 1..].bytes().all(|b| b.is_ascii_lowercase()));
        text.push_str(before);
        if !is_placeholder {
            text.push_str(&number[..=digits]);
        }
        rest = &number[1 + digits..];
    }
    text.push_str(rest);
    text
}

impl Hunk {
    /// Without the lines that are on both sides: a line that only got a comma has not changed. `None` if nothing is
    /// left.
    fn without_common(mut self) -> Option<Self> {
        self.removed.retain(|line| match self.added.iter().position(|added| added == line) {
            Some(place) => {
                self.added.remove(place);
                false
            }
            None => true,
        });
        (!self.removed.is_empty() || !self.added.is_empty()).then_some(self)
    }
}

/// What a change is called, in a few words.
fn title(change: &BTreeSet<Hunk>) -> String {
    let parts: Vec<String> = change.iter().map(hunk_title).collect();
    match parts.as_slice() {
        [] => "the order or the numbers of placeholders".to_owned(),
        [only] => only.clone(),
        [first, others @ ..] => format!("{first}, and {} more", others.len()),
    }
}

fn hunk_title(Hunk { removed, added }: &Hunk) -> String {
    match (removed.as_slice(), added.as_slice()) {
        ([], [first, ..]) => format!("{} added", name(first)),
        ([first, ..], []) => format!("{} removed", name(first)),
        ([old], [new]) => match (key(old), key(new)) {
            (Some(before), Some(after)) if before == after => {
                format!("`{before}`: {} instead of {}", value(new), value(old))
            }
            _ => format!("{} instead of {}", name(new), name(old)),
        },
        (removed, added) => format!("{} lines instead of {}", added.len(), removed.len()),
    }
}

/// The name of a line's member or header, or the line.
fn name(line: &str) -> String {
    format!("`{}`", key(line).unwrap_or(line))
}

/// The name of a JSON member or a header.
fn key(line: &str) -> Option<&str> {
    match line.strip_prefix('"') {
        Some(rest) => rest.split_once("\":").map(|(key, _)| key),
        None => line.split_once(": ").map(|(key, _)| key).filter(|key| !key.contains([' ', '/'])),
    }
}

fn value(line: &str) -> &str {
    line.split_once(": ").map_or(line, |(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(old: &str, new: &str) -> String {
        title(&change(old, new))
    }

    #[test]
    fn a_change_has_the_name_of_what_changed() {
        let old = "HTTP 200\ncontent-type: text/html\n\n{\n  \"id\": \"[user:1]\"\n}";
        assert_eq!(
            named(old, &old.replace("[user:1]\"", "[user:1]\",\n  \"version\": \"[etag]\"")),
            "`version` added"
        );
        assert_eq!(named(&old.replace("text/html", "text/html\netag: \"x\""), old), "`etag` removed");
        assert_eq!(
            named(old, &old.replace("text/html", "text/plain")),
            "`content-type`: text/plain instead of text/html"
        );
        assert_eq!(named(old, &old.replace("HTTP 200", "HTTP 201")), "`HTTP 201` instead of `HTTP 200`");
        let both = old.replace("HTTP 200", "HTTP 201").replace("text/html", "text/plain");
        assert_eq!(named(old, &both), "2 lines instead of 2");
        assert_eq!(named(old, &old.replace("user:1", "user:2")), "the order or the numbers of placeholders");
    }

    #[test]
    fn the_same_change_is_equal_wherever_it_stands() {
        let user = "{\n  \"id\": \"[user:1]\"\n}";
        let list = "{\n  \"Resources\": [\n    {\n      \"id\": \"[user:1]\",\n      \"active\": true\n    },\n    {\n      \"id\": \"[user:2]\"\n    }\n  ]\n}";
        let changed = |text: &str| {
            let text = text.replace("\"[user:1]\"", "\"[user:1]\",\n\"version\": \"[etag:1]\"");
            text.replace("\"[user:2]\"", "\"[user:2]\",\n\"version\": \"[etag:2]\"")
        };
        let one = change(user, &changed(user));
        assert_eq!(one.len(), 1, "{one:?}");
        assert_eq!(change(list, &changed(list)), one);
        assert_ne!(change(user, &user.replace("id", "ID")), one);
    }

    #[test]
    fn only_numbers_of_placeholders_are_left_out() {
        assert_eq!(bare("  \"id\": \"[user:12]\","), "\"id\": \"[user]\"");
        assert_eq!(bare("\"[time:3 without zone]\""), "\"[time without zone]\"");
        assert_eq!(bare("\"a\": \"12:30 [x]\", \"b\": 1:2"), "\"a\": \"12:30 [x]\", \"b\": 1:2");
    }
}
