//! Finds secrets in a text, however they are written there.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, Input, MatchKind};

use super::spelling::{settled, unarmoured, unescaped};

/// A shorter secret cannot be told from ordinary text, and is hidden only as a whole value.
pub(super) const LONG: usize = 8;

/// How deep encodings are read: a token in a URL in JSON in JSON in HTML.
const DEEPEST: Depth = Depth { turns: 5, armours: 2 };

/// So much of a secret's end is searched for; what stands before it is compared. Tokens that are signed are
/// long and begin alike, and a small automaton is quickly made.
const TAIL: usize = 32;

/// A secret in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FoundSecret {
    pub span: Range<usize>,
    /// Its position in the list that the finder was made of.
    pub secret: usize,
}

/// How many encodings may still be read.
#[derive(Debug, Clone, Copy)]
struct Depth {
    turns: usize,
    armours: usize,
}

/// Prepared for a list of secrets.
#[derive(Debug)]
pub(super) struct Finder {
    /// The distinct tails of all spellings.
    tails: Option<AhoCorasick>,
    /// The whole spellings with each tail and whose they are, longest first.
    spelled: Vec<Vec<(Vec<u8>, usize)>>,
    /// Secrets that are hidden as whole values alone.
    short: HashMap<Vec<u8>, usize>,
}

impl Finder {
    /// Prepares for `long` secrets, found everywhere, and `short` ones, found as whole values. Each has its
    /// position in the list.
    pub fn new<'a>(
        long: impl Iterator<Item = (usize, &'a str)>,
        short: impl Iterator<Item = (usize, &'a str)>,
    ) -> Self {
        let mut by_tail: BTreeMap<Vec<u8>, Vec<(Vec<u8>, usize)>> = BTreeMap::new();
        for (secret, text) in long {
            for whole in spellings(text) {
                let tail = whole[whole.len().saturating_sub(TAIL)..].to_vec();
                by_tail.entry(tail).or_default().push((whole, secret));
            }
        }
        for spelled in by_tail.values_mut() {
            spelled.sort_by_key(|(whole, _)| Reverse(whole.len()));
        }
        let tails = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            // Servers that compare without letter case repeat tokens in small letters, which gives them away.
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(by_tail.keys());
        Finder {
            // Only more patterns than a number can count make this fail.
            tails: tails.ok().filter(|_| !by_tail.is_empty()),
            spelled: by_tail.into_values().collect(),
            short: short.map(|(secret, text)| (settled(text.as_bytes()), secret)).collect(),
        }
    }

    /// Every secret in a text, in the order of their places; none lies in another.
    pub fn find(&self, text: &[u8]) -> Vec<FoundSecret> {
        if text.len() < LONG && self.short.is_empty() {
            return Vec::new();
        }
        let mut found = self.within(text, DEEPEST);
        if !self.short.is_empty() {
            self.whole_values(text, &mut found);
        }
        found.sort_by_key(|found| (found.span.start, found.span.end));
        found
    }

    /// Secrets as they are, and below every encoding.
    fn within(&self, text: &[u8], depth: Depth) -> Vec<FoundSecret> {
        let mut found = self.plain(text);
        let Depth { turns, armours } = depth;
        if turns == 0 {
            return found;
        }
        if let Some(decoded) = unescaped(text) {
            let deeper = self.within(&decoded.text, Depth { turns: turns - 1, armours });
            found
                .extend(deeper.into_iter().map(|hit| FoundSecret { span: decoded.source(&hit.span), ..hit }));
        }
        if armours > 0
            && let Some(decoded) = unarmoured(text)
        {
            let deeper = self.within(&decoded.text, Depth { turns: turns - 1, armours: armours - 1 });
            found
                .extend(deeper.into_iter().map(|hit| FoundSecret { span: decoded.source(&hit.span), ..hit }));
        }
        found
    }

    /// Secrets as they are. One that begins within another is found too.
    fn plain(&self, text: &[u8]) -> Vec<FoundSecret> {
        let Some(tails) = &self.tails else { return Vec::new() };
        let mut found = Vec::new();
        let mut from = 0;
        while let Some(hit) = tails.find(Input::new(text).range(from..)) {
            let spelled = &self.spelled[hit.pattern().as_usize()];
            let before = &text[..hit.start()];
            let fits = |(whole, _): &&(Vec<u8>, usize)| {
                let start = before.len().checked_sub(whole.len() - hit.len());
                start.is_some_and(|start| {
                    before[start..].eq_ignore_ascii_case(&whole[..whole.len() - hit.len()])
                })
            };
            let (start, secret) = match spelled.iter().find(fits) {
                Some((whole, secret)) => (hit.end() - whole.len(), *secret),
                // The end of a long secret by itself gives enough away.
                None => (hit.start(), spelled[0].1),
            };
            found.push(FoundSecret { span: start..hit.end(), secret });
            from = hit.start() + 1;
        }
        found
    }

    /// Short secrets that are the whole text, a whole JSON string or the whole value of a query parameter.
    fn whole_values(&self, text: &[u8], found: &mut Vec<FoundSecret>) {
        let values = std::iter::once(0..text.len()).chain(strings(text)).chain(parameters(text));
        found.extend(values.filter_map(|span| {
            let value = settled(text[span.clone()].trim_ascii());
            let token = value.strip_prefix(b"Bearer ").unwrap_or(&value);
            let secret = *self.short.get(token)?;
            Some(FoundSecret { span, secret })
        }));
    }
}

/// The spellings that are looked for in each decoded text. A text whose escapes were all read is compared
/// with a secret whose escapes were all read; forms write a space as `+`. All in small letters.
fn spellings(secret: &str) -> Vec<Vec<u8>> {
    let mut all = vec![secret.as_bytes().to_vec(), settled(secret.as_bytes())];
    for position in 0..2 {
        let form = all[position].iter().map(|byte| if *byte == b' ' { b'+' } else { *byte }).collect();
        all.push(form);
    }
    // Digits of its bytes, as a dump writes them, are read back by anybody.
    if secret.len() >= LONG {
        all.push(secret.bytes().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect());
    }
    all.iter_mut().for_each(|spelling| spelling.make_ascii_lowercase());
    all.sort();
    all.dedup();
    all
}

/// What stands between the quotes of JSON strings, but for the names of members.
fn strings(text: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(quote) = text[at..].iter().position(|byte| *byte == b'"') {
        let start = at + quote + 1;
        let mut end = start;
        while end < text.len() && text[end] != b'"' {
            end += if text[end] == b'\\' { 2 } else { 1 };
        }
        if end >= text.len() {
            break;
        }
        let is_name = text[end + 1..].trim_ascii_start().starts_with(b":");
        if !is_name {
            found.push(start..end);
        }
        at = end + 1;
    }
    found
}

/// The values of query parameters, in whatever text a URL stands.
fn parameters(text: &[u8]) -> Vec<Range<usize>> {
    let ends =
        |byte: &u8| matches!(byte, b'&' | b'#' | b'"' | b'\'' | b'<' | b'>') || byte.is_ascii_whitespace();
    let mut found = Vec::new();
    for (mark, _) in text.iter().enumerate().filter(|(_, byte)| matches!(byte, b'?' | b'&')) {
        let part = &text[mark + 1..];
        let part = &part[..part.iter().position(ends).unwrap_or(part.len())];
        if let Some(equals) = part.iter().position(|byte| *byte == b'=') {
            found.push(mark + 1 + equals + 1..mark + 1 + part.len());
        }
    }
    found
}
