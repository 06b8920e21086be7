use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::config::{self, Config};
use super::failure::CommandFailure;
use super::{Exit, console};
use crate::report::stream;
use crate::snapshot;

/// Review new and different answers, equal changes together, and accept or reject them
#[derive(Debug, clap::Args)]
pub(super) struct Review {
    #[command(flatten)]
    waiting: Waiting,
}

/// Which snapshots are meant.
#[derive(Debug, clap::Args)]
pub(super) struct Waiting {
    /// Prefixes of names, as `cycles/disable` [default: all]
    #[arg(value_name = "FILTER")]
    filters: Vec<String>,

    /// The folder of the snapshots
    #[arg(long, value_name = "DIR")]
    snapshots: Option<PathBuf>,
}

impl Waiting {
    /// The folder, and what waits in it for a decision.
    pub(super) fn find(self) -> Result<Vec<snapshot::Pending>, CommandFailure> {
        let config = Config::read()?;
        let Some(folder) = self.snapshots.or(config.settings.snapshots) else {
            let next = format!("name one with --snapshots, or with `snapshots` in {}", config::FILE);
            return Err(CommandFailure::usage("no folder of snapshots is named", next));
        };
        if !folder.is_dir() {
            return Err(CommandFailure::usage(
                format!("{} is not a folder", folder.display()),
                "`scimulate run --snapshots DIR` makes it",
            ));
        }
        refuse_old_layout(&folder)?;
        snapshot::pending(&folder, &self.filters)
            .map_err(|error| failure(&format!("cannot read {}", folder.display()), &error))
    }
}

/// A folder with a file for each step would only be told that everything in it is new.
pub(super) fn refuse_old_layout(folder: &Path) -> Result<(), CommandFailure> {
    let old = snapshot::old_layout(folder)
        .map_err(|error| failure(&format!("cannot read {}", folder.display()), &error))?;
    let Some(old) = old else { return Ok(()) };
    let shown = folder.display();
    Err(CommandFailure::usage(
        format!(
            "{shown} has a file for each step, as {}; snapshots are now one file for each scenario and dialect",
            old.display()
        ),
        format!(
            "remove {shown}, then accept the answers again with `scimulate run --snapshots {shown} --update`"
        ),
    ))
}

/// What went wrong with snapshots, and what to do.
pub(super) fn failure(what: &str, error: &io::Error) -> CommandFailure {
    let next = match error.kind() {
        _ if error.get_ref().is_some_and(|inner| inner.is::<snapshot::Outdated>()) => {
            snapshot::Outdated::WAY_OUT
        }
        ErrorKind::InvalidData => snapshot::Unreadable::WAY_OUT,
        ErrorKind::NotFound => "`scimulate review` shows the answers that wait for review",
        _ => "check the folder and its permissions",
    };
    CommandFailure::usage(format!("{what}: {error}"), next)
}

impl Review {
    pub(super) fn execute(self) -> Result<Exit, CommandFailure> {
        let pending = self.waiting.find()?;
        if pending.is_empty() {
            return console::say("nothing waits for review\n").map(|()| Exit::Success);
        }
        let color = stream::wants_color(&io::stdout());
        let decisions =
            match snapshot::review(&pending, &mut io::stdin().lock(), &mut io::stdout().lock(), color) {
                // Nobody looks any more; what is not decided waits.
                Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(Exit::Success),
                decided => decided.map_err(|error| failure("the review cannot continue", &error))?,
            };
        let snapshot::Decisions { accepted, rejected, skipped } = decisions;
        console::say(&format!("\n{accepted} accepted, {rejected} rejected, {skipped} left\n"))?;
        Ok(Exit::Success)
    }
}
