//! Reads the bytes a request puts on a socket and compares them with what was recorded:
//! what the record shows must be what the server saw.

#![expect(clippy::unwrap_used, reason = "a test whose server or socket fails has failed")]

use std::collections::BTreeSet;
use std::sync::Arc;

use scimulate::http::{Client, Credentials, Settings, TenantUrl};
use scimulate::run::target::recorder::Recorder;
use scimulate::wire::{Actor, Exchange, Method, Request, Target};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const TOKEN: &str = "0123456789-token";

/// Sends one request; gives the bytes that came out of the socket and the exchange that was recorded.
async fn exchange(request: Request, flags: &str) -> (String, Arc<Exchange>) {
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
    settings.credentials = Credentials::Bearer(TOKEN.into());
    settings.headers = vec![("X-Api-Key".into(), "abc".into())];
    let client = Client::new(settings).unwrap();
    let recorder = Recorder::new(client);
    let answer = recorder.send(request).await.unwrap();
    assert_eq!(answer.status, 204);
    (server.await.unwrap(), recorder.last().unwrap())
}

/// What the bytes must be if the record tells the truth: everything but the two secrets.
fn written(exchange: &Exchange) -> String {
    let (_, after_scheme) = exchange.url.split_once("://").unwrap();
    let path = &after_scheme[after_scheme.find('/').unwrap()..];
    let mut text = format!("{} {path} HTTP/1.1\r\n", exchange.request.method.as_str());
    for (name, value) in &exchange.request.headers {
        let value = match name.as_str() {
            "Authorization" => value.replace("[redacted]", TOKEN),
            "X-Api-Key" => value.replace("[redacted]", "abc"),
            _ => value.clone(),
        };
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    text.push_str(exchange.request.body.as_deref().unwrap_or(""));
    text
}

fn get() -> Request {
    Request::new(Actor::Entra, Method::Get, "/Users", "match")
        .with_header("Content-Type", "application/scim+json; charset=utf-8")
        .with_header("ADSCIMVersion", "6.0")
        .with_query("filter=userName+eq+%22o%27neil%2Bx%40example.com%22&a=b%20c")
}

#[tokio::test]
async fn the_bytes_of_every_method_are_what_the_record_says() {
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
        let (bytes, recorded) = exchange(request, "?aadOptscim062020").await;
        assert!(!format!("{recorded:?}").contains(TOKEN));
        assert_eq!(bytes, written(&recorded));
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
