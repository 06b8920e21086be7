use std::io::Read as _;
use std::sync::Arc;

use flate2::read::GzDecoder;
use serde_json::{Value, json};

use super::*;
use crate::check::Level;
use crate::run::event::ScenarioRunId;
use crate::run::verdict::example;
use crate::wire::{Exchange, Method};

const NOTHING: HtmlSettings<'_> =
    HtmlSettings { verdict: None, abouts: &[], again: " --target http://x/scim" };

fn finished(scenario: &str, trace: Vec<Arc<Exchange>>) -> Event {
    let result =
        crate::run::verdict::report::CheckResult::played(scenario, Some("default"), "t", vec![], None);
    Event::ScenarioFinished {
        scenario_run: ScenarioRunId { scenario: scenario.into(), dialect: "default".into() },
        result: Arc::new(result),
        trace,
    }
}

fn page(report: &Report, settings: &HtmlSettings<'_>, traces: Vec<Vec<Arc<Exchange>>>) -> String {
    let mut html = Html::default();
    for trace in traces {
        html.on(&finished("cycles/disable-unassigned", trace));
    }
    let mut out = Vec::new();
    html.write(report, settings, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// What the page's script opens.
fn data(page: &str) -> Value {
    let (_, rest) = page.split_once("id=\"data\">").unwrap();
    let (text, _) = rest.split_once("</script>").unwrap();
    let bytes = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text).unwrap();
    let mut plain = String::new();
    GzDecoder::new(bytes.as_slice()).read_to_string(&mut plain).unwrap();
    serde_json::from_str(&plain).unwrap()
}

#[test]
fn the_first_screen_says_what_to_fix_first() {
    let page = page(&example::report(), &NOTHING, Vec::new());
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("`{text}` is not in the page"));
    assert!(at("<span class=\"badge\">failed</span> http://127.0.0.1:8080/scim") < at("id=\"first\""));
    assert!(at("Do not connect a production tenant") < at("id=\"first\""));
    let command = "scimulate run cycles/disable-unassigned --target http://x/scim";
    assert!(at("id=\"first\"") < at(command) && at(command) < at("id=\"causes\""));
    assert!(at("id=\"causes\"") < at("<tr data-suite=\"cycles\""));
    assert_eq!(data(&page)["runs"], json!([]));
}

#[test]
fn what_a_server_answers_stays_text() {
    let mut report = example::report();
    let script = "</script><script>alert(1)</script>\"'<img src=x onerror=alert(1)>";
    report.target = format!("http://127.0.0.1/{script}");
    report.checks[0].findings = vec![example::still_active(script)];
    report.left_behind = vec![script.to_owned()];
    let answer = example::answer(200, &json!({"id": script}));
    let trace = vec![example::exchange(Method::Get, "/Users/1", None, answer)];
    let page = page(&report, &NOTHING, vec![trace]);
    assert!(!page.contains("alert(1)</script>") && !page.contains("<img"), "{page}");
    assert_eq!(page.matches("<script").count(), 2, "the data and the page's own script");
    let shown = &data(&page)["runs"][0]["exchanges"][0]["answer"];
    assert_eq!(*shown, json!(json!({"id": script}).to_string()));
}

#[test]
fn nothing_is_loaded_and_no_secret_is_in_it() {
    let body = json!({"userName": "ada"});
    let trace = vec![example::exchange(Method::Post, "/Users", Some(&body), example::answer(201, &body))];
    let page = page(&example::report(), &NOTHING, vec![trace]);
    for loading in ["<link", " src=", "@import", "url(", "fetch(", "import("] {
        assert!(!page.contains(loading), "{loading}");
    }
    assert!(page.contains("default-src 'none'"));
    let data = data(&page).to_string();
    assert!(data.contains("$SCIMULATE_TOKEN"), "{data}");
    assert!(!data.contains("sesame") && !page.contains("sesame"));
}

#[test]
fn an_exchange_has_what_the_sequence_shows() {
    let sent = json!({"userName": "ada"});
    let answer = example::answer(201, &json!({"userName": "ADA"}));
    let trace = vec![example::exchange(Method::Post, "/Users", Some(&sent), answer)];
    let abouts = [example::about("cycles/disable-unassigned", Level::Critical)];
    let settings = HtmlSettings { abouts: &abouts, ..NOTHING };
    let page = page(&example::report(), &settings, vec![trace.clone(), trace]);
    let data = data(&page);
    assert_eq!(data["runs"].as_array().unwrap().len(), 2);
    let run = &data["runs"][0];
    assert_eq!((&run["scenario"], &run["dialect"]), (&json!("cycles/disable-unassigned"), &json!("default")));
    let exchange = &run["exchanges"][0];
    assert_eq!(exchange["status"], "201 Created");
    assert_eq!(
        (&exchange["method"], &exchange["path"], &exchange["ms"]),
        (&json!("POST"), &json!("/Users"), &json!(12.0))
    );
    assert_eq!(exchange["body"], sent.to_string());
    assert!(exchange["curl"].as_str().unwrap().starts_with("curl -i -X POST"));
    assert_eq!(data["abouts"]["cycles/disable-unassigned"]["fix"], "Store a boolean.");
    let check =
        data["checks"].as_array().unwrap().iter().find(|check| check["id"] == "cycles/disable-unassigned");
    let met = &check.unwrap()["findings"][0]["met"][0];
    assert_eq!((&met["begins"], &met["ends"]), (&json!(7), &json!(8)));
    assert!(page.contains("data-sections=\"7643#4.1.1\""), "the table can be filtered by section");
    assert!(page.contains("<th scope=\"row\">POST /Users</th>"), "its time is in the chart");
}

#[test]
fn a_body_of_megabytes_is_cut() {
    let body = json!({"title": "é".repeat(1 << 20)});
    let trace =
        vec![example::exchange(Method::Post, "/Users", Some(&body), example::answer(413, &json!({})))];
    let page = page(&example::report(), &NOTHING, vec![trace]);
    let data = data(&page);
    let shown = data["runs"][0]["exchanges"][0]["body"].as_str().unwrap();
    assert!(
        shown.len() < 70_000 && shown.ends_with("… (2097164 bytes in all)"),
        "{}",
        &shown[shown.len() - 60..]
    );
}

#[test]
fn an_exchange_without_an_answer_says_why() {
    let broken = Err(crate::wire::Broken::Refused("connection refused".into()));
    let page = page(
        &example::report(),
        &NOTHING,
        vec![vec![example::exchange(Method::Get, "/Users", None, broken)]],
    );
    let exchange = &data(&page)["runs"][0]["exchanges"][0];
    assert!(exchange["error"].as_str().unwrap().contains("connection refused"), "{exchange}");
    assert_eq!(exchange.get("status"), None);
}
