//! How long the target takes, by operation.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::wire::{Exchange, Method};

/// The times of all answers, by what was asked.
#[derive(Debug, Default)]
pub(super) struct Latencies(BTreeMap<String, Vec<Duration>>);

/// One line of the chart.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LatencyRow {
    /// What was asked, as `PATCH /Users/{id}`.
    pub operation: String,
    /// How many answers.
    pub times: usize,
    /// Half of the answers came within so many milliseconds.
    pub median: f64,
    /// 95 of a hundred came within so many milliseconds.
    pub p95: f64,
    /// The slowest, in milliseconds.
    pub longest: f64,
    /// Where the median stands in the chart, in per cent of its width.
    pub median_at: f64,
    /// Where the 95th percentile stands in the chart.
    pub p95_at: f64,
    /// Where the slowest stands in the chart.
    pub longest_at: f64,
}

impl Latencies {
    /// Adds an answer.
    pub(super) fn add(&mut self, exchange: &Exchange) {
        if let Some(answer) = exchange.answer() {
            self.0.entry(operation(exchange)).or_default().push(answer.elapsed);
        }
    }

    /// A row for each operation, the most frequent first. The chart's scale is logarithmic, from the fastest median to
    /// the slowest answer.
    pub(super) fn rows(&self) -> Vec<LatencyRow> {
        let mut rows: Vec<LatencyRow> = self
            .0
            .iter()
            .map(|(operation, times)| {
                let mut times = times.clone();
                times.sort();
                let at = |per_cent: usize| milliseconds(times[(times.len() - 1) * per_cent / 100]);
                LatencyRow {
                    operation: operation.clone(),
                    times: times.len(),
                    median: at(50),
                    p95: at(95),
                    longest: at(100),
                    median_at: 0.0,
                    p95_at: 0.0,
                    longest_at: 0.0,
                }
            })
            .collect();
        rows.sort_by(|one, other| {
            other.times.cmp(&one.times).then_with(|| one.operation.cmp(&other.operation))
        });
        // Half of the fastest median is the left edge, so that every bar can be seen.
        let least = rows.iter().map(|row| row.median).fold(f64::INFINITY, f64::min) / 2.0;
        let most = rows.iter().map(|row| row.longest).fold(0.0, f64::max);
        let span = (most / least).ln();
        let place = |of: f64| if span > 0.0 { (of / least).ln() / span * 100.0 } else { 100.0 };
        for row in &mut rows {
            row.median_at = place(row.median);
            row.p95_at = place(row.p95);
            row.longest_at = place(row.longest);
        }
        rows
    }
}

/// Never zero: a logarithm is taken of it.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1_000.0).max(0.01)
}

/// Method and kind of path: ids do not tell operations apart.
fn operation(exchange: &Exchange) -> String {
    let request = &exchange.request;
    let mut segments = request.path.split('/').filter(|segment| !segment.is_empty());
    let endpoint = segments.next().unwrap_or_default();
    let known =
        ["Users", "Groups", "Bulk", "Me", "Schemas", "ResourceTypes", "ServiceProviderConfig", ".search"];
    let endpoint = if known.contains(&endpoint) { endpoint } else { "…" };
    let below = match segments.next() {
        None => "",
        Some(".search") => "/.search",
        Some(_) => "/{id}",
    };
    let query = match (&request.query, request.method) {
        (Some(query), Method::Get) if query.contains("filter=") => "?filter",
        _ => "",
    };
    format!("{} /{endpoint}{below}{query}", request.method.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use crate::run::verdict::example;
    use crate::wire::Answer;
    use serde_json::json;

    fn answered(method: Method, path: &str, query: Option<&str>, ms: u64) -> Exchange {
        let mut answer = Answer::json(200, &json!({}));
        answer.elapsed = Duration::from_millis(ms);
        let mut exchange = Arc::unwrap_or_clone(example::exchange(method, path, None, Ok(answer)));
        exchange.request.query = query.map(str::to_owned);
        exchange
    }

    #[test]
    fn operations_are_told_apart_by_method_and_kind_of_path() {
        let told = |method, path, query| operation(&answered(method, path, query, 1));
        assert_eq!(told(Method::Patch, "/Users/17", None), "PATCH /Users/{id}");
        assert_eq!(told(Method::Get, "/Groups", Some("filter=displayName+eq+%22x%22")), "GET /Groups?filter");
        assert_eq!(told(Method::Get, "/Users", Some("count=10")), "GET /Users");
        assert_eq!(told(Method::Get, "/what/ever", None), "GET /…/{id}");
    }

    #[test]
    fn the_slowest_answer_is_at_the_right_edge() {
        let mut latencies = Latencies::default();
        for ms in 1..=100 {
            latencies.add(&answered(Method::Get, "/Users/1", None, ms));
        }
        latencies.add(&answered(Method::Delete, "/Users/1", None, 10));
        let rows = latencies.rows();
        assert_eq!(rows.len(), 2);
        let first = &rows[0];
        assert_eq!((first.operation.as_str(), first.times), ("GET /Users/{id}", 100));
        assert_eq!((first.median, first.p95, first.longest), (50.0, 95.0, 100.0));
        assert!((first.longest_at - 100.0).abs() < 1e-9, "{first:?}");
        assert!(first.median_at > 0.0 && first.median_at < first.p95_at, "{first:?}");
        assert!(Latencies::default().rows().is_empty());
    }
}
