//! What a provisioning log knows of one event beyond its outcome: the steps on the way, the
//! properties that were written, how long it took (Graph: provisioningStep, modifiedProperty).

use std::fmt;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::log::{LogEntry, Status};
use super::problem::JobProblem;

/// What logs call the directory.
pub(super) const SOURCE_NAME: &str = "Microsoft Entra ID";

/// What logs call the application: custom jobs still have the name of 2018.
pub(super) const TARGET_NAME: &str = "customappsso";

/// Hears of everything a job does while it does it: a progress bar, a log file.
pub trait Watcher: fmt::Debug + Send + Sync {
    /// A cycle or an on-demand run begins and will look at so many objects.
    fn begins(&self, name: &str, initial: bool, objects: usize);

    /// An event of the provisioning log.
    fn logged(&self, entry: &LogEntry, record: &LogRecord);
}

/// Where durations come from.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The time since some fixed moment.
    fn elapsed(&self) -> Duration;
}

/// The clock of this machine.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// A clock that begins now.
    #[must_use]
    pub fn start() -> Self {
        Stopwatch(Instant::now())
    }
}

impl Clock for Stopwatch {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// The kind of a step (Graph: provisioningStepType).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are Graph's")]
pub enum StepType {
    Import,
    Scoping,
    Matching,
    Processing,
    ReferenceResolution,
    Export,
}

impl StepType {
    /// Graph's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            StepType::Import => "import",
            StepType::Scoping => "scoping",
            StepType::Matching => "matching",
            StepType::Processing => "processing",
            StepType::ReferenceResolution => "referenceResolution",
            StepType::Export => "export",
        }
    }
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogStep {
    /// The service's name of it: `EntryExportAdd`.
    pub name: &'static str,
    /// Its kind.
    pub kind: StepType,
    /// How it ended.
    pub status: Status,
    /// One sentence.
    pub description: String,
    /// Names and values, in order.
    pub details: Vec<(String, String)>,
}

/// A property that was written, or was about to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModifiedProperty {
    /// The mapping's target as it is written there.
    pub name: String,
    /// What the target held; `None` where it held nothing.
    pub old: Option<String>,
    /// What was written; `None` where something was taken away.
    pub new: Option<String>,
}

/// Everything else about an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRecord {
    /// The cycle or on-demand run: `cycle 2`.
    pub cycle: String,
    /// When it happened, by the simulated clock.
    pub at: Timestamp,
    /// How long it took, by the injected clock.
    pub elapsed: Duration,
    /// `displayName` of the source object.
    pub display_name: Option<String>,
    /// `userPrincipalName` of the source object, if it is a user.
    pub user_principal_name: Option<String>,
    /// The steps, in order.
    pub steps: Vec<LogStep>,
    /// What was written.
    pub modified: Vec<ModifiedProperty>,
    /// What went wrong.
    pub failure: Option<ObjectFailure>,
}

/// A failure, and what the service says of its retries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectFailure {
    /// The problem.
    pub problem: JobProblem,
    /// How often it was tried again before.
    pub retries: usize,
    /// When it is tried again.
    pub next: Option<Timestamp>,
}
