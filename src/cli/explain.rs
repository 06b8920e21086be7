use std::sync::Arc;

use serde_json::Value;

use super::failure::CommandFailure;
use super::source::Source;
use super::{Exit, console, runtime};
use crate::examples::Examples;
use crate::run::snapshots;
use crate::suite;

/// Explain checks: what must hold and why, how to fix a failure, what the Entra admin sees, and a wrong and a
/// right answer
#[derive(Debug, clap::Args)]
pub(super) struct Explain {
    /// Ids of checks; a rule may be named without `rules/`
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,

    #[command(flatten)]
    source: Source,
}

impl Explain {
    pub(super) fn execute(self) -> Result<Exit, CommandFailure> {
        let scenarios = self.source.scenarios()?;
        let catalogue = suite::catalogue(&scenarios).with_judgements([snapshots::about()]);
        let entries = self.ids.iter().map(|id| catalogue.get(id)).collect::<Result<Vec<_>, _>>()?;
        let runtime = runtime::start()?;
        let scenarios = scenarios.into_iter().map(Arc::new).collect();
        let examples = Examples::new(scenarios, runtime.handle().clone());
        if self.source.json {
            let shown = entries.iter().map(|entry| {
                let mut json = entry.to_json();
                json["example"] = examples.of(entry).map_or(Value::Null, |example| example.to_json());
                json
            });
            console::say_json(&shown.collect())?;
        } else {
            let texts = entries.iter().map(|entry| {
                let example = examples.of(entry).map(|example| example.to_text(&entry.about.id));
                entry.explain() + &example.unwrap_or_default()
            });
            console::say(&texts.collect::<Vec<_>>().join("\n"))?;
        }
        Ok(Exit::Success)
    }
}
