//! What a run says of targets that misbehave: the embedded server behind a man in the middle.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use scimulate::check::{Level, Outcome, Skip};
use scimulate::deployments::{Embedded, TenantClients};
use scimulate::entra::dialect::Dialect;
use scimulate::entra::mapping::profiles;
use scimulate::run::event::{Event, Listener};
use scimulate::run::plan::Plan;
use scimulate::run::target::cancel::Cancel;
use scimulate::run::target::deployment::{Deployment, Deployments};
use scimulate::run::target::retry::WaitLimit;
use scimulate::run::verdict::report::{CheckResult, Report, Verdict};
use scimulate::run::{RunProblem, play_scenarios};
use scimulate::wire::{Actor, Answer, Broken, Method, Request, Sent, Target};
use scimulate::{scenario, server};
use serde_json::{Value, json};

/// What the man in the middle does with a request.
enum Deed {
    /// Passes it on.
    Pass,
    /// Passes on another one.
    Instead(Request),
    /// Answers himself.
    Answer(Result<Answer, Broken>),
}

type Meddler = Arc<dyn Fn(&Request) -> Deed + Send + Sync>;

struct Meddled {
    client: TenantClients,
    meddler: Meddler,
}

impl Target for Meddled {
    async fn send(&self, request: Request) -> Result<Answer, Broken> {
        match (self.meddler)(&request) {
            Deed::Pass => self.client.send(request).await,
            Deed::Instead(other) => self.client.send(other).await,
            Deed::Answer(outcome) => outcome,
        }
    }

    fn sent_as(&self, request: &Request) -> Sent {
        self.client.sent_as(request)
    }
}

struct Middle(Meddler);

impl Deployments for Middle {
    type Target = Meddled;

    async fn open(&self) -> Result<Deployment<Meddled>, String> {
        let deployment = Embedded { settings: server::ServerSettings::default() }.open().await?;
        Ok(Deployment {
            target: Meddled { client: deployment.target, meddler: Arc::clone(&self.0) },
            base_url: deployment.base_url,
            sign_ins: deployment.sign_ins,
            hold: deployment.hold,
        })
    }

    fn is_shared(&self) -> bool {
        false
    }
}

fn plan(ids: &[&str]) -> Plan {
    let scenarios: Vec<_> = scenario::builtin()
        .unwrap()
        .into_iter()
        .filter(|scenario| ids.contains(&scenario.about.id.as_str()))
        .map(Arc::new)
        .collect();
    assert_eq!(scenarios.len(), ids.len(), "every scenario asked for exists");
    let mut plan = Plan::new(scenarios, profiles::load(profiles::DEFAULT).unwrap(), "meddled1".into());
    plan.dialects = vec![Dialect::Default];
    plan.wait_limit = WaitLimit::at_most(Duration::from_millis(50));
    plan
}

fn run(plan: Plan, meddler: impl Fn(&Request) -> Deed + Send + Sync + 'static) -> Report {
    run_with(plan, meddler, &mut ()).unwrap()
}

fn run_with(
    plan: Plan,
    meddler: impl Fn(&Request) -> Deed + Send + Sync + 'static,
    listener: &mut dyn Listener,
) -> Result<Report, RunProblem> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    play_scenarios(plan, Middle(Arc::new(meddler)), runtime.handle(), listener)
}

fn scenarios(report: &Report) -> Vec<&CheckResult> {
    report.checks.iter().filter(|check| check.suite != "rules").collect()
}

fn messages(check: &CheckResult) -> Vec<&str> {
    check.findings.iter().map(|finding| finding.message.as_str()).collect()
}

fn refusal(status: u16) -> Deed {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": status.to_string(), "detail": "no"
    });
    Deed::Answer(Ok(Answer::json(status, &body)))
}

fn has(request: &Request, name: &str) -> bool {
    request.json().is_some_and(|body| body.get(name).is_some())
}

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
    // Whether later creates, of a user and of a group, made something, nothing tells.
    let [known, group, user] = &refusal.left_behind[..] else { panic!("{refusal:?}") };
    assert!(known.starts_with("/Users/") && known.contains("meddled1."), "{known}");
    for unknown in [group, user] {
        assert!(unknown.contains("look for this name at the server"), "{unknown}");
    }
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
            Deed::Instead(Request { body: Some(body.to_string()), ..request.clone() })
        }
        deed => deed,
    });
    assert_eq!(report.verdict, Verdict::Incomplete);
    assert!(report.checks.iter().any(|check| check.outcome == Outcome::Failed));
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
        Deed::Instead(Request { body: Some(body.to_string()), ..request.clone() })
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
fn a_lost_attribute_is_told_by_the_scenarios_that_are_about_it_and_by_no_others() {
    let ids = ["cycles/create-user", "cycles/disable-unassigned", "cycles/employee-number-text"];
    let report = run(plan(&ids), |request| {
        let Some(mut body) = request.json() else { return Deed::Pass };
        let Some(members) = body.as_object_mut() else { return Deed::Pass };
        members.retain(|name, _| !name.starts_with("urn:"));
        Deed::Instead(Request { body: Some(body.to_string()), ..request.clone() })
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
