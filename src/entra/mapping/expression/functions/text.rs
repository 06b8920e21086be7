//! Texts put together, cut and searched. Positions count UTF-16 code units, as .NET does; half of a
//! surrogate pair is written as U+FFFD.

use std::borrow::Cow;

use super::super::evaluation::{Computed, FunctionCall};
use super::super::function::Function;
use super::super::readings::JoinEmpty;
use super::super::signature::{Arity, Page};
use crate::entra::mapping::expression::Value;
use crate::entra::mapping::expression::dotnet::casing;

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("Append", &["source", "suffix"], Arity::Exactly(2), append),
    Function::new("InStr", &["value1", "value2", "start", "compareType"], Arity::Between(2, 4), in_str),
    Function::new("Join", &["separator", "source1", "…"], Arity::AtLeast(2), join),
    Function::new("Left", &["string", "numChars"], Arity::Exactly(2), left),
    Function::new("Len", &["source"], Arity::Exactly(1), len),
    // The cloud sync page leaves the length out once: Mid(Item(…), 6).
    Function::new("Mid", &["source", "start", "length"], Arity::Between(2, 3), mid),
    Function::new("StripSpaces", &["source"], Arity::Exactly(1), strip_spaces),
    Function::new("Trim", &["value"], Arity::Exactly(1), trim).documented_on(Page::CloudSync),
    Function::new("Word", &["string", "wordNumber", "delimiters"], Arity::Exactly(3), word),
];

/// The source with the suffix. A null source stays null, which is our reading.
fn append<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    let Some(source) = call.text(0)? else { return Ok(None) };
    let suffix = call.text(1)?.unwrap_or_default();
    Ok(Some(Value::from(source.into_owned() + &suffix)))
}

/// The position of the second text in the first, from 1; 0 when it is not there (cloud sync page). The
/// default comparison is Visual Basic's, the binary one.
fn in_str<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    let (searched, wanted) = (call.text(0)?, call.text(1)?.unwrap_or_default());
    let start = call.number(2)?.unwrap_or(1);
    if start < 1 {
        return Err(call.misfit(2, &format!("is {start}; positions are counted from 1")));
    }
    let fold = match call.text(3)?.as_deref() {
        None | Some("vbBinaryCompare") => false,
        Some("vbTextCompare") => true,
        Some(other) => {
            return Err(call.misfit(3, &format!("is \"{other}\", not vbTextCompare or vbBinaryCompare")));
        }
    };
    let units = |text: &str| -> Vec<u16> {
        if fold { casing::upper(text, None).encode_utf16().collect() } else { text.encode_utf16().collect() }
    };
    let searched = units(searched.as_deref().unwrap_or_default());
    let wanted = units(&wanted);
    let position = match usize::try_from(start - 1).ok().and_then(|from| Some((from, searched.get(from..)?)))
    {
        // Visual Basic finds nothing in an empty text, and an empty text at the start.
        None | Some((_, [])) => 0,
        Some((from, _)) if wanted.is_empty() => from + 1,
        Some((from, rest)) => {
            rest.windows(wanted.len()).position(|window| window == wanted).map_or(0, |found| from + found + 1)
        }
    };
    Ok(Some(Value::Number(i64::try_from(position).unwrap_or(i64::MAX))))
}

/// Every value of every source with the separator between them. When nothing is left to join, the
/// result is null, which is our reading.
fn join<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    let kept = call.readings().join_empty == JoinEmpty::Kept;
    let separator = call.text(0)?.unwrap_or_default();
    let mut joined = String::new();
    let mut any = false;
    let mut add = |part: &str| {
        if kept || !part.is_empty() {
            if any {
                joined.push_str(&separator);
            }
            any = true;
            joined.push_str(part);
        }
        call.allow(joined.len())
    };
    for position in 1..call.count() {
        match call.value(position)?.map(Value::into_text) {
            Some(Ok(text)) => add(&text)?,
            Some(Err(texts)) => texts.iter().try_for_each(|text| add(text))?,
            None => add("")?,
        }
    }
    Ok(any.then(|| Value::from(joined)))
}

/// The first characters: none for 0 and for null, all for a negative number.
fn left<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    let count = call.required_number(1)?;
    let source = call.text(0)?.unwrap_or_default();
    Ok(Some(Value::from(match usize::try_from(count) {
        Ok(count) => slice(source, 0, count),
        Err(_) => source,
    })))
}

/// How many characters the text has. The functions page has it since April 2026; what it says of null is not known,
/// and 0 is our reading, as `Left` and `Mid` take null for the empty text.
fn len<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    let length = call.text(0)?.unwrap_or_default().encode_utf16().count();
    Ok(Some(Value::Number(i64::try_from(length).unwrap_or(i64::MAX))))
}

/// A part of the text. Beyond its end there is the empty text, as in Visual Basic; a start below 1 or a
/// negative length is an error, as in .NET. The page says neither.
fn mid<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    let start = call.required_number(1)?;
    let length = if call.count() > 2 { call.required_number(2)? } else { i64::MAX };
    if start < 1 {
        return Err(call.misfit(1, &format!("is {start}; positions are counted from 1")));
    }
    if length < 0 {
        return Err(call.misfit(2, &format!("is {length}; a length is not negative")));
    }
    let Some(source) = call.text(0)? else { return Ok(None) };
    let size = |number: i64| usize::try_from(number).unwrap_or(usize::MAX);
    Ok(Some(Value::from(slice(source, size(start - 1), size(length)))))
}

/// Code units of a text from a position on, as many as there are.
fn slice(text: Cow<'_, str>, from: usize, count: usize) -> Cow<'_, str> {
    let end = from.saturating_add(count);
    if text.is_ascii() {
        let (from, end) = (from.min(text.len()), end.min(text.len()));
        return match text {
            Cow::Borrowed(text) => Cow::Borrowed(&text[from..end]),
            Cow::Owned(mut text) => {
                text.truncate(end);
                text.drain(..from);
                Cow::Owned(text)
            }
        };
    }
    let units: Vec<u16> = text.encode_utf16().skip(from).take(count).collect();
    Cow::Owned(String::from_utf16_lossy(&units))
}

/// The text without its blanks (U+0020), and no other white space.
fn strip_spaces<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    Ok(call.text(0)?.map(|text| if text.contains(' ') { text.replace(' ', "").into() } else { text }.into()))
}

/// The text without white space at its ends; of a multi-valued attribute, every value.
fn trim<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    Ok(call.value(0)?.map(|value| match value.into_text() {
        Ok(Cow::Borrowed(text)) => Value::from(text.trim()),
        Ok(Cow::Owned(text)) => Value::from(text.trim().to_owned()),
        Err(texts) => Value::Texts(texts.iter().map(|text| text.trim().to_owned()).collect()),
    }))
}

/// A word by its number, from 1. Every character of the last argument ends a word, and several in a row
/// end one. The empty text for null, and when there is no such word.
fn word<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    let number = call.required_number(1)?;
    let delimiters = call.text(2)?.unwrap_or_default();
    let source = call.text(0)?.unwrap_or_default();
    let position = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    let mut words = source.split(|c| delimiters.contains(c)).filter(|word| !word.is_empty());
    let found = position.and_then(|position| words.nth(position)).unwrap_or_default();
    Ok(Some(Value::from(found.to_owned())))
}
