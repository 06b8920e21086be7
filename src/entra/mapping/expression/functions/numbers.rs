//! Numbers, and what is printed of values that are no texts.

use super::super::evaluation::{Computed, FunctionCall};
use super::super::function::Function;
use super::super::signature::Arity;
use crate::entra::mapping::expression::Value;

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("BitAnd", &["value1", "value2"], Arity::Exactly(2), bit_and),
    Function::new("CStr", &["value"], Arity::Exactly(1), c_str),
];

/// The bits that both numbers have.
fn bit_and<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    let (Some(first), Some(second)) = (call.number(0)?, call.number(1)?) else { return Ok(None) };
    Ok(Some(Value::Number(first & second)))
}

/// The text of a number, a reference or a boolean.
fn c_str<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    Ok(call.text(0)?.map(Value::from))
}
