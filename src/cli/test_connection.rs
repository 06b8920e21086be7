use super::config::Config;
use super::failure::CommandFailure;
use super::sync::mapping;
use super::target::TargetOptions;
use super::{Exit, console, runtime};
use crate::entra::dialect::Dialect;
use crate::entra::job::{CycleStop, Job, JobSettings};
use crate::entra::scope::Scope;

/// Send the request of the portal's "Test Connection" button to the target
#[derive(Debug, clap::Args)]
pub(super) struct TestConnection {
    #[command(flatten)]
    target: TargetOptions,

    /// The provisioning configuration as Entra exports it (synchronizationSchema)
    #[arg(long, value_name = "FILE", conflicts_with = "profile")]
    schema: Option<String>,

    /// Attribute mapping: the name of a built-in profile, or a file [default: default]
    #[arg(long, value_name = "NAME|FILE")]
    profile: Option<String>,
}

impl TestConnection {
    pub(super) fn execute(self) -> Result<Exit, CommandFailure> {
        let config = Config::read()?;
        let Some(url) = self.target.url(&config)? else {
            return Err(CommandFailure::usage("no target is named", "name the SCIM base URL with --target"));
        };
        let mapping = config.change(mapping(self.schema.as_deref(), self.profile.as_deref(), &config)?)?;
        let shown = url.to_string();
        let client = self.target.client(&config, url)?;
        let job = Job::new(JobSettings::new(mapping, Scope::default(), Dialect::Default));
        match runtime::start()?.block_on(job.test_connection(&client)) {
            Ok(()) => {
                console::say(&format!(
                    "{shown}: connection OK, a lookup without a match returns an empty list\n"
                ))?;
                Ok(Exit::Success)
            }
            Err(CycleStop::Quarantined(quarantine)) => Err(CommandFailure::target(
                format!("the connection test failed: {}", quarantine.problem),
                quarantine.problem.code.recommendation(),
            )),
            Err(other) => {
                Err(CommandFailure::internal(format!("the connection test ended early: {other:?}")))
            }
        }
    }
}
