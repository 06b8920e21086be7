//! The HTTP engine: connections, their pool and the limits of a response head.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::route::Route;

/// A connection that was idle for longer is not used again. Some servers close idle connections
/// after two seconds, and a request that meets the closing would look like a fault of theirs.
const MAX_IDLE: Duration = Duration::from_secs(1);

/// Largest header section of an answer that is read, in bytes.
pub(super) const MAX_HEAD: usize = 128 << 10;

/// Most header lines of an answer. hyper makes room for all of them anew before it parses a head, and an
/// endless row of `100 Continue` makes it parse thousands without a pause: with ten times as many lines
/// that keeps a thread busy for minutes.
pub(super) const MAX_HEADER_LINES: usize = 1000;

/// Sends requests over a route.
pub(super) type Engine = legacy::Client<HttpsConnector<Route>, Full<Bytes>>;

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
