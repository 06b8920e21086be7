//! One request, its answer, and the exchange they make.
//!
//! Everything that leaves or enters the program passes through these types. They hold no secrets: the one real
//! [`Target`] takes them out of what comes in. An answer's body is parsed once.

mod answer;
mod bulk;
mod exchange;
mod json;
mod known;
mod made;
mod operation;
mod request;
mod sign_in;
mod span;

pub use answer::{Answer, Body, Broken};
pub use bulk::{BulkCreate, bulk_creates, bulk_targets, is_bulk};
pub use exchange::Exchange;
pub use json::{Excess, Unparsed};
pub use made::{id_of, located_id, made_id};
pub use operation::{Operation, ResourceKind};
pub use request::{Actor, GUARD_STEP, Method, Request, Tenant};
pub use sign_in::{ClientProof, Flow, NoToken, SignIn, SignedIn, SigningIn, Token};
pub use span::WriteSpan;

/// Where requests go: the real client, or a decorator over it (guard, recorder, retry).
pub trait Target: Send + Sync {
    /// Sends one request and waits for its answer, which holds no secrets.
    ///
    /// # Errors
    /// [`Broken`] when no HTTP answer arrived. A status such as 500 is an answer, not an error.
    fn send(&self, request: Request) -> impl Future<Output = Result<Answer, Broken>> + Send;

    /// What the request becomes on the wire: absolute URL and every header in order. Recorders ask
    /// this so that a HAR shows what was really sent, without secrets.
    fn sent_as(&self, request: &Request) -> Sent;
}

/// A request as it stands on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Absolute URL.
    pub url: String,
    /// Every header in order.
    pub headers: Vec<(String, String)>,
}

impl<T: Target> Target for &T {
    async fn send(&self, request: Request) -> Result<Answer, Broken> {
        (**self).send(request).await
    }

    fn sent_as(&self, request: &Request) -> Sent {
        (**self).sent_as(request)
    }
}

impl<T: Target> Target for std::sync::Arc<T> {
    async fn send(&self, request: Request) -> Result<Answer, Broken> {
        (**self).send(request).await
    }

    fn sent_as(&self, request: &Request) -> Sent {
        (**self).sent_as(request)
    }
}
