use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::sync::oneshot;

use super::{DISCOVERY, Issuer, KEYS};

/// An issuer on a loopback port. It is no longer served when this is dropped.
#[derive(Debug)]
pub struct Serving {
    /// The issuer.
    pub issuer: Arc<Issuer>,
    /// Dropping the sender ends the serving.
    _stop: oneshot::Sender<()>,
}

impl Serving {
    /// Serves an issuer on 127.0.0.1, on a free port unless one is given, within the Tokio runtime that
    /// calls.
    ///
    /// # Errors
    /// When the port cannot be bound.
    pub fn start(port: Option<u16>) -> io::Result<Self> {
        let (listener, issuer) = bound(port)?;
        let (stop, stopped) = oneshot::channel();
        let listener = tokio::net::TcpListener::from_std(listener)?;
        tokio::spawn(serve(listener, Arc::clone(&issuer), stopped));
        Ok(Serving { issuer, _stop: stop })
    }

    /// The same on a thread of its own, for whoever has no runtime yet.
    ///
    /// # Errors
    /// When the port cannot be bound, or no thread can be started.
    pub fn apart(port: Option<u16>) -> io::Result<Self> {
        let (listener, issuer) = bound(port)?;
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let served = Arc::clone(&issuer);
        std::thread::Builder::new().name("issuer".to_owned()).spawn(move || {
            runtime.block_on(async {
                if let Ok(listener) = tokio::net::TcpListener::from_std(listener) {
                    serve(listener, served, stopped).await;
                }
            });
        })?;
        Ok(Serving { issuer, _stop: stop })
    }
}

fn bound(port: Option<u16>) -> io::Result<(TcpListener, Arc<Issuer>)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port.unwrap_or(0)))?;
    listener.set_nonblocking(true)?;
    let issuer = Issuer::at(format!("http://{}", listener.local_addr()?));
    Ok((listener, issuer))
}

async fn serve(listener: tokio::net::TcpListener, issuer: Arc<Issuer>, stopped: oneshot::Receiver<()>) {
    let router = Router::new().fallback(answer).with_state(issuer);
    let served = axum::serve(listener, router).with_graceful_shutdown(async {
        // An error says that the sender is gone, which is the signal.
        drop(stopped.await);
    });
    // It ends with the sender; nothing else ends it.
    drop(served.await);
}

async fn answer(State(issuer): State<Arc<Issuer>>, uri: Uri) -> Response {
    let document = match uri.path() {
        DISCOVERY => Ok(issuer.discovery()),
        // Making keys takes a while, and others are to be answered meanwhile.
        KEYS => tokio::task::spawn_blocking(move || issuer.keys())
            .await
            .unwrap_or_else(|error| Err(error.to_string())),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    match document {
        Ok(document) => json(&document),
        Err(why) => (StatusCode::INTERNAL_SERVER_ERROR, why).into_response(),
    }
}

fn json(document: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], document.to_string()).into_response()
}
