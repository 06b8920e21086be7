//! Traces for tests of rules: right exchanges by default, faulty where a test says so.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::{KnownBesides, judge};
use crate::check::{Finding, Level};
use crate::scim::discovery::Discovery;
use crate::scim::urn;
use crate::wire::{Actor, Answer, Body, Broken, Exchange, Method, Request, ResourceKind, Tenant, WriteSpan};

/// A trace in the making.
pub(super) struct ScenarioRun {
    discovery: Discovery,
    trace: Vec<Arc<Exchange>>,
    clock: SystemTime,
    others: Vec<WriteSpan>,
}

impl ScenarioRun {
    /// An empty trace against a server that publishes nothing.
    pub fn new() -> Self {
        let clock = SystemTime::UNIX_EPOCH + Duration::from_secs(1_750_000_000);
        ScenarioRun { discovery: Discovery::default(), trace: Vec::new(), clock, others: Vec::new() }
    }

    /// An empty trace against a server that publishes the core schemas.
    pub fn published() -> Self {
        let mut scenario_run = ScenarioRun::new();
        scenario_run.discovery.schemas = crate::scim::schema::SchemaSet::core();
        scenario_run
    }

    /// The same trace against a server that publishes something else.
    pub fn publishing(mut self, change: impl FnOnce(&mut Discovery)) -> Self {
        change(&mut self.discovery);
        self
    }

    /// Any exchange.
    pub fn send(&mut self, request: Request, outcome: Result<Answer, Broken>) -> &mut Self {
        self.clock += Duration::from_millis(10);
        let url = format!("http://127.0.0.1:1/scim{}", request.path_and_query());
        let exchange = Exchange::new(self.trace.len(), self.clock, url, request, outcome);
        self.trace.push(Arc::new(exchange));
        self
    }

    /// Two exchanges that were under way at the same time.
    pub fn together(&mut self, exchanges: [(Request, Answer); 2]) -> &mut Self {
        let start = self.clock;
        for (request, mut answer) in exchanges {
            answer.elapsed = Duration::from_millis(5);
            self.clock = start;
            self.send(request, Ok(answer));
        }
        self
    }

    pub fn get(&mut self, path_and_query: &str, status: u16, body: Value) -> &mut Self {
        let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
        let mut request = Request::new(Actor::Entra, Method::Get, path, "test");
        if !query.is_empty() {
            request = request.with_query(query.replace(' ', "+").replace('"', "%22"));
        }
        self.send(request, Ok(answer(status, &body)))
    }

    pub fn post(&mut self, path: &str, sent: Value, status: u16, body: Value) -> &mut Self {
        let request = Request::new(Actor::Entra, Method::Post, path, "test").with_json(&sent);
        self.send(request, Ok(answer(status, &body)))
    }

    /// A PATCH with these operations; a null body stands for none.
    pub fn patch(&mut self, path: &str, operations: Value, status: u16, body: Value) -> &mut Self {
        self.send(patch(path, operations), Ok(answer(status, &body)))
    }

    pub fn delete(&mut self, path: &str, status: u16) -> &mut Self {
        let request = Request::new(Actor::Entra, Method::Delete, path, "test");
        let body = if status < 400 { Value::Null } else { error(status, None) };
        self.send(request, Ok(answer(status, &body)))
    }

    /// The user Ada is made with these attributes beside her userName, under the id `1`.
    pub fn makes_ada(&mut self, attributes: Value) -> &mut Self {
        let sent = with(json!({"schemas": [urn::USER], "userName": "ada@example.com"}), attributes.clone());
        self.post("/Users", sent, 201, ada(attributes))
    }

    /// The group `g` is made, without members.
    pub fn makes_group(&mut self) -> &mut Self {
        let sent = json!({"schemas": [urn::GROUP], "displayName": "Team"});
        self.post("/Groups", sent, 201, group(&[]))
    }

    /// Another scenario run writes, and makes what is named.
    pub fn another_writes(&mut self, made: Option<(ResourceKind, &str)>) -> &mut Self {
        self.clock += Duration::from_millis(10);
        let made = made.map(|(kind, id)| (kind, id.to_owned()));
        let (started, ended) = (self.clock, Some(self.clock));
        self.others.push(WriteSpan { tenant: Tenant::First, started, ended, made });
        self
    }

    fn all(&self) -> Vec<Finding> {
        judge(&[], &self.trace, &self.discovery, &KnownBesides { others: &self.others, patched: &[] })
            .findings
    }

    /// What one rule finds.
    pub fn findings(&self, rule: &str) -> Vec<Finding> {
        let id = format!("rules/{rule}");
        assert!(super::find(&id).is_some(), "there is no rule {id}");
        let all = self.all();
        all.into_iter().filter(|finding| finding.rule == id).collect()
    }

    /// The rule finds exactly this many faults, at this level.
    #[track_caller]
    pub fn finds(&self, rule: &str, times: usize, level: Level) {
        let findings = self.findings(rule);
        assert_eq!(findings.len(), times, "{findings:#?}");
        assert!(findings.iter().all(|finding| finding.level == level), "{findings:#?}");
        assert!(findings.iter().all(|finding| !finding.exchanges.is_empty()), "{findings:#?}");
    }

    /// No rule finds anything at `warning` or above.
    #[track_caller]
    pub fn is_right(&self) {
        let all = self.all();
        let told: Vec<String> = all
            .iter()
            .filter(|finding| finding.level >= Level::Warning)
            .map(|finding| format!("{} {}: {}", finding.level, finding.rule, finding.message))
            .collect();
        assert!(told.is_empty(), "{told:#?}");
    }
}

/// A PATCH request.
pub(super) fn patch(path: &str, operations: Value) -> Request {
    let body = json!({"schemas": [urn::PATCH_OP], "Operations": operations});
    Request::new(Actor::Entra, Method::Patch, path, "test").with_json(&body)
}

/// An answer with a SCIM body; null stands for none. A created resource comes with its location.
pub(super) fn answer(status: u16, body: &Value) -> Answer {
    let mut answer = Answer::json(status, body);
    if body.is_null() {
        answer.headers.clear();
        answer.body = Body::default();
    }
    if let (201, Some(location)) = (status, body.pointer("/meta/location").and_then(Value::as_str)) {
        answer.headers.push(("location".into(), location.into()));
    }
    answer
}

/// An answer with any body and media type.
pub(super) fn raw(status: u16, media_type: Option<&str>, body: &str) -> Answer {
    let headers = media_type.map(|media_type| ("content-type".to_owned(), media_type.to_owned()));
    Answer {
        status,
        headers: headers.into_iter().collect(),
        body: Body::new(body.as_bytes().to_vec()),
        elapsed: Duration::ZERO,
    }
}

/// A right resource: Ada with more attributes.
pub(super) fn ada(attributes: Value) -> Value {
    let resource = json!({
        "schemas": [urn::USER], "id": "1", "userName": "ada@example.com",
        "meta": {"resourceType": "User", "created": "2026-01-02T03:04:05Z",
            "lastModified": "2026-01-02T03:04:05Z", "location": "http://127.0.0.1:1/scim/Users/1"}
    });
    with(resource, attributes)
}

/// A right resource: the user of that id, whose userName begins with it.
pub(super) fn user(id: &str) -> Value {
    let mut user = with(ada(json!({})), json!({"id": id, "userName": format!("{id}@example.com")}));
    user["meta"]["location"] = json!(format!("http://127.0.0.1:1/scim/Users/{id}"));
    user
}

/// A right resource: the group `g` with these members.
pub(super) fn group(members: &[&str]) -> Value {
    let mut resource = json!({
        "schemas": [urn::GROUP], "id": "g", "displayName": "Team",
        "meta": {"resourceType": "Group", "created": "2026-01-02T03:04:05Z",
            "lastModified": "2026-01-02T03:04:05Z", "location": "http://127.0.0.1:1/scim/Groups/g"}
    });
    if !members.is_empty() {
        resource["members"] = members.iter().map(|id| json!({"value": id})).collect();
    }
    resource
}

/// A complete ListResponse.
pub(super) fn list(resources: Vec<Value>) -> Value {
    json!({"schemas": [urn::LIST_RESPONSE], "totalResults": resources.len(), "startIndex": 1,
        "itemsPerPage": resources.len(), "Resources": resources})
}

/// A right error message.
pub(super) fn error(status: u16, scim_type: Option<&str>) -> Value {
    let mut body =
        json!({"schemas": [urn::ERROR], "status": status.to_string(), "detail": "It was refused."});
    if let Some(scim_type) = scim_type {
        body["scimType"] = json!(scim_type);
    }
    body
}

/// An object with more members; a null takes one away.
pub(super) fn with(mut object: Value, more: Value) -> Value {
    for (key, value) in more.as_object().into_iter().flatten() {
        let members = object.as_object_mut().unwrap();
        if value.is_null() {
            members.shift_remove(key);
        } else {
            members.insert(key.clone(), value.clone());
        }
    }
    object
}
