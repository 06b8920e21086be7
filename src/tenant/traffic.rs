//! Every request of a job with its answer, and what the rules find in it, while it happens.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::live::{LiveTenant, TenantEvent};
use crate::check::Finding;
use crate::rules::LiveTrace;
use crate::store::Write;
use crate::wire::{Answer, Broken, Exchange, Request, Sent, Target};

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
