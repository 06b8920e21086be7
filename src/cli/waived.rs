//! What `run` is told to know of: waivers, and the report of an earlier run.

use std::path::Path;

use super::failure::CommandFailure;
use super::source::Source;
use super::waive::today;
use crate::catalogue::Catalogue;
use crate::check::Level;
use crate::run::verdict::report::Report;
use crate::waivers::{Baseline, PastReport, WaiverContext, Waivers};

/// What is known to fail.
pub(super) struct WaivedOptions {
    waivers: Option<Waivers>,
    baseline: Option<Baseline>,
    /// Knows the ids that checks had before. Empty when nothing is known.
    catalogue: Catalogue,
    narrowed: bool,
}

/// Where it stands.
pub(super) struct Files<'a> {
    pub(super) waivers: Option<&'a Path>,
    pub(super) baseline: Option<&'a Path>,
    /// The scenarios beside the built-in ones.
    pub(super) scenarios: Option<&'a Path>,
}

impl WaivedOptions {
    /// Reads the files that are named. `narrowed` as in [`WaiverContext`].
    pub(super) fn read(files: &Files<'_>, narrowed: bool) -> Result<Self, CommandFailure> {
        let mut known =
            WaivedOptions { waivers: None, baseline: None, catalogue: Catalogue::default(), narrowed };
        if files.waivers.is_none() && files.baseline.is_none() {
            return Ok(known);
        }
        known.catalogue = Source::everything(files.scenarios)?;
        known.waivers = files.waivers.map(|path| Waivers::read(path, &known.catalogue)).transpose()?;
        if let Some(path) = files.baseline {
            known.baseline = Some(Baseline::of(&PastReport::read(path)?, &known.catalogue));
        }
        Ok(known)
    }

    /// Marks what is known in a report, and settles it.
    pub(super) fn apply(&self, report: &mut Report, fail_on: Option<Level>) -> Result<(), CommandFailure> {
        if let Some(waivers) = &self.waivers {
            let circumstances = WaiverContext { fail_on, today: today(), narrowed: self.narrowed };
            waivers.apply(report, circumstances);
        }
        if let Some(baseline) = &self.baseline {
            baseline.apply(report, fail_on, &self.catalogue).map_err(|error| {
                CommandFailure::internal(format!("the report cannot be compared with the baseline: {error}"))
            })?;
        }
        Ok(())
    }
}
