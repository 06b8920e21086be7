//! Which check saw which fault, and what is wrong with that.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::headlines::RedLine;
use super::quick::RedPlaces;
use super::subject::{ServerUnderTest, subjects};
use crate::check::{About, Level};
use crate::gallery;
use crate::run::ScenarioRunId;
use crate::run::selection::is_on_request;
use crate::server::Fault;

/// What one check says about one subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catch {
    /// The worst level among its findings.
    pub level: Level,
    /// The message of its worst finding.
    pub message: String,
    /// The scenario in which a rule met it first.
    pub met_in: Option<String>,
}

/// What a whole play against one subject found.
#[derive(Debug, Clone, Default)]
pub struct PlayFindings {
    /// By check id; checks without findings are absent.
    pub catches: BTreeMap<String, Catch>,
    /// Why nothing could be played, if nothing could: such a fault is seen before the first scenario.
    pub refused: Option<String>,
    /// No scenario could be played.
    pub unplayable: bool,
    /// The causes at `error` or `critical`, in the order of the report.
    pub red_lines: Vec<RedLine>,
    /// Where findings of level error were met, by check.
    pub(super) red_places: RedPlaces,
    /// How many requests each scenario run sent, and what goes before the first one (`None`).
    pub requests: BTreeMap<Option<ScenarioRunId>, usize>,
    /// What Microsoft's gates would say, as [`crate::gallery::GalleryVerdict::vector`] writes it.
    pub verdict: String,
}

/// What a check says it catches.
#[derive(Debug, Clone)]
pub struct DeclaredFaults {
    /// The check's id.
    pub id: String,
    /// Its level: a finding counts as a catch from this level or from `warning` on, whichever is milder.
    pub level: Level,
    /// Names of faults.
    pub faults: BTreeSet<String>,
}

impl DeclaredFaults {
    /// What a check says of itself.
    #[must_use]
    pub fn of(about: &About) -> Self {
        DeclaredFaults {
            id: about.id.clone(),
            level: about.level,
            faults: about.faults.iter().cloned().collect(),
        }
    }

    pub(super) fn is_rule(&self) -> bool {
        self.id.starts_with("rules/")
    }

    pub(super) fn catches(&self, sighting: &PlayFindings) -> bool {
        sighting.catches.get(&self.id).is_some_and(|catch| catch.level >= self.level.min(Level::Warning))
    }
}

/// True for a scenario of Microsoft's gates, which an ordinary run does not play.
fn is_of_a_gate(id: &str) -> bool {
    gallery::SUITES.iter().any(|suite| id.split('/').next() == Some(suite))
}

/// Something the selftest does not accept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MatrixProblem {
    /// No check saw the fault.
    Unseen(Fault),
    /// Checks saw the fault, but none of those that say they catch it.
    SeenElsewhere(Fault),
    /// A check says it catches the fault and does not.
    NotCaught {
        /// The check.
        check: String,
        /// The fault.
        fault: Fault,
    },
    /// A check catches none of the faults it names, or names none.
    NeverFails(String),
    /// Whatever the rule catches would be seen at a right place without it too.
    NotNeeded(String),
    /// A check names a fault that does not exist.
    NoSuchFault {
        /// The check.
        check: String,
        /// The name.
        fault: String,
    },
    /// A check found something wrong with a correct server.
    FalseAlarm {
        /// The correct server.
        subject: ServerUnderTest,
        /// The check.
        check: String,
        /// What it said.
        catch: Catch,
    },
    /// The gates' verdict is another than the table predicts.
    Verdict {
        /// The server.
        subject: ServerUnderTest,
        /// What the table says; `None` when it says nothing of this server.
        predicted: Option<String>,
        /// What came of it.
        verdict: String,
    },
    /// The table speaks of a server that does not exist.
    NoSuchSubject(String),
    /// No fault makes this test of a gate fail.
    NeverTurned(String),
    /// A correct server could not be played against at all.
    Refused {
        /// The correct server.
        subject: ServerUnderTest,
        /// Why.
        reason: String,
    },
}

impl MatrixProblem {
    /// True when a check found something wrong with a correct server, or a correct server could not be played against.
    #[must_use]
    pub fn is_false_alarm(&self) -> bool {
        matches!(self, MatrixProblem::FalseAlarm { .. } | MatrixProblem::Refused { .. })
    }

    /// True when it is about a subject that was played, and not about a check over all subjects.
    fn concerns_a_subject(&self) -> bool {
        !matches!(
            self,
            MatrixProblem::NeverFails(_)
                | MatrixProblem::NotNeeded(_)
                | MatrixProblem::NoSuchFault { .. }
                | MatrixProblem::NoSuchSubject(_)
                | MatrixProblem::NeverTurned(_)
        )
    }
}

impl fmt::Display for MatrixProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MatrixProblem::Unseen(fault) => write!(f, "unseen: {} ({})", fault.name(), fault.about()),
            MatrixProblem::SeenElsewhere(fault) => {
                write!(f, "seen only at a wrong place: {}: no check that names it catches it", fault.name())
            }
            MatrixProblem::NotCaught { check, fault } => {
                write!(f, "not caught: {check} names {} but does not catch it", fault.name())
            }
            MatrixProblem::NeverFails(check) => {
                write!(f, "never fails: {check} catches no fault that it names")
            }
            MatrixProblem::NotNeeded(rule) => {
                write!(
                    f,
                    "not needed: every fault that {rule} names is also seen at a right place without \
                           it"
                )
            }
            MatrixProblem::NoSuchFault { check, fault } => {
                write!(f, "no such fault: {check} names `{fault}`")
            }
            MatrixProblem::FalseAlarm { subject, check, catch } => {
                write!(f, "false alarm on {subject}: {check} ({}): {}", catch.level, catch.message)
            }
            MatrixProblem::Verdict { subject, predicted, verdict } => {
                let predicted = predicted.as_deref().unwrap_or("nothing");
                write!(f, "the gallery verdict on {subject}: predicted {predicted}; played {verdict}")
            }
            MatrixProblem::NoSuchSubject(name) => {
                write!(f, "no such server: the table of verdicts names `{name}`")
            }
            MatrixProblem::NeverTurned(test) => write!(f, "never turned: no fault makes {test} fail"),
            MatrixProblem::Refused { subject, reason } => {
                write!(f, "{subject} could not be tested: {reason}")
            }
        }
    }
}

/// Every subject with what was found, and every check with what it says it catches.
#[derive(Debug, Clone, Default)]
pub struct Matrix {
    /// True when only some of the subjects were played, so that it says nothing about checks over all of them.
    pub partial: bool,
    /// What was found, by subject.
    pub sightings: BTreeMap<ServerUnderTest, PlayFindings>,
    /// What the checks say.
    pub declared: Vec<DeclaredFaults>,
    /// The verdicts of Microsoft's gates that are predicted, by the name of the server.
    pub predicted: BTreeMap<String, String>,
    /// The tests of the gates as verdicts name them: `G3`, `V12`.
    pub tests: Vec<String>,
}

impl Matrix {
    /// The checks that caught a fault, those that name it first.
    #[must_use]
    pub fn caught_by(&self, fault: Fault) -> Vec<&DeclaredFaults> {
        let Some(sighting) = self.sightings.get(&ServerUnderTest::Fault(fault)) else { return Vec::new() };
        let mut checks: Vec<_> = self.declared.iter().filter(|check| check.catches(sighting)).collect();
        checks.sort_by_key(|check| !check.faults.contains(fault.name()));
        checks
    }

    /// The checks that name a fault.
    #[must_use]
    pub fn named_by(&self, fault: Fault) -> Vec<&DeclaredFaults> {
        self.declared.iter().filter(|check| check.faults.contains(fault.name())).collect()
    }

    /// True when a fault kept every scenario from being played, so that it cannot be missed.
    #[must_use]
    pub fn is_refused(&self, fault: Fault) -> bool {
        self.sightings.get(&ServerUnderTest::Fault(fault)).is_some_and(|sighting| sighting.refused.is_some())
    }

    /// True when a check that names the fault catches it, or nothing can be played because of it.
    #[must_use]
    pub fn is_seen(&self, fault: Fault) -> bool {
        self.is_refused(fault)
            || self.caught_by(fault).first().is_some_and(|check| check.faults.contains(fault.name()))
    }

    /// Everything that is not as it must be; empty for a sound set of checks.
    #[must_use]
    pub fn problems(&self) -> Vec<MatrixProblem> {
        let mut problems = self.false_alarms();
        problems.extend(self.wrong_verdicts());
        for (subject, sighting) in &self.sightings {
            let ServerUnderTest::Fault(fault) = *subject else { continue };
            if sighting.refused.is_some() {
                continue;
            }
            let caught = self.caught_by(fault);
            if caught.is_empty() {
                problems.push(MatrixProblem::Unseen(fault));
            } else if !caught.iter().any(|check| check.faults.contains(fault.name())) {
                problems.push(MatrixProblem::SeenElsewhere(fault));
            }
            for check in self.named_by(fault) {
                if !check.catches(sighting) {
                    problems.push(MatrixProblem::NotCaught { check: check.id.clone(), fault });
                }
            }
        }
        for check in &self.declared {
            for name in &check.faults {
                if !Fault::ALL.iter().any(|fault| fault.name() == name) {
                    problems
                        .push(MatrixProblem::NoSuchFault { check: check.id.clone(), fault: name.clone() });
                }
            }
            let proofs = self.proved_by(check);
            if proofs.is_empty() {
                problems.push(MatrixProblem::NeverFails(check.id.clone()));
            } else if check.is_rule() && !proofs.iter().any(|fault| self.is_alone(check, *fault)) {
                problems.push(MatrixProblem::NotNeeded(check.id.clone()));
            }
        }
        problems.retain(|problem| !self.partial || problem.concerns_a_subject());
        problems
    }

    /// The faults that a check names and catches.
    fn proved_by(&self, check: &DeclaredFaults) -> Vec<Fault> {
        let of = |(subject, sighting): (&ServerUnderTest, &PlayFindings)| match subject {
            ServerUnderTest::Fault(fault)
                if check.faults.contains(fault.name()) && check.catches(sighting) =>
            {
                Some(*fault)
            }
            _ => None,
        };
        self.sightings.iter().filter_map(of).collect()
    }

    /// True when no other check that names the fault catches it: without this one it would go unseen,
    /// or be seen at a wrong place only. An ordinary run does not play what is played on request.
    fn is_alone(&self, check: &DeclaredFaults, fault: Fault) -> bool {
        let others = |other: &&&DeclaredFaults| other.id != check.id && !is_on_request(&other.id);
        self.caught_by(fault).iter().filter(others).all(|other| !other.faults.contains(fault.name()))
    }

    fn wrong_verdicts(&self) -> Vec<MatrixProblem> {
        let mut problems = Vec::new();
        for (subject, sighting) in &self.sightings {
            let predicted = self.predicted.get(&subject.to_string());
            if predicted != Some(&sighting.verdict) {
                problems.push(MatrixProblem::Verdict {
                    subject: *subject,
                    predicted: predicted.cloned(),
                    verdict: sighting.verdict.clone(),
                });
            }
        }
        let names: BTreeSet<String> = subjects().iter().map(ToString::to_string).collect();
        let unknown = self.predicted.keys().filter(|name| !names.contains(*name));
        problems.extend(unknown.map(|name| MatrixProblem::NoSuchSubject(name.clone())));
        let turned = |test: &&String| {
            let (failed, warned) = (format!("{test}=FAILED"), format!("{test}=WARNING"));
            self.sightings.values().any(|s| s.verdict.split(' ').any(|w| w == failed || w == warned))
        };
        let never = self.tests.iter().filter(|test| !turned(test));
        problems.extend(never.map(|test| MatrixProblem::NeverTurned(test.clone())));
        problems
    }

    fn false_alarms(&self) -> Vec<MatrixProblem> {
        let mut problems = Vec::new();
        for (subject, sighting) in &self.sightings {
            if matches!(subject, ServerUnderTest::Fault(_)) {
                continue;
            }
            if let Some(reason) = &sighting.refused {
                problems.push(MatrixProblem::Refused { subject: *subject, reason: reason.clone() });
            }
            let serious = sighting.catches.iter().filter(|(_, catch)| catch.level >= Level::Warning);
            // The table has what the gates say of a correct server: they fail some.
            for (check, catch) in serious.filter(|(check, _)| !is_of_a_gate(check)) {
                problems.push(MatrixProblem::FalseAlarm {
                    subject: *subject,
                    check: check.clone(),
                    catch: catch.clone(),
                });
            }
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(id: &str, faults: &[&str]) -> DeclaredFaults {
        DeclaredFaults {
            id: id.to_owned(),
            level: Level::Error,
            faults: faults.iter().map(|&fault| fault.to_owned()).collect(),
        }
    }

    fn sighting(checks: &[&str]) -> PlayFindings {
        let catch = Catch { level: Level::Error, message: "wrong".into(), met_in: None };
        PlayFindings {
            catches: checks.iter().map(|&id| (id.to_owned(), catch.clone())).collect(),
            ..PlayFindings::default()
        }
    }

    fn matrix(
        declared: Vec<DeclaredFaults>,
        sightings: Vec<(ServerUnderTest, PlayFindings)>,
    ) -> Vec<MatrixProblem> {
        let sightings: BTreeMap<ServerUnderTest, PlayFindings> = sightings.into_iter().collect();
        let predicted =
            sightings.iter().map(|(subject, s)| (subject.to_string(), s.verdict.clone())).collect();
        Matrix { sightings, declared, predicted, ..Matrix::default() }.problems()
    }

    const FAULT: Fault = Fault::FILTER_IGNORED;

    #[test]
    fn a_fault_seen_by_the_rule_that_names_it_is_sound() {
        let declared = vec![check("rules/a", &["filter-ignored"])];
        let sightings = vec![
            (ServerUnderTest::Healthy, sighting(&[])),
            (ServerUnderTest::Fault(FAULT), sighting(&["rules/a"])),
        ];
        assert_eq!(matrix(declared, sightings), []);
    }

    #[test]
    fn a_fault_that_nobody_sees_is_told_with_the_check_that_names_it() {
        let declared = vec![check("rules/a", &["filter-ignored"])];
        let problems = matrix(declared, vec![(ServerUnderTest::Fault(FAULT), sighting(&[]))]);
        assert!(problems.contains(&MatrixProblem::Unseen(FAULT)), "{problems:?}");
        assert!(problems.contains(&MatrixProblem::NotCaught { check: "rules/a".into(), fault: FAULT }));
        assert!(problems.contains(&MatrixProblem::NeverFails("rules/a".into())));
    }

    #[test]
    fn a_fault_seen_by_others_only_is_seen_at_a_wrong_place() {
        let declared = vec![check("rules/a", &[])];
        let problems = matrix(declared, vec![(ServerUnderTest::Fault(FAULT), sighting(&["rules/a"]))]);
        assert!(problems.contains(&MatrixProblem::SeenElsewhere(FAULT)), "{problems:?}");
    }

    #[test]
    fn a_rule_whose_faults_a_scenario_names_too_is_not_needed() {
        let declared = vec![check("rules/a", &["filter-ignored"]), check("cycles/b", &["filter-ignored"])];
        let sightings = vec![(ServerUnderTest::Fault(FAULT), sighting(&["rules/a", "cycles/b"]))];
        assert_eq!(matrix(declared, sightings), [MatrixProblem::NotNeeded("rules/a".into())]);
    }

    #[test]
    fn a_finding_on_a_correct_server_is_a_false_alarm_and_a_note_is_none() {
        let declared = vec![check("rules/a", &["filter-ignored"])];
        let seen = (ServerUnderTest::Fault(FAULT), sighting(&["rules/a"]));
        let problems =
            matrix(declared.clone(), vec![(ServerUnderTest::Healthy, sighting(&["rules/a"])), seen.clone()]);
        assert!(matches!(problems[..], [MatrixProblem::FalseAlarm { .. }]), "{problems:?}");
        let mut note = sighting(&["rules/a"]);
        note.catches.values_mut().for_each(|catch| catch.level = Level::Note);
        assert_eq!(matrix(declared, vec![(ServerUnderTest::Healthy, note), seen]), []);
    }

    #[test]
    fn a_play_of_some_servers_says_nothing_of_checks_that_others_prove() {
        let mut matrix = Matrix {
            declared: vec![check("rules/a", &["filter-ignored"]), check("rules/b", &["drop-title"])],
            sightings: [(ServerUnderTest::Fault(FAULT), sighting(&["rules/a"]))].into(),
            predicted: [(ServerUnderTest::Fault(FAULT).to_string(), String::new())].into(),
            ..Matrix::default()
        };
        assert_eq!(matrix.problems(), [MatrixProblem::NeverFails("rules/b".into())]);
        matrix.partial = true;
        assert_eq!(matrix.problems(), []);
        matrix.sightings.clear();
        matrix.sightings.insert(ServerUnderTest::Fault(FAULT), sighting(&[]));
        assert_eq!(matrix.problems().len(), 2, "unseen, and not caught by the check that names it");
    }

    #[test]
    fn a_name_that_is_no_fault_is_told() {
        let problems = matrix(vec![check("rules/a", &["no-such"])], Vec::new());
        let named = MatrixProblem::NoSuchFault { check: "rules/a".into(), fault: "no-such".into() };
        assert!(problems.contains(&named), "{problems:?}");
    }

    #[test]
    fn a_verdict_that_is_not_predicted_and_a_test_that_nothing_turns_are_told() {
        let seen = PlayFindings { verdict: "G3=FAILED -> Failed".into(), ..PlayFindings::default() };
        let mut matrix = Matrix {
            sightings: [(ServerUnderTest::Healthy, seen)].into(),
            predicted: [("healthy".into(), "G3=FAILED -> Failed".into())].into(),
            tests: vec!["G3".into()],
            ..Matrix::default()
        };
        assert_eq!(matrix.problems(), []);
        matrix.tests.push("G1".into());
        assert_eq!(matrix.problems(), [MatrixProblem::NeverTurned("G1".into())]);
        matrix.tests.clear();
        matrix.predicted = [("healthy".into(), "-> Succeeded".into()), ("gone".into(), String::new())].into();
        let problems = matrix.problems();
        assert!(
            matches!(&problems[0], MatrixProblem::Verdict { verdict, .. } if verdict == "G3=FAILED -> Failed")
        );
        assert_eq!(problems[1], MatrixProblem::NoSuchSubject("gone".into()));
    }
}
