//! One run against a model server, and what there is to complain about afterwards.

use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use scimulate::entra::dialect::Dialect;
use scimulate::entra::mapping::{Mapping, profiles};
use scimulate::run::cleanup::leftovers::remove_leftovers;
use scimulate::run::plan::Plan;
use scimulate::run::target::journal;
use scimulate::run::target::journal::Journal;
use scimulate::run::target::retry::WaitLimit;
use scimulate::run::verdict::report::{Report, Verdict};
use scimulate::run::{RunProblem, play_scenarios};
use scimulate::scenario::Scenario;
use scimulate::wire::{Answer, Broken, Request, Sent, Target, Tenant};
use tokio::runtime::Handle;

use super::fault::{Fault, Faults};
use super::scenarios;
use super::server::Model;
use super::store::{BASE, Object};

static MAPPING: LazyLock<Mapping> =
    LazyLock::new(|| profiles::load(profiles::DEFAULT).unwrap_or_else(|mistakes| panic!("{mistakes:?}")));

/// One run of so many is played as `run` plays it. The others are played as a gate of Microsoft's is, without
/// rules, which send nothing, and without asking first what a create may carry.
const WITH_RULES: u64 = 3;

/// A run that was played.
pub struct Played {
    /// What there is to know of it before it is played.
    pub about: String,
    pub faults: Faults,
    pub model: Model,
    pub report: Result<Report, RunProblem>,
    /// What could not be removed after the run was killed, if it was.
    pub swept: Option<Vec<String>>,
}

/// Removes what the journals in a folder say, as `scimulate cleanup` does.
fn swept_after(folder: &Path, model: &Model, runtime: &Handle) -> Vec<String> {
    let found = journal::find(folder).unwrap_or_else(|error| panic!("no journals: {error}"));
    assert!(found.running.is_empty(), "the run is over: {:?}", found.running);
    let mut left: Vec<String> =
        found.unreadable.iter().map(|(path, why)| format!("{}: {why}", path.display())).collect();
    for mut run in found.abandoned {
        let tenant = if run.second { Tenant::Second } else { Tenant::First };
        let target = At(model, tenant);
        left.extend(runtime.block_on(remove_leftovers(&target, &mut run)).left);
    }
    left
}

/// One tenant, as a client of its own asks it.
struct At<'a>(&'a Model, Tenant);

impl Target for At<'_> {
    async fn send(&self, request: Request) -> Result<Answer, Broken> {
        self.0.send(request.to(self.1)).await
    }

    fn sent_as(&self, request: &Request) -> Sent {
        self.0.sent_as(request)
    }
}

/// The prefix of a seed, in the form that scimulate draws.
fn prefix_of(mut seed: u64) -> String {
    let letters = b"bcdfghjkmnpqrtvwxz2346789";
    let mut prefix = String::from("sm");
    for _ in 0..8 {
        prefix.push(char::from(letters[usize::try_from(seed % 25).unwrap_or(0)]));
        seed /= 25;
    }
    prefix
}

impl Played {
    /// The run of a seed: it decides on the faults, the scenarios and the dialect.
    pub fn seeded(seed: u64, runtime: &Handle) -> Self {
        Played::without(seed, &[], runtime)
    }

    /// The same without some of its faults.
    fn without(seed: u64, left_out: &[Fault], runtime: &Handle) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let faults = Faults::draw(&mut random).without(left_out);
        let scenarios = scenarios::draw(&mut random);
        let dialect = Dialect::ALL[random.random_range(0..2)];
        let killed = random.random_ratio(1, 8).then(|| random.random_range(8..60));
        Played::of(seed, faults, scenarios, vec![dialect], killed, runtime)
    }

    /// The run of a failing seed with no more faults than it fails with.
    pub fn smallest(seed: u64, runtime: &Handle) -> Self {
        let mut played = Played::seeded(seed, runtime);
        let mut left_out = Vec::new();
        for fault in played.faults.iter().collect::<Vec<_>>() {
            left_out.push(fault);
            let smaller = Played::without(seed, &left_out, runtime);
            if smaller.complaints().is_empty() {
                left_out.pop();
            } else {
                played = smaller;
            }
        }
        played
    }

    /// The run of these scenarios against a server with these faults. After as many requests as `killed` says
    /// the run is over, and what it left is removed as its journal tells.
    pub fn of(
        seed: u64,
        faults: Faults,
        scenarios: Vec<Arc<Scenario>>,
        dialects: Vec<Dialect>,
        killed: Option<usize>,
        runtime: &Handle,
    ) -> Self {
        let names: Vec<&str> = scenarios.iter().map(|scenario| scenario.about.id.as_str()).collect();
        let mut about = format!("seed {seed}, faults {faults}, {} in {dialects:?}", names.join(" and "));
        let mut plan = Plan::new(scenarios, MAPPING.clone(), prefix_of(seed));
        plan.dialects = dialects;
        plan.seed = seed;
        plan.wait_limit = WaitLimit::at_most(Duration::ZERO);
        plan.read_limit = Duration::ZERO;
        if !seed.is_multiple_of(WITH_RULES) {
            plan = plan.as_a_gate();
        }
        plan.opaque_names = faults.has(Fault::CalledOpaque);
        let model = Model::new(faults.clone(), seed);
        let mut swept = None;
        let report = match killed {
            None => play_scenarios(plan, model.clone(), runtime, &mut ()),
            Some(requests) => {
                about.push_str(&format!(", killed after {requests} requests"));
                let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("no folder: {error}"));
                let journal = Journal::new(folder.path(), BASE, &plan.prefix);
                plan.second_journal =
                    Some(Arc::new(Journal::new(folder.path(), BASE, &plan.prefix).of_second_tenant()));
                plan.journal = Some(Arc::new(journal));
                model.answer_only(requests);
                let report = play_scenarios(plan, model.clone(), runtime, &mut ());
                model.answer_only(usize::MAX);
                // A run that came to its end before has told itself what it left.
                swept = model.was_cut().then(|| swept_after(folder.path(), &model, runtime));
                report
            }
        };
        Played { about, faults, model, report, swept }
    }

    /// What was done to foreign objects: nothing, if all is well.
    pub fn harm(&self) -> Vec<String> {
        let mut harm = Vec::new();
        for state in [self.model.state(), self.model.second()] {
            let written =
                state.foreign_writes.iter().map(|line| format!("written to a foreign object: {line}"));
            let changed =
                state.store.harm().into_iter().map(|line| format!("a foreign object changed: {line}"));
            harm.extend(written.chain(changed));
        }
        harm
    }

    /// What must not be, each as a sentence.
    pub fn complaints(&self) -> Vec<String> {
        let mut complaints = self.harm();
        let (first, second) = (self.model.state(), self.model.second());
        let left: Vec<&Object> = [&first, &second].into_iter().flat_map(|state| state.store.ours()).collect();
        let all = [&first, &second].into_iter().flat_map(|state| state.store.all()).collect::<Vec<_>>();
        match (&self.report, &self.swept) {
            (Err(RunProblem::Refused(_)), _) => {}
            (Err(problem), _) => complaints.push(format!("there is no report: {problem}")),
            // Of a killed run there is no report, and the lists must be right for what it left to be found.
            (Ok(_), Some(list)) if self.faults.leave_everything_to_be_found() => {
                complaints.extend(unnamed(&left, list));
            }
            (Ok(_), Some(_)) => {}
            (Ok(report), None) => {
                let is_told = self.faults.show_what_is_left();
                if is_told {
                    complaints.extend(unnamed(&left, &report.left_behind));
                }
                if self.faults.leave_everything_to_be_found() {
                    complaints.extend(imagined(&all, &report.left_behind));
                }
                if is_told && !left.is_empty() && report.verdict == Verdict::Passed {
                    complaints.push(format!("the verdict is passed, and {} objects are left", left.len()));
                }
            }
        }
        complaints
    }

    /// Everything that was sent.
    pub fn log(&self) -> String {
        let second = self.model.second().seen.join("\nsecond tenant: ");
        format!("{}\nsecond tenant: {second}", self.model.state().seen.join("\n"))
    }
}

/// What is left and stands in no line of the list.
fn unnamed(left: &[&Object], list: &[String]) -> Vec<String> {
    let unnamed = left.iter().filter(|object| !list.iter().any(|line| is_about(line, object)));
    unnamed
        .map(|object| {
            format!("{} {:?} is left and not named: {}", object.path(), object.names, list.join(" | "))
        })
        .collect()
}

/// Lines about what does not exist.
fn imagined(all: &[&Object], list: &[String]) -> Vec<String> {
    let imagined = list.iter().filter(|line| !all.iter().any(|object| is_about(line, object)));
    imagined.map(|line| format!("named as left behind, and does not exist: {line}")).collect()
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
