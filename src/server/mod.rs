//! The embedded reference server: SCIM 2.0 (RFC 7643, RFC 7644) in memory, as right as we know how,
//! with legal variants and, for testing judges, faults.
//!
//! It evaluates filters and applies PATCH operations itself: what it shares with those who judge
//! servers is the grammar in [`crate::scim`], so that a mistake in one cannot hide in the other.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, HttpBody as _};
use axum::extract::State;
use axum::http::{Request, Response, header};
use http_body_util::BodyExt as _;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::scim::schema::ServedSchemas;

mod bulk;
mod call;
mod connection;
mod cursors;
mod discovery;
mod endpoint;
mod evaluate;
mod faults;
mod meeting;
mod model;
mod oauth;
mod patch;
mod precondition;
mod pressure;
mod projection;
mod query;
mod race;
mod render;
mod reply;
mod service;
mod sort;
mod store;
mod strain;
mod tenancy;
mod values;
mod variant_replies;
mod variants;

use call::{RequestBody, ServerRequest};
use connection::Port;
pub use faults::{Fault, FaultClass};
pub use oauth::{OAuth, Trusted};
use service::Service;
pub use strain::Strain;
pub use variants::Variant;

/// The largest request body in bytes: room for a group of ten thousand members.
const MAX_BODY: usize = 2 << 20;

/// How a server behaves.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// The bearer token every request must carry.
    pub token: String,
    /// A token that has expired, and is refused like one that never was.
    pub expired: String,
    /// A token for another server, and refused.
    pub foreign: String,
    /// Where SCIM begins, with a leading slash.
    pub base_path: String,
    /// The token endpoint beside SCIM, whose tokens are as good as `token`.
    pub oauth: OAuth,
    /// Whose tokens are as good as `token`, if Entra's own are accepted: "Secret Token" left blank.
    pub entra: Option<Trusted>,
    /// The schemas it publishes, and whose attributes it keeps.
    pub schemas: Arc<ServedSchemas>,
    /// Right ways in which this server differs.
    pub variants: BTreeSet<Variant>,
    /// Ways in which this server is wrong.
    pub faults: BTreeSet<Fault>,
    /// Ways in which it is wrong under load alone.
    pub strain: Strain,
    /// Another tenant beside this one, with users of its own.
    pub second: Option<SecondTenant>,
}

/// Another tenant of the same server.
#[derive(Debug, Clone)]
pub struct SecondTenant {
    /// The bearer token that its requests carry.
    pub token: String,
    /// Where its SCIM begins, with a leading slash.
    pub base_path: String,
}

impl Default for SecondTenant {
    /// Below `/second/scim`, with a random token.
    fn default() -> Self {
        SecondTenant {
            token: uuid::Uuid::new_v4().simple().to_string(),
            base_path: "/second/scim".to_owned(),
        }
    }
}

impl Default for ServerSettings {
    /// A healthy server below `/scim` with a random token.
    fn default() -> Self {
        ServerSettings {
            token: uuid::Uuid::new_v4().simple().to_string(),
            expired: uuid::Uuid::new_v4().simple().to_string(),
            foreign: uuid::Uuid::new_v4().simple().to_string(),
            base_path: "/scim".to_owned(),
            oauth: OAuth::default(),
            entra: None,
            schemas: Arc::default(),
            variants: BTreeSet::new(),
            faults: BTreeSet::new(),
            strain: Strain::default(),
            second: None,
        }
    }
}

/// The server as a router, for tests without a socket and for those who serve it themselves.
pub fn router(settings: ServerSettings) -> Router {
    let second = settings.second.clone().map(|SecondTenant { token, base_path }| {
        Hall::new(ServerSettings { token, base_path, second: None, ..settings.clone() })
    });
    let listening = Listening { first: Hall::new(settings), second };
    // One handler for every path: SCIM wants its own answers for unknown routes and methods too.
    Router::new().fallback(handle).with_state(Arc::new(listening))
}

/// One tenant.
struct Hall {
    base: Vec<String>,
    service: Service,
}

impl Hall {
    fn new(settings: ServerSettings) -> Self {
        let base = ServerRequest::segments_below(&[], &settings.base_path).unwrap_or_default();
        Hall { base, service: Service::new(settings) }
    }
}

struct Listening {
    first: Hall,
    second: Option<Hall>,
}

impl Listening {
    /// The tenant whose path it is, and the other one.
    fn halls(&self, path: &str) -> (&Hall, Option<&Hall>) {
        match &self.second {
            Some(second) if ServerRequest::segments_below(&second.base, path).is_some() => {
                (second, Some(&self.first))
            }
            second => (&self.first, second.as_ref()),
        }
    }
}

/// The bytes of a body. Of one beyond the limit nothing is kept, but it is read to its end: a client that is still
/// sending when the connection closes sees no answer.
async fn received(mut body: Body) -> Result<Option<Vec<u8>>, axum::Error> {
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    let mut kept = (announced <= MAX_BODY).then(Vec::new);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        kept = kept.filter(|kept| kept.len() + data.len() <= MAX_BODY);
        if let Some(kept) = &mut kept {
            kept.extend_from_slice(&data);
        }
    }
    Ok(kept)
}

async fn handle(State(listening): State<Arc<Listening>>, request: Request<Body>) -> Response<Body> {
    let (head, body) = request.into_parts();
    if head.uri.path() == oauth::TOKEN_PATH {
        // What cannot be read whole is no form.
        let body = received(body).await.ok().flatten().unwrap_or_default();
        let service = &listening.first.service;
        let reply = service.grant(&head.method, &head.headers, &body).await;
        return reply.into_response(&service.settings.variants);
    }
    let (Hall { base, service }, other) = listening.halls(head.uri.path());
    let (size, body) = match received(body).await {
        Ok(Some(bytes)) => (bytes.len(), RequestBody::read(&bytes)),
        Ok(None) => (MAX_BODY, RequestBody::TooLarge(MAX_BODY)),
        Err(error) => (0, RequestBody::Broken(error.to_string())),
    };
    let host = head.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host =
        host.or_else(|| head.uri.authority().map(|authority| authority.as_str())).unwrap_or("localhost");
    let query = head.uri.query().unwrap_or("");
    let base_path = service.settings.base_path.trim_end_matches('/');
    let call = ServerRequest {
        segments: ServerRequest::segments_below(base, head.uri.path()),
        parameters: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        base_url: format!("http://{host}{base_path}"),
        entra: service.check_entra(&head.headers).await,
        method: head.method,
        headers: head.headers,
        size,
        body,
    };
    let reply = service.answer_beside(other.map(|hall| &hall.service), &call).await;
    if !reply.delay.is_zero() {
        tokio::time::sleep(reply.delay).await;
    }
    reply.into_response(&service.settings.variants)
}

/// A server on a loopback port. It stops when this is dropped.
#[derive(Debug)]
pub struct Running {
    /// Where SCIM begins, as `http://127.0.0.1:50123/scim`.
    pub base_url: String,
    /// The bearer token it asks for.
    pub token: String,
    /// Where tokens can be asked for.
    pub token_endpoint: String,
    /// Client id, client secret and lifetime of its tokens.
    pub oauth: OAuth,
    /// The other tenant, if there is one.
    pub second: Option<RunningTenant>,
    /// Dropping the sender ends the server.
    _stop: oneshot::Sender<()>,
}

/// Another tenant of a server that runs.
#[derive(Debug, Clone)]
pub struct RunningTenant {
    /// Where its SCIM begins.
    pub base_url: String,
    /// The bearer token it asks for.
    pub token: String,
}

/// Starts a server on 127.0.0.1, on a free port unless one is given. Must be called within a
/// Tokio runtime, which the server then runs on.
///
/// # Errors
/// When the port cannot be bound.
pub async fn start(settings: ServerSettings, port: Option<u16>) -> io::Result<Running> {
    let listener = TcpListener::bind(("127.0.0.1", port.unwrap_or(0))).await?;
    let address = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let base_url = format!("http://{address}{}", settings.base_path.trim_end_matches('/'));
    let (token, oauth) = (settings.token.clone(), settings.oauth.clone());
    let second = settings.second.as_ref().map(|second| RunningTenant {
        base_url: format!("http://{address}{}", second.base_path.trim_end_matches('/')),
        token: second.token.clone(),
    });
    let token_endpoint = format!("http://{address}{}", oauth::TOKEN_PATH);
    let port = Port { listener, body_on_204: settings.faults.contains(&Fault::BODY_ON_204) };
    let served = axum::serve(port, router(settings)).with_graceful_shutdown(async {
        // An error says that the sender is gone, which is the signal.
        drop(stopped.await);
    });
    tokio::spawn(served.into_future());
    Ok(Running { base_url, token, token_endpoint, oauth, second, _stop: stop })
}
