//! Under a clock that stands still until everybody waits: what is measured does not depend on the machine.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Mutex;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::*;
use crate::entra::dialect::{Dialect, Switches};
use crate::entra::mapping::profiles;
use crate::people;
use crate::run::target::journal;
use crate::wire::{Actor, Answer, Broken, Method, Operation, Request, ResourceKind, Sent};

/// A small server in this process, with the ways to be slow and wrong that the gate must see.
#[derive(Default)]
struct Service {
    /// How long an answer takes.
    time: Duration,
    /// One request is worked off after the other.
    lane: Option<tokio::sync::Mutex<()>>,
    /// The first request of the load takes so long, in its lane.
    stall: Mutex<Option<Duration>>,
    /// Entra's requests beyond so many in a second are answered 429.
    limit: Option<usize>,
    retry_after: Option<&'static str>,
    /// What every n-th request of a kind under load is answered.
    answers: Option<(Method, usize, u16)>,
    /// A PATCH of a group writes back what it read so long ago.
    race: Option<Duration>,
    /// A create that carries this member is refused.
    refuses: Option<&'static str>,
    /// Groups are shown without members.
    hides_members: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    users: BTreeMap<String, Value>,
    groups: BTreeMap<String, BTreeSet<String>>,
    begun: VecDeque<Instant>,
    counted: usize,
    made: usize,
    deleted: usize,
    open_loop: usize,
    sent: Vec<Request>,
}

fn answer(status: u16, body: Value) -> Result<Answer, Broken> {
    Ok(Answer::json(status, &body))
}

impl Service {
    fn is_throttled(&self, request: &Request) -> bool {
        let Some(limit) = self.limit.filter(|_| request.actor == Actor::Entra) else { return false };
        let mut state = self.state.lock().unwrap();
        while state.begun.front().is_some_and(|at| at.elapsed() >= Duration::from_secs(1)) {
            state.begun.pop_front();
        }
        let full = state.begun.len() >= limit;
        if !full {
            state.begun.push_back(Instant::now());
        }
        full
    }

    /// True once the load has begun: the rehearsal is over.
    fn in_open_loop(&self, request: &Request) -> bool {
        let mut state = self.state.lock().unwrap();
        state.sent.push(request.clone());
        let recruit = request.method == Method::Post && state.made >= 21;
        state.open_loop += usize::from(recruit || state.open_loop > 0);
        state.open_loop > 0
    }

    async fn served(&self, request: &Request) -> Result<Answer, Broken> {
        let mut stale = None;
        if let (Operation::Modify(ResourceKind::Group, id), Some(race)) = (Operation::of(request), self.race)
        {
            stale = self.state.lock().unwrap().groups.get(&id).cloned().map(|members| (id, members));
            sleep(race).await;
        }
        if let (Method::Post, Some(member)) = (request.method, self.refuses)
            && request.json().unwrap().get(member).is_some()
        {
            return answer(400, json!({}));
        }
        let state = &mut *self.state.lock().unwrap();
        if let Some((id, members)) = stale {
            state.groups.insert(id, members);
        }
        let list =
            |found: Vec<Value>| answer(200, json!({ "totalResults": found.len(), "Resources": found }));
        match Operation::of(request) {
            Operation::Create(kind) => {
                state.made += 1;
                let id = state.made.to_string();
                let mut body = request.json().unwrap();
                body["id"] = json!(id);
                match kind {
                    ResourceKind::User => state.users.insert(id, body.clone()).is_none(),
                    ResourceKind::Group => state.groups.insert(id, BTreeSet::new()).is_none(),
                };
                answer(201, body)
            }
            Operation::Query { filter, .. } => {
                let wanted = filter.unwrap();
                let wanted = wanted.split('"').nth(1).unwrap();
                list(state.users.values().filter(|user| user["userName"] == wanted).cloned().collect())
            }
            Operation::Read(ResourceKind::User, id) => match state.users.get(&id) {
                Some(user) => answer(200, user.clone()),
                None => answer(404, json!({})),
            },
            Operation::Read(ResourceKind::Group, id) => {
                let members = state.groups.get(&id).unwrap().iter();
                let members: Vec<Value> = members.map(|member| json!({ "value": member })).collect();
                answer(
                    200,
                    if self.hides_members {
                        json!({ "id": id })
                    } else {
                        json!({ "id": id, "members": members })
                    },
                )
            }
            Operation::Modify(ResourceKind::Group, id) => {
                let body = request.json().unwrap();
                let member = body["Operations"][0]["value"][0]["value"].as_str().unwrap().to_owned();
                state.groups.get_mut(&id).unwrap().insert(member);
                answer(204, json!({}))
            }
            Operation::Modify(..) => answer(204, json!({})),
            Operation::Delete(kind, id) => {
                state.deleted += 1;
                match kind {
                    ResourceKind::User => state.users.remove(&id).is_some(),
                    ResourceKind::Group => state.groups.remove(&id).is_some(),
                };
                answer(204, json!({}))
            }
            _ => answer(404, json!({})),
        }
    }
}

impl Target for Service {
    async fn send(&self, request: Request) -> Result<Answer, Broken> {
        if self.is_throttled(&request) {
            let mut busy = Answer::json(429, &json!({}));
            busy.headers.extend(self.retry_after.map(|time| ("retry-after".to_owned(), time.to_owned())));
            return Ok(busy);
        }
        let open_loop = request.actor == Actor::Entra && self.in_open_loop(&request);
        if open_loop && let Some((method, every, status)) = self.answers {
            let mut state = self.state.lock().unwrap();
            state.counted += usize::from(request.method == method);
            if request.method == method && state.counted.is_multiple_of(every) {
                return if status == 0 {
                    Err(Broken::Protocol("gone".into()))
                } else {
                    answer(status, json!({}))
                };
            }
        }
        let _turn = match &self.lane {
            Some(lane) if open_loop => Some(lane.lock().await),
            _ => None,
        };
        if open_loop {
            let stall = self.stall.lock().unwrap().take();
            sleep(stall.unwrap_or(self.time)).await;
        }
        self.served(&request).await
    }

    fn sent_as(&self, request: &Request) -> Sent {
        Sent { url: format!("http://target{}", request.path_and_query()), headers: request.headers.clone() }
    }
}

fn settings(rate: u32, seconds: u64) -> LoadSettings {
    LoadSettings {
        mapping: profiles::load(profiles::DEFAULT).unwrap(),
        writer: Writer::new(Dialect::Default, Switches::default()),
        people: People::new(people::PeopleSettings::default(), 1, "zz9run").unwrap(),
        rate: NonZeroU32::new(rate).unwrap(),
        duration: Duration::from_secs(seconds),
        longest_wait: Duration::from_secs(60),
        journal: None,
        opaque_names: false,
        cancel: Cancel::default(),
        fail_on: Some(Level::Error),
    }
}

async fn played(settings: LoadSettings, service: Service) -> (Played, Arc<Service>) {
    let service = Arc::new(service);
    let played = play(settings, Arc::clone(&service)).await;
    assert_eq!(played.left_behind, Vec::<String>::new());
    let state = service.state.lock().unwrap();
    assert!(state.users.is_empty() && state.groups.is_empty(), "everything is removed");
    drop(state);
    (played, service)
}

fn found(check: &CheckResult) -> Vec<(Level, &str)> {
    check.findings.iter().map(|finding| (finding.level, finding.subject.as_str())).collect()
}

#[tokio::test(start_paused = true)]
async fn a_right_server_passes_and_keeps_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(25, 4);
    settings.journal = Some(Arc::new(Journal::new(folder.path(), "http://target", "zz9run")));
    let service = Service { time: Duration::from_millis(20), ..Service::default() };
    let (played, service) = played(settings, service).await;
    for check in &played.checks {
        assert_eq!((&check.outcome, found(check)), (&Outcome::Passed, vec![]), "{}", check.id);
    }
    let ids: Vec<&str> = played.checks.iter().map(|check| check.id.as_str()).collect();
    assert_eq!(ids, ["requirements/rate", "requirements/group-members-kept"]);
    let facts = played.facts.unwrap();
    assert_eq!((facts.requests, facts.answered, facts.rate, facts.seconds), (100, 100, 25, 4.0));
    assert!((facts.achieved - 25.0).abs() < 0.01, "{facts:?}");
    for latency in [facts.latency.p50_ms, facts.latency.p99_ms, facts.latency.max_ms] {
        assert!((20.0..22.0).contains(&latency), "{facts:?}");
    }
    let counts: Vec<u64> = facts.kinds.iter().map(|kind| kind.requests).collect();
    assert_eq!(counts, [30, 15, 25, 15, 5, 10], "twenty of a cycle, five times");
    // One in the rehearsal, those under load, and ten at the end.
    let members = facts.members.unwrap();
    assert_eq!((members.added, members.kept), (21, 21));
    assert!(journal::find(folder.path()).unwrap().abandoned.is_empty());
    let state = service.state.lock().unwrap();
    assert_eq!((state.made, state.deleted), (36, 36));
    // Two reads of the group are ours, and one of each object: whose it is.
    assert_eq!(played.exchanges, state.sent.len() + state.deleted + 2 + state.made);
    let shapes: BTreeSet<String> = state.sent.iter().map(Request::shape).collect();
    for shape in [
        "GET /Users filter=userName",
        "GET /Users/{id}",
        "PATCH /Users/{id} Replace:title",
        "PATCH /Users/{id} Replace:active",
        "PATCH /Groups/{id} Add:members",
    ] {
        assert!(shapes.contains(shape), "{shape} in {shapes:#?}");
    }
    let first = state.sent[0].json().unwrap();
    assert!(first["userName"].as_str().unwrap().starts_with("zz9run."), "{first}");
}

#[tokio::test(start_paused = true)]
async fn latency_counts_from_the_instant_at_which_a_request_was_to_start() {
    // One request takes a second and holds up all others; a client that waited for each answer would
    // see one slow request and 49 quick ones.
    let stall = Mutex::new(Some(Duration::from_secs(1)));
    let service = Service { lane: Some(tokio::sync::Mutex::default()), stall, ..Service::default() };
    let (played, _) = played(settings(25, 2), service).await;
    let latency = played.facts.unwrap().latency;
    // The load's second request is the first that counts as load here. Those that were to start after
    // 0, 40, 80 … ms of the stall waited for 1000, 960, 920 … ms: a quarter waited for 480 or more.
    assert!((995.0..1010.0).contains(&latency.max_ms), "{latency:?}");
    assert!((780.0..860.0).contains(&latency.p90_ms), "{latency:?}");
    assert!(latency.p50_ms < 40.0, "{latency:?}");
    assert_eq!(played.checks[0].outcome, Outcome::Passed, "a pause that is made up for is no finding");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_works_off_less_piles_up_a_backlog() {
    // Ten in a second.
    let lane = Some(tokio::sync::Mutex::default());
    let service = Service { lane, time: Duration::from_millis(100), ..Service::default() };
    let (played, _) = played(settings(25, 4), service).await;
    let check = &played.checks[0];
    assert_eq!((&check.outcome, found(check)), (&Outcome::Failed, vec![(Level::Error, "backlog")]));
    let facts = played.facts.unwrap();
    assert!((9.0..13.0).contains(&facts.achieved), "{facts:?}");
    assert!(facts.backlog_seconds > 4.0 && facts.latency.max_ms > 5000.0, "{facts:?}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_takes_long_but_many_at_once_keeps_up() {
    let service = Service { time: Duration::from_secs(3), ..Service::default() };
    let (played, _) = played(settings(25, 2), service).await;
    assert_eq!(found(&played.checks[0]), [], "{:?}", played.facts);
    let facts = played.facts.unwrap();
    assert!((24.9..25.1).contains(&facts.achieved) && facts.latency.p50_ms >= 3000.0, "{facts:?}");
}

#[tokio::test(start_paused = true)]
async fn throttling_below_the_requirement_fails_with_and_without_retry_after() {
    for (retry_after, subject) in [(Some("1"), "429 with Retry-After"), (None, "429 without Retry-After")] {
        let service = Service { limit: Some(20), retry_after, ..Service::default() };
        let (played, _) = played(settings(25, 2), service).await;
        let check = &played.checks[0];
        assert_eq!((&check.outcome, found(check)), (&Outcome::Failed, vec![(Level::Error, subject)]));
        let facts = played.facts.unwrap();
        let (with, without) = (facts.throttled_with_retry_after, facts.throttled_without_retry_after);
        assert_eq!((with > 0, without > 0), (retry_after.is_some(), retry_after.is_none()), "{facts:?}");
        assert_eq!(check.findings[0].times, with + without);
        assert_eq!(facts.answered + with + without, 50);
        assert_eq!(check.findings[0].exchanges.len(), 3, "evidence is limited");
        assert_eq!(found(&played.checks[1]), [], "whoever is asked to wait waits");
    }
}

#[tokio::test(start_paused = true)]
async fn beyond_the_requirement_throttling_is_a_note() {
    let service = Service { limit: Some(30), retry_after: Some("1"), ..Service::default() };
    let (played, _) = played(settings(40, 2), service).await;
    let check = &played.checks[0];
    assert_eq!(
        (&check.outcome, found(check)),
        (&Outcome::Passed, vec![(Level::Note, "429 with Retry-After")])
    );
}

#[tokio::test(start_paused = true)]
async fn a_lower_rate_shows_nothing_unless_it_is_too_much_already() {
    let (played, _) = played(settings(5, 2), Service::default()).await;
    let Outcome::Skipped(skip) = &played.checks[0].outcome else { panic!("{played:?}") };
    let why = "not configured: this run used 5 requests per second; the gallery requires 25";
    assert_eq!(skip.to_string(), why);
    let lane = Some(tokio::sync::Mutex::default());
    let slow = Service { lane, time: Duration::from_secs(1), ..Service::default() };
    let (played, _) = self::played(settings(5, 2), slow).await;
    assert_eq!(found(&played.checks[0]), [(Level::Error, "backlog")]);
}

#[tokio::test(start_paused = true)]
async fn what_fails_under_load_alone_is_found() {
    for (method, status, level, subject) in [
        (Method::Get, 500, Level::Error, "server errors"),
        (Method::Patch, 503, Level::Error, "server errors"),
        (Method::Get, 0, Level::Error, "no answer"),
        (Method::Get, 401, Level::Error, "refusals"),
        (Method::Patch, 409, Level::Warning, "conflicts"),
    ] {
        let service = Service { answers: Some((method, 5, status)), ..Service::default() };
        let (played, _) = played(settings(25, 2), service).await;
        let check = &played.checks[0];
        assert_eq!(found(check), [(level, subject)], "{method:?} {status}");
        assert!(check.findings[0].exchanges.iter().all(|exchange| exchange.request.method == method));
    }
}

#[tokio::test(start_paused = true)]
async fn members_that_are_lost_are_critical() {
    let service = Service { race: Some(Duration::from_millis(30)), ..Service::default() };
    let (played, _) = played(settings(25, 1), service).await;
    let check = &played.checks[1];
    assert_eq!((&check.outcome, found(check)), (&Outcome::Failed, vec![(Level::Critical, "")]));
    // Of each five that join at once the last one stays.
    assert_eq!(check.findings[0].message, "8 of 13 added members are not in the group.");
    assert_eq!(check.findings[0].exchanges.len(), 1);
    assert_eq!(found(&played.checks[0]), []);
}

#[tokio::test(start_paused = true)]
async fn refused_members_are_a_warning_and_hidden_ones_no_finding() {
    let service = Service { answers: Some((Method::Patch, 2, 409)), ..Service::default() };
    let (played_once, _) = played(settings(25, 1), service).await;
    assert_eq!(found(&played_once.checks[1]), [(Level::Warning, "refusals")]);
    let (played_twice, _) =
        played(settings(25, 1), Service { hides_members: true, ..Service::default() }).await;
    let outcome = &played_twice.checks[1].outcome;
    assert!(matches!(outcome, Outcome::Skipped(Skip::NotSupported(_))), "{outcome:?}");
    assert_eq!(played_twice.checks[0].outcome, Outcome::Passed);
}

#[tokio::test(start_paused = true)]
async fn without_groups_in_the_mapping_none_are_sent() {
    let mut settings = settings(25, 1);
    settings.mapping = settings.mapping.without(&["groups"]).unwrap();
    let (played, service) = played(settings, Service::default()).await;
    assert!(matches!(played.checks[1].outcome, Outcome::Skipped(Skip::NotConfigured(_))));
    assert_eq!(played.checks[0].outcome, Outcome::Passed);
    let state = service.state.lock().unwrap();
    assert!(state.sent.iter().all(|request| !request.path.starts_with("/Groups")));
    assert_eq!(state.made, 10 + 4);
}

#[tokio::test(start_paused = true)]
async fn ctrl_c_ends_the_load_and_everything_is_removed() {
    let settings = settings(25, 3600);
    let cancel = settings.cancel.clone();
    tokio::spawn(async move {
        sleep(Duration::from_millis(1500)).await;
        cancel.cancel();
    });
    let service = Service { time: Duration::from_millis(700), ..Service::default() };
    let (played, service) = played(settings, service).await;
    assert!(played.interrupted && played.facts.is_none());
    assert!(played.checks.iter().all(|check| matches!(check.outcome, Outcome::Skipped(Skip::Blocked(_)))));
    assert!(service.state.lock().unwrap().made > 21, "the load had begun");
}

#[tokio::test(start_paused = true)]
async fn attributes_that_are_refused_are_left_out() {
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let service = Service { refuses: Some(enterprise), ..Service::default() };
    let (played, service) = played(settings(25, 1), service).await;
    assert_eq!(played.checks[0].outcome, Outcome::Passed);
    let refused = played.facts.unwrap().attributes_left_out;
    assert!(!refused.is_empty() && refused.iter().all(|path| path.starts_with(enterprise)), "{refused:?}");
    let state = service.state.lock().unwrap();
    let mut creates = state.sent.iter().filter(|request| request.step == "load: create").skip(1);
    assert!(creates.all(|request| !request.body.as_ref().unwrap().contains("department")));
}

/// A target that refuses every create.
struct Refusing;

impl Target for Refusing {
    async fn send(&self, _: Request) -> Result<Answer, Broken> {
        answer(400, json!({}))
    }

    fn sent_as(&self, request: &Request) -> Sent {
        Sent { url: request.path.clone(), headers: Vec::new() }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_without_load_says_nothing_about_load() {
    let refused = play(settings(25, 1), Arc::new(Refusing)).await;
    let Outcome::Skipped(skip) = &refused.checks[0].outcome else { panic!("{refused:?}") };
    assert_eq!(skip.to_string(), "blocked by the target: POST /Users returns 400");
    assert!(refused.exchanges > 1, "smaller bodies are tried");
    assert_eq!(not_played("not asked for").len(), 2);
}
