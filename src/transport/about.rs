//! What the checks of this room say of themselves.

use std::sync::LazyLock;

use crate::check::{About, History, Level, Reference};

/// Microsoft's tutorial on SCIM endpoints: requirements, TLS, certificates.
const TUTORIAL: &str = "use-scim-to-provision-users-and-groups";
/// Microsoft's page on flags in the Tenant URL.
const FLAGS: &str = "application-provisioning-config-problem-scim-compatibility";

/// The checks, in the order in which they are reported.
#[derive(Debug)]
pub(super) struct TransportAbouts {
    pub https: About,
    pub tls: About,
    pub certificate: About,
    pub redirects: About,
    pub tenant_url: About,
}

pub(super) static ABOUTS: LazyLock<TransportAbouts> = LazyLock::new(|| {
    TransportAbouts {
    https: About {
        id: "requirements/https".into(),
        title: "The Tenant URL uses https".into(),
        level: Level::Error,
        what: "The Tenant URL begins with https://. A server on this machine may be tested over http.".into(),
        why: "Entra sends the customer's bearer token with every request and accepts no Tenant URL with \
              http.".into(),
        fix: "Put a certificate in front of the service and use its https URL.".into(),
        entra: "The provisioning settings cannot be saved: Test Connection rejects the Tenant URL.".into(),
        refs: vec![Reference::Microsoft(TUTORIAL.into()), Reference::Rfc("7644#2".into())],
        faults: Vec::new(),
        history: History::default(),
    },
    tls: About {
        id: "requirements/tls".into(),
        title: "TLS 1.2 is offered with a suite on Microsoft's list".into(),
        level: Level::Error,
        what: "A TLS 1.2 handshake succeeds with one of the eight ECDHE suites on Microsoft's list. TLS 1.3 \
               may be offered too; TLS 1.0 and 1.1 are not offered (warning)."
            .into(),
        why: "The provisioning service uses TLS 1.2 with these suites. Microsoft's page permits no other \
              version, and a server that still offers 1.0 or 1.1 fails security reviews."
            .into(),
        fix: "Enable TLS 1.2 with TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 (or its ECDSA counterpart) in \
              addition to TLS 1.3, and switch 1.0 and 1.1 off."
            .into(),
        entra: "SystemForCrossDomainIdentityManagementCredentialValidationUnavailable at Test Connection: the service \
                cannot be reached."
            .into(),
        refs: vec![Reference::Microsoft(TUTORIAL.into()), Reference::Rfc("8996#4 MUST".into())],
        faults: Vec::new(),
        history: History::default(),
    },
    certificate: About {
        id: "requirements/certificate".into(),
        title: "The certificate is trusted, strong and not about to expire".into(),
        level: Level::Error,
        what: "The certificate is for the host of the Tenant URL, valid now, and its chain, with the \
               certificates that the server sends, leads to an authority this machine (or --cacert) trusts. \
               RSA keys have at least 2048 bits, ECC keys at least 256. Less than 30 days of remaining \
               validity is a warning; an authority that Microsoft does not list is a note."
            .into(),
        why: "A browser fetches a missing intermediate certificate, or already has it; the provisioning \
              service does not fetch it, and when the certificate expires every cycle of every customer \
              stops at once."
            .into(),
        fix: "Renew the certificate for this host name, send it together with its intermediate certificates, \
              and automate the renewal."
            .into(),
        entra: "SystemForCrossDomainIdentityManagementCredentialValidationUnavailable at Test Connection; a running \
                job goes into quarantine."
            .into(),
        refs: vec![Reference::Microsoft(TUTORIAL.into()), Reference::Rfc("9325#7.1".into())],
        faults: Vec::new(),
        history: History::default(),
    },
    redirects: About {
        id: "requirements/redirects".into(),
        title: "Entra's first requests are not redirected".into(),
        level: Level::Error,
        what: "Queries for users and groups and GET /Schemas are answered directly: no 3xx, whether to a \
               login page, to https or to a URL with another slash."
            .into(),
        why: "A client must not send a bearer token to the URL that a response points to, and a redirected \
              write is lost."
            .into(),
        fix: "Give customers the URL at which the service itself answers, and keep SCIM paths out of logins \
              and URL rewriting."
            .into(),
        entra: "SystemForCrossDomainIdentityManagementCredentialValidationUnavailable at Test Connection.".into(),
        refs: vec![Reference::Rfc("9110#15.4".into()), Reference::Field("HelpCode-ai/anythingmcp#536".into())],
        faults: Vec::new(),
        history: History::default(),
    },
    tenant_url: About {
        id: "requirements/tenant-url".into(),
        title: "A feature flag in the URL does not change the response".into(),
        level: Level::Warning,
        what: "A query with `aadOptscim062020` in its query string, before or after the filter, returns the \
               same as the query without it. Other parameters and old flags in the Tenant URL are notes."
            .into(),
        why: "Customers write the flag into the Tenant URL. The service has been seen to send it to the \
              server, and clients that join URLs by hand leave it in; a server that rejects unknown \
              parameters then fails."
            .into(),
        fix: "Ignore query parameters that SCIM does not define.".into(),
        entra: "Test Connection fails as soon as the Tenant URL contains the flag.".into(),
        refs: vec![
            Reference::Microsoft(FLAGS.into()),
            Reference::Microsoft("troubleshoot-user-provisioning-validation".into()),
            Reference::Field("jelhub/scimgateway".into()),
        ],
        faults: Vec::new(),
        history: History::default(),
    },
}
});

/// What the checks of this room say of themselves, for the catalogue.
pub fn abouts() -> impl Iterator<Item = &'static About> {
    let TransportAbouts { https, tls, certificate, redirects, tenant_url } = &*ABOUTS;
    [https, tls, certificate, redirects, tenant_url].into_iter()
}
