//! One activity of the job in progress: what it sees of the directory, whom it asks, what it logs.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value;

use super::JobSettings;
use super::answers::{self, Asked, Trouble};
use super::log::{CycleReport, CycleStop, LogEntry, ProvisioningAction, Status};
use super::problem::{ErrorCode, JobProblem};
use super::quarantine::Quarantine;
use super::schedule;
use super::state::{Escrow, JobState};
use super::step_log::StepLog;
use crate::entra::dialect::Writer;
use crate::entra::directory::{DirectoryState, Group, Object, ObjectId, ObjectKind, User};
use crate::entra::mapping::{Circumstances, Mapping, MappingSubject, ObjectMapping};
use crate::entra::scope::{self, Entitlement, Scope};
use crate::wire::{Answer, Request, ResourceKind, Target};

/// A cycle or an on-demand run while it goes on.
pub(super) struct Pass<'a, T> {
    pub settings: &'a JobSettings,
    pub writer: Writer,
    pub state: &'a mut JobState,
    /// The simulated clock when the activity began.
    pub minute: u64,
    pub directory: Arc<DirectoryState>,
    /// Every object of the directory, judged once.
    pub entitlements: HashMap<ObjectId, Entitlement>,
    pub target: &'a T,
    pub report: CycleReport,
    /// A resource that is gone is looked for again: in initial cycles and on demand.
    pub may_match_again: bool,
    /// Objects whose references are to be looked at whatever the change log says.
    pub whole: HashSet<ObjectId>,
    /// True on demand, where roles are not supported (provision-on-demand, Known limitations).
    pub on_demand: bool,
    /// Attributes that changed since the watermark.
    pub changed: HashMap<ObjectId, HashSet<&'static str>>,
    /// What was noted of the object whose turn it is.
    pub step_log: StepLog,
    /// What is being tried for the object whose turn it is.
    pub doing: ProvisioningAction,
    /// What the target held when it was last read in this activity.
    pub read: HashMap<ObjectId, Value>,
}

/// How an object's turn ended when nothing went wrong.
pub(super) struct Turn {
    pub action: ProvisioningAction,
    pub status: Status,
    pub code: Option<ErrorCode>,
    pub detail: String,
}

impl Turn {
    pub fn done(action: ProvisioningAction, detail: impl Into<String>) -> Self {
        Turn { action, status: Status::Success, code: None, detail: detail.into() }
    }

    pub fn skipped(code: ErrorCode, detail: impl Into<String>) -> Self {
        Turn {
            action: ProvisioningAction::Other,
            status: Status::Skipped,
            code: Some(code),
            detail: detail.into(),
        }
    }
}

/// Judges every object of the directory.
pub(super) fn judge(
    directory: &DirectoryState,
    scope: Scope,
    mapping: &Mapping,
) -> HashMap<ObjectId, Entitlement> {
    let users = directory.users().map(User::id);
    let groups = directory.groups().map(Group::id);
    users.chain(groups).map(|id| (id.clone(), scope::in_scope(directory, &scope, mapping, id))).collect()
}

/// The resource type an object is provisioned as.
impl From<ObjectKind> for ResourceKind {
    fn from(kind: ObjectKind) -> Self {
        match kind {
            ObjectKind::User => ResourceKind::User,
            ObjectKind::Group => ResourceKind::Group,
        }
    }
}

/// The directory's name for what is provisioned as a resource type.
impl From<ResourceKind> for ObjectKind {
    fn from(kind: ResourceKind) -> Self {
        match kind {
            ResourceKind::User => ObjectKind::User,
            ResourceKind::Group => ObjectKind::Group,
        }
    }
}

impl<T: Target> Pass<'_, T> {
    /// The name of a step: `cycle 2: disable ada`.
    pub fn step(&self, what: &str, id: &ObjectId) -> String {
        format!("{}: {what} {}", self.report.name, self.settings.label(id))
    }

    /// Sends a request and takes only a success.
    pub async fn ask(&self, asked: Asked, request: Request) -> Result<Answer, Trouble> {
        answers::accepted(asked, self.target.send(request).await)
    }

    /// The question for nobody that opens every activity, on both endpoints if groups are mapped.
    pub async fn probe(&mut self) -> Result<(), CycleStop> {
        match self.settings.begins_with_probe {
            true => probe(self.settings, &self.writer, &self.report.name, self.target).await,
            false => Ok(()),
        }
    }

    pub fn mapping(&self, kind: ObjectKind) -> Option<&ObjectMapping> {
        self.settings.mapping.object(kind)
    }

    pub fn entitlement(&self, id: &ObjectId) -> Entitlement {
        self.entitlements.get(id).copied().unwrap_or_default()
    }

    /// Everybody and every group that shall have an active account.
    pub fn entitled(&self) -> HashSet<ObjectId> {
        self.entitlements.iter().filter(|(_, e)| e.is_entitled()).map(|(id, _)| id.clone()).collect()
    }

    pub fn is_entitled(&self, id: &ObjectId) -> bool {
        self.entitlement(id).is_entitled()
    }

    /// The object as mappings read it.
    pub fn subject<'d>(&self, object: Object<'d>) -> MappingSubject<'d> {
        MappingSubject {
            object,
            is_soft_deleted: !self.is_entitled(object.id()),
            circumstances: Circumstances::at_hour(self.directory.hour()),
        }
    }

    pub fn log_turn(&mut self, id: &ObjectId, kind: ObjectKind, turn: Turn) {
        self.push(id, kind, turn, None);
    }

    /// A failure, with how often it was tried again before, and when it will be.
    pub fn log_failure(
        &mut self,
        id: &ObjectId,
        kind: ObjectKind,
        action: ProvisioningAction,
        problem: JobProblem,
    ) {
        let escrow = self.state.escrows.get(id);
        let retries = escrow.map_or(0, |escrow| escrow.retries);
        let again = match escrow.and_then(|escrow| self.attempt_after(escrow)) {
            Some(minute) => format!(" It will be retried again after this date: {}.", self.date(minute)),
            None => String::new(),
        };
        let detail = format!("{} This operation was retried {retries} times.{again}", problem.detail);
        let turn = Turn { action, status: Status::Failure, code: Some(problem.code), detail };
        self.push(id, kind, turn, Some(problem));
    }

    /// The minute of the cycle in which a failure of now is tried again.
    pub fn attempt_after(&self, escrow: &Escrow) -> Option<u64> {
        let due = escrow.next_attempt(self.writer.switches.retries)?;
        let last = self.state.last_cycle.unwrap_or(self.minute);
        Some(schedule::cycle_of_attempt(due, last, self.minute))
    }

    fn push(&mut self, id: &ObjectId, kind: ObjectKind, turn: Turn, problem: Option<JobProblem>) {
        let Turn { action, status, code, detail } = turn;
        let linked = self.state.links.get(id).map(|link| link.target_id.clone());
        let target_id = linked.or_else(|| self.step_log.target_id.take());
        let label = self.settings.label(id).to_owned();
        let entry = LogEntry { id: id.clone(), kind, label, target_id, action, status, code, detail };
        self.watch(&entry, problem);
        self.report.entries.push(entry);
    }
}

/// Asks for a random GUID on the first matching attribute of every mapped endpoint.
pub(super) async fn probe<T: Target>(
    settings: &JobSettings,
    writer: &Writer,
    name: &str,
    target: &T,
) -> Result<(), CycleStop> {
    for object_kind in [ObjectKind::User, ObjectKind::Group] {
        let Some(mapping) = settings.mapping.object(object_kind) else { continue };
        let matching = mapping.matching();
        let Some(row) = matching.first() else { continue };
        let kind = ResourceKind::from(object_kind);
        let guid = uuid::Uuid::new_v4().to_string();
        let request = writer.probe(kind, &row.target, &guid, format!("{name}: probe {}", kind.endpoint()));
        let trouble = match answers::accepted(Asked::Probe, target.send(request).await) {
            Ok(answer) => answers::list(kind, &answer).err().map(Trouble::Object),
            Err(trouble) => Some(trouble),
        };
        match trouble {
            None => {}
            Some(Trouble::Stop(stopped)) => return Err(stopped),
            Some(Trouble::Object(problem)) => {
                return Err(CycleStop::Quarantined(Quarantine::at_once(problem)));
            }
        }
    }
    Ok(())
}
