//! What was measured.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use super::mix::LoadOperation;
use crate::wire::{Answer, Broken, Exchange};

/// Longest latency that is told apart, in microseconds: an hour.
const LONGEST: u64 = 3_600_000_000;

/// Exchanges that are kept as evidence for each kind of failure.
const EVIDENCE: usize = 3;

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum RequestOutcome {
    /// Answered with 2xx.
    Done,
    /// 429, or 503 that says when to come again.
    Throttled {
        /// Whether it says when.
        said: bool,
    },
    /// 5xx.
    Failed,
    /// 409 or 412: another request was at the same object.
    Contended,
    /// Any other answer.
    Refused,
    /// No answer.
    Unanswered,
}

impl RequestOutcome {
    pub fn of(outcome: &Result<Answer, Broken>) -> Self {
        let Ok(answer) = outcome else { return RequestOutcome::Unanswered };
        let said = answer.header("retry-after").is_some();
        match answer.status {
            200..=299 => RequestOutcome::Done,
            429 => RequestOutcome::Throttled { said },
            503 if said => RequestOutcome::Throttled { said },
            500.. => RequestOutcome::Failed,
            409 | 412 => RequestOutcome::Contended,
            _ => RequestOutcome::Refused,
        }
    }
}

/// One request under load.
#[derive(Debug)]
pub(super) struct Sample {
    pub kind: LoadOperation,
    pub fate: RequestOutcome,
    /// From the instant at which it was to start.
    pub latency: Duration,
    /// How long after that instant it started.
    pub late: Duration,
    /// When it ended, from the start of the load.
    pub ended: Duration,
    /// The exchange, unless it went well.
    pub exchange: Option<Arc<Exchange>>,
}

/// Everything measured so far.
#[derive(Debug)]
pub(super) struct Measurements {
    all: Histogram<u64>,
    kinds: BTreeMap<LoadOperation, Histogram<u64>>,
    late: Histogram<u64>,
    early: Histogram<u64>,
    fates: BTreeMap<RequestOutcome, usize>,
    evidence: BTreeMap<RequestOutcome, Vec<Arc<Exchange>>>,
    last: Duration,
    /// The load's length, from the first request to when the one after the last would have started.
    window: Duration,
    quarter: u64,
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST, 3).expect("the bounds are in order and three digits are allowed")
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(LONGEST)
}

impl Measurements {
    /// For so many requests over so long a time.
    pub fn new(requests: usize, window: Duration) -> Self {
        Measurements {
            all: histogram(),
            kinds: BTreeMap::new(),
            late: histogram(),
            early: histogram(),
            fates: BTreeMap::new(),
            evidence: BTreeMap::new(),
            last: Duration::ZERO,
            window,
            quarter: (requests as u64).div_ceil(4),
        }
    }

    pub fn add(&mut self, sample: Sample) {
        let latency = micros(sample.latency);
        self.all.saturating_record(latency);
        self.kinds.entry(sample.kind).or_insert_with(histogram).saturating_record(latency);
        self.late.saturating_record(micros(sample.late));
        if self.early.len() < self.quarter {
            self.early.saturating_record(latency);
        }
        self.last = self.last.max(sample.ended);
        *self.fates.entry(sample.fate).or_default() += 1;
        if let Some(exchange) = sample.exchange {
            let kept = self.evidence.entry(sample.fate).or_default();
            if kept.len() < EVIDENCE {
                kept.push(exchange);
            }
        }
    }

    pub fn count(&self, fate: RequestOutcome) -> usize {
        self.fates.get(&fate).copied().unwrap_or(0)
    }

    pub fn evidence(&self, fate: RequestOutcome) -> &[Arc<Exchange>] {
        self.evidence.get(&fate).map_or(&[], Vec::as_slice)
    }

    /// How long requests were still being answered after the load had ended, beyond what one request
    /// takes without any backlog: the median of those that were answered first.
    pub fn backlog(&self) -> Duration {
        let usual = Duration::from_micros(self.early.value_at_quantile(0.5));
        self.last.saturating_sub(self.window).saturating_sub(usual)
    }

    /// Requests answered with 2xx in each second until the backlog was worked off.
    pub fn achieved(&self) -> f64 {
        self.count(RequestOutcome::Done) as f64 / (self.window + self.backlog()).as_secs_f64()
    }

    pub fn facts(&self, rate: u32, left_out: Vec<LeftOut>, attributes_left_out: Vec<String>) -> LoadFacts {
        LoadFacts {
            rate,
            seconds: self.window.as_secs_f64(),
            requests: self.fates.values().sum(),
            achieved: self.achieved(),
            backlog_seconds: self.backlog().as_secs_f64(),
            latency: Latency::of(&self.all),
            kinds: self.kinds.iter().map(|(kind, times)| KindFacts::of(*kind, times)).collect(),
            left_out,
            attributes_left_out,
            answered: self.count(RequestOutcome::Done),
            throttled_with_retry_after: self.count(RequestOutcome::Throttled { said: true }),
            throttled_without_retry_after: self.count(RequestOutcome::Throttled { said: false }),
            server_errors: self.count(RequestOutcome::Failed),
            contended: self.count(RequestOutcome::Contended),
            refused: self.count(RequestOutcome::Refused),
            unanswered: self.count(RequestOutcome::Unanswered),
            started_late_ms: Latency::of(&self.late).p99_ms,
            members: None,
        }
    }
}

/// What was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LoadFacts {
    /// Requests that were to start in each second.
    pub rate: u32,
    /// For how many seconds.
    pub seconds: f64,
    /// How many requests were sent.
    pub requests: usize,
    /// Requests answered with 2xx in each second, until the backlog was worked off.
    pub achieved: f64,
    /// How many seconds it took after the load to work off what had piled up.
    pub backlog_seconds: f64,
    /// Latency of all requests.
    pub latency: Latency,
    /// Latency of each kind.
    pub kinds: Vec<KindFacts>,
    /// Kinds that the target refuses without any load, too.
    pub left_out: Vec<LeftOut>,
    /// Mapping targets that the target refuses in a create.
    pub attributes_left_out: Vec<String>,
    /// Answers with 2xx.
    pub answered: usize,
    /// 429 (or 503) that say when to come again.
    pub throttled_with_retry_after: usize,
    /// 429 that do not.
    pub throttled_without_retry_after: usize,
    /// 5xx.
    pub server_errors: usize,
    /// 409 and 412.
    pub contended: usize,
    /// Other answers that are not 2xx.
    pub refused: usize,
    /// Requests without an answer.
    pub unanswered: usize,
    /// How late this program itself started 99 of 100 requests at most, in milliseconds.
    pub started_late_ms: f64,
    /// Members that were added at the same time; `None` when that was not played.
    pub members: Option<Members>,
}

/// Percentiles in milliseconds, from the instant at which a request was to start.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names are the percentiles")]
pub struct Latency {
    pub p50_ms: f64,
    pub p90_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
}

impl Latency {
    fn of(times: &Histogram<u64>) -> Self {
        let at = |quantile| times.value_at_quantile(quantile) as f64 / 1000.0;
        Latency { p50_ms: at(0.5), p90_ms: at(0.9), p99_ms: at(0.99), max_ms: times.max() as f64 / 1000.0 }
    }
}

/// How one kind of request did.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct KindFacts {
    /// What it does.
    pub kind: LoadOperation,
    /// How many were sent.
    pub requests: u64,
    /// How long they took.
    pub latency: Latency,
}

impl KindFacts {
    fn of(kind: LoadOperation, times: &Histogram<u64>) -> Self {
        KindFacts { kind, requests: times.len(), latency: Latency::of(times) }
    }
}

/// A kind of request that is not part of the load.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// What it does.
    pub kind: LoadOperation,
    /// What the target answers to it without any load.
    pub status: u16,
}

/// Members that were added at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Members {
    /// Requests answered with 2xx, each of which adds one member.
    pub added: usize,
    /// How many of them are in the group.
    pub kept: usize,
}
