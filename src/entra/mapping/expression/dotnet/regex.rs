//! .NET's `Regex.Replace` (Microsoft Learn, "Substitutions in regular expressions").

use std::time::{Duration, Instant};

use fancy_regex::{Captures, Regex, RegexBuilder};

use super::super::value::LONGEST_VALUE;
use super::pattern::{PatternGroup, rewrite};

/// A compiled pattern.
#[derive(Debug)]
pub(in super::super) struct Pattern {
    regex: Regex,
    groups: Vec<PatternGroup>,
}

/// A replacement, taken apart once.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) struct Replacement {
    pieces: Vec<Piece>,
}

#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// `$1`, `${name}`; with how it is written, which stays where there is no such group.
    Group(String, String),
    /// `$&`
    Match,
    /// `` $` ``
    Before,
    /// `$'`
    After,
    /// `$+`
    LastGroup,
    /// `$_`
    Whole,
}

/// Steps of backtracking after which a match is given up.
const PATIENCE: usize = 1_000_000;

/// How long a text is searched for matches: each of many may take all its steps.
const PATIENT_FOR: Duration = Duration::from_secs(2);

impl Pattern {
    /// Compiles a pattern; the error follows the argument's name.
    pub fn new(pattern: &str) -> Result<Self, String> {
        let rewritten = rewrite(pattern)?;
        // The engine's own optimizations were unsound more than once (its changelog, 0.20.2), and one
        // pattern for one attribute needs none.
        let regex = RegexBuilder::new(&rewritten.pattern).optimize(false).backtrack_limit(PATIENCE).build();
        let regex = regex.map_err(|_| "is no regular expression that can be matched here".to_owned())?;
        Ok(Pattern { regex, groups: rewritten.groups })
    }

    /// True when the pattern has that group.
    pub fn has(&self, group: &str) -> bool {
        group == "0" || self.groups.iter().any(|own| own.is(group))
    }

    /// The text with every match replaced.
    ///
    /// # Errors
    /// What follows the argument's name when the pattern takes too long on this text.
    pub fn replace(&self, text: &str, replacement: &Replacement) -> Result<String, String> {
        let mut replaced = String::new();
        let mut copied = 0;
        self.each(text, |captures| {
            let (start, end) = span(captures, 0).unwrap_or_default();
            replaced.push_str(&text[copied..start]);
            copied = end;
            for piece in &replacement.pieces {
                match piece {
                    Piece::Text(text) => replaced.push_str(text),
                    Piece::Group(name, written) => {
                        let value = if self.has(name) {
                            self.value(captures, name).unwrap_or_default()
                        } else {
                            written
                        };
                        replaced.push_str(value);
                    }
                    Piece::Match => replaced.push_str(&text[start..end]),
                    Piece::Before => replaced.push_str(&text[..start]),
                    Piece::After => replaced.push_str(&text[end..]),
                    Piece::LastGroup => {
                        let last = self.groups.iter().map(|group| group.number).max();
                        let last = last.map(|number| number.to_string()).unwrap_or_default();
                        replaced.push_str(self.value(captures, &last).unwrap_or_default());
                    }
                    Piece::Whole => replaced.push_str(text),
                }
                allow(&replaced)?;
            }
            Ok(())
        })?;
        replaced.push_str(&text[copied..]);
        Ok(replaced)
    }

    /// The text with what the group matched replaced, in every match.
    ///
    /// # Errors
    /// As [`Pattern::replace`].
    pub fn replace_group(&self, text: &str, group: &str, replacement: &str) -> Result<String, String> {
        let mut replaced = String::new();
        let mut copied = 0;
        self.each(text, |captures| {
            if let Some((start, end)) = self.place(captures, group)
                && start >= copied
            {
                replaced.push_str(&text[copied..start]);
                replaced.push_str(replacement);
                copied = end;
            }
            allow(&replaced)
        })?;
        replaced.push_str(&text[copied..]);
        Ok(replaced)
    }

    /// What the group holds in the first match.
    ///
    /// # Errors
    /// As [`Pattern::replace`].
    pub fn first(&self, text: &str, group: &str) -> Result<Option<String>, String> {
        let captures = self.regex.captures(text).map_err(|_| impatient())?;
        Ok(captures.and_then(|captures| self.value(&captures, group).map(str::to_owned)))
    }

    /// Shows every match. After an empty one the search goes on behind the next letter, and one may also
    /// follow a match directly, as in .NET.
    fn each(
        &self,
        text: &str,
        mut see: impl FnMut(&Captures<'_, str>) -> Result<(), String>,
    ) -> Result<(), String> {
        let mut at = 0;
        let began = Instant::now();
        while at <= text.len() {
            if began.elapsed() > PATIENT_FOR {
                return Err(impatient());
            }
            let Some(captures) = self.regex.captures_from_pos(text, at).map_err(|_| impatient())? else {
                break;
            };
            let (start, end) = span(&captures, 0).unwrap_or((text.len(), text.len()));
            see(&captures)?;
            at = end;
            if start == end {
                at += text[end..].chars().next().map_or(1, char::len_utf8);
            }
        }
        Ok(())
    }

    /// Where a group matched; of several with one name or number the last that did.
    fn place(&self, captures: &Captures<'_, str>, group: &str) -> Option<(usize, usize)> {
        if group == "0" {
            return span(captures, 0);
        }
        let own = self.groups.iter().enumerate().filter(|(_, own)| own.is(group));
        own.filter_map(|(position, _)| span(captures, position + 1)).next_back()
    }

    fn value<'t>(&self, captures: &Captures<'t, str>, group: &str) -> Option<&'t str> {
        if group == "0" {
            return captures.get(0).map(|found| found.as_str());
        }
        let own = self.groups.iter().enumerate().filter(|(_, own)| own.is(group));
        own.filter_map(|(position, _)| captures.get(position + 1)).next_back().map(|found| found.as_str())
    }
}

fn span(captures: &Captures<'_, str>, position: usize) -> Option<(usize, usize)> {
    captures.get(position).map(|found| (found.start(), found.end()))
}

fn allow(replaced: &str) -> Result<(), String> {
    match replaced.len() > LONGEST_VALUE {
        true => Err("makes a value that is longer than 1 MiB".to_owned()),
        false => Ok(()),
    }
}

fn impatient() -> String {
    "takes too many steps on this text".to_owned()
}

impl Replacement {
    /// Takes a replacement apart. What begins with `$` and is no substitution stands for itself.
    pub fn new(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(position) = rest.find('$') {
            literal.push_str(&rest[..position]);
            let after = &rest[position + 1..];
            let (piece, length) = match after.chars().next() {
                Some('$') => {
                    literal.push('$');
                    rest = &after[1..];
                    continue;
                }
                Some('&') => (Some(Piece::Match), 1),
                Some('`') => (Some(Piece::Before), 1),
                Some('\'') => (Some(Piece::After), 1),
                Some('+') => (Some(Piece::LastGroup), 1),
                Some('_') => (Some(Piece::Whole), 1),
                Some('{') => match after.find('}') {
                    Some(end)
                        if end > 1 && after[1..end].chars().all(|c| c.is_alphanumeric() || c == '_') =>
                    {
                        let group = Piece::Group(after[1..end].to_owned(), format!("${}", &after[..=end]));
                        (Some(group), end + 1)
                    }
                    _ => (None, 0),
                },
                Some('0'..='9') => {
                    let length = after.bytes().take_while(u8::is_ascii_digit).count();
                    (Some(Piece::Group(after[..length].to_owned(), format!("${}", &after[..length]))), length)
                }
                _ => (None, 0),
            };
            match piece {
                Some(piece) => {
                    if !literal.is_empty() {
                        pieces.push(Piece::Text(std::mem::take(&mut literal)));
                    }
                    pieces.push(piece);
                }
                None => literal.push('$'),
            }
            rest = &after[length..];
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            pieces.push(Piece::Text(literal));
        }
        Replacement { pieces }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(text: &str, pattern: &str, replacement: &str) -> String {
        Pattern::new(pattern).unwrap().replace(text, &Replacement::new(replacement)).unwrap()
    }

    // Microsoft Learn, "Substitutions in regular expressions", has an example of each.
    #[test]
    fn substitutions_are_those_of_dotnet() {
        assert_eq!(replaced("$16.32 12.19", r"\p{Sc}*(\s?\d+[.,]?\d*)\p{Sc}*", "$1"), "16.32 12.19");
        assert_eq!(replaced("$16.32", r"\p{Sc}*(?<amount>\s?\d+[.,]?\d*)\p{Sc}*", "${amount}"), "16.32");
        assert_eq!(replaced("16.35", r"\b(\d+)(\.(\d+))?", "$$$1$2"), "$16.35");
        assert_eq!(replaced("x y", r"^(\w+\s?)+$", "\"$&\""), "\"x y\"");
        assert_eq!(replaced("aa1bb2cc3", r"\d+", "$`"), "aaaabbaa1bbccaa1bb2cc");
        assert_eq!(replaced("aa1bb2cc3", r"\d+", "$'"), "aabb2cc3bbcc3cc");
        assert_eq!(replaced("The the dog", r"(?i)\b(\w+)\s\1\b", "$+"), "The dog");
        assert_eq!(replaced("ABC123DEF456", r"\d+", "$_"), "ABCABC123DEF456DEFABC123DEF456");
        assert_eq!(replaced("ab", "(?<n>b)", "${m}$2${n$"), "a${m}$2${n$");
    }

    #[test]
    fn an_empty_match_may_follow_another_match() {
        assert_eq!(replaced("abc", ".*", "x"), "xx");
        assert_eq!(replaced("a1b", "[a-z]*", "-"), "--1--");
        assert_eq!(replaced("é", "", "-"), "-é-");
    }

    #[test]
    fn a_group_is_found_by_name_and_number() {
        let pattern = Pattern::new(r"(?<a>x)(y)|(?<a>z)").unwrap();
        assert_eq!(pattern.replace_group("xyz", "a", "-").unwrap(), "-y-");
        assert_eq!(pattern.replace_group("xyz", "1", "-").unwrap(), "x-z");
        assert_eq!(pattern.first("wz", "a").unwrap().as_deref(), Some("z"));
        assert_eq!(pattern.first("w", "a").unwrap(), None);
        assert!(pattern.has("2") && !pattern.has("3"));
    }

    #[test]
    fn the_end_is_also_before_the_last_line_break() {
        assert_eq!(replaced("a\n", "a$", "b"), "b\n");
        assert_eq!(replaced("a\na", "a$", "b"), "a\nb");
    }

    #[test]
    fn a_pattern_that_runs_away_is_stopped() {
        let pattern = Pattern::new(r"^(a|aa)+\1b$").unwrap();
        assert!(pattern.replace(&"a".repeat(60), &Replacement::new("")).is_err());
    }
}
