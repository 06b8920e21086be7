use std::sync::Mutex;
use std::time::Duration;

use super::*;
use crate::wire::{Body, Excess, Sent};
use serde_json::json;

const BASE: &str = "https://api.example.com/scim";

/// Answers the first path that fits, else 404 without a body.
struct Server {
    answers: Vec<(&'static str, Result<Answer, Broken>)>,
    asked: Mutex<Vec<Request>>,
}

impl Target for Server {
    async fn send(&self, request: Request) -> Result<Answer, Broken> {
        let path = request.path_and_query();
        self.asked.lock().unwrap().push(request);
        let found = self.answers.iter().find(|(begin, _)| path.starts_with(begin));
        found.map_or_else(|| Ok(plain(404, "", "")), |(_, outcome)| outcome.clone())
    }

    fn sent_as(&self, request: &Request) -> Sent {
        let token = ("authorization".to_owned(), "Bearer t".to_owned());
        Sent { url: request.path.clone(), headers: vec![token] }
    }
}

fn plain(status: u16, media_type: &str, body: &str) -> Answer {
    Answer {
        status,
        headers: vec![("content-type".into(), media_type.into())],
        body: Body::new(body.as_bytes().to_vec()),
        elapsed: Duration::ZERO,
    }
}

fn empty_list() -> Answer {
    let schema = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
    Answer::json(200, &json!({"schemas": [schema], "totalResults": 0, "Resources": []}))
}

fn probe(endpoint: &str) -> Request {
    Request::new(Actor::Entra, Method::Get, endpoint, "probe")
        .with_header("ADSCIMVersion", "6.0")
        .with_query("filter=userName+eq+%22x%22")
}

async fn inspected(
    answers: Vec<(&'static str, Result<Answer, Broken>)>,
) -> (Result<Ready, Refusal>, Vec<Request>) {
    let server = Server { answers, asked: Mutex::default() };
    let outcome = inspect(&server, BASE, probe("/Users"), Some(probe("/Groups"))).await;
    let asked = server.asked.lock().unwrap().clone();
    (outcome, asked)
}

async fn refused(answer: Result<Answer, Broken>) -> String {
    let (outcome, _) = inspected(vec![("/Users?filter", answer)]).await;
    let refusal = outcome.unwrap_err();
    assert!(!refusal.next.is_empty());
    format!("{} | {}", refusal.what, refusal.next)
}

#[tokio::test]
async fn a_server_that_answers_is_ready_and_asked_as_a_probe_with_entras_headers() {
    let (outcome, asked) = inspected(vec![("/Users", Ok(empty_list())), ("/Groups", Ok(empty_list()))]).await;
    let ready = outcome.unwrap();
    assert_eq!(ready.discovery, Discovery::default());
    assert!(matches!(ready.abilities.of(Ability::Groups), Support::Yes(_)));
    let paths: Vec<_> = asked.iter().map(|request| request.path.as_str()).collect();
    assert_eq!(paths, ["/Users", "/ServiceProviderConfig", "/Schemas", "/ResourceTypes", "/Groups"]);
    for request in asked {
        assert_eq!(request.actor, Actor::Probe);
        assert_eq!(request.headers, [("ADSCIMVersion".to_owned(), "6.0".to_owned())]);
    }
}

#[tokio::test]
async fn each_way_of_not_being_reachable_has_its_own_next_step() {
    for (broken, what, next) in [
        (Broken::Refused("no server listens there".into()), "connection refused", "--wait-for"),
        (Broken::NoSuchHost("`x` does not resolve".into()), "does not resolve", "spelling"),
        (Broken::Tls("the certificate is self-signed".into()), "self-signed", "--cacert"),
        (Broken::Tls("the server does not speak TLS on this port".into()), "TLS failed", "http://"),
        (Broken::Tls("the certificate has expired".into()), "expired", "a certificate that is valid"),
        (Broken::TimedOut(Duration::from_secs(60)), "within 60s", "--timeout"),
        (Broken::Protocol("the response is not HTTP/1.1".into()), "not HTTP", "scheme"),
        (Broken::TooLarge(Excess::Bytes(7)), "more than 7 bytes", "filter"),
        (Broken::TooLarge(Excess::Values), "more than 100000 JSON values", "filter"),
    ] {
        let text = refused(Err(broken)).await;
        assert!(text.contains(BASE) && text.contains(what) && text.contains(next), "{text}");
    }
}

#[tokio::test]
async fn refused_credentials_pages_and_redirects_end_it_after_one_question() {
    let html = "<!DOCTYPE html><html><body>Sign in</body></html>";
    let mut redirect = plain(301, "", "");
    redirect.headers.push(("location".into(), "https://new.example.com/scim/Users?filter=x".into()));
    let mut to_login = plain(302, "", "");
    to_login.headers.push(("location".into(), "/login?state=secret".into()));
    for (answer, what, next) in [
        (Answer::json(401, &json!({"detail": "token expired"})), "401: token expired", "SCIMULATE_TOKEN"),
        (plain(403, "text/html", html), "403", "right"),
        (plain(407, "", ""), "407", "NO_PROXY"),
        (Answer::json(429, &json!({})), "429", "--pace"),
        (plain(200, "text/html", html), "web page (200)", "base URL"),
        (plain(200, "", "  <HTML>"), "web page", "base URL"),
        (redirect, "to https://new.example.com/scim/Users,", "--target https://new.example.com/scim"),
        (to_login, "to /login,", "final URL"),
        (plain(308, "", ""), "redirects (308)", "final URL"),
    ] {
        let (outcome, asked) = inspected(vec![("/", Ok(answer))]).await;
        let Refusal { what: said, next: step, .. } = outcome.unwrap_err();
        assert!(said.contains(what), "{said}");
        assert!(step.contains(next), "{step}");
        assert!(!said.contains("secret"));
        assert_eq!(asked.len(), 1, "{said}");
    }
}

#[tokio::test]
async fn what_is_no_scim_service_is_refused_after_a_second_look() {
    for (answer, what, next) in [
        (plain(404, "text/html", "<html>404</html>"), "no SCIM service found at", "/scim/v2"),
        (
            Answer::json(404, &json!({"status": 404, "detail": "Not Found"})),
            "no SCIM service found at",
            "base path",
        ),
        (Answer::json(404, &no_such_route()), "no SCIM service found at", "base path"),
        (plain(200, "application/json", ""), "without a body", "health check"),
        (Answer::json(200, &json!({"ok": true})), "JSON without a SCIM schema", "base URL"),
        (plain(200, "text/plain", "ok"), "text/plain", "base URL"),
        (plain(500, "", ""), "fails on the first request (500)", "log"),
        (plain(400, "", ""), "returns 400", "ListResponse"),
    ] {
        let text = refused(Ok(answer)).await;
        assert!(text.contains(what) && text.contains(next), "{text}");
    }
    let server = Server { answers: Vec::new(), asked: Mutex::default() };
    let wrong = inspect(&server, "https://a.example/scim/Users", probe("/Users"), None).await.unwrap_err();
    assert!(wrong.next.ends_with("without /Users: https://a.example/scim"), "{}", wrong.next);
}

/// What a SCIM service answers below a path that it does not have.
fn no_such_route() -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "404"})
}

#[tokio::test]
async fn a_scim_server_that_answers_the_probe_wrongly_is_left_to_the_rules() {
    for probed in
        [plain(404, "", ""), Answer::json(404, &no_such_route()), plain(500, "", ""), plain(200, "", "")]
    {
        let (outcome, _) =
            inspected(vec![("/Users?filter", Ok(probed.clone())), ("/Users", Ok(empty_list()))]).await;
        assert!(outcome.is_ok(), "users can be listed");
        let config = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"]});
        let (outcome, _) = inspected(vec![
            ("/Users?filter", Ok(probed)),
            ("/ServiceProviderConfig", Ok(Answer::json(200, &config))),
        ])
        .await;
        assert!(outcome.is_ok(), "a configuration is published");
    }
}

#[test]
fn abilities_follow_from_what_is_published() {
    let config = json!({"bulk": {"supported": true}, "sort": {"supported": false}});
    let types = json!([{"name": "User", "endpoint": "/Users", "schema": "x"}]);
    let published = Discovery::read(Some(&config), None, Some(&types));
    let known = abilities(&published, None);
    assert!(matches!(known.of(Ability::Bulk), Support::Yes(_)));
    assert!(matches!(known.of(Ability::Sort), Support::No(_)));
    assert!(matches!(known.of(Ability::Groups), Support::No(_)));
    assert!(matches!(known.of(Ability::Cursor), Support::No(_)));
    assert!(matches!(known.of(Ability::Etag), Support::No(_)), "nothing is promised");
    let nothing = Discovery::default();
    assert_eq!(abilities(&nothing, None).of(Ability::Groups), &Support::Unknown);
    assert!(matches!(abilities(&nothing, None).of(Ability::Cursor), Support::No(_)));
    let missing = plain(404, "", "");
    assert!(matches!(abilities(&nothing, Some(&missing)).of(Ability::Groups), Support::No(_)));
    let broken = plain(500, "", "");
    assert_eq!(abilities(&nothing, Some(&broken)).of(Ability::Groups), &Support::Unknown);
}
