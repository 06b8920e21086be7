use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::config::Config;
use super::failure::CommandFailure;
use super::output::{folder_of, unwritten};
use super::playing::{self, Playing, ReadyTarget, Reporting};
use super::{Exit, console, source};
use crate::check::Level;
use crate::entra::mapping::Mapping;
use crate::gallery::{self, GalleryVerdict, Overall, Pack, SUITES, Template};
use crate::http::TenantUrl;
use crate::load;
use crate::people::People;
use crate::report::html::HtmlSettings;
use crate::report::{gallery as page, json};
use crate::run::target::deployment::Deployments;
use crate::run::{Plan, Report};
use crate::scenario;
use crate::scim::PatchPath;
use crate::suite::{Dialects, open_journal};
use crate::transport;

/// Predict Microsoft's gallery validation: its 25 tests, the validator's tests, and the other requirements
#[derive(Debug, clap::Args)]
pub(super) struct Gallery {
    #[command(flatten)]
    playing: Playing,

    #[command(flatten)]
    reporting: Reporting,

    /// default or aadOptscim062020: the dialect of the simulated tenant [default: the URL's flag, else default]
    #[arg(long, value_name = "NAME", help_heading = "Scenarios")]
    dialect: Option<Dialects>,

    /// Edition of Microsoft's template: without groups, 10 fails their tests and 11 skips them [default: 11]
    #[arg(long, value_name = "10|11")]
    gallery_template: Option<Template>,

    /// Test an attribute with this value, as userType=Employee (repeatable)
    #[arg(long, value_name = "PATH=VALUE", value_parser = test_value)]
    test_value: Vec<(String, String)>,

    /// Also measure the rate: send 25 requests per second for this many seconds
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    rate_gate: Option<u64>,

    /// Requests per second of the rate gate [default: 25, as the gallery requires]
    #[arg(long, value_name = "N", requires = "rate_gate")]
    rate: Option<NonZeroU32>,

    /// Write the documents for a submission into this folder: attribute tables, exported schema, endpoint
    /// facts, dated verdict and report
    #[arg(long, value_name = "DIR", help_heading = "Reports")]
    pack: Option<PathBuf>,

    /// The application's name in the pack [default: the profile's]
    #[arg(long, value_name = "NAME", help_heading = "Reports", requires = "pack")]
    app_name: Option<String>,

    /// Test the attributes in /Schemas, as the validator's "Discover schema" does, instead of the mapping's
    #[arg(long)]
    discover_attributes: bool,
}

/// What a gallery application must bear, in requests per second and tenant
/// (Microsoft: app-gallery-user-provisioning-requirements).
const REQUIRED_RATE: NonZeroU32 = NonZeroU32::new(25).expect("25 is not zero");

/// Checks beside Microsoft's tests: those that show a requirement, what the onboarding agent sends, and compact bodies,
/// which a job may be set to.
const BESIDE: [&str; 4] = [
    "conformance/token-required",
    "cycles/group-members-added-in-one-request",
    "cycles/group-name-with-apostrophe-and-dots",
    "field/compact-bodies-without-flag",
];

impl Gallery {
    pub(super) fn execute(self) -> Result<Exit, CommandFailure> {
        let config = Config::read()?;
        let url = self.playing.target.url(&config)?;
        let plan = self.plan(&config, url.as_ref())?;
        if self.rate_gate.is_some() && !self.playing.target.pace(&config).is_zero() {
            return Err(CommandFailure::usage(
                "--pace delays requests, which the rate gate would measure",
                "leave out --pace or --rate-gate",
            ));
        }
        let template = self.gallery_template.or(config.settings.gallery.template).unwrap_or_default();
        let mut outputs = self.reporting.outputs(&config)?;
        if let Some(folder) = &self.pack {
            folder_of("--pack", folder)?;
        }
        let (scenarios, mapping) = (plan.scenarios.clone(), plan.mapping.clone());
        let load_settings = self.load_settings(&config, url.as_ref(), &plan)?;
        let timeout = self.playing.target.timeout(&config)?;
        let look = url.map(|url| transport::TransportSettings {
            url,
            trust: self.playing.target.trust(&config),
            timeout,
            writer: plan.writer(),
            mapping: plan.mapping.clone(),
            fail_on: plan.fail_on,
        });
        let Some(ready) = self.playing.ready(&config, &plan)? else { return Ok(Exit::Interrupted) };
        let embedded = playing::embedded(&plan.mapping);
        let played = ready.play(plan, embedded, &mut outputs);
        let seen = match (look, &ready.shared) {
            // What keeps a target from being tested at all may be TLS.
            (Some(look), Some(shared)) if played.is_ok() || look.url.is_https() => {
                Some(ready.runtime.block_on(transport::look(&look, shared.client()))?)
            }
            _ => None,
        };
        let load = match (&played, self.rate_gate) {
            (Ok(_), Some(seconds)) => Some(self.measure(&ready, load_settings, seconds)?),
            _ => None,
        };
        let ended = ready.end();
        let settings = self.reporting.terminal(&self.playing);
        let mut report = match played {
            Ok(report) => report,
            Err(problem) => {
                outputs.abandon();
                if ended == Exit::Interrupted {
                    return Ok(ended);
                }
                if let Some(seen) = seen {
                    let mut text = Vec::new();
                    page::transport_checks(&seen.checks, &settings, &mut text).map_err(|error| {
                        CommandFailure::internal(format!("cannot write the report: {error}"))
                    })?;
                    console::say_bytes(&text)?;
                }
                return Err(playing::failure(problem));
            }
        };
        let (facts, more) = seen.map(|seen| (seen.facts, seen.checks)).unzip();
        let mut more = more.unwrap_or_default();
        let rate = load.and_then(|played| {
            more.extend(played.checks);
            report.left_behind.extend(played.left_behind);
            report.exchanges += played.exchanges;
            played.facts
        });
        let mut verdict = gallery::judge(template, &scenarios, &report, &more)
            .ok_or_else(|| CommandFailure::internal("no test of a gate was played"))?;
        if let Some(rate) = &rate {
            verdict.measured("rate", rate_line(rate), serde_json::to_value(rate).unwrap_or_default());
        }
        if let Some(facts) = &facts {
            verdict.seen("endpoint", serde_json::to_value(facts).unwrap_or_default());
        }
        report.checks.extend(more);
        report.settle();
        if let Some(folder) = &self.pack {
            self.write_pack(folder, &mapping, facts.as_ref(), &report, &verdict)?;
        }
        outputs.write(
            &report,
            |out| page::write(&report, &verdict, &settings, out),
            |out| json::write(&report, Some(&verdict), out),
            &HtmlSettings {
                verdict: Some(&verdict),
                abouts: &source::abouts(&scenarios),
                again: &settings.again,
            },
        )?;
        Ok(ended.or(match verdict.overall {
            Some(Overall::Succeeded) => Exit::Success,
            Some(Overall::Failed) | None => Exit::Findings,
            Some(Overall::Incomplete) => Exit::Target,
        }))
    }

    fn plan(&self, config: &Config, url: Option<&TenantUrl>) -> Result<Plan, CommandFailure> {
        let mut plan = self.playing.plan(config, url, scenarios()?)?.as_a_gate();
        let dialects = self.dialect.clone().or_else(|| config.settings.dialect.clone());
        plan.dialects = dialects.unwrap_or_else(|| Dialects::of(url)).0;
        // A tenant has one dialect, and the template does not ask for the flag.
        plan.dialects.truncate(1);
        plan.fail_on = Some(Level::Error);
        plan.discovered_attributes = self.discover_attributes;
        // Those of the command line come over those of the file.
        plan.test_values = config.test_values()?;
        plan.test_values.extend(self.test_value.iter().cloned());
        Ok(plan)
    }

    fn load_settings(
        &self,
        config: &Config,
        url: Option<&TenantUrl>,
        plan: &Plan,
    ) -> Result<load::LoadSettings, CommandFailure> {
        // People and journal of its own: what the tests made is gone by then.
        let prefix = crate::run::target::prefix::draw();
        let people = People::new(config.people()?, plan.seed, prefix.as_str()).map_err(|error| {
            CommandFailure::usage(error.to_string(), "correct [people] in scimulate.toml")
        })?;
        let journal = match url {
            Some(url) if self.rate_gate.is_some() => Some(Arc::new(open_journal(url, &prefix)?)),
            _ => None,
        };
        Ok(load::LoadSettings {
            mapping: plan.mapping.clone(),
            writer: plan.writer(),
            people,
            rate: self.rate.unwrap_or(REQUIRED_RATE),
            duration: Duration::ZERO,
            longest_wait: plan.wait_limit.longest(),
            journal,
            opaque_names: plan.opaque_names,
            cancel: plan.cancel.clone(),
            fail_on: plan.fail_on,
        })
    }

    fn measure(
        &self,
        ready: &ReadyTarget,
        mut settings: load::LoadSettings,
        seconds: u64,
    ) -> Result<load::Played, CommandFailure> {
        settings.duration = Duration::from_secs(seconds);
        ready.runtime.block_on(async {
            match &ready.shared {
                Some(shared) => {
                    let deployment = shared.open().await.map_err(CommandFailure::internal)?;
                    Ok(load::play(settings, Arc::new(deployment.target)).await)
                }
                None => {
                    let deployment = playing::embedded(&settings.mapping)
                        .open()
                        .await
                        .map_err(CommandFailure::internal)?;
                    let played = load::play(settings, Arc::new(deployment.target)).await;
                    drop(deployment.hold);
                    Ok(played)
                }
            }
        })
    }

    fn write_pack(
        &self,
        folder: &Path,
        mapping: &Mapping,
        facts: Option<&transport::TransportFacts>,
        report: &Report,
        verdict: &GalleryVerdict,
    ) -> Result<(), CommandFailure> {
        let endpoint = endpoint_facts(mapping, facts, report, verdict);
        let pack = Pack {
            application: self.app_name.as_deref().unwrap_or(&mapping.name),
            date: jiff::Zoned::now().date(),
            mapping,
            endpoint: &endpoint,
            verdict,
        };
        let mut files: Vec<(&str, Vec<u8>)> =
            pack.files().into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
        let plain = crate::report::TerminalSettings::for_file();
        let mut text = Vec::new();
        let mut machine = Vec::new();
        page::write(report, verdict, &plain, &mut text)
            .and_then(|()| json::write(report, Some(verdict), &mut machine))
            .map_err(|error| CommandFailure::internal(format!("cannot write the report: {error}")))?;
        files.push(("report.txt", text));
        files.push(("report.json", machine));
        for (name, bytes) in files {
            let path = folder.join(name);
            std::fs::write(&path, bytes).map_err(|error| unwritten(&path, &error))?;
        }
        Ok(())
    }
}

/// The scenarios of Microsoft's gates, and those that show a requirement beside them.
pub(super) fn scenarios() -> Result<Vec<Arc<scenario::Scenario>>, CommandFailure> {
    let wanted = |scenario: &scenario::Scenario| {
        let id = scenario.about.id.as_str();
        SUITES.iter().any(|suite| id.split('/').next() == Some(suite)) || BESIDE.contains(&id)
    };
    Ok(scenario::builtin()?.into_iter().filter(wanted).map(Arc::new).collect())
}

/// What the rate gate measured, in one line.
fn rate_line(facts: &load::LoadFacts) -> String {
    format!(
        "{} requests, {:.1} answered a second; latency p50 {:.0} ms, p90 {:.0} ms, p99 {:.0} ms, longest {:.0} ms",
        facts.requests,
        facts.achieved,
        facts.latency.p50_ms,
        facts.latency.p90_ms,
        facts.latency.p99_ms,
        facts.latency.max_ms
    )
}

/// What is known of the endpoint after a run, for the pack.
fn endpoint_facts(
    mapping: &Mapping,
    facts: Option<&transport::TransportFacts>,
    report: &Report,
    verdict: &GalleryVerdict,
) -> Vec<(String, String)> {
    let mut rows = vec![("Tenant URL".to_owned(), report.target.clone())];
    let mut row = |what: &str, value: String| rows.push((what.to_owned(), value));
    if let Some(facts) = facts {
        if !facts.flags.is_empty() {
            row("Flags of the Tenant URL", facts.flags.join(", "));
        }
        if let Some(tls) = &facts.tls {
            row("TLS versions", tls.versions.join(", "));
            row("Suite in TLS 1.2", tls.suite.unwrap_or("none of Microsoft's list").to_owned());
        }
    }
    row("Resource types", if mapping.group.is_some() { "User, Group" } else { "User" }.to_owned());
    if let Some(rate) = verdict.requirements.iter().find(|required| required.id == "rate") {
        row("Rate", rate.reason.clone().unwrap_or_else(|| rate.met.as_str().to_owned()));
    }
    let matching = mapping.user.matching().iter().map(|row| row.written.clone()).collect::<Vec<_>>();
    row("Matching attribute of users", matching.join(", "));
    for (number, what) in [(21, "OAuth 2.0 client credentials"), (22, "Workload identity federation")] {
        if let Some(test) = verdict.tests.iter().find(|test| test.spec.number == number) {
            row(what, test.result.as_str().to_owned());
        }
    }
    rows
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
