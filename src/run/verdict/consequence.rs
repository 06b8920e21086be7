//! What follows from what: a symptom that was never met but after another one, which can lead to it, is told with
//! that one.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use super::comparison::Pattern;
use super::report::CheckResult;
use super::symptom::{FindingPosition, Symptom, changes_by_itself, finding, meetings, refusal, refusals};
use crate::check::{Aspect, Finding, Level, Meeting};
use crate::wire::Operation;

/// A scenario run.
type RunKey = (String, String);

/// The rule about a path that is stored as a name: no attribute that it names is written.
const PATH_AS_KEY: &str = "rules/path-stored-as-key";

/// Stands in the table for the subject of the first check.
const SAME: &str = "=";

/// Checks whose complaint includes those of others, wherever these were met.
///
/// The third column is the subject that the other must have: any if it is empty, [`SAME`] for that of the first.
const ABOVE: &[(&str, &str, &str)] = &[
    ("rules/answer-not-scim-json", "rules/error-not-scim-json", ""),
    ("rules/resource-lost", "rules/disabled-user-hidden", "id"),
    ("rules/lookup-misses-resource", "rules/disabled-user-hidden", SAME),
    ("rules/lookup-misses-resource", "rules/lookup-case-sensitive", SAME),
    ("rules/lookup-misses-resource", "rules/lookup-value-misread", SAME),
    ("rules/deleted-still-readable", "rules/deleted-still-found", ""),
    ("rules/resource-twice-in-list", "rules/count-exceeded", ""),
    ("rules/resource-twice-in-list", "rules/match-not-unique", ""),
    ("rules/resource-twice-in-list", "rules/total-results-too-small", ""),
    ("rules/resource-twice-in-walk", "rules/resource-missing-in-walk", ""),
    ("rules/resource-twice-in-walk", "rules/start-index-not-echoed", ""),
    ("rules/resource-twice-in-walk", "rules/total-results-too-small", ""),
    ("rules/create-answers-existing", "conformance/user-name-taken-at-once", ""),
    ("rules/duplicate-accepted", "conformance/user-name-taken-at-once", ""),
    ("rules/duplicate-accepted", "rules/match-not-unique", ""),
    ("conformance/user-name-taken-at-once", "rules/match-not-unique", ""),
    ("rules/match-not-unique", "cycles/rename-to-taken-name", ""),
    ("conformance/federation-assertion-checked", "conformance/entra-issued-token", ""),
    ("conformance/token-required", "conformance/token-expired", ""),
    ("conformance/token-required", "conformance/token-foreign", ""),
    ("conformance/token-required", "conformance/tenants-have-tokens-of-their-own", ""),
    ("conformance/token-required", "cycles/leaver-during-quarantine", ""),
    ("conformance/token-required", "cycles/wrong-token-quarantines", ""),
];

/// A symptom that has no explanation, and what of it explains others.
struct Root {
    /// Its place in the list.
    symptom: usize,
    is_rule: bool,
    /// The check that speaks.
    rule: String,
    /// What it is about.
    aspect: Aspect,
    level: Level,
    /// The server refused or failed what it was asked.
    is_refusal: bool,
    /// The attributes, headers or members that it concerns.
    subjects: Vec<String>,
    /// Its pattern says more than the attributes.
    is_general: bool,
    /// Method, status and words of the refusals that it is about.
    refusals: HashSet<String>,
}

/// A root, or what follows from it, in one scenario run.
struct Trail {
    root: usize,
    /// What was met there.
    aspect: Aspect,
    begins: usize,
    ends: usize,
}

/// What has been found to have no explanation, and where.
#[derive(Default)]
struct Roots {
    all: Vec<Root>,
    met: HashMap<RunKey, Vec<Trail>>,
}

/// Moves every finding below the symptom that it follows from. Those that are left have no explanation.
pub(super) fn fold(checks: &[CheckResult], mut symptoms: Vec<Symptom>) -> Vec<Symptom> {
    let mut roots = Roots::default();
    for symptom in order(checks, &symptoms) {
        let same = std::mem::take(&mut symptoms[symptom].same);
        let mut own = Vec::new();
        for position in same {
            let Some(root) = roots.explanation(checks, position) else {
                own.push(position);
                continue;
            };
            let above = roots.all[root].symptom;
            // A mild thing with a grave consequence is as grave as that makes it.
            let level = finding(checks, position).level.min(roots.all[root].gravest());
            symptoms[above].level = symptoms[above].level.max(level);
            symptoms[above].below.push(position);
            roots.extend(checks, root, position);
        }
        if own.is_empty() {
            continue;
        }
        symptoms[symptom].same = own;
        symptoms[symptom].settle(checks);
        roots.add(checks, symptom, &symptoms[symptom]);
    }
    symptoms.retain(|symptom| !symptom.same.is_empty());
    symptoms
}

impl Roots {
    fn add(&mut self, checks: &[CheckResult], place: usize, symptom: &Symptom) {
        let head = finding(checks, symptom.head);
        let mut subjects: Vec<String> =
            symptom.same.iter().map(|position| finding(checks, *position).subject.to_lowercase()).collect();
        subjects.sort_unstable();
        subjects.dedup();
        self.all.push(Root {
            symptom: place,
            is_rule: checks[symptom.head.0].suite == "rules",
            rule: head.rule.clone(),
            aspect: head.aspect,
            level: symptom.level,
            is_refusal: head.exchanges.last().is_some_and(|exchange| !exchange.succeeded()),
            subjects,
            is_general: symptom.pattern.as_ref().is_some_and(Pattern::is_general)
                || changes_by_itself(head)
                || head.rule == PATH_AS_KEY,
            refusals: refusals(checks, symptom),
        });
        for position in &symptom.same {
            self.extend(checks, self.all.len() - 1, *position);
        }
    }

    /// A finding belongs to a root, and what follows from it follows from that.
    fn extend(&mut self, checks: &[CheckResult], root: usize, position: FindingPosition) {
        let aspect = finding(checks, position).aspect;
        for Meeting { scenario, dialect, begins, ends } in meetings(checks, position) {
            self.met.entry((scenario, dialect)).or_default().push(Trail { root, aspect, begins, ends });
        }
    }

    /// The root that explains most of the meetings of a finding, if each is explained by one.
    fn explanation(&self, checks: &[CheckResult], position: FindingPosition) -> Option<usize> {
        let told = finding(checks, position);
        let is_rule = checks[position.0].suite == "rules";
        let said = told.exchanges.last().filter(|_| told.aspect == Aspect::Answer);
        if let Some(refusal) = said.and_then(|exchange| refusal(exchange))
            && let Some(same) = self.all.iter().position(|root| root.refusals.contains(&refusal))
        {
            return Some(same);
        }
        let same = |root: &Root| root.tells_the_same(told, is_rule) || root.is_above(told);
        if let Some(same) = self.all.iter().position(same) {
            return Some(same);
        }
        let met = meetings(checks, position);
        let mut times: HashMap<usize, usize> = HashMap::new();
        let mut is_explained = |meeting: &Meeting| {
            let trails = self.met.get(&(meeting.scenario.clone(), meeting.dialect.clone()));
            let above = trails.into_iter().flatten().filter(|trail| {
                let root = &self.all[trail.root];
                root.level >= Level::Warning
                    && (trail.begins <= meeting.ends && root.may_lead_to(trail.aspect, told)
                        || !is_rule && trail.ends == meeting.ends && root.is_about(&told.subject))
            });
            let above: HashSet<usize> = above.map(|trail| trail.root).collect();
            above.iter().for_each(|root| *times.entry(*root).or_default() += 1);
            !above.is_empty()
        };
        let explained = match checks[position.0].dialect {
            // Of a rule each meeting counts, of a comparison one of them.
            Some(_) => !met.is_empty() && met.iter().all(&mut is_explained),
            None => met.iter().any(&mut is_explained),
        };
        let most = times.into_iter().max_by_key(|(root, times)| (*times, Reverse(*root)));
        most.filter(|_| explained).map(|(root, _)| root)
    }
}

/// The places of symptoms in the order in which they explain others; what stands below another one comes after it.
fn order(checks: &[CheckResult], symptoms: &[Symptom]) -> Vec<usize> {
    let mut waiting: Vec<usize> = (0..symptoms.len()).collect();
    waiting.sort_by_key(|symptom| rank(checks, &symptoms[*symptom]));
    let rule = |symptom: usize| finding(checks, symptoms[symptom].head).rule.as_str();
    let mut order = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let is_free = |symptom: &&usize| {
            let mut above = ABOVE.iter().filter(|(_, below, _)| *below == rule(**symptom));
            !above.any(|(above, ..)| waiting.iter().any(|other| rule(*other) == *above))
        };
        // The table has no circle, so that one is free.
        let next = waiting.iter().find(is_free).or(waiting.first()).copied().unwrap_or_default();
        waiting.retain(|symptom| *symptom != next);
        order.push(next);
    }
    order
}

/// The order in which symptoms explain others: refusals before what is found later, rules before scenarios.
fn rank(checks: &[CheckResult], symptom: &Symptom) -> impl Ord + use<> {
    let told = finding(checks, symptom.head);
    let aspect = match told.aspect {
        Aspect::Answer => 0,
        Aspect::Shape => 1,
        Aspect::Existence => 2,
        Aspect::Lookup => 3,
        Aspect::Value => 4,
        Aspect::Members => 5,
        Aspect::Agreement => 6,
        Aspect::Paging => 7,
        Aspect::Job => 8,
        Aspect::Form => 9,
    };
    let is_rule = checks[symptom.head.0].suite == "rules";
    (!is_rule, aspect, Reverse(symptom.level), Reverse(symptom.same.len()), symptom.head)
}

impl Root {
    /// How grave its consequences may make it. A refusal stands in Entra's log, and a lost value is no lost access.
    fn gravest(&self) -> Level {
        let is_of_values = matches!(self.aspect, Aspect::Value | Aspect::Shape | Aspect::Agreement);
        match self.is_refusal || is_of_values && !self.is_about("active") {
            true => Level::Error,
            false => Level::Critical,
        }
    }

    /// True when it concerns that attribute, or one that is part of the other.
    fn is_about(&self, attribute: &str) -> bool {
        self.subjects.iter().any(|subject| same_attribute(subject, attribute))
    }

    /// True when the deciding request of a finding names an attribute of it.
    fn is_written_by(&self, below: &Finding) -> bool {
        let body = below.exchanges.last().and_then(|exchange| exchange.request.body.as_deref());
        let body = body.unwrap_or_default().to_lowercase();
        self.subjects.iter().any(|subject| !subject.is_empty() && body.contains(&format!("\"{subject}\"")))
    }

    /// True for a rule that says the same of everything that another one says of a part.
    fn is_above(&self, below: &Finding) -> bool {
        let is_it = |(above, rule, subject): &(&str, &str, &str)| {
            let concerns = match *subject {
                "" => true,
                SAME => self.is_about(&below.subject),
                subject => subject == below.subject,
            };
            *above == self.rule && *rule == below.rule && concerns
        };
        self.level >= Level::Warning && ABOVE.iter().any(is_it)
    }

    /// True for another word for the same loss: what is not stored is shown nowhere.
    fn tells_the_same(&self, below: &Finding, is_rule: bool) -> bool {
        if self.level < Level::Warning || !self.is_rule {
            return false;
        }
        match (self.aspect, below.aspect) {
            (Aspect::Members, Aspect::Members) => !is_rule,
            (Aspect::Value, Aspect::Value) if is_rule => {
                self.subjects.contains(&below.subject.to_lowercase())
            }
            (Aspect::Value | Aspect::Shape, Aspect::Value) => !is_rule && self.is_about(&below.subject),
            (Aspect::Value | Aspect::Shape, Aspect::Agreement) => self.is_about(&below.subject),
            _ => false,
        }
    }

    /// True when what was met of it may make the server, or the job after its answers, do what a finding says.
    fn may_lead_to(&self, met: Aspect, below: &Finding) -> bool {
        let same = || self.is_general || self.is_about(&below.subject);
        let asked = || self.subjects.iter().any(|subject| is_asked_for(below, subject));
        let accepted = || below.exchanges.last().is_some_and(|exchange| exchange.succeeded());
        match (met, below.aspect) {
            (Aspect::Form | Aspect::Job, _) | (_, Aspect::Form) => false,
            (_, Aspect::Job) | (Aspect::Answer | Aspect::Lookup | Aspect::Existence, _) => true,
            (Aspect::Paging, Aspect::Paging) => true,
            (Aspect::Paging, _) => false,
            // An answer that no client can continue with.
            (Aspect::Shape, Aspect::Answer) => accepted(),
            (
                Aspect::Shape | Aspect::Value | Aspect::Agreement,
                Aspect::Shape | Aspect::Value | Aspect::Agreement,
            ) => same(),
            (Aspect::Shape | Aspect::Value | Aspect::Agreement, Aspect::Lookup) => self.is_general || asked(),
            (Aspect::Value, Aspect::Members) => self.is_general,
            // What is not stored cannot be in the way.
            (Aspect::Value, Aspect::Answer) => accepted() && (self.is_general || self.is_written_by(below)),
            (Aspect::Members, Aspect::Members) => true,
            (Aspect::Shape, Aspect::Members) => self.is_about("members"),
            (Aspect::Shape | Aspect::Value | Aspect::Agreement | Aspect::Members, _) => false,
        }
    }
}

/// True when the deciding query of a finding asks for this attribute.
fn is_asked_for(finding: &Finding, attribute: &str) -> bool {
    finding.exchanges.iter().any(|exchange| match &exchange.operation {
        Operation::Query { filter: Some(filter), .. } => {
            filter.split(" eq ").next().is_some_and(|asked| same_attribute(asked, attribute))
        }
        _ => false,
    })
}

/// True for the same attribute, or one that is part of the other.
fn same_attribute(one: &str, other: &str) -> bool {
    let local = |path: &str| {
        let path = path.to_lowercase();
        path.rsplit_once(":user:").map_or(path.clone(), |(_, path)| path.to_owned())
    };
    let (one, other) = (local(one), local(other));
    let within = |whole: &str, part: &str| {
        part.strip_prefix(whole).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    !one.is_empty() && !other.is_empty() && (within(&one, &other) || within(&other, &one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_rule_stands_above_itself() {
        for (start, ..) in ABOVE {
            let mut reached: Vec<&str> = vec![start];
            let mut place = 0;
            while let Some(rule) = reached.get(place).copied() {
                let below = ABOVE.iter().filter(|(above, ..)| *above == rule).map(|(_, below, _)| *below);
                for below in below {
                    assert_ne!(below, *start, "{start} stands above itself");
                    if !reached.contains(&below) {
                        reached.push(below);
                    }
                }
                place += 1;
            }
        }
    }

    #[test]
    fn the_same_attribute_is_known_in_other_spellings_and_by_its_parts() {
        let urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        assert!(same_attribute(&format!("{urn}:manager"), &format!("{}:manager.value", urn.to_lowercase())));
        assert!(same_attribute("emails", r#"Emails[type eq "work"].value"#));
        assert!(!same_attribute("email", "emails") && !same_attribute("", "title"));
    }
}
