//! What every command that plays scenarios has: where, with which mapping, and where it is told.

use std::fs;
use std::io::{self, IsTerminal as _, Stderr, Write};
use std::path::PathBuf;
use std::sync::Arc;

use super::config::{self, Config, NameVisibility};
use super::exec::Exec;
use super::failure::CommandFailure;
use super::interrupt::Interrupt;
use super::output::{Appended, Output, Stream, folder_of, unwritten};
use super::second::SecondOptions;
use super::target::TargetOptions;
use super::{Exit, console, switches};
use crate::check::Level;
use crate::deployments::{Embedded, Shared, TenantClients};
use crate::entra::mapping::{Mapping, profiles};
use crate::http::{Client, Secrets, TenantUrl, wait_for};
use crate::report::events::Events;
use crate::report::har::Har;
use crate::report::html::{Html, HtmlSettings};
use crate::report::progress::Progress;
use crate::report::script::Scripts;
use crate::report::{Detail, MAX_CAUSES, TerminalSettings, github, markdown, quoted};
use crate::run;
use crate::run::RunProblem;
use crate::run::event::{Event, Listener};
use crate::run::plan::Plan;
use crate::run::target::prefix;
use crate::run::verdict::report::Report;
use crate::scenario::Scenario;
use crate::server::ServerSettings;
use crate::suite::{open_journal, usual_jobs};

/// The environment variable in which GitHub names the file of a job's page.
const JOB_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// Where and with what scenarios are played.
#[derive(Debug, clap::Args)]
pub(super) struct Playing {
    #[command(flatten)]
    pub(super) target: TargetOptions,

    /// Start the server under test with this command, and stop it after the run
    #[arg(long, value_name = "COMMAND", help_heading = "Target")]
    exec: Option<String>,

    /// Wait until this URL answers before the run begins [default with --exec: the target]
    #[arg(long, value_name = "URL", help_heading = "Target")]
    wait_for: Option<String>,

    /// Attribute mapping: the name of a built-in profile, or a YAML file
    #[arg(long, value_name = "NAME|FILE", help_heading = "Scenarios")]
    profile: Option<String>,

    /// Choose a reading of Entra's behaviour (repeatable); `scimulate list switches` shows them
    #[arg(long, value_name = "NAME=VALUE", help_heading = "Scenarios")]
    switch: Vec<String>,

    /// Play this many scenarios at once [default: one for each core; 1 for a target on another machine that is not disposable]
    #[arg(long, value_name = "N", help_heading = "Scenarios")]
    jobs: Option<usize>,

    /// Seed for the people that are made up [default: 1]
    #[arg(long, value_name = "N", help_heading = "Scenarios")]
    seed: Option<u64>,
}

/// Where what was played is told and written.
#[derive(Debug, clap::Args)]
pub(super) struct Reporting {
    /// Write the report as JSON (docs/report.schema.json); `-` is standard output
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    json: Option<PathBuf>,

    /// Write each event as a line of JSON while the run goes on; `-` is standard output
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    events: Option<PathBuf>,

    /// Write the report as one HTML file for a browser, with every request and answer, without secrets
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    html: Option<PathBuf>,

    /// Write every request and answer as HAR, without secrets
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    har: Option<PathBuf>,

    /// Write a summary in Markdown, for the page of a CI job or a pull request
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    markdown: Option<PathBuf>,

    /// Also print findings as annotations for GitHub Actions, and add the summary to the job's page
    #[arg(long, help_heading = "Reports")]
    github: bool,

    /// Write a shell script with curl commands into this folder for each cause of level warning or above
    #[arg(long, value_name = "DIR", help_heading = "Reports")]
    scripts: Option<PathBuf>,

    /// Show warnings and notes in full; twice: passed and skipped checks too
    #[arg(long, short, action = clap::ArgAction::Count, help_heading = "Reports")]
    pub(super) verbose: u8,

    /// Show at most so many causes in full; the files have all of them
    #[arg(long, value_name = "N", default_value_t = MAX_CAUSES, hide_default_value = true, help_heading = "Reports")]
    pub(super) max_causes: usize,
}

/// A target that is ready to be played against.
pub(super) struct ReadyTarget {
    /// What scenario runs share; `None` for the embedded server.
    pub(super) shared: Option<Shared>,
    pub(super) runtime: tokio::runtime::Runtime,
    interrupt: Interrupt,
    exec: Option<Exec>,
}

/// The embedded server that offers what a mapping names.
pub(super) fn embedded(mapping: &Mapping) -> Embedded {
    let schemas = Arc::new(mapping.served_schemas());
    Embedded { settings: ServerSettings { schemas, ..ServerSettings::default() } }
}

impl Playing {
    /// What leads another run to the same target with the same mapping, as far as the command line says it.
    pub(super) fn again(&self) -> String {
        let profile = self.profile.as_ref().map(|profile| format!(" --profile {}", quoted(profile)));
        let switches = self.switch.iter().map(|switch| format!(" --switch {}", quoted(switch)));
        format!("{}{}{}", self.target.again(), profile.unwrap_or_default(), switches.collect::<String>())
    }

    /// The mapping in force.
    pub(super) fn mapping(&self, config: &Config) -> Result<Mapping, CommandFailure> {
        let given = self.profile.as_deref().or(config.settings.profile.as_deref());
        Ok(config.change(super::profiles::load(given.unwrap_or(profiles::DEFAULT))?)?)
    }

    /// What shall be played, from the command line, then from the file. Dialects and levels are the command's.
    pub(super) fn plan(
        &self,
        config: &Config,
        url: Option<&TenantUrl>,
        scenarios: Vec<Arc<Scenario>>,
    ) -> Result<Plan, CommandFailure> {
        let settings = &config.settings;
        let disposable = url.is_none_or(|url| self.target.is_disposable(config, url));
        let jobs = self.jobs.or(settings.jobs).unwrap_or_else(|| usual_jobs(disposable));
        if jobs == 0 {
            return Err(CommandFailure::usage("--jobs 0 plays no scenario", "write --jobs 1 or more"));
        }
        let switches = switches::chosen(config, &self.switch)?;
        let mapping = switches::applied(&switches, self.mapping(config)?);
        let mut plan = Plan::new(scenarios, mapping, prefix::draw());
        plan.switches = switches;
        plan.people = config.people()?;
        plan.seed = self.seed.or(settings.seed).unwrap_or(plan.seed);
        plan.jobs = jobs;
        plan.wait_limit = self.target.wait_limit(config);
        plan.refuses = config.refuses(&plan.mapping)?;
        plan.protects = config.protects()?;
        plan.user_name_ids = config.user_name_ids()?;
        plan.max_users = config.max_users()?.or(settings.max_users);
        plan.opaque_names = settings.target.names == NameVisibility::Opaque;
        if let Some(url) = url {
            plan.journal = Some(Arc::new(open_journal(url, &plan.prefix)?));
        }
        Ok(plan)
    }

    /// Makes the target ready: consent, credentials, the server under test. `None` when the user ended it.
    pub(super) fn ready(&self, config: &Config, plan: &Plan) -> Result<Option<ReadyTarget>, CommandFailure> {
        self.ready_with(config, plan, None)
    }

    /// The same with a second tenant, if there is one.
    pub(super) fn ready_with(
        &self,
        config: &Config,
        plan: &Plan,
        second: Option<&SecondOptions>,
    ) -> Result<Option<ReadyTarget>, CommandFailure> {
        let url = self.target.url(config)?;
        let doors = match url.clone() {
            None => None,
            Some(url) => {
                self.target.consent(config, &url, "writes")?;
                let settings = self.target.settings(config, url)?;
                let beside = match second {
                    Some(second) => second.clients(config, &self.target, &settings)?,
                    None => None,
                };
                let doors = TenantClients::new(Client::new(settings)?);
                Some(match beside {
                    Some((second, by_first)) => doors.with_second(second, by_first),
                    None => doors,
                })
            }
        };
        let shared = doors.map(Shared::of);
        let secrets = shared.as_ref().map(|shared| shared.client().secrets()).unwrap_or_default();
        let runtime = super::runtime::start()?;
        let interrupt = {
            let _context = runtime.enter();
            Interrupt::watch(&plan.cancel)
        };
        let cancel = plan.cancel.clone();
        let exec = runtime.block_on(async {
            tokio::select! {
                started = self.start(config, url.as_ref(), secrets) => started.map(Some),
                () = cancel.cancelled() => Ok(None),
            }
        })?;
        Ok(exec.map(|exec| ReadyTarget { shared, runtime, interrupt, exec }))
    }

    /// Starts the server under test, and waits for whatever shall be waited for.
    async fn start(
        &self,
        config: &Config,
        url: Option<&TenantUrl>,
        secrets: Secrets,
    ) -> Result<Option<Exec>, CommandFailure> {
        let settings = &config.settings;
        let command = self.exec.as_ref().or(settings.exec.as_ref());
        let awaited = self.wait_for.as_ref().or(settings.wait_for.as_ref());
        let trust = self.target.trust(config);
        let limit = self.target.timeout(config)?;
        match (command, url) {
            (Some(_), None) => Err(CommandFailure::usage(
                "--exec starts a server, but --target is missing",
                "name the server's SCIM base URL with --target",
            )),
            (Some(command), Some(url)) => {
                let awaited = awaited.map_or(url.base(), String::as_str);
                secrets.add_url(awaited);
                let mut exec = Exec::start(command, secrets)?;
                exec.until_it_answers(awaited, &trust, limit).await?;
                Ok(Some(exec))
            }
            (None, _) => match awaited {
                Some(awaited) => wait_for(awaited, &trust, limit)
                    .await
                    .map(|()| None)
                    .map_err(|problem| CommandFailure::target(problem.what, problem.next)),
                None => Ok(None),
            },
        }
    }
}

impl Reporting {
    /// How the report for people is written to standard output.
    pub(super) fn terminal(&self, playing: &Playing) -> TerminalSettings {
        let detail = Detail::of(self.verbose);
        TerminalSettings {
            max_causes: self.max_causes,
            again: playing.again(),
            ..TerminalSettings::for_stream(&io::stdout(), detail)
        }
    }

    /// Files of reports, opened before the run.
    pub(super) fn outputs(&self, config: &Config) -> Result<Outputs, CommandFailure> {
        let settings = &config.settings;
        let open = |option: &str, given: &Option<PathBuf>, configured: &Option<PathBuf>| {
            Output::open(option, given.as_ref().or(configured.as_ref()).map(PathBuf::as_path))
        };
        let json = open("--json", &self.json, &settings.json)?;
        let html = open("--html", &self.html, &settings.html)?;
        let markdown = open("--markdown", &self.markdown, &settings.markdown)?;
        let events = open("--events", &self.events, &settings.events)?;
        let har = open("--har", &self.har, &settings.har)?;
        let scripts = self.scripts.as_ref().or(settings.scripts.as_ref());
        let scripts = scripts.map(|folder| folder_of("--scripts", folder)).transpose()?;
        let github = self.github || settings.github;
        let summary = std::env::var_os(JOB_SUMMARY).filter(|path| github && !path.is_empty());
        let summary = summary.map(|path| Appended::open(JOB_SUMMARY, PathBuf::from(path))).transpose()?;
        // These two are emptied now: no wrong path of another report may cost what they hold.
        let events = events.map(Output::stream).transpose()?.map(|(out, path)| (Events::new(out), path));
        let har = match har.map(Output::stream).transpose()? {
            Some((out, path)) => Some((Har::new(out).map_err(|error| unwritten(&path, &error))?, path)),
            None => None,
        };
        Ok(Outputs {
            listeners: Listeners {
                progress: Progress::new(io::stderr(), io::stderr().is_terminal()),
                events,
                har,
                html: html.is_some().then(Html::default),
                scripts: scripts.is_some().then(Scripts::default),
            },
            json,
            html,
            markdown,
            summary,
            github,
            scripts,
        })
    }
}

impl ReadyTarget {
    /// Plays against the target, or else against the embedded server.
    pub(super) fn play(
        &self,
        plan: Plan,
        embedded: Embedded,
        outputs: &mut Outputs,
    ) -> Result<Report, RunProblem> {
        self.play_and_keep(plan, embedded, outputs, &mut ())
    }

    /// [`ReadyTarget::play`], heard by one more listener.
    pub(super) fn play_and_keep(
        &self,
        plan: Plan,
        embedded: Embedded,
        outputs: &mut Outputs,
        keeper: &mut dyn Listener,
    ) -> Result<Report, RunProblem> {
        self.play_heard(plan, embedded, &mut Both(&mut outputs.listeners, keeper))
    }

    /// [`ReadyTarget::play`], heard by this listener alone.
    pub(super) fn play_heard(
        &self,
        plan: Plan,
        embedded: Embedded,
        listener: &mut dyn Listener,
    ) -> Result<Report, RunProblem> {
        let _context = self.runtime.enter();
        let runtime = self.runtime.handle();
        match &self.shared {
            Some(shared) => run::play_scenarios(plan, shared.clone(), runtime, listener),
            None => run::play_scenarios(plan, embedded, runtime, listener),
        }
    }

    /// Stops what was started. Tells whether the user ended the run.
    pub(super) fn end(self) -> Exit {
        if let Some(exec) = self.exec {
            self.runtime.block_on(exec.stop());
        }
        if self.interrupt.happened() { Exit::Interrupted } else { Exit::Success }
    }
}

/// Two listeners.
struct Both<'a>(&'a mut dyn Listener, &'a mut dyn Listener);

impl Listener for Both<'_> {
    fn on(&mut self, event: &Event) {
        self.0.on(event);
        self.1.on(event);
    }
}

/// Where a run is told and written.
pub(super) struct Outputs {
    pub(super) listeners: Listeners,
    pub(super) json: Option<Output>,
    html: Option<Output>,
    markdown: Option<Output>,
    /// The page of the GitHub job.
    summary: Option<Appended>,
    /// Annotations are printed.
    github: bool,
    scripts: Option<PathBuf>,
}

pub(super) struct Listeners {
    progress: Progress<Stderr>,
    events: Option<(Events<Stream>, PathBuf)>,
    har: Option<(Har<Stream>, PathBuf)>,
    html: Option<Html>,
    scripts: Option<Scripts>,
}

impl Listener for Listeners {
    fn on(&mut self, event: &Event) {
        self.progress.on(event);
        if let Some((events, _)) = &mut self.events {
            events.on(event);
        }
        if let Some((har, _)) = &mut self.har {
            har.on(event);
        }
        if let Some(html) = &mut self.html {
            html.on(event);
        }
        if let Some(scripts) = &mut self.scripts {
            scripts.on(event);
        }
    }
}

impl Outputs {
    /// Writes to the terminal first: a full disk must not hide it. Then come the files.
    pub(super) fn write(
        self,
        report: &Report,
        terminal: impl FnOnce(&mut dyn Write) -> io::Result<()>,
        json: impl FnOnce(&mut dyn Write) -> io::Result<()>,
        html: &HtmlSettings<'_>,
    ) -> Result<(), CommandFailure> {
        let mut text = Vec::new();
        terminal(&mut text)
            .and_then(|()| if self.github { github::write(report, &mut text) } else { Ok(()) })
            .map_err(|error| CommandFailure::internal(format!("cannot write the report: {error}")))?;
        console::say_bytes(&text)?;
        // A report that cannot be written does not keep the others from it; the first failure is told.
        let mut written = Vec::new();
        written.extend(self.json.map(|output| output.write(json)));
        let summary = |out: &mut dyn Write| markdown::write(report, html.verdict, html.again, out);
        written.extend(self.markdown.map(|output| output.write(summary)));
        written.extend(self.summary.map(|page| page.write(summary)));
        if let (Some(output), Some(page)) = (self.html, self.listeners.html) {
            written.push(output.write(|out| page.write(report, html, out)));
        }
        if let Some((events, path)) = self.listeners.events {
            written.push(events.finish().map_err(|error| unwritten(&path, &error)));
        }
        if let Some((har, path)) = self.listeners.har {
            written.push(har.finish().map_err(|error| unwritten(&path, &error)));
        }
        if let (Some(scripts), Some(folder)) = (&self.listeners.scripts, &self.scripts) {
            for (_, script) in scripts.of(report, Level::Warning) {
                let path = folder.join(format!("{}.sh", script.name));
                written.push(fs::write(&path, script.text).map_err(|error| unwritten(&path, &error)));
            }
        }
        written.into_iter().collect()
    }

    /// Ends what was begun when there is no report.
    pub(super) fn abandon(self) {
        if let Some((har, _)) = self.listeners.har {
            // Why there is no report matters more than a file that could not be written either.
            let _ = har.finish();
        }
    }
}

pub(super) fn failure(problem: RunProblem) -> CommandFailure {
    match problem {
        RunProblem::Refused(refusal) => CommandFailure::from(refusal),
        RunProblem::Stage(what) => CommandFailure::internal(what),
        RunProblem::People(_) => {
            CommandFailure::usage(problem.to_string(), format!("correct [people] in {}", config::FILE))
        }
        RunProblem::OutOfScope(_) => CommandFailure::usage(
            problem.to_string(),
            "set what it asks for in scimulate.toml: [people] fixed = { department = \"Sales\" }",
        ),
        RunProblem::Scenario { .. } => CommandFailure::usage(problem.to_string(), "correct the scenario"),
        RunProblem::Panicked(_) => CommandFailure::internal(problem.to_string()),
    }
}
