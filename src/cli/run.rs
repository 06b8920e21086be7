use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Stderr};
use std::path::PathBuf;
use std::sync::Arc;

use rand::RngExt as _;

use super::config::{self, Config};
use super::exec::Exec;
use super::failure::Failure;
use super::interrupt::Interrupt;
use super::output::{Output, unwritten};
use super::target::TargetOptions;
use super::words::{Dialects, FailOn};
use super::{Exit, console, runtime};
use crate::check::Level;
use crate::entra::mapping::profiles;
use crate::http::{TenantUrl, wait_for};
use crate::report::har::Har;
use crate::report::progress::Progress;
use crate::report::{github, json, junit, terminal};
use crate::run::journal::{self, Journal};
use crate::run::snapshots::{Snapshots, Tally};
use crate::run::{self, Event, Listener, Plan, Problem, Report, Selection, SelectionProblem, Shard, Verdict};
use crate::scenario::{self, Scenario};
use crate::snapshot;
use crate::stages::{Embedded, Shared};

/// Play scenarios and judge every answer; without --target, against the embedded server
#[derive(Debug, clap::Args)]
pub(super) struct Run {
    /// Ids of scenarios, or prefixes that end in `/` [default: all but gallery and validator]
    #[arg(value_name = "FILTER")]
    filters: Vec<String>,

    #[command(flatten)]
    target: TargetOptions,

    /// Start the server under test with this command, and stop it after the run
    #[arg(long, value_name = "COMMAND", help_heading = "Target")]
    exec: Option<String>,

    /// Wait until something answers at this URL before the run begins [default with --exec: the target]
    #[arg(long, value_name = "URL", help_heading = "Target")]
    wait_for: Option<String>,

    /// default, aadOptscim062020, customappsso, or all: the first two [default: the URL's flag, else all]
    #[arg(long, value_name = "NAME", help_heading = "Scenarios")]
    dialect: Option<Dialects>,

    /// Only scenarios of this suite; can be repeated
    #[arg(long, value_name = "NAME", help_heading = "Scenarios")]
    suite: Vec<String>,

    /// Attribute mapping: the name of a built-in profile, or a YAML file
    #[arg(long, value_name = "NAME|FILE", help_heading = "Scenarios")]
    profile: Option<String>,

    /// Play the scenarios in this folder in place of the built-in ones
    #[arg(long, value_name = "DIR", help_heading = "Scenarios")]
    scenarios: Option<PathBuf>,

    /// How many scenarios are played at once [default: 1 for a target elsewhere, else one for each core]
    #[arg(long, value_name = "N", help_heading = "Scenarios")]
    jobs: Option<usize>,

    /// Play only the K-th of N parts of the scenarios
    #[arg(long, value_name = "K/N", help_heading = "Scenarios")]
    shard: Option<Shard>,

    /// Seed of the made-up people [default: 1]
    #[arg(long, value_name = "N", help_heading = "Scenarios")]
    seed: Option<u64>,

    /// How many people a large scenario may use; needed for large ones at a target elsewhere
    #[arg(long, value_name = "N", help_heading = "Scenarios")]
    max_users: Option<usize>,

    /// Findings of this level and above fail: critical, error, warning, note or never [default: error]
    #[arg(long, value_name = "LEVEL", help_heading = "Reports")]
    fail_on: Option<FailOn>,

    /// Write the report as JSON (docs/report.schema.json)
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    json: Option<PathBuf>,

    /// Write the report as JUnit XML
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    junit: Option<PathBuf>,

    /// Write every request and answer as HAR, without secrets
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    har: Option<PathBuf>,

    /// Print findings as annotations for GitHub Actions too
    #[arg(long, help_heading = "Reports")]
    github: bool,

    /// Compare the answers with the snapshots in this folder; new and different ones wait for `review`
    #[arg(long, value_name = "DIR", help_heading = "Snapshots")]
    snapshots: Option<PathBuf>,

    /// Accept new and different answers at once
    #[arg(long, help_heading = "Snapshots")]
    update: bool,

    /// Let a different or missing snapshot fail the run
    #[arg(long, help_heading = "Snapshots")]
    snapshots_strict: bool,

    /// Show passed checks and mild findings in full
    #[arg(long, short, help_heading = "Reports")]
    verbose: bool,
}

impl Run {
    pub(super) fn play(self) -> Result<Exit, Failure> {
        let config = Config::read()?;
        let url = self.target.url(&config)?;
        let mut plan = self.plan(&config, url.as_ref())?;
        let snapshots = self.snapshots(&config, &plan.prefix, url.is_some())?;
        plan.judge = snapshots.as_ref().map(Snapshots::judge);
        let mut outputs = self.outputs(&config)?;
        let client = match url.clone() {
            None => None,
            Some(url) => {
                self.target.consent(&config, &url, "writes")?;
                Some(self.target.client(&config, url)?)
            }
        };
        if let Some(url) = &url {
            plan.journal = Some(Arc::new(journal(url, &plan.prefix)?));
        }
        let runtime = runtime()?;
        let _context = runtime.enter();
        let interrupt = Interrupt::watch(&plan.cancel);
        let cancel = plan.cancel.clone();
        let exec = runtime.block_on(async {
            tokio::select! {
                started = self.start(&config, url.as_ref()) => started.map(Some),
                () = cancel.cancelled() => Ok(None),
            }
        })?;
        let Some(exec) = exec else { return Ok(Exit::Interrupted) };
        let played = match client {
            Some(client) => run::play(plan, Shared::new(client), runtime.handle(), &mut outputs.listeners),
            None => run::play(plan, Embedded::default(), runtime.handle(), &mut outputs.listeners),
        };
        if let Some(exec) = exec {
            runtime.block_on(exec.stop());
        }
        let interrupted = if interrupt.happened() { Exit::Interrupted } else { Exit::Success };
        match played {
            Ok(report) => {
                outputs.write(&report, self.verbose, self.github || config.settings.github)?;
                if let Some(snapshots) = snapshots {
                    tell(snapshots.tally())?;
                }
                Ok(interrupted.or(exit(&report)))
            }
            Err(problem) => {
                outputs.abandon();
                // The message would only say that the user interrupted it.
                if interrupt.happened() { Ok(Exit::Interrupted) } else { Err(failure(problem)) }
            }
        }
    }

    /// What shall be played, from the command line, then from the file.
    fn plan(&self, config: &Config, url: Option<&TenantUrl>) -> Result<Plan, Failure> {
        let settings = &config.settings;
        let selection = Selection {
            filters: self.filters.clone(),
            suites: if self.suite.is_empty() { settings.suite.clone() } else { self.suite.clone() },
            shard: self.shard.or(settings.shard),
        };
        let scenarios = selection.of(&scenarios(self.scenarios.as_ref().or(settings.scenarios.as_ref()))?)?;
        let profile = self.profile.as_deref().or(settings.profile.as_deref()).unwrap_or(profiles::DEFAULT);
        let mapping = config.change(super::profiles::load(profile)?)?;
        let loopback = url.is_none_or(TenantUrl::is_loopback);
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let jobs = self.jobs.or(settings.jobs).unwrap_or(if loopback { cores } else { 1 });
        if jobs == 0 {
            return Err(Failure::usage("no scenario can be played by 0 jobs", "write --jobs 1 or more"));
        }
        let mut plan = Plan::new(scenarios, mapping, prefix());
        let dialects = self.dialect.clone().or_else(|| settings.dialect.clone());
        plan.dialects = dialects.unwrap_or_else(|| Dialects::of(url)).0;
        plan.people = config.people()?;
        plan.seed = self.seed.or(settings.seed).unwrap_or(plan.seed);
        plan.jobs = jobs;
        plan.patience = self.target.timeout(config)?;
        plan.fail_on = self.fail_on.or(settings.fail_on).map_or(Some(Level::Error), |FailOn(level)| level);
        plan.max_users = self.max_users.or(settings.max_users);
        plan.loopback = loopback;
        Ok(plan)
    }

    /// The snapshots to compare with, if a folder is named. In CI nothing is kept for a review.
    fn snapshots(
        &self,
        config: &Config,
        prefix: &str,
        shared: bool,
    ) -> Result<Option<Arc<Snapshots>>, Failure> {
        let Some(folder) = self.snapshots.as_ref().or(config.settings.snapshots.as_ref()) else {
            return match self.update {
                true => {
                    Err(Failure::usage("--update needs a folder of snapshots", "name one with --snapshots"))
                }
                false => Ok(None),
            };
        };
        let keep_pending = std::env::var_os("CI").is_none_or(|ci| ci.is_empty());
        let store = snapshot::Store::new(folder, self.update, keep_pending);
        let settings = snapshot::Settings { prefix: prefix.to_owned(), shared };
        let strict = self.snapshots_strict || config.settings.snapshots_strict;
        Ok(Some(Snapshots::new(store, settings, if strict { Level::Error } else { Level::Note })))
    }

    fn outputs(&self, config: &Config) -> Result<Outputs, Failure> {
        let settings = &config.settings;
        let har =
            match Output::open("--har", self.har.as_ref().or(settings.har.as_ref()).map(PathBuf::as_path))? {
                None => None,
                Some(output) => {
                    let (out, path) = output.stream()?;
                    Some((Har::new(out).map_err(|error| unwritten(&path, &error))?, path))
                }
            };
        Ok(Outputs {
            json: Output::open(
                "--json",
                self.json.as_ref().or(settings.json.as_ref()).map(PathBuf::as_path),
            )?,
            junit: Output::open(
                "--junit",
                self.junit.as_ref().or(settings.junit.as_ref()).map(PathBuf::as_path),
            )?,
            listeners: Listeners { progress: Progress::new(io::stderr(), io::stderr().is_terminal()), har },
        })
    }

    /// Starts the server under test, and waits for whatever shall be waited for.
    async fn start(&self, config: &Config, url: Option<&TenantUrl>) -> Result<Option<Exec>, Failure> {
        let settings = &config.settings;
        let command = self.exec.as_ref().or(settings.exec.as_ref());
        let awaited = self.wait_for.as_ref().or(settings.wait_for.as_ref());
        let trust = self.target.trust(config);
        let limit = self.target.timeout(config)?;
        match (command, url) {
            (Some(_), None) => Err(Failure::usage(
                "--exec starts a server, but no target is named",
                "name the server's SCIM base URL with --target",
            )),
            (Some(command), Some(url)) => {
                let mut exec = Exec::start(command)?;
                let awaited = awaited.map_or(url.base(), String::as_str);
                exec.until_it_answers(awaited, &trust, limit).await?;
                Ok(Some(exec))
            }
            (None, _) => match awaited {
                Some(awaited) => wait_for(awaited, &trust, limit)
                    .await
                    .map(|()| None)
                    .map_err(|problem| Failure::target(problem.what, problem.next)),
                None => Ok(None),
            },
        }
    }
}

/// The scenarios of a folder, or the built-in ones.
fn scenarios(folder: Option<&PathBuf>) -> Result<Vec<Arc<Scenario>>, Failure> {
    let loaded = match folder {
        Some(folder) => scenario::from_dir(folder),
        None => scenario::builtin(),
    };
    Ok(loaded?.into_iter().map(Arc::new).collect())
}

fn journal(url: &TenantUrl, prefix: &str) -> Result<Journal, Failure> {
    let folder = journal::folder().map_err(|error| {
        Failure::usage(format!("there is no folder for the journal: {error}"), "set HOME to your home folder")
    })?;
    Ok(Journal::new(&folder, url.base(), prefix))
}

/// What every object of this run carries: no word of any language, since it is looked for in the
/// names of other people's objects.
fn prefix() -> String {
    const LETTERS: &[u8] = b"bcdfghjkmnpqrtvwxz2346789";
    let mut random = rand::rng();
    let tail: String = (0..8).map(|_| char::from(LETTERS[random.random_range(0..LETTERS.len())])).collect();
    format!("sm{tail}")
}

/// Where a run is told and written.
struct Outputs {
    listeners: Listeners,
    json: Option<Output>,
    junit: Option<Output>,
}

struct Listeners {
    progress: Progress<Stderr>,
    har: Option<(Har<BufWriter<File>>, PathBuf)>,
}

impl Listener for Listeners {
    fn on(&mut self, event: &Event) {
        self.progress.on(event);
        if let Some((har, _)) = &mut self.har {
            har.on(event);
        }
    }
}

impl Outputs {
    /// Writes every report. The one on the terminal comes first: a full disk must not hide it.
    fn write(self, report: &Report, verbose: bool, annotate: bool) -> Result<(), Failure> {
        let mut text = Vec::new();
        let settings = terminal::Settings::for_stream(&io::stdout(), verbose);
        let written = terminal::write(report, &settings, &mut text)
            .and_then(|()| if annotate { github::write(report, &mut text) } else { Ok(()) });
        written.map_err(|error| Failure::internal(format!("cannot write the report: {error}")))?;
        console::say_bytes(&text)?;
        if let Some(output) = self.json {
            output.write(|out| json::write(report, out))?;
        }
        if let Some(output) = self.junit {
            output.write(|out| junit::write(report, out))?;
        }
        if let Some((har, path)) = self.listeners.har {
            har.finish().map_err(|error| unwritten(&path, &error))?;
        }
        Ok(())
    }
}

impl Outputs {
    /// Ends what was begun when there is no report.
    fn abandon(self) {
        if let Some((har, _)) = self.listeners.har {
            // Why there is no report matters more than a file that could not be written either.
            let _ = har.finish();
        }
    }
}

/// Says what became of the snapshots.
fn tell(tally: Tally) -> Result<(), Failure> {
    if let Some(problem) = tally.problem {
        return Err(Failure::usage(problem, "check the folder named with --snapshots"));
    }
    let mut text = format!("snapshots: {} as before", tally.same);
    for (number, what) in [
        (tally.different, "different, see `scimulate review`"),
        (tally.updated, "written"),
        (tally.foreign, "resources of others left out"),
    ] {
        if number > 0 {
            text.push_str(&format!(", {number} {what}"));
        }
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

impl From<SelectionProblem> for Failure {
    fn from(problem: SelectionProblem) -> Self {
        let exit = if problem.is_usage() { Exit::Usage } else { Exit::NothingRan };
        let next = "`scimulate list` names every scenario".to_owned();
        Failure::Plain { exit, what: problem.to_string(), next: Some(next) }
    }
}

fn failure(problem: Problem) -> Failure {
    match problem {
        Problem::Refused(refusal) => Failure::from(refusal),
        Problem::Stage(what) => Failure::Plain { exit: Exit::Internal, what, next: None },
        Problem::People(_) => {
            Failure::usage(problem.to_string(), format!("correct [people] in {}", config::FILE))
        }
        Problem::Scenario { .. } => Failure::usage(problem.to_string(), "correct the scenario"),
        Problem::Panicked(_) => Failure::internal(problem.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn prefixes_are_no_words_and_differ() {
        let prefixes: HashSet<String> = (0..50).map(|_| prefix()).collect();
        assert_eq!(prefixes.len(), 50);
        for prefix in prefixes {
            assert!(prefix.len() == 10 && !prefix[2..].contains(['a', 'e', 'i', 'o', 'u', 'y']), "{prefix}");
        }
    }
}
