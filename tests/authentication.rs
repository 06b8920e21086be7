//! Credentials: every way to get a token, through the library and through the program, against the
//! embedded server; and what is said when there is none.

#![cfg(feature = "cli")]
#![expect(clippy::unwrap_used, reason = "a test whose server or file fails has failed")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use scimulate::http::{
    Client, ClientCredentials, Credentials, Grant, SentIn, Settings, TenantUrl, TokenEndpoint, Trust,
};
use scimulate::run::target::recorder::Recorder;
use scimulate::server;
use scimulate::wire::{Actor, Broken, ClientProof, Method, Request, Target};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const SECRET: &str = "correct-horse-battery-staple";

fn get() -> Request {
    Request::new(Actor::Entra, Method::Get, "/Users", "test")
}

fn credentials(endpoint: &str, sent_in: SentIn) -> Credentials {
    Credentials::Grant(Box::new(Grant::ClientCredentials(ClientCredentials {
        endpoint: TokenEndpoint::parse(endpoint).unwrap(),
        client_id: "entra".into(),
        client_secret: SECRET.into(),
        scopes: vec!["scim".into()],
        sent_in,
    })))
}

fn settings(base: &str, endpoint: &str) -> Settings {
    let mut settings = Settings::new(TenantUrl::parse(base).unwrap());
    settings.credentials = credentials(endpoint, SentIn::Header);
    settings
}

async fn embedded(lifetime: Duration) -> server::Running {
    let oauth = server::OAuth {
        client_id: "entra".into(),
        client_secret: SECRET.into(),
        lifetime,
        ..server::OAuth::default()
    };
    server::start(server::ServerSettings { oauth, ..server::ServerSettings::default() }, None).await.unwrap()
}

/// Answers every request on a socket as `answer` says, which sees the request's text.
async fn answering(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let answer = Arc::new(answer);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let answer = Arc::clone(&answer);
            tokio::spawn(async move {
                let mut bytes = vec![0; 16_384];
                let read = stream.read(&mut bytes).await.unwrap_or(0);
                let text = answer(&String::from_utf8_lossy(&bytes[..read]));
                let _ = stream.write_all(text.as_bytes()).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    format!("http://{address}")
}

fn http(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}")
}

#[tokio::test]
async fn every_way_to_send_the_credentials_brings_a_token_that_works() {
    let running = embedded(Duration::from_secs(3600)).await;
    for (_, sent_in) in SentIn::ALL {
        let mut settings = settings(&running.base_url, &running.token_endpoint);
        settings.credentials = credentials(&running.token_endpoint, sent_in);
        let answer = Client::new(settings).unwrap().send(get()).await.unwrap();
        assert_eq!(answer.status, 200, "{sent_in:?}");
    }
}

#[tokio::test]
async fn a_token_is_renewed_before_it_expires_and_no_request_meets_an_old_one() {
    let running = embedded(Duration::from_secs(1)).await;
    let client = Client::new(settings(&running.base_url, &running.token_endpoint)).unwrap();
    for _ in 0..24 {
        assert_eq!(client.send(get()).await.unwrap().status, 200);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parallel_callers_wait_for_one_token_request() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let base = answering(move |request| {
        if request.starts_with("POST /token") {
            let number = counted.fetch_add(1, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(50));
            let body = format!(r#"{{"access_token":"token-{number}-0123456789","token_type":"Bearer"}}"#);
            return http("200 OK", "content-type: application/json\r\n", &body);
        }
        let right = request.contains("Bearer token-0-0123456789");
        http(if right { "200 OK" } else { "401 Unauthorized" }, "", "{}")
    })
    .await;
    let client = Arc::new(Client::new(settings(&base, &format!("{base}/token"))).unwrap());
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let client = Arc::clone(&client);
            tokio::spawn(async move { client.send(get()).await.unwrap().status })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), 200);
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_401_is_an_answer_and_brings_no_new_token() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let base = answering(move |request| {
        if request.starts_with("POST /token") {
            counted.fetch_add(1, Ordering::SeqCst);
            return http("200 OK", "", r#"{"access_token":"0123456789-token","expires_in":3600}"#);
        }
        http("401 Unauthorized", "", "0123456789-token is not known")
    })
    .await;
    let client = Client::new(settings(&base, &format!("{base}/token"))).unwrap();
    let recorder = Recorder::new(client);
    for _ in 0..3 {
        assert_eq!(recorder.send(get()).await.unwrap().status, 401);
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn secrets_that_become_known_later_are_in_no_record() {
    let base = answering(|request| {
        if request.starts_with("POST /token") {
            return http("200 OK", "", r#"{"access_token":"0123456789-token","expires_in":3600}"#);
        }
        http("401 Unauthorized", "", &format!("{{\"detail\":\"0123456789-token, {SECRET}\"}}"))
    })
    .await;
    let client = Client::new(settings(&base, &format!("{base}/token"))).unwrap();
    let sign_in = client.sign_ins().remove(0);
    let recorder = Recorder::new(client);
    recorder.send(get()).await.unwrap();
    let signed_in = sign_in.sign_in(ClientProof::Right).await;
    let shown = format!("{:?} {:?} {:?}", recorder.trace(), signed_in.exchange, signed_in.outcome);
    assert!(shown.contains("[redacted]") && shown.contains("grant_type=client_credentials"), "{shown}");
    assert!(!shown.contains("0123456789-token") && !shown.contains(SECRET), "{shown}");
    // base64 of `entra:correct-horse-battery-staple`
    assert!(!shown.contains("ZW50cmE6Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5LXN0YXBsZQ=="), "{shown}");
}

#[tokio::test]
async fn what_a_token_endpoint_repeats_is_hidden() {
    let said = format!(r#"{{"error":"invalid_client","error_description":"no client with {SECRET}"}}"#);
    let base = answering(move |_| http("401 Unauthorized", "", &said)).await;
    let client = Client::new(settings(&base, &format!("{base}/token"))).unwrap();
    let Err(Broken::NoToken(why)) = client.send(get()).await else { panic!("there is a token") };
    assert!(why.what.contains("invalid_client: no client with [redacted]"), "{why}");
}

#[tokio::test]
async fn an_authority_nobody_knows_is_told_with_the_way_out() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let config = Arc::new(config);
        while let Ok((stream, _)) = listener.accept().await {
            let mut connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = stream.into_std().unwrap();
            stream.set_nonblocking(false).unwrap();
            std::thread::spawn(move || drop(connection.complete_io(&mut stream)));
        }
    });
    let mut settings = settings("http://localhost:1/scim", &format!("https://localhost:{port}/token"));
    let other = rcgen::generate_simple_self_signed(["other.example".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    fs::write(&file, other.cert.pem()).unwrap();
    settings.trust = Trust::File(file);
    let Err(Broken::NoToken(why)) = Client::new(settings).unwrap().send(get()).await else { panic!() };
    assert!(why.what.contains("TLS failed") && why.next.contains("--cacert"), "{why:?}");
}

/// `scimulate serve --oauth`, killed when this is dropped.
struct Served {
    child: std::process::Child,
    base: String,
    token: String,
    endpoint: String,
    client_id: String,
    secret: String,
}

impl Served {
    fn start(more: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_scimulate"));
        let mut child = command.args(["serve", "--oauth"]).args(more).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (ready, oauth) = (lines.next().unwrap().unwrap(), lines.next().unwrap().unwrap());
        let word = |line: &str, number: usize| line.split(' ').nth(number).unwrap().to_owned();
        assert!(ready.starts_with("READY ") && oauth.starts_with("OAUTH "), "{ready} {oauth}");
        Served {
            child,
            base: word(&ready, 1),
            token: word(&ready, 2),
            endpoint: word(&oauth, 1),
            client_id: word(&oauth, 2),
            secret: word(&oauth, 3),
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Calls the program in an empty folder: exit code, standard output and standard error.
fn call(folder: &std::path::Path, secret: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scimulate"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).env_remove("SCIMULATE_TOKEN");
    command.env("SCIMULATE_CLIENT_SECRET", secret).env("HOME", folder).env("XDG_STATE_HOME", folder);
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_run_with_client_credentials_shows_no_secret_anywhere() {
    let served = Served::start(&["--token-lifetime", "2"]);
    let folder = tempfile::tempdir().unwrap();
    let oauth =
        ["--token-endpoint", &served.endpoint, "--client-id", &served.client_id, "--oauth-scope", "scim"];
    let target = ["--target", served.base.as_str()];
    let reports =
        ["--json", "r.json", "--junit", "r.xml", "--har", "r.har", "--verbose", "--snapshots", "kept"];
    let run = [
        &["run", "cycles/create-user", "conformance/delete-twice", "--pace", "50"][..],
        &target,
        &oauth,
        &reports,
    ]
    .concat();
    let (code, out, err) = call(folder.path(), &served.secret, &run);
    assert_eq!(code, Some(0), "{out}{err}");
    let mut shown = vec![out, err];
    for file in ["r.json", "r.xml", "r.har"] {
        shown.push(fs::read_to_string(folder.path().join(file)).unwrap());
    }
    assert!(shown[4].contains("Bearer [redacted]"));
    for text in &shown {
        assert!(!text.contains(&served.secret));
        // Tokens of the embedded server are 64 hexadecimal digits.
        let longest = text.split(|letter: char| !letter.is_ascii_hexdigit()).map(str::len).max();
        assert!(longest < Some(64), "a token is shown");
    }
    let test = [&["test-connection"][..], &target, &oauth, &["--credentials-in", "body"]].concat();
    let (code, out, err) = call(folder.path(), &served.secret, &test);
    assert_eq!(code, Some(0), "{out}{err}");
    let (code, out, err) = call(folder.path(), "wrong-client-secret", &test);
    assert!(code == Some(3) && err.contains("invalid_client"), "{out}{err}");
    assert!(!err.contains("wrong-client-secret"));
}

#[test]
fn every_wrong_token_endpoint_is_one_message_and_exit_3() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let serving = |answer: String| runtime.block_on(answering(move |_| answer.clone()));
    let json = "content-type: application/json\r\n";
    let html = "content-type: text/html\r\n";
    // Nobody listens on port 1.
    let closed = "http://127.0.0.1:1/token".to_owned();
    let folder = tempfile::tempdir().unwrap();
    for (endpoint, what) in [
        (closed, "cannot be reached: connection refused"),
        (serving(http("200 OK", html, "<html>Sign in</html>")), "returns a web page (200)"),
        (serving(http("415 Unsupported Media Type", "", "")), "does not accept a form (415)"),
        (
            serving(http(
                "400 Bad Request",
                json,
                r#"{"error":"invalid_scope","error_description":"no scim"}"#,
            )),
            "rejects the request (400, invalid_scope: no scim)",
        ),
        (serving(http("200 OK", json, "{}")), "without an access_token"),
        (
            serving(http("200 OK", json, r#"{"access_token":"abc","token_type":"DPoP","expires_in":3600}"#)),
            "a token of type \"DPoP\"",
        ),
        (
            serving(http("200 OK", json, r#"{"access_token":"abc","token_type":"Bearer","expires_in":-1}"#)),
            "returns expires_in -1",
        ),
        (serving(http("302 Found", "location: /login\r\n", "")), "redirects (302) to /login"),
    ] {
        let arguments = [
            "run",
            "cycles/create-user",
            "--target",
            "http://127.0.0.1:9/scim",
            "--token-endpoint",
            &endpoint,
        ];
        let arguments = [&arguments[..], &["--client-id", "entra"]].concat();
        let (code, out, err) = call(folder.path(), SECRET, &arguments);
        assert_eq!(code, Some(3), "{out}{err}");
        assert!(err.contains(what) && err.contains("help: "), "{what}: {err}");
        assert_eq!(err.lines().filter(|line| line.starts_with("error")).count(), 1, "{err}");
        assert!(!err.contains(SECRET));
    }
}

#[test]
fn clocks_that_differ_are_told_before_anybody_looks_for_a_wrong_key() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let date = httpdate::fmt_http_date(std::time::SystemTime::now() + Duration::from_secs(3600));
    let headers = format!("content-type: application/json\r\ndate: {date}\r\n");
    let refusal = http("401 Unauthorized", &headers, r#"{"error":"invalid_client"}"#);
    let endpoint = runtime.block_on(answering(move |_| refusal.clone()));
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["run", "cycles/create-user", "--target", "http://127.0.0.1:9/scim", "--token-endpoint"];
    let federation = [endpoint.as_str(), "--federation-client-id", "app"];
    let (code, out, err) = call(folder.path(), "", &[&arguments[..], &federation].concat());
    assert_eq!(code, Some(3), "{out}{err}");
    assert!(
        err.contains("this machine's clock and the server's differ by 3") && err.contains("set the clocks"),
        "{err}"
    );
}

#[test]
fn half_filled_settings_are_a_mistake_of_usage() {
    let folder = tempfile::tempdir().unwrap();
    let endpoint = ["--token-endpoint", "http://127.0.0.1:9/token"];
    let target = ["run", "--target", "http://127.0.0.1:9/scim"];
    for (more, secret, what) in [
        (vec![], "abc", "the client id is missing"),
        (vec!["--client-id", "entra"], "", "the client secret is missing"),
        (
            vec!["--client-id", "entra", "--token", "abc"],
            "abc",
            "both a bearer token (--token) and a token endpoint",
        ),
        (vec!["--client-id", "entra", "--credentials-in", "query"], "abc", "not one of header, body, both"),
    ] {
        let (code, out, err) = call(folder.path(), secret, &[&target[..], &endpoint, &more].concat());
        assert!(code == Some(2) && err.contains(what), "{out}{err}");
    }
}

/// A port where nobody listens.
fn free_port() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port().to_string()
}

/// What became of each check of a report, with its reason.
fn checks(folder: &std::path::Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(folder.join("r.json")).unwrap();
    assert!(!text.contains("eyJ"), "no assertion and no JWT is shown");
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or("").to_owned();
    let scenarios = report["checks"].as_array().unwrap().iter().filter(|check| check["dialect"] == "default");
    scenarios
        .filter(|check| !check["id"].as_str().unwrap().starts_with("rules/"))
        .map(|check| (text(&check["status"]), text(&check["reason"])))
        .collect()
}

const FEDERATION: [&str; 4] = [
    "conformance/federation",
    "conformance/federation-new-key",
    "conformance/federation-assertion-checked",
    "gallery/federated-identity",
];

#[test]
fn a_server_that_trusts_our_issuer_is_tested_by_federation_and_another_is_excused() {
    let port = free_port();
    let issuer = format!("http://127.0.0.1:{port}");
    let microsoft = "https://login.microsoftonline.com/ce5f061f-abe6-4e40-9615-301f87bcb7f0/v2.0";
    for (trusted, status) in [(issuer.as_str(), "passed"), (microsoft, "skipped")] {
        let served = Served::start(&["--trust-issuer", trusted]);
        let folder = tempfile::tempdir().unwrap();
        let oauth = ["--token-endpoint", &served.endpoint, "--oauth-scope", "scim", "--issuer-port", &port];
        // Client credentials carry the run; federation is tried by the scenarios.
        let both = ["--client-id", &served.client_id, "--federation-client-id", &served.client_id];
        let target = ["--target", &served.base, "--json", "r.json"];
        let run = [&["run"][..], &FEDERATION, &oauth, &both, &target].concat();
        let (code, out, err) = call(folder.path(), &served.secret, &run);
        // Nothing but skipped scenarios is no success.
        assert_eq!(code, Some(if status == "passed" { 0 } else { 4 }), "{out}{err}");
        let checks = checks(folder.path());
        assert_eq!(checks.len(), 4, "{checks:?}");
        for (of, why) in &checks {
            assert_eq!(of, status, "{checks:?}");
            assert!(status == "passed" || why.contains("does not trust the issuer"), "{why}");
        }
        // The same with nothing but federation: a run, or one message.
        let alone = ["--federation-client-id", served.client_id.as_str()];
        let run = [&["run", "cycles/create-user"][..], &oauth, &alone, &["--target", &served.base]].concat();
        let (code, out, err) = call(folder.path(), "", &run);
        assert_eq!(code, Some(if status == "passed" { 0 } else { 3 }), "{out}{err}");
        assert!(status == "passed" || err.contains("configure the server to trust"), "{err}");
    }
}

#[test]
fn a_hosted_issuer_is_written_and_used() {
    let folder = tempfile::tempdir().unwrap();
    let write = ["issuer", "--issuer", "https://issuer.example/entra", "--dir", "kept"];
    let (code, out, err) = call(folder.path(), "", &write);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("https://issuer.example/entra/.well-known/openid-configuration"), "{out}");
    let (code, _, err) = call(folder.path(), "", &write);
    assert!(code == Some(2) && err.contains("exists already"), "{err}");
    let (code, _, err) = call(folder.path(), "", &["issuer", "--issuer", "issuer.example", "--dir", "x"]);
    assert!(code == Some(2) && err.contains("is not a URL"), "{err}");
    // Nobody hosts it, so that the embedded server cannot read its keys: it is excused, not failed.
    let served = Served::start(&["--trust-issuer", "https://issuer.example/entra"]);
    let run = ["run", "conformance/federation", "--target", &served.base, "--json", "r.json"];
    let oauth = ["--token-endpoint", &served.endpoint, "--federation-client-id", &served.client_id];
    let (code, out, err) = call(folder.path(), "", &[&run[..], &oauth, &["--issuer-dir", "kept"]].concat());
    assert!(code == Some(3) && err.contains("does not trust the issuer"), "{out}{err}");
}

#[test]
fn tokens_that_entra_issues_itself_carry_a_run_and_are_checked() {
    let port = free_port();
    let issuer = format!("http://127.0.0.1:{port}");
    let served = Served::start(&["--trust-entra-tokens", &issuer]);
    let folder = tempfile::tempdir().unwrap();
    let run =
        ["run", "conformance/entra-issued-token", "cycles/create-user", "--json", "r.json", "--har", "r.har"];
    let how = ["--entra-issued-token", "--issuer-port", &port, "--target", &served.base];
    let (code, out, err) = call(folder.path(), "", &[&run[..], &how].concat());
    assert_eq!(code, Some(0), "{out}{err}");
    assert_eq!(checks(folder.path()), vec![("passed".to_owned(), String::new()); 2]);
    let har = fs::read_to_string(folder.path().join("r.har")).unwrap();
    assert!(har.contains("Bearer [redacted]") && !har.contains("eyJ"), "no token is in the HAR");
    let other = ["--entra-issuer", "https://sts.windows.net/00000000-0000-0000-0000-000000000007/"];
    let (code, out, err) = call(folder.path(), "", &[&run[..], &how, &other].concat());
    assert!(code == Some(3) && err.contains("does not accept the token (401"), "{out}{err}");
    let both = ["--token", "abc"];
    let (code, out, err) = call(folder.path(), "", &[&run[..], &how, &both].concat());
    assert!(code == Some(2) && err.contains("both a bearer token (--token) and Entra-issued"), "{out}{err}");
}

#[test]
fn tokens_that_must_be_refused_are_tried_where_they_are_given() {
    let served = Served::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("old"), "an-old-token-0123456789").unwrap();
    let scenarios = ["conformance/token-expired", "conformance/token-foreign"];
    let run = [&["run"][..], &scenarios, &["--target", &served.base, "--json", "r.json"]].concat();
    let token = ["--token", served.token.as_str()];
    let (code, out, err) = call(folder.path(), "", &[&run[..], &token].concat());
    assert_eq!(code, Some(4), "{out}{err}");
    assert!(
        checks(folder.path()).iter().all(|(status, why)| status == "skipped" && why.contains("-token-file"))
    );
    let given = ["--expired-token-file", "old", "--foreign-token-file", "old"];
    let (code, out, err) = call(folder.path(), "", &[&run[..], &token, &given].concat());
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(checks(folder.path()).iter().all(|(status, _)| status == "passed"));
    assert!(!fs::read_to_string(folder.path().join("r.json")).unwrap().contains("an-old-token"));
    let accepted = ["--token", &served.token, "--expired-token-file", "right"];
    fs::write(folder.path().join("right"), &served.token).unwrap();
    let (code, out, _) = call(folder.path(), "", &[&run[..], &accepted].concat());
    assert!(code == Some(1) && out.contains("conformance/token-expired"), "{out}");
}
