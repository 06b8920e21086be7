//! scimulate in a test: plays scenarios against a SCIM server and returns the report.
//!
//! [`Suite`] does what `scimulate run --target` does: the same preflight, guard, rules and clean-up.

mod assertion;
mod choice;
mod dialects;
mod journals;
mod known;
mod permission;
mod problem;

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use secrecy::SecretString;
use tokio::runtime::{self, Handle, RuntimeFlavor};
use tokio::sync::oneshot;

use crate::check::Level;
use crate::deployments::Shared;
use crate::entra::mapping::profiles;
use crate::http::{Client, Credentials, Settings, TenantUrl, Trust};
use crate::run::plan::Plan;
use crate::run::target::prefix;
use crate::run::verdict::report::Report;
use crate::run::{self, Cancel};
use crate::scenario;

pub(crate) use choice::RunChoice;
pub(crate) use dialects::Dialects;
pub(crate) use journals::open as open_journal;
pub(crate) use known::{Files, KnownFailures};
pub(crate) use permission::{Permission, usual_jobs};
pub use problem::SuiteError;
#[cfg(feature = "cli")]
pub(crate) use {
    journals::{
        NoJournal, found as found_journals, open_by_hand as open_journal_by_hand,
        open_second as open_second_journal,
    },
    known::{catalogue, everything, today},
};

/// A run of scimulate against a SCIM server, for a test of that server.
///
/// What is not set is as `scimulate run` has it: all scenarios but those of the suites `gallery`, `validator` and
/// `attributes`, in both dialects, with the profile `default`. `scimulate.toml` and the environment are not read.
///
/// ```
/// use scimulate::{Suite, testserver::TestServer};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // Your own server comes here.
/// let server = TestServer::start()?;
/// let report = Suite::new(server.url()).token(server.token()).scenario("cycles/create-user").run()?;
/// report.assert_passed();
/// # Ok(())
/// # }
/// ```
///
/// In an asynchronous test, `play` does not block the thread that the server may need:
///
/// ```
/// use scimulate::{Suite, testserver::TestServer};
///
/// # // As #[tokio::test] has it: one thread.
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let server = TestServer::builder().fault("drop-title").start()?;
/// let suite = Suite::new(server.url()).token(server.token()).scenario("cycles/create-user");
/// let report = suite.play().await?;
/// assert!(report.text().contains("title"), "{}", report.text());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Suite {
    url: String,
    token: Option<SecretString>,
    headers: Vec<(String, SecretString)>,
    certificates: Option<PathBuf>,
    timeout: Duration,
    permission: Permission,
    profile: String,
    dialect: Option<String>,
    filters: Vec<String>,
    folder: Option<PathBuf>,
    quick: bool,
    fail_on: Option<Level>,
    fail_fast: bool,
    waivers: Option<PathBuf>,
    max_users: Option<usize>,
    jobs: Option<usize>,
    seed: u64,
}

impl Suite {
    /// A run against the server at this SCIM base URL, as it is entered as Tenant URL in Entra.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Suite {
            url: url.into(),
            token: None,
            headers: Vec::new(),
            certificates: None,
            timeout: Duration::from_secs(60),
            permission: Permission::default(),
            profile: profiles::DEFAULT.to_owned(),
            dialect: None,
            filters: Vec::new(),
            folder: None,
            quick: false,
            fail_on: Some(Level::Error),
            fail_fast: false,
            waivers: None,
            max_users: None,
            jobs: None,
            seed: 1,
        }
    }

    /// The bearer token of every request: Entra's "Secret Token". It never appears in a report or an error.
    #[must_use]
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(SecretString::from(token.into()));
        self
    }

    /// Sends this header with every request. Its value is a secret too.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), SecretString::from(value.into())));
        self
    }

    /// Trusts only the certificates in this PEM file instead of the system's.
    #[must_use]
    pub fn certificates(mut self, file: impl Into<PathBuf>) -> Self {
        self.certificates = Some(file.into());
        self
    }

    /// How long an answer may take; Entra gives up after 60 seconds, which is the default.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Allows writes to a server that is not on this machine, as `--yes` does. Without it such a run is an error, and
    /// nothing is sent. Only what the run created is changed and removed (docs/safety.md).
    #[must_use]
    pub fn allow_writes_elsewhere(mut self) -> Self {
        self.permission.agreed = true;
        self
    }

    /// Treats the server as one on this machine, as `--disposable` does: for a container that only the test uses.
    #[must_use]
    pub fn disposable(mut self) -> Self {
        self.permission.disposable = true;
        self
    }

    /// The attribute mapping: the name of a built-in profile, or a YAML file (docs/mapping.md).
    #[must_use]
    pub fn profile(mut self, name_or_file: impl Into<String>) -> Self {
        self.profile = name_or_file.into();
        self
    }

    /// The dialect: `default`, `aadOptscim062020`, `customappsso`, or `all` for the first two. Without it the URL's
    /// flag decides, else all are played.
    #[must_use]
    pub fn dialect(mut self, name: impl Into<String>) -> Self {
        self.dialect = Some(name.into());
        self
    }

    /// Plays this scenario, and no others that are not asked for: an id, a prefix that ends in `/`, or a section of an
    /// RFC as `rfc7644#3.5.2`. Repeat it for several.
    #[must_use]
    pub fn scenario(self, filter: impl Into<String>) -> Self {
        self.scenarios([filter])
    }

    /// [`Suite::scenario`] for several.
    #[must_use]
    pub fn scenarios<I: Into<String>>(mut self, filters: impl IntoIterator<Item = I>) -> Self {
        self.filters.extend(filters.into_iter().map(Into::into));
        self
    }

    /// Plays the scenarios of this folder instead of the built-in ones (docs/scenarios.md).
    #[must_use]
    pub fn scenario_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// Plays few scenarios, at most 600 requests, which see nearly every known fault.
    #[must_use]
    pub fn quick(mut self) -> Self {
        self.quick = true;
        self
    }

    /// Findings of this level and above fail the run; the default is [`Level::Error`], and `None` fails on none.
    #[must_use]
    pub fn fail_on(mut self, level: impl Into<Option<Level>>) -> Self {
        self.fail_on = level.into();
        self
    }

    /// Plays no other scenario once one has failed.
    #[must_use]
    pub fn fail_fast(mut self) -> Self {
        self.fail_fast = true;
        self
    }

    /// Accepts the failures that this file waives (docs/waivers.md).
    #[must_use]
    pub fn waivers(mut self, file: impl Into<PathBuf>) -> Self {
        self.waivers = Some(file.into());
        self
    }

    /// The most users of the run at the server at once.
    #[must_use]
    pub fn max_users(mut self, most: usize) -> Self {
        self.max_users = Some(most);
        self
    }

    /// How many scenarios are played at once. The default is one for each core on this machine, and 1 elsewhere.
    #[must_use]
    pub fn jobs(mut self, jobs: usize) -> Self {
        self.jobs = Some(jobs);
        self
    }

    /// The seed of the people that are made up; the default is 1.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Plays, and blocks until the report is there.
    ///
    /// # Errors
    /// [`SuiteError`] when nothing could be played: a setting is wrong, the server cannot be tested. Also in a
    /// single-threaded Tokio runtime, as `#[tokio::test]` makes it: a server that runs there could not answer. Use
    /// [`Suite::play`] in it.
    pub fn run(self) -> Result<Report, SuiteError> {
        let within = Handle::try_current().map(|handle| handle.runtime_flavor());
        if matches!(within, Ok(RuntimeFlavor::CurrentThread)) {
            return Err(SuiteError::settings(
                "Suite::run blocks the only thread of this Tokio runtime, so that a server on it cannot answer",
                "write `.play().await` instead of `.run()`",
            ));
        }
        let playing = self.begin(Cancel::default())?;
        let wait = || playing.blocking_recv().unwrap_or_else(|_| Err(panicked()));
        match within {
            // The tasks of this worker go to others.
            Ok(_) => tokio::task::block_in_place(wait),
            Err(_) => wait(),
        }
    }

    /// Plays on a thread of its own, so that a server on the runtime of the caller can answer. If the future is dropped,
    /// the run ends early and removes what it created.
    ///
    /// # Errors
    /// [`SuiteError`] when nothing could be played: a setting is wrong, the server cannot be tested.
    pub async fn play(self) -> Result<Report, SuiteError> {
        let cancel = Cancel::default();
        let _ends = CancelOnDrop(cancel.clone());
        self.begin(cancel)?.await.unwrap_or_else(|_| Err(panicked()))
    }

    fn begin(self, cancel: Cancel) -> Result<oneshot::Receiver<Result<Report, SuiteError>>, SuiteError> {
        let (tell, told) = oneshot::channel();
        let name = "scimulate".to_owned();
        let playing = move || {
            // If the caller is gone, the report is of no use.
            let _ = tell.send(self.play_here(cancel));
        };
        thread::Builder::new().name(name).spawn(playing).map_err(cannot_start)?;
        Ok(told)
    }

    /// Plays on this thread, which must not be one of a runtime.
    fn play_here(&self, cancel: Cancel) -> Result<Report, SuiteError> {
        let url = TenantUrl::parse(&self.url)?;
        let choice = self.choice(&url)?;
        let known = self.known(&choice)?;
        if !self.permission.may_write(&url) {
            return Err(SuiteError::settings(
                format!("{url} is not on this machine, and this suite writes at it"),
                "call `.allow_writes_elsewhere()`",
            ));
        }
        let mut plan = self.plan(&choice, &url)?;
        plan.cancel = cancel;
        let client = Client::new(self.client(url.clone())?)?;
        let journal = open_journal(&url, &plan.prefix)?;
        plan.journal = Some(Arc::new(journal));
        let runtime = runtime::Builder::new_multi_thread().enable_all().build().map_err(cannot_start)?;
        // What waits in `drop` for the runtime must do so outside of it.
        let played = {
            let _context = runtime.enter();
            run::play_scenarios(plan, Shared::new(client), runtime.handle(), &mut ())
        };
        let mut report = played?;
        known
            .apply(&mut report, self.fail_on)
            .map_err(|error| SuiteError::internal(format!("the waivers cannot be applied: {error}")))?;
        Ok(report)
    }

    fn choice(&self, url: &TenantUrl) -> Result<RunChoice, SuiteError> {
        if self.quick && !(self.filters.is_empty() && self.folder.is_none()) {
            return Err(SuiteError::settings(
                "a quick run has its own scenarios, and others are named",
                "leave out `.quick()`, or the scenarios",
            ));
        }
        let dialects = match &self.dialect {
            None => Dialects::of(Some(url)),
            Some(name) => name.parse().map_err(|what: String| {
                SuiteError::settings(what, "`.dialect(\"all\")` plays the two that Entra uses")
            })?,
        };
        Ok(RunChoice {
            filters: self.filters.clone(),
            quick: self.quick,
            fail_on: self.fail_on,
            fail_fast: self.fail_fast,
            ..RunChoice::new(dialects)
        })
    }

    fn known(&self, choice: &RunChoice) -> Result<KnownFailures, SuiteError> {
        let narrowed =
            self.quick || !self.filters.is_empty() || self.folder.is_some() || choice.dialects.are_narrowed();
        let folder = self.folder.as_deref();
        let waivers = self.waivers.as_deref();
        Ok(KnownFailures::read(&Files { waivers, baseline: None, scenarios: folder }, narrowed)?)
    }

    fn plan(&self, choice: &RunChoice, url: &TenantUrl) -> Result<Plan, SuiteError> {
        let at_least_one = |number: Option<usize>, call: &str| match number {
            Some(0) => Err(SuiteError::settings(
                format!("with `.{call}(0)` nothing can be played"),
                format!("write `.{call}(1)` or more, or leave it out"),
            )),
            number => Ok(number),
        };
        let (jobs, max_users) =
            (at_least_one(self.jobs, "jobs")?, at_least_one(self.max_users, "max_users")?);
        let loaded = match &self.folder {
            Some(folder) => scenario::from_dir(Path::new(folder)),
            None => scenario::builtin(),
        };
        let all: Vec<_> = loaded?.into_iter().map(Arc::new).collect();
        let mapping = profiles::load(&self.profile)?;
        let mut plan = Plan::new(choice.scenarios(&all)?, mapping, prefix::draw());
        plan.seed = self.seed;
        plan.jobs = jobs.unwrap_or_else(|| usual_jobs(self.permission.is_disposable(url)));
        plan.max_users = max_users;
        choice.apply(&mut plan);
        Ok(plan)
    }

    fn client(&self, url: TenantUrl) -> Result<Settings, SuiteError> {
        if self.timeout.is_zero() {
            return Err(SuiteError::settings(
                "with a timeout of zero no request can succeed",
                "write `.timeout(Duration::from_secs(1))` or more",
            ));
        }
        let mut settings = Settings::new(url);
        if let Some(token) = &self.token {
            settings.credentials = Credentials::Bearer(token.clone());
        }
        settings.headers.clone_from(&self.headers);
        settings.trust = self.certificates.clone().map_or(Trust::System, Trust::File);
        settings.timeout = self.timeout;
        Ok(settings)
    }
}

/// Ends a run early when its caller no longer waits for it.
struct CancelOnDrop(Cancel);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

fn cannot_start(error: impl Display) -> SuiteError {
    SuiteError::internal(format!("the run cannot be started: {error}"))
}

fn panicked() -> SuiteError {
    SuiteError::internal("the run ended in a panic, whose message is in the test's output")
}
