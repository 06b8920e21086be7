//! What follows from what: a symptom that was never met but after another one, which can lead to it, is told with
//! that one.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use super::comparison::{Pattern, UNTOUCHED};
use super::precedence::{self, Subject};
use super::report::CheckResult;
use super::symptom::{FindingPosition, Symptom, changes_by_itself, finding, meetings, refusal, refusals};
use crate::check::{Aspect, Finding, Level, Meeting};
use crate::wire::{Operation, ResourceKind};

/// A scenario run.
type RunKey = (String, String);

/// The rule about a path that is stored as a name: no attribute that it names is written.
const PATH_AS_KEY: &str = "rules/path-stored-as-key";

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
    /// The kinds of resources that it was met with.
    kinds: Vec<ResourceKind>,
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
        let kinds = symptom.same.iter().filter_map(|position| kind_of(finding(checks, *position))).collect();
        self.all.push(Root {
            symptom: place,
            is_rule: checks[symptom.head.0].suite == "rules",
            rule: head.rule.clone(),
            aspect: head.aspect,
            level: symptom.level,
            kinds,
            is_refusal: head.exchanges.last().is_some_and(|exchange| !exchange.succeeded()),
            subjects,
            is_general: symptom.pattern.as_ref().is_some_and(Pattern::is_general)
                || changes_by_itself(head)
                || head.rule == PATH_AS_KEY && symptom.level >= Level::Error,
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
        // What was found before the first scenario was found attribute by attribute.
        if let Some(refusal) = said.and_then(|exchange| refusal(exchange)).filter(|_| !is_of_preflight(told))
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
                        || !is_rule && trail.ends == meeting.ends && root.is_told_by(trail.aspect, told)
                        // A scenario says no more after its first wrong step.
                        || !is_rule && root.rule == told.rule)
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
            !waiting.iter().any(|other| precedence::above(rule(*other), rule(**symptom)).is_some())
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
    let is_late = !is_of_preflight(told);
    (!is_rule, aspect, is_late, Reverse(symptom.level), Reverse(symptom.same.len()), symptom.head)
}

/// True for what a rule said before the first scenario.
fn is_of_preflight(told: &Finding) -> bool {
    told.rule.starts_with("rules/") && told.meetings.is_empty()
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

    /// True when it concerns what Entra matches by: the name of a user or of a group.
    fn is_of_a_name(&self) -> bool {
        let of_user = self.kinds.contains(&ResourceKind::User) && self.is_about("userName");
        of_user || self.kinds.contains(&ResourceKind::Group) && self.is_about("displayName")
    }

    /// True when the deciding request of a finding names an attribute of it.
    fn is_written_by(&self, below: &Finding) -> bool {
        let body = below.exchanges.last().and_then(|exchange| exchange.request.body.as_deref());
        let body = body.unwrap_or_default().to_lowercase();
        self.subjects.iter().any(|subject| !subject.is_empty() && body.contains(&format!("\"{subject}\"")))
    }

    /// True when the answer of which a scenario complains is the one of which it complains itself.
    fn is_told_by(&self, met: Aspect, told: &Finding) -> bool {
        matches!(met, Aspect::Paging) && told.aspect != Aspect::Form || self.is_about(&told.subject)
    }

    /// True for a rule that says the same of everything that another one says of a part.
    fn is_above(&self, below: &Finding) -> bool {
        let is_elsewhere =
            kind_of(below).is_some_and(|kind| !self.kinds.is_empty() && !self.kinds.contains(&kind));
        let concerns = |subject| match subject {
            Subject::Any => !is_elsewhere,
            Subject::Same => !is_elsewhere && self.is_about(&below.subject),
            // A member of a group is missing in the groups of a user.
            Subject::Named(subject) => subject == below.subject,
            Subject::ConflictOfNames => self.is_of_a_name() && is_conflict(below),
        };
        self.level >= Level::Warning && precedence::above(&self.rule, &below.rule).is_some_and(concerns)
    }

    /// True for another word for the same loss: what is not stored is shown nowhere.
    fn tells_the_same(&self, below: &Finding, is_rule: bool) -> bool {
        // One of our own wrong requests that was stored as a name says nothing of Entra's.
        let is_of_a_mistake = self.rule == PATH_AS_KEY && self.level < Level::Error;
        if self.level < Level::Warning || !self.is_rule || is_of_a_mistake {
            return false;
        }
        match (self.aspect, below.aspect) {
            (Aspect::Members, Aspect::Members) => !is_rule,
            (Aspect::Value, Aspect::Value) if is_rule => {
                self.subjects.contains(&below.subject.to_lowercase()) || self.undoes_its_own(below)
            }
            (Aspect::Value | Aspect::Shape, Aspect::Value) => !is_rule && self.is_about(&below.subject),
            (Aspect::Value | Aspect::Shape, Aspect::Agreement) => self.is_about(&below.subject),
            _ => false,
        }
    }

    /// True when the request that wrote a value may have undone it itself, by an operation on another part of the
    /// same attribute.
    fn undoes_its_own(&self, below: &Finding) -> bool {
        let whole = |path: &str| path.split(['.', '[']).next().unwrap_or_default().to_lowercase();
        let body = below.exchanges.first().and_then(|exchange| exchange.request.body.as_deref());
        let body = body.unwrap_or_default().to_lowercase();
        let attribute = whole(&below.subject);
        self.rule == UNTOUCHED
            && body.matches(&format!("\"{attribute}")).count() > 1
            && self.subjects.iter().any(|subject| whole(subject) == attribute)
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
            // An account that has another name than Entra gave it is another one for the next lookup.
            (Aspect::Value, Aspect::Lookup | Aspect::Existence) if self.is_of_a_name() => true,
            (Aspect::Shape | Aspect::Value | Aspect::Agreement, Aspect::Lookup) => self.is_general || asked(),
            (Aspect::Value, Aspect::Members) => self.is_general || self.is_of_a_name(),
            (Aspect::Value, Aspect::Existence) => self.is_written_by(below),
            // What is not stored cannot be in the way.
            (Aspect::Value, Aspect::Answer) if is_conflict(below) => self.is_of_a_name(),
            (Aspect::Value, Aspect::Answer) => accepted() && (self.is_general || self.is_written_by(below)),
            (Aspect::Members, Aspect::Members) => true,
            // A path that is stored as a name is one of `members` only by its beginning.
            (Aspect::Shape, Aspect::Members) => self.subjects.iter().any(|subject| subject == "members"),
            (Aspect::Shape | Aspect::Value | Aspect::Agreement | Aspect::Members, _) => false,
        }
    }
}

/// True when the deciding request was refused because a value is taken.
fn is_conflict(finding: &Finding) -> bool {
    let answer = finding.exchanges.last().and_then(|exchange| exchange.answer());
    answer.is_some_and(|answer| answer.status == 409)
}

/// The kind of resource that a finding is about.
fn kind_of(finding: &Finding) -> Option<ResourceKind> {
    finding.exchanges.last()?.operation.kind()
}

/// True when the deciding query of a finding asks for this attribute.
fn is_asked_for(finding: &Finding, attribute: &str) -> bool {
    finding.exchanges.iter().any(|exchange| match &exchange.operation {
        Operation::Query { filter: Some(filter), .. } => {
            let mut terms = filter.split(" and ").filter_map(|term| term.rsplit_once(" eq "));
            terms.any(|(asked, _)| same_attribute(asked, attribute))
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
    !one.is_empty()
        && !other.is_empty()
        && (within(&one, &other) || within(&other, &one) || may_be_one_element(&one, &other))
}

/// True when two paths select an element by different attributes, as `roles[primary eq "True"]` and
/// `roles[type eq "x"]`: that may be the same element.
fn may_be_one_element(one: &str, other: &str) -> bool {
    let parts = |path: &str| {
        let (attribute, rest) = path.split_once('[')?;
        let (filter, sub) = rest.split_once(']')?;
        let asked = filter.split(' ').next()?.to_owned();
        let sub = sub.trim_start_matches('.').to_owned();
        Some((attribute.to_owned(), asked, if sub.is_empty() { "value".to_owned() } else { sub }))
    };
    match (parts(one), parts(other)) {
        (Some((one, asked, sub)), Some((other, also, of))) => one == other && asked != also && sub == of,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_attribute_is_known_in_other_spellings_and_by_its_parts() {
        let urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        assert!(same_attribute(&format!("{urn}:manager"), &format!("{}:manager.value", urn.to_lowercase())));
        assert!(same_attribute("emails", r#"Emails[type eq "work"].value"#));
        assert!(same_attribute(r#"roles[primary eq "True"].value"#, r#"roles[type eq "x"].value"#));
        assert!(!same_attribute(r#"emails[type eq "home"].value"#, r#"emails[type eq "work"].value"#));
        assert!(!same_attribute("email", "emails") && !same_attribute("", "title"));
    }
}
