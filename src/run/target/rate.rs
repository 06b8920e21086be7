//! Keeps a run at the rate that its target bears, once an answer 429 has shown that there is a limit.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use crate::wire::{Answer, Broken, Request, Sent, Target};

/// What a 429 without `Retry-After` is taken to ask for.
const UNSAID: Duration = Duration::from_secs(1);

/// The first 429 slows a run no further than this: others may have used the limit up before it began.
const SLOWEST_AT_FIRST: Duration = Duration::from_millis(100);

/// After so many pauses' time without a 429 a run goes a little faster again.
const CALM: u32 = 10;

/// The rate that was learnt. All scenario runs at one target share it.
#[derive(Debug)]
pub(in crate::run) struct Rate {
    state: Mutex<RateState>,
}

#[derive(Debug)]
struct RateState {
    /// Least time between the starts of two requests; zero until there was a 429.
    gap: Duration,
    /// When the next request may start.
    next: Instant,
    /// Requests are counted since then: the begin of the run, or the end of the last pause.
    since: Instant,
    answered: u32,
    /// The gap was made smaller after a calm time.
    tried_faster: bool,
    /// The last pause that was asked for.
    pause: Option<Duration>,
}

impl Default for Rate {
    fn default() -> Self {
        let now = Instant::now();
        let gap = Duration::ZERO;
        let state = RateState { gap, next: now, since: now, answered: 0, tried_faster: false, pause: None };
        Rate { state: Mutex::new(state) }
    }
}

impl Rate {
    fn state(&self) -> MutexGuard<'_, RateState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for this request's turn.
    async fn turn(&self) {
        let slot = {
            let mut state = self.state();
            if state.gap.is_zero() {
                return;
            }
            let slot = state.next.max(Instant::now());
            state.next = slot + state.gap;
            slot
        };
        tokio::time::sleep_until(slot).await;
    }

    fn learn(&self, answer: &Answer) {
        let mut state = self.state();
        match answer.status {
            429 => state.slow_down(answer.retry_after(SystemTime::now()).unwrap_or(UNSAID)),
            _ => state.go_on(),
        }
    }
}

impl RateState {
    /// So many requests were let through until the limit was met, and none will be until the pause is over:
    /// that is the rate.
    fn slow_down(&mut self, pause: Duration) {
        let now = Instant::now();
        // Requests that were under way at the same time met the same limit.
        if now < self.since {
            return;
        }
        if std::mem::take(&mut self.tried_faster) {
            self.gap = self.gap * 5 / 4;
        } else if self.answered > 0 {
            let gap = (now - self.since + pause) / self.answered;
            let gap = if self.pause.is_none() { gap.min(SLOWEST_AT_FIRST) } else { gap };
            self.gap = self.gap.max(gap);
        }
        self.pause = Some(pause);
        self.begin(now + pause);
    }

    fn go_on(&mut self) {
        self.answered = self.answered.saturating_add(1);
        let now = Instant::now();
        let calm = |pause: Duration| now > self.since + (pause * CALM).max(UNSAID);
        if self.pause.is_some_and(calm) {
            self.gap = self.gap * 4 / 5;
            self.tried_faster = true;
            self.begin(now);
        }
    }

    fn begin(&mut self, since: Instant) {
        self.since = since;
        self.answered = 0;
    }
}

/// A target whose requests leave at the rate that was learnt.
#[derive(Debug)]
pub(in crate::run) struct Paced<T> {
    inner: T,
    rate: Arc<Rate>,
}

impl<T: Target> Paced<T> {
    pub(in crate::run) fn new(inner: T, rate: Arc<Rate>) -> Self {
        Paced { inner, rate }
    }
}

impl<T: Target> Target for Paced<T> {
    async fn send(&self, request: Request) -> Result<Answer, Broken> {
        self.rate.turn().await;
        let outcome = self.inner.send(request).await;
        if let Ok(answer) = &outcome {
            self.rate.learn(answer);
        }
        outcome
    }

    fn sent_as(&self, request: &Request) -> Sent {
        self.inner.sent_as(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::target::cancel::Cancel;
    use crate::run::target::retry::{Retry, WaitLimit};
    use crate::wire::{Actor, Method};
    use std::collections::VecDeque;

    /// Lets so many requests through in each window of time, as the limiters of API gateways do.
    struct Limiter {
        limit: usize,
        window: Duration,
        begins: Mutex<VecDeque<Instant>>,
        refused: Mutex<usize>,
    }

    impl Limiter {
        fn new(limit: usize, window: Duration) -> Self {
            Limiter { limit, window, begins: Mutex::default(), refused: Mutex::default() }
        }
    }

    impl Target for Limiter {
        async fn send(&self, _: Request) -> Result<Answer, Broken> {
            tokio::time::sleep(Duration::from_millis(1)).await;
            let now = Instant::now();
            let mut begins = self.begins.lock().unwrap();
            while begins.front().is_some_and(|begin| *begin + self.window <= now) {
                begins.pop_front();
            }
            let mut answer = Answer::json(200, &serde_json::json!({}));
            if begins.len() < self.limit {
                begins.push_back(now);
            } else {
                *self.refused.lock().unwrap() += 1;
                answer.status = 429;
                answer.headers.push(("retry-after".into(), self.window.as_secs().to_string()));
            }
            Ok(answer)
        }

        fn sent_as(&self, request: &Request) -> Sent {
            Sent { url: request.path.clone(), headers: Vec::new() }
        }
    }

    /// Sends so many requests, and returns how many met the limit and how long it took.
    async fn send(limiter: &Limiter, requests: usize) -> (usize, Duration) {
        let begin = Instant::now();
        let paced = Paced::new(limiter, Arc::new(Rate::default()));
        let retry_after = Retry::new(paced, WaitLimit::at_most(Duration::from_secs(300)), Cancel::default());
        for _ in 0..requests {
            let request = Request::new(Actor::Entra, Method::Get, "/Users", "t");
            assert_eq!(retry_after.send(request).await.unwrap().status, 200);
        }
        (*limiter.refused.lock().unwrap(), begin.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn one_429_is_enough_to_keep_to_the_limit() {
        let limiter = Limiter::new(2_000, Duration::from_secs(60));
        let (refused, took) = send(&limiter, 6_000).await;
        assert_eq!(refused, 1);
        assert!(took < Duration::from_secs(200), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_that_others_had_used_up_is_learnt_at_the_second_429() {
        let limiter = Limiter::new(600, Duration::from_secs(60));
        let before: VecDeque<Instant> = std::iter::repeat_n(Instant::now(), 597).collect();
        *limiter.begins.lock().unwrap() = before;
        let (refused, took) = send(&limiter, 1_500).await;
        assert!(refused <= 2, "{refused}");
        assert!(took < Duration::from_secs(300), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_by_the_second_costs_a_429_now_and_then() {
        let limiter = Limiter::new(20, Duration::from_secs(1));
        let (refused, took) = send(&limiter, 2_000).await;
        assert!(refused <= 15, "{refused}");
        assert!(took < Duration::from_secs(140), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_429_nothing_is_slowed() {
        let limiter = Limiter::new(10_000, Duration::from_secs(60));
        let (refused, took) = send(&limiter, 1_000).await;
        assert!(refused == 0 && took < Duration::from_secs(2), "{refused} {took:?}");
    }
}
