//! Filters (RFC 7644 §3.4.2.2), evaluated against what the server holds.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::model::{Model, ModelPlace};
use super::reply::ReplyOutcome;
use super::store::folded;
use super::values::boolean;
use crate::scim::message::{ErrorMessage, ScimType};
use crate::scim::schema::{Attribute, AttributeType, Returned};
use crate::scim::{AttributePath, Comparison, Filter, Literal, datetime};

/// A resource as a filter sees it.
pub(super) trait Values {
    /// The value of an attribute, if it has one.
    fn value(&self, extension: Option<&str>, attribute: &Attribute) -> Option<Cow<'_, Value>>;
}

fn refused(detail: String) -> ErrorMessage {
    ErrorMessage::of(ScimType::InvalidFilter, detail)
}

/// Which operators a server evaluates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operators {
    All,
    /// `eq` and `and`.
    EqualAndAnd,
}

/// Checks that a filter can be evaluated on a resource type.
///
/// # Errors
/// `invalidFilter` for attributes that do not exist or cannot be looked into, for comparisons the
/// attribute's type does not know, and for operators beyond `operators`.
pub(super) fn check(model: &Model, filter: &Filter, operators: Operators) -> ReplyOutcome<()> {
    if operators == Operators::EqualAndAnd && !is_simple(filter) {
        return Err(refused(format!("this server evaluates `eq` and `and` alone, not \"{filter}\"")));
    }
    match filter {
        Filter::And(left, right) | Filter::Or(left, right) => {
            check(model, left, operators)?;
            check(model, right, operators)
        }
        Filter::Not(inner) => check(model, inner, operators),
        Filter::Present(path) => find(model, path).map(|_| ()),
        Filter::Compare(path, comparison, literal) => {
            check_comparison(path, find(model, path)?.leaf(), *comparison, literal)
        }
        Filter::Element(path, inner) => check_elements(find(model, path)?.attribute, inner),
        Filter::Selected(path, inner, last) => {
            let attribute = find(model, path)?.attribute;
            check_elements(attribute, inner)?;
            check_elements(attribute, last)
        }
    }
}

fn is_simple(filter: &Filter) -> bool {
    match filter {
        Filter::And(left, right) | Filter::Selected(_, left, right) => is_simple(left) && is_simple(right),
        Filter::Compare(_, comparison, _) => *comparison == Comparison::Equal,
        Filter::Element(_, inner) => is_simple(inner),
        Filter::Or(..) | Filter::Not(_) | Filter::Present(_) => false,
    }
}

fn find<'a>(model: &'a Model, path: &AttributePath) -> ReplyOutcome<ModelPlace<'a>> {
    let place = model
        .find_path(path)
        .ok_or_else(|| refused(format!("a {} has no attribute \"{path}\"", model.kind.name())))?;
    if place.attribute.returned == Returned::Never {
        return Err(refused(format!("{path} cannot be looked into")));
    }
    Ok(place)
}

/// Checks a filter on the elements of a complex attribute.
///
/// # Errors
/// As [`check`].
pub(super) fn check_elements(attribute: &Attribute, filter: &Filter) -> ReplyOutcome<()> {
    let sub = |path: &AttributePath| {
        element_part(attribute, path)
            .ok_or_else(|| refused(format!("{} has no sub-attribute \"{path}\"", attribute.name)))
    };
    match filter {
        Filter::And(left, right) | Filter::Or(left, right) => {
            check_elements(attribute, left)?;
            check_elements(attribute, right)
        }
        Filter::Not(inner) => check_elements(attribute, inner),
        Filter::Present(path) => sub(path).map(|_| ()),
        Filter::Compare(path, comparison, literal) => {
            check_comparison(path, sub(path)?, *comparison, literal)
        }
        Filter::Element(..) | Filter::Selected(..) => {
            Err(refused(format!("\"{filter}\": elements hold no elements")))
        }
    }
}

/// What a name in brackets stands for: a sub-attribute, or under the name `value` an element of a
/// simple multi-valued attribute itself.
fn element_part<'a>(attribute: &'a Attribute, path: &AttributePath) -> Option<&'a Attribute> {
    if path.schema.is_some() || path.sub.is_some() {
        return None;
    }
    if attribute.kind != AttributeType::Complex {
        return path.attribute.eq_ignore_ascii_case("value").then_some(attribute);
    }
    attribute.sub(&path.attribute)
}

fn check_comparison(
    path: &AttributePath,
    leaf: &Attribute,
    comparison: Comparison,
    literal: &Literal,
) -> ReplyOutcome<()> {
    let ordering = matches!(
        comparison,
        Comparison::Greater | Comparison::GreaterOrEqual | Comparison::Less | Comparison::LessOrEqual
    );
    let substring =
        matches!(comparison, Comparison::Contains | Comparison::StartsWith | Comparison::EndsWith);
    let fits = match (leaf.kind, literal) {
        (_, Literal::Null) => !ordering && !substring,
        (AttributeType::Complex, _) => false,
        (AttributeType::Boolean, Literal::Boolean(_)) => !ordering && !substring,
        (AttributeType::Boolean, Literal::Text(text)) => {
            !ordering && !substring && boolean(&Value::from(text.as_str())).is_some()
        }
        (AttributeType::Binary, Literal::Text(_)) => !ordering,
        (AttributeType::Integer | AttributeType::Decimal, Literal::Number(_)) => !substring,
        (AttributeType::Integer | AttributeType::Decimal, Literal::Text(text)) => {
            !substring && text.parse::<f64>().is_ok()
        }
        (AttributeType::DateTime, Literal::Text(text)) => substring || datetime::parse(text).is_some(),
        (AttributeType::String | AttributeType::Reference | AttributeType::Unknown, _) => true,
        _ => false,
    };
    if fits {
        return Ok(());
    }
    Err(refused(format!(
        "{path} is a {} and cannot be compared with `{comparison} {literal}`",
        leaf.kind.as_str()
    )))
}

/// Whether a checked filter holds for a resource.
pub(super) fn holds(model: &Model, filter: &Filter, resource: &impl Values) -> bool {
    match filter {
        Filter::And(left, right) => holds(model, left, resource) && holds(model, right, resource),
        Filter::Or(left, right) => holds(model, left, resource) || holds(model, right, resource),
        Filter::Not(inner) => !holds(model, inner, resource),
        Filter::Present(path) => model.find_path(path).is_some_and(|place| {
            resource.value(place.extension, place.attribute).is_some_and(|value| match place.sub {
                Some(sub) => each(&value).any(|element| element.get(&sub.name).is_some_and(has_value)),
                None => has_value(&value),
            })
        }),
        Filter::Compare(path, comparison, literal) => model.find_path(path).is_some_and(|place| {
            let value = resource.value(place.extension, place.attribute);
            compare_all(place.attribute, place.leaf(), value.as_deref(), *comparison, literal)
        }),
        Filter::Element(path, inner) => {
            selected(model, path, resource, |attribute, element| element_holds(attribute, inner, element))
        }
        Filter::Selected(path, inner, last) => selected(model, path, resource, |attribute, element| {
            element_holds(attribute, inner, element) && element_holds(attribute, last, element)
        }),
    }
}

fn selected(
    model: &Model,
    path: &AttributePath,
    resource: &impl Values,
    test: impl Fn(&Attribute, &Value) -> bool,
) -> bool {
    model.find_path(path).is_some_and(|place| {
        resource
            .value(place.extension, place.attribute)
            .is_some_and(|value| each(&value).any(|element| test(place.attribute, element)))
    })
}

/// Whether a filter holds for one element of an attribute.
pub(super) fn element_holds(attribute: &Attribute, filter: &Filter, element: &Value) -> bool {
    match filter {
        Filter::And(left, right) => {
            element_holds(attribute, left, element) && element_holds(attribute, right, element)
        }
        Filter::Or(left, right) => {
            element_holds(attribute, left, element) || element_holds(attribute, right, element)
        }
        Filter::Not(inner) => !element_holds(attribute, inner, element),
        Filter::Present(path) => element_part(attribute, path)
            .is_some_and(|part| part_of(attribute, part, element).is_some_and(has_value)),
        Filter::Compare(path, comparison, literal) => element_part(attribute, path)
            .is_some_and(|part| compare(part, part_of(attribute, part, element), *comparison, literal)),
        Filter::Element(..) | Filter::Selected(..) => false,
    }
}

fn part_of<'a>(attribute: &Attribute, part: &Attribute, element: &'a Value) -> Option<&'a Value> {
    if attribute.kind == AttributeType::Complex { element.get(&part.name) } else { Some(element) }
}

/// The elements of a list, or the value itself.
fn each(value: &Value) -> impl Iterator<Item = &Value> {
    match value {
        Value::Array(elements) => elements.as_slice(),
        other => std::slice::from_ref(other),
    }
    .iter()
}

fn has_value(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(elements) => !elements.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::String(text) => !text.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

/// Compares all values an attribute has: one that fits is enough, and `ne` is the opposite of `eq`.
fn compare_all(
    attribute: &Attribute,
    leaf: &Attribute,
    value: Option<&Value>,
    comparison: Comparison,
    literal: &Literal,
) -> bool {
    if comparison == Comparison::NotEqual {
        return !compare_all(attribute, leaf, value, Comparison::Equal, literal);
    }
    let Some(value) = value else { return compare(leaf, None, comparison, literal) };
    let complex = attribute.kind == AttributeType::Complex;
    let mut parts = each(value)
        .filter_map(|element| if complex { element.get(&leaf.name) } else { Some(element) })
        .peekable();
    if parts.peek().is_none() {
        return compare(leaf, None, comparison, literal);
    }
    parts.any(|part| compare(leaf, Some(part), comparison, literal))
}

/// Compares one value; a missing one equals null alone.
fn compare(leaf: &Attribute, value: Option<&Value>, comparison: Comparison, literal: &Literal) -> bool {
    if comparison == Comparison::NotEqual {
        return !compare(leaf, value, Comparison::Equal, literal);
    }
    let Some(value) = value.filter(|value| has_value(value)) else {
        return *literal == Literal::Null && comparison == Comparison::Equal;
    };
    match (leaf.kind, literal) {
        (_, Literal::Null) => false,
        (AttributeType::Boolean, _) => boolean(value) == literal_boolean(literal),
        (AttributeType::Integer | AttributeType::Decimal, _) => {
            ordered(number(value).partial_cmp(&literal_text(literal).parse().ok()), comparison)
        }
        (AttributeType::DateTime, Literal::Text(text)) => match comparison {
            Comparison::Contains | Comparison::StartsWith | Comparison::EndsWith => {
                text_holds(leaf, value, comparison, text)
            }
            _ => {
                let instant = value.as_str().and_then(datetime::parse);
                instant.zip(datetime::parse(text)).is_some_and(|(a, b)| ordered(Some(a.cmp(&b)), comparison))
            }
        },
        _ => text_holds(leaf, value, comparison, &literal_text(literal)),
    }
}

fn literal_boolean(literal: &Literal) -> Option<bool> {
    match literal {
        Literal::Boolean(value) => Some(*value),
        Literal::Text(text) => boolean(&Value::from(text.as_str())),
        Literal::Null | Literal::Number(_) => None,
    }
}

fn literal_text(literal: &Literal) -> Cow<'_, str> {
    match literal {
        Literal::Boolean(true) => "true".into(),
        Literal::Boolean(false) => "false".into(),
        Literal::Null => "".into(),
        Literal::Number(text) | Literal::Text(text) => text.as_str().into(),
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64()
}

fn ordered(order: Option<Ordering>, comparison: Comparison) -> bool {
    let Some(order) = order else { return false };
    match comparison {
        Comparison::Equal => order.is_eq(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::NotEqual | Comparison::Contains | Comparison::StartsWith | Comparison::EndsWith => false,
    }
}

fn text_holds(leaf: &Attribute, value: &Value, comparison: Comparison, other: &str) -> bool {
    let Some(text) = value.as_str() else { return false };
    let exact = leaf.case_exact;
    let (text, other) = if exact {
        (Cow::Borrowed(text), Cow::Borrowed(other))
    } else {
        (Cow::Owned(folded(text)), Cow::Owned(folded(other)))
    };
    match comparison {
        Comparison::Contains => text.contains(&*other),
        Comparison::StartsWith => text.starts_with(&*other),
        Comparison::EndsWith => text.ends_with(&*other),
        _ => ordered(Some(text.cmp(&other)), comparison),
    }
}

/// A value the filter demands of an attribute wherever it holds: the text `eq` compares it with, in
/// the filter itself or in a chain of `and`.
pub(super) fn demanded<'a>(filter: &'a Filter, name: &str) -> Option<&'a str> {
    match filter {
        Filter::And(left, right) => demanded(left, name).or_else(|| demanded(right, name)),
        Filter::Compare(path, Comparison::Equal, Literal::Text(text)) if path.is(name) => Some(text),
        _ => None,
    }
}

impl Values for Map<String, Value> {
    fn value(&self, extension: Option<&str>, attribute: &Attribute) -> Option<Cow<'_, Value>> {
        let container = match extension {
            Some(urn) => self.get(urn)?.as_object()?,
            None => self,
        };
        container.get(&attribute.name).map(Cow::Borrowed)
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::ServedKind;
    use super::*;
    use crate::scim::urn;
    use serde_json::json;

    fn ann() -> Map<String, Value> {
        let value = json!({
            "id": "A1", "userName": "Ann@Example.com", "externalId": "Ext", "active": true, "title": "Dr \"x\" \\ é",
            "name": { "familyName": "O'Neil" },
            "emails": [{ "value": "a@x.org", "type": "work", "primary": true }, { "value": "b@x.org", "type": "home" }],
            "meta": { "created": "2024-05-01T10:00:00.000Z" },
            (urn::ENTERPRISE): { "department": "R&D", "manager": { "value": "m1" } },
        });
        value.as_object().cloned().unwrap()
    }

    fn judge(filter: &str) -> ReplyOutcome<bool> {
        let model = &Model::of(ServedKind::User);
        let parsed: Filter = filter.parse().unwrap_or_else(|error| panic!("{filter}: {error}"));
        check(model, &parsed, Operators::All)?;
        Ok(holds(model, &parsed, &ann()))
    }

    #[test]
    fn filters_hold() {
        for filter in [
            r#"userName eq "ann@example.COM""#,
            r#"USERNAME EQ "ann@example.com""#,
            r#"externalId eq "Ext""#,
            r#"active eq true"#,
            r#"active eq "True""#,
            r#"active ne "False""#,
            r#"title eq "dr \"x\" \\ É""#,
            r#"name.familyName sw "o'""#,
            r#"emails eq "B@x.org""#,
            r#"emails.value ew "x.org""#,
            r#"emails[type eq "work" and value co "a@"]"#,
            r#"emails[type eq "home"].value eq "b@x.org""#,
            r#"emails[primary eq "True"].type eq "work""#,
            r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "r&d""#,
            r#"id eq "A1" and manager eq "m1""#,
            r#"meta.created ge "2024-05-01T12:00:00+02:00""#,
            r#"meta.created lt "2024-05-01T10:00:01Z""#,
            r#"not (nickName pr) and emails.type pr"#,
            r#"nickName eq null or title eq "x""#,
            r#"nickName ne "x""#,
            r#"emails[not (type eq "work")]"#,
            r#"userName gt "a" and userName le "b""#,
        ] {
            assert_eq!(judge(filter), Ok(true), "{filter}");
        }
    }

    #[test]
    fn filters_do_not_hold() {
        for filter in [
            r#"externalId eq "ext""#,
            r#"userName eq "ann""#,
            r#"emails[type eq "work" and value eq "b@x.org"]"#,
            r#"emails[type eq "work"].value eq "b@x.org""#,
            r#"emails.value ne "b@x.org""#,
            r#"title eq "dr \"x\" \\ e""#,
            r#"nickName pr or name.givenName pr"#,
            r#"active eq false"#,
        ] {
            assert_eq!(judge(filter), Ok(false), "{filter}");
        }
    }

    #[test]
    fn what_cannot_be_compared_is_refused() {
        for filter in [
            r#"active gt true"#,
            r#"active eq "yes""#,
            r#"active co "tr""#,
            r#"shoeSize eq "43""#,
            r#"name eq "Ann""#,
            r#"password eq "x""#,
            r#"emails[shoeSize eq "43"]"#,
            r#"meta.created gt "yesterday""#,
            r#"userName gt null"#,
        ] {
            assert_eq!(
                judge(filter).map_err(|e| e.scim_type),
                Err(Some(ScimType::InvalidFilter)),
                "{filter}"
            );
        }
    }

    #[test]
    fn a_server_of_few_operators_refuses_the_others() {
        let model = &Model::of(ServedKind::User);
        let judge = |filter: &str| check(model, &filter.parse().unwrap(), Operators::EqualAndAnd).is_ok();
        assert!(judge(r#"userName eq "a" and emails[type eq "work"].value eq "b""#));
        for filter in
            ["title pr", r#"title co "a""#, r#"not (title eq "a")"#, r#"title eq "a" or title eq "b""#]
        {
            assert!(!judge(filter), "{filter}");
        }
    }

    #[test]
    fn a_chain_of_and_demands_its_values() {
        let filter: Filter = r#"title eq "x" and userName eq "ann""#.parse().unwrap();
        assert_eq!(demanded(&filter, "userName"), Some("ann"));
        let filter: Filter = r#"title eq "x" or userName eq "ann""#.parse().unwrap();
        assert_eq!(demanded(&filter, "userName"), None);
    }
}
