use std::io;
use std::sync::Arc;

use indexmap::IndexMap;

use super::Exit;
use super::config::Config;
use super::failure::Failure;
use super::playing::{self, Playing};
use super::words::Dialects;
use crate::check::Level;
use crate::entra::dialect::{Dialect, Writer};
use crate::gallery::{self, Overall, SUITES, Template};
use crate::http::TenantUrl;
use crate::report::{gallery as page, json, terminal};
use crate::run::Plan;
use crate::scenario;
use crate::scim::PatchPath;
use crate::stages::Embedded;
use crate::transport;
use crate::wire::Secrets;

/// Predict Microsoft's gallery validation: its 25 tests, the validator's, and the requirements beside them
#[derive(Debug, clap::Args)]
pub(super) struct Gallery {
    #[command(flatten)]
    playing: Playing,

    /// default or aadOptscim062020: the dialect of the simulated tenant [default: the URL's flag, else default]
    #[arg(long, value_name = "NAME", help_heading = "Scenarios")]
    dialect: Option<Dialects>,

    /// Edition of Microsoft's template: 10 fails an endpoint without groups, 11 skips their tests
    #[arg(long, value_name = "10|11", default_value = "11")]
    gallery_template: Template,

    /// Test an attribute with this value, as userType=Employee; can be repeated
    #[arg(long, value_name = "PATH=VALUE", value_parser = test_value)]
    test_value: Vec<(String, String)>,

    /// Test the attributes that /Schemas publishes, as the validator's "Discover schema" does, not the mapping's
    #[arg(long)]
    discover_attributes: bool,
}

/// Checks beside Microsoft's tests that show a requirement.
const BESIDE: [&str; 3] =
    ["conformance/no-token", "conformance/wrong-token", "conformance/several-members-in-one-patch"];

impl Gallery {
    pub(super) fn play(self) -> Result<Exit, Failure> {
        let config = Config::read()?;
        let url = self.playing.target.url(&config)?;
        let plan = self.plan(&config, url.as_ref())?;
        let mut outputs = self.playing.outputs(&config)?;
        let scenarios = plan.scenarios.clone();
        let look = url.map(|url| transport::Settings {
            url,
            trust: self.playing.target.trust(&config),
            timeout: plan.patience,
            writer: Writer::new(
                plan.dialects.first().copied().unwrap_or(Dialect::Default),
                plan.switches.clone(),
            ),
            mapping: plan.mapping.clone(),
            secrets: Secrets::default(),
            fail_on: plan.fail_on,
        });
        let Some(ready) = self.playing.ready(&config, &plan)? else { return Ok(Exit::Interrupted) };
        let played = ready.play(plan, Embedded::default(), &mut outputs);
        let more = match (&played, look, &ready.shared) {
            (Ok(_), Some(mut look), Some(shared)) => {
                look.secrets = shared.client().secrets();
                ready.runtime.block_on(transport::look(&look, shared.client())).map(|seen| seen.checks)?
            }
            _ => Vec::new(),
        };
        let ended = ready.end();
        let mut report = match played {
            Ok(report) => report,
            Err(problem) => {
                outputs.abandon();
                return if ended == Exit::Interrupted { Ok(ended) } else { Err(playing::failure(problem)) };
            }
        };
        let verdict = gallery::judge(self.gallery_template, &scenarios, &report, &more)
            .ok_or_else(|| Failure::internal("no test of a gate was played"))?;
        report.checks.extend(more);
        report.settle();
        let settings = terminal::Settings::for_stream(&io::stdout(), self.playing.verbose);
        outputs.write(
            |out| page::write(&report, &verdict, &settings, out),
            |out| json::write(&report, Some(&verdict), out),
        )?;
        Ok(ended.or(match verdict.overall {
            Some(Overall::Succeeded) => Exit::Success,
            Some(Overall::Failed) | None => Exit::Findings,
            Some(Overall::Incomplete) => Exit::Target,
        }))
    }

    fn plan(&self, config: &Config, url: Option<&TenantUrl>) -> Result<Plan, Failure> {
        let wanted = |scenario: &scenario::Scenario| {
            let id = scenario.about.id.as_str();
            SUITES.iter().any(|suite| id.split('/').next() == Some(suite)) || BESIDE.contains(&id)
        };
        let scenarios = scenario::builtin()?.into_iter().filter(wanted).map(Arc::new).collect();
        let mut plan = self.playing.plan(config, url, scenarios)?.as_a_gate();
        let dialects = self.dialect.clone().or_else(|| config.settings.dialect.clone());
        plan.dialects = dialects.unwrap_or_else(|| Dialects::of(url)).0;
        // A tenant has one dialect, and the template does not ask for the flag.
        plan.dialects.truncate(1);
        plan.fail_on = Some(Level::Error);
        plan.discovered_attributes = self.discover_attributes;
        plan.test_values = self.test_values();
        Ok(plan)
    }

    fn test_values(&self) -> IndexMap<String, String> {
        self.test_value.iter().cloned().collect()
    }
}

/// `PATH=VALUE`; the path may hold `eq` and brackets, so the first `=` behind them counts.
fn test_value(text: &str) -> Result<(String, String), String> {
    let (path, value) =
        text.split_once('=').ok_or_else(|| format!("`{text}` has no `=`: write userType=Employee"))?;
    match path.parse::<PatchPath>() {
        Ok(_) => Ok((path.to_owned(), value.to_owned())),
        Err(error) => Err(format!("`{path}` is not the path of an attribute: {}", error.message)),
    }
}
