//! What a failing history shows: the same wrong behaviour of the target is told once, whichever histories show it.

use crate::check::{Finding, Level};
use crate::run::Report;
use crate::run::verdict::cause::{Cause, causes};
use crate::run::verdict::symptom::without_values;

/// The check of a finding that a history makes itself: the target does not hold what the directory says.
const END_STATE: &str = "end state";

/// What makes two failures the same one: the check, and the attribute, header or member it is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Symptom {
    /// Id of the rule; `end state` for what the oracle says.
    pub check: String,
    /// The attribute, header or member, or what the message says without values.
    pub about: String,
}

/// A symptom with the words for people.
#[derive(Debug, Clone)]
pub(super) struct Sighting {
    pub(super) symptom: Symptom,
    pub(super) level: Level,
    /// The headline.
    pub(super) message: String,
    /// The history that shows it; `None` when it was seen only before the first history.
    pub(super) history: Option<String>,
    /// The dialect that shows it; `None` for a difference between two.
    pub(super) dialect: Option<String>,
}

impl Symptom {
    fn of(finding: &Finding) -> Self {
        let is_rule = finding.rule.starts_with("rules/");
        let check = if is_rule { finding.rule.clone() } else { END_STATE.to_owned() };
        let about = match finding.subject.as_str() {
            "" => without_values(&finding.message),
            subject => subject.to_lowercase(),
        };
        Symptom { check, about }
    }
}

/// The causes at this level and above, each with a history that shows it.
pub(super) fn sightings(report: &Report, level: Level) -> Vec<Sighting> {
    causes(report).iter().filter(|cause| cause.level >= level && cause.decides).map(sighting).collect()
}

fn sighting(cause: &Cause<'_>) -> Sighting {
    let meeting = cause.finding.meetings.first();
    let is_rule = cause.check.suite == "rules";
    let dialect = match meeting {
        Some(meeting) if is_rule => Some(meeting.dialect.clone()),
        _ => cause.check.dialect.clone(),
    };
    Sighting {
        symptom: Symptom::of(cause.finding),
        level: cause.level,
        message: cause.finding.message.clone(),
        history: cause.scenario().map(str::to_owned),
        dialect,
    }
}

/// The symptoms of one history, in any of its dialects, at this level and above.
pub(super) fn symptoms_of(report: &Report, history: &str, level: Level) -> Vec<Symptom> {
    let mut symptoms: Vec<Symptom> = Vec::new();
    for check in &report.checks {
        for finding in check.findings.iter().filter(|finding| finding.level >= level) {
            let is_met = match finding.rule.starts_with("rules/") {
                true => finding.meetings.iter().any(|meeting| meeting.scenario == history),
                false => check.id == history,
            };
            let symptom = Symptom::of(finding);
            if is_met && !symptoms.contains(&symptom) {
                symptoms.push(symptom);
            }
        }
    }
    symptoms
}
