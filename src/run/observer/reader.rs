//! The judges' own reader: which values a resource holds at a path.
//!
//! It knows `eq` and `and` and nothing else. The embedded server evaluates filters itself, so that a
//! mistake in one cannot hide in the other.

use serde_json::Value;

use crate::scim::{Comparison, Filter, Literal, PatchPath, urn};

/// The values at `path`, elements of a multi-valued attribute one by one.
///
/// Null and empty arrays are absent (RFC 7643 §2.5). Names and URNs compare without letter case.
#[must_use]
pub fn values<'a>(resource: &'a Value, path: &PatchPath) -> Vec<&'a Value> {
    let holder = match path.schema.as_deref() {
        Some(schema) if !is_core(schema) => match member(resource, schema) {
            Some(extension) => extension,
            None => return Vec::new(),
        },
        _ => resource,
    };
    if path.attribute.is_empty() {
        return vec![holder];
    }
    let elements: Vec<&Value> = match member(holder, &path.attribute) {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::Array(items)) => items.iter().filter(|item| !item.is_null()).collect(),
        Some(single) => vec![single],
    };
    let elements = elements
        .into_iter()
        .filter(|element| path.filter.as_ref().is_none_or(|filter| holds(filter, element)));
    match path.sub.as_deref() {
        None => elements.collect(),
        Some(sub) => {
            elements.filter_map(|element| member(element, sub)).filter(|value| !value.is_null()).collect()
        }
    }
}

/// A member by its name, without letter case.
#[must_use]
pub fn member<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    let members = object.as_object()?;
    members
        .get(name)
        .or_else(|| members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// True for the schemas whose attributes stand at the top of a resource.
fn is_core(schema: &str) -> bool {
    schema.eq_ignore_ascii_case(urn::USER) || schema.eq_ignore_ascii_case(urn::GROUP)
}

fn holds(filter: &Filter, element: &Value) -> bool {
    match filter {
        Filter::And(left, right) => holds(left, element) && holds(right, element),
        Filter::Compare(path, Comparison::Equal, literal) => {
            let held = match (&path.sub, path.attribute.as_str()) {
                (None, name) if element.is_object() => member(element, name),
                (None, name) if name.eq_ignore_ascii_case("value") => Some(element),
                _ => None,
            };
            held.is_some_and(|held| equals(literal, held))
        }
        _ => false,
    }
}

/// Entra compares booleans with quoted text too, as in `roles[primary eq "True"]`.
fn equals(literal: &Literal, held: &Value) -> bool {
    match (literal, held) {
        (Literal::Text(text), Value::String(held)) => text.eq_ignore_ascii_case(held),
        (Literal::Text(text), Value::Bool(held)) => text.eq_ignore_ascii_case(&held.to_string()),
        (Literal::Boolean(wanted), Value::Bool(held)) => wanted == held,
        (Literal::Boolean(wanted), Value::String(held)) => held.eq_ignore_ascii_case(&wanted.to_string()),
        (Literal::Number(wanted), Value::Number(held)) => *wanted == held.to_string(),
        (Literal::Null, held) => held.is_null(),
        _ => false,
    }
}

/// Compares what was expected with what is held: strings by `case_exact`, booleans and numbers by
/// type and value, an object by the members that were expected, arrays without order.
#[must_use]
pub fn same(expected: &Value, held: &Value, case_exact: bool) -> bool {
    match (expected, held) {
        (Value::String(expected), Value::String(held)) => {
            expected == held || (!case_exact && expected.to_lowercase() == held.to_lowercase())
        }
        (Value::Object(expected), Value::Object(_)) => {
            expected.iter().all(|(name, expected)| match member(held, name) {
                None | Some(Value::Null) => expected.is_null(),
                Some(held) => same(expected, held, case_exact),
            })
        }
        (Value::Array(expected), Value::Array(held)) => {
            let mut left: Vec<&Value> = held.iter().collect();
            expected.len() == held.len()
                && expected.iter().all(|expected| {
                    left.iter()
                        .position(|held| same(expected, held, case_exact))
                        .map(|found| left.swap_remove(found))
                        .is_some()
                })
        }
        (expected, held) => expected == held,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::AttributePath;
    use serde_json::json;

    fn path(schema: Option<&str>, attribute: &str, of_type: Option<&str>, sub: Option<&str>) -> PatchPath {
        PatchPath {
            schema: schema.map(str::to_owned),
            attribute: attribute.to_owned(),
            filter: of_type.map(|of_type| {
                let path = AttributePath::simple("type");
                Filter::Compare(path, Comparison::Equal, Literal::Text(of_type.into()))
            }),
            sub: sub.map(str::to_owned),
            dotted: false,
        }
    }

    #[test]
    fn a_value_path_reads_only_the_element_it_names() {
        let user = json!({"EMAILS": [{"type": "work", "value": "w"}, {"type": "home", "value": "h"}]});
        assert_eq!(values(&user, &path(None, "emails", Some("work"), Some("value"))), [&json!("w")]);
        assert_eq!(values(&user, &path(None, "emails", None, Some("value"))).len(), 2);
        assert!(values(&user, &path(None, "emails", Some("other"), Some("value"))).is_empty());
    }

    #[test]
    fn extension_attributes_stand_below_their_urn_and_core_ones_at_the_top() {
        let user = json!({(urn::ENTERPRISE): {"department": "Sales"}, "title": null, "roles": []});
        assert_eq!(values(&user, &path(Some(urn::ENTERPRISE), "Department", None, None)), [&json!("Sales")]);
        assert!(values(&user, &path(Some(urn::USER), "title", None, None)).is_empty());
        assert!(values(&user, &path(None, "roles", None, None)).is_empty());
    }

    #[test]
    fn comparison_keeps_types_and_follows_case_exact() {
        assert!(same(&json!("A@example.com"), &json!("a@EXAMPLE.com"), false));
        assert!(!same(&json!("A"), &json!("a"), true));
        assert!(!same(&json!(false), &json!("False"), false));
        assert!(!same(&json!("00123"), &json!(123), false));
        assert!(same(&json!({"value": "1"}), &json!({"value": "1", "$ref": "x"}), true));
        assert!(same(&json!([1, 2]), &json!([2, 1]), true));
        assert!(!same(&json!([1, 1]), &json!([1, 2]), true));
    }
}
