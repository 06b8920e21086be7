//! Waits when the target says it has too much to do.

use std::time::{Duration, SystemTime};

use super::Cancel;
use crate::wire::{Answer, Broken, Request, Sent, Target};

/// The first pause when a 429 does not say how long to wait; it doubles each time.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

type Notice = Box<dyn Fn(Duration) + Send + Sync>;

/// Sends a request again after a well-formed 429, when the time it asks for has passed. What the
/// service itself does is not documented (entra-wire §14), so a 429 must not cost a finding.
///
/// `Retry-After` counts as well formed as a number of seconds or as an HTTP date (RFC 9110 §10.2.3)
/// and may be absent (RFC 6585 §4). A 429 with anything else in it is returned as it came, and so is
/// one that persists.
pub struct Patience<T> {
    inner: T,
    limit: Duration,
    first_pause: Duration,
    cancel: Cancel,
    notice: Notice,
}

impl<T: Target> Patience<T> {
    /// Waits for `inner`, at most `limit` for one request in sum.
    pub fn new(inner: T, limit: Duration, cancel: Cancel) -> Self {
        Patience { inner, limit, first_pause: FIRST_PAUSE, cancel, notice: Box::new(|_| ()) }
    }

    /// How long one request may wait in sum.
    #[must_use]
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// The same, calling `notice` with each pause before it begins.
    #[must_use]
    pub fn telling(self, notice: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        Patience { notice: Box::new(notice), ..self }
    }
}

impl<T: Target> Target for Patience<T> {
    async fn send(&self, request: Request) -> Result<Answer, Broken> {
        let begin = tokio::time::Instant::now();
        let mut unsaid = self.first_pause;
        loop {
            let answer = self.inner.send(request.clone()).await?;
            let Some(wish) = wish(&answer, SystemTime::now()) else { return Ok(answer) };
            let pause = match wish {
                Wish::Said(pause) => pause,
                Wish::Unsaid => {
                    let pause = unsaid;
                    unsaid *= 2;
                    pause
                }
            };
            if begin.elapsed() + pause > self.limit {
                return Ok(answer);
            }
            (self.notice)(pause);
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.cancel.cancelled() => return Err(Broken::Interrupted),
            }
        }
    }

    fn sent_as(&self, request: &Request) -> Sent {
        self.inner.sent_as(request)
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Wish {
    /// The answer says how long to wait.
    Said(Duration),
    /// It does not.
    Unsaid,
}

/// What a 429 asks for; `None` for every other answer and for a 429 whose wish cannot be read.
fn wish(answer: &Answer, now: SystemTime) -> Option<Wish> {
    if answer.status != 429 {
        return None;
    }
    let Some(said) = answer.header("retry-after") else { return Some(Wish::Unsaid) };
    let said = said.trim();
    if !said.is_empty() && said.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are a very long time.
        return Some(Wish::Said(Duration::from_secs(said.parse().unwrap_or(u64::from(u32::MAX)))));
    }
    let at = httpdate::parse_http_date(said).ok()?;
    Some(Wish::Said(at.duration_since(now).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex};

    use crate::wire::{Actor, Method};

    /// Answers 429 with the given `Retry-After` for so many requests, then 200.
    struct Busy {
        retry_after: Option<&'static str>,
        times: usize,
        asked: AtomicUsize,
    }

    impl Busy {
        fn new(retry_after: Option<&'static str>, times: usize) -> Self {
            Busy { retry_after, times, asked: AtomicUsize::new(0) }
        }
    }

    impl Target for Busy {
        async fn send(&self, _: Request) -> Result<Answer, Broken> {
            let busy = self.asked.fetch_add(1, Ordering::Relaxed) < self.times;
            let mut answer = Answer::json(if busy { 429 } else { 200 }, &serde_json::json!({}));
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

    async fn statuses(busy: &Busy, limit: Duration) -> (u16, usize) {
        let answer = Patience::new(busy, limit, Cancel::default()).send(get()).await.unwrap();
        (answer.status, busy.asked.load(Ordering::Relaxed))
    }

    #[tokio::test]
    async fn a_wish_in_seconds_or_as_a_date_is_kept_and_the_request_sent_again() {
        let limit = Duration::from_secs(60);
        assert_eq!(statuses(&Busy::new(Some("0"), 2), limit).await, (200, 3));
        assert_eq!(statuses(&Busy::new(Some("Sun, 06 Nov 1994 08:49:37 GMT"), 1), limit).await, (200, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_wish_the_pauses_double_until_the_limit() {
        let busy = Busy::new(None, 100);
        let told = Arc::new(Mutex::new(Vec::new()));
        let ear = Arc::clone(&told);
        let mut patience = Patience::new(&busy, Duration::from_millis(20), Cancel::default())
            .telling(move |pause| ear.lock().unwrap().push(pause.as_millis()));
        patience.first_pause = Duration::from_millis(2);
        assert_eq!(patience.send(get()).await.unwrap().status, 429);
        let told = told.lock().unwrap();
        assert_eq!(*told, [2, 4, 8]);
    }

    #[tokio::test]
    async fn a_wish_that_cannot_be_read_or_is_too_long_gives_the_429_back() {
        let limit = Duration::from_secs(60);
        assert_eq!(statuses(&Busy::new(Some("soon"), 1), limit).await, (429, 1));
        assert_eq!(statuses(&Busy::new(Some(""), 1), limit).await, (429, 1));
        assert_eq!(statuses(&Busy::new(Some("-1"), 1), limit).await, (429, 1));
        assert_eq!(statuses(&Busy::new(Some("61"), 1), limit).await, (429, 1));
        assert_eq!(statuses(&Busy::new(Some("99999999999999999999999"), 1), limit).await, (429, 1));
    }

    #[test]
    fn all_three_forms_of_dates_are_read() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        for date in
            ["Sun, 06 Nov 1994 08:49:39 GMT", "Sunday, 06-Nov-94 08:49:39 GMT", "Sun Nov  6 08:49:39 1994"]
        {
            let mut answer = Answer::json(429, &serde_json::json!({}));
            answer.headers.push(("retry-after".into(), date.into()));
            assert_eq!(wish(&answer, now), Some(Wish::Said(Duration::from_secs(2))), "{date}");
        }
    }

    #[tokio::test]
    async fn each_pause_is_told_and_a_pause_ends_when_the_run_does() {
        let busy = Busy::new(Some("30"), 100);
        let told = Arc::new(Mutex::new(Vec::new()));
        let ear = Arc::clone(&told);
        let cancel = Cancel::default();
        let patience = Patience::new(&busy, Duration::from_secs(60), cancel.clone())
            .telling(move |pause| ear.lock().unwrap().push(pause));
        cancel.cancel();
        assert_eq!(patience.send(get()).await, Err(Broken::Interrupted));
        assert_eq!(*told.lock().unwrap(), [Duration::from_secs(30)]);
    }
}
