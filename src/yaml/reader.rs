use std::ops::Range;

use super::{MAX_PROBLEMS, Node, NodeKey, NodeKind};
use crate::diagnostic::Diagnostic;
use crate::keys::Key;

/// Walks a tree and collects every mistake. A method that finds a mistake notes it and answers
/// `None`, so that the walk goes on and one run shows all mistakes of a file.
#[derive(Debug)]
pub struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    problems: Vec<Diagnostic>,
}

impl<'a> Reader<'a> {
    /// A reader of a file's text.
    #[must_use]
    pub fn new(file: &'a str, text: &'a str) -> Self {
        Reader { file, text, problems: Vec::new() }
    }

    /// Every mistake so far, in the order of their places.
    #[must_use]
    pub fn into_problems(mut self) -> Vec<Diagnostic> {
        self.problems.sort_by_key(|problem| problem.span.start);
        self.problems
    }

    /// True when no mistake was found.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.problems.is_empty()
    }

    /// The place of a part of a text inside a node's place, so that only the part is underlined. The
    /// whole place where the part is not written as it reads, because of escapes or line breaks.
    #[must_use]
    pub fn part(&self, at: &Range<usize>, part: &str) -> Range<usize> {
        match self.text.get(at.clone()).and_then(|written| written.find(part)) {
            Some(offset) => at.start + offset..at.start + offset + part.len(),
            None => at.clone(),
        }
    }

    /// A mistake at a place, to be completed and noted with [`Reader::note`].
    #[must_use]
    pub fn problem(&self, at: &Range<usize>, title: impl Into<String>) -> Diagnostic {
        // Beyond the limit it is thrown away, and a copy of the text for each would take long.
        let text = if self.problems.len() < MAX_PROBLEMS { self.text } else { "" };
        Diagnostic::new(title, self.file, text, at.clone())
    }

    /// Notes a mistake.
    pub fn note(&mut self, problem: Diagnostic) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem);
        }
    }

    /// Notes a mistake without help.
    pub fn refuse(&mut self, at: &Range<usize>, title: impl Into<String>) {
        let problem = self.problem(at, title);
        self.note(problem);
    }

    /// Notes that a value is of the wrong kind.
    pub fn expected(&mut self, node: &Node, wanted: &str) {
        let mut problem =
            self.problem(&first_line(self.text, node), format!("expected {wanted}, found {}", node.what()));
        if matches!(node.kind, NodeKind::Boolean(_) | NodeKind::Number(_))
            && wanted.starts_with("a text")
            && let Some(written) = self.text.get(node.span.clone())
        {
            problem = problem.help(format!("write \"{written}\" in quotes"));
        }
        self.note(problem);
    }

    /// Notes a name that is not known, with the one that was probably meant.
    pub fn unknown<'b>(
        &mut self,
        at: &Range<usize>,
        what: &str,
        name: &str,
        known: impl IntoIterator<Item = &'b str>,
    ) {
        let known: Vec<&str> = known.into_iter().collect();
        let mut problem =
            self.problem(at, format!("unknown {what} `{name}`")).did_you_mean(name, known.iter().copied());
        if problem.help.is_none() && (1..=60).contains(&known.len()) {
            problem = problem.help(format!("known here: {}", known.join(", ")));
        }
        self.note(problem);
    }

    /// The text of a node.
    pub fn text(&mut self, node: &Node) -> Option<String> {
        match &node.kind {
            NodeKind::Text(text) => Some(text.clone()),
            _ => {
                self.expected(node, "a text");
                None
            }
        }
    }

    /// The text of a node that may be null.
    pub fn text_or_null(&mut self, node: &Node) -> Option<Option<String>> {
        match &node.kind {
            NodeKind::Text(text) => Some(Some(text.clone())),
            NodeKind::Null => Some(None),
            _ => {
                self.expected(node, "a text or null");
                None
            }
        }
    }

    /// The boolean of a node.
    pub fn boolean(&mut self, node: &Node) -> Option<bool> {
        match node.kind {
            NodeKind::Boolean(value) => Some(value),
            _ => {
                self.expected(node, "true or false");
                None
            }
        }
    }

    /// The whole number of a node, within a range.
    pub fn whole_number(&mut self, node: &Node, range: std::ops::RangeInclusive<u64>) -> Option<u64> {
        let wanted = format!("a whole number from {} to {}", range.start(), range.end());
        let NodeKind::Number(written) = &node.kind else {
            self.expected(node, &wanted);
            return None;
        };
        let number = written.as_u64().filter(|number| range.contains(number));
        if number.is_none() {
            self.refuse(&node.span, format!("{written} is not {wanted}"));
        }
        number
    }

    /// The items of a list.
    pub fn list<'n>(&mut self, node: &'n Node) -> Option<&'n [Node]> {
        match &node.kind {
            NodeKind::List(items) => Some(items),
            _ => {
                self.expected(node, "a list");
                None
            }
        }
    }

    /// The entries of a map whose keys are free, in order.
    pub fn entries<'n>(&mut self, node: &'n Node) -> Option<&'n [(NodeKey, Node)]> {
        match &node.kind {
            NodeKind::Map(entries) => Some(entries),
            _ => {
                self.expected(node, "a map");
                None
            }
        }
    }

    /// The fields of a map whose keys a table has. Nothing counts as a map without fields.
    pub fn fields_of<'n>(&mut self, node: &'n Node, keys: &'static [Key]) -> Option<Fields<'n>> {
        Some(Fields { keys: Some(keys), ..self.fields(node)? })
    }

    /// The fields of a map whose keys are those that are asked for. Nothing counts as a map without fields.
    pub fn fields<'n>(&mut self, node: &'n Node) -> Option<Fields<'n>> {
        let entries = match &node.kind {
            NodeKind::Map(entries) => entries.as_slice(),
            NodeKind::Null => &[],
            _ => {
                self.expected(node, "a map");
                return None;
            }
        };
        Some(Fields { entries, span: first_line(self.text, node), asked: Vec::new(), keys: None })
    }

    /// One of a closed list of words.
    pub fn word<T: Copy>(&mut self, node: &Node, what: &str, words: &[(&str, T)]) -> Option<T> {
        let Some(text) = node.as_text() else {
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.expected(node, &words.join(" or "));
            return None;
        };
        let found = words.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            self.unknown(&node.span, what, text, words.iter().map(|(word, _)| *word));
        }
        found.map(|(_, value)| *value)
    }
}

/// The fields of a map. The names of its table are known, or without a table those that are asked for;
/// [`Fields::finish`] refuses the others.
#[derive(Debug)]
pub struct Fields<'n> {
    entries: &'n [(NodeKey, Node)],
    span: Range<usize>,
    asked: Vec<&'static str>,
    keys: Option<&'static [Key]>,
}

impl<'n> Fields<'n> {
    /// The value of a field, if it was written.
    pub fn get(&mut self, name: &'static str) -> Option<&'n Node> {
        debug_assert!(self.is_in_table(name, false), "`{name}` is not an optional key of the map's table");
        self.find(name)
    }

    /// The value of a field that must be there.
    pub fn required(&mut self, reader: &mut Reader<'_>, name: &'static str) -> Option<&'n Node> {
        debug_assert!(self.is_in_table(name, true), "`{name}` is not a required key of the map's table");
        let node = self.find(name);
        if node.is_none() {
            reader.refuse(&self.span, format!("`{name}` is missing"));
        }
        node
    }

    /// The fields nobody asked for, in order. They are known from now on.
    pub fn others(&mut self) -> Vec<&'n (NodeKey, Node)> {
        let others =
            self.entries.iter().filter(|(key, _)| !self.asked.contains(&key.name.as_str())).collect();
        self.entries = &[];
        others
    }

    /// Refuses every field that nobody asked for.
    pub fn finish(self, reader: &mut Reader<'_>) {
        debug_assert!(
            self.keys.is_none_or(|keys| keys.iter().all(|key| self.asked.contains(&key.name))),
            "only {:?} were read, and the table of their map has more",
            self.asked
        );
        for (key, _) in self.entries {
            if !self.asked.contains(&key.name.as_str()) {
                reader.unknown(&key.span, "key", &key.name, self.asked.iter().copied());
            }
        }
    }

    fn find(&mut self, name: &'static str) -> Option<&'n Node> {
        self.asked.push(name);
        self.entries.iter().find(|(key, _)| key.name == name).map(|(_, node)| node)
    }

    fn is_in_table(&self, name: &str, required: bool) -> bool {
        let is_it = |key: &Key| key.name == name && key.is_required == required;
        self.keys.is_none_or(|keys| keys.iter().any(is_it))
    }
}

/// The part of a node that stands on its first line: a whole map underlined helps nobody.
fn first_line(text: &str, node: &Node) -> Range<usize> {
    let written = text.get(node.span.clone()).unwrap_or("");
    let length = written.find('\n').unwrap_or(written.len());
    node.span.start..node.span.start + written[..length].trim_end().len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::parse;

    #[test]
    fn every_mistake_of_a_file_is_collected_in_order() {
        let text = "colour: red\nname: 5\nsize: huge\nflags: [a, true]\ncount: -1\nwide: {a: 1,\n  b: 2}\n";
        let root = parse("t.yaml", text).unwrap();
        let mut reader = Reader::new("t.yaml", text);
        let mut fields = reader.fields(&root).unwrap();
        fields.required(&mut reader, "title");
        let name = fields.get("name").unwrap();
        assert_eq!(reader.text(name), None);
        assert_eq!(reader.word(fields.get("size").unwrap(), "size", &[("large", 1), ("small", 2)]), None);
        for flag in reader.list(fields.get("flags").unwrap()).unwrap() {
            reader.text(flag);
        }
        assert_eq!(reader.whole_number(fields.get("count").unwrap(), 0..=9), None);
        reader.text(fields.get("wide").unwrap());
        assert_eq!(fields.get("color"), None);
        fields.finish(&mut reader);
        assert!(!reader.is_clean());
        let problems = reader.into_problems();
        let shown: Vec<_> = problems
            .iter()
            .map(|p| (p.title.as_str(), &text[p.span.clone()], p.help.as_deref().unwrap_or("")))
            .collect();
        assert_eq!(
            shown,
            [
                ("`title` is missing", "colour: red", ""),
                ("unknown key `colour`", "colour", "did you mean `color`?"),
                ("expected a text, found a number", "5", "write \"5\" in quotes"),
                ("unknown size `huge`", "huge", "known here: large, small"),
                ("expected a text, found a boolean", "true", "write \"true\" in quotes"),
                ("-1 is not a whole number from 0 to 9", "-1", ""),
                ("expected a text, found a map", "{a: 1,", ""),
            ]
        );
    }

    #[test]
    fn what_is_right_is_read() {
        let text = "name: x\nnone:\nflag: true\ncount: 3\nmore: {b: 1}\nleft: 1\n";
        let root = parse("t.yaml", text).unwrap();
        let mut reader = Reader::new("t.yaml", text);
        let mut fields = reader.fields(&root).unwrap();
        assert_eq!(reader.text(fields.get("name").unwrap()).as_deref(), Some("x"));
        assert_eq!(reader.text_or_null(fields.get("none").unwrap()), Some(None));
        assert_eq!(reader.boolean(fields.get("flag").unwrap()), Some(true));
        assert_eq!(reader.whole_number(fields.get("count").unwrap(), 1..=3), Some(3));
        assert_eq!(reader.entries(fields.get("more").unwrap()).unwrap()[0].0.name, "b");
        assert_eq!(fields.others().len(), 1);
        assert_eq!(reader.part(&(6..10), ": x"), 6..10);
        assert_eq!(reader.part(&(0..7), ": x"), 4..7);
        fields.finish(&mut reader);
        assert!(reader.is_clean());
    }
}
