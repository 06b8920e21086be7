use super::failure::CommandFailure;
use super::{Exit, console, profiles};
use crate::entra::mapping::{profiles::DEFAULT, schema};

/// Print a mapping as the synchronizationSchema that Entra exports and imports
///
/// A synchronizationSchema is checked and printed unchanged; warnings on standard error name the parts that
/// scimulate does not play.
#[derive(Debug, clap::Args)]
pub(super) struct Schema {
    /// A built-in profile, a YAML profile, or a synchronizationSchema in JSON
    #[arg(value_name = "NAME|FILE", default_value = DEFAULT)]
    profile: String,
}

impl Schema {
    pub(super) fn execute(self) -> Result<Exit, CommandFailure> {
        console::say_json(&schema::export(&profiles::load(&self.profile)?))?;
        Ok(Exit::Success)
    }
}
