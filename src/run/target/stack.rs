//! The decorators of one scenario run's target, from the outside in: adjustment, circuit breaker, guard,
//! retry-after, recorder.

use std::sync::Arc;
use std::time::Duration;

use super::adjustment::{Adjusted, Adjustment};
use super::cancel::Cancel;
use super::circuit_breaker::{CircuitBreaker, Sighting};
use super::guard::{Guard, Ownership};
use super::recorder::Recorder;
use super::retry_after::{RetryAfter, WaitLimit};
use crate::run::observer::Log;
use crate::wire::{Answer, Broken, Exchange, Request, Sent, Target};

/// A target with everything a scenario run needs around it. The recorder stays with whoever made it.
pub(in crate::run) struct Stack<'a, T: Target> {
    outermost: Adjusted<CircuitBreaker<Guard<RetryAfter<&'a Recorder<T>>>>>,
}

impl<'a, T: Target> Stack<'a, T> {
    /// Puts the decorators around a recorder; `waiting` hears of each pause.
    pub(in crate::run) fn new(
        recorder: &'a Recorder<T>,
        retry_after: &WaitLimit,
        cancel: &Cancel,
        ownership: Arc<Ownership>,
        waiting: impl Fn(Duration) + Send + Sync + 'static,
    ) -> Self {
        // What the guard asks on its own must wait as well.
        let retry_after = RetryAfter::new(recorder, retry_after.clone(), cancel.clone()).telling(waiting);
        let watched = CircuitBreaker::new(Guard::new(retry_after, ownership), cancel.clone());
        Stack { outermost: Adjusted::new(watched, Arc::default()) }
    }

    /// The same with creates as the target takes them.
    pub(in crate::run) fn adjusted(self, adjustment: Arc<Adjustment>) -> Self {
        Stack { outermost: Adjusted::new(self.outermost.into_inner(), adjustment) }
    }

    /// What the scenario run met that ends it.
    pub(in crate::run) fn sighting(&self) -> Sighting {
        self.outermost.inner().sighting()
    }

    /// Asks whether the target is still there, if there is a doubt.
    pub(in crate::run) async fn look_again(&self) {
        self.outermost.inner().look_again().await;
    }

    /// True when the scenario run must end.
    pub(in crate::run) fn must_end(&self) -> bool {
        self.outermost.inner().must_end()
    }
}

impl<T: Target> Target for Stack<'_, T> {
    async fn send(&self, request: Request) -> Result<Answer, Broken> {
        self.outermost.send(request).await
    }

    fn sent_as(&self, request: &Request) -> Sent {
        self.outermost.sent_as(request)
    }
}

impl<T: Target> Log for Recorder<T> {
    fn last(&self) -> Option<Arc<Exchange>> {
        Recorder::last(self)
    }

    fn writes(&self) -> usize {
        Recorder::writes(self)
    }
}
