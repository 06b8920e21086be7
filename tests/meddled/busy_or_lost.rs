//! Targets that are busy, lost, or ended from outside.

use super::*;

#[test]
fn a_target_that_keeps_asking_for_retry_after_costs_no_finding() {
    let report = run(plan(&["cycles/update-one-attribute"]), |request| {
        if request.method != Method::Patch || request.actor != Actor::Entra {
            return Deed::Pass;
        }
        let mut answer = Answer::json(429, &json!({}));
        answer.headers.push(("retry-after".into(), "1000".into()));
        Deed::Answer(Ok(answer))
    });
    let [scenario] = scenarios(&report)[..] else { panic!("one scenario") };
    assert!(matches!(&scenario.outcome, Outcome::Skipped(Skip::Throttled(_))), "{:?}", scenario.outcome);
    assert_eq!(report.left_behind, Vec::<String>::new());
    assert_eq!(report.verdict, Verdict::Incomplete);
    let why = report.interrupted_by.unwrap();
    assert!(why.contains("1 of 1 scenario runs") && why.contains("--max-wait"), "{why}");
}

#[test]
fn a_limit_is_kept_to_and_everything_is_played_and_removed() {
    const LIMIT: usize = 15;
    let window = Duration::from_secs(1);
    let (begins, refused) = (Mutex::new(Vec::<Instant>::new()), Arc::new(Mutex::new(Vec::new())));
    let (cleaned, told) = (AtomicUsize::new(0), Arc::clone(&refused));
    let mut plan = plan(&["cycles/create-user", "cycles/disable-unassigned", "cycles/update-one-attribute"]);
    plan.wait_limit = WaitLimit::at_most(Duration::from_secs(30));
    let report = run(plan, move |request| {
        let mut begins = begins.lock().unwrap();
        begins.retain(|begin| begin.elapsed() < window);
        let cleans = request.actor == Actor::Cleanup;
        let first = cleans && cleaned.fetch_add(1, Ordering::Relaxed) == 0;
        if begins.len() < LIMIT && !first {
            begins.push(Instant::now());
            return Deed::Pass;
        }
        told.lock().unwrap().push(request.actor);
        let mut busy = Answer::json(429, &json!({}));
        busy.headers.push(("retry-after".into(), "1".into()));
        Deed::Answer(Ok(busy))
    });
    assert_eq!((report.verdict, &report.interrupted_by), (Verdict::Passed, &None));
    assert!(scenarios(&report).iter().all(|scenario| scenario.outcome == Outcome::Passed));
    assert_eq!(report.left_behind, Vec::<String>::new());
    let refused = refused.lock().unwrap();
    assert!(refused.contains(&Actor::Entra) && refused.contains(&Actor::Cleanup), "{refused:?}");
}

/// Answers like `answer` once a request was met that `is_met`.
fn from_then_on(
    is_met: impl Fn(&Request) -> bool + Send + Sync + 'static,
    answer: Answer,
) -> impl Fn(&Request) -> Deed + Send + Sync + 'static {
    let seen = AtomicUsize::new(0);
    move |request| {
        if seen.load(Ordering::Relaxed) > 0 || is_met(request) {
            seen.fetch_add(1, Ordering::Relaxed);
            return Deed::Answer(Ok(answer.clone()));
        }
        Deed::Pass
    }
}

#[test]
fn a_target_that_answers_everything_with_503_or_a_login_page_is_lost_and_told_once() {
    // Redirected to a login page, the target takes nobody's access away any more.
    for (status, level) in [(503, Level::Error), (302, Level::Critical)] {
        let plan = plan(&["cycles/create-user", "cycles/disable-unassigned", "cycles/update-one-attribute"]);
        let of_ada = |request: &Request| request.step.contains("disable ada");
        let report = run(plan, from_then_on(of_ada, Answer::json(status, &json!({}))));
        assert_eq!(report.verdict, Verdict::Incomplete);
        let why = report.interrupted_by.as_ref().unwrap();
        assert!(why.contains("2 of 3 scenario runs") && why.contains(&status.to_string()), "{why}");
        let [create, disable, update] = scenarios(&report)[..] else { panic!("three scenarios") };
        assert_eq!(create.outcome, Outcome::Passed);
        for blocked in [disable, update] {
            assert!(matches!(&blocked.outcome, Outcome::Skipped(Skip::Blocked(_))), "{:?}", blocked.outcome);
        }
        let causes = scimulate::run::verdict::cause::causes(&report);
        let serious: Vec<_> = causes.iter().filter(|cause| cause.level >= Level::Error).collect();
        let [only] = &serious[..] else { panic!("{serious:#?}") };
        assert_eq!(only.level, level);
    }
}

#[test]
fn a_target_lost_before_the_first_scenario_has_its_left_objects_named() {
    let made = Arc::new(AtomicUsize::new(0));
    let outcome = run_with(
        plan(&["cycles/create-user"]),
        move |request| match (made.load(Ordering::Relaxed), request.method) {
            (0, Method::Post) => {
                made.store(1, Ordering::Relaxed);
                Deed::Pass
            }
            (0, _) => Deed::Pass,
            _ => Deed::Answer(Ok(Answer::json(502, &json!({})))),
        },
        &mut (),
    );
    let Err(RunProblem::Refused(refusal)) = outcome else { panic!("{outcome:?}") };
    assert!(refusal.what.contains("502"), "{}", refusal.what);
    // Whether a later create, of a group, made something, nothing tells.
    let [known, unknown] = &refusal.left_behind[..] else { panic!("{refusal:?}") };
    assert!(known.starts_with("/Users/") && known.contains("meddled1."), "{known}");
    assert!(unknown.contains("look for this name at the server"), "{unknown}");
}

#[test]
fn what_was_found_before_the_target_said_later_is_not_forgotten() {
    let mut busy = Answer::json(429, &json!({}));
    busy.headers.push(("retry-after".into(), "1000".into()));
    let is_update = |request: &Request| request.method == Method::Patch && request.actor == Actor::Entra;
    let later = from_then_on(is_update, busy);
    let report = run(plan(&["cycles/update-one-attribute"]), move |request| match later(request) {
        // The create loses a name, and the read before the PATCH shows it.
        Deed::Pass if request.method == Method::Post && request.actor == Actor::Entra => {
            let mut body = request.json().unwrap();
            body["displayName"] = json!("somebody else");
            Deed::Instead(Request { body: Some(body.to_string().into()), ..request.clone() })
        }
        deed => deed,
    });
    assert_eq!(report.verdict, Verdict::Incomplete);
    assert!(report.checks.iter().any(|check| check.outcome == Outcome::Failed));
}

#[test]
fn a_lost_target_makes_the_run_incomplete() {
    let seen = AtomicUsize::new(0);
    let plan = plan(&["cycles/create-user", "cycles/disable-unassigned", "cycles/update-one-attribute"]);
    let report = run(plan, move |request| {
        if request.step.contains("disable ada") || seen.load(Ordering::Relaxed) > 0 {
            seen.fetch_add(1, Ordering::Relaxed);
            return Deed::Answer(Err(Broken::Refused("nobody listens".into())));
        }
        Deed::Pass
    });
    assert_eq!(report.verdict, Verdict::Incomplete);
    assert!(report.interrupted_by.as_ref().unwrap().contains("nobody listens"));
    let [create, disable, update] = scenarios(&report)[..] else { panic!("three scenarios") };
    assert_eq!(create.outcome, Outcome::Passed);
    for blocked in [disable, update] {
        assert!(
            matches!(&blocked.outcome, Outcome::Skipped(Skip::Blocked(why)) if why.contains("loss")),
            "{:?}",
            blocked.outcome
        );
    }
    assert_eq!(report.left_behind.len(), 1, "ada could not be removed: {:?}", report.left_behind);
}

#[test]
fn ctrl_c_ends_the_run_early_and_still_cleans_up() {
    struct Impatient(Cancel, usize);
    impl Listener for Impatient {
        fn on(&mut self, event: &Event) {
            if let Event::ScenarioFinished { .. } = event {
                self.1 += 1;
            }
        }
    }
    let plan = plan(&["cycles/create-user", "cycles/disable-unassigned", "cycles/update-one-attribute"]);
    let cancel = plan.cancel.clone();
    let removed = Arc::new(AtomicUsize::new(0));
    let (pressed, counter) = (cancel.clone(), Arc::clone(&removed));
    let mut listener = Impatient(cancel, 0);
    let report = run_with(
        plan,
        move |request| {
            if request.step.contains("disable ada") {
                pressed.cancel();
            }
            if request.method == Method::Delete {
                counter.fetch_add(1, Ordering::Relaxed);
            }
            Deed::Pass
        },
        &mut listener,
    )
    .unwrap();
    assert!(listener.0.is_cancelled());
    assert_eq!(listener.1, 3, "every scenario run is told of, played or not");
    assert_eq!(report.verdict, Verdict::Incomplete);
    assert_eq!(report.left_behind, Vec::<String>::new());
    assert_eq!(
        removed.load(Ordering::Relaxed),
        4,
        "the user and the group of the preflight, the first scenario's and the interrupted one's"
    );
    assert_eq!(scenarios(&report)[0].outcome, Outcome::Passed);
    assert!(matches!(scenarios(&report)[2].outcome, Outcome::Skipped(_)));
}

#[test]
fn a_wrong_token_that_is_not_refused_in_time_leaves_the_scenario_undecided() {
    let ids = ["conformance/token-required", "conformance/token-scheme", "cycles/wrong-token-quarantines"];
    let slow = |request: &Request| match request.tries_credentials() {
        true => Deed::Answer(Err(Broken::Unrefused(Duration::from_secs(5)))),
        false => Deed::Pass,
    };
    let report = run(plan(&ids), slow);
    for scenario in scenarios(&report) {
        let why = "wrong credentials were not rejected within 5s";
        assert!(
            matches!(&scenario.outcome, Outcome::Skipped(Skip::Blocked(by)) if by.contains(why)),
            "{}: {:?} {:?}",
            scenario.id,
            scenario.outcome,
            messages(scenario)
        );
    }
    assert!(report.checks.iter().flat_map(|check| &check.findings).all(|found| found.level == Level::Note));
    assert_eq!((report.verdict, report.left_behind.len()), (Verdict::Passed, 0));

    let open = run(plan(&ids[..2]), |request| match request.tries_credentials() {
        true => Deed::Instead(Request { headers: Vec::new(), ..request.clone() }),
        false => Deed::Pass,
    });
    assert!(scenarios(&open).iter().all(|scenario| scenario.findings[0].level == Level::Critical));
    // Both met the same answer to the same request: one of them tells it.
    assert!(scenarios(&open).iter().any(|scenario| scenario.outcome == Outcome::Failed));
    assert!(scenarios(&open).iter().all(|scenario| scenario.outcome != Outcome::Passed));
}

#[test]
fn a_scenario_whose_deciding_request_was_never_sent_is_blocked() {
    // Nobody is created, so nobody can be deleted.
    let report = run(plan(&["cycles/purge-user"]), |request| match (request.method, request.actor) {
        (Method::Post, Actor::Entra) => refusal(403),
        _ => Deed::Pass,
    });
    let [scenario] = scenarios(&report)[..] else { panic!("one scenario") };
    assert_ne!(scenario.outcome, Outcome::Passed, "{scenario:?}");
}
