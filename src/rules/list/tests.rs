use super::*;
use crate::rules::scenario_run::{ScenarioRun, ada, list, user, with};
use serde_json::json;

const BY_NAME: &str = r#"/Users?filter=userName eq "ada@example.com""#;

fn queried(path: &str, body: Value) -> ScenarioRun {
    let mut scenario_run = ScenarioRun::published();
    scenario_run.get(path, 200, body);
    scenario_run
}

fn one() -> Value {
    list(vec![ada(json!({}))])
}

#[test]
fn lists_that_rfc_and_microsoft_print_are_right() {
    for (path, body) in [
        (BY_NAME, one()),
        (BY_NAME, list(vec![])),
        (BY_NAME, with(list(vec![]), json!({"Resources": null}))),
        (BY_NAME, with(one(), json!({"startIndex": null, "itemsPerPage": null}))),
        (BY_NAME, with(list(vec![]), json!({"itemsPerPage": 20}))),
        ("/Users?count=0", with(list(vec![]), json!({"totalResults": 5}))),
        ("/Users?count=0", with(list(vec![]), json!({"totalResults": 5, "Resources": null}))),
        (
            "/Users?startIndex=3&count=2",
            with(list(vec![user("3"), user("4")]), json!({"totalResults": 9, "startIndex": 3})),
        ),
        ("/Users?startIndex=10&count=2", with(list(vec![]), json!({"totalResults": 9, "startIndex": 10}))),
    ] {
        queried(path, body).is_right();
    }
}

#[test]
fn what_is_no_list_is_found() {
    queried(BY_NAME, ada(json!({}))).finds("list-without-members", 1, Level::Error);
    queried(BY_NAME, with(one(), json!({"schemas": null}))).finds("list-schema-missing", 1, Level::Warning);
    queried("/Schemas", json!({"id": "x"})).finds("list-without-members", 1, Level::Error);
}

#[test]
fn an_empty_list_is_no_null() {
    for (path, total) in [(BY_NAME, 0), ("/Users?count=0", 5)] {
        let mut empty = with(list(vec![]), json!({"totalResults": total}));
        empty["Resources"] = Value::Null;
        queried(path, empty).finds("resources-null", 1, Level::Warning);
        queried(path, with(list(vec![]), json!({"totalResults": total}))).finds(
            "resources-null",
            0,
            Level::Warning,
        );
    }
}

#[test]
fn total_results_is_a_number() {
    for wrong in [json!("1"), json!(-1), json!(1.5), Value::Null] {
        queried(BY_NAME, with(one(), json!({"totalResults": wrong}))).finds(
            "total-results-not-a-number",
            1,
            Level::Error,
        );
    }
    queried(BY_NAME, one()).finds("total-results-not-a-number", 0, Level::Error);
}

#[test]
fn resources_is_an_array_of_objects() {
    queried(BY_NAME, with(one(), json!({"Resources": ada(json!({}))}))).finds(
        "resources-not-an-array",
        1,
        Level::Error,
    );
    queried(BY_NAME, with(one(), json!({"Resources": ["1"]}))).finds(
        "resources-not-an-array",
        1,
        Level::Error,
    );
    let lower = with(one(), json!({"Resources": null, "resources": [ada(json!({}))]}));
    queried(BY_NAME, lower).finds("resources-not-an-array", 1, Level::Error);
}

#[test]
fn a_count_without_resources_is_found() {
    queried(BY_NAME, with(one(), json!({"Resources": []}))).finds("resources-missing", 1, Level::Error);
    queried(BY_NAME, with(one(), json!({"Resources": null}))).finds("resources-missing", 1, Level::Error);
}

#[test]
fn a_total_that_counts_the_page_is_found() {
    let page = |start: u64, total: u64| {
        with(list(vec![user("8"), user("9")]), json!({"totalResults": total, "startIndex": start}))
    };
    queried("/Users?startIndex=1&count=2", page(1, 1)).finds("total-results-too-small", 1, Level::Error);
    queried("/Users?startIndex=2&count=2", page(2, 2)).finds("total-results-too-small", 1, Level::Error);
    queried("/Users?startIndex=2&count=2", page(2, 3)).is_right();
}

#[test]
fn a_total_without_the_filter_is_found() {
    queried(BY_NAME, with(one(), json!({"totalResults": 7}))).finds(
        "total-results-not-filtered",
        1,
        Level::Warning,
    );
    queried("/Users?count=1", with(one(), json!({"totalResults": 7}))).is_right();
}

#[test]
fn items_per_page_counts_the_page() {
    queried(BY_NAME, with(one(), json!({"itemsPerPage": 20}))).finds(
        "items-per-page-differs",
        1,
        Level::Warning,
    );
    queried(BY_NAME, with(one(), json!({"itemsPerPage": "1"}))).finds(
        "items-per-page-differs",
        1,
        Level::Warning,
    );
}

#[test]
fn a_resource_stands_once_in_a_list() {
    queried("/Users", list(vec![user("1"), user("1")])).finds("resource-twice-in-list", 1, Level::Error);
    queried("/Users", list(vec![user("1"), user("2")])).is_right();
}

#[test]
fn no_list_is_longer_than_the_server_says() {
    let limited = |most: u64, size: usize| {
        let users = (0..size).map(|number| user(&number.to_string())).collect();
        let mut scenario_run = ScenarioRun::published()
            .publishing(|discovery| discovery.config = Some(json!({"filter": {"maxResults": most}})));
        scenario_run.get("/Users", 200, list(users));
        scenario_run
    };
    limited(2, 3).finds("max-results-exceeded", 1, Level::Note);
    limited(2, 2).is_right();
    limited(0, 3).is_right();
}
