use std::time::SystemTime;

use serde_json::Value;

use super::{Answer, Broken, Operation, Request};

/// A header or URL part that was redacted shows this instead.
pub(super) const REDACTED: &str = "[redacted]";

/// One request and what came of it, as it went over the wire, without secrets.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// Position in its trace, from 0.
    pub number: usize,
    /// When the first byte was sent.
    pub started: SystemTime,
    /// Absolute URL, without credentials.
    pub url: String,
    /// The request; its headers are all that went over the wire, secrets redacted.
    pub request: Request,
    /// What the request does in SCIM's terms.
    pub operation: Operation,
    /// The answer, or why there is none.
    pub outcome: Result<Answer, Broken>,
}

/// Values that must never be shown, each with the name that is shown instead.
pub type Named<'a> = &'a [(String, String)];

impl Exchange {
    /// Makes an exchange and takes every secret out: the Authorization header, any header in
    /// `secrets` by name, and any occurrence of a secret's value in URL, body or answer.
    #[must_use]
    pub fn new(
        number: usize,
        started: SystemTime,
        url: String,
        mut request: Request,
        mut outcome: Result<Answer, Broken>,
        secrets: Named<'_>,
    ) -> Self {
        let hide = |text: &mut String| {
            for (_, secret) in secrets.iter().filter(|(_, secret)| !secret.is_empty()) {
                if text.contains(secret.as_str()) {
                    *text = text.replace(secret.as_str(), REDACTED);
                }
            }
        };
        let mut url = url;
        hide(&mut url);
        for (name, value) in &mut request.headers {
            let named = secrets.iter().any(|(secret, _)| secret.eq_ignore_ascii_case(name));
            if name.eq_ignore_ascii_case("authorization") {
                let scheme = value.split(' ').next().unwrap_or("Bearer").to_owned();
                *value = format!("{scheme} {REDACTED}");
            } else if named || name.eq_ignore_ascii_case("cookie") {
                *value = REDACTED.to_owned();
            } else {
                hide(value);
            }
        }
        if let Some(body) = &mut request.body {
            hide(body);
        }
        if let Ok(answer) = &mut outcome {
            for (name, value) in &mut answer.headers {
                if name == "set-cookie" {
                    *value = REDACTED.to_owned();
                } else {
                    hide(value);
                }
            }
            let mut text = answer.body.text().into_owned();
            let before = text.len();
            hide(&mut text);
            if secrets.iter().any(|(_, s)| !s.is_empty() && answer.body.text().contains(s.as_str()))
                || text.len() != before
            {
                answer.body = super::Body::new(text.into_bytes());
            }
        }
        let operation = Operation::of(&request);
        Exchange { number, started, url, request, operation, outcome }
    }

    /// The answer, if one arrived.
    #[must_use]
    pub fn answer(&self) -> Option<&Answer> {
        self.outcome.as_ref().ok()
    }

    /// The answer's JSON, if it is JSON.
    #[must_use]
    pub fn json(&self) -> Option<&Value> {
        self.answer().and_then(|a| a.body.json())
    }

    /// True when an answer with 2xx arrived.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.answer().is_some_and(Answer::is_success)
    }

    /// The request as a curl command; the token is `$SCIMULATE_TOKEN`, or `$SCIMULATE_SECOND_TOKEN`.
    #[must_use]
    pub fn curl(&self) -> String {
        let quote = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
        let mut line = String::from("curl -i");
        if self.request.method != super::Method::Get {
            line.push_str(" -X ");
            line.push_str(self.request.method.as_str());
        }
        line.push(' ');
        line.push_str(&quote(&self.url));
        for (name, value) in &self.request.headers {
            if name.eq_ignore_ascii_case("authorization") {
                let scheme = value
                    .split(' ')
                    .next()
                    .filter(|scheme| scheme.bytes().all(|b| b.is_ascii_alphanumeric()));
                let scheme = scheme.unwrap_or("Bearer");
                let token = self.request.tenant.token_variable();
                line.push_str(&format!(" -H \"Authorization: {scheme} ${token}\""));
            } else if !["host", "content-length"].iter().any(|n| name.eq_ignore_ascii_case(n)) {
                line.push_str(" -H ");
                line.push_str(&quote(&format!("{name}: {value}")));
            }
        }
        if let Some(body) = &self.request.body {
            line.push_str(" --data-binary ");
            line.push_str(&quote(body));
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Actor, Method};

    #[test]
    fn secrets_are_taken_out_of_url_headers_bodies_and_answers() {
        let secret = "s3cr3t-token";
        let request = Request::new(Actor::Entra, Method::Post, "/Users", "create")
            .with_header("Authorization", format!("Bearer {secret}"))
            .with_header("X-Api-Key", "other")
            .with_json(&serde_json::json!({"password": secret}));
        let answer = Answer::json(400, &serde_json::json!({"detail": format!("bad token {secret}")}));
        let secrets =
            [("authorization".to_owned(), secret.to_owned()), ("x-api-key".to_owned(), "other".to_owned())];
        let url = format!("http://127.0.0.1/Users?t={secret}");
        let exchange = Exchange::new(0, SystemTime::now(), url, request, Ok(answer), &secrets);
        assert!(!format!("{exchange:?}").contains(secret));
        assert!(!exchange.curl().contains(secret));
        assert!(exchange.curl().contains("$SCIMULATE_TOKEN"));
        assert!(exchange.json().is_some());
    }
}
