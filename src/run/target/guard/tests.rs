use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use serde_json::{Value, json};

use super::standing::Standing;
use super::*;
use crate::run::target::journal::Journal;
use crate::wire::{Actor, Body, ResourceKind, Tenant};

const PREFIX: &str = "sm7f3k29zq";
const NAME: &str = "sm7f3k29zq.ada@example.com";
const DRAWN: &str = "5c1a0000-aaaa-4000-8000-000000000001";

/// A target that answers as it was told: the first line that fits a request decides.
#[derive(Default)]
struct Shelf {
    lines: Vec<Line>,
    sent: Mutex<Vec<Request>>,
}

struct Line {
    tenant: Tenant,
    method: Method,
    path: &'static str,
    /// What the query holds.
    query: &'static str,
    answer: Answer,
    /// How often it is given; then the next line that fits decides.
    times: AtomicUsize,
}

impl Shelf {
    fn sent(&self) -> Vec<String> {
        let sent = self.sent.lock().unwrap();
        sent.iter().map(|r| format!("{} {} {}", r.actor.as_str(), r.method.as_str(), r.path)).collect()
    }
}

impl Target for Shelf {
    async fn send(&self, request: Request) -> Result<Answer, Broken> {
        self.sent.lock().unwrap().push(request.clone());
        let query = request.query.clone().unwrap_or_default();
        let fits = |line: &&Line| {
            line.tenant.is_second() == request.tenant.is_second()
                && line.method == request.method
                && line.path == request.path
                && query.contains(line.query)
                && line.times.fetch_update(Relaxed, Relaxed, |times| times.checked_sub(1)).is_ok()
        };
        let missing = Answer::json(404, &json!({}));
        Ok(match (self.lines.iter().find(fits), request.method) {
            (Some(line), _) => line.answer.clone(),
            (None, Method::Get) if request.query.is_some() => list(&[]),
            (None, Method::Get) => missing,
            (None, _) => Answer::json(204, &json!({})),
        })
    }

    fn sent_as(&self, request: &Request) -> Sent {
        Sent { url: format!("https://target.example/scim{}", request.path), headers: Vec::new() }
    }
}

fn request(method: Method, path: &str) -> Request {
    Request::new(Actor::Entra, method, path, "t")
}

fn create() -> Request {
    request(Method::Post, "/Users").with_json(&json!({"userName": NAME, "displayName": "Ada"}))
}

fn list(resources: &[Value]) -> Answer {
    Answer::json(200, &json!({"totalResults": resources.len(), "Resources": resources}))
}

fn bob(id: &str) -> Value {
    json!({"id": id, "userName": "bob@contoso.example", "displayName": "Bob"})
}

fn ada(id: &str) -> Value {
    json!({"id": id, "userName": NAME, "displayName": "Ada"})
}

fn held(outcome: Result<Answer, Broken>) -> &'static str {
    match outcome {
        Ok(_) => "sent",
        Err(Broken::Withheld(_)) => "foreign",
        Err(Broken::Unproven(_)) => "unproven",
        Err(other) => panic!("{other}"),
    }
}

fn why(outcome: Result<Answer, Broken>) -> String {
    match outcome {
        Err(Broken::Withheld(why) | Broken::Unproven(why)) => why,
        other => panic!("not held back: {other:?}"),
    }
}

/// One row of the table in docs/safety.md, as it is played: what the server answers, what is sent before, and
/// what is then written.
struct Row {
    lines: Vec<Line>,
    before: Vec<Request>,
    write: Request,
    opaque: bool,
}

impl Row {
    /// A create, and then a PATCH of /Users/7.
    fn new() -> Self {
        let write = request(Method::Patch, "/Users/7").with_json(&json!({"Operations": []}));
        Row { lines: Vec::new(), before: vec![create()], write, opaque: false }
    }

    fn answers(mut self, method: Method, path: &'static str, query: &'static str, answer: Answer) -> Self {
        let times = AtomicUsize::new(usize::MAX);
        self.lines.push(Line { tenant: Tenant::First, method, path, query, answer, times });
        self
    }

    fn created(self, body: &Value) -> Self {
        self.answers(Method::Post, "/Users", "", Answer::json(201, body))
    }

    fn located(self, location: &str) -> Self {
        let mut answer = Answer::json(201, &json!({}));
        answer.body = Body::default();
        answer.headers.push(("location".into(), location.into()));
        self.answers(Method::Post, "/Users", "", answer)
    }

    fn read(self, path: &'static str, body: &Value) -> Self {
        self.answers(Method::Get, path, "", Answer::json(200, body))
    }

    fn once(self) -> Self {
        self.lines.last().unwrap().times.store(1, Relaxed);
        self
    }

    fn status(self, path: &'static str, status: u16) -> Self {
        self.answers(Method::Get, path, "", Answer::json(status, &json!({})))
    }

    /// What filters on the name that was sent find.
    fn found(self, ids: &[&str]) -> Self {
        let found: Vec<Value> = ids.iter().map(|id| json!({"id": id})).collect();
        self.answers(Method::Get, "/Users", "sm7f3k29zq", list(&found))
    }

    fn then(mut self, request: Request) -> Self {
        self.before.push(request);
        self
    }

    /// First of all a list of everybody shows this.
    fn listed_first(mut self, resource: Value) -> Self {
        let listing = request(Method::Get, "/Users").with_query("startIndex=1");
        self.before.insert(0, listing);
        self.answers(Method::Get, "/Users", "startIndex=1", list(&[resource]))
    }

    fn listed_later(self, resource: Value) -> Self {
        let listing = request(Method::Get, "/Users").with_query("startIndex=1");
        self.then(listing).answers(Method::Get, "/Users", "startIndex=1", list(&[resource]))
    }

    fn writes(mut self, method: Method, path: &str) -> Self {
        self.write = Request { method, path: path.to_owned(), ..self.write };
        self
    }

    async fn play(self) -> &'static str {
        let shelf = Shelf { lines: self.lines, sent: Mutex::default() };
        let ownership = Ownership::new(PREFIX);
        ownership.drew(DRAWN);
        let ownership = if self.opaque { ownership.opaque() } else { ownership };
        let guard = Guard::new(&shelf, Arc::new(ownership));
        for request in self.before {
            guard.send(request).await.unwrap();
        }
        let write = self.write.clone();
        let outcome = held(guard.send(self.write).await);
        let sent = shelf.sent.lock().unwrap();
        let reached = sent.last().is_some_and(|last| last.method == write.method && last.path == write.path);
        assert_eq!(reached, outcome == "sent");
        let other_writes = sent.iter().filter(|request| request.actor != Actor::Entra && request.writes());
        assert_eq!(other_writes.count(), 0, "the guard itself writes nothing");
        outcome
    }
}

fn row(name: &str) -> Row {
    let alone = json!({"id": "7"});
    let nameless = json!({"id": "7", "active": true});
    let delete = || request(Method::Delete, "/Users/7");
    // Before the DELETE the object is proven by a read, and after it another answer comes.
    let deleted = |row: Row| row.created(&ada("7")).then(delete());
    match name {
        "create-and-read-show-us" => Row::new().created(&ada("7")).read("/Users/7", &ada("7")),
        "create-shows-us-read-missing" => Row::new().created(&ada("7")),
        "create-with-id-alone" => Row::new().created(&alone).read("/Users/7", &ada("7")),
        "create-with-location-alone" => {
            Row::new().located("https://target.example/scim/Users/7").read("/Users/7", &ada("7"))
        }
        "names-in-another-case" => {
            Row::new().created(&alone).read("/Users/7", &json!({"id": "7", "userName": NAME.to_uppercase()}))
        }
        "drawn-guid-shown" => {
            let shown = json!({"id": "7", "displayName": "Ada L", "externalId": DRAWN.to_uppercase()});
            Row::new().created(&alone).read("/Users/7", &shown)
        }
        "taken-over" => {
            let shown = json!({"id": "7", "userName": "bob@contoso.example", "externalId": DRAWN});
            Row::new().created(&shown).read("/Users/7", &shown)
        }
        "no-names-but-filter-finds-it" => {
            Row::new().created(&alone).read("/Users/7", &nameless).found(&["7"])
        }
        "list-and-read-show-us" => {
            let mut row = Row::new().listed_first(ada("7")).read("/Users/7", &ada("7"));
            row.before.truncate(1);
            row
        }
        "id-of-the-run" => Row::new().writes(Method::Delete, "/Users/sm7f3k29zq-never-made"),
        "renamed-by-us" => {
            let rename = request(Method::Patch, "/Users/7").with_json(&json!({"Operations": [
                {"op": "replace", "path": "userName", "value": "Countess@example.com"}]}));
            let renamed = json!({"id": "7", "userName": "countess@example.com"});
            let row = Row::new().created(&ada("7")).read("/Users/7", &ada("7")).once();
            row.then(rename).listed_later(renamed.clone()).read("/Users/7", &renamed)
        }
        "answer-without-names" => {
            let patch = request(Method::Patch, "/Users/7").with_json(&json!({"Operations": []}));
            Row::new()
                .created(&ada("7"))
                .then(patch)
                .then(request(Method::Get, "/Users/7"))
                .read("/Users/7", &nameless)
        }
        "deleted-and-reads-tell" => deleted(
            Row::new()
                .listed_first(ada("8"))
                .then(request(Method::Get, "/Users/8"))
                .read("/Users/8", &ada("8"))
                .then(request(Method::Get, "/Users/8")),
        ),
        "deleted-and-reads-have-ended" => deleted(
            Row::new()
                .listed_first(ada("8"))
                .then(request(Method::Get, "/Users/8"))
                .read("/Users/8", &ada("8"))
                .once(),
        ),
        "deleted-and-a-read-had-failed" => {
            let read = || request(Method::Get, "/Users/8");
            let shown = Row::new().listed_first(ada("8")).then(read()).read("/Users/8", &ada("8")).once();
            let failed = shown.then(read()).status("/Users/8", 404).once();
            deleted(failed.then(read()).read("/Users/8", &ada("8")))
        }
        "opaque" => Row { opaque: true, ..row("no-names-and-no-filter") },
        "create-shows-another" => Row::new().created(&bob("7")),
        "create-shows-us-read-another" => Row::new().created(&ada("7")).read("/Users/7", &bob("7")),
        "create-with-known-id" => {
            Row::new().listed_first(bob("7")).created(&ada("7")).read("/Users/7", &ada("7"))
        }
        "create-with-id-shown-nameless" => {
            Row::new().listed_first(alone.clone()).created(&alone).read("/Users/7", &ada("7"))
        }
        "candidate-shown-as-another" => {
            Row::new().created(&alone).listed_later(bob("7")).read("/Users/7", &ada("7"))
        }
        "proven-then-another" => {
            let patch = request(Method::Patch, "/Users/7").with_json(&json!({"Operations": []}));
            let row = Row::new().created(&ada("7")).read("/Users/7", &ada("7")).once();
            row.then(patch).listed_later(bob("7")).read("/Users/7", &bob("7"))
        }
        "never-named" => Row::new(),
        "lookup-shows-another" => {
            let lookup = request(Method::Get, "/Users").with_query("filter=x");
            Row::new().then(lookup).answers(Method::Get, "/Users", "filter=x", list(&[bob("7")]))
        }
        "deleted-and-in-use-again" => {
            let mut row = deleted(Row::new());
            // The read that proves the object before the DELETE is a 404: the create's answer counts.
            row.before.push(request(Method::Get, "/Users").with_query("startIndex=1"));
            row.answers(Method::Get, "/Users", "startIndex=1", list(&[bob("7")]))
        }
        "id-of-the-other-kind" => {
            Row::new().created(&ada("7")).read("/Groups/7", &bob("7")).writes(Method::Delete, "/Groups/7")
        }
        "id-of-the-other-tenant" => {
            let mut row = Row::new().created(&ada("7")).read("/Users/7", &bob("7"));
            row.lines[0].tenant = Tenant::Second;
            row.before[0] = create().to(Tenant::Second);
            row
        }
        "location-of-another-server" => Row::new().located("https://other.example/scim/Users/7"),
        "whole-collection" => Row::new().writes(Method::Delete, "/Users/"),
        "query-in-the-id" => Row::new().created(&ada("7?x")).writes(Method::Delete, "/Users/7?x"),
        "parameters-in-the-id" => Row::new().created(&ada("7;a=b")).writes(Method::Delete, "/Users/7;a=b"),
        "encoded-query-in-the-id" => Row::new().created(&ada("7?")).writes(Method::Delete, "/Users/7%3F"),
        "guid-in-another-case" => {
            let (lower, upper) =
                ("0a0b0c0d-0000-4000-8000-00000000000f", "0A0B0C0D-0000-4000-8000-00000000000F");
            let path = "/Users/0A0B0C0D-0000-4000-8000-00000000000F";
            Row::new()
                .listed_first(json!({"id": lower}))
                .created(&json!({"id": upper}))
                .writes(Method::Delete, path)
        }
        "dots-in-the-id" => Row::new().created(&ada("..")).writes(Method::Delete, "/Users/.."),
        "no-names-and-no-filter" => Row::new().created(&alone).read("/Users/7", &nameless),
        "no-names-and-filters-ignored" => Row::new().created(&alone).read("/Users/7", &nameless).answers(
            Method::Get,
            "/Users",
            "filter",
            list(&[alone]),
        ),
        "opaque-and-filters-refused" => Row { opaque: true, ..row("reads-refused") },
        "opaque-and-filters-ignored" => Row { opaque: true, ..row("no-names-and-filters-ignored") },
        "reads-refused" => Row::new().created(&alone).status("/Users/7", 403).status("/Users", 403),
        "read-with-another-id" => Row::new().created(&alone).read("/Users/7", &ada("9")),
        "deleted-and-reads-do-not-tell" => deleted(Row::new()),
        other => panic!("docs/safety.md has a row that no test plays: {other}"),
    }
}

#[tokio::test]
async fn the_table_in_the_documentation_is_what_happens() {
    let table: BTreeMap<&str, &str> = include_str!("../../../../docs/safety.md")
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"))
        .filter_map(|line| Some((line.split(" | ").next()?, line.rsplit(" | ").next()?)))
        .filter(|(name, _)| *name != "row")
        .collect();
    assert_eq!(table.len(), 41);
    let mut wrong = Vec::new();
    for (name, expected) in table {
        let outcome = row(name).play().await;
        if outcome != expected {
            wrong.push(format!("{name}: {outcome}, documented as {expected}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[tokio::test]
async fn whom_a_write_would_have_reached_is_named() {
    let shelf = Shelf { lines: Row::new().read("/Users/42", &bob("42")).lines, ..Shelf::default() };
    let guard = Guard::new(&shelf, Arc::new(Ownership::new(PREFIX)));
    for method in [Method::Patch, Method::Put, Method::Delete, Method::Post] {
        let why = why(guard.send(request(method, "/Users/42")).await);
        assert!(why.contains("bob@contoso.example") && why.contains("Bob") && why.contains("42"), "{why}");
    }
    assert_eq!(shelf.sent(), ["probe GET /Users/42"], "the question is asked once");
}

#[tokio::test]
async fn one_read_proves_an_object_for_the_whole_run() {
    let shelf =
        Shelf { lines: Row::new().created(&ada("7")).read("/Users/7", &ada("7")).lines, ..Shelf::default() };
    let ownership = Arc::new(Ownership::new(PREFIX));
    Guard::new(&shelf, Arc::clone(&ownership)).send(create()).await.unwrap();
    let another_scenario = Guard::new(&shelf, ownership);
    another_scenario.send(request(Method::Patch, "/Users/7")).await.unwrap();
    another_scenario.send(request(Method::Delete, "/Users/7")).await.unwrap();
    let expected =
        ["entra POST /Users", "probe GET /Users/7", "entra PATCH /Users/7", "entra DELETE /Users/7"];
    assert_eq!(shelf.sent(), expected);
}

#[tokio::test]
async fn a_read_of_the_scenario_itself_proves_as_well() {
    let shelf =
        Shelf { lines: Row::new().created(&ada("7")).read("/Users/7", &ada("7")).lines, ..Shelf::default() };
    let guard = Guard::new(&shelf, Arc::new(Ownership::new(PREFIX)));
    guard.send(create()).await.unwrap();
    guard.send(request(Method::Get, "/Users/7")).await.unwrap();
    guard.send(request(Method::Delete, "/Users/7")).await.unwrap();
    assert_eq!(shelf.sent().len(), 3);
}

#[tokio::test]
async fn at_a_server_of_its_own_a_run_asks_nothing() {
    let shelf = Shelf { lines: Row::new().created(&ada("7")).lines, ..Shelf::default() };
    let guard = Guard::new(&shelf, Arc::new(Ownership::new(PREFIX).alone()));
    guard.send(create()).await.unwrap();
    guard.send(request(Method::Delete, "/Users/7")).await.unwrap();
    guard.send(request(Method::Delete, "/Users/7")).await.unwrap();
    assert_eq!(shelf.sent(), ["entra POST /Users", "entra DELETE /Users/7", "entra DELETE /Users/7"]);
}

#[tokio::test]
async fn a_busy_answer_to_the_question_is_handed_on_so_that_it_is_waited_for() {
    let mut busy = Answer::json(429, &json!({}));
    busy.headers.push(("retry-after".into(), "1".into()));
    let row = Row::new().created(&ada("7")).answers(Method::Get, "/Users/7", "", busy);
    let shelf = Shelf { lines: row.lines, ..Shelf::default() };
    let guard = Guard::new(&shelf, Arc::new(Ownership::new(PREFIX)));
    guard.send(create()).await.unwrap();
    let answer = guard.send(request(Method::Delete, "/Users/7")).await.unwrap();
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("1")));
    assert_eq!(shelf.sent(), ["entra POST /Users", "probe GET /Users/7"]);
}

#[tokio::test]
async fn the_owner_of_the_token_and_other_endpoints_must_show_that_they_are_ours() {
    let row = Row::new().read("/Me", &bob("1")).read("/Devices/7", &json!({"id": "7", "displayName": NAME}));
    let shelf = Shelf { lines: row.lines, ..Shelf::default() };
    let guard = Guard::new(&shelf, Arc::new(Ownership::new(PREFIX)));
    for method in [Method::Patch, Method::Delete, Method::Post] {
        assert!(why(guard.send(request(method, "/Me")).await).contains("Bob"));
    }
    why(guard.send(request(Method::Delete, "/Devices/8")).await);
    assert!(shelf.sent().iter().all(|line| line.contains("GET")));
    guard.send(request(Method::Delete, "/Devices/7")).await.unwrap();
    guard.send(request(Method::Put, "/Schemas/urn:x")).await.unwrap();
}

#[tokio::test]
async fn each_operation_of_a_bulk_request_is_looked_at() {
    let shelf = Shelf { lines: Row::new().read("/Users/42", &bob("42")).lines, ..Shelf::default() };
    let guard = Guard::new(&shelf, Arc::new(Ownership::new(PREFIX)));
    let bulk = |operations| request(Method::Post, "/Bulk").with_json(&json!({ "Operations": operations }));
    let harmless = json!([
        {"method": "POST", "path": "/Users", "bulkId": "a"},
        {"method": "PATCH", "path": "/Groups/bulkId:a"}
    ]);
    guard.send(bulk(harmless)).await.unwrap();
    for harmful in [
        json!([{"method": "DELETE", "path": "/Users/42"}]),
        json!([{"method": "patch", "path": "Users/42"}]),
        json!([{"method": "DELETE", "path": "/Users"}]),
    ] {
        let text = harmful.to_string();
        assert_eq!(held(guard.send(bulk(harmful)).await), "foreign", "{text}");
    }
    for unclear in ["/Users/bulkId:unknown", "/Users/%2e%2e/Users/42"] {
        let bulk = bulk(json!([{"method": "DELETE", "path": unclear}]));
        assert_eq!(held(guard.send(bulk).await), "unproven", "{unclear}");
    }
}

#[tokio::test]
async fn what_a_bulk_answer_names_is_proven_like_any_other_create() {
    let answer = json!({"Operations": [
        {"bulkId": "a", "status": "201", "location": "https://target.example/scim/Users/7"},
        {"bulkId": "b", "status": "201", "location": "https://target.example/scim/Users/8"},
    ]});
    let row = Row::new()
        .answers(Method::Post, "/Bulk", "", Answer::json(200, &answer))
        .read("/Users/7", &ada("7"))
        .read("/Users/8", &bob("8"));
    let shelf = Shelf { lines: row.lines, ..Shelf::default() };
    let guard = Guard::new(&shelf, Arc::new(Ownership::new(PREFIX)));
    let operation =
        |id: &str| json!({"method": "POST", "path": "/Users", "bulkId": id, "data": {"userName": NAME}});
    let body = json!({"Operations": [operation("a"), operation("b")]});
    guard.send(request(Method::Post, "/Bulk").with_json(&body)).await.unwrap();
    assert_eq!(held(guard.send(request(Method::Patch, "/Users/7")).await), "sent");
    assert_eq!(held(guard.send(request(Method::Patch, "/Users/8")).await), "foreign");
}

#[tokio::test]
async fn objects_are_journalled_before_the_answer_is_handed_on_and_struck_out_when_gone() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Arc::new(Journal::new(folder.path(), "http://target", PREFIX));
    let row = Row::new().created(&ada("7")).read("/Users/7", &ada("7"));
    let shelf = Shelf { lines: row.lines, ..Shelf::default() };
    let guard = Guard::new(&shelf, Arc::new(Ownership::new(PREFIX).journalled(Arc::clone(&journal))));
    guard.send(create()).await.unwrap();
    assert_eq!(journal.remaining(), [(ResourceKind::User, "7".to_owned())]);
    guard.send(request(Method::Delete, "/Users/7")).await.unwrap();
    assert_eq!(journal.remaining(), []);
}

#[tokio::test]
async fn without_a_journal_to_write_nothing_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let occupied = folder.path().join("file");
    std::fs::write(&occupied, "").unwrap();
    let shelf = Shelf::default();
    let journal = Arc::new(Journal::new(&occupied, "http://target", PREFIX));
    let guard = Guard::new(&shelf, Arc::new(Ownership::new(PREFIX).journalled(journal)));
    let outcome = guard.send(create()).await;
    assert!(matches!(&outcome, Err(Broken::Unjournalled(why)) if why.contains("journal")), "{outcome:?}");
    assert!(shelf.sent().is_empty());
}

#[test]
fn a_read_that_a_delete_of_the_run_overtakes_says_nothing_of_reads() {
    let key = (ResourceKind::User, "7".to_owned());
    let read = request(Method::Get, "/Users/7");
    let failed = |deletion_under_way: bool| {
        let ownership = Ownership::new(PREFIX);
        ownership.settle(Tenant::First, &key, Standing::Ours);
        ownership.deleting(Tenant::First, &key, true);
        ownership.deleting(Tenant::First, &key, deletion_under_way);
        ownership
            .learn(
                &read,
                &Answer::json(404, &json!({})),
                "https://target.example/scim/Users/7",
                ownership.now(),
            )
            .unwrap();
        ownership.reads(Tenant::First).failed
    };
    assert!(!failed(true), "another scenario is deleting it");
    assert!(failed(false));
}

#[test]
fn what_a_bulk_request_may_have_deleted_is_gone_once_a_read_does_not_find_it() {
    let key = (ResourceKind::User, "7".to_owned());
    let ownership = Ownership::new(PREFIX);
    ownership.settle(Tenant::First, &key, Standing::Ours);
    ownership.doubt(Tenant::First, &key);
    assert_eq!(ownership.standing(Tenant::First, &key), Some(Standing::Candidate { echoed: false }));
    let (read, url) = (request(Method::Get, "/Users/7"), "https://target.example/scim/Users/7");
    ownership.learn(&read, &Answer::json(500, &json!({})), url, ownership.now()).unwrap();
    assert_ne!(ownership.standing(Tenant::First, &key), Some(Standing::Deleted), "nothing is known");
    ownership.learn(&read, &Answer::json(404, &json!({})), url, ownership.now()).unwrap();
    assert_eq!(ownership.standing(Tenant::First, &key), Some(Standing::Deleted));
    assert!(!ownership.reads(Tenant::First).failed);
}

#[test]
fn what_another_scenario_sees_while_a_create_is_under_way_was_not_there_before() {
    let key = (ResourceKind::Group, "9".to_owned());
    let url = "https://target.example/scim/Groups";
    let query = request(Method::Get, "/Users");
    let create =
        request(Method::Post, "/Groups").with_json(&json!({"displayName": format!("{PREFIX} team")}));
    let member = json!({"id": "7", "userName": NAME, "groups": [{"value": "9"}]});
    let standing = |seen_first: bool| {
        let ownership = Ownership::new(PREFIX);
        let see = || {
            let begun = ownership.now();
            ownership.learn(&query, &list(std::slice::from_ref(&member)), url, begun).unwrap();
        };
        if seen_first {
            see();
        }
        let begun = ownership.now();
        if !seen_first {
            see();
        }
        let made = json!({"id": "9"});
        ownership.learn(&create, &Answer::json(201, &made), url, begun).unwrap();
        ownership.standing(Tenant::First, &key)
    };
    assert_eq!(standing(false), Some(Standing::Candidate { echoed: false }), "it has to be proven still");
    assert!(matches!(standing(true), Some(Standing::Foreign(_))));
}

#[tokio::test]
async fn a_foreign_account_becomes_no_member_and_an_id_that_was_made_up_may_travel() {
    let shelf = Shelf::default();
    let ownership = Arc::new(Ownership::new(PREFIX));
    let key = |kind: ResourceKind, id: &str| (kind, id.to_owned());
    ownership.settle(Tenant::First, &key(ResourceKind::Group, "1"), Standing::Ours);
    ownership.settle(Tenant::First, &key(ResourceKind::User, "7"), Standing::Foreign("bob".into()));
    let guard = Guard::new(&shelf, Arc::clone(&ownership));
    let adds = |id: &str| {
        let operation = json!({"op": "Add", "path": "members", "value": [{"value": id}]});
        request(Method::Patch, "/Groups/1").with_json(&json!({"Operations": [operation]}))
    };
    let outcome = guard.send(adds("7")).await;
    assert!(matches!(&outcome, Err(Broken::Withheld(why)) if why.contains("bob")), "{outcome:?}");
    assert!(shelf.sent().is_empty());
    assert!(guard.send(adds("8")).await.is_ok());
    ownership.settle(Tenant::First, &key(ResourceKind::User, "8"), Standing::Foreign("8".into()));
    assert!(guard.send(adds("8")).await.is_ok(), "the server made an account of it");
}
