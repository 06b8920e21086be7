//! Which mapped attributes the target takes in a create.
//!
//! A server that refuses the full body would fail every scenario. So the full create is tried once; if it
//! is refused, the largest accepted body is looked for, and the scenarios go on with that.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::check::{Finding, Level};
use crate::entra::dialect::Writer;
use crate::entra::directory::Object;
use crate::entra::mapping::{AttributeMapping, Mapping};
use crate::people::People;
use crate::rules;
use crate::run::observer::reader;
use crate::run::observer::resource_path;
use crate::run::steps::answers::answered;
use crate::run::steps::mapped;
use crate::run::target::adjustment::Adjustment;
use crate::run::target::recorder::Recorder;
use crate::scim::PatchPath;
use crate::scim::discovery::Discovery;
use crate::wire::{Actor, Exchange, Method, Request, ResourceKind, Target};

/// The rule under which refused attributes are told.
pub(in crate::run) const CREATE_REFUSED: &str = "rules/create-refused";

/// A mapped attribute that the target refuses.
#[derive(Debug, Clone)]
pub(in crate::run) struct Refused {
    /// The mapping's target as written.
    pub(in crate::run) path: String,
    /// Status and words of the refusal.
    pub(in crate::run) answer: String,
    /// The exchange that shows it: the accepted body with this attribute added.
    pub(in crate::run) exchange: Arc<Exchange>,
}

/// What came of it.
#[derive(Debug, Clone, Default)]
pub(in crate::run) struct Acceptance {
    /// What is refused on its own, in the mapping's order.
    pub(in crate::run) refused: Vec<Refused>,
    /// Not even the smallest body is accepted.
    pub(in crate::run) nothing: bool,
    /// Mapping targets that were accepted and did not stand there afterwards as they were sent. Every
    /// scenario would complain about them; so only those do whose subject they are.
    pub(in crate::run) not_kept: Vec<PatchPath>,
}

impl Acceptance {
    /// One finding for each refused attribute, under the rule about refused creates. As that rule says,
    /// what the target does not publish it may refuse.
    pub(in crate::run) fn findings(&self, discovery: &Discovery) -> Vec<Finding> {
        let Some(rule) = rules::find(CREATE_REFUSED) else { return Vec::new() };
        let about = rule.about();
        let published = |path: &str| {
            path.parse().is_ok_and(|path: PatchPath| discovery.schemas.find_patch(&path).is_some())
        };
        self.refused
            .iter()
            .map(|refused| {
                let status = refused.answer.split(' ').next().unwrap_or_default();
                let message = format!(
                    "the server rejects a create ({status}) as soon as it contains {}; all scenarios are \
                     played without it",
                    refused.path
                );
                let level = match discovery.schemas.is_empty() || published(&refused.path) {
                    true => about.level,
                    false => Level::Note,
                };
                Finding::of(about, message)
                    .at(level)
                    .concerning(&refused.path)
                    .against(format!("201 for a body with {}", refused.path), &refused.answer)
                    .shown_by(&refused.exchange)
            })
            .collect()
    }
}

/// The mapping without what the target refuses in a create, and the refused targets as written; `None`
/// when no create is accepted. People of `scenario` are created through the recorder; removing them is the
/// caller's.
pub async fn reduced<T: Target>(
    recorder: &Recorder<T>,
    writer: &Writer,
    mapping: &Mapping,
    people: &People,
    player: &str,
) -> Option<(Mapping, Vec<String>)> {
    let takes_all = Adjustment::default();
    let acceptance = probe_as(player, recorder, recorder, writer, mapping, people, &takes_all).await;
    let refused: Vec<String> = acceptance.refused.into_iter().map(|refused| refused.path).collect();
    let reduced = mapping.without(&refused).ok()?;
    (!acceptance.nothing).then_some((reduced, refused))
}

/// Creates one person after the other until it is known what is accepted. Removing them is the caller's.
pub(in crate::run) async fn probe<T: Target, R: Target>(
    target: &T,
    recorder: &Recorder<R>,
    writer: &Writer,
    mapping: &Mapping,
    people: &People,
    adjustment: &Adjustment,
) -> Acceptance {
    probe_as("preflight/create", target, recorder, writer, mapping, people, adjustment).await
}

async fn probe_as<T: Target, R: Target>(
    player: &str,
    target: &T,
    recorder: &Recorder<R>,
    writer: &Writer,
    mapping: &Mapping,
    people: &People,
    adjustment: &Adjustment,
) -> Acceptance {
    let rows = &mapping.user.rows;
    let attempt =
        Attempt { player, target, recorder, writer, mapping, people, adjustment, made: AtomicUsize::new(0) };
    match attempt.create(&[]).await {
        Acceptability::Accepted(made) => {
            return Acceptance { not_kept: attempt.not_kept(&made).await, ..Acceptance::default() };
        }
        Acceptability::Unknown => return Acceptance::default(),
        Acceptability::Refused(_) => {}
    }
    // Those that are refused most often go first; matching attributes and `active` stay.
    let mut optional: Vec<usize> = (0..rows.len())
        .filter(|index| rows[*index].matching.is_none() && !rows[*index].is_active())
        .filter(|index| !rows[*index].is_reference())
        .collect();
    optional.sort_by_key(|index| suspicion(&rows[*index]));
    let mut dropped: Vec<usize> = Vec::new();
    let mut accepted = None;
    for index in optional {
        dropped.push(index);
        match attempt.create(&dropped).await {
            Acceptability::Accepted(made) => {
                accepted = Some(made);
                break;
            }
            Acceptability::Refused(_) => {}
            Acceptability::Unknown => return Acceptance::default(),
        }
    }
    let Some(mut accepted) = accepted else {
        return Acceptance { nothing: true, ..Acceptance::default() };
    };
    // Each comes back unless it is what the target refuses.
    let mut refused: Vec<(usize, Refused)> = Vec::new();
    for index in dropped.clone() {
        let rest: Vec<usize> = dropped.iter().copied().filter(|other| *other != index).collect();
        match attempt.create(&rest).await {
            Acceptability::Accepted(made) => {
                dropped = rest;
                accepted = made;
            }
            Acceptability::Refused(exchange) => {
                let path = rows[index].written.clone();
                refused.push((index, Refused { path, answer: answered(&exchange), exchange }));
            }
            Acceptability::Unknown => return Acceptance::default(),
        }
    }
    refused.sort_by_key(|(index, _)| *index);
    Acceptance {
        refused: refused.into_iter().map(|(_, refused)| refused).collect(),
        nothing: false,
        not_kept: attempt.not_kept(&accepted).await,
    }
}

enum Acceptability {
    Accepted(Arc<Exchange>),
    Refused(Arc<Exchange>),
    /// Nothing can be concluded: no answer, too many requests, or a conflict.
    Unknown,
}

struct Attempt<'a, T, R> {
    player: &'a str,
    target: &'a T,
    recorder: &'a Recorder<R>,
    writer: &'a Writer,
    mapping: &'a Mapping,
    people: &'a People,
    /// What is left out without being tried.
    adjustment: &'a Adjustment,
    made: AtomicUsize,
}

impl<T: Target, R: Target> Attempt<'_, T, R> {
    /// Creates somebody new without the rows at these places.
    async fn create(&self, without: &[usize]) -> Acceptability {
        let number = self.made.fetch_add(1, Ordering::Relaxed) + 1;
        let key = format!("somebody-{number}");
        let person = self.people.person(self.player, self.writer.dialect.as_str(), &key);
        let dropped: Vec<_> = without.iter().map(|index| &self.mapping.user.rows[*index].target).collect();
        let mut values = mapped::assignments(&self.mapping.user, Object::User(&person), false);
        values.retain(|(path, _)| !dropped.contains(&path));
        let step = "preflight: what a create may carry";
        let mut request = self.writer.create(ResourceKind::User, &values, step);
        request.actor = Actor::Probe;
        request = self.adjustment.fit(request);
        let Ok(answer) = self.target.send(request.provoked()).await else { return Acceptability::Unknown };
        let Some(exchange) = self.recorder.last() else { return Acceptability::Unknown };
        match answer.status {
            200..=299 => Acceptability::Accepted(exchange),
            _ if answer.is_throttled() => Acceptability::Unknown,
            401 | 403 | 408 | 409 => Acceptability::Unknown,
            _ => Acceptability::Refused(exchange),
        }
    }

    /// What an accepted create carried and a read does not show.
    async fn not_kept(&self, made: &Exchange) -> Vec<PatchPath> {
        let id = made.made_id(ResourceKind::User);
        let (Some(sent), Some(id)) = (made.request.json(), id) else { return Vec::new() };
        let path = resource_path(ResourceKind::User, &id);
        let request = Request::new(Actor::Probe, Method::Get, path, "preflight: what a create leaves behind");
        let Ok(answer) = self.target.send(request).await else { return Vec::new() };
        let Some(held) = answer.body.json().filter(|_| answer.is_success()) else { return Vec::new() };
        let differs = |row: &&AttributeMapping| {
            let (sent, held) = (reader::values(&sent, &row.target), reader::values(held, &row.target));
            !sent.is_empty()
                && (sent.len() != held.len()
                    || !sent.iter().zip(held).all(|(s, h)| reader::same(s, h, false)))
        };
        self.mapping.user.rows.iter().filter(differs).map(|row| row.target.clone()).collect()
    }
}

/// How soon a row is left out: extensions and lists are refused more often than names.
fn suspicion(row: &AttributeMapping) -> u8 {
    match row.target.attribute.to_ascii_lowercase().as_str() {
        _ if row.target.schema.is_some() => 0,
        "addresses" | "phonenumbers" | "roles" => 1,
        "preferredlanguage" | "title" | "usertype" => 2,
        "externalid" | "displayname" => 3,
        "emails" => 4,
        _ => 5,
    }
}
