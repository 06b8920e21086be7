//! Nobody asks the target the same question twice while nothing was written in between.
//!
//! Probes are repeated on purpose: Entra opens every activity with one. And Entra keeps nothing of what
//! it read from one cycle to the next, so each of its cycles is looked at on its own.

use std::collections::HashMap;
use std::sync::Arc;

use scimulate::deployments::Embedded;
use scimulate::entra::mapping::profiles;
use scimulate::run::event::{Event, Listener};
use scimulate::run::plan::Plan;
use scimulate::run::play_scenarios;
use scimulate::run::verdict::report::Verdict;
use scimulate::scenario;
use scimulate::wire::{Actor, Exchange};

#[derive(Default)]
struct Watch {
    twice: Vec<String>,
    exchanges: usize,
}

impl Listener for Watch {
    fn on(&mut self, event: &Event) {
        let Event::ScenarioFinished { scenario_run, trace, .. } = event else { return };
        self.exchanges += trace.len();
        let mut writes = 0;
        let mut asked: HashMap<(Actor, String, String), usize> = HashMap::new();
        for exchange in trace {
            if exchange.request.writes() {
                writes += 1;
            } else if let Some(question) = question(exchange)
                && asked.insert(question.clone(), writes) == Some(writes)
            {
                self.twice.push(format!("{scenario_run}: {:?} at {}", question, exchange.request.step));
            }
        }
    }
}

fn question(exchange: &Exchange) -> Option<(Actor, String, String)> {
    let request = &exchange.request;
    match request.actor {
        Actor::Probe => None,
        Actor::Entra if request.step.contains(": probe ") => None,
        Actor::Entra => {
            let cycle = request.step.split(':').next().unwrap_or_default().to_owned();
            Some((request.actor, cycle, request.path_and_query()))
        }
        actor => Some((actor, String::new(), request.path_and_query())),
    }
}

#[test]
fn no_question_is_asked_twice_for_nothing_in_any_scenario() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let scenarios = scenario::builtin().unwrap().into_iter().map(Arc::new).collect();
    let mut plan = Plan::new(scenarios, profiles::load(profiles::DEFAULT).unwrap(), "reads1".into());
    plan.jobs = 2;
    let mut watch = Watch::default();
    let report = play_scenarios(plan, Embedded::default(), runtime.handle(), &mut watch).unwrap();
    assert!(watch.exchanges > 1000, "all scenarios are played");
    assert_eq!(watch.twice, Vec::<String>::new());
    let failed: Vec<_> = report.checks.iter().filter(|check| !check.findings.is_empty()).collect();
    assert_eq!(report.verdict, Verdict::Passed, "{failed:#?}");
    assert_eq!(report.left_behind, Vec::<String>::new());
}
