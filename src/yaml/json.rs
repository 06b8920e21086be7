use std::collections::HashSet;
use std::ops::Range;

use super::{Node, NodeKey, NodeKind};
use crate::diagnostic::Diagnostic;

/// Levels of lists and maps inside each other. Every level costs stack.
const MAX_DEPTH: usize = 128;

/// Reads JSON (RFC 8259) into the same tree, so that one reader serves what people write and what
/// programs export. A byte order mark is skipped.
///
/// # Errors
/// The first mistake, with its place. A name that stands twice in an object is one.
pub fn parse_json(file: &str, text: &str) -> Result<Node, Diagnostic> {
    let position = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut parser = Json { text, position, line: 1, depth: 0 };
    let parsed = parser.whole();
    parsed.map_err(|(at, title)| Diagnostic::new(title, file, text, at))
}

type Parsed<T> = Result<T, (Range<usize>, String)>;

struct Json<'a> {
    text: &'a str,
    position: usize,
    line: usize,
    depth: usize,
}

impl Json<'_> {
    fn whole(&mut self) -> Parsed<Node> {
        let node = self.value()?;
        match self.next() {
            None => Ok(node),
            Some(_) => Err(self.wrong("nothing may follow the value")),
        }
    }

    fn value(&mut self) -> Parsed<Node> {
        let found = self.next();
        let (start, line) = (self.position, self.line);
        let kind = match found {
            Some('{') => self.nested(Self::object)?,
            Some('[') => self.nested(Self::array)?,
            Some('"') => NodeKind::Text(self.string()?),
            Some(c) if c == '-' || c.is_ascii_alphanumeric() => self.word()?,
            _ => return Err(self.wrong("expected a value")),
        };
        Ok(Node { kind, span: start..self.position, line })
    }

    fn nested(&mut self, read: fn(&mut Self) -> Parsed<NodeKind>) -> Parsed<NodeKind> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.wrong(format!("this is more than {MAX_DEPTH} levels deep")));
        }
        self.position += 1;
        let kind = read(self)?;
        self.depth -= 1;
        Ok(kind)
    }

    fn object(&mut self) -> Parsed<NodeKind> {
        let mut entries: Vec<(NodeKey, Node)> = Vec::new();
        let mut names = HashSet::new();
        if self.eat('}') {
            return Ok(NodeKind::Map(entries));
        }
        loop {
            if self.next() != Some('"') {
                return Err(self.wrong("expected a name in double quotes"));
            }
            let start = self.position;
            let name = self.string()?;
            let span = start..self.position;
            if !names.insert(name.clone()) {
                return Err((span, format!("`{name}` stands twice in this object")));
            }
            if !self.eat(':') {
                return Err(self.wrong("expected a colon"));
            }
            entries.push((NodeKey { name, span }, self.value()?));
            if self.eat('}') {
                return Ok(NodeKind::Map(entries));
            }
            if !self.eat(',') {
                return Err(self.wrong("expected a comma or the object's end"));
            }
        }
    }

    fn array(&mut self) -> Parsed<NodeKind> {
        let mut items = Vec::new();
        if self.eat(']') {
            return Ok(NodeKind::List(items));
        }
        loop {
            items.push(self.value()?);
            if self.eat(']') {
                return Ok(NodeKind::List(items));
            }
            if !self.eat(',') {
                return Err(self.wrong("expected a comma or the list's end"));
            }
        }
    }

    fn string(&mut self) -> Parsed<String> {
        let start = self.position;
        let mut escaped = false;
        let end = self.text[start + 1..].bytes().position(|byte| {
            let closes = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            closes
        });
        let Some(end) = end.map(|length| start + length + 2) else {
            return Err((start..start + 1, "this text is never closed".to_owned()));
        };
        self.position = end;
        serde_json::from_str(&self.text[start..end])
            .map_err(|_| (start..end, "this is no JSON string: an escape or a character is wrong".to_owned()))
    }

    fn word(&mut self) -> Parsed<NodeKind> {
        let rest = &self.text[self.position..];
        let length =
            rest.find(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c)).unwrap_or(rest.len());
        let at = self.position..self.position + length;
        let word = &self.text[at.clone()];
        self.position = at.end;
        match word {
            "null" => Ok(NodeKind::Null),
            "true" => Ok(NodeKind::Boolean(true)),
            "false" => Ok(NodeKind::Boolean(false)),
            _ => match serde_json::from_str(word) {
                Ok(number) => Ok(NodeKind::Number(number)),
                Err(_) => Err((at, format!("`{word}` is no JSON value"))),
            },
        }
    }

    /// The next character that is no blank; it is not taken.
    fn next(&mut self) -> Option<char> {
        while let Some(c) = self.text[self.position..].chars().next() {
            match c {
                '\n' => self.line += 1,
                ' ' | '\t' | '\r' => {}
                other => return Some(other),
            }
            self.position += 1;
        }
        None
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.next() == Some(wanted);
        if found {
            self.position += wanted.len_utf8();
        }
        found
    }

    fn wrong(&self, title: impl Into<String>) -> (Range<usize>, String) {
        let length = self.text[self.position..].chars().next().map_or(0, char::len_utf8);
        (self.position..self.position + length, title.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_becomes_a_tree_with_places() {
        let text = "\u{feff}{\n\t\"a\": [1, -2.5e3, true, null],\n  \"b\\u00e9\": \"\\ud83d\\ude00\\/\"\n}\n";
        let node = parse_json("t.json", text).unwrap();
        let read: serde_json::Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap();
        assert_eq!(node.to_json(), read);
        let NodeKind::Map(entries) = &node.kind else { panic!("it is an object") };
        assert_eq!((&text[entries[0].1.span.clone()], entries[0].1.line), ("[1, -2.5e3, true, null]", 2));
        assert_eq!((&text[entries[1].0.span.clone()], entries[1].1.line), ("\"b\\u00e9\"", 3));
    }

    #[test]
    fn mistakes_are_placed() {
        let wrong = |text: &str| {
            let problem = parse_json("t.json", text).unwrap_err();
            (problem.title, problem.span)
        };
        assert_eq!(wrong("{\"a\": 1,}").1, 8..9);
        assert_eq!(wrong("{\"a\": nul}"), ("`nul` is no JSON value".to_owned(), 6..9));
        assert_eq!(wrong("{\"a\": 1, \"a\": 2}").0, "`a` stands twice in this object");
        assert_eq!(wrong("[1 2]").1, 3..4);
        assert_eq!(wrong("\"abc"), ("this text is never closed".to_owned(), 0..1));
        assert_eq!(wrong("{} x").0, "nothing may follow the value");
        assert_eq!(wrong("").0, "expected a value");
        assert!(wrong("\"\\x\"").0.starts_with("this is no JSON string"));
        assert!(wrong(&"[".repeat(500)).0.contains("levels deep"));
    }
}
