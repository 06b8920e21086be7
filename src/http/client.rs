use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{
    ACCEPT, ACCEPT_CHARSET, ACCEPT_ENCODING, ACCEPT_LANGUAGE, AUTHORIZATION, CACHE_CONTROL, CONNECTION,
    CONTENT_LENGTH, CONTENT_TYPE, HOST, PROXY_AUTHORIZATION,
};
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use http_body_util::Full;
use secrecy::ExposeSecret;

use super::answer::{Limits, read};
use super::engine::{Engine, engine};
use super::fixed_token::FixedToken;
use super::headers::{bearer, header_name, header_value, respell, shown};
use super::issued::Signer;
use super::pace::Pace;
use super::route::Route;
use super::tokens::GrantTokens;
use super::{ClientProblem, Credentials, Grant, Issued, Secrets, Settings, TenantUrl, broken, tls};
use crate::wire::{Answer, Broken, Flow, Method, Request, Sent, SignIn, Target};

/// Longest reason why a request cannot be written, in characters.
const MAX_REASON: usize = 200;

/// How long the refusal of wrong credentials is waited for, and how long once one did not come in time.
const REFUSAL: Duration = Duration::from_secs(5);
const REFUSAL_AGAIN: Duration = Duration::from_secs(1);

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
    tokens: Option<TokenSource>,
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
enum TokenSource {
    Asked(Arc<GrantTokens>),
    Issued(Arc<Signer>),
}

/// Given headers whose values are no secrets: a right answer holds the same words.
const PUBLIC: [HeaderName; 7] =
    [ACCEPT, ACCEPT_CHARSET, ACCEPT_ENCODING, ACCEPT_LANGUAGE, CACHE_CONTROL, CONNECTION, CONTENT_TYPE];

/// Stands for a token that is asked for or made when a request is sent.
const TOKEN: HeaderValue = HeaderValue::from_static("Bearer [redacted]");

impl Client {
    /// A client for one target. Opens no connection yet.
    ///
    /// # Errors
    /// A [`ClientProblem`] when a header or the token cannot stand in a request, when the certificate
    /// file cannot be read, or when the environment names a proxy of an unknown kind.
    pub fn new(settings: Settings) -> Result<Self, ClientProblem> {
        let connect_timeout = settings.connect_timeout.min(settings.timeout);
        let route = Route::new(&settings.url, connect_timeout)?;
        let secrets = settings.secrets.clone();
        let mut headers = HeaderMap::new();
        let mut tokens = None;
        let mut sign_ins: Vec<Arc<dyn SignIn>> = Vec::new();
        let tokens_of = |grant: Grant| {
            let Settings { trust, timeout, .. } = &settings;
            GrantTokens::new(grant, trust, *timeout, connect_timeout, secrets.clone())
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
                tokens = Some(TokenSource::Asked(source));
            }
            Credentials::Issued(issued) => {
                let source = Arc::new(Signer::new(Issued::clone(issued), secrets.clone()));
                sign_ins.push(Arc::clone(&source) as Arc<dyn SignIn>);
                tokens = Some(TokenSource::Issued(source));
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
            let given = FixedToken::new(flow, token.clone())?;
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
            Some(TokenSource::Asked(tokens)) => tokens.authorization().await.map(Some),
            Some(TokenSource::Issued(signer)) => signer.authorization().await.map(Some),
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
        let length = request.body.as_deref().map(str::len);
        let expects_body = matches!(request.method, Method::Post | Method::Put | Method::Patch);
        if let Some(length) = length.or(expects_body.then_some(0)) {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        Ok((uri, headers))
    }

    /// How long an answer is waited for. Some servers let whoever tries wrong credentials wait, longer than
    /// Entra waits for anything; that is no reason for a run to stand still.
    fn time_limit(&self, request: &Request) -> Duration {
        if !request.tries_credentials() {
            return self.timeout;
        }
        let slow = self.refuses_slowly.load(Ordering::Relaxed);
        self.timeout.min(if slow { REFUSAL_AGAIN } else { REFUSAL })
    }

    async fn exchange(&self, request: &Request, token: Option<HeaderValue>) -> Result<Answer, Broken> {
        let until = Instant::now() + self.timeout;
        let (uri, headers) = self.head(request, token)?;
        let body = request
            .body
            .clone()
            .map_or_else(Full::default, |text| Full::new(Bytes::from_owner(BodyText(text))));
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

impl Target for Client {
    async fn send(&self, request: Request) -> Result<Answer, Broken> {
        self.pace.turn().await;
        self.secrets.publish_data(&request);
        // Asked for when the request is about to leave: a token may expire while others wait their turn.
        let token = self.authorization(&request).await?;
        let limit = self.time_limit(&request);
        let outcome = match tokio::time::timeout(limit, self.exchange(&request, token)).await {
            Ok(outcome) => outcome,
            Err(_) if request.tries_credentials() => {
                self.refuses_slowly.store(true, Ordering::Relaxed);
                Err(Broken::Unrefused(limit))
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

/// A request's text for the connection, which sends it without a copy.
struct BodyText(Arc<str>);

impl AsRef<[u8]> for BodyText {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
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

#[cfg(test)]
mod tests;
