//! What is asked once, before the scenario runs: is the target there, what can it do, which attributes does
//! it take, and so what can each scenario be played with.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use serde_json::Value;

use super::cleanup;
use super::observer::{lookup, reader, resources_in};
use super::plan::Plan;
use super::preflight::abilities::{Abilities, Support};
use super::preflight::acceptance::{Acceptance, Trial};
use super::preflight::besides;
use super::preflight::declared;
use super::preflight::freshness::Freshness;
use super::preflight::media_type::LabelTrial;
use super::preflight::room::Room;
use super::preflight::updates::{self, Updates};
use super::preflight::{self, Refusal};
use super::purpose;
use super::target::adjustment::Adjustment;
use super::target::deployment::{Deployment, Tenants};
use super::target::guard::Ownership;
use super::target::lag::{Lag, LateRead, Settled};
use super::target::lookups::BrokenLookups;
use super::target::media_type::{Labelled, MediaType};
use super::target::rate::{Paced, Rate};
use super::target::recorder::Recorder;
use super::target::stack::Stack;
use super::verdict::report::CheckResult;
use crate::check::{Finding, Outcome, Skip};
use crate::entra::dialect::Writer;
use crate::entra::mapping::Mapping;
use crate::people::People;
use crate::scenario::{Ability, Action, Need, Scenario};
use crate::scim::discovery::Discovery;
use crate::scim::urn;
use crate::wire::{Actor, Answer, Exchange, Method, Operation, Request, ResourceKind, Target, id_of};

/// How many people a scenario of the size `large` has by default.
const USUAL_CROWD: usize = 30;

/// What is known before the scenario runs begin.
pub(super) struct Prepared {
    /// What the target publishes.
    pub(super) discovery: Discovery,
    /// What it can do.
    pub(super) abilities: Arc<Abilities>,
    /// The profile's mapping without what the target does not take.
    pub(super) mapping: Mapping,
    /// What the target said to a create of everything.
    pub(super) acceptance: Acceptance,
    /// How creates are sent because of that.
    pub(super) adjustment: Arc<Adjustment>,
    /// What it said to an update of everything.
    pub(super) updates: Updates,
    /// Notes on attributes that the target was said to refuse and accepts.
    pub(super) accepted: Vec<Finding>,
    /// The scenario that is played even when every create is refused, and judges what of them is lost.
    pub(super) spokesman: Option<String>,
    /// Whether target paths can be filtered on that the profile does not promise.
    pub(super) filters: HashMap<String, Support>,
    /// Every exchange so far.
    pub(super) trace: Vec<Arc<Exchange>>,
    /// Attributes by which the target does not find what it should.
    pub(super) broken_lookups: BrokenLookups,
    /// Which reads show a write late.
    pub(super) freshness: Freshness,
    /// What could not be removed.
    pub(super) left_behind: Vec<cleanup::Left>,
}

/// What is asked with.
pub(super) struct Asking<'a> {
    pub(super) plan: &'a Plan,
    pub(super) people: &'a People,
    /// The rate that the target bears.
    pub(super) rate: Arc<Rate>,
    /// What is known of the objects at the target.
    pub(super) ownership: Arc<Ownership>,
    pub(super) tenants: Tenants,
    /// Under which media type bodies are sent; set for the whole run.
    pub(super) media_type: Arc<MediaType>,
    /// When its reads show what was written; set for the whole run.
    pub(super) lag: Arc<Lag>,
}

/// Asks all that. The deployment is closed before the scenario runs begin; `pauses` hears of each pause.
pub(super) async fn prepare<T: Target>(
    asking: Asking<'_>,
    deployment: Deployment<T>,
    pauses: Sender<Duration>,
) -> Result<Prepared, Refusal> {
    let Asking { plan, people, rate, ownership, tenants, media_type: label, lag } = asking;
    let freshness = Freshness::of(&lag, plan.read_limit);
    let writer = plan.writer();
    let adjustment = Arc::new(purpose::adjustment(plan));
    let labelled = Labelled::new(deployment.target, Arc::clone(&label));
    let recorder = Recorder::new(Paced::new(Settled::new(labelled, lag), rate));
    let stack = Stack::new(&recorder, &plan.wait_limit, &plan.cancel, ownership, move |pause| {
        // Nobody listens only when the whole run is being dropped.
        let _ = pauses.send(pause);
    })
    .adjusted(Arc::clone(&adjustment));
    let probe = |kind: ResourceKind| {
        let row = plan.mapping.object(kind.into())?.matching().first().map(|row| row.target.clone())?;
        let nobody = uuid::Uuid::new_v4().to_string();
        Some(writer.probe(kind, &row, &nobody, format!("preflight: {}", kind.endpoint())))
    };
    let user_probe = probe(ResourceKind::User).ok_or_else(|| {
        preflight::refusal(
            "the mapping has no matching attribute for users",
            "add `match: 1` to a row of the profile",
        )
    })?;
    let second_probe = user_probe.clone();
    let ready =
        preflight::inspect(&stack, &deployment.base_url, user_probe, probe(ResourceKind::Group)).await?;
    let asks_second = plan
        .scenarios
        .iter()
        .flat_map(|scenario| &scenario.needs)
        .any(|need| matches!(need, Need::Ability(Ability::SecondTenant)));
    if asks_second && tenants != Tenants::One {
        preflight::second(&stack, second_probe).await?;
    }
    let mut abilities = ready.abilities;
    if plan.mapping.group.is_none() {
        let known = Support::No(Skip::NotConfigured("the mapping provisions no groups".to_owned()));
        abilities.abilities.retain(|(ability, _)| *ability != Ability::Groups);
        abilities.abilities.insert(0, (Ability::Groups, known));
    }
    ask_for_abilities(plan, &stack, &mut abilities).await;
    let second = match tenants {
        Tenants::Two { .. } => Support::Yes("--second-target names a second tenant".to_owned()),
        Tenants::One => {
            Support::No(Skip::NotConfigured("no second tenant is set (--second-target)".to_owned()))
        }
    };
    abilities.abilities.push((Ability::SecondTenant, second));
    let mut mapping = purpose::without_refused(plan, &plan.mapping);
    if !plan.whole_mapping && matches!(abilities.of(Ability::Groups), Support::No(_)) {
        mapping.group = None;
    }
    let filters = ask_for_filters(plan, &stack).await;
    let room = Room::for_users(plan.max_users);
    let mut acceptance = Acceptance::default();
    let mut updates = Updates::default();
    let mut broken_lookups = BrokenLookups::default();
    if !plan.whole_mapping {
        let trial = Trial {
            player: "preflight/create",
            target: &stack,
            recorder: &recorder,
            writer: &writer,
            mapping: &mapping,
            people,
            discovery: &ready.discovery,
            adjustment: &adjustment,
            label: LabelTrial::of(&label),
            room,
            freshness: &freshness,
            with_role: false,
        };
        let groups = !matches!(abilities.of(Ability::Groups), Support::No(_));
        acceptance = trial.run(groups).await;
        // An update changes what they are looked up by.
        broken_lookups = ask_whether_filters_apply(plan, &stack, &recorder, &writer, &freshness).await;
        updates = updates::ask(&trial, &acceptance).await;
        let known = Adjustment {
            refused: [adjustment.refused.clone(), acceptance.adjustment().refused].concat(),
            ..Adjustment::default()
        };
        let rows = besides::rows(&plan.scenarios, &plan.mapping, &acceptance, &ready.discovery, &known);
        acceptance.refused.extend(besides::refused(&trial, &acceptance, rows).await);
    }
    let accepted = match acceptance.nothing {
        true => Vec::new(),
        false => {
            let refuses = &adjustment.refused;
            let target = stack.unadjusted();
            declared::accepted(target, &recorder, &writer, &plan.mapping, refuses, people, room).await
        }
    };
    let etags = ready.discovery.supports("etag").is_none()
        && recorder.trace().iter().any(|exchange| {
            exchange.operation.kind().is_some()
                && exchange.succeeded()
                && exchange.answer().is_some_and(|answer| answer.header("etag").is_some())
                // Web frameworks label whatever they answer; a version of the resource is SCIM's.
                && exchange.json().is_some_and(|body| body.pointer("/meta/version").is_some())
        });
    if etags {
        let known = Support::Yes("responses have ETag and meta.version".to_owned());
        abilities.abilities.retain(|(ability, _)| *ability != Ability::Etag);
        abilities.abilities.push((Ability::Etag, known));
    }
    abilities.refused =
        acceptance.refused.iter().map(|refused| (refused.path.to_string(), refused.answer.clone())).collect();
    mapping = acceptance.reduced(&mapping);
    updates.reduce(&mut mapping);
    let left_behind = cleanup::remove(&stack, || recorder.trace(), &[]).await;
    stack.look_again().await;
    // With half of the answers nothing can be said of what the target can do.
    if let Some(refusal) = preflight::unfinished(&deployment.base_url, &stack.sighting()) {
        let left_behind = left_behind.into_iter().map(|left| left.line).collect();
        return Err(Refusal { left_behind, ..refusal });
    }
    let spokesman = spokesman(plan);
    Ok(Prepared {
        discovery: ready.discovery,
        abilities: Arc::new(abilities),
        mapping,
        adjustment: Arc::new(Adjustment {
            refused: [adjustment.refused.clone(), acceptance.adjustment().refused].concat(),
            one_operation_each: updates.together.is_some(),
            ..acceptance.adjustment()
        }),
        acceptance,
        updates,
        accepted,
        spokesman,
        filters,
        broken_lookups,
        freshness,
        trace: recorder.trace(),
        left_behind,
    })
}

/// Looks up a value that no object has, and the value of an object that the run created. An ignored filter shows only
/// while such an object exists. The rules judge the answers; returned are the matching attributes whose filters do not
/// find what they should.
async fn ask_whether_filters_apply<T: Target>(
    plan: &Plan,
    stack: &Stack<'_, T>,
    recorder: &Recorder<T>,
    writer: &Writer,
    freshness: &Freshness,
) -> BrokenLookups {
    let mut broken = BrokenLookups::default();
    for kind in [ResourceKind::User, ResourceKind::Group] {
        let mapping = plan.mapping.object(kind.into());
        let Some(row) = mapping.and_then(|mapping| mapping.matching().first().copied()) else { continue };
        let trace = recorder.trace();
        let Some((id, created)) = alive(kind, &trace) else { continue };
        let value = created.request.json().and_then(|body| {
            reader::values(&body, &row.target).into_iter().find_map(Value::as_str).map(str::to_owned)
        });
        let nobody = uuid::Uuid::new_v4().to_string();
        let questions = [(Some(nobody), None), (value, Some(id))];
        let mut is_right = true;
        for (value, expected) in questions {
            let Some(value) = value else { continue };
            let question =
                writer.lookup(kind, &row.target, &value, format!("preflight: {}", kind.endpoint()));
            let wanted: Vec<_> = expected.into_iter().map(Some).collect();
            let is_found = |answer: &Answer| {
                let found = answer.body.json().filter(|_| answer.is_success()).and_then(resources_in);
                let found: Option<Vec<_>> = found.map(|found| found.into_iter().map(id_of).collect());
                found.as_ref() == Some(&wanted)
            };
            // Nobody is to be found by a value that no object has, now or later.
            let is_settled = |answer: &Answer| is_found(answer) || wanted.is_empty();
            let answer = freshness.read(stack, recorder, LateRead::Query, &question, is_settled).await;
            let Some(answer) = answer else { continue };
            is_right &= is_found(&answer);
        }
        if !is_right {
            broken.0.push((kind, row.target.clone()));
        }
    }
    broken
}

/// The last resource of the run that was not deleted: its id, and the create.
fn alive(kind: ResourceKind, trace: &[Arc<Exchange>]) -> Option<(String, &Arc<Exchange>)> {
    let is_deleted = |id: &str| {
        trace.iter().any(|exchange| {
            exchange.succeeded()
                && matches!(&exchange.operation, Operation::Delete(of, deleted) if *of == kind && deleted == id)
        })
    };
    let created = trace.iter().rev().filter(|exchange| exchange.operation == Operation::Create(kind));
    created.filter_map(|exchange| Some((exchange.made_id(kind)?, exchange))).find(|(id, _)| !is_deleted(id))
}

/// The scenario that is best suited to say what is lost of a create: the shortest with a cycle.
fn spokesman(plan: &Plan) -> Option<String> {
    let plays_a_cycle = |scenario: &&Arc<Scenario>| {
        scenario.needs.is_empty()
            && scenario.groups.is_empty()
            && scenario.timeline.iter().any(|step| matches!(step.action, Action::Cycle))
    };
    let shortest = plan.scenarios.iter().filter(plays_a_cycle).min_by_key(|scenario| {
        let explains = scenario.timeline.iter().any(|step| matches!(step.action, Action::ExpectMirrored(_)));
        (!explains, scenario.people.len() + scenario.accounts.len(), scenario.timeline.len())
    });
    shortest.or_else(|| plan.scenarios.first()).map(|scenario| scenario.about.id.clone())
}

/// Asks for what no document tells, if a scenario needs it.
async fn ask_for_abilities<T: Target>(plan: &Plan, target: &T, abilities: &mut Abilities) {
    let needed: HashSet<Ability> = plan
        .scenarios
        .iter()
        .flat_map(|scenario| &scenario.needs)
        .filter_map(|need| match need {
            Need::Ability(ability) => Some(*ability),
            _ => None,
        })
        .collect();
    let questions = [
        (Ability::Search, Request::new(Actor::Probe, Method::Post, "/Users/.search", "preflight: .search")),
        (Ability::Me, Request::new(Actor::Probe, Method::Get, "/Me", "preflight: /Me")),
        (Ability::Bulk, Request::new(Actor::Probe, Method::Post, "/Bulk", "preflight: /Bulk")),
    ];
    for (ability, mut request) in questions {
        // What is announced may be missing all the same; Entra does not use it.
        let open = match abilities.of(ability) {
            Support::Unknown => true,
            Support::Yes(_) => ability == Ability::Bulk,
            Support::No(_) => false,
        };
        if !needed.contains(&ability) || !open {
            continue;
        }
        let body = match ability {
            Ability::Search => {
                Some(serde_json::json!({ "schemas": [urn::SEARCH_REQUEST], "startIndex": 1, "count": 0 }))
            }
            Ability::Bulk => Some(serde_json::json!({ "schemas": [urn::BULK_REQUEST], "Operations": [] })),
            _ => None,
        };
        if let Some(body) = body {
            request = request.with_header("Content-Type", "application/scim+json").with_json(&body);
        }
        let what = format!("{} {}", request.method.as_str(), request.path);
        let known = match target.send(request.provoked()).await {
            // A server that has the route and does not serve it breaks what it announced, and scenarios say so.
            Ok(Answer { status: 405 | 501, .. }) if ability == Ability::Bulk => continue,
            Ok(Answer { status: 404 | 405 | 501, .. }) => {
                Support::No(Skip::NotSupported(format!("the server does not have {what}")))
            }
            Ok(answer) if answer.is_success() => Support::Yes(format!("{what} returns {}", answer.status)),
            _ => Support::Unknown,
        };
        abilities.abilities.retain(|(other, _)| *other != ability);
        abilities.abilities.push((ability, known));
    }
}

/// Asks whether the target filters on attributes that scenarios need and the profile does not promise.
async fn ask_for_filters<T: Target>(plan: &Plan, target: &T) -> HashMap<String, Support> {
    let mut filters = HashMap::new();
    for need in plan.scenarios.iter().flat_map(|scenario| &scenario.needs) {
        let Need::Filterable(name) = need else { continue };
        let Some(row) = plan.mapping.user.find(name) else { continue };
        if row.is_filterable() || filters.contains_key(&row.written) {
            continue;
        }
        let nobody = uuid::Uuid::new_v4().to_string();
        let step = format!("preflight: filter on {}", row.written);
        let question = lookup(Actor::Probe, ResourceKind::User, &row.target, &nobody, &step);
        let known = match target.send(question.provoked()).await {
            Ok(answer) if answer.is_success() => Support::Yes("the server accepts such a filter".to_owned()),
            Ok(Answer { status: status @ (400 | 403 | 501), .. }) => Support::No(Skip::NotSupported(
                format!("a filter on {} returns {status}, and the profile does not promise it", row.written),
            )),
            _ => Support::Unknown,
        };
        filters.insert(row.written.clone(), known);
    }
    filters
}

/// How many people may play one entry of a scenario; `None` for as many as it says. The crowds of a large one share what its other users leave of
/// the most that the target may hold.
pub(super) fn crowd_limit(plan: &Plan, scenario: &Scenario) -> Option<usize> {
    if !scenario.large {
        return None;
    }
    let crowds = scenario.people.values().filter(|person| person.many > 0).count().max(1);
    let others = purpose::users(scenario, Some(1)) - crowds.min(scenario.people.len());
    let usual = scenario.people.values().filter_map(|person| person.usually).max().unwrap_or(USUAL_CROWD);
    let usual = usual.min(plan.largest_crowd.unwrap_or(usual));
    Some(plan.max_users.map_or(usual, |most| (most.saturating_sub(others) / crowds).max(1)))
}

/// The most users of the run that were at the target when all users were listed, in the scenarios that were played.
pub(super) fn listed(plan: &Plan, checks: &[CheckResult]) -> Option<usize> {
    let lists = |scenario: &&Arc<Scenario>| {
        scenario.timeline.iter().any(|step| matches!(step.action, Action::Discover { .. }))
    };
    let is_played = |scenario: &&Arc<Scenario>| {
        let mut results = checks.iter().filter(|check| check.id == scenario.about.id);
        results.any(|check| !matches!(check.outcome, Outcome::Skipped(_)))
    };
    let listing = plan.scenarios.iter().filter(lists).filter(is_played);
    listing.map(|scenario| purpose::users(scenario, crowd_limit(plan, scenario))).max()
}
