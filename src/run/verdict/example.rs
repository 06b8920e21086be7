//! A small report in which every kind of outcome occurs, for the tests of all formats.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::report::{CheckResult, Report, Verdict};
use super::waived::{BaselineCount, Waived, WaiverNote, WaiverState};
use crate::check::{About, Finding, History, Level, Outcome, Reference, Skip};
use crate::wire::{Actor, Answer, Broken, Exchange, Method, Request};

/// One exchange with `http://127.0.0.1:8080/scim`, made on 1 November 2026.
pub fn exchange(
    method: Method,
    path: &str,
    body: Option<&Value>,
    outcome: Result<Answer, Broken>,
) -> Arc<Exchange> {
    let actor = if method == Method::Get { Actor::Observer } else { Actor::Entra };
    let mut request = Request::new(actor, method, path, "cycle 2: disable ada")
        .with_header("Authorization", "Bearer sesame")
        .with_header("ADSCIMVersion", "6.0");
    if let Some(body) = body {
        request = request.with_header("Content-Type", "application/scim+json; charset=utf-8").with_json(body);
    }
    // A reading comes after the write it looks at.
    let number = if method == Method::Get { 8 } else { 7 };
    let started = SystemTime::UNIX_EPOCH + Duration::from_millis(1_793_534_400_250);
    let url = format!("http://127.0.0.1:8080/scim{}", request.path_and_query());
    Arc::new(Exchange::new(number, started, url, request, outcome))
}

/// An answer with a JSON body that took 12 ms.
pub fn answer(status: u16, body: &Value) -> Result<Answer, Broken> {
    Ok(Answer { elapsed: Duration::from_millis(12), ..Answer::json(status, body) })
}

/// Documentation of a check.
pub fn about(id: &str, level: Level) -> About {
    About {
        id: id.to_owned(),
        title: String::new(),
        level,
        what: String::new(),
        why: String::new(),
        fix: "Store a boolean.".to_owned(),
        entra: "Success although the leaver still signs in.".to_owned(),
        refs: vec![
            Reference::Rfc("7643#4.1.1".into()),
            Reference::Microsoft("how-provisioning-works".into()),
        ],
        faults: Vec::new(),
        history: History::default(),
    }
}

/// A finding of a scenario: the PATCH was answered 204 and the user is still active.
pub fn still_active(id: &str) -> Finding {
    let operation = json!({"op": "Replace", "path": "active", "value": "False"});
    let patch = exchange(
        Method::Patch,
        "/Users/1",
        Some(&json!({"Operations": [operation]})),
        Ok(Answer { status: 204, headers: Vec::new(), body: Default::default(), elapsed: Duration::ZERO }),
    );
    let read = exchange(Method::Get, "/Users/1", None, answer(200, &json!({"id": "1", "active": true})));
    Finding::of(&about(id, Level::Critical), "`active` of ada is true, expected false")
        .against("active: false", "active: true")
        .shown_by(&patch)
        .shown_by(&read)
}

/// A finding of a rule at level warning.
pub fn wrong_type(path: &str) -> Finding {
    let mut about = about("rules/answer-media-type", Level::Warning);
    about.fix = "Send Content-Type: application/scim+json.".into();
    about.entra = "Nothing.".into();
    let read = exchange(Method::Get, path, None, answer(200, &json!({"id": "1"})));
    let mut finding = Finding::of(&about, "the answer is application/json, expected application/scim+json")
        .against("application/scim+json", "application/json")
        .shown_by(&read);
    finding.times = 4;
    finding
}

/// The report: two failed scenarios of one cause, a passed one, a rule with warnings, two skips and an
/// expected failure.
pub fn report() -> Report {
    let failed = |id: &str, dialect: &str| CheckResult {
        elapsed: Duration::from_millis(40),
        ..CheckResult::played(
            id,
            Some(dialect),
            "A disabled user stays readable",
            vec![still_active(id)],
            Some(Level::Error),
        )
    };
    let flag = "aadOptscim062020";
    let mut report = Report {
        target: "http://127.0.0.1:8080/scim".into(),
        seed: 7,
        switches: Vec::new(),
        elapsed: Duration::from_millis(1_530),
        verdict: Verdict::Failed,
        checks: vec![
            failed("cycles/disable-unassigned", "default"),
            failed("cycles/disable-unassigned", flag),
            failed("cycles/reenable-in-place", "default"),
            CheckResult::played(
                "cycles/create-user",
                Some("default"),
                "A new person arrives",
                Vec::new(),
                Some(Level::Error),
            ),
            CheckResult::played(
                "rules/answer-media-type",
                Some("default"),
                "Answers are application/scim+json",
                vec![wrong_type("/Users/1"), wrong_type("/Groups/1")],
                Some(Level::Error),
            ),
            CheckResult::new(
                "rules/retry-after-missing",
                Some("default"),
                "429 says when to come back",
                Outcome::Skipped(Skip::NotExercised("no exchange has what the rule is about".into())),
            ),
            CheckResult::new(
                "cycles/group-created-empty",
                Some("default"),
                "A group is created empty",
                Outcome::Skipped(Skip::NotConfigured("the mapping has no groups".into())),
            ),
            CheckResult::new(
                "cycles/reenable-in-place",
                None,
                "The end is the same in both dialects",
                Outcome::Skipped(Skip::Blocked("cycles/reenable-in-place: it did not finish".into())),
            ),
            CheckResult::new(
                "cycles/group-renamed",
                Some("default"),
                "A renamed group keeps its members",
                Outcome::Skipped(Skip::NotConfigured("the mapping has no groups".into())),
            ),
            CheckResult {
                findings: vec![Finding {
                    waived: Some("tracked in #12".into()),
                    ..still_active("cycles/purge-user")
                }],
                ..CheckResult::new(
                    "cycles/purge-user",
                    Some("default"),
                    "A purged person is gone",
                    Outcome::Expected("tracked in #12".into()),
                )
            },
        ],
        observations: Default::default(),
        left_behind: vec!["User 1 (run-x.ada@example.com): DELETE returns 500".into()],
        exchanges: 1_316,
        listed: None,
        interrupted_by: None,
        known: Waived {
            waivers: vec![WaiverNote {
                check: "cycles/create-user".into(),
                dialect: Some("default".into()),
                state: WaiverState::Passes,
                message: "passes: remove the waiver".into(),
                place: "waivers.toml:7".into(),
            }],
            baseline: Some(BaselineCount { known: 1, new: 3, fixed: 2 }),
        },
    };
    report.settle();
    report
}
