//! What a run says of targets that misbehave: the embedded server behind a man in the middle.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod attributes;
mod busy_or_lost;
mod creates;
mod judged;
mod late;
mod updates;

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
