//! The command line from outside: every kind of bad input gives one message, the right exit code and
//! no panic.

#![expect(clippy::unwrap_used, reason = "a test whose server or file fails has failed")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;

/// A call of the program in an empty folder, with an environment of its own.
struct Call {
    folder: tempfile::TempDir,
    command: Command,
}

impl Call {
    fn new(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_scimulate"));
        command.args(arguments).current_dir(folder.path()).stdin(Stdio::null());
        command.env_remove("SCIMULATE_TOKEN").env("HOME", folder.path()).env("XDG_STATE_HOME", folder.path());
        for proxy in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
            command.env_remove(proxy);
        }
        Call { folder, command }
    }

    /// The same with a file in its folder.
    fn file(self, name: &str, text: &str) -> Self {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// The same with a run against `base` that was interrupted.
    fn interrupted(self, base: &str) -> Self {
        let head = format!(r#"{{"format":"scimulate-journal/1","base":"{base}","prefix":"smbcdfghjk"}}"#);
        self.file("scimulate/smbcdfghjk.jsonl", &format!("{head}\n"))
    }

    fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    fn play(mut self) -> Played {
        let output = self.command.output().unwrap();
        Played::new(&output, self.folder.path())
    }
}

struct Played {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Played {
    fn new(output: &Output, folder: &Path) -> Self {
        let text =
            |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(folder.to_str().unwrap(), "[folder]");
        let played =
            Played { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) };
        for text in [&played.out, &played.err] {
            assert!(!text.contains("panicked") && !text.contains("bug in scimulate"), "{text}");
        }
        played
    }

    /// Failed with one message that says what is wrong and what to do.
    #[track_caller]
    fn failed(&self, code: i32, what: &str, next: &str) {
        assert_eq!(self.code, Some(code), "{}\n{}", self.out, self.err);
        let errors = self.err.lines().filter(|line| line.starts_with("error")).count();
        assert_eq!(errors, 1, "{}", self.err);
        assert!(self.err.lines().count() <= 8, "no cascade:\n{}", self.err);
        assert!(self.err.contains(what), "`{what}` is not in\n{}", self.err);
        assert!(self.err.contains(next), "`{next}` is not in\n{}", self.err);
    }
}

/// A server that answers every request with the same bytes.
fn answering(answer: &str) -> SocketAddr {
    let answer = answer.to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

fn http(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len())
}

/// An address where nobody listens.
fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// Calls that need a target, each ready but for its URL.
fn against(base: &str) -> Vec<Call> {
    let calls =
        [Call::new(&["run", "--target", base]), Call::new(&["cleanup", "--target", base]).interrupted(base)];
    calls.into_iter().map(|call| call.env("SCIMULATE_TOKEN", "0123456789")).collect()
}

#[test]
fn version_and_help_are_no_errors() {
    let version = Call::new(&["--version"]).play();
    assert_eq!(
        (version.code, version.out.as_str()),
        (Some(0), concat!("scimulate ", env!("CARGO_PKG_VERSION"), "\n"))
    );
    let help = Call::new(&["--help"]).play();
    assert_eq!(help.code, Some(0));
    assert!(help.out.contains("Exit codes:"));
}

#[test]
fn wrong_usage_is_2() {
    for arguments in [&["clean-up"][..], &["cleanup", "--tarket", "x"], &[]] {
        let played = Call::new(arguments).play();
        assert_eq!(played.code, Some(2), "{arguments:?}");
    }
    Call::new(&["clean"]).play().failed(2, "unrecognized subcommand 'clean'", "cleanup");
}

#[test]
fn a_wrong_url_is_told_what_to_write() {
    for (url, what, next) in [
        ("localhost:8080/scim", "does not begin with http://", "for example http://localhost:8080/scim"),
        ("https://a b/", "is not a URL", "https://api.example.com/scim"),
        ("http://u:hunter2@localhost/", "password", "SCIMULATE_TOKEN"),
    ] {
        for call in against(url) {
            let played = call.play();
            played.failed(2, what, next);
            assert!(!played.err.contains("hunter2"));
        }
    }
}

#[test]
fn a_refused_connection_is_3() {
    let base = format!("http://{}/scim", free());
    for call in against(&base) {
        call.play().failed(3, "connection refused", "start the server");
    }
}

/// A server that speaks TLS with a certificate for `localhost` which nobody signed, and answers every
/// request with the same bytes; its port and its certificate.
fn answering_over_tls(answer: &str) -> (u16, String) {
    let answer = answer.to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let config = std::sync::Arc::new(config);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let session = rustls::ServerConnection::new(config.clone()).unwrap();
            let mut stream = rustls::StreamOwned::new(session, stream.unwrap());
            // The client may end the handshake.
            if stream.read(&mut [0; 4096]).is_ok() {
                let _ = stream.write_all(answer.as_bytes());
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });
    (port, made.cert.pem())
}

#[test]
fn a_certificate_that_does_not_verify_is_3_with_the_reason() {
    let (port, certificate) = answering_over_tls(&http("401 Unauthorized", "", ""));
    let mut other = rcgen::CertificateParams::new(["other".to_owned()]).unwrap();
    other.distinguished_name.push(rcgen::DnType::CommonName, "another authority");
    let other = other.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().pem();
    for (host, authority, what, next) in [
        // Another authority than the server's: the machine's own list may be empty.
        ("localhost", &other, "TLS failed, the certificate is not signed by an authority", "--cacert"),
        ("127.0.0.1", &certificate, "TLS failed, the certificate is for", "valid for this host"),
        // The handshake succeeds, and so the next mistake shows.
        ("localhost", &certificate, "does not accept the token (401)", "SCIMULATE_TOKEN"),
    ] {
        for mut call in against(&format!("https://{host}:{port}/scim")) {
            call.command.args(["--cacert", "authority.pem"]);
            call.file("authority.pem", authority).play().failed(3, what, next);
        }
    }
}

#[test]
fn what_is_no_scim_service_is_3_with_one_sentence() {
    let page = http("200 OK", "content-type: text/html\r\n", "<!doctype html><title>Sign in</title>");
    let moved = http("302 Found", "location: https://login.example.com/start\r\n", "");
    for (answer, what, next) in [
        (
            http("401 Unauthorized", "", "{\"detail\":\"token\\u001b[31m expired\"}"),
            "401: token[31m expired",
            "SCIMULATE_TOKEN",
        ),
        (http("403 Forbidden", "", ""), "403", "right"),
        (page, "web page", "base URL"),
        (moved, "https://login.example.com/start", "final URL"),
        (http("404 Not Found", "", ""), "no SCIM service", "base path"),
        (http("200 OK", "", ""), "without a body", "base URL"),
        (http("500 Oops", "", ""), "fails on the first request", "log"),
        ("220 mail.example.com ESMTP\r\n".to_owned(), "not HTTP", "scheme"),
    ] {
        let base = format!("http://{}/scim", answering(&answer));
        for call in against(&base) {
            let played = call.play();
            played.failed(3, what, next);
            assert!(!played.err.contains('\u{1b}'), "{:?}", played.err);
        }
    }
}

#[test]
fn a_target_elsewhere_needs_yes() {
    for call in against("https://scim.invalid/v2") {
        call.play().failed(2, "not on this machine", "--yes");
    }
    for mut call in against("https://scim.invalid/v2") {
        call.command.args(["--yes", "--cacert", "none.pem"]);
        call.play().failed(2, "none.pem: no such file", "--cacert");
    }
    for mut call in against("http://scim.invalid/v2") {
        call.command.arg("--yes");
        call.play().failed(3, "does not resolve", "spelling");
    }
}

#[test]
fn a_token_that_cannot_be_sent_is_2_and_not_repeated() {
    let base = format!("http://{}/scim", free());
    for call in against(&base) {
        let played = call.env("SCIMULATE_TOKEN", "Bearer hunter2").play();
        played.failed(2, "the token contains a space", "without `Bearer`");
        assert!(!played.err.contains("hunter2"));
    }
    for mut call in against(&base) {
        call.command.args(["--token-file", "nowhere"]);
        call.play().failed(2, "cannot read the token from nowhere", "SCIMULATE_TOKEN");
    }
}

#[test]
fn a_mistake_in_the_configuration_is_shown_at_its_place() {
    let call = Call::new(&["cleanup"]).file("scimulate.toml", "yes = true\ntagret = 'http://localhost'\n");
    let played = call.play();
    played.failed(2, "scimulate.toml:2:1", "did you mean `target`?");
    let call = Call::new(&["cleanup"]).file("scimulate.toml", "token = 'hunter2'\n");
    call.play().failed(2, "must not be in this file", "token-file");
}

#[test]
fn a_wrong_name_is_2_with_the_nearest_right_one() {
    let near = "cycles/create-usr";
    for (arguments, what, next) in [
        (&["run", near][..], "there is no scenario", "did you mean `cycles/create-user`?"),
        (&["run", "cycle/"], "there is no suite", "did you mean `cycles/`?"),
        (&["run", "--suite", "cycle"], "there is no suite", "did you mean `cycles`?"),
        (&["run", "--dialect", "Default"], "'Default'", "default"),
        (&["run", "--fail-on", "fatal"], "`fatal` is not a level", "never"),
        (&["run", "--shard", "3/2"], "`3/2` is not a shard", "2/3"),
        (&["run", "--profile", "defalt"], "there is no profile `defalt`", "did you mean `default`?"),
        (&["run", "--profile", "nowhere.yaml"], "the profile cannot be read", "nowhere.yaml"),
        (&["run", "--scenarios", "nowhere"], "nowhere", "error"),
        (&["list", "cycle/"], "there is no check `cycle/`", "did you mean `cycles/`?"),
        (&["explain", "rules/member-lots"], "there is no check", "did you mean `rules/member-lost`?"),
        (&["run", "--jobs", "0"], "--jobs 0", "--jobs 1"),
        (&["run", "--json", "no/folder/report.json"], "cannot write no/folder/report.json", "--json"),
        (&["run", "--exec", "true"], "--target is missing", "--target"),
    ] {
        Call::new(arguments).play().failed(2, what, next);
    }
}

#[test]
fn checks_are_listed_and_explained_as_text_and_as_json() {
    let list = Call::new(&["list", "--suite", "cycles"]).play();
    assert_eq!(list.code, Some(0), "{}", list.err);
    assert!(list.out.lines().any(|line| line.starts_with(&format!("{SCENARIO} "))), "{}", list.out);
    let list = Call::new(&["list", "--json"]).play();
    let checks: serde_json::Value = serde_json::from_str(&list.out).unwrap();
    let ids: Vec<_> = checks.as_array().unwrap().iter().filter_map(|check| check["id"].as_str()).collect();
    assert!(ids.contains(&SCENARIO) && ids.contains(&"rules/member-lost"));
    assert_eq!(Call::new(&["list", SCENARIO, "--suite", "rules"]).play().code, Some(4));

    for id in [SCENARIO, "member-lost", "rules/snapshot-differs"] {
        let explained = Call::new(&["explain", id]).play();
        assert_eq!(explained.code, Some(0), "{}", explained.err);
        assert!(explained.out.contains(id) && explained.out.contains("Why "), "{}", explained.out);
        let json = Call::new(&["explain", id, "--json"]).play();
        let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
        assert!(json[0]["why"].as_str().is_some_and(|why| !why.is_empty()));
    }
}

#[test]
fn a_broken_file_is_2_with_the_place_and_the_token() {
    let scenario = "title: x\nlevel: critical\nwhy: y\nfix: z\ntimeline:\n  - cyle\n";
    let call = Call::new(&["run", "--scenarios", "mine"]).file("mine/own/scenario.yaml", scenario);
    let played = call.play();
    assert_eq!(played.code, Some(2));
    assert!(
        played.err.contains("mine/own/scenario.yaml:6:5") && played.err.contains("cycle"),
        "{}",
        played.err
    );
    let call = Call::new(&["run", "--scenarios", "mine"]).file("mine/own/scenario.yaml", "title: [");
    assert!(call.play().err.contains("mine/own/scenario.yaml:1"));
    let call = Call::new(&["run", "--profile", "mine.yaml"])
        .file("mine.yaml", "user:\n  - target: title\n    source: shoeSize\n");
    call.play().failed(2, "mine.yaml:3", "shoeSize");
}

const SCENARIO: &str = "cycles/create-user";

#[test]
fn a_run_writes_its_reports_and_is_a_success() {
    let mut call = Call::new(&["run", SCENARIO, "--json", "r.json", "--junit", "r.xml", "--har", "r.har"]);
    let output = call.command.output().unwrap();
    let played = Played::new(&output, call.folder.path());
    assert_eq!(played.code, Some(0), "{}{}", played.out, played.err);
    let read = |name: &str| fs::read_to_string(call.folder.path().join(name)).unwrap();
    let report: serde_json::Value = serde_json::from_str(&read("r.json")).unwrap();
    assert_eq!(report["format"], "scimulate-report/1");
    assert_eq!(report["verdict"], "passed");
    let har: serde_json::Value = serde_json::from_str(&read("r.har")).unwrap();
    assert!(!har["log"]["entries"].as_array().unwrap().is_empty());
    assert!(read("r.xml").contains("<testsuite"));
    assert_eq!(
        fs::read_dir(call.folder.path()).unwrap().count(),
        3,
        "a run against the embedded server keeps no journal"
    );
}

#[test]
fn a_run_against_a_target_leaves_nothing_behind() {
    let served = Served::start(&["serve"]);
    let mut call = Call::new(&["run", SCENARIO, "--target", &format!("{}/?aadOptscim062020", served.base)]);
    call.command.args(["--json", "r.json"]).env("SCIMULATE_TOKEN", &served.token);
    let output = call.command.output().unwrap();
    let played = Played::new(&output, call.folder.path());
    assert_eq!(played.code, Some(0), "{}{}", played.out, played.err);
    let report = fs::read_to_string(call.folder.path().join("r.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let dialects: std::collections::BTreeSet<_> =
        report["checks"].as_array().unwrap().iter().map(|check| check["dialect"].as_str()).collect();
    assert_eq!(dialects, [Some("aadOptscim062020")].into(), "the flag in the URL selects its dialect");
    assert!(!report.to_string().contains(&served.token));
    assert_eq!(served.users(), 0);
    assert_eq!(
        fs::read_dir(call.folder.path().join("scimulate")).map_or(0, Iterator::count),
        0,
        "the journal is gone"
    );
}

#[test]
fn a_fault_is_found_and_fails_the_run_unless_it_may_not() {
    let served = Served::start(&["serve", "--fault", "hides-disabled-users", "--token", "0123456789"]);
    let arguments = ["run", "cycles/disable-unassigned", "--target", &served.base, "--dialect", "default"];
    let play = |more: &[&str]| {
        Call::new(&[&arguments[..], more].concat()).env("SCIMULATE_TOKEN", "0123456789").play()
    };
    let failed = play(&[]);
    assert_eq!(failed.code, Some(1), "{}{}", failed.out, failed.err);
    assert!(failed.out.contains("FAILED"), "{}", failed.out);
    let annotated = play(&["--fail-on", "never", "--github"]);
    assert_eq!(annotated.code, Some(0), "{}{}", annotated.out, annotated.err);
    assert!(annotated.out.contains("::"), "{}", annotated.out);
}

#[test]
fn snapshots_are_kept_for_a_review_accepted_and_compared() {
    let mut call = Call::new(&["run", SCENARIO, "--snapshots", "kept"]);
    call.command.env_remove("CI");
    let folder = call.folder.path().to_owned();
    let played = Played::new(&call.command.output().unwrap(), &folder);
    assert_eq!(played.code, Some(0), "{}{}", played.out, played.err);
    assert!(played.out.contains(" different, see `scimulate review`"), "{}", played.out);
    let again = |arguments: &[&str]| {
        let mut call = Call::new(arguments);
        call.command.current_dir(&folder).env("CI", "true");
        let output = call.command.output().unwrap();
        Played::new(&output, &folder)
    };
    let left = again(&["review", "--snapshots", "kept"]);
    assert!(left.code == Some(0) && left.out.contains("0 accepted, 0 rejected"), "{}{}", left.out, left.err);
    let accepted = again(&["accept", "--snapshots", "kept"]);
    assert!(
        accepted.code == Some(0) && accepted.out.contains("accepted cycles/create-user"),
        "{}",
        accepted.out
    );
    assert_eq!(again(&["review", "--snapshots", "kept"]).out, "nothing waits for review\n");
    let same = again(&["run", SCENARIO, "--snapshots", "kept", "--snapshots-strict"]);
    assert_eq!(same.code, Some(0), "{}{}", same.out, same.err);
    let other = again(&["run", "cycles/test-connection", "--snapshots", "kept", "--snapshots-strict"]);
    assert_eq!(other.code, Some(1), "{}{}", other.out, other.err);
    assert!(!folder.join("kept/cycles/test-connection").exists(), "nothing is written in CI");
    let updated = again(&["run", "cycles/test-connection", "--snapshots", "kept", "--update"]);
    assert_eq!(updated.code, Some(0), "{}{}", updated.out, updated.err);
    assert!(folder.join("kept/cycles/test-connection/default.snap").is_file());

    Call::new(&["run", SCENARIO, "--update"]).play().failed(2, "a folder for snapshots", "--snapshots");
    Call::new(&["accept"]).play().failed(2, "no folder of snapshots", "--snapshots");
    Call::new(&["review", "--snapshots", "none"]).play().failed(2, "none is not a folder", "run --snapshots");
}

#[test]
fn a_selection_of_nothing_is_4() {
    Call::new(&["run", SCENARIO, "--shard", "2/2"]).play().failed(4, "nothing to play", "scimulate list");
}

#[test]
fn the_server_under_test_is_started_and_stopped() {
    let address = free();
    let exec =
        format!("'{}' serve --port {} --token 0123456789", env!("CARGO_BIN_EXE_scimulate"), address.port());
    let target = format!("http://{address}/scim");
    let call = Call::new(&["run", SCENARIO, "--exec", &exec, "--target", &target])
        .env("SCIMULATE_TOKEN", "0123456789");
    let played = call.play();
    assert_eq!(played.code, Some(0), "{}{}", played.out, played.err);
    assert!(TcpStream::connect(address).is_err(), "the server still listens");
    let call = Call::new(&["run", SCENARIO, "--exec", "echo out of memory; exit 3", "--target", &target]);
    call.play().failed(
        3,
        "ended before it answered (exit status: 3); its last output: out of memory",
        "by hand",
    );
    let call = Call::new(&["run", SCENARIO, "--wait-for", &target, "--timeout", "1"]);
    call.play().failed(3, "no server answered", "--timeout");
}

#[test]
#[cfg(unix)]
fn ctrl_c_and_other_signals_to_end_remove_what_was_made_and_write_the_reports() {
    for signal in ["-INT", "-TERM", "-HUP"] {
        interrupt_a_run(signal);
    }
}

#[cfg(unix)]
fn interrupt_a_run(signal: &str) {
    let served = Served::start(&["serve"]);
    let mut call =
        Call::new(&["run", "--target", &served.base, "--pace", "20", "--jobs", "1", "--json", "r.json"]);
    call.command.env("SCIMULATE_TOKEN", &served.token).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = call.command.spawn().unwrap();
    while served.users() == 0 {
        thread::sleep(std::time::Duration::from_millis(5));
    }
    let interrupt = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(interrupt.success());
    let output = child.wait_with_output().unwrap();
    let played = Played::new(&output, call.folder.path());
    assert_eq!(played.code, Some(130), "{signal}: {}{}", played.out, played.err);
    assert!(played.err.contains("stopping"), "{}", played.err);
    assert_eq!(served.users(), 0, "{}", played.out);
    let report = fs::read_to_string(call.folder.path().join("r.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["verdict"], "incomplete");
}

#[test]
#[cfg(target_os = "linux")]
fn a_run_that_ignores_the_end_of_its_terminal_goes_on() {
    let mut call = Call::new(&["serve"]);
    call.command = {
        let mut nohup = Command::new("nohup");
        nohup.arg(env!("CARGO_BIN_EXE_scimulate")).arg("serve").stdin(Stdio::null()).stderr(Stdio::null());
        nohup
    };
    let mut child = call.command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    for signal in ["-HUP", "-TERM"] {
        // The server watches for signals right after it is ready.
        thread::sleep(std::time::Duration::from_millis(200));
        assert!(child.try_wait().unwrap().is_none(), "before {signal}");
        Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    }
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn signs_that_turn_the_order_of_letters_are_shown_escaped() {
    let played = Call::new(&["eval", "Left([mail], 9)", "--attr", "m\u{202e}=a"]).play();
    assert!(played.err.contains(r"`m\u202e`") && !played.err.contains('\u{202e}'), "{}", played.err);
    let profile = Call::new(&["list", "profiles", "no\u{2066}\x1b[2J"]).play();
    assert!(!profile.err.contains(['\u{2066}', '\x1b']), "{}", profile.err);
    // What another program reads is the value itself.
    let value = Call::new(&["eval", "Left([mail], 9)", "--attr", "mail=a\u{202e}b"]).play();
    assert_eq!(value.out, "a\u{202e}b\n");
}

#[test]
fn a_clean_up_with_nothing_to_do_is_a_success() {
    let played = Call::new(&["cleanup"]).play();
    assert_eq!((played.code, played.out.as_str()), (Some(0), "nothing was left behind\n"));
}

/// `serve`, killed when this is dropped.
struct Served {
    child: std::process::Child,
    base: String,
    token: String,
    _folder: tempfile::TempDir,
}

impl Served {
    fn start(arguments: &[&str]) -> Self {
        let mut call = Call::new(arguments);
        let mut child = call.command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        let ["READY", base, token] = words[..] else { panic!("{line}") };
        Served { child, base: base.to_owned(), token: token.to_owned(), _folder: call.folder }
    }
}

impl Served {
    fn port(&self) -> &str {
        self.base.strip_prefix("http://127.0.0.1:").and_then(|rest| rest.split_once('/')).unwrap().0
    }

    /// How many users the server holds.
    fn users(&self) -> u64 {
        let answer = exchange(self.port(), &self.token, "GET", "/scim/Users?count=0", "");
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        serde_json::from_str::<serde_json::Value>(body).unwrap()["totalResults"].as_u64().unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn serve_says_where_and_with_which_token_and_is_cleaned_up() {
    let served = Served::start(&["serve", "--variant", "numeric-looking-ids"]);
    let port = served.port();
    let ada = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"smbcdfghjk.ada@example.com"}"#;
    let created = exchange(port, &served.token, "POST", "/scim/Users", ada);
    assert!(created.starts_with("HTTP/1.1 201"), "{created}");
    let call = Call::new(&["cleanup"]).interrupted(&served.base).env("SCIMULATE_TOKEN", &served.token);
    let played = call.play();
    assert_eq!(
        (played.code, played.out.as_str()),
        (Some(0), "smbcdfghjk: 1 deleted, 0 already gone\n"),
        "{}",
        played.err
    );

    Call::new(&["serve", "--port", port]).play().failed(2, "another program already listens", "--port");
    for (option, wrong, right) in [
        ("--variant", "numeric-loking-ids", "numeric-looking-ids"),
        ("--fault", "hide-disabled-users", "hides-disabled-users"),
    ] {
        Call::new(&["serve", option, wrong]).play().failed(2, wrong, &format!("did you mean `{right}`?"));
        assert!(Call::new(&["serve", "--list"]).play().out.contains(&format!("  {right}\n")));
    }
}

fn exchange(port: &str, token: &str, method: &str, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\
         content-type: application/scim+json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_closed_pipe_is_no_error() {
    for arguments in [&["--help"][..], &["cleanup"], &["list"], &["list", "--json"], &["run", SCENARIO]] {
        let mut call = Call::new(arguments);
        let mut child = call.command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let played = Played::new(&output, call.folder.path());
        assert_eq!(played.code, Some(0), "{arguments:?}: {}", played.err);
    }
}

/// The embedded server's answers are kept in `snapshots/`. After a change of one:
/// `scimulate run --seed 1 --snapshots snapshots --update`, then a look at the difference.
#[test]
fn the_embedded_server_answers_as_the_snapshots_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots");
    let kept = fs::read_dir(&folder).map(|entries| entries.count()).unwrap_or_default();
    assert!(kept > 0, "{} is empty", folder.display());
    let output = Command::new(env!("CARGO_BIN_EXE_scimulate"))
        .args(["run", "--snapshots-strict", "--seed", "1", "--snapshots"])
        .arg(&folder)
        // In CI nothing is written beside the snapshots.
        .env("CI", "true")
        .current_dir(tempfile::tempdir().unwrap().path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// Whoever reads what a rule advises must find the option it names.
#[test]
fn rules_name_only_options_that_exist() {
    let help = Command::new(env!("CARGO_BIN_EXE_scimulate")).args(["run", "--help"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    for rule in scimulate::rules::all() {
        let about = rule.about();
        for text in [&about.what, &about.why, &about.fix, &about.entra] {
            for option in text.split('`').filter(|word| word.starts_with("--")) {
                let name = option.split([' ', '=']).next().unwrap();
                assert!(help.contains(name), "{} names {option}", about.id);
            }
        }
    }
}
