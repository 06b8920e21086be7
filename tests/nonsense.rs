//! Targets that answer nonsense: each run ends in findings, or with one sentence when it is about the
//! very first contact, and never in a panic, a hang or an endless walk.
//!
//! The embedded server answers every request first; what it says is spoilt on its way to the socket.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use http_body_util::BodyExt as _;
use scimulate::check::Level;
use scimulate::deployments::Shared;
use scimulate::entra::mapping::profiles;
use scimulate::http::{Client, Credentials, Settings, TenantUrl};
use scimulate::run::plan::Plan;
use scimulate::run::target::retry::WaitLimit;
use scimulate::run::verdict::report::Report;
use scimulate::run::{RunProblem, play_scenarios};
use scimulate::{scenario, server};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt as _;

/// A request as it came in.
struct Asked {
    method: String,
    /// Path and query below the base URL.
    target: String,
    /// Its number among all requests, from 0.
    number: usize,
}

impl Asked {
    fn is(&self, method: &str, beginning: &str) -> bool {
        self.method == method && self.target.starts_with(beginning)
    }

    /// A list of users, with or without a filter.
    fn lists(&self) -> bool {
        self.is("GET", "/Users?") || self.target == "/Users" && self.method == "GET"
    }
}

/// A right answer, to be spoilt.
struct Right {
    status: u16,
    media_type: String,
    /// Every other header, each with its line end.
    headers: String,
    body: Vec<u8>,
}

impl Right {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The answer as it goes over the wire.
    fn wire(&self) -> Vec<u8> {
        self.with_text(&self.body)
    }

    /// The same with another body.
    fn with(&self, body: &Value) -> Vec<u8> {
        self.with_text(body.to_string())
    }

    fn with_text(&self, body: impl AsRef<[u8]>) -> Vec<u8> {
        let wire = whole(self.status, &self.media_type, body.as_ref());
        let line_end = wire.windows(2).position(|pair| pair == b"\r\n").unwrap() + 2;
        [&wire[..line_end], self.headers.as_bytes(), &wire[line_end..]].concat()
    }
}

fn whole(status: u16, media_type: &str, body: &[u8]) -> Vec<u8> {
    let head = match (status, body.is_empty()) {
        (204, _) => format!("HTTP/1.1 {status} X\r\nconnection: close\r\n\r\n"),
        _ => format!(
            "HTTP/1.1 {status} X\r\ncontent-type: {media_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        ),
    };
    [head.as_bytes(), body].concat()
}

/// Stands in front of an answer that is written byte by byte.
const DRIP: &[u8] = b"drip drip ";

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

type Spoil = dyn Fn(&Asked, &Right) -> Vec<u8> + Send + Sync;

/// What came of a run.
struct Outcome {
    played: Result<Report, RunProblem>,
    /// Requests that were met.
    requests: usize,
}

impl Outcome {
    /// Rules and scenarios that found something of this level or above.
    fn found(&self, level: Level) -> BTreeSet<String> {
        let report = self.played.as_ref().unwrap_or_else(|problem| panic!("{problem}"));
        let findings = report.checks.iter().flat_map(|check| &check.findings);
        findings.filter(|finding| finding.level >= level).map(|finding| finding.rule.clone()).collect()
    }

    #[track_caller]
    fn finds(&self, rule: &str) {
        let found = self.found(Level::Warning);
        assert!(found.contains(rule), "{rule} is not among {found:?}, {:?}", self.interrupted());
    }

    fn interrupted(&self) -> Option<&String> {
        self.played.as_ref().ok()?.interrupted_by.as_ref()
    }

    #[track_caller]
    fn within(&self, most: usize) -> &Self {
        assert!(self.requests <= most, "{} requests", self.requests);
        self
    }

    #[track_caller]
    fn is_refused(&self) -> String {
        match &self.played {
            Err(RunProblem::Refused(refusal)) => refusal.to_string(),
            Err(problem) => panic!("another problem: {problem}"),
            Ok(_) => panic!("played, and found {:?}", self.found(Level::Note)),
        }
    }
}

const USUAL: [&str; 4] = [
    "cycles/create-user",
    "cycles/update-one-attribute",
    "cycles/page-all-users",
    "cycles/group-member-added",
];

/// Plays a few scenarios against a server whose answers are spoilt.
fn run_of(scenarios: &[&str], spoil: impl Fn(&Asked, &Right) -> Vec<u8> + Send + Sync + 'static) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let settings = server::ServerSettings::default();
    let token = settings.token.clone();
    let base = runtime.block_on(serve(settings, Arc::clone(&count), Arc::new(spoil)));
    let mut settings = Settings::new(TenantUrl::parse(&base).unwrap());
    settings.credentials = Credentials::Bearer(token.into());
    settings.timeout = Duration::from_secs(3);
    let client = Client::new(settings).unwrap();
    let found = scenario::builtin()
        .unwrap()
        .into_iter()
        .filter(|s| scenarios.contains(&s.about.id.as_str()))
        .map(Arc::new);
    let mut plan = Plan::new(found.collect(), profiles::load(profiles::DEFAULT).unwrap(), "nonsense1".into());
    assert_eq!(plan.scenarios.len(), scenarios.len(), "the scenarios exist");
    plan.dialects.truncate(1);
    plan.wait_limit = WaitLimit::at_most(Duration::from_millis(200));
    let played = play_scenarios(plan, Shared::new(client), runtime.handle(), &mut ());
    Outcome { played, requests: count.load(Ordering::Relaxed) }
}

fn run(spoil: impl Fn(&Asked, &Right) -> Vec<u8> + Send + Sync + 'static) -> Outcome {
    run_of(&USUAL, spoil)
}

async fn serve(settings: server::ServerSettings, count: Arc<AtomicUsize>, spoil: Arc<Spoil>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    let base = format!("http://{authority}/scim");
    let router = server::router(settings);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (router, count, spoil) = (router.clone(), Arc::clone(&count), Arc::clone(&spoil));
            let authority = authority.clone();
            tokio::spawn(async move {
                // Whoever hangs up has read enough.
                let _ = answer(stream, router, &authority, &count, &spoil).await;
            });
        }
    });
    base
}

async fn answer(
    stream: TcpStream,
    router: axum::Router,
    authority: &str,
    count: &AtomicUsize,
    spoil: &Arc<Spoil>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let mut parts = line.split(' ');
    let (method, target) = (parts.next().unwrap_or("").to_owned(), parts.next().unwrap_or("").to_owned());
    let mut request = http::Request::builder().method(method.as_str()).uri(&target);
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().unwrap_or(0);
        }
        request = request.header(name, value.trim());
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    let answer = router.oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
    let status = answer.status().as_u16();
    let media_type =
        answer.headers().get("content-type").map_or("", |value| value.to_str().unwrap()).to_owned();
    let headers = answer
        .headers()
        .iter()
        .filter(|(name, _)| !["content-type", "content-length"].contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {}\r\n", value.to_str().unwrap()))
        .collect();
    let body = answer.into_body().collect().await.unwrap().to_bytes().to_vec();
    let right = Right { status, media_type, headers, body };
    let target =
        target.trim_start_matches(&format!("http://{authority}")).trim_start_matches("/scim").to_owned();
    let asked = Asked { method, target, number: count.fetch_add(1, Ordering::Relaxed) };
    let wire = spoil(&asked, &right);
    let Some(slow) = wire.strip_prefix(DRIP) else {
        stream.write_all(&wire).await?;
        return stream.flush().await;
    };
    for byte in slow {
        stream.write_all(std::slice::from_ref(byte)).await?;
        stream.flush().await?;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

#[test]
fn an_unspoilt_server_is_right() {
    let outcome = run(|_, right| right.wire());
    assert_eq!(outcome.found(Level::Warning), BTreeSet::new());
}

/// Requests of the preparation, which a target must answer sensibly before anything is played.
const PREPARATION: usize = 30;

/// Spoils the body of every list of users.
fn in_lists(change: impl Fn(&mut Value) + Send + Sync + 'static) -> impl Fn(&Asked, &Right) -> Vec<u8> {
    move |asked, right| {
        if !asked.lists() {
            return right.wire();
        }
        let mut body = right.json();
        change(&mut body);
        right.with(&body)
    }
}

/// Spoils every user that is shown, alone or in a list.
fn in_users(change: impl Fn(&mut Value) + Send + Sync + 'static) -> impl Fn(&Asked, &Right) -> Vec<u8> {
    move |asked, right| {
        if !asked.target.starts_with("/Users") || right.status >= 300 || right.body.is_empty() {
            return right.wire();
        }
        let mut body = right.json();
        match body.get_mut("Resources").and_then(Value::as_array_mut) {
            Some(all) => all.iter_mut().for_each(&change),
            None => change(&mut body),
        }
        right.with(&body)
    }
}

/// Spoils every answer with a body once the preparation is over; what is deleted is deleted.
fn later(spoil: impl Fn(&Right) -> Vec<u8> + Send + Sync + 'static) -> impl Fn(&Asked, &Right) -> Vec<u8> {
    move |asked, right| {
        let spared = asked.number < PREPARATION || asked.method == "DELETE" || right.body.is_empty();
        if spared { right.wire() } else { spoil(right) }
    }
}

/// A stand-in in the answer's head.
fn rewritten(right: &Right, from: &str, to: &str) -> Vec<u8> {
    String::from_utf8_lossy(&right.wire()).replacen(from, to, 1).into_bytes()
}

#[test]
fn resources_that_are_no_list() {
    let resources = |value: Value| run(in_lists(move |body| body["Resources"] = value.clone()));
    resources(Value::Null).within(150).finds("rules/resources-missing");
    resources(json!({"a": 1})).within(150).finds("rules/resources-not-an-array");
    resources(json!("none")).within(150).finds("rules/resources-not-an-array");
    resources(json!([1, null, "x", [], {"id": null}])).within(150).finds("rules/resources-not-an-array");
    let gone = |body: &mut Value| {
        body.as_object_mut().unwrap().shift_remove("Resources");
        body["totalResults"] = json!(3);
    };
    run(in_lists(gone)).within(150).finds("rules/resources-missing");
}

#[test]
fn totals_that_lie() {
    let total = |value: Value| run(in_lists(move |body| body["totalResults"] = value.clone()));
    for value in [json!(-1), json!(1e300), json!("5"), json!({}), json!([1])] {
        total(value).within(150).finds("rules/total-results-not-a-number");
    }
    total(json!(u64::MAX)).within(150).finds("rules/total-results-not-filtered");
}

#[test]
fn lists_that_are_something_else() {
    for value in [json!([]), Value::Null, json!(7), json!("list")] {
        run(in_lists(move |body| *body = value.clone())).within(150).finds("rules/body-not-an-object");
    }
}

#[test]
fn ids_of_every_kind() {
    let id = |value: Value| run(in_users(move |user| user["id"] = value.clone()));
    id(json!(7)).within(200).finds("rules/id-not-a-string");
    id(json!({"a": 1})).within(200).finds("rules/id-not-a-string");
    id(json!("")).within(200).finds("rules/id-missing");
    id(json!("../..\u{0}\u{1b}[31m/?#\n")).within(200).finds("rules/id-reused");
    // No URL can hold it; that is no reason to call the target lost.
    let huge = id(json!("x".repeat(100_000)));
    huge.within(200).finds("rules/id-reused");
    assert_eq!(huge.interrupted(), None);
    let report = huge.played.as_ref().unwrap();
    for finding in report.checks.iter().flat_map(|check| &check.findings) {
        for text in [&finding.message, &finding.expected, &finding.actual] {
            assert!(text.len() < 3000, "{} shows {} characters: {}", finding.rule, text.len(), &text[..200]);
        }
    }
}

#[test]
fn values_of_every_type() {
    let outcome = run(in_users(|user| {
        user["userName"] = json!({"a": []});
        user["active"] = json!([true]);
        user["emails"] = json!({"value": 1});
        user["meta"] = json!([]);
        user["schemas"] = json!("x");
        user["name"] = json!(3);
    }));
    for rule in
        ["active-not-a-boolean", "list-expected", "object-expected", "schemas-missing", "meta-missing"]
    {
        outcome.within(200).finds(&format!("rules/{rule}"));
    }
    let null =
        run(in_users(|user| user.as_object_mut().unwrap().values_mut().for_each(|v| *v = Value::Null)));
    null.within(200).finds("rules/id-missing");
}

#[test]
fn discovery_documents_that_say_nothing() {
    let documents = |value: Value| {
        run(move |asked, right| {
            let is_document = asked.target.starts_with("/S") || asked.target.starts_with("/R");
            if is_document { right.with(&value) } else { right.wire() }
        })
    };
    documents(json!([1, {"a": [null]}])).within(200).finds("rules/body-not-an-object");
    let words = json!({
        "Resources": {"id": 1}, "patch": "yes", "bulk": [], "attributes": 7, "totalResults": "x",
        "filter": {"supported": "true", "maxResults": -5},
    });
    documents(words).within(200).finds("rules/config-incomplete");
}

#[test]
fn pages_without_end() {
    let outcome = run(|asked, right| {
        if !asked.lists() || !asked.target.contains("startIndex") {
            return right.wire();
        }
        let start = asked.target.split("startIndex=").nth(1).and_then(|text| text.split('&').next());
        let start: usize = start.and_then(|text| text.parse().ok()).unwrap_or(1);
        let user =
            |number| json!({"schemas": [USER], "id": format!("u{number}"), "userName": format!("u{number}")});
        let users: Vec<Value> = (start..start + 5).map(user).collect();
        right.with(&json!({
            "schemas": [LIST], "totalResults": 1_000_000_000_u64, "startIndex": start, "itemsPerPage": 5,
            "Resources": users,
        }))
    });
    outcome.within(1200).finds("rules/meta-missing");
    let same = run(|asked, right| match asked.lists() && asked.target.contains("startIndex") {
        true => right.with(&json!({
            "schemas": [LIST], "totalResults": 1_000_000_000_u64, "startIndex": 1, "itemsPerPage": 1,
            "Resources": [{"schemas": [USER], "id": "u", "userName": "u"}],
        })),
        false => right.wire(),
    });
    same.within(150).finds("cycles/page-all-users");
}

#[test]
fn cursors_without_end() {
    let number = AtomicUsize::new(0);
    let outcome = run_of(
        &["conformance/cursor-pages", "conformance/cursor-while-users-come-and-go"],
        move |asked, right| {
            if !asked.lists() || !asked.target.contains("cursor") {
                return right.wire();
            }
            let mut body = right.json();
            let number = number.fetch_add(1, Ordering::Relaxed);
            body = json!({
                "schemas": [LIST], "totalResults": 5, "itemsPerPage": 1, "nextCursor": format!("c{number}"),
                "Resources": [{"schemas": [USER], "id": format!("u{number}"), "userName": body["id"]}],
            });
            right.with(&body)
        },
    );
    outcome.within(250).finds("rules/meta-missing");
    let same = run_of(&["conformance/cursor-pages"], |asked, right| {
        let mut body = right.json();
        if asked.lists() && asked.target.contains("cursor") {
            body["nextCursor"] = json!("again");
            body["Resources"] = json!([]);
            return right.with(&body);
        }
        right.wire()
    });
    same.within(120).finds("conformance/cursor-pages");
}

#[test]
fn bodies_that_are_too_large_or_too_deep() {
    let large = |size: usize| {
        run_of(&["cycles/update-one-attribute"], move |asked, right| {
            let mut user = right.json();
            if !asked.is("GET", "/Users/") || right.status != 200 {
                return right.wire();
            }
            user["nickName"] = json!("x".repeat(size));
            right.with(&user)
        })
    };
    assert_eq!(large(10 << 20).within(120).found(Level::Error), BTreeSet::new(), "large, and right");
    large(40 << 20).within(120).finds("rules/connection-broken");
    let deep = run(later(|right| right.with_text(format!("{}{}", "[".repeat(50_000), "]".repeat(50_000)))));
    deep.within(150).finds("rules/body-not-json");
    let nested = run(in_users(|user| user["nickName"] = (0..90).fold(json!(1), |inner, _| json!([inner]))));
    nested.within(200).finds("rules/single-value-expected");
}

#[test]
fn answers_that_end_in_the_middle() {
    let half = |right: &Right| {
        let wire = right.wire();
        wire[..wire.len() - right.body.len() / 2].to_vec()
    };
    run(later(half)).within(150).finds("rules/connection-broken");
    run(later(|right| rewritten(right, "content-length: ", "content-length: 9")))
        .within(150)
        .finds("rules/connection-broken");
    run(later(|right| {
        rewritten(right, &format!("content-length: {}", right.body.len()), "content-length: 10")
    }))
    .within(150)
    .finds("rules/body-not-json");
    run(later(|_| Vec::new())).within(150).finds("rules/connection-broken");
    let first = run(|_, right| {
        let wire = right.wire();
        wire[..wire.len() - 20].to_vec()
    });
    assert!(first.within(1).is_refused().contains("ended after"));
}

#[test]
fn an_answer_that_drips() {
    let outcome = run_of(&["cycles/update-one-attribute"], |asked, right| {
        let slow = asked.is("PATCH", "/Users/");
        if slow { [DRIP, &right.wire()].concat() } else { right.wire() }
    });
    outcome.within(120).finds("rules/connection-broken");
}

#[test]
fn texts_in_another_charset() {
    let utf_16 = |right: &Right| {
        let text = String::from_utf8_lossy(&right.body).into_owned();
        let body: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        whole(right.status, "application/scim+json; charset=utf-16", &body)
    };
    let outcome = run(later(utf_16));
    outcome.within(150).finds("rules/body-not-json");
    outcome.finds("rules/charset-not-utf-8");
    let latin_1 = |right: &Right| {
        let body: Vec<u8> = right.body.iter().map(|byte| if *byte == b'e' { 0xe9 } else { *byte }).collect();
        right.with_text(body)
    };
    run(later(latin_1)).within(150).finds("rules/body-not-json");
    let marked = |right: &Right| right.with_text([b"\xef\xbb\xbf".as_slice(), &right.body].concat());
    run(later(marked)).within(150).finds("rules/byte-order-mark");
}

#[test]
fn success_without_sense() {
    let page = b"<html><body>Welcome</body></html>";
    run(later(|_| whole(200, "text/html", page))).within(150).finds("rules/body-not-json");
    assert!(run(|_, _| whole(200, "text/html", page)).within(3).is_refused().contains("web page"));
    let nothing = run(later(|_| whole(200, "application/scim+json", b"")));
    nothing.within(150).finds("cycles/update-one-attribute");
    let nothing = run(|_, _| whole(200, "application/scim+json", b""));
    assert!(nothing.within(5).is_refused().contains("without a body"));
}

#[test]
fn keys_that_stand_twice() {
    let outcome = run(|asked, right| match asked.target.starts_with("/Users") && !right.body.is_empty() {
        true => right.with_text(String::from_utf8_lossy(&right.body).replacen('{', "{\"id\":\"first\",", 1)),
        false => right.wire(),
    });
    outcome.within(200).finds("rules/duplicate-keys");
}

#[test]
fn heads_that_are_none() {
    let headers = |right: &Right| {
        let more: String = (0..40_000).map(|number| format!("x-{number}: {}\r\n", "y".repeat(40))).collect();
        rewritten(right, "connection", &format!("{more}connection"))
    };
    run(later(headers)).within(150).finds("rules/connection-broken");
    run(later(|right| rewritten(right, "HTTP/1.1 2", "HTTP/1.1 9"))).within(150).finds("rules/server-error");
    let ssh = |_: &Right| b"SSH-2.0-OpenSSH_9.0\r\n".to_vec();
    run(later(ssh)).within(150).finds("rules/connection-broken");
    assert!(run(move |_, right| ssh(right)).within(1).is_refused().contains("not HTTP"));
}

#[test]
fn the_same_refusal_for_ever() {
    run(later(|_| whole(500, "text/plain", b"boom"))).within(150).finds("rules/server-error");
    let busy = |_: &Right| rewritten_busy();
    run(later(busy)).within(150).finds("rules/error-schema-missing");
}

/// 429 with a wish that nobody can grant.
fn rewritten_busy() -> Vec<u8> {
    b"HTTP/1.1 429 X\r\nretry-after: 99999999999999999999999\r\ncontent-type: application/scim+json\r\n\
      content-length: 2\r\nconnection: close\r\n\r\n{}"
        .to_vec()
}
