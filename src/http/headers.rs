//! Headers of requests: what may be given, and how they are shown.

use http::header::{AUTHORIZATION, CONTENT_LENGTH, COOKIE, HOST, PROXY_AUTHORIZATION, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use super::ClientProblem;
use super::secrets::REDACTED;

/// Headers as they go over the wire, without credentials and without the values of those that are `hidden`.
pub(super) fn shown(headers: &HeaderMap, hidden: &[HeaderName]) -> Vec<(String, String)> {
    let shown = |(name, value): (&HeaderName, &HeaderValue)| {
        let text = String::from_utf8_lossy(value.as_bytes());
        let value = if [AUTHORIZATION, PROXY_AUTHORIZATION].contains(name) {
            // A value of one word is the token itself.
            let scheme = text.split_once(' ').map(|(scheme, _)| format!("{scheme} "));
            format!("{}{REDACTED}", scheme.unwrap_or_default())
        } else if hidden.contains(name) || *name == COOKIE {
            REDACTED.to_owned()
        } else {
            text.into_owned()
        };
        (title_case(name.as_str()), value)
    };
    headers.iter().map(shown).collect()
}

/// Header names as hyper writes them: a capital after the beginning and after each hyphen.
pub(super) fn title_case(name: &str) -> String {
    let mut after_hyphen = true;
    name.chars()
        .map(|letter| {
            let written = if after_hyphen { letter.to_ascii_uppercase() } else { letter };
            after_hyphen = letter == '-';
            written
        })
        .collect()
}

/// Writes another scheme in front of a token, if it can stand there.
pub(super) fn respell(value: &mut HeaderValue, scheme: &str) {
    let token = value.to_str().ok().and_then(|text| text.strip_prefix("Bearer "));
    if let Some(Ok(mut other)) = token.map(|token| HeaderValue::from_str(&format!("{scheme} {token}"))) {
        other.set_sensitive(true);
        *value = other;
    }
}

/// The value of `Authorization` for a token.
pub(super) fn bearer(token: &SecretString) -> Result<HeaderValue, ClientProblem> {
    let text = token.expose_secret();
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        let what = if text.is_empty() {
            "the token is empty"
        } else {
            "the token contains a space, a line break or a character that is not ASCII"
        };
        return Err(ClientProblem::new(
            what,
            "give only the token, without `Bearer` in front and without quotes",
        ));
    }
    let mut value = HeaderValue::from_str(&format!("Bearer {text}"))
        .map_err(|_| ClientProblem::new("the token cannot be sent in a header", "give only the token"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Reads the name of a header that is given beside Entra's.
pub(super) fn header_name(name: &str) -> Result<HeaderName, ClientProblem> {
    let next = "write --header NAME=VALUE, for example --header X-Api-Key=abc";
    let parsed = name
        .parse::<HeaderName>()
        .map_err(|_| ClientProblem::new(format!("`{name}` is not a valid header name"), next))?;
    if [HOST, CONTENT_LENGTH].contains(&parsed) || parsed == TRANSFER_ENCODING {
        return Err(ClientProblem::new(
            format!(
                "the header {} is set from the URL and the body and cannot be changed",
                title_case(parsed.as_str())
            ),
            "leave it out",
        ));
    }
    Ok(parsed)
}

/// Reads its value.
pub(super) fn header_value(name: &str, value: &SecretString) -> Result<HeaderValue, ClientProblem> {
    let mut parsed = HeaderValue::from_str(value.expose_secret()).map_err(|_| {
        ClientProblem::new(
            format!("the value of the header {name} contains a line break or a control character"),
            "write it on one line",
        )
    })?;
    parsed.set_sensitive(true);
    Ok(parsed)
}
