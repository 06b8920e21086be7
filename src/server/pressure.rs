//! How many requests a server that is wrong under load has met within a second.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What is going on.
#[derive(Debug, Default)]
pub(super) struct Pressure {
    /// When requests of the last second began.
    begun: Mutex<VecDeque<Instant>>,
}

impl Pressure {
    /// False when there is no room for one more request within this time.
    pub(super) fn admits(&self, limit: NonZeroU32, within: Duration) -> bool {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        while begun.front().is_some_and(|at| at.elapsed() >= within) {
            begun.pop_front();
        }
        let room = begun.len() < limit.get() as usize;
        if room {
            begun.push_back(Instant::now());
        }
        room
    }
}
