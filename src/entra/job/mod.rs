//! The provisioning job: straight async code over [`Target`], no HTTP.
//!
//! A job reads the tenant, asks the target, and writes what differs. What it remembers between
//! cycles (links, watermark, failures to repeat) is its state; what it did is a [`CycleReport`].
//! Facts are those of Microsoft's pages "How application provisioning works", "Known issues" and
//! "Application provisioning in quarantine status"; where they are silent, a switch of the dialect
//! or a comment says what was chosen.

mod answers;
mod comparison;
mod cycle;
mod discovery;
mod groups;
mod leavers;
mod log;
mod matching;
mod memory;
mod objects;
mod on_demand;
mod pass;
mod policy;
mod problem;
mod quarantine;
mod record;
mod references;
mod restart;
mod roles;
mod schedule;
mod state;
mod step_log;
mod steps;
mod summary;
#[cfg(test)]
mod tests;
mod users;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

pub use discovery::{Accounts, DiscoveryPage};
pub use log::{CycleReport, CycleStop, LogEntry, ProvisioningAction, Status};
pub use memory::Memory;
pub use on_demand::MEMBERS_ON_DEMAND;
pub use policy::Policy;
pub use problem::{ErrorCode, JobProblem};
pub use quarantine::{EventCounts, Quarantine, Thresholds};
pub use record::{Clock, LogRecord, LogStep, ModifiedProperty, ObjectFailure, StepType, Stopwatch, Watcher};
pub use restart::ResetScope;
pub use schedule::{CYCLE_INTERVAL, GIVES_UP_AFTER, NextCycle};
pub use state::{Escrow, Link};
pub use summary::Identity;

use cycle::CyclePlan;
use pass::Pass;
use state::JobState;
use step_log::StepLog;

use crate::entra::dialect::{Dialect, NarrowedScope, RestartLinks, Switches, Writer};
use crate::entra::directory::{ObjectId, Tenant};
use crate::entra::mapping::Mapping;
use crate::entra::scope::Scope;
use crate::wire::Target;

/// How a job is configured.
#[derive(Debug, Clone)]
pub struct JobSettings {
    /// What flows where.
    pub mapping: Mapping,
    /// Who is provisioned.
    pub scope: Scope,
    /// How cycles speak; on-demand runs speak the default dialect whatever stands here.
    pub dialect: Dialect,
    /// The switches of the dialect.
    pub switches: Switches,
    /// What the administrator set beside.
    pub policy: Policy,
    /// Every cycle and every on-demand run begins with a filter for a random GUID on each mapped endpoint, as
    /// the service's do.
    pub begins_with_probe: bool,
    /// How many PATCHes of one group's members are under way at the same time; at least 1.
    pub at_once: usize,
    /// Short names of objects, for the names of steps and for the log.
    pub labels: HashMap<ObjectId, String>,
    /// The date of the simulated clock's minute 0.
    pub began: Timestamp,
    /// Where durations come from.
    pub clock: Arc<dyn Clock>,
    /// Who hears of every event while it happens. Without anybody, steps and values are not kept.
    pub watcher: Option<Arc<dyn Watcher>>,
}

impl JobSettings {
    /// Settings with the default switches and no short names.
    #[must_use]
    pub fn new(mapping: Mapping, scope: Scope, dialect: Dialect) -> Self {
        JobSettings {
            mapping,
            scope,
            dialect,
            switches: Switches::default(),
            policy: Policy::default(),
            begins_with_probe: true,
            at_once: 1,
            labels: HashMap::new(),
            began: Timestamp::UNIX_EPOCH,
            clock: Arc::new(Stopwatch::start()),
            watcher: None,
        }
    }

    /// The date of a minute of the simulated clock.
    #[must_use]
    pub fn date(&self, minute: u64) -> Timestamp {
        let minutes = SignedDuration::from_mins(i64::try_from(minute).unwrap_or(i64::MAX / 60));
        self.began.saturating_add(minutes).unwrap_or(self.began)
    }

    /// The object's short name, or its id.
    #[must_use]
    pub fn label<'a>(&'a self, id: &'a ObjectId) -> &'a str {
        self.labels.get(id).map_or_else(|| id.as_str(), String::as_str)
    }
}

/// A provisioning job of one application. A clone goes on by itself.
#[derive(Debug, Clone)]
pub struct Job {
    settings: JobSettings,
    state: JobState,
    /// A scope that was saved and takes effect with the next restart.
    saved_scope: Option<Scope>,
}

impl Job {
    /// A job that has not run yet.
    #[must_use]
    pub fn new(settings: JobSettings) -> Self {
        Job { settings, state: JobState::default(), saved_scope: None }
    }

    /// How it is configured.
    #[must_use]
    pub fn settings(&self) -> &JobSettings {
        &self.settings
    }

    /// Gives an object a short name.
    pub fn name(&mut self, id: ObjectId, label: impl Into<String>) {
        self.settings.labels.insert(id, label.into());
    }

    /// The date of a minute of the simulated clock.
    #[must_use]
    pub fn date(&self, minute: u64) -> Timestamp {
        self.settings.date(minute)
    }

    /// What is tried again later for one object.
    #[must_use]
    pub fn escrow(&self, id: &ObjectId) -> Option<&Escrow> {
        self.state.escrows.get(id)
    }

    /// Lets somebody hear of every event while it happens.
    pub fn follow(&mut self, watcher: Option<Arc<dyn Watcher>>) {
        self.settings.watcher = watcher;
    }

    /// The link of an object to its account.
    #[must_use]
    pub fn link(&self, id: &ObjectId) -> Option<&Link> {
        self.state.links.get(id)
    }

    /// Every link, in the order they were made.
    pub fn links(&self) -> impl ExactSizeIterator<Item = (&ObjectId, &Link)> {
        self.state.links.iter()
    }

    /// What is tried again later.
    pub fn escrows(&self) -> impl ExactSizeIterator<Item = (&ObjectId, &Escrow)> {
        self.state.escrows.iter()
    }

    /// Why the job is in quarantine, if it is. A cycle that ends well lifts it.
    #[must_use]
    pub fn quarantine(&self) -> Option<&Quarantine> {
        self.state.quarantine.as_ref().map(|quarantined| &quarantined.quarantine)
    }

    /// Disables and deletes that the accidental-deletion threshold holds back.
    pub fn held_back(&self) -> impl ExactSizeIterator<Item = &ObjectId> {
        self.state.held_back.iter()
    }

    /// When the service would begin the next cycle: 40 minutes after the last one, and in quarantine
    /// 6, 12 and 24 hours after it began, then daily. [`Job::cycle`] itself plays whenever it is called.
    #[must_use]
    pub fn next_cycle(&self) -> NextCycle {
        let last = self.state.last_cycle;
        match &self.state.quarantine {
            _ if self.state.disabled => NextCycle::Disabled,
            Some(quarantined) => schedule::next_retry(quarantined.since, last.unwrap_or(quarantined.since))
                .map_or(NextCycle::Disabled, NextCycle::At),
            None => NextCycle::At(last.map_or(0, |last| last + CYCLE_INTERVAL)),
        }
    }

    /// Test Connection: the probe alone.
    ///
    /// # Errors
    /// What the portal would show, or why the run stops.
    pub async fn test_connection<T: Target>(&self, target: &T) -> Result<(), CycleStop> {
        pass::probe(&self.settings, &self.writer(self.settings.dialect), "test connection", target).await
    }

    /// One cycle: initial when there is no watermark, incremental otherwise.
    pub async fn cycle<T: Target>(&mut self, tenant: &Tenant, target: &T) -> CycleReport {
        self.state.cycles += 1;
        let name = format!("cycle {}", self.state.cycles);
        let minute = tenant.minute();
        if self.state.quarantine.as_ref().is_some_and(|since| minute > since.since + GIVES_UP_AFTER) {
            self.state.disable();
        }
        if self.state.disabled {
            let quarantine = self.quarantine().cloned();
            return CycleReport {
                name,
                stopped: Some(CycleStop::Disabled),
                quarantine,
                ..CycleReport::default()
            };
        }
        self.state.last_cycle = Some(minute);
        let changes = self.state.watermark.map(|watermark| tenant.changes_since(watermark));
        let mut pass = self.pass(tenant, target, name, self.settings.dialect);
        pass.report.initial = changes.is_none();
        let entitled: HashSet<ObjectId> = pass.entitled();
        let plan = match &changes {
            None => CyclePlan::everything(&pass.directory),
            Some(changes) => pass.plan_since(changes, &entitled),
        };
        pass.count_retries(&plan);
        pass.hold_back(&plan);
        if changes.is_none() {
            pass.may_match_again = true;
            pass.whole = plan.users.union(&plan.groups).cloned().collect();
        }
        if let Some(watcher) = &pass.settings.watcher {
            watcher.begins(&pass.report.name, changes.is_none(), pass.count(&plan));
        }
        let ended = pass.play(&plan).await;
        let mut report = pass.report;
        self.state.escrows.retain(|id, escrow| {
            let known = tenant.state().object(id).is_some() || self.state.links.contains(id);
            escrow.is_open() && known && !schedule::is_over(escrow.first_failure, minute)
        });
        match ended {
            Ok(()) => {
                self.state.watermark = Some(tenant.watermark());
                self.state.entitled = entitled;
                self.state.force_deletes = false;
                self.evaluate(&mut report, minute);
            }
            Err(stopped) => self.stop(&mut report, stopped, minute),
        }
        report.quarantine = self.quarantine().cloned();
        report.held_back = self.state.held_back.iter().cloned().collect();
        report
    }

    /// A cycle that came to its end lifts a quarantine, unless too much failed or is held back.
    fn evaluate(&mut self, report: &mut CycleReport, minute: u64) {
        if let Some(exceeded) = self.settings.policy.quarantine.exceeded(&report.tally) {
            if report.initial {
                self.state.escrows.clear();
                report.escrows_pruned = true;
            }
            self.state.quarantine(exceeded, minute);
            return;
        }
        match (self.state.held_back.len(), self.settings.policy.deletion_threshold) {
            (0, _) | (_, None) => self.state.quarantine = None,
            (held, Some(threshold)) => {
                self.state.quarantine(Quarantine::too_many_deletes(held, threshold), minute);
            }
        }
    }

    /// Provisions users, or groups with a few of their members, at once. Always in the default
    /// dialect; the watermark stays where it is. The portal takes one user, or one group with at most
    /// [`MEMBERS_ON_DEMAND`] members, so several ids stand for several runs.
    pub async fn on_demand<T: Target>(
        &mut self,
        tenant: &Tenant,
        ids: &[ObjectId],
        target: &T,
    ) -> CycleReport {
        self.state.on_demand_runs += 1;
        let name = format!("on demand {}", self.state.on_demand_runs);
        let mut pass = self.pass(tenant, target, name, Dialect::Default);
        (pass.may_match_again, pass.on_demand) = (true, true);
        if let Some(watcher) = &pass.settings.watcher {
            watcher.begins(&pass.report.name, false, ids.len());
        }
        let ended = pass.play_on_demand(ids).await;
        let mut report = pass.report;
        if let Err(stopped) = ended {
            self.stop(&mut report, stopped, tenant.minute());
        }
        report.quarantine = self.quarantine().cloned();
        report
    }

    /// Restarts the job; the portal's Restart is [`ResetScope::PORTAL`], and the switch `restart-links`
    /// says what becomes of links then.
    pub fn restart(&mut self, scope: ResetScope) {
        let drops = self.settings.switches.restart_links == RestartLinks::Dropped;
        let connector_data_store = scope.connector_data_store || drops && scope == ResetScope::PORTAL;
        self.state.restart(ResetScope { connector_data_store, ..scope });
        if scope.watermark
            && let Some(saved) = self.saved_scope.take()
        {
            self.settings.scope = saved;
        }
    }

    /// Saves another mapping or scope. A difference clears the watermark, so that the next cycle looks
    /// at every object; links stay (how-provisioning-works; define-conditional-rules-for-provisioning-user-accounts).
    /// From all users and groups to the assigned ones it may take a restart (the switch `narrowed-scope`).
    pub fn configure(&mut self, mapping: Mapping, scope: Scope) {
        let narrows = (self.settings.scope, scope) == (Scope::Everyone, Scope::Assigned);
        let waits = narrows && self.settings.switches.narrowed_scope == NarrowedScope::Restart;
        self.saved_scope = waits.then_some(scope);
        let scope = if waits { self.settings.scope } else { scope };
        if self.settings.mapping != mapping || self.settings.scope != scope {
            self.state.restart(ResetScope { watermark: true, ..ResetScope::NONE });
            self.settings.mapping = mapping;
            self.settings.scope = scope;
        }
    }

    /// Changes what the administrator set beside the mapping.
    pub fn set_policy(&mut self, policy: Policy) {
        self.settings.policy = policy;
    }

    /// Changes how cycles speak: the flag of the Tenant URL was added or taken away.
    pub fn speak(&mut self, dialect: Dialect) {
        self.settings.dialect = dialect;
    }

    /// Changes the date of the simulated clock's minute 0.
    pub fn begin_at(&mut self, began: Timestamp) {
        self.settings.began = began;
    }

    /// Whether the scope that was saved last takes effect only with a restart.
    #[must_use]
    pub fn waits_for_restart(&self) -> bool {
        self.saved_scope.is_some()
    }

    /// Drops the link of one object to its account, as Graph's objectConnections do; false when there is none. The
    /// object is matched again when it is looked at next: on demand, when it changes, or after a restart.
    pub fn forget(&mut self, id: &ObjectId) -> bool {
        let linked = self.state.links.contains(id);
        self.state.links.remove(id);
        linked
    }

    /// Account discovery: reads all users, `count` at a time (the switch `page-size` when `None`).
    pub async fn discover_accounts<T: Target>(&self, target: &T, count: Option<usize>) -> Accounts {
        let count = count.unwrap_or(self.settings.switches.page_size);
        discovery::read_all(&self.writer(self.settings.dialect), count, target).await
    }

    fn writer(&self, dialect: Dialect) -> Writer {
        Writer::new(dialect, self.settings.switches.clone())
    }

    fn pass<'a, T>(
        &'a mut self,
        tenant: &Tenant,
        target: &'a T,
        name: String,
        dialect: Dialect,
    ) -> Pass<'a, T> {
        let writer = self.writer(dialect);
        let directory = tenant.state();
        Pass {
            settings: &self.settings,
            writer,
            state: &mut self.state,
            entitlements: pass::judge(&directory, self.settings.scope, &self.settings.mapping),
            minute: tenant.minute(),
            directory,
            target,
            report: CycleReport { name, ..CycleReport::default() },
            may_match_again: false,
            whole: HashSet::new(),
            on_demand: false,
            changed: HashMap::new(),
            step_log: StepLog::default(),
            doing: ProvisioningAction::Other,
            read: HashMap::new(),
        }
    }

    fn stop(&mut self, report: &mut CycleReport, stopped: CycleStop, minute: u64) {
        if let CycleStop::Quarantined(quarantine) = &stopped {
            self.state.quarantine(quarantine.clone(), minute);
        }
        report.stopped = Some(stopped);
    }
}
