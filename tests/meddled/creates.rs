//! Creates that are refused, in part or altogether.

use super::*;

#[test]
fn refused_attributes_are_told_once_and_the_scenarios_go_on_without_them() {
    let plan = plan(&["cycles/create-user", "cycles/phone-numbers", "cycles/update-one-attribute"]);
    let report = run(plan, |request| {
        let refused = has(request, "phoneNumbers") || has(request, "title");
        if request.method == Method::Post && refused { refusal(400) } else { Deed::Pass }
    });
    let [create, phones, update] = scenarios(&report)[..] else { panic!("three scenarios") };
    assert_eq!(create.outcome, Outcome::Passed, "{:?}", messages(create));
    let rule = report.checks.iter().find(|check| check.id == "rules/create-refused").unwrap();
    let mut subjects: Vec<&str> = rule.findings.iter().map(|finding| finding.subject.as_str()).collect();
    subjects.sort_unstable();
    assert_eq!(subjects, ["phoneNumbers", "title"]);
    assert!(rule.findings.iter().all(|finding| finding.exchanges.len() == 1 && finding.times == 1));
    assert_eq!(
        phones.outcome,
        Outcome::Skipped(Skip::Blocked(
            "rules/create-refused: the server rejects phoneNumbers[type eq \"work\"].value".into()
        ))
    );
    assert_eq!(update.outcome, Outcome::Passed, "{:?}", messages(update));
}

#[test]
fn no_more_users_are_made_before_the_scenarios_than_the_target_may_hold() {
    let most = |max_users: Option<usize>| {
        let held = Arc::new(Mutex::new((0_usize, 0_usize)));
        let seen = Arc::clone(&held);
        let mut plan = plan(&["cycles/create-user"]);
        plan.max_users = max_users;
        run(plan, move |request| {
            let mut held = seen.lock().unwrap();
            match request.method {
                Method::Post if request.path == "/Users" && has(request, "title") => return refusal(400),
                Method::Post if request.path == "/Users" => held.0 += 1,
                Method::Delete if request.path.starts_with("/Users/") => held.0 -= 1,
                _ => {}
            }
            held.1 = held.1.max(held.0);
            Deed::Pass
        });
        held.lock().unwrap().1
    };
    assert_eq!(most(Some(2)), 2);
    assert!(most(None) > 2);
}

#[test]
fn bodies_that_are_read_under_another_label_cost_one_create() {
    let creates = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&creates);
    let report = run(plan(&["cycles/create-user"]), move |request| {
        let is_scim = |(name, value): &(String, String)| {
            name.eq_ignore_ascii_case("content-type") && value.starts_with("application/scim+json")
        };
        if request.method == Method::Post && request.path == "/Users" && request.actor == Actor::Probe {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let has_body = request.body.is_some() && request.method == Method::Post;
        if has_body && request.headers.iter().any(is_scim) { refusal(400) } else { Deed::Pass }
    });
    assert_eq!(creates.load(Ordering::Relaxed), 2);
    let told = report.checks.iter().find(|check| check.id == "rules/scim-json-not-parsed").unwrap();
    assert_eq!((told.findings.len(), told.findings[0].level), (1, Level::Critical));
}

#[test]
fn when_no_create_is_accepted_one_scenario_says_so_and_the_others_are_blocked() {
    let plan = plan(&["cycles/create-user", "cycles/disable-unassigned", "cycles/update-one-attribute"]);
    let report = run(plan, |request| if request.method == Method::Post { refusal(400) } else { Deed::Pass });
    let [create, disable, update] = scenarios(&report)[..] else { panic!("three scenarios") };
    assert_eq!(
        messages(create),
        [
            "\"ada\" cannot be created: POST /Users returns 400 (SystemForCrossDomainIdentityManagementBadRequest)"
        ]
    );
    for blocked in [disable, update] {
        assert!(
            matches!(&blocked.outcome, Outcome::Skipped(Skip::Blocked(why)) if why.contains("rules/create-refused"))
        );
    }
}

#[test]
fn a_lost_attribute_is_told_by_the_scenarios_that_are_about_it_and_by_no_others() {
    let ids = ["cycles/create-user", "cycles/disable-unassigned", "cycles/employee-number-text"];
    let report = run(plan(&ids), |request| {
        let Some(mut body) = request.json() else { return Deed::Pass };
        let Some(members) = body.as_object_mut() else { return Deed::Pass };
        members.retain(|name, _| !name.starts_with("urn:"));
        Deed::Instead(Request { body: Some(body.to_string().into()), ..request.clone() })
    });
    let [create, disable, number] = scenarios(&report)[..] else { panic!("three scenarios") };
    assert_eq!(create.findings.len(), 2, "department and employeeNumber: {:?}", messages(create));
    assert!(
        number.findings.iter().all(|f| f.subject.ends_with("employeeNumber")) && !number.findings.is_empty()
    );
    // A rule names the cause, and the scenario has nothing else to say.
    assert_eq!(number.outcome, Outcome::Skipped(Skip::Blocked("rules/write-lost".to_owned())));
    assert_eq!(disable.outcome, Outcome::Passed, "{:?}", messages(disable));
}
