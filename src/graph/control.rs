//! `/_scimulate`: what a test wants of a tenant and Graph does not have: a cycle now, another clock, a clean slate.

use std::str::FromStr;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header};
use jiff::{SignedDuration, Span, Timestamp};
use serde_json::{Map, Value, json};

use super::reply::GraphError;
use crate::entra::directory_file;
use crate::report::har::Har;
use crate::tenant::{Drift, DriftVerdict, Execution, LiveTenant, TenantError};

/// JSON with a status.
pub(super) fn json(status: u16, value: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(value.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Every address, with what it does.
const ADDRESSES: &[(&str, &str, &str)] = &[
    (
        "POST",
        "/_scimulate/cycle",
        "Plays a cycle now and waits for its end; ?application=ID for one application.",
    ),
    ("POST", "/_scimulate/reset", "Everything is gone: people, applications, jobs, logs."),
    ("POST", "/_scimulate/checkpoint", "Keeps everything under ?name=NAME, as long as the program runs."),
    ("POST", "/_scimulate/restore", "Brings back what was kept under ?name=NAME."),
    ("GET", "/_scimulate/clock", "The time in the tenant."),
    (
        "PUT",
        "/_scimulate/clock",
        r#"{"now": "2026-01-01T00:00:00Z"} stops it, {"now": null} lets it go on, {"forward": "P30D"} moves it."#,
    ),
    (
        "PUT",
        "/_scimulate/ids",
        r#"{"from": 0} counts ids, so that two runs get the same; {"from": null} makes them by chance."#,
    ),
    (
        "POST",
        "/_scimulate/people",
        "Imports people: CSV (text/csv) or {\"users\": [...], \"groups\": [...]}; ?made-up=N makes them up.",
    ),
    ("GET", "/_scimulate/scenario", "What was done so far, as a scenario file; ?application=ID&title=TEXT."),
    (
        "GET",
        "/_scimulate/har",
        "The newest requests with their answers as HAR, without secrets; ?application=ID&limit=N.",
    ),
    ("GET", "/_scimulate/drift", "What the target holds against what the directory says; ?application=ID."),
    ("GET", "/_scimulate/mails", "The mails to administrators that would have been sent."),
    ("GET", "/_scimulate/traffic", "The newest requests with their answers and findings; ?limit=N."),
];

pub(super) async fn answer(
    live: &LiveTenant,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
) -> Response<Body> {
    let query: Vec<(String, String)> =
        form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    if *method == Method::GET && uri.path() == "/_scimulate/scenario" {
        return match scenario(live, &query) {
            Ok(text) => yaml(text),
            Err(error) => refused(&error),
        };
    }
    if *method == Method::GET && uri.path() == "/_scimulate/har" {
        return match har(live, &query) {
            Ok(bytes) => Response::new(Body::from(bytes)),
            Err(error) => refused(&error),
        };
    }
    match outcome(live, method, uri.path(), &query, headers, body).await {
        Ok(value) => json(200, &value),
        Err(error) => refused(&error),
    }
}

fn refused(error: &GraphError) -> Response<Body> {
    json(error.status, &json!({ "error": { "code": error.code, "message": error.message } }))
}

fn yaml(text: String) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/yaml"));
    response
}

fn given<'a>(query: &'a [(String, String)], name: &str) -> Option<&'a str> {
    query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// A whole number of the query.
fn number<T: FromStr>(query: &[(String, String)], name: &str) -> Result<Option<T>, GraphError> {
    let number = |text: &str| {
        text.parse()
            .map_err(|_| GraphError::bad_request(format!("'{name}' takes a whole number, and not '{text}'.")))
    };
    given(query, name).map(number).transpose()
}

/// The application that is named; without a name the only one there is.
fn application(live: &LiveTenant, query: &[(String, String)]) -> Result<String, GraphError> {
    if let Some(asked) = given(query, "application") {
        return Ok(live.application(asked)?.service_principal.to_string());
    }
    match live.applications().as_slice() {
        [only] => Ok(only.service_principal.to_string()),
        all => Err(GraphError::bad_request(format!(
            "There are {} applications: name one with ?application=ID.",
            all.len()
        ))),
    }
}

fn scenario(live: &LiveTenant, query: &[(String, String)]) -> Result<String, GraphError> {
    let title = given(query, "title").unwrap_or("What was done by hand holds at the target");
    Ok(live.scenario(&application(live, query)?, title)?)
}

fn har(live: &LiveTenant, query: &[(String, String)]) -> Result<Vec<u8>, GraphError> {
    let limit = number(query, "limit")?.unwrap_or(10_000);
    let mut bytes = Vec::new();
    let written = (|| {
        let mut har = Har::new(&mut bytes)?;
        for exchange in live.exchanges(given(query, "application"), limit).map_err(std::io::Error::other)? {
            har.record(&exchange);
        }
        har.finish()
    })();
    written
        .map_err(|error: std::io::Error| GraphError::new(500, "InternalServerError", error.to_string()))?;
    Ok(bytes)
}

/// What the target holds, row by row.
fn drift(drift: &Drift) -> Value {
    let rows: Vec<Value> = drift
        .rows
        .iter()
        .map(|row| {
            let (verdict, why) = match &row.verdict {
                DriftVerdict::Same => ("same", None),
                DriftVerdict::Different => ("different", None),
                DriftVerdict::Gone => ("gone", None),
                DriftVerdict::Missing => ("missing", None),
                DriftVerdict::StillActive => ("stillActive", None),
                DriftVerdict::Unread(why) => ("unread", Some(why)),
            };
            let differences = row.differences.iter().map(|difference| {
                json!({ "attribute": difference.attribute, "expected": difference.expected, "held": difference.held })
            });
            json!({
                "id": row.id, "name": row.name, "target": row.target, "verdict": verdict, "why": why,
                "waitsForCycle": row.waits, "differences": differences.collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({ "value": rows, "cut": drift.cut, "unknown": drift.unknown, "unlisted": drift.unlisted })
}

async fn outcome(
    live: &LiveTenant,
    method: &Method,
    path: &str,
    query: &[(String, String)],
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Value, GraphError> {
    let given = |name: &str| given(query, name);
    let name = || given("name").ok_or_else(|| GraphError::bad_request("The query misses ?name=NAME."));
    let path = path.trim_end_matches('/');
    match (method.as_str(), path.strip_prefix("/_scimulate").unwrap_or_default()) {
        ("GET", "") => {
            let shown = ADDRESSES
                .iter()
                .map(|(method, path, about)| json!({ "method": method, "path": path, "about": about }));
            Ok(json!({ "addresses": shown.collect::<Vec<_>>() }))
        }
        ("POST", "/cycle") => cycle(live, given("application")).await,
        ("POST", "/reset") => {
            live.reset()?;
            Ok(json!({}))
        }
        ("POST", "/checkpoint") => {
            live.checkpoint(name()?)?;
            Ok(json!({}))
        }
        ("POST", "/restore") => {
            live.restore_checkpoint(name()?)?;
            Ok(json!({}))
        }
        ("GET", "/clock") => Ok(json!({ "now": live.now() })),
        ("PUT", "/clock") => {
            set_clock(live, &object(body)?)?;
            Ok(json!({ "now": live.now() }))
        }
        ("PUT", "/ids") => {
            let body = object(body)?;
            let from = match body.get("from") {
                Some(Value::Null) => None,
                Some(from) if from.is_u64() => from.as_u64(),
                _ => return Err(GraphError::bad_request("'from' takes a whole number, or null.")),
            };
            live.count_ids(from)?;
            Ok(json!({}))
        }
        ("POST", "/people") => people(live, query, headers, body),
        ("GET", "/drift") => Ok(drift(&live.drift(&application(live, query)?).await?)),
        ("GET", "/mails") => Ok(json!({ "value": live.store().mails().map_err(TenantError::from)? })),
        ("GET", "/traffic") => {
            let limit = number(query, "limit")?.unwrap_or(500);
            let rows =
                live.store().exchanges(given("application"), None, limit).map_err(TenantError::from)?;
            let shown = rows.into_iter().map(|row| json!({ "number": row.position, "exchange": row.body }));
            Ok(json!({ "value": shown.collect::<Vec<_>>() }))
        }
        _ => Err(GraphError::new(
            404,
            "NotFound",
            format!("There is no {method} {path}: GET /_scimulate lists what there is."),
        )),
    }
}

fn object(body: &[u8]) -> Result<Map<String, Value>, GraphError> {
    serde_json::from_slice(body)
        .map_err(|error| GraphError::bad_request(format!("The body is no JSON object: {error}.")))
}

async fn cycle(live: &LiveTenant, application: Option<&str>) -> Result<Value, GraphError> {
    let applications: Vec<String> = match application {
        Some(asked) => vec![live.application(asked)?.service_principal.to_string()],
        None => {
            let all = live.applications().into_iter().map(|info| info.service_principal.to_string());
            all.filter(|id| live.job(id).is_ok()).collect()
        }
    };
    let mut cycles = Vec::new();
    for application in applications {
        let execution: Execution = live.cycle(&application).await?;
        let mut shown = serde_json::to_value(execution).unwrap_or_default();
        shown["application"] = json!(application);
        cycles.push(shown);
    }
    Ok(json!({ "value": cycles }))
}

fn set_clock(live: &LiveTenant, body: &Map<String, Value>) -> Result<(), GraphError> {
    match body.get("now") {
        None => {}
        Some(Value::Null) => live.fix_clock(None)?,
        Some(now) => {
            let at: Option<Timestamp> = now.as_str().and_then(|text| text.parse().ok());
            let at =
                at.ok_or_else(|| GraphError::bad_request("'now' takes a moment, as 2026-01-01T00:00:00Z."))?;
            live.fix_clock(Some(at))?;
        }
    }
    if let Some(forward) = body.get("forward") {
        let span: Option<Span> = forward.as_str().and_then(|text| text.parse().ok());
        let wrong = || GraphError::bad_request("'forward' takes an ISO 8601 duration, as P30D or PT40M.");
        let days = jiff::SpanRelativeTo::days_are_24_hours();
        let by: SignedDuration = span.ok_or_else(wrong)?.to_duration(days).map_err(|_| wrong())?;
        if by.is_negative() {
            return Err(wrong());
        }
        live.forward(by)?;
    }
    Ok(())
}

fn people(
    live: &LiveTenant,
    query: &[(String, String)],
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Value, GraphError> {
    if let Some(people) = number::<usize>(query, "made-up")? {
        if people > 100_000 {
            return Err(GraphError::bad_request("'made-up' takes a number up to 100000."));
        }
        let seed = number(query, "seed")?.unwrap_or(1);
        let ids = live.make_people(people, seed)?;
        return Ok(json!({ "ids": ids }));
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let ending = if kind.starts_with("text/csv") { "csv" } else { "json" };
    let refused = |mistake: crate::diagnostic::Diagnostic| GraphError::bad_request(mistake.render(false));
    let mut contents = directory_file::read_from("people", ending, body).map_err(refused)?;
    let imported = live.import(&mut contents)?;
    let problems: Vec<String> = contents.problems.iter().map(|problem| problem.render(false)).collect();
    Ok(json!({ "ids": imported.ids, "known": imported.known, "problems": problems }))
}
