//! Assertions: what a server with a trusted issuer accepts and refuses, and the faults of that.

use std::sync::Arc;

use scimulate::http::{Client, Federation, Grant, Settings, TenantUrl, TokenEndpoint};
use scimulate::issuer::{AssertionSubject, Serving, TENANT};
use scimulate::server::{self, Fault, OAuth, Trusted};
use scimulate::wire::{ClientProof, SignIn};

/// Every proof but the secret, each with what a healthy server says of it.
const PROOFS: [(ClientProof, &str); 8] = [
    (ClientProof::Right, "token"),
    (ClientProof::NextKey, "token"),
    (ClientProof::NewKey, "token"),
    (ClientProof::ForeignKey, "did not sign the assertion"),
    (ClientProof::Unsigned, "the assertion is not signed"),
    (ClientProof::OtherAudience, "is not for the audience api://scim"),
    (ClientProof::Expired, "the assertion expired"),
    (ClientProof::NotYetValid, "by this server's clock"),
];

/// Faults that show in one of these alone, each with its proof.
pub const FAULTS: [(Fault, ClientProof); 7] = [
    (Fault::FIRST_KEY_ONLY, ClientProof::NextKey),
    (Fault::KEYS_CACHED_FOREVER, ClientProof::NewKey),
    (Fault::ASSERTION_SIGNATURE_IGNORED, ClientProof::ForeignKey),
    (Fault::UNSIGNED_ASSERTION_ACCEPTED, ClientProof::Unsigned),
    (Fault::ASSERTION_AUDIENCE_IGNORED, ClientProof::OtherAudience),
    (Fault::ASSERTION_EXPIRY_IGNORED, ClientProof::Expired),
    (Fault::ASSERTION_START_IGNORED, ClientProof::NotYetValid),
];

/// A server that trusts `trusted`, or an issuer of its own, and a way to sign in there.
async fn server(fault: Option<Fault>, trusted: Option<&str>) -> (server::Running, Arc<dyn SignIn>) {
    let serving = Serving::start(None).unwrap();
    let issuer = trusted.unwrap_or(serving.issuer.url()).to_owned();
    let federation = Some(Trusted { keys_at: issuer.clone(), issuer, audience: "api://scim".into() });
    let settings = server::ServerSettings {
        faults: fault.into_iter().collect(),
        oauth: OAuth { federation, ..OAuth::default() },
        ..server::ServerSettings::default()
    };
    let running = server::start(settings, None).await.unwrap();
    let mut client = Settings::new(TenantUrl::parse(&running.base_url).unwrap());
    let subject = AssertionSubject {
        audience: "api://scim".into(),
        application: "scimulate".into(),
        object: TENANT,
        tenant: TENANT,
    };
    client.grants.push(Grant::Federation(Federation {
        endpoint: TokenEndpoint::parse(&running.token_endpoint).unwrap(),
        client_id: "scimulate".into(),
        scopes: Vec::new(),
        issuer: Arc::clone(&serving.issuer),
        subject,
        served: Some(Arc::new(serving)),
    }));
    (running, Client::new(client).unwrap().sign_ins().remove(0))
}

/// True when a healthy server says so.
fn is(said: &str, expected: &str) -> bool {
    if expected == "token" { said == "token" } else { said.contains(expected) }
}

async fn said(way: &dyn SignIn, proof: ClientProof) -> String {
    match way.sign_in(proof).await.outcome {
        Ok(_) => "token".to_owned(),
        Err(why) => why.what,
    }
}

#[tokio::test]
async fn a_right_assertion_is_a_token_and_each_wrong_one_is_refused_with_the_reason() {
    let (_running, way) = server(None, None).await;
    for (proof, expected) in PROOFS {
        let said = said(&*way, proof).await;
        assert!(is(&said, expected), "{proof:?}: {said}");
        assert!(said == "token" || said.contains("invalid_client"), "{said}");
    }
}

#[tokio::test]
async fn every_fault_of_assertions_shows_in_its_proof_alone() {
    for (fault, wrong) in FAULTS {
        let (_running, way) = server(Some(fault), None).await;
        for (proof, healthy) in PROOFS {
            let said = said(&*way, proof).await;
            // A key that is not read is not the one that signed either.
            let follows = fault == Fault::FIRST_KEY_ONLY && proof == ClientProof::NewKey;
            if !follows {
                assert_eq!(is(&said, healthy), proof != wrong, "{fault} {proof:?}: {said}");
            }
        }
    }
}

#[tokio::test]
async fn a_server_that_breaks_on_assertions_is_not_excused() {
    let (_running, way) = server(Some(Fault::ASSERTION_BREAKS_ENDPOINT), None).await;
    let why = way.sign_in(ClientProof::Right).await.outcome.unwrap_err();
    assert!(!why.excused && why.what.contains("rejects the request (500"), "{why:?}");
}

#[tokio::test]
async fn a_server_that_trusts_others_is_excused() {
    let microsoft = "https://login.microsoftonline.com/ce5f061f-abe6-4e40-9615-301f87bcb7f0/v2.0";
    let (_running, way) = server(None, Some(microsoft)).await;
    let signed_in = way.sign_in(ClientProof::Right).await;
    let why = signed_in.outcome.unwrap_err();
    assert!(why.excused && why.what.contains("does not trust the issuer http://127.0.0.1:"), "{why:?}");
    let body = signed_in.exchange.as_ref().unwrap().request.body.clone().unwrap();
    assert!(body.contains(
        "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=[redacted]"
    ));
    assert!(body.starts_with("grant_type=client_credentials&client_id=scimulate&"), "{body}");
    assert!(!format!("{:?}", signed_in.exchange).contains("eyJ"), "no assertion is shown");
}
