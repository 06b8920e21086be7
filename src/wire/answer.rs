use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

use super::NoToken;
use super::json::{BYTE_ORDER_MARK, BodyContent, Excess, Unparsed, Unread, parse};

/// Bytes that one parsed value takes, with its share of the maps and lists around it.
const VALUE: usize = 500;

/// An answer's body: its bytes as they came, and what one parse made of them. A clone costs nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Body(Arc<ParsedBody>);

#[derive(Debug, Default, PartialEq)]
struct ParsedBody {
    bytes: Vec<u8>,
    json: Option<Value>,
    problem: Option<String>,
    duplicate_keys: Vec<String>,
    values: usize,
}

impl Body {
    /// Parses the bytes once. A body that is nested deeper than serde_json's limit of 128, or beyond
    /// a limit of [`Excess`], is a problem, not a crash.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        let parsed = parse(&bytes, None);
        Body::of(bytes, parsed)
    }

    /// The same for what came over the network, which must be parsed by a moment.
    ///
    /// # Errors
    /// When it was not, or is beyond a limit of [`Excess`].
    pub fn received(bytes: Vec<u8>, until: Instant) -> Result<Self, Unparsed> {
        match parse(&bytes, Some(until)) {
            Err(Unread::Stopped(stopped)) => Err(stopped),
            parsed => Ok(Body::of(bytes, parsed)),
        }
    }

    fn of(bytes: Vec<u8>, parsed: Result<BodyContent, Unread>) -> Self {
        if bytes.is_empty() {
            return Body::default();
        }
        let held = match parsed {
            Ok(BodyContent { value, duplicate_keys, values }) => {
                ParsedBody { bytes, json: Some(value), problem: None, duplicate_keys, values }
            }
            Err(unread) => ParsedBody { bytes, problem: Some(unread.to_string()), ..ParsedBody::default() },
        };
        Body(Arc::new(held))
    }

    /// About how many bytes of memory the body takes: a parsed value takes many times the bytes it came in.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.0.bytes.len() + self.0.values.saturating_mul(VALUE)
    }

    /// The bytes as they came over the wire.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0.bytes
    }

    /// The body as text; bytes that are not UTF-8 are replaced by U+FFFD.
    #[must_use]
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.0.bytes)
    }

    /// The JSON value, if the body is JSON.
    #[must_use]
    pub fn json(&self) -> Option<&Value> {
        self.0.json.as_ref()
    }

    /// Why the body is not JSON. `None` for an empty body and for JSON.
    #[must_use]
    pub fn problem(&self) -> Option<&str> {
        self.0.problem.as_deref()
    }

    /// True when the body begins with a byte order mark; its JSON is what follows.
    #[must_use]
    pub fn has_byte_order_mark(&self) -> bool {
        self.0.bytes.starts_with(BYTE_ORDER_MARK)
    }

    /// JSON pointers of keys that stand more than once in one object (RFC 8259 §4).
    #[must_use]
    pub fn duplicate_keys(&self) -> &[String] {
        &self.0.duplicate_keys
    }

    /// True when no byte came.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.bytes.is_empty()
    }
}

/// What the target answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers in the order they came, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
    /// From the first byte sent to the last byte received.
    pub elapsed: Duration,
}

impl Answer {
    /// An answer with a JSON body, for tests of rules.
    #[must_use]
    pub fn json(status: u16, body: &Value) -> Self {
        Answer {
            status,
            headers: vec![("content-type".into(), "application/scim+json".into())],
            body: Body::new(body.to_string().into_bytes()),
            elapsed: Duration::ZERO,
        }
    }

    /// The first header of that name, which is given in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// True for 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// How long `Retry-After` says to wait, as a number of seconds or as an HTTP date (RFC 9110 §10.2.3);
    /// `None` when the header is absent or cannot be read.
    #[must_use]
    pub fn retry_after(&self, now: SystemTime) -> Option<Duration> {
        let said = self.header("retry-after")?.trim();
        if !said.is_empty() && said.bytes().all(|byte| byte.is_ascii_digit()) {
            // More digits than fit are a very long time.
            return Some(Duration::from_secs(said.parse().unwrap_or(u64::from(u32::MAX))));
        }
        let at = httpdate::parse_http_date(said).ok()?;
        Some(at.duration_since(now).unwrap_or_default())
    }

    /// True for an answer that says nothing but "later": 429, and 503 with a `Retry-After` that can be read.
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        self.status == 429 || (self.status == 503 && self.retry_after(SystemTime::UNIX_EPOCH).is_some())
    }
}

/// Why no HTTP answer arrived, or why a request was not sent at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// No server listens on the port.
    #[error("connection refused: {0}")]
    Refused(String),
    /// The host's name does not resolve.
    #[error("host not found: {0}")]
    NoSuchHost(String),
    /// TLS could not be negotiated or the certificate does not verify.
    #[error("TLS failed: {0}")]
    Tls(String),
    /// No complete answer within the limit.
    #[error("no complete answer within {0:?}")]
    TimedOut(Duration),
    /// Wrong credentials were neither refused nor accepted for so long: some servers make guessing slow.
    #[error("wrong credentials were not rejected within {0:?}")]
    Unrefused(Duration),
    /// The connection ended in the middle, or what came is not HTTP.
    #[error("the connection broke: {0}")]
    Protocol(String),
    /// The request cannot be written: an id that the target gave out makes no URL, for example.
    #[error("the request cannot be written: {0}")]
    Unwritable(String),
    /// The answer is beyond a limit of what is read.
    #[error("the answer has {0}")]
    TooLarge(Excess),
    /// The request needs an access token, and none could be had.
    #[error("no access token: {0}")]
    NoToken(NoToken),
    /// Another service, or none of SCIM, answers in its place.
    #[error("it answers every request {0}")]
    Gone(String),
    /// The guard held the request back: it would have changed an object that is not ours.
    #[error("not sent: {0}")]
    Withheld(String),
    /// The guard held the request back: no answer of the target proves that the object is ours.
    #[error("not sent: {0}")]
    Unproven(String),
    /// Held back, because what the target makes cannot be written down on this machine.
    #[error("{0}")]
    Unjournalled(String),
    /// The run is being interrupted.
    #[error("interrupted")]
    Interrupted,
}
