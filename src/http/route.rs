use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use http::{HeaderValue, Uri};
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector, dns};
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tower::Service;

use super::{ClientProblem, TenantUrl};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// How connections to the target are opened: straight, or through the proxy that the environment
/// names. Loopback targets are never reached through a proxy.
#[derive(Debug, Clone)]
pub(super) struct Route {
    tcp: HttpConnector<Resolver>,
    proxy: Option<Proxy>,
    https: bool,
    hasty: Arc<AtomicBool>,
}

/// A connection that ends this soon after an answer was ended because of the answer.
const SOON: Duration = Duration::from_millis(250);

#[derive(Debug, Clone)]
struct Proxy {
    uri: Uri,
    auth: Option<HeaderValue>,
}

impl Route {
    /// The route to a target, with the limit for opening a connection.
    pub(super) fn new(url: &TenantUrl, limit: Duration) -> Result<Self, ClientProblem> {
        Route::with(url, limit, Matcher::from_env)
    }

    fn with(
        url: &TenantUrl,
        limit: Duration,
        proxies: impl FnOnce() -> Matcher,
    ) -> Result<Self, ClientProblem> {
        let mut tcp = HttpConnector::new_with_resolver(Resolver);
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(limit));
        let intercept = if url.is_loopback() {
            None
        } else {
            url.origin().parse::<Uri>().ok().and_then(|origin| proxies().intercept(&origin))
        };
        let proxy = match intercept {
            None => None,
            Some(found) if found.uri().scheme_str() == Some("http") => {
                Some(Proxy { uri: found.uri().clone(), auth: found.basic_auth().cloned() })
            }
            Some(found) => {
                return Err(ClientProblem::new(
                    format!(
                        "the environment sets a {} proxy for {}, but only http:// proxies are supported",
                        found.uri().scheme_str().unwrap_or("nameless"),
                        url.origin()
                    ),
                    "set HTTPS_PROXY or HTTP_PROXY to an http:// URL, or add the host to NO_PROXY",
                ));
            }
        };
        Ok(Route { tcp, proxy, https: url.is_https(), hasty: Arc::default() })
    }

    /// True once the target has closed a connection right after an answer, without having announced
    /// it. A request on such a connection can be lost, so connections should not be used again.
    pub(super) fn is_hasty(&self) -> bool {
        self.hasty.load(Ordering::Relaxed)
    }

    /// User and password of the environment's proxy, as the value of `Proxy-Authorization`.
    pub(super) fn proxy_credentials(&self) -> Option<&HeaderValue> {
        self.proxy.as_ref().and_then(|proxy| proxy.auth.as_ref())
    }

    /// The `Proxy-Authorization` that every plain request through the proxy carries.
    pub(super) fn proxy_authorization(&self) -> Option<&HeaderValue> {
        self.proxy_credentials().filter(|_| !self.https)
    }
}

impl Service<Uri> for Route {
    type Response = TokioIo<RoutedConnection>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<TokioIo<RoutedConnection>, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, target: Uri) -> Self::Future {
        let (mut tcp, proxy, https) = (self.tcp.clone(), self.proxy.clone(), self.https);
        let hasty = Arc::clone(&self.hasty);
        Box::pin(async move {
            let (opened, proxied) = match proxy {
                None => (tcp.call(target).await.map_err(|error| Unreached::from(&error))?, false),
                Some(proxy) if https => {
                    let named = proxy.uri.to_string();
                    let mut tunnel = Tunnel::new(proxy.uri, tcp);
                    if let Some(auth) = proxy.auth {
                        tunnel = tunnel.with_auth(auth);
                    }
                    let opened = tunnel.call(target).await;
                    (
                        opened.map_err(|error| {
                            Unreached::Other(format!("the proxy {named} does not open a tunnel: {error}"))
                        })?,
                        false,
                    )
                }
                Some(proxy) => (tcp.call(proxy.uri).await.map_err(|error| Unreached::from(&error))?, true),
            };
            let stream = opened.into_inner();
            Ok(TokioIo::new(RoutedConnection {
                stream,
                proxied,
                history: ConnectionHistory::default(),
                answered: None,
                hasty,
            }))
        })
    }
}

/// Why no connection could be opened, before TLS and HTTP.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreached {
    #[error("{0}")]
    Refused(String),
    #[error("{0}")]
    NoSuchHost(String),
    #[error("no connection in time")]
    TimedOut,
    #[error("{0}")]
    Other(String),
}

impl<E: std::error::Error + 'static> From<&E> for Unreached {
    fn from(error: &E) -> Self {
        let mut current: Option<&(dyn std::error::Error + 'static)> = Some(error);
        let mut last = error.to_string();
        while let Some(error) = current {
            if let Some(missing) = error.downcast_ref::<NoSuchHost>() {
                return Unreached::NoSuchHost(missing.to_string());
            }
            if let Some(io) = error.downcast_ref::<io::Error>() {
                match io.kind() {
                    io::ErrorKind::ConnectionRefused => {
                        return Unreached::Refused("no server listens there".to_owned());
                    }
                    io::ErrorKind::TimedOut => return Unreached::TimedOut,
                    _ => {}
                }
            }
            last = error.to_string();
            current = error.source();
        }
        Unreached::Other(format!("cannot connect: {last}"))
    }
}

/// Whether an answer has come over a connection.
#[derive(Debug, Clone, Default)]
pub(super) struct ConnectionHistory(Arc<AtomicBool>);

impl ConnectionHistory {
    /// True once anything has come.
    pub(super) fn has_answered(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// An open connection that knows whether it ends at a proxy, and how the target treats it.
pub(super) struct RoutedConnection {
    stream: TcpStream,
    proxied: bool,
    history: ConnectionHistory,
    answered: Option<Instant>,
    hasty: Arc<AtomicBool>,
}

impl Connection for RoutedConnection {
    fn connected(&self) -> Connected {
        self.stream.connected().proxy(self.proxied).extra(self.history.clone())
    }
}

impl AsyncRead for RoutedConnection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        match polled {
            Poll::Pending => {}
            Poll::Ready(Ok(())) if buffer.filled().len() > before => {
                self.answered = Some(Instant::now());
                self.history.0.store(true, Ordering::Relaxed);
            }
            // The end, or a reset because the next request was under way already.
            Poll::Ready(_) if self.answered.is_some_and(|last| last.elapsed() < SOON) => {
                self.hasty.store(true, Ordering::Relaxed);
            }
            Poll::Ready(_) => {}
        }
        polled
    }
}

impl AsyncWrite for RoutedConnection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }
}

/// Resolves names as the system does, and marks a failure as one of names.
#[derive(Debug, Clone, Copy)]
struct Resolver;

/// The name that was looked up in vain.
#[derive(Debug, Clone, thiserror::Error)]
#[error("`{name}` does not resolve ({why})")]
struct NoSuchHost {
    name: String,
    why: String,
}

impl Service<dns::Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = NoSuchHost;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, NoSuchHost>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), NoSuchHost>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: dns::Name) -> Self::Future {
        Box::pin(async move {
            let name = name.as_str().to_owned();
            // The connector puts the real port in.
            let found = tokio::net::lookup_host((name.as_str(), 0)).await.map(Iterator::collect::<Vec<_>>);
            match found {
                Ok(addresses) if addresses.is_empty() => {
                    Err(NoSuchHost { name, why: "no address".to_owned() })
                }
                Ok(addresses) => Ok(addresses.into_iter()),
                Err(error) => Err(NoSuchHost { name, why: error.to_string() }),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(all: &str) -> impl FnOnce() -> Matcher + use<'_> {
        move || Matcher::builder().all(all.to_owned()).build()
    }

    fn route(url: &str, all: &str) -> Result<Route, ClientProblem> {
        Route::with(&TenantUrl::parse(url).unwrap(), Duration::from_secs(1), proxies(all))
    }

    #[test]
    fn the_environments_proxy_is_used_but_never_for_loopback() {
        let proxied = |url| route(url, "http://proxy.example:3128").unwrap().proxy.map(|p| p.uri.to_string());
        assert_eq!(proxied("https://api.example.com/scim").as_deref(), Some("http://proxy.example:3128/"));
        assert_eq!(proxied("http://localhost:8080/scim"), None);
        assert_eq!(proxied("http://127.0.0.1:8080/scim"), None);
        assert_eq!(proxied("https://[::1]:8080/scim"), None);
    }

    #[test]
    fn proxy_credentials_travel_with_plain_requests_only() {
        let plain = route("http://api.example.com/", "http://u:p@proxy.example").unwrap();
        assert_eq!(plain.proxy_authorization().unwrap(), "Basic dTpw");
        let tunnelled = route("https://api.example.com/", "http://u:p@proxy.example").unwrap();
        assert_eq!(tunnelled.proxy_authorization(), None);
    }

    #[test]
    fn a_proxy_of_another_kind_is_refused_without_its_password() {
        let problem = route("https://api.example.com/", "socks5://u:hunter2@proxy.example").unwrap_err();
        assert!(problem.what.contains("socks5 proxy"), "{problem:?}");
        assert!(!format!("{problem:?}").contains("hunter2"));
    }
}
