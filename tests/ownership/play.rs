//! One run against a model server, and what there is to complain about afterwards.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use scimulate::entra::dialect::Dialect;
use scimulate::entra::mapping::{Mapping, profiles};
use scimulate::rules;
use scimulate::run::{Plan, Problem, Report, Verdict, play};
use scimulate::scenario::Scenario;
use tokio::runtime::Handle;

use super::fault::Faults;
use super::server::Model;
use super::store::Object;
use super::stories;

static MAPPING: LazyLock<Mapping> =
    LazyLock::new(|| profiles::load(profiles::DEFAULT).unwrap_or_else(|mistakes| panic!("{mistakes:?}")));

/// Rules judge what was sent and send nothing; one run of so many is judged by them too.
const RULES_IN: u64 = 4;

static RULES: LazyLock<Vec<String>> =
    LazyLock::new(|| rules::all().iter().map(|rule| rule.about().id.clone()).collect());

/// A run that was played.
pub struct Played {
    /// What there is to know of it before it is played.
    pub about: String,
    pub faults: Faults,
    pub model: Model,
    pub report: Result<Report, Problem>,
}

impl Played {
    /// The run of a seed: it decides on the faults, the stories and the dialect.
    pub fn seeded(seed: u64, runtime: &Handle) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let faults = Faults::draw(&mut random);
        let stories = stories::draw(&mut random);
        let dialect = Dialect::ALL[random.random_range(0..2)];
        Played::of(seed, faults, stories, vec![dialect], runtime)
    }

    /// The run of these stories against a server with these faults.
    pub fn of(
        seed: u64,
        faults: Faults,
        stories: Vec<Arc<Scenario>>,
        dialects: Vec<Dialect>,
        runtime: &Handle,
    ) -> Self {
        let names: Vec<&str> = stories.iter().map(|story| story.about.id.as_str()).collect();
        let about = format!("seed {seed}, faults {faults}, {} in {dialects:?}", names.join(" and "));
        let mut plan = Plan::new(stories, MAPPING.clone(), format!("s{seed:06x}"));
        plan.dialects = dialects;
        plan.seed = seed;
        plan.patience = Duration::ZERO;
        if !seed.is_multiple_of(RULES_IN) {
            plan.rules_off = RULES.clone();
        }
        let model = Model::new(faults.clone(), seed);
        let report = play(plan, model.clone(), runtime, &mut ());
        Played { about, faults, model, report }
    }

    /// What must not be, each as a sentence.
    pub fn complaints(&self) -> Vec<String> {
        let state = self.model.state();
        let mut complaints = Vec::new();
        complaints
            .extend(state.foreign_writes.iter().map(|line| format!("written to a foreign object: {line}")));
        complaints
            .extend(state.store.harm().into_iter().map(|line| format!("a foreign object changed: {line}")));
        let report = match &self.report {
            Ok(report) => report,
            Err(Problem::Refused(_)) => return complaints,
            Err(problem) => {
                complaints.push(format!("there is no report: {problem}"));
                return complaints;
            }
        };
        let left: Vec<&Object> = state.store.ours().collect();
        for object in &left {
            if !report.left_behind.iter().any(|line| is_about(line, object)) {
                let list = report.left_behind.join(" | ");
                complaints.push(format!(
                    "{} {:?} is left and not named: {list}",
                    object.path(),
                    object.names
                ));
            }
        }
        if self.faults.leave_everything_to_be_found() {
            for line in &report.left_behind {
                if !state.store.all().iter().any(|object| is_about(line, object)) {
                    complaints.push(format!("named as left behind, and does not exist: {line}"));
                }
            }
        }
        if !left.is_empty() && report.verdict == Verdict::Passed {
            complaints.push(format!("the verdict is passed, and {} objects are left", left.len()));
        }
        complaints
    }

    /// Everything that was sent.
    pub fn log(&self) -> String {
        self.model.state().seen.join("\n")
    }
}

/// True when a line of `left_behind` names this object: by where it is or by one of its names.
fn is_about(line: &str, object: &Object) -> bool {
    let line = line.to_lowercase();
    let plain = format!("{}/{}", object.kind.endpoint(), object.id);
    let places = [object.path(), plain].map(|place| place.to_lowercase());
    let stands_alone = |place: &String| {
        line.match_indices(place.as_str()).any(|(at, _)| {
            let next = line[at + place.len()..].chars().next();
            !next.is_some_and(|next| next.is_alphanumeric() || next == '-')
        })
    };
    places.iter().any(stands_alone) || object.names.iter().any(|name| line.contains(&name.to_lowercase()))
}
