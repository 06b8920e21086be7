//! Cycles and on-demand runs.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::runtime::Handle;
use uuid::Uuid;

use super::{JobHandle, job_code, linked, stopped_by};
use crate::entra::directory::{ObjectId, Tenant};
use crate::entra::job::{CycleReport, CycleStop, Job, NextCycle, ProvisioningAction, Status};
use crate::entra::mapping::Mapping;
use crate::http::Client;
use crate::run::target::retry::Retry;
use crate::store::Write;
use crate::sync::{Gate, notices};
use crate::tenant::error::TenantError;
use crate::tenant::happenings::Happening;
use crate::tenant::live::{LiveTenant, TenantEvent};
use crate::tenant::status::{Execution, JobStatus, LineCounts, QuarantineStatus, ScheduleState};
use crate::tenant::traffic::Watched;
use crate::tenant::watcher::CycleWatcher;

/// Provision on demand takes so many requests in [`ON_DEMAND_SPAN`] (provisionOnDemand, Known limitations).
const ON_DEMAND_REQUESTS: usize = 5;
const ON_DEMAND_SPAN: Duration = Duration::from_secs(10);

type JobTarget = Gate<Retry<Watched<Client>>>;

/// What one run needs, taken at its beginning; the directory may change meanwhile.
struct Prepared {
    tenant: Tenant,
    target: JobTarget,
    watcher: Arc<CycleWatcher>,
    activity: Uuid,
    began: Timestamp,
}

/// What an on-demand run did: the lines that it wrote into the log, and why it ended early.
#[derive(Debug, Clone, PartialEq)]
pub struct OnDemand {
    /// The lines, in Graph's shape.
    pub lines: Vec<Value>,
    /// Code and message of what ended it before its end.
    pub error: Option<(String, String)>,
    /// Its id, which its requests bear.
    pub activity: String,
    /// When it began.
    pub began: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
}

impl JobHandle {
    fn note_on_demand(&self) -> Result<(), TenantError> {
        let mut asked = self.asked_on_demand.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        while asked.front().is_some_and(|first| now.duration_since(*first) > ON_DEMAND_SPAN) {
            asked.pop_front();
        }
        if asked.len() >= ON_DEMAND_REQUESTS {
            return Err(TenantError::TooMany);
        }
        asked.push_back(now);
        Ok(())
    }
}

impl LiveTenant {
    fn prepare(
        &self,
        application: &str,
        handle: &Arc<JobHandle>,
        job: &mut Job,
        on_demand: bool,
    ) -> Result<Prepared, TenantError> {
        self.tick()?;
        let (activity, began) = (self.new_id(), self.now());
        let (tenant, client, identity, secrets, start) = {
            let state = self.read();
            let found = state.application(application)?;
            let client = found.secrets.client(&self.settings().trust, self.settings().timeout)?;
            let identity = found.identity(state.id);
            (found.tenant.clone(), client, identity, found.secrets.clone(), state.clock.began)
        };
        let url = secrets.url()?;
        if !self.settings().apply && !url.is_loopback() {
            return Err(TenantError::Elsewhere(url.to_string()));
        }
        let least_threshold = self.settings().threshold(&url);
        let directory = tenant.state();
        let users = directory.users().map(|user| (user.id(), user.text("userPrincipalName")));
        let groups = directory.groups().map(|group| (group.id(), group.text("displayName")));
        for (id, name) in users.chain(groups) {
            job.name(id.clone(), name.unwrap_or_default());
        }
        // What was saved since the last run: a cycle that was under way then kept what it began with.
        job.configure(Mapping::clone(&handle.mapping()), secrets.scope());
        job.set_policy(secrets.policy(least_threshold));
        job.speak(secrets.dialect());
        job.begin_at(start);
        let id = application.to_owned();
        let watched =
            Watched::new(client, self.clone(), id.clone(), activity.to_string(), Arc::clone(&handle.trace));
        let target =
            Gate::new(Retry::new(watched, self.settings().waiting.anew(), self.cancel()), self.closed());
        let watcher = CycleWatcher::new(self.clone(), Arc::clone(handle), id, identity, activity, on_demand);
        let watcher = Arc::new(watcher);
        job.follow(Some(Arc::clone(&watcher) as _));
        Ok(Prepared { tenant, target, watcher, activity, began })
    }

    /// Plays one cycle now, whatever the schedule says, and waits for its end. It comes to its end although whoever waits
    /// for it goes away.
    ///
    /// # Errors
    /// When there is no job, or no target can be made of its secrets. A cycle that fails is no error: its status says so.
    pub async fn cycle(&self, application: &str) -> Result<Execution, TenantError> {
        let (live, application) = (self.clone(), application.to_owned());
        aside(move || async move { live.play(&application).await }).await
    }

    async fn play(&self, application: &str) -> Result<Execution, TenantError> {
        let handle = self.job(application)?;
        let mut job = handle.job.lock().await;
        let prepared = self.prepare(application, &handle, &mut job, false)?;
        let before = job.quarantine().cloned();
        handle.tell(Happening::Cycle, &prepared.tenant);
        let report = job.cycle(&prepared.tenant, &prepared.target).await;
        job.follow(None);
        let execution = self.execution(&report, &handle, &job, &prepared);
        let next = self.next_cycle(&handle, &job, prepared.began);
        handle.with_status(|status| {
            status.progress = None;
            status.escrows_pruned |= report.escrows_pruned;
            note_quarantine(status, &report, execution.ended);
            status.linked = linked(&job);
            status.note(execution.clone());
            status.next = next.filter(|_| status.state == ScheduleState::Active);
            if report.stopped == Some(CycleStop::Disabled) {
                (status.state, status.next) = (ScheduleState::Disabled, None);
            }
        });
        let mut writes = handle.memory_written(application, &job);
        writes.push(handle.written(application));
        if report.stopped.is_none() {
            let before = prepared.tenant.watermark().position();
            writes.push(Write::ChangesSeen { application: application.to_owned(), before });
        }
        let recipients = self.read().application(application)?.secrets.recipients();
        for notice in notices(before.as_ref(), &report, &job, "a restart with the scope ForceDeletes") {
            let mail = json!({
                "to": recipients, "sent": execution.ended, "application": application, "event": notice.event.as_str(),
                "subject": format!("Provisioning of {}", self.application_name(application)),
                "message": notice.message, "details": notice.details,
            });
            writes.push(Write::Mail { body: mail });
        }
        self.save(&writes)?;
        self.tell(TenantEvent::Job);
        self.wake();
        Ok(execution)
    }

    fn application_name(&self, application: &str) -> String {
        self.read().application(application).map(|found| found.info.name.clone()).unwrap_or_default()
    }

    fn execution(
        &self,
        report: &CycleReport,
        handle: &JobHandle,
        job: &Job,
        prepared: &Prepared,
    ) -> Execution {
        let looked_at = handle.status().progress.map_or(0, |progress| progress.done);
        let failures = report.failures().count();
        let wrote =
            |action| action != ProvisioningAction::Other && action != ProvisioningAction::StagedDelete;
        let exported = report
            .entries
            .iter()
            .filter(|entry| entry.status == Status::Success && wrote(entry.action))
            .count();
        let error = report.stopped.as_ref().map(stopped_by);
        let state = match (&error, failures) {
            (Some(_), _) => "Failed",
            (None, 0) => "Succeeded",
            (None, _) => "EntryLevelErrors",
        };
        let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        Execution {
            activity: prepared.activity.to_string(),
            state: state.to_owned(),
            began: prepared.began,
            ended: self.now(),
            initial: report.initial,
            imported: number(looked_at),
            entitled: number(job.entitled().len()),
            exported: number(exported),
            escrowed: number(job.escrows().len()),
            references_failed: report.tally.references_failed,
            counts: LineCounts::of(&report.entries),
            error,
        }
    }

    /// When the next cycle begins: an interval after this one began; in quarantine when the service tries again.
    fn next_cycle(&self, handle: &JobHandle, job: &Job, began: Timestamp) -> Option<Timestamp> {
        if job.quarantine().is_some() {
            return match job.next_cycle() {
                NextCycle::At(minute) => Some(job.date(minute)),
                NextCycle::Disabled => None,
            };
        }
        let interval = handle.status().interval;
        let interval = SignedDuration::from_secs(i64::try_from(interval).unwrap_or(i64::MAX));
        began.saturating_add(interval).ok()
    }

    /// Provisions users, or groups with a few of their members, at once, and waits for the end.
    ///
    /// # Errors
    /// When an object or the job does not exist, the rate is too high, or no target can be made of the secrets.
    pub async fn on_demand(
        &self,
        application: &str,
        ids: &[ObjectId],
        limited: bool,
    ) -> Result<OnDemand, TenantError> {
        let (live, application, ids) = (self.clone(), application.to_owned(), ids.to_vec());
        aside(move || async move { live.play_on_demand(&application, &ids, limited).await }).await
    }

    async fn play_on_demand(
        &self,
        application: &str,
        ids: &[ObjectId],
        limited: bool,
    ) -> Result<OnDemand, TenantError> {
        let handle = self.job(application)?;
        if limited {
            handle.note_on_demand()?;
        }
        let mut job = handle.job.lock().await;
        let prepared = self.prepare(application, &handle, &mut job, true)?;
        handle.tell(Happening::OnDemand(ids.to_vec()), &prepared.tenant);
        let report = job.on_demand(&prepared.tenant, ids, &prepared.target).await;
        job.follow(None);
        let ended = self.now();
        handle.with_status(|status| {
            status.progress = None;
            status.linked = linked(&job);
            note_quarantine(status, &report, ended);
        });
        let mut writes = handle.memory_written(application, &job);
        writes.push(handle.written(application));
        self.save(&writes)?;
        self.tell(TenantEvent::Job);
        let error = report.stopped.as_ref().map(stopped_by);
        let activity = prepared.activity.to_string();
        Ok(OnDemand { lines: prepared.watcher.lines(), error, activity, began: prepared.began, ended })
    }
}

/// Does what takes long, and computes long at a stretch, where it keeps no request waiting: on a thread of its own. It is
/// done to its end although whoever waits for it may go away, as a client does whose patience is over.
async fn aside<F: Future<Output = Result<R, TenantError>>, R: Send + 'static>(
    work: impl FnOnce() -> F + Send + 'static,
) -> Result<R, TenantError> {
    let runtime = Handle::current();
    match tokio::task::spawn_blocking(move || runtime.block_on(work())).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(TenantError::Conflict("The program is being ended.".to_owned())),
        },
    }
}

fn note_quarantine(status: &mut JobStatus, report: &CycleReport, now: Timestamp) {
    status.quarantine = report.quarantine.as_ref().map(|quarantine| {
        let before = status.quarantine.as_ref();
        let same = before.filter(|before| before.reason == quarantine.reason);
        QuarantineStatus {
            reason: quarantine.reason.to_owned(),
            code: job_code(quarantine.problem.code).to_owned(),
            message: quarantine.problem.detail.clone(),
            current_began: same.map_or(now, |before| before.current_began),
            series_began: before.map_or(now, |before| before.series_began),
            series_count: before.map_or(1, |before| before.series_count + 1),
        }
    });
}
