//! Findings grouped by what probably caused them, so that one fault of a server is told once, and what
//! only follows from it is blocked by it.

use std::collections::{BTreeSet, HashMap};

use super::report::{CheckResult, Report};
use crate::check::{Aspect, Finding, Level, Outcome, Reading, Skip};
use crate::wire::{Exchange, Operation};

/// One thing that is wrong at the target, and every check that shows it.
#[derive(Debug)]
pub struct Cause<'a> {
    /// The worst level it was found at.
    pub level: Level,
    /// The check whose finding is shown: a rule, or the story that has the most to say about it.
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
type Place = (usize, usize);

/// Findings with one cause.
#[derive(Debug)]
struct Group {
    level: Level,
    head: Place,
    /// Those that say the same thing.
    same: Vec<Place>,
    /// Those that follow from it.
    below: Vec<Place>,
}

/// The causes of everything found, worst first. What was known before is left out: the check says so.
#[must_use]
pub fn causes(report: &Report) -> Vec<Cause<'_>> {
    let checks = &report.checks;
    let mut causes: Vec<Cause<'_>> = Vec::new();
    for group in groups(checks) {
        let waived = |place: &Place| finding(checks, *place).waived.is_some();
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

/// Marks stories that failed by nothing but what another check tells: one fault of the target is one red
/// line and not a hundred. What they found stays with them.
///
/// Stories of a gate are left alone: it does not know the others.
pub(super) fn block(checks: &mut [CheckResult], fail_on: Option<Level>, is_of_a_gate: impl Fn(&str) -> bool) {
    let Some(fail_on) = fail_on else { return };
    let mut heads: HashMap<Place, usize> = HashMap::new();
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
    heads: &HashMap<Place, usize>,
) -> Option<&'a str> {
    let check = &checks[index];
    if check.suite == "rules" || check.outcome != Outcome::Failed {
        return None;
    }
    let mut first = None;
    for (place, found) in check.findings.iter().enumerate() {
        if found.level < fail_on || found.reading == Reading::Ours {
            continue;
        }
        let head = &checks[*heads.get(&(index, place))?];
        // The same story in another dialect is the same red line; the comparison of both is none.
        let another = head.id != check.id || (check.dialect.is_none() && head.dialect.is_some());
        if !another || head.outcome != Outcome::Failed {
            return None;
        }
        first = first.or(Some(head.id.as_str()));
    }
    first
}

fn finding(checks: &[CheckResult], (check, place): Place) -> &Finding {
    &checks[check].findings[place]
}

/// Every finding of stories and rules, in groups of one cause. What other judges say, as the comparison
/// with snapshots, stands alone.
fn groups(checks: &[CheckResult]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    let places = checks
        .iter()
        .enumerate()
        .flat_map(|(check, result)| (0..result.findings.len()).map(move |place| (check, place)));
    let (explained, own): (Vec<Place>, Vec<Place>) =
        places.partition(|place| finding(checks, *place).explained_by.is_some());
    let mut add = |groups: &mut Vec<Group>, place: Place| {
        let found = finding(checks, place);
        let group = *known.entry(key(&checks[place.0], found)).or_insert_with(|| {
            groups.push(Group { level: found.level, head: place, same: Vec::new(), below: Vec::new() });
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
fn hesitation(checks: &[CheckResult], place: Place) -> impl Ord + use<> {
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

/// What two findings of one cause have in common. Rules say the same of many requests; stories find
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

/// Moves what stories found below the rule that complains about the same thing elsewhere: if every PATCH
/// is answered 500, or `title` is never kept, that is told once, with the stories it spoiled.
fn below_rules(checks: &[CheckResult], mut groups: Vec<Group>) -> Vec<Group> {
    let is_rule = |group: &Group| checks[group.head.0].suite == "rules";
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
    // What a story finds after its own request was refused follows from that.
    let mut group_of: HashMap<Place, usize> = HashMap::new();
    for (place, group) in groups.iter().enumerate() {
        group_of.extend(group.same.iter().map(|of| (*of, place)));
    }
    for (place, group) in groups.iter().enumerate().filter(|(_, group)| !is_rule(group)) {
        if rules.contains_key(&place) {
            continue;
        }
        let after: Vec<Option<Place>> =
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
fn refused_before(checks: &[CheckResult], (check, place): Place, level: Level) -> Option<Place> {
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

/// Says of each finding of a story which finding of a rule in the same trial explains it, if one does.
pub(super) fn explain(findings: &mut [Finding], by_rules: &[Finding]) {
    for finding in findings {
        let rule = by_rules.iter().find(|rule| rule.level >= finding.level && explains(rule, finding));
        finding.explained_by = rule.map(Finding::shape);
    }
}

/// True when a rule and a story found the same thing wrong in one trial.
fn explains(rule: &Finding, story: &Finding) -> bool {
    if rule.aspect != Aspect::Form && story.aspect == Aspect::Job {
        return true;
    }
    if rule.aspect == Aspect::Form || rule.aspect != story.aspect {
        return false;
    }
    let decisive = |finding: &Finding| finding.exchanges.last().cloned();
    let (Some(one), Some(other)) = (decisive(rule), decisive(story)) else { return false };
    match rule.aspect {
        Aspect::Form | Aspect::Job => false,
        Aspect::Members => true,
        Aspect::Value => same_attribute(&rule.subject, &story.subject),
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
mod tests {
    use super::*;
    use crate::run::fixture;
    use crate::wire::Method;
    use serde_json::json;

    #[test]
    fn one_fault_seen_by_many_checks_in_two_dialects_is_one_cause() {
        let report = fixture::report();
        let causes = causes(&report);
        assert_eq!(causes.len(), 2);
        let first = &causes[0];
        assert_eq!(first.level, Level::Critical);
        assert_eq!(first.checks, ["cycles/disable-unassigned", "cycles/reenable-in-place"]);
        assert_eq!(first.dialects.len(), 2);
        assert_eq!(first.times, 3);
        assert!(first.decides);
        let second = &causes[1];
        assert_eq!((second.level, second.times, second.decides), (Level::Warning, 8, false));
    }

    fn failed(finding: Finding) -> CheckResult {
        let id = finding.rule.clone();
        CheckResult::played(&id, Some("default"), "t", vec![finding], Some(Level::Error))
    }

    /// Blocks, and says how each check ended, in order.
    fn ends(mut checks: Vec<CheckResult>) -> Vec<Outcome> {
        block(&mut checks, Some(Level::Error), |id| id.starts_with("gallery/"));
        checks.into_iter().map(|check| check.outcome).collect()
    }

    fn blocked(by: &str) -> Outcome {
        Outcome::Skipped(Skip::Blocked(by.to_owned()))
    }

    fn refused_patch() -> std::sync::Arc<Exchange> {
        fixture::exchange(
            Method::Patch,
            "/Users/1",
            Some(&json!({"Operations": [{"op": "Replace", "path": "active", "value": "False"}]})),
            fixture::answer(500, &json!({})),
        )
    }

    #[test]
    fn a_story_spoiled_by_a_refusal_is_blocked_by_the_rule_that_names_it() {
        let refused = refused_patch();
        let mut report = fixture::report();
        let rule =
            Finding::of(&fixture::about("rules/disable-refused", Level::Critical), "PATCH was answered 500")
                .about(Aspect::Answer)
                .shown_by(&refused);
        let mut story = fixture::still_active("cycles/disable-unassigned");
        story.exchanges.insert(0, refused);
        report.checks = vec![failed(rule), failed(story)];
        let causes = causes(&report);
        assert_eq!(causes.len(), 1);
        assert_eq!(causes[0].finding.rule, "rules/disable-refused");
        assert!(causes[0].consequences.contains("cycles/disable-unassigned"));
        drop(causes);
        assert_eq!(ends(report.checks), [Outcome::Failed, blocked("rules/disable-refused")]);
    }

    #[test]
    fn a_rule_about_the_form_of_an_answer_blocks_nothing() {
        let refused = refused_patch();
        let rule =
            Finding::of(&fixture::about("rules/error-not-scim-json", Level::Critical), "500 with text/html")
                .shown_by(&refused);
        let mut story = fixture::still_active("cycles/disable-unassigned");
        story.exchanges.insert(0, refused);
        assert_eq!(ends(vec![failed(rule), failed(story)]), [Outcome::Failed, Outcome::Failed]);
    }

    #[test]
    fn a_story_about_an_attribute_that_a_rule_found_lost_is_blocked_unless_it_is_worse() {
        let lost = |level| {
            Finding::of(&fixture::about("rules/write-lost", level), "active was written and is not there")
                .about(Aspect::Value)
                .concerning("Active")
        };
        let story = || {
            let found = fixture::still_active("cycles/disable-unassigned").about(Aspect::Value);
            failed(found.concerning("active"))
        };
        assert_eq!(
            ends(vec![story(), failed(lost(Level::Critical))]),
            [blocked("rules/write-lost"), Outcome::Failed]
        );
        assert_eq!(ends(vec![story(), failed(lost(Level::Error))]), [Outcome::Failed, Outcome::Failed]);
    }

    #[test]
    fn of_stories_that_found_the_same_the_one_that_is_about_it_stays_red() {
        let of = |id: &str, beside: bool| {
            let mut finding = fixture::still_active(id).concerning("found by userName").about(Aspect::Lookup);
            finding.beside_the_point = beside;
            failed(finding)
        };
        let mut both = of("cycles/match-exact", false);
        both.dialect = None;
        let checks = vec![of("cycles/addresses", true), of("cycles/match-exact", false), both];
        assert_eq!(
            ends(checks),
            [blocked("cycles/match-exact"), Outcome::Failed, blocked("cycles/match-exact")]
        );
    }

    #[test]
    fn a_story_with_something_of_its_own_to_say_stays_red() {
        let one = failed(fixture::still_active("cycles/a").concerning("active"));
        let mut two = failed(fixture::still_active("cycles/b").concerning("active"));
        two.findings.push(fixture::still_active("cycles/b").concerning("title"));
        assert_eq!(ends(vec![one.clone(), two.clone()]), [Outcome::Failed, Outcome::Failed]);
        two.findings.pop();
        two.findings[0].rule = "rules/snapshot-differs".into();
        assert_eq!(
            ends(vec![one, two]),
            [Outcome::Failed, Outcome::Failed],
            "another judge speaks for itself"
        );
    }

    #[test]
    fn a_rule_explains_what_a_story_finds_wrong_with_the_same_thing_in_the_same_trial() {
        let rule = |aspect, subject: &str| {
            let about = fixture::about("rules/write-lost", Level::Critical);
            let read = fixture::exchange(Method::Get, "/Users/1", None, fixture::answer(200, &json!({})));
            Finding::of(&about, "lost").about(aspect).concerning(subject).shown_by(&read)
        };
        let story = || {
            fixture::still_active("cycles/x")
                .about(Aspect::Value)
                .concerning(r#"emails[type eq "work"].value"#)
        };
        let explained = |rule: Finding| {
            let mut findings = [story()];
            explain(&mut findings, &[rule]);
            findings[0].explained_by.is_some()
        };
        assert!(explained(rule(Aspect::Value, "Emails")));
        assert!(!explained(rule(Aspect::Value, "email")));
        assert!(!explained(rule(Aspect::Form, "emails")));
        assert!(!explained(rule(Aspect::Value, "emails").at(Level::Warning)), "milder than the story's");
    }

    #[test]
    fn a_refusal_in_the_same_words_is_one_cause_whatever_was_asked() {
        let refused = |id: &str, path: &str, detail: &str| {
            let body = json!({"Operations": [{"op": "Replace", "path": path, "value": "x"}]});
            let answer = fixture::answer(400, &json!({ "detail": detail }));
            let exchange = fixture::exchange(Method::Patch, "/Users/1", Some(&body), answer);
            let about = fixture::about(id, Level::Error);
            failed(Finding::of(&about, "m").about(Aspect::Answer).shown_by(&exchange))
        };
        let wordy = ends(vec![
            refused("cycles/a", "title", "value \"x\" of 1 is odd"),
            refused("cycles/b", "name", "value \"y\" of 2 is odd"),
        ]);
        assert_eq!(wordy, [Outcome::Failed, blocked("cycles/a")]);
        let silent = ends(vec![refused("cycles/a", "title", ""), refused("cycles/b", "name", "")]);
        assert_eq!(silent, [Outcome::Failed, Outcome::Failed]);
    }

    #[test]
    fn a_test_of_a_gate_is_never_blocked() {
        let of = |id: &str| failed(fixture::still_active(id).concerning("active"));
        let checks = vec![of("cycles/a"), of("gallery/disable-user")];
        assert_eq!(ends(checks), [Outcome::Failed, Outcome::Failed]);
    }

    #[test]
    fn what_a_story_reads_after_its_request_was_refused_follows_from_that() {
        let refused = refused_patch();
        let about = fixture::about("field/x", Level::Error);
        let refusal = Finding::of(&about, "PATCH was answered 500").about(Aspect::Answer).shown_by(&refused);
        let absent =
            fixture::still_active("field/x").at(Level::Error).about(Aspect::Value).concerning("title");
        let check =
            |findings| CheckResult::played("field/x", Some("default"), "t", findings, Some(Level::Error));
        let mut report = fixture::report();
        report.checks = vec![check(vec![refusal, absent.clone()])];
        let found = causes(&report);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].finding.message, "PATCH was answered 500");
        drop(found);
        report.checks = vec![check(vec![absent])];
        assert_eq!(causes(&report).len(), 1, "without a refusal it speaks for itself");
    }

    #[test]
    fn what_the_job_says_follows_from_any_answer_that_a_rule_calls_wrong() {
        let rule = |aspect| {
            let about = fixture::about("rules/duplicate-accepted", Level::Error);
            let made = fixture::exchange(Method::Post, "/Users", None, fixture::answer(201, &json!({})));
            Finding::of(&about, "a second one").about(aspect).shown_by(&made)
        };
        let story = || {
            let about = fixture::about("cycles/x", Level::Error);
            let read = fixture::exchange(Method::Get, "/Users/1", None, fixture::answer(200, &json!({})));
            Finding::of(&about, "the log says success").about(Aspect::Job).shown_by(&read)
        };
        for (aspect, explained) in [(Aspect::Answer, true), (Aspect::Form, false)] {
            let mut findings = [story()];
            explain(&mut findings, &[rule(aspect)]);
            assert_eq!(findings[0].explained_by.is_some(), explained);
        }
    }

    #[test]
    fn the_ids_of_a_path_do_not_make_two_causes() {
        let refused = |id: &str, story: &str| {
            let path = format!("/Groups/{id}");
            let exchange = fixture::exchange(Method::Patch, &path, None, fixture::answer(409, &json!({})));
            let about = fixture::about(story, Level::Error);
            failed(Finding::of(&about, format!("PATCH {path} was answered 409")).shown_by(&exchange))
        };
        let checks = vec![refused("c432cdca", "cycles/a"), refused("b9a0d91e", "cycles/b")];
        assert_eq!(ends(checks), [Outcome::Failed, blocked("cycles/a")]);
    }

    #[test]
    fn values_do_not_make_two_causes() {
        assert_eq!(
            without_values(r#"`title` is "Analyst 7", expected "Boss" in 12 ms"#),
            without_values(r#"`title` is "Clerk", expected "Head" in 3 ms"#)
        );
        assert_ne!(without_values("`title` is wrong"), without_values("`active` is wrong"));
    }
}
