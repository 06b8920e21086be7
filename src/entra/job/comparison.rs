//! What the target holds at a mapping's target, and whether that is what the source says.

use serde_json::Value;

use crate::entra::mapping::{AttributeMapping, DataType};
use crate::scim::{Comparison, Filter, Literal, PatchPath, datetime, member, same_name, urn};

/// The value at a path of a resource; `None` when it is absent, null, or an empty list.
pub(super) fn held<'a>(resource: &'a Value, path: &PatchPath) -> Option<&'a Value> {
    let object = match path.schema.as_deref() {
        Some(schema) if !same_name(schema, urn::USER) && !same_name(schema, urn::GROUP) => {
            member(resource, schema)?
        }
        _ => resource,
    };
    if path.attribute.is_empty() {
        return Some(object).filter(|value| is_something(value));
    }
    let attribute = member(object, &path.attribute)?;
    let attribute = match &path.filter {
        None => attribute,
        Some(filter) => attribute.as_array()?.iter().find(|element| holds(element, filter))?,
    };
    let value = match &path.sub {
        None => attribute,
        Some(sub) => member(attribute, sub)?,
    };
    Some(value).filter(|value| is_something(value))
}

fn is_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(elements) => !elements.is_empty(),
        _ => true,
    }
}

/// Mappings select elements with `eq` and `and`; nothing else selects one.
fn holds(element: &Value, filter: &Filter) -> bool {
    match filter {
        Filter::And(left, right) => holds(element, left) && holds(element, right),
        Filter::Compare(path, Comparison::Equal, literal) => {
            let value = member(element, &path.attribute);
            match literal {
                Literal::Null => value.is_none_or(Value::is_null),
                Literal::Boolean(flag) => value.is_some_and(|value| same_text(value, &flag.to_string())),
                Literal::Number(text) | Literal::Text(text) => {
                    value.is_some_and(|value| same_text(value, text))
                }
            }
        }
        _ => false,
    }
}

fn same_text(value: &Value, text: &str) -> bool {
    plain(value).is_some_and(|value| value.eq_ignore_ascii_case(text))
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The id a reference holds: `{"value": id}` as SCIM writes it, or the id alone.
pub(super) fn reference(value: &Value) -> Option<&str> {
    match value {
        Value::String(id) => Some(id.as_str()),
        Value::Object(_) => member(value, "value").and_then(Value::as_str),
        _ => None,
    }
    .filter(|id| !id.is_empty())
}

/// True when the target holds what the source says. Letter case counts where the attribute is
/// caseExact (Graph: attributeDefinition, caseExact; the default template leaves it off but for
/// identifiers, as RFC 7643 does). Texts for a whole list are the values of its elements, in any order.
pub(super) fn same(row: &AttributeMapping, wanted: &Value, held: &Value) -> bool {
    match held {
        Value::Array(there) => values(wanted).len() == there.len() && missing(row, wanted, held).is_empty(),
        single => alike(row, wanted, single),
    }
}

/// The values for a list that none of its elements has.
pub(super) fn missing(row: &AttributeMapping, wanted: &Value, held: &Value) -> Vec<Value> {
    let value = |element: &'_ Value| match element {
        Value::Object(_) => member(element, "value").cloned().unwrap_or(Value::Null),
        element => element.clone(),
    };
    let there: Vec<Value> = values(held).iter().map(value).collect();
    let is_missing = |wanted: &&Value| !there.iter().any(|held| alike(row, wanted, held));
    values(wanted).iter().filter(is_missing).cloned().collect()
}

fn values(list: &Value) -> &[Value] {
    match list {
        Value::Array(values) => values,
        single => std::slice::from_ref(single),
    }
}

fn alike(row: &AttributeMapping, wanted: &Value, held: &Value) -> bool {
    if row.declared.data_type == DataType::DateTime
        && let (Some(wanted), Some(held)) = (instant(wanted), instant(held))
    {
        return wanted == held;
    }
    match (plain(wanted), plain(held)) {
        (Some(wanted), Some(held)) if row.declared.case_exact => wanted == held,
        (Some(wanted), Some(held)) => wanted == held || wanted.to_lowercase() == held.to_lowercase(),
        _ => wanted == held,
    }
}

/// The instant that a date names: servers write dates with and without fractions and offsets.
fn instant(value: &Value) -> Option<jiff::Timestamp> {
    value.as_str().and_then(datetime::parse)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::entra::mapping::ValueSource;

    fn path(text: &str) -> PatchPath {
        text.parse().unwrap()
    }

    #[test]
    fn values_are_found_where_paths_point() {
        let resource = json!({
            "userName": "a",
            "name": {"givenName": "Ada"},
            "emails": [{"type": "home", "value": "h"}, {"type": "work", "value": "w"}],
            "roles": [{"primary": true, "value": "admin"}],
            "phoneNumbers": [],
            (urn::ENTERPRISE): {"employeeNumber": "1", "manager": {"value": "m"}},
        });
        let at = |text: &str| held(&resource, &path(text)).cloned();
        assert_eq!(at("username"), Some(json!("a")));
        assert_eq!(at("name.givenName"), Some(json!("Ada")));
        assert_eq!(at("name.familyName"), None);
        assert_eq!(at(r#"emails[type eq "work"].value"#), Some(json!("w")));
        assert_eq!(at(r#"emails[type eq "other"].Value"#), None);
        assert_eq!(at(r#"roles[primary eq "True"].value"#), Some(json!("admin")));
        assert_eq!(at("phoneNumbers"), None);
        assert_eq!(at(&format!("{}:employeeNumber", urn::ENTERPRISE)), Some(json!("1")));
        let manager = held(&resource, &path(&format!("{}:manager", urn::ENTERPRISE))).unwrap();
        assert_eq!(reference(manager), Some("m"));
    }

    fn row(target: &str) -> AttributeMapping {
        AttributeMapping::new(target, ValueSource::None).unwrap()
    }

    #[test]
    fn letter_case_counts_where_the_attribute_is_case_exact() {
        assert!(same(&row("userName"), &json!("Ada"), &json!("ADA")));
        assert!(!same(&row("externalId"), &json!("Ada"), &json!("ADA")));
        assert!(!same(&row("title"), &json!("00123"), &json!(123)));
        assert!(same(&row("active"), &json!(true), &json!("True")));
        assert!(!same(&row("active"), &json!(false), &json!(true)));
        // Whatever RFC 7643 says, the application's attribute list decides.
        let mut declared = row("title");
        declared.declared.case_exact = true;
        assert!(!same(&declared, &json!("Chief"), &json!("CHIEF")));
        let mut hired = row("urn:x:1.0:User:hired");
        let (short, long) = (json!("2026-01-31T08:00:00Z"), json!("2026-01-31T10:00:00.000+02:00"));
        assert!(!same(&hired, &short, &long));
        hired.declared.data_type = DataType::DateTime;
        assert!(same(&hired, &short, &long));
        assert!(!same(&hired, &short, &json!("2026-01-31T08:00:01Z")));
    }

    #[test]
    fn texts_for_a_list_are_the_values_of_its_elements() {
        let held = json!([{"value": "reader", "primary": false}, {"value": "Editor"}]);
        let roles = row("roles");
        assert!(same(&roles, &json!(["editor", "reader"]), &held));
        assert!(!same(&roles, &json!(["editor"]), &held));
        assert!(!same(&roles, &json!("editor"), &held));
        assert!(same(&roles, &json!("editor"), &json!([{"value": "editor", "type": "x"}])));
        assert!(same(&row("urn:example:1.0:Thing:tags"), &json!(["a", "b"]), &json!(["b", "a"])));
    }

    #[test]
    fn what_a_list_lacks_is_what_no_element_has() {
        let held = json!([{"value": "reader"}, {"value": "Editor"}]);
        assert_eq!(missing(&row("roles"), &json!(["editor", "owner"]), &held), [json!("owner")]);
        assert!(missing(&row("roles"), &json!("reader"), &held).is_empty());
        assert_eq!(missing(&row("roles"), &json!(["a"]), &json!([])), [json!("a")]);
    }
}
