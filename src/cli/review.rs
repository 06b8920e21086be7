use std::io::{self, ErrorKind};
use std::path::PathBuf;

use super::config::{self, Config};
use super::failure::Failure;
use super::{Exit, console};
use crate::report::layout;
use crate::snapshot;

/// Look at new and different answers one by one, and accept or reject them
#[derive(Debug, clap::Args)]
pub(super) struct Review {
    #[command(flatten)]
    waiting: Waiting,
}

/// Which snapshots are meant.
#[derive(Debug, clap::Args)]
pub(super) struct Waiting {
    /// Beginnings of names, as `cycles/disable` [default: all]
    #[arg(value_name = "FILTER")]
    filters: Vec<String>,

    /// The folder of the snapshots
    #[arg(long, value_name = "DIR")]
    snapshots: Option<PathBuf>,
}

impl Waiting {
    /// The folder, and what waits in it for a decision.
    pub(super) fn find(self) -> Result<Vec<snapshot::Pending>, Failure> {
        let config = Config::read()?;
        let Some(folder) = self.snapshots.or(config.settings.snapshots) else {
            let next = format!("name one with --snapshots, or with `snapshots` in {}", config::FILE);
            return Err(Failure::usage("there is no folder of snapshots", next));
        };
        if !folder.is_dir() {
            return Err(Failure::usage(
                format!("{} is not a folder", folder.display()),
                "`scimulate run --snapshots DIR` makes it",
            ));
        }
        snapshot::pending(&folder, &self.filters).map_err(|error| {
            Failure::usage(format!("cannot read {}: {error}", folder.display()), "check the folder")
        })
    }
}

impl Review {
    pub(super) fn play(self) -> Result<Exit, Failure> {
        let pending = self.waiting.find()?;
        if pending.is_empty() {
            return console::say("nothing waits for a review\n").map(|()| Exit::Success);
        }
        let color = layout::wants_color(&io::stdout());
        let decisions =
            match snapshot::review(&pending, &mut io::stdin().lock(), &mut io::stdout().lock(), color) {
                // Nobody looks any more; what is not decided waits.
                Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(Exit::Success),
                decided => decided.map_err(|error| {
                    Failure::usage(
                        format!("the review cannot go on: {error}"),
                        "check the folder's permissions",
                    )
                })?,
            };
        let snapshot::Decisions { accepted, rejected, skipped } = decisions;
        console::say(&format!("\n{accepted} accepted, {rejected} rejected, {skipped} left\n"))?;
        Ok(Exit::Success)
    }
}
