use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, PROXY_AUTHORIZATION};
use http::{HeaderMap, HeaderValue, Uri};
use http_body_util::Full;
use secrecy::ExposeSecret;
use serde_json::Value;

use super::answer::{self, Limits};
use super::credentials::{Form, Grant};
use super::engine::{self, Engine};
use super::headers::{self, bearer};
use super::route::Route;
use super::secrets::REDACTED;
use super::{ClientProblem, Secrets, Trust, broken, tls, token_answer};
use crate::wire::{
    Actor, Answer, Broken, ClientProof, Exchange, Flow, Method, NoToken, Request, SignIn, SignedIn,
    SigningIn, Token,
};

/// The largest answer of a token endpoint that is read, in bytes.
const MAX_BODY: usize = 1 << 20;

/// How long a token counts as valid when the endpoint does not say it: the least that Microsoft accepts.
const UNSAID: Duration = Duration::from_secs(3600);

/// A token is asked for anew this long before it expires, or a fifth of its lifetime if that is shorter.
const EARLY: Duration = Duration::from_secs(60);

/// The tokens of one grant: asked for when one is needed, kept until shortly before they expire.
#[derive(Debug)]
pub(super) struct GrantTokens {
    grant: Grant,
    shown: String,
    engine: Engine,
    proxy_authorization: Option<HeaderValue>,
    timeout: Duration,
    connect_timeout: Duration,
    secrets: Secrets,
    held: Mutex<Option<TokenState>>,
    /// The endpoint gave a token already, so that it trusts whoever vouches for us.
    trusted: AtomicBool,
    /// Whoever asks for a token holds this, so that parallel requests need one.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Debug, Clone)]
struct TokenState {
    header: HeaderValue,
    until: Instant,
}

impl GrantTokens {
    /// Opens no connection yet. Tokens become `secrets` when they are obtained.
    ///
    /// # Errors
    /// As [`super::Client::new`].
    pub(super) fn new(
        grant: Grant,
        trust: &Trust,
        timeout: Duration,
        connect_timeout: Duration,
        secrets: Secrets,
    ) -> Result<Arc<Self>, ClientProblem> {
        let server = grant.endpoint().server();
        let route = Route::new(server, connect_timeout)?;
        for secret in grant.secrets() {
            secrets.add(&secret);
        }
        secrets.add_proxy(&route);
        Ok(Arc::new(GrantTokens {
            shown: grant.endpoint().to_string(),
            proxy_authorization: route.proxy_authorization().cloned(),
            // Token requests are rare: no connection is kept for them.
            engine: engine::engine(tls::config(server.is_https(), trust)?, &route, 0),
            grant,
            timeout,
            connect_timeout,
            secrets,
            held: Mutex::default(),
            trusted: AtomicBool::new(false),
            asking: tokio::sync::Mutex::default(),
        }))
    }

    /// The value of `Authorization` for a request that is sent now.
    ///
    /// # Errors
    /// [`Broken::NoToken`].
    pub(super) async fn authorization(&self) -> Result<HeaderValue, Broken> {
        if let Some(header) = self.valid() {
            return Ok(header);
        }
        let _asking = self.asking.lock().await;
        // Somebody else may have got it in the meantime.
        if let Some(header) = self.valid() {
            return Ok(header);
        }
        let token = self.ask(ClientProof::Right).await.outcome.map_err(Broken::NoToken)?;
        bearer(&token.value).map_err(|problem| Broken::Protocol(problem.what))
    }

    fn valid(&self) -> Option<HeaderValue> {
        self.held().as_ref().filter(|held| Instant::now() < held.until).map(|held| held.header.clone())
    }

    fn held(&self) -> MutexGuard<'_, Option<TokenState>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for a token and keeps it. A server may take back the one before when it gives a new one,
    /// so the newest is used from then on.
    async fn ask(&self, proof: ClientProof) -> SignedIn {
        // Making a key takes a while, and others go on meanwhile.
        let grant = self.grant.clone();
        let form = tokio::task::spawn_blocking(move || grant.form(proof)).await;
        let form = form.unwrap_or_else(|error| Err(error.to_string()));
        let (started, asked) = (SystemTime::now(), Instant::now());
        let (form, outcome) = match form {
            Err(why) => (Form::default(), Err(Broken::Protocol(why))),
            Ok(form) => {
                for secret in form.secrets() {
                    self.secrets.add(secret);
                }
                let outcome = tokio::time::timeout(self.timeout, self.exchange(&form)).await;
                (form, outcome.unwrap_or(Err(Broken::TimedOut(self.timeout))))
            }
        };
        let (mut read, outcome) = self.understood(outcome);
        if let (Err(problem), Ok(answer)) = (&mut read, &outcome) {
            self.excuse(problem, answer, proof);
        }
        if let Ok(token) = &read {
            self.trusted.store(true, Ordering::SeqCst);
            if let (ClientProof::Right, Ok(header)) = (proof, bearer(&token.value)) {
                let lifetime = token.lifetime.unwrap_or(UNSAID);
                let until = asked + lifetime - EARLY.min(lifetime / 5);
                *self.held() = Some(TokenState { header, until });
            }
        }
        SignedIn { exchange: Some(self.recorded(&form, started, outcome)), outcome: read }
    }

    /// The token, or why there is none, and what came of the request without any secret.
    fn understood(
        &self,
        outcome: Result<Answer, Broken>,
    ) -> (Result<Token, NoToken>, Result<Answer, Broken>) {
        if let Some(Value::Object(members)) = outcome.as_ref().ok().and_then(|answer| answer.body.json()) {
            let tokens = members.iter().filter(|(name, _)| name.ends_with("_token"));
            for token in tokens.filter_map(|(_, value)| value.as_str()) {
                self.secrets.add(token);
            }
        }
        let raw = token_answer::read(&self.shown, &outcome);
        let clean = self.secrets.clean(outcome);
        // What a server said is quoted in part, so secrets are taken out before.
        let read = raw.map_err(|problem| {
            let mut problem = token_answer::read(&self.shown, &clean).err().unwrap_or(problem);
            problem.what = self.without_own(&self.secrets.hide(&problem.what));
            problem
        });
        (read, clean)
    }

    /// An endpoint may repeat what it was sent, secrets too short to be hidden in every text included.
    fn without_own(&self, text: &str) -> String {
        let own = self.grant.secrets();
        let own = own.iter().filter(|secret| secret.len() > 2);
        own.fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), REDACTED))
    }

    /// A server that trusts Microsoft's issuer alone refuses our assertions, and is right.
    fn excuse(&self, problem: &mut NoToken, answer: &Answer, proof: ClientProof) {
        let Grant::Federation(client) = &self.grant else { return };
        let refused = matches!(token_answer::code(answer), Some("invalid_client" | "invalid_grant"));
        if proof == ClientProof::Right && refused && !self.trusted.load(Ordering::SeqCst) {
            problem.excused = true;
            if let Some(skew) = token_answer::skew(answer) {
                let seconds = skew.as_secs();
                problem.what =
                    format!("this machine's clock and the server's differ by {seconds} s: {}", problem.what);
                return;
            }
            let issuer = client.issuer.url();
            problem.what = format!("the server does not trust the issuer {issuer}: {}", problem.what);
            problem.next = format!(
                "configure the server to trust {issuer} and the audience {} for this client; see \
                 docs/authentication.md",
                client.subject.audience
            );
        }
    }

    async fn exchange(&self, form: &Form) -> Result<Answer, Broken> {
        let endpoint = self.grant.endpoint();
        let unsendable = |why: String| Broken::Protocol(format!("the request cannot be written: {why}"));
        let uri: Uri = endpoint.url().as_str().parse().map_err(|error| unsendable(format!("{error}")))?;
        let body = form.body();
        let mut sent = http::Request::new(Full::new(Bytes::from(body.expose_secret().to_owned())));
        *sent.method_mut() = http::Method::POST;
        *sent.uri_mut() = uri;
        *sent.headers_mut() = self.headers(form);
        let started = Instant::now();
        let until = started + self.timeout;
        let answer = self.engine.request(sent).await;
        let answer = answer.map_err(|error| {
            broken::of_request(&error, endpoint.server().is_https(), self.connect_timeout)
        })?;
        let limits = Limits { body: MAX_BODY, until, timeout: self.timeout };
        answer::read(answer, started, limits).await
    }

    fn headers(&self, form: &Form) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Ok(host) = HeaderValue::from_str(self.grant.endpoint().server().authority()) {
            headers.insert(HOST, host);
        }
        if let Some(basic) = &form.basic {
            headers.insert(AUTHORIZATION, basic.clone());
        }
        if let Some(proxy) = &self.proxy_authorization {
            headers.insert(PROXY_AUTHORIZATION, proxy.clone());
        }
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(form.body().expose_secret().len()));
        headers
    }

    /// The exchange as it may be shown.
    fn recorded(&self, form: &Form, started: SystemTime, outcome: Result<Answer, Broken>) -> Exchange {
        let step = format!("sign-in: {}", self.grant.flow());
        let path = self.grant.endpoint().url().path();
        let mut request = Request::new(Actor::Entra, Method::Post, path, step);
        request.headers = headers::shown(&self.headers(form), &[]);
        request.body = Some(form.shown().into());
        Exchange::new(0, started, self.shown.clone(), request, outcome)
    }
}

impl SignIn for GrantTokens {
    fn flow(&self) -> Flow {
        self.grant.flow()
    }

    fn obstacle(&self, proof: ClientProof) -> Option<&'static str> {
        self.grant.obstacle(proof)
    }

    fn sign_in(&self, proof: ClientProof) -> SigningIn<'_> {
        Box::pin(async move {
            let _asking = self.asking.lock().await;
            self.ask(proof).await
        })
    }
}
