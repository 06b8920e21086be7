use std::path::PathBuf;

use super::failure::CommandFailure;
use super::source::Source;
use super::{Exit, console, eval, file_schemas, pages, profiles, switches};
use crate::catalogue::{CatalogueFilter, listing, section_listing, sections_json};
use crate::check::{Demand, Level};

/// List every check with its id, its level and what must hold; or list the mapping `profiles`, the `functions` of
/// mapping expressions, the `sections` of RFCs with their checks, or the `switches` between readings of Entra's behaviour
#[derive(Debug, clap::Args)]
pub(super) struct List {
    /// Ids, prefixes that end in `/`, or sections as rfc7644#3.5.2 [default: all]; after `profiles` or `switches`, names
    /// to show in full
    #[arg(value_name = "FILTER")]
    filters: Vec<String>,

    /// Show only this suite: rules, requirements, cycles and so on
    #[arg(long, value_name = "NAME")]
    suite: Option<String>,

    /// Show only this level and those above: note, warning, error or critical
    #[arg(long, value_name = "LEVEL")]
    level: Option<Level>,

    /// Show only checks of a demand with this word of RFC 2119: MUST, SHOULD or MAY (repeatable)
    #[arg(long, value_name = "WORD")]
    demand: Vec<Demand>,

    /// Show only scenarios that need this ability, as bulk, or this attribute; repeat it for alternatives
    #[arg(long, value_name = "WHAT")]
    needs: Vec<String>,

    /// Write a Markdown page for each check and an index into this folder
    #[arg(long, value_name = "DIR")]
    pages: Option<PathBuf>,

    /// Write the JSON Schemas of the files that you write (scimulate.toml, scenarios, profiles, waivers, directories) into
    /// this folder, for editors
    #[arg(long, value_name = "DIR", conflicts_with_all = ["filters", "suite", "level", "demand", "needs", "pages", "scenarios", "json"])]
    schemas: Option<PathBuf>,

    #[command(flatten)]
    source: Source,
}

impl List {
    pub(super) fn execute(self) -> Result<Exit, CommandFailure> {
        if let Some((first, names)) = self.filters.split_first()
            && first == "profiles"
        {
            return profiles::list(names, self.source.json);
        }
        if let Some((first, names)) = self.filters.split_first()
            && first == "switches"
        {
            return switches::list(names, self.source.json);
        }
        if self.filters == ["functions"] {
            return eval::list_functions(self.source.json);
        }
        if let Some(folder) = self.pages {
            return pages::write(&folder);
        }
        if let Some(folder) = self.schemas {
            return file_schemas::write(&folder);
        }
        let catalogue = self.source.catalogue()?;
        if self.filters == ["sections"] {
            let sections = catalogue.sections();
            if self.source.json {
                console::say_json(&sections_json(&sections))?;
            } else {
                console::say(&section_listing(&sections))?;
            }
            return Ok(Exit::Success);
        }
        let selection = CatalogueFilter {
            suite: self.suite,
            level: self.level,
            needs: self.needs,
            filters: self.filters,
            demands: self.demand,
        };
        let entries = catalogue.list(&selection)?;
        if self.source.json {
            console::say_json(&entries.iter().map(|entry| entry.to_json()).collect())?;
        } else {
            console::say(&listing(&entries))?;
        }
        // Zero matched checks are never a success.
        Ok(if entries.is_empty() { Exit::NothingRan } else { Exit::Success })
    }
}
