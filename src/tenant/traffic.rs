//! Every request of a job with its answer, and what the rules find in it, while it happens.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::error::TenantError;
use super::live::{LiveTenant, TenantEvent};
use crate::check::Finding;
use crate::rules::LiveTrace;
use crate::store::Write;
use crate::wire::{Actor, Answer, Body, Broken, Exchange, Request, Sent, Target};

/// The longest body that is kept whole, in bytes.
const LONGEST_BODY: usize = 256 << 10;

/// Keeps what passes, and judges it. It sends nothing itself and changes nothing.
#[derive(Debug)]
pub(super) struct Watched<T> {
    inner: T,
    live: LiveTenant,
    application: String,
    /// The cycle's id.
    activity: String,
    trace: Arc<Mutex<LiveTrace>>,
}

impl<T> Watched<T> {
    pub fn new(
        inner: T,
        live: LiveTenant,
        application: String,
        activity: String,
        trace: Arc<Mutex<LiveTrace>>,
    ) -> Self {
        Watched { inner, live, application, activity, trace }
    }

    fn note(&self, exchange: Exchange) {
        let exchange = Arc::new(exchange);
        let findings = self.trace.lock().unwrap_or_else(PoisonError::into_inner).hear(Arc::clone(&exchange));
        let body = shown(&exchange, &self.activity, &findings);
        let write = Write::Exchange { application: self.application.clone(), body };
        self.live.record(&[write]);
        self.live.tell(TenantEvent::Traffic);
    }
}

impl<T: Target> Target for Watched<T> {
    async fn send(&self, request: Request) -> Result<Answer, Broken> {
        let sent = self.inner.sent_as(&request);
        let mut recorded = request.clone();
        recorded.headers = sent.headers;
        let started = SystemTime::now();
        let outcome = self.inner.send(request).await;
        self.note(Exchange::new(0, started, sent.url, recorded, outcome.clone()));
        outcome
    }

    fn sent_as(&self, request: &Request) -> Sent {
        self.inner.sent_as(request)
    }
}

/// An exchange as it is kept: what went over the wire without secrets, and what was found in it.
fn shown(exchange: &Exchange, activity: &str, findings: &[Finding]) -> Value {
    let cut = |text: &str| {
        if text.len() <= LONGEST_BODY {
            return text.to_owned();
        }
        format!("{}… ({} bytes in all)", &text[..text.floor_char_boundary(LONGEST_BODY)], text.len())
    };
    let headers = |headers: &[(String, String)]| -> Value {
        headers.iter().map(|(name, value)| json!([name, value])).collect()
    };
    let answer = match &exchange.outcome {
        Ok(answer) => json!({
            "status": answer.status,
            "headers": headers(&answer.headers),
            "body": cut(&answer.body.text()),
            "milliseconds": u64::try_from(answer.elapsed.as_millis()).unwrap_or(u64::MAX),
        }),
        Err(broken) => json!({ "broken": broken.to_string() }),
    };
    let findings: Vec<Value> = findings
        .iter()
        .map(|finding| {
            json!({
                "rule": finding.rule, "level": finding.level, "subject": finding.subject,
                "message": finding.message, "expected": finding.expected, "actual": finding.actual,
                "entra": finding.entra, "fix": finding.fix,
            })
        })
        .collect();
    json!({
        "activity": activity,
        "started": Timestamp::try_from(exchange.started).unwrap_or(Timestamp::UNIX_EPOCH),
        "step": exchange.request.step,
        "method": exchange.request.method.as_str(),
        "url": exchange.url,
        "path": exchange.request.path_and_query(),
        "requestHeaders": headers(&exchange.request.headers),
        "requestBody": exchange.request.body.as_deref().map(cut),
        "answer": answer,
        "curl": exchange.curl(),
        "findings": findings,
    })
}

/// The exchange that was kept so, for those who write files of exchanges.
fn exchange_of(position: i64, kept: &Value) -> Option<Exchange> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let headers = |value: &Value| -> Vec<(String, String)> {
        let pairs = value.as_array().into_iter().flatten();
        pairs.filter_map(|pair| Some((text(&pair[0])?, text(&pair[1])?))).collect()
    };
    let path = kept["path"].as_str()?;
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    let method = kept["method"].as_str()?.parse().ok()?;
    let mut request = Request::new(Actor::Entra, method, path, kept["step"].as_str().unwrap_or_default());
    request.headers = headers(&kept["requestHeaders"]);
    request.body = text(&kept["requestBody"]).map(Into::into);
    if let Some(query) = query {
        request = request.with_query(query);
    }
    let started: Timestamp = kept["started"].as_str()?.parse().ok()?;
    let answer = &kept["answer"];
    let outcome = match answer["status"].as_u64() {
        Some(status) => Ok(Answer {
            status: u16::try_from(status).ok()?,
            headers: headers(&answer["headers"]),
            body: Body::new(text(&answer["body"]).unwrap_or_default().into_bytes()),
            elapsed: Duration::from_millis(answer["milliseconds"].as_u64().unwrap_or(0)),
        }),
        None => Err(Broken::Protocol(text(&answer["broken"]).unwrap_or_default())),
    };
    let number = usize::try_from(position).unwrap_or(0);
    Some(Exchange::new(number, started.into(), text(&kept["url"])?, request, outcome))
}

impl LiveTenant {
    /// The newest exchanges of an application or of all, oldest first, so that they can be written into a file.
    ///
    /// # Errors
    /// When the database fails.
    pub fn exchanges(&self, application: Option<&str>, limit: usize) -> Result<Vec<Exchange>, TenantError> {
        let rows = self.store().exchanges(application, None, limit)?;
        Ok(rows.iter().rev().filter_map(|row| exchange_of(row.position, &row.body)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Method;

    #[test]
    fn an_exchange_comes_back_as_it_was_kept() {
        let request = Request::new(Actor::Entra, Method::Post, "/Users", "create")
            .with_query("a=b")
            .with_json(&json!({"userName": "ada"}));
        let started: SystemTime = Timestamp::UNIX_EPOCH.into();
        let made = |outcome| Exchange::new(3, started, "http://h/Users?a=b".into(), request.clone(), outcome);
        for outcome in [Ok(Answer::json(201, &json!({"id": "1"}))), Err(Broken::Protocol("no HTTP".into()))] {
            let exchange = made(outcome.clone());
            let kept = shown(&exchange, "activity", &[]);
            let back = exchange_of(3, &kept).unwrap();
            assert_eq!((back.number, &back.url, back.curl()), (3, &exchange.url, exchange.curl()));
            match (&back.outcome, outcome) {
                (Ok(back), Ok(answer)) => assert_eq!(*back, answer),
                (Err(back), Err(broken)) => assert!(back.to_string().contains(&broken.to_string())),
                other => panic!("{other:?}"),
            }
        }
    }
}
