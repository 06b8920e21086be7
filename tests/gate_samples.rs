//! Requests of Microsoft's gates against ours: what a test of a gate calls a sample is sent as it was captured or
//! published, but for made-up values. `gate-samples.json` has the samples.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use scimulate::deployments::Embedded;
use scimulate::entra::dialect::Dialect;
use scimulate::entra::mapping::profiles;
use scimulate::run::plan::Plan;
use scimulate::run::play_scenarios;
use scimulate::scenario::{self, Scenario};
use scimulate::wire::{Actor, Request};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    about: String,
    samples: Vec<Sample>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Sample {
    id: String,
    source: String,
    request: Expected,
    /// The sample shows the first operations of more.
    #[serde(default)]
    first_operations: bool,
    /// What else the body holds, in words.
    beside: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    method: String,
    path: String,
    query: Option<String>,
    body: Option<Value>,
}

fn samples() -> BTreeMap<String, Sample> {
    let file: File = serde_json::from_str(include_str!("gate-samples.json")).unwrap();
    assert!(!file.about.is_empty());
    file.samples.into_iter().map(|sample| (sample.id.clone(), sample)).collect()
}

fn naming_samples() -> Vec<(String, Arc<Scenario>)> {
    let all = scenario::builtin().unwrap();
    all.into_iter()
        .filter_map(|scenario| Some((scenario.test.as_ref()?.sample.clone()?, Arc::new(scenario))))
        .collect()
}

/// Everything that one scenario sends.
fn sent(scenario: &Arc<Scenario>) -> Vec<Request> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut plan = Plan::new(vec![Arc::clone(scenario)], profiles::load("default").unwrap(), "gate1".into());
    plan.dialects = vec![Dialect::Default];
    let requests = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&requests);
    plan.judge = Some(Arc::new(move |_, trace, _| {
        let asked = trace.iter().filter(|exchange| exchange.request.actor != Actor::Cleanup);
        heard.lock().unwrap().extend(asked.map(|exchange| exchange.request.clone()));
        Vec::new()
    }));
    play_scenarios(plan, Embedded::default(), runtime.handle(), &mut ()).unwrap();
    requests.lock().unwrap().clone()
}

/// Why a request is not the sample; `None` when it is.
fn difference(sample: &Sample, request: &Request) -> Option<String> {
    let Expected { method, path, query, body } = &sample.request;
    if request.method.as_str() != method {
        return Some(format!("{} and not {method}", request.method.as_str()));
    }
    let is_there = match path.strip_suffix("{id}") {
        Some(before) => {
            request.path.strip_prefix(before).is_some_and(|id| !id.is_empty() && !id.contains('/'))
        }
        None => request.path == *path,
    };
    if !is_there {
        return Some(format!("{} and not {path}", request.path));
    }
    let asked = request.query.clone().unwrap_or_default();
    let digits = |text: &str| text.replace(|letter: char| letter.is_ascii_digit(), "");
    let wanted = query.clone().unwrap_or_default();
    if digits(&asked) != digits(&wanted.replace("{n}", ""))
        || wanted.contains("count=5") != asked.contains("count=5")
    {
        return Some(format!("?{asked} and not ?{wanted}"));
    }
    match (body, request.json()) {
        (None, None) => None,
        (Some(wanted), Some(mut body)) => {
            if sample.first_operations {
                let most = wanted["Operations"].as_array().unwrap().len();
                body["Operations"].as_array_mut().unwrap().truncate(most);
            }
            unlike("", wanted, &body, sample.beside.is_some())
        }
        (wanted, body) => Some(format!("the body {body:?} and not {wanted:?}")),
    }
}

/// The first place where a body has another structure, flag or fixed text than the sample.
fn unlike(place: &str, wanted: &Value, held: &Value, more: bool) -> Option<String> {
    match (wanted, held) {
        (Value::Object(wanted), Value::Object(held)) => {
            let names = |members: &serde_json::Map<String, Value>| -> BTreeSet<String> {
                members.keys().cloned().collect()
            };
            let lacking: Vec<_> = names(wanted).difference(&names(held)).cloned().collect();
            let too_many: Vec<_> = names(held).difference(&names(wanted)).cloned().collect();
            if !lacking.is_empty() || !(too_many.is_empty() || more) {
                return Some(format!("{place}: {lacking:?} are missing, {too_many:?} are too many"));
            }
            wanted
                .iter()
                .find_map(|(name, value)| unlike(&format!("{place}/{name}"), value, &held[name], false))
        }
        (Value::Array(wanted), Value::Array(held)) if wanted.len() == held.len() => {
            let pairs = wanted.iter().zip(held).enumerate();
            pairs
                .into_iter()
                .find_map(|(at, (wanted, held))| unlike(&format!("{place}/{at}"), wanted, held, false))
        }
        (Value::String(text), Value::String(held)) if text == "text" && !held.is_empty() => None,
        (wanted, held) if wanted == held => None,
        (wanted, held) => Some(format!("{place}: {held} and not {wanted}")),
    }
}

#[test]
fn what_names_a_sample_sends_it() {
    let (samples, mut wrong) = (samples(), Vec::new());
    for (id, scenario) in naming_samples() {
        let sample = &samples[&id];
        let requests = sent(&scenario);
        let differences: Vec<_> = requests.iter().map(|request| difference(sample, request)).collect();
        if differences.iter().all(Option::is_some) {
            wrong.push(format!("{} ({}): {differences:#?}", scenario.about.id, sample.source));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_sample_is_named() {
    let named: BTreeSet<String> = naming_samples().into_iter().map(|(sample, _)| sample).collect();
    assert_eq!(named, samples().into_keys().collect());
}

#[test]
fn a_body_of_the_provisioning_service_is_not_that_of_the_validator() {
    let samples = samples();
    let group = serde_json::json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "externalId": "1", "displayName": "Team", "members": [], "meta": {"resourceType": "Group"},
    });
    let request =
        Request::new(Actor::Probe, scimulate::wire::Method::Post, "/Groups", "create").with_json(&group);
    let told = difference(&samples["val-02-group-create"], &request).unwrap();
    assert_eq!(told, r#": [] are missing, ["members", "meta"] are too many"#);
}

/// Every list of objects in the null create has `primary` true on its first element alone.
#[test]
fn the_null_create_marks_the_first_element_of_each_list() {
    let (_, scenario) = naming_samples()
        .into_iter()
        .find(|(_, scenario)| scenario.about.id == "gallery/null-update")
        .unwrap();
    let requests = sent(&scenario);
    let create = requests.iter().find(|request| request.path == "/Users").unwrap().json().unwrap();
    let lists = create.as_object().unwrap().values().filter_map(Value::as_array);
    let flags: Vec<Vec<&Value>> = lists
        .filter(|list| list.iter().all(Value::is_object))
        .map(|list| list.iter().map(|element| &element["primary"]).collect())
        .collect();
    assert_eq!(flags.len(), 3, "{create:#}");
    for list in flags {
        assert!(list.iter().enumerate().all(|(at, flag)| **flag == Value::Bool(at == 0)), "{create:#}");
    }
}
