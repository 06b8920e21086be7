//! The decorators of one scenario run's target, from the outside in: lookups, adjustment, circuit breaker,
//! guard, retry, recorder.

use std::sync::Arc;
use std::time::Duration;

use super::adjustment::{Adjusted, Adjustment};
use super::cancel::Cancel;
use super::circuit_breaker::{CircuitBreaker, CircuitState};
use super::guard::{Guard, Ownership};
use super::lookups::{self, BrokenLookups};
use super::recorder::Recorder;
use super::retry::{Retry, WaitLimit};
use crate::run::observer::Log;
use crate::scim::PatchPath;
use crate::wire::{Answer, Broken, Exchange, Request, ResourceKind, Sent, Target};

/// A target with everything a scenario run needs around it. The recorder stays with its maker.
pub(in crate::run) struct Stack<'a, T: Target> {
    outermost: Adjusted<CircuitBreaker<Guard<Retry<&'a Recorder<T>>>>>,
    recorder: &'a Recorder<T>,
    broken_lookups: BrokenLookups,
}

impl<'a, T: Target> Stack<'a, T> {
    /// Puts the decorators around a recorder; `waiting` hears of each pause.
    pub(in crate::run) fn new(
        recorder: &'a Recorder<T>,
        wait_limit: &WaitLimit,
        cancel: &Cancel,
        ownership: Arc<Ownership>,
        waiting: impl Fn(Duration) + Send + Sync + 'static,
    ) -> Self {
        // What the guard asks on its own must wait as well.
        let retry = Retry::new(recorder, wait_limit.clone(), cancel.clone()).telling(waiting);
        let watched = CircuitBreaker::new(Guard::new(retry, ownership), cancel.clone());
        let outermost = Adjusted::new(watched, Arc::default());
        Stack { outermost, recorder, broken_lookups: BrokenLookups::default() }
    }

    /// The same with creates as the target takes them.
    pub(in crate::run) fn adjusted(self, adjustment: Arc<Adjustment>) -> Self {
        Stack { outermost: Adjusted::new(self.outermost.into_inner(), adjustment), ..self }
    }

    /// The same target, with creates as they are written, whatever is known of what the target takes.
    pub(in crate::run) fn unadjusted(&self) -> &impl Target {
        self.outermost.inner()
    }

    /// The same with lookups answered from what the run wrote, where the target answers them wrongly.
    pub(in crate::run) fn looking_up_otherwise(self, broken_lookups: BrokenLookups) -> Self {
        Stack { broken_lookups, ..self }
    }

    /// True when the target is not asked who has a value of this attribute.
    pub(in crate::run) fn looks_up_otherwise(&self, kind: ResourceKind, attribute: &PatchPath) -> bool {
        self.broken_lookups.concern(kind, attribute)
    }

    /// What the scenario run met that ends it.
    pub(in crate::run) fn sighting(&self) -> CircuitState {
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
        match self.broken_lookups.asked(&request) {
            Some(lookup) => lookups::answer(&self.outermost, &self.recorder.trace(), &lookup, &request).await,
            None => self.outermost.send(request).await,
        }
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
