//! The JSON report of another run, as far as waivers need it.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::IN_THE_BASELINE;
use crate::check::Level;
use crate::diagnostic::Diagnostic;
use crate::input;
use crate::report::json::FORMAT;

/// The report of another run. What this version does not know in it is left alone.
#[derive(Debug, Clone, Deserialize)]
pub struct PastReport {
    /// Version of scimulate that wrote it.
    pub version: String,
    /// Base URL of the target.
    pub target: String,
    /// Its checks.
    pub checks: Vec<PastCheck>,
    /// What its findings were put down to.
    #[serde(default)]
    pub causes: Vec<PastCause>,
    /// How it ended, as `incomplete`.
    #[serde(default)]
    verdict: Option<String>,
}

/// One cause of another run: what the findings of several checks were put down to.
#[derive(Debug, Clone, Deserialize)]
pub struct PastCause {
    /// The rule or scenario that told it, as it was called then.
    pub rule: String,
    /// The sentence.
    pub message: String,
    /// Ids of the checks that told it, as they were then.
    pub checks: Vec<String>,
}

/// One check of another run.
#[derive(Debug, Clone, Deserialize)]
pub struct PastCheck {
    /// Id, as it was then.
    pub id: String,
    /// Its dialect; `None` for the comparison of dialects.
    pub dialect: Option<String>,
    status: String,
    /// Why it was skipped or expected to fail.
    pub reason: Option<String>,
    /// What kind of reason that is, as `blocked`.
    #[serde(default)]
    reason_kind: Option<String>,
    /// What was found.
    pub findings: Vec<PastFinding>,
}

/// One finding of another run.
#[derive(Debug, Clone, Deserialize)]
pub struct PastFinding {
    /// The rule's id, or the check's own, as it was then.
    pub rule: String,
    /// How much it mattered.
    pub level: Level,
    /// What it concerns; empty for the whole exchange.
    #[serde(default)]
    pub subject: String,
    /// The sentence.
    pub message: String,
    /// What to change in the server.
    #[serde(default)]
    pub fix: String,
    /// Why it was known even then.
    #[serde(default)]
    pub waived: Option<String>,
    /// Id of the first scenario in which a rule met it, as it was then.
    #[serde(default)]
    pub met_in: Option<String>,
    /// What shows it; the last one decides.
    pub exchanges: Vec<PastExchange>,
}

/// One exchange of another run.
#[derive(Debug, Clone, Deserialize)]
pub struct PastExchange {
    /// Who spoke.
    pub actor: String,
    /// The HTTP method.
    pub method: String,
    /// The whole URL.
    pub url: String,
    /// The status, if an answer came.
    pub status: Option<u16>,
}

impl PastCheck {
    /// Whether it failed, unexpectedly.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.status == "failed"
    }

    /// Whether it was blocked by a failure.
    #[must_use]
    pub fn was_blocked(&self) -> bool {
        self.reason_kind.as_deref() == Some("blocked")
    }

    /// Whether it was played, with whatever end.
    #[must_use]
    pub fn was_played(&self) -> bool {
        self.status != "skipped"
    }
}

impl PastFinding {
    /// Why a waiver let it be, if one did. What only a baseline knows is not waived.
    #[must_use]
    pub fn waiver(&self) -> Option<&str> {
        self.waived.as_deref().filter(|reason| *reason != IN_THE_BASELINE)
    }
}

impl PastReport {
    /// Whether the run ended before everything was judged.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        self.verdict.as_deref() == Some("incomplete")
    }

    /// Ids of the scenarios that show what failed, and of those that were blocked by it, as they were then. What a rule
    /// found before the first scenario is shown by every scenario; for that there is an id that is empty.
    #[must_use]
    pub fn failed_scenarios(&self) -> BTreeSet<&str> {
        let again = self.checks.iter().filter(|check| check.failed() || check.was_blocked());
        again
            .flat_map(|check| match check.id.starts_with("rules/") {
                true => check.findings.iter().map(|it| it.met_in.as_deref().unwrap_or_default()).collect(),
                false => vec![check.id.as_str()],
            })
            .collect()
    }

    /// Reads a report.
    ///
    /// # Errors
    /// One mistake about the file: it cannot be read, is something else, or is not whole.
    pub fn read(path: &Path) -> Result<Self, Diagnostic> {
        let file = path.display().to_string();
        match input::bytes(path, input::RECORDED) {
            Ok(bytes) => PastReport::parse(&bytes, &file),
            Err(error) => {
                Err(Diagnostic::about_file(format!("the report cannot be read: {error}"), file).help(MAKE))
            }
        }
    }

    /// Reads a report's bytes.
    ///
    /// # Errors
    /// One mistake about the file.
    pub fn parse(bytes: &[u8], file: &str) -> Result<Self, Diagnostic> {
        let wrong = |title: String| Diagnostic::about_file(title, file).help(MAKE);
        let begin = bytes.trim_ascii_start();
        if begin.is_empty() {
            return Err(wrong("the report is empty".to_owned()));
        }
        if begin.starts_with(b"<") {
            let head = begin[..begin.len().min(200)].to_ascii_lowercase();
            let is_html = head.windows(5).any(|part| part == b"<html") || head.starts_with(b"<!doctype html");
            let what = if is_html { "HTML" } else { "XML" };
            return Err(wrong(format!("this is {what}, but a report is JSON")));
        }
        let value: Value = serde_json::from_slice(bytes).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            wrong(if error.is_eof() {
                format!("the report ends in the middle, at {place}")
            } else {
                format!("this is not JSON, at {place}")
            })
        })?;
        match value.get("format").and_then(Value::as_str) {
            Some(FORMAT) => {}
            Some(other) if other.starts_with("scimulate-report/") => {
                let by = match value.get("version").and_then(Value::as_str) {
                    Some(version) => format!("scimulate {version}"),
                    None => "another version of scimulate".to_owned(),
                };
                let title = format!("the report has the format `{other}` of {by}");
                let help = format!(
                    "this version reads `{FORMAT}`: use the version that wrote the report, or create the report \
                             again"
                );
                return Err(Diagnostic::about_file(title, file).help(help));
            }
            Some(other) => return Err(wrong(format!("this is not a report but `{other}`"))),
            None if value.pointer("/log/entries").is_some() => {
                return Err(wrong("this is a HAR, not a report".to_owned()));
            }
            None => return Err(wrong("this is not a scimulate report".to_owned())),
        }
        serde_json::from_value(value)
            .map_err(|error| wrong(format!("the report does not have scimulate's format: {error}")))
    }
}

const MAKE: &str = "`scimulate run --json FILE` writes a report";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::json;
    use crate::run::verdict::example;

    fn wrong(text: &str) -> String {
        let mistake = PastReport::parse(text.as_bytes(), "r.json").unwrap_err();
        assert_eq!((mistake.file.as_str(), mistake.help.is_some()), ("r.json", true));
        mistake.title
    }

    #[test]
    fn a_report_is_read_as_it_was_written() {
        let mut text = Vec::new();
        json::write(&example::report(), None, &mut text).unwrap();
        let past = PastReport::parse(&text, "r.json").unwrap();
        let failed: Vec<_> = past.checks.iter().filter(|check| check.failed()).collect();
        assert_eq!(failed.len(), 3);
        assert_eq!(failed[0].id, "cycles/disable-unassigned");
        assert_eq!(failed[1].dialect.as_deref(), Some("default"));
        assert_eq!(past.checks.iter().filter(|check| check.was_played()).count(), 6);
        assert_eq!(past.version, env!("CARGO_PKG_VERSION"));
    }

    #[test]
    fn what_failed_and_what_was_blocked_is_played_again() {
        let mut text = Vec::new();
        json::write(&example::report(), None, &mut text).unwrap();
        let past = PastReport::parse(&text, "r.json").unwrap();
        let blocked = past.checks.iter().filter(|check| check.was_blocked()).map(|check| check.id.as_str());
        let again = past.failed_scenarios();
        assert!(again.contains("cycles/disable-unassigned"), "{again:?}");
        assert!(blocked.clone().count() > 0 && blocked.clone().all(|id| again.contains(id)), "{again:?}");
        assert!(again.iter().all(|id| !id.starts_with("rules/")), "{again:?}");
    }

    #[test]
    fn what_is_no_report_is_called_by_its_name() {
        assert_eq!(wrong(" \n"), "the report is empty");
        assert_eq!(wrong("<!DOCTYPE html><html>"), "this is HTML, but a report is JSON");
        assert_eq!(wrong("<?xml version=\"1.0\"?><testsuites/>"), "this is XML, but a report is JSON");
        assert_eq!(
            wrong("{\"format\": \"scimulate-rep"),
            "the report ends in the middle, at line 1, column 25"
        );
        assert_eq!(wrong("[[waiver]]"), "this is not JSON, at line 1, column 3");
        assert_eq!(wrong("{\"log\": {\"entries\": []}}"), "this is a HAR, not a report");
        assert_eq!(wrong("[]"), "this is not a scimulate report");
        assert_eq!(
            wrong("{\"format\": \"scimulate-sync/1\"}"),
            "this is not a report but `scimulate-sync/1`"
        );
        assert_eq!(
            wrong("{\"format\": \"scimulate-report/2\", \"version\": \"3.0.0\"}"),
            "the report has the format `scimulate-report/2` of scimulate 3.0.0"
        );
        assert!(
            wrong("{\"format\": \"scimulate-report/1\", \"version\": \"0.1.0\", \"target\": \"\"}")
                .contains("`checks`")
        );
    }
}
