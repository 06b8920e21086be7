//! The flag that Ctrl-C sets: scenario runs end early, what they made is still removed.

use std::sync::Arc;

use tokio::sync::watch;

/// Asks a run to end. Clones are the same flag.
#[derive(Debug, Clone)]
pub struct Cancel {
    flag: Arc<watch::Sender<bool>>,
}

impl Default for Cancel {
    fn default() -> Self {
        Cancel { flag: Arc::new(watch::Sender::new(false)) }
    }
}

impl Cancel {
    /// Asks for the end. Asking twice changes nothing.
    pub fn cancel(&self) {
        self.flag.send_replace(true);
    }

    /// True once the end was asked for.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        *self.flag.borrow()
    }

    /// Waits until the end is asked for.
    pub async fn cancelled(&self) {
        // The sender lives in `self`, so waiting cannot fail.
        let _ = self.flag.subscribe().wait_for(|set| *set).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_clone_is_the_same_flag_and_wakes_who_waits() {
        let cancel = Cancel::default();
        let other = cancel.clone();
        let waiting = tokio::spawn(async move { other.cancelled().await });
        assert!(!cancel.is_cancelled());
        cancel.cancel();
        waiting.await.unwrap();
        assert!(cancel.is_cancelled());
    }
}
