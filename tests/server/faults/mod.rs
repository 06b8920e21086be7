//! Every fault shows itself to somebody who plays Entra's requests and looks at everything.

mod bulk;
mod connecting;
mod groups;
mod lists;
mod others;
mod patches;
mod users;
mod versions;

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{Request, header};
use scimulate::server::{Fault, FaultClass, OAuth, ServerSettings, Variant};
use serde_json::{Value, json};

use crate::client::{Client, ENTERPRISE, GROUP, Reply, TOKEN, USER};

const SECRET: &str = "correct-horse";

/// What a judge sees of a server whose ids are the same in every run, with dates compared in place of shown.
struct Witness<'a> {
    client: Client,
    /// What is seen of a healthy server; at the first difference the witness has seen enough.
    healthy: &'a [String],
    lines: Vec<String>,
    dates: BTreeMap<String, (String, String)>,
}

impl Witness<'_> {
    fn of(fault: Option<Fault>, healthy: &[String]) -> Vec<String> {
        let settings = ServerSettings {
            faults: fault.into_iter().collect(),
            variants: [Variant::NumericLookingIds].into(),
            expired: "expired".into(),
            foreign: "foreign".into(),
            oauth: OAuth { client_secret: SECRET.into(), ..OAuth::default() },
            ..ServerSettings::default()
        };
        let client = Client::of(settings);
        let mut witness = Witness { client, healthy, lines: Vec::new(), dates: BTreeMap::new() };
        witness.play();
        witness.lines
    }

    fn has_seen_enough(&self) -> bool {
        !self.healthy.is_empty() && !self.healthy.starts_with(&self.lines)
    }

    fn send(&mut self, method: &str, path: &str, body: Option<Value>) -> Value {
        if self.has_seen_enough() {
            return Value::Null;
        }
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/scim{path}"))
            .header(header::HOST, "scim.example.com")
            .header(header::AUTHORIZATION, format!("Bearer {TOKEN}"))
            .header("ADSCIMVersion", "6.0");
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/scim+json");
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let reply = self.client.raw(request.body(body).unwrap());
        self.note(method, path, &reply)
    }

    fn note(&mut self, method: &str, path: &str, reply: &Reply) -> Value {
        let body: Value = serde_json::from_str(&reply.text).unwrap_or(Value::Null);
        let resources = body["Resources"].as_array().cloned().unwrap_or_else(|| vec![body.clone()]);
        let text = |name: header::HeaderName| reply.header(name).unwrap_or("-").to_owned();
        let line = format!(
            "{method} {path} {} {} {} {} {} {} {} {} {}",
            reply.status,
            text(header::DATE),
            text(header::ETAG),
            text(header::CONTENT_LOCATION),
            text(header::CONTENT_TYPE),
            text(header::LOCATION),
            text(header::WWW_AUTHENTICATE),
            text(header::ALLOW),
            reply.text
        );
        let line = self.normal(line, &resources);
        self.lines.push(line);
        body
    }

    /// Dates say how they compare with what was seen before.
    fn normal(&mut self, mut line: String, resources: &[Value]) -> String {
        for resource in resources {
            let date = |name: &str| resource["meta"][name].as_str().unwrap_or("").to_owned();
            let (created, modified) = (date("created"), date("lastModified"));
            for date in [&created, &modified] {
                if !date.is_empty() {
                    line = line.replace(date.as_str(), "[date]");
                }
            }
            let id = resource["id"].as_str().unwrap_or("").to_owned();
            let (first, latest) = self.dates.entry(id).or_insert_with(|| (created.clone(), modified.clone()));
            line.push_str(&format!(" {} {} {}", created == *first, modified >= *latest, created <= modified));
            line.push_str(if created.ends_with('Z') { " Z" } else { " -" });
            *latest = modified;
        }
        line
    }

    fn post(&mut self, endpoint: &str, mut body: Value) -> String {
        body["schemas"] = if endpoint == "/Users" { json!([USER, ENTERPRISE]) } else { json!([GROUP]) };
        let created = self.send("POST", endpoint, Some(body));
        created["id"].as_str().unwrap_or("lost").to_owned()
    }

    fn patch(&mut self, path: &str, operations: Value) {
        let body =
            json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations });
        self.send("PATCH", path, Some(body));
        self.send("GET", path, None);
    }

    fn find(&mut self, endpoint: &str, filter: &str) -> Value {
        let query: String =
            form_urlencoded::Serializer::new(String::new()).append_pair("filter", filter).finish();
        self.send("GET", &format!("{endpoint}?{query}"), None)
    }

    /// A request whose headers or body are unusual.
    fn odd(&mut self, method: &str, path: &str, headers: &[(header::HeaderName, &str)], body: &str) {
        let mut request = Request::builder().method(method).uri(format!("/scim{path}"));
        request = request.header(header::HOST, "scim.example.com");
        request = request.header(header::AUTHORIZATION, format!("Bearer {TOKEN}"));
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let reply = self.client.raw(request.body(Body::from(body.to_owned())).unwrap());
        self.note(method, path, &reply);
    }

    fn play(&mut self) {
        self.connect();
        let [ann, bea, guest] = self.create();
        self.update(&ann, &bea);
        self.roles();
        self.groups(&ann, &bea, &guest);
        self.disable(&ann);
        self.versions(&ann);
        self.page();
        self.order();
        self.bulk();
        self.others(&bea);
        self.forms(&ann, &bea);
        self.delete(&ann, &bea);
    }
}

#[test]
fn two_runs_against_a_healthy_server_are_the_same() {
    let once = Witness::of(None, &[]);
    assert_eq!(Witness::of(None, &once), once);
}

#[test]
fn every_fault_shows() {
    let healthy = Witness::of(None, &[]);
    // One has a unit test that does not wait for it, one needs a socket; assertions need an issuer.
    let mut apart = vec![Fault::ANSWERS_SLOWLY, Fault::BODY_ON_204];
    apart.push(Fault::ASSERTION_BREAKS_ENDPOINT);
    apart.extend(crate::federation::FAULTS.map(|(fault, _)| fault));
    // Those of two requests at once and of two tenants have tests of their own.
    apart.extend(crate::together::FAULTS);
    apart.extend(crate::tenants::FAULTS);
    let unseen: Vec<&str> = Fault::ALL
        .iter()
        .filter(|fault| !apart.contains(fault) && Witness::of(Some(**fault), &healthy) == healthy)
        .map(|fault| fault.name())
        .collect();
    assert!(unseen.is_empty(), "{unseen:?}");
}

#[test]
fn every_class_has_faults() {
    for class in FaultClass::ALL {
        assert!(Fault::ALL.iter().filter(|fault| fault.class() == class).count() >= 4, "{class}");
    }
}
