//! Every built-in profile against the embedded server that offers what it names: nothing may be found.

use std::fmt;

use tokio::runtime::Handle;

use super::matrix::Catch;
use super::plays::{self, SelftestSettings};
use super::subject::ServerUnderTest;
use crate::check::Level;
use crate::entra::mapping::Mapping;
use crate::run::plan::Plan;
use crate::threads::on_threads;

/// What was found with one profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileSighting {
    /// The profile's name.
    pub profile: String,
    /// Each check with its worst finding of level warning or above.
    pub alarms: Vec<(String, Catch)>,
    /// Why the run ended early, if it did.
    pub refused: Option<String>,
}

impl ProfileSighting {
    /// True when nothing was found.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.alarms.is_empty() && self.refused.is_none()
    }
}

/// The profile, then a line for each check.
impl fmt::Display for ProfileSighting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.profile)?;
        if let Some(why) = &self.refused {
            write!(f, "\n  {why}")?;
        }
        for (check, catch) in &self.alarms {
            write!(f, "\n  {check} [{}]: {}", catch.level, catch.message)?;
        }
        Ok(())
    }
}

/// Plays the plan with each mapping against a server without faults; calls `told` after each.
///
/// # Panics
/// When a thread that plays panicked.
pub fn play_profiles(
    settings: &SelftestSettings,
    mappings: &[Mapping],
    runtime: &Handle,
    told: impl Fn(&ProfileSighting) + Sync,
) -> Vec<ProfileSighting> {
    let mut sightings = on_threads(settings.jobs, mappings, |mapping| {
        let sighting = look(settings, mapping, runtime);
        told(&sighting);
        sighting
    });
    sightings.sort_by(|one, other| one.profile.cmp(&other.profile));
    sightings
}

fn look(settings: &SelftestSettings, mapping: &Mapping, runtime: &Handle) -> ProfileSighting {
    let plan = Plan { mapping: mapping.clone(), ..settings.plan.clone() };
    let sighting = plays::found(&plan, ServerUnderTest::Healthy, runtime);
    let alarms = sighting.catches.into_iter().filter(|(_, catch)| catch.level >= Level::Warning);
    ProfileSighting { profile: mapping.name.clone(), alarms: alarms.collect(), refused: sighting.refused }
}
