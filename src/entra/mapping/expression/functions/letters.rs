//! Letter case and accents.

mod diacritics;

use super::super::evaluation::{Computed, FunctionCall, Stop};
use super::super::function::Function;
use super::super::signature::Arity;
use crate::entra::mapping::expression::Value;
use crate::entra::mapping::expression::dotnet::casing::{self, Culture};

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("NormalizeDiacritics", &["source"], Arity::Exactly(1), normalize_diacritics),
    Function::new("PCase", &["source", "wordSeparators"], Arity::Between(1, 2), p_case),
    Function::new("ToLower", &["source", "culture"], Arity::Between(1, 2), to_lower),
    Function::new("ToUpper", &["source", "culture"], Arity::Between(1, 2), to_upper),
];

fn normalize_diacritics<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    Ok(call.text(0)?.map(|text| Value::from(diacritics::without(text))))
}

/// Lower case, with the first letter of every word in upper case. Without separators the words are those of
/// .NET's ToTitleCase; with separators a word begins after each of them and nowhere else.
fn p_case<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    let separators = call.text(1)?.unwrap_or_default();
    let Some(source) = call.text(0)? else { return Ok(None) };
    let lower = casing::lower(&source, None);
    if separators.is_empty() {
        return Ok(Some(Value::from(casing::title(&lower))));
    }
    let mut begins = true;
    let words: String = lower
        .chars()
        .map(|letter| {
            let shown = if begins { casing::title_letter(letter) } else { letter };
            begins = separators.contains(letter);
            shown
        })
        .collect();
    Ok(Some(Value::from(words)))
}

fn to_lower<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    let culture = culture(call)?;
    Ok(call.text(0)?.map(|text| Value::from(casing::lower(&text, culture))))
}

fn to_upper<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    let culture = culture(call)?;
    Ok(call.text(0)?.map(|text| Value::from(casing::upper(&text, culture))))
}

/// The culture of the second argument; without one the invariant culture.
fn culture(call: &FunctionCall<'_, '_>) -> Result<Option<Culture>, Stop> {
    let name = call.text(1)?.unwrap_or_default();
    casing::culture(&name).map_err(|()| call.misfit(1, &format!("is \"{name}\", which names no culture")))
}
