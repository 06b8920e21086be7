//! Asking a token endpoint for a token, as scenarios about credentials do.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use secrecy::SecretString;

use super::Exchange;

/// How a token is asked for (entra-docs: use-scim-to-provision-users-and-groups, "Authorization").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Flow {
    /// OAuth 2.0 client credentials (RFC 6749 §4.4) with a client secret.
    ClientCredentials,
    /// Workload identity federation: client credentials with a JWT of Entra's as client assertion
    /// (RFC 7523 §2.2).
    Federation,
    /// No token is asked for: the bearer is a JWT of Entra's ("Secret Token" left blank).
    EntraIssued,
    /// A token that has expired, as the user gave it.
    Expired,
    /// A token for another server, as the user gave it.
    Foreign,
}

impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Flow::ClientCredentials => "client-credentials",
            Flow::Federation => "federation",
            Flow::EntraIssued => "entra-issued",
            Flow::Expired => "expired-token",
            Flow::Foreign => "foreign-token",
        })
    }
}

/// What is shown to the token endpoint as proof of who asks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum ClientProof {
    /// What is configured.
    #[default]
    Right,
    /// Another client secret. With client credentials alone; assertions and issued tokens have the others.
    WrongSecret,
    /// A JWT signed with the second of the keys that the issuer publishes.
    NextKey,
    /// A JWT signed with a key that the issuer publishes from now on.
    NewKey,
    /// A JWT signed with a key that is not published.
    ForeignKey,
    /// A JWT without a signature.
    Unsigned,
    /// A JWT that has expired.
    Expired,
    /// A JWT that is not valid yet.
    NotYetValid,
    /// A JWT for another server.
    OtherAudience,
}

/// A token as the endpoint gave it.
#[derive(Debug, Clone)]
pub struct Token {
    /// What goes behind `Bearer`.
    pub value: SecretString,
    /// `expires_in`, if the endpoint said it (RFC 6749 §5.1).
    pub lifetime: Option<Duration>,
}

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct NoToken {
    /// What is wrong, in one sentence without a full stop and without secrets.
    pub what: String,
    /// The next step, in one sentence without a full stop.
    pub next: String,
    /// Nothing is wrong with the server, which trusts other issuers than ours: no scenario fails by it.
    pub excused: bool,
}

/// What one request for a token brought.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The exchange with the token endpoint, if one was asked; without secrets and token.
    pub exchange: Option<Exchange>,
    /// The token, or why there is none.
    pub outcome: Result<Token, NoToken>,
}

/// What [`SignIn::sign_in`] gives: a future that can stand in a trait object.
pub type SigningIn<'a> = Pin<Box<dyn Future<Output = SignedIn> + Send + 'a>>;

/// One configured way to get a token.
pub trait SignIn: fmt::Debug + Send + Sync {
    /// Which way it is.
    fn flow(&self) -> Flow;

    /// Says why such a proof cannot be shown, if it cannot.
    fn obstacle(&self, proof: ClientProof) -> Option<&'static str>;

    /// Asks for a fresh token, whatever token is held already. One that a wrong proof brings is not kept.
    fn sign_in(&self, proof: ClientProof) -> SigningIn<'_>;
}
