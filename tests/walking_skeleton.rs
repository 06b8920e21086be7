//! The whole way once: a scenario, a mapping, a dialect, the embedded server, and a report.

use std::sync::Arc;

use scimulate::check::Outcome;
use scimulate::deployments::Embedded;
use scimulate::entra::dialect::Dialect;
use scimulate::entra::mapping::profiles;
use scimulate::run::event::{Event, Listener};
use scimulate::run::plan::Plan;
use scimulate::run::play_scenarios;
use scimulate::run::verdict::report::Verdict;
use scimulate::scenario;

#[derive(Default)]
struct Heard(Vec<String>);

impl Listener for Heard {
    fn on(&mut self, event: &Event) {
        self.0.push(match event {
            Event::Started { scenario_runs, .. } => format!("started {scenario_runs}"),
            Event::Prepared { .. } => "prepared".into(),
            Event::ScenarioStarted(scenario_run) => format!("scenario run {scenario_run}"),
            Event::ScenarioFinished { result, trace, .. } => {
                format!("finished {} {}", result.id, trace.len() > 4)
            }
            Event::Finding { finding, .. } => format!("finding {}", finding.message),
            Event::CheckFinished(_) | Event::Waiting { .. } => return,
            Event::Finished(_) => "end".into(),
        });
    }
}

#[test]
fn one_scenario_is_played_against_the_embedded_server() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let scenario = scenario::builtin().unwrap().into_iter().find(|s| s.about.id == "cycles/create-user");
    let mapping = profiles::load("timeclock-365-saml").unwrap();
    let mut plan = Plan::new(vec![Arc::new(scenario.unwrap())], mapping, "walk1".into());
    plan.dialects = vec![Dialect::Default];
    let mut heard = Heard::default();
    let report = play_scenarios(plan, Embedded::default(), runtime.handle(), &mut heard).unwrap();
    assert_eq!(report.verdict, Verdict::Passed, "{:#?}", report.checks);
    assert_eq!(report.checks[0].id, "cycles/create-user");
    assert_eq!(report.checks[0].outcome, Outcome::Passed);
    assert!(report.left_behind.is_empty());
    assert_eq!(
        heard.0,
        [
            "started 1",
            "prepared",
            "scenario run cycles/create-user [default]",
            "finished cycles/create-user true",
            "end"
        ]
    );
}
