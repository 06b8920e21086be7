//! Plays every subject.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::runtime::Handle;

use super::headlines::red_lines;
use super::matrix::{Catch, DeclaredFaults, Matrix, PlayFindings};
use super::quick::red_places;
use super::subject::ServerUnderTest;
use crate::check::{About, Level};
use crate::deployments::Embedded;
use crate::entra::dialect::Dialect;
use crate::entra::mapping::{Mapping, RoleFunction};
use crate::gallery::{self, Template};
use crate::run;
use crate::run::plan::Plan;
use crate::run::selection::is_on_request;
use crate::run::target::cancel::Cancel;
use crate::run::verdict::report::Report;
use crate::run::{Event, Listener, ScenarioRunId};
use crate::scenario::Scenario;
use crate::server;
use crate::server::{Fault, Variant};
use crate::threads::on_threads;

/// What is played against which subjects.
pub struct SelftestSettings {
    /// Scenarios, dialects and mapping; the same plan for every subject, but for the dialects of correct servers and
    /// that `OF_2018` lists.
    pub plan: Plan,
    /// For each fault, the scenarios that must see it; every fault is played with those that name it and with
    /// these, and correct servers with all. `None`: every server is played with every scenario.
    pub brief: Option<BTreeMap<String, BTreeSet<String>>>,
    /// Scenarios of Microsoft's gates, as those play them.
    pub gates: Plan,
    /// What every check says of itself, rules and scenarios.
    pub abouts: Vec<About>,
    /// The verdicts of the gates that are predicted, by the name of the server.
    pub predicted: BTreeMap<String, String>,
    /// How many subjects are played at once; at least 1.
    pub jobs: usize,
}

/// The shortest scenario: with it what is wrong before the first scenario is told.
const ALWAYS: &str = "cycles/test-connection";

/// Faults that show in the dialect `customappsso` alone.
const OF_2018: [Fault; 1] = [Fault::WRAPPED_VALUES_IGNORED];

/// Plays the plan against each subject and calls `told` after each with the number played so far.
///
/// # Panics
/// When a thread that plays panicked.
pub fn play(
    settings: &SelftestSettings,
    subjects: &[ServerUnderTest],
    runtime: &Handle,
    told: impl Fn(usize, ServerUnderTest) + Sync,
) -> Matrix {
    let played = AtomicUsize::new(0);
    let sightings = on_threads(settings.jobs, subjects, |subject| {
        let sighting = look(settings, *subject, runtime);
        told(played.fetch_add(1, Ordering::Relaxed) + 1, *subject);
        (*subject, sighting)
    });
    Matrix {
        sightings: sightings.into_iter().collect(),
        partial: subjects.len() < super::subjects().len(),
        declared: settings.abouts.iter().map(DeclaredFaults::of).collect(),
        predicted: settings.predicted.clone(),
        tests: settings.gates.scenarios.iter().filter_map(|scenario| label(scenario)).collect(),
    }
}

/// A test as verdicts name it.
fn label(scenario: &Scenario) -> Option<String> {
    let gate = if scenario.about.id.starts_with("gallery/") { 'G' } else { 'V' };
    scenario.test.as_ref().map(|test| format!("{gate}{}", test.number))
}

/// Counts requests.
#[derive(Default)]
struct RequestCounts(BTreeMap<Option<ScenarioRunId>, usize>);

impl Listener for RequestCounts {
    fn on(&mut self, event: &Event) {
        match event {
            Event::Prepared { trace, .. } => drop(self.0.insert(None, trace.len())),
            Event::ScenarioFinished { scenario_run, trace, .. } => {
                self.0.insert(Some(scenario_run.clone()), trace.len());
            }
            _ => {}
        }
    }
}

/// A server that offers what a mapping names.
fn offering(mapping: &Mapping) -> server::ServerSettings {
    let schemas = Arc::new(mapping.served_schemas());
    server::ServerSettings { schemas, ..server::ServerSettings::default() }
}

/// Plays a plan against a server of its own for each scenario run.
fn play_against(
    plan: &Plan,
    subject: ServerUnderTest,
    runtime: &Handle,
    listener: &mut dyn Listener,
) -> Result<Report, run::RunProblem> {
    let mut settings = offering(&plan.mapping);
    let mut plan = plan.clone();
    match subject {
        ServerUnderTest::Healthy => {}
        ServerUnderTest::Variant(variant) => drop(settings.variants.insert(variant)),
        ServerUnderTest::Fault(fault) => drop(settings.faults.insert(fault)),
    }
    match subject {
        // It is right if its owner says so.
        ServerUnderTest::Variant(Variant::UserNameIds) => plan.user_name_ids = true,
        ServerUnderTest::Variant(Variant::OneRolePerType) => {
            plan.mapping = plan.mapping.with_roles(RoleFunction::Single);
        }
        _ => {}
    }
    play_on(plan, settings, runtime, listener)
}

/// The same against servers with these settings.
fn play_on(
    plan: Plan,
    settings: server::ServerSettings,
    runtime: &Handle,
    listener: &mut dyn Listener,
) -> Result<Report, run::RunProblem> {
    // What ends one play, as a fault that withholds answers may, must not end the others.
    let plan = Plan { cancel: Cancel::default(), wait_limit: plan.wait_limit.anew(), ..plan };
    run::play_scenarios(plan, Embedded { settings }, runtime, listener)
}

/// What a plan finds at a server.
pub(super) fn found(plan: &Plan, subject: ServerUnderTest, runtime: &Handle) -> PlayFindings {
    let mut counts = RequestCounts::default();
    let findings = outcome(play_against(plan, subject, runtime, &mut counts));
    PlayFindings { requests: counts.0, ..findings }
}

/// What a plan finds at a server with all of these faults.
pub(super) fn found_with(plan: &Plan, faults: &[Fault], runtime: &Handle) -> PlayFindings {
    let faults = faults.iter().copied().collect();
    let settings = server::ServerSettings { faults, ..offering(&plan.mapping) };
    outcome(play_on(by_occasion(plan).0, settings, runtime, &mut ()))
}

fn outcome(played: Result<Report, run::RunProblem>) -> PlayFindings {
    match played {
        Ok(report) => seen(&report),
        Err(problem) => {
            PlayFindings { refused: Some(problem.to_string()), unplayable: true, ..PlayFindings::default() }
        }
    }
}

/// What a run plays, and what it plays on request only: causes are those of an ordinary run.
fn by_occasion(plan: &Plan) -> (Plan, Plan) {
    let (on_request, usual) =
        plan.scenarios.iter().cloned().partition(|scenario| is_on_request(&scenario.about.id));
    (Plan { scenarios: usual, ..plan.clone() }, Plan { scenarios: on_request, ..plan.clone() })
}

fn look(settings: &SelftestSettings, subject: ServerUnderTest, runtime: &Handle) -> PlayFindings {
    let plan = match (&settings.brief, subject) {
        (Some(proofs), ServerUnderTest::Fault(fault)) => {
            let sees = |scenario: &&Arc<Scenario>| {
                scenario.about.id == ALWAYS
                    || scenario.about.faults.iter().any(|name| name == fault.name())
                    || proofs
                        .get(fault.name())
                        .is_some_and(|scenarios| scenarios.contains(&scenario.about.id))
            };
            let scenarios = settings.plan.scenarios.iter().filter(sees).cloned().collect();
            Plan { scenarios, ..settings.plan.clone() }
        }
        _ => settings.plan.clone(),
    };
    let plan = match subject {
        ServerUnderTest::Fault(fault) if !OF_2018.contains(&fault) => plan,
        _ => Plan { dialects: Dialect::ALL.to_vec(), ..plan },
    };
    let (usual, on_request) = by_occasion(&plan);
    let mut sighting = found(&usual, subject, runtime);
    if !on_request.scenarios.is_empty() {
        for (check, catch) in found(&on_request, subject, runtime).catches {
            let is_told = |known: &Catch| known.level >= catch.level;
            if !sighting.catches.get(&check).is_some_and(is_told) {
                sighting.catches.insert(check, catch);
            }
        }
    }
    if let Some(check) = right_complaint(&plan, subject) {
        sighting
            .catches
            .entry(check.to_owned())
            .and_modify(|catch| catch.level = Level::Note)
            .or_insert_with(
                // That nothing is said of it is an alarm of its own.
                || Catch { level: Level::Error, message: format!("{check} says nothing"), met_in: None },
            );
    }
    match play_against(&settings.gates, subject, runtime, &mut ()) {
        Ok(report) => {
            sighting.catches.extend(seen(&report).catches);
            let verdict = gallery::judge(Template::default(), &settings.gates.scenarios, &report, &[]);
            sighting.verdict = verdict.map(|verdict| verdict.vector()).unwrap_or_default();
        }
        Err(_) => sighting.verdict = "-> refused".to_owned(),
    }
    sighting
}

/// What is said with good reason at a correct server: that the mapping lacks what the server requires.
fn right_complaint(plan: &Plan, subject: ServerUnderTest) -> Option<&'static str> {
    let maps = |name: &str| {
        plan.mapping
            .user
            .rows
            .iter()
            .any(|row| row.target.attribute_path().attribute.eq_ignore_ascii_case(name))
    };
    let requires = subject == ServerUnderTest::Variant(Variant::NameAndEmailsRequired);
    (requires && !(maps("displayName") && maps("emails"))).then_some("rules/required-not-mapped")
}

/// The worst finding of each check over all dialects.
fn seen(report: &Report) -> PlayFindings {
    let mut sighting = PlayFindings {
        red_lines: red_lines(report),
        red_places: red_places(report),
        ..PlayFindings::default()
    };
    for check in &report.checks {
        // Findings stand worst first.
        let Some(worst) = check.findings.first() else { continue };
        let catch = Catch {
            level: worst.level,
            message: worst.message.clone(),
            met_in: worst.met_in().map(str::to_owned),
        };
        sighting
            .catches
            .entry(check.id.clone())
            .and_modify(|known| {
                if catch.level > known.level {
                    *known = catch.clone();
                }
            })
            .or_insert(catch);
    }
    sighting.refused = report.interrupted_by.clone();
    sighting
}
