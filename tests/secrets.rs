//! Secrets end at the door. Every input that holds a secret gets a marker, the target repeats what it is sent in
//! every spelling, and no marker may stand in anything that a command says or writes.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::{Router, body};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode, header};
use scimulate::server::{self, SecondTenant};
use serde_json::{Value, json};
use tower::ServiceExt as _;

const TOKEN: &str = r#"MARKtoken+7731/ab==&%41"x"#;
const SECOND_TOKEN: &str = "MARKother+7732/cd~%2B.<>";
const EXPIRED: &str = "MARKexpired+7733/ef==";
const FOREIGN: &str = "MARKforeign-7734_gh";
const CLIENT_SECRET: &str = "MARKclient+7735/ ij:%";
const GIVEN_TOKEN: &str = "MARKgiven+7736/kl==";
const HEADER: &str = "MARKheader+7737/ mn=";
const FILE_HEADER: &str = "MARKfile-header+7738/";
const QUERY: &str = "MARKquery+7739/op=";
const SECOND_QUERY: &str = "MARKquery-two+7740/";
const TOKEN_QUERY: &str = "MARKquery-three+7741/";
const AWAITED_QUERY: &str = "MARKquery-four+7742/";
const COOKIE: &str = "MARKcookie7743";
const PASSWORD: &str = "MARKpassword7744";

const ALL: [&str; 14] = [
    TOKEN,
    SECOND_TOKEN,
    EXPIRED,
    FOREIGN,
    CLIENT_SECRET,
    GIVEN_TOKEN,
    HEADER,
    FILE_HEADER,
    QUERY,
    SECOND_QUERY,
    TOKEN_QUERY,
    AWAITED_QUERY,
    COOKIE,
    PASSWORD,
];

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn form(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn unicode(text: &str) -> String {
    text.bytes().map(|byte| format!("\\u{byte:04x}")).collect()
}

/// As .NET and PHP write it.
fn slashes(text: &str) -> String {
    Value::from(text).to_string().trim_matches('"').replace('/', r"\/").replace('+', r"\u002B")
}

fn entities(text: &str) -> String {
    let named = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    named.replace('+', "&#43;").replace('/', "&#x2F;").replace('=', "&equals;")
}

fn spellings(text: &str) -> Vec<String> {
    let one = |text: &str| {
        vec![
            text.to_owned(),
            text.to_lowercase(),
            percent(text),
            form(text),
            unicode(text),
            slashes(text),
            entities(text),
            STANDARD.encode(text),
            URL_SAFE_NO_PAD.encode(text),
        ]
    };
    let twice =
        one(text).iter().flat_map(|spelled| [slashes(spelled), form(spelled), entities(spelled)]).collect();
    [one(text), one(&format!("Bearer {text}")), one(&format!("user:{text}")), twice].concat()
}

/// What a command must neither say nor write.
fn needles() -> Vec<String> {
    let mut needles: Vec<String> = ALL.iter().flat_map(|marker| spellings(marker)).collect();
    // No part of a marker either, nor its beginning in base64, whatever stands before it.
    needles.push("MARK".to_owned());
    for marker in ALL {
        for before in ["", "x", "xx"] {
            let encoded = STANDARD.encode(format!("{before}{}", &marker[..9]));
            needles.push(encoded[before.len() + 1..encoded.len() - 4].to_owned());
        }
    }
    needles
}

/// How the target behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// Refuses everything with a page.
    Page,
    /// Finds nothing and refuses every write with a SCIM error.
    Error,
    /// Is a correct server that stores what it is sent with each resource and repeats it in headers.
    Stored,
    /// Gives no token, and says why at length.
    NoToken,
}

struct Target {
    manner: Manner,
    server: Router,
    /// What was sent so far, to be repeated in later answers too.
    heard: Mutex<Vec<String>>,
}

/// Every marker that a request holds, as the server's program reads it.
fn heard(head: &Parts, body: &[u8]) -> Vec<String> {
    let mut values: Vec<String> =
        head.headers.values().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect();
    let pairs = form_urlencoded::parse(head.uri.query().unwrap_or("").as_bytes());
    values.extend(pairs.map(|(_, value)| value.into_owned()));
    values.extend(form_urlencoded::parse(body).map(|(_, value)| value.into_owned()));
    for index in 0..values.len() {
        if let Some((_, token)) = values[index].split_once(' ') {
            let decoded = STANDARD.decode(token).unwrap_or_default();
            let decoded = String::from_utf8(decoded).unwrap_or_default();
            let password = decoded.split_once(':').map_or("", |(_, password)| password);
            let more =
                [token.to_owned(), form_urlencoded::parse(password.as_bytes()).map(|(k, _)| k).collect()];
            values.extend(more);
        }
    }
    values.retain(|value| value.contains("MARK"));
    values
}

fn typed(status: StatusCode, media_type: &'static str, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, media_type)], body).into_response()
}

async fn answer(State(target): State<Arc<Target>>, request: Request) -> Response {
    let (head, sent) = request.into_parts();
    let bytes = body::to_bytes(sent, usize::MAX).await.unwrap();
    let all = {
        let mut all = target.heard.lock().unwrap();
        for value in heard(&head, &bytes) {
            if !all.contains(&value) {
                all.push(value);
            }
        }
        all.clone()
    };
    let echo = all.iter().flat_map(|secret| spellings(secret)).collect::<Vec<_>>().join(" ");
    let is_token_endpoint = head.uri.path() == "/token";
    let scim = "application/scim+json";
    let mut answer = match target.manner {
        Manner::NoToken if is_token_endpoint => {
            let body = json!({ "error": "invalid_client", "error_description": echo });
            typed(StatusCode::UNAUTHORIZED, "application/json", body.to_string())
        }
        _ if is_token_endpoint => {
            let body = json!({
                "access_token": GIVEN_TOKEN, "token_type": "Bearer", "expires_in": 3600, "echo": echo,
            });
            typed(StatusCode::OK, "application/json", body.to_string())
        }
        Manner::Page | Manner::NoToken => {
            let page = format!("<html><body>{} {echo}</body></html>", entities(&echo));
            typed(StatusCode::UNAUTHORIZED, "text/html", page)
        }
        Manner::Error if head.method == Method::GET => {
            let list = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
            let body = json!({ "schemas": [list], "totalResults": 0, "Resources": [], "echo": echo });
            typed(StatusCode::OK, scim, body.to_string())
        }
        Manner::Error => {
            let error = "urn:ietf:params:scim:api:messages:2.0:Error";
            let escaped: String = all.iter().flat_map(|it| [slashes(it), unicode(it)]).collect();
            let more = Value::from(echo.as_str());
            let body =
                format!(r#"{{"schemas":["{error}"],"status":"400","detail":"{escaped}","more":{more}}}"#);
            typed(StatusCode::BAD_REQUEST, scim, body)
        }
        Manner::Stored => stored(&target.server, head, bytes, &all, &echo).await,
    };
    let headers = answer.headers_mut();
    for (name, spelled) in
        [("x-echo", str::to_owned as fn(&str) -> String), ("x-coded", |text| STANDARD.encode(text))]
    {
        for value in &all {
            headers.append(name, HeaderValue::from_bytes(spelled(value).as_bytes()).unwrap());
        }
    }
    let place = all.iter().map(|it| form(it)).collect::<Vec<_>>().join("&x=");
    headers.append("location", format!("http://127.0.0.1:1/login?t={place}").parse().unwrap());
    headers
        .append("www-authenticate", format!("Bearer realm=\"{}\"", percent(&all.concat())).parse().unwrap());
    headers.append("set-cookie", format!("sid={COOKIE}; Path=/").parse().unwrap());
    headers.append("x-session", COOKIE.parse().unwrap());
    answer
}

/// The answer of a correct server, with what was sent in every resource.
async fn stored(server: &Router, head: Parts, sent: Bytes, all: &[String], echo: &str) -> Response {
    let answer = server.clone().oneshot(Request::from_parts(head, Body::from(sent))).await.unwrap();
    let (mut head, sent) = answer.into_parts();
    let bytes = body::to_bytes(sent, usize::MAX).await.unwrap();
    let Ok(mut value) = serde_json::from_slice::<Value>(&bytes) else {
        return Response::from_parts(head, Body::from(bytes));
    };
    let resources = match value.get_mut("Resources") {
        Some(Value::Array(list)) => list.iter_mut().collect(),
        _ => vec![&mut value],
    };
    for resource in resources.into_iter().filter(|resource| resource.get("userName").is_some()) {
        resource["nickName"] = all.concat().into();
        resource["title"] = echo.into();
    }
    if let Some(detail) = value.get_mut("detail") {
        *detail = echo.into();
    }
    head.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(head, Body::from(value.to_string()))
}

/// A target on a port of its own, and a folder for each command.
struct Stage {
    /// Kept: the target lives in it.
    _runtime: tokio::runtime::Runtime,
    target: Arc<Target>,
    origin: String,
    needles: Vec<String>,
}

impl Stage {
    fn new(manner: Manner) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let settings = server::ServerSettings {
            token: TOKEN.to_owned(),
            expired: EXPIRED.to_owned(),
            foreign: FOREIGN.to_owned(),
            second: Some(SecondTenant {
                token: SECOND_TOKEN.to_owned(),
                base_path: "/second/scim".to_owned(),
            }),
            ..server::ServerSettings::default()
        };
        let target = Arc::new(Target { manner, server: server::router(settings), heard: Mutex::default() });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&target));
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        runtime.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Stage { _runtime: runtime, target, origin, needles: needles() }
    }

    fn target_url(&self) -> String {
        format!("{}/scim?key={}&aadOptscim062020", self.origin, form(QUERY))
    }

    fn second_target(&self) -> String {
        format!("{}/second/scim?key={}", self.origin, form(SECOND_QUERY))
    }

    fn token_endpoint(&self) -> String {
        format!("{}/token?key={}", self.origin, form(TOKEN_QUERY))
    }

    /// Plays a command with a marker in every place that it reads, and looks for them in all that comes of it.
    fn play(&self, arguments: &[&str]) -> Played {
        // A program knows the secrets of its own inputs alone.
        self.target.heard.lock().unwrap().clear();
        let inputs = tempfile::tempdir().unwrap();
        let outputs = tempfile::tempdir().unwrap();
        let (inputs, outputs) = (inputs.path(), outputs.path());
        for (name, text) in [
            ("expired", EXPIRED),
            ("foreign", FOREIGN),
            ("secret", CLIENT_SECRET),
            ("says.sh", &format!("echo 'log: {TOKEN} {}'; env; exit 3", form(AWAITED_QUERY))),
        ] {
            fs::write(inputs.join(name), text).unwrap();
        }
        fs::write(inputs.join("people.csv"), "id,userPrincipalName\n1,ada@example.com\n2,bob@example.com\n")
            .unwrap();
        let head = json!({"format": "scimulate-journal/1", "base": format!("{}/scim", self.origin), "prefix": "smbcdfghjk"});
        fs::create_dir(outputs.join("scimulate")).unwrap();
        fs::write(outputs.join("scimulate/smbcdfghjk.jsonl"), format!("{head}\n")).unwrap();
        let replaced = |argument: &str| {
            argument
                .replace("{in}", inputs.to_str().unwrap())
                .replace("{target}", &self.target_url())
                .replace("{second}", &self.second_target())
                .replace("{token-endpoint}", &self.token_endpoint())
        };
        fs::write(outputs.join("scimulate.toml"), format!("header = ['X-From-File={FILE_HEADER}']\n"))
            .unwrap();
        if arguments.contains(&"--header") {
            fs::remove_file(outputs.join("scimulate.toml")).unwrap();
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_scimulate"));
        command.args(arguments.iter().map(|argument| replaced(argument)));
        command.current_dir(outputs).stdin(Stdio::null()).env_remove("CI");
        command
            .env("HOME", outputs)
            .env("XDG_STATE_HOME", outputs)
            .env("SCIMULATE_SECOND_TOKEN", SECOND_TOKEN);
        command.env("SCIMULATE_CLIENT_SECRET", CLIENT_SECRET);
        if !arguments.contains(&"--token-endpoint") {
            command.env("SCIMULATE_TOKEN", TOKEN);
        }
        let output = command.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let played = Played { out: text(&output.stdout), err: text(&output.stderr), files: Vec::new() };
        let mut files = Vec::new();
        if outputs.join("scimulate.toml").exists() {
            fs::remove_file(outputs.join("scimulate.toml")).unwrap();
        }
        read(outputs, &mut files);
        let played = Played { files, ..played };
        self.search(arguments, &played);
        played
    }

    fn search(&self, arguments: &[&str], played: &Played) {
        let said = [("standard output", &played.out), ("standard error", &played.err)];
        let written = played.files.iter().map(|(name, text)| (name.as_str(), text));
        for (place, text) in said.into_iter().chain(written) {
            for needle in &self.needles {
                if let Some(at) = text.find(needle.as_str()) {
                    let from =
                        (0..=at.saturating_sub(200)).rev().find(|at| text.is_char_boundary(*at)).unwrap();
                    let near: String = text[from..].chars().take(400).collect();
                    panic!("{arguments:?}: {place} holds {needle}: {near}");
                }
            }
        }
    }
}

struct Played {
    out: String,
    err: String,
    files: Vec<(String, String)>,
}

impl Played {
    /// Something came of it, and it names what was taken out.
    #[track_caller]
    fn shows(&self, name: &str, text: &str) {
        let files: Vec<&str> = self.files.iter().map(|(name, _)| name.as_str()).collect();
        let found = self.files.iter().any(|(file, all)| file.starts_with(name) && all.contains(text));
        assert!(found, "`{text}` is not in {name} of {files:?}\n{}\n{}", self.out, self.err);
    }
}

fn read(folder: &Path, files: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, files);
        } else {
            let name = path.strip_prefix(folder).unwrap().display().to_string();
            files.push((name, String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned()));
        }
    }
}

const SCENARIOS: [&str; 6] = [
    "cycles/create-user",
    "cycles/disable-unassigned",
    "conformance/token-required",
    "conformance/token-expired",
    "conformance/token-foreign",
    "conformance/tenants-have-tokens-of-their-own",
];

const REPORTS: [&str; 12] = [
    "--json",
    "r.json",
    "--junit",
    "r.xml",
    "--har",
    "r.har",
    "--snapshots",
    "snapshots",
    "--scripts",
    "scripts",
    "--github",
    "--verbose",
];

const HEADERS: [&str; 2] = ["--header", "X-Api-Key=MARKheader+7737/ mn="];

#[test]
fn a_run_shows_no_secret_whatever_the_target_repeats() {
    for manner in [Manner::Page, Manner::Error, Manner::Stored] {
        let deployment = Stage::new(manner);
        let refused = ["--expired-token-file", "{in}/expired", "--foreign-token-file", "{in}/foreign"];
        let both = ["--target", "{target}", "--second-target", "{second}"];
        let run = [&["run"][..], &SCENARIOS, &both, &refused, &REPORTS].concat();
        let played = deployment.play(&[&run[..], &HEADERS].concat());
        if manner != Manner::Page {
            played.shows("r.har", "[redacted]");
            played.shows("r.json", "[redacted]");
        }
        deployment.play(&run);
    }
}

#[test]
fn what_a_run_kept_can_be_reviewed_without_a_secret() {
    let deployment = Stage::new(Manner::Stored);
    let folder = tempfile::tempdir().unwrap();
    let snapshots = folder.path().to_str().unwrap();
    deployment.play(&["run", SCENARIOS[0], "--target", "{target}", "--snapshots", snapshots]);
    let mut kept = Vec::new();
    read(folder.path(), &mut kept);
    assert!(kept.iter().any(|(_, text)| text.contains("[redacted]")), "{kept:?}");
    let reviewed = deployment.play(&["review", "--snapshots", snapshots]);
    assert!(reviewed.out.contains("[redacted]"), "{}", reviewed.out);
    let kept = Played { out: String::new(), err: String::new(), files: kept };
    deployment.search(&["snapshots"], &kept);
}

#[test]
fn the_gallery_and_its_pack_show_no_secret() {
    for manner in [Manner::Error, Manner::Stored] {
        let deployment = Stage::new(manner);
        let reports = ["--json", "r.json", "--har", "r.har", "--scripts", "scripts", "--pack", "pack"];
        let played =
            deployment.play(&[&["gallery", "--target", "{target}"][..], &reports, &HEADERS].concat());
        played.shows("r.har", "[redacted]");
    }
}

#[test]
fn a_row_about_a_server_shows_no_secret() {
    let deployment = Stage::new(Manner::Error);
    let into = ["--server-version", "1", "--into", "interop", "--verbose"];
    deployment.play(&[&["interop", "marked", "--target", "{target}"][..], &into].concat());
}

#[test]
fn a_job_keeps_logs_and_tells_no_secret() {
    for manner in [Manner::Page, Manner::Error, Manner::Stored] {
        let deployment = Stage::new(manner);
        let sync = ["sync", "--directory", "{in}/people.csv", "--scope", "all", "--target", "{target}"];
        deployment.play(&[&sync[..], &["--dry-run"]].concat());
        let kept = ["--state", "state.json", "--logs", "log.jsonl", "--cycles", "3", "--apply"];
        let notify = ["--notify", "cat >>told.jsonl; env >>environment"];
        let played = deployment.play(&[&sync[..], &kept, &notify, &HEADERS].concat());
        if manner == Manner::Page {
            played.shows("told.jsonl", "quarantine");
            played.shows("told.jsonl", "[redacted]");
            played.shows("environment", "HOME=");
        }
        if manner == Manner::Error {
            played.shows("log.jsonl", "[redacted]");
            played.shows("state.json", "{");
        }
    }
}

#[test]
fn commands_that_ask_little_show_no_secret() {
    for manner in [Manner::Page, Manner::Error, Manner::Stored] {
        let deployment = Stage::new(manner);
        deployment.play(&[&["test-connection", "--target", "{target}"][..], &HEADERS].concat());
        deployment.play(&["cleanup", "--target", "{target}"]);
        for by_hand in [
            &["find", "users"][..],
            &["get", "Schemas", "--output", "table"],
            &["create", "user", "--output", "jsonl"],
            &["patch", "users/7", "title=x", "--foreign"],
            &["delete", "users/7", "--foreign"],
        ] {
            deployment.play(&[by_hand, &["--target", "{target}"], &HEADERS].concat());
        }
    }
}

#[test]
fn tokens_that_were_asked_for_are_secrets_too() {
    for manner in [Manner::NoToken, Manner::Error, Manner::Page] {
        let deployment = Stage::new(manner);
        for sent_in in ["header", "body", "both"] {
            let asked =
                ["--token-endpoint", "{token-endpoint}", "--client-id", "me", "--credentials-in", sent_in];
            let scenarios =
                ["conformance/client-credentials", "conformance/client-secret-checked", SCENARIOS[0]];
            let run = [&["run"][..], &scenarios, &["--target", "{target}"], &asked, &REPORTS].concat();
            let played = deployment.play(&run);
            if manner == Manner::Error {
                assert!(played.out.contains(r#""access_token":"[redacted]""#), "{}", played.out);
            }
        }
    }
}

#[test]
fn a_server_that_is_started_gets_no_secret_and_is_quoted_without_any() {
    let deployment = Stage::new(Manner::Page);
    let awaited = format!("http://127.0.0.1:9/health?key={}", form(AWAITED_QUERY));
    let start = ["--exec", "sh {in}/says.sh", "--wait-for", &awaited];
    let played = deployment.play(&[&["run", SCENARIOS[0], "--target", "{target}"][..], &start].concat());
    assert!(played.err.contains("its last output: "), "{}", played.err);
    let env = ["--exec", "env >environment; exit 3"];
    let played = deployment.play(&[&["run", SCENARIOS[0], "--target", "{target}"][..], &env].concat());
    played.shows("environment", "HOME=");
    let start = ["--wait-for", &awaited, "--timeout", "1"];
    deployment.play(&[&["run", SCENARIOS[0], "--target", "{target}"][..], &start].concat());
}

#[test]
fn a_url_that_is_refused_is_not_repeated() {
    let deployment = Stage::new(Manner::Page);
    let urls = [
        format!("http://me:{PASSWORD}@127.0.0.1:1/scim"),
        format!("http://me:{PASSWORD}@127.0.0.1:99999/scim?k={PASSWORD}"),
        format!("127.0.0.1:1/scim?k={PASSWORD}"),
        format!("{PASSWORD}://127.0.0.1:1/scim"),
        format!("http://127.0.0.1:1/scim#{PASSWORD}"),
        format!("http://[{PASSWORD}/"),
        format!("http://?k={PASSWORD}"),
        PASSWORD.to_owned(),
    ];
    for url in &urls {
        for command in ["run", "gallery", "cleanup", "test-connection"] {
            deployment.play(&[command, "--target", url]);
        }
        deployment.play(&["run", SCENARIOS[0], "--target", "{target}", "--second-target", url]);
        deployment.play(&[
            "run",
            SCENARIOS[0],
            "--target",
            "{target}",
            "--token-endpoint",
            url,
            "--client-id",
            "me",
        ]);
        deployment.play(&["run", SCENARIOS[0], "--target", "{target}", "--wait-for", url, "--timeout", "1"]);
        deployment.play(&[
            "run",
            SCENARIOS[0],
            "--target",
            "{target}",
            "--exec",
            "sleep 9",
            "--wait-for",
            url,
            "--timeout",
            "1",
        ]);
        deployment.play(&["issuer", "--dir", "issuer", "--issuer", url]);
    }
    deployment.play(&["run", "--target", "{target}", "--header", PASSWORD]);
    deployment.play(&["run", "--target", "{target}", "--token", "a b MARKpassword7744"]);
}
