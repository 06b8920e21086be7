//! Writes the provisioning log of a job while it goes on, and its links with it.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use uuid::Uuid;

use super::job::JobHandle;
use super::kept::kind_name;
use super::live::{LiveTenant, TenantEvent};
use super::status::Progress;
use crate::entra::job::{Identity, LogEntry, LogRecord, ProvisioningAction, Status, Watcher};
use crate::store::Write;

/// Hears what one cycle or on-demand run does.
#[derive(Debug)]
pub(super) struct CycleWatcher {
    live: LiveTenant,
    handle: Arc<JobHandle>,
    application: String,
    identity: Identity,
    activity: Uuid,
    /// The lines of an on-demand run, for whoever waits for it. Those of a cycle are in the database, and may be many.
    lines: Option<Mutex<Vec<Value>>>,
}

impl CycleWatcher {
    pub fn new(
        live: LiveTenant,
        handle: Arc<JobHandle>,
        application: String,
        identity: Identity,
        activity: Uuid,
        on_demand: bool,
    ) -> Self {
        let lines = on_demand.then(Mutex::default);
        CycleWatcher { live, handle, application, identity, activity, lines }
    }

    /// The lines of an on-demand run so far.
    pub fn lines(&self) -> Vec<Value> {
        let lines = self.lines.as_ref().map(|lines| lines.lock().unwrap_or_else(PoisonError::into_inner));
        lines.map(|lines| lines.clone()).unwrap_or_default()
    }
}

impl Watcher for CycleWatcher {
    fn begins(&self, name: &str, initial: bool, objects: usize) {
        let progress = Progress {
            name: name.to_owned(),
            activity: self.activity.to_string(),
            initial,
            began: self.live.now(),
            total: objects,
            done: 0,
        };
        self.handle.with_status(|status| status.progress = Some(progress));
        self.live.tell(TenantEvent::Job);
    }

    fn logged(&self, entry: &LogEntry, record: &LogRecord) {
        // The job counts minutes; who looks for what happened after a moment needs the moment.
        let record = LogRecord { at: self.live.now(), ..record.clone() };
        let mut line = self.identity.summary(self.activity, entry, &record);
        line["id"] = json!(self.live.new_id());
        line["jobId"] = json!(self.handle.id);
        line["changeId"] = json!(self.live.new_id());
        // Whoever is gone for good still has the name that the job knows.
        let nameless = record.display_name.is_none() && entry.label != entry.id.as_str();
        if nameless {
            line["sourceIdentity"]["displayName"] = json!(entry.label);
        }
        let object = entry.id.as_str().to_owned();
        let mut writes = vec![Write::Log {
            application: self.application.clone(),
            object: object.clone(),
            body: line.clone(),
        }];
        // A link that was made is written down with the line that tells of it.
        let link = match (entry.status, entry.action, &entry.target_id) {
            (Status::Success, ProvisioningAction::Delete, _) => Some((None, false)),
            (Status::Success, ProvisioningAction::Disable, Some(target)) => {
                Some((Some(target.clone()), false))
            }
            (Status::Success, _, Some(target)) => Some((Some(target.clone()), true)),
            _ => None,
        };
        if let Some((target, active)) = link {
            let application = self.application.clone();
            writes.push(Write::Link { application, object, kind: kind_name(entry.kind), target, active });
        }
        self.live.record(&writes);
        if let Some(lines) = &self.lines {
            lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        }
        self.handle.with_status(|status| {
            if let Some(progress) = &mut status.progress {
                progress.done += 1;
                // A manager or members that follow later are an update of their own.
                progress.total = progress.total.max(progress.done);
            }
        });
        self.live.tell(TenantEvent::Job);
    }
}
