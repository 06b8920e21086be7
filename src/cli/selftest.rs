use std::collections::{BTreeMap, BTreeSet};
use std::io::{IsTerminal as _, stderr};
use std::sync::Arc;

use super::failure::Failure;
use super::{Exit, console, runtime};
use crate::check::About;
use crate::diagnostic::closest;
use crate::entra::dialect::Dialect;
use crate::entra::mapping::profiles;
use crate::run::plan::Plan;
use crate::selftest::{SelftestSettings, ServerUnderTest, play, subjects};
use crate::{rules, scenario};

/// Prove that the checks can fail: play them against every fault of the embedded server, and against
/// right servers, where they must stay silent
#[derive(Debug, clap::Args)]
pub(super) struct Selftest {
    /// Faults, right variants or `healthy`, by name [default: all of them]
    #[arg(value_name = "NAME")]
    names: Vec<String>,

    /// How many servers are played against at once [default: the number of processors]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,

    /// Play each fault only with the stories that must see it, and right servers with all of them
    #[arg(long, conflicts_with_all = ["verdicts", "proofs"])]
    brief: bool,

    /// Print for each fault the story in which each rule that names it sees it, and nothing else
    #[arg(long)]
    proofs: bool,

    /// Print what Microsoft's gates would say of each server, and nothing else
    #[arg(long)]
    verdicts: bool,

    /// List every check that caught a fault
    #[arg(long)]
    verbose: bool,
}

/// The table of what Microsoft's gates say of each server: written down, read for sense, and compared.
fn predicted() -> BTreeMap<String, String> {
    let table = include_str!("../selftest/verdicts.tsv");
    let lines = table.lines().filter_map(|line| line.split_once('\t'));
    lines.map(|(name, verdict)| (name.to_owned(), verdict.to_owned())).collect()
}

/// The stories in which rules see each fault: written down by a whole play, and proved by each brief one.
fn proofs() -> BTreeMap<String, BTreeSet<String>> {
    let mut proofs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in include_str!("../selftest/proofs.tsv").lines() {
        if let [fault, _, story] = line.split('\t').collect::<Vec<_>>()[..] {
            proofs.entry(fault.to_owned()).or_default().insert(story.to_owned());
        }
    }
    proofs
}

/// People of the selftest are always the same, so that its result is too.
const SEED: u64 = 1;

impl Selftest {
    pub(super) fn play(self) -> Result<Exit, Failure> {
        let subjects = self.subjects()?;
        let all: Vec<_> = scenario::builtin()?.into_iter().map(Arc::new).collect();
        let rules = rules::all().iter().map(|rule| rule.about().clone());
        let abouts: Vec<About> = all.iter().map(|story| story.about.clone()).chain(rules).collect();
        // Stories that stand for Microsoft's tests have a verdict of their own.
        let (gates, stories) = all.into_iter().partition(|story: &Arc<_>| story.test.is_some());
        let plan = |stories| -> Result<Plan, Failure> {
            let mut plan = Plan::new(stories, profiles::load("default")?, "selftest".to_owned());
            plan.seed = SEED;
            plan.fail_on = None;
            Ok(plan)
        };
        let plan_of_gates = Plan { dialects: vec![Dialect::Default], ..plan(gates)?.as_a_gate() };
        let jobs = self.jobs.map_or_else(
            || std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            usize::from,
        );
        let settings = SelftestSettings {
            plan: if self.verdicts { None } else { Some(plan(stories)?) },
            brief: self.brief.then(proofs),
            gates: plan_of_gates,
            abouts,
            predicted: predicted(),
            jobs,
        };
        let runtime = runtime()?;
        let shown = stderr().is_terminal();
        let matrix = play(&settings, &subjects, runtime.handle(), |played, subject| {
            if shown {
                console::remark(&format!("{played} of {}: {subject}", subjects.len()));
            }
        });
        if self.verdicts {
            return console::say(&matrix.verdicts()).map(|()| Exit::Success);
        }
        if self.proofs {
            return console::say(&matrix.proofs()).map(|()| Exit::Success);
        }
        console::say(&matrix.to_string())?;
        if self.verbose {
            console::say(&matrix.details())?;
        }
        // A play of some subjects says nothing of checks that are proved by others.
        let sound = if self.names.is_empty() {
            matrix.problems().is_empty()
        } else {
            matrix.problems().iter().all(|problem| !problem.concerns_a_subject())
        };
        Ok(if sound { Exit::Success } else { Exit::Findings })
    }

    fn subjects(&self) -> Result<Vec<ServerUnderTest>, Failure> {
        let all = subjects();
        if self.names.is_empty() {
            return Ok(all);
        }
        let known: Vec<String> = all.iter().map(ToString::to_string).collect();
        self.names
            .iter()
            .map(|name| {
                let place = known.iter().position(|known| known == name);
                place.map(|place| all[place]).ok_or_else(|| {
                    let next = match closest(name, known.iter().map(String::as_str)) {
                        Some(meant) => format!("did you mean `{meant}`?"),
                        None => "`scimulate selftest` without a name lists them all".to_owned(),
                    };
                    Failure::usage(format!("the embedded server has no fault or variant `{name}`"), next)
                })
            })
            .collect()
    }
}
