//! The report of an earlier run as the measure of this one: only what is new decides.

use std::collections::{HashMap, HashSet};

use super::judgement::conclude;
use super::past::{PastCheck, PastFinding, PastReport};
use crate::catalogue::Catalogue;
use crate::check::{Level, Outcome};
use crate::report::json;
use crate::run::verdict::report::Report;
use crate::run::verdict::waived::BaselineCount;

/// The reason of what the baseline knows.
pub const IN_THE_BASELINE: &str = "in the baseline";

/// What an earlier run found.
#[derive(Debug, Clone)]
pub struct Baseline {
    /// The worst level of each thing it found.
    known: HashMap<FindingKey, Level>,
    /// Checks that failed, by today's id.
    failed: HashSet<(String, Option<String>)>,
}

/// What two findings of two runs have in common when they are the same one. It holds no ids, values,
/// ports or prefixes: those differ from run to run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FindingKey {
    /// The check's id, as it is called today.
    pub check: String,
    /// Its dialect; `None` for what is met before the first scenario and for the comparison of dialects.
    pub dialect: Option<String>,
    /// The rule's id, as it is called today.
    pub rule: String,
    /// The attribute, or the sentence without its values; empty for a rule about the whole exchange.
    pub about: String,
    request: String,
}

impl Baseline {
    /// What a report knows. A finding that a waiver covered there is not known: when the waiver expires,
    /// it shall decide again.
    #[must_use]
    pub fn of(report: &PastReport, catalogue: &Catalogue) -> Self {
        let mut baseline = Baseline { known: HashMap::new(), failed: HashSet::new() };
        for check in &report.checks {
            let id = today(catalogue, &check.id);
            let unwaived = |finding: &&PastFinding| {
                finding.waived.as_deref().is_none_or(|reason| reason == IN_THE_BASELINE)
            };
            for finding in check.findings.iter().filter(unwaived) {
                let known = baseline.known.entry(FindingKey::of(report, check, finding, catalogue));
                let level = known.or_insert(finding.level);
                *level = (*level).max(finding.level);
            }
            if check.failed() || check.reason.as_deref() == Some(IN_THE_BASELINE) {
                baseline.failed.insert((id, check.dialect.clone()));
            }
        }
        baseline
    }

    /// Marks what the baseline knows as known, counts, and settles the report. What waivers know comes
    /// before it.
    ///
    /// # Errors
    /// When the report cannot be written as JSON, in which form the two are compared.
    pub fn apply(
        &self,
        report: &mut Report,
        fail_on: Option<Level>,
        catalogue: &Catalogue,
    ) -> Result<(), serde_json::Error> {
        // Written and read again, this report says the same as the other in the same words.
        let mut text = Vec::new();
        json::write(report, None, &mut text).map_err(serde_json::Error::io)?;
        let now: PastReport = serde_json::from_slice(&text)?;
        let mut count = BaselineCount::default();
        for (check, said) in report.checks.iter_mut().zip(&now.checks) {
            for (finding, told) in check.findings.iter_mut().zip(&said.findings) {
                let known = self.known.get(&FindingKey::of(&now, said, told, catalogue));
                if finding.waived.is_none() && known.is_some_and(|level| *level >= finding.level) {
                    finding.waived = Some(IN_THE_BASELINE.to_owned());
                }
            }
            let failed = check.outcome == Outcome::Failed;
            conclude(check, fail_on);
            let is_expected = matches!(check.outcome, Outcome::Expected(_));
            let failed_then = self.failed.contains(&(check.id.clone(), check.dialect.clone()));
            count.known += usize::from(failed && is_expected);
            count.new += usize::from(failed && !is_expected);
            count.fixed += usize::from(failed_then && check.outcome == Outcome::Passed);
        }
        report.known.baseline = Some(count);
        report.settle();
        Ok(())
    }
}

/// The id a check has today.
fn today(catalogue: &Catalogue, id: &str) -> String {
    catalogue.find(id).map_or(id, |entry| entry.about.id.as_str()).to_owned()
}

impl FindingKey {
    /// What a finding of a report has in common with the same one of another.
    #[must_use]
    pub fn of(report: &PastReport, check: &PastCheck, finding: &PastFinding, catalogue: &Catalogue) -> Self {
        let shows = finding.exchanges.last();
        // What is asked before the first scenario belongs to whichever dialect comes first.
        let dialect =
            check.dialect.clone().filter(|_| shows.is_none_or(|exchange| exchange.actor != "probe"));
        let about = match finding.subject.as_str() {
            // A rule says the same of many requests, and which of them it names depends on chance.
            "" if finding.rule.starts_with("rules/") => String::new(),
            "" => without_values(&finding.message),
            subject => subject.to_lowercase(),
        };
        let request = shows.map_or_else(String::new, |exchange| {
            let place =
                exchange.url.strip_prefix(report.target.trim_end_matches('/')).unwrap_or(&exchange.url);
            let status = exchange.status.map_or_else(String::new, |status| status.to_string());
            format!("{} {} {status}", exchange.method, endpoint(place))
        });
        FindingKey {
            check: today(catalogue, &check.id),
            dialect,
            rule: today(catalogue, &finding.rule),
            about,
            request,
        }
    }
}

/// A path without query and ids: `/Users/7?attributes=x` is `/Users/{}`.
fn endpoint(place: &str) -> String {
    let path = place.split(['?', '#']).next().unwrap_or_default();
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    let first = parts.next().unwrap_or_default();
    let keeps = ["Schemas", "ResourceTypes"].contains(&first);
    let rest: Vec<&str> =
        parts.map(|part| if keeps || part.starts_with('.') { part } else { "{}" }).collect();
    format!("/{}", std::iter::once(first).chain(rest).collect::<Vec<_>>().join("/"))
}

/// A sentence without quoted values, numbers, paths, addresses and prefixes.
fn without_values(message: &str) -> String {
    let unquoted: String = message.split('"').step_by(2).collect();
    let is_value = |word: &&str| {
        !word.contains(|letter: char| letter.is_ascii_digit() || "/@".contains(letter))
            && !word.contains("sm")
    };
    unquoted.split_whitespace().filter(is_value).collect::<Vec<_>>().join(" ")
}
