//! What Entra tells an administrator by mail (application-provisioning-quarantine-status;
//! accidental-deletions).

use serde_json::{Value, json};

use crate::entra::job::{CycleReport, Job, LogEntry, Quarantine, Status};

/// From this retry on a failure is called repeated. Microsoft names no number.
const REPEATED: usize = 2;

/// What is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The job went into quarantine, or was disabled.
    Quarantine,
    /// Objects fail again and again.
    RepeatedFailures,
    /// Disables and deletes wait for approval.
    DeletionsHeldBack,
}

impl Event {
    /// The word in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Event::Quarantine => "quarantine",
            Event::RepeatedFailures => "repeatedFailures",
            Event::DeletionsHeldBack => "deletionsHeldBack",
        }
    }
}

/// One notification.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// What it is about.
    pub event: Event,
    /// One or two sentences.
    pub message: String,
    /// The quarantine's reason or the objects concerned.
    pub details: Value,
}

impl Notice {
    /// The notification as it is handed to another program.
    #[must_use]
    pub fn to_json(&self, target: &str, job_id: &str) -> Value {
        json!({
            "event": self.event.as_str(),
            "target": target,
            "jobId": job_id,
            "message": self.message,
            "details": self.details,
        })
    }
}

/// What has to be told after a cycle. `before` is the quarantine the job was in when it began: one that
/// lasts is told once. What was held back before is not told again either.
#[must_use]
pub fn notices(before: Option<&Quarantine>, report: &CycleReport, job: &Job) -> Vec<Notice> {
    let mut notices = Vec::new();
    let held_back =
        before.is_none_or(|quarantine| quarantine.reason != "TooManyDeletes") && !report.held_back.is_empty();
    if held_back {
        let objects: Vec<Value> = report
            .held_back
            .iter()
            .map(|id| {
                json!({
                    "id": id.as_str(), "name": job.settings().label(id),
                })
            })
            .collect();
        notices.push(Notice {
            event: Event::DeletionsHeldBack,
            message: format!(
                "Held back by the accidental-deletion threshold: {} disables and deletes.",
                report.held_back.len()
            ),
            details: json!({ "objects": objects }),
        });
    }
    let reason = |quarantine: &Quarantine| quarantine.reason;
    if let Some(quarantine) = &report.quarantine
        && before.map(reason) != Some(quarantine.reason)
        && quarantine.reason != "TooManyDeletes"
    {
        notices.push(Notice {
            event: Event::Quarantine,
            message: format!("The provisioning job is in quarantine: {}", quarantine.problem),
            details: json!({
                "reason": quarantine.reason,
                "errorCode": quarantine.problem.code.as_str(),
                "detail": quarantine.problem.detail,
            }),
        });
    }
    let repeated: Vec<&LogEntry> = report
        .entries
        .iter()
        .filter(|entry| entry.status == Status::Failure)
        .filter(|entry| job.escrows().any(|(id, escrow)| *id == entry.id && escrow.retries == REPEATED))
        .collect();
    if !repeated.is_empty() {
        let objects: Vec<Value> = repeated
            .iter()
            .map(|entry| {
                json!({
                    "id": entry.id.as_str(),
                    "name": entry.label,
                    "errorCode": entry.code.map(|code| code.as_str()),
                    "detail": entry.detail,
                })
            })
            .collect();
        notices.push(Notice {
            event: Event::RepeatedFailures,
            message: format!("{} objects failed again after {REPEATED} retries.", repeated.len()),
            details: json!({ "objects": objects }),
        });
    }
    notices
}
