//! Paths, methods, media types, tokens and broken bodies: everything is answered as SCIM.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::json;

use crate::client::{Client, TOKEN, USER};

fn request(method: &str, path: &str) -> http::request::Builder {
    Request::builder().method(method).uri(path).header(header::AUTHORIZATION, format!("bearer {TOKEN}"))
}

#[test]
fn without_the_token_nothing_is_served() {
    let client = Client::new();
    for value in [None, Some("Bearer wrong"), Some("Basic letmein"), Some("letmein"), Some("Bearer")] {
        for path in ["/scim/Users", "/scim/Schemas", "/scim/Nowhere", "/"] {
            let mut request = Request::builder().uri(path);
            if let Some(value) = value {
                request = request.header(header::AUTHORIZATION, value);
            }
            let reply = client.raw(request.body(Body::empty()).unwrap());
            reply.refused(401, None);
            assert!(reply.header(header::WWW_AUTHENTICATE).unwrap().starts_with("Bearer"));
        }
    }
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let request =
            Request::builder().uri("/scim/Users").header(header::AUTHORIZATION, format!("{scheme} {TOKEN}"));
        client.raw(request.body(Body::empty()).unwrap()).expect(200);
    }
}

#[test]
fn unknown_places_and_methods_are_scim_errors() {
    let client = Client::new();
    for path in ["/", "/other/Users", "/scim/users", "/scim/Users/1/2", "/scim/Cars"] {
        client.raw(request("GET", path).body(Body::empty()).unwrap()).refused(404, None);
    }
    for (method, path) in
        [("DELETE", "/Users"), ("POST", "/Users/1"), ("GET", "/Users/.search"), ("OPTIONS", "/Users")]
    {
        let reply = client.send(method, path, None);
        reply.refused(405, None);
        assert!(!reply.header(header::ALLOW).unwrap().contains(method));
    }
}

#[test]
fn slashes_and_flags_do_no_harm() {
    let client = Client::new();
    for path in ["/Users/", "//Users", "/Users?aadOptscim062020", "/Users/?aadOptscim062020&count=1"] {
        client.get(path).expect(200);
    }
    let found = client.get("/Users?aadOptscim062020&filter=userName+eq+%22x%22").expect(200);
    assert_eq!(found["totalResults"], 0);
}

#[test]
fn media_types_that_are_json_are_read() {
    let client = Client::new();
    let body = |name: &str| Body::from(json!({ "schemas": [USER], "userName": name }).to_string());
    let post = |kind: Option<&str>, name: &str| {
        let mut request = request("POST", "/scim/Users");
        if let Some(kind) = kind {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        client.raw(request.body(body(name)).unwrap())
    };
    for (kind, name) in [
        (Some("application/scim+json"), "a"),
        (Some("application/json;charset=UTF-8"), "b"),
        (Some("Application/SCIM+JSON; charset=utf-8"), "c"),
        (None, "d"),
    ] {
        post(kind, name).expect(201);
    }
    for kind in ["text/plain", "application/xml", "application/x-www-form-urlencoded"] {
        post(Some(kind), "e").refused(415, None);
    }
}

#[test]
fn broken_deep_and_large_bodies_are_refused() {
    let client = Client::new();
    let post = |body: String| client.raw(request("POST", "/scim/Users").body(Body::from(body)).unwrap());
    post("{".into()).refused(400, Some("invalidSyntax"));
    post("[".repeat(100_000)).refused(400, Some("invalidSyntax"));
    post(format!("\"{}\"", "x".repeat(5 << 20))).refused(413, None);
    let deep = format!("/Users?filter={}title%20pr{}", "(".repeat(5000), ")".repeat(5000));
    client.get(&deep).refused(400, Some("invalidFilter"));
}
