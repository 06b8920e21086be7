//! Judges what the first questions of the service are answered: redirects, and flags in the URL.

use std::net::IpAddr;
use std::sync::Arc;

use serde_json::Value;
use url::{Host, Url};

use super::about::ABOUTS;
use crate::check::{Finding, Level};
use crate::entra::dialect::Writer;
use crate::entra::directory::ObjectKind;
use crate::entra::mapping::Mapping;
use crate::http::{Flag, TenantUrl};
use crate::run::target::recorder::Recorder;
use crate::wire::{Actor, Exchange, Method, Request, ResourceKind, Target};

/// What the service asks before anything else: for a user and a group that do not exist, and for the
/// schemas.
fn first_questions(mapping: &Mapping, writer: &Writer) -> Vec<Request> {
    let kinds = [(ObjectKind::User, ResourceKind::User), (ObjectKind::Group, ResourceKind::Group)];
    let mut questions: Vec<Request> =
        kinds.into_iter().filter_map(|(object, kind)| lookup(mapping, writer, object, kind)).collect();
    let headers = questions.first().map(|question| question.headers.clone()).unwrap_or_default();
    let mut schemas = Request::new(Actor::Probe, Method::Get, "/Schemas", "transport: schemas");
    schemas.headers = headers;
    questions.push(schemas);
    questions
}

fn lookup(mapping: &Mapping, writer: &Writer, object: ObjectKind, kind: ResourceKind) -> Option<Request> {
    let matching = mapping.object(object)?.matching().first()?.target.clone();
    let nobody = uuid::Uuid::new_v4().to_string();
    let request = writer.probe(kind, &matching, &nobody, format!("transport: {}", kind.endpoint()));
    Some(Request { actor: Actor::Probe, ..request })
}

/// Sends a question; `None` when nobody answered.
async fn ask<T: Target>(target: &Recorder<T>, question: Request) -> Option<Arc<Exchange>> {
    target.send(question).await.ok()?;
    target.last()
}

/// Asks what the service asks first and tells which answers are redirects; `None` when nothing at all
/// was answered.
pub(super) async fn redirects<T: Target>(
    target: &Recorder<T>,
    mapping: &Mapping,
    writer: &Writer,
) -> Option<Vec<Finding>> {
    let mut findings = Vec::new();
    let mut answered = false;
    for question in first_questions(mapping, writer) {
        let Some(exchange) = ask(target, question).await else { continue };
        let Some(answer) = exchange.answer() else { continue };
        answered = true;
        if !(300..400).contains(&answer.status) || answer.status == 304 {
            continue;
        }
        let place = answer.header("location").unwrap_or("nowhere");
        let secure = is_upgrade(&exchange.url, place);
        let message = format!(
            "GET {} redirects with {}{}.",
            exchange.request.path,
            answer.status,
            if secure { " to https: the Tenant URL must be the https URL" } else { "" }
        );
        findings.push(
            Finding::of(&ABOUTS.redirects, message)
                .concerning(exchange.request.path.clone())
                .against("a response without a redirect", format!("{} to {place}", answer.status))
                .shown_by(&exchange),
        );
    }
    answered.then_some(findings)
}

/// True when `place` is https at the host of `url`, which is http.
fn is_upgrade(url: &str, place: &str) -> bool {
    let (Ok(from), Ok(to)) = (Url::parse(url), Url::parse(place)) else { return false };
    from.scheme() == "http" && to.scheme() == "https" && from.host() == to.host()
}

/// Compares answers with and without a flag in the query. `Err` says why nothing can be compared.
pub(super) async fn flags<T: Target>(
    target: &Recorder<T>,
    url: &TenantUrl,
    mapping: &Mapping,
    writer: &Writer,
) -> Result<Vec<Finding>, String> {
    let plain = lookup(mapping, writer, ObjectKind::User, ResourceKind::User)
        .ok_or("the mapping has no matching attribute for users")?;
    let query = plain.query.clone().unwrap_or_default();
    let without = ask(target, plain.clone()).await.ok_or(
        "the server does not answer the query without a \
                                                          flag",
    )?;
    let Some(usual) = outcome(&without).filter(|_| without.succeeded()) else {
        return Err("the query without a flag returns no list".to_owned());
    };
    let flag = url.flags().first().copied().unwrap_or(Flag::AadOptscim062020).as_str();
    let mut findings = Vec::new();
    for (query, place) in [
        (format!("{flag}&{query}"), "in front of the filter"),
        (format!("{query}&{flag}"), "behind the filter"),
    ] {
        let Some(with) = ask(target, plain.clone().with_query(query)).await else { continue };
        let actual = outcome(&with);
        if actual.as_ref() == Some(&usual) {
            continue;
        }
        let actual = actual.unwrap_or_else(|| match with.answer() {
            Some(answer) => format!("{} without a list", answer.status),
            None => "no answer".to_owned(),
        });
        findings.push(
            Finding::of(
                &ABOUTS.tenant_url,
                format!("With `{flag}` {place} the query returns something else."),
            )
            .concerning(place)
            .against(usual.clone(), actual)
            .shown_by(&without)
            .shown_by(&with),
        );
    }
    findings.extend(forms(url));
    Ok(findings)
}

/// Status and number of hits of a list.
fn outcome(exchange: &Exchange) -> Option<String> {
    let status = exchange.answer()?.status;
    let body = exchange.json()?;
    let total = body.as_object()?.iter().find(|(name, _)| name.eq_ignore_ascii_case("totalResults"))?.1;
    Some(format!(
        "{status} with {} results",
        total.as_u64().map_or_else(|| Value::to_string(total), |n| n.to_string())
    ))
}

/// What is odd about the URL itself.
fn forms(url: &TenantUrl) -> Vec<Finding> {
    let note = |message: String, subject: &str| {
        Finding::of(&ABOUTS.tenant_url, message).at(Level::Note).concerning(subject)
    };
    let mut findings = Vec::new();
    for flag in url.flags() {
        let name = flag.as_str();
        match flag {
            Flag::AadOptscim062020 => {}
            Flag::AzureAdScimPatch062020 => findings.push(note(
                format!(
                    "`{name}` is the earlier name of a flag that Microsoft now documents as \
                     `aadOptscim062020`."
                ),
                "flag",
            )),
            Flag::AzureAdScimPatch2017 => findings.push(note(
                format!("`{name}` requests the behaviour of 2017, which is the default anyway."),
                "flag",
            )),
        }
    }
    if url.parameters().is_some() {
        findings.push(note(
            "The Tenant URL has parameters that are not feature flags. scimulate sends them with every \
             request; whether the service does so is not documented."
                .to_owned(),
            "parameters",
        ));
    }
    if !url.is_loopback() && is_private(url.host()) {
        findings.push(note(
            format!(
                "{} cannot be reached from the Internet: the service needs a provisioning agent for it.",
                url.host()
            ),
            "host",
        ));
    }
    findings
}

/// Addresses and names that mean something in one network only (RFC 1918, RFC 4193, RFC 6762, RFC 9476).
fn is_private(host: &Host<String>) -> bool {
    match host {
        Host::Ipv4(address) => address.is_private() || address.is_link_local(),
        Host::Ipv6(address) => match IpAddr::V6(*address).to_canonical() {
            IpAddr::V4(address) => address.is_private() || address.is_link_local(),
            IpAddr::V6(address) => address.is_unique_local() || address.is_unicast_link_local(),
        },
        Host::Domain(name) => {
            let name = name.trim_end_matches('.');
            !name.contains('.') || [".local", ".internal", ".lan"].iter().any(|end| name.ends_with(end))
        }
    }
}
