use std::time::Duration;

use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tower::Service as _;

use super::route::{Route, Unreached};
use super::{TenantUrl, broken};
use crate::wire::Broken;

/// Opens a connection to the target and says nothing on it: below HTTP and below TLS, through the
/// environment's proxy where requests go through it.
///
/// # Errors
/// [`Broken`] when there is no connection within `limit`.
pub async fn connect(
    url: &TenantUrl,
    limit: Duration,
) -> Result<impl AsyncRead + AsyncWrite + Send + Unpin + use<>, Broken> {
    let unusable = |why: String| Broken::Protocol(why);
    let mut route = Route::new(url, limit).map_err(|problem| unusable(problem.to_string()))?;
    let uri: Uri = url.origin().parse().map_err(|error| unusable(format!("{}: {error}", url.origin())))?;
    match tokio::time::timeout(limit, route.call(uri)).await {
        Ok(Ok(line)) => Ok(TokioIo::into_inner(line)),
        Ok(Err(error)) => Err(match error.downcast_ref::<Unreached>() {
            Some(unreached) => broken::of_connection(unreached, limit),
            None => unusable(error.to_string()),
        }),
        Err(_) => Err(Broken::TimedOut(limit)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    const LIMIT: Duration = Duration::from_secs(10);

    #[tokio::test]
    async fn nothing_but_our_own_bytes_goes_over_a_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = TenantUrl::parse(&format!("https://{}/scim", listener.local_addr().unwrap())).unwrap();
        let (mut ours, accepted) =
            tokio::join!(async { connect(&url, LIMIT).await.unwrap() }, listener.accept());
        ours.write_all(b"hello").await.unwrap();
        ours.shutdown().await.unwrap();
        let mut heard = Vec::new();
        accepted.unwrap().0.read_to_end(&mut heard).await.unwrap();
        assert_eq!(heard, b"hello");
    }

    #[tokio::test]
    async fn a_closed_port_is_a_refused_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = TenantUrl::parse(&format!("https://{}/", listener.local_addr().unwrap())).unwrap();
        drop(listener);
        assert!(matches!(connect(&url, LIMIT).await.err(), Some(Broken::Refused(_))));
    }
}
