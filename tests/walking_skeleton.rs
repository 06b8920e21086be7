//! The whole way once: a story, a mapping, a dialect, the embedded server, and a report.

use std::sync::Arc;

use scimulate::check::Outcome;
use scimulate::entra::dialect::Dialect;
use scimulate::entra::mapping::profiles;
use scimulate::run::event::{Event, Listener};
use scimulate::run::plan::Plan;
use scimulate::run::play_scenarios;
use scimulate::run::verdict::report::Verdict;
use scimulate::scenario;
use scimulate::stages::Embedded;

#[derive(Default)]
struct Heard(Vec<String>);

impl Listener for Heard {
    fn on(&mut self, event: &Event) {
        self.0.push(match event {
            Event::Started { trials, .. } => format!("started {trials}"),
            Event::Prepared { .. } => "prepared".into(),
            Event::ScenarioStarted(trial) => format!("trial {trial}"),
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
fn one_story_is_played_against_the_embedded_server() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let story = scenario::builtin().unwrap().into_iter().find(|s| s.about.id == "cycles/create-user");
    let mapping = profiles::load("timeclock-365-saml").unwrap();
    let mut plan = Plan::new(vec![Arc::new(story.unwrap())], mapping, "walk1".into());
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
            "trial cycles/create-user [default]",
            "finished cycles/create-user true",
            "end"
        ]
    );
}
