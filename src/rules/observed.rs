//! What was judged in a trace, and what came of it: each request, and each write of a value.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::ledger::Ledger;
use super::{View, aspect, features};
use crate::check::{Aspect, Feature, Finding, Observation};
use crate::wire::Exchange;

/// The requests of one trace, while it is judged.
#[derive(Default)]
pub(super) struct Observed {
    /// By the number of the exchange.
    requests: BTreeMap<usize, ObservedRequest>,
}

/// The rule about values that no request names.
const UNTOUCHED: &str = "rules/untouched-value-lost";

/// The rules about values that a request names.
const WRITTEN: [&str; 8] = [
    "rules/disable-ignored",
    "rules/element-doubled",
    "rules/member-lost",
    "rules/refused-write-applied",
    "rules/removed-member-kept",
    "rules/removed-value-kept",
    "rules/value-reformatted",
    "rules/write-lost",
];

struct ObservedRequest {
    features: Vec<Feature>,
    judged_by: Vec<&'static str>,
}

/// What a rule judges as a whole request; it judges the write of a value otherwise.
fn is_of_request(aspect: Aspect) -> bool {
    matches!(aspect, Aspect::Answer | Aspect::Lookup | Aspect::Existence)
}

impl Observed {
    /// A rule judged an exchange.
    pub(super) fn note(&mut self, rule: &'static str, view: &View<'_>) {
        if !is_of_request(aspect::of(rule)) {
            return;
        }
        let request = self.requests.entry(view.exchange.number).or_insert_with(|| ObservedRequest {
            features: features::of_request(view),
            judged_by: Vec::new(),
        });
        request.judged_by.push(rule);
    }

    /// The trace is over, and this was found in it.
    pub(super) fn close(
        self,
        findings: &[Finding],
        ledger: &Ledger,
        observations: &mut BTreeMap<Observation, usize>,
    ) {
        let mut add = |observation: Observation| *observations.entry(observation).or_default() += 1;
        let missed: BTreeSet<usize> = ledger.missed_by().collect();
        for (number, request) in self.requests {
            for aspect in [Aspect::Answer, Aspect::Lookup, Aspect::Existence] {
                let judged_by: Vec<&'static str> =
                    request.judged_by.iter().filter(|rule| aspect::of(rule) == aspect).copied().collect();
                if judged_by.is_empty() {
                    continue;
                }
                let here = |finding: &&Finding| {
                    finding.aspect == aspect
                        && finding.exchanges.last().is_some_and(|exchange| exchange.number == number)
                };
                let wrong = names(findings.iter().filter(here));
                // A later search for what an earlier one did not find is not told again.
                if wrong.is_empty() && aspect != Aspect::Answer && missed.contains(&number) {
                    continue;
                }
                add(Observation { aspect, features: request.features.clone(), judged_by, wrong });
            }
        }
        let mut writes = Writes::default();
        for (write, claim) in ledger.upheld() {
            add(writes.value(write, &claim.spot.subject(), &claim.holds.to_string(), Vec::new()));
        }
        let (undone, findings): (Vec<&Finding>, Vec<&Finding>) =
            findings.iter().partition(|finding| finding.rule == UNTOUCHED);
        for (write, spot) in ledger.untouched() {
            add(writes.other_value(write, &spot.subject(), Vec::new()));
        }
        for finding in undone {
            // The evidence is the write of the value, the request that undid it, and the read.
            if let [_, write, _, ..] = finding.exchanges.as_slice() {
                add(writes.other_value(write, &finding.subject, names(std::iter::once(finding))));
            }
        }
        let values =
            findings.into_iter().filter(|finding| matches!(finding.aspect, Aspect::Value | Aspect::Members));
        for finding in values {
            if let Some(write) = finding.exchanges.first() {
                // What was expected is the attribute and its value.
                let value = finding.expected.strip_prefix(&finding.subject).unwrap_or_default();
                add(writes.value(write, &finding.subject, value, names(std::iter::once(finding))));
            }
        }
    }
}

/// The writes of a trace, by the number of the exchange: each of them writes many of the values that are judged.
#[derive(Default)]
struct Writes(BTreeMap<usize, features::Write>);

impl Writes {
    fn read(&mut self, write: &Arc<Exchange>) -> &features::Write {
        self.0.entry(write.number).or_insert_with(|| features::Write::of(write))
    }

    fn value(
        &mut self,
        write: &Arc<Exchange>,
        subject: &str,
        value: &str,
        wrong: Vec<(String, String)>,
    ) -> Observation {
        let features = self.read(write).of_value(subject, value);
        Observation { aspect: Aspect::Value, features, judged_by: WRITTEN.to_vec(), wrong }
    }

    fn other_value(
        &mut self,
        write: &Arc<Exchange>,
        subject: &str,
        wrong: Vec<(String, String)>,
    ) -> Observation {
        let features = self.read(write).of_other_value(subject);
        Observation { aspect: Aspect::Value, features, judged_by: vec![UNTOUCHED], wrong }
    }
}

fn names<'a>(findings: impl Iterator<Item = &'a Finding>) -> Vec<(String, String)> {
    let mut names: Vec<_> =
        findings.map(|finding| (finding.rule.clone(), finding.subject.to_lowercase())).collect();
    names.sort_unstable();
    names.dedup();
    names
}
