use std::collections::HashSet;
use std::ops::Range;

use serde_saphyr::granit_parser::{Event, Parser, ScalarStyle, Span};

use super::{MAX_PROBLEMS, Node, NodeKey, NodeKind, plain};
use crate::diagnostic::Diagnostic;

/// Reads a file's text into a tree. An empty file is [`NodeKind::Null`].
///
/// # Errors
/// What is no YAML, and what is YAML but not part of the strict reading. After the first place
/// that is no YAML nothing more can be read; all mistakes before it are reported with it.
pub fn parse(file: &str, text: &str) -> Result<Node, Vec<Diagnostic>> {
    let mut builder =
        Builder { file, text, open: Vec::new(), root: None, documents: 0, problems: Vec::new() };
    for next in Parser::new_from_str(text) {
        match next {
            Ok((event, span)) => builder.event(event, &span),
            Err(error) => {
                let start = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
                let length = text.get(start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
                let title = format!("this is not YAML: {}", error.info());
                builder.problem(start..start + length, title, None);
                break;
            }
        }
    }
    if !builder.problems.is_empty() {
        return Err(builder.problems);
    }
    Ok(builder.root.unwrap_or(Node { kind: NodeKind::Null, span: 0..0, line: 1 }))
}

/// A list or map that is being read.
struct Open {
    span: Range<usize>,
    line: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map { entries: Vec<(NodeKey, Node)>, names: HashSet<String>, key: Option<NodeKey> },
}

struct Builder<'a> {
    file: &'a str,
    text: &'a str,
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
    problems: Vec<Diagnostic>,
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, span: &Span) {
        let at = self.bytes(span);
        let line = span.start.line();
        if event.tag().is_some() || event.anchor_id().is_some() {
            let help = "write the value as it is; texts may be quoted";
            self.problem(at.clone(), "tags and anchors are not part of this format", Some(help));
        }
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents == 2 {
                    self.problem(
                        at,
                        "a file holds one document",
                        Some("move what follows `---` into a file of its own"),
                    );
                }
            }
            Event::Scalar(text, style, ..) => {
                let at = if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
                    self.trimmed(at)
                } else {
                    at
                };
                if self.awaits_key() {
                    self.key(NodeKey { name: text.into_owned(), span: at });
                    return;
                }
                let kind = if style == ScalarStyle::Plain {
                    plain::read(&text).unwrap_or_else(|why| {
                        let title = format!("`{text}` is read differently by different readers of YAML");
                        let help = format!("{why}; write \"{text}\" if a text is meant");
                        self.problem(at.clone(), title, Some(&help));
                        NodeKind::Text(text.into_owned())
                    })
                } else {
                    NodeKind::Text(text.into_owned())
                };
                self.value(Node { kind, span: at, line });
            }
            Event::SequenceStart(..) => self.begin(at, line, Content::List(Vec::new())),
            Event::MappingStart(..) => {
                let map = Content::Map { entries: Vec::new(), names: HashSet::new(), key: None };
                self.begin(at, line, map);
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(at.end),
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                self.problem(
                    at.clone(),
                    "aliases are not part of this format",
                    Some("write the value twice"),
                );
                self.value(Node { kind: NodeKind::Null, span: at, line });
            }
            _ => {}
        }
    }

    fn awaits_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { content: Content::Map { key: None, .. }, .. }))
    }

    fn begin(&mut self, at: Range<usize>, line: usize, content: Content) {
        if self.awaits_key() {
            // `{{ada.id}}` without quotes is a map whose key is a map.
            let help = self.text[at.start..]
                .starts_with('{')
                .then_some("a text that begins with `{{` must stand in quotes: \"{{ada.id}}\"");
            self.problem(at.clone(), "a key must be a text", help);
        }
        self.open.push(Open { span: at, line, content });
    }

    fn end(&mut self, end: usize) {
        let Some(Open { span, line, content }) = self.open.pop() else { return };
        let kind = match content {
            Content::List(items) => NodeKind::List(items),
            Content::Map { entries, .. } => NodeKind::Map(entries),
        };
        let span = self.trimmed(span.start..end.max(span.end));
        let node = Node { kind, span, line };
        if self.awaits_key() {
            self.key(NodeKey { name: String::new(), span: node.span });
        } else {
            self.value(node);
        }
    }

    fn key(&mut self, key: NodeKey) {
        let Some(Open { content: Content::Map { names, key: awaited, .. }, .. }) = self.open.last_mut()
        else {
            return;
        };
        let (at, name) = (key.span.clone(), key.name.clone());
        let again = !name.is_empty() && !names.insert(name.clone());
        *awaited = Some(key);
        if again {
            self.problem(at, format!("`{name}` is written twice"), None);
        }
    }

    fn value(&mut self, node: Node) {
        match self.open.last_mut().map(|open| &mut open.content) {
            Some(Content::List(items)) => items.push(node),
            Some(Content::Map { entries, key, .. }) => {
                if let Some(key) = key.take() {
                    entries.push((key, node));
                }
            }
            None => {
                self.root.get_or_insert(node);
            }
        }
    }

    fn bytes(&self, span: &Span) -> Range<usize> {
        let start = span.start.byte_offset().unwrap_or(0).min(self.text.len());
        start..span.end.byte_offset().unwrap_or(start).clamp(start, self.text.len())
    }

    /// A block's span reaches to where the next one begins; the space between is none of it.
    fn trimmed(&self, at: Range<usize>) -> Range<usize> {
        let length = self.text.get(at.clone()).map_or(at.len(), |text| text.trim_end().len());
        at.start..at.start + length
    }

    fn problem(&mut self, at: Range<usize>, title: impl Into<String>, help: Option<&str>) {
        if self.problems.len() < MAX_PROBLEMS {
            let mut problem = Diagnostic::new(title, self.file, self.text, at);
            problem.help = help.map(str::to_owned);
            self.problems.push(problem);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn read(text: &str) -> Node {
        parse("t.yaml", text).unwrap_or_else(|problems| panic!("{}", problems[0]))
    }

    fn titles(text: &str) -> Vec<String> {
        parse("t.yaml", text).unwrap_err().into_iter().map(|p| p.title).collect()
    }

    #[test]
    fn a_tree_knows_its_places() {
        let text =
            "title: x\npeople:\n  ada: { employeeId: 00123 }\n  grace:\nsteps:\n  - cycle\n  - é: \"q\"\n";
        let root = read(text);
        assert_eq!(
            root.to_json(),
            json!({"title": "x", "people": {"ada": {"employeeId": "00123"}, "grace": null},
                "steps": ["cycle", {"é": "q"}]})
        );
        let NodeKind::Map(entries) = &root.kind else { panic!("a map") };
        assert_eq!(&text[entries[0].0.span.clone()], "title");
        assert_eq!(&text[entries[1].1.span.clone()], "ada: { employeeId: 00123 }\n  grace:");
        let NodeKind::List(steps) = &entries[2].1.kind else { panic!("a list") };
        assert_eq!((&text[steps[0].span.clone()], steps[0].line), ("cycle", 6));
        let NodeKind::Map(step) = &steps[1].kind else { panic!("a map") };
        assert_eq!(&text[step[0].0.span.clone()], "é");
        assert_eq!((&text[step[0].1.span.clone()], step[0].1.line), ("\"q\"", 7));
    }

    #[test]
    fn quotes_and_blocks_are_texts() {
        let root = read("a: \"true\"\nb: '5'\nc: >-\n  one\n  two\nd: |\n  x\n");
        assert_eq!(root.to_json(), json!({"a": "true", "b": "5", "c": "one two", "d": "x\n"}));
        assert_eq!(read("").kind, NodeKind::Null);
        assert_eq!(read("010: no").to_json(), json!({"010": "no"}));
    }

    #[test]
    fn what_is_not_part_of_the_format_is_refused() {
        assert_eq!(titles("a: &x 1\nb: *x\n").len(), 2);
        assert_eq!(titles("a: !!str 5"), ["tags and anchors are not part of this format"]);
        assert_eq!(titles("a: 1\n---\nb: 2\n"), ["a file holds one document"]);
        assert_eq!(titles("a: 1\nb: 2\na: 3\n"), ["`a` is written twice"]);
        assert_eq!(titles("a: {{x.id}}"), ["a key must be a text"]);
        assert_eq!(titles("a: True\nb: +5\n").len(), 2);
        assert!(titles("a: [1, 2").pop().unwrap().starts_with("this is not YAML"));
        assert!(titles("a: 'x").pop().unwrap().starts_with("this is not YAML"));
    }

    #[test]
    fn deep_nesting_is_refused_not_a_crash() {
        assert!(parse("t", &"[".repeat(100_000)).is_err());
        assert!(parse("t", &"- ".repeat(100_000)).is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[ -~\n]{0,40}|[\\[\\]{}:,&*!|>'\"%#@`\n é😀a0-]{0,40}") {
            if let Err(problems) = parse("t", &text) {
                for problem in problems {
                    prop_assert!(!problem.render(false).is_empty());
                }
            }
        }
    }
}
