//! Whether a resource holds what was written to it, and still what it held before.

use serde_json::Value;

use super::published::SweptAttribute;
use crate::run::observer::reader;
use crate::run::steps::answers::{is_empty, shown};
use crate::scim::datetime;
use crate::scim::schema::AttributeType;

/// What is wrong with an attribute of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Difference {
    /// It is not there.
    Lost,
    /// It has another value: this one.
    Changed(String),
    /// It has the value in another JSON type: this one.
    Retyped(String),
}

/// What is wrong with an attribute that was given a value; `None` when the resource holds it.
pub(super) fn difference(
    attribute: &SweptAttribute,
    written: &Value,
    resource: &Value,
) -> Option<Difference> {
    let wanted = single(written);
    let held: Vec<&Value> = reader::values(resource, &attribute.shown_at())
        .into_iter()
        .filter(|value| !is_empty(value))
        .collect();
    if held.is_empty() {
        return Some(Difference::Lost);
    }
    let told = shown(&held);
    if held.iter().any(|held| holds(attribute, wanted, held)) {
        return is_list_instead(attribute, resource).then(|| Difference::Retyped(format!("[{told}]")));
    }
    let by_type = |held: &&Value| {
        text(held) == text(wanted) && std::mem::discriminant(*held) != std::mem::discriminant(wanted)
    };
    Some(if held.iter().any(by_type) { Difference::Retyped(told) } else { Difference::Changed(told) })
}

/// True when an attribute that has one value is shown as a list.
fn is_list_instead(attribute: &SweptAttribute, resource: &Value) -> bool {
    let path = &attribute.path;
    let holder = match &path.schema {
        Some(schema) => reader::member(resource, schema),
        None => Some(resource),
    };
    attribute.list.is_none()
        && path.filter.is_none()
        && holder.and_then(|holder| reader::member(holder, &path.attribute)).is_some_and(Value::is_array)
}

/// True when the resource holds the value.
pub(super) fn keeps(attribute: &SweptAttribute, written: &Value, resource: &Value) -> bool {
    difference(attribute, written, resource).is_none()
}

/// Of a list the one element, and of an element its value.
fn single(written: &Value) -> &Value {
    let element = written.get(0).unwrap_or(written);
    element.get("value").unwrap_or(element)
}

/// Whether a value is the one that was written. Servers may write an instant, a number or a telephone number in
/// another way (RFC 7643 §2.3.5, §4.1.2).
fn holds(attribute: &SweptAttribute, written: &Value, held: &Value) -> bool {
    if reader::same(written, held, attribute.case_exact) {
        return true;
    }
    match (written, held) {
        (Value::String(written), Value::String(held)) if attribute.kind == AttributeType::DateTime => {
            let instant = datetime::parse(written);
            instant.is_some() && instant == datetime::parse(held)
        }
        (Value::Number(written), Value::Number(held)) => written.as_f64() == held.as_f64(),
        (Value::String(written), Value::String(held)) => {
            let letters = |text: &str| -> String {
                text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
            };
            let is_text = matches!(attribute.kind, AttributeType::String | AttributeType::Reference);
            is_text && letters(written) == letters(held)
        }
        _ => false,
    }
}

/// A value without regard to its type.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.to_lowercase(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::run::steps::sweep::published::swept;
    use crate::scim::discovery::Discovery;
    use crate::scim::schema::{Schema, SchemaSet};
    use crate::scim::urn;
    use crate::wire::ResourceKind;

    fn named(name: &str) -> SweptAttribute {
        let schema = json!({ "id": urn::USER, "attributes": [
            { "name": "flag", "type": "boolean" }, { "name": "rank", "type": "integer" },
            { "name": "share", "type": "decimal" }, { "name": "since", "type": "dateTime" },
            { "name": "word", "type": "string" }, { "name": "code", "type": "string", "caseExact": true },
            { "name": "tags", "type": "string", "multiValued": true },
            { "name": "keys", "type": "complex", "multiValued": true, "subAttributes": [
                { "name": "value", "type": "string" } ] },
        ]});
        let schemas: SchemaSet = Schema::read(&schema).into_iter().collect();
        let all = swept(ResourceKind::User, &Discovery { schemas, ..Discovery::default() }, None);
        all.into_iter().find(|attribute| attribute.name() == name).unwrap()
    }

    fn of(name: &str, written: Value, resource: Value) -> Option<Difference> {
        difference(&named(name), &written, &resource)
    }

    #[test]
    fn a_value_may_be_written_in_another_way() {
        assert_eq!(
            of("since", json!("2026-01-31T08:30:00Z"), json!({"since": "2026-01-31T10:30:00.0+02:00"})),
            None
        );
        assert_eq!(of("share", json!(42.0), json!({"share": 42})), None);
        assert_eq!(of("word", json!("+1-555-0147"), json!({"WORD": "+15550147"})), None);
        assert_eq!(of("word", json!("Upd-1"), json!({"word": "upd-1"})), None);
        assert_eq!(of("tags", json!(["a"]), json!({"tags": ["b", "a"]})), None);
        assert_eq!(
            of("keys", json!([{"value": "a"}]), json!({"keys": [{"value": "a", "primary": true}]})),
            None
        );
    }

    #[test]
    fn a_lost_a_changed_and_a_retyped_value_are_told_apart() {
        assert_eq!(of("word", json!("a"), json!({"word": null})), Some(Difference::Lost));
        assert_eq!(of("keys", json!([{"value": "a"}]), json!({"keys": []})), Some(Difference::Lost));
        assert_eq!(of("word", json!("a"), json!({"word": "b"})), Some(Difference::Changed(r#""b""#.into())));
        let retyped = |told: &str| Some(Difference::Retyped(told.into()));
        assert_eq!(of("flag", json!(true), json!({"flag": "True"})), retyped(r#""True""#));
        assert_eq!(of("rank", json!(4217), json!({"rank": "4217"})), retyped(r#""4217""#));
        assert_eq!(of("word", json!("a"), json!({"word": ["a"]})), retyped(r#"["a"]"#));
        assert_eq!(
            of("flag", json!(true), json!({"flag": false})),
            Some(Difference::Changed("false".into()))
        );
    }
}
