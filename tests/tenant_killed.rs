//! A tenant that is killed at any moment goes on as if it had not been: what a request was told is done is there, no
//! account exists twice at the target, and after one cycle the target holds what the directory says.
//!
//! `SCIMULATE_KILLS=50` kills it so often.

#![cfg(all(unix, feature = "tenant"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use scimulate::testserver::TestServer;
use serde_json::{Value, json};

/// How often it is killed when the environment asks for no other number.
const KILLS: usize = 4;

/// A tenant that runs.
struct Tenant {
    child: Child,
    port: u16,
}

impl Tenant {
    fn start(data: &Path, server: &TestServer) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_scimulate"));
        command.args(["tenant", "--target", server.url(), "--data"]).arg(data);
        command.env("SCIMULATE_TOKEN", server.token()).stdin(Stdio::null()).stderr(Stdio::null());
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().rsplit(':').next().and_then(|port| port.parse().ok());
        Tenant { child, port: port.unwrap_or_else(|| panic!("it does not start: {line}")) }
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        ask(self.port, method, path, body).unwrap()
    }

    /// An undisturbed cycle.
    fn cycle(&self) {
        let (status, cycle) = self.ask("POST", "/_scimulate/cycle", &Value::Null);
        assert_eq!((status, &cycle["value"][0]["state"]), (200, &json!("Succeeded")), "{cycle}");
    }
}

/// The status and the JSON of an answer; an error when none arrives.
fn ask(port: u16, method: &str, path: &str, body: &Value) -> io::Result<(u16, Value)> {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    let (_, body) = answer.split_once("\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    let status = status.ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok((status, serde_json::from_str(body).unwrap_or_default()))
}

/// What the tenant said is true of somebody.
#[derive(Debug, Clone, Default)]
struct Known {
    title: Option<String>,
    deleted: bool,
    assigned: bool,
    /// A change was sent whose answer did not arrive.
    uncertain: bool,
}

/// Who asks for changes, and remembers what was answered.
struct Administrator {
    random: ChaCha8Rng,
    people: BTreeMap<String, Known>,
    application: String,
    role: String,
    made: usize,
}

impl Administrator {
    /// Changes the directory until the connection breaks. Who came since the last cycle stays: whether the service has
    /// made an account whose answer was lost, it learns from a lookup, and it looks only for those who are to have one.
    fn work(&mut self, port: u16, until: Instant) {
        let settled: Vec<String> = self
            .people
            .iter()
            .filter(|(_, known)| !known.deleted && known.assigned)
            .map(|(id, _)| id.clone())
            .collect();
        while Instant::now() < until {
            let chance = self.random.random_range(0..10);
            let done = match settled.get(self.random.random_range(0..settled.len().max(1))) {
                Some(id) if chance < 4 => self.retitle(port, id),
                Some(id) if chance < 5 && self.staff() > 30 => self.delete(port, id),
                // No more than one list of Graph shows.
                _ if self.people.len() < 600 && chance < 7 => self.hire(port),
                _ => ask(port, "GET", "/v1.0/organization", &Value::Null).map(drop),
            };
            if done.is_err() {
                return;
            }
        }
    }

    /// How many have not left.
    fn staff(&self) -> usize {
        self.people.values().filter(|known| !known.deleted).count()
    }

    fn hire(&mut self, port: u16) -> io::Result<()> {
        self.made += 1;
        let name = format!("person{}", self.made);
        let body = json!({
            "accountEnabled": true, "displayName": name, "mailNickname": name, "passwordProfile": {},
            "userPrincipalName": format!("{name}@contoso.example"),
        });
        let (status, made) = ask(port, "POST", "/v1.0/users", &body)?;
        assert_eq!(status, 201, "{made}");
        let id = made["id"].as_str().unwrap().to_owned();
        self.people.insert(id.clone(), Known { uncertain: true, ..Known::default() });
        let body = json!({ "principalId": id, "resourceId": self.application, "appRoleId": self.role });
        let (status, assigned) = ask(port, "POST", &format!("/v1.0/users/{id}/appRoleAssignments"), &body)?;
        assert_eq!(status, 201, "{assigned}");
        self.people.insert(id, Known { assigned: true, ..Known::default() });
        Ok(())
    }

    fn retitle(&mut self, port: u16, id: &str) -> io::Result<()> {
        let Some(known) = self.people.get_mut(id).filter(|known| !known.deleted) else { return Ok(()) };
        let title = format!("Title {}", self.random.random_range(0..1_000));
        known.uncertain = true;
        let (status, _) = ask(port, "PATCH", &format!("/v1.0/users/{id}"), &json!({ "jobTitle": title }))?;
        assert_eq!(status, 204);
        *known = Known { title: Some(title), uncertain: false, ..known.clone() };
        Ok(())
    }

    fn delete(&mut self, port: u16, id: &str) -> io::Result<()> {
        let Some(known) = self.people.get_mut(id).filter(|known| !known.deleted) else { return Ok(()) };
        known.uncertain = true;
        let (status, _) = ask(port, "DELETE", &format!("/v1.0/users/{id}"), &Value::Null)?;
        assert_eq!(status, 204);
        (known.deleted, known.uncertain) = (true, false);
        Ok(())
    }

    /// Everything that was answered is so; what was not answered is looked up.
    fn verify(&mut self, tenant: &Tenant) {
        let assigned = format!("/v1.0/servicePrincipals/{}/appRoleAssignedTo?$top=999", self.application);
        let (_, assigned) = tenant.ask("GET", &assigned, &Value::Null);
        let assigned: Vec<&str> = assigned["value"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|one| one["principalId"].as_str())
            .collect();
        for (id, known) in &mut self.people {
            let (status, user) =
                tenant.ask("GET", &format!("/v1.0/users/{id}?$select=jobTitle"), &Value::Null);
            let now = Known {
                title: user["jobTitle"].as_str().map(str::to_owned),
                deleted: status == 404,
                assigned: assigned.contains(&id.as_str()),
                uncertain: false,
            };
            if known.uncertain {
                let title = if now.deleted { known.title.clone() } else { now.title };
                *known = Known { title, ..now };
                continue;
            }
            assert_eq!((known.deleted, known.assigned), (now.deleted, now.assigned), "{id}");
            assert!(now.deleted || known.title == now.title, "{id}: {known:?}, but {user}");
        }
    }
}

#[test]
fn a_tenant_that_is_killed_at_any_moment_loses_nothing() {
    let kills = std::env::var("SCIMULATE_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(KILLS);
    let (data, server) = (tempfile::tempdir().unwrap(), TestServer::start().unwrap());
    let tenant = Tenant::start(data.path(), &server);
    let (_, applications) = tenant.ask("GET", "/v1.0/servicePrincipals", &Value::Null);
    let application = &applications["value"][0];
    let mut administrator = Administrator {
        random: ChaCha8Rng::seed_from_u64(18),
        people: BTreeMap::new(),
        application: application["id"].as_str().unwrap().to_owned(),
        role: application["appRoles"][0]["id"].as_str().unwrap().to_owned(),
        made: 0,
    };
    tenant.kill();
    for _ in 0..kills {
        let tenant = Tenant::start(data.path(), &server);
        administrator.verify(&tenant);
        tenant.cycle();
        let port = tenant.port;
        let wait = Duration::from_millis(administrator.random.random_range(5..400));
        let cycles =
            std::thread::spawn(move || while ask(port, "POST", "/_scimulate/cycle", &Value::Null).is_ok() {});
        let killer = std::thread::spawn(move || {
            std::thread::sleep(wait);
            tenant.kill();
        });
        administrator.work(port, Instant::now() + Duration::from_secs(10));
        killer.join().unwrap();
        cycles.join().unwrap();
    }
    let tenant = Tenant::start(data.path(), &server);
    administrator.verify(&tenant);
    tenant.cycle();
    let (_, drift) = tenant.ask("GET", "/_scimulate/drift", &Value::Null);
    let rows = drift["value"].as_array().unwrap();
    assert!(rows.iter().all(|row| row["verdict"] == "same"), "{drift:#}");
    assert_eq!((&drift["unknown"], &drift["cut"]), (&json!([]), &json!(false)), "nobody has two accounts");
    let entitled = administrator.people.values().filter(|known| known.assigned && !known.deleted).count();
    assert!(entitled > 0 && rows.len() >= entitled, "{entitled} of {}", rows.len());
    tenant.kill();
}
