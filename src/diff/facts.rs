//! The findings of one report, each with what it has in common with the same one of another report.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::Told;
use crate::catalogue::Catalogue;
use crate::check::Level;
use crate::waivers::{FindingKey, PastCheck, PastFinding, PastReport};

/// One finding and where the report has it.
pub(super) struct Fact<'a> {
    pub(super) key: FindingKey,
    pub(super) finding: &'a PastFinding,
    check: &'a PastCheck,
    /// The place of the cause that it was put down to.
    cause: Option<usize>,
}

/// A check in a dialect, by today's id.
type ResultKey = (String, Option<String>);

/// All of a report.
pub(super) struct Facts<'a> {
    report: &'a PastReport,
    all: Vec<Fact<'a>>,
    pub(super) checks: BTreeMap<ResultKey, &'a PastCheck>,
    /// What it tells.
    shown: HashSet<FindingKey>,
    /// What it keeps with checks that another failure blocks.
    hidden: HashSet<FindingKey>,
    likes: HashSet<Like>,
}

/// What a finding says without the answer that shows it: check, dialect, rule and what it is about.
type Like = (String, Option<String>, String, String);

fn like(key: &FindingKey) -> Like {
    (key.check.clone(), key.dialect.clone(), key.rule.clone(), key.about.clone())
}

impl<'a> Facts<'a> {
    pub(super) fn of(report: &'a PastReport, catalogue: &Catalogue) -> Self {
        let fact = |check: &'a PastCheck, finding: &'a PastFinding| Fact {
            key: FindingKey::of(report, check, finding, catalogue),
            finding,
            check,
            cause: cause_of(report, check, finding),
        };
        let findings =
            report.checks.iter().flat_map(|check| check.findings.iter().map(move |it| (check, it)));
        let name = |check: &PastCheck| {
            let id = catalogue.find(&check.id).map_or(check.id.as_str(), |entry| entry.about.id.as_str());
            (id.to_owned(), check.dialect.clone())
        };
        let all: Vec<Fact<'a>> = findings.map(|(check, finding)| fact(check, finding)).collect();
        let (shown, hidden): (Vec<&Fact<'_>>, Vec<&Fact<'_>>) =
            all.iter().partition(|fact| fact.check.was_played());
        let keys = |facts: Vec<&Fact<'_>>| facts.into_iter().map(|fact| fact.key.clone()).collect();
        Facts {
            report,
            shown: keys(shown),
            hidden: keys(hidden),
            likes: all.iter().map(|fact| like(&fact.key)).collect(),
            all,
            checks: report.checks.iter().map(|check| (name(check), check)).collect(),
        }
    }

    /// What the report tells; not what it keeps with a check that another failure blocks.
    pub(super) fn told(&self) -> impl Iterator<Item = &Fact<'a>> {
        self.all.iter().filter(|fact| fact.check.was_played())
    }

    /// The worst level of each thing that no waiver covers, also of what another failure hides.
    pub(super) fn levels(&self) -> HashMap<FindingKey, Level> {
        let mut levels = HashMap::new();
        for fact in self.all.iter().filter(|fact| fact.finding.waiver().is_none()) {
            let level = levels.entry(fact.key.clone()).or_insert(fact.finding.level);
            *level = (*level).max(fact.finding.level);
        }
        levels
    }

    /// Why a waiver lets that be.
    pub(super) fn waiver(&self, key: &FindingKey) -> Option<&str> {
        self.all.iter().filter(|fact| fact.key == *key).find_map(|fact| fact.finding.waiver())
    }

    /// Whether the report has it only with checks that another failure blocks.
    pub(super) fn is_only_hidden(&self, key: &FindingKey) -> bool {
        self.hidden.contains(key) && !self.shown.contains(key)
    }

    /// Whether the report says the same of the same thing, be it by another answer of the server.
    pub(super) fn has_like(&self, other: &Fact<'_>) -> bool {
        self.likes.contains(&like(&other.key))
    }

    /// What the report says of the check that found something in another report.
    pub(super) fn check(&self, other: &Fact<'_>) -> Option<&'a PastCheck> {
        self.checks.get(&(other.key.check.clone(), other.check.dialect.clone())).copied()
    }

    /// Whether what showed it was judged here too: its check, and for a rule the scenario in which it was met.
    pub(super) fn judges(&self, other: &Fact<'_>) -> bool {
        let in_dialect = |id: &str| {
            self.report
                .checks
                .iter()
                .any(|check| check.id == id && check.was_played() && check.dialect == other.check.dialect)
        };
        self.check(other).is_some_and(PastCheck::was_played)
            && other.finding.met_in.as_deref().is_none_or(in_dialect)
    }

    /// The facts told once for each cause, the worst first and otherwise in the order of the report.
    pub(super) fn grouped<'f>(
        &self,
        facts: impl Iterator<Item = &'f Fact<'a>>,
        before: impl Fn(&Fact<'a>) -> String,
    ) -> Vec<Told>
    where
        'a: 'f,
    {
        let mut groups: Vec<(Group<'f>, Vec<&'f Fact<'a>>)> = Vec::new();
        for fact in facts {
            let group = match fact.cause {
                Some(cause) => Group::Cause(cause),
                None => Group::Rule(&fact.finding.rule, &fact.key.about),
            };
            match groups.iter_mut().find(|(known, _)| *known == group) {
                Some((_, members)) => members.push(fact),
                None => groups.push((group, vec![fact])),
            }
        }
        let mut told: Vec<Told> =
            groups.iter().filter_map(|(group, members)| self.tell(group, members, &before)).collect();
        told.sort_by_key(|told| std::cmp::Reverse(told.level));
        told
    }

    fn tell(
        &self,
        group: &Group<'_>,
        members: &[&Fact<'a>],
        before: impl Fn(&Fact<'a>) -> String,
    ) -> Option<Told> {
        let cause = match group {
            Group::Cause(place) => self.report.causes.get(*place),
            Group::Rule(..) => None,
        };
        let is_head = |fact: &&&Fact<'_>| {
            cause
                .is_some_and(|cause| cause.rule == fact.finding.rule && cause.message == fact.finding.message)
        };
        let worst = members.iter().map(|fact| fact.finding.level).max()?;
        let head = members.iter().find(is_head);
        let head = head.or_else(|| members.iter().find(|fact| fact.finding.level == worst))?;
        let scenario = match head.key.check.starts_with("rules/") {
            true => head.finding.met_in.clone(),
            false => Some(head.key.check.clone()),
        };
        let checks = members.iter().map(|fact| fact.key.check.clone());
        Some(Told {
            rule: head.key.rule.clone(),
            level: worst,
            message: head.finding.message.clone(),
            fix: head.finding.fix.clone(),
            scenario: scenario.filter(|id| id.contains('/') && !id.starts_with("requirements/")),
            dialects: members.iter().filter_map(|fact| fact.check.dialect.clone()).collect(),
            others: checks.filter(|id| *id != head.key.check).collect::<BTreeSet<_>>(),
            before: before(head),
        })
    }
}

/// What is told once.
#[derive(PartialEq, Eq)]
enum Group<'a> {
    Cause(usize),
    /// A rule and what it is about, for findings that the report puts down to no cause, as waived ones.
    Rule(&'a str, &'a str),
}

/// The cause that a finding was put down to: the one with its own words before any other that its check tells.
fn cause_of(report: &PastReport, check: &PastCheck, finding: &PastFinding) -> Option<usize> {
    if finding.waived.is_some() {
        return None;
    }
    let own = report.causes.iter().position(|it| it.rule == finding.rule && it.message == finding.message);
    own.or_else(|| {
        report.causes.iter().position(|it| it.rule == finding.rule && it.checks.contains(&check.id))
    })
    .or_else(|| report.causes.iter().position(|it| it.checks.contains(&check.id)))
}
