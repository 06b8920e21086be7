use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};

use super::*;

fn decoded(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

fn subject() -> AssertionSubject {
    AssertionSubject {
        audience: "api://b5ba7a93-4452-4522-aeb4-a2b5da870c16".into(),
        application: "b5ba7a93-4452-4522-aeb4-a2b5da870c16".into(),
        object: Uuid::from_u128(7),
        tenant: TENANT,
    }
}

/// Header and claims, if a published key of that name verifies them.
fn verified(issuer: &Issuer, token: &str) -> Option<(Value, Value)> {
    let [header, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else { return None };
    let header: Value = serde_json::from_slice(&decoded(header)).unwrap();
    let keys = issuer.keys().unwrap();
    let key = keys["keys"].as_array().unwrap().iter().find(|key| key["kid"] == header["kid"])?;
    let (n, e) = (decoded(key["n"].as_str().unwrap()), decoded(key["e"].as_str().unwrap()));
    let signed = token.rsplit_once('.').unwrap().0;
    RsaPublicKeyComponents { n, e }
        .verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &decoded(signature))
        .ok()?;
    Some((header, serde_json::from_slice(&decoded(claims)).unwrap()))
}

#[test]
fn an_assertion_has_the_documented_header_and_claims() {
    let issuer = Issuer::at("http://127.0.0.1:1/");
    let token = issuer.sign(&issuer.claims(&subject(), Make::Right), Make::Right).unwrap();
    let (header, claims) = verified(&issuer, &token).unwrap();
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&header), ["alg", "typ", "kid"]);
    assert_eq!((&header["alg"], &header["typ"]), (&"RS256".into(), &"JWT".into()));
    // Names and order of the page's example, in which exp is 3900 s after iat.
    let documented =
        ["aud", "iss", "iat", "nbf", "exp", "appid", "appidacr", "idp", "oid", "sub", "tid", "ver"];
    assert_eq!(names(&claims), documented);
    assert_eq!(claims["iss"], "http://127.0.0.1:1");
    assert_eq!(claims["idp"], claims["iss"]);
    assert_eq!((&claims["appidacr"], &claims["ver"]), (&"2".into(), &"2.0".into()));
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 3900);
}

#[test]
fn keys_rotate_and_wrong_assertions_are_wrong_in_one_way() {
    let issuer = Issuer::at("http://127.0.0.1:1");
    let sign = |make| issuer.sign(&issuer.claims(&subject(), make), make).unwrap();
    let kid = |make| verified(&issuer, &sign(make)).unwrap().0["kid"].clone();
    assert_eq!(issuer.keys().unwrap()["keys"].as_array().unwrap().len(), 2);
    let kids = [kid(Make::Right), kid(Make::NextKey), kid(Make::NewKey)];
    assert_eq!(issuer.keys().unwrap()["keys"].as_array().unwrap().len(), 3);
    assert!(kids[0] != kids[1] && kids[1] != kids[2] && kids[0] != kids[2]);
    assert!(verified(&issuer, &sign(Make::ForeignKey)).is_none());
    assert!(sign(Make::Unsigned).ends_with('.'));
    let claims = |make| verified(&issuer, &sign(make)).unwrap().1;
    let now = claims(Make::Right)["iat"].as_u64().unwrap();
    assert!(claims(Make::Expired)["exp"].as_u64().unwrap() < now - 3600);
    assert!(claims(Make::NotYetValid)["nbf"].as_u64().unwrap() > now + 3600);
    assert_ne!(claims(Make::OtherAudience)["aud"], claims(Make::Right)["aud"]);
}

#[test]
fn an_issuer_in_a_folder_is_the_same_when_it_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let written = Issuer::write("https://issuer.example/entra/", folder.path()).unwrap();
    let issuer = Issuer::open(folder.path()).unwrap();
    assert!(issuer.obstacle(Make::NewKey).is_some() && issuer.url() == "https://issuer.example/entra");
    let read = |place: &str| {
        let text = std::fs::read_to_string(written.public.join(place.trim_start_matches('/'))).unwrap();
        serde_json::from_str::<Value>(&text).unwrap()
    };
    assert_eq!(read(DISCOVERY), issuer.discovery());
    assert_eq!(read(DISCOVERY)["jwks_uri"], "https://issuer.example/entra/.well-known/jwks.json");
    assert_eq!(read(KEYS), issuer.keys().unwrap());
    let public = std::fs::read_to_string(written.public.join(".well-known/jwks.json")).unwrap();
    assert!(!public.contains("\"d\""), "no private part is published");
    let token = issuer.sign(&issuer.claims(&subject(), Make::NextKey), Make::NextKey).unwrap();
    assert!(verified(&issuer, &token).is_some());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&written.private).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let again = Issuer::write("https://issuer.example", folder.path()).unwrap_err();
    assert!(again.contains("exists already"), "{again}");
    std::fs::write(&written.private, "{}").unwrap();
    assert!(Issuer::open(folder.path()).unwrap_err().contains("holds no issuer"));
}

#[tokio::test]
async fn the_documents_are_served() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let serving = Serving::start(None).unwrap();
    let address = serving.issuer.url().trim_start_matches("http://").to_owned();
    let get = |path: &'static str| {
        let address = address.clone();
        async move {
            let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
            let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).await.unwrap();
            text
        }
    };
    assert!(get(DISCOVERY).await.contains(&serving.issuer.discovery().to_string()));
    assert!(get(KEYS).await.contains(&serving.issuer.keys().unwrap().to_string()));
    assert!(get("/").await.starts_with("HTTP/1.1 404"));
}
