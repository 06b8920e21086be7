//! Expected values come from Microsoft's pages. Where a value is our reading, the test says so.

mod choices;
mod dates;
mod examples;
mod replacing;
mod syntax;
mod texts;

use std::borrow::Cow;

use super::*;

/// Attributes by name; several values make the attribute multi-valued, none make it null.
type Attributes<'a> = &'a [(&'a str, &'a [&'a str])];

fn outcome_in(
    expression: &str,
    attributes: Attributes<'_>,
    circumstances: &Circumstances<'_>,
) -> Result<EvaluatedValue<'static>, CallError> {
    outcome_read(expression, attributes, circumstances, Readings::default())
}

fn chosen(name: &str, value: &str) -> Readings {
    let mut readings = Readings::default();
    readings.choose(name, value).expect("it is a reading");
    readings
}

fn outcome_read(
    expression: &str,
    attributes: Attributes<'_>,
    circumstances: &Circumstances<'_>,
    readings: Readings,
) -> Result<EvaluatedValue<'static>, CallError> {
    let expression = Expression::parse(expression).expect("the expression is right").with_readings(readings);
    let source = |name: &str| match attributes.iter().find(|(n, _)| *n == name)?.1 {
        [] => None,
        [only] => Some(Value::from((*only).to_owned())),
        several => Some(Value::Texts(Cow::Owned(several.iter().map(|value| (*value).to_owned()).collect()))),
    };
    let outcome = expression.evaluate(&source, circumstances)?;
    Ok(EvaluatedValue { value: outcome.value.map(Value::into_owned), ..outcome })
}

fn outcome(expression: &str, attributes: Attributes<'_>) -> Result<EvaluatedValue<'static>, CallError> {
    outcome_in(expression, attributes, &Circumstances::default())
}

/// The text that is printed, or null.
#[track_caller]
fn text(expression: &str, attributes: Attributes<'_>) -> Option<String> {
    let value = outcome(expression, attributes).expect("it can be computed").value?;
    Some(value.into_text().expect("one text").into_owned())
}

/// The text with a reading chosen.
#[track_caller]
fn read(expression: &str, attributes: Attributes<'_>, name: &str, value: &str) -> Option<String> {
    let outcome = outcome_read(expression, attributes, &Circumstances::default(), chosen(name, value));
    let value = outcome.expect("it can be computed").value?;
    Some(value.into_text().expect("one text").into_owned())
}

#[track_caller]
fn failure(expression: &str, attributes: Attributes<'_>) -> CallError {
    outcome(expression, attributes).expect_err("it cannot be computed")
}

fn error(expression: &str) -> ExpressionError {
    Expression::parse(expression).expect_err("the expression is wrong")
}
