//! Attributes with several values.

use std::borrow::Cow;
use std::collections::HashSet;

use super::super::evaluation::{Computed, FunctionCall};
use super::super::function::Function;
use super::super::readings::SplitItems;
use super::super::signature::{Arity, Page};
use crate::entra::mapping::expression::Value;

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("Contains", &["attribute", "search"], Arity::Exactly(2), contains)
        .documented_on(Page::CloudSync),
    Function::new("Count", &["attribute"], Arity::Exactly(1), count),
    Function::new("Item", &["attribute", "index"], Arity::Exactly(2), item),
    Function::new("RemoveDuplicates", &["attribute"], Arity::Exactly(1), remove_duplicates),
    Function::new("Split", &["source", "delimiter"], Arity::Exactly(2), split),
];

fn number<'a>(number: usize) -> Computed<'a> {
    Ok(Some(Value::Number(i64::try_from(number).unwrap_or(i64::MAX))))
}

/// The number, from 1, of the first value that the text is part of; 0 when there is none. Letter case
/// counts: the page finds the primary address by `SMTP:`, and the others begin with `smtp:`.
fn contains<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    let search = call.text(1)?.unwrap_or_default();
    let values = call.texts(0)?;
    number(values.iter().position(|value| value.contains(&*search)).map_or(0, |found| found + 1))
}

/// How many values there are; 0 for null.
fn count<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    number(call.texts(0)?.len())
}

/// One value by its number, from 1. "Throws an error if index is out of bounds" (cloud sync page); a null
/// attribute has no item to throw about, and gives null, which is our reading.
fn item<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    let index = call.required_number(1)?;
    let values = call.texts(0)?;
    if values.is_empty() {
        return Ok(None);
    }
    match usize::try_from(index).ok().and_then(|index| values.get(index.checked_sub(1)?)) {
        Some(value) => Ok(Some(Value::from(value.clone()))),
        None => Err(call.misfit(1, &format!("is {index}, and the items are 1 to {}", values.len()))),
    }
}

/// Each value once, in the order they first come. Letter case counts: nothing else is documented.
fn remove_duplicates<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    Ok(match call.value(0)? {
        Some(Value::Texts(values)) => {
            let mut seen = HashSet::new();
            let first: Vec<String> =
                values.iter().filter(|value| seen.insert(value.as_str())).cloned().collect();
            Some(Value::Texts(Cow::Owned(first)))
        }
        other => other,
    })
}

/// The parts of a text between the delimiters.
fn split<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    let Some(source) = call.text(0)? else { return Ok(None) };
    let delimiter = call.text(1)?.unwrap_or_default();
    if delimiter.is_empty() {
        return Err(call.misfit(1, "is empty"));
    }
    let trimmed = call.readings().split_items == SplitItems::Trimmed;
    let items = source.split(&*delimiter).map(|item| if trimmed { item.trim() } else { item }.to_owned());
    Ok(Some(Value::Texts(items.collect())))
}
