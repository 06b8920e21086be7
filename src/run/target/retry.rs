//! Sends a request again after 429, or 503 with `Retry-After`, when the time to wait has passed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use super::cancel::Cancel;
use crate::wire::{Actor, Answer, Broken, Request, Sent, Target};

/// The first pause when an answer does not say how long to wait; it doubles each time.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest of those pauses.
const LONGEST_GUESS: Duration = Duration::from_secs(60);

/// The least pause of a request that was told to wait before; it doubles each time. A target that says
/// `Retry-After: 0` again and again must not be asked as fast as the machine can.
const LEAST_PAUSE: Duration = Duration::from_millis(10);

type PauseListener = Box<dyn Fn(Duration) + Send + Sync>;

/// How long a target is waited for. Clones share what came of it: once a request waited in vain, others
/// are not made to wait as long again until the target answers one of them.
#[derive(Debug, Clone)]
pub struct WaitLimit {
    longest: Duration,
    in_vain: Arc<InVain>,
}

/// Clean-up is waited for on its own account: what a run made must not stay because a scenario gave up.
#[derive(Debug, Default)]
struct InVain {
    scenarios: AtomicBool,
    clean_up: AtomicBool,
}

impl InVain {
    fn of(&self, request: &Request) -> &AtomicBool {
        if request.actor == Actor::Cleanup { &self.clean_up } else { &self.scenarios }
    }
}

impl WaitLimit {
    /// Pauses of at most `longest`. A request is sent again until it has waited that long in sum.
    #[must_use]
    pub fn at_most(longest: Duration) -> Self {
        WaitLimit { longest, in_vain: Arc::default() }
    }

    /// The longest pause.
    #[must_use]
    pub fn longest(&self) -> Duration {
        self.longest
    }

    /// As long as this, for another target.
    #[must_use]
    pub fn anew(&self) -> Self {
        WaitLimit::at_most(self.longest)
    }
}

/// Sends a request again after an answer that says nothing but "later" ([`Answer::is_throttled`]), when
/// the time it asks for has passed. What the service itself does is not documented (entra-wire §14), so
/// such an answer must not cost a finding.
///
/// A 429 without a `Retry-After` that can be read (RFC 6585 §4 allows it) is waited for with pauses that
/// double. An answer that asks for a longer pause than is allowed is returned as it came, and so is one
/// that persists.
pub struct Retry<T> {
    inner: T,
    wait_limit: WaitLimit,
    first_pause: Duration,
    cancel: Cancel,
    notice: PauseListener,
}

impl<T: Target> Retry<T> {
    /// Waits for `inner`. Once `cancel` is set, only clean-up is waited for.
    pub fn new(inner: T, waiting: WaitLimit, cancel: Cancel) -> Self {
        Retry { inner, wait_limit: waiting, first_pause: FIRST_PAUSE, cancel, notice: Box::new(|_| ()) }
    }

    /// The longest pause.
    #[must_use]
    pub fn limit(&self) -> Duration {
        self.wait_limit.longest
    }

    /// The same, calling `notice` with each pause before it begins.
    #[must_use]
    pub fn telling(self, notice: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        Retry { notice: Box::new(notice), ..self }
    }

    /// Waits, and tells whether the time has passed: the run may end before.
    async fn pause(&self, request: &Request, pause: Duration) -> bool {
        if !pause.is_zero() {
            (self.notice)(pause);
        }
        if request.actor == Actor::Cleanup {
            tokio::time::sleep(pause).await;
            return true;
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => true,
            () = self.cancel.cancelled() => false,
        }
    }
}

impl<T: Target> Target for Retry<T> {
    async fn send(&self, request: Request) -> Result<Answer, Broken> {
        let begin = tokio::time::Instant::now();
        let (mut guess, mut least) = (self.first_pause, Duration::ZERO);
        let in_vain = self.wait_limit.in_vain.of(&request);
        loop {
            let answer = self.inner.send(request.clone()).await?;
            if !answer.is_throttled() {
                in_vain.store(false, Ordering::Relaxed);
                return Ok(answer);
            }
            let pause = match answer.retry_after(SystemTime::now()) {
                Some(said) => said.max(least),
                None => {
                    let pause = guess;
                    guess = (guess * 2).min(LONGEST_GUESS);
                    pause
                }
            };
            least = (least * 2).max(LEAST_PAUSE);
            let limit =
                if in_vain.load(Ordering::Relaxed) { Duration::ZERO } else { self.wait_limit.longest };
            if pause > limit || begin.elapsed() >= limit {
                in_vain.store(true, Ordering::Relaxed);
                return Ok(answer);
            }
            if !self.pause(&request, pause).await {
                return Err(Broken::Interrupted);
            }
        }
    }

    fn sent_as(&self, request: &Request) -> Sent {
        self.inner.sent_as(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;
    use std::sync::{Arc, Mutex};

    use crate::wire::Method;

    /// Answers with a status and the given `Retry-After` for so many requests, then with 200.
    struct Busy {
        status: u16,
        retry_after: Option<&'static str>,
        times: usize,
        asked: AtomicUsize,
    }

    impl Busy {
        fn new(retry_after: Option<&'static str>, times: usize) -> Self {
            Busy { status: 429, retry_after, times, asked: AtomicUsize::new(0) }
        }

        fn asked(&self) -> usize {
            self.asked.load(Ordering::Relaxed)
        }
    }

    impl Target for Busy {
        async fn send(&self, _: Request) -> Result<Answer, Broken> {
            let busy = self.asked.fetch_add(1, Ordering::Relaxed) < self.times;
            let mut answer = Answer::json(if busy { self.status } else { 200 }, &serde_json::json!({}));
            if let Some(value) = self.retry_after.filter(|_| busy) {
                answer.headers.push(("retry-after".into(), value.into()));
            }
            Ok(answer)
        }

        fn sent_as(&self, request: &Request) -> Sent {
            Sent { url: request.path.clone(), headers: Vec::new() }
        }
    }

    fn get() -> Request {
        Request::new(Actor::Entra, Method::Get, "/Users", "t")
    }

    fn minutes(minutes: u64) -> WaitLimit {
        WaitLimit::at_most(Duration::from_secs(60 * minutes))
    }

    async fn statuses(busy: &Busy, waiting: WaitLimit) -> (u16, usize) {
        let answer = Retry::new(busy, waiting, Cancel::default()).send(get()).await.unwrap();
        (answer.status, busy.asked())
    }

    #[tokio::test(start_paused = true)]
    async fn a_wish_in_seconds_or_as_a_date_is_kept_and_the_request_sent_again() {
        let begin = tokio::time::Instant::now();
        assert_eq!(statuses(&Busy::new(Some("60"), 2), minutes(5)).await, (200, 3));
        assert_eq!(begin.elapsed().as_secs(), 120);
        let past = Busy::new(Some("Sun, 06 Nov 1994 08:49:37 GMT"), 1);
        assert_eq!(statuses(&past, minutes(5)).await, (200, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_503_that_says_when_to_come_again_is_waited_for_and_another_is_not() {
        let with = Busy { status: 503, ..Busy::new(Some("2"), 3) };
        assert_eq!(statuses(&with, minutes(5)).await, (200, 4));
        let without = Busy { status: 503, ..Busy::new(None, 3) };
        assert_eq!(statuses(&without, minutes(5)).await, (503, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_wish_the_pauses_double_until_the_limit() {
        for unreadable in [None, Some("soon"), Some(""), Some("-1")] {
            let busy = Busy::new(unreadable, 100);
            let told = Arc::new(Mutex::new(Vec::new()));
            let ear = Arc::clone(&told);
            let mut retry_after =
                Retry::new(&busy, WaitLimit::at_most(Duration::from_millis(14)), Cancel::default())
                    .telling(move |pause| ear.lock().unwrap().push(pause.as_millis()));
            retry_after.first_pause = Duration::from_millis(2);
            assert_eq!(retry_after.send(get()).await.unwrap().status, 429);
            assert_eq!(*told.lock().unwrap(), [2, 4, 8]);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_wish_that_is_too_long_and_one_that_never_ends_give_the_answer_back() {
        for too_long in ["301", "99999999999999999999999"] {
            assert_eq!(statuses(&Busy::new(Some(too_long), 1), minutes(5)).await, (429, 1));
        }
        assert_eq!(statuses(&Busy::new(Some("100"), 1000), minutes(5)).await, (429, 4));
        let (status, asked) = statuses(&Busy::new(Some("0"), 1_000_000), minutes(5)).await;
        assert!(status == 429 && asked < 30, "{status} after {asked}");
    }

    #[tokio::test(start_paused = true)]
    async fn who_waited_in_vain_makes_no_other_wait_but_clean_up_until_an_answer_comes() {
        let waiting = minutes(5);
        let busy = Busy::new(Some("100"), 9);
        assert_eq!(statuses(&busy, waiting.clone()).await, (429, 4));
        assert_eq!(statuses(&busy, waiting.clone()).await, (429, 5));
        let retry_after = Retry::new(&busy, waiting.clone(), Cancel::default());
        let clean_up = Request { actor: Actor::Cleanup, ..get() };
        assert_eq!(retry_after.send(clean_up.clone()).await.unwrap().status, 429);
        assert_eq!(busy.asked(), 9, "clean-up waits on its own account");
        assert_eq!(retry_after.send(get()).await.unwrap().status, 200);
        let again = Busy::new(Some("100"), 1);
        assert_eq!(statuses(&again, waiting).await, (200, 2));
    }

    #[test]
    fn all_three_forms_of_dates_are_read() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        for date in
            ["Sun, 06 Nov 1994 08:49:39 GMT", "Sunday, 06-Nov-94 08:49:39 GMT", "Sun Nov  6 08:49:39 1994"]
        {
            let mut answer = Answer::json(429, &serde_json::json!({}));
            answer.headers.push(("retry-after".into(), date.into()));
            assert_eq!(answer.retry_after(now), Some(Duration::from_secs(2)), "{date}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn each_pause_is_told_and_ends_when_the_run_does_unless_it_is_clean_up() {
        let busy = Busy::new(Some("30"), 2);
        let told = Arc::new(Mutex::new(Vec::new()));
        let ear = Arc::clone(&told);
        let cancel = Cancel::default();
        let retry_after = Retry::new(&busy, minutes(5), cancel.clone())
            .telling(move |pause| ear.lock().unwrap().push(pause));
        cancel.cancel();
        assert_eq!(retry_after.send(get()).await, Err(Broken::Interrupted));
        assert_eq!(*told.lock().unwrap(), [Duration::from_secs(30)]);
        let clean_up = Request { actor: Actor::Cleanup, ..get() };
        assert_eq!(retry_after.send(clean_up).await.unwrap().status, 200);
    }
}
