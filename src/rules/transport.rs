//! HTTP around the messages: failures, redirects, access, throttling, time and size.

use super::View;
use super::declaration::DemandSource::{Field, Microsoft, Rfc};
use super::declaration::{Complaint, RuleDeclaration, RuleJudge};
use super::refusals::disables;
use super::subject;
use crate::check::Level;
use crate::wire::{Actor, Answer, Broken, Operation, ResourceKind};
use std::time::Duration;

pub(super) const RULES: &[&RuleDeclaration] = &[
    &SERVER_ERROR,
    &REDIRECTED,
    &CONNECTION_BROKEN,
    &ACCESS_REFUSED,
    &RETRY_AFTER_MISSING,
    &ANSWER_SLOW,
    &ANSWER_LARGE,
];

const SERVER_ERROR: RuleDeclaration = RuleDeclaration {
    name: "server-error",
    title: "No request causes a server error",
    level: Level::Error,
    what: "No request returns 5xx; 501 is valid for features that are not implemented. Invalid requests \
           return 4xx: a 5xx there is a warning. scimulate waits after 503 with Retry-After and does not \
           report it. A disable that fails is critical; 502, 503 and 504 are not, because the request is sent again.",
    why: "Entra considers a 5xx temporary and sends the same request again and again; the real cause, such \
          as an unknown member or a missing e-mail, is never reported.",
    fix: "Look into the server's log for the exception. What Entra sends must be accepted; return 4xx with a SCIM error \
          for everything that is wrong with a request.",
    entra: "InternalServerError, retried after 40 minutes, again and again.",
    refs: &[
        Rfc("7644#3.12 SHOULD"),
        Microsoft("howto-analyze-provisioning-logs"),
        Field("lightdash/lightdash#24458"),
        Field("goauthentik/authentik#25987"),
    ],
    faults: &["patch-answers-500", "conflict-answers-500", "not-found-is-500", "apostrophe-breaks-filter"],
    judges: subject::an_answer,
    judge: RuleJudge::Exchange(server_error),
};

fn server_error(view: &View<'_>) -> Vec<Complaint> {
    let Some(status) = view.status().filter(|status| *status >= 500 && *status != 501) else {
        return Vec::new();
    };
    // 503 with Retry-After is throttling, said in another way.
    if view.answer().is_some_and(Answer::is_throttled) {
        return Vec::new();
    }
    let request = &view.exchange.request;
    let wanted = !request.provoked && request.actor != Actor::Probe;
    let kind = kind_of_request(view);
    let complaint = Complaint::new(format!("{kind} returns {status}."))
        .concerning(kind)
        .against(if wanted { "a 2xx status" } else { "a 4xx status" }, format!("status {status}"));
    match wanted {
        // 502 to 504 say that the server is not there for now: the disable is sent again.
        true if is_disable(view) && !(502..=504).contains(&status) => complaint.at(Level::Critical).into(),
        true => complaint.at(Level::Error).into(),
        false => complaint.at(Level::Warning).into(),
    }
}

/// A PATCH that takes somebody's access away.
fn is_disable(view: &View<'_>) -> bool {
    matches!(view.operation(), Operation::Modify(..)) && view.claims().any(disables)
}

/// What kind of request fails, without ids and values: different kinds have different causes.
fn kind_of_request(view: &View<'_>) -> String {
    let request = &view.exchange.request;
    let one = |kind: &ResourceKind| format!("{} {}/{{id}}", request.method.as_str(), kind.endpoint());
    match view.operation() {
        Operation::Modify(..) if is_disable(view) => "A disable".to_owned(),
        Operation::Modify(kind, _) => match only_attribute(view) {
            Some(name) => format!("PATCH {}/{{id}} of {name}", kind.endpoint()),
            None => one(kind),
        },
        Operation::Read(kind, _) | Operation::Replace(kind, _) | Operation::Delete(kind, _) => one(kind),
        Operation::Create(kind) => format!("POST {}", kind.endpoint()),
        Operation::Query { kind, .. } => {
            let mut with: Vec<String> = filtered_by(view).into_iter().collect();
            let parameters = ["attributes", "excludedAttributes", "sortBy", "count", "startIndex"];
            let sent = parameters.into_iter().filter(|name| request.parameter(name).is_some());
            with.extend(sent.map(str::to_owned));
            let with = if with.is_empty() { String::new() } else { format!(" with {}", with.join(" and ")) };
            format!("GET {}{with}", kind.endpoint())
        }
        Operation::Search => "POST .search".to_owned(),
        Operation::Discovery(path) => format!("GET {path}"),
        Operation::Other => {
            let endpoint = request.path.trim_matches('/').split('/').next().unwrap_or_default();
            format!("{} /{endpoint}", request.method.as_str())
        }
    }
}

/// The attribute of a PATCH that changes nothing else.
fn only_attribute(view: &View<'_>) -> Option<String> {
    let mut names: Vec<String> = view.claims().map(|claim| claim.spot.attribute.clone()).collect();
    names.dedup();
    names.pop().filter(|_| names.is_empty())
}

/// The attributes of a filter.
fn filtered_by(view: &View<'_>) -> Option<String> {
    view.exchange.request.parameter("filter")?;
    let Some(terms) = view.terms() else { return Some("a filter of another form than Entra's".to_owned()) };
    let mut names: Vec<String> = terms.iter().map(|term| term.path.to_string()).collect();
    names.sort();
    names.dedup();
    Some(format!("a filter on {}", names.join(" and ")))
}

const REDIRECTED: RuleDeclaration = RuleDeclaration {
    name: "redirected",
    title: "No request is redirected",
    level: Level::Error,
    what: "No response is a 3xx, except 304 to a conditional read. It is critical when every later request \
           is redirected too: no account can be disabled any more.",
    why: "A redirect usually leads to a login page or adds a slash; the token must not be sent to the new \
          URL, and a write is not repeated.",
    fix: "Serve the SCIM path directly, with and without a trailing slash, and keep sessions and logins out \
          of it.",
    entra: "SystemForCrossDomainIdentityManagementCredentialValidationUnavailable at Test Connection.",
    refs: &[Rfc("7644#3.2"), Field("HelpCode-ai/anythingmcp#536"), Field("HumanSignal/label-studio#3487")],
    faults: &["redirects-to-login"],
    judges: subject::an_answer,
    judge: RuleJudge::Exchange(redirected),
};

fn redirected(view: &View<'_>) -> Vec<Complaint> {
    match view.answer() {
        Some(answer) if (300..400).contains(&answer.status) && answer.status != 304 => {
            let place = answer.header("location").unwrap_or("nowhere");
            Complaint::new(format!("The server redirects the request with {}.", answer.status))
                .against("a response without a redirect", format!("{} to {place}", answer.status))
                .into()
        }
        _ => Vec::new(),
    }
}

/// Entra sends no body of so many bytes.
const LARGE_BODY: usize = 1 << 20;

const CONNECTION_BROKEN: RuleDeclaration = RuleDeclaration {
    name: "connection-broken",
    title: "Every request gets a response",
    level: Level::Error,
    what: "The response to a request is complete, in time and within the size limit. Wrong credentials that \
           are not rejected within five seconds are a note, and so is no response to a body of more than 1 MiB. \
           A disable without a response is critical.",
    why: "When a write gets no response, it is unknown whether it took effect. Entra sends the create again \
          and gets a conflict.",
    fix: "Look for a crash, a proxy's time limit, or a response that is far too large.",
    entra: "Timeout or WebExceptionProtocolError, retried after 40 minutes.",
    refs: &[Rfc("9110#15"), Microsoft("howto-analyze-provisioning-logs")],
    faults: &["connection-closed"],
    judges: subject::anything,
    judge: RuleJudge::Exchange(connection_broken),
};

fn connection_broken(view: &View<'_>) -> Vec<Complaint> {
    match &view.exchange.outcome {
        Err(broken @ (Broken::Protocol(_) | Broken::TimedOut(_) | Broken::TooLarge(_))) => {
            let size = view.exchange.request.body.as_deref().map_or(0, str::len);
            let kind = kind_of_request(view);
            let complaint = Complaint::new(format!("{kind} got no complete response."))
                .concerning(kind)
                .against("a response", broken.to_string());
            let complaint = if is_disable(view) { complaint.at(Level::Critical) } else { complaint };
            // A server may close the connection on a body that is too large (RFC 9110 §15.5.14).
            if size > LARGE_BODY { complaint.at(Level::Note).into() } else { complaint.into() }
        }
        // Making guesses slow is right; Entra's own tokens are never among these.
        Err(broken @ Broken::Unrefused(_)) => Complaint::new(
            "The server does not reject wrong credentials \
                                                              in time.",
        )
        .concerning("wrong credentials")
        .against("401", broken.to_string())
        .at(Level::Note)
        .into(),
        // The others say that the target is gone or that the request was not sent.
        _ => Vec::new(),
    }
}

const ACCESS_REFUSED: RuleDeclaration = RuleDeclaration {
    name: "access-refused",
    title: "The token authorizes every request Entra sends",
    level: Level::Error,
    what: "One bearer token is accepted on users, groups and discovery, for reads and writes. The disable or delete of \
           one user may be rejected with 403 if `[target] protects` names `last-admin`.",
    why: "Entra has one token for the whole job. A 401 puts the job into quarantine at once.",
    fix: "Give the token the rights of a provisioning client, for every method.",
    entra: "Unauthorized, InsufficientRights or NotPermitted; quarantine after a 401.",
    refs: &[Rfc("7644#2 MUST"), Microsoft("application-provisioning-quarantine-status")],
    faults: &["token-refused-on-groups", "first-user-protected"],
    judges: subject::in_earnest,
    judge: RuleJudge::Exchange(access_refused),
};

fn access_refused(view: &View<'_>) -> Vec<Complaint> {
    let request = &view.exchange.request;
    match view.status() {
        Some(status @ (401 | 403)) if !request.provoked && request.actor != Actor::Probe => {
            Complaint::new(format!("The request is rejected with {status}."))
                .against("the token is accepted", format!("status {status}"))
                .into()
        }
        _ => Vec::new(),
    }
}

const RETRY_AFTER_MISSING: RuleDeclaration = RuleDeclaration {
    name: "retry-after-missing",
    title: "429 says when to retry",
    level: Level::Warning,
    what: "A 429 response has Retry-After: seconds, or an HTTP date. With it, 429 is never a finding.",
    why: "Without it the client has to guess, and the job takes days or is throttled again.",
    fix: "Send Retry-After, and allow 25 requests per second and tenant, as the gallery requires.",
    entra: "TooManyRequests; quarantine if it persists.",
    refs: &[
        Rfc("6585#4 MAY"),
        Microsoft("app-gallery-user-provisioning-requirements"),
        Field("rancher/rancher#54870"),
    ],
    faults: &["throttles-without-retry-after"],
    judges: |view| view.status() == Some(429),
    judge: RuleJudge::Exchange(retry_after_missing),
};

fn retry_after_missing(view: &View<'_>) -> Vec<Complaint> {
    let Some(answer) = view.answer().filter(|answer| answer.status == 429) else {
        return Vec::new();
    };
    let stated = answer.header("retry-after").map(str::trim);
    let readable = |text: &str| text.parse::<u64>().is_ok() || super::time::is_http_date(text);
    match stated {
        Some(text) if readable(text) => Vec::new(),
        other => Complaint::new("A 429 response does not say when to retry.")
            .concerning("Retry-After")
            .against("Retry-After: seconds", other.unwrap_or("no such header"))
            .into(),
    }
}

/// Beyond this an answer is worth a note; Entra waits 60 seconds.
const SLOW: Duration = Duration::from_secs(5);

const ANSWER_SLOW: RuleDeclaration = RuleDeclaration {
    name: "answer-slow",
    title: "Responses come in time",
    level: Level::Note,
    what: "A response takes at most five seconds. Entra gives up after 60.",
    why: "A cycle makes several requests per person, one after the other.",
    fix: "Index the attributes that filters use; do not load members that were excluded.",
    entra: "Long cycles; Timeout beyond 60 seconds.",
    refs: &[
        Microsoft("howto-analyze-provisioning-logs"),
        Field("learn.microsoft.com/answers/questions/1151866"),
    ],
    faults: &["answers-slowly"],
    judges: subject::an_answer,
    judge: RuleJudge::Exchange(answer_slow),
};

fn answer_slow(view: &View<'_>) -> Vec<Complaint> {
    match view.answer() {
        Some(answer) if answer.elapsed > SLOW => {
            Complaint::new(format!("The response took {} seconds.", answer.elapsed.as_secs()))
                .against(
                    format!("{} seconds", SLOW.as_secs()),
                    format!("{:.1} seconds", answer.elapsed.as_secs_f64()),
                )
                .into()
        }
        _ => Vec::new(),
    }
}

/// Beyond this many bytes an answer is worth a note.
const LARGE: usize = 4 * 1024 * 1024;

const ANSWER_LARGE: RuleDeclaration = RuleDeclaration {
    name: "answer-large",
    title: "Responses are of reasonable size",
    level: Level::Note,
    what: "A response is at most 4 MiB.",
    why: "It holds a whole directory, or all members of a large group, where one entry was requested.",
    fix: "Limit pages, honour `count` and `excludedAttributes`.",
    entra: "Slow cycles.",
    refs: &[Rfc("7644#3.4.2.4"), Microsoft("use-scim-to-provision-users-and-groups")],
    faults: &["answers-padded"],
    judges: subject::an_answer,
    judge: RuleJudge::Exchange(answer_large),
};

fn answer_large(view: &View<'_>) -> Vec<Complaint> {
    let size = view.answer().map_or(0, |answer| answer.body.bytes().len());
    if size <= LARGE {
        return Vec::new();
    }
    Complaint::new("The response is very large.")
        .against(format!("at most {LARGE} bytes"), format!("{size} bytes"))
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scenario_run::{ScenarioRun, ada, answer, error};
    use crate::wire::{Answer, Method, Request};
    use serde_json::json;

    fn read() -> Request {
        Request::new(Actor::Entra, Method::Get, "/Users/1", "test")
    }

    fn answered(answer: Answer) -> ScenarioRun {
        let mut scenario_run = ScenarioRun::published();
        scenario_run.send(read(), Ok(answer));
        scenario_run
    }

    fn with_header(status: u16, name: &str, value: &str) -> Answer {
        let mut answer = answer(status, &error(status, None));
        answer.headers.push((name.into(), value.into()));
        answer
    }

    #[test]
    fn failures_are_found() {
        answered(answer(500, &error(500, None))).finds("server-error", 1, Level::Error);
        answered(answer(501, &error(501, None))).finds("server-error", 0, Level::Error);
        answered(with_header(503, "retry-after", "5")).finds("server-error", 0, Level::Error);
        let mut provoked = ScenarioRun::published();
        provoked.send(read().provoked(), Ok(answer(500, &error(500, None))));
        provoked.finds("server-error", 1, Level::Warning);
    }

    #[test]
    fn redirects_are_found() {
        answered(with_header(302, "location", "/login")).finds("redirected", 1, Level::Error);
        let mut not_modified = answer(304, &serde_json::Value::Null);
        not_modified.headers.clear();
        answered(not_modified).finds("redirected", 0, Level::Error);
    }

    #[test]
    fn broken_connections_are_found_and_unsent_requests_are_not() {
        for (broken, times) in [
            (Broken::TimedOut(Duration::from_secs(60)), 1),
            (Broken::Protocol("reset".into()), 1),
            (Broken::Withheld("not ours".into()), 0),
            (Broken::Interrupted, 0),
        ] {
            let mut scenario_run = ScenarioRun::published();
            scenario_run.send(read(), Err(broken));
            scenario_run.finds("connection-broken", times, Level::Error);
        }
        let mut large = ScenarioRun::published();
        let mut request = Request::new(Actor::Probe, Method::Post, "/Users", "test");
        request.body = Some("x".repeat(LARGE_BODY + 1).into());
        large.send(request, Err(Broken::Protocol("reset".into())));
        large.finds("connection-broken", 1, Level::Note);
    }

    #[test]
    fn authentication_is_judged() {
        answered(answer(401, &error(401, None))).finds("access-refused", 1, Level::Error);
        let mut provoked = ScenarioRun::published();
        provoked.send(read().provoked(), Ok(with_header(401, "www-authenticate", "Bearer")));
        provoked.is_right();
    }

    #[test]
    fn a_well_formed_429_is_no_finding() {
        for right in ["3", "Sun, 06 Nov 2033 08:49:37 GMT"] {
            answered(with_header(429, "retry-after", right)).is_right();
        }
        answered(answer(429, &error(429, None))).finds("retry-after-missing", 1, Level::Warning);
        answered(with_header(429, "retry-after", "soon")).finds("retry-after-missing", 1, Level::Warning);
    }

    #[test]
    fn slow_and_large_answers_are_notes() {
        let mut slow = answer(200, &ada(json!({})));
        slow.elapsed = Duration::from_secs(6);
        answered(slow).finds("answer-slow", 1, Level::Note);
        let large = answer(200, &ada(json!({"displayName": "x".repeat(LARGE)})));
        answered(large).finds("answer-large", 1, Level::Note);
        let right = answered(answer(200, &ada(json!({}))));
        right.finds("answer-slow", 0, Level::Note);
        right.finds("answer-large", 0, Level::Note);
    }
}
