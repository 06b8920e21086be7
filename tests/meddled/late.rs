//! Targets that show a write only later.

use super::*;

/// Reads of a user by its id find nobody until so much time has passed since the last create.
fn late_by(time: Duration) -> impl Fn(&Request) -> Deed + Send + Sync + 'static {
    let created: Mutex<Option<Instant>> = Mutex::default();
    move |request| {
        let mut created = created.lock().unwrap();
        if request.method == Method::Post && request.path == "/Users" {
            *created = Some(Instant::now());
        }
        let is_read = request.method == Method::Get && request.path.starts_with("/Users/");
        match created.is_some_and(|created| is_read && created.elapsed() < time) {
            true => refusal(404),
            false => Deed::Pass,
        }
    }
}

#[test]
fn a_replica_is_told_once_and_everything_else_is_judged_by_what_it_shows_in_the_end() {
    let ids = ["cycles/create-user", "cycles/disable-unassigned", "conformance/read-own-writes"];
    let report = run(plan(&ids), late_by(Duration::from_millis(100)));
    let failed: Vec<&str> = report
        .checks
        .iter()
        .filter(|check| check.outcome == Outcome::Failed)
        .map(|check| check.id.as_str())
        .collect();
    assert_eq!(failed, ["conformance/read-own-writes"], "the scenario that is about reads does not wait");
    let findings = report.checks.iter().flat_map(|check| &check.findings);
    let told: Vec<&str> = findings
        .filter(|finding| finding.rule == "rules/read-stale")
        .map(|finding| finding.message.as_str())
        .collect();
    assert!(told[0].contains("GET by id does not show what was written before it"), "{told:?}");
    assert!(told[0].contains("with a pause before such reads"), "{told:?}");
}

#[test]
fn an_account_that_never_shows_is_no_late_one() {
    let report = run(plan(&["cycles/create-user"]), late_by(Duration::from_secs(3_600)));
    let findings: Vec<&str> =
        report.checks.iter().flat_map(|check| &check.findings).map(|finding| finding.rule.as_str()).collect();
    assert!(findings.contains(&"rules/resource-lost"), "{findings:?}");
    assert!(!findings.contains(&"rules/read-stale"), "{findings:?}");
}
