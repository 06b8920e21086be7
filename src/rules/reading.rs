//! The judges' own small reader: the values at a path, `eq` and `and`. The server evaluates filters
//! by itself, so that a mistake in one cannot hide in the other.

use std::sync::LazyLock;

use icu_normalizer::ComposingNormalizerBorrowed;
use serde_json::Value;

use crate::scim::discovery::Discovery;
use crate::scim::schema::{Attribute, SchemaSet};
use crate::scim::{AttributePath, Comparison, Filter, Literal, datetime, member, same_name};
use crate::wire::ResourceKind;

/// The definition of an attribute: as the server published it, else as RFC 7643 defines it.
pub(super) fn definition<'a>(
    discovery: &'a Discovery,
    kind: ResourceKind,
    path: &AttributePath,
) -> Option<&'a Attribute> {
    static CORE: LazyLock<SchemaSet> = LazyLock::new(SchemaSet::core);
    let core = kind.schema();
    discovery.schemas.find_within(core, path).or_else(|| CORE.find_within(core, path))
}

/// True when letter case matters at that path. An attribute without a definition is compared without it, as
/// RFC 7643 §2.2 says.
pub(super) fn is_case_exact(discovery: &Discovery, kind: ResourceKind, path: &AttributePath) -> bool {
    definition(discovery, kind, path).is_some_and(|attribute| attribute.case_exact)
}

/// The object that holds an attribute of that schema: the resource itself, or its extension object.
pub(super) fn home<'a>(resource: &'a Value, kind: ResourceKind, schema: Option<&str>) -> Option<&'a Value> {
    match schema {
        Some(urn) if !same_name(urn, kind.schema()) => member(resource, urn),
        _ => Some(resource),
    }
}

/// Every value at a path: arrays give their elements, and of a complex value without a named
/// sub-attribute its `value` is taken, as filters do.
pub(super) fn values<'a>(resource: &'a Value, kind: ResourceKind, path: &AttributePath) -> Vec<&'a Value> {
    let Some(attribute) =
        home(resource, kind, path.schema.as_deref()).and_then(|home| member(home, &path.attribute))
    else {
        return Vec::new();
    };
    elements(attribute)
        .filter_map(|element| match (&path.sub, element) {
            (Some(sub), _) => member(element, sub),
            (None, Value::Object(_)) => member(element, "value"),
            (None, scalar) => Some(scalar),
        })
        .flat_map(elements)
        .filter(|value| !value.is_null())
        .collect()
}

/// The elements of an array, or the value itself.
pub(super) fn elements(value: &Value) -> impl Iterator<Item = &Value> {
    match value {
        Value::Array(elements) => elements.iter(),
        single => std::slice::from_ref(single).iter(),
    }
}

/// How two values compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Likeness {
    /// The same value.
    Same,
    /// The same but for letter case.
    LetterCase,
    /// What a server makes of a value: a phone number without its spaces, a number without its leading zeros,
    /// letters composed otherwise, characters escaped for HTML, the beginning of it.
    Reformatted,
    /// Another value.
    Different,
}

/// Compares a value that was sent with one that came back. A boolean written as text is the same
/// boolean, a number written as text the same number, dates are compared as instants: that their
/// JSON type is wrong is for other rules to say.
pub(super) fn likeness(sent: &Value, back: &Value) -> Likeness {
    let (Some(a), Some(b)) = (text(sent), text(back)) else {
        return if sent == back { Likeness::Same } else { Likeness::Different };
    };
    if a == b || (is_flag(sent) || is_flag(back)) && same_name(&a, &b) {
        return Likeness::Same;
    }
    if let (Some(a), Some(b)) = (datetime::parse(&a), datetime::parse(&b))
        && a == b
    {
        return Likeness::Same;
    }
    if sent.is_number() && back.is_number() && sent.as_f64() == back.as_f64() {
        return Likeness::Same;
    }
    let (low_a, low_b) = (a.to_lowercase(), b.to_lowercase());
    if low_a == low_b {
        return Likeness::LetterCase;
    }
    let bare = |text: &str| {
        let kept: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
        kept.trim_start_matches('0').to_owned()
    };
    let (bare_a, bare_b) = (bare(&low_a), bare(&low_b));
    match !bare_a.is_empty() && bare_a == bare_b || alteration(sent, back).is_some() {
        true => Likeness::Reformatted,
        false => Likeness::Different,
    }
}

/// A shorter text may begin another one by chance.
const TELLING: usize = 4;

/// What a server did to a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alteration {
    /// Only the beginning is there.
    Cut,
    /// Characters are escaped for HTML.
    Escaped,
    /// Letters are composed of other characters (Unicode normalization).
    Composed,
}

/// What the server did, if the value that came back shows that.
pub(super) fn alteration(sent: &Value, back: &Value) -> Option<Alteration> {
    let (sent, back) = (text(sent)?.to_lowercase(), text(back)?.to_lowercase());
    let composed = |text: &str| ComposingNormalizerBorrowed::new_nfkc().normalize(text).into_owned();
    let entities =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&#x27;", "'"), ("&amp;", "&")];
    let unescaped = entities.iter().fold(back.clone(), |text, (entity, plain)| text.replace(entity, plain));
    match () {
        () if back == sent => None,
        () if unescaped == sent => Some(Alteration::Escaped),
        () if composed(&back) == composed(&sent) => Some(Alteration::Composed),
        () if back.chars().count() >= TELLING && sent.starts_with(&back) => Some(Alteration::Cut),
        () => None,
    }
}

/// A scalar as text.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn is_flag(value: &Value) -> bool {
    value.is_boolean()
}

/// `true`, `"True"` and `"true"` as a boolean.
pub(super) fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) if same_name(text, "true") => Some(true),
        Value::String(text) if same_name(text, "false") => Some(false),
        _ => None,
    }
}

/// One comparison of a filter made of `eq` and `and`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Term {
    /// What is compared.
    pub path: AttributePath,
    /// The element it must stand in: sub-attribute and value pairs.
    pub selector: Vec<(String, Value)>,
    /// What it is compared with.
    pub value: Value,
}

/// The terms of a filter. `None` when it holds anything but `eq` and `and`.
pub(super) fn terms(filter: &Filter) -> Option<Vec<Term>> {
    match filter {
        Filter::And(left, right) => {
            let mut all = terms(left)?;
            all.extend(terms(right)?);
            Some(all)
        }
        Filter::Compare(path, Comparison::Equal, literal) => {
            Some(vec![Term { path: path.clone(), selector: Vec::new(), value: json(literal)? }])
        }
        Filter::Element(path, inner) => {
            // One of the comparisons is the term, the others select the element.
            let mut selector = selector(inner)?;
            let (sub, value) = selector.pop()?;
            Some(vec![Term { path: AttributePath { sub: Some(sub), ..path.clone() }, selector, value }])
        }
        Filter::Selected(path, inner, test) => match test.as_ref() {
            Filter::Compare(sub, Comparison::Equal, literal) => Some(vec![Term {
                path: AttributePath { sub: Some(sub.attribute.clone()), ..path.clone() },
                selector: selector(inner)?,
                value: json(literal)?,
            }]),
            _ => None,
        },
        _ => None,
    }
}

/// The pairs of a value filter made of `eq` and `and`, as `type eq "work"`.
pub(super) fn selector(filter: &Filter) -> Option<Vec<(String, Value)>> {
    match filter {
        Filter::And(left, right) => {
            let mut all = selector(left)?;
            all.extend(selector(right)?);
            Some(all)
        }
        Filter::Compare(path, Comparison::Equal, literal) if path.sub.is_none() => {
            Some(vec![(path.attribute.clone(), json(literal)?)])
        }
        _ => None,
    }
}

fn json(literal: &Literal) -> Option<Value> {
    match literal {
        Literal::Boolean(flag) => Some(Value::Bool(*flag)),
        Literal::Null => None,
        Literal::Number(text) => serde_json::from_str(text).ok(),
        Literal::Text(text) => Some(Value::String(text.clone())),
    }
}

/// True when an element fits every pair. Letter case is ignored: types are not case-exact.
pub(super) fn fits(element: &Value, selector: &[(String, Value)]) -> bool {
    selector.iter().all(|(name, wanted)| {
        member(element, name)
            .is_some_and(|value| matches!(likeness(wanted, value), Likeness::Same | Likeness::LetterCase))
    })
}

/// Whether a resource answers to a term. A value that differs in letter case alone was looked for, whatever the
/// attribute's `caseExact`: the filter was neither dropped nor read as another one.
pub(super) fn answers(resource: &Value, kind: ResourceKind, term: &Term) -> bool {
    let right = |value: &Value| matches!(likeness(&term.value, value), Likeness::Same | Likeness::LetterCase);
    if term.selector.is_empty() {
        return values(resource, kind, &term.path).into_iter().any(right);
    }
    let Some(attribute) =
        home(resource, kind, term.path.schema.as_deref()).and_then(|home| member(home, &term.path.attribute))
    else {
        return false;
    };
    let sub = term.path.sub.as_deref().unwrap_or("value");
    elements(attribute)
        .filter(|element| fits(element, &term.selector))
        .filter_map(|element| member(element, sub))
        .any(right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::urn;
    use serde_json::json;

    fn filter_terms(text: &str) -> Vec<Term> {
        terms(&text.parse().unwrap()).unwrap()
    }

    fn answers_all(resource: &Value, filter: &str) -> bool {
        filter_terms(filter).iter().all(|term| answers(resource, ResourceKind::User, term))
    }

    #[test]
    fn filters_of_eq_and_and_are_evaluated() {
        let ada = json!({
            "id": "1", "userName": "Ada@example.com", "active": true, "externalId": "ada",
            "emails": [{"type": "home", "value": "h@example.com"}, {"type": "Work", "value": "w@example.com"}],
            (urn::ENTERPRISE): {"employeeNumber": "007", "manager": {"value": "9"}}
        });
        for right in [
            r#"userName eq "ADA@EXAMPLE.COM""#,
            r#"externalId eq "ada""#,
            r#"externalId eq "ADA""#,
            r#"emails.value eq "h@example.com""#,
            r#"emails eq "h@example.com""#,
            r#"emails[type eq "work"].value eq "w@example.com""#,
            r#"emails[type eq "work" and value eq "w@example.com"]"#,
            r#"id eq "1" and urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager eq "9""#,
            r#"active eq true"#,
            r#"urn:ietf:params:scim:schemas:core:2.0:User:userName eq "ada@example.com""#,
        ] {
            assert!(answers_all(&ada, right), "{right}");
        }
        for wrong in [
            r#"userName eq "ad""#,
            r#"emails[type eq "home"].value eq "w@example.com""#,
            r#"id eq "1" and userName eq "bob""#,
            r#"shoeSize eq "42""#,
            r#"employeeNumber eq "007""#,
        ] {
            assert!(!answers_all(&ada, wrong), "{wrong}");
        }
        assert!(terms(&r#"userName sw "a""#.parse().unwrap()).is_none());
        assert!(terms(&r#"userName eq "a" or userName eq "b""#.parse().unwrap()).is_none());
    }

    #[test]
    fn likeness_tells_letter_case_and_form_from_another_value() {
        let cases = [
            (json!("a"), json!("a"), Likeness::Same),
            (json!("True"), json!(true), Likeness::Same),
            (json!("42"), json!(42), Likeness::Same),
            (json!("2011-05-13T04:42:34Z"), json!("2011-05-13T06:42:34.000+02:00"), Likeness::Same),
            (json!("Ada"), json!("ada"), Likeness::LetterCase),
            (json!("+1 555-0100"), json!("+15550100"), Likeness::Reformatted),
            (json!("00123"), json!("123"), Likeness::Reformatted),
            (json!("00123"), json!(123), Likeness::Reformatted),
            (json!("O'Neil & Sons"), json!("O&#39;Neil &amp; Sons"), Likeness::Reformatted),
            (json!("Jose\u{301}"), json!("Jos\u{e9}"), Likeness::Reformatted),
            (json!("Research and Development"), json!("Research and Dev"), Likeness::Reformatted),
            (json!("Research"), json!("Re"), Likeness::Different),
            (json!("Re"), json!("Research"), Likeness::Different),
            (json!("a"), json!("b"), Likeness::Different),
            (json!("True"), json!("true"), Likeness::LetterCase),
            (json!(true), json!(false), Likeness::Different),
            (json!({"a": 1}), json!({"a": 1}), Likeness::Same),
            (json!("..."), json!("---"), Likeness::Different),
        ];
        for (sent, back, expected) in cases {
            assert_eq!(likeness(&sent, &back), expected, "{sent} {back}");
        }
    }
}
