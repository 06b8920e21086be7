//! What is asked once, before the scenario runs: is the target there, what can it do, which attributes does
//! it take, and so what can each scenario be played with.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use super::cleanup;
use super::observer::lookup;
use super::plan::Plan;
use super::preflight::abilities::{Abilities, Support};
use super::preflight::acceptance;
use super::preflight::acceptance::{Acceptance, CREATE_REFUSED};
use super::preflight::declared;
use super::preflight::{self, Refusal};
use super::purpose;
use super::target::deployment::{Deployment, Tenants};
use super::target::guard::Ownership;
use super::target::rate::{Paced, Rate};
use super::target::recorder::Recorder;
use super::target::stack::Stack;
use crate::check::{Finding, Skip};
use crate::entra::directory::ObjectKind;
use crate::entra::mapping::{AttributeMapping, Mapping};
use crate::people::People;
use crate::scenario::{Ability, Action, Need, Scenario};
use crate::scim::PatchPath;
use crate::scim::discovery::Discovery;
use crate::scim::urn;
use crate::wire::{Actor, Answer, Exchange, Method, Request, ResourceKind, Target};

/// How many people a scenario of the size `large` has when nobody says otherwise.
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
    /// Notes on attributes that the target was said to refuse and accepts.
    pub(super) accepted: Vec<Finding>,
    /// The scenario that is played even when every create is refused, and judges what of them is lost.
    pub(super) spokesman: Option<String>,
    /// Whether target paths can be filtered on that the profile does not promise.
    filters: HashMap<String, Support>,
    /// Every exchange so far.
    pub(super) trace: Vec<Arc<Exchange>>,
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
}

/// Asks all that. The deployment is closed before the scenario runs begin; `pauses` hears of each pause.
pub(super) async fn prepare<T: Target>(
    asking: Asking<'_>,
    deployment: Deployment<T>,
    pauses: Sender<Duration>,
) -> Result<Prepared, Refusal> {
    let Asking { plan, people, rate, ownership, tenants } = asking;
    let writer = plan.writer();
    let adjustment = Arc::new(purpose::adjustment(plan));
    let recorder = Recorder::new(Paced::new(deployment.target, rate));
    let stack = Stack::new(&recorder, &plan.retry_after, &plan.cancel, ownership, move |pause| {
        // Nobody listens only when the whole run is being dropped.
        let _ = pauses.send(pause);
    })
    .adjusted(Arc::clone(&adjustment));
    let probe = |kind: ResourceKind| {
        let object = match kind {
            ResourceKind::User => ObjectKind::User,
            ResourceKind::Group => ObjectKind::Group,
        };
        let row = plan.mapping.object(object)?.matching().first().map(|row| row.target.clone())?;
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
    let acceptance = match plan.whole_mapping {
        true => Acceptance::default(),
        false => acceptance::probe(&stack, &recorder, &writer, &mapping, people, &adjustment).await,
    };
    let accepted = match acceptance.nothing {
        true => Vec::new(),
        false => {
            let refuses = &adjustment.refused;
            declared::accepted(&stack, &recorder, &writer, &plan.mapping, refuses, people).await
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
        acceptance.refused.iter().map(|refused| (refused.path.clone(), refused.answer.clone())).collect();
    let refused: Vec<&str> = acceptance.refused.iter().map(|refused| refused.path.as_str()).collect();
    if let Ok(reduced) = mapping.without(&refused) {
        mapping = reduced;
    }
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
        acceptance,
        accepted,
        spokesman,
        filters,
        trace: recorder.trace(),
        left_behind,
    })
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
    ];
    for (ability, mut request) in questions {
        if !needed.contains(&ability) || *abilities.of(ability) != Support::Unknown {
            continue;
        }
        if ability == Ability::Search {
            let body = serde_json::json!({
                "schemas": [urn::SEARCH_REQUEST], "startIndex": 1, "count": 0
            });
            request = request.with_header("Content-Type", "application/scim+json").with_json(&body);
        }
        let what = format!("{} {}", request.method.as_str(), request.path);
        let known = match target.send(request.provoked()).await {
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

impl Prepared {
    /// Targets that a scenario does not judge where it can help it: the target does not keep them at all,
    /// and another scenario says so.
    pub(super) fn passed_over(&self, scenario: &Scenario) -> Vec<PatchPath> {
        if self.spokesman.as_deref() == Some(scenario.about.id.as_str()) {
            return Vec::new();
        }
        self.acceptance.not_kept.clone()
    }

    /// Why a scenario cannot be played, if it cannot.
    pub(super) fn obstacle(&self, plan: &Plan, scenario: &Scenario) -> Option<Skip> {
        if let Some(obstacle) = scenario.needs.iter().find_map(|need| self.unmet(plan, need)) {
            return Some(obstacle);
        }
        let user = self.discovery.schemas.get(urn::USER);
        if scenario.mapping.roles.is_some() && user.is_some_and(|user| user.attribute("roles").is_none()) {
            return Some(Skip::NotSupported("the published User schema has no roles".to_owned()));
        }
        if let Some(refused) = purpose::subject_refused(plan, scenario) {
            return Some(refused_on_purpose(refused));
        }
        if scenario.large && !plan.disposable && plan.max_users.is_none() {
            let why = "it needs many people; --max-users N sets how many are allowed".to_owned();
            return Some(Skip::NotConfigured(why));
        }
        let users = purpose::users(scenario, crowd_limit(plan, scenario));
        if let Some(most) = plan.max_users.filter(|most| users > *most) {
            let why = format!("it needs {users} users at once, and max-users allows {most}");
            return Some(Skip::NotConfigured(why));
        }
        let creates = scenario.timeline.iter().any(|step| {
            matches!(step.action, Action::Cycle | Action::OnDemand(_)) && !scenario.people.is_empty()
        });
        match &self.spokesman {
            Some(spokesman) if self.acceptance.nothing && creates && *spokesman != scenario.about.id => {
                Some(Skip::Blocked(format!("{CREATE_REFUSED}: the server rejects every create")))
            }
            _ => None,
        }
    }

    fn unmet(&self, plan: &Plan, need: &Need) -> Option<Skip> {
        let mapped = |name: &str| match (self.mapping.user.find(name), plan.mapping.user.find(name)) {
            (Some(_), _) => None,
            (None, Some(row)) if plan_refuses(plan, row) => Some(refused_on_purpose(&row.target)),
            (None, Some(row)) => {
                Some(Skip::Blocked(format!("{CREATE_REFUSED}: the server rejects {}", row.written)))
            }
            (None, None) => Some(Skip::NotConfigured(format!("{name} is not mapped"))),
        };
        match need {
            Need::Mapped(name) => mapped(name),
            Need::Filterable(name) => mapped(name).or_else(|| {
                let row = self.mapping.user.find(name)?;
                match self.filters.get(&row.written) {
                    Some(Support::No(skip)) => Some(skip.clone()),
                    _ => None,
                }
            }),
            Need::Published(name) => self.unpublished(plan, name),
            Need::Ability(ability) => match self.abilities.of(*ability) {
                Support::No(skip) => Some(skip.clone()),
                Support::Yes(_) | Support::Unknown => None,
            },
        }
    }
}

impl Prepared {
    /// Why an attribute cannot be asked of the target, if neither the profile maps it nor /Schemas publishes it.
    fn unpublished(&self, plan: &Plan, name: &str) -> Option<Skip> {
        let published = |path: &PatchPath| self.discovery.schemas.find_patch(path).is_some();
        let known = plan.mapping.user.find(name).is_some()
            || name.parse().is_ok_and(|path: PatchPath| published(&path));
        (!known).then(|| Skip::NotSupported(format!("neither /Schemas nor the mapping has {name}")))
    }
}

/// How many people may play one entry of a scenario. The crowds of a large one share what its other users leave of
/// the most that the target may hold.
pub(super) fn crowd_limit(plan: &Plan, scenario: &Scenario) -> Option<usize> {
    if !scenario.large {
        return None;
    }
    let crowds = scenario.people.values().filter(|person| person.many > 0).count().max(1);
    let others = purpose::users(scenario, Some(1)) - crowds.min(scenario.people.len());
    Some(plan.max_users.map_or(USUAL_CROWD, |most| (most.saturating_sub(others) / crowds).max(1)))
}

fn plan_refuses(plan: &Plan, row: &AttributeMapping) -> bool {
    purpose::adjustment(plan).refuses(ResourceKind::User, &row.target)
}

fn refused_on_purpose(path: &PatchPath) -> Skip {
    Skip::NotConfigured(format!("the target refuses {path} on purpose ([target] refuses)"))
}
