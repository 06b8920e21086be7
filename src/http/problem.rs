/// Why a client cannot be made, and what the user can do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct ClientProblem {
    /// What is wrong, in one sentence without a full stop.
    pub what: String,
    /// The next step, in one sentence without a full stop.
    pub next: String,
}

impl ClientProblem {
    pub(super) fn new(what: impl Into<String>, next: impl Into<String>) -> Self {
        ClientProblem { what: what.into(), next: next.into() }
    }
}
