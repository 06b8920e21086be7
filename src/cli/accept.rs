use super::failure::CommandFailure;
use super::review::{self, Waiting};
use super::{Exit, console};
use crate::snapshot;

/// Accept every new or different answer that waits for review
#[derive(Debug, clap::Args)]
pub(super) struct Accept {
    #[command(flatten)]
    waiting: Waiting,
}

impl Accept {
    pub(super) fn execute(self) -> Result<Exit, CommandFailure> {
        let pending = self.waiting.find()?;
        let accepted = snapshot::accept(&pending)
            .map_err(|error| review::failure("cannot accept every snapshot", &error))?;
        for snapshot in &pending[..accepted] {
            console::say(&format!("accepted {}\n", snapshot.name))?;
        }
        console::say(&format!("{accepted} accepted\n"))?;
        Ok(Exit::Success)
    }
}
