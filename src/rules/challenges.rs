//! What a refusal says in its headers: which credentials are missing or wrong, and which methods there are.

use super::View;
use super::declaration::DemandSource::Rfc;
use super::declaration::{Complaint, RuleDeclaration, RuleJudge};
use crate::check::Level;

pub(super) const RULES: &[&RuleDeclaration] =
    &[&CHALLENGE_MISSING, &TOKEN_ERROR_MISSING, &TOKEN_ERROR_UNASKED, &ALLOW_MISSING];

const CHALLENGE_MISSING: RuleDeclaration = RuleDeclaration {
    name: "challenge-missing",
    title: "401 names the authentication scheme",
    level: Level::Note,
    what: "A 401 response has a WWW-Authenticate header.",
    why: "The header says whether the token is missing, expired or of the wrong type.",
    fix: "Send `WWW-Authenticate: Bearer` with every 401, with an `error` parameter when the token is wrong.",
    entra: "\"You appear to have entered invalid credentials\" without a reason.",
    refs: &[Rfc("7235#3.1 MUST"), Rfc("6750#3 MUST")],
    faults: &["challenge-missing"],
    judges: |view| view.status() == Some(401),
    judge: RuleJudge::Exchange(challenge_missing),
};

fn challenge_missing(view: &View<'_>) -> Vec<Complaint> {
    match view.answer() {
        Some(answer) if answer.status == 401 && answer.header("www-authenticate").is_none() => {
            Complaint::new("The server returns 401 without WWW-Authenticate.")
                .concerning("WWW-Authenticate")
                .against("WWW-Authenticate: Bearer", "no such header")
                .into()
        }
        _ => Vec::new(),
    }
}

/// Every WWW-Authenticate header of an answer; there may be several, and several challenges in one.
fn challenges(view: &View<'_>) -> String {
    let headers = view.answer().map(|answer| answer.headers.as_slice()).unwrap_or_default();
    let named = headers.iter().filter(|(name, _)| name == "www-authenticate");
    named.map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(", ")
}

/// The parts of a list of challenges between the commas that are not quoted.
fn parts(challenges: &str) -> Vec<&str> {
    let (mut quoted, mut escaped) = (false, false);
    let between = |c: char| {
        let ends = c == ',' && !quoted;
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = quoted,
            '"' => quoted = !quoted,
            _ => {}
        }
        ends
    };
    challenges.split(between).map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// The error code of the Bearer challenge in a 401: `Some(None)` where the challenge has no code. `None` where there is
/// no Bearer challenge, or one of another scheme beside it.
fn error_code(view: &View<'_>) -> Option<Option<String>> {
    let all = challenges(view);
    let (mut bearer, mut code) = (false, None);
    for part in parts(&all) {
        // `Bearer`, or `Bearer realm="x"`: a scheme stands alone or before the first parameter.
        let (scheme, parameter) = match part.split_once([' ', '\t']) {
            Some((scheme, rest)) if !scheme.contains('=') && !rest.trim_start().starts_with('=') => {
                (Some(scheme), rest.trim())
            }
            None if !part.contains('=') => (Some(part), ""),
            _ => (None, part),
        };
        if let Some(scheme) = scheme {
            if !scheme.eq_ignore_ascii_case("bearer") {
                return None;
            }
            bearer = true;
        }
        if let Some((name, value)) = parameter.split_once('=')
            && name.trim().eq_ignore_ascii_case("error")
        {
            code = Some(value.trim().trim_matches('"').to_owned());
        }
    }
    bearer.then_some(code)
}

/// The Authorization header of a request as it went out, without its secret.
fn authorization<'v>(view: &View<'v>) -> Option<&'v str> {
    let headers = &view.exchange.request.headers;
    let own = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    own.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
}

/// A 401 to a request with a bearer token, whose challenge is one of Bearer.
fn refuses_token(view: &View<'_>) -> bool {
    let sent = authorization(view).and_then(|value| value.split_once(' '));
    let has_token =
        sent.is_some_and(|(scheme, token)| scheme.eq_ignore_ascii_case("bearer") && !token.is_empty());
    view.status() == Some(401) && has_token && error_code(view).is_some()
}

/// A 401 to a request without any credentials, whose challenge is one of Bearer.
fn asks_for_token(view: &View<'_>) -> bool {
    view.status() == Some(401) && authorization(view).is_none() && error_code(view).is_some()
}

const TOKEN_ERROR_MISSING: RuleDeclaration = RuleDeclaration {
    name: "token-error-missing",
    title: "401 says that the token is wrong",
    level: Level::Note,
    what: "The Bearer challenge of a 401 to a request with a token has `error=\"invalid_token\"`. Challenges of \
           other schemes are not judged.",
    why: "Without the error code, a client cannot tell an expired token from one that did not arrive. Clients that \
          can get a new token do so when they read this code.",
    fix: "Send `WWW-Authenticate: Bearer error=\"invalid_token\"` when the token is expired, revoked or unknown.",
    entra: "\"You appear to have entered invalid credentials\" without a reason.",
    refs: &[Rfc("6750#3 SHOULD"), Rfc("6750#3.1")],
    faults: &["token-error-missing"],
    judges: refuses_token,
    judge: RuleJudge::Exchange(token_error_missing),
};

fn token_error_missing(view: &View<'_>) -> Vec<Complaint> {
    match error_code(view) {
        Some(code) if code.as_deref() != Some("invalid_token") => {
            Complaint::new("A 401 to a request with a wrong token does not say so in WWW-Authenticate.")
                .concerning("WWW-Authenticate")
                .against("error=\"invalid_token\"", code.unwrap_or_else(|| "no error code".to_owned()))
                .into()
        }
        _ => Vec::new(),
    }
}

const TOKEN_ERROR_UNASKED: RuleDeclaration = RuleDeclaration {
    name: "token-error-unasked",
    title: "401 names no error where no token was sent",
    level: Level::Note,
    what: "The Bearer challenge of a 401 to a request without credentials has no `error`. Challenges of other schemes \
           are not judged.",
    why: "A client that reads invalid_token gets a new token, although it only has to send the one it has.",
    fix: "Send `WWW-Authenticate: Bearer` without `error` when the request has no Authorization header.",
    entra: "Nothing: Entra always sends a token.",
    refs: &[Rfc("6750#3.1 SHOULD")],
    faults: &["token-error-unasked"],
    judges: asks_for_token,
    judge: RuleJudge::Exchange(token_error_unasked),
};

fn token_error_unasked(view: &View<'_>) -> Vec<Complaint> {
    match error_code(view) {
        Some(Some(code)) => Complaint::new("A 401 to a request without a token names an error.")
            .concerning("WWW-Authenticate")
            .against("no error code", code)
            .into(),
        _ => Vec::new(),
    }
}

const ALLOW_MISSING: RuleDeclaration = RuleDeclaration {
    name: "allow-missing",
    title: "405 lists the methods there are",
    level: Level::Note,
    what: "A 405 response has an Allow header. It may be empty.",
    why: "The header tells an endpoint without this method from one that does not exist.",
    fix: "Send `Allow` with every 405, as `Allow: GET, PUT, PATCH, DELETE` for a user.",
    entra: "Nothing: Entra does not read it.",
    refs: &[Rfc("9110#15.5.6 MUST")],
    faults: &["allow-missing"],
    judges: |view| view.status() == Some(405),
    judge: RuleJudge::Exchange(allow_missing),
};

fn allow_missing(view: &View<'_>) -> Vec<Complaint> {
    match view.answer() {
        Some(answer) if answer.status == 405 && answer.header("allow").is_none() => {
            Complaint::new("The server returns 405 without Allow.")
                .concerning("Allow")
                .against("Allow: the methods of the endpoint", "no such header")
                .into()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scenario_run::{ScenarioRun, answer, error};
    use crate::wire::{Actor, Method, Request};

    fn refused(status: u16, authorization: &str, headers: &[(&str, &str)]) -> ScenarioRun {
        let request = Request::new(Actor::Probe, Method::Get, "/Users", "test").provoked();
        let mut answer = answer(status, &error(status, None));
        answer.headers.extend(headers.iter().map(|(name, value)| ((*name).into(), (*value).into())));
        let mut scenario_run = ScenarioRun::published();
        scenario_run.send(request.with_header("Authorization", authorization), Ok(answer));
        scenario_run
    }

    fn challenged(authorization: &str, challenge: &str) -> ScenarioRun {
        refused(401, authorization, &[("www-authenticate", challenge)])
    }

    #[test]
    fn a_401_without_a_challenge_is_found() {
        refused(401, "Bearer wrong", &[]).finds("challenge-missing", 1, Level::Note);
        challenged("", "Bearer").finds("challenge-missing", 0, Level::Note);
    }

    #[test]
    fn a_wrong_token_is_called_invalid() {
        for wrong in ["Bearer", "Bearer realm=\"a, error=b\"", "Bearer realm=x, error=\"invalid_request\""] {
            challenged("Bearer wrong", wrong).finds("token-error-missing", 1, Level::Note);
        }
        for right in [
            "Bearer error=\"invalid_token\"",
            "bearer realm=\"a\", error = invalid_token, error_description=\"x\"",
            "Basic realm=\"a\"",
            "Basic realm=\"a\", Bearer",
            "Negotiate",
        ] {
            challenged("Bearer wrong", right).finds("token-error-missing", 0, Level::Note);
        }
        for other in ["", "Bearer", "Basic YTpi"] {
            challenged(other, "Bearer realm=\"a\"").is_right();
        }
    }

    #[test]
    fn without_a_token_nothing_is_called_invalid() {
        challenged("", "Bearer error=\"invalid_token\"").finds("token-error-unasked", 1, Level::Note);
        challenged("", "Bearer error_description=\"x\"").finds("token-error-unasked", 0, Level::Note);
        challenged("Bearer wrong", "Bearer error=\"invalid_token\"").is_right();
    }

    #[test]
    fn a_405_has_allow() {
        refused(405, "Bearer right", &[]).finds("allow-missing", 1, Level::Note);
        refused(405, "Bearer right", &[("allow", "")]).finds("allow-missing", 0, Level::Note);
    }
}
