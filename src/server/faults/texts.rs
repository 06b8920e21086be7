//! Faults of values: what comes back is not what was sent.

use serde_json::Value;

use super::context::{Effect, FaultContext, created};
use super::fault::faults;
use crate::scim::urn;
use crate::server::call::ServerRequest;
use crate::server::model::ServedKind;
use crate::server::reply::Reply;

faults! {
    /// Phone numbers are stored as digits only.
    REFORMATS_PHONE_NUMBERS = "reformats-phone-numbers", Named, reformats_phone_numbers;
    /// Names lose every letter beyond ASCII.
    STRIPS_NON_ASCII = "strips-non-ascii", Named, strips_non_ascii;
    /// Letters with marks are stored as a letter and a combining mark.
    NORMALISES_UNICODE = "normalises-unicode", Named, normalises_unicode;
    /// Names lose emoji and other characters of four bytes in UTF-8.
    DROPS_FOUR_BYTE_CHARACTERS = "drops-four-byte-characters", Named, drops_four_byte_characters;
    /// Names are stored in lower case.
    LOWER_CASED_VALUES = "lower-cased-values", Named, lower_cased_values;
    /// Names are stored HTML-escaped.
    HTML_ESCAPED_VALUES = "html-escaped-values", Named, html_escaped_values;
    /// An `employeeNumber` of digits is stored as a number.
    NUMBERS_FROM_TEXT = "numbers-from-text", Retype, numbers_from_text;
    /// An `employeeNumber` loses its leading zeros.
    LEADING_ZEROS_DROPPED = "leading-zeros-dropped", Named, leading_zeros_dropped;
    /// `externalId` of users is not stored.
    DROPS_EXTERNAL_ID = "drops-external-id", Drop, drops_external_id;
    /// `externalId` of groups is not stored.
    DROPS_GROUP_EXTERNAL_ID = "drops-group-external-id", Drop, drops_group_external_id;
    /// Phone numbers are not stored.
    DROPS_PHONE_NUMBERS = "drops-phone-numbers", Drop, drops_phone_numbers;
    /// A create does not store the enterprise extension.
    DROPS_ENTERPRISE_EXTENSION = "drops-enterprise-extension", Drop, drops_enterprise_extension;
}

/// Attributes that hold free text, and nothing that anybody looks up.
const FREE_TEXT: [&str; 5] = ["displayName", "nickName", "title", "name", "addresses"];

/// Rewrites every string of a value.
fn each_string(value: &mut Value, rewrite: fn(&str) -> String) {
    match value {
        Value::String(text) => *text = rewrite(text),
        Value::Array(elements) => elements.iter_mut().for_each(|element| each_string(element, rewrite)),
        Value::Object(members) => {
            for (name, value) in members {
                if name != "type" && name != "value" {
                    each_string(value, rewrite);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Keeps free text in another form than it was sent.
fn keep_free_text(
    call: &ServerRequest,
    reply: &mut Reply,
    context: &mut FaultContext<'_>,
    rewrite: fn(&str) -> String,
) {
    context.rewrite(call, reply, &ServedKind::ALL, |record| {
        for name in FREE_TEXT {
            if let Some(value) = record.attributes.get_mut(name) {
                each_string(value, rewrite);
            }
        }
    });
}

/// Rewrites the `value` of every element of an attribute that is kept.
fn keep_elements(
    call: &ServerRequest,
    reply: &mut Reply,
    context: &mut FaultContext<'_>,
    name: &str,
    rewrite: fn(&str) -> String,
) {
    context.rewrite(call, reply, &[ServedKind::User], |user| {
        let elements = user.attributes.get_mut(name).and_then(Value::as_array_mut);
        for element in elements.into_iter().flatten() {
            if let Some(Value::String(text)) = element.get_mut("value") {
                *text = rewrite(text);
            }
        }
    });
}

fn reformats_phone_numbers() -> Effect {
    Effect::after(|call, reply, context| {
        keep_elements(call, reply, context, "phoneNumbers", |text| {
            text.chars().filter(|c| c.is_ascii_digit()).collect()
        });
    })
}

fn strips_non_ascii() -> Effect {
    Effect::after(|call, reply, context| {
        keep_free_text(call, reply, context, |text| text.chars().filter(char::is_ascii).collect());
    })
}

/// Letters with a mark, and how they are written as letter and combining mark.
const DECOMPOSED: [(char, &str); 24] = [
    ('á', "a\u{301}"),
    ('à', "a\u{300}"),
    ('â', "a\u{302}"),
    ('ä', "a\u{308}"),
    ('å', "a\u{30a}"),
    ('ç', "c\u{327}"),
    ('é', "e\u{301}"),
    ('è', "e\u{300}"),
    ('ê', "e\u{302}"),
    ('ë', "e\u{308}"),
    ('í', "i\u{301}"),
    ('ï', "i\u{308}"),
    ('ñ', "n\u{303}"),
    ('ó', "o\u{301}"),
    ('ô', "o\u{302}"),
    ('ö', "o\u{308}"),
    ('š', "s\u{30c}"),
    ('ú', "u\u{301}"),
    ('ü', "u\u{308}"),
    ('Å', "A\u{30a}"),
    ('É', "E\u{301}"),
    ('Ö', "O\u{308}"),
    ('Š', "S\u{30c}"),
    ('Ü', "U\u{308}"),
];

fn normalises_unicode() -> Effect {
    Effect::after(|call, reply, context| {
        keep_free_text(call, reply, context, |text| {
            let mut decomposed = String::with_capacity(text.len());
            for letter in text.chars() {
                match DECOMPOSED.iter().find(|(composed, _)| *composed == letter) {
                    Some((_, apart)) => decomposed.push_str(apart),
                    None => decomposed.push(letter),
                }
            }
            decomposed
        });
    })
}

fn drops_four_byte_characters() -> Effect {
    Effect::after(|call, reply, context| {
        keep_free_text(call, reply, context, |text| text.chars().filter(|c| c.len_utf8() < 4).collect());
    })
}

fn lower_cased_values() -> Effect {
    Effect::after(|call, reply, context| keep_free_text(call, reply, context, str::to_lowercase))
}

fn html_escaped_values() -> Effect {
    Effect::after(|call, reply, context| {
        keep_free_text(call, reply, context, |text| {
            text.replace('&', "&amp;").replace('<', "&lt;").replace('\'', "&#39;").replace('"', "&quot;")
        });
    })
}

fn numbers_from_text() -> Effect {
    Effect::after(|call, reply, context| {
        context.rewrite(call, reply, &[ServedKind::User], |user| {
            if let Some(number) =
                user.attributes.get_mut(urn::ENTERPRISE).and_then(|e| e.get_mut("employeeNumber"))
                && let Some(parsed) = number.as_str().and_then(|text| text.parse::<u64>().ok())
            {
                *number = parsed.into();
            }
        });
    })
}

fn leading_zeros_dropped() -> Effect {
    Effect::after(|call, reply, context| {
        context.rewrite(call, reply, &[ServedKind::User], |user| {
            if let Some(Value::String(text)) =
                user.attributes.get_mut(urn::ENTERPRISE).and_then(|e| e.get_mut("employeeNumber"))
            {
                *text = text.trim_start_matches('0').to_owned();
            }
        });
    })
}

/// Forgets an attribute whenever it is written.
fn forget(
    call: &ServerRequest,
    reply: &mut Reply,
    context: &mut FaultContext<'_>,
    kind: ServedKind,
    name: &str,
) {
    context.rewrite(call, reply, &[kind], |record| {
        record.attributes.shift_remove(name);
    });
}

fn drops_external_id() -> Effect {
    Effect::after(|call, reply, context| forget(call, reply, context, ServedKind::User, "externalId"))
}

fn drops_group_external_id() -> Effect {
    Effect::after(|call, reply, context| forget(call, reply, context, ServedKind::Group, "externalId"))
}

fn drops_phone_numbers() -> Effect {
    Effect::after(|call, reply, context| forget(call, reply, context, ServedKind::User, "phoneNumbers"))
}

fn drops_enterprise_extension() -> Effect {
    Effect::after(|call, reply, context| {
        // Of the create; a later PATCH is kept.
        if created(call).is_some() {
            forget(call, reply, context, ServedKind::User, urn::ENTERPRISE);
        }
    })
}
