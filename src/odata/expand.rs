use super::error::{ODataError, quoted};
use super::filter::Filter;
use super::numbers;
use super::order::OrderBy;
use super::scanner::Scanner;
use super::select;

/// A relationship whose objects are part of the answer: `manager($select=id,displayName)`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Expansion {
    /// The relationship, or `*` for all of them.
    pub name: String,
    /// The properties of its objects, as in [`Query::select`](super::Query::select).
    pub select: Vec<String>,
    /// Relationships of its objects.
    pub expand: Vec<Expansion>,
    /// Which of its objects.
    pub filter: Option<Filter>,
    /// Their order.
    pub order: Vec<OrderBy>,
    /// How many of them; Graph returns at most 20 whatever it says ("Use query parameters to customize responses").
    pub top: Option<usize>,
    /// How many times the relationship is followed, as in `manager($levels=3)`; `usize::MAX` for `max`.
    pub levels: Option<usize>,
}

/// Expansions inside each other.
const MAX_DEPTH: usize = 8;

impl Expansion {
    /// Reads `manager($select=id;$levels=max),members`.
    pub(super) fn list(text: &str) -> Result<Vec<Expansion>, ODataError> {
        list(text, 0)
    }

    fn set(&mut self, name: &str, value: &str, depth: usize) -> Result<(), ODataError> {
        match name.to_ascii_lowercase().as_str() {
            "$select" => self.select = select::names(value)?,
            "$expand" => self.expand = list(value, depth)?,
            "$filter" => self.filter = Some(Filter::read(value)?),
            "$orderby" => self.order = OrderBy::list(value)?,
            "$top" => self.top = Some(numbers::top(value)?),
            "$levels" => self.levels = Some(levels(value)?),
            _ => {
                let message = format!("does not support the option {} of an expansion", quoted(name));
                return Err(ODataError::new(message));
            }
        }
        Ok(())
    }
}

fn list(text: &str, depth: usize) -> Result<Vec<Expansion>, ODataError> {
    let mut scanner = Scanner::new(text);
    let mut list = Vec::new();
    if depth > MAX_DEPTH {
        return Err(ODataError::new(format!("accepts at most {MAX_DEPTH} levels of `$expand`")));
    }
    loop {
        scanner.skip_space();
        let name = if scanner.eat('*') { "*".to_owned() } else { scanner.path()?.to_string() };
        let mut expansion = Expansion { name, ..Expansion::default() };
        scanner.skip_space();
        if scanner.eat('(') {
            options(&mut scanner, &mut expansion, depth + 1)?;
            scanner.skip_space();
        }
        list.push(expansion);
        if scanner.peek().is_none() {
            return Ok(list);
        }
        if !scanner.eat(',') {
            return Err(scanner.expected("`,` between relationships"));
        }
    }
}

/// Reads `$select=id;$top=5)`, the parenthesis included.
fn options(scanner: &mut Scanner<'_>, expansion: &mut Expansion, depth: usize) -> Result<(), ODataError> {
    loop {
        scanner.skip_space();
        let name_at = scanner.position;
        let name = scanner.word();
        if !name.starts_with('$') {
            return Err(scanner.expected("an option such as `$select`"));
        }
        scanner.position += name.len();
        if !scanner.eat('=') {
            return Err(scanner.expected("`=`"));
        }
        let value_at = scanner.position;
        scanner.position = end_of_value(scanner)?;
        let value = &scanner.text[value_at..scanner.position];
        expansion.set(name, value, depth).map_err(|error| error.shifted(name_at, value_at))?;
        if scanner.eat(')') {
            return Ok(());
        }
        scanner.eat(';');
    }
}

/// Where the next `;` or `)` is that is neither in parentheses nor in quotes.
fn end_of_value(scanner: &Scanner<'_>) -> Result<usize, ODataError> {
    let (mut depth, mut is_quoted) = (0_usize, false);
    for (at, c) in scanner.rest().char_indices() {
        match c {
            '\'' => is_quoted = !is_quoted,
            _ if is_quoted => {}
            '(' => depth += 1,
            ';' | ')' if depth == 0 => return Ok(scanner.position + at),
            ')' => depth -= 1,
            _ => {}
        }
    }
    Err(ODataError::new("expected `)` after the options of the expansion").at(scanner.text.len()).found(""))
}

/// "Expand Option $levels" of OData 4.01, part 2.
fn levels(value: &str) -> Result<usize, ODataError> {
    if value.eq_ignore_ascii_case("max") {
        return Ok(usize::MAX);
    }
    match value.parse() {
        Ok(levels) if levels > 0 => Ok(levels),
        _ => Err(ODataError::new("expected a positive number or `max`").found(value)),
    }
}
