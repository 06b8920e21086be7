//! Choosing between values, and asking whether there is one.

use super::super::evaluation::{Computed, FunctionCall, Stop};
use super::super::function::Function;
use super::super::node::{ExpressionNode, Part};
use super::super::readings::{IifEmpty, SwitchNull, SwitchPresence, SwitchUnchanged};
use super::super::signature::Arity;
use crate::entra::mapping::expression::Value;

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("CBool", &["expression"], Arity::Exactly(1), c_bool),
    Function::new("Coalesce", &["source1", "…", "default"], Arity::AtLeast(1), coalesce),
    Function::new("IIF", &["condition", "valueIfTrue", "valueIfFalse"], Arity::Exactly(3), iif),
    Function::new("IsNull", &["expression"], Arity::Exactly(1), is_null),
    Function::new("IsNullOrEmpty", &["expression"], Arity::Exactly(1), is_null_or_empty),
    Function::new("IsPresent", &["expression"], Arity::Exactly(1), is_present),
    Function::new("IsString", &["expression"], Arity::Exactly(1), is_string),
    Function::new("Not", &["source"], Arity::Exactly(1), not),
    Function::new("Switch", &["source", "default", "key1", "value1", "…"], Arity::Pairs, switch),
];

/// Functions that ask whether there is a value.
const PRESENCE: [&str; 3] = ["IsPresent", "IsNull", "IsNullOrEmpty"];

fn boolean<'a>(value: bool) -> Computed<'a> {
    Ok(Some(Value::Boolean(value)))
}

/// True for everything but zero and false. Null is false, which is our reading.
fn c_bool<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    boolean(call.condition(0)?.unwrap_or(false))
}

/// The first value that is not null. An empty text is a value: only null is passed over.
fn coalesce<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    for position in 0..call.count() {
        if let Some(value) = call.value(position)? {
            return Ok(Some(value));
        }
    }
    Ok(None)
}

/// One of two values; the other is not computed.
fn iif<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    let reading = call.readings().iif_empty;
    if reading != IifEmpty::Computed && asks_of_nothing(call)? {
        return match reading {
            IifEmpty::Refused => Err(call.misfit(0, "reads an attribute that is null or empty")),
            _ => call.value(2),
        };
    }
    match call.condition(0)? {
        Some(true) => call.value(1),
        _ => call.value(2),
    }
}

/// True when the condition is about an attribute that is null or empty: one that stands in it as an
/// operand, alone, or inside IsPresent, IsNull or IsNullOrEmpty. Other functions in the condition may
/// deal with the null themselves, as the Workday page's Switch with a key "" does.
fn asks_of_nothing(call: &FunctionCall<'_, '_>) -> Result<bool, Stop> {
    let Some(condition) = call.part(0) else { return Ok(false) };
    let mut asked: Vec<&Part> = Vec::new();
    match &condition.node {
        ExpressionNode::Comparison(sides) => asked.extend([&sides.0, &sides.2]),
        ExpressionNode::Call(inner) if PRESENCE.contains(&inner.signature.name) => {
            asked.extend(&inner.arguments)
        }
        _ => asked.push(condition),
    }
    for part in asked {
        if matches!(part.node, ExpressionNode::Attribute(_))
            && call.at(part)?.is_none_or(|value| value.is_empty())
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_null<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    boolean(call.value(0)?.is_none())
}

fn is_null_or_empty<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    boolean(call.value(0)?.is_none_or(|value| value.is_empty()))
}

fn is_present<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    boolean(call.value(0)?.is_some_and(|value| !value.is_empty()))
}

/// True when `CStr` can make one text of it (cloud sync page): neither null nor several values.
fn is_string<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    boolean(call.value(0)?.and_then(Value::into_one_text).is_some())
}

/// `False` for `True`, and `True` for everything else, null included.
fn not<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    boolean(!call.text(0)?.is_some_and(|text| text.eq_ignore_ascii_case("True")))
}

/// The value of the first key that equals the source, letter case included; otherwise the default,
/// which may be absent.
fn switch<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    let readings = call.readings();
    if let (SwitchPresence::Refused, Some(ExpressionNode::Call(inner))) =
        (readings.switch_presence, call.part(0).map(|part| &part.node))
        && PRESENCE.contains(&inner.signature.name)
    {
        return Err(call.misfit(0, &format!("is {}, which Switch does not take", inner.signature.name)));
    }
    if let (SwitchUnchanged::Null, Some(changed)) = (readings.switch_unchanged, call.circumstances().changed)
        && call.part(0).is_some_and(|source| is_unchanged(source, changed))
    {
        return Ok(None);
    }
    let source = match (call.text(0)?, readings.switch_null) {
        (None, SwitchNull::Empty) => Some("".into()),
        (source, _) => source,
    };
    if let Some(source) = source {
        for key in (2..call.count()).step_by(2) {
            if call.text(key)?.as_deref() == Some(&*source) {
                return call.value(key + 1);
            }
        }
    }
    call.value(1)
}

/// True when the part reads attributes and none of them changed.
fn is_unchanged(source: &Part, changed: &[String]) -> bool {
    let mut reads = false;
    let mut any = false;
    source.visit(&mut |part| {
        if let ExpressionNode::Attribute(name) = &part.node {
            reads = true;
            any |= changed.contains(name);
        }
    });
    reads && !any
}
