//! One application's job while the tenant runs: what is known of it at any moment, and its cycles.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::Mutex as AsyncMutex;
use uuid::Uuid;

use super::application::Application;
use super::error::TenantError;
use super::live::{LiveTenant, TenantEvent};
use super::status::{Execution, JobStatus, QuarantineStatus, ScheduleState};
use super::story::{Event, Happening, Story};
use super::traffic::Watched;
use super::watcher::CycleWatcher;
use crate::entra::directory::{ObjectId, Tenant};
use crate::entra::job::{
    CycleReport, CycleStop, Job, JobSettings, NextCycle, ProvisioningAction, ResetScope, Status,
};
use crate::entra::mapping::{Mapping, schema};
use crate::http::Client;
use crate::rules::LiveTrace;
use crate::run::target::retry::Retry;
use crate::store::Write;
use crate::sync::{Gate, notices};

/// Provision on demand takes so many requests in [`ON_DEMAND_SPAN`] (provisionOnDemand, Known limitations).
const ON_DEMAND_REQUESTS: usize = 5;
const ON_DEMAND_SPAN: Duration = Duration::from_secs(10);

/// Seconds between two cycles at the least.
const LEAST_INTERVAL: u64 = 1;

/// What is known of a job while one of its cycles has it.
#[derive(Debug)]
pub struct JobHandle {
    /// Graph's id of it.
    pub id: String,
    /// The synchronization template that it was made from.
    pub template: String,
    job: AsyncMutex<Job>,
    status: Mutex<JobStatus>,
    mapping: Mutex<Arc<Mapping>>,
    asked_on_demand: Mutex<VecDeque<Instant>>,
    trace: Arc<Mutex<LiveTrace>>,
    story: Mutex<Story>,
}

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
    /// When it began.
    pub began: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
}

impl JobHandle {
    /// A job of an application that has never run.
    pub(super) fn new(id: String, template: String, job: Job, status: JobStatus) -> Self {
        let mapping = Arc::new(job.settings().mapping.clone());
        JobHandle {
            id,
            template,
            job: AsyncMutex::new(job),
            status: Mutex::new(status),
            mapping: Mutex::new(mapping),
            asked_on_demand: Mutex::default(),
            trace: Arc::default(),
            story: Mutex::default(),
        }
    }

    /// What it says of itself now.
    #[must_use]
    pub fn status(&self) -> JobStatus {
        self.status.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn with_status<R>(&self, change: impl FnOnce(&mut JobStatus) -> R) -> R {
        change(&mut self.status.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Its attribute mapping.
    #[must_use]
    pub fn mapping(&self) -> Arc<Mapping> {
        Arc::clone(&self.mapping.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The links that it has, once a cycle that is under way has ended.
    pub async fn links(&self) -> Vec<(ObjectId, String)> {
        self.job.lock().await.links().map(|(id, link)| (id.clone(), link.target_id.clone())).collect()
    }

    /// The job itself, once nothing of it is under way.
    pub(super) async fn lock(&self) -> tokio::sync::MutexGuard<'_, Job> {
        self.job.lock().await
    }

    /// What it did since the program began.
    pub(super) fn story(&self) -> MutexGuard<'_, Story> {
        self.story.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, what: Happening, tenant: &Tenant) {
        self.story().note(Event { what, state: tenant.state(), position: tenant.watermark() });
    }

    /// What the rules have learned of the target.
    pub(super) fn trace(&self) -> Arc<Mutex<LiveTrace>> {
        Arc::clone(&self.trace)
    }

    fn set_mapping(&self, mapping: Mapping) {
        *self.mapping.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(mapping);
    }

    pub(super) fn written(&self, application: &str) -> Write {
        let body = json!({ "id": self.id, "template": self.template, "status": self.status() });
        Write::Application { id: application.to_owned(), part: "job", body }
    }

    pub(super) fn schema_written(&self, application: &str) -> Write {
        let body = schema::export(&self.mapping());
        Write::Application { id: application.to_owned(), part: "schema", body }
    }

    fn memory_written(&self, application: &str, job: &Job) -> Vec<Write> {
        let part = |part, body| Write::Application { id: application.to_owned(), part, body };
        let memory = serde_json::to_value(job.memory()).unwrap_or(Value::Null);
        let entitled: Vec<&ObjectId> = job.entitled().collect();
        let seen = json!({ "watermark": job.watermark().is_some(), "entitled": entitled });
        vec![
            part("memory", memory),
            part("seen", seen),
            Write::LinksHeld { application: application.to_owned() },
        ]
    }

    /// The settings of an application's job.
    pub(super) fn settings(
        application: &Application,
        mapping: Mapping,
        began: Timestamp,
        least_threshold: Option<usize>,
    ) -> JobSettings {
        let secrets = &application.secrets;
        let mut settings = JobSettings::new(mapping, secrets.scope(), secrets.dialect());
        settings.policy = secrets.policy(least_threshold);
        settings.began = began;
        settings
    }
}

impl LiveTenant {
    /// The job of an application.
    ///
    /// # Errors
    /// When there is no such application, or it has no job.
    pub fn job(&self, application: &str) -> Result<Arc<JobHandle>, TenantError> {
        let state = self.read();
        let job = state.application(application)?.job.clone();
        job.ok_or_else(|| TenantError::missing("job"))
    }

    fn prepare(
        &self,
        application: &str,
        handle: &Arc<JobHandle>,
        job: &mut Job,
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
        job.set_policy(secrets.policy(least_threshold));
        job.speak(secrets.dialect());
        job.begin_at(start);
        let id = application.to_owned();
        let watched =
            Watched::new(client, self.clone(), id.clone(), activity.to_string(), Arc::clone(&handle.trace));
        let target =
            Gate::new(Retry::new(watched, self.settings().waiting.anew(), self.cancel()), self.closed());
        let watcher = CycleWatcher::new(self.clone(), Arc::clone(handle), id, identity, activity);
        let watcher = Arc::new(watcher);
        job.follow(Some(Arc::clone(&watcher) as _));
        Ok(Prepared { tenant, target, watcher, activity, began })
    }

    /// Plays one cycle now, whatever the schedule says, and waits for its end.
    ///
    /// # Errors
    /// When there is no job, or no target can be made of its secrets. A cycle that fails is no error: its status says so.
    pub async fn cycle(&self, application: &str) -> Result<Execution, TenantError> {
        let handle = self.job(application)?;
        let mut job = handle.job.lock().await;
        let prepared = self.prepare(application, &handle, &mut job)?;
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
        for notice in notices(before.as_ref(), &report, &job) {
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

    /// Applications whose job runs, each with the moment of its next cycle.
    fn due(&self) -> Vec<(String, Timestamp)> {
        let state = self.read();
        let due = |(id, application): (&String, &Application)| {
            let status = application.job.as_ref()?.status();
            let waits = status.state == ScheduleState::Active && status.progress.is_none();
            Some((id.clone(), status.next.filter(|_| waits)?))
        };
        state.applications.iter().filter_map(due).collect()
    }

    /// Plays the cycles that are due, until the program ends.
    pub async fn run_schedule(self) {
        loop {
            let active = self.due();
            let now = self.now();
            for (application, _) in active.iter().filter(|(_, due)| *due <= now) {
                // Until it has ended nothing is due; the end says when the next one is.
                if let Ok(job) = self.job(application) {
                    job.with_status(|status| status.next = None);
                }
                let (live, application) = (self.clone(), application.clone());
                tokio::spawn(async move {
                    if let Err(error) = live.cycle(&application).await {
                        live.could_not_begin(&application, &error);
                    }
                });
            }
            let soonest = active.iter().map(|(_, due)| *due).filter(|due| *due > now).min();
            let pause = soonest.map_or(Duration::from_secs(3_600), |due| {
                Duration::try_from(due.duration_since(now)).unwrap_or(Duration::from_secs(1))
            });
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.woken() => {}
            }
        }
    }

    /// A cycle that could not even begin, as without a Tenant URL, is tried again after an interval.
    fn could_not_begin(&self, application: &str, error: &TenantError) {
        let Ok(handle) = self.job(application) else { return };
        let (now, activity) = (self.now(), self.new_id().to_string());
        handle.with_status(|status| {
            let interval = SignedDuration::from_secs(i64::try_from(status.interval).unwrap_or(i64::MAX));
            status.next = now.saturating_add(interval).ok();
            status.note(Execution {
                activity,
                state: "Failed".to_owned(),
                began: now,
                ended: now,
                initial: status.last.is_none(),
                imported: 0,
                entitled: 0,
                exported: 0,
                escrowed: 0,
                references_failed: 0,
                error: Some((
                    "SystemForCrossDomainIdentityManagementInvalidCredentials".to_owned(),
                    error.to_string(),
                )),
            });
        });
        self.record(&[handle.written(application)]);
        self.tell(TenantEvent::Job);
        self.wake();
    }

    /// Test Connection with the saved secrets or with others.
    ///
    /// # Errors
    /// What the portal would show.
    pub async fn test_connection(
        &self,
        application: &str,
        others: Option<&super::connection::ConnectionSecrets>,
    ) -> Result<(), TenantError> {
        let (secrets, settings) = {
            let state = self.read();
            let found = state.application(application)?;
            let mapping = match &found.job {
                Some(job) => Mapping::clone(&job.mapping()),
                None => found.default_mapping()?,
            };
            let secrets = others.unwrap_or(&found.secrets).clone();
            (secrets, JobHandle::settings(found, mapping, state.clock.began, None))
        };
        let client = secrets.client(&self.settings().trust, self.settings().timeout)?;
        let trace = Arc::default();
        let watched =
            Watched::new(client, self.clone(), application.to_owned(), "test connection".to_owned(), trace);
        Job::new(JobSettings { dialect: secrets.dialect(), ..settings })
            .test_connection(&watched)
            .await
            .map_err(|stop| TenantError::Credentials(stopped_by(&stop).1))
    }

    /// Starts the job, or lets it go on from where it was paused; a quarantine is lifted (Graph: start).
    ///
    /// # Errors
    /// When there is no job, or its target is not on this machine and nobody allowed to write there.
    pub async fn start(&self, application: &str) -> Result<(), TenantError> {
        let handle = self.job(application)?;
        self.may_write(application)?;
        {
            let mut job = handle.job.lock().await;
            job.restart(ResetScope { quarantine_state: true, ..ResetScope::NONE });
        }
        let now = self.now();
        handle.with_status(|status| {
            (status.state, status.quarantine) = (ScheduleState::Active, None);
            status.next = Some(now);
        });
        self.settled(application, &handle)
    }

    fn may_write(&self, application: &str) -> Result<(), TenantError> {
        match self.read().application(application)?.secrets.url() {
            Ok(url) if !self.settings().apply && !url.is_loopback() => {
                Err(TenantError::Elsewhere(url.to_string()))
            }
            _ => Ok(()),
        }
    }

    /// Stops the job; a cycle that is under way comes to its end.
    ///
    /// # Errors
    /// When there is no job.
    pub fn pause(&self, application: &str) -> Result<(), TenantError> {
        let handle = self.job(application)?;
        handle.with_status(|status| (status.state, status.next) = (ScheduleState::Paused, None));
        self.settled(application, &handle)
    }

    /// Restarts the job (Graph: synchronizationJob, restart). A cycle that is under way comes to its end first.
    ///
    /// # Errors
    /// When there is no job, or its target is not on this machine and nobody allowed to write there.
    pub async fn restart(&self, application: &str, scope: ResetScope) -> Result<(), TenantError> {
        let handle = self.job(application)?;
        self.may_write(application)?;
        let mut job = handle.job.lock().await;
        job.restart(scope);
        handle.tell(Happening::Restart(scope), &self.read().application(application)?.tenant);
        let now = self.now();
        handle.with_status(|status| {
            if scope.quarantine_state {
                status.quarantine = None;
            }
            if scope.escrows {
                status.escrows_pruned = false;
            }
            (status.state, status.next) = (ScheduleState::Active, Some(now));
            status.linked = linked(&job);
        });
        let writes = handle.memory_written(application, &job);
        drop(job);
        self.save(&writes)?;
        self.settled(application, &handle)
    }

    /// Makes the job forget, and leaves it running or not as it was.
    pub(super) async fn drop_links(&self, application: &str, scope: ResetScope) -> Result<(), TenantError> {
        let handle = self.job(application)?;
        let mut job = handle.job.lock().await;
        job.restart(scope);
        handle.with_status(|status| (status.linked, status.quarantine) = (linked(&job), None));
        let writes = handle.memory_written(application, &job);
        drop(job);
        self.save(&writes)?;
        self.settled(application, &handle)
    }

    fn settled(&self, application: &str, handle: &JobHandle) -> Result<(), TenantError> {
        self.save(&[handle.written(application)])?;
        self.tell(TenantEvent::Job);
        self.wake();
        Ok(())
    }

    /// Sets the seconds between the beginnings of two cycles; the service's cannot be changed.
    ///
    /// # Errors
    /// When there is no job.
    pub fn set_interval(&self, application: &str, seconds: u64) -> Result<(), TenantError> {
        let handle = self.job(application)?;
        let seconds = seconds.max(LEAST_INTERVAL);
        let now = self.now();
        handle.with_status(|status| {
            status.interval = seconds;
            let soonest =
                now.saturating_add(SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX)));
            status.next = status.next.map(|next| soonest.map_or(next, |soonest| next.min(soonest)));
        });
        self.settled(application, &handle)
    }

    /// Saves another mapping. The next cycle looks at everybody then.
    ///
    /// # Errors
    /// When there is no job, or the schema has mistakes.
    pub async fn set_schema(&self, application: &str, text: &str) -> Result<(), TenantError> {
        let handle = self.job(application)?;
        let mapping = schema::import(&handle.mapping().name, "schema", text).map_err(TenantError::Schema)?;
        let mut job = handle.job.lock().await;
        let scope = self.read().application(application)?.secrets.scope();
        job.configure(mapping.clone(), scope);
        handle.tell(Happening::Remapped, &self.read().application(application)?.tenant);
        handle.set_mapping(mapping);
        let mut writes = handle.memory_written(application, &job);
        drop(job);
        writes.push(handle.schema_written(application));
        self.save(&writes)?;
        self.tell(TenantEvent::Job);
        Ok(())
    }

    /// Applies the scope that the secrets name to the job.
    pub(super) async fn set_scope(&self, application: &str) -> Result<(), TenantError> {
        let Ok(handle) = self.job(application) else { return Ok(()) };
        let scope = self.read().application(application)?.secrets.scope();
        let mut job = handle.job.lock().await;
        let mapping = job.settings().mapping.clone();
        job.configure(mapping, scope);
        let writes = handle.memory_written(application, &job);
        drop(job);
        self.save(&writes)
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
        let handle = self.job(application)?;
        if limited {
            handle.note_on_demand()?;
        }
        let mut job = handle.job.lock().await;
        let prepared = self.prepare(application, &handle, &mut job)?;
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
        Ok(OnDemand { lines: prepared.watcher.lines(), error, began: prepared.began, ended })
    }

    /// Drops the link of an object to its account (Graph: objectConnections).
    ///
    /// # Errors
    /// When there is no job.
    pub async fn forget_link(&self, application: &str, id: &ObjectId) -> Result<bool, TenantError> {
        let handle = self.job(application)?;
        let mut job = handle.job.lock().await;
        let forgotten = job.forget(id);
        handle.with_status(|status| status.linked = linked(&job));
        self.save(&handle.memory_written(application, &job))?;
        Ok(forgotten)
    }
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

    /// Goes on from what was kept. `pending` is what the tenant's change log holds that no cycle has looked at.
    pub(super) fn recalled(
        mut job: Job,
        (id, template, status): (String, String, JobStatus),
        memory: Option<Value>,
        seen: Option<&Value>,
        tenant: &Tenant,
    ) -> Result<Self, String> {
        if let Some(memory) = memory {
            let memory = serde_json::from_value(memory).map_err(|error| error.to_string())?;
            let seen = seen.cloned().unwrap_or_default();
            let entitled: HashSet<ObjectId> =
                serde_json::from_value(seen["entitled"].clone()).unwrap_or_default();
            let watermark = (seen["watermark"] == json!(true)).then(|| tenant.watermark());
            job.recall_at(memory, watermark, entitled);
        }
        Ok(JobHandle::new(id, template, job, status))
    }

    pub(super) fn job_mut(&mut self) -> &mut Job {
        self.job.get_mut()
    }
}

fn linked(job: &Job) -> (u64, u64) {
    use crate::entra::directory::ObjectKind;
    job.links().fold((0, 0), |(users, groups), (_, link)| match link.kind {
        ObjectKind::User => (users + 1, groups),
        ObjectKind::Group => (users, groups + 1),
    })
}

fn note_quarantine(status: &mut JobStatus, report: &CycleReport, now: Timestamp) {
    status.quarantine = report.quarantine.as_ref().map(|quarantine| {
        let before = status.quarantine.as_ref();
        let same = before.filter(|before| before.reason == quarantine.reason);
        QuarantineStatus {
            reason: quarantine.reason.to_owned(),
            code: quarantine.problem.code.as_str().to_owned(),
            message: quarantine.problem.detail.clone(),
            current_began: same.map_or(now, |before| before.current_began),
            series_began: before.map_or(now, |before| before.series_began),
            series_count: before.map_or(1, |before| before.series_count + 1),
        }
    });
}

/// Code and message of what ended a cycle before its end.
fn stopped_by(stop: &CycleStop) -> (String, String) {
    match stop {
        CycleStop::Quarantined(quarantine) => {
            (quarantine.problem.code.as_str().to_owned(), quarantine.problem.detail.clone())
        }
        CycleStop::Withheld(why) => ("Withheld".to_owned(), why.clone()),
        CycleStop::Interrupted => ("Interrupted".to_owned(), "The program is being ended.".to_owned()),
        CycleStop::Disabled => {
            let why = "The job was disabled after four weeks in quarantine; a restart enables it.";
            ("Disabled".to_owned(), why.to_owned())
        }
    }
}
