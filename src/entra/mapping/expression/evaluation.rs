use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::ops::Range;

use jiff::civil::DateTime;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::dotnet::date;
use super::node::{CallNode, ExpressionNode, Part};
use super::number::whole_number;
use super::prepared::PreparedArguments;
use super::signature::Signature;
use super::value::LONGEST_VALUE;
use super::{CallError, Circumstances, Readings, Value, boolean_text};

/// Why an evaluation ends early.
#[derive(Debug)]
pub(super) enum Stop {
    /// A value does not fit.
    Error(Box<CallError>),
    /// The attribute is left out of the flow.
    Ignored,
}

impl Stop {
    /// The same with a way out.
    pub fn help(mut self, help: &str) -> Self {
        if let Stop::Error(error) = &mut self {
            error.help = Some(help.to_owned());
        }
        self
    }
}

/// What a function gives; `None` is null.
pub(super) type Computed<'a> = Result<Option<Value<'a>>, Stop>;

/// Computes a function from its arguments.
pub(super) type Compute = for<'a, 'c> fn(&FunctionCall<'a, 'c>) -> Computed<'a>;

/// One evaluation of an expression.
pub(super) struct Evaluation<'a, 'c> {
    /// What computes the function at a place of their table.
    functions: fn(usize) -> Compute,
    source: &'c dyn Fn(&str) -> Option<Value<'a>>,
    circumstances: &'c Circumstances<'c>,
    readings: Readings,
    /// Made when the first function asks for it.
    random: RefCell<Option<ChaCha8Rng>>,
    redacted: Cell<bool>,
}

impl<'a, 'c> Evaluation<'a, 'c> {
    pub fn new(
        functions: fn(usize) -> Compute,
        source: &'c dyn Fn(&str) -> Option<Value<'a>>,
        circumstances: &'c Circumstances<'c>,
        readings: Readings,
    ) -> Self {
        Evaluation {
            functions,
            source,
            circumstances,
            readings,
            random: RefCell::new(None),
            redacted: Cell::new(false),
        }
    }

    pub fn redacted(&self) -> bool {
        self.redacted.get()
    }

    /// The value of a part; `None` for null and for an absent parameter.
    pub fn value(&self, part: &'a Part) -> Computed<'a> {
        Ok(match &part.node {
            ExpressionNode::Call(call) => return self.call(call, &part.at),
            // A list without values is no value.
            ExpressionNode::Attribute(name) => {
                (self.source)(name).filter(|value| !matches!(value, Value::Texts(texts) if texts.is_empty()))
            }
            ExpressionNode::Text(text) => Some(Value::from(text.as_str())),
            ExpressionNode::Number { value, .. } => Some(Value::Number(*value)),
            ExpressionNode::Keyword("True") => Some(Value::Boolean(true)),
            ExpressionNode::Keyword("False") => Some(Value::Boolean(false)),
            ExpressionNode::Keyword(name) => Some(Value::Keyword(name)),
            ExpressionNode::Comparison(sides) => {
                let (left, operator, right) = &**sides;
                let (Some(left), Some(right)) = (self.value(left)?, self.value(right)?) else {
                    return Ok(None);
                };
                match operator.holds(left, right) {
                    Some(holds) => Some(Value::Boolean(holds)),
                    None => {
                        let message = "several values cannot be compared with one";
                        return Err(failure("comparison", message.into(), part.at.clone()));
                    }
                }
            }
            ExpressionNode::Concatenation(parts) => return self.concatenation(parts),
            ExpressionNode::Empty => None,
        })
    }

    /// The texts of `first & second`, null as the empty one, as in Visual Basic.
    fn concatenation(&self, parts: &'a [Part]) -> Computed<'a> {
        let mut all = String::new();
        for part in parts {
            match self.value(part)?.map(Value::into_one_text) {
                Some(Some(text)) => {
                    all.push_str(&text);
                    if all.len() > LONGEST_VALUE {
                        return Err(too_long("&", part.at.clone()));
                    }
                }
                Some(None) => {
                    return Err(failure(
                        "&",
                        "several values stand where one belongs".into(),
                        part.at.clone(),
                    ));
                }
                None => {}
            }
        }
        Ok(Some(Value::from(all)))
    }

    fn call(&self, node: &'a CallNode, at: &'a Range<usize>) -> Computed<'a> {
        let value = (self.functions)(node.place)(&FunctionCall { node, at, evaluation: self })?;
        match value.as_ref().is_some_and(|value| value.size() > LONGEST_VALUE) {
            true => Err(too_long(node.signature.name, at.clone())),
            false => Ok(value),
        }
    }
}

fn too_long(function: &'static str, at: Range<usize>) -> Stop {
    failure(function, "the value is longer than 1 MiB".to_owned(), at)
}

fn failure(function: &'static str, message: String, at: Range<usize>) -> Stop {
    Stop::Error(Box::new(CallError { function, message, at, help: None }))
}

/// One call of a function. Arguments are evaluated only when the function asks for them.
pub(super) struct FunctionCall<'a, 'c> {
    node: &'a CallNode,
    at: &'a Range<usize>,
    evaluation: &'c Evaluation<'a, 'c>,
}

impl<'a, 'c> FunctionCall<'a, 'c> {
    pub fn circumstances(&self) -> &'c Circumstances<'c> {
        self.evaluation.circumstances
    }

    /// How contradictions are read.
    pub fn readings(&self) -> Readings {
        self.evaluation.readings
    }

    /// What the constant arguments were made into when the expression was read.
    pub fn prepared(&self) -> &'a PreparedArguments {
        &self.node.prepared
    }

    pub fn count(&self) -> usize {
        self.node.arguments.len()
    }

    /// The argument as it is written.
    pub fn part(&self, position: usize) -> Option<&'a Part> {
        self.node.arguments.get(position)
    }

    /// The value of the argument; `None` for null and for an absent parameter.
    pub fn value(&self, position: usize) -> Computed<'a> {
        self.part(position).map_or(Ok(None), |part| self.evaluation.value(part))
    }

    /// The value of a part of an argument.
    pub fn at(&self, part: &'a Part) -> Computed<'a> {
        self.evaluation.value(part)
    }

    /// The argument as one text.
    pub fn text(&self, position: usize) -> Result<Option<Cow<'a, str>>, Stop> {
        match self.value(position)?.map(Value::into_one_text) {
            None => Ok(None),
            Some(Some(text)) => Ok(Some(text)),
            Some(None) => Err(self.misfit(position, "has several values where one belongs")),
        }
    }

    /// The argument's values, one or many; none for null.
    pub fn texts(&self, position: usize) -> Result<Cow<'a, [String]>, Stop> {
        Ok(match self.value(position)?.map(Value::into_text) {
            None => Cow::Borrowed(&[]),
            Some(Ok(text)) => Cow::Owned(vec![text.into_owned()]),
            Some(Err(texts)) => texts,
        })
    }

    /// The argument as a whole number; numbers in quotes are taken.
    pub fn number(&self, position: usize) -> Result<Option<i64>, Stop> {
        match self.value(position)? {
            None => Ok(None),
            Some(Value::Number(number)) => Ok(Some(number)),
            Some(other) => match other.into_one_text() {
                Some(text) => match whole_number(&text) {
                    Some(number) => Ok(Some(number)),
                    None => {
                        Err(self.misfit(position, &format!("is \"{text}\" where a whole number belongs")))
                    }
                },
                None => Err(self.misfit(position, "has several values where a number belongs")),
            },
        }
    }

    /// The argument as a whole number that must be there.
    pub fn required_number(&self, position: usize) -> Result<i64, Stop> {
        self.number(position)?
            .ok_or_else(|| self.misfit(position, "has no value where a whole number belongs"))
    }

    /// The argument as a date in UTC.
    pub fn date(&self, position: usize) -> Result<Option<DateTime>, Stop> {
        match self.value(position)? {
            None => Ok(None),
            Some(Value::Date(date)) => Ok(Some(date)),
            Some(other) => match other.into_one_text() {
                Some(text) => match date::parse(&text) {
                    Some(date) => Ok(Some(date)),
                    None => Err(self.misfit(position, &format!("is \"{text}\" where a date belongs"))),
                },
                None => Err(self.misfit(position, "has several values where a date belongs")),
            },
        }
    }

    /// The argument as a condition. Null is no condition.
    pub fn condition(&self, position: usize) -> Result<Option<bool>, Stop> {
        let text = match self.value(position)? {
            None => return Ok(None),
            Some(Value::Boolean(value)) => return Ok(Some(value)),
            Some(Value::Number(number)) => return Ok(Some(number != 0)),
            Some(other) => match other.into_one_text() {
                Some(text) => text,
                None => return Err(self.misfit(position, "has several values where a condition belongs")),
            },
        };
        match [true, false].into_iter().find(|value| text.eq_ignore_ascii_case(boolean_text(*value))) {
            Some(value) => Ok(Some(value)),
            None => match whole_number(&text) {
                Some(number) => Ok(Some(number != 0)),
                None => Err(self.misfit(position, &format!("is \"{text}\", neither true nor false"))),
            },
        }
    }

    /// Draws random values; the same circumstances give the same ones.
    pub fn random<T>(&self, draw: impl FnOnce(&mut ChaCha8Rng) -> T) -> T {
        let mut random = self.evaluation.random.borrow_mut();
        draw(random.get_or_insert_with(|| ChaCha8Rng::seed_from_u64(self.circumstances().seed)))
    }

    /// Keeps the value out of the provisioning log.
    pub fn redact(&self) {
        self.evaluation.redacted.set(true);
    }

    /// An error about the whole call.
    pub fn failure(&self, message: impl Into<String>) -> Stop {
        failure(self.signature().name, message.into(), self.at.clone())
    }

    /// An error when a value that is about to be made is too long.
    pub fn allow(&self, length: usize) -> Result<(), Stop> {
        match length > LONGEST_VALUE {
            true => Err(too_long(self.signature().name, self.at.clone())),
            false => Ok(()),
        }
    }

    /// An error about an argument: `what` follows its name.
    pub fn misfit(&self, position: usize, what: &str) -> Stop {
        let at = self.part(position).map_or_else(|| self.at.clone(), |part| part.at.clone());
        failure(self.signature().name, format!("{} {what}", self.signature().argument(position)), at)
    }

    fn signature(&self) -> &'static Signature {
        self.node.signature
    }
}
