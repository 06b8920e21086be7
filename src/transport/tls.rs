//! Judges TLS: protocol version, cipher suite, certificates.

use std::sync::Arc;

use jiff::Timestamp;
use rustls::pki_types::ServerName;
use rustls::{AlertDescription, RootCertStore};

use super::about::ABOUTS;
use super::certificate::{Certificate, PublicKey};
use super::hello::{HelloReply, LISTED, Version};
use super::probe::{self, Offered};
use crate::check::{Finding, Level};
use crate::http;

/// Days before the end of a certificate from which on it is a warning.
const SOON: i64 = 30;

/// Words in the names of the authorities that Microsoft lists
/// (use-scim-to-provision-users-and-groups, Building a custom SCIM endpoint), and of the companies that
/// go on with their roots.
const AUTHORITIES: [&str; 16] = [
    "cnnic",
    "comodo",
    "sectigo",
    "usertrust",
    "cybertrust",
    "digicert",
    "geotrust",
    "globalsign",
    "go daddy",
    "godaddy",
    "starfield",
    "verisign",
    "symantec",
    "thawte",
    "wosign",
    "dst root ca x3",
];

/// The name of a suite of Microsoft's list.
pub(super) fn suite_name(suite: u16) -> Option<&'static str> {
    LISTED.iter().find(|(listed, _)| *listed == suite).map(|(_, name)| *name)
}

/// What is wrong with protocol and suite.
pub(super) fn judge_tls(offered: &Offered) -> Vec<Finding> {
    let about = &ABOUTS.tls;
    let expected = "TLS 1.2 with a suite on Microsoft's list";
    let wrong = |message: String, actual: String| Finding::of(about, message).against(expected, actual);
    let mut findings = Vec::new();
    match &offered.listed {
        Err(broken) => {
            findings.push(wrong("A TLS 1.2 handshake could not be started.".to_owned(), broken.to_string()));
        }
        Ok(HelloReply::Chosen { version: Version::TLS12, suite, .. }) if suite_name(*suite).is_some() => {
            if let Err(why) = &offered.whole {
                findings.push(wrong(
                    "The TLS 1.2 handshake does not complete.".to_owned(),
                    format!("{}, and then: {why}", suite_name(*suite).unwrap_or_default()),
                ));
            }
        }
        Ok(HelloReply::Chosen { version: Version::TLS12, suite, .. }) => {
            let actual = format!("suite {suite:#06x}, which was not offered");
            findings.push(wrong(
                "The server chooses a suite that is not on Microsoft's list.".to_owned(),
                actual,
            ));
        }
        Ok(HelloReply::Chosen { version, .. }) => {
            let message = format!("The server speaks at most {version}.");
            findings.push(wrong(message, version.to_string()));
        }
        Ok(HelloReply::NotTls) => {
            let message = "The server does not speak TLS on this port.".to_owned();
            findings.push(wrong(message, "bytes that are not TLS, perhaps plain HTTP".to_owned()));
        }
        Ok(reply) => {
            let what = match reply {
                HelloReply::Alert(alert) => format!("the alert {alert:?}"),
                HelloReply::Odd(what) => (*what).to_owned(),
                _ => "the connection was closed".to_owned(),
            };
            let alone = *reply == HelloReply::Alert(AlertDescription::ProtocolVersion);
            let message = if offered.tls13 && alone {
                "The server speaks only TLS 1.3."
            } else {
                "The server rejects TLS 1.2 with every suite on Microsoft's list."
            };
            findings.push(wrong(message.to_owned(), what));
        }
    }
    if !offered.old.is_empty() {
        let names: Vec<String> = offered.old.iter().map(ToString::to_string).collect();
        let names = names.join(" and ");
        findings.push(
            Finding::of(about, format!("The server still offers {names}."))
                .at(Level::Warning)
                .concerning("old versions")
                .against("a rejection of every version before TLS 1.2", format!("a ServerHello in {names}")),
        );
    }
    findings
}

/// What is wrong with the certificates, those that could be read being `shown`.
pub(super) fn judge_certificates(
    offered: &Offered,
    shown: &[Certificate],
    name: &ServerName<'_>,
    roots: Arc<RootCertStore>,
    now: Timestamp,
) -> Vec<Finding> {
    let about = &ABOUTS.certificate;
    let mut findings = Vec::new();
    if let Err(error) = probe::verify(&offered.chain, name, roots) {
        let why = http::tls_reason(&error);
        findings.push(
            Finding::of(about, format!("The certificate is not accepted: {why}."))
                .against(format!("a chain that verifies for {}", name.to_str()), why),
        );
    }
    for certificate in shown {
        let (too_short, least) = match certificate.key {
            PublicKey::Rsa(bits) => (bits < 2048, "an RSA key of at least 2048 bits"),
            PublicKey::Ecc(bits) => (bits < 256, "an ECC key of at least 256 bits"),
            PublicKey::Other => continue,
        };
        if too_short {
            let message = format!("The key of the certificate `{}` is too short.", certificate.subject);
            findings.push(
                Finding::of(about, message)
                    .concerning("key size")
                    .against(least, certificate.key.to_string()),
            );
        }
    }
    if let Some(own) = shown.first() {
        let days = own.days_left(now);
        if (0..SOON).contains(&days) {
            let noun = if days == 1 { "day" } else { "days" };
            let message = format!("The certificate expires in {days} {noun}.");
            findings.push(
                Finding::of(about, message)
                    .at(Level::Warning)
                    .concerning("expiry")
                    .against(format!("at least {SOON} days"), format!("valid until {}", own.not_after)),
            );
        }
    }
    let issuers: Vec<&str> = shown.iter().flat_map(|one| &one.issuer).map(String::as_str).collect();
    let is_listed = |issuer: &&str| AUTHORITIES.iter().any(|word| issuer.to_lowercase().contains(word));
    if findings.iter().all(|finding| finding.level < Level::Error) && !issuers.iter().any(is_listed) {
        let issuer = shown.last().map_or_else(String::new, |last| last.issuer.join(", "));
        let message = "The certificate's authority is not on Microsoft's list. The list is old, and other \
                       public authorities work; a private authority does not.";
        findings.push(
            Finding::of(about, message)
                .at(Level::Note)
                .concerning("authority")
                .against("an authority on Microsoft's list", issuer),
        );
    }
    findings
}
