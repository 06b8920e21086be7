//! Asks a server what it offers in TLS. Neither a token nor a request goes over these connections.

use std::sync::Arc;
use std::time::Duration;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::version::{TLS12, TLS13};
use rustls::{
    CertificateError, CipherSuite, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    SupportedProtocolVersion,
};
use tokio_rustls::TlsConnector;
use url::Host;

use super::hello::{self, HelloReply, LISTED, Offer, Version};
use crate::http::{self, TenantUrl};
use crate::wire::Broken;

/// An old hello that nobody answers costs no more than this: a firewall may drop it.
const OLD_LIMIT: Duration = Duration::from_secs(3);

/// What a server offers.
#[derive(Debug, Clone)]
pub(super) struct Offered {
    /// What answered TLS 1.2 with the suites of Microsoft's list.
    pub listed: Result<HelloReply, Broken>,
    /// Whether such a handshake can be ended, where this program's TLS library knows the suite.
    pub whole: Result<(), String>,
    /// Versions before 1.2 that it accepts.
    pub old: Vec<Version>,
    /// TLS 1.3 with all that belongs to it.
    pub tls13: bool,
    /// Its certificates, its own first; empty when it showed none.
    pub chain: Vec<CertificateDer<'static>>,
}

impl Offered {
    /// Asks the server at `url`; each question has `limit`.
    pub async fn by(url: &TenantUrl, limit: Duration) -> Self {
        let name = match url.host() {
            Host::Domain(name) => Some(name.trim_end_matches('.').to_owned()),
            Host::Ipv4(_) | Host::Ipv6(_) => None,
        };
        let name = name.as_deref();
        let ask = |offer, limit| greeted(url, offer, name, limit);
        let old = limit.min(OLD_LIMIT);
        let (listed, tls11, tls10, tls13) = tokio::join!(
            ask(Offer::Listed, limit),
            ask(Offer::Old(Version::TLS11), old),
            ask(Offer::Old(Version::TLS10), old),
            handshake(url, &TLS13, limit),
        );
        let mut chain = tls13.clone().unwrap_or_default();
        let mut whole = Ok(());
        if let Ok(HelloReply::Chosen { suite, chain: shown, .. }) = &listed {
            chain.clone_from(shown);
            if is_known(*suite) {
                whole = handshake(url, &TLS12, limit).await.map(|_| ());
            }
        }
        let accepts = |version, reply| match reply {
            Ok(HelloReply::Chosen { version: chosen, .. }) if chosen == version => Some(version),
            _ => None,
        };
        let old = [accepts(Version::TLS10, tls10), accepts(Version::TLS11, tls11)];
        Offered { listed, whole, old: old.into_iter().flatten().collect(), tls13: tls13.is_ok(), chain }
    }
}

async fn greeted(
    url: &TenantUrl,
    offer: Offer,
    name: Option<&str>,
    limit: Duration,
) -> Result<HelloReply, Broken> {
    let stream = http::connect(url, limit).await?;
    tokio::time::timeout(limit, hello::greet(stream, offer, name)).await.map_err(|_| Broken::TimedOut(limit))
}

/// The host as certificates name it.
pub(super) fn server_name(url: &TenantUrl) -> Option<ServerName<'static>> {
    match url.host() {
        Host::Domain(name) => ServerName::try_from(name.trim_end_matches('.').to_owned()).ok(),
        Host::Ipv4(address) => Some(ServerName::IpAddress((*address).into())),
        Host::Ipv6(address) => Some(ServerName::IpAddress((*address).into())),
    }
}

/// A whole handshake in one version; 1.2 with Microsoft's suites alone. The certificates are not judged
/// here, or a wrong one would hide what else there is to see. Why it failed is one sentence.
async fn handshake(
    url: &TenantUrl,
    version: &'static SupportedProtocolVersion,
    limit: Duration,
) -> Result<Vec<CertificateDer<'static>>, String> {
    let mut provider = ring::default_provider();
    if version.version == TLS12.version {
        provider.cipher_suites.retain(|suite| is_listed(suite.suite()));
    }
    let unjudged = Arc::new(Unjudged(provider.signature_verification_algorithms));
    let config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[version])
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(unjudged)
        .with_no_client_auth();
    let name = server_name(url).ok_or_else(|| format!("a certificate cannot be valid for {}", url.host()))?;
    let stream = http::connect(url, limit).await.map_err(|broken| broken.to_string())?;
    let connector = TlsConnector::from(Arc::new(config));
    match tokio::time::timeout(limit, connector.connect(name, stream)).await {
        Ok(Ok(stream)) => Ok(stream.get_ref().1.peer_certificates().unwrap_or_default().to_vec()),
        Ok(Err(error)) => {
            Err(match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
                // No certificate is judged here, so this is about the handshake itself.
                Some(rustls::Error::InvalidCertificate(CertificateError::BadSignature)) => {
                    "the server does not prove that it has the certificate's key, or the key is too weak"
                        .to_owned()
                }
                Some(error) => http::tls_reason(error),
                None => error.to_string(),
            })
        }
        Err(_) => Err(format!("the handshake did not finish within {limit:?}")),
    }
}

fn is_listed(suite: CipherSuite) -> bool {
    LISTED.iter().any(|(listed, _)| *listed == u16::from(suite))
}

/// Whether this program's TLS library speaks a listed suite: it has none with CBC.
fn is_known(suite: u16) -> bool {
    let known = ring::default_provider().cipher_suites;
    known.iter().map(|known| known.suite()).any(|known| u16::from(known) == suite && is_listed(known))
}

/// Whether the certificates are those of this host, signed by an authority that is believed, and valid now.
pub(super) fn verify(
    chain: &[CertificateDer<'static>],
    name: &ServerName<'_>,
    roots: Arc<RootCertStore>,
) -> Result<(), rustls::Error> {
    let Some((own, intermediates)) = chain.split_first() else {
        return Err(rustls::Error::NoCertificatesPresented);
    };
    let verifier = WebPkiServerVerifier::builder_with_provider(roots, Arc::new(ring::default_provider()))
        .build()
        .map_err(|error| rustls::Error::General(error.to_string()))?;
    verifier.verify_server_cert(own, intermediates, name, &[], UnixTime::now()).map(|_| ())
}

/// Believes every certificate, and no signature that the certificate's key did not make. Only for
/// connections over which nothing is sent: [`verify`] judges the certificates.
#[derive(Debug)]
struct Unjudged(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for Unjudged {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, certificate, signed, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, certificate, signed, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
