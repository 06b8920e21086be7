//! What `run` is told to know of: waivers.

use std::path::Path;

use super::failure::Failure;
use super::list::Source;
use super::waive::today;
use crate::check::Level;
use crate::run::Report;
use crate::waivers::{Circumstances, Waivers};

/// What is known to fail.
pub(super) struct Known {
    waivers: Option<Waivers>,
    narrowed: bool,
}

impl Known {
    /// Reads the files that are named. `narrowed` as in [`Circumstances`].
    pub(super) fn read(
        waivers: Option<&Path>,
        scenarios: Option<&Path>,
        narrowed: bool,
    ) -> Result<Self, Failure> {
        let waivers = match waivers {
            Some(path) => Some(Waivers::read(path, &Source::everything(scenarios)?)?),
            None => None,
        };
        Ok(Known { waivers, narrowed })
    }

    /// Marks what is known in a report, and settles it.
    pub(super) fn apply(&self, report: &mut Report, fail_on: Option<Level>) {
        if let Some(waivers) = &self.waivers {
            let circumstances = Circumstances { fail_on, today: today(), narrowed: self.narrowed };
            waivers.apply(report, circumstances);
        }
    }
}
