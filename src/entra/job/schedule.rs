//! When a job runs again and when a failure is tried again, in minutes of the simulated clock
//! (application-provisioning-quarantine-status; how-provisioning-works, Errors and retries).

use crate::entra::dialect::Retries;

/// Minutes between the beginnings of two cycles; it cannot be configured (known-issues).
pub const CYCLE_INTERVAL: u64 = 40;

/// How long a quarantine or a failing object is kept: 28 days. Then the job is disabled, and the
/// failure is no longer tried.
pub const GIVES_UP_AFTER: u64 = 28 * DAY;

const HOUR: u64 = 60;
const DAY: u64 = 24 * HOUR;

/// Minutes after the first failure at which it is tried again: 6, 12 and 24 hours, then daily.
fn gap(retry: u64) -> u64 {
    match retry {
        0 => 6 * HOUR,
        1 => 12 * HOUR,
        later => (later - 1) * DAY,
    }
}

/// The first retry later than `minute`; `None` when 28 days are over before it.
pub(super) fn next_retry(first_failure: u64, minute: u64) -> Option<u64> {
    let passed = minute.saturating_sub(first_failure);
    (0..)
        .map(gap)
        .find(|gap| *gap > passed)
        .filter(|gap| *gap <= GIVES_UP_AFTER)
        .map(|gap| first_failure + gap)
}

/// When an object that failed at `last` is tried again, having failed first at `first`, after
/// `retries` attempts since then; `None` when 28 days are over before it.
pub(super) fn next_attempt(policy: Retries, first: u64, last: u64, retries: usize) -> Option<u64> {
    match policy {
        Retries::EveryCycle => Some(last).filter(|last| *last < first + GIVES_UP_AFTER),
        Retries::NextCycle if retries == 0 => Some(last),
        Retries::NextCycle | Retries::SixHours => next_retry(first, last),
    }
}

/// When what is due at `due` is really tried: in the first cycle from then on. Cycles follow the one at `last` every
/// 40 minutes, and the one of `now` is over.
pub(super) fn cycle_of_attempt(due: u64, last: u64, now: u64) -> u64 {
    let from = due.max(now + 1).max(last);
    last + (from - last).div_ceil(CYCLE_INTERVAL) * CYCLE_INTERVAL
}

/// Whether 28 days are over.
pub(super) fn is_over(since: u64, minute: u64) -> bool {
    minute.saturating_sub(since) >= GIVES_UP_AFTER
}

/// When a job's next cycle begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextCycle {
    /// At this minute of the simulated clock, or as soon as possible when that is over.
    At(u64),
    /// Never: the job was disabled after four weeks in quarantine.
    Disabled,
}

#[cfg(test)]
mod tests {
    use super::*;

    // Quarantine status: "6 hours", "12 hours after the first failure", "24 hours after the first
    // failure", then every 24 hours for 28 days.
    #[test]
    fn retries_come_after_6_12_and_24_hours_then_daily_for_28_days() {
        let mut at = 100;
        let mut hours = Vec::new();
        while let Some(next) = next_retry(100, at) {
            hours.push((next - 100) / HOUR);
            at = next;
        }
        assert_eq!(&hours[..5], [6, 12, 24, 48, 72]);
        assert_eq!(hours.last(), Some(&(28 * 24)));
        assert_eq!(hours.len(), 2 + 28);
    }

    #[test]
    fn a_retry_that_was_missed_is_not_made_up_for() {
        assert_eq!(next_retry(0, 13 * HOUR), Some(24 * HOUR));
        assert_eq!(next_retry(0, 6 * HOUR), Some(12 * HOUR));
    }

    #[test]
    fn the_first_retry_is_where_the_switch_says() {
        let after = |policy, retries| next_attempt(policy, 0, 0, retries);
        assert_eq!(after(Retries::NextCycle, 0), Some(0));
        assert_eq!(after(Retries::NextCycle, 1), Some(6 * HOUR));
        assert_eq!(after(Retries::SixHours, 0), Some(6 * HOUR));
        assert_eq!(after(Retries::EveryCycle, 7), Some(0));
        assert_eq!(next_attempt(Retries::EveryCycle, 0, GIVES_UP_AFTER, 7), None);
    }

    #[test]
    fn an_attempt_falls_into_a_cycle() {
        // Due at once means with the next cycle, 40 minutes after this one.
        assert_eq!(cycle_of_attempt(100, 100, 100), 140);
        assert_eq!(cycle_of_attempt(100 + 6 * HOUR, 100, 100), 100 + 6 * HOUR);
        // Between two cycles, as on demand: the next one is not 40 minutes away.
        assert_eq!(cycle_of_attempt(110, 100, 110), 140);
        assert_eq!(cycle_of_attempt(141, 100, 110), 180);
        assert_eq!(cycle_of_attempt(0, 0, 0), 40);
    }

    #[test]
    fn four_weeks_are_over_after_four_weeks() {
        assert!(!is_over(5, 5 + GIVES_UP_AFTER - 1));
        assert!(is_over(5, 5 + GIVES_UP_AFTER));
    }
}
