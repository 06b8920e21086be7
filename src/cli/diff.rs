use std::path::PathBuf;

use super::failure::CommandFailure;
use super::output::Output;
use super::source::Source;
use super::{Exit, console};
use crate::diff::{Diff, write_markdown, write_text};
use crate::report::{Detail, TerminalSettings};
use crate::waivers::PastReport;

/// Compare two JSON reports of `run`: new failures, mended ones, and those that were not judged again. The exit code is 1
/// if there is a new failure at error or above
#[derive(Debug, clap::Args)]
pub(super) struct DiffReports {
    /// The earlier report, as of the main branch
    #[arg(value_name = "OLD")]
    old: PathBuf,

    /// The later report, as of a pull request
    #[arg(value_name = "NEW")]
    new: PathBuf,

    /// Write Markdown for a comment on a pull request, to standard output if no file is named
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    markdown: Option<PathBuf>,

    /// Also know the scenarios in this folder
    #[arg(long, value_name = "DIR")]
    scenarios: Option<PathBuf>,
}

impl DiffReports {
    pub(super) fn execute(self) -> Result<Exit, CommandFailure> {
        let catalogue = Source::everything(self.scenarios.as_deref())?;
        let (old, new) = (PastReport::read(&self.old)?, PastReport::read(&self.new)?);
        let markdown = Output::open("--markdown", self.markdown.as_deref())?;
        let diff = Diff::of(&old, &new, &catalogue);
        let settings = match console::is_taken() {
            true => TerminalSettings::for_stream(&std::io::stderr(), Detail::Usual),
            false => TerminalSettings::for_stream(&std::io::stdout(), Detail::Usual),
        };
        let names = (self.old.display().to_string(), self.new.display().to_string());
        let mut text = Vec::new();
        write_text(&diff, (&names.0, &names.1), &settings, &mut text)
            .map_err(|error| CommandFailure::internal(format!("cannot write what differs: {error}")))?;
        console::say_bytes(&text)?;
        if let Some(markdown) = markdown {
            markdown.write(|out| write_markdown(&diff, out))?;
        }
        let found = if diff.worse.is_empty() { Exit::Success } else { Exit::Findings };
        let whole = match () {
            () if diff.is_incomplete => Exit::Target,
            () if diff.is_empty => Exit::NothingRan,
            () => Exit::Success,
        };
        Ok(found.or(whole))
    }
}
