use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::check::{Finding, JudgedBy, Level, Outcome, Skip};
use crate::run::verdict::report::{CheckResult, Report, Verdict as RunVerdict};
use crate::scenario::{self, Scenario};

/// A scenario that stands for a test of the template.
fn scenario(number: u32, kind: &str, more: &str) -> Arc<Scenario> {
    let text = format!(
        "title: t\nlevel: error\nwhy: w\ntest: {{ name: Test_{number}, number: {number}, kind: {kind}, through: tenant }}\n\
         {more}people: {{ ada: }}\ntimeline: [cycle]\n"
    );
    Arc::new(scenario::load(&format!("scenarios/gallery/test-{number}.yaml"), &text).unwrap())
}

/// The tests that decide: one mandatory, one optional, one of groups, and the two of authentication.
fn scenarios() -> Vec<Arc<Scenario>> {
    vec![
        scenario(1, "mandatory", ""),
        scenario(4, "optional", ""),
        scenario(8, "mandatory", "needs: [groups]\n"),
        scenario(21, "mandatory", ""),
        scenario(22, "mandatory", ""),
    ]
}

fn report(outcomes: &[(u32, Ending)]) -> Report {
    let checks = scenarios()
        .iter()
        .map(|scenario| {
            let number = scenario.test.as_ref().unwrap().number;
            let ending = outcomes.iter().find(|(other, _)| *other == number).map(|(_, ending)| ending);
            let (id, title) = (&scenario.about.id, &scenario.about.title);
            match ending {
                None => CheckResult::new(id, Some("default"), title, Outcome::Passed),
                Some(Ending::Skip(skip)) => {
                    CheckResult::new(id, Some("default"), title, Outcome::Skipped(skip.clone()))
                }
                Some(Ending::Finding(level, reading)) => {
                    let finding = Finding::of(&scenario.about, "it is wrong").at(*level).read_by(*reading);
                    CheckResult::played(id, Some("default"), title, vec![finding], Some(Level::Error))
                }
            }
        })
        .collect();
    Report {
        target: "http://127.0.0.1/scim".into(),
        seed: 1,
        switches: Vec::new(),
        elapsed: Duration::ZERO,
        verdict: RunVerdict::Passed,
        checks,
        observations: Default::default(),
        left_behind: Vec::new(),
        exchanges: 0,
        listed: None,
        interrupted_by: None,
        known: crate::run::verdict::waived::Waived::default(),
    }
}

enum Ending {
    Skip(Skip),
    Finding(Level, JudgedBy),
}

const WRONG: Ending = Ending::Finding(Level::Error, JudgedBy::Both);

fn unmapped() -> Ending {
    Ending::Skip(Skip::NotConfigured("not mapped".into()))
}

fn verdict(template: Template, outcomes: &[(u32, Ending)]) -> GalleryVerdict {
    judge(template, &scenarios(), &report(outcomes), &[]).unwrap()
}

fn vector(outcomes: &[(u32, Ending)]) -> String {
    verdict(Template::Eleven, outcomes).vector()
}

/// The decision table of Microsoft's overview.
#[test]
fn the_whole_follows_from_the_tests() {
    assert_eq!(vector(&[]), "-> Succeeded");
    assert_eq!(vector(&[(4, WRONG)]), "G4=WARNING -> Succeeded");
    assert_eq!(vector(&[(1, WRONG)]), "G1=FAILED -> Failed");
    assert_eq!(vector(&[(1, unmapped())]), "G1=SKIPPED -> Succeeded");
    assert_eq!(vector(&[(22, WRONG)]), "G22=FAILED -> Succeeded");
    assert_eq!(vector(&[(21, unmapped())]), "G21=SKIPPED -> Succeeded");
    assert_eq!(vector(&[(21, unmapped()), (22, unmapped())]), "G21=SKIPPED G22=SKIPPED -> Failed");
    assert_eq!(vector(&[(21, WRONG), (22, unmapped())]), "G21=FAILED G22=SKIPPED -> Failed");
}

#[test]
fn a_static_token_alone_fails_and_the_reason_is_told() {
    let verdict = verdict(Template::Eleven, &[(21, unmapped()), (22, unmapped())]);
    assert_eq!(verdict.overall, Some(Overall::Failed));
    assert!(verdict.why.unwrap().contains("A static bearer token alone never passes"));
}

#[test]
fn editions_differ_in_endpoints_without_groups() {
    assert_eq!(verdict(Template::Eleven, &[(8, unmapped())]).vector(), "G8=SKIPPED -> Succeeded");
    assert_eq!(verdict(Template::Ten, &[(8, unmapped())]).vector(), "G8=FAILED -> Failed");
    let without = || Ending::Skip(Skip::NotSupported("/Groups is not there".into()));
    assert_eq!(verdict(Template::Eleven, &[(8, without())]).vector(), "G8=FAILED -> Failed");
}

#[test]
fn where_judgements_differ_both_are_told() {
    let theirs = verdict(Template::Eleven, &[(1, Ending::Finding(Level::Error, JudgedBy::Microsoft))]);
    assert_eq!(theirs.tests[0].result, TestResult::Failed);
    assert_eq!(theirs.tests[0].right.as_ref().map(|(result, _)| *result), Some(TestResult::Passed));
    let ours = verdict(Template::Eleven, &[(1, Ending::Finding(Level::Error, JudgedBy::Ours))]);
    assert_eq!(ours.tests[0].result, TestResult::Passed);
    assert_eq!(ours.tests[0].right.as_ref().map(|(result, _)| *result), Some(TestResult::Failed));
    assert_eq!(ours.overall, Some(Overall::Succeeded));
    let mild = verdict(Template::Eleven, &[(1, Ending::Finding(Level::Note, JudgedBy::Both))]);
    assert_eq!((mild.tests[0].result, &mild.tests[0].right), (TestResult::Passed, &None));
    assert_eq!(mild.tests[0].reason.as_deref(), Some("it is wrong"));
}

#[test]
fn throttling_fails_and_a_lost_target_decides_nothing() {
    let throttled = Ending::Skip(Skip::Throttled("429".into()));
    assert_eq!(vector(&[(1, throttled)]), "G1=FAILED -> Failed");
    let blocked = Ending::Skip(Skip::Blocked("the loss of the target".into()));
    assert_eq!(vector(&[(1, blocked)]), "G1=UNDECIDED -> Incomplete");
}

#[test]
fn nothing_is_said_of_the_whole_when_tests_are_missing() {
    let few = scenarios().into_iter().take(2).collect::<Vec<_>>();
    let verdict = judge(Template::Eleven, &few, &report(&[]), &[]).unwrap();
    assert_eq!((verdict.overall, verdict.requirements.len()), (None, 0));
    assert!(judge(Template::Eleven, &[], &report(&[]), &[]).is_none());
}

#[test]
fn requirements_are_met_by_checks_and_by_right_judgements() {
    let requirement = |more: &[CheckResult], id: &str| {
        let verdict = judge(Template::Eleven, &scenarios(), &report(&[]), more).unwrap();
        let found = verdict.requirements.iter().find(|required| required.id == id).unwrap();
        (found.met, found.reason.clone())
    };
    assert_eq!(requirement(&[], "rate").0, Met::Unmeasured);
    assert!(requirement(&[], "rate").1.unwrap().contains("--rate-gate"));
    assert_eq!(requirement(&[], "documentation").0, Met::ByHand);
    let passed = |id: &str| CheckResult::new(id, None, "t", Outcome::Passed);
    let both = [passed("requirements/rate"), passed("requirements/group-members-kept")];
    assert_eq!(requirement(&both, "rate").0, Met::Yes);
    let scenario = &scenarios()[0];
    let finding = Finding::of(&scenario.about, "too slow");
    let slow = CheckResult::played("requirements/rate", None, "t", vec![finding], Some(Level::Error));
    assert_eq!(requirement(&[slow], "rate"), (Met::No, Some("too slow".into())));
}
