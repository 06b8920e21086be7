//! HAR 1.2: every exchange of a run, for the browser's network panel and for programs.
//!
//! A page is a scenario run; an entry's comment says which step wanted the request. What HAR has no place
//! for stands in `_step`, `_scenario`, `_dialect`, `_actor` and `_error`. Exchanges hold no secrets, so
//! neither does the file. Entries are written as scenario runs end, because a trace can be large.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::SystemTime;

use serde::Serialize;

use super::shown;
use crate::run::event::{Event, Listener, ScenarioRunId};
use crate::wire::Exchange;

/// Writes the exchanges it hears of. Call [`Har::finish`] after the run.
pub struct Har<W: Write> {
    out: W,
    pages: Vec<HarPage>,
    entries: usize,
    problem: Option<io::Error>,
}

impl<W: Write> Har<W> {
    /// Begins the document.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn new(mut out: W) -> io::Result<Self> {
        let creator = Creator { name: "scimulate", version: env!("CARGO_PKG_VERSION") };
        write!(out, r#"{{"log":{{"version":"1.2","creator":{},"entries":["#, json(&creator)?)?;
        Ok(Har { out, pages: Vec::new(), entries: 0, problem: None })
    }

    /// Ends the document.
    ///
    /// # Errors
    /// The first one that occurred while writing.
    pub fn finish(mut self) -> io::Result<()> {
        self.end()
    }

    /// As [`Har::finish`], for a document that others hold too. Nothing may be added afterwards.
    ///
    /// # Errors
    /// The first one that occurred while writing.
    pub fn end(&mut self) -> io::Result<()> {
        if let Some(problem) = self.problem.take() {
            return Err(problem);
        }
        write!(self.out, "\n],\"pages\":{}}}}}\n", json(&self.pages)?)?;
        self.out.flush()
    }

    /// Adds the exchanges of a scenario run, or of the questions before the first one.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn add(&mut self, scenario_run: Option<&ScenarioRunId>, trace: &[Arc<Exchange>]) -> io::Result<()> {
        let Some(first) = trace.first() else { return Ok(()) };
        let title = scenario_run.map_or_else(|| "before the first scenario".to_owned(), ToString::to_string);
        let id = self.page(title.clone(), first.started);
        trace.iter().try_for_each(|exchange| self.entry(exchange, scenario_run, &title, &id))
    }

    /// Adds an exchange of a job, on the page of its cycle. [`Har::end`] tells what went wrong.
    pub fn record(&mut self, exchange: &Exchange) {
        if self.problem.is_some() {
            return;
        }
        let title = exchange.request.step.split(": ").next().unwrap_or_default();
        let id = match self.pages.last() {
            Some(page) if page.title == title => page.id.clone(),
            _ => self.page(title.to_owned(), exchange.started),
        };
        let title = title.to_owned();
        self.problem = self.entry(exchange, None, &title, &id).err();
    }

    fn page(&mut self, title: String, started: SystemTime) -> String {
        let id = format!("page_{}", self.pages.len() + 1);
        self.pages.push(HarPage {
            started: time(started),
            id: id.clone(),
            title,
            timings: PageTimings { content: -1, load: -1 },
        });
        id
    }

    fn entry(
        &mut self,
        exchange: &Exchange,
        scenario_run: Option<&ScenarioRunId>,
        title: &str,
        page: &str,
    ) -> io::Result<()> {
        let separator = if self.entries == 0 { "\n" } else { ",\n" };
        write!(self.out, "{separator}{}", json(&Entry::of(exchange, scenario_run, title, page))?)?;
        self.entries += 1;
        Ok(())
    }
}

impl<W: Write> Listener for Har<W> {
    fn on(&mut self, event: &Event) {
        let (scenario_run, trace) = match event {
            Event::Prepared { trace, .. } => (None, trace),
            Event::ScenarioFinished { scenario_run, trace, .. } => (Some(scenario_run), trace),
            _ => return,
        };
        if self.problem.is_none() {
            self.problem = self.add(scenario_run, trace).err();
        }
    }
}

fn json(value: &impl Serialize) -> io::Result<String> {
    Ok(serde_json::to_string(value)?)
}

/// ISO 8601 with milliseconds, in UTC.
fn time(at: SystemTime) -> String {
    match jiff::Timestamp::try_from(at) {
        Ok(timestamp) => format!("{timestamp:.3}"),
        // A clock before the year -9999 or after 9999.
        Err(_) => "1970-01-01T00:00:00.000Z".to_owned(),
    }
}

#[derive(Serialize)]
struct Creator {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct HarPage {
    #[serde(rename = "startedDateTime")]
    started: String,
    id: String,
    title: String,
    #[serde(rename = "pageTimings")]
    timings: PageTimings,
}

#[derive(Serialize)]
struct PageTimings {
    #[serde(rename = "onContentLoad")]
    content: i8,
    #[serde(rename = "onLoad")]
    load: i8,
}

#[derive(Serialize)]
struct Pair<'a> {
    name: &'a str,
    value: &'a str,
}

#[derive(Serialize)]
struct Entry<'a> {
    pageref: &'a str,
    #[serde(rename = "startedDateTime")]
    started: String,
    /// Milliseconds.
    time: f64,
    request: Request<'a>,
    response: Response<'a>,
    cache: Cache,
    timings: Timings,
    comment: String,
    #[serde(rename = "_step")]
    step: &'a str,
    #[serde(rename = "_scenario", skip_serializing_if = "Option::is_none")]
    scenario: Option<&'a str>,
    #[serde(rename = "_dialect", skip_serializing_if = "Option::is_none")]
    dialect: Option<&'a str>,
    #[serde(rename = "_actor")]
    actor: &'static str,
    #[serde(rename = "_error", skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// No cache takes part.
#[derive(Serialize)]
struct Cache {}

#[derive(Serialize)]
struct Timings {
    send: f64,
    wait: f64,
    receive: f64,
}

#[derive(Serialize)]
struct Request<'a> {
    method: &'static str,
    url: &'a str,
    #[serde(rename = "httpVersion")]
    version: &'static str,
    cookies: [Pair<'a>; 0],
    headers: Vec<Pair<'a>>,
    #[serde(rename = "queryString")]
    query: Vec<OwnedPair>,
    #[serde(rename = "postData", skip_serializing_if = "Option::is_none")]
    body: Option<PostData<'a>>,
    #[serde(rename = "headersSize")]
    headers_size: i64,
    #[serde(rename = "bodySize")]
    body_size: usize,
}

#[derive(Serialize)]
struct OwnedPair {
    name: String,
    value: String,
}

#[derive(Serialize)]
struct PostData<'a> {
    #[serde(rename = "mimeType")]
    mime_type: &'a str,
    text: &'a str,
}

#[derive(Serialize)]
struct Response<'a> {
    /// 0 when no answer arrived, as browsers write it.
    status: u16,
    #[serde(rename = "statusText")]
    reason: &'static str,
    #[serde(rename = "httpVersion")]
    version: &'static str,
    cookies: [Pair<'a>; 0],
    headers: Vec<Pair<'a>>,
    content: Content,
    #[serde(rename = "redirectURL")]
    redirect: &'a str,
    #[serde(rename = "headersSize")]
    headers_size: i64,
    #[serde(rename = "bodySize")]
    body_size: i64,
}

#[derive(Serialize)]
struct Content {
    size: usize,
    #[serde(rename = "mimeType")]
    mime_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

impl<'a> Entry<'a> {
    fn of(
        exchange: &'a Exchange,
        scenario_run: Option<&'a ScenarioRunId>,
        title: &str,
        page: &'a str,
    ) -> Self {
        let elapsed = exchange.answer().map_or(0.0, |answer| answer.elapsed.as_secs_f64() * 1000.0);
        Entry {
            pageref: page,
            started: time(exchange.started),
            time: elapsed,
            request: Request::of(exchange),
            response: Response::of(exchange),
            cache: Cache {},
            timings: Timings { send: 0.0, wait: elapsed, receive: 0.0 },
            comment: match exchange.request.step.starts_with(title) {
                true => exchange.request.step.clone(),
                false => format!("{title}: {}", exchange.request.step),
            },
            step: &exchange.request.step,
            scenario: scenario_run.map(|scenario_run| scenario_run.scenario.as_str()),
            dialect: scenario_run.map(|scenario_run| scenario_run.dialect.as_str()),
            actor: exchange.request.actor.as_str(),
            error: exchange.outcome.as_ref().err().map(ToString::to_string),
        }
    }
}

impl<'a> Request<'a> {
    fn of(exchange: &'a Exchange) -> Self {
        let request = &exchange.request;
        let mime_type = request
            .headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("content-type"))
            .map_or("", |(_, value)| value.as_str());
        let query = exchange.url.split_once('?').map_or("", |(_, query)| query);
        Request {
            method: request.method.as_str(),
            url: &exchange.url,
            version: "HTTP/1.1",
            cookies: [],
            headers: pairs(&request.headers),
            query: form_urlencoded::parse(query.as_bytes())
                .map(|(name, value)| OwnedPair { name: name.into_owned(), value: value.into_owned() })
                .collect(),
            body: request.body.as_deref().map(|text| PostData { mime_type, text }),
            headers_size: -1,
            body_size: request.body.as_deref().map_or(0, str::len),
        }
    }
}

impl<'a> Response<'a> {
    fn of(exchange: &'a Exchange) -> Self {
        let Some(answer) = exchange.answer() else {
            return Response {
                status: 0,
                reason: "",
                version: "",
                cookies: [],
                headers: Vec::new(),
                content: Content { size: 0, mime_type: "x-unknown".to_owned(), text: None },
                redirect: "",
                headers_size: -1,
                body_size: -1,
            };
        };
        let size = answer.body.bytes().len();
        Response {
            status: answer.status,
            reason: shown::reason(answer.status),
            version: "HTTP/1.1",
            cookies: [],
            headers: pairs(&answer.headers),
            content: Content {
                size,
                mime_type: answer.header("content-type").unwrap_or("x-unknown").to_owned(),
                text: (!answer.body.is_empty()).then(|| answer.body.text().into_owned()),
            },
            redirect: answer.header("location").filter(|_| (300..400).contains(&answer.status)).unwrap_or(""),
            headers_size: -1,
            body_size: i64::try_from(size).unwrap_or(-1),
        }
    }
}

fn pairs(headers: &[(String, String)]) -> Vec<Pair<'_>> {
    headers.iter().map(|(name, value)| Pair { name, value }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::verdict::example;
    use crate::wire::{Broken, Method};
    use serde_json::{Value, json};

    fn document(scenario_runs: &[(Option<&ScenarioRunId>, Vec<Arc<Exchange>>)]) -> Value {
        let mut out = Vec::new();
        let mut har = Har::new(&mut out).unwrap();
        for (scenario_run, trace) in scenario_runs {
            har.add(*scenario_run, trace).unwrap();
        }
        har.finish().unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    fn scenario_run() -> ScenarioRunId {
        ScenarioRunId { scenario: "cycles/a".into(), dialect: "default".into() }
    }

    /// HAR 1.2 as far as it is mandatory.
    fn structure() -> jsonschema::Validator {
        let schema = json!({
            "type": "object", "required": ["log"],
            "properties": {"log": {
                "type": "object", "required": ["version", "creator", "entries", "pages"],
                "properties": {
                    "version": {"const": "1.2"},
                    "creator": {"type": "object", "required": ["name", "version"]},
                    "pages": {"type": "array", "items": {"required": ["startedDateTime", "id", "title", "pageTimings"]}},
                    "entries": {"type": "array", "items": {
                        "type": "object",
                        "required": ["startedDateTime", "time", "request", "response", "cache", "timings", "_step"],
                        "properties": {
                            "startedDateTime": {"pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"},
                            "time": {"type": "number", "minimum": 0},
                            "request": {
                                "required": ["method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize"],
                                "properties": {"postData": {"required": ["mimeType", "text"]}}
                            },
                            "response": {
                                "required": ["status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL", "headersSize", "bodySize"],
                                "properties": {"content": {"required": ["size", "mimeType"]}}
                            },
                            "timings": {"required": ["send", "wait", "receive"]}
                        }
                    }}
                }
            }}
        });
        jsonschema::validator_for(&schema).unwrap()
    }

    #[test]
    fn entries_name_their_step_and_hold_no_secret() {
        let body = json!({"userName": "a"});
        let trace = vec![
            example::exchange(Method::Post, "/Users", Some(&body), example::answer(201, &body)),
            example::exchange(
                Method::Get,
                "/Users?filter=userName+eq+%22a%2Bb%22",
                None,
                Err(Broken::Refused("x".into())),
            ),
        ];
        let scenario_run = scenario_run();
        let har = document(&[(None, trace.clone()), (Some(&scenario_run), trace)]);
        assert!(structure().is_valid(&har), "{har:#}");
        let entries = har["log"]["entries"].as_array().unwrap();
        assert_eq!(entries.len(), 4);
        assert_eq!(entries[2]["comment"], "cycles/a [default]: cycle 2: disable ada");
        assert_eq!(entries[2]["_scenario"], "cycles/a");
        assert_eq!(entries[2]["startedDateTime"], "2026-11-01T12:00:00.250Z");
        assert_eq!(entries[2]["time"], 12.0);
        assert_eq!(entries[2]["request"]["postData"]["text"], r#"{"userName":"a"}"#);
        assert_eq!(
            entries[3]["request"]["queryString"],
            json!([{"name": "filter", "value": "userName eq \"a+b\""}])
        );
        assert_eq!(entries[3]["response"]["status"], 0);
        assert_eq!(entries[3]["_error"], "connection refused: x");
        assert_eq!(har["log"]["pages"][1]["id"], entries[3]["pageref"]);
        assert!(har.to_string().contains("Bearer [redacted]") && !har.to_string().contains("sesame"));
    }

    #[test]
    fn a_run_without_exchanges_is_a_valid_document_too() {
        let har = document(&[]);
        assert!(structure().is_valid(&har));
        assert_eq!(har["log"]["entries"], json!([]));
    }

    #[test]
    fn the_first_problem_is_told_at_the_end() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                if bytes.starts_with(b"\n") {
                    Err(io::ErrorKind::StorageFull.into())
                } else {
                    Ok(bytes.len())
                }
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut har = Har::new(Full).unwrap();
        let trace = vec![example::exchange(Method::Get, "/Users", None, example::answer(200, &json!({})))];
        let result = Arc::new(example::report().checks.remove(0));
        har.on(&Event::ScenarioFinished { scenario_run: scenario_run(), result, trace });
        assert_eq!(har.finish().unwrap_err().kind(), io::ErrorKind::StorageFull);
    }
}
