//! A tenant and `sync` send the same requests for the same directory and mapping, byte for byte but for ids that are
//! drawn and the address of the server.

#![cfg(all(unix, feature = "tenant"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use scimulate::testserver::TestServer;
use serde_json::{Value, json};

const ADA: &str = "0a000000-0000-4000-8000-000000000001";
const GRACE: &str = "0a000000-0000-4000-8000-000000000002";
const MARY: &str = "0a000000-0000-4000-8000-000000000003";
const TEAM: &str = "0a000000-0000-4000-8000-00000000000a";

/// The directory at the first cycle.
fn first() -> Value {
    json!({
        "users": [
            {
                "id": ADA, "userPrincipalName": "ada@contoso.example", "displayName": "Ada \"L\" Lovelace", "givenName": "Ada",
                "surname": "Lovelace", "jobTitle": "Analyst", "mail": "ada@contoso.example", "mailNickname": "ada",
                "employeeId": "007", "telephoneNumber": "+1 425 555 0100", "city": "Zürich", "manager": GRACE,
            },
            {"id": GRACE, "userPrincipalName": "grace@contoso.example", "displayName": "Grace", "mailNickname": "grace"},
            {"id": MARY, "userPrincipalName": "mary@contoso.example", "displayName": "Mary", "mailNickname": "mary"},
        ],
        "groups": [{"id": TEAM, "displayName": "Team", "members": [ADA, MARY]}],
    })
}

/// And at the second.
fn second() -> Value {
    let mut directory = first();
    directory["users"][0]["jobTitle"] = json!("Countess");
    directory["users"][0]["city"] = json!("London");
    directory["users"][1]["accountEnabled"] = json!(false);
    directory["users"][2]["manager"] = json!(ADA);
    directory["groups"][0]["members"] = json!([ADA]);
    directory
}

fn scimulate(server: &TestServer, folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scimulate"));
    command.current_dir(folder).env("SCIMULATE_TOKEN", server.token()).env("HOME", folder);
    command.stdin(Stdio::null()).stderr(Stdio::null());
    command
}

/// The entries of the HAR that `sync` writes for both cycles.
fn by_sync(target: &str, server: &TestServer) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let mut entries = Vec::new();
    for (number, directory) in [first(), second()].iter().enumerate() {
        fs::write(folder.path().join("people.json"), directory.to_string()).unwrap();
        let har = format!("{number}.har");
        let mut command = scimulate(server, folder.path());
        command.args([
            "sync",
            "--directory",
            "people.json",
            "--state",
            "state.json",
            "--har",
            &har,
            "--target",
            target,
            // Requests that are under way at the same time have no order.
            "--jobs",
            "1",
        ]);
        let status = command.stdout(Stdio::null()).status().unwrap();
        assert!(status.success());
        let har: Value = serde_json::from_slice(&fs::read(folder.path().join(har)).unwrap()).unwrap();
        entries.extend(har["log"]["entries"].as_array().unwrap().clone());
    }
    entries
}

/// A tenant that runs until it is dropped.
struct Tenant(Child, String);

impl Tenant {
    fn start(target: &str, server: &TestServer, folder: &Path) -> Self {
        let mut command = scimulate(server, folder);
        command.args(["tenant", "--target", target]).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().rsplit(':').next().unwrap().to_owned();
        Tenant(child, port)
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(format!("127.0.0.1:{}", self.1)).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 2"), "{method} {path}: {answer}");
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap_or_default()
    }
}

impl Drop for Tenant {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The same from a tenant, which is changed through Graph.
fn by_tenant(target: &str, server: &TestServer) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let tenant = Tenant::start(target, server, folder.path());
    // One whose mapping is Entra's default, as `sync` has it.
    let template = "/v1.0/applicationTemplates/8adf8e6e-67b2-4cf2-a259-e3dc5476c621/instantiate";
    let made = tenant.ask("POST", template, &json!({ "displayName": "Default" }));
    let principal = &made["servicePrincipal"];
    let (id, role) = (principal["id"].as_str().unwrap(), &principal["appRoles"][0]["id"]);
    let synchronization = format!("/v1.0/servicePrincipals/{id}/synchronization");
    let secrets = json!({"value": [
        {"key": "BaseAddress", "value": target}, {"key": "SecretToken", "value": server.token()},
    ]});
    tenant.ask("PUT", &format!("{synchronization}/secrets"), &secrets);
    tenant.ask("POST", &format!("{synchronization}/jobs"), &json!({}));
    tenant.ask("POST", "/_scimulate/people", &first());
    for who in [ADA, GRACE, MARY, TEAM] {
        let body = json!({ "principalId": who, "resourceId": id, "appRoleId": role });
        tenant.ask("POST", &format!("/v1.0/servicePrincipals/{id}/appRoleAssignedTo"), &body);
    }
    let cycle = format!("/_scimulate/cycle?application={id}");
    tenant.ask("POST", &cycle, &Value::Null);
    tenant.ask("PATCH", &format!("/v1.0/users/{ADA}"), &json!({ "jobTitle": "Countess", "city": "London" }));
    tenant.ask("PATCH", &format!("/v1.0/users/{GRACE}"), &json!({ "accountEnabled": false }));
    let manager = json!({ "@odata.id": format!("http://localhost/v1.0/users/{ADA}") });
    tenant.ask("PUT", &format!("/v1.0/users/{MARY}/manager/$ref"), &manager);
    tenant.ask("DELETE", &format!("/v1.0/groups/{TEAM}/members/{MARY}/$ref"), &Value::Null);
    tenant.ask("POST", &cycle, &Value::Null);
    let har = tenant.ask("GET", &format!("/_scimulate/har?application={id}"), &Value::Null);
    har["log"]["entries"].as_array().unwrap().clone()
}

/// Each request as text, with ids by the order in which they come.
fn requests(entries: &[Value], server: &TestServer) -> Vec<String> {
    let mut ids: HashMap<String, usize> = HashMap::new();
    let show = |entry: &Value| {
        let request = &entry["request"];
        let headers = request["headers"].as_array().unwrap().iter();
        let headers = headers.filter(|header| header["name"] != "Host").map(|header| {
            format!("{}: {}", header["name"].as_str().unwrap(), header["value"].as_str().unwrap())
        });
        let url = request["url"].as_str().unwrap().replace(server.url(), "");
        let body = request["postData"]["text"].as_str().unwrap_or_default();
        format!(
            "{} {url}\n{}\n{body}",
            request["method"].as_str().unwrap(),
            headers.collect::<Vec<_>>().join("\n")
        )
    };
    let mut shown = Vec::new();
    for text in entries.iter().map(show) {
        shown.push(without_ids(&text, &mut ids));
    }
    shown
}

fn without_ids(text: &str, ids: &mut HashMap<String, usize>) -> String {
    const LENGTH: usize = 36;
    let (mut rest, mut shown) = (text, String::new());
    while !rest.is_empty() {
        let id = rest.get(..LENGTH).filter(|word| {
            let bytes = word.as_bytes();
            bytes.iter().enumerate().all(|(place, byte)| match place {
                8 | 13 | 18 | 23 => *byte == b'-',
                _ => byte.is_ascii_hexdigit(),
            })
        });
        if let Some(id) = id {
            let count = ids.len();
            shown.push_str(&format!("<{}>", ids.entry(id.to_owned()).or_insert(count)));
            rest = &rest[LENGTH..];
        } else {
            let letter = rest.chars().next().unwrap();
            shown.push(letter);
            rest = &rest[letter.len_utf8()..];
        }
    }
    shown
}

#[test]
fn a_tenant_sends_what_sync_sends() {
    for flag in ["", "?aadOptscim062020"] {
        let (one, other) = (TestServer::start().unwrap(), TestServer::start().unwrap());
        let sync = by_sync(&format!("{}{flag}", one.url()), &one);
        let tenant = by_tenant(&format!("{}{flag}", other.url()), &other);
        let (sync, tenant) = (requests(&sync, &one), requests(&tenant, &other));
        assert!(sync.len() > 15, "{}", sync.len());
        for (number, (sync, tenant)) in sync.iter().zip(&tenant).enumerate() {
            assert_eq!(tenant, sync, "request {number} {flag}");
        }
        assert_eq!(tenant.len(), sync.len(), "{flag}");
    }
}
