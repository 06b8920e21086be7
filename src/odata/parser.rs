//! Reads `$filter`. Written by hand because its errors are shown to people: each says what is there, what may be there,
//! and where.
//!
//! From the weakest to the strongest: `or`, `and`, `not`, one comparison. `not` takes the comparison behind it, as in
//! OData's ABNF ("notExpr").

use super::error::{ODataError, quoted};
use super::expression::{Comparison, Expression, Function, Literal, Property, Quantifier};
use super::literal::{example, literal};
use super::path::Path;
use super::scanner::{Scanner, is_cast, is_identifier};

/// Parentheses, `not`, functions and lambdas inside each other. Every level costs stack.
const MAX_DEPTH: usize = 32;

/// Further operators of OData 4.01 ("Logical Operators", "Arithmetic Operators").
const UNSUPPORTED_OPERATORS: [&str; 7] = ["has", "add", "sub", "mul", "div", "divby", "mod"];

type Parsed<T> = Result<T, ODataError>;

pub(super) struct Parser<'a> {
    scanner: Scanner<'a>,
    depth: usize,
    /// Of the lambdas around this place, the outermost first.
    variables: Vec<&'a str>,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Parser { scanner: Scanner::new(text), depth: 0, variables: Vec::new() }
    }

    pub(super) fn whole_filter(mut self) -> Parsed<Expression> {
        let filter = self.condition()?;
        match self.scanner.peek() {
            None => Ok(filter),
            Some(_) => Err(self.scanner.expected("`and`, `or` or the end")),
        }
    }

    /// A disjunction that is true or false.
    fn condition(&mut self) -> Parsed<Expression> {
        let start = self.start();
        let expression = self.disjunction()?;
        self.as_condition(start, expression)
    }

    fn disjunction(&mut self) -> Parsed<Expression> {
        self.chain("or", Self::conjunction, Expression::Or)
    }

    fn conjunction(&mut self) -> Parsed<Expression> {
        self.chain("and", Self::negation, Expression::And)
    }

    /// One link as it is, or conditions with the word between them.
    fn chain(
        &mut self,
        word: &str,
        link: fn(&mut Self) -> Parsed<Expression>,
        join: fn(Vec<Expression>) -> Expression,
    ) -> Parsed<Expression> {
        let mut links = Vec::new();
        loop {
            let start = self.start();
            let expression = link(self)?;
            let more = self.scanner.word().eq_ignore_ascii_case(word);
            if !more && links.is_empty() {
                return Ok(expression);
            }
            links.push(self.as_condition(start, expression)?);
            if !self.scanner.eat_word(word) {
                return Ok(join(links));
            }
        }
    }

    fn negation(&mut self) -> Parsed<Expression> {
        if !self.scanner.eat_word("not") {
            return self.comparison();
        }
        self.deeper(|parser| {
            let start = parser.start();
            let expression = parser.negation()?;
            Ok(Expression::Not(Box::new(parser.as_condition(start, expression)?)))
        })
    }

    /// One comparison, or what can be in its place; behind it is the next character that is not a space.
    fn comparison(&mut self) -> Parsed<Expression> {
        let left = self.operand()?;
        self.scanner.skip_space();
        let expression = if self.scanner.eat_word("in") {
            Expression::In(Box::new(left), self.literals()?)
        } else if let Some(comparison) = Comparison::named(self.scanner.word()) {
            self.scanner.position += self.scanner.word().len();
            let right = self.right_operand(&left)?;
            Expression::Compare(Box::new(left), comparison, Box::new(right))
        } else {
            left
        };
        self.scanner.skip_space();
        let word = self.scanner.word();
        if UNSUPPORTED_OPERATORS.iter().any(|known| word.eq_ignore_ascii_case(known)) {
            return Err(self.unsupported("operator", word));
        }
        let ends = matches!(self.scanner.peek(), None | Some(')'))
            || ["and", "or"].iter().any(|known| word.eq_ignore_ascii_case(known));
        if ends { Ok(expression) } else { Err(self.scanner.expected("an operator such as `eq` or `and`")) }
    }

    /// The other side of a comparison. Graph compares a property with a value, and not two properties.
    fn right_operand(&mut self, left: &Expression) -> Parsed<Expression> {
        let start = self.start();
        let right = self.operand()?;
        if left.reads_property() && right.reads_property() {
            let text = &self.scanner.text[start..self.scanner.position];
            return Err(ODataError::new("expected a value")
                .at(start)
                .found(text)
                .hint(format!("write a text in single quotes, {}", example(text))));
        }
        Ok(right)
    }

    fn operand(&mut self) -> Parsed<Expression> {
        let start = self.start();
        if self.scanner.eat('(') {
            return self.deeper(|parser| {
                let inner = parser.disjunction()?;
                parser.expect(')', "`and`, `or` or `)`")?;
                Ok(inner)
            });
        }
        if let Some(literal) = literal(&mut self.scanner)? {
            return Ok(Expression::Literal(literal));
        }
        let word = self.scanner.word();
        if word.is_empty() {
            return Err(match self.scanner.peek() {
                Some('"' | '\u{2018}' | '\u{2019}' | '\u{201c}' | '\u{201d}') => {
                    self.scanner.expected("a text in single quotes")
                }
                _ => self.scanner.expected("a property or a value"),
            });
        }
        if !self.scanner.text[start + word.len()..].starts_with('(') {
            return self.property();
        }
        let Some(function) = Function::named(word) else {
            let names = Function::NAMES.map(|(name, _)| name).join(", ");
            return Err(self.unsupported("function", word).hint(format!("it supports {names}")));
        };
        self.scanner.position += word.len();
        self.deeper(|parser| parser.call(function))
    }

    fn call(&mut self, function: Function) -> Parsed<Expression> {
        self.expect('(', "`(`")?;
        let mut arguments = vec![self.text_argument()?];
        if function.is_condition() {
            self.expect(',', "`,` and a second text")?;
            arguments.push(self.text_argument()?);
        }
        self.expect(')', "`)`")?;
        Ok(Expression::Call(function, arguments))
    }

    fn text_argument(&mut self) -> Parsed<Expression> {
        let start = self.start();
        let argument = self.operand()?;
        if argument.is_text() {
            return Ok(argument);
        }
        let found = &self.scanner.text[start..self.scanner.position];
        Err(ODataError::new("expected a property or a text in single quotes").at(start).found(found))
    }

    /// `('a','b')`.
    fn literals(&mut self) -> Parsed<Vec<Literal>> {
        self.expect('(', "`(` and the values of `in`")?;
        let mut literals = Vec::new();
        loop {
            self.scanner.skip_space();
            match literal(&mut self.scanner)? {
                Some(literal) => literals.push(literal),
                None => return Err(self.scanner.expected("a value, a text in single quotes")),
            }
            self.scanner.skip_space();
            if !self.scanner.eat(',') {
                self.expect(')', "`,` or `)`")?;
                return Ok(literals);
            }
        }
    }

    /// A path, and what can be said of the collection at its end: `/$count`, `/any(…)`, `/all(…)`.
    fn property(&mut self) -> Parsed<Expression> {
        let first = self.scanner.word();
        let variable = self.variables.iter().rposition(|variable| *variable == first);
        let mut property = Property { variable, path: Path(Vec::new()) };
        let mut name = self.scanner.name()?;
        if variable.is_none() && !is_cast(name) {
            property.path.0.push(name.to_owned());
        }
        while self.scanner.eat('/') {
            let word = self.scanner.word();
            if self.scanner.text[self.scanner.position + word.len()..].starts_with('(') {
                return self.lambda(property);
            }
            if self.scanner.eat_word("$count") {
                return Ok(Expression::Count(property));
            }
            name = self.scanner.name()?;
            if !is_cast(name) {
                property.path.0.push(name.to_owned());
            }
        }
        if property.path.0.is_empty() && variable.is_none() {
            return Err(self.scanner.expected("`/` and a property of the type"));
        }
        Ok(Expression::Property(property))
    }

    /// "Lambda Operators" of OData 4.01, part 2: their names are the same in any letter case, their variables are not.
    fn lambda(&mut self, collection: Property) -> Parsed<Expression> {
        let word = self.scanner.word();
        let quantifier = if self.scanner.eat_word("any") {
            Quantifier::Any
        } else if self.scanner.eat_word("all") {
            Quantifier::All
        } else {
            return Err(self.unsupported("function", word));
        };
        self.deeper(|parser| {
            parser.expect('(', "`(`")?;
            parser.scanner.skip_space();
            if quantifier == Quantifier::Any && parser.scanner.eat(')') {
                return Ok(Expression::Lambda(quantifier, collection, None));
            }
            let variable = parser.scanner.word();
            if !is_identifier(variable) {
                return Err(parser.scanner.expected("a variable, as in `any(x: x eq 'a')`"));
            }
            parser.scanner.position += variable.len();
            parser.expect(':', "`:` after the variable")?;
            parser.variables.push(variable);
            let condition = parser.condition()?;
            parser.variables.pop();
            parser.expect(')', "`and`, `or` or `)`")?;
            Ok(Expression::Lambda(quantifier, collection, Some(Box::new(condition))))
        })
    }

    /// Where the next thing begins.
    fn start(&mut self) -> usize {
        self.scanner.skip_space();
        self.scanner.position
    }

    fn expect(&mut self, wanted: char, what: &str) -> Parsed<()> {
        self.scanner.skip_space();
        if self.scanner.eat(wanted) { Ok(()) } else { Err(self.scanner.expected(what)) }
    }

    /// Reads something that is one level deeper.
    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let message =
                format!("accepts at most {MAX_DEPTH} levels of parentheses and `not`, and met one more");
            return Err(ODataError::new(message).at(self.scanner.position));
        }
        let result = read(self)?;
        self.depth -= 1;
        Ok(result)
    }

    /// What was read from `start` on, if it can be true or false.
    fn as_condition(&self, start: usize, expression: Expression) -> Parsed<Expression> {
        if expression.is_condition() {
            return Ok(expression);
        }
        let found = self.scanner.text[start..self.scanner.position].trim_end();
        Err(ODataError::new("expected a condition").at(start).found(found))
    }

    fn unsupported(&self, what: &str, name: &str) -> ODataError {
        ODataError::new(format!("does not support the {what} {}", quoted(name))).at(self.scanner.position)
    }
}
