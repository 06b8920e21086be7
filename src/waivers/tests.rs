use std::sync::LazyLock;
use std::time::Duration;

use jiff::civil::{Date, date};

use super::*;
use crate::catalogue::Catalogue;
use crate::check::{Finding, Level, Outcome, Skip};
use crate::diagnostic::Diagnostic;
use crate::report::json;
use crate::run::verdict::example;
use crate::run::verdict::report::{CheckResult, Report, Verdict};
use crate::run::verdict::waived::{BaselineCount, Waived, WaiverState};
use crate::wire::Method;

const SCENARIO: &str = "cycles/disable-unassigned";
const RULE: &str = "rules/password-returned";

fn catalogue() -> &'static Catalogue {
    static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
        let mut renamed = example::about("cycles/new-name", Level::Error);
        renamed.history.aliases = vec!["cycles/old-name".into()];
        let checks = [SCENARIO, RULE, "cycles/group-renamed", "cycles/addresses"];
        Catalogue::default()
            .with_judgements(&checks.map(|id| example::about(id, Level::Error)))
            .with_judgements([&renamed])
            .with_requirements([&example::about("requirements/tls", Level::Error)])
    });
    &CATALOGUE
}

fn read(text: &str) -> Waivers {
    Waivers::parse(text, "waivers.toml", catalogue()).unwrap_or_else(|mistake| panic!("{mistake}"))
}

/// The mistake of a file: line, underlined token, title and help.
fn wrong(text: &str) -> (usize, String, String, String) {
    let mistake: Diagnostic = Waivers::parse(text, "waivers.toml", catalogue()).unwrap_err();
    let token = text.get(mistake.span.clone()).unwrap_or_default().to_owned();
    (mistake.line(), token, mistake.title.clone(), mistake.help.unwrap_or_default())
}

fn waiver(more: &str) -> String {
    format!("[[waiver]]\ncheck = \"{SCENARIO}\"\nreason = \"fixed in 4.2\"\n{more}")
}

#[test]
fn a_waiver_says_check_reason_dialect_issue_and_last_day() {
    let text = waiver("dialect = \"default\"\nissue = \"https://example.com/7\"\nexpires = 2027-01-31\n");
    let waivers = read(&format!("# ours\n\n{text}"));
    let [waiver] = waivers.list.as_slice() else { panic!("{waivers:?}") };
    assert_eq!((waiver.check.as_str(), waiver.dialect.as_deref()), (SCENARIO, Some("default")));
    assert_eq!(waiver.told(), "fixed in 4.2, until 2027-01-31 (https://example.com/7)");
    assert_eq!(waiver.place, "waivers.toml:3");
    // The last day still belongs to it.
    assert!(!waiver.is_expired(date(2027, 1, 31)) && waiver.is_expired(date(2027, 2, 1)));
    assert_eq!(read(&self::waiver("expires = \"2027-01-31\"")).list[0].expires, Some(date(2027, 1, 31)));
    assert!(read("").list.is_empty());
    let inline = format!("waiver = [{{ check = \"{RULE}\", reason = \"r\" }}]");
    assert_eq!(read(&inline).list[0].check, RULE);
    // As on the command line of `explain`.
    assert_eq!(read(&inline.replace("rules/", "")).list[0].check, RULE);
}

#[test]
fn a_mistake_has_its_place_and_a_way_out() {
    let cases = [
        ("check = \"cycles/a\"\n", 1, "check", "unknown key `check`", "write [[waiver]]"),
        ("[[waivers]]\n", 1, "waivers", "unknown key `waivers`", "did you mean `waiver`?"),
        ("[waiver]\ncheck = \"x\"\n", 1, "[waiver]", "`waiver` must be a list", "two brackets"),
        ("[[waiver]]\nreason = \"r\"\n", 1, "[[waiver]]", "no `check`", "write `check = \"…\"`"),
        ("[[waiver]]\n\nchek = \"r\"\n", 3, "chek", "unknown key `chek`", "did you mean `check`?"),
        ("[[waiver]]\ncheck = 7\n", 2, "7", "`check` must be a text", ""),
        ("[[waiver]]\ncheck = \"\"\n", 2, "\"\"", "`check` is empty", ""),
        ("[[waiver]\n", 1, "", "", "docs/waivers.md"),
    ];
    for (text, line, token, title, help) in cases {
        let told = wrong(text);
        assert_eq!((told.0, told.1.trim()), (line, token), "{told:?}");
        assert!(told.2.contains(title) && told.3.contains(help), "{told:?}");
    }
    let cases = [
        ("dialect = \"defualt\"", "\"defualt\"", "is not a dialect", "did you mean `default`?"),
        ("expires = 2027-02-30", "2027-02-30", "", "2027-01-31"),
        ("expires = 2027-01-31T10:00:00Z", "2027-01-31T10:00:00Z", "`expires` is not a day", "2027-01-31"),
        ("expires = \"31.1.2027\"", "\"31.1.2027\"", "`expires` is not a day", "2027-01-31"),
        ("expires = true", "true", "`expires` is not a day", "2027-01-31"),
        ("expire = 2027-01-31", "expire", "unknown key", "did you mean `expires`?"),
    ];
    for (more, token, title, help) in cases {
        let told = wrong(&waiver(more));
        assert_eq!(told.0, 4, "{told:?}");
        assert!(told.2.contains(title), "{told:?}");
        if !title.is_empty() {
            assert_eq!(told.1, token);
            assert!(told.3.contains(help), "{told:?}");
        }
    }
}

#[test]
fn ids_are_those_of_checks_that_can_be_waived() {
    let id = |id: &str| {
        let (line, token, title, help) = wrong(&format!("[[waiver]]\ncheck = \"{id}\"\nreason = \"r\"\n"));
        assert_eq!((line, token), (2, format!("\"{id}\"")));
        format!("{title}; {help}")
    };
    assert_eq!(
        id("cycles/disable-unasigned"),
        "there is no check `cycles/disable-unasigned`; did you mean `cycles/disable-unassigned`?"
    );
    assert!(id("cycles/").contains("a whole suite") && id("cycles/").contains("leave the suite"));
    assert!(id("cycles/*").contains("a whole suite"));
    assert!(id("something else").contains("`scimulate list`"));
    assert!(id("requirements/tls").contains("only by `scimulate gallery`"));
    let twice = format!("{}\n{}", waiver(""), waiver("expires = 2027-01-31"));
    let told = wrong(&twice);
    assert_eq!((told.0, told.2.as_str()), (6, "`cycles/disable-unassigned` is waived twice"));
    assert!(told.3.contains("waivers.toml:1"));
    read(&format!("{}\n{}", waiver(""), waiver("dialect = \"default\"")));
}

fn finding(rule: &str, level: Level) -> Finding {
    Finding::of(&example::about(rule, level), "it is wrong")
}

fn played(id: &str, dialect: Option<&str>, findings: Vec<Finding>) -> CheckResult {
    CheckResult::played(id, dialect, "t", findings, Some(Level::Error))
}

fn report(checks: Vec<CheckResult>) -> Report {
    let mut report = Report {
        target: "http://127.0.0.1/scim".into(),
        seed: 1,
        switches: Vec::new(),
        elapsed: Duration::ZERO,
        verdict: Verdict::Passed,
        checks,
        observations: Default::default(),
        left_behind: Vec::new(),
        exchanges: 0,
        listed: None,
        interrupted_by: None,
        known: Waived::default(),
    };
    report.settle();
    report
}

const TODAY: Date = date(2026, 11, 23);

fn apply(waivers: &str, report: &mut Report) -> Vec<(WaiverState, String)> {
    let circumstances = WaiverContext { fail_on: Some(Level::Error), today: TODAY, narrowed: false };
    read(waivers).apply(report, circumstances);
    report.known.waivers.iter().map(|note| (note.state, note.message.clone())).collect()
}

fn failing(dialects: &[&str]) -> Vec<CheckResult> {
    let failed = |d: &&str| played(SCENARIO, Some(*d), vec![finding(SCENARIO, Level::Critical)]);
    dialects.iter().map(failed).collect()
}

#[test]
fn a_waived_failure_is_expected_and_fails_nothing() {
    let mut report = report(failing(&["default", "aadOptscim062020"]));
    assert_eq!(apply(&waiver(""), &mut report), []);
    assert_eq!((report.verdict, report.counts().expected), (Verdict::Passed, 2));
    assert_eq!(report.checks[0].outcome, Outcome::Expected("fixed in 4.2".into()));
    assert_eq!(report.checks[0].findings[0].waived.as_deref(), Some("fixed in 4.2"));
}

#[test]
fn a_waiver_of_one_dialect_leaves_the_other_and_covers_their_comparison() {
    let mut checks = failing(&["default"]);
    checks.push(played(SCENARIO, Some("aadOptscim062020"), Vec::new()));
    checks.push(played(SCENARIO, None, vec![finding(SCENARIO, Level::Error)]));
    let mut one = report(checks.clone());
    assert_eq!(apply(&waiver("dialect = \"default\""), &mut one), []);
    assert_eq!((one.counts().expected, one.verdict), (2, Verdict::Passed));
    // In the dialect that passes there is nothing to waive, so the comparison is not covered either.
    let mut other = report(checks.clone());
    let notes = apply(&waiver("dialect = \"aadOptscim062020\""), &mut other);
    assert_eq!(notes, [(WaiverState::Passes, "passes: remove the waiver".into())]);
    assert_eq!(other.counts().failed, 2);
    let mut comparison = report(checks);
    apply(&waiver("dialect = \"comparison\""), &mut comparison);
    assert_eq!((comparison.counts().expected, comparison.counts().failed), (1, 1));
}

#[test]
fn a_waiver_that_one_dialect_needs_is_to_be_narrowed() {
    let mut checks = failing(&["default"]);
    checks.push(played(SCENARIO, Some("aadOptscim062020"), Vec::new()));
    let notes = apply(&waiver(""), &mut report(checks));
    let narrow = "passes in aadOptscim062020: narrow the waiver with `dialect = \"default\"`";
    assert_eq!(notes, [(WaiverState::Passes, narrow.into())]);
}

#[test]
fn a_waived_rule_covers_its_findings_wherever_they_are() {
    let waived = format!("[[waiver]]\ncheck = \"{RULE}\"\nreason = \"r\"\n");
    let beside = vec![finding(RULE, Level::Error), finding(SCENARIO, Level::Critical)];
    let mut report = report(vec![
        played(RULE, Some("default"), vec![finding(RULE, Level::Error)]),
        played(SCENARIO, Some("default"), vec![finding(RULE, Level::Error)]),
        played(SCENARIO, Some("aadOptscim062020"), beside),
    ]);
    assert_eq!(apply(&waived, &mut report), []);
    let outcome = |place: usize| &report.checks[place].outcome;
    // The scenario sorts before the rule, and its dialects by name.
    assert_eq!(report.checks[0].dialect.as_deref(), Some("aadOptscim062020"));
    assert_eq!(*outcome(0), Outcome::Failed, "its own expectation is not waived");
    assert_eq!(*outcome(1), Outcome::Expected("r".into()));
    assert_eq!(*outcome(2), Outcome::Expected("r".into()));
}

#[test]
fn a_mild_finding_that_is_waived_is_known_and_its_check_passes_as_before() {
    let waived = format!("[[waiver]]\ncheck = \"{RULE}\"\nreason = \"r\"\n");
    let mut report = report(vec![played(RULE, Some("default"), vec![finding(RULE, Level::Warning)])]);
    assert_eq!(apply(&waived, &mut report), [], "it is used");
    assert_eq!(report.checks[0].outcome, Outcome::Passed);
    assert!(report.checks[0].findings[0].waived.is_some());
    assert!(crate::run::verdict::cause::causes(&report).is_empty());
}

#[test]
fn an_expired_waiver_waives_nothing_and_says_what_to_do() {
    let expired = waiver("expires = 2026-11-22");
    let mut failed = report(failing(&["default"]));
    let notes = apply(&expired, &mut failed);
    assert_eq!(failed.verdict, Verdict::Failed);
    let [(WaiverState::Expired, message)] = notes.as_slice() else { panic!("{notes:?}") };
    assert!(message.starts_with("expired on 2026-11-22; the failure counts again"), "{message}");
    let mut passed = report(vec![played(SCENARIO, Some("default"), Vec::new())]);
    assert!(apply(&expired, &mut passed)[0].1.ends_with("it passes: remove the waiver"));
    assert!(apply(&expired, &mut report(Vec::new()))[0].1.ends_with("renew it with `scimulate waive`"));
    let mut today = report(failing(&["default"]));
    assert_eq!(apply(&waiver("expires = 2026-11-23"), &mut today), []);
    assert_eq!(today.verdict, Verdict::Passed);
}

#[test]
fn what_a_waiver_is_about_may_pass_be_skipped_or_be_missing() {
    let passing = |d: &str| played(SCENARIO, Some(d), Vec::new());
    let notes = apply(&waiver(""), &mut report(vec![passing("default"), passing("aadOptscim062020")]));
    assert_eq!(notes, [(WaiverState::Passes, "passes: remove the waiver".into())]);
    let skipped = |skip| CheckResult::new(SCENARIO, Some("default"), "t", Outcome::Skipped(skip));
    let notes = apply(&waiver(""), &mut report(vec![skipped(Skip::NotSupported("no groups".into()))]));
    let unused = "waives nothing: the check was skipped, not supported: no groups";
    assert_eq!(notes, [(WaiverState::Unused, unused.into())]);
    assert_eq!(apply(&waiver(""), &mut report(vec![skipped(Skip::Blocked("x".into()))])), []);
    let notes = apply(&waiver(""), &mut report(Vec::new()));
    assert_eq!(notes[0].0, WaiverState::Unused);
    let mut interrupted = report(vec![passing("default")]);
    interrupted.interrupted_by = Some("Ctrl-C".into());
    assert_eq!(apply(&waiver(""), &mut interrupted), []);
}

#[test]
fn a_narrowed_run_says_nothing_of_what_it_did_not_play() {
    let circumstances = WaiverContext { fail_on: Some(Level::Error), today: TODAY, narrowed: true };
    let rule = format!("[[waiver]]\ncheck = \"{RULE}\"\nreason = \"r\"\n");
    let other = waiver("").replace(SCENARIO, "cycles/create-user");
    let mut one = report(vec![
        played(SCENARIO, Some("default"), Vec::new()),
        played(RULE, Some("default"), Vec::new()),
    ]);
    let file = format!("{rule}\n{other}\n{}", waiver("dialect = \"default\""));
    read(&file.replace("cycles/create-user", "cycles/group-renamed")).apply(&mut one, circumstances);
    let told: Vec<_> = one.known.waivers.iter().map(|note| (note.check.as_str(), note.state)).collect();
    assert_eq!(told, [(SCENARIO, WaiverState::Passes)], "what was played in that very dialect is known");
}

fn past(report: &Report) -> PastReport {
    let mut text = Vec::new();
    json::write(report, None, &mut text).unwrap();
    PastReport::parse(&text, "report.json").unwrap()
}

fn draft(checks: &[&str]) -> Draft {
    let checks = checks.iter().map(|id| (*id).to_owned()).collect();
    Draft { reason: "r \"x\"".into(), issue: None, expires: date(2027, 1, 31), checks }
}

#[test]
fn what_failed_is_drafted_and_what_is_drafted_waives_it() {
    let mut checks = failing(&["default", "aadOptscim062020"]);
    checks.push(played(SCENARIO, None, vec![finding(SCENARIO, Level::Error)]));
    checks.push(played("cycles/group-renamed", Some("default"), vec![finding("x", Level::Error)]));
    checks.push(played("cycles/group-renamed", Some("aadOptscim062020"), Vec::new()));
    checks.push(played("cycles/addresses", None, vec![finding("x", Level::Error)]));
    checks.push(played(RULE, Some("default"), vec![finding(RULE, Level::Error)]));
    let mut report = report(checks);
    let drafted = draft(&[]).of(&past(&report), catalogue()).unwrap();
    let text = drafted.to_toml();
    let read = read(&text);
    let told: Vec<_> =
        read.list.iter().map(|w| (w.check.as_str(), w.dialect.as_deref().unwrap_or("all"))).collect();
    let expected = [
        ("cycles/addresses", "comparison"),
        (SCENARIO, "all"),
        ("cycles/group-renamed", "default"),
        (RULE, "default"),
    ];
    assert_eq!(told, expected, "{text}");
    assert!(text.starts_with("[[waiver]]\ncheck = ") && text.contains("expires = 2027-01-31\n\n[[waiver]]"));
    assert_eq!(apply(&text, &mut report), []);
    assert_eq!((report.verdict, report.counts().failed), (Verdict::Passed, 0));
}

#[test]
fn a_draft_of_named_checks_says_when_they_did_not_fail() {
    let mut checks = failing(&["default"]);
    checks.push(played("cycles/addresses", Some("default"), Vec::new()));
    checks.push(played("mine/scenario", Some("default"), vec![finding("x", Level::Error)]));
    let past = past(&report(checks));
    let drafted = |checks: &[&str]| draft(checks).of(&past, catalogue());
    assert_eq!(drafted(&[SCENARIO]).unwrap().len(), 1);
    assert_eq!(drafted(&["cycles/addresses"]), Err(NothingToWaive::DidNotFail("cycles/addresses".into())));
    assert_eq!(drafted(&[RULE]), Err(NothingToWaive::Missing(RULE.into())));
    let all = drafted(&[]).unwrap();
    assert_eq!((all.len(), all.left_out.len()), (1, 1));
    assert!(all.left_out[0].contains("name that with --scenarios"), "{:?}", all.left_out);
    assert!(matches!(drafted(&["mine/scenario"]), Err(NothingToWaive::LeftOut(_))));
}

#[test]
fn merging_keeps_what_people_wrote() {
    let there = "\
# Waivers of the team.   Ask Ada first!

[[waiver]]   # the old one
reason = 'known since ''26'  # odd order
check = \"cycles/disable-unassigned\"
expires = 2026-01-31 # renewed twice

[[waiver]]
check = \"cycles/addresses\"
reason = \"other\"
# the end
"
    .replace("''26", " 2026");
    let mut checks = failing(&["default"]);
    checks.push(played(RULE, Some("default"), vec![finding(RULE, Level::Error)]));
    let report = past(&report(checks));
    let drafted = Draft { issue: Some("https://example.com/7".into()), ..draft(&[]) };
    let drafted = drafted.of(&report, catalogue()).unwrap();
    let merged = drafted.merged_into(&there, "waivers.toml", catalogue()).unwrap();
    assert_eq!((merged.added, merged.renewed), (1, 1));
    let expected = there.replace(
        "2026-01-31 # renewed twice\n",
        "2027-01-31 # renewed twice\nissue = \"https://example.com/7\"\n",
    ) + "\n[[waiver]]\ncheck = \"rules/password-returned\"\ndialect = \"default\"\nreason = 'r \"x\"'\n\
           issue = \"https://example.com/7\"\nexpires = 2027-01-31\n";
    assert_eq!(merged.text, expected);
    // Again: everything is there.
    let again = drafted.merged_into(&merged.text, "waivers.toml", catalogue()).unwrap();
    assert_eq!((again.text, again.added, again.renewed), (merged.text, 0, 2));
    let broken = drafted.merged_into("[[waiver]]\nchek = 1\n", "waivers.toml", catalogue()).unwrap_err();
    assert_eq!(broken.line(), 2);
}

#[test]
fn merging_into_a_list_in_one_line_goes_on_in_it() {
    let there = format!("waiver = [\n  {{ check = \"{SCENARIO}\", reason = \"r\" }}, # ours\n]\n");
    let mut checks = failing(&["default"]);
    checks.push(played(RULE, Some("default"), vec![finding(RULE, Level::Error)]));
    let drafted = draft(&[]).of(&past(&report(checks)), catalogue()).unwrap();
    let merged = drafted.merged_into(&there, "waivers.toml", catalogue()).unwrap();
    let read = read(&merged.text);
    assert_eq!(read.list.iter().filter(|waiver| waiver.expires == Some(date(2027, 1, 31))).count(), 2);
    assert!(merged.text.contains("# ours"), "{}", merged.text);
}

#[test]
fn the_last_day_of_a_waiver_lies_ahead() {
    assert_eq!(last_day("2026-11-23", TODAY), Ok(TODAY));
    assert!(last_day("2026-11-22", TODAY).unwrap_err().contains("is in the past: today is 2026-11-23"));
    for text in ["tomorrow", "2027-1-31", "2027-02-30", "20270131", ""] {
        assert!(last_day(text, TODAY).unwrap_err().contains("write it as 2027-01-31"), "{text}");
    }
}

#[test]
fn what_is_waived_in_one_dialect_is_still_told_of_the_other() {
    let found = |dialect: &str| played(RULE, Some(dialect), vec![finding(RULE, Level::Error)]);
    let mut report = report(vec![found("aadOptscim062020"), found("default")]);
    let only = format!("[[waiver]]\ncheck = \"{RULE}\"\ndialect = \"aadOptscim062020\"\nreason = \"r\"\n");
    apply(&only, &mut report);
    let causes = crate::run::verdict::cause::causes(&report);
    assert_eq!(causes.len(), 1);
    assert_eq!(causes[0].check.dialect.as_deref(), Some("default"));
    assert_eq!(causes[0].dialects.iter().copied().collect::<Vec<_>>(), ["default"]);
    assert!(causes[0].decides);
}

fn judged_by(baseline: &Report, report: &mut Report) -> BaselineCount {
    let baseline = Baseline::of(&past(baseline), catalogue());
    baseline.apply(report, Some(Level::Error), catalogue()).unwrap();
    report.known.baseline.unwrap()
}

/// A finding of a scenario about an attribute, shown by a read of the user with that id.
fn about(subject: &str, id: &str) -> Finding {
    let path = format!("/Users/{id}?attributes=active");
    let answer = example::answer(200, &serde_json::json!({"id": id}));
    let read = example::exchange(Method::Get, &path, None, answer);
    finding(SCENARIO, Level::Error).concerning(subject).shown_by(&read)
}

#[test]
fn what_the_baseline_knows_is_expected_and_what_is_new_fails() {
    let scenario = |findings| played(SCENARIO, Some("default"), findings);
    let mut then = report(vec![
        scenario(vec![about("active", "1")]),
        played("cycles/addresses", Some("default"), vec![finding("cycles/addresses", Level::Error)]),
    ]);
    // The embedded server has another port each time.
    then.target = "http://127.0.0.1:8080/scim".into();
    let passing = played("cycles/addresses", Some("default"), Vec::new());
    let mut now = report(vec![scenario(vec![about("active", "2")]), passing]);
    now.target.clone_from(&then.target);
    assert_eq!(judged_by(&then, &mut now), BaselineCount { known: 1, new: 0, fixed: 1 });
    assert_eq!(now.verdict, Verdict::Passed);
    let expected = now.checks.iter().find(|check| check.id == SCENARIO).unwrap();
    assert_eq!(expected.outcome, Outcome::Expected("in the baseline".into()));

    // The report with a baseline is one, too.
    let mut again = report(vec![scenario(vec![about("active", "3")])]);
    again.target.clone_from(&then.target);
    assert_eq!(judged_by(&now, &mut again).known, 1);

    let worse = about("active", "2").at(Level::Critical);
    for new in [vec![about("active", "2"), about("title", "2")], vec![worse]] {
        let mut now = report(vec![scenario(new)]);
        now.target.clone_from(&then.target);
        assert_eq!(judged_by(&then, &mut now), BaselineCount { known: 0, new: 1, fixed: 0 });
        assert_eq!(now.verdict, Verdict::Failed);
    }
    let mut other = report(vec![played(SCENARIO, Some("aadOptscim062020"), vec![about("active", "2")])]);
    other.target.clone_from(&then.target);
    assert_eq!(judged_by(&then, &mut other).new, 1, "another dialect is another check");
}

#[test]
fn what_a_waiver_covered_is_not_in_the_baseline() {
    let mut then = report(failing(&["default"]));
    apply(&waiver(""), &mut then);
    let mut now = report(failing(&["default"]));
    assert_eq!(judged_by(&then, &mut now).new, 1);
    // Today's waivers come first, and the baseline leaves them alone.
    let mut now = report(failing(&["default"]));
    apply(&waiver(""), &mut now);
    judged_by(&report(failing(&["default"])), &mut now);
    assert_eq!(now.checks[0].outcome, Outcome::Expected("fixed in 4.2".into()));
}

#[test]
fn a_sentence_without_subject_is_the_same_whatever_its_values() {
    let said = |message: &str| {
        let mut finding = finding(SCENARIO, Level::Error);
        finding.message = message.into();
        report(vec![played(SCENARIO, Some("default"), vec![finding])])
    };
    let then = said("PATCH /Users/7 of \"ada\" took 12 ms for smbcdfghjk.ada@example.com");
    let mut same = said("PATCH /Users/9f of \"grace\" took 3 ms for smxvwtrqpn.grace@example.com");
    let mut other = said("PATCH /Users/7 of \"ada\" was refused");
    assert_eq!((judged_by(&then, &mut same).new, judged_by(&then, &mut other).new), (0, 1));
}

#[test]
fn a_check_that_was_renamed_is_known_by_the_name_it_had() {
    let failed = |id: &str| report(vec![played(id, Some("default"), vec![finding(id, Level::Error)])]);
    let then = past(&failed("cycles/old-name"));
    let drafted = draft(&["cycles/new-name"]).of(&then, catalogue()).unwrap();
    assert!(drafted.to_toml().contains("check = \"cycles/new-name\""), "{}", drafted.to_toml());
    let mut now = failed("cycles/new-name");
    apply("[[waiver]]\ncheck = \"cycles/old-name\"\nreason = \"r\"\n", &mut now);
    assert_eq!(now.verdict, Verdict::Passed);
    assert_eq!(judged_by(&failed("cycles/old-name"), &mut failed("cycles/new-name")).known, 1);
}

#[test]
fn what_another_version_had_is_left_out_and_said() {
    let mut then =
        past(&report(vec![played("cycles/gone", Some("default"), vec![finding("x", Level::Error)])]));
    then.version = "0.0.1".into();
    let nothing = draft(&[]).of(&then, catalogue()).unwrap_err();
    assert!(
        nothing.to_string().ends_with("cycles/gone: scimulate 0.0.1 had it, but this version does not"),
        "{nothing}"
    );
}

#[test]
fn a_file_from_windows_stays_one() {
    let there = waiver("expires = 2020-01-31 # ours\n").replace('\n', "\r\n");
    let mut checks = failing(&["default"]);
    checks.push(played(RULE, Some("default"), vec![finding(RULE, Level::Error)]));
    let drafted = draft(&[]).of(&past(&report(checks)), catalogue()).unwrap();
    let merged = drafted.merged_into(&there, "waivers.toml", catalogue()).unwrap();
    assert!(merged.text.starts_with(&there.replace("2020", "2027")), "{:?}", merged.text);
    assert_eq!(merged.text.matches('\n').count(), merged.text.matches("\r\n").count());
    assert_eq!(read(&merged.text).list.len(), 2);
}

#[test]
fn a_waiver_of_one_attribute_leaves_the_others() {
    let text = format!("[[waiver]]\ncheck = \"{RULE}\"\nsubject = \"Title\"\nreason = \"r\"\n");
    let lost = |subject: &str| finding(RULE, Level::Critical).concerning(subject);
    let found = |subjects: &[&str]| {
        let findings = subjects.iter().map(|subject| lost(subject)).collect();
        report(vec![played(RULE, Some("default"), findings)])
    };
    let mut title = found(&["title"]);
    assert_eq!((apply(&text, &mut title), title.verdict), (vec![], Verdict::Passed));
    let mut both = found(&["title", "active"]);
    assert_eq!((apply(&text, &mut both), both.verdict), (vec![], Verdict::Failed));
    assert_eq!(crate::run::verdict::cause::causes(&both).len(), 1, "what is known is not told again");
    let gone = "finds nothing wrong with `Title`: remove the waiver";
    for subjects in [&[][..], &["active"]] {
        assert_eq!(apply(&text, &mut found(subjects)), [(WaiverState::Passes, gone.into())]);
    }
    read(&format!("{text}{}", text.replace("Title", "active")));
    assert!(wrong(&format!("{text}{text}")).2.contains("is waived twice"));
    assert_eq!(wrong(&text.replace("\"Title\"", "7")).2, "`subject` must be a text in quotes");
}
