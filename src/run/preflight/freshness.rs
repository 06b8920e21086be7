//! Does a read show what was written before it?
//!
//! Replicas and caches show it a little later. A run that did not know that would take each late read for a lost
//! account or value. So a read that does not show a write is sent again for a while; if it shows the write then, the
//! run knows when to read.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::check::Finding;
use crate::rules::{self, READ_STALE};
use crate::run::target::lag::{Delay, Lag, LateRead};
use crate::run::target::recorder::Recorder;
use crate::wire::{Actor, Answer, Exchange, Request, Target};

/// The scenario about reads that show the state before a write.
pub(in crate::run) const READ_OWN_WRITES: &str = "conformance/read-own-writes";

/// How long after the last one a read is sent again, within the plan's limit.
const PAUSES: [Duration; 6] = [
    Duration::ZERO,
    Duration::from_millis(50),
    Duration::from_millis(150),
    Duration::from_millis(300),
    Duration::from_millis(500),
    Duration::from_millis(1_000),
];

/// What is known of late reads, and the reads that showed it.
#[derive(Debug, Default)]
pub(in crate::run) struct Freshness {
    lag: Arc<Lag>,
    /// All pauses of one read together are no longer than this.
    limit: Duration,
    late: Mutex<Vec<Late>>,
}

/// A read that did not show what was written, and the same one that did.
#[derive(Debug, Clone)]
struct Late {
    read: LateRead,
    delay: Delay,
    first: Arc<Exchange>,
    last: Arc<Exchange>,
}

impl Freshness {
    /// Learns for a run whose scenarios share this.
    pub(in crate::run) fn of(lag: &Arc<Lag>, limit: Duration) -> Self {
        Freshness { lag: Arc::clone(lag), limit, late: Mutex::default() }
    }

    /// Reads until the answer is `right` or the time is over. The last answer; `None` when there was none.
    pub(in crate::run) async fn read<T: Target, R: Target>(
        &self,
        target: &T,
        recorder: &Recorder<R>,
        read: LateRead,
        request: &Request,
        right: impl Fn(&Answer) -> bool,
    ) -> Option<Answer> {
        let request = Request { actor: Actor::Probe, ..request.clone() };
        let mut answer = target.send(request.clone()).await.ok()?;
        let (begin, first) = (Instant::now(), recorder.last()?);
        let mut waited = Duration::ZERO;
        // A late read returns what was there before: an older resource, or 404. Another status is an answer.
        let may_be_late = |answer: &Answer| answer.is_success() || answer.status == 404;
        for (place, pause) in PAUSES.iter().enumerate() {
            if right(&answer) || !may_be_late(&answer) {
                break;
            }
            waited += *pause;
            if waited > self.limit {
                break;
            }
            tokio::time::sleep(*pause).await;
            answer = target.send(request.clone()).await.ok()?;
            if right(&answer) {
                let delay = match place {
                    0 => Delay::SecondRead,
                    // Measured once; the next write may take a little longer.
                    _ => Delay::After(begin.elapsed() * 3 / 2),
                };
                self.lag.learn(read, delay);
                let last = recorder.last()?;
                self.late().push(Late { read, delay, first: Arc::clone(&first), last });
            }
        }
        Some(answer)
    }

    fn late(&self) -> std::sync::MutexGuard<'_, Vec<Late>> {
        self.late.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One finding for each kind of read that is late.
    pub(in crate::run) fn findings(&self) -> Vec<Finding> {
        let Some(rule) = rules::find(READ_STALE) else { return Vec::new() };
        let told = |late: &Late| {
            let what = match late.read {
                LateRead::ById => "GET by id",
                LateRead::Query => "a query",
            };
            let (when, rest) = match late.delay {
                Delay::SecondRead => {
                    ("the same request sent again does".to_owned(), "what was written is read twice")
                }
                Delay::After(time) => {
                    let time = format!("after {} milliseconds it does", time.as_millis() * 2 / 3);
                    (time, "all scenarios are played with a pause before such reads")
                }
            };
            let message = format!(
                "{what} does not show what was written before it; {when}, so {rest}, and \
                 all scenarios are played one after the other"
            );
            rule.finding(message)
                .concerning(what)
                .against("what was written", "the state before the write")
                .shown_by(&late.first)
                .shown_by(&late.last)
        };
        self.late().iter().map(told).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use serde_json::json;

    use super::*;
    use crate::wire::{Broken, Method, Sent};

    /// Shows its user from some moment on, or from some request on.
    struct Replica {
        from: Instant,
        after: usize,
        asked: AtomicUsize,
    }

    impl Target for Replica {
        async fn send(&self, _: Request) -> Result<Answer, Broken> {
            let number = self.asked.fetch_add(1, Ordering::Relaxed);
            let shows = Instant::now() >= self.from && number >= self.after;
            Ok(Answer::json(if shows { 200 } else { 404 }, &json!({})))
        }

        fn sent_as(&self, request: &Request) -> Sent {
            Sent { url: request.path.clone(), headers: Vec::new() }
        }
    }

    /// The delay that is learnt, how often was asked, and what is said of it.
    async fn learnt(late_by: Duration, after: usize) -> (Option<Delay>, usize, Vec<Finding>) {
        let replica = Replica { from: Instant::now() + late_by, after, asked: AtomicUsize::new(0) };
        let recorder = Recorder::new(replica);
        let freshness = Freshness::of(&Arc::default(), Duration::from_secs(10));
        let request = Request::new(Actor::Probe, Method::Get, "/Users/1", "read");
        let read = LateRead::ById;
        freshness.read(&recorder, &recorder, read, &request, Answer::is_success).await.unwrap();
        let delay = freshness.late().first().map(|late| late.delay);
        (delay, recorder.len(), freshness.findings())
    }

    #[tokio::test]
    async fn what_shows_at_once_is_asked_once() {
        let (delay, asked, told) = learnt(Duration::ZERO, 0).await;
        assert_eq!((delay, asked, told.len()), (None, 1, 0));
    }

    #[tokio::test]
    async fn a_second_read_and_a_pause_are_told_apart() {
        let (delay, asked, told) = learnt(Duration::ZERO, 1).await;
        assert_eq!((delay, asked), (Some(Delay::SecondRead), 2));
        assert!(told[0].message.contains("what was written is read twice"), "{}", told[0].message);
        assert_eq!((told[0].rule.as_str(), told[0].exchanges.len()), (READ_STALE, 2));
        let late_by = Duration::from_millis(120);
        let (Some(Delay::After(time)), _, told) = learnt(late_by, 0).await else { panic!("no delay") };
        assert!(time >= late_by, "{time:?}");
        assert!(told[0].message.contains("with a pause"), "{}", told[0].message);
    }

    #[tokio::test]
    async fn what_never_shows_is_lost_and_not_late() {
        let (delay, asked, told) = learnt(Duration::from_secs(60), 0).await;
        assert_eq!((delay, asked, told.len()), (None, PAUSES.len() + 1, 0));
    }
}
