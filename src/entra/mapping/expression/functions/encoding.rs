//! Texts as bytes, and what is written of directory names and identifiers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::evaluation::{Computed, FunctionCall, Stop};
use super::super::function::Function;
use super::super::signature::{Arity, Page};
use crate::entra::mapping::expression::Value;

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("ConvertFromBase64", &["source", "encoding"], Arity::Between(1, 2), convert_from_base64)
        .documented_on(Page::CloudSync),
    Function::new("ConvertToBase64", &["source"], Arity::Exactly(1), convert_to_base64),
    Function::new("ConvertToUTF8Hex", &["source"], Arity::Exactly(1), convert_to_utf8_hex),
    Function::new("CRef", &["value"], Arity::Exactly(1), c_ref).documented_on(Page::CloudSync),
    Function::new("DNComponent", &["dn", "componentNumber"], Arity::Exactly(2), dn_component)
        .documented_on(Page::CloudSync),
    Function::new("StringFromSid", &["objectSid"], Arity::Exactly(1), string_from_sid)
        .documented_on(Page::CloudSync),
];

/// Base64 of the text in UTF-16, little end first: what .NET calls Unicode.
fn convert_to_base64<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    let Some(source) = call.text(0)? else { return Ok(None) };
    let bytes: Vec<u8> = source.encode_utf16().flat_map(u16::to_le_bytes).collect();
    Ok(Some(Value::from(STANDARD.encode(bytes))))
}

/// The text of base64; the encoding is `Unicode` (UTF-16), `ASCII` or `UTF8`.
fn convert_from_base64<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    let Some(source) = call.text(0)? else { return Ok(None) };
    let bytes = bytes(call, &source)?;
    let text = match call.text(1)?.as_deref() {
        None | Some("Unicode") => {
            let units = bytes.chunks(2).map(|pair| match pair {
                [low, high] => u16::from_le_bytes([*low, *high]),
                // Half a unit is no letter.
                _ => 0xfffd,
            });
            String::from_utf16_lossy(&units.collect::<Vec<_>>())
        }
        Some("UTF8") => String::from_utf8_lossy(&bytes).into_owned(),
        Some("ASCII") => {
            bytes.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { '?' }).collect()
        }
        Some(other) => {
            return Err(call.misfit(1, &format!("is \"{other}\", not Unicode, ASCII or UTF8")));
        }
    };
    Ok(Some(Value::from(text)))
}

fn bytes(call: &FunctionCall<'_, '_>, text: &str) -> Result<Vec<u8>, Stop> {
    let plain: String = text.split_whitespace().collect();
    STANDARD.decode(plain).map_err(|_| call.misfit(0, "is not base64"))
}

/// The bytes of the text in UTF-8, each as two digits, letters in upper case.
fn convert_to_utf8_hex<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    let Some(source) = call.text(0)? else { return Ok(None) };
    Ok(Some(Value::from(source.bytes().map(|byte| format!("{byte:02X}")).collect::<String>())))
}

/// A reference of a text. References are written as their text here.
fn c_ref<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    Ok(call.text(0)?.map(Value::from))
}

/// The value of one component of a distinguished name, from the left, from 1: "Joe" of `cn=Joe,ou=…`. Null
/// when there is no such component, which is our reading.
fn dn_component<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    let number = call.required_number(1)?;
    let Some(name) = call.text(0)? else { return Ok(None) };
    let position = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    let mut components = vec![String::new()];
    let mut letters = name.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ',' => components.push(String::new()),
            letter => {
                // An escaped letter is the letter itself, also a comma (RFC 4514, section 2.4).
                let letter = if letter == '\\' { letters.next().unwrap_or('\\') } else { letter };
                if let Some(last) = components.last_mut() {
                    last.push(letter);
                }
            }
        }
    }
    let component = position.and_then(|position| components.get(position));
    let value =
        component.and_then(|component| component.split_once('=')).map(|(_, value)| value.trim().to_owned());
    Ok(value.map(Value::from))
}

/// A security identifier, `S-1-5-21-…`, of its bytes in base64.
fn string_from_sid<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    let Some(source) = call.text(0)? else { return Ok(None) };
    let bytes = bytes(call, &source)?;
    let [revision, count, authority @ ..] = bytes.as_slice() else {
        return Err(call.misfit(0, "is no security identifier"));
    };
    if authority.len() != 6 + usize::from(*count) * 4 || *count > 15 {
        return Err(call.misfit(0, "is no security identifier"));
    }
    let (authority, parts) = authority.split_at(6);
    let authority = authority.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let mut sid = format!("S-{revision}-{authority}");
    for part in parts.chunks_exact(4) {
        let number = part.iter().rev().fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        sid.push_str(&format!("-{number}"));
    }
    Ok(Some(Value::from(sid)))
}
