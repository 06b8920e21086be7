use super::*;
use crate::check::{Aspect, Dimension, Feature, Meeting, Observation};
use crate::run::verdict::example;
use crate::wire::{Exchange, Method};
use serde_json::json;

#[test]
fn one_fault_seen_by_many_checks_in_two_dialects_is_one_cause() {
    let report = example::report();
    let causes = causes(&report);
    assert_eq!(causes.len(), 2);
    let first = &causes[0];
    assert_eq!(first.level, Level::Critical);
    assert_eq!(first.checks, ["cycles/disable-unassigned", "cycles/reenable-in-place"]);
    assert_eq!(first.dialects.len(), 2);
    assert_eq!(first.times, 3);
    assert!(first.decides);
    let second = &causes[1];
    assert_eq!((second.level, second.times, second.decides), (Level::Warning, 8, false));
}

fn failed(finding: Finding) -> CheckResult {
    let id = finding.rule.clone();
    CheckResult::played(&id, Some("default"), "t", vec![finding], Some(Level::Error))
}

/// Blocks, and says how each check ended, in order.
fn ends(mut checks: Vec<CheckResult>) -> Vec<Outcome> {
    block(&mut checks, &Observations::new(), Some(Level::Error), |id| id.starts_with("gallery/"));
    checks.into_iter().map(|check| check.outcome).collect()
}

/// The finding of a rule that was met in that scenario run.
fn met_in(scenario: &str, finding: Finding) -> Finding {
    Finding { meetings: vec![Meeting::new(scenario, "default", &finding.exchanges)], ..finding }
}

fn blocked(by: &str) -> Outcome {
    Outcome::Skipped(Skip::Blocked(by.to_owned()))
}

fn refused_patch() -> std::sync::Arc<Exchange> {
    example::exchange(
        Method::Patch,
        "/Users/1",
        Some(&json!({"Operations": [{"op": "Replace", "path": "active", "value": "False"}]})),
        example::answer(500, &json!({})),
    )
}

#[test]
fn a_player_spoiled_by_a_refusal_is_blocked_by_the_rule_that_names_it() {
    let refused = refused_patch();
    let mut report = example::report();
    let rule = Finding::of(&example::about("rules/disable-refused", Level::Critical), "PATCH returns 500")
        .about(Aspect::Answer)
        .shown_by(&refused);
    let mut player = example::still_active("cycles/disable-unassigned").about(Aspect::Value);
    player.exchanges.insert(0, refused);
    let elsewhere = met_in("cycles/another", rule.clone());
    report.checks = vec![failed(elsewhere), failed(player.clone())];
    assert_eq!(causes(&report).len(), 2, "the scenario met it without the refusal");
    let mild = met_in("cycles/disable-unassigned", rule.clone().at(Level::Warning));
    report.checks = vec![failed(mild), failed(player.clone())];
    assert_eq!(causes(&report)[0].level, Level::Error, "what is refused stands in the log");
    report.checks = vec![failed(met_in("cycles/disable-unassigned", rule)), failed(player)];
    let causes = causes(&report);
    assert_eq!(causes.len(), 1);
    assert_eq!(causes[0].finding.rule, "rules/disable-refused");
    assert!(causes[0].consequences.contains("cycles/disable-unassigned"));
    drop(causes);
    assert_eq!(ends(report.checks), [Outcome::Failed, blocked("rules/disable-refused")]);
}

#[test]
fn a_rule_about_the_form_of_an_answer_blocks_nothing() {
    let refused = refused_patch();
    let rule =
        Finding::of(&example::about("rules/error-not-scim-json", Level::Critical), "500 with text/html")
            .shown_by(&refused);
    let mut player = example::still_active("cycles/disable-unassigned");
    player.exchanges.insert(0, refused);
    assert_eq!(ends(vec![failed(rule), failed(player)]), [Outcome::Failed, Outcome::Failed]);
}

#[test]
fn a_player_about_an_attribute_that_a_rule_found_lost_is_blocked_and_makes_it_as_grave() {
    let lost = |level, subject: &str| {
        let read = example::exchange(Method::Get, "/Users/1", None, example::answer(200, &json!({})));
        let about = example::about("rules/write-lost", level);
        let found = Finding::of(&about, "active was written and is not there").about(Aspect::Value);
        met_in("cycles/disable-unassigned", found.concerning(subject).shown_by(&read))
    };
    let player = || {
        let found = example::still_active("cycles/disable-unassigned").about(Aspect::Value);
        failed(found.concerning(r#"emails[type eq "work"].value"#))
    };
    for subject in ["Emails", "emails", r#"emails[type eq "work"]"#] {
        assert_eq!(
            ends(vec![player(), failed(lost(Level::Critical, subject))]),
            [blocked("rules/write-lost"), Outcome::Failed],
            "{subject}"
        );
    }
    for subject in ["email", "title"] {
        let both = ends(vec![player(), failed(lost(Level::Critical, subject))]);
        assert_eq!(both, [Outcome::Failed, Outcome::Failed], "{subject}");
    }
    let mut report = example::report();
    report.checks = vec![player(), failed(lost(Level::Warning, "emails"))];
    let found = causes(&report);
    assert_eq!(found.iter().map(|cause| cause.level).collect::<Vec<_>>(), [Level::Error]);
    assert!(found[0].decides, "the scenario fails by it");
    drop(found);
    report.checks = vec![player(), failed(lost(Level::Note, "emails"))];
    assert_eq!(causes(&report).len(), 2, "a note explains nothing");
}

#[test]
fn of_scenarios_that_found_the_same_the_one_that_is_about_it_stays_red() {
    let of = |id: &str, beside: bool| {
        let mut finding = example::still_active(id).concerning("found by userName").about(Aspect::Lookup);
        finding.beside_the_point = beside;
        failed(finding)
    };
    let mut both = of("cycles/match-exact", false);
    both.dialect = None;
    let checks = vec![of("cycles/addresses", true), of("cycles/match-exact", false), both];
    assert_eq!(ends(checks), [blocked("cycles/match-exact"), Outcome::Failed, blocked("cycles/match-exact")]);
}

#[test]
fn a_player_with_something_of_its_own_to_say_stays_red() {
    let one = failed(example::still_active("cycles/a").concerning("active"));
    let mut two = failed(example::still_active("cycles/b").concerning("active"));
    two.findings.push(example::still_active("cycles/b").concerning("title"));
    assert_eq!(ends(vec![one.clone(), two.clone()]), [Outcome::Failed, Outcome::Failed]);
    two.findings.pop();
    two.findings[0].rule = "rules/snapshot-differs".into();
    assert_eq!(ends(vec![one, two]), [Outcome::Failed, Outcome::Failed], "another judge speaks for itself");
}

#[test]
fn a_refusal_in_the_same_words_is_one_cause_whatever_was_asked() {
    let refused = |id: &str, path: &str, detail: &str| {
        let body = json!({"Operations": [{"op": "Replace", "path": path, "value": "x"}]});
        let answer = example::answer(400, &json!({ "detail": detail }));
        let exchange = example::exchange(Method::Patch, "/Users/1", Some(&body), answer);
        let about = example::about(id, Level::Error);
        failed(Finding::of(&about, "m").about(Aspect::Answer).shown_by(&exchange))
    };
    let wordy = ends(vec![
        refused("cycles/a", "title", "value \"x\" of 1 is odd"),
        refused("cycles/b", "name", "value \"y\" of 2 is odd"),
    ]);
    assert_eq!(wordy, [blocked("cycles/b"), Outcome::Failed], "the shortest evidence speaks");
    let silent = ends(vec![refused("cycles/a", "title", ""), refused("cycles/b", "name", "")]);
    assert_eq!(silent, [Outcome::Failed, Outcome::Failed]);
}

#[test]
fn a_test_of_a_gate_is_never_blocked() {
    let of = |id: &str| failed(example::still_active(id).concerning("active"));
    let checks = vec![of("cycles/a"), of("gallery/disable-user")];
    assert_eq!(ends(checks), [Outcome::Failed, Outcome::Failed]);
}

#[test]
fn what_a_player_reads_after_its_request_was_refused_follows_from_that() {
    let refused = refused_patch();
    let about = example::about("field/x", Level::Error);
    let refusal = Finding::of(&about, "PATCH returns 500").about(Aspect::Answer).shown_by(&refused);
    let absent = example::still_active("field/x").at(Level::Error).about(Aspect::Value).concerning("title");
    let check = |findings| CheckResult::played("field/x", Some("default"), "t", findings, Some(Level::Error));
    let mut report = example::report();
    report.checks = vec![check(vec![refusal, absent.clone()])];
    let found = causes(&report);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].finding.message, "PATCH returns 500");
    drop(found);
    report.checks = vec![check(vec![absent])];
    assert_eq!(causes(&report).len(), 1, "without a refusal it speaks for itself");
}

#[test]
fn what_the_job_says_follows_from_any_answer_that_a_rule_calls_wrong() {
    for (aspect, lines) in [(Aspect::Answer, 1), (Aspect::Form, 2)] {
        let about = example::about("rules/duplicate-accepted", Level::Error);
        let made = example::exchange(Method::Post, "/Users", None, example::answer(201, &json!({})));
        let rule = met_in("cycles/x", Finding::of(&about, "a second one").about(aspect).shown_by(&made));
        let about = example::about("cycles/x", Level::Error);
        let read = example::exchange(Method::Get, "/Users/1", None, example::answer(200, &json!({})));
        let player = Finding::of(&about, "the log says success").about(Aspect::Job).shown_by(&read);
        let mut report = example::report();
        report.checks = vec![failed(rule), failed(player)];
        assert_eq!(causes(&report).len(), lines, "{aspect:?}");
    }
}

/// What was observed of the writes of an attribute: in which form, how often, and whether it was lost.
fn observed(attribute: &str, path: &str, times: usize, lost: bool) -> (Observation, usize) {
    let wrong = if lost { vec![("rules/write-lost".to_owned(), attribute.to_owned())] } else { Vec::new() };
    let mut features = vec![
        Feature::new(Dimension::Method, "PATCH"),
        Feature::new(Dimension::Path, path),
        Feature::new(Dimension::Attribute, format!("of {attribute}")),
    ];
    features.sort_unstable();
    (Observation { aspect: Aspect::Value, features, judged_by: vec!["rules/write-lost"], wrong }, times)
}

fn lost(attribute: &str) -> CheckResult {
    let about = example::about("rules/write-lost", Level::Error);
    let found = Finding::of(&about, format!("{attribute} was written and is not there"));
    failed(found.about(Aspect::Value).concerning(attribute))
}

#[test]
fn symptoms_that_only_requests_of_one_form_show_are_one_cause() {
    let mut report = example::report();
    report.checks = vec![lost("title"), lost("active")];
    report.observations = Observations::from([
        observed("title", "without a path", 3, true),
        observed("active", "without a path", 4, true),
        observed("title", "with a plain path", 9, false),
    ]);
    let found = causes(&report);
    let patterns: Vec<_> = found.iter().map(|cause| cause.pattern.as_deref()).collect();
    assert_eq!(patterns, [Some("every request without a path (7 of 7 such requests, and none of 9 others)")]);
    assert!(found[0].advice.is_some_and(|advice| advice.starts_with("Apply an operation without a path")));
    drop(found);
    report.observations.extend([observed("nickName", "without a path", 5, false)]);
    assert_eq!(causes(&report).len(), 2, "the form alone does not do it");
}

#[test]
fn attributes_that_only_the_same_requests_lose_are_all_named() {
    let create = example::exchange(Method::Post, "/Users", None, example::answer(201, &json!({})));
    let lost_in = |attribute: &str, scenarios: &[&str]| {
        let mut check = lost(attribute);
        let found = check.findings.remove(0).shown_by(&create);
        let meetings =
            scenarios.iter().map(|scenario| Meeting::new(scenario, "default", &found.exchanges)).collect();
        check.findings.push(Finding { meetings, ..found });
        check
    };
    let mut report = example::report();
    report.checks = vec![
        lost_in("title", &["cycles/a", "cycles/b"]),
        lost_in("name.givenName", &["cycles/a", "cycles/b"]),
        lost_in("nickName", &["cycles/c"]),
    ];
    let found = causes(&report);
    let told: Vec<_> = found.iter().map(|it| (it.finding.subject.as_str(), it.also.as_slice())).collect();
    assert_eq!(told, [("title", ["name.givenName"].as_slice()), ("nickName", &[])]);
    drop(found);
    report.checks = vec![lost("title"), lost("active")];
    report.observations = Observations::from([
        observed("title", "without a path", 3, true),
        observed("active", "without a path", 4, true),
        observed("title", "with a plain path", 9, false),
    ]);
    assert!(causes(&report)[0].also.is_empty(), "the pattern says more than a list");
}

#[test]
fn a_disable_that_is_refused_with_every_add_makes_these_no_graver() {
    let refused = |rule: &str, verb: &str, attribute: &str, wrong: bool| {
        let wrong = if wrong { vec![(rule.to_owned(), String::new())] } else { Vec::new() };
        let features = vec![
            Feature::new(Dimension::Verb, format!("with {verb}")),
            Feature::new(Dimension::Attribute, format!("of {attribute}")),
        ];
        let judged_by = vec!["rules/update-refused", "rules/disable-refused"];
        (Observation { aspect: Aspect::Answer, features, judged_by, wrong }, 9)
    };
    let (update, disable) = ("rules/update-refused", "rules/disable-refused");
    let found = |rule: &str, level: Level| {
        let message = format!("{rule} rejected");
        failed(Finding::of(&example::about(rule, level), message).about(Aspect::Answer))
    };
    let mut report = example::report();
    report.checks = vec![found(update, Level::Error), found(disable, Level::Critical)];
    let levels = |report: &Report| causes(report).iter().map(|cause| cause.level).collect::<Vec<_>>();
    report.observations = Observations::from([
        refused(update, "add", "title", true),
        refused(disable, "add", "active", true),
        refused(disable, "replace", "active", false),
    ]);
    assert_eq!(levels(&report), [Level::Error]);
    report.observations = Observations::from([
        refused(update, "replace", "title", true),
        refused(disable, "replace", "active", true),
        refused(update, "add", "title", false),
    ]);
    assert_eq!(levels(&report), [Level::Critical], "that is how everybody is disabled");
}

#[test]
fn a_single_symptom_says_where_it_was_met_unless_it_is_about_one_attribute() {
    let refused = |phrase: &str, times: usize, wrong: bool| {
        let wrong = if wrong { vec![("rules/update-refused".to_owned(), String::new())] } else { Vec::new() };
        let features = vec![Feature::new(Dimension::Method, "PATCH"), Feature::new(Dimension::State, phrase)];
        (
            Observation { aspect: Aspect::Answer, features, judged_by: vec!["rules/update-refused"], wrong },
            times,
        )
    };
    let mut report = example::report();
    let about = example::about("rules/update-refused", Level::Error);
    let found = Finding::of(&about, "An update is rejected with 409.").about(Aspect::Answer);
    report.checks = vec![failed(found.shown_by(&refused_patch()))];
    let pattern = |report: &Report| causes(report)[0].pattern.clone();
    report.observations =
        Observations::from([refused("of a disabled user", 4, true), refused("of an active user", 9, false)]);
    let disabled = "every request of a disabled user (4 of 4 such requests, and none of 9 others)";
    assert_eq!(pattern(&report).as_deref(), Some(disabled));
    report.observations.extend([refused("of a disabled user", 1, false)]);
    assert_eq!(pattern(&report), None, "one went well");
    report.checks = vec![lost("title")];
    report.observations = Observations::from([
        observed("title", "without a path", 3, true),
        observed("nickName", "with a plain path", 9, false),
    ]);
    assert_eq!(pattern(&report), None, "it may be the attribute");
}

#[test]
fn what_is_critical_is_told_whatever_the_number() {
    let report = example::report();
    let causes = causes(&report);
    let all: Vec<&Cause<'_>> = causes.iter().collect();
    let critical = all.iter().filter(|cause| cause.level == Level::Critical).count();
    assert!(critical > 0 && critical < all.len(), "the example has both");
    let (told, left) = first(&all, 0);
    assert!(told.len() == critical && told.iter().all(|cause| cause.level == Level::Critical));
    assert_eq!(left.len(), all.len() - critical);
    assert_eq!(first(&all, all.len()).0.len(), all.len());
    assert_eq!(first(&all, critical + 1).0.len(), critical + 1);
}

#[test]
fn the_ids_of_a_path_do_not_make_two_causes() {
    let refused = |id: &str, player: &str| {
        let path = format!("/Groups/{id}");
        let exchange = example::exchange(Method::Patch, &path, None, example::answer(409, &json!({})));
        let about = example::about(player, Level::Error);
        failed(Finding::of(&about, format!("PATCH {path} returns 409")).shown_by(&exchange))
    };
    let checks = vec![refused("c432cdca", "cycles/a"), refused("b9a0d91e", "cycles/b")];
    assert_eq!(ends(checks), [Outcome::Failed, blocked("cycles/a")]);
}

#[test]
fn what_stands_below_a_known_finding_is_told_where_it_is_new() {
    let refused = refused_patch();
    let rule = Finding::of(&example::about("rules/disable-refused", Level::Critical), "PATCH returns 500")
        .about(Aspect::Answer)
        .shown_by(&refused);
    let mut player = example::still_active("cycles/disable-unassigned").about(Aspect::Value);
    player.exchanges.insert(0, refused);
    let known = Finding { waived: Some("baseline".to_owned()), ..met_in("cycles/disable-unassigned", rule) };
    let mut report = example::report();
    report.checks = vec![failed(known), failed(player)];
    let causes = causes(&report);
    let told: Vec<_> = causes.iter().map(|cause| (cause.finding.rule.as_str(), cause.decides)).collect();
    assert_eq!(told, [("cycles/disable-unassigned", true)]);
}
