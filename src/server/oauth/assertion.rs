//! Checks JWTs of a trusted issuer (RFC 7523 §3, RFC 7519): signature by a key that the issuer publishes,
//! issuer, audience, and times with some leeway for clocks.

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http_body_util::{BodyExt as _, Limited};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde_json::Value;
use tokio::sync::Mutex;

/// How much clocks may differ, in seconds.
const LEEWAY: u64 = 120;

/// The largest document of an issuer that is read, in bytes.
const MAX_DOCUMENT: usize = 1 << 20;

/// How long a document of an issuer is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// An issuer whose tokens are believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trusted {
    /// `iss`.
    pub issuer: String,
    /// The URL below which its discovery document stands; it is `iss` for most.
    pub keys_at: String,
    /// What this server is called: `aud`.
    pub audience: String,
}

impl Trusted {
    /// Microsoft's own issuer, for a tenant of Microsoft's example.
    pub(in crate::server) fn microsoft() -> Self {
        let issuer = "https://login.microsoftonline.com/ce5f061f-abe6-4e40-9615-301f87bcb7f0/v2.0".to_owned();
        let audience = "api://b5ba7a93-4452-4522-aeb4-a2b5da870c16".to_owned();
        Trusted { keys_at: issuer.clone(), issuer, audience }
    }
}

/// What is wrong with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) enum Flaw {
    /// It is no JWT, or not signed with RS256.
    Form,
    /// It is not signed at all.
    Unsigned,
    /// Nobody publishes the key it names.
    UnknownKey,
    /// Another key signed it.
    Signature,
    /// Somebody else issued it.
    Issuer,
    /// It is for somebody else.
    Audience,
    /// It has expired.
    Expired,
    /// It is not valid yet.
    Early,
    /// The issuer's keys cannot be read.
    Unreadable,
}

/// A flaw and a sentence about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::server) struct Rejection {
    pub(in crate::server) flaw: Flaw,
    pub(in crate::server) why: String,
}

fn rejection(flaw: Flaw, why: impl Into<String>) -> Rejection {
    Rejection { flaw, why: why.into() }
}

/// Checks tokens with the keys of their issuer, which are fetched when one is named that is not known.
#[derive(Debug, Default)]
pub(in crate::server) struct Verifier {
    /// Keys by issuer and name.
    keys: Mutex<HashMap<(String, String), RsaKey>>,
    /// Keys are fetched once and never again: a fault.
    forever: bool,
    /// The first key is all that is read: a fault.
    first_only: bool,
}

#[derive(Debug, Clone)]
struct RsaKey {
    n: Vec<u8>,
    e: Vec<u8>,
}

impl Verifier {
    /// A verifier without keys, and with or without its two faults.
    pub(in crate::server) fn new(forever: bool, first_only: bool) -> Self {
        Verifier { forever, first_only, ..Verifier::default() }
    }

    /// Checks a token; gives its claims.
    pub(in crate::server) async fn check(&self, token: &str, trusted: &Trusted) -> Result<Value, Rejection> {
        let malformed = || rejection(Flaw::Form, "the assertion is not a JWT");
        let [header, payload, signature] = token.split('.').collect::<Vec<_>>()[..] else {
            return Err(malformed());
        };
        let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| malformed());
        let json = |part: &str| serde_json::from_slice::<Value>(&decoded(part)?).map_err(|_| malformed());
        let (header, claims) = (json(header)?, json(payload)?);
        match header.get("alg").and_then(Value::as_str) {
            Some("RS256") => {}
            Some("none") => return Err(rejection(Flaw::Unsigned, "the assertion is not signed")),
            _ => return Err(rejection(Flaw::Form, "the assertion is not signed with RS256")),
        }
        let claim = |name: &str| claims.get(name).and_then(Value::as_str);
        if claim("iss").map(|issuer| issuer.trim_end_matches('/'))
            != Some(trusted.issuer.trim_end_matches('/'))
        {
            let named = claim("iss").unwrap_or("none");
            let why = format!("the assertion is issued by {named}, and only {} is trusted", trusted.issuer);
            return Err(rejection(Flaw::Issuer, why));
        }
        let kid = header.get("kid").and_then(Value::as_str);
        let kid = kid.ok_or_else(|| rejection(Flaw::UnknownKey, "the assertion names no kid"))?;
        let key = self.key(&trusted.keys_at, kid).await?;
        let signed = token.rsplit_once('.').map_or("", |(signed, _)| signed);
        RsaPublicKeyComponents { n: &key.n, e: &key.e }
            .verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &decoded(signature)?)
            .map_err(|_| rejection(Flaw::Signature, format!("the key {kid} did not sign the assertion")))?;
        check_claims(&claims, trusted)?;
        Ok(claims)
    }

    async fn key(&self, issuer: &str, kid: &str) -> Result<RsaKey, Rejection> {
        let mut keys = self.keys.lock().await;
        let wanted = (issuer.to_owned(), kid.to_owned());
        if let Some(key) = keys.get(&wanted) {
            return Ok(key.clone());
        }
        if !self.forever || keys.is_empty() {
            let found = fetch_keys(issuer).await.map_err(|why| {
                rejection(Flaw::Unreadable, format!("the keys of {issuer} cannot be read: {why}"))
            })?;
            keys.retain(|(of, _), _| of != issuer);
            let most = if self.first_only { 1 } else { usize::MAX };
            keys.extend(found.into_iter().take(most).map(|(kid, key)| ((issuer.to_owned(), kid), key)));
        }
        let unknown = || rejection(Flaw::UnknownKey, format!("{issuer} publishes no key {kid}"));
        keys.get(&wanted).cloned().ok_or_else(unknown)
    }
}

fn check_claims(claims: &Value, trusted: &Trusted) -> Result<(), Rejection> {
    let audience = match claims.get("aud") {
        Some(Value::Array(all)) => all.iter().any(|one| one.as_str() == Some(&trusted.audience)),
        one => one.and_then(Value::as_str) == Some(&trusted.audience),
    };
    if !audience {
        let why = format!("the assertion is not for the audience {}", trusted.audience);
        return Err(rejection(Flaw::Audience, why));
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let time = |name: &str| claims.get(name).and_then(Value::as_u64);
    match time("exp") {
        None => return Err(rejection(Flaw::Expired, "the assertion has no exp")),
        Some(until) if until + LEEWAY <= now => {
            let why = format!("the assertion expired {} s ago by this server's clock", now - until);
            return Err(rejection(Flaw::Expired, why));
        }
        Some(_) => {}
    }
    match time("nbf") {
        Some(from) if from > now + LEEWAY => {
            let why = format!("the assertion is valid only in {} s by this server's clock", from - now);
            Err(rejection(Flaw::Early, why))
        }
        _ => Ok(()),
    }
}

/// The RSA keys that an issuer publishes, by their names.
async fn fetch_keys(issuer: &str) -> Result<Vec<(String, RsaKey)>, String> {
    let issuer = issuer.trim_end_matches('/');
    let discovery = fetch(&format!("{issuer}/.well-known/openid-configuration")).await?;
    let named = discovery.get("issuer").and_then(Value::as_str).unwrap_or("nobody");
    if named.trim_end_matches('/') != issuer {
        return Err(format!("its discovery document is that of {named}"));
    }
    let place = discovery.get("jwks_uri").and_then(Value::as_str).ok_or("it names no jwks_uri")?;
    let document = fetch(place).await?;
    let keys = document.get("keys").and_then(Value::as_array).ok_or("its JWKS has no keys")?;
    let key = |key: &Value| {
        let text = |name: &str| key.get(name).and_then(Value::as_str);
        let number = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?).ok();
        (text("kty")? == "RSA").then_some(())?;
        Some((text("kid")?.to_owned(), RsaKey { n: number("n")?, e: number("e")? }))
    };
    Ok(keys.iter().filter_map(key).collect())
}

async fn fetch(url: &str) -> Result<Value, String> {
    let client = client(url.starts_with("https:"))?;
    let read = async {
        let answer = client.get(url).send().await.map_err(|error| last_cause(&error))?;
        if !answer.status().is_success() {
            return Err(format!("{url} is answered {}", answer.status().as_u16()));
        }
        let body = reqwest::Body::from(answer);
        let body = Limited::new(body, MAX_DOCUMENT).collect().await.map_err(|error| error.to_string())?;
        serde_json::from_slice(&body.to_bytes()).map_err(|error| format!("{url} is not JSON: {error}"))
    };
    read.await
}

fn client(https: bool) -> Result<reqwest::Client, String> {
    let mut roots = rustls::RootCertStore::empty();
    if https {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .timeout(PATIENCE);
    if !https {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| last_cause(&error))
}

fn last_cause(error: &dyn std::error::Error) -> String {
    let mut current = error;
    while let Some(source) = current.source() {
        current = source;
    }
    current.to_string()
}
