use std::ops::Range;

use super::functions::{self, Lookup};
use super::{ExpressionError, MAXIMUM_LENGTH, Node};

/// Deepest nesting that is read. Nobody writes a tenth of it, and the parser recurses.
const MAXIMUM_DEPTH: usize = 64;

/// Reads a whole expression: one call and nothing after it.
pub(super) fn parse(text: &str) -> Result<Node, ExpressionError> {
    if text.chars().count() > MAXIMUM_LENGTH {
        return Err(error(0..text.len(), &format!("an expression has at most {MAXIMUM_LENGTH} characters")));
    }
    let mut parser = Parser { text, at: 0 };
    parser.skip_blanks();
    if parser.rest().is_empty() {
        return Err(error(0..text.len(), "the expression is empty"));
    }
    let start = parser.at;
    let node = parser.argument(0)?;
    if !matches!(node, Node::Call { .. }) {
        return Err(ExpressionError {
            help: Some("for the attribute as it is, write it as `source`".into()),
            ..error(start..parser.at, "an expression is one function call")
        });
    }
    parser.skip_blanks();
    match parser.rest() {
        "" => Ok(node),
        rest => Err(error(parser.at..parser.at + rest.trim_end().len(), "nothing may follow the call")),
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

fn error(at: Range<usize>, message: &str) -> ExpressionError {
    ExpressionError { message: message.to_owned(), at, help: None }
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip_blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let taken = &rest[..rest.find(|c| !belongs(c)).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    /// The character at the position, as an error says it.
    fn unexpected(&self, wanted: &str) -> ExpressionError {
        match self.peek() {
            Some(c) => {
                error(self.at..self.at + c.len_utf8(), &format!("`{c}` stands where {wanted} belongs"))
            }
            None => error(self.at..self.at, &format!("the expression ends where {wanted} belongs")),
        }
    }

    /// One argument, up to the comma or parenthesis that ends it.
    fn argument(&mut self, depth: usize) -> Result<Node, ExpressionError> {
        self.skip_blanks();
        match self.peek() {
            Some(',' | ')') => Ok(Node::Empty),
            Some('[') => self.attribute(),
            Some('"') => self.quoted(),
            Some('-' | '&' | '0'..='9') => self.number(),
            Some(c) if c.is_alphabetic() || c == '_' => self.call_or_word(depth),
            _ => Err(self.unexpected("an argument")),
        }
    }

    fn attribute(&mut self) -> Result<Node, ExpressionError> {
        let start = self.at;
        self.at += 1;
        let name_start = self.at;
        let name = self.take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | ' '));
        let end = self.at;
        match self.peek() {
            Some(']') if name.trim().is_empty() => {
                Err(error(start..end + 1, "the brackets name no attribute"))
            }
            Some(']') => {
                self.at += 1;
                Ok(Node::Attribute { name: name.to_owned(), at: name_start..end })
            }
            _ => Err(ExpressionError {
                help: Some("an attribute's name ends with `]`".into()),
                ..error(start..start + 1, "this bracket is not closed")
            }),
        }
    }

    fn quoted(&mut self) -> Result<Node, ExpressionError> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        let mut chars = self.rest().char_indices();
        while let Some((offset, c)) = chars.next() {
            match c {
                '"' => {
                    self.at += offset + 1;
                    return Ok(Node::Text(text));
                }
                // Only \\ and \" are escapes. Microsoft's own examples write others, as \+, and
                // mean both characters.
                '\\' => match chars.next() {
                    Some((_, escaped @ ('"' | '\\'))) => text.push(escaped),
                    Some((_, other)) => text.extend(['\\', other]),
                    None => text.push('\\'),
                },
                _ => text.push(c),
            }
        }
        Err(error(start..self.text.len(), "this text is not closed with a double quote"))
    }

    fn number(&mut self) -> Result<Node, ExpressionError> {
        let start = self.at;
        let hexadecimal = self.rest().get(..2).is_some_and(|sign| sign.eq_ignore_ascii_case("&H"));
        let digits = if hexadecimal {
            self.at += 2;
            self.take_while(|c| c.is_ascii_hexdigit())
        } else {
            self.at += usize::from(self.peek() == Some('-'));
            self.take_while(|c| c.is_ascii_digit())
        };
        if digits.is_empty() {
            return Err(self.unexpected("a digit"));
        }
        Ok(Node::Number(self.text[start..self.at].to_owned()))
    }

    fn call_or_word(&mut self, depth: usize) -> Result<Node, ExpressionError> {
        let start = self.at;
        let name = self.take_while(|c| c.is_alphanumeric() || c == '_');
        let place = start..self.at;
        self.skip_blanks();
        if self.peek() != Some('(') {
            return Ok(Node::Word(name.to_owned()));
        }
        if depth == MAXIMUM_DEPTH {
            return Err(error(place, "calls are nested too deeply"));
        }
        let function = match functions::find(name) {
            Lookup::Supported(function) => function,
            Lookup::NotSupported => {
                return Err(error(place, &format!("the function `{name}` is not supported")));
            }
            Lookup::Unknown { closest } => {
                return Err(ExpressionError {
                    help: closest.map(|closest| format!("did you mean `{closest}`?")),
                    ..error(place, &format!("Entra has no function `{name}`"))
                });
            }
        };
        self.at += 1;
        let arguments = self.arguments(depth)?;
        match (function.takes)(arguments.len()) {
            Ok(()) => Ok(Node::Call { function, arguments }),
            Err(takes) => Err(error(place, &format!("`{name}` takes {takes}; here are {}", arguments.len()))),
        }
    }

    /// Arguments up to and with the closing parenthesis.
    fn arguments(&mut self, depth: usize) -> Result<Vec<Node>, ExpressionError> {
        self.skip_blanks();
        if self.peek() == Some(')') {
            self.at += 1;
            return Ok(Vec::new());
        }
        let mut arguments = Vec::new();
        loop {
            arguments.push(self.argument(depth + 1)?);
            self.skip_blanks();
            match self.peek() {
                Some(',') => self.at += 1,
                Some(')') => {
                    self.at += 1;
                    return Ok(arguments);
                }
                _ => return Err(self.unexpected("a comma or `)`")),
            }
        }
    }
}
