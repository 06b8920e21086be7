//! Plays scenarios against a server on a loopback port.

use std::collections::BTreeSet;
use std::sync::Arc;

use scimulate::check::{Finding, Level};
use scimulate::deployments::{Embedded, Shared};
use scimulate::entra::mapping::profiles;
use scimulate::http::{Client, Credentials, Settings, TenantUrl};
use scimulate::run::plan::Plan;
use scimulate::run::play_scenarios;
use scimulate::run::verdict::report::Report;
use scimulate::scenario::{self, Scenario};
use scimulate::server::{self, ServerSettings};
use tokio::runtime::Runtime;

pub fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// A plan of the built-in scenarios that are wanted.
pub fn plan(jobs: usize, wanted: impl FnMut(&Scenario) -> bool) -> Plan {
    let scenarios = scenario::builtin().unwrap().into_iter().filter(wanted);
    let mapping = profiles::load(profiles::DEFAULT).unwrap();
    let mut plan = Plan::new(scenarios.map(Arc::new).collect(), mapping, "smsharedxx".into());
    plan.jobs = jobs;
    plan
}

pub fn shared(base: &str, token: &str) -> Shared {
    let mut settings = Settings::new(TenantUrl::parse(base).unwrap());
    settings.credentials = Credentials::Bearer(token.to_owned().into());
    Shared::new(Client::new(settings).unwrap())
}

/// One embedded server for all scenario runs.
pub fn together(settings: ServerSettings, plan: Plan) -> Report {
    let runtime = runtime();
    let running = runtime.block_on(server::start(settings, None)).unwrap();
    let target = shared(&running.base_url, &running.token);
    play_scenarios(plan, target, runtime.handle(), &mut ()).unwrap()
}

/// An embedded server for each scenario run.
pub fn apart(settings: ServerSettings, plan: Plan) -> Report {
    let runtime = runtime();
    play_scenarios(plan, Embedded { settings }, runtime.handle(), &mut ()).unwrap()
}

/// Findings of a warning or more, each by its check, the rule, how loud it is and what it concerns.
pub fn found(report: &Report) -> BTreeSet<String> {
    let line = |(check, finding): (&str, &Finding)| {
        format!("{check}: {} {:?} {}", finding.rule, finding.level, finding.subject)
    };
    findings(report).map(line).collect()
}

pub fn findings(report: &Report) -> impl Iterator<Item = (&str, &Finding)> {
    report.checks.iter().flat_map(|check| {
        let loud = check.findings.iter().filter(|finding| finding.level >= Level::Warning);
        loud.map(|finding| (check.id.as_str(), finding))
    })
}
