use super::failure::CommandFailure;
use super::{Exit, console, profiles};
use crate::entra::mapping::{profiles::DEFAULT, schema};

/// Print a mapping as the synchronizationSchema that Entra exports and imports
///
/// A file of that kind is checked and printed as it came; what it holds and scimulate does not play is said
/// on standard error.
#[derive(Debug, clap::Args)]
pub(super) struct Schema {
    /// A built-in profile, a YAML profile, or a synchronizationSchema in JSON
    #[arg(value_name = "NAME|FILE", default_value = DEFAULT)]
    profile: String,
}

impl Schema {
    pub(super) fn play(self) -> Result<Exit, CommandFailure> {
        console::say_json(&schema::export(&profiles::load(&self.profile)?))?;
        Ok(Exit::Success)
    }
}
