//! Whether a run may write to a target, and how hard.

use crate::http::TenantUrl;

/// What the user says of the target.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Permission {
    /// Nothing at it is worth keeping.
    pub(crate) disposable: bool,
    /// A run may write to it although it is not on this machine.
    pub(crate) agreed: bool,
}

impl Permission {
    /// True when nothing at this URL is worth keeping: it is on this machine, or the user says so.
    pub(crate) fn is_disposable(self, url: &TenantUrl) -> bool {
        url.is_loopback() || self.disposable
    }

    /// True when a run may write to it.
    pub(crate) fn may_write(self, url: &TenantUrl) -> bool {
        self.is_disposable(url) || self.agreed
    }
}

/// How many scenarios are played at once unless the user says it: one where something is worth keeping.
pub(crate) fn usual_jobs(disposable: bool) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    if disposable { cores } else { 1 }
}
