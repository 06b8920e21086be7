//! `scimulate find`, `get`, `create`, `patch` and `delete`: one request by hand, written as Entra writes it, with the
//! same client, guard and rules as a run.

mod address;
mod create;
mod delete;
mod find;
mod get;
mod owned;
mod patch;
mod person;
mod session;
mod shown;
mod table;
mod value;

pub(super) use create::Create;
pub(super) use delete::Delete;
pub(super) use find::Find;
pub(super) use get::Get;
pub(super) use patch::Patch;

use std::path::Path;

use super::config::Config;
use super::failure::CommandFailure;
use super::sync::mapping;
use super::{config, switches};
use crate::diagnostic::Diagnostic;
use crate::entra::dialect::{Dialect, Switches, Writer};
use crate::entra::mapping::Mapping;
use crate::http::TenantUrl;
use crate::input;
use crate::suite::Dialects;

/// How requests are written.
#[derive(Debug, clap::Args)]
struct Wording {
    /// The provisioning configuration as Entra exports it (synchronizationSchema)
    #[arg(long, value_name = "FILE", conflicts_with = "profile", help_heading = "Job")]
    schema: Option<String>,

    /// Attribute mapping: the name of a built-in profile, or a file [default: default]
    #[arg(long, value_name = "NAME|FILE", help_heading = "Job")]
    profile: Option<String>,

    /// default, aadOptscim062020 or customappsso [default: the URL's flag, else default]
    #[arg(long, value_name = "NAME", help_heading = "Job")]
    dialect: Option<Dialect>,

    /// Choose a reading of Entra's behaviour (repeatable); `scimulate list switches` shows them
    #[arg(long, value_name = "NAME=VALUE", help_heading = "Job")]
    switch: Vec<String>,
}

impl Wording {
    fn mapping(&self, config: &Config, writer: &Writer) -> Result<Mapping, CommandFailure> {
        let mapping = mapping(self.schema.as_deref(), self.profile.as_deref(), config)?;
        Ok(switches::applied(&writer.switches, config.change(mapping)?))
    }

    /// In the dialect of the command line, else that of the file if it names only one, else the URL's.
    fn writer(&self, config: &Config, url: &TenantUrl) -> Result<Writer, CommandFailure> {
        let of_file = match config.settings.dialect.as_ref().map(|Dialects(all)| all.as_slice()) {
            Some([only]) => Some(*only),
            _ => None,
        };
        let dialect = self.dialect.or(of_file).unwrap_or_else(|| Dialects::one(Some(url)));
        Ok(Writer::new(dialect, switches::chosen(config, &self.switch)?))
    }
}

/// The writer of a request that is the same in every dialect.
fn plain_writer(config: &Config, url: &TenantUrl) -> Result<Writer, CommandFailure> {
    Ok(Writer::new(Dialects::one(Some(url)), Switches::clone(&config.switches()?)))
}

/// What a write at a target needs besides the words of the request.
#[derive(Debug, clap::Args)]
struct Consent {
    /// Write to a target that is not on this machine
    #[arg(long, help_heading = "Safety")]
    apply: bool,
}

/// That a write may reach an object of somebody else.
#[derive(Debug, clap::Args)]
struct Foreign {
    /// Write to a user or group that `scimulate create` did not create, or name it as a member or manager
    #[arg(long, help_heading = "Safety")]
    foreign: bool,
}

/// The JSON body of `--body`, as it is written.
fn body(path: &Path, token_from_input: bool) -> Result<String, CommandFailure> {
    let shown = path.display().to_string();
    let text = match shown.as_str() {
        "-" if token_from_input => {
            return Err(CommandFailure::usage(
                "both the token and the body are read from standard input",
                format!("put the token into SCIMULATE_TOKEN, or name its file in {}", config::FILE),
            ));
        }
        "-" => input::standard_input(input::WRITTEN),
        _ => input::text(path, input::WRITTEN),
    };
    let text = text.map_err(|error| {
        CommandFailure::usage(
            format!("the body cannot be read from {shown}: {error}"),
            "name a file with JSON in it, or - for standard input",
        )
    })?;
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&text) {
        // serde_json counts lines and columns from 1, and columns in bytes.
        let before: usize =
            text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        let at = before + error.column().saturating_sub(1);
        let said = error.to_string();
        let why = said.split(" at line ").next().unwrap_or("it cannot be read").to_owned();
        let mistake = Diagnostic::new(format!("the body is not JSON: {why}"), shown, text, at..at + 1);
        return Err(mistake.help("the body is sent as it is written, so it must be JSON").into());
    }
    Ok(text)
}
