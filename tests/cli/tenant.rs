//! `tenant`.

use std::fs;
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};

use crate::program::Call;
use crate::servers::{Served, exchange};

/// A tenant that runs until it is dropped.
struct Running {
    child: Child,
    base: String,
}

impl Running {
    fn start(options: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_scimulate"));
        command.arg("tenant").args(options).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        command.env_remove("SCIMULATE_TOKEN");
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let base = line.strip_prefix("READY ").unwrap_or_else(|| panic!("{line}"));
        let base = base.split_whitespace().next().unwrap().to_owned();
        Running { child, base }
    }

    fn port(&self) -> &str {
        self.base.rsplit(':').next().unwrap()
    }

    /// The JSON of an answer, with its status.
    fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = exchange(self.port(), "none", method, path, &body);
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        let json = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        (status, serde_json::from_str(json).unwrap_or_default())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn assigned(tenant: &Running) -> usize {
    let (_, applications) = tenant.ask("GET", "/v1.0/servicePrincipals", &Value::Null);
    let id = applications["value"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1.0/servicePrincipals/{id}/appRoleAssignedTo");
    tenant.ask("GET", &path, &Value::Null).1["value"].as_array().unwrap().len()
}

#[test]
fn the_demonstration_has_people_and_an_application_that_provisions_them() {
    let tenant = Running::start(&["--demo"]);
    let (status, people) = tenant.ask("GET", "/v1.0/users?$select=id", &Value::Null);
    assert_eq!((status, people["value"].as_array().unwrap().len()), (200, 10));
    assert_eq!(assigned(&tenant), 1);
    let (_, cycle) = tenant.ask("POST", "/_scimulate/cycle", &json!({}));
    assert_eq!(cycle["value"][0]["state"], "Succeeded", "{cycle}");
    let (_, drift) = tenant.ask("GET", "/_scimulate/drift", &Value::Null);
    assert!(drift["value"].as_array().unwrap().iter().all(|row| row["verdict"] == "same"), "{drift}");
}

#[test]
fn what_is_kept_is_there_again_and_a_target_of_ones_own_gets_the_accounts() {
    let (folder, served) = (tempfile::tempdir().unwrap(), Served::start(&["serve"]));
    let data = folder.path().to_str().unwrap();
    let token = folder.path().join("token");
    fs::write(&token, &served.token).unwrap();
    let options =
        ["--demo", "--data", data, "--target", &served.base, "--token-file", token.to_str().unwrap()];
    let tenant = Running::start(&options);
    tenant.ask("POST", "/_scimulate/cycle", &json!({}));
    Call::new(&["tenant", "--data", data]).play().failed(2, "in use by another", "--data");
    Call::new(&["tenant", "--port", tenant.port()]).play().failed(
        2,
        "another program already listens",
        "--port",
    );
    drop(tenant);
    // Without the target: the application knows it.
    let tenant = Running::start(&["--demo", "--data", data]);
    assert_eq!(assigned(&tenant), 1, "the demonstration is not added twice");
    let (_, cycle) = tenant.ask("POST", "/_scimulate/cycle", &json!({}));
    assert_eq!(
        (&cycle["value"][0]["state"], &cycle["value"][0]["exported"]),
        (&json!("Succeeded"), &json!(0))
    );
    let accounts = exchange(served.port(), &served.token, "GET", "/scim/Users", "");
    assert!(accounts.contains("\"totalResults\":5"), "{accounts}");
    let (_, traffic) = tenant.ask("GET", "/_scimulate/traffic", &Value::Null);
    assert!(!traffic.to_string().contains(&served.token));
}

/// The state of the next cycle, and whether it was an initial one.
fn cycle(tenant: &Running) -> (Value, Value) {
    let (_, cycle) = tenant.ask("POST", "/_scimulate/cycle", &json!({}));
    (cycle["value"][0]["state"].clone(), cycle["value"][0]["initial"].clone())
}

#[test]
fn a_target_that_was_entered_stays_and_one_that_is_given_leads_there() {
    let (folder, first, second) =
        (tempfile::tempdir().unwrap(), Served::start(&["serve"]), Served::start(&["serve"]));
    let accounts = |served: &Served| {
        let list = exchange(served.port(), &served.token, "GET", "/scim/Users", "");
        let list: Value = serde_json::from_str(list.split_once("\r\n\r\n").unwrap().1).unwrap();
        list["totalResults"].as_u64().unwrap()
    };
    let (data, token) = (folder.path().to_str().unwrap(), folder.path().join("token"));
    let (succeeded, initial) = (json!("Succeeded"), json!(true));
    let tenant = Running::start(&["--demo", "--data", data]);
    assert_eq!(cycle(&tenant), (succeeded.clone(), initial.clone()));
    let id = tenant.ask("GET", "/v1.0/servicePrincipals", &Value::Null).1["value"][0]["id"].clone();
    let secrets = format!("/v1.0/servicePrincipals/{}/synchronization/secrets", id.as_str().unwrap());
    let pairs = json!({"value": [
        {"key": "BaseAddress", "value": first.base}, {"key": "SecretToken", "value": first.token},
        {"key": "SyncAll", "value": "true"},
    ]});
    assert_eq!(tenant.ask("PUT", &secrets, &pairs).0, 204);
    drop(tenant);
    // A server of one's own that was entered stays.
    let tenant = Running::start(&["--data", data]);
    assert_eq!(cycle(&tenant).0, succeeded);
    assert_eq!(accounts(&first), 10);
    drop(tenant);
    // Whoever names another one is led there.
    fs::write(&token, &second.token).unwrap();
    let options = ["--data", data, "--target", &second.base, "--token-file", token.to_str().unwrap()];
    let tenant = Running::start(&options);
    assert_eq!(cycle(&tenant), (succeeded.clone(), initial));
    assert_eq!((accounts(&first), accounts(&second)), (10, 10));
    drop(tenant);
    let tenant = Running::start(&options);
    assert_eq!(cycle(&tenant), (succeeded, json!(false)), "it leads there already");
}

#[test]
fn a_request_that_a_page_of_somebody_else_sends_is_refused() {
    let tenant = Running::start(&[]);
    let request = |headers: &str| {
        let mut stream = TcpStream::connect(format!("127.0.0.1:{}", tenant.port())).unwrap();
        write!(
            stream,
            "POST /_scimulate/reset HTTP/1.1\r\n{headers}Connection: close\r\nContent-Length: 0\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    assert!(request("Host: evil.example\r\n").starts_with("HTTP/1.1 403"));
    assert!(request("Host: localhost\r\nOrigin: http://evil.example\r\n").starts_with("HTTP/1.1 403"));
    assert!(request("Host: localhost\r\n").starts_with("HTTP/1.1 200"));
}

#[test]
fn a_database_that_is_none_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tenant.sqlite");
    fs::write(&file, "our people, in no database").unwrap();
    let data = folder.path().to_str().unwrap();
    Call::new(&["tenant", "--data", data]).play().failed(2, "is not a database", "was left as it is");
    assert_eq!(fs::read_to_string(&file).unwrap(), "our people, in no database");
    let below = Path::new(data).join("tenant.sqlite").join("x");
    Call::new(&["tenant", "--data", below.to_str().unwrap()]).play().failed(
        2,
        "cannot write to the folder",
        "--data",
    );
    Call::new(&["tenant", "--target", "nonsense"]).play().failed(2, "http://", "scheme");
    Call::new(&["tenant", "--listen", "0.0.0.0"]).play().failed(2, "--access-token-file", "");
}

#[test]
fn other_machines_are_served_over_https_and_with_the_token() {
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    fs::write(&token, "t0ken-of-others").unwrap();
    let data = folder.path().join("data");
    let tenant = Running::start(&[
        "--https",
        "--data",
        data.to_str().unwrap(),
        "--listen",
        "127.0.0.1",
        "--access-token-file",
        token.to_str().unwrap(),
    ]);
    let authority = data.join("scimulate-tenant-ca.pem");
    let asked = |bearer: &str| {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(&authority).unwrap()).unwrap();
        let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = "localhost".try_into().unwrap();
        let session = rustls::ClientConnection::new(std::sync::Arc::new(config), name).unwrap();
        let stream = TcpStream::connect(format!("127.0.0.1:{}", tenant.port())).unwrap();
        let mut stream = rustls::StreamOwned::new(session, stream);
        let head = "GET /v1.0/organization HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
        write!(stream, "{head}Authorization: Bearer {bearer}\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        // The server may end the connection without TLS's goodbye.
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    };
    assert!(asked("wrong").starts_with("HTTP/1.1 401"));
    assert!(asked("t0ken-of-others").starts_with("HTTP/1.1 200"));
}
