use std::fs;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::config::Config;
use super::failure::CommandFailure;
use super::output::{folder_of, unwritten};
use super::playing::{self, Playing};
use super::{Exit, console};
use crate::check::Level;
use crate::explore::{self, Drawer, Exploration, ExplorationSettings, Explored, Failure};
use crate::run::target::prefix;
use crate::run::{Plan, Report, RunProblem};
use crate::scenario::Scenario;
use crate::suite::{Dialects, open_journal};

/// Play random histories of a directory until one fails, and print the shortest that still does; without --target,
/// against the embedded server
#[derive(Debug, clap::Args)]
pub(super) struct Explore {
    #[command(flatten)]
    playing: Playing,

    /// default, aadOptscim062020, customappsso, or all for the first two [default: the URL's flag, else all]
    #[arg(long, value_name = "NAME", help_heading = "Scenarios")]
    dialect: Option<Dialects>,

    /// Begin no more histories after this many minutes
    #[arg(long, value_name = "M", default_value_t = 2.0, value_parser = minutes)]
    minutes: f64,

    /// Play this many histories at most
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    histories: Option<u64>,

    /// A history fails by findings of this level and above: critical, error, warning or note
    #[arg(long, value_name = "LEVEL", default_value = "error")]
    fail_on: Level,

    /// Play this many smaller histories at most to shorten a failing one
    #[arg(long, value_name = "N", default_value_t = 60)]
    replays: usize,

    /// Print the history of this number as a scenario file, and play nothing
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["histories", "keep"])]
    print: Option<u64>,

    /// Also write each failing history as a scenario file into this folder
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

/// A number of minutes, ten days at most.
fn minutes(text: &str) -> Result<f64, String> {
    let minutes: Option<f64> = text.parse().ok();
    let minutes = minutes.filter(|minutes| *minutes > 0.0 && *minutes <= 14_400.0);
    minutes.ok_or_else(|| format!("`{text}` is not a number of minutes: write a number above 0, as 2 or 0.5"))
}

impl Explore {
    pub(super) fn execute(self) -> Result<Exit, CommandFailure> {
        let config = Config::read()?;
        let url = self.playing.target.url(&config)?;
        let mut plan = self.playing.plan(&config, url.as_ref(), Vec::new())?;
        let dialects = self.dialect.clone().or_else(|| config.settings.dialect.clone());
        plan.dialects = dialects.unwrap_or_else(|| Dialects::of(url.as_ref())).0;
        plan.fail_on = Some(self.fail_on);
        if let Some(number) = self.print {
            return print(&plan, number);
        }
        if let Some(folder) = &self.keep {
            folder_of("--keep", folder)?;
        }
        let Some(ready) = self.playing.ready(&config, &plan)? else { return Ok(Exit::Interrupted) };
        let settings = ExplorationSettings {
            seed: plan.seed,
            histories: self.histories,
            time: Duration::from_secs_f64(self.minutes * 60.0),
            level: self.fail_on,
            replays: self.replays,
            again: self.playing.again(),
        };
        let drawer = Drawer::new(plan.seed, &plan.mapping);
        let first_prefix = std::cell::Cell::new(true);
        let mut play = |scenarios: Vec<Arc<Scenario>>| -> Result<Report, CommandFailure> {
            let mut plan = Plan { scenarios, wait_limit: plan.wait_limit.anew(), ..plan.clone() };
            // What one run could not remove must not be taken for the next run's.
            if !first_prefix.replace(false) {
                plan.prefix = prefix::draw();
                if let Some(url) = &url {
                    plan.journal = Some(Arc::new(open_journal(url, &plan.prefix)?));
                }
            }
            let embedded = playing::embedded(&plan.mapping);
            ready.play_heard(plan, embedded, &mut ()).map_err(failure)
        };
        let shown = io::stderr().is_terminal();
        let exploration = Exploration::new(settings, drawer, &mut play);
        let explored = exploration.explore(|so_far, failure| match failure {
            Some(failure) => tell(failure, self.keep.as_deref()),
            None => {
                if shown {
                    console::remark(&format!("{} histories, {} requests", so_far.histories, so_far.requests));
                }
                Ok(())
            }
        });
        let ended = ready.end();
        match explored {
            // The message would only say that the user interrupted it.
            Err(_) if ended == Exit::Interrupted => Ok(ended),
            Err(problem) => Err(problem),
            Ok(explored) => {
                console::say(&summary(&explored))?;
                Ok(ended.or(exit(&explored)))
            }
        }
    }
}

/// Prints one history.
fn print(plan: &Plan, number: u64) -> Result<Exit, CommandFailure> {
    let history = Drawer::new(plan.seed, &plan.mapping).history(number);
    let id = explore::id(plan.seed, number);
    console::hand_over(&explore::file(&id, &history))?;
    Ok(Exit::Success)
}

/// A history that makes no sense is a mistake of this program, and not of its user.
fn failure(problem: RunProblem) -> CommandFailure {
    match problem {
        RunProblem::Scenario { .. } => CommandFailure::internal(problem.to_string()),
        problem => playing::failure(problem),
    }
}

/// Prints a failure and its scenario file, and keeps the file.
fn tell(failure: &Failure, keep: Option<&Path>) -> Result<(), CommandFailure> {
    let mut text = format!("{} {}: {}\n", failure.level, failure.symptom.check, failure.message);
    match &failure.file {
        None => text.push_str("  seen before the first history; `scimulate run` tells more\n"),
        Some(file) => {
            let (drawn, left) = file.steps;
            text.push_str(&format!(
                "  {}: {left} of {drawn} steps are enough, after {} replays\n\n",
                file.id, file.replays
            ));
            for line in file.text.lines() {
                text.push_str(&format!("    {line}\n"));
            }
        }
    }
    if let (Some(file), Some(folder)) = (&failure.file, keep) {
        let path = folder.join(format!("{}.yaml", file.id));
        fs::write(&path, &file.text).map_err(|error| unwritten(&path, &error))?;
        text.push_str(&format!("\n  written to {}\n", path.display()));
    }
    text.push('\n');
    console::say(&text)
}

fn summary(explored: &Explored) -> String {
    let Explored { histories, requests, failures, skipped, left_behind, interrupted_by } = explored;
    let found = match failures.len() {
        0 => "nothing found".to_owned(),
        1 => "1 symptom found".to_owned(),
        number => format!("{number} symptoms found"),
    };
    let mut text = format!("{histories} random histories, {requests} requests: {found}\n");
    if let Some(first) = skipped.first() {
        text.push_str(&format!("{} plays of a history were skipped, the first: {first}\n", skipped.len()));
    }
    if let Some(why) = interrupted_by {
        text.push_str(&format!("INCOMPLETE: {why}\n"));
    }
    for left in left_behind {
        text.push_str(&format!("left behind: {left}\n"));
    }
    text
}

/// The exit code, as that of a run.
fn exit(explored: &Explored) -> Exit {
    let found = if explored.failures.is_empty() { Exit::Success } else { Exit::Findings };
    let is_incomplete = explored.interrupted_by.is_some()
        || (explored.failures.is_empty() && !explored.left_behind.is_empty());
    let incomplete = if is_incomplete { Exit::Target } else { Exit::Success };
    let nothing = if explored.histories == 0 { Exit::NothingRan } else { Exit::Success };
    found.or(incomplete).or(nothing)
}
