use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{
    ACCEPT, ACCEPT_CHARSET, ACCEPT_ENCODING, ACCEPT_LANGUAGE, AUTHORIZATION, CACHE_CONTROL, CONNECTION,
    CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, PROXY_AUTHORIZATION,
};
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use http_body_util::{BodyExt, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use secrecy::{ExposeSecret, SecretString};

use super::given::Given;
use super::issued::Signer;
use super::pace::Pace;
use super::route::Route;
use super::secrets::REDACTED;
use super::tokens::Tokens;
use super::{Credentials, Grant, Issued, Problem, Secrets, TenantUrl, Trust, broken, tls};
use crate::wire::{Answer, Body, Broken, Excess, Flow, Method, Request, Sent, SignIn, Stopped, Target};

/// How the target is reached.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where it is.
    pub url: TenantUrl,
    /// Who calls.
    pub credentials: Credentials,
    /// Further ways to get a token, which stories about credentials try.
    pub grants: Vec<Grant>,
    /// Tokens that Entra issues itself, which stories about them send.
    pub issued: Option<Issued>,
    /// A token that has expired, which the target must refuse.
    pub expired: Option<SecretString>,
    /// A token for another server, which the target must refuse.
    pub foreign: Option<SecretString>,
    /// Headers on every request beside Entra's (`--header`). Their values are secrets, but for those of
    /// headers that say nothing but what the client reads.
    pub headers: Vec<(String, SecretString)>,
    /// What is hidden in all that comes in. Clients of one run share it: each adds its own secrets.
    pub secrets: Secrets,
    /// Whose certificates are believed.
    pub trust: Trust,
    /// Limit for one exchange, from opening the connection to the last byte. Entra gives up after
    /// 60 seconds (entra-wire §4).
    pub timeout: Duration,
    /// Limit for opening a connection.
    pub connect_timeout: Duration,
    /// Least time between the starts of two requests.
    pub pace: Duration,
    /// Largest body that is read, in bytes.
    pub max_body: usize,
}

impl Settings {
    /// The defaults for a target: 60 seconds, no pace, bodies up to 16 MiB.
    #[must_use]
    pub fn new(url: TenantUrl) -> Self {
        Settings {
            url,
            credentials: Credentials::None,
            grants: Vec::new(),
            issued: None,
            expired: None,
            foreign: None,
            headers: Vec::new(),
            secrets: Secrets::default(),
            trust: Trust::System,
            timeout: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(10),
            pace: Duration::ZERO,
            max_body: 16 << 20,
        }
    }
}

/// Largest header section of an answer that is read, in bytes.
const MAX_HEAD: usize = 128 << 10;

/// Most header lines of an answer. hyper makes room for all of them anew before it parses a head, and an
/// endless row of `100 Continue` makes it parse thousands without a pause: with ten times as many lines
/// that keeps a thread busy for minutes.
const MAX_HEADER_LINES: usize = 1000;

/// Longest reason why a request cannot be written, in characters.
const MAX_REASON: usize = 200;

/// How long the refusal of wrong credentials is waited for, and how long once one did not come in time.
const REFUSAL: Duration = Duration::from_secs(5);
const REFUSAL_AGAIN: Duration = Duration::from_secs(1);

/// A connection that was idle for longer is not used again. Some servers close idle connections
/// after two seconds, and a request that meets the closing would look like a fault of theirs.
const MAX_IDLE: Duration = Duration::from_secs(1);

/// Speaks HTTP/1.1 with one target. It follows no redirect and adds no header but `Host`,
/// `Authorization`, `Content-Length` and those of the settings.
///
/// It repeats nothing, with one exception: a server may close a connection that stands idle at any
/// time, and a GET that meets the closing is sent anew on a fresh connection (RFC 9112 §9.3.1).
/// Nobody has answered it, and to call that a fault would be a false alarm. Once a server was seen to
/// close connections right after its answers, none is used twice.
#[derive(Debug)]
pub struct Client {
    url: TenantUrl,
    route: Route,
    reusing: Engine,
    fresh: Engine,
    headers: HeaderMap,
    /// Names of given headers whose values are never shown.
    hidden: Vec<HeaderName>,
    secrets: Secrets,
    /// Where the token comes from that every request carries, if it is asked for.
    tokens: Option<Source>,
    sign_ins: Vec<Arc<dyn SignIn>>,
    timeout: Duration,
    connect_timeout: Duration,
    /// The target was slow to refuse wrong credentials once.
    refuses_slowly: AtomicBool,
    pace: Pace,
    max_body: usize,
}

/// Where the token comes from that every request carries.
#[derive(Debug)]
enum Source {
    Asked(Arc<Tokens>),
    Issued(Arc<Signer>),
}

/// Given headers whose values are no secrets: a right answer holds the same words.
const PUBLIC: [HeaderName; 7] =
    [ACCEPT, ACCEPT_CHARSET, ACCEPT_ENCODING, ACCEPT_LANGUAGE, CACHE_CONTROL, CONNECTION, CONTENT_TYPE];

/// Stands for a token that is asked for or made when a request is sent.
const TOKEN: HeaderValue = HeaderValue::from_static("Bearer [redacted]");

pub(super) type Engine = legacy::Client<HttpsConnector<Route>, Full<Bytes>>;

impl Client {
    /// A client for one target. Opens no connection yet.
    ///
    /// # Errors
    /// A [`Problem`] when a header or the token cannot stand in a request, when the certificate
    /// file cannot be read, or when the environment names a proxy of an unknown kind.
    pub fn new(settings: Settings) -> Result<Self, Problem> {
        let connect_timeout = settings.connect_timeout.min(settings.timeout);
        let route = Route::new(&settings.url, connect_timeout)?;
        let secrets = settings.secrets.clone();
        let mut headers = HeaderMap::new();
        let mut tokens = None;
        let mut sign_ins: Vec<Arc<dyn SignIn>> = Vec::new();
        let tokens_of = |grant: Grant| {
            let Settings { trust, timeout, .. } = &settings;
            Tokens::new(grant, trust, *timeout, connect_timeout, secrets.clone())
        };
        match &settings.credentials {
            Credentials::None => {}
            Credentials::Bearer(token) => {
                headers.insert(AUTHORIZATION, bearer(token)?);
                secrets.add(token.expose_secret());
            }
            Credentials::Grant(grant) => {
                let source = tokens_of(Grant::clone(grant))?;
                sign_ins.push(Arc::clone(&source) as Arc<dyn SignIn>);
                tokens = Some(Source::Asked(source));
            }
            Credentials::Issued(issued) => {
                let source = Arc::new(Signer::new(Issued::clone(issued), secrets.clone()));
                sign_ins.push(Arc::clone(&source) as Arc<dyn SignIn>);
                tokens = Some(Source::Issued(source));
            }
        }
        for grant in &settings.grants {
            sign_ins.push(tokens_of(grant.clone())?);
        }
        if let Some(issued) = &settings.issued {
            sign_ins.push(Arc::new(Signer::new(issued.clone(), secrets.clone())));
        }
        for (flow, token) in [(Flow::Expired, &settings.expired), (Flow::Foreign, &settings.foreign)] {
            let Some(token) = token else { continue };
            let given = Given::new(flow, token.clone())?;
            secrets.add(given.text());
            sign_ins.push(Arc::new(given));
        }
        if let Some(proxy) = route.proxy_authorization() {
            headers.insert(PROXY_AUTHORIZATION, proxy.clone());
        }
        secrets.add_proxy(&route);
        let mut given = HeaderMap::new();
        for (name, value) in &settings.headers {
            let (name, value) = (header_name(name)?, header_value(name, value)?);
            if !PUBLIC.contains(&name) {
                secrets.add_header(name.as_str(), &String::from_utf8_lossy(value.as_bytes()));
            }
            given.append(name, value);
        }
        // A header that is given replaces ours, `Authorization` too; one given twice is sent twice.
        for name in given.keys() {
            headers.remove(name);
        }
        if given.contains_key(AUTHORIZATION) {
            tokens = None;
        }
        let hidden = given.keys().filter(|name| !PUBLIC.contains(name)).cloned().collect();
        headers.extend(given);
        secrets.add_query(settings.url.parameters().unwrap_or(""));
        // A tenant's name that stands in the path as well is shown with every message.
        secrets.publish([settings.url.base()]);
        let tls = tls::config(settings.url.is_https(), &settings.trust)?;
        Ok(Client {
            reusing: engine(tls.clone(), &route, usize::MAX),
            fresh: engine(tls, &route, 0),
            route,
            headers,
            hidden,
            secrets,
            tokens,
            sign_ins,
            timeout: settings.timeout,
            connect_timeout,
            refuses_slowly: AtomicBool::new(false),
            pace: Pace::new(settings.pace),
            max_body: settings.max_body,
            url: settings.url,
        })
    }

    /// Where the target is.
    #[must_use]
    pub fn url(&self) -> &TenantUrl {
        &self.url
    }

    /// What is hidden in all that comes in. Access tokens are added when they are obtained.
    #[must_use]
    pub fn secrets(&self) -> Secrets {
        self.secrets.clone()
    }

    /// The ways to get a token that are configured, that of the requests first.
    #[must_use]
    pub fn sign_ins(&self) -> Vec<Arc<dyn SignIn>> {
        self.sign_ins.clone()
    }

    /// The token for a request that does not bring its own `Authorization`.
    async fn authorization(&self, request: &Request) -> Result<Option<HeaderValue>, Broken> {
        let own = request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        match &self.tokens {
            None => Ok(None),
            Some(_) if own => Ok(None),
            Some(Source::Asked(tokens)) => tokens.authorization().await.map(Some),
            Some(Source::Issued(signer)) => signer.authorization().await.map(Some),
        }
    }

    /// URI and headers as they go over the wire.
    fn head(&self, request: &Request, token: Option<HeaderValue>) -> Result<(Uri, HeaderMap), Broken> {
        // Hidden before it is cut: a part of a secret is not found any more.
        let unsendable = |why: String| Broken::Unwritable(cut(&self.secrets.hide(&why)));
        let url = self.url.join(&request.path, request.query.as_deref());
        if url.contains('#') {
            return Err(unsendable("its path or query contains an unencoded `#`".to_owned()));
        }
        let uri: Uri = url.parse().map_err(|error| {
            let shown = self.url.shown(&request.path, request.query.as_deref());
            unsendable(format!("{shown}: {error}"))
        })?;
        let mut own = HeaderMap::new();
        for (name, value) in &request.headers {
            let name = name
                .parse::<HeaderName>()
                .map_err(|error| unsendable(format!("header `{name}`: {error}")))?;
            let value = HeaderValue::from_str(value)
                .map_err(|error| unsendable(format!("header `{name}`: {error}")))?;
            own.append(name, value);
        }
        let mut headers = HeaderMap::new();
        let host =
            HeaderValue::from_str(self.url.authority()).map_err(|error| unsendable(error.to_string()))?;
        headers.insert(HOST, host);
        if let Some(token) = token.filter(|_| !own.contains_key(AUTHORIZATION)) {
            headers.insert(AUTHORIZATION, token);
        }
        for (name, value) in &self.headers {
            if !own.contains_key(name) {
                headers.append(name, value.clone());
            }
        }
        // An empty value takes the header away, so that a scenario can leave out `Authorization`.
        for (name, value) in &own {
            if name != HOST && name != CONTENT_LENGTH && !value.is_empty() {
                headers.append(name, value.clone());
            }
        }
        if let (Some(scheme), Some(token)) = (&request.scheme, headers.get_mut(AUTHORIZATION)) {
            respell(token, scheme);
        }
        let length = request.body.as_ref().map(String::len);
        let expects_body = matches!(request.method, Method::Post | Method::Put | Method::Patch);
        if let Some(length) = length.or(expects_body.then_some(0)) {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        Ok((uri, headers))
    }

    /// How long an answer is waited for. Some servers let whoever tries wrong credentials wait, longer than
    /// Entra waits for anything; that is no reason for a run to stand still.
    fn patience(&self, request: &Request) -> Duration {
        if !request.tries_credentials() {
            return self.timeout;
        }
        let slow = self.refuses_slowly.load(Ordering::Relaxed);
        self.timeout.min(if slow { REFUSAL_AGAIN } else { REFUSAL })
    }

    async fn exchange(&self, request: &Request, token: Option<HeaderValue>) -> Result<Answer, Broken> {
        let until = Instant::now() + self.timeout;
        let (uri, headers) = self.head(request, token)?;
        let body = request.body.clone().map_or_else(Full::default, |text| Full::new(Bytes::from(text)));
        let sent = || {
            let mut sent = http::Request::new(body.clone());
            *sent.method_mut() = method(request.method);
            *sent.uri_mut() = uri.clone();
            *sent.headers_mut() = headers.clone();
            sent
        };
        let mut started = Instant::now();
        let engine = if self.route.is_hasty() { &self.fresh } else { &self.reusing };
        let mut outcome = engine.request(sent()).await;
        if request.method == Method::Get && outcome.as_ref().is_err_and(broken::met_a_closing) {
            started = Instant::now();
            outcome = self.fresh.request(sent()).await;
        }
        let https = self.url.is_https();
        let answer = outcome.map_err(|error| broken::of_request(&error, https, self.connect_timeout))?;
        let limits = Limits { body: self.max_body, until, timeout: self.timeout };
        read(answer, started, limits).await
    }
}

/// A client engine over a route that keeps at most `idle` connections open.
pub(super) fn engine(tls: rustls::ClientConfig, route: &Route, idle: usize) -> Engine {
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http()
        .enable_http1()
        .wrap_connector(route.clone());
    legacy::Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(MAX_IDLE)
        .pool_max_idle_per_host(idle)
        .http1_title_case_headers(true)
        .http1_max_buf_size(MAX_HEAD)
        .http1_max_headers(MAX_HEADER_LINES)
        .set_host(false)
        // Sends a request again only when the pooled connection turned out to be closed
        // before a byte was written, so the target never sees it twice.
        .retry_canceled_requests(true)
        .build(connector)
}

/// How much of an answer is read, and for how long.
pub(super) struct Limits {
    /// Bytes of body.
    pub body: usize,
    /// The end of the time for the exchange: parsing is part of it.
    pub until: Instant,
    /// That time, to be named.
    pub timeout: Duration,
}

/// Reads an answer whole, within the limits.
pub(super) async fn read(
    answer: http::Response<hyper::body::Incoming>,
    started: Instant,
    limits: Limits,
) -> Result<Answer, Broken> {
    let (head, mut body) = answer.into_parts();
    let announced = head
        .headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse::<usize>().ok());
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| broken::of_body(&error, bytes.len(), announced))?;
        if let Some(data) = frame.data_ref() {
            if bytes.len() + data.len() > limits.body {
                return Err(Broken::TooLarge(Excess::Bytes(limits.body)));
            }
            bytes.extend_from_slice(data);
        }
    }
    let headers = head
        .headers
        .iter()
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    let elapsed = started.elapsed();
    let body = Body::received(bytes, limits.until).map_err(|stopped| match stopped {
        Stopped::TooLate => Broken::TimedOut(limits.timeout),
        Stopped::Costly(excess) => Broken::TooLarge(excess),
    })?;
    Ok(Answer { status: head.status.as_u16(), headers, body, elapsed })
}

impl Target for Client {
    async fn send(&self, request: Request) -> Result<Answer, Broken> {
        self.pace.turn().await;
        self.secrets.publish_data(&request);
        // Asked for when the request is about to leave: a token may expire while others wait their turn.
        let token = self.authorization(&request).await?;
        let patience = self.patience(&request);
        let outcome = match tokio::time::timeout(patience, self.exchange(&request, token)).await {
            Ok(outcome) => outcome,
            Err(_) if request.tries_credentials() => {
                self.refuses_slowly.store(true, Ordering::Relaxed);
                Err(Broken::Unrefused(patience))
            }
            Err(_) => Err(Broken::TimedOut(self.timeout)),
        };
        self.secrets.clean(outcome)
    }

    fn sent_as(&self, request: &Request) -> Sent {
        let url = self.url.shown(&request.path, request.query.as_deref());
        // The token may not be there yet.
        let token = self.tokens.as_ref().map(|_| TOKEN);
        let headers = match self.head(request, token) {
            Ok((_, headers)) => shown(&headers, &self.hidden),
            // Such a request is never written; the record shows what was asked for.
            Err(_) => request.headers.clone(),
        };
        Sent { url, headers }
    }
}

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
fn title_case(name: &str) -> String {
    let mut after_hyphen = true;
    name.chars()
        .map(|letter| {
            let written = if after_hyphen { letter.to_ascii_uppercase() } else { letter };
            after_hyphen = letter == '-';
            written
        })
        .collect()
}

/// So much of a reason as fits a line: an id may be as long as the target likes.
fn cut(why: &str) -> String {
    match why.char_indices().nth(MAX_REASON) {
        Some((end, _)) => format!("{}…", &why[..end]),
        None => why.to_owned(),
    }
}

fn method(method: Method) -> http::Method {
    match method {
        Method::Get => http::Method::GET,
        Method::Post => http::Method::POST,
        Method::Put => http::Method::PUT,
        Method::Patch => http::Method::PATCH,
        Method::Delete => http::Method::DELETE,
        Method::Head => http::Method::HEAD,
        Method::Options => http::Method::OPTIONS,
    }
}

/// Writes another scheme in front of a token, if it can stand there.
fn respell(value: &mut HeaderValue, scheme: &str) {
    let token = value.to_str().ok().and_then(|text| text.strip_prefix("Bearer "));
    if let Some(Ok(mut other)) = token.map(|token| HeaderValue::from_str(&format!("{scheme} {token}"))) {
        other.set_sensitive(true);
        *value = other;
    }
}

pub(super) fn bearer(token: &SecretString) -> Result<HeaderValue, Problem> {
    let text = token.expose_secret();
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        let what = if text.is_empty() {
            "the token is empty"
        } else {
            "the token contains a space, a line break or a character that is not ASCII"
        };
        return Err(Problem::new(what, "give only the token, without `Bearer` in front and without quotes"));
    }
    let mut value = HeaderValue::from_str(&format!("Bearer {text}"))
        .map_err(|_| Problem::new("the token cannot be sent in a header", "give only the token"))?;
    value.set_sensitive(true);
    Ok(value)
}

fn header_name(name: &str) -> Result<HeaderName, Problem> {
    let next = "write --header NAME=VALUE, for example --header X-Api-Key=abc";
    let parsed = name
        .parse::<HeaderName>()
        .map_err(|_| Problem::new(format!("`{name}` is not a valid header name"), next))?;
    if [HOST, CONTENT_LENGTH].contains(&parsed) || parsed == http::header::TRANSFER_ENCODING {
        return Err(Problem::new(
            format!(
                "the header {} is set from the URL and the body and cannot be changed",
                title_case(parsed.as_str())
            ),
            "leave it out",
        ));
    }
    Ok(parsed)
}

fn header_value(name: &str, value: &SecretString) -> Result<HeaderValue, Problem> {
    let mut parsed = HeaderValue::from_str(value.expose_secret()).map_err(|_| {
        Problem::new(
            format!("the value of the header {name} contains a line break or a control character"),
            "write it on one line",
        )
    })?;
    parsed.set_sensitive(true);
    Ok(parsed)
}

#[cfg(test)]
mod tests;
