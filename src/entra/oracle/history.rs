use std::sync::Arc;

use serde_json::Value;

use crate::entra::directory::{DirectoryState, ObjectId, ObjectKind};
use crate::entra::mapping::Mapping;
use crate::entra::scope::Scope;

/// One run of the job, and what it found.
#[derive(Debug, Clone)]
pub struct CycleView {
    /// The directory when the run began.
    pub state: Arc<DirectoryState>,
    /// What kind of run it was.
    pub kind: CycleKind,
    /// Accounts that others put into the target since the run before.
    pub accounts: Vec<Preexisting>,
    /// An administrator allowed the deletes that were held back before the run.
    pub deletes_allowed: bool,
}

impl CycleView {
    /// A run before which nobody touched the target.
    #[must_use]
    pub fn new(state: Arc<DirectoryState>, kind: CycleKind) -> Self {
        CycleView { state, kind, accounts: Vec::new(), deletes_allowed: false }
    }

    /// The same run with an account that was there before it.
    #[must_use]
    pub fn with_account(mut self, account: Preexisting) -> Self {
        self.accounts.push(account);
        self
    }
}

/// What a run of the job reads.
#[derive(Debug, Clone)]
pub enum CycleKind {
    /// The whole directory: the first cycle, and every one after a restart.
    Initial {
        /// The restart dropped the links between objects and accounts (`resetScope` Full); the
        /// portal's restart keeps them. There are none before the first cycle.
        links_dropped: bool,
    },
    /// What changed since the last cycle. On-demand runs in between make no difference to that.
    Incremental,
    /// Mapping or scope was changed, which starts an initial cycle with the links kept.
    Reconfigured(Arc<Mapping>, Scope),
    /// Provision on demand: these objects and no others.
    OnDemand(Vec<ObjectId>),
}

/// An account or group that the target was given by others.
#[derive(Debug, Clone, PartialEq)]
pub struct Preexisting {
    /// Name under which [`super::Expectation::account`] tells what becomes of it.
    pub key: String,
    /// A user or a group.
    pub kind: ObjectKind,
    /// Its values by target path; JSON null means that it has none. What is not listed is unknown.
    pub values: Vec<(String, Value)>,
}
