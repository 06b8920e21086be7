//! Reads for a target that shows a write only later: a replica, a cache.
//!
//! RFC 7644 does not say when a read shows a write. That is told once; everything else is judged by what the target
//! shows in the end.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::wire::{Answer, Broken, Operation, Request, Sent, Target};

/// When a target shows what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::run) enum Delay {
    /// When it is asked the same once more.
    SecondRead,
    /// After so much time.
    After(Duration),
}

/// What reads of a target are late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::run) enum LateRead {
    /// `GET /Users/{id}`
    ById,
    /// Lists and searches.
    Query,
}

/// The delays of one target. All scenario runs share it.
#[derive(Debug, Default)]
pub(in crate::run) struct Lag {
    by_id: OnceLock<Delay>,
    queries: OnceLock<Delay>,
}

impl Lag {
    /// From now on reads wait for what was written. The first delay that is found stays.
    pub(in crate::run) fn learn(&self, read: LateRead, delay: Delay) {
        let place = match read {
            LateRead::ById => &self.by_id,
            LateRead::Query => &self.queries,
        };
        // Only the preparation learns, one request after the other.
        let _ = place.set(delay);
    }

    /// True when no read is late.
    pub(in crate::run) fn is_none(&self) -> bool {
        self.by_id.get().is_none() && self.queries.get().is_none()
    }

    fn of(&self, request: &Request) -> Option<Delay> {
        // Nearly every target: nothing is read off its requests.
        if self.is_none() {
            return None;
        }
        match Operation::of(request) {
            Operation::Read(..) => self.by_id.get().copied(),
            Operation::Query { .. } | Operation::Search => self.queries.get().copied(),
            _ => None,
        }
    }
}

/// A target whose reads wait until it shows what this scenario run wrote.
#[derive(Debug)]
pub(in crate::run) struct Settled<T> {
    inner: T,
    lag: Arc<Lag>,
    written: Mutex<Written>,
}

#[derive(Debug, Default)]
struct Written {
    last: Option<Instant>,
    /// What was read since then.
    read: HashSet<String>,
}

impl<T> Settled<T> {
    pub(in crate::run) fn new(inner: T, lag: Arc<Lag>) -> Self {
        Settled { inner, lag, written: Mutex::default() }
    }

    fn written(&self) -> std::sync::MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Target> Target for Settled<T> {
    async fn send(&self, request: Request) -> Result<Answer, Broken> {
        if request.writes() {
            let answered = self.inner.send(request).await;
            *self.written() = Written { last: Some(Instant::now()), ..Written::default() };
            return answered;
        }
        let last = self.written().last;
        if let (Some(delay), Some(last)) = (self.lag.of(&request), last) {
            match delay {
                Delay::After(time) => tokio::time::sleep(time.saturating_sub(last.elapsed())).await,
                Delay::SecondRead => {
                    let question = format!("{} {:?}", request.path_and_query(), request.body);
                    if self.written().read.insert(question) {
                        // Its answer is the one from before the write.
                        let _ = self.inner.send(request.clone()).await;
                    }
                }
            }
        }
        self.inner.send(request).await
    }

    fn sent_as(&self, request: &Request) -> Sent {
        self.inner.sent_as(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Actor, Method};

    /// Keeps what was asked.
    #[derive(Default)]
    struct Log(Mutex<Vec<(Method, Instant)>>);

    impl Target for Log {
        async fn send(&self, request: Request) -> Result<Answer, Broken> {
            self.0.lock().unwrap().push((request.method, Instant::now()));
            Ok(Answer::json(200, &serde_json::json!({})))
        }

        fn sent_as(&self, request: &Request) -> Sent {
            Sent { url: request.path.clone(), headers: Vec::new() }
        }
    }

    async fn asked(delay: Option<(LateRead, Delay)>, requests: &[(Method, &str)]) -> Vec<(Method, Instant)> {
        let lag = Lag::default();
        if let Some((read, delay)) = delay {
            lag.learn(read, delay);
        }
        let settled = Settled::new(Log::default(), Arc::new(lag));
        for (method, path) in requests {
            settled.send(Request::new(Actor::Entra, *method, *path, "s")).await.unwrap();
        }
        settled.inner.0.into_inner().unwrap()
    }

    const STORY: [(Method, &str); 5] = [
        (Method::Get, "/Users/1"),
        (Method::Patch, "/Users/1"),
        (Method::Get, "/Users/1"),
        (Method::Get, "/Users/1"),
        (Method::Get, "/Users"),
    ];

    #[tokio::test]
    async fn a_target_that_shows_writes_at_once_is_asked_as_it_is() {
        assert_eq!(asked(None, &STORY).await.len(), STORY.len());
    }

    #[tokio::test]
    async fn the_first_read_after_a_write_is_asked_twice_where_the_second_one_shows_it() {
        let by_id = asked(Some((LateRead::ById, Delay::SecondRead)), &STORY).await;
        assert_eq!(by_id.len(), STORY.len() + 1, "what is read before the write is not asked twice");
        let queries = asked(Some((LateRead::Query, Delay::SecondRead)), &STORY).await;
        assert_eq!(queries.len(), STORY.len() + 1);
    }

    #[tokio::test]
    async fn reads_wait_until_the_write_is_that_old() {
        let time = Duration::from_millis(60);
        let asked = asked(Some((LateRead::ById, Delay::After(time))), &STORY).await;
        let [_, (_, written), (_, first), (_, second), _] = asked[..] else { panic!("{asked:?}") };
        assert!(first - written >= time, "the first one waits");
        assert!(second - first < time, "the second one need not");
    }
}
