use std::path::{Path, PathBuf};

use jiff::civil::Date;

use super::failure::CommandFailure;
use super::output;
use super::source::Source;
use super::{Exit, console};
use crate::input;
use crate::waivers::{Draft, Drafted, NothingToWaive, PastReport, last_day};

/// Write waivers for what failed in a report: to standard output, or into a file of waivers
#[derive(Debug, clap::Args)]
pub(super) struct Waive {
    /// The JSON report of `run` in which the checks failed
    #[arg(long, value_name = "REPORT")]
    from: PathBuf,

    /// Why they may fail
    #[arg(long, value_name = "TEXT", value_parser = said)]
    reason: String,

    /// The last day on which they may, as 2027-01-31
    #[arg(long, value_name = "DATE", value_parser = ahead)]
    expires: Date,

    /// Where that is followed up
    #[arg(long, value_name = "URL", value_parser = said)]
    issue: Option<String>,

    /// Only this check; can be repeated [default: every check that failed]
    #[arg(long, value_name = "ID")]
    check: Vec<String>,

    /// Put them into this file; waivers that are there already are renewed, and all else stays as it is
    #[arg(long, value_name = "FILE")]
    into: Option<PathBuf>,

    /// The scenarios in this folder beside the built-in ones
    #[arg(long, value_name = "DIR")]
    scenarios: Option<PathBuf>,
}

fn said(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("it says nothing".to_owned()) } else { Ok(text.to_owned()) }
}

fn ahead(text: &str) -> Result<Date, String> {
    last_day(text, today())
}

/// Today in UTC, so that a waiver ends everywhere at the same moment.
pub(super) fn today() -> Date {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()
}

impl Waive {
    pub(super) fn play(self) -> Result<Exit, CommandFailure> {
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
            console::remark("nothing failed in that report: there is nothing to waive");
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
        if merged.renewed > 0 { "; the reasons of those stay" } else { "" }
    ));
    Ok(())
}

impl From<NothingToWaive> for CommandFailure {
    fn from(nothing: NothingToWaive) -> Self {
        CommandFailure::usage(
            nothing.to_string(),
            "`scimulate waive --from REPORT` without --check waives all that failed",
        )
    }
}
