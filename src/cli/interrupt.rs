use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::{Exit, console, exec};
use crate::run::target::cancel::Cancel;

/// Signals that follow each other this closely are one.
const SAME_SIGNAL: Duration = Duration::from_secs(1);

/// Makes Ctrl-C, a request to terminate and the end of the terminal (SIGHUP) end a run properly: what it made is removed and the
/// reports are written. The second one ends the process at once.
#[derive(Debug, Clone)]
pub(super) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Begins to watch. Must be called inside a runtime.
    pub(super) fn watch(cancel: &Cancel) -> Self {
        let interrupt = Interrupt(Arc::default());
        let (happened, cancel) = (Arc::clone(&interrupt.0), cancel.clone());
        tokio::spawn(async move {
            if signal().await.is_err() {
                return;
            }
            happened.store(true, Ordering::Relaxed);
            console::remark(
                "stopping: removing what this run made; press Ctrl-C again to stop at once and leave it behind",
            );
            cancel.cancel();
            let first = Instant::now();
            while signal().await.is_ok() {
                // `timeout` and others send the same signal to the process and to its group.
                if first.elapsed() < SAME_SIGNAL {
                    continue;
                }
                exec::end_all();
                console::remark("stopped: `scimulate cleanup` removes what is left behind");
                std::process::exit(i32::from(Exit::Interrupted as u8));
            }
        });
        interrupt
    }

    /// True once the user asked for the end. A run may also be cancelled for other reasons.
    pub(super) fn happened(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// From here on Ctrl-C does not end the process by itself: a question that it interrupts is an error, after which the
/// terminal can be put in order. Must be called inside a runtime.
#[cfg(unix)]
pub(super) fn hold_back() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    // What listens is dropped; that somebody has listened stays so.
    signal(SignalKind::interrupt()).map(drop)
}

/// A question on Windows is ended by Ctrl-C with the process.
#[cfg(not(unix))]
pub(super) fn hold_back() -> std::io::Result<()> {
    Ok(())
}

/// Waits for Ctrl-C, a request to terminate, or the end of the terminal.
#[cfg(unix)]
pub(super) async fn signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let hangup = if ignores_hangup() { None } else { Some(signal(SignalKind::hangup())?) };
    let hung_up = async {
        match hangup {
            Some(mut hangup) => hangup.recv().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
        _ = hung_up => Ok(()),
    }
}

/// True when this process was started with SIGHUP ignored, as `nohup` does: then it lives on. Told by
/// Linux alone.
#[cfg(unix)]
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    // SIGHUP is the first signal.
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
pub(super) async fn signal() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
