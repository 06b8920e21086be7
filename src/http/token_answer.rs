//! What a token endpoint's answer means: a token, or one sentence that says why there is none.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::wire::{Answer, Broken, NoToken, Token};

/// Nobody hands out tokens for longer: a century, in seconds.
const ABSURD: f64 = 100.0 * 366.0 * 86_400.0;

/// Clocks that differ by less do not refuse each other's assertions, in seconds. RFC 7519 §4.1.4 speaks
/// of "a few minutes" of leeway.
const SKEW: u64 = 120;

/// Most characters of a server's own words.
const QUOTED: usize = 160;

fn no_token(what: String, next: impl Into<String>) -> NoToken {
    NoToken { what, next: next.into(), excused: false }
}

/// Reads the outcome of a request for a token. `endpoint` is its URL as it may be shown.
pub(super) fn read(endpoint: &str, outcome: &Result<Answer, Broken>) -> Result<Token, NoToken> {
    let answer = outcome.as_ref().map_err(|broken| unreachable(endpoint, broken))?;
    let status = answer.status;
    let body = answer.body.json();
    match status {
        200..=299 => {}
        300..=399 => return Err(redirected(endpoint, answer)),
        415 => {
            return Err(no_token(
                format!("the token endpoint {endpoint} does not accept a form (415{})", said(answer)),
                "accept application/x-www-form-urlencoded: Entra sends nothing else (RFC 6749 §4.4.2)",
            ));
        }
        404 | 405 if body.and_then(|body| body.get("error")).is_none() => {
            return Err(no_token(
                format!("no token endpoint found at {endpoint}: POST returns {status}"),
                "give the full URL of the token endpoint, for example https://auth.example.com/oauth2/token",
            ));
        }
        _ if is_page(answer) => return Err(web_page(endpoint, answer)),
        _ => return Err(refused(endpoint, answer)),
    }
    if is_page(answer) {
        return Err(web_page(endpoint, answer));
    }
    let wrong = |why: String, next: &str| no_token(format!("the token endpoint {endpoint} {why}"), next);
    let Some(Value::Object(members)) = body else {
        return Err(wrong(
            format!("returns {status} with something that is not a JSON object"),
            "return `{\"access_token\": …, \"token_type\": \"Bearer\", \"expires_in\": 3600}` (RFC 6749 \
             §5.1)",
        ));
    };
    let Some(token) = members.get("access_token").and_then(Value::as_str).filter(|token| !token.is_empty())
    else {
        return Err(wrong(
            format!("returns {status} without an access_token{}", said(answer)),
            "return access_token, token_type and expires_in (RFC 6749 §5.1), and errors with 400 or 401",
        ));
    };
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(wrong(
            "returns an access_token with a space or with characters that are not ASCII".to_owned(),
            "a bearer token contains neither (RFC 6750 §2.1)",
        ));
    }
    let kind = members.get("token_type").filter(|kind| !kind.is_null());
    if kind.is_some_and(|kind| !kind.as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("bearer"))) {
        return Err(wrong(
            format!("returns a token of type {}", clean(&kind.map(Value::to_string).unwrap_or_default())),
            "return `\"token_type\": \"Bearer\"`: Entra sends only bearer tokens",
        ));
    }
    Ok(Token { value: token.into(), lifetime: lifetime(endpoint, members.get("expires_in"))? })
}

/// `expires_in` in seconds; some servers write the number as text.
fn lifetime(endpoint: &str, value: Option<&Value>) -> Result<Option<Duration>, NoToken> {
    let value = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(value) => value,
    };
    let seconds = value.as_f64().or_else(|| value.as_str().and_then(|text| text.trim().parse().ok()));
    match seconds {
        Some(seconds) if (1.0..=ABSURD).contains(&seconds) => Ok(Some(Duration::from_secs_f64(seconds))),
        _ => Err(no_token(
            format!("the token endpoint {endpoint} returns expires_in {}", clean(&value.to_string())),
            "return the token's lifetime as a number of seconds; Microsoft asks for 3600 to 21600",
        )),
    }
}

fn unreachable(endpoint: &str, broken: &Broken) -> NoToken {
    let next = match broken {
        Broken::Refused(_) | Broken::NoSuchHost(_) => {
            "check host and port of --token-endpoint, and that the server runs"
        }
        Broken::Tls(why) if why.contains("signed") => {
            "name the PEM file of the certificate's authority with --cacert; Entra itself accepts public authorities only"
        }
        Broken::Tls(_) => "give the server a certificate that is valid for this host",
        Broken::TimedOut(_) | Broken::Unrefused(_) => {
            "check that a firewall lets the connection through; --timeout waits longer"
        }
        _ => "check host, port and scheme of --token-endpoint",
    };
    no_token(format!("the token endpoint {endpoint} cannot be reached: {broken}"), next)
}

fn redirected(endpoint: &str, answer: &Answer) -> NoToken {
    // Queries of redirects may carry secrets.
    let place =
        answer.header("location").and_then(|location| location.split(['?', '#']).next()).unwrap_or("");
    let to = if place.is_empty() { String::new() } else { format!(" to {}", clean(place)) };
    no_token(
        format!(
            "the token endpoint {endpoint} redirects ({}){to}, and scimulate does not send credentials to \
             another URL",
            answer.status
        ),
        "give the final URL of the token endpoint",
    )
}

fn web_page(endpoint: &str, answer: &Answer) -> NoToken {
    no_token(
        format!(
            "the token endpoint {endpoint} returns a web page ({}), probably a login or a start page",
            answer.status
        ),
        "give the URL of the token endpoint itself, the one that accepts grant_type=client_credentials",
    )
}

fn refused(endpoint: &str, answer: &Answer) -> NoToken {
    let mut next = match code(answer) {
        Some("invalid_client") | None if answer.status == 401 => {
            "check client id and secret, and whether the server expects them in the header or in the body \
             (--credentials-in)"
        }
        Some("invalid_client") => "check client id and secret, and --credentials-in",
        Some("invalid_scope") => "check --oauth-scope against the scopes the server knows",
        Some("unauthorized_client" | "unsupported_grant_type") => {
            "allow the grant client_credentials for this client: Entra uses no other"
        }
        Some("invalid_request") => {
            "compare the parameters with RFC 6749 §4.4.2; --credentials-in body sends client_id in the form"
        }
        _ => "check the log of the token endpoint",
    }
    .to_owned();
    if let Some(skew) = skew(answer) {
        next = format!("set the clocks: this machine's and the server's differ by {} s", skew.as_secs());
    }
    no_token(
        format!("the token endpoint {endpoint} rejects the request ({}{})", answer.status, said(answer)),
        next,
    )
}

/// The error code of RFC 6749 §5.2.
pub(super) fn code(answer: &Answer) -> Option<&str> {
    answer.body.json()?.get("error")?.as_str()
}

/// By how much the server's clock differs, if it matters.
pub(super) fn skew(answer: &Answer) -> Option<Duration> {
    let theirs = httpdate::parse_http_date(answer.header("date")?).ok()?;
    let ours = SystemTime::now();
    let differ = ours.duration_since(theirs).or_else(|_| theirs.duration_since(ours)).ok()?;
    (differ.as_secs() > SKEW).then_some(differ)
}

/// The server's own words: `error` and `error_description`, or whatever comes near.
fn said(answer: &Answer) -> String {
    let Some(body) = answer.body.json() else { return String::new() };
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(clean);
    match (text("error"), text("error_description").or_else(|| text("message")).or_else(|| text("detail"))) {
        (Some(error), Some(description)) => format!(", {error}: {description}"),
        (Some(one), None) | (None, Some(one)) => format!(", {one}"),
        (None, None) => String::new(),
    }
}

/// A server's words cannot move the cursor, and are not endless.
fn clean(text: &str) -> String {
    let letters = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    let mut clean: String = letters.clone().take(QUOTED).collect();
    if letters.count() > QUOTED {
        clean.push('…');
    }
    clean
}

/// A web page, by its media type or by its first bytes.
fn is_page(answer: &Answer) -> bool {
    let declared = answer.header("content-type").unwrap_or("").to_ascii_lowercase();
    let text = answer.body.text();
    let begin = text.trim_start().get(..9).unwrap_or("").to_ascii_lowercase();
    answer.body.json().is_none()
        && (declared.contains("html") || begin.starts_with("<!doctype") || begin.starts_with("<html"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Body;
    use secrecy::ExposeSecret;
    use serde_json::json;

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Result<Token, NoToken> {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let body = Body::new(body.as_bytes().to_vec());
        read("http://auth/token", &Ok(Answer { status, headers, body, elapsed: Duration::ZERO }))
    }

    fn token(body: Value) -> Result<Token, NoToken> {
        answer(200, &[], &body.to_string())
    }

    #[test]
    fn tokens_are_read_as_the_rfc_and_real_servers_write_them() {
        let good =
            token(json!({ "access_token": "abc", "token_type": "bearer", "expires_in": 3600 })).unwrap();
        assert_eq!(good.value.expose_secret(), "abc");
        assert_eq!(good.lifetime, Some(Duration::from_secs(3600)));
        let text = token(json!({ "access_token": "abc", "expires_in": "3599" })).unwrap();
        assert_eq!(text.lifetime, Some(Duration::from_secs(3599)));
        assert_eq!(token(json!({ "access_token": "abc" })).unwrap().lifetime, None);
    }

    #[test]
    fn every_failure_has_one_sentence_and_a_next_step() {
        let good = |more: Value| {
            let mut body = json!({ "access_token": "abc", "token_type": "Bearer", "expires_in": 3600 });
            for (name, value) in more.as_object().unwrap() {
                body[name] = value.clone();
            }
            token(body)
        };
        let html = [("content-type", "text/html; charset=utf-8")];
        let error = r#"{"error":"invalid_client","error_description":"no such\u001b client"}"#;
        for (outcome, what, next) in [
            (answer(200, &html, "<html>"), "a web page (200)", "grant_type=client_credentials"),
            (answer(500, &[], "<!DOCTYPE html><p>"), "a web page (500)", "token endpoint itself"),
            (answer(415, &[], ""), "does not accept a form (415)", "x-www-form-urlencoded"),
            (
                answer(401, &[], error),
                "rejects the request (401, invalid_client: no such  client)",
                "--credentials-in",
            ),
            (answer(400, &[], r#"{"error":"invalid_scope"}"#), "(400, invalid_scope)", "--oauth-scope"),
            (answer(503, &[], ""), "rejects the request (503)", "log"),
            (answer(404, &[], ""), "no token endpoint found at http://auth/token", "full URL"),
            (
                answer(302, &[("location", "/login?secret=1")], ""),
                "redirects (302) to /login, and",
                "final URL",
            ),
            (answer(200, &[], "abc"), "not a JSON object", "access_token"),
            (token(json!({ "token": "abc" })), "without an access_token", "RFC 6749"),
            (good(json!({ "token_type": "MAC" })), "of type \"MAC\"", "Bearer"),
            (good(json!({ "expires_in": 0 })), "expires_in 0", "3600"),
            (good(json!({ "expires_in": -5 })), "expires_in -5", "3600"),
            (good(json!({ "expires_in": 1e300 })), "expires_in 1e+300", "3600"),
            (good(json!({ "expires_in": "soon" })), "expires_in \"soon\"", "3600"),
            (good(json!({ "access_token": "a b" })), "with a space", "RFC 6750"),
        ] {
            let problem = outcome.unwrap_err();
            assert!(problem.what.contains(what), "{problem:?} for {what}");
            assert!(problem.next.contains(next), "{problem:?} for {next}");
        }
    }

    #[test]
    fn clocks_that_differ_are_named() {
        let date = httpdate::fmt_http_date(SystemTime::now() - Duration::from_secs(7200));
        let problem = answer(400, &[("date", &date)], r#"{"error":"invalid_client"}"#).unwrap_err();
        assert!(problem.next.contains("set the clocks") && problem.next.contains("72"), "{problem:?}");
    }

    #[test]
    fn an_endpoint_that_cannot_be_reached_is_told_by_its_reason() {
        let of = |broken| read("http://auth/token", &Err(broken)).unwrap_err();
        assert!(of(Broken::Refused("nobody".into())).what.contains("cannot be reached: connection refused"));
        assert!(of(Broken::Tls("the certificate is not signed by …".into())).next.contains("--cacert"));
    }
}
