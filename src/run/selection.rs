//! Which scenarios a run plays.

use std::str::FromStr;
use std::sync::Arc;

use semver::Version;

use crate::check::{About, Demand, RfcSection, is_demanded};
use crate::diagnostic;
use crate::scenario::Scenario;

/// Suites that are played only when asked for: they have verdicts of their own, or are about attributes that Entra is
/// not told to write.
const ON_REQUEST: [&str; 3] = ["attributes", "gallery", "validator"];

/// True for a check of a suite that a run without a selection does not play.
#[must_use]
pub fn is_on_request(id: &str) -> bool {
    ON_REQUEST.iter().any(|suite| id.split('/').next() == Some(suite))
}

/// What the user asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Exact ids, prefixes that end in `/`, or sections of RFCs. Empty means every suite that is not played on request
    /// only; a section selects scenarios of those suites alone.
    pub filters: Vec<String>,
    /// Only these suites. Empty means all.
    pub suites: Vec<String>,
    /// Only scenarios that this version had already.
    pub as_of: Option<Version>,
    /// Only this part of what is left.
    pub shard: Option<Shard>,
    /// Only checks of a demand with one of these words, in the section if one is asked for. Empty means all.
    pub demands: Vec<Demand>,
    /// Each rule with the scenario that shows it: a section that only rules are about selects their scenarios.
    pub rules: Vec<(&'static About, &'static str)>,
}

/// One of several parts of a run, for machines that share the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    number: usize,
    of: usize,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split_once('/')
            .and_then(|(number, of)| Some(Shard { number: number.parse().ok()?, of: of.parse().ok()? }))
            .filter(|shard| (1..=shard.of).contains(&shard.number))
            .ok_or_else(|| format!("`{text}` is not a shard: write K/N with K from 1 to N, as 2/3"))
    }
}

/// Why nothing can be played.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectionProblem {
    /// No scenario has that id.
    #[error("there is no scenario `{name}`{}", hint(closest.as_deref()))]
    UnknownScenario {
        /// What was asked for.
        name: String,
        /// What may have been meant.
        closest: Option<String>,
    },
    /// No scenario belongs to that suite.
    #[error("there is no suite `{name}`{}", hint(closest.as_deref()))]
    UnknownSuite {
        /// What was asked for.
        name: String,
        /// What may have been meant.
        closest: Option<String>,
    },
    /// No check is about that section of an RFC.
    #[error("{told}")]
    UnknownSection {
        /// What was asked for, and what there is.
        told: String,
    },
    /// The scenario is younger than the checks that are wanted.
    #[error("`{name}` was added in {since}, but only checks as of {as_of} are selected")]
    TooYoung {
        /// What was asked for.
        name: String,
        /// Its first version.
        since: Version,
        /// The version that was asked for.
        as_of: Version,
    },
    /// Everything asked for exists, but together it selects nothing.
    #[error("nothing to play: no scenario matches the selection")]
    Nothing,
}

impl SelectionProblem {
    /// True when a name is wrong, false when the names are right but select nothing.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        !matches!(self, SelectionProblem::Nothing)
    }
}

fn hint(closest: Option<&str>) -> String {
    match closest {
        Some(closest) => format!("; did you mean `{closest}`?"),
        None => String::new(),
    }
}

impl Selection {
    /// The scenarios asked for, in the order of `scenarios`.
    ///
    /// # Errors
    /// [`SelectionProblem`] for a wrong name, and when nothing is left.
    pub fn of(&self, scenarios: &[Arc<Scenario>]) -> Result<Vec<Arc<Scenario>>, SelectionProblem> {
        let suites: Vec<&str> = {
            let mut suites: Vec<&str> = scenarios.iter().map(|scenario| suite(scenario)).collect();
            suites.sort_unstable();
            suites.dedup();
            suites
        };
        for name in &self.suites {
            if !suites.contains(&name.as_str()) {
                let closest = diagnostic::closest(name, suites.iter().copied()).map(str::to_owned);
                return Err(SelectionProblem::UnknownSuite { name: name.clone(), closest });
            }
        }
        for filter in &self.filters {
            if let Some(as_of) = &self.as_of
                && let Some(young) = scenarios.iter().find(|scenario| scenario.about.is_called(filter))
                && young.about.history.since > *as_of
            {
                return Err(SelectionProblem::TooYoung {
                    name: filter.clone(),
                    since: young.about.history.since.clone(),
                    as_of: as_of.clone(),
                });
            }
            if let Some(section) = RfcSection::read(filter) {
                let abouts = || {
                    let of_rules = self.rules.iter().map(|(about, _)| *about);
                    scenarios.iter().map(|scenario| &scenario.about).chain(of_rules)
                };
                if !abouts().any(|about| section.is_of(about, &[])) {
                    return Err(SelectionProblem::UnknownSection { told: section.unknown(abouts()) });
                }
                continue;
            }
            if !scenarios.iter().any(|scenario| matches(filter, scenario)) {
                if let Some(name) = filter.strip_suffix('/') {
                    let closest =
                        diagnostic::closest(name, suites.iter().copied()).map(|suite| format!("{suite}/"));
                    return Err(SelectionProblem::UnknownSuite { name: filter.clone(), closest });
                }
                let ids = || scenarios.iter().map(|scenario| scenario.about.id.as_str());
                let closest = diagnostic::closest(filter, ids()).or_else(|| begins_like(filter, ids()));
                let closest = closest.map(str::to_owned);
                return Err(SelectionProblem::UnknownScenario { name: filter.clone(), closest });
            }
        }
        let asked = |scenario: &&Arc<Scenario>| {
            let suite = suite(scenario);
            let by_suite = self.suites.is_empty() || self.suites.iter().any(|name| name == suite);
            let is_usual = !self.suites.is_empty() || !ON_REQUEST.contains(&suite);
            let by_filter = if self.filters.is_empty() {
                is_usual && self.checks(scenario, |about| is_demanded(about, &self.demands))
            } else {
                self.filters.iter().any(|filter| match RfcSection::read(filter) {
                    Some(section) => {
                        is_usual && self.checks(scenario, |about| section.is_of(about, &self.demands))
                    }
                    None => matches(filter, scenario) && is_demanded(&scenario.about, &self.demands),
                })
            };
            let by_age = self.as_of.as_ref().is_none_or(|as_of| scenario.about.history.since <= *as_of);
            by_suite && by_filter && by_age
        };
        let selected: Vec<Arc<Scenario>> = scenarios
            .iter()
            .filter(asked)
            .enumerate()
            .filter(|(position, _)| self.shard.is_none_or(|shard| position % shard.of == shard.number - 1))
            .map(|(_, scenario)| Arc::clone(scenario))
            .collect();
        if selected.is_empty() { Err(SelectionProblem::Nothing) } else { Ok(selected) }
    }

    /// Whether a scenario, or a rule that it shows, is one of those asked for.
    fn checks(&self, scenario: &Scenario, asked: impl Fn(&About) -> bool) -> bool {
        let shown = self.rules.iter().filter(|(_, id)| *id == scenario.about.id);
        asked(&scenario.about) || shown.into_iter().any(|(about, _)| asked(about))
    }
}

/// The first id that begins nearly as the name does: `cycles/disabel` may mean `cycles/disable-unassigned`.
fn begins_like<'a>(name: &str, ids: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    let begin = |id: &'a str| id.get(..name.len());
    let closest = diagnostic::closest(name, ids.clone().filter_map(begin))?;
    ids.into_iter().find(|id| begin(id) == Some(closest))
}

fn suite(scenario: &Scenario) -> &str {
    scenario.about.id.split('/').next().unwrap_or_default()
}

fn matches(filter: &str, scenario: &Scenario) -> bool {
    scenario.about.is_called(filter) || (filter.ends_with('/') && scenario.about.id.starts_with(filter))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Reference;
    use crate::scenario::testing::scenario;

    fn ids(selection: &Selection) -> Result<Vec<String>, SelectionProblem> {
        let all: Vec<_> =
            ["conformance/paging", "cycles/disable", "cycles/disable-bundled", "gallery/create-user"]
                .map(|id| Arc::new(scenario(id)))
                .into();
        Ok(selection.of(&all)?.iter().map(|scenario| scenario.about.id.clone()).collect())
    }

    fn filter(filter: &str) -> Selection {
        Selection { filters: vec![filter.into()], ..Selection::default() }
    }

    #[test]
    fn a_filter_is_an_exact_id_or_a_prefix_that_ends_in_a_slash() {
        assert_eq!(ids(&filter("cycles/disable")).unwrap(), ["cycles/disable"]);
        assert_eq!(ids(&filter("cycles/")).unwrap().len(), 2);
        assert_eq!(ids(&filter("gallery/")).unwrap(), ["gallery/create-user"]);
    }

    #[test]
    fn a_scenario_is_found_by_the_name_it_had_and_left_out_when_it_is_too_young() {
        let mut renamed = scenario("cycles/disable-unassigned");
        renamed.about.history.aliases = vec!["cycles/disable".into()];
        renamed.about.history.since = Version::new(0, 2, 0);
        let all = [Arc::new(renamed), Arc::new(scenario("cycles/create"))];
        let names = |selection: &Selection| -> Result<Vec<String>, SelectionProblem> {
            Ok(selection.of(&all)?.iter().map(|scenario| scenario.about.id.clone()).collect())
        };
        assert_eq!(names(&filter("cycles/disable")).unwrap(), ["cycles/disable-unassigned"]);
        let as_of = |minor, filters: &[&str]| Selection {
            as_of: Some(Version::new(0, minor, 0)),
            filters: filters.iter().map(|filter| (*filter).to_owned()).collect(),
            ..Selection::default()
        };
        assert_eq!(names(&as_of(1, &[])).unwrap(), ["cycles/create"]);
        assert_eq!(names(&as_of(1, &["cycles/"])).unwrap(), ["cycles/create"]);
        assert_eq!(names(&as_of(2, &[])).unwrap().len(), 2);
        let young = names(&as_of(1, &["cycles/disable"])).unwrap_err();
        assert!(young.is_usage());
        let told = "`cycles/disable` was added in 0.2.0, but only checks as of 0.1.0 are selected";
        assert_eq!(young.to_string(), told);
    }

    #[test]
    fn without_a_filter_suites_with_an_own_verdict_stay_off() {
        let all = ids(&Selection::default()).unwrap();
        assert_eq!(all, ["conformance/paging", "cycles/disable", "cycles/disable-bundled"]);
        let gallery = Selection { suites: vec!["gallery".into()], ..Selection::default() };
        assert_eq!(ids(&gallery).unwrap(), ["gallery/create-user"]);
    }

    #[test]
    fn a_wrong_name_is_an_error_with_a_suggestion() {
        let problem = ids(&filter("cycles/disabel")).unwrap_err();
        assert!(problem.is_usage());
        assert_eq!(
            problem.to_string(),
            "there is no scenario `cycles/disabel`; did you mean `cycles/disable`?"
        );
        let begun = ids(&filter("conformance/pag")).unwrap_err().to_string();
        assert!(begun.ends_with("did you mean `conformance/paging`?"), "{begun}");
        let begun = ids(&filter("gallery/craete")).unwrap_err().to_string();
        assert!(begun.ends_with("did you mean `gallery/create-user`?"), "{begun}");
        assert!(ids(&filter("cycle/")).unwrap_err().to_string().contains("did you mean `cycles/`?"));
    }

    #[test]
    fn a_section_plays_its_scenarios_and_those_that_show_its_rules() {
        let place = |id: &str, places: &[&str]| {
            let mut scenario = scenario(id);
            scenario.about.refs = places.iter().map(|place| Reference::Rfc((*place).into())).collect();
            Arc::new(scenario)
        };
        let all = [
            place("cycles/create", &["7644#3.3 MUST"]),
            place("cycles/update", &["7644#3.5.2"]),
            place("validator/create", &["7644#3.3 MUST"]),
            place("cycles/other", &[]),
        ];
        let missing = crate::rules::all().iter().map(crate::rules::Rule::about);
        let missing = missing.into_iter().find(|about| about.id == "rules/id-names-bulk-id").unwrap();
        let play = |filters: &[&str], suites: &[&str], demands: &[Demand]| {
            let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
            let rules = vec![(missing, "cycles/other")];
            let selection = Selection {
                filters: texts(filters),
                suites: texts(suites),
                demands: demands.into(),
                rules,
                ..Selection::default()
            };
            selection.of(&all).map(|found| -> Vec<String> {
                found.iter().map(|scenario| scenario.about.id.clone()).collect()
            })
        };
        assert_eq!(play(&["rfc7644#3"], &[], &[]).unwrap(), ["cycles/create", "cycles/update"]);
        assert_eq!(play(&["rfc7644#3"], &[], &[Demand::Must]).unwrap(), ["cycles/create"]);
        assert_eq!(play(&["rfc7644#3.3"], &["validator"], &[]).unwrap(), ["validator/create"]);
        assert_eq!(play(&["rfc7643#3.1"], &[], &[]).unwrap(), ["cycles/other"]);
        assert_eq!(play(&[], &[], &[Demand::Must]).unwrap(), ["cycles/create", "cycles/other"]);
        assert_eq!(play(&["rfc7644#3.5"], &[], &[Demand::May]), Err(SelectionProblem::Nothing));
        let wrong = play(&["rfc7644#9"], &[], &[]).unwrap_err();
        assert!(wrong.is_usage());
        assert_eq!(
            wrong.to_string(),
            "no check is about RFC 7644 §9; there are checks of its sections 3.3, 3.5.2"
        );
    }

    #[test]
    fn shards_share_the_scenarios_without_overlap_and_can_be_empty() {
        let shard = |text: &str| Selection { shard: Some(text.parse().unwrap()), ..Selection::default() };
        let mut all = Vec::new();
        for part in ["1/2", "2/2"] {
            all.extend(ids(&shard(part)).unwrap());
        }
        all.sort();
        assert_eq!(all, ids(&Selection::default()).unwrap());
        assert_eq!(ids(&shard("4/4")), Err(SelectionProblem::Nothing));
        assert!("0/2".parse::<Shard>().is_err() && "3/2".parse::<Shard>().is_err());
    }
}
