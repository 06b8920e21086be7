//! `expect-answer`: what the last raw request must have been answered.

use std::sync::Arc;

use indexmap::IndexSet;
use serde_json::Value;

use super::template;
use super::template::{NameLookup, TemplatePlace, TemplateProblem};
use crate::check::{About, Aspect, Finding, Level};
use crate::run::observer::reader;
use crate::scenario::AnswerExpectation;
use crate::scim::{Filter, PatchPath, urn};
use crate::wire::{Broken, Exchange, Operation};

/// Longest part of a body that is shown in a finding, in characters.
const SHOWN: usize = 200;

/// A note, if the target says that it does not have what is asked for.
pub(super) fn missing(
    expectation: &AnswerExpectation,
    exchange: &Arc<Exchange>,
    about: &About,
) -> Option<Finding> {
    let status = exchange.answer()?.status;
    expectation.or_missing.contains(&status).then(|| {
        let message = format!("{} returns {status}: the server does not support it", place(exchange));
        Finding::of(about, message)
            .at(Level::Note)
            .about(Aspect::Answer)
            .against(statuses(expectation), answered(exchange))
            .shown_by(exchange)
    })
}

/// Judges one answer. A wrong status is one finding; what else is wrong then follows from it.
///
/// # Errors
/// [`TemplateProblem`] when the expectation names something that does not exist.
pub(in crate::run) fn judge(
    expectation: &AnswerExpectation,
    exchange: &Arc<Exchange>,
    about: &About,
    lookup: NameLookup<'_>,
) -> Result<Vec<Finding>, TemplateProblem> {
    let what = place(exchange);
    let find = |message: String, expected: String, actual: String| {
        Finding::of(about, message).against(expected, actual).shown_by(exchange)
    };
    let answer = match &exchange.outcome {
        Ok(answer) => answer,
        // Whether it would have been refused is not known.
        Err(
            Broken::Interrupted
            | Broken::Unjournalled(_)
            | Broken::Withheld(_)
            | Broken::Unproven(_)
            | Broken::Unrefused(_),
        ) => {
            return Ok(Vec::new());
        }
        Err(broken) => {
            let message = format!("{what} got no answer: {broken}");
            let finding = find(message, statuses(expectation), broken.to_string());
            // Without an answer nothing was given away.
            return Ok(vec![finding.about(Aspect::Answer).at(about.level.min(Level::Error))]);
        }
    };
    if expectation.or_refused.contains(&answer.status) {
        return Ok(Vec::new());
    }
    let right = match expectation.status.as_slice() {
        [] => answer.is_success(),
        accepted => accepted.contains(&answer.status),
    };
    if !right {
        let expected = statuses(expectation);
        let said = answer.body.json().and_then(|body| reader::member(body, "detail")).and_then(Value::as_str);
        // Quotes mark what belongs to one answer, so that one cause is told once.
        let said = said.map(|said| format!(" (\"{}\")", cut(&said.replace('"', "'")))).unwrap_or_default();
        let message = format!("{what} returns {}{said}, expected {expected}", answer.status);
        let finding = find(message, expected, answered(exchange)).about(Aspect::Answer);
        // A refusal stands in the log for everybody to see: that is not the silent damage of `critical`.
        let level = if answer.is_success() { about.level } else { about.level.min(Level::Error) };
        return Ok(vec![finding.at(level)]);
    }
    let mut findings = Vec::new();
    let nothing = Value::Null;
    let body = answer.body.json().unwrap_or(&nothing);
    let mut counted = true;
    // Which resources a filter finds, or what they hold.
    let aspect_of = |place: &str| match exchange.operation {
        _ if attribute(place).split('.').next() == Some("members") => Aspect::Members,
        Operation::Query { filter: Some(_), .. } if !is_within_a_resource(place) => Aspect::Lookup,
        _ => Aspect::Value,
    };
    for (place, expected) in &expectation.body {
        // Of a list of the wrong length nothing more need be said.
        if !counted && place.trim_start_matches('/').starts_with("Resources") {
            continue;
        }
        let expected = template::json(expected, lookup)?;
        let held = at(body, place);
        let compare = |case_exact| match (&expected, held.as_slice()) {
            (Value::Null, held) => held.is_empty(),
            (expected, [held]) => reader::same(expected, held, case_exact),
            (expected @ Value::Array(_), held) => {
                let held = held.iter().map(|v| (*v).clone()).collect();
                reader::same(expected, &Value::Array(held), case_exact)
            }
            _ => false,
        };
        let same = compare(true);
        // Names that come back in another letter case are the same names; ids are not.
        let by_case = !place.ends_with("id") && compare(false);
        if !same {
            counted &= place != "totalResults";
            let (expected, actual) = (shown(&[&expected]), shown(&held));
            let message = format!("the response to {what} has {actual} in {place}, expected {expected}");
            let finding =
                find(message, expected, actual).concerning(attribute(place)).about(aspect_of(place));
            findings.push(if by_case { finding.at(Level::Note) } else { finding });
        }
    }
    for (name, expected) in &expectation.headers {
        let expected = template::text(expected, TemplatePlace::Plain, lookup)?;
        let actual = answer.header(&name.to_ascii_lowercase());
        if !actual.is_some_and(|actual| is_header(name, &expected, actual)) {
            let actual = actual.unwrap_or("none");
            let message = format!(
                "the response to {what} has the header {name}: {actual}, expected \
                                   {expected}"
            );
            findings.push(find(message, expected, actual.to_owned()).concerning(name.as_str()));
        }
    }
    for place in &expectation.present {
        if at(body, place).iter().all(|value| is_empty(value)) {
            let message = format!("the response to {what} has no {place}");
            let finding = find(message, format!("a value in {place}"), "nothing".to_owned());
            findings.push(finding.concerning(attribute(place)).about(aspect_of(place)));
        }
    }
    for place in &expectation.empty {
        let held: Vec<&Value> = at(body, place).into_iter().filter(|value| !is_empty(value)).collect();
        if !held.is_empty() {
            let actual = shown(&held);
            let message = format!("the response to {what} has {actual} in {place}, expected nothing");
            let finding = find(message, "nothing".to_owned(), actual);
            findings.push(finding.concerning(attribute(place)).about(aspect_of(place)));
        }
    }
    for (place, wrong) in &expectation.unlike {
        let wrong = template::json(wrong, lookup)?;
        if at(body, place).iter().any(|held| reader::same(&wrong, held, true)) {
            let wrong = shown(&[&wrong]);
            let message = format!("the response to {what} has {wrong} in {place}, which is not allowed here");
            findings.push(find(message, format!("anything but {wrong}"), wrong).concerning(place.as_str()));
        }
    }
    for (place, name) in &expectation.unchanged_since {
        let earlier = template::json(&Value::String(format!("{{{{{name}}}}}")), lookup)?;
        let (before, now) = (at(&earlier, place), at(body, place));
        if !before.is_empty() && before != now {
            let (before, now) = (shown(&before), shown(&now));
            let message = format!("the response to {what} has {now} in {place}, which was {before} before");
            findings.push(find(message, before, now).concerning(attribute(place)).about(aspect_of(place)));
        }
    }
    findings.extend(misplaced(expectation, body, lookup)?.map(|message| {
        let (expected, actual) = ("the requested order", "another order");
        find(message, expected.to_owned(), actual.to_owned()).concerning("order")
    }));
    if let Some(expected) = &expectation.scim_type {
        let actual = reader::member(body, "scimType").and_then(Value::as_str);
        // An error body of another kind has no keyword, and a rule says what it is.
        let is_of_another_kind = actual.is_none() && !is_error_message(body);
        if !is_of_another_kind && actual.is_none_or(|actual| !actual.eq_ignore_ascii_case(expected)) {
            // RFC 7644 table 9 names the keyword; only for these two does Entra or its gallery look at it.
            let asked =
                ["uniqueness", "invalidFilter"].iter().any(|name| name.eq_ignore_ascii_case(expected));
            let actual = actual.unwrap_or("no scimType");
            let message = format!("the error response to {what} has {actual}, expected scimType {expected}");
            findings.push(
                find(message, format!("scimType {expected}"), actual.to_owned())
                    .concerning("scimType")
                    .at(if asked { Level::Warning.min(about.level) } else { Level::Note }),
            );
        }
    }
    Ok(findings)
}

/// True for a body that says that it is a SCIM error message (RFC 7644 §3.12).
fn is_error_message(body: &Value) -> bool {
    let schemas = reader::member(body, "schemas").and_then(Value::as_array);
    schemas.is_some_and(|schemas| schemas.iter().any(|schema| schema.as_str() == Some(urn::ERROR)))
}

/// What is wrong with the order of a list, if something is: a resource that is not on it has no place.
fn misplaced(
    expectation: &AnswerExpectation,
    body: &Value,
    lookup: NameLookup<'_>,
) -> Result<Option<String>, TemplateProblem> {
    let resources =
        reader::member(body, "Resources").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut places = Vec::new();
    for name in &expectation.order {
        let id = template::json(&Value::String(format!("{{{{{name}.id}}}}")), lookup)?;
        let place = resources.iter().position(|resource| reader::member(resource, "id") == Some(&id));
        places.extend(place.map(|place| (place, name)));
    }
    let wrong = places.windows(2).find(|pair| pair[0].0 > pair[1].0);
    Ok(wrong.map(|pair| format!("the list returns {} after {}", pair[0].1, pair[1].1)))
}

/// The values at a JSON pointer (RFC 6901) or an attribute path.
fn at<'a>(body: &'a Value, place: &str) -> Vec<&'a Value> {
    if place.starts_with('/') {
        return body.pointer(place).filter(|value| !value.is_null()).into_iter().collect();
    }
    match place.parse::<PatchPath>() {
        Ok(path) => reader::values(body, &path),
        Err(_) => reader::member(body, place).into_iter().collect(),
    }
}

/// Whether a header has the value that is expected: any for `present`, the media type of a Content-Type.
fn is_header(name: &str, expected: &str, actual: &str) -> bool {
    let media_type = |value: &str| value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    expected == "present"
        || match name.eq_ignore_ascii_case("content-type") {
            true => media_type(expected) == media_type(actual),
            false => expected == actual,
        }
}

/// True for the place of an attribute in a resource of a list.
fn is_within_a_resource(place: &str) -> bool {
    let rest = place.strip_prefix("/Resources/").and_then(|rest| rest.split_once('/'));
    rest.is_some_and(|(_, rest)| rest != "id")
}

/// The attribute at a place of an answer: that of a resource, wherever the resource stands.
fn attribute(place: &str) -> String {
    let within = place.strip_prefix("/Resources/").and_then(|rest| Some(rest.split_once('/')?.1));
    match (within, place.strip_prefix('/')) {
        (Some(rest), _) | (None, Some(rest)) => rest.replace('/', "."),
        (None, None) => place.to_owned(),
    }
}

/// True for null, for a text, list or object without anything in it, and for an object of such members.
pub(in crate::run) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.iter().all(is_empty),
        Value::Object(members) => members.values().all(is_empty),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn statuses(expectation: &AnswerExpectation) -> String {
    let accepted = if expectation.status.is_empty() { vec!["a 2xx status".to_owned()] } else { Vec::new() };
    let numbers = expectation.status.iter().chain(&expectation.or_refused).map(u16::to_string);
    accepted.into_iter().chain(numbers).collect::<Vec<_>>().join(" or ")
}

/// Status and the beginning of the body.
pub(in crate::run) fn answered(exchange: &Exchange) -> String {
    match &exchange.outcome {
        Err(broken) => broken.to_string(),
        Ok(answer) if answer.body.is_empty() => format!("{} without a body", answer.status),
        Ok(answer) => format!("{} {}", answer.status, cut(&answer.body.text())),
    }
}

/// Method and place of a request without anybody's ids and values: `GET /Users with a filter on userName`.
pub(in crate::run) fn place(exchange: &Exchange) -> String {
    let method = exchange.request.method.as_str();
    match &exchange.operation {
        Operation::Query { kind, filter: Some(filter), .. } => match filter.parse::<Filter>() {
            Ok(filter) => {
                let attributes: IndexSet<String> =
                    filter.attributes().into_iter().map(ToString::to_string).collect();
                let attributes: Vec<String> = attributes.into_iter().collect();
                format!("{method} {} with a filter on {}", kind.endpoint(), attributes.join(" and "))
            }
            Err(_) => format!("{method} {} with a filter", kind.endpoint()),
        },
        operation => match (operation.kind(), operation.id()) {
            (Some(kind), Some(_)) => format!("{method} {}/{{id}}", kind.endpoint()),
            (Some(kind), None) => format!("{method} {}", kind.endpoint()),
            (None, _) => format!("{method} {}", exchange.request.path),
        },
    }
}

/// Values as JSON; nothing is called so.
pub(in crate::run) fn shown(values: &[&Value]) -> String {
    match values {
        [] | [Value::Null] => "nothing".to_owned(),
        [single] => cut(&single.to_string()),
        several => {
            let several: Vec<String> = several.iter().map(ToString::to_string).collect();
            cut(&several.join(" and "))
        }
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::observer::testing;
    use crate::wire::Answer;
    use serde_json::json;

    fn messages(expectation: &AnswerExpectation, status: u16, body: &Value) -> Vec<(Level, String)> {
        let exchange = Arc::new(testing::exchange(Ok(Answer::json(status, body))));
        let about = crate::scenario::testing::scenario("cycles/x").about;
        let lookup = |name: &str| (name == "ada.id").then(|| json!("7"));
        let findings = judge(expectation, &exchange, &about, &lookup).unwrap();
        findings.into_iter().map(|finding| (finding.level, finding.message)).collect()
    }

    #[test]
    fn a_wrong_status_is_one_finding_and_nothing_more() {
        let mut expectation = AnswerExpectation { status: vec![409], ..AnswerExpectation::default() };
        expectation.body.insert("id".into(), json!("7"));
        expectation.scim_type = Some("uniqueness".into());
        let found = messages(&expectation, 201, &json!({"id": "8"}));
        assert_eq!(found, [(Level::Error, "GET /Users returns 201, expected 409".into())]);
        let refusal = json!({"detail": "\"title\" is unknown"});
        let told = &messages(&expectation, 400, &refusal)[0].1;
        assert_eq!(told, "GET /Users returns 400 (\"'title' is unknown\"), expected 409");
        assert_eq!(messages(&AnswerExpectation::default(), 404, &json!({})).len(), 1);
        assert!(messages(&AnswerExpectation::default(), 204, &json!({})).is_empty());
    }

    #[test]
    fn what_is_not_done_may_be_refused() {
        let mut expectation =
            AnswerExpectation { or_refused: vec![400, 501], ..AnswerExpectation::default() };
        expectation.body.insert("id".into(), json!("7"));
        expectation.scim_type = Some("uniqueness".into());
        for status in [400, 501] {
            assert!(messages(&expectation, status, &json!({"id": "8"})).is_empty());
        }
        assert_eq!(
            messages(&expectation, 200, &json!({"id": "8"}))[0].1,
            "the response to GET /Users has \"8\" in id, expected \"7\""
        );
        let told = &messages(&expectation, 403, &json!({}))[0].1;
        assert_eq!(told, "GET /Users returns 403, expected a 2xx status or 400 or 501");
    }

    #[test]
    fn values_are_found_by_pointer_and_by_path_and_null_means_absent() {
        let mut expectation = AnswerExpectation::default();
        for (place, value) in [
            ("/Resources/0", json!(null)),
            ("totalResults", json!(0)),
            ("name.givenName", json!("Ada")),
            ("id", json!("{{ada.id}}")),
        ] {
            expectation.body.insert(place.into(), value);
        }
        let right = json!({"Resources": [], "TotalResults": 0, "name": {"givenName": "Ada"}, "id": "7"});
        assert!(messages(&expectation, 200, &right).is_empty());
        let wrong = json!({"Resources": [1], "totalResults": "0", "id": 7});
        assert_eq!(messages(&expectation, 200, &wrong).len(), 4);
    }

    #[test]
    fn another_letter_case_is_mild_but_for_ids() {
        let expect = |place: &str| AnswerExpectation {
            body: [(place.to_owned(), json!("Ada"))].into(),
            ..AnswerExpectation::default()
        };
        let held = json!({"displayName": "ADA", "id": "ADA"});
        let levels = |place: &str| messages(&expect(place), 200, &held).into_iter().map(|(level, _)| level);
        assert!(levels("displayName").eq([Level::Note]));
        assert!(levels("id").eq([Level::Error]));
    }

    #[test]
    fn what_a_list_of_the_wrong_length_holds_is_not_told() {
        let mut expectation = AnswerExpectation::default();
        expectation.body.insert("totalResults".into(), json!(1));
        expectation.body.insert("/Resources/0/id".into(), json!("7"));
        assert_eq!(messages(&expectation, 200, &json!({"totalResults": 0, "Resources": []})).len(), 1);
        assert_eq!(messages(&expectation, 200, &json!({"totalResults": 1, "Resources": []})).len(), 1);
    }

    #[test]
    fn headers_are_compared_and_of_a_content_type_the_media_type() {
        let messages = |name: &str, value: &str| {
            let headers = [(name.to_owned(), value.to_owned())].into();
            let expectation = AnswerExpectation { headers, ..AnswerExpectation::default() };
            messages(&expectation, 200, &json!({})).len()
        };
        assert_eq!(messages("Content-Type", "Application/scim+json; charset=utf-8"), 0);
        assert_eq!(messages("content-type", "present"), 0);
        assert_eq!(messages("Content-Type", "application/json"), 1);
        assert_eq!(messages("Location", "present"), 1);
    }

    #[test]
    fn what_an_earlier_answer_had_is_compared() {
        let mut expectation = AnswerExpectation::default();
        for place in ["meta.lastModified", "title"] {
            expectation.unchanged_since.insert(place.into(), "ada.id".into());
        }
        // The test's only name stands for a text, which has no members: nothing is compared.
        assert!(messages(&expectation, 200, &json!({"title": "x"})).is_empty());
        let exchange = Arc::new(testing::exchange(Ok(Answer::json(200, &json!({"title": "x"})))));
        let about = crate::scenario::testing::scenario("cycles/x").about;
        let earlier = |title: &str| {
            let earlier = json!({ "title": title });
            judge(&expectation, &exchange, &about, &|_| Some(earlier.clone())).unwrap().len()
        };
        assert_eq!((earlier("x"), earlier("y")), (0, 1));
    }

    #[test]
    fn a_missing_keyword_is_mild() {
        let expect = |keyword: &str| AnswerExpectation {
            status: vec![409],
            scim_type: Some(keyword.into()),
            ..AnswerExpectation::default()
        };
        let levels = |keyword: &str, body: &Value| {
            messages(&expect(keyword), 409, body).into_iter().map(|(level, _)| level).collect::<Vec<_>>()
        };
        let without = json!({"schemas": [urn::ERROR]});
        assert_eq!(levels("uniqueness", &without), [Level::Warning]);
        assert_eq!(levels("invalidValue", &without), [Level::Note]);
        assert!(levels("uniqueness", &json!({"status": "409", "error": "taken"})).is_empty());
        assert_eq!(levels("mutability", &json!({"scimType": "other"})), [Level::Note]);
        assert!(levels("uniqueness", &json!({"scimType": "Uniqueness"})).is_empty());
    }
}
