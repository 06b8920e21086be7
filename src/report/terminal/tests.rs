use super::*;
use crate::run::verdict::example;

const PLAIN: TerminalSettings = TerminalSettings {
    color: false,
    detail: Detail::Usual,
    max_causes: 10,
    width: 100,
    wraps_all: false,
    again: String::new(),
};

fn written(report: &Report, settings: &TerminalSettings) -> String {
    let mut out = Vec::new();
    write(report, settings, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_failed_run_reads_as_in_the_expected_file() {
    let expected = include_str!("../../../tests/reports/failed.txt");
    let actual = written(&example::report(), &PLAIN);
    assert!(actual == expected, "expected:\n{expected}\nactual:\n{actual}");
}

#[test]
fn a_clean_run_is_a_table_and_a_verdict() {
    let mut report = example::report();
    report.checks.retain(|check| check.outcome == Outcome::Passed && check.findings.is_empty());
    report.left_behind.clear();
    report.known = crate::run::verdict::waived::Waived::default();
    report.settle();
    let expected = "\
suite           checks  passed  failed  skipped  not exercised
cycles               1       1       0        0              0

PASSED http://127.0.0.1:8080/scim: 1 check; 1,316 requests in 1.5 s
";
    assert_eq!(written(&report, &PLAIN), expected);
}

#[test]
fn an_interrupted_run_says_why_and_an_empty_one_is_no_success() {
    let mut report = example::report();
    report.interrupted_by = Some("The target stopped answering.".into());
    report.settle();
    let text = written(&report, &PLAIN);
    let mut last = text.lines().rev();
    assert!(last.next().unwrap().starts_with("INCOMPLETE "));
    assert_eq!(last.next().unwrap(), "The target stopped answering.");
    report.checks.clear();
    report.interrupted_by = None;
    report.settle();
    let with = |exchanges| written(&Report { exchanges, ..report.clone() }, &PLAIN);
    assert!(with(0).lines().last().unwrap().starts_with("NOTHING RAN "));
    assert!(with(3).lines().last().unwrap().starts_with("NOTHING CHECKED "));
}

#[test]
fn verbose_lists_passed_checks_and_shows_mild_findings_in_full() {
    let text = written(&example::report(), &TerminalSettings { detail: Detail::Everything, ..PLAIN });
    assert!(text.starts_with("passed cycles/create-user [default]  A new person arrives\n"));
    assert!(text.contains("Send Content-Type: application/scim+json."));
}

#[test]
fn colours_come_only_when_asked_for_and_answers_bring_none() {
    let mut report = example::report();
    report.checks[1].findings[0].message = "the answer says \x1b[5mhello".into();
    assert!(!written(&report, &PLAIN).contains('\x1b'));
    let colored = written(&report, &TerminalSettings { color: true, ..PLAIN });
    assert!(colored.contains("\x1b[1m\x1b[31m") && !colored.contains("\x1b[5m"));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    struct Gone(usize);
    impl Write for Gone {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            match self.0.checked_sub(bytes.len()) {
                Some(left) => {
                    self.0 = left;
                    Ok(bytes.len())
                }
                None => Err(io::ErrorKind::BrokenPipe.into()),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    assert!(write(&example::report(), &PLAIN, &mut Gone(100)).is_ok());
}

#[test]
fn forty_columns_are_enough_for_all_but_what_is_copied() {
    let narrow = TerminalSettings { width: 40, wraps_all: true, detail: Detail::Findings, ..PLAIN };
    let text = written(&example::report(), &narrow);
    let is_copied = |line: &str| {
        ["before", "then", "request", "answer"].iter().any(|label| line.starts_with(label))
            || line.trim_start().starts_with("scimulate run ")
    };
    for line in text.lines().filter(|line| !is_copied(line) && line.chars().count() > 40) {
        let words = line.get(LABEL..).unwrap_or_default().trim();
        assert!(!words.contains(' '), "only a long word keeps a line of its own: {line}\n{text}");
    }
    assert!(text.contains("\nall: "), "the table is told in words:\n{text}");
}
