//! What the requests that went wrong have in common and those that went well have not: symptoms that one such pattern
//! covers are one cause.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::precedence;
use super::report::CheckResult;
use super::symptom::{Symptom, finding};
use crate::check::{Aspect, Dimension, Feature, Level, Observation};

/// What was judged in a whole run, and how often.
pub type Observations = BTreeMap<Observation, usize>;

/// A pattern holds although one in so many requests went well: some write what is there already, or where there is
/// nothing to lose.
const RARE: usize = 6;

/// The rule about values that a request does not name.
pub(super) const UNTOUCHED: &str = "rules/untouched-value-lost";

/// Requests of which all were judged wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    /// What they have in common.
    features: Vec<Feature>,
    /// How many they are.
    times: usize,
    /// How many like them seem to have gone well.
    right: usize,
    /// How many others the same rules judged.
    others: usize,
    /// It covers one symptom alone: it says where that was met, and explains no other.
    is_of_one: bool,
}

/// A symptom of rules, with what was observed of it.
struct Candidate<'a> {
    symptom: usize,
    rule: &'a str,
    aspect: Aspect,
    wrong: Vec<&'a Observation>,
}

/// Joins symptoms of one rule that the same requests show.
pub(super) fn join_companions(checks: &[CheckResult], mut symptoms: Vec<Symptom>) -> Vec<Symptom> {
    let places: Vec<Option<Places>> = symptoms.iter().map(|symptom| Places::of(checks, symptom)).collect();
    for later in 1..symptoms.len() {
        let Some(of_later) = &places[later] else { continue };
        let earlier = (0..later).find(|earlier| {
            !symptoms[*earlier].same.is_empty()
                && places[*earlier].as_ref().is_some_and(|of_earlier| of_earlier.are_those_of(of_later))
        });
        if let Some(earlier) = earlier {
            let same = std::mem::take(&mut symptoms[later].same);
            symptoms[earlier].same.extend(same);
            symptoms[earlier].settle(checks);
        }
    }
    symptoms.retain(|symptom| !symptom.same.is_empty());
    symptoms
}

/// Rules about what one place of a server does for every attribute: evaluating a filter, finding the element that a value
/// path selects, writing an answer.
const OF_ONE_PLACE: [&str; 12] = [
    "rules/answer-differs-from-read",
    "rules/boolean-as-text",
    "rules/create-answer-differs",
    "rules/element-doubled",
    "rules/filter-ignored",
    "rules/filter-too-wide",
    "rules/lookup-case-sensitive",
    "rules/lookup-value-misread",
    "rules/query-shows-other-values",
    "rules/read-stale",
    "rules/update-answer-differs",
    "rules/value-reformatted",
];

/// The rule about what a server makes of values: each way is a cause of its own.
const REFORMATTED: &str = "rules/value-reformatted";

/// Where a symptom of a rule was met.
struct Places<'a> {
    rule: &'a str,
    /// What is said of the subject.
    said: String,
    /// Scenario run and the first exchange of the evidence.
    met: BTreeSet<(String, String, usize)>,
}

impl<'a> Places<'a> {
    fn of(checks: &'a [CheckResult], symptom: &Symptom) -> Option<Self> {
        let head = finding(checks, symptom.head);
        let is_value =
            matches!(head.aspect, Aspect::Value | Aspect::Shape | Aspect::Agreement | Aspect::Answer)
                || OF_ONE_PLACE.contains(&head.rule.as_str());
        if checks[symptom.head.0].suite != "rules" || !is_value || head.subject.is_empty() {
            return None;
        }
        let met = symptom.same.iter().flat_map(|position| finding(checks, *position).meetings.iter());
        let met = met.map(|at| (at.scenario.clone(), at.dialect.clone(), at.begins));
        let said = head.message.replace(&head.subject, "");
        Some(Places { rule: &head.rule, said, met: met.collect() })
    }

    /// True when three in four of the places are those of both, or the rule is about one place of the server.
    fn are_those_of(&self, other: &Places<'_>) -> bool {
        if self.rule == other.rule && OF_ONE_PLACE.contains(&self.rule) {
            // What is cut short by one place is escaped by another.
            return self.rule != REFORMATTED || self.said == other.said;
        }
        let both = self.met.intersection(&other.met).count();
        self.rule == other.rule && both > 0 && both * 4 >= self.met.union(&other.met).count() * 3
    }
}

/// Joins symptoms that one pattern covers.
pub(super) fn join(
    checks: &[CheckResult],
    mut symptoms: Vec<Symptom>,
    observations: &Observations,
) -> Vec<Symptom> {
    let mut open = candidates(checks, &symptoms, observations);
    let mut joined: Vec<(Vec<(usize, usize)>, Pattern)> = Vec::new();
    for aspect in [Aspect::Answer, Aspect::Lookup, Aspect::Existence, Aspect::Value] {
        let (mut of_aspect, others): (Vec<_>, Vec<_>) =
            open.into_iter().partition(|candidate| candidate.aspect == aspect);
        open = others;
        while let Some((covered, pattern)) = widest(&of_aspect, observations) {
            let (inside, outside): (Vec<_>, Vec<_>) =
                of_aspect.into_iter().partition(|candidate| covered.contains(&candidate.symptom));
            let times = |candidate: &Candidate<'_>| {
                candidate.wrong.iter().map(|observation| observations[*observation]).sum()
            };
            joined.push((inside.iter().map(|it| (it.symptom, times(it))).collect(), pattern));
            of_aspect = outside;
        }
    }
    for (mut members, pattern) in joined {
        // What includes the others, and then what was met most often, is the most general name.
        let rule = |symptom: usize| finding(checks, symptoms[symptom].head).rule.as_str();
        let below: BTreeSet<usize> = members
            .iter()
            .map(|(symptom, _)| *symptom)
            .filter(|below| {
                members.iter().any(|(it, _)| precedence::above(rule(*it), rule(*below)).is_some())
            })
            .collect();
        // What another write takes away was written well.
        let is_write = |symptom: usize| pattern.is_about_other_writes() && rule(symptom) != UNTOUCHED;
        members.sort_by_key(|(symptom, times)| {
            (below.contains(symptom), is_write(*symptom), Reverse(*times), *symptom)
        });
        let Some(((first, _), others)) = members.split_first() else { continue };
        for (other, _) in others {
            let same = std::mem::take(&mut symptoms[*other].same);
            symptoms[*first].same.extend(same);
        }
        symptoms[*first].pattern = Some(pattern);
        symptoms[*first].settle(checks);
    }
    let alone: Vec<(usize, Pattern)> = candidates(checks, &symptoms, observations)
        .iter()
        .filter(|candidate| symptoms[candidate.symptom].pattern.is_none())
        .filter_map(|candidate| Some((candidate.symptom, of_one(candidate, observations)?)))
        .collect();
    for (place, pattern) in alone {
        symptoms[place].pattern = Some(pattern);
    }
    symptoms.retain(|symptom| !symptom.same.is_empty());
    symptoms
}

/// So many requests show a pattern that covers one symptom.
const ENOUGH_OF_ONE: usize = 3;

/// What the wrong requests of one symptom have in common that no other has, if it was met with several attributes or
/// says nothing of attributes.
fn of_one(candidate: &Candidate<'_>, observations: &Observations) -> Option<Pattern> {
    let attributes: BTreeSet<&str> = candidate
        .wrong
        .iter()
        .flat_map(|it| it.wrong.iter().filter(|(rule, _)| rule == candidate.rule))
        .map(|(_, subject)| subject.split(['.', '[']).next().unwrap_or_default())
        .collect();
    if attributes.len() < 2 && !attributes.contains("") {
        return None;
    }
    let sets = candidate.wrong.iter().map(|it| {
        it.features.iter().filter(|it| it.dimension != Dimension::Attribute).collect::<BTreeSet<_>>()
    });
    let common: Vec<&Feature> =
        sets.reduce(|all, next| all.intersection(&next).copied().collect())?.into_iter().collect();
    let single = common.iter().map(|feature| vec![(*feature).clone()]);
    let pairs = common.iter().enumerate().flat_map(|(place, one)| {
        common[place + 1..].iter().map(|other| vec![(*one).clone(), (*other).clone()])
    });
    let patterns = single.chain(pairs);
    let mut held = patterns.filter_map(|features| check(&[candidate], &features, observations));
    held.find(|pattern| pattern.right == 0 && pattern.others > 0 && pattern.times >= ENOUGH_OF_ONE)
        .map(|pattern| Pattern { is_of_one: true, ..pattern })
}

fn candidates<'a>(
    checks: &'a [CheckResult],
    symptoms: &[Symptom],
    observations: &'a Observations,
) -> Vec<Candidate<'a>> {
    let is_rule = |symptom: &Symptom| checks[symptom.head.0].suite == "rules";
    let told = symptoms.iter().enumerate().filter(|(_, it)| is_rule(it) && it.level >= Level::Warning);
    told.filter_map(|(place, symptom)| {
        let head = finding(checks, symptom.head);
        let aspect = match head.aspect {
            Aspect::Members => Aspect::Value,
            Aspect::Form | Aspect::Job | Aspect::Shape | Aspect::Agreement | Aspect::Paging => return None,
            other => other,
        };
        let subjects: BTreeSet<String> =
            symptom.same.iter().map(|position| finding(checks, *position).subject.to_lowercase()).collect();
        let is_it = |(rule, of): &(String, String)| *rule == head.rule && subjects.contains(of);
        let wrong: Vec<&Observation> =
            observations.keys().filter(|it| it.aspect == aspect && it.wrong.iter().any(is_it)).collect();
        (!wrong.is_empty()).then_some(Candidate { symptom: place, rule: &head.rule, aspect, wrong })
    })
    .collect()
}

/// The pattern that covers most symptoms, at least two, with the fewest features.
fn widest(candidates: &[Candidate<'_>], observations: &Observations) -> Option<(Vec<usize>, Pattern)> {
    if candidates.len() < 2 {
        return None;
    }
    widest_of(candidates, observations, &patterns(candidates, 2))
        .or_else(|| widest_of(candidates, observations, &patterns(candidates, 3)))
}

fn widest_of(
    candidates: &[Candidate<'_>],
    observations: &Observations,
    patterns: &[Vec<Feature>],
) -> Option<(Vec<usize>, Pattern)> {
    let mut best: Option<(usize, Reverse<usize>, Vec<usize>, Pattern)> = None;
    for features in patterns {
        let covered: Vec<&Candidate<'_>> = candidates
            .iter()
            .filter(|candidate| candidate.wrong.iter().all(|observation| has(observation, features)))
            .collect();
        let enough =
            best.as_ref().map_or(2, |(covers, size, ..)| covers + usize::from(size.0 <= features.len()));
        if covered.len() < enough {
            continue;
        }
        let Some(pattern) = check(&covered, features, observations) else { continue };
        let symptoms = covered.iter().map(|candidate| candidate.symptom).collect();
        best = Some((covered.len(), Reverse(features.len()), symptoms, pattern));
    }
    best.map(|(.., symptoms, pattern)| (symptoms, pattern))
}

/// The pattern, if hardly any request that has these features went well.
fn check(covered: &[&Candidate<'_>], features: &[Feature], observations: &Observations) -> Option<Pattern> {
    let aspect = covered.first()?.aspect;
    let judged = |observation: &Observation| {
        observation.aspect == aspect
            && covered.iter().any(|candidate| observation.judged_by.contains(&candidate.rule))
    };
    let (mut times, mut others, mut right) = (0, 0, 0);
    for (observation, number) in observations.iter().filter(|(observation, _)| judged(observation)) {
        match (has(observation, features), observation.wrong.is_empty()) {
            (true, true) => right += number,
            (true, false) => times += number,
            (false, _) => others += number,
        }
    }
    (right * RARE < times).then(|| Pattern {
        features: features.to_vec(),
        times,
        right,
        others,
        is_of_one: false,
    })
}

/// Every set of at most so many features that wrong requests of two symptoms have in common, the smallest first.
fn patterns(candidates: &[Candidate<'_>], most: usize) -> Vec<Vec<Feature>> {
    // A pattern covers all wrong requests of a symptom, so it is made of what these have in common.
    let common: Vec<BTreeSet<&Feature>> = candidates
        .iter()
        .filter_map(|candidate| {
            let sets = candidate.wrong.iter().map(|it| it.features.iter().collect::<BTreeSet<_>>());
            sets.reduce(|all, next| all.intersection(&next).copied().collect())
        })
        .collect();
    let mut patterns: BTreeSet<Vec<Feature>> = BTreeSet::from([Vec::new()]);
    for (place, one) in common.iter().enumerate() {
        for other in &common[place + 1..] {
            let shared: Vec<&Feature> = one.intersection(other).copied().collect();
            let mut sets: Vec<Vec<Feature>> = vec![Vec::new()];
            for feature in shared {
                let more: Vec<Vec<Feature>> = sets
                    .iter()
                    .filter(|set| set.len() < most)
                    .map(|set| set.iter().chain([feature]).cloned().collect())
                    .collect();
                sets.extend(more);
            }
            patterns.extend(sets);
        }
    }
    let mut patterns: Vec<Vec<Feature>> = patterns.into_iter().collect();
    patterns.sort_by_key(Vec::len);
    patterns
}

fn has(observation: &Observation, features: &[Feature]) -> bool {
    features.iter().all(|feature| observation.features.contains(feature))
}

impl Pattern {
    /// True when the requests have in common that they write something else too.
    fn is_about_other_writes(&self) -> bool {
        let is_it = |feature: &Feature| {
            feature.dimension == Dimension::State && feature.phrase.starts_with("that writes another")
        };
        self.features.iter().any(is_it)
    }

    /// How grave one of the symptoms may make all of them. Entra adds `active` only where an account has none: where
    /// every `add` is refused, nearly everybody is still disabled.
    pub(super) fn gravest(&self) -> Level {
        let adds = |feature: &Feature| feature.dimension == Dimension::Verb && feature.phrase == "with add";
        match self.is_general() && self.features.iter().any(adds) {
            true => Level::Error,
            false => Level::Critical,
        }
    }

    /// True when it says nothing of attributes: whichever is written is written in vain.
    pub(super) fn is_general(&self) -> bool {
        !self.is_of_one && self.features.iter().all(|feature| feature.dimension != Dimension::Attribute)
    }
}

/// What to do in a server about requests that have something in common, by its phrase.
const ADVICE: [(&str, &str); 8] = [
    (
        "with a capital letter in `op`",
        "Compare `op` without regard to letter case: Entra sends Add, Replace and Remove.",
    ),
    (
        "without a path",
        "Apply an operation without a path: each member of its value is written as if its name were the path.",
    ),
    (
        "with a path as key",
        "In the value of an operation without a path, resolve names such as `name.givenName` and schema URNs as paths.",
    ),
    ("with a value path", "Resolve paths with a filter, such as `emails[type eq \"work\"].value`."),
    ("with a URN in the path", "Resolve paths that begin with the URN of a schema extension."),
    ("with a boolean as text", "Read \"True\" and \"False\" as booleans."),
    ("with add", "Implement `add`: where the attribute has no value it does what `replace` does."),
    ("with several operations", "Apply every operation of a PATCH, in their order."),
];

impl Pattern {
    /// What to change in the server, if what the requests have in common tells that.
    pub(super) fn advice(&self) -> Option<&'static str> {
        let phrases = |phrase: &str| self.features.iter().any(|feature| feature.phrase == phrase);
        ADVICE.iter().find(|(phrase, _)| phrases(phrase)).map(|(_, advice)| *advice)
    }
}

/// The pattern as a sentence: what all of the requests have in common, and how many there are.
impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let methods = self.features.iter().filter(|feature| feature.dimension == Dimension::Method);
        let method = methods.map(|feature| feature.phrase.as_str()).next().unwrap_or("request");
        write!(f, "every {method}")?;
        for feature in self.features.iter().filter(|feature| feature.dimension != Dimension::Method) {
            write!(f, " {}", feature.phrase)?;
        }
        write!(f, " ({} of {}", self.times, self.times + self.right)?;
        match self.others {
            0 => f.write_str(")"),
            1 => f.write_str(" such requests, and not the one other)"),
            others => write!(f, " such requests, and none of {others} others)"),
        }
    }
}
