use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::{TLS12, TLS13};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::hello::testing::{alert, chosen, old};
use super::*;
use crate::entra::dialect::{Dialect, Switches};
use crate::entra::mapping::profiles;
use crate::http::Client;
use crate::run::observer::testing::Scripted;
use crate::wire::{Answer, Broken, Request};

/// An authority, its certificate as a file, and what it signs.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: tempfile::TempDir,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::OrganizationName, name);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), issuer.pem()).unwrap();
        Authority { issuer, folder }
    }

    fn trust(&self) -> Trust {
        Trust::File(self.folder.path().join("ca.pem"))
    }

    fn sign(&self, host: &str, change: impl FnOnce(&mut CertificateParams)) -> Identity {
        let mut params = CertificateParams::new([host.to_owned()]).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Identity { chain: vec![certificate.der().clone()], key: key.serialize_der() }
    }
}

struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: Vec<u8>,
}

/// Serves every connection of a fresh loopback port; the URL.
async fn serve<F>(scheme: &str, server: impl Fn(TcpStream) -> F + Send + 'static) -> TenantUrl
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(server(stream));
        }
    });
    TenantUrl::parse(&format!("{scheme}://localhost:{port}/scim")).unwrap()
}

const NOBODY: &str = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0}"#;

/// A server with TLS of a library, which answers every request with an empty list.
async fn tls_server(identity: Identity, versions: &[&'static rustls::SupportedProtocolVersion]) -> TenantUrl {
    tls_server_of(rustls::crypto::ring::default_provider(), identity, versions).await
}

async fn tls_server_of(
    provider: rustls::crypto::CryptoProvider,
    identity: Identity,
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> TenantUrl {
    let key = PrivateKeyDer::try_from(identity.key).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(identity.chain, key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    serve("https", move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                match stream.read_u8().await {
                    Ok(byte) => request.push(byte),
                    Err(_) => return,
                }
            }
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/scim+json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{NOBODY}",
                NOBODY.len()
            );
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    })
    .await
}

/// A server that answers each hello, by the version it asks for, with bytes, and then listens on.
async fn answering(answer: impl Fn(u16) -> Vec<u8> + Send + Sync + 'static) -> TenantUrl {
    let answer = Arc::new(answer);
    serve("https", move |mut stream| {
        let answer = Arc::clone(&answer);
        async move {
            let mut head = [0; 11];
            if stream.read_exact(&mut head).await.is_err() {
                return;
            }
            let _ = stream.write_all(&answer(u16::from_be_bytes([head[9], head[10]]))).await;
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    })
    .await
}

fn settings(url: &TenantUrl, trust: Trust) -> TransportSettings {
    TransportSettings {
        url: url.clone(),
        trust,
        timeout: Duration::from_millis(1500),
        writer: Writer::new(Dialect::Default, Switches::default()),
        mapping: profiles::load(profiles::DEFAULT).unwrap(),
        fail_on: Some(Level::Error),
    }
}

/// Looks at TLS alone: requests get no answer.
async fn tls_only(url: &TenantUrl, trust: Trust) -> TransportReport {
    look(&settings(url, trust), Scripted::default()).await.unwrap()
}

fn check<'a>(seen: &'a TransportReport, id: &str) -> &'a CheckResult {
    seen.checks.iter().find(|check| check.id == id).unwrap()
}

/// Level and message of everything a check found.
fn found(seen: &TransportReport, id: &str) -> Vec<(Level, String)> {
    check(seen, id).findings.iter().map(|finding| (finding.level, finding.message.clone())).collect()
}

fn skipped(seen: &TransportReport, id: &str) -> bool {
    matches!(check(seen, id).outcome, Outcome::Skipped(_))
}

const TLS: &str = "requirements/tls";
const CERTIFICATE: &str = "requirements/certificate";

#[tokio::test]
async fn a_right_server_passes_every_check() {
    let authority = Authority::new("DigiCert Inc");
    let url = tls_server(authority.sign("localhost", |_| ()), &[&TLS12, &TLS13]).await;
    let mut client = crate::http::Settings::new(url.clone());
    client.trust = authority.trust();
    let seen = look(&settings(&url, authority.trust()), Client::new(client).unwrap()).await.unwrap();
    for check in &seen.checks {
        assert_eq!(check.outcome, Outcome::Passed, "{check:?}");
        assert!(check.findings.is_empty(), "{check:?}");
    }
    let ids: Vec<&str> = seen.checks.iter().map(|check| check.id.as_str()).collect();
    assert_eq!(ids, abouts().map(|about| about.id.as_str()).collect::<Vec<_>>());
    let tls = seen.facts.tls.unwrap();
    assert_eq!(tls.versions, ["TLS 1.2", "TLS 1.3"]);
    assert_eq!(tls.suite, Some("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"));
    let [own] = seen.facts.certificates.as_slice() else { panic!("{:?}", seen.facts.certificates) };
    assert_eq!(own.key, PublicKey::Ecc(256));
    assert_eq!(own.issuer[1], "DigiCert Inc");
    assert_eq!(own.not_after.to_string(), "4096-01-01T00:00:00Z");
    assert_eq!(seen.exchanges, 6);
}

#[tokio::test]
async fn tls_13_alone_is_not_enough() {
    let authority = Authority::new("GlobalSign");
    let url = tls_server(authority.sign("localhost", |_| ()), &[&TLS13]).await;
    let seen = tls_only(&url, authority.trust()).await;
    assert_eq!(found(&seen, TLS), [(Level::Error, "The server speaks only TLS 1.3.".to_owned())]);
    assert_eq!(check(&seen, TLS).outcome, Outcome::Failed);
    assert_eq!(check(&seen, CERTIFICATE).outcome, Outcome::Passed, "its certificate is seen all the same");
}

#[tokio::test]
async fn tls_12_with_other_suites_beside_tls_13_is_told_apart() {
    // ChaCha20 is a right suite for TLS 1.2, but not on Microsoft's list.
    let authority = Authority::new("DigiCert Inc");
    let identity = authority.sign("localhost", |_| ());
    let mut provider = rustls::crypto::ring::default_provider();
    provider
        .cipher_suites
        .retain(|suite| format!("{suite:?}").contains("CHACHA20") || suite.tls13().is_some());
    let url = tls_server_of(provider, identity, &[&TLS12, &TLS13]).await;
    let seen = tls_only(&url, authority.trust()).await;
    let message = "The server rejects TLS 1.2 with every suite on Microsoft's list.".to_owned();
    assert_eq!(found(&seen, TLS), [(Level::Error, message)]);
    assert_eq!(seen.facts.tls.unwrap().versions, ["TLS 1.3"]);
}

#[tokio::test]
async fn a_cbc_suite_of_the_list_is_right() {
    let authority = Authority::new("Go Daddy");
    let own = authority.sign("localhost", |_| ()).chain[0].to_vec();
    let url = answering(move |version| match version {
        0x0303 => chosen(Version::TLS12, 0xc023, std::slice::from_ref(&own)),
        _ => alert(2, 70),
    })
    .await;
    let seen = tls_only(&url, authority.trust()).await;
    assert_eq!(found(&seen, TLS), []);
    assert_eq!(found(&seen, CERTIFICATE), []);
    assert_eq!(seen.facts.tls.unwrap().suite, Some("TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"));
}

#[tokio::test]
async fn old_versions_are_a_warning() {
    let authority = Authority::new("GeoTrust");
    let own = authority.sign("localhost", |_| ()).chain[0].to_vec();
    let url = answering(move |version| match version {
        0x0303 => chosen(Version::TLS12, 0xc027, std::slice::from_ref(&own)),
        0x0302 => old(Version::TLS11),
        _ => old(Version::TLS10),
    })
    .await;
    let seen = tls_only(&url, authority.trust()).await;
    let message = "The server still offers TLS 1.0 and TLS 1.1.".to_owned();
    assert_eq!(found(&seen, TLS), [(Level::Warning, message)]);
    assert_eq!(check(&seen, TLS).outcome, Outcome::Passed);
}

#[tokio::test]
async fn a_server_without_tls_12_is_refused_by_what_it_says() {
    type Answer = fn(u16) -> Vec<u8>;
    let answers: [(Answer, &str, &str); 5] = [
        (
            |_| alert(2, 40),
            "The server rejects TLS 1.2 with every suite on Microsoft's list.",
            "the alert HandshakeFailure",
        ),
        (|_| old(Version::TLS10), "The server speaks at most TLS 1.0.", "TLS 1.0"),
        (
            |_| chosen(Version::TLS12, 0xcca8, &[vec![1]]),
            "The server chooses a suite that is not on Microsoft's list.",
            "suite 0xcca8, which was not offered",
        ),
        (
            |_| b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
            "The server does not speak TLS on this port.",
            "bytes that are not TLS, perhaps plain HTTP",
        ),
        (
            |_| vec![23, 3, 3, 0, 1, 0],
            "The server rejects TLS 1.2 with every suite on Microsoft's list.",
            "it sends another TLS record instead of a handshake message",
        ),
    ];
    let authority = Authority::new("a");
    for (answer, message, actual) in answers {
        let url = answering(answer).await;
        let seen = tls_only(&url, authority.trust()).await;
        let finding =
            &check(&seen, TLS).findings.iter().find(|finding| finding.level == Level::Error).unwrap();
        assert_eq!((finding.message.as_str(), finding.actual.as_str()), (message, actual));
    }
}

#[tokio::test]
async fn silence_is_an_end_too() {
    let url = serve("https", |mut stream| async move {
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let authority = Authority::new("a");
    let mut settings = settings(&url, authority.trust());
    settings.timeout = Duration::from_millis(100);
    let seen = look(&settings, Scripted::default()).await.unwrap();
    assert_eq!(found(&seen, TLS), [(Level::Error, "A TLS 1.2 handshake could not be started.".to_owned())]);
    assert!(skipped(&seen, CERTIFICATE) && skipped(&seen, "requirements/redirects"));
    assert!(skipped(&seen, "requirements/tenant-url"));
}

#[tokio::test]
async fn a_handshake_that_breaks_off_after_the_certificate_is_seen() {
    let authority = Authority::new("Comodo");
    let own = authority.sign("localhost", |_| ()).chain[0].to_vec();
    // Chooses a suite this program knows, and then never proves that it has the key.
    let url = answering(move |version| match version {
        0x0303 => [chosen(Version::TLS12, 0xc02b, std::slice::from_ref(&own)), alert(2, 80)].concat(),
        _ => alert(2, 70),
    })
    .await;
    let seen = tls_only(&url, authority.trust()).await;
    let message = "The TLS 1.2 handshake does not complete.".to_owned();
    assert_eq!(found(&seen, TLS), [(Level::Error, message)]);
    assert!(check(&seen, TLS).findings[0].actual.contains("InternalError"), "{:?}", check(&seen, TLS));
}

#[tokio::test]
async fn wrong_certificates_are_refused_with_the_reason() {
    let authority = Authority::new("DigiCert Inc");
    let stranger = Authority::new("Somebody");
    let past = |params: &mut CertificateParams| {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
    };
    let self_signed = {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        Identity { chain: vec![made.cert.der().clone()], key: made.signing_key.serialize_der() }
    };
    for (identity, reason) in [
        (authority.sign("localhost", past), "expired at 2021-01-01T00:00:00Z"),
        (authority.sign("scim.example.com", |_| ()), "is for scim.example.com, not for localhost"),
        (stranger.sign("localhost", |_| ()), "is not signed by an authority this machine trusts"),
        (self_signed, "is not signed by an authority this machine trusts"),
    ] {
        let url = tls_server(identity, &[&TLS12, &TLS13]).await;
        let seen = tls_only(&url, authority.trust()).await;
        let findings = found(&seen, CERTIFICATE);
        let [(Level::Error, message)] = findings.as_slice() else { panic!("{reason}") };
        assert!(message.contains(reason), "{message}");
        assert_eq!(found(&seen, TLS), [], "{reason}");
    }
}

#[tokio::test]
async fn a_certificate_that_expires_soon_is_a_warning_and_an_unlisted_authority_a_note() {
    let authority = Authority::new("Let's Encrypt");
    let day = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date() + jiff::Span::new().days(20);
    let soon = |params: &mut CertificateParams| {
        let (month, day_of_month) = (day.month().unsigned_abs(), day.day().unsigned_abs());
        params.not_after = date_time_ymd(day.year().into(), month, day_of_month);
    };
    let url = tls_server(authority.sign("localhost", soon), &[&TLS12]).await;
    let seen = tls_only(&url, authority.trust()).await;
    let findings = found(&seen, CERTIFICATE);
    let [(Level::Warning, expiry), (Level::Note, authority)] = findings.as_slice() else {
        panic!("{:?}", found(&seen, CERTIFICATE))
    };
    assert_eq!(expiry, "The certificate expires in 19 days.");
    assert!(authority.contains("not on Microsoft's list"), "{authority}");
    assert_eq!(check(&seen, CERTIFICATE).findings[1].actual, "rcgen self signed cert, Let's Encrypt");
}

#[tokio::test]
async fn keys_that_are_too_short_are_errors() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/certificates");
    let trust = Trust::File(format!("{folder}/authority.pem").into());
    for (file, key, suite) in
        [("rsa1024", PublicKey::Rsa(1024), 0xc027), ("ecc224", PublicKey::Ecc(224), 0xc023)]
    {
        let own = CertificateDer::from_pem_file(format!("{folder}/{file}.pem")).unwrap().to_vec();
        let url = answering(move |_| chosen(Version::TLS12, suite, std::slice::from_ref(&own))).await;
        let seen = tls_only(&url, trust.clone()).await;
        assert_eq!(seen.facts.certificates[0].key, key);
        let message = "The key of the certificate `localhost` is too short.".to_owned();
        assert_eq!(found(&seen, CERTIFICATE), [(Level::Error, message)]);
    }
}

#[tokio::test]
async fn http_is_right_on_this_machine_alone() {
    let local = TenantUrl::parse("http://127.0.0.1:9/scim").unwrap();
    let seen = tls_only(&local, Trust::System).await;
    for id in ["requirements/https", TLS, CERTIFICATE] {
        assert!(skipped(&seen, id), "{id}");
    }
    let remote = TenantUrl::parse("http://scim.example.com").unwrap();
    let seen = tls_only(&remote, Trust::System).await;
    assert_eq!(check(&seen, "requirements/https").outcome, Outcome::Failed);
    assert!(skipped(&seen, TLS));
}

fn list(total: u64) -> Result<Answer, Broken> {
    Ok(Answer::json(200, &json!({ "totalResults": total })))
}

fn moved(to: &str) -> Result<Answer, Broken> {
    let mut answer = Answer::json(302, &json!({}));
    answer.headers.push(("location".to_owned(), to.to_owned()));
    Ok(answer)
}

/// Looks at an http server that gives these answers.
async fn above(url: &str, answers: Vec<Result<Answer, Broken>>) -> (TransportReport, Vec<Request>) {
    let target = Scripted::new(answers);
    let settings = settings(&TenantUrl::parse(url).unwrap(), Trust::System);
    (look(&settings, &target).await.unwrap(), target.sent())
}

#[tokio::test]
async fn a_redirect_of_anything_entra_asks_is_an_error() {
    let login = vec![list(0), moved("https://login.example.com/"), list(0), list(0), list(0), list(0)];
    let (seen, sent) = above("http://localhost/scim", login).await;
    let message = "GET /Groups redirects with 302.".to_owned();
    assert_eq!(found(&seen, "requirements/redirects"), [(Level::Error, message)]);
    let finding = &check(&seen, "requirements/redirects").findings[0];
    assert_eq!(finding.actual, "302 to https://login.example.com/");
    assert_eq!(finding.exchanges.len(), 1);
    assert!(sent[0].path_and_query().starts_with("/Users?filter=userName+eq+%22"));
    assert_eq!(sent[2].path, "/Schemas");
    let (seen, _) = above("http://target/scim", vec![moved("https://target/scim/Users")]).await;
    let [(_, message)] = found(&seen, "requirements/redirects").try_into().unwrap();
    assert!(message.ends_with("with 302 to https: the Tenant URL must be the https URL."), "{message}");
}

#[tokio::test]
async fn a_flag_must_not_change_an_answer() {
    let strict = Ok(Answer::json(400, &json!({ "detail": "unknown parameter" })));
    let answers = vec![list(0), list(0), list(0), list(0), strict, list(3)];
    let (seen, sent) = above("http://localhost/scim?aadOptscim062020", answers).await;
    let findings = &check(&seen, "requirements/tenant-url").findings;
    let told: Vec<_> = findings.iter().map(|f| (f.level, f.subject.as_str(), f.actual.as_str())).collect();
    assert_eq!(
        told,
        [
            (Level::Warning, "in front of the filter", "400 without a list"),
            (Level::Warning, "behind the filter", "200 with 3 results")
        ]
    );
    let query = sent[3].query.clone().unwrap();
    assert_eq!(sent[4].query.as_deref(), Some(format!("aadOptscim062020&{query}").as_str()));
    assert_eq!(sent[5].query.as_deref(), Some(format!("{query}&aadOptscim062020").as_str()));
    assert_eq!(seen.facts.flags, ["aadOptscim062020"]);
    assert_eq!(seen.facts.base, "http://localhost/scim");
}

#[tokio::test]
async fn odd_tenant_urls_are_notes() {
    let right = || (0..6).map(|_| list(0)).collect();
    let notes = |seen: &TransportReport| {
        let findings = &check(seen, "requirements/tenant-url").findings;
        findings.iter().map(|f| (f.level, f.subject.clone())).collect::<Vec<_>>()
    };
    let (seen, _) = above("http://localhost/scim/", right()).await;
    assert_eq!(notes(&seen), []);
    let (seen, _) = above("http://10.0.0.7/scim?AzureAdScimPatch2017&tenant=7", right()).await;
    let subjects = ["flag", "parameters", "host"].map(|subject| (Level::Note, subject.to_owned()));
    assert_eq!(notes(&seen), subjects);
    for (url, private) in [
        ("http://scim", true),
        ("http://scim.corp.internal", true),
        ("http://[fd00::1]/", true),
        ("http://scim.example.com", false),
        ("http://203.0.113.7", false),
    ] {
        let (seen, _) = above(url, right()).await;
        assert_eq!(!notes(&seen).is_empty(), private, "{url}");
    }
}
