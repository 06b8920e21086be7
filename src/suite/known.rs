//! What a run is told to know of: waivers, and the report of an earlier run.

use std::io;
use std::path::Path;

use jiff::civil::Date;

use crate::catalogue::Catalogue;
use crate::check::Level;
use crate::diagnostic::Diagnostic;
use crate::run::snapshots;
use crate::run::verdict::report::Report;
use crate::scenario::{self, Scenario};
use crate::waivers::{Baseline, PastReport, WaiverContext, Waivers};
use crate::{load, rules, transport};

/// Today in UTC, so that a waiver ends everywhere at the same moment.
pub(crate) fn today() -> Date {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// Every rule and requirement, with these scenarios.
pub(crate) fn catalogue(scenarios: &[Scenario]) -> Catalogue {
    Catalogue::new(rules::all(), scenarios).with_requirements(transport::abouts().chain(load::abouts()))
}

/// Every check there is: the built-in scenarios, and beside them those of a folder. Waivers of several runs may stand
/// in one file.
pub(crate) fn everything(folder: Option<&Path>) -> Result<Catalogue, Vec<Diagnostic>> {
    let mut scenarios = scenario::builtin()?;
    if let Some(folder) = folder {
        scenarios.extend(scenario::from_dir(folder)?);
    }
    Ok(catalogue(&scenarios).with_judgements([snapshots::about()]))
}

/// What is known to fail.
pub(crate) struct KnownFailures {
    waivers: Option<Waivers>,
    baseline: Option<Baseline>,
    /// Knows the ids that checks had before. Empty when nothing is known.
    catalogue: Catalogue,
    narrowed: bool,
}

/// Where it stands.
pub(crate) struct Files<'a> {
    pub(crate) waivers: Option<&'a Path>,
    pub(crate) baseline: Option<&'a Path>,
    /// The scenarios beside the built-in ones.
    pub(crate) scenarios: Option<&'a Path>,
}

impl KnownFailures {
    /// Reads the files that are named. `narrowed` as in [`WaiverContext`].
    pub(crate) fn read(files: &Files<'_>, narrowed: bool) -> Result<Self, Vec<Diagnostic>> {
        let mut known =
            KnownFailures { waivers: None, baseline: None, catalogue: Catalogue::default(), narrowed };
        if files.waivers.is_none() && files.baseline.is_none() {
            return Ok(known);
        }
        known.catalogue = everything(files.scenarios)?;
        let waivers = files.waivers.map(|path| Waivers::read(path, &known.catalogue)).transpose();
        known.waivers = waivers.map_err(|mistake| vec![mistake])?;
        if let Some(path) = files.baseline {
            let past = PastReport::read(path).map_err(|mistake| vec![mistake])?;
            known.baseline = Some(Baseline::of(&past, &known.catalogue));
        }
        Ok(known)
    }

    /// Marks what is known in a report, and settles it.
    pub(crate) fn apply(&self, report: &mut Report, fail_on: Option<Level>) -> io::Result<()> {
        if let Some(waivers) = &self.waivers {
            let circumstances = WaiverContext { fail_on, today: today(), narrowed: self.narrowed };
            waivers.apply(report, circumstances);
        }
        if let Some(baseline) = &self.baseline {
            baseline.apply(report, fail_on, &self.catalogue)?;
        }
        Ok(())
    }
}
