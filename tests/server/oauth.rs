//! The token endpoint: RFC 6749 §4.4 with the credentials in header, body or both, and its errors.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, header};
use scimulate::issuer::{AssertionSubject, Issuer, Make, TENANT};
use scimulate::server::{OAuth, ServerSettings, Variant};
use serde_json::Value;

use crate::client::{Client, Reply};

const FORM: &str = "application/x-www-form-urlencoded";

fn secrets(lifetime: u64) -> ServerSettings {
    let oauth = OAuth {
        client_id: "an id".into(),
        client_secret: "s:e c%ret".into(),
        lifetime: Duration::from_secs(lifetime),
        ..OAuth::default()
    };
    ServerSettings { oauth, ..ServerSettings::default() }
}

fn server(lifetime: u64) -> Client {
    Client::of(secrets(lifetime))
}

fn ask(client: &Client, media_type: &str, basic: Option<&str>, body: &str) -> Reply {
    let mut request =
        Request::builder().method("POST").uri("/oauth2/token").header(header::CONTENT_TYPE, media_type);
    if let Some(basic) = basic {
        request = request.header(header::AUTHORIZATION, format!("Basic {basic}"));
    }
    client.raw(request.body(Body::from(body.to_owned())).unwrap())
}

/// base64 of `an+id:s%3Ae+c%25ret`.
const BASIC: &str = "YW4raWQ6cyUzQWUrYyUyNXJldA==";
const BODY: &str = "client_id=an+id&client_secret=s%3Ae+c%25ret";
const GRANT: &str = "grant_type=client_credentials";

fn users(client: &Client, authorization: &str) -> u16 {
    let request = Request::builder().uri("/scim/Users").header(header::AUTHORIZATION, authorization);
    client.raw(request.body(Body::empty()).unwrap()).status
}

#[test]
fn a_token_is_given_for_id_and_secret_wherever_they_stand_and_opens_scim() {
    let client = server(3600);
    let mut tokens = Vec::new();
    for (basic, body) in [
        (Some(BASIC), format!("{GRANT}&scope=scim")),
        (None, format!("{GRANT}&{BODY}")),
        (Some(BASIC), format!("{GRANT}&{BODY}")),
        (Some(BASIC), format!("{GRANT}&client_id=an+id")),
    ] {
        let reply = ask(&client, FORM, basic, &body);
        let answer = reply.expect(200);
        assert_eq!(reply.header(header::CONTENT_TYPE), Some("application/json"));
        assert_eq!(reply.header(header::CACHE_CONTROL), Some("no-store"));
        assert_eq!((&answer["token_type"], &answer["expires_in"]), (&"Bearer".into(), &3600.into()));
        assert_eq!(answer.get("scope").and_then(Value::as_str), body.contains("scope").then_some("scim"));
        tokens.push(answer["access_token"].as_str().unwrap().to_owned());
    }
    for token in &tokens {
        assert_eq!(users(&client, &format!("Bearer {token}")), 200);
        assert_eq!(tokens.iter().filter(|other| *other == token).count(), 1, "every token is another one");
    }
    assert_eq!(users(&client, "Bearer made-up"), 401);
}

#[test]
fn right_variants_write_the_type_in_lower_case_or_trust_microsoft_alone() {
    let with = |variant: Variant| Client::of(ServerSettings { variants: [variant].into(), ..secrets(3600) });
    let answer = ask(&with(Variant::TokenTypeLowerCase), FORM, Some(BASIC), GRANT).expect(200);
    assert_eq!(answer["token_type"], "bearer");
    let issuer = Issuer::at("http://127.0.0.1:1");
    let subject = AssertionSubject {
        audience: "api://an id".into(),
        application: "an id".into(),
        object: TENANT,
        tenant: TENANT,
    };
    let assertion = issuer.sign(&issuer.claims(&subject, Make::Right), Make::Right).unwrap();
    let kind = "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";
    let body = format!("{GRANT}&client_id=an+id&client_assertion_type={kind}&client_assertion={assertion}");
    let answer = ask(&with(Variant::MicrosoftIssuerOnly), FORM, None, &body).expect(401);
    assert_eq!(answer["error"], "invalid_client");
    assert!(
        answer["error_description"].as_str().unwrap().contains("only https://login.microsoftonline.com/")
    );
}

#[test]
fn a_token_expires() {
    let client = server(1);
    let answer = ask(&client, FORM, Some(BASIC), GRANT).expect(200);
    let bearer = format!("Bearer {}", answer["access_token"].as_str().unwrap());
    assert_eq!(users(&client, &bearer), 200);
    std::thread::sleep(Duration::from_millis(1010));
    assert_eq!(users(&client, &bearer), 401);
}

#[test]
fn errors_are_those_of_the_rfc() {
    let client = server(3600);
    let wrong = "YW4raWQ6d3Jvbmc="; // `an+id:wrong`
    for (media_type, basic, body, status, error) in [
        (FORM, Some(wrong), GRANT.to_owned(), 401, "invalid_client"),
        (FORM, Some("not base64"), GRANT.to_owned(), 401, "invalid_client"),
        (FORM, Some(BASIC), format!("{GRANT}&client_id=other"), 401, "invalid_client"),
        (FORM, Some(BASIC), format!("{GRANT}&client_id=an+id&client_secret=wrong"), 401, "invalid_client"),
        (FORM, None, GRANT.to_owned(), 401, "invalid_client"),
        (FORM, None, format!("{GRANT}&client_id=an+id&client_secret=wrong"), 401, "invalid_client"),
        (FORM, Some(BASIC), "scope=scim".to_owned(), 400, "invalid_request"),
        (FORM, Some(BASIC), format!("{GRANT}&{GRANT}"), 400, "invalid_request"),
        (FORM, Some(BASIC), "grant_type=password".to_owned(), 400, "unsupported_grant_type"),
        ("application/json", Some(BASIC), "{}".to_owned(), 415, "invalid_request"),
    ] {
        let reply = ask(&client, media_type, basic, &body);
        let answer = reply.expect(status);
        assert_eq!(answer["error"], error, "{body}");
        assert!(answer["error_description"].as_str().is_some_and(|text| !text.contains("s:e")));
        let challenged = reply.header(header::WWW_AUTHENTICATE).is_some();
        assert_eq!(challenged, status == 401 && basic.is_some(), "{body}");
    }
    let get = Request::builder().uri("/oauth2/token").body(Body::empty()).unwrap();
    let reply = client.raw(get);
    assert_eq!((reply.status, reply.header(header::ALLOW)), (405, Some("POST")));
}
