//! The one real [`Target`](crate::wire::Target): requests leave the program here and nowhere else.
//!
//! Entra sends neither `Accept` nor `User-Agent`, follows no redirect with its credentials and
//! speaks HTTP/1.1 (entra-wire §4), so this client adds nothing of its own and keeps every byte but secrets:
//! they are taken out here, of answers and of errors, so that nothing further in can hold them.

mod answer;
mod broken;
mod client;
mod connection;
mod credentials;
mod engine;
mod fixed_token;
mod headers;
mod issued;
mod pace;
mod problem;
mod reachability;
mod route;
mod secrets;
mod settings;
mod tenant_url;
mod tls;
mod token_answer;
mod tokens;

pub use client::Client;
pub use connection::connect;
pub use credentials::{ClientCredentials, Credentials, Federation, Grant, SentIn, TokenEndpoint};
pub use issued::Issued;
pub use problem::ClientProblem;
pub use reachability::wait_for;
pub use secrets::Secrets;
pub use settings::Settings;
pub use tenant_url::{Flag, TenantUrl};
pub use tls::{Trust, reason as tls_reason};
