//! What the checks of this room say of themselves.

use std::sync::LazyLock;

use crate::check::{About, History, Level, Reference};

/// Microsoft's tutorial on SCIM endpoints: requirements, TLS, certificates.
const TUTORIAL: &str = "use-scim-to-provision-users-and-groups";
/// Microsoft's page on flags in the Tenant URL.
const FLAGS: &str = "application-provisioning-config-problem-scim-compatibility";

/// The checks, in the order in which they are reported.
#[derive(Debug)]
pub(super) struct Abouts {
    pub https: About,
    pub tls: About,
    pub certificate: About,
    pub redirects: About,
    pub tenant_url: About,
}

pub(super) static ABOUTS: LazyLock<Abouts> = LazyLock::new(|| {
    Abouts {
    https: About {
        id: "requirements/https".into(),
        title: "The Tenant URL is https".into(),
        level: Level::Error,
        what: "The Tenant URL begins with https://. A server on this very machine may be tested over http.".into(),
        why: "Entra sends the customer's bearer token with every request and takes no Tenant URL that is http.".into(),
        fix: "Put a certificate in front of the service and give its https URL.".into(),
        entra: "The provisioning settings cannot be saved: Test Connection refuses the Tenant URL.".into(),
        refs: vec![Reference::Microsoft(TUTORIAL.into()), Reference::Rfc("7644#2".into())],
        faults: Vec::new(),
        history: History::default(),
    },
    tls: About {
        id: "requirements/tls".into(),
        title: "TLS 1.2 with a suite of Microsoft's list".into(),
        level: Level::Error,
        what: "A handshake in TLS 1.2 succeeds with one of the eight ECDHE suites of Microsoft's list. TLS 1.3 beside \
               it is fine; TLS 1.0 and 1.1 are not offered (warning)."
            .into(),
        why: "The provisioning service speaks TLS 1.2 with these suites. Microsoft's page permits no other version, \
              and whoever still offers 1.0 or 1.1 fails security reviews."
            .into(),
        fix: "Enable TLS 1.2 with TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 (or its ECDSA twin) beside TLS 1.3, and switch \
              1.0 and 1.1 off."
            .into(),
        entra: "SystemForCrossDomainIdentityManagementCredentialValidationUnavailable at Test Connection: the service \
                cannot be reached."
            .into(),
        refs: vec![Reference::Microsoft(TUTORIAL.into()), Reference::Rfc("8996#4".into())],
        faults: Vec::new(),
        history: History::default(),
    },
    certificate: About {
        id: "requirements/certificate".into(),
        title: "The certificate is believed, strong and not about to expire".into(),
        level: Level::Error,
        what: "The certificate is for the host of the Tenant URL, valid now, and leads over the certificates that the \
               server sends to an authority this machine (or --cacert) trusts. RSA keys have 2048 bits or more, ECC \
               keys 256. Less than 30 days of validity left are a warning; an authority that Microsoft does not list \
               is a note."
            .into(),
        why: "A browser fetches a missing intermediate certificate, or has it already; the provisioning service does \
              not, and stops every cycle of every customer at once when the certificate expires."
            .into(),
        fix: "Renew the certificate for this host name, send it together with its intermediate certificates, and let \
              the renewal run by itself."
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
        title: "Nothing that Entra asks is redirected".into(),
        level: Level::Error,
        what: "Questions for users, groups and schemas are answered where they are asked: no 3xx, be it to a login \
               page, to https or to a URL with another slash."
            .into(),
        why: "A client must not send a bearer token to wherever an answer points, and a write that is redirected is \
              lost."
            .into(),
        fix: "Give customers the URL at which the service answers itself, and keep SCIM paths apart from logins and \
              from rewriting of URLs."
            .into(),
        entra: "SystemForCrossDomainIdentityManagementCredentialValidationUnavailable at Test Connection.".into(),
        refs: vec![Reference::Rfc("9110#15.4".into()), Reference::Field("HelpCode-ai/anythingmcp#536".into())],
        faults: Vec::new(),
        history: History::default(),
    },
    tenant_url: About {
        id: "requirements/tenant-url".into(),
        title: "A feature flag in the URL changes no answer".into(),
        level: Level::Warning,
        what: "A question that carries `aadOptscim062020` in its query, in front of the filter or behind it, is \
               answered like the one without it. Other parameters and old flags in the Tenant URL are notes."
            .into(),
        why: "Customers write the flag into the Tenant URL. The service was seen to send it along, and clients that \
              join URLs by hand leave it in; a server that refuses unknown parameters fails then."
            .into(),
        fix: "Ignore query parameters that SCIM does not define.".into(),
        entra: "Test Connection fails as soon as the flag stands in the Tenant URL.".into(),
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
    let Abouts { https, tls, certificate, redirects, tenant_url } = &*ABOUTS;
    [https, tls, certificate, redirects, tenant_url].into_iter()
}
