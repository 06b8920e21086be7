//! Findings grouped by what probably caused them, so that one fault of a server is told once.

use std::collections::{BTreeSet, HashMap};

use crate::check::{Finding, Level, Outcome};
use crate::run::{CheckResult, Report};

/// One thing that is wrong at the target, and every check that shows it.
#[derive(Debug)]
pub struct Cause<'a> {
    /// The worst level it was found at.
    pub level: Level,
    /// The check whose finding is shown.
    pub check: &'a CheckResult,
    /// The finding that is shown: the first of the worst level.
    pub finding: &'a Finding,
    /// How often it was met.
    pub times: usize,
    /// Ids of the checks that met it, in the report's order.
    pub checks: Vec<String>,
    /// Names of the dialects it was met in.
    pub dialects: BTreeSet<String>,
    /// Ids of checks that show nothing else: they met the same refusal, or found the same attribute wrong.
    pub consequences: BTreeSet<String>,
    /// True when it made a check fail.
    pub decides: bool,
}

/// The causes of everything found, worst first. Findings of waived checks are left out: their check
/// says what it says.
#[must_use]
pub fn causes(report: &Report) -> Vec<Cause<'_>> {
    let mut causes: Vec<Cause<'_>> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    let judged = report.checks.iter().filter(|check| !matches!(check.outcome, Outcome::Expected(_)));
    for check in judged {
        let worst = check.findings.iter().map(|finding| finding.level).max();
        for finding in &check.findings {
            let decides = check.outcome == Outcome::Failed
                && (Some(finding.level) == worst || finding.level >= Level::Error);
            let place = *known.entry(key(finding)).or_insert_with(|| {
                causes.push(Cause {
                    level: finding.level,
                    check,
                    finding,
                    times: 0,
                    checks: Vec::new(),
                    dialects: BTreeSet::new(),
                    consequences: BTreeSet::new(),
                    decides: false,
                });
                causes.len() - 1
            });
            let cause = &mut causes[place];
            if finding.level > cause.level {
                (cause.level, cause.check, cause.finding) = (finding.level, check, finding);
            }
            cause.times += finding.times;
            cause.decides |= decides;
            if !cause.checks.contains(&check.id) {
                cause.checks.push(check.id.clone());
            }
            cause.dialects.extend(check.dialect.clone());
        }
    }
    let mut causes = with_consequences(causes);
    // A stable sort keeps the report's order among equals.
    causes.sort_by_key(|cause| {
        (std::cmp::Reverse(cause.level), std::cmp::Reverse(cause.checks.len() + cause.consequences.len()))
    });
    causes
}

/// What two findings of one cause have in common. Rules say the same of many requests; stories find
/// the same attribute wrong in the same kind of reading.
fn key(finding: &Finding) -> String {
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
    let request = finding.exchanges.last().map_or_else(String::new, |exchange| exchange.request.shape());
    format!("{about}|{}", request.to_lowercase())
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

/// Moves what a story found below the rule that complains about the same thing: if every PATCH is
/// answered 500, or `title` is never kept, that is told once, with the stories it spoiled.
fn with_consequences(mut causes: Vec<Cause<'_>>) -> Vec<Cause<'_>> {
    let mut refusals: HashMap<String, usize> = HashMap::new();
    let mut subjects: HashMap<String, Vec<usize>> = HashMap::new();
    for (place, cause) in causes.iter().enumerate() {
        if !cause.finding.rule.starts_with("rules/") {
            continue;
        }
        if !cause.finding.subject.is_empty() {
            subjects.entry(cause.finding.subject.to_lowercase()).or_default().push(place);
        }
        let decisive = cause.finding.exchanges.last();
        if let Some(exchange) = decisive.filter(|exchange| !exchange.succeeded()) {
            refusals.entry(refusal(exchange)).or_insert(place);
        }
    }
    let mut below: Vec<(usize, usize)> = Vec::new();
    for (place, cause) in causes.iter().enumerate() {
        if cause.finding.rule.starts_with("rules/") {
            continue;
        }
        let refused = cause.finding.exchanges.iter().filter(|exchange| !exchange.succeeded());
        let refused = refused.filter_map(|exchange| refusals.get(&refusal(exchange)));
        let same_subject = subjects.get(&cause.finding.subject.to_lowercase()).into_iter().flatten();
        let found = refused.chain(same_subject).find(|above| causes[**above].level >= cause.level);
        if let Some(above) = found {
            below.push((place, *above));
        }
    }
    for (place, above) in &below {
        let checks = std::mem::take(&mut causes[*place].checks);
        let decides = causes[*place].decides;
        causes[*above].consequences.extend(checks);
        causes[*above].decides |= decides;
    }
    let moved: BTreeSet<usize> = below.into_iter().map(|(place, _)| place).collect();
    let mut place = 0;
    causes.retain(|_| {
        place += 1;
        !moved.contains(&(place - 1))
    });
    causes
}

fn refusal(exchange: &crate::wire::Exchange) -> String {
    let status = exchange.answer().map(|answer| answer.status);
    format!("{}|{status:?}", exchange.request.shape().to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;
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

    #[test]
    fn a_story_spoiled_by_a_refusal_stands_below_the_rule_that_names_it() {
        let refused = fixture::exchange(
            Method::Patch,
            "/Users/1",
            Some(&json!({"Operations": [{"op": "Replace", "path": "active", "value": "False"}]})),
            fixture::answer(500, &json!({})),
        );
        let mut report = fixture::report();
        let rule =
            Finding::of(&fixture::about("rules/patch-status", Level::Critical), "PATCH was answered 500")
                .shown_by(&refused);
        let mut story = fixture::still_active("cycles/disable-unassigned");
        story.exchanges.insert(0, refused);
        report.checks = vec![
            CheckResult::played("rules/patch-status", Some("default"), "t", vec![rule], Some(Level::Error)),
            CheckResult::played(
                "cycles/disable-unassigned",
                Some("default"),
                "t",
                vec![story],
                Some(Level::Error),
            ),
        ];
        let causes = causes(&report);
        assert_eq!(causes.len(), 1);
        assert_eq!(causes[0].finding.rule, "rules/patch-status");
        assert!(causes[0].consequences.contains("cycles/disable-unassigned"));
    }

    #[test]
    fn a_story_about_an_attribute_that_a_rule_found_lost_stands_below_the_rule() {
        let lost = |level| {
            Finding::of(&fixture::about("rules/write-lost", level), "active was written and is not there")
                .concerning("Active")
        };
        let mut report = fixture::report();
        let story = fixture::still_active("cycles/disable-unassigned").concerning("active");
        let story = CheckResult::played("cycles/disable-unassigned", Some("default"), "t", vec![story], None);
        for (level, told) in [(Level::Critical, 1), (Level::Error, 2)] {
            let rule = CheckResult::played("rules/write-lost", Some("default"), "t", vec![lost(level)], None);
            report.checks = vec![story.clone(), rule];
            assert_eq!(causes(&report).len(), told, "what is critical is not hidden below what is not");
        }
    }

    #[test]
    fn the_same_attribute_read_wrong_is_one_cause_whatever_the_sentence() {
        let told = |id: &str, subject: &str, message: &str| {
            let mut finding = fixture::still_active(id).concerning(subject);
            finding.message = message.into();
            finding
        };
        let one = told("cycles/a", "active", "ada is active");
        assert_eq!(key(&one), key(&told("cycles/b", "active", "grace is not disabled")));
        assert_ne!(key(&one), key(&told("cycles/b", "title", "ada is active")));
    }

    #[test]
    fn the_ids_of_a_path_do_not_make_two_causes() {
        let refused = |id: &str| {
            let path = format!("/Groups/{id}");
            let exchange = fixture::exchange(Method::Patch, &path, None, fixture::answer(409, &json!({})));
            let about = fixture::about("cycles/group-member-added-twice", Level::Error);
            Finding::of(&about, format!("PATCH {path} was answered 409")).shown_by(&exchange)
        };
        assert_eq!(key(&refused("c432cdca")), key(&refused("b9a0d91e")));
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
