//! `{{ada.id}}` and the like in raw requests and expectations.
//!
//! A template is a name, dots and members, and optionally `|upper`, `|lower` or `|long`. A string that is
//! nothing but one template becomes the value itself, with its JSON type; inside a longer string the
//! value is written as text.

use serde_json::Value;

/// Why a template could not be filled in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateProblem {
    /// Nothing of that name is known at this step.
    #[error("`{{{{{0}}}}}` is not known here")]
    Unknown(String),
    /// `|name` is none of [`crate::scenario::FILTERS`].
    #[error("`|{0}` is not a filter: write upper, lower or long")]
    Filter(String),
    /// `{{` without `}}`.
    #[error("`{{{{` without `}}}}` in `{0}`")]
    Open(String),
    /// The value is an object or array and cannot stand inside text.
    #[error("`{{{{{0}}}}}` is not a simple value, so it cannot be used inside text")]
    NotText(String),
}

/// How long a text is after `|long`, in bytes: no attribute needs so much, and no answer is too large with it.
const LONG: usize = 2 << 20;

/// What stands for a name such as `ada.id`.
pub type NameLookup<'a> = &'a dyn Fn(&str) -> Option<Value>;

/// Where text is put, which decides how a value is escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemplatePlace {
    /// As it is.
    Plain,
    /// Inside a quoted string of a filter: `"` and `\` are escaped (RFC 7644 §3.4.2.2).
    Filter,
    /// A segment of a path: percent-encoded.
    Path,
}

/// Everything but RFC 3986's unreserved characters.
const SEGMENT: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Fills in every template of a text.
///
/// # Errors
/// [`TemplateProblem`] for an unknown name or a broken template.
pub fn text(text: &str, place: TemplatePlace, lookup: NameLookup<'_>) -> Result<String, TemplateProblem> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        filled.push_str(&rest[..start]);
        let inside = &rest[start + 2..];
        let end = inside.find("}}").ok_or_else(|| TemplateProblem::Open(text.to_owned()))?;
        let value = resolve(&inside[..end], lookup)?;
        let plain = match value {
            Value::String(text) => text,
            Value::Bool(_) | Value::Number(_) => value.to_string(),
            _ => return Err(TemplateProblem::NotText(inside[..end].trim().to_owned())),
        };
        match place {
            TemplatePlace::Plain => filled.push_str(&plain),
            TemplatePlace::Filter => filled.push_str(&plain.replace('\\', r"\\").replace('"', r#"\""#)),
            TemplatePlace::Path => filled.extend(percent_encoding::utf8_percent_encode(&plain, SEGMENT)),
        }
        rest = &inside[end + 2..];
    }
    filled.push_str(rest);
    Ok(filled)
}

/// Fills in every template of every string in a JSON value. Keys are left alone.
///
/// # Errors
/// [`TemplateProblem`] for an unknown name or a broken template.
pub fn json(value: &Value, lookup: NameLookup<'_>) -> Result<Value, TemplateProblem> {
    Ok(match value {
        Value::String(string) => match alone(string) {
            Some(name) => resolve(name, lookup)?,
            None => Value::String(text(string, TemplatePlace::Plain, lookup)?),
        },
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| json(item, lookup)).collect::<Result<_, _>>()?)
        }
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(key, member)| Ok((key.clone(), json(member, lookup)?)))
                .collect::<Result<_, TemplateProblem>>()?,
        ),
        other => other.clone(),
    })
}

/// The inside of a string that is nothing but one template.
fn alone(text: &str) -> Option<&str> {
    let inside = text.strip_prefix("{{")?.strip_suffix("}}")?;
    (!inside.contains("{{") && !inside.contains("}}")).then_some(inside)
}

fn resolve(inside: &str, lookup: NameLookup<'_>) -> Result<Value, TemplateProblem> {
    let mut parts = inside.split('|').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let mut value = lookup(name).ok_or_else(|| TemplateProblem::Unknown(name.to_owned()))?;
    for filter in parts {
        let change: fn(&str) -> String = match filter {
            "upper" => str::to_uppercase,
            "lower" => str::to_lowercase,
            "long" => repeated,
            other => return Err(TemplateProblem::Filter(other.to_owned())),
        };
        match &value {
            Value::String(text) => value = Value::String(change(text)),
            _ => return Err(TemplateProblem::NotText(name.to_owned())),
        }
    }
    Ok(value)
}

/// The text again and again.
fn repeated(text: &str) -> String {
    text.repeat(LONG / text.len().max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn known(name: &str) -> Option<Value> {
        match name {
            "ada.id" => Some(json!("a/1")),
            "ada.userName" => Some(json!("O\"Neil@example.com")),
            "made.active" => Some(json!(true)),
            "made.name" => Some(json!({"givenName": "A"})),
            _ => None,
        }
    }

    #[test]
    fn a_long_text_repeats_the_short_one() {
        let long = text("{{ada.id|long}}", TemplatePlace::Plain, &known).unwrap();
        assert!(long.starts_with("a/1a/1") && (LONG - 3..=LONG).contains(&long.len()));
    }

    #[test]
    fn values_are_escaped_for_the_place_they_stand_in() {
        assert_eq!(text("/Users/{{ada.id}}", TemplatePlace::Path, &known).unwrap(), "/Users/a%2F1");
        assert_eq!(
            text("userName eq \"{{ ada.userName | lower }}\"", TemplatePlace::Filter, &known).unwrap(),
            r#"userName eq "o\"neil@example.com""#
        );
    }

    #[test]
    fn a_lone_template_keeps_its_type_and_one_in_text_does_not() {
        let filled =
            json(&json!({"a": "{{made.active}}", "b": "is {{made.active}}", "c": [1, null]}), &known);
        assert_eq!(filled.unwrap(), json!({"a": true, "b": "is true", "c": [1, null]}));
    }

    #[test]
    fn what_cannot_be_filled_in_is_named() {
        let wrong = |input| text(input, TemplatePlace::Plain, &known).unwrap_err();
        assert_eq!(wrong("{{bob.id}}"), TemplateProblem::Unknown("bob.id".into()));
        assert_eq!(wrong("{{ada.id|title}}"), TemplateProblem::Filter("title".into()));
        assert_eq!(wrong("{{ada.id"), TemplateProblem::Open("{{ada.id".into()));
        assert_eq!(wrong("x {{made.name}}"), TemplateProblem::NotText("made.name".into()));
        assert_eq!(wrong("{{bob.id}}").to_string(), "`{{bob.id}}` is not known here");
    }
}
