//! The sweep over every attribute that /Schemas publishes: what it sends, and what it steps around.

use std::collections::BTreeMap;

use scimulate::wire::ResourceKind;

use super::*;

const SWEEPS: [&str; 5] = [
    "attributes/added",
    "attributes/created",
    "attributes/filtered",
    "attributes/removed",
    "attributes/replaced",
];

/// Counts the requests of the sweeps by dialect.
#[derive(Default)]
struct Counted(BTreeMap<String, usize>);

impl Listener for Counted {
    fn on(&mut self, event: &Event) {
        if let Event::ScenarioFinished { scenario_run, trace, .. } = event {
            *self.0.entry(scenario_run.dialect.clone()).or_default() += trace.len();
        }
    }
}

/// What all sweeps find in both dialects, and how many requests they send in each.
fn sweep(meddler: impl Fn(&Request) -> Deed + Send + Sync + 'static) -> (Report, BTreeMap<String, usize>) {
    sweep_by(plan(&SWEEPS), meddler)
}

fn sweep_by(
    mut plan: Plan,
    meddler: impl Fn(&Request) -> Deed + Send + Sync + 'static,
) -> (Report, BTreeMap<String, usize>) {
    plan.dialects = vec![Dialect::Default, Dialect::AadOptscim062020];
    let mut counted = Counted::default();
    let report = run_with(plan, meddler, &mut counted).unwrap();
    for (dialect, sent) in &counted.0 {
        assert!(*sent <= 40, "{sent} requests in {dialect}");
    }
    (report, counted.0)
}

/// What checks say, the rules too.
fn all_messages(report: &Report) -> Vec<String> {
    report.checks.iter().flat_map(messages).map(str::to_owned).collect()
}

/// The results of the sweeps in each dialect, without the comparison of the dialects.
fn in_dialects(report: &Report) -> Vec<&CheckResult> {
    scenarios(report).into_iter().filter(|check| check.dialect.is_some()).collect()
}

/// Rejects each write that has the word, with these words.
fn rejecting(word: &'static str, scim_type: &'static str, detail: &'static str) -> impl Fn(&Request) -> Deed {
    move |request| {
        if !request.writes() || !request.body.as_ref().is_some_and(|body| body.contains(word)) {
            return Deed::Pass;
        }
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": "400", "scimType": scim_type, "detail": detail
        });
        Deed::Answer(Ok(Answer::json(400, &body)))
    }
}

#[test]
fn a_right_server_is_asked_little_and_nothing_is_found() {
    let (report, sent) = sweep(|_| Deed::Pass);
    assert_eq!(all_messages(&report), Vec::<String>::new());
    let played: Vec<_> = in_dialects(&report)
        .iter()
        .map(|check| (check.id.clone(), check.dialect.clone(), check.outcome.clone()))
        .collect();
    assert_eq!(played.len(), 8, "{played:?}");
    assert!(played.iter().all(|(.., outcome)| *outcome == Outcome::Passed), "{played:?}");
    assert!(sent["default"] <= 21 && sent["aadOptscim062020"] <= 12, "{sent:?}");
}

#[test]
fn a_made_up_value_that_is_rejected_with_a_reason_is_stepped_around() {
    let (report, _) =
        sweep(rejecting("timezone", "invalidValue", "timezone must be one of the zones of the IANA"));
    assert_eq!(all_messages(&report), Vec::<String>::new());
    assert!(in_dialects(&report).iter().all(|check| check.outcome == Outcome::Passed));
}

#[test]
fn a_rejection_without_a_reason_is_a_note_with_the_name_of_the_attribute() {
    let (report, _) = sweep(rejecting("costCenter", "invalidSyntax", "bad request"));
    let found: Vec<(&str, Level, &str)> = scenarios(&report)
        .iter()
        .flat_map(|check| &check.findings)
        .map(|finding| (finding.rule.as_str(), finding.level, finding.subject.as_str()))
        .collect();
    assert!(!found.is_empty());
    for (rule, level, subject) in &found {
        assert!(SWEEPS.contains(rule) && *level == Level::Note, "{found:?}");
        assert_eq!(*subject, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter");
    }
}

#[test]
fn where_every_patch_is_rejected_no_attribute_is_blamed() {
    let (report, _) = sweep(|request| match request.method {
        Method::Patch if !request.step.starts_with("preflight") => refusal(400),
        _ => Deed::Pass,
    });
    for check in scenarios(&report) {
        let told = messages(check);
        assert!(told.len() <= 1 && told.iter().all(|told| told.contains("not looked into")), "{told:?}");
    }
}

#[test]
fn without_published_schemas_nothing_is_swept() {
    let (report, sent) = sweep(|request| match request.path.as_str() {
        "/Schemas" => refusal(404),
        _ => Deed::Pass,
    });
    for check in in_dialects(&report) {
        let Outcome::Skipped(Skip::NotSupported(why)) = &check.outcome else { panic!("{:?}", check.outcome) };
        assert!(why.contains("publishes no schemas"), "{why}");
    }
    assert_eq!(sent.values().sum::<usize>(), 0);
}

#[test]
fn what_the_target_refuses_on_purpose_is_left_out() {
    let mut plan = plan(&SWEEPS);
    plan.refuses = vec![(ResourceKind::User, "nickName".parse().unwrap())];
    let (report, _) = sweep_by(plan, rejecting("nickName", "invalidSyntax", "bad request"));
    let told = scenarios(&report).into_iter().flat_map(messages).collect::<Vec<_>>();
    assert_eq!(told, Vec::<&str>::new());
    assert!(in_dialects(&report).iter().all(|check| check.outcome == Outcome::Passed));
}

#[test]
fn a_value_that_is_not_kept_is_a_warning_with_the_name_of_the_attribute() {
    // The server forgets one attribute on its way to the store.
    let (report, _) = sweep(|request| match request.json() {
        Some(Value::Object(mut body)) if body.contains_key("nickName") => {
            body.remove("nickName");
            Deed::Instead(request.clone().with_json(&Value::Object(body)))
        }
        _ => Deed::Pass,
    });
    let created = report.checks.iter().find(|check| check.id == "attributes/created").unwrap();
    let [finding] = &created.findings[..] else { panic!("{:?}", messages(created)) };
    assert_eq!((finding.level, finding.subject.as_str()), (Level::Warning, "nickName"));
    assert!(finding.message.contains("GET does not return it"), "{}", finding.message);
}
