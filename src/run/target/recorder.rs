//! Keeps every exchange as it went over the wire, numbered.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use crate::wire::{Answer, Broken, Exchange, Request, Sent, Target};

/// Records what passes through it. What is decorated below it is not seen, what a decorator above it
/// sends on its own (the guard's questions, a request sent again after 429) is.
#[derive(Debug)]
pub struct Recorder<T> {
    inner: T,
    trace: Mutex<Vec<Arc<Exchange>>>,
}

impl<T: Target> Recorder<T> {
    /// Records over `inner`.
    pub fn new(inner: T) -> Self {
        Recorder { inner, trace: Mutex::default() }
    }

    /// Every exchange so far. An exchange gets its number when it ends, so the numbers have no gap.
    pub fn trace(&self) -> Vec<Arc<Exchange>> {
        self.exchanges().clone()
    }

    /// The exchange that ended last.
    pub fn last(&self) -> Option<Arc<Exchange>> {
        self.exchanges().last().cloned()
    }

    /// How many exchanges there are.
    pub fn len(&self) -> usize {
        self.exchanges().len()
    }

    /// True when nothing was exchanged yet.
    pub fn is_empty(&self) -> bool {
        self.exchanges().is_empty()
    }

    /// How many requests that change state were sent, by anybody.
    pub fn writes(&self) -> usize {
        self.exchanges().iter().filter(|exchange| exchange.request.writes()).count()
    }

    fn exchanges(&self) -> MutexGuard<'_, Vec<Arc<Exchange>>> {
        // A panic elsewhere must not cost the record.
        self.trace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Target> Target for Recorder<T> {
    async fn send(&self, request: Request) -> Result<Answer, Broken> {
        let sent = self.inner.sent_as(&request);
        let mut recorded = request.clone();
        recorded.headers = sent.headers;
        let started = SystemTime::now();
        let outcome = self.inner.send(request).await;
        let mut trace = self.exchanges();
        let exchange = Exchange::new(trace.len(), started, sent.url, recorded, outcome.clone());
        trace.push(Arc::new(exchange));
        outcome
    }

    fn sent_as(&self, request: &Request) -> Sent {
        self.inner.sent_as(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Actor, Method};

    struct Echo;

    impl Target for Echo {
        async fn send(&self, request: Request) -> Result<Answer, Broken> {
            match request.body {
                Some(body) => Ok(Answer::json(200, &serde_json::json!({ "detail": &*body }))),
                None => Err(Broken::Refused("nobody".into())),
            }
        }

        fn sent_as(&self, request: &Request) -> Sent {
            let mut headers = vec![("Authorization".to_owned(), "Bearer s3cr3t-token".to_owned())];
            headers.extend(request.headers.clone());
            Sent { url: format!("http://target{}", request.path), headers }
        }
    }

    fn trace_of(recorder: &Recorder<Echo>) -> Vec<Result<Answer, Broken>> {
        recorder.trace().iter().map(|exchange| exchange.outcome.clone()).collect()
    }

    #[tokio::test]
    async fn what_is_kept_is_what_was_sent_without_the_token() {
        let recorder = Recorder::new(Echo);
        let post = Request::new(Actor::Entra, Method::Post, "/Users", "create").with_header("A", "b");
        let answer = recorder.send(Request { body: Some("a body".into()), ..post }).await.unwrap();
        assert_eq!(trace_of(&recorder), [Ok(answer)], "the caller gets what is kept");
        let get = Request::new(Actor::Entra, Method::Get, "/Users", "read");
        let _ = recorder.send(get).await.unwrap_err();

        let trace = recorder.trace();
        assert_eq!(trace.iter().map(|exchange| exchange.number).collect::<Vec<_>>(), [0, 1]);
        assert!(!format!("{trace:?}").contains("s3cr3t"));
        let headers = &trace[0].request.headers;
        let kept = headers.iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>();
        assert_eq!(kept, ["Authorization: Bearer [redacted]", "A: b"]);
        assert!(trace[1].outcome.is_err());
        assert_eq!((recorder.writes(), recorder.len(), recorder.is_empty()), (1, 2, false));
        assert_eq!(recorder.last().unwrap().number, 1);
    }
}
