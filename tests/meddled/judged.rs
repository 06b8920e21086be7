//! What is told of what a scenario meets.

use super::*;

#[test]
fn a_rule_that_met_nothing_it_is_about_is_not_exercised() {
    let report = run(plan(&["cycles/create-user"]), |_| Deed::Pass);
    let outcome = |id: &str| &report.checks.iter().find(|check| check.id == id).unwrap().outcome;
    for id in ["rules/retry-after-missing", "rules/member-lost", "rules/delete-not-204"] {
        let played = id == "rules/delete-not-204";
        assert_eq!(*outcome(id) == Outcome::Passed, played, "{id}: {:?}", outcome(id));
        assert_eq!(matches!(outcome(id), Outcome::Skipped(Skip::NotExercised(_))), !played, "{id}");
    }
    let counts = report.counts();
    assert!(counts.not_exercised > 20 && counts.skipped == 0, "{counts:?}");
    assert_eq!(report.verdict, Verdict::Passed);
}

#[test]
fn somebody_elses_account_is_not_written_to_and_the_finding_says_whose_it_is() {
    let foreign = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": "4711", "userName": "bob@contoso.com", "active": true
    });
    let written = Arc::new(AtomicUsize::new(0));
    let writes = Arc::clone(&written);
    let report = run(plan(&["cycles/create-user"]), move |request| {
        if request.path == "/Users/4711" {
            if request.writes() {
                writes.fetch_add(1, Ordering::Relaxed);
            }
            return Deed::Answer(Ok(Answer::json(200, &foreign)));
        }
        let asks = request.parameter("filter").is_some_and(|filter| filter.contains("meddled1"));
        // A server that answers so from the start is asked no more who somebody is.
        if !asks || request.step.starts_with("preflight") {
            return Deed::Pass;
        }
        let list = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            "totalResults": 1, "startIndex": 1, "itemsPerPage": 1, "Resources": [foreign]
        });
        Deed::Answer(Ok(Answer::json(200, &list)))
    });
    let [scenario] = scenarios(&report)[..] else { panic!("one scenario") };
    assert_eq!(scenario.findings.len(), 1, "{:?}", messages(scenario));
    assert_eq!(scenario.findings[0].level, Level::Critical);
    assert!(scenario.findings[0].message.contains("bob@contoso.com"), "{}", scenario.findings[0].message);
    assert_eq!(written.load(Ordering::Relaxed), 0);
}

#[test]
fn another_end_in_one_dialect_is_a_finding_of_its_own() {
    let mut plan = plan(&["cycles/update-one-attribute"]);
    plan.dialects = vec![Dialect::Default, Dialect::AadOptscim062020];
    let report = run(plan, |request| {
        let Some(mut body) = request.json() else { return Deed::Pass };
        let Some(operations) = body.get_mut("Operations").and_then(Value::as_array_mut) else {
            return Deed::Pass;
        };
        // Only the flag writes operations in lower case.
        if operations.iter().any(|operation| operation["op"] == "replace") {
            operations.push(
                json!({"op": "add", "path": "emails", "value": [{"type": "other", "value": "x@y.example"}]}),
            );
        }
        Deed::Instead(Request { body: Some(body.to_string().into()), ..request.clone() })
    });
    let found: Vec<_> = scenarios(&report)
        .into_iter()
        .map(|check| (check.dialect.as_deref(), check.outcome.clone(), check.findings.len()))
        .collect();
    assert_eq!(
        found,
        [
            (Some("aadOptscim062020"), Outcome::Passed, 0),
            (Some("default"), Outcome::Passed, 0),
            (None, Outcome::Failed, 1)
        ]
    );
    let finding = &report.checks[2].findings[0];
    assert_eq!(finding.subject, "emails");
    assert_eq!(finding.exchanges.len(), 2);
}

#[test]
fn a_rule_that_is_switched_off_is_no_check() {
    let all = run(plan(&["cycles/test-connection"]), |_| Deed::Pass);
    let rules = |report: &Report| report.checks.iter().filter(|check| check.suite == "rules").count();
    let first = all.checks.iter().find(|check| check.suite == "rules").unwrap().id.clone();
    let mut without = plan(&["cycles/test-connection"]);
    without.rules_off = vec![first.clone()];
    let without = run(without, |_| Deed::Pass);
    assert_eq!(rules(&without), rules(&all) - 1);
    assert!(without.checks.iter().all(|check| check.id != first));
}

#[test]
fn a_scenario_that_makes_no_sense_is_an_error_with_its_line() {
    let text = "\
title: Nobody can be restored who was not deleted
level: error
why: x
fix: x
entra: x
people:
  ada:
timeline:
  - cycle
  - restore: [ada]
";
    let wrong = scenario::load_as("cycles/wrong", "wrong.yaml", text);
    let mut plan = plan(&["cycles/create-user"]);
    plan.scenarios = vec![Arc::new(wrong.unwrap())];
    let problem = run_with(plan, |_| Deed::Pass, &mut ()).unwrap_err();
    assert!(problem.to_string().starts_with("cycles/wrong, line 10: "), "{problem}");
}

#[test]
fn a_request_that_names_an_account_nobody_could_make_is_not_sent() {
    let plan = plan(&["cycles/create-user", "cycles/account-deleted-elsewhere"]);
    let report = run(plan, |request| {
        let entra = request.step.contains("cycle 1: create");
        if entra { refusal(409) } else { Deed::Pass }
    });
    let [deleted, _] = scenarios(&report)[..] else { panic!("two scenarios") };
    assert_eq!(messages(deleted), ["\"ada\" cannot be created: POST /Users returns 409 (Conflict)"]);
}
