//! What the unit tests of this room share.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use crate::wire::{Actor, Answer, Broken, Exchange, Method, Request, Sent, Target};

use super::Log;

/// A target that gives prepared answers in order, and a broken connection when they are used up.
#[derive(Debug, Default)]
pub(crate) struct Scripted {
    outcomes: Mutex<VecDeque<Result<Answer, Broken>>>,
    sent: Mutex<Vec<Request>>,
}

impl Scripted {
    pub(crate) fn new(outcomes: Vec<Result<Answer, Broken>>) -> Self {
        Scripted { outcomes: Mutex::new(outcomes.into()), sent: Mutex::default() }
    }

    /// Every request that was sent.
    pub(crate) fn sent(&self) -> Vec<Request> {
        self.sent.lock().unwrap().clone()
    }
}

impl Target for Scripted {
    async fn send(&self, request: Request) -> Result<Answer, Broken> {
        self.sent.lock().unwrap().push(request);
        let next = self.outcomes.lock().unwrap().pop_front();
        next.unwrap_or_else(|| Err(Broken::Protocol("the script is used up".into())))
    }

    fn sent_as(&self, request: &Request) -> Sent {
        Sent { url: format!("http://target{}", request.path_and_query()), headers: request.headers.clone() }
    }
}

/// A target that keeps its exchanges.
#[derive(Debug)]
pub(crate) struct Taped {
    inner: Scripted,
    trace: Mutex<Vec<Arc<Exchange>>>,
}

impl Taped {
    pub(crate) fn new(inner: Scripted) -> Self {
        Taped { inner, trace: Mutex::default() }
    }

    pub(crate) fn sent(&self) -> Vec<Request> {
        self.inner.sent()
    }

    pub(crate) fn trace(&self) -> Vec<Arc<Exchange>> {
        self.trace.lock().unwrap().clone()
    }
}

impl Target for Taped {
    async fn send(&self, request: Request) -> Result<Answer, Broken> {
        let outcome = self.inner.send(request.clone()).await;
        let url = self.inner.sent_as(&request).url;
        let mut trace = self.trace.lock().unwrap();
        let number = trace.len();
        let started = SystemTime::UNIX_EPOCH;
        trace.push(Arc::new(Exchange::new(number, started, url, request, outcome.clone())));
        outcome
    }

    fn sent_as(&self, request: &Request) -> Sent {
        self.inner.sent_as(request)
    }
}

impl Log for Taped {
    fn last(&self) -> Option<Arc<Exchange>> {
        self.trace.lock().unwrap().last().cloned()
    }

    fn writes(&self) -> usize {
        self.trace.lock().unwrap().iter().filter(|exchange| exchange.request.writes()).count()
    }
}

/// An exchange of some read with this outcome.
pub(crate) fn exchange(outcome: Result<Answer, Broken>) -> Exchange {
    let request = Request::new(Actor::Observer, Method::Get, "/Users", "step");
    Exchange::new(0, SystemTime::UNIX_EPOCH, "http://target/Users".into(), request, outcome)
}
