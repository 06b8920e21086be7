//! What a request is like: the properties by which those that went wrong are compared with those that went well.

use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;
use serde_json::Value;

use super::View;
use super::ledger::{SeenState, wrapped};
use super::presence::{is_other_case, is_plain};
use crate::check::{Dimension, Feature};
use crate::scim::{Filter, PatchPath, same_name};
use crate::wire::{Actor, Exchange, Method, Operation, ResourceKind};

/// The properties of a whole request.
pub(super) fn of_request(view: &View<'_>) -> Vec<Feature> {
    let exchange = view.exchange;
    let mut features = of_target(exchange);
    let known = exchange.operation.kind().zip(exchange.operation.id());
    let known = known.and_then(|(kind, id)| view.ledger.known(kind, id));
    if known.is_some_and(SeenState::is_disabled) {
        features.push(Feature::new(Dimension::State, "of a disabled user"));
    }
    features.extend(of_filter(view));
    let operations = view.sent().map(operations).unwrap_or_default();
    if operations.len() > 1 {
        features.push(Feature::new(Dimension::Count, "with several operations"));
    }
    for part in operations.into_iter().flat_map(PatchPart::of) {
        features.extend(part.features());
        features.extend(of_attribute(&part.attribute()));
    }
    sorted(features)
}

/// A write, read once for all the values in it that are judged.
pub(super) struct Write {
    target: Vec<Feature>,
    sent: Value,
}

impl Write {
    pub(super) fn of(exchange: &Exchange) -> Self {
        Write { target: of_target(exchange), sent: exchange.request.json().unwrap_or(Value::Null) }
    }

    /// The properties of the write of one value: of a PATCH those of the part that writes it.
    pub(super) fn of_value(&self, subject: &str, value: &str) -> Vec<Feature> {
        let mut features = self.target.clone();
        features.extend(of_text(value));
        features.extend(of_attribute(subject));
        let parts = self.parts();
        if parts.len() > 1 {
            features.push(Feature::new(Dimension::Count, "with several values"));
        }
        let subject = subject.parse::<PatchPath>().ok();
        let place =
            parts.iter().rposition(|part| subject.as_ref().is_some_and(|subject| part.writes(subject)));
        if let Some(place) = place {
            features.extend(parts[place].features());
            if place > 0 {
                features.push(Feature::new(Dimension::Count, "that are not the first"));
            }
            let later = &parts[place + 1..];
            if !later.is_empty() {
                features.push(Feature::new(Dimension::State, BESIDE));
            }
            let beside = |part: &PatchPart<'_>| subject.as_ref().map_or_else(Vec::new, |it| part.beside(it));
            features.extend(later.iter().flat_map(beside));
        }
        sorted(features)
    }

    /// The properties of a write to something else than a value.
    pub(super) fn of_other_value(&self, subject: &str) -> Vec<Feature> {
        let mut features = self.target.clone();
        features.extend(of_attribute(subject));
        features.push(Feature::new(Dimension::State, BESIDE));
        let subject = subject.parse::<PatchPath>().ok();
        for part in self.parts() {
            features.extend(part.features());
            features.extend(about_attribute("that writes", &part.attribute()));
            features.extend(subject.iter().flat_map(|subject| part.beside(subject)));
        }
        sorted(features)
    }

    fn parts(&self) -> Vec<PatchPart<'_>> {
        operations(&self.sent).into_iter().flat_map(PatchPart::of).collect()
    }
}

/// Something else is written after the value that is judged.
const BESIDE: &str = "that writes another value";
/// The same, of the same attribute; of a list, of whichever element.
const BESIDE_IN_ATTRIBUTE: &str = "that writes another part of the same attribute";
/// The same, of the same element where the attribute is a list.
const BESIDE_IN_ELEMENT: &str = "that writes another part of the same value";

/// The properties of a text that a server may be tempted to change.
fn of_text(text: &str) -> Vec<Feature> {
    let mut features = Vec::new();
    if !text.is_ascii() {
        features.push(Feature::new(Dimension::Value, "with letters beyond ASCII"));
    }
    let category = CodePointMapData::<GeneralCategory>::new();
    if text.chars().any(|c| category.get(c) == GeneralCategory::NonspacingMark) {
        features.push(Feature::new(Dimension::Value, "with letters composed of several characters"));
    }
    for character in ['<', '>', '&', '\''] {
        if text.contains(character) {
            features.push(Feature::new(Dimension::Value, format!("with `{character}`")));
        }
    }
    if text.contains(['<', '>', '&', '\'']) {
        features.push(Feature::new(Dimension::Value, "with characters that HTML escapes"));
    }
    features
}

/// The attribute, and what it is part of.
fn of_attribute(path: &str) -> Vec<Feature> {
    about_attribute("of", path)
}

/// The same, with what the request has to do with it.
fn about_attribute(relation: &str, path: &str) -> Vec<Feature> {
    let named = |name: &str| Feature::new(Dimension::Attribute, format!("{relation} {name}"));
    let mut features = vec![named(path)];
    if let Ok(parsed) = path.parse::<PatchPath>() {
        let extension = parsed.schema.clone().filter(|urn| !is_core(urn));
        if parsed.filter.is_some() {
            features.push(Feature::new(Dimension::Value, format!("{relation} an element of a list")));
        }
        if !parsed.attribute.is_empty() {
            let whole = extension
                .as_ref()
                .map_or(parsed.attribute.clone(), |urn| format!("{urn}:{}", parsed.attribute));
            features.push(named(&whole));
        }
        features.extend(extension.map(|urn| named(&urn)));
    }
    features
}

fn sorted(mut features: Vec<Feature>) -> Vec<Feature> {
    features.sort_unstable();
    features.dedup();
    features
}

fn of_target(exchange: &Exchange) -> Vec<Feature> {
    let mut features = vec![Feature::new(Dimension::Method, exchange.request.method.as_str())];
    if let Some(kind) = exchange.operation.kind() {
        features.push(Feature::new(Dimension::Endpoint, format!("on {}", kind.endpoint())));
    }
    if exchange.request.method == Method::Get && exchange.operation.id().is_some() {
        features.push(Feature::new(Dimension::Filter, "by id"));
    }
    features
}

/// The properties of a filter of `eq` and `and`.
fn of_filter(view: &View<'_>) -> Vec<Feature> {
    let Operation::Query { kind, filter, .. } = view.operation() else { return Vec::new() };
    let mut features = Vec::new();
    let Some(terms) = view.terms() else {
        features.push(Feature::new(
            Dimension::Filter,
            if filter.is_some() { "with an unusual filter" } else { "without a filter" },
        ));
        return features;
    };
    features.push(Feature::new(Dimension::Filter, "with a filter"));
    if terms.len() > 1 {
        features.push(Feature::new(Dimension::Filter, "with `and`"));
    }
    for term in terms {
        features.push(Feature::new(Dimension::Attribute, format!("by {}", term.path)));
        if !is_plain(&term.value) {
            features.push(Feature::new(Dimension::Filter, "with special characters"));
        }
    }
    let found = view.ledger.matching(*kind, terms, view.discovery);
    if found.iter().any(|known| known.is_disabled()) {
        features.push(Feature::new(Dimension::State, "for a disabled user"));
    }
    if found.iter().any(|known| known.made.as_ref().is_some_and(|made| made.request.actor != Actor::Entra)) {
        features.push(Feature::new(Dimension::State, "for a resource that Entra did not create"));
    }
    if found.iter().any(|known| known.was_changed()) {
        features.push(Feature::new(Dimension::State, "for a resource that was changed"));
    }
    if found.iter().any(|known| terms.iter().any(|term| is_other_case(known, term))) {
        features.push(Feature::new(Dimension::Filter, "in another letter case"));
    }
    features
}

/// The operations of a PATCH as they were sent.
fn operations(sent: &Value) -> Vec<&Value> {
    sent.get("Operations").and_then(Value::as_array).into_iter().flatten().collect()
}

/// One value of a PATCH with where it goes: an operation with a path, or a member of the value of one without.
struct PatchPart<'a> {
    op: &'a str,
    path: Option<&'a str>,
    /// The path is a key of the value.
    is_key: bool,
    value: Option<&'a Value>,
}

impl<'a> PatchPart<'a> {
    fn of(operation: &'a Value) -> Vec<Self> {
        let op = operation.get("op").and_then(Value::as_str).unwrap_or_default();
        let value = operation.get("value");
        match (operation.get("path").and_then(Value::as_str), value) {
            (None, Some(Value::Object(members))) => members
                .iter()
                .map(|(key, value)| PatchPart { op, path: Some(key), is_key: true, value: Some(value) })
                .collect(),
            (path, value) => vec![PatchPart { op, path, is_key: path.is_none(), value }],
        }
    }

    /// True when it writes that attribute.
    fn writes(&self, subject: &PatchPath) -> bool {
        let Some(Ok(path)) = self.path.map(str::parse::<PatchPath>) else { return false };
        let foreign =
            |urn: &Option<String>| urn.clone().filter(|urn| !is_core(urn)).map(|urn| urn.to_lowercase());
        let either =
            |one: Option<String>, other: Option<String>| one.is_none() || other.is_none() || one == other;
        let lower = |text: Option<String>| text.map(|text| text.to_lowercase());
        // A finding's subject has no person's values: which element was written cannot be told by them.
        let masked = subject.filter.as_ref().filter(|filter| filter.to_string().contains('…'));
        let same_attributes = masked.zip(path.filter.as_ref()).is_some_and(|(masked, filter)| {
            let names = |filter: &Filter| -> Vec<String> {
                filter.attributes().iter().map(|path| path.to_string().to_lowercase()).collect()
            };
            names(masked) == names(filter)
        });
        // Jobs of 2018 name the extension's attributes without its URN.
        let without_urn = path.schema.is_none() && !path.attribute.is_empty();
        (without_urn || foreign(&path.schema) == foreign(&subject.schema))
            && (path.attribute.is_empty()
                || same_name(&path.attribute, &subject.attribute)
                    && either(lower(path.sub.clone()), lower(subject.sub.clone()))
                    && (same_attributes || either(filter_text(&path), filter_text(subject))))
    }

    /// What it has to do with an attribute that it does not write.
    fn beside(&self, subject: &PatchPath) -> Vec<Feature> {
        let Some(Ok(path)) = self.path.map(str::parse::<PatchPath>) else { return Vec::new() };
        if !same_name(&path.attribute, &subject.attribute) {
            return Vec::new();
        }
        let (one, other) = (filter_text(&path), filter_text(subject));
        let same = one.is_none() || other.is_none() || one == other;
        let element = same.then_some(BESIDE_IN_ELEMENT);
        let phrases = [Some(BESIDE_IN_ATTRIBUTE), element];
        phrases.into_iter().flatten().map(|phrase| Feature::new(Dimension::State, phrase)).collect()
    }

    /// The attribute, with the values of its filter left out.
    fn attribute(&self) -> String {
        match self.path.map(|path| (path, path.parse::<PatchPath>())) {
            Some((_, Ok(parsed))) if parsed.filter.is_some() => parsed.attribute_path().to_string(),
            Some((path, _)) => path.to_owned(),
            None => "the resource".to_owned(),
        }
    }

    fn features(&self) -> Vec<Feature> {
        let spelled = match self.op.chars().next().is_some_and(char::is_uppercase) {
            true => "with a capital letter in `op`",
            false => "with a lower-case `op`",
        };
        let mut features = vec![
            Feature::new(Dimension::Spelling, spelled),
            Feature::new(Dimension::Verb, format!("with {}", self.op.to_lowercase())),
            Feature::new(Dimension::Value, value_form(self.value)),
        ];
        if let Some(flag) = self.value.and_then(super::reading::flag) {
            features.push(Feature::new(Dimension::Value, if flag { "with true" } else { "with false" }));
        }
        if self.value.and_then(wrapped).is_some() {
            features.push(Feature::new(Dimension::Value, "with a value in the form of 2018"));
        }
        if self.is_key {
            features.push(Feature::new(Dimension::Path, "without a path"));
        }
        match self.path.map(|path| (path, path_form(path))) {
            Some((path, _)) if self.is_key && path.contains(['.', ':', '[']) => {
                features.push(Feature::new(Dimension::Path, "with a path as key"));
            }
            Some((_, form)) if !self.is_key => features.push(Feature::new(Dimension::Path, form)),
            _ => {}
        }
        features
    }
}

/// The filter of a path without regard to letter case.
fn filter_text(path: &PatchPath) -> Option<String> {
    path.filter.as_ref().map(|filter| filter.to_string().to_lowercase())
}

fn is_core(urn: &str) -> bool {
    [ResourceKind::User, ResourceKind::Group].iter().any(|kind| same_name(urn, kind.schema()))
}

fn path_form(path: &str) -> &'static str {
    let Ok(parsed) = path.parse::<PatchPath>() else { return "with an unusual path" };
    match (&parsed.filter, &parsed.schema, &parsed.sub) {
        (Some(_), ..) => "with a value path",
        (None, Some(urn), _) if !is_core(urn) => "with a URN in the path",
        (None, Some(_), _) => "with the URN of the core schema in the path",
        (None, None, Some(_)) => "with a sub-attribute in the path",
        (None, None, None) => "with a plain path",
    }
}

fn value_form(value: Option<&Value>) -> &'static str {
    match value {
        None => "without a value",
        Some(Value::Null) => "with null",
        Some(Value::Bool(_)) => "with a boolean",
        Some(Value::Number(_)) => "with a number",
        Some(Value::String(text)) if text.is_empty() => "with an empty text",
        Some(Value::String(text)) if ["true", "false"].iter().any(|flag| same_name(flag, text)) => {
            "with a boolean as text"
        }
        Some(Value::String(_)) => "with a text",
        Some(Value::Array(items)) if items.is_empty() => "with an empty list",
        Some(Value::Array(items)) if items.len() > 1 => "with a list of several",
        Some(Value::Array(_)) => "with a list of one",
        Some(Value::Object(_)) => "with an object",
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::rules::scenario_run::{answer, patch};
    use serde_json::json;

    fn phrases(operations: Value, subject: &str) -> Vec<String> {
        let request = patch("/Users/1", operations);
        let done = Ok(answer(204, &Value::Null));
        let exchange = Exchange::new(0, SystemTime::UNIX_EPOCH, String::new(), request, done);
        Write::of(&exchange).of_value(subject, "x").into_iter().map(|feature| feature.phrase).collect()
    }

    fn has(phrases: &[String], phrase: &str) -> bool {
        phrases.iter().any(|other| other == phrase)
    }

    #[test]
    fn of_several_values_the_one_that_is_written_counts() {
        let operations = json!([
            {"op": "Replace", "path": "active", "value": "False"},
            {"op": "replace", "value": {"title": "x", "name.familyName": "y"}}
        ]);
        let active = phrases(operations.clone(), "active");
        for phrase in
            ["with a plain path", "with a boolean as text", "with false", "with a capital letter in `op`"]
        {
            assert!(has(&active, phrase), "{phrase}: {active:?}");
        }
        assert!(!has(&active, "that are not the first") && !has(&active, "without a path"), "{active:?}");
        let name = phrases(operations, "name.familyName");
        for phrase in ["without a path", "with a path as key", "that are not the first", "of name"] {
            assert!(has(&name, phrase), "{phrase}: {name:?}");
        }
    }

    #[test]
    fn what_is_written_later_may_undo_it() {
        let operations = json!([
            {"op": "add", "path": "name.givenName", "value": "x"},
            {"op": "add", "path": "name.familyName", "value": "y"},
            {"op": "add", "path": "title", "value": "z"},
        ]);
        let given = phrases(operations.clone(), "name.givenName");
        assert!(has(&given, BESIDE) && has(&given, BESIDE_IN_ELEMENT), "{given:?}");
        let family = phrases(operations.clone(), "name.familyName");
        assert!(has(&family, BESIDE) && !has(&family, BESIDE_IN_ELEMENT), "{family:?}");
        let title = phrases(operations, "title");
        assert!(!has(&title, BESIDE), "{title:?}");
    }

    #[test]
    fn an_element_whose_values_are_masked_is_the_one_that_was_written() {
        let operations = json!([{"op": "remove", "path": "members[value eq \"7\"]"}]);
        let masked = phrases(operations.clone(), "members[value eq \"…\"]");
        assert!(has(&masked, "with remove"), "{masked:?}");
        let other = phrases(operations, "members[type eq \"…\"]");
        assert!(!has(&other, "with remove"), "{other:?}");
    }

    #[test]
    fn the_path_has_its_form_and_the_value_what_wraps_it() {
        let urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        let department = format!("{urn}:department");
        let wrapped = json!([{"$ref": null, "value": "Legal"}]);
        let told = phrases(json!([{"op": "add", "path": department, "value": wrapped}]), &department);
        for phrase in ["with a URN in the path", "with a value in the form of 2018"] {
            assert!(has(&told, phrase), "{phrase}: {told:?}");
        }
        assert!(has(&told, &format!("of {urn}")), "{told:?}");
        let path = r#"emails[type eq "work"].value"#;
        let told = phrases(json!([{"op": "add", "path": path, "value": "x"}]), path);
        assert!(has(&told, "with a value path") && has(&told, "of an element of a list"), "{told:?}");
        let other =
            phrases(json!([{"op": "add", "path": path, "value": "x"}]), r#"emails[type eq "home"].value"#);
        assert!(!has(&other, "with a value path"), "another element: {other:?}");
    }
}
