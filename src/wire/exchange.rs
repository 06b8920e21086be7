use std::collections::HashSet;
use std::fmt;
use std::time::SystemTime;

use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::{Answer, Broken, Operation, Request};

/// A token that was taken out shows this instead.
const REDACTED: &str = "[redacted]";

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

/// Parses JSON once, keeping the last of duplicate keys and the pointers of all that occur twice.
pub(super) fn parse_json(bytes: &[u8]) -> Result<(Value, Vec<String>), String> {
    let mut duplicates = Vec::new();
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let seed = Seed { pointer: String::new(), duplicates: &mut duplicates };
    let value = seed.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    value.map(|value| (value, duplicates)).map_err(|error| error.to_string())
}

struct Seed<'a> {
    pointer: String,
    duplicates: &'a mut Vec<String>,
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: de::Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        loop {
            let pointer = format!("{}/{}", self.pointer, values.len());
            match items.next_element_seed(Seed { pointer, duplicates: &mut *self.duplicates })? {
                Some(value) => values.push(value),
                None => return Ok(Value::Array(values)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        let mut seen = HashSet::new();
        while let Some(key) = entries.next_key::<String>()? {
            let pointer = format!("{}/{}", self.pointer, key.replace('~', "~0").replace('/', "~1"));
            if !seen.insert(key.clone()) {
                self.duplicates.push(pointer.clone());
            }
            let value = entries.next_value_seed(Seed { pointer, duplicates: &mut *self.duplicates })?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Actor, Body, Method};

    #[test]
    fn duplicate_keys_are_named_by_pointer_and_the_last_wins() {
        let body = Body::new(br#"{"a":1,"b":{"c":1,"c":2},"a":3}"#.to_vec());
        assert_eq!(body.duplicate_keys(), ["/b/c", "/a"]);
        assert_eq!(body.json(), Some(&serde_json::json!({"a":3,"b":{"c":2}})));
    }

    #[test]
    fn a_body_nested_beyond_the_limit_is_a_problem_not_a_crash() {
        let body = Body::new("[".repeat(100_000).into_bytes());
        assert!(body.json().is_none());
        assert!(body.problem().is_some_and(|p| p.contains("recursion limit")));
    }

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
