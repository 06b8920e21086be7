use std::sync::Arc;

use crate::wire::Exchange;

/// Where a finding was met: in which scenario run, and at which of its exchanges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meeting {
    /// Id of the scenario.
    pub scenario: String,
    /// Name of the dialect.
    pub dialect: String,
    /// Number of the first exchange that belongs to the evidence.
    pub begins: usize,
    /// Number of the last exchange that belongs to the evidence.
    pub ends: usize,
}

impl Meeting {
    /// In that scenario run, shown by these exchanges. Without any it may have been anywhere in the run.
    #[must_use]
    pub fn new(scenario: &str, dialect: &str, exchanges: &[Arc<Exchange>]) -> Self {
        let numbers = || exchanges.iter().map(|exchange| exchange.number);
        Meeting {
            scenario: scenario.to_owned(),
            dialect: dialect.to_owned(),
            begins: numbers().min().unwrap_or(0),
            ends: numbers().max().unwrap_or(usize::MAX),
        }
    }
}
