//! Updates that are refused.

use super::*;

/// Rejects what a PATCH asks for, by the operation, at the embedded server.
fn rejecting(
    status: u16,
    is_rejected: impl Fn(&Value) -> bool + Send + Sync + 'static,
) -> impl Fn(&Request) -> Deed + Send + Sync + 'static {
    move |request| {
        let body = request.json().filter(|_| request.method == Method::Patch).unwrap_or_default();
        let operations = body["Operations"].as_array().cloned().unwrap_or_default();
        if operations.iter().any(&is_rejected) { refusal(status) } else { Deed::Pass }
    }
}

/// What preflight says of updates.
fn refused_updates(report: &Report) -> Vec<&str> {
    let findings = report.checks.iter().flat_map(|check| &check.findings);
    let told = findings.map(|finding| finding.message.as_str());
    told.filter(|message| message.starts_with("the server rejects a PATCH of")).collect()
}

#[test]
fn paths_that_a_patch_may_not_have_are_told_and_not_updated() {
    let ids = ["cycles/update-one-attribute", "cycles/update-many-attributes", "cycles/external-id-changed"];
    let path = |operation: &Value| operation["path"].as_str().unwrap_or_default().to_owned();
    let of_user = "the server rejects a PATCH of";
    for (refused, status, skipped, told) in [
        ("title", 501, 1, "title of a User (501)"),
        ("externalId", 400, 1, "externalId of a User and externalId of a Group (400)"),
        (
            r#"addresses[type eq "work"].locality"#,
            403,
            0,
            r#"addresses[type eq "work"].locality of a User (403)"#,
        ),
        ("name.givenName", 400, 0, "name.givenName of a User (400)"),
        // All people have the same; the server does not mind a value that is there already.
        ("preferredLanguage", 400, 0, "preferredLanguage of a User (400)"),
    ] {
        let report = run(plan(&ids), rejecting(status, move |operation| path(operation) == refused));
        let [only] = refused_updates(&report)[..] else {
            panic!("{refused}: {:?}", refused_updates(&report))
        };
        assert!(only.starts_with(&format!("{of_user} {told};")), "{only}");
        let is_skipped = |check: &&&CheckResult| match &check.outcome {
            Outcome::Skipped(Skip::Blocked(why)) => {
                *why == format!("rules/update-refused: the server rejects a PATCH of {refused}")
            }
            outcome => {
                assert_eq!(*outcome, Outcome::Passed, "{refused}: {} {:?}", check.id, messages(check));
                false
            }
        };
        assert_eq!(scenarios(&report).iter().filter(is_skipped).count(), skipped, "{refused}");
    }
}

#[test]
fn what_is_rejected_for_its_form_is_no_matter_of_the_attribute() {
    let ids = ["cycles/create-user"];
    let text = |operation: &Value, name: &str| operation[name].as_str().unwrap_or_default().to_owned();
    let told = |report: Report| refused_updates(&report).len();
    assert_eq!(told(run(plan(&ids), rejecting(501, |_| true))), 0, "no PATCH at all");
    assert_eq!(told(run(plan(&ids), rejecting(400, move |operation| text(operation, "op") == "Replace"))), 0);
    // Value paths, paths with a dot and paths with a URN, where the whole attribute is accepted.
    for sign in ["[", ".g", "urn:"] {
        let has = move |operation: &Value| text(operation, "path").contains(sign);
        assert_eq!(told(run(plan(&ids), rejecting(400, has))), usize::from(sign == ".g"), "{sign}");
    }
    let dotted = move |operation: &Value| text(operation, "path").starts_with("name.");
    assert_eq!(told(run(plan(&ids), rejecting(400, dotted))), 0);
    // A server that rejects what changes nothing, and titles.
    let strict = move |operation: &Value| {
        let path = text(operation, "path");
        path == "title" || operation["value"] == "en-US" || operation["value"] == "US"
    };
    let repeated = Mutex::new(Vec::new());
    let report = run(plan(&ids), move |request| {
        let body = request.json().filter(|_| request.method == Method::Patch).unwrap_or_default();
        let operations = body["Operations"].as_array().cloned().unwrap_or_default();
        let mut seen = repeated.lock().unwrap();
        let again = operations.len() == 1 && seen.contains(&operations[0]);
        seen.extend(operations.iter().filter(|_| operations.len() == 1).cloned());
        if again || operations.iter().any(strict) { refusal(400) } else { Deed::Pass }
    });
    assert_eq!(
        refused_updates(&report),
        [
            "the server rejects a PATCH of title of a User (400); all scenarios are played without these updates"
        ]
    );
}

#[test]
fn a_target_that_takes_all_updates_is_asked_once_for_each_resource() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    run(plan(&["cycles/create-user"]), move |request| {
        let asks = request.method == Method::Patch && request.actor == Actor::Probe;
        count.fetch_add(usize::from(asks), Ordering::Relaxed);
        Deed::Pass
    });
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}

#[test]
fn a_failed_write_is_told_once_however_much_depends_on_it() {
    let plan = plan(&["cycles/reenable-in-place"]);
    let report = run(plan, |request| if request.method == Method::Patch { refusal(500) } else { Deed::Pass });
    let [scenario] = scenarios(&report)[..] else { panic!("one scenario") };
    assert_eq!(
        messages(scenario),
        ["\"ada\" cannot be disabled: PATCH /Users/{id} returns 500 (InternalServerError)"]
    );
    assert!(scenario.findings[0].entra.starts_with("InternalServerError"));
}
