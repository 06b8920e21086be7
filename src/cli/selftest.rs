use std::io::{IsTerminal as _, stderr};
use std::sync::Arc;
use std::time::Duration;

use super::failure::CommandFailure;
use super::{Exit, console, runtime};
use crate::check::About;
use crate::diagnostic::closest;
use crate::entra::dialect::Dialect;
use crate::entra::mapping::profiles;
use crate::run::Plan;
use crate::selftest::{
    self, HistorySight, Matrix, MatrixProblem, PairSighting, QuickSight, SelftestSettings, ServerUnderTest,
    history_subjects, subjects,
};
use crate::server::Fault;
use crate::threads::plays_at_once;
use crate::{rules, scenario};

/// Prove that the checks can fail: play them against every fault of the embedded server, and against its
/// legal variants, where they must find nothing
#[derive(Debug, clap::Args)]
pub(super) struct Selftest {
    /// Names of faults or variants, or `healthy`; with --profiles names of profiles [default: all of them]
    #[arg(value_name = "NAME")]
    names: Vec<String>,

    /// Play against this many servers at once [default: twice the number of
    /// processors]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,

    /// Play each fault only with the scenarios that must detect it; variants are still played with all
    #[arg(long)]
    brief: bool,

    /// Play each fault with the scenarios of `run --quick`, which must see every critical one and 95 % of the errors
    #[arg(long, conflicts_with_all = ["brief", "profile", "profiles", "verbose"])]
    quick: bool,

    /// Play with this attribute mapping; without names, against the servers without a fault
    #[arg(long, value_name = "NAME|FILE", conflicts_with = "brief")]
    profile: Option<String>,

    /// Play with each attribute mapping against a server that offers what the mapping names
    #[arg(long, conflicts_with_all = ["brief", "verbose", "profile"])]
    profiles: bool,

    /// Play so many pairs of faults, always the same: each fault must have a headline, or be named below the other's
    #[arg(long, value_name = "N", conflicts_with_all = ["brief", "quick", "verbose", "profile", "profiles", "names"])]
    pairs: Option<u16>,

    /// Play so many random histories against each correct server, and against each fault that changes what is stored
    /// until one finds it
    #[arg(long, value_name = "N", conflicts_with_all = ["brief", "quick", "verbose", "profiles", "pairs"])]
    explore: Option<u32>,

    /// List every check that caught a fault
    #[arg(long)]
    verbose: bool,
}

/// People of the selftest are always the same, so that its result is too.
const SEED: u64 = 1;

/// What is played: every scenario, and those of Microsoft's gates as they play them.
pub(super) fn settings(jobs: Option<u16>) -> Result<SelftestSettings, CommandFailure> {
    let all: Vec<_> = scenario::builtin()?.into_iter().map(Arc::new).collect();
    let rules = rules::all().iter().map(|rule| rule.about().clone());
    let abouts: Vec<About> = all.iter().map(|scenario| scenario.about.clone()).chain(rules).collect();
    // Scenarios that stand for Microsoft's tests have a verdict of their own.
    let (gates, scenarios) = all.into_iter().partition(|scenario: &Arc<_>| scenario.test.is_some());
    let plan = |scenarios| -> Result<Plan, CommandFailure> {
        let mut plan = Plan::new(scenarios, profiles::load("default")?, "selftest".to_owned());
        plan.seed = SEED;
        plan.fail_on = None;
        // The embedded server is late by a read and never by time.
        plan.read_limit = Duration::ZERO;
        Ok(plan)
    };
    let plan_of_gates = Plan { dialects: vec![Dialect::Default], ..plan(gates)?.as_a_gate() };
    let jobs = jobs.map_or_else(plays_at_once, usize::from);
    Ok(SelftestSettings {
        plan: plan(scenarios)?,
        brief: None,
        gates: plan_of_gates,
        abouts,
        predicted: selftest::predicted(),
        jobs,
    })
}

/// Plays them, and says on a terminal how far it is.
pub(super) fn play_against(
    settings: &SelftestSettings,
    subjects: &[ServerUnderTest],
) -> Result<Matrix, CommandFailure> {
    let runtime = runtime::start()?;
    let shown = stderr().is_terminal();
    Ok(selftest::play(settings, subjects, runtime.handle(), |played, subject| {
        if shown {
            console::remark(&format!("{played} of {}: {subject}", subjects.len()));
        }
    }))
}

/// The servers of these names.
pub(super) fn named(names: &[String]) -> Result<Vec<ServerUnderTest>, CommandFailure> {
    let all = subjects();
    let known: Vec<String> = all.iter().map(ToString::to_string).collect();
    names
        .iter()
        .map(|name| {
            let place = known.iter().position(|known| known == name);
            place.map(|place| all[place]).ok_or_else(|| {
                let next = match closest(name, known.iter().map(String::as_str)) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "`scimulate serve --list` shows them all".to_owned(),
                };
                CommandFailure::usage(format!("the embedded server has no fault or variant `{name}`"), next)
            })
        })
        .collect()
}

/// The number of false alarms, and each.
fn summary(servers: usize, alarms: &[MatrixProblem]) -> String {
    let mut text = format!("{} false alarms on {servers} servers\n", alarms.len());
    for problem in alarms {
        text.push_str(&format!("  {problem}\n"));
    }
    text
}

/// Plays every built-in profile, or those of these names.
fn play_profiles(settings: &SelftestSettings, names: &[String]) -> Result<Exit, CommandFailure> {
    let all = profiles::names();
    let names: Vec<&str> = if names.is_empty() { all } else { names.iter().map(String::as_str).collect() };
    let mappings = names.into_iter().map(super::profiles::load).collect::<Result<Vec<_>, _>>()?;
    let runtime = runtime::start()?;
    let shown = stderr().is_terminal();
    let sightings = selftest::play_profiles(settings, &mappings, runtime.handle(), |sighting| {
        if shown {
            console::remark(&sighting.profile);
        }
    });
    let mut text = String::new();
    for sighting in sightings.iter().filter(|sighting| !sighting.is_clean()) {
        text.push_str(&format!("{sighting}\n"));
    }
    let wrong = sightings.iter().filter(|sighting| !sighting.is_clean()).count();
    text.push_str(&format!("{} profiles played, false alarms with {wrong}\n", sightings.len()));
    console::say(&text)?;
    Ok(if wrong == 0 { Exit::Success } else { Exit::Findings })
}

/// How many of a hundred pairs need a headline for each of their faults.
const HEADLINES_PER_HUNDRED_PAIRS: usize = 90;

/// Plays pairs of faults.
fn play_pairs(settings: &SelftestSettings, number: usize) -> Result<Exit, CommandFailure> {
    let runtime = runtime::start()?;
    let shown = stderr().is_terminal();
    let sightings = selftest::play_pairs(settings, number, runtime.handle(), |sighting| {
        if shown {
            console::remark(&sighting.faults.map(Fault::name).join(" + "));
        }
    });
    let mut text = String::new();
    for sighting in sightings.iter().filter(|sighting| !sighting.is_told()) {
        text.push_str(&format!("{sighting}\n"));
    }
    let count = |is_it: fn(&PairSighting) -> bool| sightings.iter().filter(|pair| is_it(pair)).count();
    let (told, open) = (count(PairSighting::is_told), count(PairSighting::hides_nothing));
    text.push_str(&format!(
        "{} pairs of faults: {told} with a headline for each, {} with one below the other's, {} with one hidden or merged\n",
        sightings.len(),
        open.saturating_sub(told),
        sightings.len() - open
    ));
    console::say(&text)?;
    let is_enough = told * 100 >= sightings.len() * HEADLINES_PER_HUNDRED_PAIRS;
    Ok(if is_enough { Exit::Success } else { Exit::Findings })
}

/// How many of a hundred faults that change what is stored must be found by random histories.
const FOUND_PER_HUNDRED_FAULTS: usize = 90;

/// Plays random histories.
fn play_histories(
    settings: &SelftestSettings,
    subjects: &[ServerUnderTest],
    number: u64,
) -> Result<Exit, CommandFailure> {
    let runtime = runtime::start()?;
    let shown = stderr().is_terminal();
    let sights = selftest::play_histories(settings, subjects, number, runtime.handle(), |sight| {
        if shown {
            console::remark(&sight.subject.to_string());
        }
    });
    for sight in &sights {
        console::say(&format!("{sight}\n"))?;
    }
    let (faults, correct): (Vec<&HistorySight>, Vec<&HistorySight>) =
        sights.iter().partition(|sight| matches!(sight.subject, ServerUnderTest::Fault(_)));
    let found = faults.iter().filter(|sight| sight.is_right()).count();
    let alarmed = correct.iter().filter(|sight| !sight.is_right()).count();
    let played: u64 = correct.iter().map(|sight| sight.histories).sum();
    console::say(&format!(
        "{found} of {} faults found; {played} histories on {} correct servers, false alarms on {alarmed}\n",
        faults.len(),
        correct.len()
    ))?;
    let is_enough = found * 100 >= faults.len() * FOUND_PER_HUNDRED_FAULTS;
    Ok(if is_enough && alarmed == 0 { Exit::Success } else { Exit::Findings })
}

impl Selftest {
    pub(super) fn execute(self) -> Result<Exit, CommandFailure> {
        let mut settings = settings(self.jobs)?;
        if let Some(number) = self.pairs {
            return play_pairs(&settings, number.into());
        }
        if let Some(number) = self.explore {
            if let Some(profile) = &self.profile {
                settings.plan.mapping = super::profiles::load(profile)?;
            }
            let subjects = if self.names.is_empty() { history_subjects() } else { named(&self.names)? };
            return play_histories(&settings, &subjects, number.into());
        }
        if self.profiles {
            return play_profiles(&settings, &self.names);
        }
        let mut subjects = if self.names.is_empty() { subjects() } else { named(&self.names)? };
        if let Some(profile) = &self.profile {
            settings.plan.mapping = super::profiles::load(profile)?;
            settings.gates.mapping = settings.plan.mapping.clone();
            // The checks' faults, and the verdicts of the gates, are known for the default mapping.
            subjects
                .retain(|subject| !self.names.is_empty() || !matches!(subject, ServerUnderTest::Fault(_)));
            let matrix = play_against(&settings, &subjects)?;
            let alarms: Vec<_> =
                matrix.problems().into_iter().filter(|problem| problem.is_false_alarm()).collect();
            console::say(&summary(subjects.len(), &alarms))?;
            return Ok(if alarms.is_empty() { Exit::Success } else { Exit::Findings });
        }
        if self.quick {
            selftest::quick_set().narrow(&mut settings.plan);
            settings.gates.scenarios.clear();
            let judged = selftest::quick_faults();
            subjects
                .retain(|subject| matches!(subject, ServerUnderTest::Fault(fault) if judged.contains(fault)));
            let matrix = play_against(&settings, &subjects)?;
            let sights = matrix.quick_sights();
            for sight in &sights {
                console::say(&format!("{sight}\n"))?;
            }
            let is_enough = sights.iter().all(QuickSight::is_enough);
            return Ok(if is_enough { Exit::Success } else { Exit::Findings });
        }
        settings.brief = self.brief.then(selftest::proofs);
        let matrix = play_against(&settings, &subjects)?;
        console::say(&matrix.to_string())?;
        if self.verbose {
            console::say(&matrix.details())?;
        }
        let mut unlisted = 0;
        if !self.brief {
            let (text, problems) = matrix.headlines();
            console::say(&text)?;
            unlisted = problems;
        }
        Ok(if unlisted == 0 && matrix.problems().is_empty() { Exit::Success } else { Exit::Findings })
    }
}
