use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

/// Keeps the starts of requests apart (`--pace`).
#[derive(Debug)]
pub(super) struct Pace {
    gap: Duration,
    next: Mutex<Option<Instant>>,
}

impl Pace {
    pub(super) fn new(gap: Duration) -> Self {
        Pace { gap, next: Mutex::new(None) }
    }

    /// Waits for this request's turn. Each caller takes the next free slot before it waits, so
    /// requests that come at once leave one by one.
    pub(super) async fn turn(&self) {
        if self.gap.is_zero() {
            return;
        }
        let slot = {
            let mut next = self.next.lock().await;
            let slot = next.unwrap_or_else(Instant::now).max(Instant::now());
            *next = Some(slot + self.gap);
            slot
        };
        tokio::time::sleep_until(slot).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn three_requests_at_once_are_two_gaps_apart() {
        let pace = Pace::new(Duration::from_millis(15));
        let start = Instant::now();
        tokio::join!(pace.turn(), pace.turn(), pace.turn());
        assert!(start.elapsed() >= Duration::from_millis(30), "{:?}", start.elapsed());
    }

    #[tokio::test]
    async fn a_gap_that_has_passed_is_not_waited_for_again() {
        let pace = Pace::new(Duration::from_secs(60));
        let start = Instant::now();
        pace.turn().await;
        assert!(start.elapsed() < Duration::from_secs(5));
    }
}
