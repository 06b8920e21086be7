//! Is the target there, does it take the token, and does it speak SCIM? Asked once, before anything
//! is played: one clear sentence instead of a hundred failed checks.

pub mod abilities;
pub mod acceptance;
pub(in crate::run) mod besides;
mod bisection;
pub(in crate::run) mod declared;
pub(in crate::run) mod freshness;
pub(crate) mod media_type;
pub(in crate::run) mod requirements;
pub(in crate::run) mod room;
pub(in crate::run) mod updates;

use serde_json::Value;

use self::abilities::{Abilities, Support};
use super::observer::reader;
use super::target::circuit_breaker::CircuitState;
use crate::check::Skip;
use crate::scenario::Ability;
use crate::scim::discovery::Discovery;
use crate::scim::message::{ErrorMessage, ListResponse};
#[cfg(feature = "cli")]
use crate::wire::Exchange;
use crate::wire::{Actor, Answer, Broken, Method, Request, Target, Tenant};

/// Why the target cannot be tested.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Refusal {
    /// What is wrong, in one sentence without a full stop.
    pub what: String,
    /// The next step, in one sentence without a full stop.
    pub next: String,
    /// What this run made at the target and could not remove, one sentence each.
    pub left_behind: Vec<String>,
}

/// What is known of a target that can be tested.
#[derive(Debug, Clone, Default)]
pub struct Ready {
    /// What it publishes.
    pub discovery: Discovery,
    /// What it can do, as far as its documents and its answer about groups tell.
    pub abilities: Abilities,
}

/// Asks what Entra asks first: for a user that does not exist (`user_probe`), and for such a group if
/// the mapping provisions groups. Then reads the three discovery documents.
///
/// A server that answers the probe wrongly but otherwise speaks SCIM is ready: the rules judge that
/// answer. `base` is the target's base URL, for the sentences.
///
/// # Errors
/// A [`Refusal`] when the target does not answer, rejects the token, or is not a SCIM service.
pub async fn inspect<T: Target>(
    target: &T,
    base: &str,
    user_probe: Request,
    group_probe: Option<Request>,
) -> Result<Ready, Refusal> {
    let headers = user_probe.headers.clone();
    let is_signed_in = signs_in(target, &user_probe);
    let answer = ask(target, user_probe).await.map_err(|broken| unreachable(base, &broken))?;
    let doubt = match first_look(base, &answer) {
        Look::Scim => None,
        Look::Doubtful(refusal) => Some(refusal),
        Look::Refused(_) if answer.status == 401 && !is_signed_in => return Err(lacks_token(base, &answer)),
        Look::Refused(refusal) => return Err(refusal),
    };
    let get = |path: &str| {
        let mut request = Request::new(Actor::Probe, Method::Get, path, format!("preflight: {path}"));
        request.headers = headers.clone();
        request
    };
    let config = ask(target, get("/ServiceProviderConfig")).await.ok();
    if let Some(refusal) = doubt {
        let is_there = |answer: &Answer| speaks_scim(answer) && answer.status != 404;
        let published = config.as_ref().is_some_and(is_there);
        let list = get("/Users").with_query("startIndex=1&count=1");
        if !published && !ask(target, list).await.is_ok_and(|answer| is_there(&answer)) {
            return Err(refusal);
        }
    }
    let schemas = ask(target, get("/Schemas")).await.ok();
    let types = ask(target, get("/ResourceTypes")).await.ok();
    let groups = match group_probe {
        Some(probe) => ask(target, probe).await.ok(),
        None => None,
    };
    let discovery = Discovery::read(document(&config), document(&schemas), document(&types));
    let abilities = abilities(&discovery, groups.as_ref());
    Ok(Ready { discovery, abilities })
}

/// Asks the second tenant for a user that does not exist, so that a wrong URL or token is no finding.
///
/// # Errors
/// A [`Refusal`] when the target does not answer, rejects the token, or is not a SCIM service.
pub async fn second<T: Target>(target: &T, user_probe: Request) -> Result<(), Refusal> {
    const NAME: &str = "the second tenant";
    let asked = ask(target, user_probe.to(Tenant::Second)).await;
    let answer = asked.map_err(|broken| unreachable(NAME, &broken))?;
    match (answer.status, first_look(NAME, &answer)) {
        (status @ (401 | 403), _) => Err(refusal(
            format!("{NAME} does not accept its token ({status}{})", detail(&answer)),
            "check SCIMULATE_SECOND_TOKEN or --second-token-file, and that the token belongs to that tenant",
        )),
        (_, Look::Refused(refusal)) => Err(refusal),
        // The rules judge what the first tenant answers in the same way.
        (_, Look::Scim | Look::Doubtful(_)) => Ok(()),
    }
}

/// Why no request can be answered, as far as the outcome of any one shows it: the target does not answer, rejects the
/// token, redirects, or shows a web page. `None` for an answer that is about the request itself.
#[cfg(feature = "cli")]
pub(crate) fn dead_end(base: &str, exchange: &Exchange) -> Option<Refusal> {
    let answer = match &exchange.outcome {
        Ok(answer) => answer,
        Err(Broken::TooLarge(excess)) => {
            let what = format!("{base} returns {excess}, more than scimulate reads");
            return Some(refusal(what, "ask for less, with a filter, --count or --attributes"));
        }
        Err(broken) => return Some(unreachable(base, broken)),
    };
    let is_signed_in =
        exchange.request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    match (answer.status, first_look(base, answer)) {
        // What a token may do depends on the request.
        (403, _) => None,
        (401, _) if !is_signed_in => Some(lacks_token(base, answer)),
        (_, Look::Refused(refusal)) => Some(refusal),
        (404, _) if is_page(answer) => Some(not_there(base)),
        (_, Look::Scim | Look::Doubtful(_)) => None,
    }
}

/// Why the questions could not be asked to their end, if so.
#[must_use]
pub fn unfinished(base: &str, sighting: &CircuitState) -> Option<Refusal> {
    match (&sighting.lost, &sighting.throttled) {
        (Some(lost), _) => Some(unreachable(base, lost)),
        (None, Some(_)) => Some(busy(base, None)),
        (None, None) => None,
    }
}

/// The target throttles; `pause` is what it asks for, as it says it.
fn busy(base: &str, pause: Option<&str>) -> Refusal {
    let pause: String =
        pause.unwrap_or_default().chars().filter(|letter| !letter.is_control()).take(40).collect();
    let what = match pause.is_empty() {
        true => format!("{base} keeps returning 429, or 503 with Retry-After"),
        false => format!(
            "{base} is busy and asks for a pause (Retry-After: {pause}) that is longer than scimulate waits"
        ),
    };
    refusal(what, "try again later, allow longer pauses with --max-wait, or send more slowly with --pace")
}

async fn ask<T: Target>(target: &T, request: Request) -> Result<Answer, Broken> {
    target.send(Request { actor: Actor::Probe, ..request }).await
}

/// True when a request carries credentials.
fn signs_in<T: Target>(target: &T, request: &Request) -> bool {
    let sent = target.sent_as(request);
    sent.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"))
}

fn document(answer: &Option<Answer>) -> Option<&Value> {
    answer.as_ref().filter(|answer| answer.is_success()).and_then(|answer| answer.body.json())
}

/// What the first answer tells.
#[derive(Debug)]
enum Look {
    Scim,
    /// Perhaps the service is there and answers this one question wrongly.
    Doubtful(Refusal),
    Refused(Refusal),
}

/// A 401 to a request without a token.
fn lacks_token(base: &str, answer: &Answer) -> Refusal {
    refusal(
        format!("{base} wants a token (401{}), and none was given", detail(answer)),
        "put the token that Entra would send into SCIMULATE_TOKEN, or name a file with --token-file",
    )
}

pub(in crate::run) fn refusal(what: impl Into<String>, next: impl Into<String>) -> Refusal {
    Refusal { what: what.into(), next: next.into(), left_behind: Vec::new() }
}

fn first_look(base: &str, answer: &Answer) -> Look {
    let status = answer.status;
    match status {
        401 => {
            return Look::Refused(refusal(
                format!("{base} does not accept the token (401{})", detail(answer)),
                "check that SCIMULATE_TOKEN or --token-file holds the token Entra would send, for this tenant, and that it has not expired; tokens of a token endpoint must be meant for this server (--oauth-scope)",
            ));
        }
        403 => {
            return Look::Refused(refusal(
                format!("{base} accepts the token but does not let it read users (403{})", detail(answer)),
                "give the token the right to read and write users and groups",
            ));
        }
        407 => {
            return Look::Refused(refusal(
                "the proxy requires credentials (407)",
                "put them into the proxy's URL in HTTP_PROXY or HTTPS_PROXY, or add the host to NO_PROXY",
            ));
        }
        _ if answer.is_throttled() => return Look::Refused(busy(base, answer.header("retry-after"))),
        503 => {
            return Look::Refused(refusal(
                format!("{base} is unavailable (503{})", detail(answer)),
                "run again when it is back",
            ));
        }
        300..=399 => return Look::Refused(redirected(base, answer)),
        _ => {}
    }
    if is_page(answer) && status != 404 && status < 500 {
        return Look::Refused(refusal(
            format!(
                "{base} returns a web page ({status}), probably a login or a start page, instead of JSON"
            ),
            "give the SCIM base URL, the one with /Users and /ServiceProviderConfig below it",
        ));
    }
    // A SCIM service says 404 below a wrong base path too.
    if speaks_scim(answer) && status != 404 {
        return Look::Scim;
    }
    Look::Doubtful(match status {
        404 => not_there(base),
        500.. => refusal(
            format!("{base} fails on the first request ({status}{})", detail(answer)),
            "check the server's log: the request was GET /Users with a filter that matches no user",
        ),
        200..=299 if answer.body.is_empty() => refusal(
            format!("{base} returns {status} without a body instead of an empty ListResponse"),
            "check that the URL is the SCIM base URL and not, for example, a health check",
        ),
        200..=299 => refusal(
            format!("{base} returns {status} with something that is not SCIM ({})", kind(answer)),
            "give the SCIM base URL, the one with /Users and /ServiceProviderConfig below it",
        ),
        _ => refusal(
            format!("{base} returns {status} to a query for a user that does not exist{}", detail(answer)),
            "check the URL; a SCIM service returns 200 with an empty ListResponse (RFC 7644 §3.4.2)",
        ),
    })
}

fn not_there(base: &str) -> Refusal {
    let endpoint = ["/Users", "/Groups", "/Schemas"].into_iter().find(|end| base.ends_with(end));
    refusal(
        format!("no SCIM service found at {base}: GET {base}/Users returns 404"),
        match endpoint {
            Some(endpoint) => {
                format!("give the base URL without {endpoint}: {}", base.trim_end_matches(endpoint))
            }
            None => "check the base path; often it is /scim or /scim/v2".to_owned(),
        },
    )
}

/// Entra's credentials are not sent where a redirect points, so the URL must be the final one.
fn redirected(base: &str, answer: &Answer) -> Refusal {
    let what = |to: &str| {
        format!(
            "{base} redirects ({}){to}, and scimulate does not send credentials to another \
                            URL",
            answer.status
        )
    };
    let Some(location) = answer.header("location") else {
        return refusal(what(""), "give the final URL of the SCIM service");
    };
    // Queries of redirects may carry secrets.
    let place = location.split(['?', '#']).next().unwrap_or("");
    let next = match place.trim_end_matches('/').strip_suffix("/Users") {
        Some(moved) if moved == base => {
            return refusal(
                format!("{base}/Users redirects ({}) to itself", answer.status),
                "check the server's routes, and a proxy before it that expects another host or scheme",
            );
        }
        Some(moved) if moved.starts_with("http") => format!("write --target {moved}"),
        _ => "give the final URL of the SCIM service; a redirect to a login page means that the URL is not the API's"
            .to_owned(),
    };
    refusal(what(&format!(" to {place}")), next)
}

fn unreachable(base: &str, broken: &Broken) -> Refusal {
    let what = |why: &str| format!("{base} cannot be reached: {why}");
    match broken {
        Broken::Refused(why) => refusal(
            what(&format!("connection refused, {why}")),
            "start the server or correct the port; --wait-for URL waits until it is up",
        ),
        Broken::NoSuchHost(why) => {
            refusal(what(why), "check the spelling of the host, or the network's DNS server")
        }
        Broken::Tls(why) => refusal(
            what(&format!("TLS failed, {why}")),
            if why.contains("does not speak TLS") {
                "write http:// if the server speaks plain HTTP on this port"
            } else if why.contains("signed") {
                "name the PEM file of the certificate's authority with --cacert; Entra itself accepts public authorities only"
            } else {
                "give the server a certificate that is valid for this host"
            },
        ),
        Broken::TimedOut(limit) | Broken::Unrefused(limit) => refusal(
            what(&format!("no complete answer within {limit:?}")),
            "check that a firewall lets the connection through; --timeout waits longer, Entra gives up after 60 seconds",
        ),
        Broken::Protocol(why) | Broken::Unwritable(why) => {
            refusal(what(why), "check host, port and scheme of the URL")
        }
        Broken::TooLarge(excess) => refusal(
            format!("{base} answers a filter that matches no user with {excess}"),
            "check that the server applies the filter",
        ),
        Broken::NoToken(why) => refusal(why.what.clone(), why.next.clone()),
        Broken::Withheld(why) | Broken::Unproven(why) => refusal(why.clone(), "correct that and run again"),
        Broken::Unjournalled(why) => {
            refusal(why.clone(), "check the disk and the permissions of that folder")
        }
        Broken::Gone(why) => refusal(format!("{base} answers every request {why}"), "check the server's log"),
        Broken::Interrupted => refusal("interrupted before the target answered", "run again"),
    }
}

/// A web page, by its media type or by its first bytes.
fn is_page(answer: &Answer) -> bool {
    let declared = answer.header("content-type").unwrap_or("").to_ascii_lowercase();
    let text = answer.body.text();
    let begin: String = text.trim_start().chars().take(9).collect::<String>().to_ascii_lowercase();
    answer.body.json().is_none()
        && (declared.contains("html") || begin.starts_with("<!doctype") || begin.starts_with("<html"))
}

/// A ListResponse, a SCIM error, or anything that names a schema of SCIM.
fn speaks_scim(answer: &Answer) -> bool {
    let Some(body) = answer.body.json() else { return false };
    let names_schema = reader::member(body, "schemas").is_some_and(|schemas| {
        let mut names = schemas.as_array().into_iter().flatten().filter_map(Value::as_str);
        names.any(|name| name.to_ascii_lowercase().starts_with("urn:ietf:params:scim:"))
    });
    // `{"status": 404, "detail": …}` alone is how many frameworks say that there is no such route.
    let refusal =
        !answer.is_success() && ErrorMessage::read(body).is_some_and(|error| error.scim_type.is_some());
    names_schema || refusal || (answer.is_success() && ListResponse::read(body).is_some())
}

/// The server's own words, if it has any: at most 120 characters of them.
pub(crate) fn detail(answer: &Answer) -> String {
    let body = answer.body.json();
    let said = body
        .and_then(|body| {
            ["detail", "message", "error_description", "error"]
                .iter()
                .find_map(|name| reader::member(body, name))
        })
        .and_then(Value::as_str);
    match said {
        Some(said) => {
            let words: String = said.chars().filter(|letter| !letter.is_control()).take(120).collect();
            format!(": {words}")
        }
        None => String::new(),
    }
}

fn kind(answer: &Answer) -> String {
    match (answer.body.json(), answer.header("content-type")) {
        (Some(_), _) => "JSON without a SCIM schema".to_owned(),
        (None, Some(declared)) => declared.chars().filter(|letter| !letter.is_control()).take(60).collect(),
        (None, None) => "no media type".to_owned(),
    }
}

/// What the published documents and the answer about a group that does not exist tell.
fn abilities(discovery: &Discovery, groups: Option<&Answer>) -> Abilities {
    let no = |why: String| Support::No(Skip::NotSupported(why));
    let said = |ability: &str, feature: &str| match discovery.supports(feature) {
        Some(true) => Support::Yes(format!("ServiceProviderConfig: {feature}.supported is true")),
        Some(false) => no(format!("ServiceProviderConfig: {feature}.supported is false")),
        // Nobody promised it, so that nothing is to be held against the target.
        None if discovery.config.is_some() => no(format!("ServiceProviderConfig does not mention {ability}")),
        None => no(format!("the server has no ServiceProviderConfig to announce {ability}")),
    };
    let by_answer = groups.map(|answer| (answer.status, speaks_scim(answer)));
    let listed = discovery.serves("/Groups");
    let group = match (listed, by_answer) {
        (Some(false), _) => no("ResourceTypes has no endpoint /Groups".to_owned()),
        (_, Some((404 | 405 | 501, _))) if listed != Some(true) => {
            no(format!("GET /Groups returns {}", by_answer.map_or(404, |(status, _)| status)))
        }
        (Some(true), _) => Support::Yes("ResourceTypes has /Groups".to_owned()),
        (_, Some((200..=299, true))) => Support::Yes("GET /Groups returns a SCIM answer".to_owned()),
        _ => Support::Unknown,
    };
    let cursor = match discovery.pages_by("cursor") {
        Some(true) => Support::Yes("ServiceProviderConfig: pagination.cursor is true".to_owned()),
        Some(false) => no("ServiceProviderConfig: pagination.cursor is false".to_owned()),
        // RFC 9865 §4 makes the announcement a must for servers that have it.
        None if discovery.config.is_some() => {
            no("ServiceProviderConfig does not announce paging by cursor".to_owned())
        }
        None => no("the server has no ServiceProviderConfig to announce paging by cursor".to_owned()),
    };
    Abilities {
        abilities: vec![
            (Ability::Groups, group),
            (Ability::Bulk, said("bulk", "bulk")),
            (Ability::Sort, said("sorting", "sort")),
            (Ability::Etag, said("ETag", "etag")),
            (Ability::Cursor, cursor),
            (Ability::Search, Support::Unknown),
            (Ability::Me, Support::Unknown),
        ],
        refused: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
