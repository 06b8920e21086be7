//! What an administrator does to a job: start, pause, restart, another mapping or scope.

use std::sync::Arc;

use futures_util::FutureExt as _;
use jiff::{SignedDuration, Timestamp};

use super::{JobHandle, linked, stopped_by};
use crate::entra::directory::ObjectId;
use crate::entra::job::{Job, JobSettings, ResetScope};
use crate::entra::mapping::{Mapping, schema};
use crate::store::Write;
use crate::tenant::connection::ConnectionSecrets;
use crate::tenant::error::TenantError;
use crate::tenant::happenings::Happening;
use crate::tenant::live::{LiveTenant, TenantEvent};
use crate::tenant::status::ScheduleState;
use crate::tenant::traffic::Watched;

/// Seconds between two cycles at the least.
const LEAST_INTERVAL: u64 = 1;

/// When what was asked of a job holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It holds.
    Now,
    /// It holds once the run that is under way has ended.
    AfterRun,
}

/// What an administrator asks of a job.
#[derive(Debug, Clone, Copy)]
struct Asked {
    scope: ResetScope,
    /// A restart, and no start.
    restart: bool,
}

impl JobHandle {
    /// Makes the job forget, and says so.
    fn reset(&self, job: &mut Job, scope: ResetScope, now: Timestamp) {
        job.restart(scope);
        self.with_status(|status| {
            status.asked.pop_front();
            if scope.quarantine_state {
                status.quarantine = None;
            }
            if scope.escrows {
                status.escrows_pruned = false;
            }
            status.next = (status.state == ScheduleState::Active).then_some(now);
            status.linked = linked(job);
        });
    }

    /// Does what was asked of the job before the program ended in the middle of a run, and tells what to write.
    pub(in crate::tenant) fn catch_up(&self, application: &str, now: Timestamp) -> Vec<Write> {
        let asked = self.status().asked;
        let Ok(mut job) = self.job.try_lock() else { return Vec::new() };
        if asked.is_empty() {
            return Vec::new();
        }
        for words in &asked {
            self.reset(&mut job, words.parse().unwrap_or(ResetScope::NONE), now);
        }
        let mut writes = self.memory_written(application, &job);
        writes.push(self.written(application));
        writes
    }
}

impl LiveTenant {
    /// Test Connection with the saved secrets or with others.
    ///
    /// # Errors
    /// What the portal would show.
    pub async fn test_connection(
        &self,
        application: &str,
        others: Option<&ConnectionSecrets>,
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

    /// Starts the job, or lets it go on from where it was paused; a quarantine is lifted (Graph: start). A run that is
    /// under way is not waited for.
    ///
    /// # Errors
    /// When there is no job, or its target is not on this machine and nobody allowed to write there.
    pub fn start(&self, application: &str) -> Result<Effect, TenantError> {
        let scope = ResetScope { quarantine_state: true, ..ResetScope::NONE };
        self.once_free(application, Asked { scope, restart: false })
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

    /// Restarts the job (Graph: synchronizationJob, restart). A cycle that is under way comes to its end first, and is
    /// not waited for.
    ///
    /// # Errors
    /// When there is no job, or its target is not on this machine and nobody allowed to write there.
    pub fn restart(&self, application: &str, scope: ResetScope) -> Result<Effect, TenantError> {
        self.once_free(application, Asked { scope, restart: true })
    }

    /// Does at once what is asked of a job, or as soon as the run that has it has ended, before any other that waits.
    fn once_free(&self, application: &str, asked: Asked) -> Result<Effect, TenantError> {
        let handle = self.job(application)?;
        self.may_write(application)?;
        // A pause that comes after this and before the end of the run counts.
        handle.with_status(|status| status.state = ScheduleState::Active);
        let (live, id, held) = (self.clone(), application.to_owned(), Arc::clone(&handle));
        let mut work = Box::pin(async move {
            let mut job = held.job.lock().await;
            live.carry_out(&id, &held, &mut job, asked)
        });
        // Asked once, it stands in the queue.
        if let Some(done) = tokio::task::unconstrained(&mut work).now_or_never() {
            return done.map(|()| Effect::Now);
        }
        handle.with_status(|status| status.asked.push_back(asked.scope.to_string()));
        self.settled(application, &handle)?;
        // That the database failed is told by the next request.
        tokio::spawn(work);
        Ok(Effect::AfterRun)
    }

    fn carry_out(
        &self,
        application: &str,
        handle: &Arc<JobHandle>,
        job: &mut Job,
        asked: Asked,
    ) -> Result<(), TenantError> {
        if !Arc::ptr_eq(&self.job(application)?, handle) {
            // It was removed meanwhile, and what was asked for with it.
            return Err(TenantError::missing("job"));
        }
        if asked.restart {
            // What was saved before the restart takes effect with it.
            let scope = self.read().application(application)?.secrets.scope();
            job.configure(Mapping::clone(&handle.mapping()), scope);
            handle.tell(Happening::Restart(asked.scope), &self.read().application(application)?.tenant);
        }
        handle.reset(job, asked.scope, self.now());
        self.save(&handle.memory_written(application, job))?;
        self.settled(application, handle)
    }

    /// Makes the job forget, and leaves it running or not as it was.
    pub(in crate::tenant) async fn drop_links(
        &self,
        application: &str,
        scope: ResetScope,
    ) -> Result<(), TenantError> {
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

    /// Saves another mapping. The next run takes it, and the next cycle looks at everybody then.
    ///
    /// # Errors
    /// When there is no job, or the schema has mistakes.
    pub fn set_schema(&self, application: &str, text: &str) -> Result<(), TenantError> {
        let handle = self.job(application)?;
        let mapping = schema::import(&handle.mapping().name, "schema", text).map_err(TenantError::Schema)?;
        handle.tell(Happening::Remapped, &self.read().application(application)?.tenant);
        handle.set_mapping(mapping);
        self.save(&[handle.schema_written(application)])?;
        self.tell(TenantEvent::Job);
        Ok(())
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
