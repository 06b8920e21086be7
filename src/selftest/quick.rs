//! The quick set: few scenario runs that see nearly every fault, for `scimulate run --quick`.
//!
//! `quick.tsv` has a line for each scenario run of the set: scenario, dialect, how many requests it costs at a right
//! server, and the faults that it was chosen for. Two lines are no scenario runs: what is seen before the first
//! scenario, and the faults of level error that the set does not see. `scimulate regenerate --all` computes it from
//! the whole matrix.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};

use super::headlines::{ExpectedHeadline, expected_headlines};
use super::matrix::{Matrix, PlayFindings};
use super::subject::ServerUnderTest;
use crate::check::{Finding, Level};
use crate::run::selection::is_on_request;
use crate::run::verdict::report::{CheckResult, Report};
use crate::run::{Plan, ScenarioRunId};
use crate::scenario::{Ability, Action, Need, Scenario};
use crate::server::Fault;

const QUICK: &str = include_str!("quick.tsv");

/// So many requests a quick run sends at most to a right server, also to one that all scenarios share.
pub const MOST_REQUESTS: usize = 600;

/// Room for what a target that is shared by all scenarios is asked besides: the guard asks whose an object is.
const RESERVE: usize = 60;

/// The most users of a large scenario in a quick run: servers are known to cut lists after twenty.
const LARGE: usize = 21;

/// Stands in the place of a scenario for what is seen before the first one.
const BEFORE: &str = "-";

/// Stands in the place of a scenario for the faults that the set does not see.
const UNSEEN: &str = "unseen";

/// The set as the table has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuickSet {
    /// The scenario runs.
    pub runs: BTreeSet<ScenarioRunId>,
    /// Requests that they and what goes before them send to a right server.
    pub requests: usize,
    /// Faults of level error that only a whole run sees, by name.
    pub unseen: Vec<String>,
}

/// Reads the table.
#[must_use]
pub fn quick_set() -> QuickSet {
    let mut set = QuickSet { runs: BTreeSet::new(), requests: 0, unseen: Vec::new() };
    for line in QUICK.lines().filter(|line| !line.starts_with('#')) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [scenario, dialect, requests, faults] = cells[..] else { continue };
        set.requests += requests.parse().unwrap_or(0);
        match scenario {
            BEFORE => {}
            UNSEEN => set.unseen.extend(faults.split(',').filter(|it| !it.is_empty()).map(str::to_owned)),
            _ => {
                set.runs.insert(ScenarioRunId { scenario: scenario.into(), dialect: dialect.into() });
            }
        }
    }
    set
}

impl QuickSet {
    /// Leaves the set of a plan, each scenario in the dialects that are enough, and a large group only as large as what
    /// it shows needs.
    pub fn narrow(&self, plan: &mut Plan) {
        plan.largest_crowd = Some(LARGE);
        for run in &self.runs {
            plan.enough.entry(run.scenario.clone()).or_default().insert(run.dialect.clone());
        }
        plan.scenarios.retain(|scenario| plan.enough.contains_key(&scenario.about.id));
    }
}

/// Where the findings of level error of one subject were met: the check, and the scenario run, or `None` before the
/// first one.
pub(super) type RedPlaces = BTreeMap<String, BTreeSet<Option<ScenarioRunId>>>;

/// Those of a report.
pub(super) fn red_places(report: &Report) -> RedPlaces {
    let mut places = RedPlaces::new();
    for check in &report.checks {
        for finding in check.findings.iter().filter(|finding| finding.level >= Level::Error) {
            places.entry(check.id.clone()).or_default().extend(met_in(check, finding));
        }
    }
    places
}

fn met_in(check: &CheckResult, finding: &Finding) -> Vec<Option<ScenarioRunId>> {
    let met: Vec<Option<ScenarioRunId>> = finding
        .meetings
        .iter()
        .map(|met| Some(ScenarioRunId { scenario: met.scenario.clone(), dialect: met.dialect.clone() }))
        .collect();
    match (check.suite.as_str(), &check.dialect) {
        ("rules", _) if met.is_empty() => vec![None],
        ("rules", _) => met,
        (_, Some(dialect)) => {
            vec![Some(ScenarioRunId { scenario: check.id.clone(), dialect: dialect.clone() })]
        }
        // Only both dialects together show it.
        (_, None) => Vec::new(),
    }
}

/// True when a scenario asks for no more than a URL and a token.
fn is_for_one_token(scenario: &Scenario) -> bool {
    let second = |need: &Need| matches!(need, Need::Ability(Ability::SecondTenant));
    let signs_in = scenario.timeline.iter().any(|step| matches!(step.action, Action::SignIn { .. }));
    !signs_in && !scenario.needs.iter().any(second)
}

/// A fault that a run with one token can see, and the scenario runs that show it.
struct Sight {
    fault: Fault,
    level: Level,
    shown_by: BTreeSet<ScenarioRunId>,
}

impl Matrix {
    /// The table of the quick set; `None` unless the healthy server and every fault of level error and above were played,
    /// with every scenario.
    #[must_use]
    pub fn quick(&self, scenarios: &[&Scenario]) -> Option<String> {
        let costs = &self.sightings.get(&ServerUnderTest::Healthy)?.requests;
        let eligible: BTreeSet<&str> = scenarios
            .iter()
            .filter(|scenario| is_for_one_token(scenario) && !is_on_request(&scenario.about.id))
            .map(|scenario| scenario.about.id.as_str())
            .collect();
        let can_play = |run: &ScenarioRunId| {
            eligible.contains(run.scenario.as_str()) && costs.contains_key(&Some(run.clone()))
        };
        let expected = expected_headlines();
        let is_played = |name: &str| {
            name.parse::<Fault>()
                .is_ok_and(|fault| self.sightings.contains_key(&ServerUnderTest::Fault(fault)))
        };
        if expected.iter().any(|(fault, it)| it.level >= Level::Error && !is_played(fault)) {
            return None;
        }
        let (mut before, mut open) = (Vec::new(), Vec::new());
        for (subject, sighting) in &self.sightings {
            let ServerUnderTest::Fault(fault) = *subject else { continue };
            let headline = expected.get(fault.name()).filter(|headline| headline.level >= Level::Error);
            let Some(headline) = headline else { continue };
            let places = places_of(headline, sighting);
            if sighting.unplayable || places.contains(&None) {
                before.push(fault.name());
                continue;
            }
            let shown_by: BTreeSet<_> = places.into_iter().flatten().filter(can_play).collect();
            if !shown_by.is_empty() {
                open.push(Sight { fault, level: headline.level, shown_by });
            }
        }
        let first = costs.get(&None).copied().unwrap_or_default();
        let room = MOST_REQUESTS.saturating_sub(RESERVE + first);
        let price = |run: &ScenarioRunId| costs.get(&Some(run.clone())).copied().unwrap_or(1).max(1);
        let chosen = choose(&open, room, price);
        let mut text = String::from(
            "# scenario\tdialect\trequests\tfaults it was chosen for; written by `scimulate regenerate --all`\n",
        );
        let _ = writeln!(text, "{BEFORE}\t{BEFORE}\t{first}\t{}", before.join(","));
        let mut seen = BTreeSet::<usize>::new();
        for (run, faults) in &chosen {
            seen.extend(faults);
            let names: Vec<&str> = faults.iter().map(|index| open[*index].fault.name()).collect();
            let _ = writeln!(text, "{}\t{}\t{}\t{}", run.scenario, run.dialect, price(run), names.join(","));
        }
        let unseen =
            (0..open.len()).filter(|index| !seen.contains(index)).map(|index| open[index].fault.name());
        let _ = writeln!(text, "{UNSEEN}\t{BEFORE}\t0\t{}", unseen.collect::<Vec<_>>().join(","));
        Some(text)
    }
}

/// The faults that the quick set is measured by: those of level error or above which a run with one token can see.
#[must_use]
pub fn quick_faults() -> BTreeSet<Fault> {
    let expected = expected_headlines();
    let is_red = |name: &&str| expected.get(name).is_some_and(|headline| headline.level >= Level::Error);
    known().filter(is_red).filter_map(|name| name.parse().ok()).collect()
}

/// What the quick set saw of the faults of one level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuickSight {
    /// Their level.
    pub level: Level,
    /// How many they are.
    pub faults: usize,
    /// Those without a red line, by name.
    pub missed: Vec<&'static str>,
}

impl QuickSight {
    /// True when all critical faults were seen, and 95 % of the others.
    #[must_use]
    pub fn is_enough(&self) -> bool {
        match self.level {
            Level::Critical => self.missed.is_empty(),
            _ => self.missed.len() * 20 <= self.faults,
        }
    }
}

/// One line.
impl fmt::Display for QuickSight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seen = self.faults - self.missed.len();
        write!(f, "{seen} of {} faults of level {} seen", self.faults, self.level)?;
        if self.missed.is_empty() { Ok(()) } else { write!(f, "; not seen: {}", self.missed.join(", ")) }
    }
}

impl Matrix {
    /// What was seen of the faults that a run with one token can see, if they were played with the quick set.
    #[must_use]
    pub fn quick_sights(&self) -> [QuickSight; 2] {
        let expected = expected_headlines();
        [Level::Critical, Level::Error].map(|level| {
            let of_level = |name: &&str| expected.get(name).is_some_and(|headline| headline.level == level);
            let played = |name: &'static str| {
                let fault = name.parse::<Fault>().ok()?;
                Some((name, self.sightings.get(&ServerUnderTest::Fault(fault))?))
            };
            let played: Vec<_> = known().filter(of_level).filter_map(played).collect();
            let unseen = |sighting: &PlayFindings| sighting.red_lines.is_empty() && !sighting.unplayable;
            let missed =
                played.iter().filter(|(_, sighting)| unseen(sighting)).map(|(name, _)| *name).collect();
            QuickSight { level, faults: played.len(), missed }
        })
    }
}

/// The faults of the table.
fn known() -> impl Iterator<Item = &'static str> {
    let lines = QUICK.lines().filter(|line| !line.starts_with('#'));
    let faults = lines.filter_map(|line| line.rsplit('\t').next());
    faults.flat_map(|faults| faults.split(',')).filter(|fault| !fault.is_empty())
}

/// Where a fault is seen under its right name, or under another where its right name is never found.
fn places_of(headline: &ExpectedHeadline, sighting: &PlayFindings) -> BTreeSet<Option<ScenarioRunId>> {
    let named = headline.checks.iter().filter_map(|check| sighting.red_places.get(*check));
    let right: BTreeSet<Option<ScenarioRunId>> = named.flatten().cloned().collect();
    match right.is_empty() {
        true => sighting.red_places.values().flatten().cloned().collect(),
        false => right,
    }
}

/// Scenario runs that show every critical fault, and as many others as fit into so many requests, each with the faults
/// it was chosen for, as places in the list.
fn choose(
    sights: &[Sight],
    room: usize,
    price: impl Fn(&ScenarioRunId) -> usize,
) -> BTreeMap<ScenarioRunId, Vec<usize>> {
    let mut choice = Choice { sights, room, price, chosen: Vec::new() };
    for level in [Level::Critical, Level::Error] {
        choice.add(level);
        // What was chosen early may show nothing that those after it do not show.
        choice.drop_needless();
    }
    choice.add(Level::Error);
    let mut told = BTreeSet::new();
    let chosen = choice.chosen.iter().map(|run| {
        let shown = (0..sights.len()).filter(|index| sights[*index].shown_by.contains(run));
        (run.clone(), shown.filter(|index| told.insert(*index)).collect())
    });
    chosen.collect()
}

/// A set that is being chosen.
struct Choice<'a, P> {
    sights: &'a [Sight],
    room: usize,
    price: P,
    /// In the order in which they were chosen.
    chosen: Vec<ScenarioRunId>,
}

impl<P: Fn(&ScenarioRunId) -> usize> Choice<'_, P> {
    /// Adds what shows most for its price until every fault of the level and above is shown, or, below critical, the
    /// room is full.
    fn add(&mut self, level: Level) {
        loop {
            let open: Vec<&Sight> = self.sights.iter().filter(|sight| !self.is_shown(sight, None)).collect();
            // Milder faults that it shows too count as well, but something of the level must be among them.
            let mut worth: BTreeMap<&ScenarioRunId, (bool, usize)> = BTreeMap::new();
            for (sight, run) in
                open.iter().flat_map(|sight| sight.shown_by.iter().map(move |run| (sight, run)))
            {
                let (is_of_level, number) = worth.entry(run).or_default();
                *is_of_level |= sight.level >= level;
                *number += 1;
            }
            let spent: usize = self.chosen.iter().map(&self.price).sum();
            let fits =
                |run: &ScenarioRunId| level == Level::Critical || spent + (self.price)(run) <= self.room;
            let candidates = worth.into_iter().filter(|(run, (is_of_level, _))| *is_of_level && fits(run));
            // The most that is shown for each request; among equals the first by name.
            let best = candidates.map(|(run, (_, number))| (run, number)).reduce(|best, next| {
                let better = next.1 * (self.price)(best.0) > best.1 * (self.price)(next.0);
                if better { next } else { best }
            });
            let Some((run, _)) = best else { break };
            self.chosen.push(run.clone());
        }
    }

    /// Takes out what shows nothing that the others do not show, the dearest first.
    fn drop_needless(&mut self) {
        let mut runs = self.chosen.clone();
        runs.sort_by_key(|run| std::cmp::Reverse((self.price)(run)));
        for run in runs {
            let shown = self.sights.iter().filter(|sight| sight.shown_by.contains(&run));
            if shown.clone().all(|sight| self.is_shown(sight, Some(&run))) {
                self.chosen.retain(|chosen| *chosen != run);
            }
        }
    }

    /// Whether a fault is shown by what was chosen, or by the rest of it without one.
    fn is_shown(&self, sight: &Sight, without: Option<&ScenarioRunId>) -> bool {
        self.chosen.iter().any(|run| Some(run) != without && sight.shown_by.contains(run))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entra::dialect::Dialect;
    use crate::scenario;

    fn run(name: &str) -> ScenarioRunId {
        ScenarioRunId { scenario: name.into(), dialect: "default".into() }
    }

    #[test]
    fn the_table_is_of_today() {
        let set = quick_set();
        assert!(!set.runs.is_empty() && set.requests <= MOST_REQUESTS, "{} requests", set.requests);
        let scenarios: BTreeMap<String, Scenario> =
            scenario::builtin().unwrap().into_iter().map(|it| (it.about.id.clone(), it)).collect();
        for run in &set.runs {
            let scenario = scenarios.get(&run.scenario).unwrap_or_else(|| panic!("{run} is gone"));
            assert!(is_for_one_token(scenario) && scenario.is_for(&run.dialect), "{run}");
            assert!(run.dialect.parse::<Dialect>().is_ok(), "{run}");
        }
    }

    #[test]
    fn every_critical_fault_and_nearly_every_error_is_seen() {
        let unseen = quick_set().unseen;
        let table: BTreeSet<&str> = known().collect();
        let expected = expected_headlines();
        let (mut errors, mut missed) = (0, Vec::new());
        for (fault, headline) in &expected {
            // Whatever is not in the table cannot be seen with one token.
            if !table.contains(fault) {
                continue;
            }
            let is_unseen = unseen.iter().any(|name| name == fault);
            match headline.level {
                Level::Critical => assert!(!is_unseen, "{fault} is critical"),
                Level::Error => {
                    errors += 1;
                    missed.extend(is_unseen.then_some(*fault));
                }
                _ => panic!("{fault} is milder than an error"),
            }
        }
        assert!(missed.len() * 20 <= errors, "{} of {errors}: {missed:?}", missed.len());
    }

    #[test]
    fn what_shows_most_for_its_price_is_chosen_first_and_the_room_is_kept() {
        let sight = |level, runs: &[&str]| Sight {
            fault: Fault::ALL[0],
            level,
            shown_by: runs.iter().map(|name| run(name)).collect(),
        };
        let sights =
            [sight(Level::Critical, &["a", "b"]), sight(Level::Error, &["b"]), sight(Level::Error, &["c"])];
        let price = |run: &ScenarioRunId| if run.scenario == "c" { 9 } else { 3 };
        // `b` shows the critical fault too, so that `a` is not needed.
        let both = BTreeMap::from([(run("b"), vec![0, 1]), (run("c"), vec![2])]);
        assert_eq!(choose(&sights, 12, price), both);
        let without_room = BTreeMap::from([(run("b"), vec![0, 1])]);
        assert_eq!(choose(&sights, 11, price), without_room);
        assert_eq!(choose(&sights, 0, price), without_room, "what is critical is seen");
    }

    #[test]
    fn what_later_choices_show_too_is_taken_out() {
        let sight = |runs: &[&str]| Sight {
            fault: Fault::ALL[0],
            level: Level::Error,
            shown_by: runs.iter().map(|name| run(name)).collect(),
        };
        // `a` is the best beginning, but `b` and `c` are needed and show all of it.
        let sights = [
            sight(&["a", "b"]),
            sight(&["a", "b"]),
            sight(&["a", "c"]),
            sight(&["a", "c"]),
            sight(&["b"]),
            sight(&["c"]),
        ];
        let chosen = choose(&sights, 100, |run| if run.scenario == "a" { 3 } else { 4 });
        assert_eq!(chosen, BTreeMap::from([(run("b"), vec![0, 1, 4]), (run("c"), vec![2, 3, 5])]));
    }
}
