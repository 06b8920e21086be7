//! The two tables that are kept of plays, and how they are completed with what was played since.
//!
//! `verdicts.tsv` has a line for each server: what Microsoft's gates would say of it. `proofs.tsv` has a line
//! for each fault and each rule that names it: the scenario in which the rule sees it. `scimulate regenerate`
//! writes both.

use std::collections::{BTreeMap, BTreeSet};

use super::matrix::Matrix;
use super::subject::{ServerUnderTest, subjects};
use crate::check::About;
use crate::server::Fault;

const VERDICTS: &str = include_str!("verdicts.tsv");
const PROOFS: &str = include_str!("proofs.tsv");

/// Stands where a rule sees a fault before the first scenario.
const NO_SCENARIO: &str = "-";

/// What Microsoft's gates are predicted to say, by the name of the server.
#[must_use]
pub fn predicted() -> BTreeMap<String, String> {
    let lines = VERDICTS.lines().filter_map(|line| line.split_once('\t'));
    lines.map(|(name, verdict)| (name.to_owned(), verdict.to_owned())).collect()
}

/// For each fault, the scenarios in which rules see it.
#[must_use]
pub fn proofs() -> BTreeMap<String, BTreeSet<String>> {
    let mut proofs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for ProofLine { fault, scenario, .. } in lines().filter(|proof| proof.scenario != NO_SCENARIO) {
        proofs.entry(fault.to_owned()).or_default().insert(scenario.to_owned());
    }
    proofs
}

/// A line of the table of proofs.
struct ProofLine {
    fault: &'static str,
    rule: &'static str,
    scenario: &'static str,
}

fn lines() -> impl Iterator<Item = ProofLine> {
    PROOFS.lines().filter_map(|line| {
        let mut parts = line.split('\t');
        Some(ProofLine { fault: parts.next()?, rule: parts.next()?, scenario: parts.next()? })
    })
}

/// Servers of which a table does not say everything: what is new, and faults whose proof is a scenario that is
/// not there any more.
#[must_use]
pub fn unknown(abouts: &[About]) -> Vec<ServerUnderTest> {
    let verdicts = predicted();
    let ids: BTreeSet<&str> = abouts.iter().map(|about| about.id.as_str()).collect();
    let proved: BTreeSet<(&str, &str)> = lines()
        .filter(|proof| proof.scenario == NO_SCENARIO || ids.contains(proof.scenario))
        .map(|proof| (proof.fault, proof.rule))
        .collect();
    let is_proved = |fault: Fault| {
        let rules = abouts.iter().filter(|about| about.id.starts_with("rules/"));
        let mut naming = rules.filter(|rule| rule.faults.iter().any(|name| name == fault.name()));
        naming.all(|rule| proved.contains(&(fault.name(), rule.id.as_str())))
    };
    let is_known = |subject: &ServerUnderTest| {
        verdicts.contains_key(&subject.to_string())
            && match subject {
                ServerUnderTest::Fault(fault) => is_proved(*fault),
                ServerUnderTest::Healthy | ServerUnderTest::Variant(_) => true,
            }
    };
    subjects().into_iter().filter(|subject| !is_known(subject)).collect()
}

impl Matrix {
    /// The table of verdicts, by name: of each server what was played, or else what the table says.
    #[must_use]
    pub fn verdicts(&self) -> String {
        let mut verdicts = predicted();
        let exists: BTreeSet<String> = subjects().iter().map(ToString::to_string).collect();
        verdicts.retain(|name, _| exists.contains(name));
        for (subject, sighting) in &self.sightings {
            verdicts.insert(subject.to_string(), sighting.verdict.clone());
        }
        verdicts.iter().map(|(name, verdict)| format!("{name}\t{verdict}\n")).collect()
    }

    /// The table of proofs, by fault and rule: of each fault what was played, or else what the table says.
    #[must_use]
    pub fn proofs(&self) -> String {
        let mut proofs = BTreeMap::new();
        for subject in subjects() {
            let ServerUnderTest::Fault(fault) = subject else { continue };
            for rule in self.named_by(fault).into_iter().filter(|check| check.is_rule()) {
                let scenario = match self.sightings.get(&subject) {
                    Some(sighting) if !rule.catches(sighting) => None,
                    Some(sighting) => {
                        let scenario = sighting.catches.get(&rule.id).and_then(|catch| catch.met_in.clone());
                        Some(scenario.unwrap_or_else(|| NO_SCENARIO.to_owned()))
                    }
                    None => lines()
                        .find(|proof| proof.fault == fault.name() && proof.rule == rule.id)
                        .map(|proof| proof.scenario.to_owned()),
                };
                if let Some(scenario) = scenario {
                    proofs.insert((fault.name(), &rule.id), scenario);
                }
            }
        }
        proofs.iter().map(|((fault, rule), scenario)| format!("{fault}\t{rule}\t{scenario}\n")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::matrix::{Catch, DeclaredFaults, PlayFindings};
    use super::*;
    use crate::check::Level;
    use crate::{rules, scenario};

    fn abouts() -> Vec<About> {
        let scenarios = scenario::builtin().unwrap().into_iter().map(|scenario| scenario.about);
        scenarios.chain(rules::all().iter().map(|rule| rule.about().clone())).collect()
    }

    fn matrix() -> Matrix {
        Matrix { declared: abouts().iter().map(DeclaredFaults::of).collect(), ..Matrix::default() }
    }

    #[test]
    fn the_tables_know_every_server_and_nothing_else() {
        assert_eq!(unknown(&abouts()), [], "`cargo run --release -- regenerate` plays them");
        for (kept, written) in [(VERDICTS, matrix().verdicts()), (PROOFS, matrix().proofs())] {
            let differing = kept.lines().zip(written.lines()).find(|(kept, written)| kept != written);
            assert_eq!(differing, None, "`cargo run --release -- regenerate` writes the tables");
            assert_eq!(kept.lines().count(), written.lines().count());
        }
    }

    #[test]
    fn a_scenario_that_is_gone_proves_nothing() {
        let proof = lines().find(|proof| proof.scenario != NO_SCENARIO).unwrap();
        let mut abouts = abouts();
        abouts.retain(|about| about.id != proof.scenario);
        assert!(unknown(&abouts).iter().any(|subject| subject.to_string() == proof.fault));
    }

    #[test]
    fn what_was_played_takes_the_place_of_what_was_kept() {
        let proof = lines().next().unwrap();
        let subject = subjects().into_iter().find(|subject| subject.to_string() == proof.fault).unwrap();
        let catch = Catch { level: Level::Critical, message: "m".into(), met_in: Some("cycles/x".into()) };
        let mut sighting = PlayFindings { verdict: "-> new".into(), ..PlayFindings::default() };
        sighting.catches.insert(proof.rule.to_owned(), catch);
        let played = Matrix { sightings: [(subject, sighting.clone())].into(), ..matrix() };
        let has = |table: &str, line: &str| table.lines().any(|known| known.starts_with(line));
        assert!(has(&played.verdicts(), &format!("{}\t-> new", proof.fault)));
        assert!(has(&played.proofs(), &format!("{}\t{}\tcycles/x", proof.fault, proof.rule)));
        assert_eq!(played.verdicts().lines().count(), VERDICTS.lines().count());
        sighting.catches.clear();
        let unseen = Matrix { sightings: [(subject, sighting)].into(), ..matrix() };
        assert!(!has(&unseen.proofs(), &format!("{}\t{}\t", proof.fault, proof.rule)));
    }
}
