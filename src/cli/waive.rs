use std::path::{Path, PathBuf};

use jiff::civil::Date;

use super::failure::CommandFailure;
use super::output;
use super::source::Source;
use super::{Exit, console};
use crate::input;
use crate::suite::today;
use crate::waivers::{Draft, Drafted, NothingToWaive, PastReport, last_day};

/// Write waivers for the checks that failed in a report, to standard output or into a file
#[derive(Debug, clap::Args)]
pub(super) struct Waive {
    /// The JSON report of `run` in which the checks failed
    #[arg(long, value_name = "REPORT")]
    from: PathBuf,

    /// Why the checks may fail
    #[arg(long, value_name = "TEXT", value_parser = said)]
    reason: String,

    /// Last day on which they may fail, as 2027-01-31
    #[arg(long, value_name = "DATE", value_parser = ahead)]
    expires: Date,

    /// Where the fix is tracked
    #[arg(long, value_name = "URL", value_parser = said)]
    issue: Option<String>,

    /// Waive only this check (repeatable) [default: every check that failed]
    #[arg(long, value_name = "ID")]
    check: Vec<String>,

    /// Add the waivers to this file, and renew those that it already contains
    #[arg(long, value_name = "FILE")]
    into: Option<PathBuf>,

    /// Also know the scenarios in this folder
    #[arg(long, value_name = "DIR")]
    scenarios: Option<PathBuf>,
}

fn said(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("it must not be empty".to_owned()) } else { Ok(text.to_owned()) }
}

fn ahead(text: &str) -> Result<Date, String> {
    last_day(text, today())
}

impl Waive {
    pub(super) fn execute(self) -> Result<Exit, CommandFailure> {
        let catalogue = Source::everything(self.scenarios.as_deref())?;
        let report = PastReport::read(&self.from)?;
        let checks = self
            .check
            .iter()
            .map(|id| catalogue.get(id).map(|entry| entry.about.id.clone()))
            .collect::<Result<Vec<_>, _>>()?;
        let draft = Draft { reason: self.reason, issue: self.issue, expires: self.expires, checks };
        let drafted = draft.of(&report, &catalogue)?;
        for left_out in &drafted.left_out {
            console::remark(&format!("not waived: {left_out}"));
        }
        if drafted.is_empty() {
            console::remark("the report has no failed check to waive");
            return Ok(Exit::Success);
        }
        match self.into {
            None => console::say(&drafted.to_toml())?,
            Some(path) => merge(&drafted, &path, &catalogue)?,
        }
        Ok(Exit::Success)
    }
}

fn merge(
    drafted: &Drafted,
    path: &Path,
    catalogue: &crate::catalogue::Catalogue,
) -> Result<(), CommandFailure> {
    let text = match input::text(path, input::WRITTEN) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => {
            let what = format!("cannot read {}: {error}", path.display());
            return Err(CommandFailure::usage(what, "name a file of waivers with --into"));
        }
    };
    let merged = drafted.merged_into(&text, &path.display().to_string(), catalogue)?;
    output::replace(path, &merged.text)?;
    console::remark(&format!(
        "{}: {} added, {} renewed{}",
        path.display(),
        merged.added,
        merged.renewed,
        if merged.renewed > 0 { "; their reasons are kept" } else { "" }
    ));
    Ok(())
}

impl From<NothingToWaive> for CommandFailure {
    fn from(nothing: NothingToWaive) -> Self {
        CommandFailure::usage(
            nothing.to_string(),
            "`scimulate waive --from REPORT` without --check waives every check that failed",
        )
    }
}
