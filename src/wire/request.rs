use std::fmt::{self, Write as _};
use std::sync::Arc;

use serde_json::Value;

/// Who speaks. Rules about statuses leave out provoked requests; `expect-no-writes` counts Entra alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Actor {
    /// What Entra's provisioning service would send.
    Entra,
    /// Our own reading back of state, to judge it.
    Observer,
    /// Preflight and capability questions.
    Probe,
    /// Removal of what the run created.
    Cleanup,
}

impl Actor {
    /// The word used in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Actor::Entra => "entra",
            Actor::Observer => "observer",
            Actor::Probe => "probe",
            Actor::Cleanup => "cleanup",
        }
    }
}

/// Which of a vendor's tenants a request goes to. Nearly all go to the first; the second one is there to
/// prove that tenants are kept apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Tenant {
    /// The target.
    #[default]
    First,
    /// The second tenant, with its own credentials.
    Second,
    /// The second tenant with the credentials of the first, which it must refuse.
    SecondByFirst,
}

impl Tenant {
    /// Every tenant.
    pub const ALL: [Tenant; 3] = [Tenant::First, Tenant::Second, Tenant::SecondByFirst];

    /// True when the objects there are those of the second tenant.
    #[must_use]
    pub fn is_second(self) -> bool {
        self != Tenant::First
    }

    /// The environment variable that holds the token of such a request.
    #[must_use]
    pub fn token_variable(self) -> &'static str {
        match self {
            Tenant::First | Tenant::SecondByFirst => "SCIMULATE_TOKEN",
            Tenant::Second => "SCIMULATE_SECOND_TOKEN",
        }
    }
}

/// The HTTP methods of RFC 7644 §3.2, and the few others a scenario may provoke with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the methods")]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
    Head,
    Options,
}

impl Method {
    /// The method as it stands on the request line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
            Method::Head => "HEAD",
            Method::Options => "OPTIONS",
        }
    }

    /// True when a right server changes state on this method. `.search` is a POST that does not;
    /// ask [`Request::writes`] where that matters.
    #[must_use]
    pub fn is_unsafe(self) -> bool {
        matches!(self, Method::Post | Method::Put | Method::Patch | Method::Delete)
    }
}

impl std::str::FromStr for Method {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete, Method::Head, Method::Options]
            .into_iter()
            .find(|m| m.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not a method: write GET, POST, PUT, PATCH or DELETE"))
    }
}

/// How the step of a question begins that the guard asks before a write; no scenario asks it.
pub const GUARD_STEP: &str = "guard: ";

/// Counts bytes that are written.
struct Length(usize);

impl fmt::Write for Length {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.len();
        Ok(())
    }
}

/// A value as compact JSON. It is measured first, because a text of megabytes takes twice its room while it grows.
fn compact(value: &Value) -> String {
    let mut length = Length(0);
    let _ = write!(length, "{value}");
    let mut text = String::with_capacity(length.0);
    let _ = write!(text, "{value}");
    text
}

/// One request, relative to the target's base URL.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Who speaks.
    pub actor: Actor,
    /// The step that wants it, as `cycle 2: disable ada`; shown in the HAR and in snapshots.
    pub step: String,
    /// Which tenant it goes to.
    pub tenant: Tenant,
    /// True when the scenario wants a refusal, so status rules leave the answer alone.
    pub provoked: bool,
    /// The method.
    pub method: Method,
    /// Path below the base URL with its leading slash, percent-encoded: `/Users/2819`.
    pub path: String,
    /// Query string without the `?`, encoded exactly as it shall stand on the wire.
    pub query: Option<String>,
    /// Headers beside those every request of its actor carries.
    pub headers: Vec<(String, String)>,
    /// Another spelling of `Bearer` in front of the token that every request carries.
    pub scheme: Option<String>,
    /// Body, exactly as it shall stand on the wire. A request is kept in several places, so a clone costs nothing.
    pub body: Option<Arc<str>>,
}

impl Request {
    /// A request without query and body.
    #[must_use]
    pub fn new(actor: Actor, method: Method, path: impl Into<String>, step: impl Into<String>) -> Self {
        Request {
            actor,
            step: step.into(),
            tenant: Tenant::First,
            provoked: false,
            method,
            path: path.into(),
            query: None,
            headers: Vec::new(),
            scheme: None,
            body: None,
        }
    }

    /// The same request with an encoded query string.
    #[must_use]
    pub fn with_query(mut self, query: impl Into<String>) -> Self {
        self.query = Some(query.into());
        self
    }

    /// The same request with a JSON body, written compactly in the order of its keys.
    #[must_use]
    pub fn with_json(mut self, body: &Value) -> Self {
        self.body = Some(compact(body).into());
        self
    }

    /// The same request with one more header.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The same request to another tenant.
    #[must_use]
    pub fn to(mut self, tenant: Tenant) -> Self {
        self.tenant = tenant;
        self
    }

    /// The same request, marked as wanting a refusal.
    #[must_use]
    pub fn provoked(mut self) -> Self {
        self.provoked = true;
        self
    }

    /// The body as JSON, if it is JSON.
    #[must_use]
    pub fn json(&self) -> Option<Value> {
        self.body.as_deref().and_then(|text| serde_json::from_str(text).ok())
    }

    /// Path and query as they stand on the request line.
    #[must_use]
    pub fn path_and_query(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }

    /// True when a right server changes state on this request.
    #[must_use]
    pub fn writes(&self) -> bool {
        let searches = self.method == Method::Post && self.path.ends_with("/.search");
        self.method.is_unsafe() && !searches
    }

    /// True when the request tries other credentials than those that Entra sends: a server that makes guessing
    /// slow may take its time.
    #[must_use]
    pub fn tries_credentials(&self) -> bool {
        let own = || self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        self.scheme.is_some() || (self.provoked && (self.tenant == Tenant::SecondByFirst || own()))
    }

    /// Two requests of the same shape ask the same thing of different objects: method, path with
    /// ids taken out, names of query parameters, filtered attribute, and operations with their
    /// paths. Values are left out.
    #[must_use]
    pub fn shape(&self) -> String {
        super::operation::shape(self)
    }
}
