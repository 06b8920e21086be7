//! Requests that are under way at the same time, as the provisioning service sends them.

use futures_util::StreamExt as _;
use futures_util::stream;

/// How many requests are under way at once: reports of real groups show five (SimpleIdServer#164 and others).
pub const AT_ONCE: usize = 5;

/// Drives them all, five at a time, and returns what became of each in their order.
pub async fn at_once<F: Future>(all: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    stream::iter(all).buffered(AT_ONCE).collect().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test]
    async fn five_are_under_way_and_no_more() {
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let one = async |number: usize| {
            most.fetch_max(now.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            now.fetch_sub(1, Ordering::Relaxed);
            number
        };
        assert_eq!(at_once((0..12).map(one)).await, (0..12).collect::<Vec<_>>());
        assert_eq!(most.into_inner(), AT_ONCE);
    }
}
