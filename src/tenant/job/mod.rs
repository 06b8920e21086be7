//! One application's job while the tenant runs: what is known of it at any moment.

mod administration;
mod cycle;
mod schedule;

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::Mutex as AsyncMutex;

use super::application::Application;
use super::error::TenantError;
use super::happenings::{Event, Happening, Story};
use super::live::LiveTenant;
use super::status::JobStatus;
use crate::entra::directory::{ObjectId, ObjectKind, Tenant};
use crate::entra::job::{CycleStop, ErrorCode, Job, JobSettings};
use crate::entra::mapping::{Mapping, schema};
use crate::entra::scope::Scope;
use crate::rules::LiveTrace;
use crate::store::Write;
use crate::sync::fingerprint;

pub use administration::Effect;
pub use cycle::OnDemand;

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
    known: Mutex<Vec<(ObjectId, String)>>,
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
            known: Mutex::default(),
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

    /// The same without waiting: while a run is under way, as they were before it.
    fn known_links(&self) -> Vec<(ObjectId, String)> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(job) = self.job.try_lock() {
            *known = job.links().map(|(id, link)| (id.clone(), link.target_id.clone())).collect();
        }
        known.clone()
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
        let settings = job.settings();
        let seen = json!({
            "watermark": job.watermark().is_some(),
            "entitled": entitled,
            "mapping": fingerprint(&settings.mapping),
            "everyone": settings.scope == Scope::Everyone,
        });
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
            // Another mapping may have been saved since: then the next cycle looks at everybody.
            let same = seen["mapping"] == json!(fingerprint(&job.settings().mapping));
            let watermark = (same && seen["watermark"] == json!(true)).then(|| tenant.watermark());
            job.recall_at(memory, watermark, entitled);
        }
        Ok(JobHandle::new(id, template, job, status))
    }

    pub(super) fn job_mut(&mut self) -> &mut Job {
        self.job.get_mut()
    }
}

impl LiveTenant {
    /// Who has which account, as far as the job of an application knows.
    #[must_use]
    pub fn known_links(&self, application: &str) -> Vec<(ObjectId, String)> {
        self.job(application).map(|job| job.known_links()).unwrap_or_default()
    }

    /// The job of an application.
    ///
    /// # Errors
    /// When there is no such application, or it has no job.
    pub fn job(&self, application: &str) -> Result<Arc<JobHandle>, TenantError> {
        let state = self.read();
        let job = state.application(application)?.job.clone();
        job.ok_or_else(|| TenantError::missing("job"))
    }
}

fn linked(job: &Job) -> (u64, u64) {
    job.links().fold((0, 0), |(users, groups), (_, link)| match link.kind {
        ObjectKind::User => (users + 1, groups),
        ObjectKind::Group => (users, groups + 1),
    })
}

/// What a job says of itself when the target does not accept its credentials; its log has another word for one entry
/// (application-provisioning-configure-api, Step 5).
const WRONG_CREDENTIALS: &str = "SystemForCrossDomainIdentityManagementInvalidCredentials";

/// The code of what ended a cycle, as a job says it of itself.
fn job_code(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::Unauthorized => WRONG_CREDENTIALS,
        code => code.as_str(),
    }
}

/// Code and message of what ended a cycle before its end.
fn stopped_by(stop: &CycleStop) -> (String, String) {
    match stop {
        CycleStop::Quarantined(quarantine) => {
            (job_code(quarantine.problem.code).to_owned(), quarantine.problem.detail.clone())
        }
        CycleStop::Withheld(why) => ("Withheld".to_owned(), why.clone()),
        CycleStop::Interrupted => ("Interrupted".to_owned(), "The program is being ended.".to_owned()),
        CycleStop::Disabled => {
            let why = "The job was disabled after four weeks in quarantine; a restart enables it.";
            ("Disabled".to_owned(), why.to_owned())
        }
    }
}
