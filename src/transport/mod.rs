//! What Microsoft demands of a SCIM endpoint apart from its messages: https, TLS 1.2 with listed
//! suites, a certificate that is believed, no redirects, a Tenant URL with a feature flag.
//!
//! Each demand is a check (`requirements/…`) with its documentation in `about`. Facts are what was seen,
//! whether right or wrong. No token goes over the connections that look at TLS, and no write is sent.

mod about;
mod certificate;
mod hello;
mod probe;
mod questions;
mod tls;

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::Serialize;

pub use about::abouts;
pub use certificate::{Certificate, PublicKey};

use about::ABOUTS;
use hello::{HelloReply, Version};
use probe::Offered;

use crate::check::{About, Finding, Level, Outcome, Skip};
use crate::entra::dialect::Writer;
use crate::entra::mapping::Mapping;
use crate::http::{ClientProblem, TenantUrl, Trust};
use crate::run::target::recorder::Recorder;
use crate::run::verdict::report::CheckResult;
use crate::wire::Target;

/// One question about TLS waits no longer than this, whatever the limit for requests is.
const LONGEST: Duration = Duration::from_secs(10);

/// What is looked at, and how.
#[derive(Debug, Clone)]
pub struct TransportSettings {
    /// The Tenant URL as it was given.
    pub url: TenantUrl,
    /// Whose certificates are believed.
    pub trust: Trust,
    /// Limit for one question about TLS; at most ten seconds are used.
    pub timeout: Duration,
    /// Writes the questions that the service asks first.
    pub writer: Writer,
    /// The mapping in force: its matching attributes are asked for.
    pub mapping: Mapping,
    /// Findings of this level and above fail their check; `None` fails none.
    pub fail_on: Option<Level>,
}

/// What was seen and what was found.
#[derive(Debug)]
pub struct TransportReport {
    /// What was seen, for reports and a submission.
    pub facts: TransportFacts,
    /// One result for each of [`abouts`], in their order.
    pub checks: Vec<CheckResult>,
    /// How many HTTP requests were sent.
    pub exchanges: usize,
}

/// What was seen of the endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TransportFacts {
    /// What the Tenant URL becomes: `/Users` and so on are appended to it.
    pub base: String,
    /// Feature flags that stood in the Tenant URL.
    pub flags: Vec<&'static str>,
    /// What the server offers; `None` for http.
    pub tls: Option<Tls>,
    /// The certificates, the server's own first; empty for http.
    pub certificates: Vec<Certificate>,
}

/// What the server offers in TLS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tls {
    /// The suite it chooses in TLS 1.2 from Microsoft's list.
    pub suite: Option<&'static str>,
    /// Versions it accepts, oldest first.
    pub versions: Vec<String>,
}

/// Looks at the endpoint. `target` carries the credentials; the connections that look at TLS do not.
///
/// # Errors
/// A [`ClientProblem`] when the authorities that are believed cannot be read.
pub async fn look<T: Target>(
    settings: &TransportSettings,
    target: T,
) -> Result<TransportReport, ClientProblem> {
    let url = &settings.url;
    let recorder = Recorder::new(target);
    let mut facts = TransportFacts {
        base: url.base().to_owned(),
        flags: url.flags().iter().map(|flag| flag.as_str()).collect(),
        tls: None,
        certificates: Vec::new(),
    };
    let mut checks = vec![https(settings)];
    checks.extend(tls_checks(settings, &mut facts).await?);

    let begin = Instant::now();
    let redirected = questions::redirects(&recorder, &settings.mapping, &settings.writer).await;
    checks.push(timed(
        begin,
        match redirected {
            Some(findings) => settings.played(&ABOUTS.redirects, findings),
            None => settings
                .skipped(&ABOUTS.redirects, Skip::Blocked("the target: it does not answer".to_owned())),
        },
    ));
    let begin = Instant::now();
    let flags = questions::flags(&recorder, url, &settings.mapping, &settings.writer).await;
    checks.push(timed(
        begin,
        match flags {
            Ok(findings) => settings.played(&ABOUTS.tenant_url, findings),
            Err(why) => settings.skipped(&ABOUTS.tenant_url, Skip::Blocked(why)),
        },
    ));
    Ok(TransportReport { facts, checks, exchanges: recorder.len() })
}

impl TransportSettings {
    fn played(&self, about: &About, findings: Vec<Finding>) -> CheckResult {
        CheckResult::played(&about.id, None, &about.title, findings, self.fail_on)
    }

    fn skipped(&self, about: &About, why: Skip) -> CheckResult {
        CheckResult::new(&about.id, None, &about.title, Outcome::Skipped(why))
    }
}

fn timed(begin: Instant, check: CheckResult) -> CheckResult {
    CheckResult { elapsed: begin.elapsed(), ..check }
}

fn https(settings: &TransportSettings) -> CheckResult {
    let about = &ABOUTS.https;
    if settings.url.is_https() {
        return settings.played(about, Vec::new());
    }
    if settings.url.is_loopback() {
        let why = "the target is on this machine, where http is allowed".to_owned();
        return settings.skipped(about, Skip::NotConfigured(why));
    }
    let message = "The Tenant URL uses http: the token is sent unencrypted.";
    let finding = Finding::of(about, message).against("https://…", settings.url.base());
    settings.played(about, vec![finding])
}

/// The checks of TLS and certificates.
async fn tls_checks(
    settings: &TransportSettings,
    facts: &mut TransportFacts,
) -> Result<[CheckResult; 2], ClientProblem> {
    let url = &settings.url;
    if !url.is_https() {
        let why = || Skip::NotConfigured("the target uses http, so there is no TLS to check".to_owned());
        return Ok([&ABOUTS.tls, &ABOUTS.certificate].map(|about| settings.skipped(about, why())));
    }
    let roots = Arc::new(settings.trust.authorities()?);
    let begin = Instant::now();
    let offered = Offered::by(url, settings.timeout.min(LONGEST)).await;
    facts.tls = Some(tls_facts(&offered));
    facts.certificates = offered.chain.iter().filter_map(|one| Certificate::read(one)).collect();
    let tls = timed(begin, settings.played(&ABOUTS.tls, tls::judge_tls(&offered)));
    let certificate = match probe::server_name(url) {
        Some(name) if !offered.chain.is_empty() => {
            let shown = &facts.certificates;
            let found = tls::judge_certificates(&offered, shown, &name, roots, Timestamp::now());
            settings.played(&ABOUTS.certificate, found)
        }
        _ => {
            let why = format!("{}: the server sent no certificate", ABOUTS.tls.id);
            settings.skipped(&ABOUTS.certificate, Skip::Blocked(why))
        }
    };
    Ok([tls, certificate])
}

fn tls_facts(offered: &Offered) -> Tls {
    let mut versions: Vec<String> = offered.old.iter().map(ToString::to_string).collect();
    let mut suite = None;
    if let Ok(HelloReply::Chosen { version: Version::TLS12, suite: chosen, .. }) = &offered.listed {
        versions.push(Version::TLS12.to_string());
        suite = tls::suite_name(*chosen);
    }
    if offered.tls13 {
        versions.push("TLS 1.3".to_owned());
    }
    Tls { suite, versions }
}

#[cfg(test)]
mod tests;
