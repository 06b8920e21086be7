use std::path::{Path, PathBuf};

use serde_json::Value;

use super::config::Config;
use super::failure::Failure;
use super::{Exit, console};
use crate::catalogue::{Catalogue, Selection, Unknown, listing};
use crate::check::Level;
use crate::run::snapshots;
use crate::scenario::Scenario;
use crate::{load, rules, scenario, transport};

/// List every check: id, level and what must hold; or, with `profiles`, the mapping profiles, and with
/// `functions` those of mapping expressions
#[derive(Debug, clap::Args)]
pub(super) struct List {
    /// Ids, or prefixes that end in `/` [default: all]; after `profiles`, names of profiles whose rows to
    /// show
    #[arg(value_name = "FILTER")]
    filters: Vec<String>,

    /// Only this suite: rules, requirements, cycles and so on
    #[arg(long, value_name = "NAME")]
    suite: Option<String>,

    /// Only this level and those above: note, warning, error or critical
    #[arg(long, value_name = "LEVEL")]
    level: Option<Level>,

    /// Only scenarios that need this: an ability as bulk, or an attribute; can be repeated for one or another
    #[arg(long, value_name = "WHAT")]
    needs: Vec<String>,

    /// Write a Markdown page for each check, and an index, into this folder
    #[arg(long, value_name = "DIR")]
    pages: Option<PathBuf>,

    /// Search for the story that shows each rule, and print the table
    #[arg(long, hide = true)]
    stories: bool,

    #[command(flatten)]
    source: Source,
}

/// Where checks come from, and how they are written.
#[derive(Debug, clap::Args)]
pub(super) struct Source {
    /// The scenarios in this folder in place of the built-in ones
    #[arg(long, value_name = "DIR")]
    scenarios: Option<PathBuf>,

    /// Write JSON
    #[arg(long)]
    pub(super) json: bool,
}

impl Source {
    /// The rules, the requirements and the scenarios, of the folder that `run` would take them from.
    pub(super) fn catalogue(&self) -> Result<Catalogue, Failure> {
        Ok(catalogue(&self.scenarios()?))
    }

    /// The scenarios of the folder that `run` would take them from.
    pub(super) fn scenarios(&self) -> Result<Vec<Scenario>, Failure> {
        let config = Config::read()?;
        Ok(match self.scenarios.as_ref().or(config.settings.scenarios.as_ref()) {
            Some(folder) => scenario::from_dir(folder)?,
            None => scenario::builtin()?,
        })
    }

    /// Every check there is: the built-in scenarios, and beside them those of a folder. Waivers of several
    /// runs may stand in one file.
    pub(super) fn everything(folder: Option<&Path>) -> Result<Catalogue, Failure> {
        let config = Config::read()?;
        let mut scenarios = scenario::builtin()?;
        if let Some(folder) = folder.or(config.settings.scenarios.as_deref()) {
            scenarios.extend(scenario::from_dir(folder)?);
        }
        Ok(catalogue(&scenarios).with_judgements([snapshots::about()]))
    }
}

/// Every rule and requirement, with these scenarios.
pub(super) fn catalogue(scenarios: &[Scenario]) -> Catalogue {
    Catalogue::new(rules::all(), scenarios).with_requirements(transport::abouts().chain(load::abouts()))
}

impl List {
    pub(super) fn play(self) -> Result<Exit, Failure> {
        if let Some((first, names)) = self.filters.split_first()
            && first == "profiles"
        {
            return super::profiles::list(names, self.source.json);
        }
        if self.filters == ["functions"] {
            return super::eval::list_functions(self.source.json);
        }
        if let Some(folder) = self.pages {
            return super::pages::write(&folder);
        }
        if self.stories {
            return super::pages::stories(&self.filters);
        }
        let catalogue = self.source.catalogue()?;
        let selection =
            Selection { suite: self.suite, level: self.level, needs: self.needs, filters: self.filters };
        let entries = catalogue.list(&selection)?;
        if self.source.json {
            say_json(&entries.iter().map(|entry| entry.to_json()).collect())?;
        } else {
            console::say(&listing(&entries))?;
        }
        // Zero matched checks are never a success.
        Ok(if entries.is_empty() { Exit::NothingRan } else { Exit::Success })
    }
}

/// Writes JSON for people and programs: indented, with a line break at its end.
pub(super) fn say_json(value: &Value) -> Result<(), Failure> {
    console::say(&format!("{value:#}\n"))
}

impl From<Unknown> for Failure {
    fn from(unknown: Unknown) -> Self {
        Failure::usage(unknown.to_string(), "`scimulate list` names every check")
    }
}
