use jiff::{SignedDuration, Timestamp};

/// The tenant's clock: this machine's, moved forward by whoever wants to see what 30 days bring, or stopped for a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TenantClock {
    /// The date of minute 0 of the simulated directory.
    pub began: Timestamp,
    /// How far it goes before this machine's clock.
    pub ahead: SignedDuration,
    /// The moment at which it stands still.
    pub fixed: Option<Timestamp>,
}

impl TenantClock {
    /// A clock that shows this machine's time, and begins now.
    #[must_use]
    pub fn start() -> Self {
        TenantClock { began: Timestamp::now(), ahead: SignedDuration::ZERO, fixed: None }
    }

    /// The time in the tenant.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let from = self.fixed.unwrap_or_else(Timestamp::now);
        from.saturating_add(self.ahead).unwrap_or(from)
    }

    /// Whole minutes since the tenant began.
    #[must_use]
    pub fn minute(&self) -> u64 {
        u64::try_from(self.now().duration_since(self.began).as_mins()).unwrap_or(0)
    }

    /// Moves it forward.
    pub fn forward(&mut self, by: SignedDuration) {
        self.ahead = self.ahead.saturating_add(by);
    }

    /// Stops it at a moment, or lets it go on from this machine's time.
    pub fn fix(&mut self, at: Option<Timestamp>) {
        self.fixed = at;
        self.ahead = SignedDuration::ZERO;
        if let Some(at) = at {
            self.began = self.began.min(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_can_be_stopped_and_moved_forward() {
        let mut clock = TenantClock::start();
        let noon: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
        clock.fix(Some(noon));
        assert_eq!((clock.now(), clock.minute()), (noon, 0));
        clock.forward(SignedDuration::from_hours(30 * 24));
        assert_eq!(clock.minute(), 30 * 24 * 60);
        clock.fix(None);
        assert!(clock.now() > noon);
    }
}
