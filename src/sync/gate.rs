use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::wire::{Answer, Broken, Request, Sent, Target};

/// Ends a job between two requests: what is on its way is waited for, and nothing follows it.
#[derive(Debug, Clone)]
pub struct Gate<T> {
    inner: T,
    closed: Arc<AtomicBool>,
}

impl<T> Gate<T> {
    /// Lets everything through until the flag is set.
    #[must_use]
    pub fn new(inner: T, closed: Arc<AtomicBool>) -> Self {
        Gate { inner, closed }
    }
}

impl<T: Target> Target for Gate<T> {
    async fn send(&self, request: Request) -> Result<Answer, Broken> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(Broken::Interrupted);
        }
        self.inner.send(request).await
    }

    fn sent_as(&self, request: &Request) -> Sent {
        self.inner.sent_as(request)
    }
}
