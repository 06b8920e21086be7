//! Reads the bytes a request puts on a socket and compares them with what the client says it sends.
//! What the record shows must be what the server saw.

#![expect(clippy::unwrap_used, reason = "a test whose server or socket fails has failed")]

use std::collections::BTreeSet;

use scimulate::http::{Client, Settings, TenantUrl};
use scimulate::wire::{Actor, Method, Request, Target};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A client, and a server that hands out the bytes of the one request it answers.
async fn exchange(request: Request, flags: &str) -> (String, scimulate::wire::Sent) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/scim/{flags}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = Vec::new();
        loop {
            let mut piece = [0; 4096];
            let read = stream.read(&mut piece).await.unwrap();
            bytes.extend_from_slice(&piece[..read]);
            let text = String::from_utf8_lossy(&bytes);
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
                if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                    break;
                }
            }
        }
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
        String::from_utf8(bytes).unwrap()
    });
    let mut settings = Settings::new(TenantUrl::parse(&url).unwrap());
    settings.token = Some("0123456789-token".into());
    settings.headers = vec![("X-Api-Key".into(), "abc".into())];
    let client = Client::new(settings).unwrap();
    let sent = client.sent_as(&request);
    let answer = client.send(request).await.unwrap();
    assert_eq!(answer.status, 204);
    (server.await.unwrap(), sent)
}

/// What the bytes must be if the client tells the truth.
fn written(request: &Request, sent: &scimulate::wire::Sent) -> String {
    let (_, after_scheme) = sent.url.split_once("://").unwrap();
    let path = &after_scheme[after_scheme.find('/').unwrap()..];
    let mut text = format!("{} {path} HTTP/1.1\r\n", request.method.as_str());
    for (name, value) in &sent.headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    text.push_str(request.body.as_deref().unwrap_or(""));
    text
}

fn get() -> Request {
    Request::new(Actor::Entra, Method::Get, "/Users", "match")
        .with_header("Content-Type", "application/scim+json; charset=utf-8")
        .with_header("ADSCIMVersion", "6.0")
        .with_query("filter=userName+eq+%22o%27neil%2Bx%40example.com%22&a=b%20c")
}

#[tokio::test]
async fn the_bytes_of_every_method_are_what_the_client_says() {
    let body =
        json!({"userName": "Zoë \u{1F600}", "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"]});
    let to = |method, path: &str| Request::new(Actor::Entra, method, path, "t");
    for request in [
        get(),
        to(Method::Post, "/Users").with_header("Content-Type", "application/scim+json").with_json(&body),
        to(Method::Post, "/Users"),
        to(Method::Put, "/Users/1").with_json(&body),
        to(Method::Patch, "/Users/a%2Fb").with_json(&body),
        to(Method::Delete, "/Users/1"),
        to(Method::Options, "/Users"),
    ] {
        let (bytes, sent) = exchange(request.clone(), "?aadOptscim062020").await;
        assert_eq!(bytes, written(&request, &sent));
    }
}

#[tokio::test]
async fn a_request_carries_neither_user_agent_nor_accept_and_no_flag() {
    let (bytes, _) = exchange(get(), "?aadOptscim062020").await;
    let head = bytes.split_once("\r\n\r\n").unwrap().0;
    let mut lines = head.lines();
    let line = lines.next().unwrap();
    assert_eq!(line, "GET /scim/Users?filter=userName+eq+%22o%27neil%2Bx%40example.com%22&a=b%20c HTTP/1.1");
    let names: BTreeSet<_> = lines.map(|line| line.split_once(':').unwrap().0.to_lowercase()).collect();
    assert_eq!(
        names,
        BTreeSet::from(
            ["host", "authorization", "x-api-key", "content-type", "adscimversion"].map(str::to_owned)
        )
    );
}
