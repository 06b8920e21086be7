//! Traffic: every request with its answer, and what the rules find in it.

use serde_json::Value;

use super::form::Form;
use super::frame::Frame;
use super::pager::Pager;
use super::{Page, Refusal, Shown, page};
use crate::report::har::Har;
use crate::store::ExchangeRow;
use crate::tenant::ApplicationInfo;

/// So many rows are shown at once.
const SHOWN: usize = 500;

#[derive(askama::Template)]
#[template(path = "tenant/traffic.html")]
struct Traffic {
    frame: Frame,
    rows: Vec<TrafficRow>,
    pager: Pager,
}

/// A request in a list.
pub(super) struct TrafficRow {
    pub number: i64,
    pub step: String,
    pub method: String,
    pub path: String,
    pub status: String,
    pub milliseconds: String,
    pub findings: usize,
    pub level: String,
}

impl TrafficRow {
    pub fn of(row: &ExchangeRow) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let answer = &row.body["answer"];
        let findings = row.body["findings"].as_array().map_or(&[][..], Vec::as_slice);
        let worst = ["critical", "error", "warning", "note"]
            .into_iter()
            .find(|level| findings.iter().any(|finding| finding["level"] == *level));
        TrafficRow {
            number: row.position,
            step: text(&row.body["step"]),
            method: text(&row.body["method"]),
            path: readable(&text(&row.body["path"])),
            status: answer["status"].as_u64().map_or_else(|| "none".to_owned(), |status| status.to_string()),
            milliseconds: answer["milliseconds"].as_u64().map(|ms| ms.to_string()).unwrap_or_default(),
            findings: findings.len(),
            level: worst.unwrap_or_default().to_owned(),
        }
    }
}

#[derive(askama::Template)]
#[template(path = "tenant/exchange.html")]
struct ExchangePage {
    frame: Frame,
    step: String,
    started: String,
    method: String,
    url: String,
    request_headers: Vec<(String, String)>,
    request_body: String,
    status: String,
    milliseconds: Option<u64>,
    answer_headers: Vec<(String, String)>,
    answer_body: String,
    curl: String,
    findings: Vec<FindingView>,
}

struct FindingView {
    rule: String,
    level: String,
    message: String,
    expected: String,
    actual: String,
    entra: String,
    fix: String,
}

/// A path with its query decoded, as people write filters.
fn readable(path: &str) -> String {
    let spaced = path.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

fn pretty(text: &str) -> String {
    let parsed: Option<Value> = serde_json::from_str(text).ok();
    parsed.and_then(|value| serde_json::to_string_pretty(&value).ok()).unwrap_or_else(|| text.to_owned())
}

fn pairs(value: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    value.as_array().into_iter().flatten().map(|pair| (text(&pair[0]), text(&pair[1]))).collect()
}

impl Page {
    pub(super) fn traffic(&self, info: &ApplicationInfo, query: &Form) -> Result<Shown, Refusal> {
        let id = info.service_principal.to_string();
        let before = Pager::before(query);
        let rows = self.live.store().exchanges(Some(&id), before, SHOWN)?;
        let place = self.live.store().exchange_place(&id, before, SHOWN)?;
        let oldest = rows.last().map(|row| row.position);
        page(&Traffic {
            frame: self.frame(info, "Traffic", None),
            pager: Pager::new(&format!("/app/{id}/traffic"), place, rows.len(), oldest),
            rows: rows.iter().map(TrafficRow::of).collect(),
        })
    }

    pub(super) fn exchange(&self, info: &ApplicationInfo, number: &str) -> Result<Shown, Refusal> {
        let number = number.parse().map_err(|_| Refusal::NotFound)?;
        let row = self.live.store().exchange(number)?.ok_or(Refusal::NotFound)?;
        let body = &row.body;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let answer = &body["answer"];
        let status = match answer["status"].as_u64() {
            Some(status) => format!("HTTP {status}"),
            None => text(&answer["broken"]),
        };
        let findings = body["findings"].as_array().into_iter().flatten().map(|finding| FindingView {
            rule: text(&finding["rule"]),
            level: text(&finding["level"]),
            message: text(&finding["message"]),
            expected: text(&finding["expected"]),
            actual: text(&finding["actual"]),
            entra: text(&finding["entra"]),
            fix: text(&finding["fix"]),
        });
        page(&ExchangePage {
            frame: Frame { title: format!("Request {number}"), ..self.frame(info, "Traffic", None) },
            step: text(&body["step"]),
            started: text(&body["started"]),
            method: text(&body["method"]),
            url: text(&body["url"]),
            request_headers: pairs(&body["requestHeaders"]),
            request_body: pretty(&text(&body["requestBody"])),
            status,
            milliseconds: answer["milliseconds"].as_u64(),
            answer_headers: pairs(&answer["headers"]),
            answer_body: pretty(&text(&answer["body"])),
            curl: text(&body["curl"]),
            findings: findings.collect(),
        })
    }

    pub(super) fn har(&self, info: &ApplicationInfo) -> Result<Shown, Refusal> {
        let id = info.service_principal.to_string();
        let mut bytes = Vec::new();
        let wrong = |error: std::io::Error| Refusal::Wrong(error.to_string());
        let mut har = Har::new(&mut bytes).map_err(wrong)?;
        self.live.exchanges(Some(&id), 10_000)?.iter().for_each(|exchange| har.record(exchange));
        har.finish().map_err(wrong)?;
        Ok(Shown::File("application/json", bytes))
    }

    pub(super) fn scenario(&self, info: &ApplicationInfo) -> Result<Shown, Refusal> {
        let id = info.service_principal.to_string();
        let text = self.live.scenario(&id, "What was done by hand holds at the target")?;
        Ok(Shown::File("application/yaml", text.into_bytes()))
    }
}
