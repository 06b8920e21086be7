//! Job and oracle, which share no code, must agree: random scenarios are played against the embedded
//! server, and what stands there afterwards must be what the oracle says of the directory alone.
//!
//! `ORACLE_CASES` and `ORACLE_SEED` (0 to 255) play more and other scenarios; both are fixed otherwise.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use axum::body::Body as HttpBody;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use scimulate::entra::dialect::Dialect;
use scimulate::entra::directory::{Group, ObjectId, ObjectKind, Tenant, User};
use scimulate::entra::job::{Job, JobSettings, ResetScope};
use scimulate::entra::mapping::{
    Clause, FilterGroup, FlowType, Mapping, ObjectActions, ScopingFilter, TargetValue, profiles,
};
use scimulate::entra::oracle::{
    self, AccountFate, CycleKind, CycleView, Expected, ExpectedValue, Origin, Preexisting, ValueDemand,
};
use scimulate::entra::scope::Scope;
use scimulate::scim::urn;
use scimulate::server;
use scimulate::wire::{Actor, Answer, Body, Broken, Method, Request, Sent, Target};
use serde_json::{Value, json};
use tower::ServiceExt;

/// The embedded server without a socket.
struct InProcess {
    router: axum::Router,
    token: String,
    log: Mutex<Vec<String>>,
}

impl InProcess {
    fn new() -> Self {
        let settings = server::ServerSettings::default();
        let token = settings.token.clone();
        InProcess { router: server::router(settings), token, log: Mutex::default() }
    }

    async fn get(&self, path: String) -> Answer {
        self.send(Request::new(Actor::Observer, Method::Get, path, "look")).await.unwrap()
    }
}

impl Target for InProcess {
    async fn send(&self, request: Request) -> Result<Answer, Broken> {
        let line = format!("{:?}: {:?} {}", request.step, request.method, request.path_and_query());
        let line = format!("{line} {}", request.body.clone().unwrap_or_default());
        let mut http = http::Request::builder()
            .method(request.method.as_str())
            .uri(format!("/scim{}", request.path_and_query()))
            .header("authorization", format!("Bearer {}", self.token))
            .header("host", "localhost");
        for (name, value) in &request.headers {
            http = http.header(name, value);
        }
        let body = HttpBody::from(request.body.as_deref().unwrap_or_default().to_owned());
        let response = self.router.clone().oneshot(http.body(body).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        if request.actor == Actor::Entra {
            self.log.lock().unwrap().push(format!("{line} -> {status}"));
        }
        Ok(Answer { status, headers: Vec::new(), body: Body::new(bytes.to_vec()), elapsed: Duration::ZERO })
    }

    fn sent_as(&self, _: &Request) -> Sent {
        unreachable!("nothing records here")
    }
}

/// What can happen. People and groups are numbers; what makes no sense at its moment is left out.
#[derive(Debug, Clone)]
enum Event {
    Hire(usize),
    Found(usize),
    Assign(usize),
    Unassign(usize),
    Block(usize),
    Allow(usize),
    SoftDelete(usize),
    Restore(usize),
    Purge(usize),
    Title(usize, Option<&'static str>),
    Rename(usize, usize),
    Manager(usize, Option<usize>),
    Join(usize, usize),
    Leave(usize, usize),
    AssignGroup(usize),
    UnassignGroup(usize),
    Disband(usize),
    NameGroup(usize, &'static str),
    Days,
    Cycle,
    Restart(bool),
    OnDemand(usize),
}

const PEOPLE: usize = 3;
const GROUPS: usize = 2;

fn event() -> impl Strategy<Value = Event> {
    // Most scenarios need several things to happen to one person.
    let who = || prop_oneof![3 => Just(0), 2 => 0..PEOPLE];
    let group = || 0..GROUPS;
    prop_oneof![
        2 => who().prop_map(Event::Hire),
        1 => group().prop_map(Event::Found),
        3 => who().prop_map(Event::Assign),
        2 => who().prop_map(Event::Unassign),
        1 => who().prop_map(Event::Block),
        2 => who().prop_map(Event::Allow),
        1 => who().prop_map(Event::SoftDelete),
        1 => who().prop_map(Event::Restore),
        1 => who().prop_map(Event::Purge),
        2 => (who(), prop::sample::select(vec![None, Some("A"), Some("B")])).prop_map(|(w, t)| Event::Title(w, t)),
        1 => (who(), who()).prop_map(|(w, n)| Event::Rename(w, n)),
        4 => (who(), prop::option::weighted(0.6, who())).prop_map(|(w, m)| Event::Manager(w, m)),
        4 => (group(), who()).prop_map(|(g, w)| Event::Join(g, w)),
        2 => (group(), who()).prop_map(|(g, w)| Event::Leave(g, w)),
        2 => group().prop_map(Event::AssignGroup),
        1 => group().prop_map(Event::UnassignGroup),
        1 => group().prop_map(Event::Disband),
        1 => (group(), prop::sample::select(vec!["x", "y"])).prop_map(|(g, n)| Event::NameGroup(g, n)),
        1 => Just(Event::Days),
        9 => Just(Event::Cycle),
        1 => any::<bool>().prop_map(Event::Restart),
        1 => who().prop_map(Event::OnDemand),
    ]
}

/// Everybody but those of the title B: two groups of clauses, of which one is enough.
fn not_titled_b() -> ScopingFilter {
    let group = |operator: &str, value: Option<&str>| FilterGroup {
        name: String::new(),
        clauses: vec![Clause::read(ObjectKind::User, "jobTitle", operator, value).unwrap()],
    };
    let groups = vec![group("IS NULL", None), group("NOT EQUALS", Some("B"))];
    ScopingFilter { groups }
}

/// Target object actions; most jobs allow all of them.
fn actions() -> impl Strategy<Value = ObjectActions> {
    let flag = || prop::bool::weighted(0.9);
    (flag(), flag(), flag()).prop_map(|(create, update, delete)| ObjectActions { create, update, delete })
}

struct Play {
    tenant: Tenant,
    mapping: Mapping,
    job: Job,
    target: InProcess,
    history: Vec<CycleView>,
    people: [Option<ObjectId>; PEOPLE],
    groups: [Option<ObjectId>; GROUPS],
    /// The last account the job knew of each object.
    known: HashMap<ObjectId, String>,
    accounts: Vec<(Preexisting, String)>,
    made: usize,
    links_dropped: bool,
}

impl Play {
    fn new(dialect: Dialect, filtered: bool, flow: FlowType, actions: [ObjectActions; 2]) -> Self {
        let targets = ["userName", "active", "title", "externalId", "manager"];
        let mut mapping = profiles::load(profiles::DEFAULT).unwrap().only(&targets).unwrap();
        if filtered {
            mapping.user.filter = not_titled_b();
        }
        for row in mapping.user.rows.iter_mut().filter(|row| row.is("title")) {
            row.flow = flow;
        }
        let [users, groups] = actions;
        mapping.user.actions = users;
        if let Some(group) = &mut mapping.group {
            group.actions = groups;
        }
        Play {
            tenant: Tenant::new(),
            job: Job::new(JobSettings::new(mapping.clone(), Scope::Assigned, dialect)),
            mapping,
            target: InProcess::new(),
            history: Vec::new(),
            people: Default::default(),
            groups: Default::default(),
            known: HashMap::new(),
            accounts: Vec::new(),
            made: 0,
            links_dropped: false,
        }
    }

    /// Accounts of the first few names are there already.
    async fn populate(&mut self, accounts: &[usize]) {
        for number in accounts {
            let user_name = format!("USER{number}@example.com");
            let body = json!({"schemas": [urn::USER], "userName": user_name, "title": "Old"});
            let request = Request::new(Actor::Observer, Method::Post, "/Users", "populate").with_json(&body);
            let answer = self.target.send(request).await.unwrap();
            let values = vec![
                ("userName".to_owned(), json!(user_name)),
                ("title".to_owned(), json!("Old")),
                ("externalId".to_owned(), Value::Null),
                (format!("{}:manager", urn::ENTERPRISE), Value::Null),
            ];
            let account = Preexisting { key: format!("old-{number}"), kind: ObjectKind::User, values };
            self.accounts.push((account, text(answer.body.json().unwrap(), "id").to_owned()));
        }
    }

    fn next_id(&mut self) -> ObjectId {
        self.made += 1;
        ObjectId::new(&format!("object-{}", self.made))
    }

    fn person(&self, who: usize) -> Option<ObjectId> {
        self.people[who].clone().filter(|id| self.tenant.state().user(id).is_some())
    }

    fn team(&self, group: usize) -> Option<ObjectId> {
        self.groups[group].clone().filter(|id| self.tenant.state().group(id).is_some())
    }

    /// Refusals of the directory are part of the game.
    async fn act(&mut self, event: &Event) -> Option<()> {
        match event {
            Event::Hire(who) if self.person(*who).is_none() => {
                let user = User::new(self.next_id())
                    .with("userPrincipalName", format!("user{who}@example.com"))
                    .and_then(|user| user.with("mailNickname", format!("nick-{}", self.made)))
                    .unwrap();
                let id = self.tenant.add_user(user).ok()?;
                self.tenant.assign(&id).ok()?;
                self.people[*who] = Some(id);
            }
            Event::Hire(_) => {}
            Event::Found(group) if self.team(*group).is_none() => {
                let id = self.next_id();
                let id = self.tenant.add_group(Group::new(id, &format!("team-{}", self.made))).ok()?;
                self.tenant.assign(&id).ok()?;
                self.groups[*group] = Some(id);
            }
            Event::Found(_) => {}
            Event::Assign(who) => self.tenant.assign(&self.person(*who)?).ok()?,
            Event::Unassign(who) => self.tenant.unassign(&self.person(*who)?).ok()?,
            Event::Block(who) => self.tenant.set_account_enabled(&self.person(*who)?, false).ok()?,
            Event::Allow(who) => self.tenant.set_account_enabled(&self.person(*who)?, true).ok()?,
            Event::SoftDelete(who) => self.tenant.soft_delete(&self.person(*who)?).ok()?,
            Event::Restore(who) => self.tenant.restore(&self.person(*who)?).ok()?,
            Event::Purge(who) => self.tenant.purge(&self.person(*who)?).ok()?,
            Event::Title(who, title) => {
                self.tenant.set(&self.person(*who)?, "jobTitle", title.map(Into::into)).ok()?;
            }
            Event::Rename(who, name) => {
                let name = format!("user{name}@example.com").into();
                self.tenant.set(&self.person(*who)?, "userPrincipalName", Some(name)).ok()?;
            }
            Event::Manager(who, manager) => {
                let manager = match manager {
                    Some(manager) => Some(self.person(*manager)?),
                    None => None,
                };
                self.tenant.set_manager(&self.person(*who)?, manager).ok()?;
            }
            Event::Join(group, who) => {
                self.tenant.add_member(&self.team(*group)?, &self.person(*who)?).ok()?;
            }
            Event::Leave(group, who) => {
                self.tenant.remove_member(&self.team(*group)?, &self.person(*who)?).ok()?;
            }
            Event::AssignGroup(group) => self.tenant.assign(&self.team(*group)?).ok()?,
            Event::UnassignGroup(group) => self.tenant.unassign(&self.team(*group)?).ok()?,
            Event::Disband(group) => self.tenant.purge(&self.team(*group)?).ok()?,
            Event::NameGroup(group, name) => {
                let name = format!("team-{name}-{group}").as_str().into();
                self.tenant.set(&self.team(*group)?, "displayName", Some(name)).ok()?;
            }
            Event::Days => self.tenant.advance(16 * 24),
            Event::Cycle => self.cycle().await,
            Event::Restart(full) => {
                self.job.restart(if *full { ResetScope::FULL } else { ResetScope::PORTAL });
                self.links_dropped |= *full;
                self.cycle().await;
            }
            Event::OnDemand(who) => {
                let id = self.person(*who)?;
                let ids = vec![id];
                let report = self.job.on_demand(&self.tenant, &ids, &self.target).await;
                assert_eq!(report.stopped, None);
                self.after(CycleKind::OnDemand(ids));
            }
        }
        Some(())
    }

    async fn cycle(&mut self) {
        let report = self.job.cycle(&self.tenant, &self.target).await;
        assert_eq!(report.stopped, None);
        let dropped = std::mem::take(&mut self.links_dropped);
        self.after(match report.initial {
            true => CycleKind::Initial { links_dropped: dropped },
            false => CycleKind::Incremental,
        });
    }

    fn after(&mut self, kind: CycleKind) {
        let mut view = CycleView::new(self.tenant.state(), kind);
        if self.history.is_empty() {
            view.accounts = self.accounts.iter().map(|(account, _)| account.clone()).collect();
        }
        self.history.push(view);
        for (id, link) in self.job.links() {
            self.known.insert(id.clone(), link.target_id.clone());
        }
    }

    /// What differs from what the oracle says.
    async fn differences(&self) -> Vec<String> {
        let expectation = oracle::expected(&self.history, &self.mapping, &Scope::Assigned);
        let mut wrong = Vec::new();
        for (id, expected) in expectation.objects() {
            let endpoint = match self.known.get(id) {
                Some(target) if target_is_group(&self.history, id) => format!("/Groups/{target}"),
                Some(target) => format!("/Users/{target}"),
                None => String::new(),
            };
            match (expected, endpoint.is_empty()) {
                (Expected::Unjudged { .. }, _) | (Expected::Never { .. }, true) => {}
                (Expected::Never { why }, false) => wrong.push(format!("{id} has an account, but {why}")),
                (Expected::Gone | Expected::Present { .. }, true) => {
                    wrong.push(format!("{id} has no account, but {expected:?}"));
                }
                (Expected::Gone, false) => {
                    if self.target.get(endpoint).await.status != 404 {
                        wrong.push(format!("{id} is still there"));
                    }
                }
                (Expected::Present { origin, values }, false) => {
                    let answer = self.target.get(endpoint.clone()).await;
                    match answer.body.json().filter(|_| answer.status == 200) {
                        Some(resource) => {
                            wrong.extend(self.origin(id, origin, &endpoint));
                            wrong.extend(values.iter().filter_map(|value| self.compare(id, value, resource)));
                        }
                        None => wrong.push(format!("{id} is gone: {}", answer.status)),
                    }
                }
            }
        }
        for (account, target) in &self.accounts {
            if expectation.account(&account.key) == Some(&AccountFate::Untouched) {
                let answer = self.target.get(format!("/Users/{target}")).await;
                let title = answer.body.json().map(|resource| text(resource, "title").to_owned());
                if title.as_deref() != Some("Old") {
                    wrong.push(format!("{} was touched: {title:?}", account.key));
                }
            }
        }
        wrong
    }

    fn origin(&self, id: &ObjectId, origin: &Origin, endpoint: &str) -> Option<String> {
        let holder = self.accounts.iter().find(|(_, target)| endpoint == format!("/Users/{target}"));
        let holder = holder.map(|(account, _)| account.key.clone());
        let wanted = match origin {
            Origin::Created => None,
            Origin::Adopted(key) => Some(key.clone()),
        };
        (holder != wanted).then(|| format!("{id} has the account {holder:?} and not {wanted:?}"))
    }

    fn compare(&self, id: &ObjectId, value: &ExpectedValue, resource: &Value) -> Option<String> {
        let there = match &value.target.schema {
            Some(schema) => &resource[schema][&value.target.attribute],
            None => &resource[&value.target.attribute],
        };
        let target_of = |id: &ObjectId| self.known.get(id).cloned().unwrap_or_default();
        let right = match &value.standing {
            ValueDemand::Unjudged => true,
            ValueDemand::Absent => there.is_null(),
            ValueDemand::Equal(TargetValue::Text(wanted)) => {
                there.as_str().is_some_and(|there| there.eq_ignore_ascii_case(wanted))
            }
            ValueDemand::Equal(TargetValue::Boolean(wanted)) => there == wanted,
            ValueDemand::Equal(TargetValue::Reference(wanted)) => there["value"] == target_of(wanted),
            ValueDemand::Equal(other) => panic!("not mapped here: {other:?}"),
            ValueDemand::Members { present, absent, unjudged, closed } => {
                let there: Vec<&str> =
                    there.as_array().into_iter().flatten().map(|member| text(member, "value")).collect();
                let stands = |id: &ObjectId| there.contains(&target_of(id).as_str());
                let known: Vec<String> = present.iter().chain(unjudged).map(target_of).collect();
                present.iter().all(stands)
                    && !absent.iter().any(stands)
                    && (!closed || there.iter().all(|member| known.iter().any(|known| known == member)))
            }
        };
        (!right).then(|| {
            let known: Vec<_> = self.known.iter().map(|(id, target)| format!("{id}={target}")).collect();
            format!(
                "{id} {}: {:?}, but there is {there} ({})",
                value.written,
                value.standing,
                known.join(" ")
            )
        })
    }
}

fn target_is_group(history: &[CycleView], id: &ObjectId) -> bool {
    history.iter().any(|view| view.state.group(id).is_some())
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

async fn scenario(mut play: Play, accounts: &[usize], events: &[Event]) -> Result<(), TestCaseError> {
    play.populate(accounts).await;
    let everybody = (0..PEOPLE).map(Event::Hire).chain((0..GROUPS).map(Event::Found));
    let everybody: Vec<Event> = everybody.collect();
    for event in everybody.iter().chain(events).chain([&Event::Cycle]) {
        // What the directory refuses, or who is not there, changes nothing.
        let _ = play.act(event).await;
        if matches!(event, Event::Cycle | Event::Restart(_) | Event::OnDemand(_)) {
            let wrong = play.differences().await;
            let log = play.target.log.lock().unwrap().join("\n");
            prop_assert!(wrong.is_empty(), "{}\nafter {:?}\n{}", wrong.join("\n"), event, log);
        }
    }
    Ok(())
}

#[test]
fn the_job_leads_to_what_the_oracle_says() {
    let cases = std::env::var("ORACLE_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(60);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 4000, ..Config::default() };
    let seed = std::env::var("ORACLE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1_u8);
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let accounts = prop::sample::subsequence(vec![0, 1, 2], 0..=2);
    let dialect = prop::sample::select(vec![Dialect::Default, Dialect::AadOptscim062020]);
    let flow = prop::sample::select(vec![
        FlowType::Always,
        FlowType::Always,
        FlowType::ObjectAddOnly,
        FlowType::AttributeAddOnly,
    ]);
    let settings = (dialect, any::<bool>(), flow, [actions(), actions()]);
    let scenarios = (settings, accounts, prop::collection::vec(event(), 1..40));
    let outcome = runner.run(&scenarios, |((dialect, filtered, flow, actions), accounts, events)| {
        runtime.block_on(scenario(Play::new(dialect, filtered, flow, actions), &accounts, &events))
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}
