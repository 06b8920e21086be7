use super::config::Config;
use super::failure::CommandFailure;
use super::sync::mapping;
use super::target::TargetOptions;
use super::{Exit, console, findings, runtime};
use crate::check::Finding;
use crate::entra::dialect::Dialect;
use crate::entra::job::{CycleStop, Job, JobSettings};
use crate::entra::mapping::Mapping;
use crate::entra::scope::Scope;
use crate::run::target::recorder::Recorder;
use crate::wire::{Exchange, Target};

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
        let url = self.target.needed_url(&config)?;
        let mapping = config.change(mapping(self.schema.as_deref(), self.profile.as_deref(), &config)?)?;
        let shown = url.to_string();
        let client = self.target.client(&config, url)?;
        let odd = runtime::start()?.block_on(connect(client, mapping, &shown))?;
        console::say(&format!("{shown}: {CONNECTED}\n"))?;
        for finding in odd {
            console::say(&format!("{} {}: {}\n", finding.level, finding.rule, finding.message))?;
        }
        Ok(Exit::Success)
    }
}

/// What is said of a target that answers as the portal wants it.
pub(super) const CONNECTED: &str = "connection OK, a lookup without a match returns an empty list";

/// Sends the request of the button; `shown` is the target for messages. What the rules find in an answer that the
/// portal accepts.
pub(super) async fn connect<T: Target>(
    target: T,
    mapping: Mapping,
    shown: &str,
) -> Result<Vec<Finding>, CommandFailure> {
    let client = Recorder::new(target);
    let job = Job::new(JobSettings::new(mapping, Scope::default(), Dialect::Default));
    let outcome = job.test_connection(&client).await;
    let trace = client.trace();
    match outcome {
        Ok(()) => Ok(findings::odd(&trace)),
        Err(CycleStop::Quarantined(_)) if trace.last().is_some_and(|last| lacks_token(last)) => {
            Err(CommandFailure::target(
                format!("{shown} wants a token (401), and none was given"),
                "put the token that Entra would send into SCIMULATE_TOKEN, or name a file with --token-file",
            ))
        }
        Err(CycleStop::Quarantined(quarantine)) => Err(CommandFailure::target(
            format!("the connection test failed: {}", quarantine.problem),
            quarantine.problem.code.recommendation(),
        )),
        Err(other) => Err(CommandFailure::internal(format!("the connection test ended early: {other:?}"))),
    }
}

/// True for a 401 to a request without a token.
fn lacks_token(exchange: &Exchange) -> bool {
    let signed_in =
        exchange.request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    exchange.answer().is_some_and(|answer| answer.status == 401) && !signed_in
}
