use std::ops::{Deref, DerefMut};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, broadcast};
use uuid::Uuid;

use super::error::TenantError;
use super::state::State;
use crate::entra::directory::{DirectoryChange, DirectoryState, ObjectId, Watermark};
use crate::http::{TenantUrl, Trust};
use crate::run::target::cancel::Cancel;
use crate::run::target::retry::WaitLimit;
use crate::store::{Store, Write};

/// How many deletes and disables of one cycle are held back at a target that is not on this machine, unless the
/// application's own setting says another number; as `sync` does.
const THRESHOLD_ELSEWHERE: usize = 500;

/// How the tenant's jobs reach their targets.
#[derive(Debug, Clone)]
pub struct LiveSettings {
    /// Where the database is; in memory without one.
    pub data: Option<PathBuf>,
    /// Jobs may write to targets that are not on this machine.
    pub apply: bool,
    /// Whose certificates are believed.
    pub trust: Trust,
    /// Limit for one exchange.
    pub timeout: Duration,
    /// How long a target is waited for that answers 429, or 503 with Retry-After.
    pub waiting: WaitLimit,
}

impl Default for LiveSettings {
    /// In memory, targets on this machine alone, and Entra's patience.
    fn default() -> Self {
        LiveSettings {
            data: None,
            apply: false,
            trust: Trust::System,
            timeout: Duration::from_secs(60),
            waiting: WaitLimit::at_most(Duration::from_secs(300)),
        }
    }
}

impl LiveSettings {
    pub(super) fn threshold(&self, url: &TenantUrl) -> Option<usize> {
        (!url.is_loopback()).then_some(THRESHOLD_ELSEWHERE)
    }
}

/// What changed, for a page that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TenantEvent {
    /// People, groups or assignments.
    Directory,
    /// A job: its status, its log.
    Job,
    /// A request and its answer.
    Traffic,
}

/// A simulated tenant that lives as long as the program: a directory, applications, and a provisioning job for each.
///
/// A clone is the same tenant.
#[derive(Debug, Clone)]
pub struct LiveTenant(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    state: RwLock<State>,
    settings: LiveSettings,
    events: broadcast::Sender<TenantEvent>,
    wake: Notify,
    closed: Arc<AtomicBool>,
    cancel: Cancel,
    /// The database failed once: what is in memory is ahead of it.
    failed: Mutex<Option<String>>,
}

impl LiveTenant {
    /// Opens what was kept, or begins an empty tenant.
    ///
    /// # Errors
    /// When the database is of no use.
    pub fn open(settings: LiveSettings) -> Result<Self, TenantError> {
        let store = Store::open(settings.data.as_deref())?;
        let state = super::load::load(&store)?;
        let live = LiveTenant(Arc::new(Inner {
            store,
            state: RwLock::new(state),
            settings,
            events: broadcast::channel(256).0,
            wake: Notify::new(),
            closed: Arc::default(),
            cancel: Cancel::default(),
            failed: Mutex::default(),
        }));
        live.save(&live.read().meta())?;
        Ok(live)
    }

    /// How its jobs reach their targets.
    #[must_use]
    pub fn settings(&self) -> &LiveSettings {
        &self.0.settings
    }

    /// The database.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// Hears what changes.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<TenantEvent> {
        self.0.events.subscribe()
    }

    pub(super) fn tell(&self, event: TenantEvent) {
        // Nobody may be listening.
        let _ = self.0.events.send(event);
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, State> {
        self.0.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.0.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state and writes down what the change says has to be.
    pub(super) fn change<R>(
        &self,
        change: impl FnOnce(&mut State, &mut Vec<Write>) -> Result<R, TenantError>,
    ) -> Result<R, TenantError> {
        self.still_writes()?;
        let mut state = self.write();
        let mut writes = state.tick();
        let changed = change(&mut state, &mut writes);
        // Kept while the state is locked: the database has every change in the order in which they were made.
        self.save(&writes)?;
        drop(state);
        if changed.is_ok() {
            self.tell(TenantEvent::Directory);
        }
        changed
    }

    /// Writes into the database.
    pub(super) fn save(&self, writes: &[Write]) -> Result<(), TenantError> {
        self.still_writes()?;
        self.0.store.write(writes).map_err(|error| {
            *self.failed() = Some(error.to_string());
            TenantError::Store(error)
        })
    }

    /// Writes what cannot be refused any more, as a line of the log. That it failed is told by the next request.
    pub(super) fn record(&self, writes: &[Write]) {
        let _ = self.save(writes);
    }

    fn failed(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.0.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// After a failure of the database nothing is done any more that would be lost.
    fn still_writes(&self) -> Result<(), TenantError> {
        match &*self.failed() {
            None => Ok(()),
            Some(why) => Err(TenantError::Failed(why.clone())),
        }
    }

    pub(super) fn tick(&self) -> Result<(), TenantError> {
        self.change(|_, _| Ok(()))
    }

    pub(super) fn wake(&self) {
        self.0.wake.notify_one();
    }

    pub(super) async fn woken(&self) {
        self.0.wake.notified().await;
    }

    pub(super) fn closed(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0.closed)
    }

    pub(super) fn cancel(&self) -> Cancel {
        self.0.cancel.clone()
    }

    /// Ends every cycle after the request that is under way.
    pub fn close(&self) {
        self.0.closed.store(true, Ordering::Relaxed);
        self.0.cancel.cancel();
    }

    /// The tenant's id.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.read().id
    }

    /// The tenant's name and its domain.
    #[must_use]
    pub fn organization(&self) -> (String, String) {
        let state = self.read();
        (state.name.clone(), state.domain.clone())
    }

    /// The time in the tenant.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.read().clock.now()
    }

    pub(super) fn new_id(&self) -> Uuid {
        // By chance unless ids are counted, so that most callers need not wait for those who write.
        let random = self.read().ids.next.is_none();
        if random { Uuid::new_v4() } else { self.write().ids.make() }
    }

    /// Moves the clock forward; whoever lay in the recycle bin for 30 days is gone then, and cycles that are due begin.
    ///
    /// # Errors
    /// When the database fails.
    pub fn forward(&self, by: SignedDuration) -> Result<(), TenantError> {
        self.change(|state, writes| {
            state.clock.forward(by);
            writes.extend(state.tick());
            writes.extend(state.meta());
            Ok(())
        })?;
        self.wake();
        Ok(())
    }

    /// Stops the clock at a moment, or lets it go on.
    ///
    /// # Errors
    /// When the database fails.
    pub fn fix_clock(&self, at: Option<Timestamp>) -> Result<(), TenantError> {
        self.change(|state, writes| {
            state.clock.fix(at);
            writes.extend(state.meta());
            Ok(())
        })?;
        self.wake();
        Ok(())
    }

    /// Counts ids from there, so that two runs of a test get the same, or makes them by chance.
    ///
    /// # Errors
    /// When the database fails.
    pub fn count_ids(&self, from: Option<u64>) -> Result<(), TenantError> {
        self.change(|state, writes| {
            state.ids.next = from;
            writes.extend(state.meta());
            Ok(())
        })
    }

    /// What stands in the directory now.
    #[must_use]
    pub fn directory(&self) -> Arc<DirectoryState> {
        self.read().view()
    }

    /// Tells the directory's log of changes from others: another run of the program has another one, as has a tenant that
    /// was restored or reset.
    #[must_use]
    pub fn log_id(&self) -> String {
        self.read().era.simple().to_string()
    }

    /// How many changes the directory's log holds.
    #[must_use]
    pub fn log_position(&self) -> u64 {
        self.read().directory.watermark().position()
    }

    /// What happened in the directory since its log held so many changes.
    #[must_use]
    pub fn changes_since(&self, position: u64) -> Vec<DirectoryChange> {
        self.read().directory.changes_since(Watermark::at(position))
    }

    /// What stands in the directory as an application's job sees it: with the assignments to it.
    ///
    /// # Errors
    /// When there is no such application.
    pub fn directory_of(&self, application: &str) -> Result<Arc<DirectoryState>, TenantError> {
        Ok(self.read().application(application)?.tenant.state())
    }

    /// Keeps everything that the tenant is now, under a name, for as long as the program runs.
    ///
    /// # Errors
    /// When a cycle is under way, or the name is no short word.
    pub fn checkpoint(&self, name: &str) -> Result<(), TenantError> {
        let state = self.write();
        idle(&state)?;
        Ok(self.0.store.checkpoint(name)?)
    }

    /// Brings back what was kept under a name.
    ///
    /// # Errors
    /// When a cycle is under way, or nothing was kept under the name.
    pub fn restore_checkpoint(&self, name: &str) -> Result<(), TenantError> {
        let mut state = self.write();
        idle(&state)?;
        self.0.store.restore(name)?;
        *state = super::load::load(&self.0.store)?;
        drop(state);
        self.tell(TenantEvent::Directory);
        self.tell(TenantEvent::Job);
        self.wake();
        Ok(())
    }

    /// Everything is gone: directory, applications, jobs, logs.
    ///
    /// # Errors
    /// When a cycle is under way, or the database fails.
    pub fn reset(&self) -> Result<(), TenantError> {
        let mut state = self.write();
        idle(&state)?;
        let State { id, name, domain, clock, ids, .. } = &*state;
        let fresh = State {
            id: *id,
            name: name.clone(),
            domain: domain.clone(),
            clock: *clock,
            ids: super::ids::Ids { next: ids.next.map(|_| 0) },
            ..State::empty()
        };
        let mut writes = vec![Write::Nothing];
        writes.extend(fresh.meta());
        self.save(&writes)?;
        *state.deref_mut() = fresh;
        drop(state);
        self.tell(TenantEvent::Directory);
        self.tell(TenantEvent::Job);
        self.wake();
        Ok(())
    }

    /// The user or group of that id, or of that userPrincipalName.
    ///
    /// # Errors
    /// When there is none, or it lies in the recycle bin.
    pub fn find(&self, asked: &str) -> Result<ObjectId, TenantError> {
        self.read().deref().find(None, asked, false)
    }
}

/// What a cycle that is under way would write afterwards belongs to a state that is gone then.
fn idle(state: &State) -> Result<(), TenantError> {
    let busy = state
        .applications
        .values()
        .find(|application| application.job.as_ref().is_some_and(|job| job.status().progress.is_some()));
    busy.map_or(Ok(()), |application| {
        Err(TenantError::Conflict(format!(
            "A cycle of {} is under way: wait for its end.",
            application.info.name
        )))
    })
}
