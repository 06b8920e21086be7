use std::time::SystemTime;

use serde_json::Value;

use super::{Answer, Broken, Operation, Request};
use crate::scim::member;
use crate::scim::patch::PatchRequest;

/// A token that was taken out shows this instead.
const REDACTED: &str = "[redacted]";

/// The longest body that stands in a command, in bytes; Linux takes 128 KiB in one argument.
const LONGEST_ARGUMENT: usize = 120 << 10;

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

impl Exchange {
    /// True for a PATCH that sets `active` to false.
    #[must_use]
    pub fn disables(&self) -> bool {
        let is_false = |value: &Value| {
            value == &Value::Bool(false)
                || value.as_str().is_some_and(|text| text.eq_ignore_ascii_case("false"))
        };
        let request = self.request.json().and_then(|body| PatchRequest::read(&body).ok());
        request.is_some_and(|request| {
            request.operations.iter().any(|operation| match (&operation.path, &operation.value) {
                (Some(path), Some(value)) => path.is("active") && is_false(value),
                (None, Some(value)) => member(value, "active").is_some_and(is_false),
                (_, None) => false,
            })
        })
    }

    /// Makes an exchange of what a [`super::Target`] sent and answered. Secrets were taken out where they came
    /// in; an `Authorization` that a request brought along is not kept either.
    #[must_use]
    pub fn new(
        number: usize,
        started: SystemTime,
        url: String,
        mut request: Request,
        outcome: Result<Answer, Broken>,
    ) -> Self {
        for (_, value) in
            request.headers.iter_mut().filter(|(name, _)| name.eq_ignore_ascii_case("authorization"))
        {
            // A scheme alone is no secret, nor is nothing: a server may say that the token is missing.
            if ["", "bearer"].iter().any(|bare| value.trim().eq_ignore_ascii_case(bare)) {
                continue;
            }
            let scheme = value.split(' ').next().unwrap_or("Bearer").to_owned();
            *value = format!("{scheme} {REDACTED}");
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

    /// The request as a curl command; the token is `$SCIMULATE_TOKEN`, or `$SCIMULATE_SECOND_TOKEN`. A body that is
    /// too long for a command line stands in the HAR and is to be put into a file.
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
            if name.eq_ignore_ascii_case("authorization") && value.contains(' ') {
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
        match &self.request.body {
            Some(body) if body.len() > LONGEST_ARGUMENT => line.push_str(" --data-binary @body.json"),
            Some(body) => {
                line.push_str(" --data-binary ");
                line.push_str(&quote(body));
            }
            None => {}
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Actor, Method};

    #[test]
    fn an_authorization_is_not_kept() {
        let request = Request::new(Actor::Entra, Method::Post, "/Users", "create")
            .with_header("authorization", "Bearer s3cr3t-token");
        let url = "http://127.0.0.1/Users".to_owned();
        let exchange = Exchange::new(0, SystemTime::now(), url, request, Ok(Answer::json(400, &Value::Null)));
        assert!(!format!("{exchange:?}").contains("s3cr3t"));
        assert!(exchange.curl().contains("Authorization: Bearer $SCIMULATE_TOKEN"));
    }
}
