use std::time::Duration;

use tokio::time::Instant;

use super::{ClientProblem, TenantUrl, Trust, tls};

/// Waits until something answers HTTP at a URL, whatever it answers. This is not Entra's traffic:
/// no credentials are sent, and nothing is recorded.
///
/// # Errors
/// A [`ClientProblem`] when the URL is wrong or when nothing answered within `limit`.
pub async fn wait_for(url: &str, trust: &Trust, limit: Duration) -> Result<(), ClientProblem> {
    let parsed = TenantUrl::parse(url)?;
    let mut builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls::config(parsed.is_https(), trust)?)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .pool_max_idle_per_host(0)
        .timeout(Duration::from_secs(5).min(limit));
    if parsed.is_loopback() {
        builder = builder.no_proxy();
    }
    let client = builder.build().map_err(|error| {
        ClientProblem::new(
            format!("cannot create an HTTP client for {parsed}: {}", last_cause(&error)),
            "report this",
        )
    })?;
    let end = Instant::now() + limit;
    let mut pause = Duration::from_millis(10);
    loop {
        let error = match client.get(url.trim()).send().await {
            Ok(_) => return Ok(()),
            // Its text would show the URL with its query.
            Err(error) => error.without_url(),
        };
        if Instant::now() + pause >= end {
            return Err(ClientProblem::new(
                format!("no server answered at {parsed} within {limit:?} ({})", last_cause(&error)),
                "check that the server starts and listens there, or wait longer with --timeout",
            ));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(250));
    }
}

fn last_cause(error: &dyn std::error::Error) -> String {
    let mut current = error;
    while let Some(source) = current.source() {
        current = source;
    }
    current.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn any_answer_ends_the_waiting_even_one_that_comes_late() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            // Not ready yet: the connection is closed without an answer.
            drop(listener.accept().await.unwrap());
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 1024]).await.unwrap();
            stream.write_all(b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n").await.unwrap();
            stream.shutdown().await.unwrap();
        });
        let url = format!("http://{address}/scim");
        wait_for(&url, &Trust::System, Duration::from_secs(10)).await.unwrap();
        server.await.unwrap();
    }

    #[tokio::test]
    async fn silence_is_reported_with_the_limit() {
        // It accepts no connection. A port that was closed again may soon be another test's.
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", silent.local_addr().unwrap());
        let problem = wait_for(&url, &Trust::System, Duration::from_millis(50)).await.unwrap_err();
        assert!(problem.what.contains("within 50ms"), "{problem:?}");
    }
}
