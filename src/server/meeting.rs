//! Where requests that come at the same time wait for each other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

/// Nobody else comes after that time.
const LONGEST_WAIT: Duration = Duration::from_millis(50);

/// Where requests wait for each other, by what they are about.
#[derive(Debug, Default)]
pub(super) struct Meeting {
    waiting: Mutex<HashMap<String, Arc<Notify>>>,
}

/// Who came to a meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Came {
    /// Nobody else.
    Alone,
    /// Another one, later.
    First,
    /// Another one, before.
    Second,
}

impl Meeting {
    fn waiting(&self) -> MutexGuard<'_, HashMap<String, Arc<Notify>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn meet(&self, about: &str) -> Came {
        let other = self.waiting().remove(about);
        if let Some(other) = other {
            other.notify_one();
            return Came::Second;
        }
        let call = Arc::new(Notify::new());
        self.waiting().insert(about.to_owned(), Arc::clone(&call));
        if tokio::time::timeout(LONGEST_WAIT, call.notified()).await.is_ok() {
            return Came::First;
        }
        let mut waiting = self.waiting();
        if waiting.get(about).is_some_and(|own| Arc::ptr_eq(own, &call)) {
            waiting.remove(about);
        }
        Came::Alone
    }
}
