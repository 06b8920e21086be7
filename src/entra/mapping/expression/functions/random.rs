//! Random values, drawn from the evaluation's own seed.

use rand::RngExt as _;
use rand::seq::SliceRandom as _;

use super::super::evaluation::{Computed, FunctionCall};
use super::super::function::Function;
use super::super::signature::Arity;
use crate::entra::mapping::expression::Value;

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("Guid", &[], Arity::Exactly(0), guid),
    Function::new(
        "RandomString",
        &[
            "length",
            "minimumNumbers",
            "minimumSpecialCharacters",
            "minimumCapital",
            "minimumLowerCase",
            "charactersToAvoid",
        ],
        Arity::Between(5, 6),
        random_string,
    ),
];

/// "256 characters max."
const LONGEST: i64 = 256;

/// The kinds of characters in the parameters' order; the special ones are those of Windows' "Password must
/// meet complexity requirements", to which the page points.
const KINDS: [&str; 4] = [
    "0123456789",
    "~!@#$%^&*_-+=`|\\(){}[]:;\"'<>,.?/",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "abcdefghijklmnopqrstuvwxyz",
];

fn guid<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    let bytes = call.random(|random| random.random());
    Ok(Some(Value::from(uuid::Builder::from_random_bytes(bytes).into_uuid().to_string())))
}

/// A text of random characters with at least so many of each kind. What is left to fill comes from the kinds
/// that were asked for; where none was, from digits and letters. Which kinds Entra fills with is not
/// documented.
fn random_string<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    let length = call.required_number(0)?;
    if !(1..=LONGEST).contains(&length) {
        return Err(call.misfit(0, &format!("is {length}; it is 1 to {LONGEST}")));
    }
    let avoided = call.text(5)?.unwrap_or_default();
    let mut least = [0; KINDS.len()];
    let mut kinds: Vec<Vec<char>> = Vec::new();
    for (kind, letters) in KINDS.into_iter().enumerate() {
        let wanted = call.required_number(kind + 1)?;
        let allowed: Vec<char> = letters.chars().filter(|letter| !avoided.contains(*letter)).collect();
        if wanted < 0 {
            return Err(call.misfit(kind + 1, &format!("is {wanted}, less than none")));
        }
        if wanted > 0 && allowed.is_empty() {
            return Err(call.misfit(kind + 1, "asks for characters that are all to be avoided"));
        }
        least[kind] = wanted;
        kinds.push(allowed);
    }
    let sum = least.iter().fold(0_i64, |sum, wanted| sum.saturating_add(*wanted));
    if sum > length {
        return Err(call.misfit(0, &format!("is {length}, less than the {sum} characters asked for")));
    }
    let asked = |kind: usize| if sum == 0 { kind != 1 } else { least[kind] > 0 };
    let filling: Vec<char> =
        (0..KINDS.len()).filter(|kind| asked(*kind)).flat_map(|kind| kinds[kind].clone()).collect();
    if filling.is_empty() {
        return Err(call.misfit(5, "leaves no character"));
    }
    let text = call.random(|random| {
        let mut pick = |letters: &[char]| letters[random.random_range(0..letters.len())];
        let mut drawn: Vec<char> = Vec::new();
        for (kind, wanted) in kinds.iter().zip(least) {
            drawn.extend((0..wanted).map(|_| pick(kind)));
        }
        drawn.extend((sum..length).map(|_| pick(&filling)));
        drawn.shuffle(random);
        drawn.into_iter().collect::<String>()
    });
    Ok(Some(Value::from(text)))
}
