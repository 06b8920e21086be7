use super::failure::Failure;
use super::review::Waiting;
use super::{Exit, console};

/// Accept all new and different answers that wait for a review
#[derive(Debug, clap::Args)]
pub(super) struct Accept {
    #[command(flatten)]
    waiting: Waiting,
}

impl Accept {
    pub(super) fn play(self) -> Result<Exit, Failure> {
        let pending = self.waiting.find()?;
        for snapshot in &pending {
            snapshot.accept().map_err(|error| {
                Failure::usage(
                    format!("cannot accept {}: {error}", snapshot.name),
                    "check the folder's permissions",
                )
            })?;
            console::say(&format!("accepted {}\n", snapshot.name))?;
        }
        console::say(&format!("{} accepted\n", pending.len()))?;
        Ok(Exit::Success)
    }
}
