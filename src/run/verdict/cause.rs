//! Findings grouped by what probably caused them, so that one fault of a server is told once, and what
//! only follows from it is blocked by it.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use super::comparison::{self, Observations, Pattern};
use super::consequence;
use super::report::{CheckResult, Report};
use super::stage::Stage;
use super::symptom::{self, FindingPosition, Symptom, finding};
use crate::check::{Finding, JudgedBy, Level, Outcome, Skip};

/// One thing that is wrong at the target, and every check that shows it.
#[derive(Debug)]
pub struct Cause<'a> {
    /// The worst level it was found at.
    pub level: Level,
    /// The check whose finding is shown: a rule, or the scenario that has the most to say about it.
    pub check: &'a CheckResult,
    /// The finding that is shown.
    pub finding: &'a Finding,
    /// Which requests it is about, where a comparison shows it: `every PATCH without a path (52 of 52)`.
    pub pattern: Option<String>,
    /// What else the same is said of, such as other attributes of the same requests. The evidence does not show
    /// whether one mend is enough for all of them. Empty where the pattern speaks for all.
    pub also: Vec<&'a str>,
    /// What to change in the server, where the comparison shows it; it comes before what the check advises.
    pub advice: Option<&'static str>,
    /// The part of the server that it is about.
    pub stage: Stage,
    /// How often it was met.
    pub times: usize,
    /// Ids of the checks that met it and say so themselves, in the report's order.
    pub checks: Vec<&'a str>,
    /// Names of the dialects it was met in.
    pub dialects: BTreeSet<&'a str>,
    /// Ids of checks that show nothing else: they are blocked by it, or met what follows from it.
    pub consequences: BTreeSet<&'a str>,
    /// True when it made a check fail.
    pub decides: bool,
}

impl Cause<'_> {
    /// True when the server says that all is well, so that nobody sees the damage. What Entra cannot read stops its
    /// job, which everybody sees.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.level == Level::Critical
            && self.stage > Stage::Messages
            && self.finding.exchanges.last().is_some_and(|exchange| exchange.succeeded())
    }

    /// Id of the scenario that shows it.
    #[must_use]
    pub fn scenario(&self) -> Option<&str> {
        match self.check.suite.as_str() {
            "rules" => self.finding.met_in(),
            _ => Some(&self.check.id),
        }
    }
}

/// Takes so many, and every critical one: those that are told, and those that are left, in their order.
#[must_use]
pub fn first<'c, 'a>(causes: &[&'c Cause<'a>], most: usize) -> (Vec<&'c Cause<'a>>, Vec<&'c Cause<'a>>) {
    let is_critical = |cause: &Cause<'_>| cause.level == Level::Critical;
    let mut room = most.saturating_sub(causes.iter().filter(|cause| is_critical(cause)).count());
    causes.iter().copied().partition(|cause| {
        let fits = room > 0;
        if !is_critical(cause) {
            room = room.saturating_sub(1);
        }
        is_critical(cause) || fits
    })
}

/// The causes of everything found: first what is at level `error` or above, in the order in which one mends a server,
/// then the rest, worst first. What was known before is left out: the check says so.
#[must_use]
pub fn causes(report: &Report) -> Vec<Cause<'_>> {
    let checks = &report.checks;
    let mut causes: Vec<Cause<'_>> = Vec::new();
    let waived = |place: &FindingPosition| finding(checks, *place).waived.is_some();
    let groups = groups(checks, &report.observations).into_iter();
    for group in groups.flat_map(|group| without_known_head(checks, group)) {
        // A rule may be waived in one dialect and not in the other.
        let Some(head) = std::iter::once(&group.head).chain(&group.same).find(|place| !waived(place)) else {
            continue;
        };
        let mut cause = Cause {
            level: group.level,
            check: &checks[head.0],
            finding: finding(checks, *head),
            pattern: group.pattern.as_ref().map(ToString::to_string),
            also: also(checks, &group, *head),
            advice: group.pattern.as_ref().and_then(Pattern::advice),
            stage: Stage::of(finding(checks, *head)),
            times: 0,
            checks: Vec::new(),
            dialects: BTreeSet::new(),
            consequences: BTreeSet::new(),
            decides: false,
        };
        for place in group.same.iter().filter(|place| !waived(place)) {
            let check = &checks[place.0];
            let found = finding(checks, *place);
            let unknown = check.findings.iter().filter(|finding| finding.waived.is_none());
            let worst = unknown.map(|finding| finding.level).max();
            cause.times += found.times;
            cause.dialects.extend(check.dialect.as_deref());
            cause.decides |= check.outcome == Outcome::Failed
                && (Some(found.level) == worst || found.level >= Level::Error);
            if !matches!(check.outcome, Outcome::Skipped(_)) && !cause.checks.contains(&check.id.as_str()) {
                cause.checks.push(&check.id);
            }
        }
        // A mild finding may be all that explains why a scenario failed.
        cause.decides |= group.below.iter().any(|place| {
            checks[place.0].outcome == Outcome::Failed && finding(checks, *place).level >= Level::Error
        });
        let others = group.same.iter().chain(&group.below).filter(|place| !waived(place));
        let others = others.map(|place| checks[place.0].id.as_str());
        cause.consequences = others.filter(|id| !cause.checks.contains(id)).collect();
        causes.push(cause);
    }
    // A stable sort keeps the report's order among equals.
    causes.sort_by_key(|cause| {
        let freed = Reverse(cause.checks.len() + cause.consequences.len());
        // A rule says what the server did; a scenario, what came of it.
        let is_scenario = cause.check.suite != "rules";
        // What does not fail anything is read by its weight.
        match cause.level >= Level::Error {
            true => (0, cause.stage, Reverse(cause.level), is_scenario, freed),
            false => (1, Stage::Connection, Reverse(cause.level), is_scenario, freed),
        }
    });
    causes
}

/// What the check that speaks for a group says of other subjects too.
fn also<'a>(checks: &'a [CheckResult], group: &Symptom, head: FindingPosition) -> Vec<&'a str> {
    if group.pattern.as_ref().is_some_and(Pattern::is_general) {
        return Vec::new();
    }
    let told = finding(checks, head);
    let same = group.same.iter().map(|place| finding(checks, *place));
    let others = same.filter(|other| other.rule == told.rule && other.waived.is_none());
    let mut also: Vec<&str> = Vec::new();
    for subject in others.map(|other| other.subject.as_str()).filter(|subject| !subject.is_empty()) {
        let is_known = |known: &str| known.eq_ignore_ascii_case(subject);
        if !is_known(&told.subject) && !also.iter().any(|known| is_known(known)) {
            also.push(subject);
        }
    }
    also.sort_unstable();
    also
}

/// Marks scenarios that failed by nothing but what another check tells: one fault of the target is one red
/// line and not a hundred. What they found stays with them.
///
/// Scenarios of a gate are left alone: it does not know the others.
pub(in crate::run) fn block(
    checks: &mut [CheckResult],
    observations: &Observations,
    fail_on: Option<Level>,
    is_of_a_gate: impl Fn(&str) -> bool,
) {
    let Some(fail_on) = fail_on else { return };
    let mut heads: HashMap<FindingPosition, usize> = HashMap::new();
    for group in groups(checks, observations) {
        heads.extend(group.same.iter().chain(&group.below).map(|place| (*place, group.head.0)));
    }
    let blocked: Vec<(usize, String)> = (0..checks.len())
        .filter(|index| !is_of_a_gate(&checks[*index].id))
        .filter_map(|index| Some((index, blocked_by(checks, index, fail_on, &heads)?.to_owned())))
        .collect();
    for (index, by) in blocked {
        checks[index].outcome = Outcome::Skipped(Skip::Blocked(by));
    }
}

/// The id of the check that tells all that made this one fail, if another does.
fn blocked_by<'a>(
    checks: &'a [CheckResult],
    index: usize,
    fail_on: Level,
    heads: &HashMap<FindingPosition, usize>,
) -> Option<&'a str> {
    let check = &checks[index];
    if check.suite == "rules" || check.outcome != Outcome::Failed {
        return None;
    }
    let mut first = None;
    for (place, found) in check.findings.iter().enumerate() {
        if found.level < fail_on || found.reading == JudgedBy::Ours {
            continue;
        }
        let head = &checks[*heads.get(&(index, place))?];
        // The same scenario in another dialect is the same red line; the comparison of both is none.
        let another = head.id != check.id || (check.dialect.is_none() && head.dialect.is_some());
        if !another || head.outcome != Outcome::Failed {
            return None;
        }
        first = first.or(Some(head.id.as_str()));
    }
    first
}

/// The symptom as it is, or what stands below it where all of it was known before: that explains no new finding, and a
/// failed run names what failed it.
fn without_known_head(checks: &[CheckResult], symptom: Symptom) -> Vec<Symptom> {
    let waived = |place: &FindingPosition| finding(checks, *place).waived.is_some();
    if !symptom.same.iter().chain([&symptom.head]).all(waived) {
        return vec![symptom];
    }
    let mut left: Vec<Symptom> = Vec::new();
    for place in symptom.below.into_iter().filter(|place| !waived(place)) {
        let found = finding(checks, place);
        match left.iter_mut().find(|known| finding(checks, known.head).rule == found.rule) {
            Some(known) => {
                known.level = known.level.max(found.level);
                known.same.push(place);
            }
            None => left.push(Symptom {
                level: found.level,
                head: place,
                same: vec![place],
                below: Vec::new(),
                pattern: None,
            }),
        }
    }
    left
}

fn groups(checks: &[CheckResult], observations: &Observations) -> Vec<Symptom> {
    let symptoms = comparison::join_companions(checks, symptom::symptoms(checks));
    consequence::fold(checks, comparison::join(checks, symptoms, observations))
}

#[cfg(test)]
mod tests;
