//! What Entra tells an administrator by mail (application-provisioning-quarantine-status;
//! accidental-deletions).

use serde_json::{Value, json};

use crate::entra::directory::ObjectId;
use crate::entra::job::{CycleReport, Job, LogEntry, Quarantine, Status};

/// From this retry on a failure is called repeated. Microsoft names no number.
const REPEATED: usize = 2;

/// What is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeEvent {
    /// The job went into quarantine, or was disabled.
    Quarantine,
    /// Objects fail again and again.
    RepeatedFailures,
    /// Disables and deletes wait for approval.
    DeletionsHeldBack,
}

impl NoticeEvent {
    /// The word in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            NoticeEvent::Quarantine => "quarantine",
            NoticeEvent::RepeatedFailures => "repeatedFailures",
            NoticeEvent::DeletionsHeldBack => "deletionsHeldBack",
        }
    }
}

/// One notification.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// What it is about.
    pub event: NoticeEvent,
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

/// What is told when many are missing from the directory file, whose accounts therefore stay.
#[must_use]
pub fn missing_from_file(missing: &[ObjectId], job: &Job) -> Option<Notice> {
    let message = format!(
        "Held back: the deletion of {} users and groups that are missing from the directory file; \
         --allow-deletes approves it.",
        missing.len()
    );
    (!missing.is_empty()).then(|| held_back_notice(message, missing, job))
}

fn held_back_notice(message: String, ids: &[ObjectId], job: &Job) -> Notice {
    let object = |id: &ObjectId| json!({ "id": id.as_str(), "name": job.settings().label(id) });
    let objects: Vec<Value> = ids.iter().map(object).collect();
    Notice { event: NoticeEvent::DeletionsHeldBack, message, details: json!({ "objects": objects }) }
}

/// What has to be told after a cycle. `before` is the quarantine the job was in when it began: one that
/// lasts is told once. What was held back before is not told again either. `approval` is how deletions are approved.
#[must_use]
pub fn notices(before: Option<&Quarantine>, report: &CycleReport, job: &Job, approval: &str) -> Vec<Notice> {
    let mut notices = Vec::new();
    let held_back =
        before.is_none_or(|quarantine| quarantine.reason != "TooManyDeletes") && !report.held_back.is_empty();
    if held_back {
        let message = format!(
            "Held back by the accidental-deletion threshold: {} disables and deletes; {approval} approves them.",
            report.held_back.len()
        );
        notices.push(held_back_notice(message, &report.held_back, job));
    }
    let reason = |quarantine: &Quarantine| quarantine.reason;
    if let Some(quarantine) = &report.quarantine
        && before.map(reason) != Some(quarantine.reason)
        && quarantine.reason != "TooManyDeletes"
    {
        notices.push(Notice {
            event: NoticeEvent::Quarantine,
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
        .filter(|entry| job.escrow(&entry.id).is_some_and(|escrow| escrow.retries == REPEATED))
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
            event: NoticeEvent::RepeatedFailures,
            message: format!("{} objects failed again after {REPEATED} retries.", repeated.len()),
            details: json!({ "objects": objects }),
        });
    }
    notices
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entra::dialect::Dialect;
    use crate::entra::directory::{Tenant, User};
    use crate::entra::job::{JobSettings, ResetScope};
    use crate::entra::mapping::profiles;
    use crate::entra::scope::Scope;
    use crate::wire::{Answer, Broken, Method, Request, Sent, Target};

    /// Finds nobody, refuses every create, and asks for other credentials when told to.
    struct Refusing {
        status: u16,
    }

    impl Target for Refusing {
        async fn send(&self, request: Request) -> Result<Answer, Broken> {
            let nobody = json!({"totalResults": 0, "Resources": []});
            match request.method {
                Method::Get if self.status != 401 => Ok(Answer::json(200, &nobody)),
                _ => Ok(Answer::json(self.status, &json!({}))),
            }
        }

        fn sent_as(&self, _: &Request) -> Sent {
            unreachable!("nothing records here")
        }
    }

    fn deployment() -> (Tenant, Job) {
        let mut tenant = Tenant::new();
        let user = User::new(ObjectId::new("1")).with("userPrincipalName", "ada@example.com").unwrap();
        let id = tenant.add_user(user).unwrap();
        tenant.assign(&id).unwrap();
        let mapping = profiles::load(profiles::DEFAULT).unwrap();
        let mut job = Job::new(JobSettings::new(mapping, Scope::Assigned, Dialect::Default));
        job.name(id, "ada");
        (tenant, job)
    }

    async fn told(tenant: &Tenant, job: &mut Job, status: u16) -> Vec<&'static str> {
        let before = job.quarantine().cloned();
        let report = job.cycle(tenant, &Refusing { status }).await;
        notices(before.as_ref(), &report, job, "--allow-deletes")
            .iter()
            .map(|notice| notice.event.as_str())
            .collect()
    }

    #[tokio::test]
    async fn a_failure_is_told_when_it_is_repeated_and_a_quarantine_when_it_begins() {
        let (mut tenant, mut job) = deployment();
        assert_eq!(told(&tenant, &mut job, 500).await, [""; 0]);
        assert_eq!(told(&tenant, &mut job, 500).await, [""; 0]);
        tenant.advance(6);
        assert_eq!(told(&tenant, &mut job, 500).await, ["repeatedFailures"]);
        tenant.advance(6);
        assert_eq!(told(&tenant, &mut job, 500).await, [""; 0]);
        assert_eq!(told(&tenant, &mut job, 401).await, ["quarantine"]);
        assert_eq!(told(&tenant, &mut job, 401).await, [""; 0]);
        job.restart(ResetScope::PORTAL);
        assert_eq!(told(&tenant, &mut job, 401).await, ["quarantine"]);
    }
}
