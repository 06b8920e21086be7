//! How a target is reached, and with which defaults.

use std::time::Duration;

use secrecy::SecretString;

use super::{Credentials, Grant, Issued, Secrets, TenantUrl, Trust};

/// How the target is reached.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where it is.
    pub url: TenantUrl,
    /// Who calls.
    pub credentials: Credentials,
    /// Further ways to get a token, which scenarios about credentials try.
    pub grants: Vec<Grant>,
    /// Tokens that Entra issues itself, which scenarios about them send.
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
