use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::config::Config;
use super::failure::CommandFailure;
use crate::catalogue::{Catalogue, UnknownId};
use crate::check::About;
use crate::scenario::Scenario;
use crate::{load, rules, scenario, suite, transport};

/// Where checks come from, and how they are written.
#[derive(Debug, clap::Args)]
pub(super) struct Source {
    /// Use the scenarios in this folder instead of the built-in ones
    #[arg(long, value_name = "DIR")]
    scenarios: Option<PathBuf>,

    /// Write JSON
    #[arg(long)]
    pub(super) json: bool,
}

impl Source {
    /// The rules, the requirements and the scenarios, of the folder that `run` would take them from.
    pub(super) fn catalogue(&self) -> Result<Catalogue, CommandFailure> {
        Ok(suite::catalogue(&self.scenarios()?))
    }

    /// The scenarios of the folder that `run` would take them from.
    pub(super) fn scenarios(&self) -> Result<Vec<Scenario>, CommandFailure> {
        let config = Config::read()?;
        Ok(match self.scenarios.as_ref().or(config.settings.scenarios.as_ref()) {
            Some(folder) => scenario::from_dir(folder)?,
            None => scenario::builtin()?,
        })
    }

    /// Every check there is, with those of the folder that is named or configured.
    pub(super) fn everything(folder: Option<&Path>) -> Result<Catalogue, CommandFailure> {
        let config = Config::read()?;
        Ok(suite::everything(folder.or(config.settings.scenarios.as_deref()))?)
    }
}

/// What the checks of a run say of themselves.
pub(super) fn abouts(scenarios: &[Arc<Scenario>]) -> Vec<About> {
    let rules = rules::all().iter().map(rules::Rule::about);
    let requirements = transport::abouts().chain(load::abouts());
    let scenarios = scenarios.iter().map(|scenario| &scenario.about);
    rules.chain(scenarios).cloned().chain(requirements.cloned()).collect()
}

impl From<UnknownId> for CommandFailure {
    fn from(unknown: UnknownId) -> Self {
        let next = match unknown.instead {
            Some(_) => "`scimulate list sections` shows every section and how many checks are about it",
            None => "`scimulate list` shows every check",
        };
        CommandFailure::usage(unknown.to_string(), next)
    }
}
