//! JSON: `{"users": [...], "groups": [...]}`, or a list of users. Objects are cut out of the stream
//! one by one and parsed on their own.

use std::io::{BufRead, Bytes};
use std::iter::Peekable;

use super::Contents;
use super::raw::{Field, RawRow};
use crate::diagnostic::Diagnostic;
use crate::entra::directory::ObjectKind;
use crate::yaml::{self, Node, NodeKind};

/// The longest object in bytes: a group with many members. Whatever is longer is no object of a directory.
const LONGEST: usize = 64 << 20;

pub(super) fn read(source: impl BufRead, contents: &mut Contents) -> Result<(), Diagnostic> {
    let mut stream = Stream { bytes: source.bytes().peekable(), line: 1 };
    let file = contents.file.clone();
    let about = |line: usize, title: &str| {
        Diagnostic::about_file(title, format!("{file}:{line}"))
            .help(r#"write {"users": [...], "groups": [...]}, or a list of users"#)
    };
    match stream.next_sign() {
        Some(b'[') => stream.elements(ObjectKind::User, contents),
        Some(b'{') => loop {
            match stream.next_sign() {
                Some(b'}') => return Ok(()),
                Some(b',') => {}
                Some(b'"') => {
                    let line = stream.line;
                    let name = stream.text();
                    if stream.next_sign() != Some(b':') {
                        return Err(about(stream.line, "this is not JSON: after a name stands a colon"));
                    }
                    let kind = match name.as_str() {
                        "users" => ObjectKind::User,
                        "groups" => ObjectKind::Group,
                        _ => return Err(about(line, &format!("`{name}` is neither `users` nor `groups`"))),
                    };
                    if stream.next_sign() != Some(b'[') {
                        return Err(about(stream.line, &format!("`{name}` is a list")));
                    }
                    if !stream.elements(kind, contents) {
                        return Ok(());
                    }
                }
                None => {
                    contents.fault(about(stream.line, "the file ends before its end"));
                    return Ok(());
                }
                Some(_) => return Err(about(stream.line, "this is not JSON")),
            }
        },
        _ => return Err(about(stream.line, "this is no directory")),
    };
    Ok(())
}

struct Stream<R: BufRead> {
    bytes: Peekable<Bytes<R>>,
    line: usize,
}

impl<R: BufRead> Stream<R> {
    fn next(&mut self) -> Option<u8> {
        let byte = self.bytes.next()?.ok()?;
        if byte == b'\n' {
            self.line += 1;
        }
        Some(byte)
    }

    fn peek(&mut self) -> Option<u8> {
        match self.bytes.peek() {
            Some(Ok(byte)) => Some(*byte),
            _ => None,
        }
    }

    fn skip_space(&mut self) {
        // A byte order mark is skipped with the space.
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace() || [0xef, 0xbb, 0xbf].contains(&byte))
        {
            self.next();
        }
    }

    fn next_sign(&mut self) -> Option<u8> {
        self.skip_space();
        self.next()
    }

    /// The rest of a text whose first quote was read; names need no escapes.
    fn text(&mut self) -> String {
        let mut bytes = Vec::new();
        while let Some(byte) = self.next().filter(|byte| *byte != b'"') {
            bytes.push(byte);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The elements of a list whose bracket was read; false when the file ended in it.
    fn elements(&mut self, kind: ObjectKind, contents: &mut Contents) -> bool {
        loop {
            self.skip_space();
            match self.peek() {
                Some(b']') => {
                    self.next();
                    return true;
                }
                Some(b',') => {
                    self.next();
                }
                Some(_) => {
                    let line = self.line;
                    match self.element() {
                        Some(text) => take(kind, line, &text, contents),
                        None => {
                            let place = format!("{}:{line}", contents.file);
                            let title =
                                "the file ends in the middle of this object, or the object has no end";
                            contents.fault(
                                Diagnostic::about_file(title, place)
                                    .help("look for a bracket or quote that is missing"),
                            );
                            return false;
                        }
                    }
                }
                None => {
                    let place = format!("{}:{}", contents.file, self.line);
                    contents.fault(Diagnostic::about_file("the file ends before its list does", place));
                    return false;
                }
            }
        }
    }

    /// One element, up to the comma or bracket after it.
    fn element(&mut self) -> Option<String> {
        let mut bytes = Vec::new();
        let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
        loop {
            let byte = self.peek()?;
            if depth == 0 && !quoted && matches!(byte, b',' | b']') {
                return Some(String::from_utf8_lossy(&bytes).trim_end().to_owned());
            }
            self.next();
            bytes.push(byte);
            if bytes.len() > LONGEST {
                return None;
            }
            match byte {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                b'{' | b'[' if !quoted => depth += 1,
                b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
    }
}

fn take(kind: ObjectKind, line: usize, text: &str, contents: &mut Contents) {
    match yaml::parse_json(&contents.file, text) {
        Ok(Node { kind: NodeKind::Map(entries), .. }) => {
            let fields = entries.into_iter().map(Field::from).collect();
            contents.take(&RawRow { kind, line, text, fields, untyped: false });
        }
        Ok(_) => contents.fault(
            Diagnostic::new(
                format!("a {kind} is written as an object with its attributes"),
                &contents.file,
                text,
                0..1,
            )
            .from_line(line),
        ),
        Err(mut problem) => {
            problem.title = format!("this row is not JSON: {}", problem.title);
            contents.fault(problem.from_line(line));
        }
    }
}
