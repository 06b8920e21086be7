//! How many users the preflight has at the target at once, where that may not hold many.

use crate::run::cleanup;
use crate::run::target::recorder::Recorder;
use crate::wire::{Operation, ResourceKind, Target};

/// Makes room for users.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::run) struct Room {
    most: Option<usize>,
}

impl Room {
    /// At most so many at once.
    pub(in crate::run) fn for_users(most: Option<usize>) -> Self {
        Room { most }
    }

    /// True when one more user may be made.
    pub(super) fn is_there<R: Target>(self, recorder: &Recorder<R>) -> bool {
        self.most.is_none_or(|most| alive(recorder) < most)
    }

    /// Removes what was made before, if one more user would be too many. What stays is told by the removal that
    /// ends the preparation.
    pub(in crate::run) async fn make<T: Target, R: Target>(self, target: &T, recorder: &Recorder<R>) {
        if !self.is_there(recorder) {
            cleanup::remove(target, || recorder.trace(), &[]).await;
        }
    }
}

fn alive<R: Target>(recorder: &Recorder<R>) -> usize {
    let trace = recorder.trace();
    let done = |is_such: fn(&Operation) -> bool| {
        trace.iter().filter(|exchange| exchange.succeeded() && is_such(&exchange.operation)).count()
    };
    let made = done(|operation| *operation == Operation::Create(ResourceKind::User));
    made.saturating_sub(done(|operation| matches!(operation, Operation::Delete(ResourceKind::User, _))))
}
