//! One hand-written reader for filters and paths. It is written by hand because its errors are
//! shown to people: each says what stands there, what may stand there, and where.

use std::ops::Range;

use super::{AttributePath, Comparison, Filter, Literal, PatchPath, SyntaxError};

/// Parentheses, `not` and brackets inside each other. Every level costs stack in whoever walks the filter.
const MAX_DEPTH: usize = 32;

/// Comparisons in one filter. A chain of `and` is a list that leans to the left, so its length costs
/// stack too; Entra sends two at most.
const MAX_COMPARISONS: usize = 512;

type Parsed<T> = Result<T, SyntaxError>;

pub(super) struct Parser<'a> {
    text: &'a str,
    position: usize,
    depth: usize,
    comparisons: usize,
    in_brackets: bool,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Parser { text, position: 0, depth: 0, comparisons: 0, in_brackets: false }
    }

    pub(super) fn whole_filter(mut self) -> Parsed<Filter> {
        let filter = self.disjunction()?;
        self.skip_space();
        match self.peek() {
            None => Ok(filter),
            Some(')') => Err(self.wrong_here("this parenthesis was never opened")),
            Some(_) => Err(SyntaxError::new(self.word_here(), "expected `and`, `or` or the filter's end")),
        }
    }

    pub(super) fn whole_attribute_path(self) -> Parsed<AttributePath> {
        let at = 0..self.text.len();
        if self.text.is_empty() {
            return Err(SyntaxError::new(at, "an attribute path cannot be empty"));
        }
        attribute_path(self.text, 0)
    }

    pub(super) fn whole_patch_path(mut self) -> Parsed<PatchPath> {
        if self.text.is_empty() {
            return Err(SyntaxError::new(0..0, "a path cannot be empty").help("leave `path` out"));
        }
        let head = self.take_while(|c| c != '[' && !c.is_whitespace());
        if self.peek().is_some_and(char::is_whitespace) {
            return Err(SyntaxError::new(self.position..self.text.len(), "a path ends where a space stands"));
        }
        let path = attribute_path(&self.text[head.clone()], head.start)?;
        if self.peek().is_none() {
            return Ok(path.into());
        }
        if path.sub.is_some() {
            return Err(SyntaxError::new(head, "the filter follows the attribute, not its sub-attribute"));
        }
        let filter = self.bracketed()?;
        let sub =
            if self.eat('.') { Some(self.sub_attribute(self.position..self.text.len())?) } else { None };
        if self.position < self.text.len() {
            return Err(SyntaxError::new(self.position..self.text.len(), "expected `.` or the path's end"));
        }
        Ok(PatchPath { filter: Some(filter), sub, ..PatchPath::from(path) })
    }

    fn disjunction(&mut self) -> Parsed<Filter> {
        let mut left = self.conjunction()?;
        while self.eat_word("or") {
            left = Filter::Or(Box::new(left), Box::new(self.conjunction()?));
        }
        Ok(left)
    }

    fn conjunction(&mut self) -> Parsed<Filter> {
        let mut left = self.term()?;
        while self.eat_word("and") {
            left = Filter::And(Box::new(left), Box::new(self.term()?));
        }
        Ok(left)
    }

    fn term(&mut self) -> Parsed<Filter> {
        self.skip_space();
        if self.eat('(') {
            return self.parenthesised();
        }
        let start = self.position;
        // `not` is an operator only before a parenthesis: an attribute may bear that name.
        if self.eat_word("not") {
            self.skip_space();
            if self.eat('(') {
                return Ok(Filter::Not(Box::new(self.parenthesised()?)));
            }
            self.position = start;
        }
        self.comparison()
    }

    fn parenthesised(&mut self) -> Parsed<Filter> {
        self.descend()?;
        let filter = self.disjunction()?;
        self.depth -= 1;
        self.skip_space();
        if self.eat(')') { Ok(filter) } else { Err(self.wrong_here("expected `and`, `or` or `)`")) }
    }

    fn comparison(&mut self) -> Parsed<Filter> {
        self.comparisons += 1;
        if self.comparisons > MAX_COMPARISONS {
            let message = format!("the filter has more than {MAX_COMPARISONS} comparisons");
            return Err(SyntaxError::new(self.word_here(), message));
        }
        let at = self.name_here();
        if at.is_empty() {
            return Err(self.wrong_here("expected an attribute"));
        }
        let attribute = attribute_path(&self.text[at.clone()], at.start)?;
        if attribute.is_bare_schema() {
            return Err(SyntaxError::new(at, "this is a schema, not an attribute")
                .help("write the attribute after it, as `…:User:department`"));
        }
        if self.peek() != Some('[') {
            return self.test(attribute);
        }
        if self.in_brackets {
            return Err(self.wrong_here("brackets cannot stand in brackets"));
        }
        let filter = Box::new(self.bracketed()?);
        if !self.eat('.') {
            return Ok(Filter::Element(attribute, filter));
        }
        let at = self.name_here();
        let sub = AttributePath::simple(self.sub_attribute(at)?);
        Ok(Filter::Selected(attribute, filter, Box::new(self.test(sub)?)))
    }

    /// `pr`, or an operator and its value.
    fn test(&mut self, attribute: AttributePath) -> Parsed<Filter> {
        self.skip_space();
        let at = self.word_here();
        let word = &self.text[at.clone()];
        if word.eq_ignore_ascii_case("pr") {
            self.position = at.end;
            return Ok(Filter::Present(attribute));
        }
        let Some(comparison) = Comparison::ALL.into_iter().find(|c| word.eq_ignore_ascii_case(c.as_str()))
        else {
            let message = if word.is_empty() {
                "expected an operator".to_owned()
            } else {
                format!("`{word}` is not an operator")
            };
            return Err(SyntaxError::new(at, message).help("write eq, ne, co, sw, ew, gt, ge, lt, le or pr"));
        };
        self.position = at.end;
        self.skip_space();
        Ok(Filter::Compare(attribute, comparison, self.literal()?))
    }

    fn literal(&mut self) -> Parsed<Literal> {
        if self.peek() == Some('"') {
            return self.quoted();
        }
        let at = self.word_here();
        let word = &self.text[at.clone()];
        let literal = match word {
            "" => return Err(self.wrong_here("expected a value").help("write a text in double quotes")),
            "true" => Literal::Boolean(true),
            "false" => Literal::Boolean(false),
            "null" => Literal::Null,
            _ if is_json_number(word) => Literal::Number(word.to_owned()),
            _ => {
                let lower = word.to_ascii_lowercase();
                let help = if ["true", "false", "null"].contains(&lower.as_str()) {
                    format!("write `{lower}`")
                } else {
                    let bare = word.trim_matches(['\'', '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}']);
                    format!("a text stands in double quotes: `\"{bare}\"`")
                };
                return Err(SyntaxError::new(at, format!("`{word}` is not a value")).help(help));
            }
        };
        self.position = at.end;
        Ok(literal)
    }

    fn quoted(&mut self) -> Parsed<Literal> {
        let start = self.position;
        let mut escaped = false;
        let end = self.text[start + 1..].bytes().position(|byte| {
            let closes = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            closes
        });
        let Some(end) = end.map(|length| start + 1 + length + 1) else {
            return Err(SyntaxError::new(start..self.text.len(), "the text has no closing quote"));
        };
        // The quotes are ASCII, so the slice lies on character borders.
        match serde_json::from_str(&self.text[start..end]) {
            Ok(text) => {
                self.position = end;
                Ok(Literal::Text(text))
            }
            Err(_) => Err(SyntaxError::new(start..end, "this is not a JSON string")
                .help("escape quotes and backslashes with `\\`, control characters as `\\n` or `\\u000a`")),
        }
    }

    fn bracketed(&mut self) -> Parsed<Filter> {
        self.position += 1;
        self.descend()?;
        self.in_brackets = true;
        let filter = self.disjunction()?;
        self.in_brackets = false;
        self.depth -= 1;
        self.skip_space();
        if self.eat(']') { Ok(filter) } else { Err(self.wrong_here("expected `and`, `or` or `]`")) }
    }

    fn sub_attribute(&mut self, at: Range<usize>) -> Parsed<String> {
        let name = &self.text[at.clone()];
        if !is_attribute_name(name) {
            return Err(not_a_name(name, at, "sub-attribute"));
        }
        self.position = at.end;
        Ok(name.to_owned())
    }

    fn descend(&mut self) -> Parsed<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let message = format!("the filter is more than {MAX_DEPTH} levels deep");
            return Err(self.wrong_here(message));
        }
        Ok(())
    }

    fn peek(&self) -> Option<char> {
        self.text[self.position..].chars().next()
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.position += wanted.len_utf8();
        }
        found
    }

    /// Takes a word operator in any letter case, with the space before it.
    fn eat_word(&mut self, wanted: &str) -> bool {
        let start = self.position;
        self.skip_space();
        let at = self.word_here();
        let found = self.text[at.clone()].eq_ignore_ascii_case(wanted);
        self.position = if found { at.end } else { start };
        found
    }

    fn skip_space(&mut self) {
        self.take_while(char::is_whitespace);
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> Range<usize> {
        let start = self.position;
        let rest = &self.text[start..];
        self.position = start + rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        start..self.position
    }

    /// The run of characters up to a space, parenthesis or bracket; nothing is taken.
    fn word_here(&self) -> Range<usize> {
        let rest = &self.text[self.position..];
        let length = rest
            .find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']'))
            .unwrap_or(rest.len());
        self.position..self.position + length
    }

    /// The same, taken.
    fn name_here(&mut self) -> Range<usize> {
        let at = self.word_here();
        self.position = at.end;
        at
    }

    /// An error at the next character, or at the end.
    fn wrong_here(&self, message: impl Into<String>) -> SyntaxError {
        let length = self.peek().map_or(0, char::len_utf8);
        SyntaxError::new(self.position..self.position + length, message)
    }
}

/// Reads `[URN:]attribute[.sub]`, which starts at byte `offset` of the whole input.
fn attribute_path(text: &str, offset: usize) -> Parsed<AttributePath> {
    let at = offset..offset + text.len();
    if is_bare_schema(text) {
        let path = AttributePath::simple("");
        return Ok(AttributePath { schema: Some(text.to_owned()), ..path });
    }
    let after_dot = after_version(text).or_else(|| after_resource_type(text));
    let (schema, name) = match after_dot.or_else(|| text.rsplit_once(':')) {
        Some((schema, name)) => (Some(schema), name),
        None => (None, text),
    };
    if schema.is_some_and(|schema| !is_uri(schema)) {
        return Err(SyntaxError::new(at, format!("`{text}` does not begin with a schema URN")));
    }
    let (attribute, sub) = match name.split_once('.') {
        Some((attribute, sub)) => (attribute, Some(sub)),
        None => (name, None),
    };
    if !is_attribute_name(attribute) {
        return Err(not_a_name(attribute, at, "attribute"));
    }
    if let Some(sub) = sub.filter(|sub| !is_attribute_name(sub)) {
        return Err(not_a_name(sub, at, "sub-attribute"));
    }
    Ok(AttributePath {
        schema: schema.map(str::to_owned),
        attribute: attribute.to_owned(),
        sub: sub.map(str::to_owned),
        dotted: after_dot.is_some(),
    })
}

/// The schema and the attribute behind it where a dot stands between them, as SCIM 1 has it:
/// `urn:scim:schemas:extension:enterprise:1.0` and `department`.
fn after_version(text: &str) -> Option<(&str, &str)> {
    let (start, last) = text.rsplit_once(':')?;
    let version = last.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
    let (version, name) = (last.get(..version)?.strip_suffix('.')?, last.get(version..)?);
    let ends_in_digit = version.ends_with(|c: char| c.is_ascii_digit());
    ends_in_digit.then(|| (&text[..start.len() + 1 + version.len()], name))
}

/// The same for `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.department`, as Entra's jobs of 2018
/// write it. No resource has an attribute `user` or `group` of its own.
fn after_resource_type(text: &str) -> Option<(&str, &str)> {
    let (start, last) = text.rsplit_once(':')?;
    let (resource, name) = last.split_once('.')?;
    let is_resource = ["User", "Group"].iter().any(|known| known.eq_ignore_ascii_case(resource));
    let schema = &text[..start.len() + 1 + resource.len()];
    (is_resource && is_bare_schema(schema)).then_some((schema, name))
}

/// A URN whose last part but one is a version, as `…:enterprise:2.0:User`, names a schema; one more
/// part would name an attribute of it. Schemas of SCIM 1 end in their version.
fn is_bare_schema(text: &str) -> bool {
    if text.get(..SCIM_1.len()).is_some_and(|start| start.eq_ignore_ascii_case(SCIM_1)) {
        return text.rsplit(':').next().is_some_and(is_version) && is_uri(text);
    }
    let mut parts = text.rsplit(':');
    let name = parts.next().unwrap_or("");
    let version = parts.next().unwrap_or("");
    let is_urn = text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:"));
    is_urn && is_attribute_name(name) && is_version(version) && is_uri(text)
}

fn is_version(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(|c| c.is_ascii_digit() || c == '.')
}

/// Where the schemas of SCIM 1 begin.
const SCIM_1: &str = "urn:scim:schemas:";

/// The characters of a URI (RFC 3986) that can stand in a path: no parentheses, which filters use.
fn is_uri(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-._~:/?#@!$&'*+,;=%".contains(c))
}

/// `ATTRNAME` of RFC 7643 §2.1, and `$ref`.
fn is_attribute_name(text: &str) -> bool {
    let rest = text.strip_prefix('$').unwrap_or(text);
    rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && rest.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

fn not_a_name(name: &str, at: Range<usize>, what: &str) -> SyntaxError {
    if name.is_empty() {
        return SyntaxError::new(at, format!("the {what} is missing"));
    }
    let error = SyntaxError::new(at, format!("`{name}` is not a name of a{} {what}", article(what)));
    if name.starts_with('/') {
        error.help("a SCIM path is no JSON pointer: write `name.familyName`")
    } else if name.contains('.') {
        error.help("an attribute has at most one sub-attribute")
    } else {
        error.help("a name is a letter, then letters, digits, `-` and `_`")
    }
}

fn article(what: &str) -> &'static str {
    if what.starts_with('a') { "n" } else { "" }
}

/// A number in JSON's notation (RFC 8259 §6), read without losing digits.
fn is_json_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e)))
}
