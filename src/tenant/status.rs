//! What a job says of itself (Graph: synchronizationStatus, synchronizationSchedule).

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::entra::job::{CYCLE_INTERVAL, LogEntry, ProvisioningAction, Status};

/// So many of the last cycles are kept.
const CYCLES_KEPT: usize = 20;

/// Whether the service runs a job (Graph: synchronizationScheduleState).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum ScheduleState {
    /// Never started, or given up after four weeks in quarantine.
    #[default]
    Disabled,
    /// Its cycles are played.
    Active,
    /// Stopped by an administrator.
    Paused,
}

impl ScheduleState {
    /// Graph's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ScheduleState::Disabled => "Disabled",
            ScheduleState::Active => "Active",
            ScheduleState::Paused => "Paused",
        }
    }
}

/// A cycle that came to an end (Graph: synchronizationTaskExecution).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Execution {
    /// The cycle's id, which its log lines repeat as cycleId.
    pub activity: String,
    /// `Succeeded`, `Failed` or `EntryLevelErrors`.
    pub state: String,
    /// When it began.
    pub began: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// It looked at everybody.
    pub initial: bool,
    /// Objects that were looked at.
    pub imported: u64,
    /// Objects that are entitled to an account.
    pub entitled: u64,
    /// Objects that were created, changed, disabled or deleted.
    pub exported: u64,
    /// Objects that failed and are tried again.
    pub escrowed: u64,
    /// Managers and members that failed.
    pub references_failed: u64,
    /// Its lines in the log.
    #[serde(default)]
    pub counts: LineCounts,
    /// Code and message of what ended it early.
    pub error: Option<(String, String)>,
}

/// How many lines of the log say what of the objects of a cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LineCounts {
    /// Accounts that were created.
    pub created: u64,
    /// Accounts that were changed.
    pub updated: u64,
    /// Accounts that were made inactive.
    pub disabled: u64,
    /// Accounts that were deleted.
    pub deleted: u64,
    /// Nothing had to be done, or nothing could be.
    pub skipped: u64,
    /// What failed.
    pub failed: u64,
}

impl LineCounts {
    pub(super) fn of(entries: &[LogEntry]) -> Self {
        let mut counts = LineCounts::default();
        for entry in entries {
            let count = match (entry.status, entry.action) {
                (Status::Failure, _) => &mut counts.failed,
                (Status::Skipped, _) => &mut counts.skipped,
                (Status::Success, ProvisioningAction::Create) => &mut counts.created,
                (Status::Success, ProvisioningAction::Update) => &mut counts.updated,
                (Status::Success, ProvisioningAction::Disable) => &mut counts.disabled,
                (Status::Success, ProvisioningAction::Delete) => &mut counts.deleted,
                (Status::Success, _) => continue,
            };
            *count += 1;
        }
        counts
    }
}

/// Why a job is in quarantine, and since when (Graph: synchronizationQuarantine).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QuarantineStatus {
    /// Graph's reason.
    pub reason: String,
    /// The error's code.
    pub code: String,
    /// The error's message: what the target answered.
    pub message: String,
    /// Since when it is for this reason.
    pub current_began: Timestamp,
    /// Since when it is in quarantine at all.
    pub series_began: Timestamp,
    /// How many cycles have ended in it.
    pub series_count: u64,
}

/// A cycle or on-demand run that is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// `cycle 2`, `on demand 1`.
    pub name: String,
    /// Its id.
    pub activity: String,
    /// It looks at everybody.
    pub initial: bool,
    /// When it began.
    pub began: Timestamp,
    /// Objects to look at.
    pub total: usize,
    /// Objects that had their turn.
    pub done: usize,
}

/// Everything a job says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobStatus {
    /// Whether it runs.
    pub state: ScheduleState,
    /// Seconds between the beginnings of two cycles; 40 minutes in the service.
    pub interval: u64,
    /// When the next cycle begins, while it runs.
    pub next: Option<Timestamp>,
    /// The last cycle.
    pub last: Option<Execution>,
    /// The last one without a failure.
    pub last_successful: Option<Execution>,
    /// The last one without a failure that wrote something.
    pub last_successful_with_exports: Option<Execution>,
    /// The last cycles, the newest first.
    #[serde(default)]
    pub recent: VecDeque<Execution>,
    /// What was asked of it while a run had it, in words of resetScope: it holds once the run has ended.
    #[serde(default)]
    pub asked: VecDeque<String>,
    /// When everything that is entitled was provisioned first.
    pub steady_first: Option<Timestamp>,
    /// And last.
    pub steady_last: Option<Timestamp>,
    /// Cycles in a row that failed as a whole.
    pub successive_failures: u64,
    /// An initial cycle forgot its failures.
    pub escrows_pruned: bool,
    /// While it is in quarantine.
    pub quarantine: Option<QuarantineStatus>,
    /// Linked users and groups.
    pub linked: (u64, u64),
    /// What is under way.
    #[serde(skip)]
    pub progress: Option<Progress>,
}

impl Default for JobStatus {
    fn default() -> Self {
        JobStatus {
            state: ScheduleState::default(),
            interval: CYCLE_INTERVAL * 60,
            next: None,
            last: None,
            last_successful: None,
            last_successful_with_exports: None,
            recent: VecDeque::new(),
            asked: VecDeque::new(),
            steady_first: None,
            steady_last: None,
            successive_failures: 0,
            escrows_pruned: false,
            quarantine: None,
            linked: (0, 0),
            progress: None,
        }
    }
}

impl JobStatus {
    /// Graph's code (synchronizationStatusCode).
    #[must_use]
    pub fn code(&self, configured: bool) -> &'static str {
        match self.state {
            _ if !configured => "NotConfigured",
            _ if self.quarantine.is_some() => "Quarantine",
            ScheduleState::Disabled | ScheduleState::Paused => "Paused",
            ScheduleState::Active if self.last.is_none() => "NotRun",
            ScheduleState::Active => "Active",
        }
    }

    /// A cycle came to its end.
    pub(super) fn note(&mut self, execution: Execution) {
        let succeeded = execution.state == "Succeeded";
        if execution.state == "Failed" {
            self.successive_failures += 1;
        } else {
            self.successive_failures = 0;
        }
        if succeeded {
            if execution.exported > 0 {
                self.last_successful_with_exports = Some(execution.clone());
            }
            self.steady_first.get_or_insert(execution.ended);
            self.steady_last = Some(execution.ended);
            self.last_successful = Some(execution.clone());
        }
        self.recent.truncate(CYCLES_KEPT - 1);
        self.recent.push_front(execution.clone());
        self.last = Some(execution);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(state: &str, exported: u64) -> Execution {
        Execution {
            activity: "a".into(),
            state: state.into(),
            began: Timestamp::UNIX_EPOCH,
            ended: Timestamp::UNIX_EPOCH,
            initial: false,
            imported: 1,
            entitled: 1,
            exported,
            escrowed: 0,
            references_failed: 0,
            counts: LineCounts::default(),
            error: None,
        }
    }

    #[test]
    fn what_is_said_follows_what_happened() {
        let mut status = JobStatus::default();
        assert_eq!((status.code(false), status.code(true)), ("NotConfigured", "Paused"));
        status.state = ScheduleState::Active;
        assert_eq!(status.code(true), "NotRun");
        status.note(ended("Failed", 0));
        status.note(ended("Failed", 0));
        assert_eq!((status.code(true), status.successive_failures), ("Active", 2));
        assert_eq!(status.steady_last, None);
        status.note(ended("Succeeded", 3));
        status.note(ended("Succeeded", 0));
        assert_eq!(status.last_successful_with_exports.as_ref().map(|last| last.exported), Some(3));
        assert_eq!(status.last_successful.as_ref().map(|last| last.exported), Some(0));
        assert_eq!(status.successive_failures, 0);
        (0..CYCLES_KEPT as u64).for_each(|number| status.note(ended("Succeeded", number)));
        assert_eq!((status.recent.len(), status.recent[0].exported), (CYCLES_KEPT, CYCLES_KEPT as u64 - 1));
    }

    #[test]
    fn a_status_that_was_kept_before_there_were_recent_cycles_is_read() {
        let mut kept =
            serde_json::to_value(JobStatus { last: Some(ended("Failed", 0)), ..JobStatus::default() })
                .unwrap();
        for name in ["recent", "asked"] {
            kept.as_object_mut().unwrap().remove(name);
        }
        kept["last"].as_object_mut().unwrap().remove("counts");
        let status: JobStatus = serde_json::from_value(kept).unwrap();
        assert_eq!((status.recent.len(), status.last.unwrap().counts), (0, LineCounts::default()));
    }
}
