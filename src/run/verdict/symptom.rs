//! Findings that say the same thing of the target, whichever checks made them.

use std::collections::{HashMap, HashSet};

use super::comparison::{Pattern, UNTOUCHED};
use super::precedence;
use super::report::CheckResult;
use crate::check::{Aspect, Finding, Level, Meeting};
use crate::wire::Exchange;

/// A finding: its check's place in the report, and its place in the check.
pub(super) type FindingPosition = (usize, usize);

/// Findings that say the same thing.
#[derive(Debug)]
pub(super) struct Symptom {
    /// The worst level.
    pub level: Level,
    /// The one that is shown.
    pub head: FindingPosition,
    /// All of them.
    pub same: Vec<FindingPosition>,
    /// Those that follow from it.
    pub below: Vec<FindingPosition>,
    /// The requests that it is about, where they are several symptoms' requests.
    pub pattern: Option<Pattern>,
}

/// The finding at a position.
pub(super) fn finding(checks: &[CheckResult], (check, place): FindingPosition) -> &Finding {
    &checks[check].findings[place]
}

/// Every finding of scenarios and rules, by what it says. What other judges say, as the comparison with snapshots,
/// stands alone.
pub(super) fn symptoms(checks: &[CheckResult]) -> Vec<Symptom> {
    let mut symptoms: Vec<Symptom> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    let positions = checks
        .iter()
        .enumerate()
        .flat_map(|(check, result)| (0..result.findings.len()).map(move |place| (check, place)));
    for position in positions {
        let found = finding(checks, position);
        let symptom = *known.entry(key(&checks[position.0], found)).or_insert_with(|| {
            symptoms.push(Symptom {
                level: found.level,
                head: position,
                same: Vec::new(),
                below: Vec::new(),
                pattern: None,
            });
            symptoms.len() - 1
        });
        symptoms[symptom].level = symptoms[symptom].level.max(found.level);
        symptoms[symptom].same.push(position);
    }
    symptoms.iter_mut().for_each(|symptom| symptom.settle(checks));
    symptoms
}

impl Symptom {
    /// Chooses the finding that is shown, and the level, anew.
    pub fn settle(&mut self, checks: &[CheckResult]) {
        let gravest = self.pattern.as_ref().map_or(Level::Critical, Pattern::gravest);
        let levels = self.same.iter().map(|position| finding(checks, *position).level.min(gravest));
        self.level = levels.max().unwrap_or(self.level);
        // Of several symptoms the most general one speaks.
        let is_of_head = |position: &&FindingPosition| {
            self.pattern.is_none() || finding(checks, **position).rule == finding(checks, self.head).rule
        };
        let rule = |position: &FindingPosition| finding(checks, *position).rule.as_str();
        let is_below = |position: &FindingPosition| {
            self.same.iter().any(|other| precedence::above(rule(other), rule(position)).is_some())
        };
        let speaker = self.same.iter().filter(is_of_head);
        let speaker = speaker.min_by_key(|position| (is_below(position), hesitation(checks, **position)));
        self.head = *speaker.unwrap_or(&self.head);
    }
}

/// Where a finding was met. The comparison of a scenario's ends was met in one of its scenario runs, which of them
/// is not known.
pub(super) fn meetings(checks: &[CheckResult], position: FindingPosition) -> Vec<Meeting> {
    let check = &checks[position.0];
    let found = finding(checks, position);
    if found.rule.starts_with("rules/") && found.rule == check.id {
        return found.meetings.clone();
    }
    match &check.dialect {
        Some(dialect) => vec![Meeting::new(&check.id, dialect, &found.exchanges)],
        None => checks
            .iter()
            .filter(|other| other.id == check.id)
            .filter_map(|other| Some(Meeting::new(&check.id, other.dialect.as_deref()?, &[])))
            .collect(),
    }
}

/// How little a check has to say about what it found: the least of them is shown, and blocks the others.
fn hesitation(checks: &[CheckResult], position: FindingPosition) -> impl Ord + use<> {
    let check = &checks[position.0];
    let found = finding(checks, position);
    let suite = match check.suite.as_str() {
        "rules" => 0,
        "cycles" => 1,
        "field" => 2,
        _ => 3,
    };
    let level = std::cmp::Reverse(found.level);
    let told = (level, found.beside_the_point, check.dialect.is_none(), suite);
    let is_rule = suite == 0;
    let findings = if is_rule { 0 } else { check.findings.len() };
    (told, findings, effort(found), position)
}

/// True when a value changed and the evidence has no request that could have done it.
pub(super) fn changes_by_itself(finding: &Finding) -> bool {
    finding.rule == UNTOUCHED && finding.exchanges.len() == 2
}

/// True when the evidence ends with the guard's question whose an account is. It says nothing without the requests
/// before it.
pub(super) fn is_own_question(finding: &Finding) -> bool {
    finding.exchanges.last().is_some_and(|exchange| exchange.request.step.starts_with("guard: "))
}

/// How much there is to read in the evidence: the number of operations, then of bytes.
fn effort(finding: &Finding) -> (bool, usize, usize) {
    let requests = finding.exchanges.iter().map(|exchange| &exchange.request);
    let bodies = requests.filter_map(|request| request.body.as_deref());
    let sizes = bodies.map(|body| (body.matches(r#""op":"#).count(), body.len()));
    let (operations, bytes) = sizes.fold((0, 0), |sum, size| (sum.0 + size.0, sum.1 + size.1));
    (is_own_question(finding), operations, bytes)
}

/// What two findings that say the same have in common. Rules say the same of many requests; scenarios find
/// the same attribute wrong in the same kind of reading, or the same answer to the same kind of request.
fn key(check: &CheckResult, finding: &Finding) -> String {
    let decisive = finding.exchanges.last();
    let about = match finding.subject.as_str() {
        "" => {
            let paths = finding.exchanges.iter().map(|exchange| &exchange.request.path);
            without_values(&paths.fold(finding.message.clone(), |text, path| text.replace(path.as_str(), "")))
        }
        subject => subject.to_lowercase(),
    };
    if changes_by_itself(finding) {
        return format!("{}|by itself", finding.rule);
    }
    if finding.rule.starts_with("rules/") {
        return format!("{}|{about}", finding.rule);
    }
    if finding.rule != check.id {
        return format!("{}|{}|{:?}|{about}", finding.rule, check.id, check.dialect);
    }
    if finding.aspect == Aspect::Answer
        && let Some(refusal) = decisive.and_then(|exchange| refusal(exchange))
    {
        return refusal;
    }
    let request = decisive.map_or_else(String::new, |exchange| exchange.request.shape());
    format!("{about}|{}", request.to_lowercase())
}

/// Status and words of a refusal; `None` when it has no words. What is not implemented needs none.
fn detail(exchange: &Exchange) -> Option<String> {
    let answer = exchange.answer().filter(|answer| !answer.is_success())?;
    if answer.status == 501 {
        return Some("501".to_owned());
    }
    let said = answer.body.json()?.get("detail")?.as_str().filter(|said| !said.is_empty())?;
    Some(format!("{} {said}", answer.status))
}

/// Method, status and words of the refusals that findings are about.
pub(super) fn refusals(checks: &[CheckResult], symptom: &Symptom) -> HashSet<String> {
    let told = symptom.same.iter().map(|position| finding(checks, *position));
    let answers = told.filter(|finding| finding.aspect == Aspect::Answer);
    answers.filter_map(|finding| refusal(finding.exchanges.last()?)).collect()
}

/// Method, status and words of a refusal; `None` when it has no words.
pub(super) fn refusal(exchange: &Exchange) -> Option<String> {
    Some(format!("{}|{}", exchange.request.method.as_str(), without_values(&detail(exchange)?)))
}

/// A sentence with quoted values and numbers taken out: they belong to one person or one request.
pub(crate) fn without_values(message: &str) -> String {
    let mut text = String::with_capacity(message.len());
    for (place, part) in message.split('"').enumerate() {
        if place % 2 == 1 {
            text.push('"');
        } else {
            text.extend(part.chars().filter(|c| !c.is_ascii_digit()));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_do_not_make_two_causes() {
        assert_eq!(
            without_values(r#"`title` is "Analyst 7", expected "Boss" in 12 ms"#),
            without_values(r#"`title` is "Clerk", expected "Head" in 3 ms"#)
        );
        assert_ne!(without_values("`title` is wrong"), without_values("`active` is wrong"));
    }
}
