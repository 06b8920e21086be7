use std::ops::Range;

use super::ExpressionError;
use super::comparison::{ComparisonOperator, OPERATORS};
use super::functions::{self, FunctionLookup};
use super::node::{CallNode, ExpressionNode, Part};
use super::number::whole_number;
use super::prepared::PreparedArguments;
use crate::diagnostic;

/// Longest expression Entra accepts, in characters (Microsoft Learn, "Known issues for provisioning").
pub const MAXIMUM_LENGTH: usize = 10_000;

/// Deepest nesting that is read. Nobody writes a tenth of it, and the parser recurses.
const MAXIMUM_DEPTH: usize = 64;

/// The keyword that leaves the attribute out of the flow.
pub(super) const IGNORE_ATTRIBUTE: &str = "IgnoreAttributeFlow";

/// The bare words the pages use: of `InStr`, `ConvertFromBase64` and the Workday guide. `True` and
/// `False` are in no example; they are read as the booleans they are in Visual Basic.
const KEYWORDS: &[&str] = &[
    "vbTextCompare",
    "vbBinaryCompare",
    "Unicode",
    "ASCII",
    "UTF8",
    IGNORE_ATTRIBUTE,
    "IgnoreObjectFlow",
    "True",
    "False",
];

/// The way out for those who write an index in brackets.
const ITEM: &str = "for one item of a list, use Item(list, number) or Word";

/// Reads a whole expression: one call and nothing after it.
pub(super) fn parse(text: &str) -> Result<Part, ExpressionError> {
    if text.chars().count() > MAXIMUM_LENGTH {
        let message = format!("an expression has at most {MAXIMUM_LENGTH} characters");
        return Err(ExpressionError::new(0..text.len(), message));
    }
    let mut parser = ExpressionParser { text, at: 0 };
    parser.skip_blanks();
    if parser.rest().is_empty() {
        return Err(ExpressionError::new(0..text.len(), "the expression is empty"));
    }
    let part = parser.argument(0)?;
    parser.skip_blanks();
    if !parser.rest().is_empty() {
        let end = parser.at + parser.rest().trim_end().len();
        let error = ExpressionError::new(parser.at..end, "nothing may follow the call");
        return Err(if parser.peek() == Some('[') { error.help(ITEM) } else { error });
    }
    if matches!(part.node, ExpressionNode::Call(_)) {
        return Ok(part);
    }
    let help = match &part.node {
        ExpressionNode::Attribute(_) => "for the attribute as it is, map it directly with `source`",
        ExpressionNode::Concatenation(_) => "join the texts with Join(\"\", …) or Append",
        ExpressionNode::Comparison(_) => "give the comparison to IIF or CBool",
        _ => "for a text alone, write Append(\"text\", \"\")",
    };
    Err(ExpressionError::new(part.at, "an expression is one function call").help(help))
}

struct ExpressionParser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> ExpressionParser<'a> {
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
                let place = self.at..self.at + c.len_utf8();
                let error = ExpressionError::new(place, format!("`{c}` stands where {wanted} belongs"));
                match c {
                    '\'' | '“' | '”' | '„' | '‘' | '’' => {
                        error.help("texts stand in straight double quotes: \"text\"")
                    }
                    '{' | '}' => error.help("attributes stand in brackets: [country]"),
                    _ => error,
                }
            }
            None => {
                ExpressionError::new(self.at..self.at, format!("the expression ends where {wanted} belongs"))
            }
        }
    }

    /// One argument, up to the comma or parenthesis that ends it: a term, or two with a comparison
    /// between them, each of several terms with `&` between them.
    fn argument(&mut self, depth: usize) -> Result<Part, ExpressionError> {
        self.skip_blanks();
        if let Some(',' | ')') = self.peek() {
            return Ok(Part { node: ExpressionNode::Empty, at: self.at..self.at });
        }
        let left = self.operand(depth)?;
        self.skip_blanks();
        let Some(operator) = self.operator() else { return Ok(left) };
        if operator == ComparisonOperator::Equal && self.peek() == Some('=') {
            let error = ExpressionError::new(self.at - 1..self.at + 1, "the language has no operator `==`");
            return Err(error.help("equal is written `=`, and not equal `<>`"));
        }
        self.skip_blanks();
        let right = self.operand(depth)?;
        self.skip_blanks();
        let start = self.at;
        if self.operator().is_some() {
            let error = ExpressionError::new(start..self.at, "a condition has one comparison");
            return Err(error.help("nest another IIF for a second condition"));
        }
        let at = left.at.start..right.at.end;
        Ok(Part { node: ExpressionNode::Comparison(Box::new((left, operator, right))), at })
    }

    fn operator(&mut self) -> Option<ComparisonOperator> {
        let operator = OPERATORS.into_iter().find(|operator| self.rest().starts_with(operator.as_str()))?;
        self.at += operator.as_str().len();
        Some(operator)
    }

    fn operand(&mut self, depth: usize) -> Result<Part, ExpressionError> {
        let first = self.term(depth)?;
        let mut terms = vec![first];
        loop {
            let end = self.at;
            self.skip_blanks();
            if self.peek() != Some('&') {
                self.at = end;
                break;
            }
            self.at += 1;
            self.skip_blanks();
            terms.push(self.term(depth)?);
        }
        if terms.len() == 1 {
            return terms.pop().ok_or_else(|| self.unexpected("an argument"));
        }
        let at = terms.first().map_or(self.at, |term| term.at.start)..self.at;
        Ok(Part { node: ExpressionNode::Concatenation(terms), at })
    }

    fn term(&mut self, depth: usize) -> Result<Part, ExpressionError> {
        let start = self.at;
        let node = match self.peek() {
            Some('[') => self.attribute()?,
            Some('"') => self.quoted()?,
            Some('-' | '&' | '0'..='9') => self.number()?,
            Some(c) if c.is_alphabetic() || c == '_' => self.call_or_keyword(depth)?,
            _ => return Err(self.unexpected("an argument")),
        };
        Ok(Part { node, at: start..self.at })
    }

    fn attribute(&mut self) -> Result<ExpressionNode, ExpressionError> {
        let start = self.at;
        self.at += 1;
        let name = self.take_while(|c| !matches!(c, '[' | ']' | '"' | ',' | '(' | ')') && !c.is_control());
        match self.peek() {
            Some(']') if name.trim().is_empty() => {
                Err(ExpressionError::new(start..self.at + 1, "the brackets name no attribute"))
            }
            Some(']') => {
                self.at += 1;
                Ok(ExpressionNode::Attribute(name.to_owned()))
            }
            _ => {
                let error = ExpressionError::new(start..start + 1, "this bracket is not closed");
                Err(error.help("an attribute's name ends with `]`"))
            }
        }
    }

    fn quoted(&mut self) -> Result<ExpressionNode, ExpressionError> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        let mut chars = self.rest().char_indices();
        while let Some((offset, c)) = chars.next() {
            match c {
                '"' => {
                    self.at += offset + 1;
                    return Ok(ExpressionNode::Text(text));
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
        Err(ExpressionError::new(start..self.text.len(), "this text is not closed with a double quote"))
    }

    fn number(&mut self) -> Result<ExpressionNode, ExpressionError> {
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
        let written = &self.text[start..self.at];
        match whole_number(written) {
            Some(value) => Ok(ExpressionNode::Number { written: written.to_owned(), value }),
            None => Err(ExpressionError::new(start..self.at, "this number is too large")),
        }
    }

    fn call_or_keyword(&mut self, depth: usize) -> Result<ExpressionNode, ExpressionError> {
        let start = self.at;
        let name = self.take_while(|c| c.is_alphanumeric() || c == '_');
        let place = start..self.at;
        let end = self.at;
        self.skip_blanks();
        if self.peek() != Some('(') {
            self.at = end;
            return keyword(name, place);
        }
        if depth == MAXIMUM_DEPTH {
            return Err(ExpressionError::new(place, "calls are nested too deeply"));
        }
        let (table_place, function) = match functions::find(name) {
            FunctionLookup::Known(place, function) => (place, function),
            FunctionLookup::NotComputed => {
                let message = format!("the function `{name}` is not computed in expressions");
                let error = ExpressionError::new(place, message);
                return Err(
                    error.help("it gives roles: a row of a mapping may have it, alone, as its expression")
                );
            }
            FunctionLookup::Unknown { closest } => {
                let help = closest.map(|closest| format!("did you mean `{closest}`?"));
                let error = ExpressionError::new(place, format!("Entra has no function `{name}`"));
                return Err(ExpressionError { help, ..error });
            }
        };
        let signature = &function.signature;
        if signature.name == "SelectUniqueValue" && depth > 0 {
            return Err(ExpressionError::new(place, "`SelectUniqueValue` cannot stand inside another call"));
        }
        self.at += 1;
        let arguments = self.arguments(depth)?;
        if !signature.takes(arguments.len()) {
            let message = format!("`{name}` takes {}; here are {}", signature.wants(), arguments.len());
            return Err(ExpressionError::new(place, message));
        }
        let prepared = match function.prepare.map(|prepare| prepare(&arguments)) {
            None => PreparedArguments::Nothing,
            Some(Ok(prepared)) => prepared,
            Some(Err(misfit)) => {
                let at = arguments.get(misfit.position).map_or(place, |argument| argument.at.clone());
                let message = format!("{name}: {} {}", signature.argument(misfit.position), misfit.what);
                return Err(ExpressionError::new(at, message));
            }
        };
        Ok(ExpressionNode::Call(Box::new(CallNode { signature, place: table_place, arguments, prepared })))
    }

    /// Arguments up to and with the closing parenthesis.
    fn arguments(&mut self, depth: usize) -> Result<Vec<Part>, ExpressionError> {
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
                _ => return Err(self.between()),
            }
        }
    }

    /// What is wrong where a comma or the closing parenthesis belongs.
    fn between(&self) -> ExpressionError {
        let error = self.unexpected("a comma or `)`");
        let word: String = self.rest().chars().take_while(|c| c.is_alphabetic()).collect();
        match word.to_ascii_uppercase().as_str() {
            "AND" | "OR" => ExpressionError::new(
                self.at..self.at + word.len(),
                format!("the language has no operator `{word}`"),
            )
            .help("nest another IIF in the value for true (and), or in the one for false (or)"),
            _ if self.peek() == Some('[') && self.text[..self.at].ends_with([')', ']']) => error.help(ITEM),
            _ if self.peek() == Some('!') => error.help("not equal is written `<>`"),
            _ if self.peek() == Some('+') => error.help("join texts with Join or Append"),
            _ => error,
        }
    }
}

fn keyword(name: &str, place: Range<usize>) -> Result<ExpressionNode, ExpressionError> {
    if let Some(keyword) = KEYWORDS.iter().copied().find(|keyword| *keyword == name) {
        return Ok(ExpressionNode::Keyword(keyword));
    }
    let error =
        ExpressionError::new(place, format!("`{name}` is neither in brackets nor in quotes, and no keyword"));
    Err(match diagnostic::closest(name, KEYWORDS.iter().copied()) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help(format!("for the attribute write [{name}], for the text \"{name}\"")),
    })
}
