//! The JSON report `scimulate-report/1`. Its schema is `docs/report.schema.json`; what stands there is
//! a promise to programs that read it.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;

use super::{shown, waived};
use crate::check::{Finding, JudgedBy, Outcome};
use crate::gallery::{GalleryVerdict, Overall, Requirement, Test};
use crate::run::verdict::cause::{Cause, causes};
use crate::run::verdict::report::{CheckResult, ChosenSwitch, Report};
use crate::wire::Exchange;

/// The value of `format`.
pub const FORMAT: &str = "scimulate-report/1";

/// Writes the report, indented, with a newline at the end.
///
/// # Errors
/// Those of `out`.
pub fn write(report: &Report, verdict: Option<&GalleryVerdict>, out: &mut dyn Write) -> io::Result<()> {
    let gallery = verdict.filter(|verdict| verdict.overall.is_some()).map(GalleryJson::of);
    serde_json::to_writer_pretty(&mut *out, &ReportJson { gallery, ..ReportJson::of(report) })?;
    writeln!(out)?;
    out.flush()
}

#[derive(Serialize)]
struct ReportJson<'a> {
    format: &'static str,
    version: &'static str,
    target: &'a str,
    seed: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    switches: Vec<SwitchJson<'a>>,
    seconds: f64,
    verdict: &'static str,
    counts: CountsJson,
    checks: Vec<CheckJson<'a>>,
    causes: Vec<CauseJson<'a>>,
    left_behind: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    waivers: Vec<waived::WaiverJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<waived::BaselineJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gallery: Option<GalleryJson<'a>>,
}

#[derive(Serialize)]
struct SwitchJson<'a> {
    name: &'a str,
    value: &'a str,
    strength: &'a str,
    source: &'a str,
}

impl<'a> SwitchJson<'a> {
    fn of(switch: &'a ChosenSwitch) -> Self {
        let ChosenSwitch { name, value, strength, source } = switch;
        SwitchJson { name, value, strength, source }
    }
}

#[derive(Serialize)]
struct GalleryJson<'a> {
    verdict: &'static str,
    template: &'static str,
    why: Option<&'a str>,
    tests: Vec<GalleryTest<'a>>,
    validator: Vec<GalleryTest<'a>>,
    requirements: Vec<Required<'a>>,
    facts: &'a serde_json::Map<String, Value>,
}

#[derive(Serialize)]
struct GalleryTest<'a> {
    number: u32,
    name: &'a str,
    kind: &'static str,
    result: &'static str,
    checks: &'a [String],
    reason: Option<&'a str>,
    played: &'static str,
    right: Option<Right<'a>>,
}

#[derive(Serialize)]
struct Right<'a> {
    result: &'static str,
    reason: &'a str,
}

#[derive(Serialize)]
struct Required<'a> {
    id: &'static str,
    title: &'static str,
    demand: &'static str,
    met: &'static str,
    checks: &'a [String],
    reason: Option<&'a str>,
}

impl<'a> GalleryJson<'a> {
    fn of(verdict: &'a GalleryVerdict) -> Self {
        GalleryJson {
            verdict: verdict.overall.unwrap_or(Overall::Incomplete).as_str(),
            template: verdict.template.as_str(),
            why: verdict.why.as_deref(),
            tests: verdict.tests.iter().map(GalleryTest::of).collect(),
            validator: verdict.validator.iter().map(GalleryTest::of).collect(),
            requirements: verdict.requirements.iter().map(Required::of).collect(),
            facts: &verdict.facts,
        }
    }
}

impl<'a> GalleryTest<'a> {
    fn of(test: &'a Test) -> Self {
        GalleryTest {
            number: test.spec.number,
            name: &test.spec.name,
            kind: test.spec.kind.as_str(),
            result: test.result.as_str(),
            checks: &test.checks,
            reason: test.reason.as_deref(),
            played: test.played().as_str(),
            right: test.right.as_ref().map(|(result, reason)| Right { result: result.as_str(), reason }),
        }
    }
}

impl<'a> Required<'a> {
    fn of(required: &'a Requirement) -> Self {
        Required {
            id: required.id,
            title: required.title,
            demand: required.demand.as_str(),
            met: required.met.as_str(),
            checks: &required.checks,
            reason: required.reason.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct CountsJson {
    checks: usize,
    passed: usize,
    failed: usize,
    skipped: usize,
    not_exercised: usize,
    expected: usize,
}

#[derive(Serialize)]
struct CheckJson<'a> {
    id: &'a str,
    suite: &'a str,
    dialect: Option<&'a str>,
    status: &'static str,
    reason: Option<String>,
    reason_kind: Option<&'static str>,
    seconds: f64,
    findings: Vec<FindingJson<'a>>,
}

#[derive(Serialize)]
struct CauseJson<'a> {
    rule: &'a str,
    level: &'static str,
    message: &'a str,
    /// Which requests it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pattern: Option<String>,
    /// What else it is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    also: Vec<&'a str>,
    stage: &'static str,
    times: usize,
    dialects: BTreeSet<&'a str>,
    checks: Vec<&'a str>,
    blocks: BTreeSet<&'a str>,
}

impl<'a> CauseJson<'a> {
    fn of(cause: &Cause<'a>) -> Self {
        CauseJson {
            rule: &cause.finding.rule,
            level: cause.level.as_str(),
            message: &cause.finding.message,
            pattern: cause.pattern.clone(),
            also: cause.also.clone(),
            stage: cause.stage.as_str(),
            times: cause.times,
            dialects: cause.dialects.clone(),
            checks: cause.checks.clone(),
            blocks: cause.consequences.clone(),
        }
    }
}

#[derive(Serialize)]
struct FindingJson<'a> {
    rule: &'a str,
    level: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    subject: &'a str,
    message: &'a str,
    expected: &'a str,
    actual: &'a str,
    entra: &'a str,
    fix: &'a str,
    refs: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waived: Option<&'a str>,
    times: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    met_in: Option<&'a str>,
    exchanges: Vec<ExchangeJson<'a>>,
}

#[derive(Serialize)]
struct ExchangeJson<'a> {
    actor: &'static str,
    method: &'static str,
    url: &'a str,
    request: Value,
    status: Option<u16>,
    answer: Value,
    curl: String,
}

impl<'a> ReportJson<'a> {
    fn of(report: &'a Report) -> Self {
        let counts = report.counts();
        ReportJson {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION"),
            target: &report.target,
            seed: report.seed,
            switches: report.switches.iter().map(SwitchJson::of).collect(),
            seconds: report.elapsed.as_secs_f64(),
            verdict: report.verdict.as_str(),
            counts: CountsJson {
                checks: report.distinct(|_| true),
                passed: counts.passed,
                failed: counts.failed,
                skipped: counts.skipped,
                not_exercised: counts.not_exercised,
                expected: counts.expected,
            },
            checks: report.checks.iter().map(CheckJson::of).collect(),
            causes: causes(report).iter().map(CauseJson::of).collect(),
            left_behind: &report.left_behind,
            waivers: waived::waivers(report),
            baseline: waived::baseline(report),
            gallery: None,
        }
    }
}

impl<'a> CheckJson<'a> {
    fn of(check: &'a CheckResult) -> Self {
        CheckJson {
            id: &check.id,
            suite: &check.suite,
            dialect: check.dialect.as_deref(),
            status: check.outcome.as_str(),
            reason: check.outcome.reason(),
            reason_kind: match &check.outcome {
                Outcome::Skipped(skip) => Some(skip.kind()),
                _ => None,
            },
            seconds: check.elapsed.as_secs_f64(),
            findings: check.findings.iter().map(FindingJson::of).collect(),
        }
    }
}

impl<'a> FindingJson<'a> {
    fn of(finding: &'a Finding) -> Self {
        FindingJson {
            rule: &finding.rule,
            level: finding.level.as_str(),
            subject: &finding.subject,
            message: &finding.message,
            expected: &finding.expected,
            actual: &finding.actual,
            entra: &finding.entra,
            fix: &finding.fix,
            refs: finding.refs.iter().map(ToString::to_string).collect(),
            tags: tags(finding),
            waived: finding.waived.as_deref(),
            times: finding.times,
            met_in: finding.met_in(),
            exchanges: finding.exchanges.iter().map(|exchange| ExchangeJson::of(exchange)).collect(),
        }
    }
}

fn tags(finding: &Finding) -> Vec<&'static str> {
    let reading = match finding.reading {
        JudgedBy::Both => None,
        JudgedBy::Microsoft => Some("microsoft-only"),
        JudgedBy::Ours => Some("not-microsoft"),
    };
    finding.rfc_ok.then_some("rfc-ok").into_iter().chain(reading).collect()
}

impl<'a> ExchangeJson<'a> {
    fn of(exchange: &'a Exchange) -> Self {
        ExchangeJson {
            actor: exchange.request.actor.as_str(),
            method: exchange.request.method.as_str(),
            url: &exchange.url,
            request: shown::request_body(exchange),
            status: exchange.answer().map(|answer| answer.status),
            answer: shown::answer_body(exchange),
            curl: exchange.curl(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::verdict::example;
    use crate::wire::{Broken, Method};
    use serde_json::json;

    fn schema() -> jsonschema::Validator {
        let schema = serde_json::from_str(include_str!("../../docs/report.schema.json")).unwrap();
        jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
    }

    fn written(report: &Report) -> Value {
        let mut out = Vec::new();
        write(report, None, &mut out).unwrap();
        assert!(out.ends_with(b"}\n"));
        serde_json::from_slice(&out).unwrap()
    }

    /// A report with every optional part in it.
    fn everything() -> Report {
        let mut report = example::report();
        let broken = example::exchange(Method::Get, "/Users", None, Err(Broken::Refused("nobody".into())));
        let finding = Finding::of(&example::about("rules/x", crate::check::Level::Note), "m")
            .rfc_ok()
            .shown_by(&broken);
        report.checks.push(CheckResult::played("rules/x", None, "t", vec![finding], None));
        report
    }

    #[test]
    fn a_report_holds_what_the_format_promises() {
        let json = written(&everything());
        assert_eq!(json["format"], FORMAT);
        assert_eq!(json["verdict"], "failed");
        assert_eq!(
            json["counts"],
            json!({"checks": 9, "passed": 3, "failed": 3, "skipped": 3, "not_exercised": 1, "expected": 1})
        );
        let check = json["checks"]
            .as_array()
            .unwrap()
            .iter()
            .find(|c| c["id"] == "cycles/disable-unassigned")
            .unwrap();
        assert_eq!(check["suite"], "cycles");
        assert_eq!((&check["reason"], &check["reason_kind"]), (&Value::Null, &Value::Null));
        let kinds: BTreeSet<&str> =
            json["checks"].as_array().unwrap().iter().filter_map(|c| c["reason_kind"].as_str()).collect();
        assert_eq!(kinds, BTreeSet::from(["blocked", "not-configured", "not-exercised"]));
        let finding = &check["findings"][0];
        assert_eq!(finding["level"], "critical");
        assert_eq!(finding["refs"][0], "RFC 7643 §4.1.1");
        assert_eq!(finding.get("tags"), None);
        assert_eq!((finding.get("subject"), finding.get("waived")), (None, None));
        let waived = json["checks"].as_array().unwrap().iter().find(|c| c["status"] == "expected").unwrap();
        assert_eq!(waived["findings"][0]["waived"], "tracked in #12");
        assert_eq!((&json["waivers"][0]["state"], &json["baseline"]["fixed"]), (&json!("passes"), &json!(2)));
        let exchange = &finding["exchanges"][0];
        assert_eq!(exchange["status"], 204);
        assert_eq!(exchange["answer"], Value::Null);
        assert_eq!(exchange["request"]["Operations"][0]["value"], "False");
        assert!(exchange["curl"].as_str().unwrap().contains("$SCIMULATE_TOKEN"));
        assert!(!json.to_string().contains("sesame"));
    }

    #[test]
    fn reports_follow_the_committed_schema() {
        let mut incomplete = example::report();
        incomplete.interrupted_by = Some("Ctrl-C".into());
        incomplete.settle();
        let mut empty = example::report();
        empty.checks.clear();
        empty.settle();
        for report in [everything(), incomplete, empty] {
            let json = written(&report);
            let errors: Vec<String> =
                schema().iter_errors(&json).map(|e| format!("{}: {e}", e.instance_path())).collect();
            assert!(errors.is_empty(), "{errors:#?}");
        }
    }

    #[test]
    fn the_schema_refuses_what_is_no_report() {
        let schema = schema();
        let good = written(&everything());
        assert!(schema.is_valid(&good));
        let broken: [fn(&mut Value); 9] = [
            |json| json["format"] = json!("scimulate-report/2"),
            |json| json["verdict"] = json!("fine"),
            |json| json["checks"][0]["status"] = json!("ok"),
            |json| json["checks"][0]["dialect"] = json!("klingon"),
            |json| json["counts"]["passed"] = json!(-1),
            |json| json["surprise"] = json!(1),
            |json| json["checks"][0]["reason_kind"] = json!("blocked"),
            |json| {
                json["counts"].as_object_mut().unwrap().remove("not_exercised");
            },
            |json| {
                json.as_object_mut().unwrap().remove("left_behind");
            },
        ];
        for (place, breaking) in broken.iter().enumerate() {
            let mut json = good.clone();
            breaking(&mut json);
            assert!(!schema.is_valid(&json), "change {place} was not noticed");
        }
    }
}
