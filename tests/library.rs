//! scimulate as a library: what a test of a SCIM server or of a client calls.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use scimulate::testserver::{self, TestServer};
use scimulate::{Outcome, Suite, SuiteError, Verdict};

fn create_user(server: &TestServer) -> Suite {
    Suite::new(server.url()).token(server.token()).scenario("cycles/create-user")
}

#[test]
fn a_right_server_passes() {
    let server = TestServer::start().unwrap();
    let report = create_user(&server).run().unwrap();
    report.assert_passed();
    assert_eq!(report.verdict, Verdict::Passed);
    assert!(report.checks.iter().any(|check| check.id == "cycles/create-user"));
    assert!(report.left_behind.is_empty());
}

#[tokio::test]
async fn a_wrong_server_fails_with_the_cause_in_the_message() {
    let server = TestServer::builder().fault("drop-title").start().unwrap();
    let report = create_user(&server).play().await.unwrap();
    let failed = |check: &&scimulate::CheckResult| check.outcome == Outcome::Failed;
    assert!(report.checks.iter().any(|check| failed(&check)));
    let panic = catch_unwind(AssertUnwindSafe(|| report.assert_passed())).unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    assert!(message.contains("title") && message.contains("FAILED"), "{message}");
}

#[tokio::test]
async fn a_server_on_the_thread_of_the_test_can_answer() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/scim", listener.local_addr().unwrap());
    let settings = scimulate::server::ServerSettings { token: "secret".into(), ..Default::default() };
    tokio::spawn(axum::serve(listener, scimulate::server::router(settings)).into_future());
    Suite::new(url).token("secret").scenario("cycles/create-user").play().await.unwrap().assert_passed();
}

#[tokio::test]
async fn run_does_not_block_the_only_thread() {
    let error = Suite::new("http://127.0.0.1:1/scim").run().unwrap_err();
    assert!(error.to_string().contains(".play().await"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn run_leaves_its_worker_to_others() {
    let server = TestServer::start().unwrap();
    create_user(&server).run().unwrap().assert_passed();
}

#[test]
fn nothing_is_sent_elsewhere_without_permission() {
    let elsewhere = Suite::new("http://scim.invalid/scim").scenario("cycles/create-user");
    let SuiteError::Settings { what, next } = elsewhere.clone().run().unwrap_err() else { panic!() };
    assert_eq!(what, "http://scim.invalid/scim is not on this machine, and this suite writes at it");
    assert!(next.contains("allow_writes_elsewhere"));
    // Then it is asked, and cannot be reached.
    let asked = elsewhere.allow_writes_elsewhere().timeout(Duration::from_secs(5)).run().unwrap_err();
    assert!(matches!(asked, SuiteError::Target { .. }), "{asked}");
}

#[test]
fn wrong_settings_say_what_to_do() {
    let here = Suite::new("http://127.0.0.1:1/scim");
    for (suite, parts) in [
        (
            here.clone().scenario("cycles/create-usr"),
            ["did you mean `cycles/create-user`?", "scimulate list"],
        ),
        (here.clone().dialect("Default"), ["`Default` is not a dialect", "help: "]),
        (here.clone().profile("nosuch"), ["nosuch", "help: "]),
        (here.clone().quick().scenario("cycles/"), ["quick", "leave out"]),
        (here.clone().jobs(0), [".jobs(0)", ".jobs(1)"]),
        (here.clone().max_users(0), [".max_users(0)", ".max_users(1)"]),
        (here.clone().waivers("nosuch.toml"), ["nosuch.toml", "read"]),
        (here.clone().timeout(Duration::ZERO), ["timeout of zero", "help: "]),
        (here.clone().certificates("nosuch.pem"), ["nosuch.pem", "help: "]),
        (here.clone().token("s3cr3t\nlines"), ["token", "help: "]),
        (here.clone(), ["127.0.0.1:1", "help: "]),
        (Suite::new("no url"), ["the target URL", "help: "]),
    ] {
        let error = suite.run().unwrap_err().to_string();
        assert!(parts.iter().all(|part| error.contains(part)), "{error}");
        assert!(!error.contains("s3cr3t"), "the token is in: {error}");
    }
}

#[test]
fn a_token_is_in_no_debug_text() {
    let suite = Suite::new("http://127.0.0.1:1/scim").token("s3cr3t-token").header("X-Key", "s3cr3t-key");
    assert!(!format!("{suite:?}").contains("s3cr3t"));
}

#[test]
fn a_waived_failure_passes() {
    let server = TestServer::builder().fault("drop-title").start().unwrap();
    let report = create_user(&server).run().unwrap();
    let failed = report.checks.iter().filter(|check| check.outcome == Outcome::Failed);
    let waivers: String = failed
        .map(|check| {
            format!("[[waiver]]\ncheck = \"{}\"\nreason = \"known\"\nexpires = 2099-12-31\n\n", check.id)
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("waivers.toml");
    std::fs::write(&file, waivers).unwrap();
    create_user(&server).waivers(&file).run().unwrap().assert_passed();
}

#[test]
fn a_test_server_stops_when_it_is_dropped() {
    let server = TestServer::builder().token("known").variant("users-only").start().unwrap();
    assert_eq!(server.token(), "known");
    let address = server.url().strip_prefix("http://").unwrap().strip_suffix("/scim").unwrap().to_owned();
    assert!(std::net::TcpStream::connect(&address).is_ok());
    drop(server);
    assert!(std::net::TcpStream::connect(&address).is_err());
}

#[test]
fn a_test_server_names_what_was_probably_meant() {
    let error = |builder: testserver::TestServerBuilder| builder.start().unwrap_err().to_string();
    let builder = TestServer::builder;
    assert_eq!(
        error(builder().fault("hides-disabled-user")),
        "`hides-disabled-user`: unknown fault; did you mean `hides-disabled-users`?"
    );
    assert!(error(builder().variant("user-only")).contains("did you mean `users-only`?"));
    assert!(error(builder().fault("x")).contains("serve --list"));
    assert!(error(builder().token("two words")).contains("token"));
    assert!(error(builder().profile("nosuch")).contains("nosuch"));
    let taken = TestServer::start().unwrap();
    let port: u16 = taken.url().split([':', '/']).nth(4).unwrap().parse().unwrap();
    assert!(error(builder().port(port)).contains("another program"), "{port}");
    assert!(testserver::faults().count() > 100 && testserver::variants().count() > 10);
}
