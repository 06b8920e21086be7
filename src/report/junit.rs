//! JUnit XML, as CI systems read it. A `failure` is the target's fault; an `error` is a run that could
//! not be finished.

use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::shown;
use crate::check::{Finding, Outcome};
use crate::run::verdict::report::{CheckResult, Report};

/// Writes the report. A suite of the document is a suite of checks in one dialect.
///
/// # Errors
/// Those of `out`.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut document = Document::new("scimulate");
    document.set_time(report.elapsed);
    let mut suites: Vec<TestSuite> = Vec::new();
    for check in &report.checks {
        let name = suite_name(check);
        let place = suites.iter().position(|suite| suite.name.as_str() == name).unwrap_or_else(|| {
            suites.push(TestSuite::new(name));
            suites.len() - 1
        });
        let suite = &mut suites[place];
        suite.add_test_case(case(check));
        let before = suite.time.unwrap_or_default();
        suite.set_time(before + check.elapsed);
    }
    let notes = &report.known.waivers;
    if !notes.is_empty() {
        // A check that fails because its waiver has expired says nothing of it itself.
        let mut suite = TestSuite::new("waivers");
        for note in notes {
            let name = format!("{} ({})", note.check, note.place);
            let mut case = TestCase::new(name, skipped(&note.message));
            case.set_classname("waivers");
            suite.add_test_case(case);
        }
        suites.push(suite);
    }
    if let Some(why) = &report.interrupted_by {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_type("incomplete").set_message(why);
        let mut suite = TestSuite::new("run");
        suite.add_test_case(TestCase::new("the run was finished", status));
        suites.push(suite);
    }
    document.add_test_suites(suites);
    let xml = document.to_string().map_err(io::Error::other)?;
    out.write_all(xml.as_bytes())?;
    out.flush()
}

fn suite_name(check: &CheckResult) -> String {
    match &check.dialect {
        Some(dialect) => format!("{} [{dialect}]", check.suite),
        None => format!("{} [both dialects]", check.suite),
    }
}

fn case(check: &CheckResult) -> TestCase {
    let status = match &check.outcome {
        Outcome::Passed => TestCaseStatus::success(),
        Outcome::Skipped(skip) => skipped(&skip.to_string()),
        Outcome::Expected(reason) => skipped(&format!("expected failure: {reason}")),
        Outcome::Failed => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            if let Some(worst) = check.findings.first() {
                status.set_type(worst.level.as_str()).set_message(&worst.message);
            }
            status.set_description(details(&check.findings));
            status
        }
    };
    let failed = check.outcome == Outcome::Failed;
    let mut case = TestCase::new(&check.id, status);
    case.set_classname(suite_name(check));
    case.set_time(check.elapsed);
    if !failed && !check.findings.is_empty() {
        case.set_system_out(details(&check.findings));
    }
    case
}

fn skipped(why: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(why);
    status
}

fn details(findings: &[Finding]) -> String {
    findings.iter().map(detail).collect::<Vec<_>>().join("\n\n")
}

fn detail(finding: &Finding) -> String {
    let mut lines = vec![format!("{} {}: {}", finding.level, finding.rule, finding.message)];
    let mut add = |label: &str, text: &str| {
        if !text.is_empty() {
            lines.push(format!("{label}: {text}"));
        }
    };
    add("expected", &finding.expected);
    add("actual", &finding.actual);
    if let Some(exchange) = finding.exchanges.last() {
        add("request", &exchange.curl());
        add("answer", &shown::answer_line(exchange, None, 2_000));
    }
    add("in Entra", &finding.entra);
    add("fix", &finding.fix);
    add("see", &finding.refs.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "));
    if finding.times > 1 {
        add("times", &finding.times.to_string());
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::verdict::example;

    fn written(report: &Report) -> String {
        let mut out = Vec::new();
        write(report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_report_reads_as_in_the_expected_file() {
        let expected = include_str!("../../tests/reports/failed.junit.xml");
        let actual = written(&example::report());
        assert!(actual == expected, "expected:\n{expected}\nactual:\n{actual}");
    }

    #[test]
    fn the_target_fails_and_the_run_errs() {
        let mut report = example::report();
        report.interrupted_by = Some("the target <was> lost".into());
        report.settle();
        let document = Document::deserialize_from_str(&written(&report)).unwrap();
        assert_eq!((document.failures, document.errors, document.tests), (3, 1, 12));
    }

    #[test]
    fn control_characters_in_answers_do_not_break_the_xml() {
        let mut report = example::report();
        report.checks[1].findings[0].message = "a\u{0}b\x1b[31m]]>".into();
        assert!(Document::deserialize_from_str(&written(&report)).is_ok());
    }
}
