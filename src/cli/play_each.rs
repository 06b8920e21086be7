use std::io::{self, IsTerminal as _};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::console;
use crate::threads::{on_threads, plays_at_once};

/// Plays something for each item, several at once, says on a terminal how far it is, and gives the results in order.
pub(super) fn play_each<T: Sync, R: Send>(items: &[T], play: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let played = AtomicUsize::new(0);
    let told = io::stderr().is_terminal();
    on_threads(plays_at_once(), items, |item| {
        let result = play(item);
        let number = played.fetch_add(1, Ordering::Relaxed) + 1;
        if told {
            console::remark(&format!("{number} of {}", items.len()));
        }
        result
    })
}
