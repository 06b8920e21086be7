use std::path::{Path, PathBuf};
use std::sync::Arc;

use semver::Version;

use super::arguments::{AsOf, FailOn};
use super::config::Config;
use super::failure::CommandFailure;
use super::output::{Output, folder_of};
use super::playing::{self, Playing, Reporting};
use super::review;
use super::second::SecondOptions;
use super::{Exit, console, source};
use crate::check::{Demand, Level};
use crate::gallery::{self, Template};
use crate::http::TenantUrl;
use crate::report::html::HtmlSettings;
use crate::report::{SHORTEST, json, junit, quoted, terminal};
use crate::run::plan::Plan;
use crate::run::snapshots::{SnapshotCounts, Snapshots};
use crate::run::verdict::report::{Report, Verdict};
use crate::run::{RunProblem, SelectionProblem, Shard};
use crate::scenario::{self, Scenario};
use crate::selftest;
use crate::snapshot;
use crate::suite::{Dialects, Files, KnownFailures, RunChoice, open_second_journal};
use crate::waivers::PastReport;

/// Play scenarios and judge every answer; without --target, against the embedded server
#[derive(Debug, clap::Args)]
pub(super) struct Run {
    /// Ids of scenarios, prefixes that end in `/`, or sections as rfc7644#3.5.2 [default: all except gallery and
    /// validator]
    #[arg(value_name = "FILTER")]
    filters: Vec<String>,

    #[command(flatten)]
    playing: Playing,

    #[command(flatten)]
    reporting: Reporting,

    #[command(flatten)]
    second: SecondOptions,

    /// default, aadOptscim062020, customappsso, or all for the first two [default: the URL's flag, else all]
    #[arg(long, value_name = "NAME", help_heading = "Scenarios")]
    dialect: Option<Dialects>,

    /// Play only the scenarios of this suite (repeatable)
    #[arg(long, value_name = "NAME", help_heading = "Scenarios")]
    suite: Vec<String>,

    /// Play only what checks a demand with this word of RFC 2119: MUST, SHOULD or MAY (repeatable)
    #[arg(long, value_name = "WORD", help_heading = "Scenarios")]
    demand: Vec<Demand>,

    /// Play the scenarios in this folder instead of the built-in ones
    #[arg(long, value_name = "DIR", help_heading = "Scenarios")]
    scenarios: Option<PathBuf>,

    /// Play few scenarios, at most 600 requests: nearly every known fault is seen, but not by every check
    #[arg(long, conflicts_with_all = ["filters", "suite", "demand", "scenarios"], help_heading = "Scenarios")]
    quick: bool,

    /// Play only what failed, or was blocked by a failure, in this JSON report of an earlier run
    #[arg(long, value_name = "REPORT", conflicts_with_all = ["filters", "suite", "demand", "quick"], help_heading = "Scenarios")]
    rerun_failed: Option<PathBuf>,

    /// Play only the K-th of N parts of the scenarios
    #[arg(long, value_name = "K/N", help_heading = "Scenarios")]
    shard: Option<Shard>,

    /// Leave out checks that are newer than this version of scimulate, so that an upgrade adds none
    #[arg(long, value_name = "VERSION", help_heading = "Scenarios")]
    checks_as_of: Option<AsOf>,

    /// Most users at the target at once; large scenarios have this many, and otherwise 30
    #[arg(long, value_name = "N", help_heading = "Scenarios")]
    max_users: Option<usize>,

    /// Fail on findings of this level and above: critical, error, warning, note or never [default: error]
    #[arg(long, value_name = "LEVEL", help_heading = "Reports")]
    fail_on: Option<FailOn>,

    /// Play no other scenario once one has failed
    #[arg(long, help_heading = "Scenarios")]
    fail_fast: bool,

    /// Accept the failures that this file waives; `scimulate waive` writes such a file
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    waivers: Option<PathBuf>,

    /// Fail only on findings that are not in this JSON report of an earlier run
    #[arg(long, value_name = "REPORT", help_heading = "Reports")]
    baseline: Option<PathBuf>,

    /// Write the report as JUnit XML
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    junit: Option<PathBuf>,

    /// Compare the answers with the snapshots in this folder; `scimulate review` shows new and different ones
    #[arg(long, value_name = "DIR", help_heading = "Snapshots")]
    snapshots: Option<PathBuf>,

    /// Accept new and different answers at once
    #[arg(long, help_heading = "Snapshots")]
    update: bool,

    /// Fail the run on a different or missing snapshot
    #[arg(long, help_heading = "Snapshots")]
    snapshots_strict: bool,
}

impl Run {
    pub(super) fn execute(self) -> Result<Exit, CommandFailure> {
        let config = Config::read()?;
        let url = self.playing.target.url(&config)?;
        let known = self.known(&config, url.as_ref())?;
        let mut plan = self.plan(&config, url.as_ref())?;
        let fail_on = plan.fail_on;
        let snapshots = self.snapshots(&config, &plan.prefix, url.is_some())?;
        plan.judge = snapshots.as_ref().map(|(snapshots, _)| snapshots.judge());
        let junit = self.junit.as_ref().or(config.settings.junit.as_ref()).map(PathBuf::as_path);
        let junit = Output::open("--junit", junit)?;
        let mut outputs = self.reporting.outputs(&config)?;
        let scenarios = plan.scenarios.clone();
        let Some(ready) = self.playing.ready_with(&config, &plan, Some(&self.second))? else {
            return Ok(Exit::Interrupted);
        };
        let embedded = playing::embedded(&plan.mapping);
        let played = ready.play(plan, embedded, &mut outputs);
        let ended = ready.end();
        match played {
            Ok(mut report) => {
                // Microsoft knows no waivers: its verdict comes before them.
                let verdict = gallery::judge(Template::default(), &scenarios, &report, &[]);
                known.apply(&mut report, fail_on).map_err(|error| {
                    let what = format!("the report cannot be compared with the baseline: {error}");
                    CommandFailure::internal(what)
                })?;
                let mut settings = self.reporting.terminal(&self.playing);
                settings.again.extend(self.max_users.map(|most| format!(" --max-users {most}")));
                outputs.write(
                    &report,
                    |out| terminal::write(&report, &settings, out),
                    |out| json::write(&report, verdict.as_ref(), out),
                    &HtmlSettings {
                        verdict: verdict.as_ref(),
                        abouts: &source::abouts(&scenarios),
                        again: &settings.again,
                    },
                )?;
                if let Some(junit) = junit {
                    junit.write(|out| junit::write(&report, out))?;
                }
                if let Some((snapshots, folder)) = snapshots {
                    tell(snapshots.tally(), folder)?;
                }
                if self.quick {
                    left_out(scenarios.len())?;
                }
                Ok(ended.or(exit(&report)))
            }
            Err(problem) => {
                outputs.abandon();
                // The message would only say that the user interrupted it.
                if ended == Exit::Interrupted {
                    return Ok(ended);
                }
                if let (RunProblem::Refused(_), Some(url)) = (&problem, &url) {
                    console::say(&format!("INCOMPLETE {}: no check was played\n", url.base()))?;
                }
                Err(playing::failure(problem))
            }
        }
    }

    /// The youngest version of scimulate whose checks are wanted.
    fn as_of<'a>(&'a self, config: &'a Config) -> Option<&'a Version> {
        self.checks_as_of.as_ref().or(config.settings.checks_as_of.as_ref()).map(|AsOf(version)| version)
    }

    fn dialects(&self, config: &Config, url: Option<&TenantUrl>) -> Dialects {
        let given = self.dialect.clone().or_else(|| config.settings.dialect.clone());
        given.unwrap_or_else(|| Dialects::of(url))
    }

    /// What is known to fail, read before anything is played.
    fn known(&self, config: &Config, url: Option<&TenantUrl>) -> Result<KnownFailures, CommandFailure> {
        let settings = &config.settings;
        let everything = !self.quick
            && self.filters.is_empty()
            && self.demand.is_empty()
            && self.suite.is_empty()
            && settings.suite.is_empty();
        let narrowed = !everything
            || self.rerun_failed.is_some()
            || self.shard.or(settings.shard).is_some()
            || self.as_of(config).is_some()
            || self.scenarios.is_some()
            || settings.scenarios.is_some()
            || self.dialects(config, url).are_narrowed();
        let files = Files {
            waivers: self.waivers.as_deref().or(settings.waivers.as_deref()),
            baseline: self.baseline.as_deref().or(settings.baseline.as_deref()),
            scenarios: self.scenarios.as_deref().or(settings.scenarios.as_deref()),
        };
        Ok(KnownFailures::read(&files, narrowed)?)
    }

    /// What shall be played, from the command line, then from the file.
    fn plan(&self, config: &Config, url: Option<&TenantUrl>) -> Result<Plan, CommandFailure> {
        let settings = &config.settings;
        // The quick set is one of the built-in scenarios.
        let folder = self.scenarios.as_ref().or(settings.scenarios.as_ref()).filter(|_| !self.quick);
        let scenarios = scenarios(folder)?;
        let (filters, suites) = match &self.rerun_failed {
            Some(path) => (failed_in(path, &scenarios)?, Vec::new()),
            None if self.suite.is_empty() => (self.filters.clone(), settings.suite.clone()),
            None => (self.filters.clone(), self.suite.clone()),
        };
        let choice = RunChoice {
            filters,
            suites,
            demands: self.demand.clone(),
            as_of: self.as_of(config).cloned(),
            shard: self.shard.or(settings.shard),
            dialects: self.dialects(config, url),
            quick: self.quick,
            fail_on: self.fail_on.or(settings.fail_on).map_or(Some(Level::Error), |FailOn(level)| level),
            fail_fast: self.fail_fast,
        };
        let mut plan = self.playing.plan(config, url, choice.scenarios(&scenarios)?)?;
        choice.apply(&mut plan);
        plan.max_users = self.max_users.or(plan.max_users);
        if let Some(second) = self.second.url(config, &self.playing.target)? {
            plan.second_journal = Some(Arc::new(open_second_journal(&second, &plan.prefix)?));
        }
        Ok(plan)
    }

    /// The snapshots to compare with, if a folder is named. In CI nothing is kept for a review.
    fn snapshots<'a>(
        &'a self,
        config: &'a Config,
        prefix: &str,
        shared: bool,
    ) -> Result<Option<(Arc<Snapshots>, &'a Path)>, CommandFailure> {
        let Some(folder) = self.snapshots.as_ref().or(config.settings.snapshots.as_ref()) else {
            return match self.update {
                true => Err(CommandFailure::usage(
                    "--update needs a folder for snapshots",
                    "name one with --snapshots",
                )),
                false => Ok(None),
            };
        };
        let keep_pending = std::env::var_os("CI").is_none_or(|ci| ci.is_empty());
        if self.update || keep_pending {
            // A run of minutes must not end in a folder that cannot be written.
            folder_of("--snapshots", folder)?;
        }
        review::refuse_old_layout(folder)?;
        let store = snapshot::SnapshotStore::new(folder, self.update, keep_pending);
        let settings = snapshot::SnapshotSettings { prefix: prefix.to_owned(), shared, ..Default::default() };
        let strict = self.snapshots_strict || config.settings.snapshots_strict;
        let level = if strict { Level::Error } else { Level::Note };
        Ok(Some((Snapshots::new(store, settings, level), folder)))
    }
}

/// What a quick run does not look for.
fn left_out(played: usize) -> Result<(), CommandFailure> {
    let set = selftest::quick_set();
    let all = scenario::builtin()?.into_iter().filter(|scenario| scenario.test.is_none()).count();
    console::say(&format!(
        "quick: {played} of {all} scenarios were played. Of the known faults that a run with one token can \
         show, they show every critical one and all but {} of the errors. Before a release, run it without --quick.\n",
        set.unseen.len()
    ))
}

/// The scenarios that show what failed in an earlier run.
fn failed_in(path: &Path, scenarios: &[Arc<Scenario>]) -> Result<Vec<String>, CommandFailure> {
    let report = PastReport::read(path)?;
    let failed = report.failed_scenarios();
    let (known, gone): (Vec<&str>, Vec<&str>) = failed
        .into_iter()
        .partition(|id| id.is_empty() || scenarios.iter().any(|scenario| scenario.about.is_called(id)));
    if !gone.is_empty() {
        console::remark(&format!("no longer there, and not played: {}", gone.join(", ")));
    }
    if known.is_empty() {
        return Err(CommandFailure::Plain {
            exit: Exit::NothingRan,
            what: format!("nothing failed in {}", path.display()),
            next: Some("leave out --rerun-failed to play everything".to_owned()),
            left_behind: Vec::new(),
        });
    }
    Ok(known.into_iter().map(|id| if id.is_empty() { SHORTEST } else { id }.to_owned()).collect())
}

/// The scenarios of a folder, or the built-in ones.
fn scenarios(folder: Option<&PathBuf>) -> Result<Vec<Arc<Scenario>>, CommandFailure> {
    let loaded = match folder {
        Some(folder) => scenario::from_dir(folder),
        None => scenario::builtin(),
    };
    Ok(loaded?.into_iter().map(Arc::new).collect())
}

/// Says what became of the snapshots.
fn tell(tally: SnapshotCounts, folder: &Path) -> Result<(), CommandFailure> {
    if let Some(problem) = tally.problem {
        return Err(CommandFailure::usage(problem, "check the folder named with --snapshots"));
    }
    let mut text = format!("snapshots: {} unchanged", tally.same);
    for (number, what) in [
        (tally.new, "new"),
        (tally.different, "different"),
        (tally.updated, "written"),
        (tally.foreign, "resources not made by this run left out"),
    ] {
        if number > 0 {
            text.push_str(&format!(", {number} {what}"));
        }
    }
    if tally.new + tally.different > 0 {
        let folder = quoted(&folder.display().to_string());
        text.push_str(&format!("; look at them with `scimulate review --snapshots {folder}`"));
    }
    console::say(&format!("{text}\n"))
}

/// The exit code of a run that came to its end.
fn exit(report: &Report) -> Exit {
    let verdict = match report.verdict {
        Verdict::Passed => Exit::Success,
        Verdict::Failed => Exit::Findings,
        Verdict::Incomplete => Exit::Target,
    };
    if report.is_empty() { verdict.or(Exit::NothingRan) } else { verdict }
}

impl From<SelectionProblem> for CommandFailure {
    fn from(problem: SelectionProblem) -> Self {
        let exit = if problem.is_usage() { Exit::Usage } else { Exit::NothingRan };
        let next = match &problem {
            SelectionProblem::UnknownSection { .. } => "`scimulate list sections` shows every section",
            _ => "`scimulate list` shows every scenario",
        };
        let next = next.to_owned();
        CommandFailure::Plain { exit, what: problem.to_string(), next: Some(next), left_behind: Vec::new() }
    }
}
