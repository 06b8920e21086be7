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
mod log;
mod matching;
mod objects;
mod on_demand;
mod pass;
mod references;
mod state;
#[cfg(test)]
mod tests;
mod users;

use std::collections::{HashMap, HashSet};

pub use discovery::{Accounts, Page};
pub use log::{Action, CycleReport, ErrorCode, LogEntry, Problem, Quarantine, Status, Stopped};
pub use on_demand::MEMBERS_ON_DEMAND;
pub use state::{Escrow, Link};

use cycle::Plan;
use pass::Pass;
use state::State;

use crate::entra::dialect::{Dialect, Switches, Writer};
use crate::entra::directory::{ObjectId, Tenant};
use crate::entra::mapping::Mapping;
use crate::entra::scope::Scope;
use crate::wire::Target;

/// How a job is configured.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What flows where.
    pub mapping: Mapping,
    /// Who is provisioned.
    pub scope: Scope,
    /// How cycles speak; on-demand runs speak the default dialect whatever stands here.
    pub dialect: Dialect,
    /// The switches of the dialect.
    pub switches: Switches,
    /// Short names of objects, for the names of steps and for the log.
    pub labels: HashMap<ObjectId, String>,
}

impl Settings {
    /// Settings with the default switches and no short names.
    #[must_use]
    pub fn new(mapping: Mapping, scope: Scope, dialect: Dialect) -> Self {
        Settings { mapping, scope, dialect, switches: Switches::default(), labels: HashMap::new() }
    }

    /// The object's short name, or its id.
    #[must_use]
    pub fn label<'a>(&'a self, id: &'a ObjectId) -> &'a str {
        self.labels.get(id).map_or_else(|| id.as_str(), String::as_str)
    }
}

/// A provisioning job of one application.
#[derive(Debug)]
pub struct Job {
    settings: Settings,
    state: State,
}

impl Job {
    /// A job that has not run yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Job { settings, state: State::default() }
    }

    /// How it is configured.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Gives an object a short name.
    pub fn name(&mut self, id: ObjectId, label: impl Into<String>) {
        self.settings.labels.insert(id, label.into());
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

    /// What is tried again in the next cycle.
    pub fn escrows(&self) -> impl ExactSizeIterator<Item = (&ObjectId, &Escrow)> {
        self.state.escrows.iter()
    }

    /// Why the job is in quarantine, if it is. A cycle that ends well lifts it.
    #[must_use]
    pub fn quarantine(&self) -> Option<&Quarantine> {
        self.state.quarantine.as_ref()
    }

    /// Test Connection: the probe alone.
    ///
    /// # Errors
    /// What the portal would show, or why the run stops.
    pub async fn test_connection<T: Target>(&self, target: &T) -> Result<(), Stopped> {
        pass::probe(&self.settings, &self.writer(self.settings.dialect), "test connection", target).await
    }

    /// One cycle: initial when there is no watermark, incremental otherwise.
    pub async fn cycle<T: Target>(&mut self, tenant: &Tenant, target: &T) -> CycleReport {
        self.state.cycles += 1;
        let name = format!("cycle {}", self.state.cycles);
        let changes = self.state.watermark.map(|watermark| tenant.changes_since(watermark));
        for escrow in self.state.escrows.values_mut() {
            escrow.retries += 1;
        }
        let mut pass = self.pass(tenant, target, name, self.settings.dialect);
        pass.report.initial = changes.is_none();
        let entitled: HashSet<ObjectId> = pass.entitled();
        let plan = match &changes {
            None => Plan::everything(&pass.directory),
            Some(changes) => Plan::since(changes, &pass.settings.mapping, pass.state, &entitled),
        };
        if changes.is_none() {
            pass.may_match_again = true;
            pass.whole = plan.users.union(&plan.groups).cloned().collect();
        }
        let ended = pass.play(&plan).await;
        let mut report = pass.report;
        self.state.escrows.retain(|id, escrow| {
            let open = escrow.whole || escrow.references || !escrow.members.is_empty();
            open && (tenant.state().object(id).is_some() || self.state.links.contains(id))
        });
        match ended {
            Ok(()) => {
                self.state.watermark = Some(tenant.watermark());
                self.state.entitled = entitled;
                self.state.quarantine = None;
            }
            Err(stopped) => self.stop(&mut report, stopped),
        }
        report
    }

    /// Provisions users, or groups with a few of their members, at once. Always in the default
    /// dialect; the watermark stays where it is.
    pub async fn on_demand<T: Target>(
        &mut self,
        tenant: &Tenant,
        ids: &[ObjectId],
        target: &T,
    ) -> CycleReport {
        self.state.on_demand_runs += 1;
        let name = format!("on demand {}", self.state.on_demand_runs);
        let mut pass = self.pass(tenant, target, name, Dialect::Default);
        pass.may_match_again = true;
        let ended = pass.play_on_demand(ids).await;
        let mut report = pass.report;
        if let Err(stopped) = ended {
            self.stop(&mut report, stopped);
        }
        report
    }

    /// The portal's restart: the next cycle is an initial one, failures are forgotten, links stay.
    /// A full restart breaks the links too.
    pub fn restart(&mut self, full: bool) {
        self.state.restart(full);
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
            entitlements: pass::judge(&directory, self.settings.scope),
            directory,
            target,
            report: CycleReport { name, ..CycleReport::default() },
            may_match_again: false,
            whole: HashSet::new(),
            doing: Action::Other,
            read: HashMap::new(),
        }
    }

    fn stop(&mut self, report: &mut CycleReport, stopped: Stopped) {
        if let Stopped::Quarantined(quarantine) = &stopped {
            self.state.quarantine = Some(quarantine.clone());
        }
        report.stopped = Some(stopped);
    }
}
