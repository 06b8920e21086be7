use super::failure::Failure;
use super::list::{Source, say_json};
use super::{Exit, console};
use crate::catalogue::{Entry, Kind};
use crate::run::snapshots;

/// Explain checks: what is demanded, why, how to fix it, what the Entra admin sees
#[derive(Debug, clap::Args)]
pub(super) struct Explain {
    /// Ids of checks; a rule may be named without `rules/`
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,

    #[command(flatten)]
    source: Source,
}

impl Explain {
    pub(super) fn play(self) -> Result<Exit, Failure> {
        let catalogue = self.source.catalogue()?;
        // Judged by the comparison of snapshots, not by a rule that watches exchanges.
        let differs = Entry { about: snapshots::about().clone(), kind: Kind::Rule };
        let entries = self
            .ids
            .iter()
            .map(|id| if *id == differs.about.id { Ok(&differs) } else { catalogue.get(id) })
            .collect::<Result<Vec<_>, _>>()?;
        if self.source.json {
            say_json(&entries.iter().map(|entry| entry.to_json()).collect())?;
        } else {
            let texts: Vec<String> = entries.iter().map(|entry| entry.explain()).collect();
            console::say(&texts.join("\n"))?;
        }
        Ok(Exit::Success)
    }
}
