//! Which attributes the target takes in a create.
//!
//! A server that refuses the full body would fail every scenario. So the full create is tried once for each
//! resource type; if it is refused, it is found out by what, and the scenarios go on without that.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Map, Value};

use super::bisection::{Acceptability, Creates, Found, RefusedBody, parts, search};
use super::freshness::Freshness;
use super::media_type::LabelTrial;
use super::requirements::{optional_sources, required};
use super::room::Room;
use crate::check::{Finding, Level};
use crate::entra::dialect::{Assignment, Writer};
use crate::entra::directory::{AppRole, Group, Object, ObjectKind, SourceValue, User};
use crate::entra::mapping::{AttributeMapping, Mapping, profiles};
use crate::people::People;
use crate::rules;
use crate::run::observer::reader;
use crate::run::observer::resource_path;
use crate::run::steps::answers::answered;
use crate::run::steps::{mapped, suited};
use crate::run::target::adjustment::{Adjustment, RequiredAttribute, leave_out};
use crate::run::target::lag::LateRead;
use crate::run::target::media_type::MediaType;
use crate::run::target::recorder::Recorder;
use crate::scim::PatchPath;
use crate::scim::discovery::Discovery;
use crate::wire::{Actor, Answer, Exchange, Method, Request, ResourceKind, Target};

/// The rule under which refused attributes are told.
pub(in crate::run) const CREATE_REFUSED: &str = "rules/create-refused";
/// The rule under which it is told that the mapping lacks what the target requires.
pub(in crate::run) const REQUIRED_NOT_MAPPED: &str = "rules/required-not-mapped";

/// An attribute, or a part of one, that the target refuses in a create.
#[derive(Debug, Clone)]
pub(in crate::run) struct Refused {
    /// Of which resources.
    pub(in crate::run) kind: ResourceKind,
    /// The attribute, the sub-attribute, or the URN of an extension.
    pub(in crate::run) path: PatchPath,
    /// Status and words of the refusal.
    pub(in crate::run) answer: String,
    /// Entra's default mapping sends it.
    pub(in crate::run) usual: bool,
    /// The exchange that shows it: an accepted body with this attribute added.
    pub(in crate::run) exchange: Arc<Exchange>,
}

/// An attribute that /Schemas requires, and that the mapping never sends.
#[derive(Debug, Clone)]
pub(in crate::run) struct Unmapped {
    /// Of which resources.
    pub(in crate::run) kind: ResourceKind,
    /// The attribute.
    pub(in crate::run) path: PatchPath,
    /// The create that is refused without it.
    pub(in crate::run) exchange: Arc<Exchange>,
}

/// An attribute that /Schemas requires, and that the mapping sends only for some people.
#[derive(Debug, Clone)]
pub(in crate::run) struct Uncertain {
    /// Of which resources.
    kind: ResourceKind,
    /// The attribute.
    path: PatchPath,
    /// The source attributes that feed it, and that a person may lack.
    sources: Vec<&'static str>,
}

/// What came of it.
#[derive(Debug, Clone, Default)]
pub(in crate::run) struct Acceptance {
    /// What is refused on its own.
    pub(in crate::run) refused: Vec<Refused>,
    /// Some of these are refused; which, was not found out with a bearable number of creates.
    pub(in crate::run) unclear: Vec<(ResourceKind, PatchPath)>,
    /// What the target requires, and the mapping never sends: the service can create nothing.
    pub(in crate::run) unmapped: Vec<Unmapped>,
    /// What the target requires, and the mapping does not send for everybody.
    pub(in crate::run) uncertain: Vec<Uncertain>,
    /// What the target requires, by /Schemas.
    pub(in crate::run) required: Vec<RequiredAttribute>,
    /// Not even the smallest create of a user is accepted.
    pub(in crate::run) nothing: bool,
    /// Mapping targets that were accepted and did not stand there afterwards as they were sent. Every
    /// scenario would complain about them; so only those do whose subject they are.
    pub(in crate::run) not_kept: Vec<PatchPath>,
    /// A create of each resource type that was accepted.
    pub(in crate::run) made: Vec<(ResourceKind, Arc<Exchange>)>,
}

impl Acceptance {
    /// How creates are adjusted for this target.
    pub(in crate::run) fn adjustment(&self) -> Adjustment {
        let refused = self.refused.iter().map(|refused| (refused.kind, refused.path.clone()));
        Adjustment {
            refused: refused.chain(self.unclear.iter().cloned()).collect(),
            required: self.required.clone(),
            one_operation_each: false,
        }
    }

    /// The mapping without what the target refuses; what objects are matched by stays.
    pub(in crate::run) fn reduced(&self, mapping: &Mapping) -> Mapping {
        let adjustment = self.adjustment();
        let mut reduced = mapping.clone();
        let is_taken = |kind: ResourceKind, row: &AttributeMapping| {
            row.matching.is_some() || !adjustment.refuses(kind, &row.target)
        };
        reduced.user.rows.retain(|row| is_taken(ResourceKind::User, row));
        if let Some(group) = &mut reduced.group {
            // `members: []` in a create says nothing of the members that are added later.
            group.rows.retain(|row| row.is_reference() || is_taken(ResourceKind::Group, row));
        }
        reduced
    }

    /// Takes in what is known of another resource type.
    fn join(&mut self, other: Acceptance) {
        self.refused.extend(other.refused);
        self.unclear.extend(other.unclear);
        self.unmapped.extend(other.unmapped);
        self.uncertain.extend(other.uncertain);
        self.required.extend(other.required);
        self.not_kept.extend(other.not_kept);
        self.made.extend(other.made);
        self.nothing |= other.nothing;
    }

    /// One finding for each refused attribute, under the rule about refused creates. As that rule says,
    /// what the target does not publish it may refuse.
    pub(in crate::run) fn findings(&self, discovery: &Discovery) -> Vec<Finding> {
        let mut findings: Vec<Finding> = Vec::new();
        if let Some(rule) = rules::find(REQUIRED_NOT_MAPPED) {
            findings.extend(self.unmapped.iter().map(|unmapped| {
                let Unmapped { kind, path, exchange } = unmapped;
                let message = format!(
                    "/Schemas requires {path} of a {}, and the mapping never sends it: every create is rejected",
                    kind.as_str()
                );
                let sent = format!("a mapping that sends {path}");
                rule.finding(message)
                    .concerning(path.to_string())
                    .against(sent, answered(exchange))
                    .shown_by(exchange)
            }));
            findings.extend(self.uncertain.iter().map(|Uncertain { kind, path, sources }| {
                let message = format!(
                    "/Schemas requires {path} of a {kind}, which Entra takes from {source}: a {kind} without {source} is \
                     rejected in every cycle",
                    kind = kind.as_str(),
                    source = sources.join(" or "),
                );
                rule.finding(message).at(Level::Note).concerning(path.to_string())
            }));
        }
        let Some(rule) = rules::find(CREATE_REFUSED) else { return findings };
        let about = rule.about();
        // Parts of one attribute are one finding.
        let same = |one: &Refused, other: &Refused| {
            let whole = |path: &PatchPath| PatchPath { sub: None, ..path.clone() };
            one.kind == other.kind && whole(&one.path) == whole(&other.path)
        };
        findings.extend(self.refused.chunk_by(same).filter_map(|refused| {
            let paths: Vec<String> = refused.iter().map(|one| one.path.to_string()).collect();
            let named = paths.join(" or ");
            let Refused { kind, path, answer, usual, exchange } = refused.first()?;
            let status = answer.split(' ').next().unwrap_or_default();
            let message = format!(
                "the server rejects a create of a {} ({status}) as soon as it contains {named}; all scenarios \
                 are played without it",
                kind.as_str()
            );
            let level = match (is_published(discovery, *kind, path), usual) {
                (false, _) => Level::Note,
                (true, true) => about.level,
                (true, false) => Level::Warning,
            };
            Some(
                rule.finding(message)
                    .at(level)
                    .concerning(&*named)
                    .against(format!("201 for a body with {named}"), answer)
                    .shown_by(exchange),
            )
        }));
        if !self.unclear.is_empty() {
            let paths: Vec<String> = self.unclear.iter().map(|(_, path)| path.to_string()).collect();
            let message = format!(
                "the server rejects creates with some of {}; all scenarios are played without them",
                paths.join(", ")
            );
            findings.push(rule.finding(message).concerning("several attributes"));
        }
        findings
    }
}

/// True when /Schemas has the attribute, or nothing was published at all.
pub(super) fn is_published(discovery: &Discovery, kind: ResourceKind, path: &PatchPath) -> bool {
    let schemas = &discovery.schemas;
    match &path.schema {
        _ if schemas.is_empty() => true,
        Some(urn) if path.attribute.is_empty() => schemas.get(urn).is_some(),
        _ => schemas.find_within(kind.schema(), &path.attribute_path()).is_some(),
    }
}

/// What is asked with.
pub(in crate::run) struct Trial<'a, T, R> {
    /// The scenario in whose name people are made up.
    pub(in crate::run) player: &'a str,
    /// Where creates are sent.
    pub(in crate::run) target: &'a T,
    /// Where they are recorded.
    pub(in crate::run) recorder: &'a Recorder<R>,
    /// How they are written.
    pub(in crate::run) writer: &'a Writer,
    /// What they carry.
    pub(in crate::run) mapping: &'a Mapping,
    /// Who is created.
    pub(in crate::run) people: &'a People,
    /// What the target publishes.
    pub(in crate::run) discovery: &'a Discovery,
    /// What is left out without being tried.
    pub(in crate::run) adjustment: &'a Adjustment,
    /// Under which media type bodies are sent.
    pub(in crate::run) label: LabelTrial<'a>,
    /// Keeps the target within what it may hold.
    pub(in crate::run) room: Room,
    /// Whether reads show what was written.
    pub(in crate::run) freshness: &'a Freshness,
    /// Whether people have an app role.
    pub(in crate::run) with_role: bool,
}

/// The mapping without what the target refuses in a create of a user, how creates are adjusted besides, and the
/// refused attributes; `None` when no create is accepted. Removing who was created is the caller's.
pub(crate) async fn reduced<T: Target>(
    recorder: &Recorder<T>,
    writer: &Writer,
    mapping: &Mapping,
    people: &People,
    player: &str,
    media_type: &MediaType,
) -> Option<(Mapping, Adjustment, Vec<String>)> {
    let discovery = &Discovery::default();
    let adjustment = &Adjustment::default();
    let trial = Trial {
        player,
        target: recorder,
        recorder,
        writer,
        mapping,
        people,
        discovery,
        adjustment,
        label: LabelTrial::of(media_type),
        room: Room::default(),
        freshness: &Freshness::default(),
        with_role: false,
    };
    let acceptance = trial.of(ResourceKind::User).await;
    let refused: Vec<String> = acceptance.refused.iter().map(|refused| refused.path.to_string()).collect();
    (!acceptance.nothing).then(|| (acceptance.reduced(mapping), acceptance.adjustment(), refused))
}

impl<T: Target, R: Target> Trial<'_, T, R> {
    /// Creates one object after the other until it is known what is accepted. Removing them is the caller's.
    pub(in crate::run) async fn run(&self, groups: bool) -> Acceptance {
        let mut acceptance = self.of(ResourceKind::User).await;
        if groups && self.mapping.group.is_some() {
            let of_groups = self.of(ResourceKind::Group).await;
            // Scenarios with groups tell that no group can be created.
            acceptance.join(Acceptance { nothing: false, ..of_groups });
        }
        acceptance
    }

    async fn of(&self, kind: ResourceKind) -> Acceptance {
        let required = required(self.discovery, kind);
        let mut attempt = Attempt::new(self, kind, self.adjustment.clone());
        let mapping = self.mapping.object(kind.into());
        let uncertain = required.iter().filter_map(|required| {
            let sources = optional_sources(mapping?, required);
            let path = required.path.clone();
            (!sources.is_empty()).then_some(Uncertain { kind, path, sources })
        });
        let uncertain = uncertain.collect();
        let mut acceptance = Acceptance { required, uncertain, ..Acceptance::default() };
        let first = match attempt.without(&[]).await {
            Acceptability::Accepted(made) => {
                acceptance.not_kept = attempt.not_kept(&made).await;
                acceptance.made.push((kind, made));
                return acceptance;
            }
            Acceptability::Unknown => return acceptance,
            Acceptability::Refused(exchange) => exchange,
        };
        let Some(Value::Object(body)) = first.request.json() else { return acceptance };
        let whole = Value::Object(body.clone());
        let lacks = |required: &&RequiredAttribute| reader::values(&whole, &required.path).is_empty();
        let lacking: Vec<RequiredAttribute> = acceptance.required.iter().filter(lacks).cloned().collect();
        let mut shown_by = first;
        if !lacking.is_empty() {
            acceptance.unmapped = lacking
                .iter()
                .map(|required| Unmapped {
                    kind,
                    path: required.path.clone(),
                    exchange: Arc::clone(&shown_by),
                })
                .collect();
            attempt.padding.required = lacking;
            match attempt.without(&[]).await {
                Acceptability::Accepted(_) | Acceptability::Unknown => return acceptance,
                Acceptability::Refused(exchange) => shown_by = exchange,
            }
        }
        let mut kept: Vec<PatchPath> = acceptance.required.iter().map(|one| one.path.clone()).collect();
        kept.extend(mapping.iter().flat_map(|mapping| mapping.matching()).map(|row| row.target.clone()));
        let unpublished =
            parts(&body).into_iter().filter(|part| !is_published(self.discovery, kind, part)).collect();
        let refused = RefusedBody { body: &body, shown_by, kept: &kept, unpublished };
        match search(&attempt, refused).await {
            Found::Unknown => {}
            Found::Nothing => acceptance.nothing = true,
            Found::Parts { refused, unclear, accepted } => {
                let usual = self.usual(kind);
                let told = |(path, exchange): (PatchPath, Arc<Exchange>)| {
                    let mut without = usual.clone();
                    leave_out(&mut without, &path);
                    Refused { kind, answer: answered(&exchange), usual: without != usual, path, exchange }
                };
                acceptance.refused = refused.into_iter().map(told).collect();
                acceptance.unclear = unclear.into_iter().map(|path| (kind, path)).collect();
                acceptance.not_kept = attempt.not_kept(&accepted).await;
                acceptance.made.push((kind, accepted));
            }
        }
        acceptance
    }

    /// The body that Entra's default mapping makes.
    fn usual(&self, kind: ResourceKind) -> Map<String, Value> {
        let Ok(mapping) = profiles::load(profiles::DEFAULT) else { return Map::new() };
        self.body_by(&mapping, kind, "usual").unwrap_or_default()
    }

    fn body_by(&self, mapping: &Mapping, kind: ResourceKind, key: &str) -> Option<Map<String, Value>> {
        let request = self.request_by(mapping, kind, key)?;
        request.json().and_then(|body| body.as_object().cloned())
    }

    /// The create of somebody by a mapping.
    pub(super) fn request_by(&self, mapping: &Mapping, kind: ResourceKind, key: &str) -> Option<Request> {
        mapping.object(kind.into())?;
        let values = self.values(mapping, kind, key);
        Some(self.writer.create(kind, &values, "preflight: what a create may carry"))
    }

    /// What a mapping gives somebody.
    pub(super) fn values(&self, mapping: &Mapping, kind: ResourceKind, key: &str) -> Vec<Assignment> {
        let Some(rows) = mapping.object(kind.into()) else { return Vec::new() };
        let dialect = self.writer.dialect.as_str();
        match kind {
            ResourceKind::User => {
                let person = suited::user(self.people.person(self.player, dialect, key), rows);
                let person = if self.with_role { with_role(person) } else { person };
                mapped::assignments(rows, Object::User(&person), false)
            }
            ResourceKind::Group => {
                let group = in_one_word(self.people.group(self.player, dialect, key));
                mapped::assignments(rows, Object::Group(&suited::group(group, rows)), false)
            }
        }
    }
}

/// The person with an app role.
fn with_role(person: User) -> User {
    let role = AppRole::new("5c1a0000-0000-4000-8000-000000000001", "editor", "Editor");
    person.clone().with("appRoleAssignments", SourceValue::Roles(vec![role])).unwrap_or(person)
}

/// The group with a name without spaces: a lookup that does not find it says something of filters, and nothing of
/// their values.
fn in_one_word(group: Group) -> Group {
    let Some(SourceValue::Text(name)) = group.get("displayName").map(Cow::into_owned) else { return group };
    group.clone().with("displayName", name.replace(' ', "-")).unwrap_or(group)
}

/// Creates of one resource type, each of somebody new.
pub(super) struct Attempt<'a, T, R> {
    trial: &'a Trial<'a, T, R>,
    kind: ResourceKind,
    padding: Adjustment,
    made: AtomicUsize,
}

impl<'a, T, R> Attempt<'a, T, R> {
    /// Nobody is created yet; `padding` says how creates are adjusted.
    pub(super) fn new(trial: &'a Trial<'a, T, R>, kind: ResourceKind, padding: Adjustment) -> Self {
        Attempt { trial, kind, padding, made: AtomicUsize::new(0) }
    }
}

impl<T: Target, R: Target> Creates for Attempt<'_, T, R> {
    /// Creates somebody new without these parts.
    async fn without(&self, omitted: &[PatchPath]) -> Acceptability {
        let number = self.made.fetch_add(1, Ordering::Relaxed) + 1;
        let Trial { target, recorder, mapping, .. } = self.trial;
        let key = format!("somebody-{number}");
        let Some(mut request) = self.trial.request_by(mapping, self.kind, &key) else {
            return Acceptability::Unknown;
        };
        request.actor = Actor::Probe;
        let mut adjustment = self.padding.clone();
        adjustment.refused.extend(omitted.iter().map(|path| (self.kind, path.clone())));
        self.trial.room.make(*target, *recorder).await;
        let Ok(answer) = target.send(adjustment.fit(request).provoked()).await else {
            return Acceptability::Unknown;
        };
        let Some(exchange) = recorder.last() else { return Acceptability::Unknown };
        if let Some(made) = self.trial.label.again(*target, recorder, &exchange).await {
            return Acceptability::Accepted(made);
        }
        match answer.status {
            200..=299 => Acceptability::Accepted(exchange),
            _ if answer.is_throttled() => Acceptability::Unknown,
            401 | 403 | 408 | 409 | 502 | 503 | 504 => Acceptability::Unknown,
            _ => Acceptability::Refused(exchange),
        }
    }
}

impl<T: Target, R: Target> Attempt<'_, T, R> {
    /// What an accepted create carried and a read does not show.
    async fn not_kept(&self, made: &Exchange) -> Vec<PatchPath> {
        let mapping = self.trial.mapping.object(ObjectKind::from(self.kind));
        let (Some(mapping), ResourceKind::User) = (mapping, self.kind) else { return Vec::new() };
        let id = made.made_id(self.kind);
        let (Some(sent), Some(id)) = (made.request.json(), id) else { return Vec::new() };
        let path = resource_path(self.kind, &id);
        let request = Request::new(Actor::Probe, Method::Get, path, "preflight: what a create leaves behind");
        let matching = mapping.matching().first().map(|row| row.target.clone());
        let is_shown = |answer: &Answer| {
            let held = answer.body.json().filter(|_| answer.is_success());
            held.is_some_and(|held| {
                matching.as_ref().is_none_or(|path| !reader::values(held, path).is_empty())
            })
        };
        let Trial { target, recorder, freshness, .. } = self.trial;
        let answer = freshness.read(*target, recorder, LateRead::ById, &request, is_shown).await;
        let Some(answer) = answer else { return Vec::new() };
        let Some(held) = answer.body.json().filter(|_| answer.is_success()) else { return Vec::new() };
        let differs = |row: &&AttributeMapping| {
            let (sent, held) = (reader::values(&sent, &row.target), reader::values(held, &row.target));
            !sent.is_empty()
                && (sent.len() != held.len()
                    || !sent.iter().zip(held).all(|(s, h)| reader::same(s, h, false)))
        };
        mapping.rows.iter().filter(differs).map(|row| row.target.clone()).collect()
    }
}
