//! A panic is a mistake of scimulate's own: one message that asks to report it, and exit code 5.

use std::panic::{self, PanicHookInfo, UnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};

use super::console;
use super::failure::CommandFailure;

static HAPPENED: AtomicBool = AtomicBool::new(false);

/// Reports the first panic of this process, in whatever thread it occurs; those that follow are
/// mostly its consequences.
pub(super) fn watch() {
    panic::set_hook(Box::new(|info| {
        if !HAPPENED.swap(true, Ordering::Relaxed) {
            console::remark(&message(info));
        }
    }));
}

/// True when there was a panic, even one that was survived.
pub(super) fn happened() -> bool {
    HAPPENED.load(Ordering::Relaxed)
}

/// Calls `work`; a panic in it ends it and was reported already.
pub(super) fn caught<T>(
    work: impl FnOnce() -> Result<T, CommandFailure> + UnwindSafe,
) -> Result<T, CommandFailure> {
    panic::catch_unwind(work).unwrap_or_else(|_| Err(CommandFailure::internal("ended early because of this")))
}

fn message(info: &PanicHookInfo<'_>) -> String {
    let place = info.location().map_or_else(String::new, |place| format!(" at {place}"));
    let what = info.payload_as_str().unwrap_or("no message");
    format!(
        "error: this is a bug in scimulate {}{place}: {what}\n  help: please report it with this message and the command you ran",
        env!("CARGO_PKG_VERSION")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Exit;

    #[test]
    fn a_panic_becomes_an_internal_error() {
        let outcome = caught(|| -> Result<(), CommandFailure> { panic!("quiet") });
        assert_eq!(outcome.unwrap_err().exit(), Exit::Internal);
        assert_eq!(caught(|| Ok(7)).unwrap(), 7);
    }
}
