//! Rules over a whole run: one check per rule and dialect, however many scenario runs showed the fault.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::report::CheckResult;
use super::symptom;
use crate::check::{About, Finding, Level, Meeting, Outcome, Skip};

/// Findings of rules, gathered scenario run by scenario run.
#[derive(Debug, Default)]
pub(in crate::run) struct Ruling {
    /// By dialect, rule and the shape of the finding.
    found: BTreeMap<(String, String, String), Finding>,
    /// Ids of the rules that met what they are about, by dialect.
    exercised: HashMap<String, BTreeSet<&'static str>>,
}

impl Ruling {
    /// Notes which rules met what they are about in one scenario run.
    pub(in crate::run) fn note(&mut self, dialect: &str, exercised: &BTreeSet<&'static str>) {
        self.exercised.entry(dialect.to_owned()).or_default().extend(exercised);
    }

    /// Adds one scenario run's findings and returns those whose shape is new in this dialect.
    pub(in crate::run) fn add(&mut self, dialect: &str, findings: Vec<Finding>) -> Vec<Finding> {
        let mut new = Vec::new();
        for finding in findings {
            let key = (dialect.to_owned(), finding.rule.clone(), finding.shape());
            match self.found.get_mut(&key) {
                Some(known) => {
                    // The last exchange decides, unless scimulate asked it for its own sake; how often it was met
                    // adds up.
                    let times = known.times + finding.times;
                    let meetings = together(std::mem::take(&mut known.meetings), &finding.meetings);
                    if !symptom::is_own_question(&finding) || symptom::is_own_question(known) {
                        *known = finding;
                    }
                    (known.times, known.meetings) = (times, meetings);
                }
                None => {
                    new.push(finding.clone());
                    self.found.insert(key, finding);
                }
            }
        }
        new
    }

    /// One check per rule in a dialect that was played. A rule that no exchange exercised has nothing to say.
    pub(in crate::run) fn checks<'a>(
        &self,
        rules: impl Iterator<Item = &'a About>,
        dialect: &str,
        fail_on: Option<Level>,
    ) -> Vec<CheckResult> {
        rules
            .map(|about| {
                let findings = self
                    .found
                    .iter()
                    .filter(|((in_dialect, rule, _), _)| in_dialect == dialect && *rule == about.id)
                    .map(|(_, finding)| finding.clone())
                    .collect::<Vec<_>>();
                let exercised =
                    self.exercised.get(dialect).is_some_and(|ids| ids.contains(about.id.as_str()));
                if findings.is_empty() && !exercised {
                    let skip = Skip::NotExercised("no exchange has what the rule is about".to_owned());
                    return CheckResult::new(&about.id, Some(dialect), &about.title, Outcome::Skipped(skip));
                }
                CheckResult::played(&about.id, Some(dialect), &about.title, findings, fail_on)
            })
            .collect()
    }
}

/// The meetings of two findings that are the same one: of each scenario run the first.
fn together(mut meetings: Vec<Meeting>, more: &[Meeting]) -> Vec<Meeting> {
    for meeting in more {
        let same =
            |known: &&mut Meeting| known.scenario == meeting.scenario && known.dialect == meeting.dialect;
        // Those of one scenario run come one after the other.
        match meetings.iter_mut().rev().find(same) {
            Some(known) => {
                known.begins = known.begins.min(meeting.begins);
                known.ends = known.ends.min(meeting.ends);
            }
            None => meetings.push(meeting.clone()),
        }
    }
    meetings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_shape_counts_and_another_dialect_is_another_check() {
        let about = crate::scenario::testing::scenario("rules/x").about;
        let other = crate::scenario::testing::scenario("rules/y").about;
        let mut ruling = Ruling::default();
        let met_in = |player: &str, message: &str| Finding {
            meetings: vec![Meeting::new(player, "default", &[])],
            ..Finding::of(&about, message)
        };
        assert_eq!(ruling.add("default", vec![met_in("cycles/a", "first")]).len(), 1);
        assert!(ruling.add("default", vec![met_in("cycles/b", "second")]).is_empty());
        assert_eq!(ruling.add("flag", vec![Finding::of(&about, "third")]).len(), 1);

        let rules = [about.clone(), other];
        let checks = ruling.checks(rules.iter(), "default", Some(Level::Error));
        assert_eq!(checks.len(), 2);
        assert_eq!(checks[0].outcome, Outcome::Failed);
        assert_eq!((checks[0].findings[0].times, checks[0].findings[0].message.as_str()), (2, "second"));
        assert_eq!(checks[0].findings[0].met_in(), Some("cycles/a"));
        assert!(matches!(checks[1].outcome, Outcome::Skipped(Skip::NotExercised(_))));
        ruling.note("default", &BTreeSet::from(["rules/y"]));
        assert_eq!(ruling.checks(rules.iter(), "default", None)[1].outcome, Outcome::Passed);
        assert_eq!(ruling.checks(rules.iter(), "flag", Some(Level::Error))[0].findings[0].times, 1);
    }
}
