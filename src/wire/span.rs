use std::time::SystemTime;

use super::{ResourceKind, Tenant};

/// A write that was under way beside others: when, and what it made. What its effect was on lists that were read
/// meanwhile cannot be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteSpan {
    /// Where it was sent.
    pub tenant: Tenant,
    /// When it was sent.
    pub started: SystemTime,
    /// When it was answered; `None` while it is not.
    pub ended: Option<SystemTime>,
    /// What it made, if it is a create that was answered with an id.
    pub made: Option<(ResourceKind, String)>,
}

impl WriteSpan {
    /// True when it was under way at some time between the two.
    #[must_use]
    pub fn overlaps(&self, from: SystemTime, to: SystemTime) -> bool {
        self.started <= to && self.ended.is_none_or(|ended| ended >= from)
    }
}
