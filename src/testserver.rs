//! A SCIM server for tests of SCIM clients: correct, or wrong in the ways that real servers are.
//!
//! It is the server that `scimulate serve` runs, in memory and on a free loopback port. Its faults come from reports of
//! real servers, so that a client can be tested against answers that it will meet:
//!
//! ```
//! use scimulate::testserver::TestServer;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = TestServer::builder().fault("hides-disabled-users").start()?;
//! // Your client comes here, with this URL and this token.
//! assert!(server.url().starts_with("http://127.0.0.1:"));
//! assert!(!server.token().is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! A name that does not exist is an error that names a near one:
//!
//! ```
//! # use scimulate::testserver::TestServer;
//! let error = TestServer::builder().fault("hides-disabled-user").start().unwrap_err();
//! assert!(error.to_string().contains("did you mean `hides-disabled-users`?"));
//! ```

use std::fmt;
use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tokio::runtime;
use tokio::sync::oneshot;

use crate::diagnostic::closest;
use crate::entra::mapping::profiles;
use crate::server::{self, Fault, Running, ServerSettings, Variant};

/// A running server. It stops when this is dropped.
#[derive(Debug)]
pub struct TestServer {
    url: String,
    token: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl TestServer {
    /// Starts a correct server, as `TestServer::builder().start()`.
    ///
    /// # Errors
    /// When no port can be bound.
    pub fn start() -> Result<TestServer, TestServerError> {
        TestServer::builder().start()
    }

    /// A server that is to be made different first.
    #[must_use]
    pub fn builder() -> TestServerBuilder {
        TestServerBuilder::default()
    }

    /// The SCIM base URL, as `http://127.0.0.1:50123/scim`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The bearer token that every request must carry.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        // Dropping the sender is the signal; then the port is free.
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the server was already printed.
            let _ = thread.join();
        }
    }
}

/// How a [`TestServer`] behaves. Names are looked at by [`TestServerBuilder::start`].
#[derive(Debug, Clone, Default)]
pub struct TestServerBuilder {
    token: Option<String>,
    port: Option<u16>,
    profile: Option<String>,
    faults: Vec<String>,
    variants: Vec<String>,
}

impl TestServerBuilder {
    /// Injects a fault; repeat it for several. [`faults`] has them all.
    #[must_use]
    pub fn fault(mut self, name: impl Into<String>) -> Self {
        self.faults.push(name.into());
        self
    }

    /// Enables a conforming variation, in which correct servers differ; repeat it for several. [`variants`] has them
    /// all.
    #[must_use]
    pub fn variant(mut self, name: impl Into<String>) -> Self {
        self.variants.push(name.into());
        self
    }

    /// The bearer token that every request must carry. The default is a random one.
    #[must_use]
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// The port on 127.0.0.1. The default is a free one, which is right for tests that run at the same time.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Publishes and keeps what this attribute mapping names: a built-in profile, or a YAML file (docs/mapping.md).
    #[must_use]
    pub fn profile(mut self, name_or_file: impl Into<String>) -> Self {
        self.profile = Some(name_or_file.into());
        self
    }

    /// Starts the server on a thread of its own: it answers whatever the test's threads do, and within a Tokio runtime as
    /// well as without.
    ///
    /// # Errors
    /// A fault or a variant that does not exist, with the name that was probably meant; a token that no header can carry;
    /// a profile that cannot be read; a port that cannot be bound.
    pub fn start(self) -> Result<TestServer, TestServerError> {
        let port = self.port;
        let settings = self.settings()?;
        let (tell, told) = std::sync::mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let serve = move || {
            let runtime = match runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => return drop(tell.send(Err(error))),
            };
            runtime.block_on(async {
                let told = server::start(settings, port).await;
                let running = told.map(|running| {
                    let addresses = (running.base_url.clone(), running.token.clone());
                    (running, addresses)
                });
                let _kept: Option<Running> = match running {
                    Ok((running, addresses)) => {
                        // The caller waits for it.
                        let _ = tell.send(Ok(addresses));
                        Some(running)
                    }
                    Err(error) => {
                        let _ = tell.send(Err(error));
                        None
                    }
                };
                // An error says that the sender is gone, which is the signal.
                drop(stopped.await);
            });
        };
        let thread = thread::Builder::new().name("scimulate-testserver".to_owned()).spawn(serve);
        let thread = thread.map_err(|error| cannot_listen(port, &error))?;
        let answered = told.recv().unwrap_or_else(|_| Err(io::Error::other("its thread panicked")));
        let (url, token) = answered.map_err(|error| cannot_listen(port, &error))?;
        Ok(TestServer { url, token, stop: Some(stop), thread: Some(thread) })
    }

    fn settings(self) -> Result<ServerSettings, TestServerError> {
        let wrong = |what: String| TestServerError { what };
        let named = |name: &str| {
            let name = name.to_owned();
            move |why: String| TestServerError { what: format!("`{name}`: {why}") }
        };
        let mut settings = ServerSettings {
            faults: self
                .faults
                .iter()
                .map(|name| fault(name).map_err(named(name)))
                .collect::<Result<_, _>>()?,
            variants: self
                .variants
                .iter()
                .map(|name| variant(name).map_err(named(name)))
                .collect::<Result<_, _>>()?,
            ..ServerSettings::default()
        };
        if let Some(token) = self.token {
            settings.token = bearer_token(&token).map_err(wrong)?;
        }
        if let Some(profile) = self.profile {
            let mapping = profiles::load(&profile).map_err(|mistakes| {
                let shown: Vec<String> = mistakes.iter().map(|mistake| mistake.render(false)).collect();
                wrong(shown.join("\n\n"))
            })?;
            settings.schemas = Arc::new(mapping.served_schemas());
        }
        Ok(settings)
    }
}

/// Every fault: its name, and what a server with it does wrong.
pub fn faults() -> impl Iterator<Item = (&'static str, &'static str)> {
    Fault::ALL.iter().map(|fault| (fault.name(), fault.about()))
}

/// Every variant: its name, and how a server with it differs while it is correct.
pub fn variants() -> impl Iterator<Item = (&'static str, &'static str)> {
    Variant::ALL.iter().map(|variant| (variant.name(), variant.about()))
}

/// Why a [`TestServer`] was not started: one message that says what is wrong and what to do.
#[derive(Clone, PartialEq, Eq)]
pub struct TestServerError {
    what: String,
}

impl fmt::Display for TestServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// As [`fmt::Display`] writes it, so that `unwrap()` shows the message as it is meant.
impl fmt::Debug for TestServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl std::error::Error for TestServerError {}

fn cannot_listen(port: Option<u16>, error: &io::Error) -> TestServerError {
    let what = match error.kind() {
        io::ErrorKind::AddrInUse => "another program already listens on this port".to_owned(),
        _ => error.to_string(),
    };
    let port = port.unwrap_or(0);
    TestServerError {
        what: format!("cannot listen on 127.0.0.1:{port}: {what}; leave the port out to get a free one"),
    }
}

/// The fault of this name.
pub(crate) fn fault(name: &str) -> Result<Fault, String> {
    name.parse().map_err(|_| unknown(name, "fault", Fault::ALL.iter().map(|fault| fault.name())))
}

/// The variant of this name.
pub(crate) fn variant(name: &str) -> Result<Variant, String> {
    name.parse().map_err(|_| unknown(name, "variant", Variant::ALL.iter().map(|variant| variant.name())))
}

/// A token that a header can carry.
pub(crate) fn bearer_token(text: &str) -> Result<String, String> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(text.to_owned())
    } else {
        Err("a token must not be empty and must contain neither spaces nor letters beyond ASCII".to_owned())
    }
}

fn unknown<'a>(name: &str, what: &str, names: impl Iterator<Item = &'a str>) -> String {
    match closest(name, names) {
        Some(near) => format!("unknown {what}; did you mean `{near}`?"),
        None => format!("unknown {what}; `scimulate serve --list` shows them all"),
    }
}
