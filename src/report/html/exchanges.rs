//! What the page's script reads: every exchange, every finding and every explanation, as JSON compressed with gzip.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write as _};
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;

use super::super::shown;
use crate::check::{About, Finding, Meeting};
use crate::run::event::ScenarioRunId;
use crate::run::verdict::report::{CheckResult, Report};
use crate::wire::Exchange;

/// So many scenario runs in which a finding was met are named.
const MEETINGS: usize = 20;

/// Below the usual level of 6, because exchanges are compressed while the run goes on.
const LEVEL: Compression = Compression::new(4);

/// Bytes that are compressed at a time.
const BUFFER: usize = 32 * 1024;

/// Compresses the exchanges as they come.
#[derive(Debug)]
pub(super) struct ExchangeLog {
    /// JSON is written in pieces of a few bytes, which the encoder takes much longer to look at one by one.
    out: BufWriter<GzEncoder<Vec<u8>>>,
    runs: usize,
    problem: Option<io::Error>,
}

impl Default for ExchangeLog {
    fn default() -> Self {
        let out = BufWriter::with_capacity(BUFFER, GzEncoder::new(Vec::new(), LEVEL));
        ExchangeLog { out, runs: 0, problem: None }
    }
}

impl ExchangeLog {
    /// Adds the exchanges of a scenario run, or those before the first one.
    pub(super) fn add(&mut self, scenario_run: Option<&ScenarioRunId>, trace: &[Arc<Exchange>]) {
        if self.problem.is_none() && !trace.is_empty() {
            self.problem = self.try_to_add(scenario_run, trace).err();
        }
    }

    fn try_to_add(
        &mut self,
        scenario_run: Option<&ScenarioRunId>,
        trace: &[Arc<Exchange>],
    ) -> io::Result<()> {
        self.out.write_all(if self.runs == 0 { b"{\"runs\":[" } else { b"," })?;
        self.runs += 1;
        serde_json::to_writer(
            &mut self.out,
            &RunJson {
                scenario: scenario_run.map(|id| id.scenario.as_str()),
                dialect: scenario_run.map(|id| id.dialect.as_str()),
                exchanges: trace.iter().map(|exchange| ExchangeJson::of(exchange)).collect(),
            },
        )?;
        Ok(())
    }

    /// The whole document, compressed.
    pub(super) fn finish(mut self, report: &Report, abouts: &[About]) -> io::Result<Vec<u8>> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        self.out.write_all(if self.runs == 0 { b"{\"runs\":[" } else { b"" })?;
        self.out.write_all(b"],\"checks\":")?;
        let checks: Vec<CheckJson<'_>> = report.checks.iter().map(CheckJson::of).collect();
        serde_json::to_writer(&mut self.out, &checks)?;
        self.out.write_all(b",\"abouts\":")?;
        let abouts: BTreeMap<&str, AboutJson<'_>> =
            abouts.iter().map(|about| (about.id.as_str(), AboutJson::of(about))).collect();
        serde_json::to_writer(&mut self.out, &abouts)?;
        self.out.write_all(b"}")?;
        self.out.into_inner()?.finish()
    }
}

#[derive(Serialize)]
struct RunJson<'a> {
    scenario: Option<&'a str>,
    dialect: Option<&'a str>,
    exchanges: Vec<ExchangeJson<'a>>,
}

/// What is empty is left out, so that the script tests for presence alone.
#[derive(Serialize)]
struct ExchangeJson<'a> {
    number: usize,
    actor: &'static str,
    step: &'a str,
    method: &'static str,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<&'a [(String, String)]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    curl: String,
}

impl<'a> ExchangeJson<'a> {
    fn of(exchange: &'a Exchange) -> Self {
        let answer = exchange.answer();
        ExchangeJson {
            number: exchange.number,
            actor: exchange.request.actor.as_str(),
            step: &exchange.request.step,
            method: exchange.request.method.as_str(),
            path: exchange.request.path_and_query(),
            body: exchange.request.body.as_deref().map(shown::whole),
            status: answer.map(shown::status_line),
            ms: answer.map(|answer| (answer.elapsed.as_secs_f64() * 10_000.0).round() / 10.0),
            headers: answer.map(|answer| answer.headers.as_slice()),
            answer: answer
                .filter(|answer| !answer.body.is_empty())
                .map(|answer| shown::whole(&answer.body.text())),
            error: exchange.outcome.as_ref().err().map(ToString::to_string),
            curl: exchange.curl(),
        }
    }
}

#[derive(Serialize)]
struct CheckJson<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    dialect: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<FindingJson<'a>>,
}

impl<'a> CheckJson<'a> {
    fn of(check: &'a CheckResult) -> Self {
        CheckJson {
            id: &check.id,
            dialect: check.dialect.as_deref(),
            findings: check.findings.iter().map(|finding| FindingJson::of(check, finding)).collect(),
        }
    }
}

#[derive(Serialize)]
struct FindingJson<'a> {
    level: &'static str,
    rule: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    expected: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    actual: &'a str,
    fix: &'a str,
    times: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    waived: Option<&'a str>,
    met: Vec<MeetingJson<'a>>,
}

impl<'a> FindingJson<'a> {
    fn of(check: &'a CheckResult, finding: &'a Finding) -> Self {
        let own = match (check.suite.as_str(), check.dialect.as_deref()) {
            ("rules", _) | (_, None) => None,
            (_, Some(dialect)) => {
                let met = Meeting::new(&check.id, dialect, &finding.exchanges);
                Some(MeetingJson {
                    scenario: &check.id,
                    dialect,
                    begins: met.begins,
                    ends: (!finding.exchanges.is_empty()).then_some(met.ends),
                })
            }
        };
        let met = finding.meetings.iter().take(MEETINGS).map(|met| MeetingJson {
            scenario: &met.scenario,
            dialect: &met.dialect,
            begins: met.begins,
            ends: (met.ends != usize::MAX).then_some(met.ends),
        });
        FindingJson {
            level: finding.level.as_str(),
            rule: &finding.rule,
            message: &finding.message,
            expected: &finding.expected,
            actual: &finding.actual,
            fix: &finding.fix,
            times: finding.times,
            waived: finding.waived.as_deref(),
            met: own.into_iter().chain(met).collect(),
        }
    }
}

/// Where a finding was met, and at which exchanges; without an end it may have been anywhere.
#[derive(Serialize)]
struct MeetingJson<'a> {
    scenario: &'a str,
    dialect: &'a str,
    begins: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    ends: Option<usize>,
}

#[derive(Serialize)]
struct AboutJson<'a> {
    title: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    what: &'a str,
    why: &'a str,
    fix: &'a str,
    entra: &'a str,
    refs: Vec<String>,
}

impl<'a> AboutJson<'a> {
    fn of(about: &'a About) -> Self {
        let About { title, what, why, fix, entra, refs, .. } = about;
        AboutJson { title, what, why, fix, entra, refs: refs.iter().map(ToString::to_string).collect() }
    }
}
