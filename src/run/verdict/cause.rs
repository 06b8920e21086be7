//! Findings grouped by what probably caused them, so that one fault of a server is told once, and what
//! only follows from it is blocked by it.

use std::collections::{BTreeSet, HashMap};

use super::report::{CheckResult, Report};
use crate::check::{Aspect, Finding, JudgedBy, Level, Outcome, Skip};
use crate::wire::{Exchange, Operation};

/// One thing that is wrong at the target, and every check that shows it.
#[derive(Debug)]
pub struct Cause<'a> {
    /// The worst level it was found at.
    pub level: Level,
    /// The check whose finding is shown: a rule, or the scenario that has the most to say about it.
    pub check: &'a CheckResult,
    /// The finding that is shown.
    pub finding: &'a Finding,
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

/// A finding: its check's place in the report, and its place in the check.
type FindingPosition = (usize, usize);

/// Findings with one cause.
#[derive(Debug)]
struct FindingGroup {
    level: Level,
    head: FindingPosition,
    /// Those that say the same thing.
    same: Vec<FindingPosition>,
    /// Those that follow from it.
    below: Vec<FindingPosition>,
}

/// The causes of everything found, worst first. What was known before is left out: the check says so.
#[must_use]
pub fn causes(report: &Report) -> Vec<Cause<'_>> {
    let checks = &report.checks;
    let mut causes: Vec<Cause<'_>> = Vec::new();
    for group in groups(checks) {
        let waived = |place: &FindingPosition| finding(checks, *place).waived.is_some();
        // A rule may be waived in one dialect and not in the other.
        let Some(head) = std::iter::once(&group.head).chain(&group.same).find(|place| !waived(place)) else {
            continue;
        };
        let mut cause = Cause {
            level: group.level,
            check: &checks[head.0],
            finding: finding(checks, *head),
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
        let others = group.same.iter().chain(&group.below).filter(|place| !waived(place));
        let others = others.map(|place| checks[place.0].id.as_str());
        cause.consequences = others.filter(|id| !cause.checks.contains(id)).collect();
        causes.push(cause);
    }
    // A stable sort keeps the report's order among equals.
    causes.sort_by_key(|cause| {
        (std::cmp::Reverse(cause.level), std::cmp::Reverse(cause.checks.len() + cause.consequences.len()))
    });
    causes
}

/// Marks scenarios that failed by nothing but what another check tells: one fault of the target is one red
/// line and not a hundred. What they found stays with them.
///
/// Scenarios of a gate are left alone: it does not know the others.
pub(in crate::run) fn block(
    checks: &mut [CheckResult],
    fail_on: Option<Level>,
    is_of_a_gate: impl Fn(&str) -> bool,
) {
    let Some(fail_on) = fail_on else { return };
    let mut heads: HashMap<FindingPosition, usize> = HashMap::new();
    for group in groups(checks) {
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

fn finding(checks: &[CheckResult], (check, place): FindingPosition) -> &Finding {
    &checks[check].findings[place]
}

/// Every finding of scenarios and rules, in groups of one cause. What other judges say, as the comparison
/// with snapshots, stands alone.
fn groups(checks: &[CheckResult]) -> Vec<FindingGroup> {
    let mut groups: Vec<FindingGroup> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    let places = checks
        .iter()
        .enumerate()
        .flat_map(|(check, result)| (0..result.findings.len()).map(move |place| (check, place)));
    let (explained, own): (Vec<FindingPosition>, Vec<FindingPosition>) =
        places.partition(|place| finding(checks, *place).explained_by.is_some());
    let mut add = |groups: &mut Vec<FindingGroup>, place: FindingPosition| {
        let found = finding(checks, place);
        let group = *known.entry(key(&checks[place.0], found)).or_insert_with(|| {
            groups.push(FindingGroup {
                level: found.level,
                head: place,
                same: Vec::new(),
                below: Vec::new(),
            });
            groups.len() - 1
        });
        groups[group].level = groups[group].level.max(found.level);
        groups[group].same.push(place);
        group
    };
    let mut shapes: HashMap<String, usize> = HashMap::new();
    for place in own {
        let group = add(&mut groups, place);
        if checks[place.0].suite == "rules" {
            shapes.insert(finding(checks, place).shape(), group);
        }
    }
    for place in explained {
        let found = finding(checks, place);
        let rule = found.explained_by.as_ref().and_then(|shape| shapes.get(shape).copied());
        match rule.filter(|rule| groups[*rule].level >= found.level) {
            Some(rule) => groups[rule].below.push(place),
            None => {
                add(&mut groups, place);
            }
        }
    }
    for group in &mut groups {
        let speaker = group.same.iter().min_by_key(|place| hesitation(checks, **place));
        group.head = *speaker.unwrap_or(&group.head);
    }
    below_rules(checks, groups)
}

/// How little a check has to say about what it found: the least of them is shown, and blocks the others.
fn hesitation(checks: &[CheckResult], place: FindingPosition) -> impl Ord + use<> {
    let check = &checks[place.0];
    let found = finding(checks, place);
    let suite = match check.suite.as_str() {
        "rules" => 0,
        "cycles" => 1,
        "field" => 2,
        _ => 3,
    };
    let level = std::cmp::Reverse(found.level);
    (level, found.beside_the_point, check.dialect.is_none(), suite, check.findings.len(), place)
}

/// What two findings of one cause have in common. Rules say the same of many requests; scenarios find
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
    if finding.rule.starts_with("rules/") {
        return format!("{}|{about}", finding.rule);
    }
    if finding.rule != check.id {
        return format!("{}|{}|{:?}|{about}", finding.rule, check.id, check.dialect);
    }
    if finding.aspect == Aspect::Answer
        && let Some((exchange, said)) = decisive.and_then(|exchange| Some((exchange, detail(exchange)?)))
    {
        let shape = exchange.request.shape();
        let place = shape.split(' ').take(2).collect::<Vec<_>>().join(" ");
        return format!("{place}|{}", without_values(&said));
    }
    let request = decisive.map_or_else(String::new, |exchange| exchange.request.shape());
    format!("{about}|{}", request.to_lowercase())
}

/// Status and words of a refusal; `None` when it has no words.
fn detail(exchange: &Exchange) -> Option<String> {
    let answer = exchange.answer().filter(|answer| !answer.is_success())?;
    let said = answer.body.json()?.get("detail")?.as_str().filter(|said| !said.is_empty())?;
    Some(format!("{} {said}", answer.status))
}

/// A sentence with quoted values and numbers taken out: they belong to one person or one request.
fn without_values(message: &str) -> String {
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

/// Moves what scenarios found below the rule that complains about the same thing elsewhere: if every PATCH
/// is answered 500, or `title` is never kept, that is told once, with the scenarios it spoiled.
fn below_rules(checks: &[CheckResult], mut groups: Vec<FindingGroup>) -> Vec<FindingGroup> {
    let is_rule = |group: &FindingGroup| checks[group.head.0].suite == "rules";
    let mut refusals: HashMap<String, usize> = HashMap::new();
    let mut subjects: HashMap<String, Vec<usize>> = HashMap::new();
    for (place, group) in groups.iter().enumerate().filter(|(_, group)| is_rule(group)) {
        let told = finding(checks, group.head);
        if matches!(told.aspect, Aspect::Value | Aspect::Members) && !told.subject.is_empty() {
            subjects.entry(told.subject.to_lowercase()).or_default().push(place);
        }
        let refused = told.exchanges.last().filter(|exchange| !exchange.succeeded());
        if let Some(exchange) = refused.filter(|_| told.aspect == Aspect::Answer) {
            refusals.entry(refusal(exchange)).or_insert(place);
        }
    }
    let mut moves: Vec<(usize, usize)> = Vec::new();
    for (place, group) in groups.iter().enumerate().filter(|(_, group)| !is_rule(group)) {
        let told = finding(checks, group.head);
        let refused = told.exchanges.iter().filter(|exchange| !exchange.succeeded());
        let refused = refused.filter_map(|exchange| refusals.get(&refusal(exchange)));
        let subject = told.subject.to_lowercase();
        let same_subject = subjects.get(&subject).filter(|_| told.aspect == Aspect::Value);
        let found = refused.chain(same_subject.into_iter().flatten());
        let above = found.copied().find(|above| groups[*above].level >= group.level);
        moves.extend(above.map(|above| (place, above)));
    }
    let rules: HashMap<usize, usize> = moves.iter().copied().collect();
    // What a scenario finds after its own request was refused follows from that.
    let mut group_of: HashMap<FindingPosition, usize> = HashMap::new();
    for (place, group) in groups.iter().enumerate() {
        group_of.extend(group.same.iter().map(|of| (*of, place)));
    }
    for (place, group) in groups.iter().enumerate().filter(|(_, group)| !is_rule(group)) {
        if rules.contains_key(&place) {
            continue;
        }
        let after: Vec<Option<FindingPosition>> =
            group.same.iter().map(|of| refused_before(checks, *of, group.level)).collect();
        let Some(first) = after.first().copied().flatten().filter(|_| after.iter().all(Option::is_some))
        else {
            continue;
        };
        let above = group_of.get(&first).map(|above| *rules.get(above).unwrap_or(above));
        moves.extend(above.filter(|above| *above != place).map(|above| (place, above)));
    }
    for (place, above) in &moves {
        let mut followers = std::mem::take(&mut groups[*place].same);
        followers.append(&mut groups[*place].below);
        groups[*above].below.extend(followers);
    }
    groups.retain(|group| !group.same.is_empty());
    groups
}

/// A finding of the same check about a write that was refused before this one's reading, and as bad.
fn refused_before(
    checks: &[CheckResult],
    (check, place): FindingPosition,
    level: Level,
) -> Option<FindingPosition> {
    let findings = &checks[check].findings;
    let after = &findings[place];
    if matches!(after.aspect, Aspect::Form | Aspect::Answer) {
        return None;
    }
    let number = after.exchanges.last()?.number;
    let refused = |finding: &Finding| {
        finding.aspect == Aspect::Answer
            && finding.level >= level
            && finding.exchanges.last().is_some_and(|exchange| {
                exchange.request.writes() && !exchange.succeeded() && exchange.number < number
            })
    };
    findings.iter().position(refused).map(|refused| (check, refused))
}

fn refusal(exchange: &Exchange) -> String {
    let status = exchange.answer().map(|answer| answer.status);
    format!("{}|{status:?}", exchange.request.shape().to_lowercase())
}

/// Says of each finding of a scenario which finding of a rule in the same scenario run explains it, if one does.
pub(in crate::run) fn explain(findings: &mut [Finding], by_rules: &[Finding]) {
    for finding in findings {
        let rule = by_rules.iter().find(|rule| rule.level >= finding.level && explains(rule, finding));
        finding.explained_by = rule.map(Finding::shape);
    }
}

/// True when a rule and a scenario found the same thing wrong in one scenario run.
fn explains(rule: &Finding, player: &Finding) -> bool {
    if rule.aspect != Aspect::Form && player.aspect == Aspect::Job {
        return true;
    }
    if rule.aspect == Aspect::Form || rule.aspect != player.aspect {
        return false;
    }
    let decisive = |finding: &Finding| finding.exchanges.last().cloned();
    let (Some(one), Some(other)) = (decisive(rule), decisive(player)) else { return false };
    match rule.aspect {
        Aspect::Form | Aspect::Job => false,
        Aspect::Members => true,
        Aspect::Value => same_attribute(&rule.subject, &player.subject),
        Aspect::Lookup if matches!(other.operation, Operation::Query { .. }) => {
            refusal(&one) == refusal(&other)
        }
        // Whom Entra does not find it creates again.
        Aspect::Lookup => one.operation.kind() == other.operation.kind(),
        Aspect::Answer | Aspect::Existence => refusal(&one) == refusal(&other),
    }
}

/// True for the same attribute, or one that is part of the other.
fn same_attribute(one: &str, other: &str) -> bool {
    let local = |path: &str| path.rsplit_once(":User:").map_or(path, |(_, path)| path).to_lowercase();
    let (one, other) = (local(one), local(other));
    let within = |whole: &str, part: &str| {
        part.strip_prefix(whole).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    !one.is_empty() && !other.is_empty() && (within(&one, &other) || within(&other, &one))
}

#[cfg(test)]
mod tests;
