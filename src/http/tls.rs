use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{CertificateError, ClientConfig, RootCertStore};

use super::ClientProblem;
use crate::input;

/// Whose certificates are believed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Trust {
    /// The authorities this machine trusts.
    #[default]
    System,
    /// Only the certificates in this PEM file (`--cacert`).
    File(PathBuf),
}

impl Trust {
    /// The certificates of the authorities that are believed. The machine's store takes longer to read
    /// than a whole run over `http` takes.
    ///
    /// # Errors
    /// A [`ClientProblem`] when the file cannot be read, or when it contains no certificate.
    pub fn authorities(&self) -> Result<RootCertStore, ClientProblem> {
        let mut roots = RootCertStore::empty();
        match self {
            Trust::File(path) => {
                let shown = path.display();
                let again = "give --cacert a PEM file with the certificate of the target's authority";
                let certificates = input::bytes(path, input::WRITTEN)
                    .map_err(rustls::pki_types::pem::Error::Io)
                    .and_then(|bytes| CertificateDer::pem_slice_iter(&bytes).collect::<Result<Vec<_>, _>>())
                    .map_err(|error| {
                        ClientProblem::new(
                            format!("cannot read certificates from {shown}: {}", pem(&error)),
                            again,
                        )
                    })?;
                let (added, _) = roots.add_parsable_certificates(certificates);
                if added == 0 {
                    return Err(ClientProblem::new(format!("{shown} contains no certificate"), again));
                }
            }
            Trust::System => {
                let found = rustls_native_certs::load_native_certs();
                let (added, _) = roots.add_parsable_certificates(found.certs);
                if added == 0 {
                    return Err(ClientProblem::new(
                        "this machine has no certificate authorities to check the target's certificate",
                        "install the system's CA certificates, or name the authority's PEM file with --cacert",
                    ));
                }
            }
        }
        Ok(roots)
    }
}

/// The TLS settings for one target. The machine's certificate store is read for `https` alone.
pub(super) fn config(https: bool, trust: &Trust) -> Result<ClientConfig, ClientProblem> {
    let roots = match trust {
        Trust::System if !https => RootCertStore::empty(),
        _ => trust.authorities()?,
    };
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map(|builder| builder.with_root_certificates(roots).with_no_client_auth())
        .map_err(|error| ClientProblem::new(format!("TLS cannot be set up: {error}"), "report this"))
}

fn pem(error: &rustls::pki_types::pem::Error) -> String {
    match error {
        rustls::pki_types::pem::Error::Io(error) => match error.kind() {
            std::io::ErrorKind::NotFound => "no such file".to_owned(),
            std::io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
            _ => error.to_string(),
        },
        other => format!("{other:?}"),
    }
}

/// Why a handshake failed or a certificate is refused, in words that say what to change.
#[must_use]
pub fn reason(error: &rustls::Error) -> String {
    use CertificateError as C;
    match error {
        rustls::Error::InvalidCertificate(certificate) => match certificate {
            C::UnknownIssuer => {
                "the certificate is not signed by an authority this machine trusts (self-signed, or an intermediate certificate is missing)".to_owned()
            }
            C::Expired => "the certificate has expired".to_owned(),
            C::ExpiredContext { not_after, .. } => format!("the certificate expired at {}", instant(*not_after)),
            C::NotValidYet | C::NotValidYetContext { .. } => "the certificate is not valid yet".to_owned(),
            C::NotValidForName => "the certificate is for another host name".to_owned(),
            C::NotValidForNameContext { presented, expected } => {
                let wanted = expected.to_str();
                if presented.is_empty() {
                    format!("the certificate has no host name, so it is not valid for {wanted}")
                } else {
                    let names: Vec<&str> = presented.iter().map(|name| plain(name)).collect();
                    format!("the certificate is for {}, not for {wanted}", names.join(", "))
                }
            }
            C::BadSignature => "the certificate is not signed by the authority it names".to_owned(),
            C::Revoked => "the certificate has been revoked".to_owned(),
            C::Other(other) if other.0.to_string().contains("CaUsedAsEndEntity") => {
                "the certificate is self-signed".to_owned()
            }
            other => format!("the certificate is not accepted: {other}"),
        },
        rustls::Error::InvalidMessage(_) => "the server does not speak TLS on this port".to_owned(),
        rustls::Error::PeerIncompatible(why) => {
            format!("the server offers no secure TLS version or cipher suite ({why:?})")
        }
        rustls::Error::AlertReceived(alert) => format!("the server ended the handshake with the alert {alert:?}"),
        other => other.to_string(),
    }
}

/// A name of a certificate without its kind, which is written as `DnsName("api.example.com")`.
fn plain(name: &str) -> &str {
    let quoted = name.split_once("(\"").and_then(|(_, rest)| rest.strip_suffix("\")"));
    quoted.unwrap_or(name)
}

fn instant(time: rustls::pki_types::UnixTime) -> String {
    i64::try_from(time.as_secs())
        .ok()
        .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok())
        .map_or_else(|| format!("second {}", time.as_secs()), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_file_that_is_missing_empty_or_not_pem_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing.pem");
        let problem = config(true, &Trust::File(missing)).unwrap_err();
        assert!(problem.what.contains("missing.pem: no such file"), "{problem:?}");
        let empty = folder.path().join("empty.pem");
        std::fs::write(&empty, "hello").unwrap();
        let problem = config(false, &Trust::File(empty)).unwrap_err();
        assert!(problem.what.contains("empty.pem contains no certificate"), "{problem:?}");
        assert!(problem.next.contains("--cacert"));
    }

    #[test]
    fn the_file_replaces_the_machines_authorities() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(&file, made.cert.pem()).unwrap();
        assert!(config(true, &Trust::File(file)).is_ok());
    }
}
