//! Reads the text of an option from left to right: names, paths, quoted texts.

use super::error::{ODataError, quoted};
use super::path::Path;

#[derive(Debug)]
pub(super) struct Scanner<'a> {
    pub(super) text: &'a str,
    /// In bytes.
    pub(super) position: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Scanner { text, position: 0 }
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.position..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.position += wanted.len_utf8();
        }
        found
    }

    pub(super) fn skip_space(&mut self) {
        self.position = self.text.len() - self.rest().trim_start().len();
    }

    /// The characters from here on that are wanted; nothing is taken.
    pub(super) fn run(&self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        &rest[..rest.find(|c| !wanted(c)).unwrap_or(rest.len())]
    }

    /// The name, number or word at this place; nothing is taken.
    pub(super) fn word(&self) -> &'a str {
        self.run(is_word)
    }

    /// Takes this word in any letter case.
    pub(super) fn eat_word(&mut self, wanted: &str) -> bool {
        let word = self.word();
        let found = word.eq_ignore_ascii_case(wanted);
        if found {
            self.position += word.len();
        }
        found
    }

    /// An error at this place that says what belongs here, and what is here.
    pub(super) fn expected(&self, what: &str) -> ODataError {
        let found = match self.word() {
            "" => &self.rest()[..self.peek().map_or(0, char::len_utf8)],
            word => word,
        };
        ODataError::new(format!("expected {what}")).at(self.position).found(found)
    }

    /// The text between single quotes, in which two of them are one ("String literals" of OData's ABNF).
    pub(super) fn quoted(&mut self) -> Result<String, ODataError> {
        let start = self.position;
        if !self.eat('\'') {
            return Err(self.expected("a text in single quotes"));
        }
        let mut text = String::new();
        loop {
            let part = self.run(|c| c != '\'');
            text.push_str(part);
            self.position += part.len();
            if !self.eat('\'') {
                return Err(ODataError::new("expected the closing quote of the text").at(start).found(""));
            }
            if !self.eat('\'') {
                return Ok(text);
            }
            text.push('\'');
        }
    }

    /// Names with `/` between them.
    pub(super) fn path(&mut self) -> Result<Path, ODataError> {
        let mut names = Vec::new();
        loop {
            let name = self.name()?;
            if !is_cast(name) {
                names.push(name.to_owned());
            }
            if !self.eat('/') {
                break;
            }
        }
        if names.is_empty() {
            return Err(self.expected("a property after the type"));
        }
        Ok(Path(names))
    }

    /// One name of a path; a type has dots in it.
    pub(super) fn name(&mut self) -> Result<&'a str, ODataError> {
        let name = self.word();
        if name.starts_with('$') {
            return Err(ODataError::new(format!("does not support {}", quoted(name))).at(self.position));
        }
        if !name.split('.').all(is_identifier) {
            return Err(self.expected("a property"));
        }
        self.position += name.len();
        Ok(name)
    }
}

/// True for the qualified name of a type, as `microsoft.graph.user` or the SDKs' `graph.user`: property names have no dots.
pub(super) fn is_cast(name: &str) -> bool {
    name.contains('.')
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '$' | '@' | '-')
}

/// A letter or `_`, then letters, digits and `_` ("odataIdentifier" of OData's ABNF).
pub(super) fn is_identifier(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}
