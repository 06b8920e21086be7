//! The rules from outside: what they say of themselves, and that the answers Microsoft prints pass.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use scimulate::check::{Finding, Level};
use scimulate::rules;
use scimulate::scim::discovery::Discovery;
use scimulate::scim::schema::SchemaSet;
use scimulate::server::Fault;
use scimulate::wire::{Actor, Answer, Body, Exchange, Request};
use serde_json::Value;

#[test]
fn every_rule_documents_itself_and_names_a_fault_it_catches() {
    let mut ids = BTreeSet::new();
    for rule in rules::all() {
        let about = rule.about();
        let id = &about.id;
        assert!(ids.insert(id.clone()), "{id} stands twice");
        let name = id.strip_prefix("rules/").unwrap_or_else(|| panic!("{id} is no rule's id"));
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{id}");
        for (field, text) in
            [("what", &about.what), ("why", &about.why), ("fix", &about.fix), ("entra", &about.entra)]
        {
            assert!(text.trim().len() > 5, "{id} says nothing under {field}");
            assert!(text.trim_end().ends_with(['.', '"']), "{id}: {field} is no sentence");
            assert!(!text.contains("  "), "{id}: {field} has a gap, probably a line end: {text}");
        }
        assert!(!about.title.is_empty() && !about.title.ends_with('.'), "{id}: the title is a headline");
        assert!(!about.refs.is_empty(), "{id} has no reference");
        assert!(!about.faults.is_empty(), "{id} names no fault");
        for fault in &about.faults {
            assert!(
                fault.parse::<Fault>().is_ok(),
                "{id} names the fault {fault}, which the server does not have"
            );
        }
    }
    assert!(ids.len() >= 50, "{} rules", ids.len());
}

/// The answers of `microsoft-answers.json`, each as an exchange of its own.
fn printed_answers() -> Vec<(String, Arc<Exchange>)> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/microsoft-answers.json");
    let file: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let exchanges = file["exchanges"].as_array().unwrap().iter().map(|entry| {
        let asked = &entry["request"];
        let method = asked["method"].as_str().unwrap().parse().unwrap();
        let mut request = Request::new(Actor::Entra, method, asked["path"].as_str().unwrap(), "printed");
        request.query = asked["query"].as_str().map(str::to_owned);
        if !asked["body"].is_null() {
            request = request.with_json(&asked["body"]);
        }
        let body = &entry["answer"]["body"];
        let status = u16::try_from(entry["answer"]["status"].as_u64().unwrap()).unwrap();
        let mut answer = Answer::json(status, body);
        if body.is_null() {
            answer = Answer { headers: Vec::new(), body: Body::default(), ..answer };
        }
        let url = format!("https://scim.example.com/scim{}", request.path_and_query());
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_750_000_000);
        let exchange = Exchange::new(0, at, url, request, Ok(answer));
        (entry["sample"].as_str().unwrap().to_owned(), Arc::new(exchange))
    });
    exchanges.collect()
}

#[test]
fn what_microsoft_prints_is_no_error() {
    let published = Discovery { schemas: SchemaSet::core(), ..Discovery::default() };
    let answers = printed_answers();
    assert!(answers.len() >= 20, "{} answers", answers.len());
    for (sample, exchange) in answers {
        for discovery in [&Discovery::default(), &published] {
            let errors: Vec<Finding> = rules::judge_trace(std::slice::from_ref(&exchange), discovery)
                .into_iter()
                .filter(|finding| finding.level >= Level::Error)
                .collect();
            assert!(errors.is_empty(), "{sample}: {errors:#?}");
        }
    }
}

#[test]
fn a_rule_that_is_switched_off_finds_nothing() {
    let (_, exchange) = printed_answers().into_iter().find(|(sample, _)| sample == "tut-04").unwrap();
    let trace = [exchange];
    let told = |findings: Vec<Finding>| findings.iter().any(|f| f.rule == "rules/items-per-page-differs");
    assert!(told(rules::judge_trace(&trace, &Discovery::default())));
    let without =
        rules::judge(&["rules/items-per-page-differs"], &trace, &Discovery::default(), &Default::default());
    assert!(!told(without.findings));
}
