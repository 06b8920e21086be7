//! `scimulate sync`: one real provisioning job from a directory file to a target.

mod follow;
mod har;
mod problems;
mod session;
mod summary;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use follow::Follow;
use har::{HarFile, Recorded};
use session::Session;

use super::config::Config;
use super::failure::CommandFailure;
use super::target::TargetOptions;
use super::{Exit, console, interrupt, playing, runtime, switches};
use crate::entra::dialect::Dialect;
use crate::entra::directory_file;
use crate::entra::job::{CycleStop, Job, JobSettings, NextCycle, Policy, ResetScope};
use crate::entra::mapping::{Mapping, ValueSource, profiles};
use crate::entra::scope::Scope;
use crate::http::TenantUrl;
use crate::run::target::at_once::AT_ONCE;
use crate::run::target::cancel::Cancel;
use crate::run::target::deployment::Deployments as _;
use crate::run::target::retry::Retry;
use crate::suite::Dialects;
use crate::sync::{DryRun, Gate, Notice, missing_from_file, notices};
use crate::wire::Target;

/// How many disables and deletes one cycle may play on a target elsewhere, unless it is said.
const THRESHOLD_ELSEWHERE: usize = 500;

/// The highest number of `--jobs`.
const MOST_AT_ONCE: usize = 64;

/// Provision the people of a directory file, as Entra's provisioning job would
#[derive(Debug, clap::Args)]
pub(super) struct Sync {
    /// Users and groups: a .yaml, .json or .csv file
    #[arg(long, value_name = "FILE")]
    directory: PathBuf,

    #[command(flatten)]
    target: TargetOptions,

    /// The provisioning configuration as Entra exports it (synchronizationSchema)
    #[arg(long, value_name = "FILE", conflicts_with = "profile", help_heading = "Job")]
    schema: Option<String>,

    /// Attribute mapping: the name of a built-in profile, or a file [default: default]
    #[arg(long, value_name = "NAME|FILE", help_heading = "Job")]
    profile: Option<String>,

    /// Which users are provisioned: assigned or all [default: assigned]
    #[arg(long, value_name = "SCOPE", value_parser = scope, help_heading = "Job")]
    scope: Option<Scope>,

    /// default, aadOptscim062020 or customappsso [default: the URL's flag, else default]
    #[arg(long, value_name = "NAME", help_heading = "Job")]
    dialect: Option<Dialect>,

    /// Choose a reading of Entra's behaviour (repeatable); `scimulate list switches` shows them
    #[arg(long, value_name = "NAME=VALUE", help_heading = "Job")]
    switch: Vec<String>,

    /// Play this many cycles; the simulated clock moves on between them
    #[arg(long, value_name = "N", default_value_t = 1, help_heading = "Job")]
    cycles: usize,

    /// Provision only this user (id or userPrincipalName) or group (id or displayName, five members) on demand
    #[arg(long, value_name = "USER|GROUP", conflicts_with = "cycles", help_heading = "Job")]
    on_demand: Option<String>,

    /// Drop the link of this user or group to its account first, so that it is matched again (repeatable)
    #[arg(long, value_name = "USER|GROUP", requires = "state", help_heading = "Job")]
    forget: Vec<String>,

    /// How many PATCHes of one group's members are under way at the same time; the service sends five
    #[arg(long, value_name = "N", default_value_t = AT_ONCE, value_parser = jobs, help_heading = "Job")]
    jobs: usize,

    /// Keep the accounts of users who leave the scope (SkipOutOfScopeDeletions)
    #[arg(long, help_heading = "Job")]
    skip_out_of_scope_deletions: bool,

    /// Hold back disables and deletes when a cycle has more than this many
    /// [default: no limit on this machine, 500 elsewhere]
    #[arg(long, value_name = "N", help_heading = "Safety")]
    delete_threshold: Option<usize>,

    /// Approve the deletions that were held back (resetScope ForceDeletes)
    #[arg(long, help_heading = "Safety")]
    allow_deletes: bool,

    /// Restart the job first, with a resetScope such as Full; without a value as the portal's Restart
    #[arg(long, value_name = "SCOPE", num_args = 0..=1, default_missing_value = "", help_heading = "Job")]
    restart: Option<ResetScope>,

    /// Read the target, write nothing, and print what would be written
    #[arg(long, conflicts_with = "apply", help_heading = "Safety")]
    dry_run: bool,

    /// Print the plan, then write to a target that is not on this machine
    #[arg(long, help_heading = "Safety")]
    apply: bool,

    /// Remember the job in this file, so that the next run is an incremental cycle
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    state: Option<PathBuf>,

    /// Append the provisioning log to this file, as JSON lines in Graph's shape
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    logs: Option<PathBuf>,

    /// Write every request and answer as HAR, without secrets
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    har: Option<PathBuf>,

    /// Run this command for each notice to the administrator, with the notice as JSON on its standard input
    #[arg(long, value_name = "COMMAND", help_heading = "Reports")]
    notify: Option<String>,
}

fn scope(text: &str) -> Result<Scope, String> {
    match text {
        "assigned" => Ok(Scope::Assigned),
        "all" => Ok(Scope::Everyone),
        _ => Err(format!("`{text}` is not a scope: write assigned or all")),
    }
}

/// From one request at a time to as many as no target of Entra is known to see.
fn jobs(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (1..=MOST_AT_ONCE).contains(number));
    number
        .ok_or_else(|| format!("write a number from 1 to {MOST_AT_ONCE}; 1 sends one PATCH after the other"))
}

impl Sync {
    pub(super) fn execute(self) -> Result<Exit, CommandFailure> {
        let config = Config::read()?;
        let url = self.target.url(&config)?;
        self.check(url.as_ref())?;
        let mapping = config.change(mapping(self.schema.as_deref(), self.profile.as_deref(), &config)?)?;
        let embedded = playing::embedded(&mapping);
        let settings = self.settings(&config, mapping, url.as_ref())?;
        let mut contents = directory_file::read(&self.directory)?;
        let base = url.as_ref().map(|url| url.base().to_owned());
        let approved = self.allow_deletes || self.restart.is_some_and(|scope| scope.force_deletes);
        let mut session = Session::open(settings, base.clone(), self.state.clone(), &mut contents, approved)?;
        problems::tell_problems(&contents);
        problems::tell_missing(&session, &contents.file);
        if session.remapped {
            console::remark(
                "the mapping has changed since the last cycle: the next cycle evaluates every user and group",
            );
        }
        if let Some(scope) = self.restart {
            session.job.restart(scope);
        }
        if self.allow_deletes {
            session.job.restart(ResetScope::ALLOW_DELETES);
        }
        if session.job.waits_for_restart() {
            console::remark(
                "the scope stays all: Entra changes it to assigned only with a restart; add --restart, or \
                 --switch narrowed-scope=next-cycle for the other reading",
            );
        }
        for asked in &self.forget {
            session.forget(asked)?;
        }
        self.check_on_demand(&session)?;
        let har = HarFile::open(self.har.as_deref().or(config.settings.har.as_deref()))?;
        let runtime = runtime::start()?;
        let _context = runtime.enter();
        let (closed, cancel) = watch();
        let waiting = self.target.wait_limit(&config);
        let exit = match url {
            Some(url) => {
                let elsewhere = !url.is_loopback();
                let client = self.target.client(&config, url)?;
                let client = Recorded::new(client, har.clone());
                let target = Gate::new(Retry::new(client, waiting, cancel), closed);
                runtime.block_on(self.sync(&mut session, &target, elsewhere))?
            }
            None => runtime.block_on(async {
                let deployment = embedded.open().await.map_err(CommandFailure::internal)?;
                let target = Recorded::new(deployment.target, har.clone());
                self.sync(&mut session, &Gate::new(target, closed), false).await
            })?,
        };
        if let Some(har) = har {
            har.finish()?;
        }
        let usable = contents.problems.is_empty() && session.held_back().is_empty();
        let read = if usable { Exit::Success } else { Exit::Findings };
        Ok(exit.or(read))
    }

    /// Options that make no sense together.
    fn check(&self, url: Option<&TenantUrl>) -> Result<(), CommandFailure> {
        if self.cycles == 0 {
            return Err(CommandFailure::usage("--cycles 0 provisions nothing", "write --cycles 1 or more"));
        }
        if self.dry_run && self.cycles > 1 {
            let what = "a dry run can plan only the next cycle";
            return Err(CommandFailure::usage(what, "leave --cycles out"));
        }
        if url.is_none() && self.state.is_some() {
            return Err(CommandFailure::usage(
                "--state needs a target: the embedded server keeps nothing after the run",
                "name the target with --target, as one started with `scimulate serve`",
            ));
        }
        Ok(())
    }

    /// A group can be provisioned on demand where groups are mapped.
    fn check_on_demand(&self, session: &Session) -> Result<(), CommandFailure> {
        let Some(asked) = &self.on_demand else { return Ok(()) };
        let id = session.find(asked)?;
        let is_group = session.tenant.state().group(&id).is_some();
        if is_group && session.job.settings().mapping.group.is_none() {
            return Err(CommandFailure::usage(
                format!("`{asked}` is a group, and the mapping provisions no groups"),
                "choose a mapping with groups with --schema or --profile, or a user with --on-demand",
            ));
        }
        Ok(())
    }

    fn settings(
        &self,
        config: &Config,
        mapping: Mapping,
        url: Option<&TenantUrl>,
    ) -> Result<JobSettings, CommandFailure> {
        let scope = self.scope.unwrap_or_default();
        let role = mapping.user.rows.iter().find(|row| matches!(row.source, ValueSource::Roles(_)));
        if let (Scope::Everyone, Some(role)) = (scope, role) {
            return Err(CommandFailure::usage(
                format!(
                    "app roles are mapped to `{}`, but Entra does not provision them with the scope all",
                    role.written
                ),
                "write --scope assigned, or remove the row from the mapping",
            ));
        }
        let switches = switches::chosen(config, &self.switch)?;
        let mapping = switches::applied(&switches, mapping);
        let mut settings =
            JobSettings::new(mapping, scope, self.dialect.unwrap_or_else(|| Dialects::one(url)));
        settings.switches = switches;
        settings.at_once = self.jobs;
        let elsewhere = url.is_some_and(|url| !url.is_loopback());
        settings.policy = Policy {
            skip_out_of_scope_deletions: self.skip_out_of_scope_deletions,
            deletion_threshold: self.delete_threshold.or(elsewhere.then_some(THRESHOLD_ELSEWHERE)),
            ..Policy::default()
        };
        Ok(settings)
    }

    async fn sync<T: Target>(
        &self,
        session: &mut Session,
        target: &T,
        elsewhere: bool,
    ) -> Result<Exit, CommandFailure> {
        if self.dry_run || elsewhere {
            let exit = self.plan(session, target).await?;
            if self.dry_run || exit != Exit::Success {
                return Ok(exit);
            }
            if !self.apply {
                console::say("Nothing was written: add --apply to write this to the target.\n")?;
                return Ok(Exit::NothingRan);
            }
        }
        let follow = Follow::open(self.logs.as_deref(), session.identity.clone())?;
        session.job.follow(Some(follow.watcher()));
        let exit = match &self.on_demand {
            Some(user) => self.on_demand(session, target, user).await?,
            None => self.cycles(session, target).await?,
        };
        follow.close()?;
        Ok(exit)
    }

    /// What the next cycle would do, found out on a copy of the job.
    async fn plan<T: Target>(&self, session: &Session, target: &T) -> Result<Exit, CommandFailure> {
        let target = DryRun::new(target);
        let mut job: Job = session.job.clone();
        let report = match &self.on_demand {
            Some(user) => job.on_demand(&session.tenant, &[session.find(user)?], &target).await,
            None => job.cycle(&session.tenant, &target).await,
        };
        let held: Vec<&str> = session.held_back().iter().map(|id| session.job.settings().label(id)).collect();
        console::say(&summary::plan(&report, target.planned().len(), &held))?;
        Ok(exit_of(report.stopped.as_ref(), Exit::Success))
    }

    async fn cycles<T: Target>(&self, session: &mut Session, target: &T) -> Result<Exit, CommandFailure> {
        let mut exit = Exit::Success;
        for number in 0..self.cycles {
            match session.job.next_cycle() {
                NextCycle::At(minute) if number > 0 => session.advance_to(minute),
                NextCycle::At(minute) if session.waits(minute) && !self.allow_deletes => {
                    console::say(&summary::waiting(&session.job, minute))?;
                    return Ok(exit.or(Exit::Findings));
                }
                NextCycle::Disabled if number > 0 => break,
                _ => {}
            }
            let before = session.job.quarantine().cloned();
            let report = session.job.cycle(&session.tenant, target).await;
            if report.stopped.is_none() {
                session.settle();
            }
            session.keep()?;
            console::say(&summary::cycle(&report, &session.job))?;
            let missing = missing_from_file(session.held_back(), &session.job).filter(|_| number == 0);
            for notice in
                missing.into_iter().chain(notices(before.as_ref(), &report, &session.job, "--allow-deletes"))
            {
                self.tell(session, &notice).await?;
            }
            let troubled = report.failures().next().is_some() || report.quarantine.is_some();
            exit = exit.or(if troubled { Exit::Findings } else { Exit::Success });
            exit = exit_of(report.stopped.as_ref(), exit);
            if report.stopped == Some(CycleStop::Interrupted) {
                break;
            }
        }
        Ok(exit)
    }

    /// Says what an administrator would be told, here and to the command of `--notify`.
    async fn tell(&self, session: &Session, notice: &Notice) -> Result<(), CommandFailure> {
        console::say(&format!("! {}\n", notice.message))?;
        if let Some(command) = &self.notify {
            let said = notice.to_json(session.target(), &session.identity.job_id());
            follow::notify(command, &said).await;
        }
        Ok(())
    }

    async fn on_demand<T: Target>(
        &self,
        session: &mut Session,
        target: &T,
        user: &str,
    ) -> Result<Exit, CommandFailure> {
        let id = session.find(user)?;
        let report = session.job.on_demand(&session.tenant, &[id], target).await;
        session.keep()?;
        console::say(&summary::cycle(&report, &session.job))?;
        let exit = if report.failures().next().is_some() { Exit::Findings } else { Exit::Success };
        Ok(exit_of(report.stopped.as_ref(), exit))
    }
}

/// The mapping of `--schema` or `--profile`, or the configuration file's.
pub(super) fn mapping(
    schema: Option<&str>,
    profile: Option<&str>,
    config: &Config,
) -> Result<Mapping, CommandFailure> {
    let named = schema.or(profile).or(config.settings.profile.as_deref()).unwrap_or(profiles::DEFAULT);
    Ok(super::profiles::load(named)?.with_readings(config.readings()?))
}

/// A job that was stopped by the target or the user tells so by its exit code.
fn exit_of(stopped: Option<&CycleStop>, otherwise: Exit) -> Exit {
    match stopped {
        Some(CycleStop::Interrupted) => Exit::Interrupted,
        Some(CycleStop::Quarantined(quarantine)) => {
            // No answer at all, or one about the credentials: nothing can be said of the target.
            let untestable = matches!(quarantine.problem.status, None | Some(401 | 403));
            otherwise.or(if untestable { Exit::Target } else { Exit::Findings })
        }
        Some(CycleStop::Withheld(_) | CycleStop::Disabled) => otherwise.or(Exit::Findings),
        None => otherwise,
    }
}

/// Ctrl-C closes the gate: the request on its way is waited for, and the state is kept.
fn watch() -> (Arc<AtomicBool>, Cancel) {
    let (closed, cancel) = (Arc::new(AtomicBool::new(false)), Cancel::default());
    let (flag, waiting) = (Arc::clone(&closed), cancel.clone());
    tokio::spawn(async move {
        if interrupt::signal().await.is_ok() {
            console::remark("stopping after the current request; press Ctrl-C again to stop at once");
            flag.store(true, Ordering::Relaxed);
            waiting.cancel();
            if interrupt::signal().await.is_ok() {
                std::process::exit(i32::from(Exit::Interrupted as u8));
            }
        }
    });
    (closed, cancel)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        sync: Sync,
    }

    fn threshold(url: &str, options: &[&str]) -> Option<usize> {
        let line = ["sync", "--directory", "people.csv"].iter().chain(options);
        let sync = Line::try_parse_from(line).unwrap().sync;
        let mapping = profiles::load(profiles::DEFAULT).unwrap();
        sync.settings(&Config::default(), mapping, Some(&TenantUrl::parse(url).unwrap()))
            .unwrap()
            .policy
            .deletion_threshold
    }

    #[test]
    fn elsewhere_deletions_have_a_threshold_unless_another_is_given() {
        assert_eq!(threshold("https://scim.example.com/v2", &[]), Some(THRESHOLD_ELSEWHERE));
        assert_eq!(threshold("https://scim.example.com/v2", &["--delete-threshold", "3"]), Some(3));
        assert_eq!(threshold("http://localhost/scim", &[]), None);
    }
}
