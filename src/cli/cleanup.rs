use super::config::Config;
use super::failure::CommandFailure;
use super::interrupt::Interrupt;
use super::second::SecondOptions;
use super::target::TargetOptions;
use super::{Exit, console, runtime};
use crate::entra::dialect::{Dialect, Switches, Writer};
use crate::http::{Client, Settings, TenantUrl};
use crate::run::cleanup::leftovers;
use crate::run::preflight;
use crate::run::target::cancel::Cancel;
use crate::run::target::journal::Abandoned;
use crate::run::target::retry::Retry;
use crate::scim::PatchPath;
use crate::suite;
use crate::wire::{Request, ResourceKind};

/// Remove what an interrupted run, or `scimulate create`, left behind at its target
#[derive(Debug, clap::Args)]
pub(super) struct Cleanup {
    #[command(flatten)]
    target: TargetOptions,

    #[command(flatten)]
    second: SecondOptions,
}

impl Cleanup {
    pub(super) fn execute(self) -> Result<Exit, CommandFailure> {
        let config = Config::read()?;
        let found = suite::found_journals()?;
        for (path, why) in &found.unreadable {
            console::remark(&format!(
                "warning: {} is not a journal ({why}) and is left alone",
                path.display()
            ));
        }
        for path in &found.running {
            console::remark(&format!(
                "{} belongs to a run that has not ended and is left alone",
                path.display()
            ));
        }
        let (of_second, of_first): (Vec<_>, Vec<_>) = found.abandoned.into_iter().partition(|run| run.second);
        let url = match self.target.url(&config)? {
            Some(url) => url,
            None => match only_target(&of_first)? {
                Some(url) => url,
                None => {
                    tell_of_second_tenants(&of_second);
                    return nothing("nothing was left behind", found.unreadable.len());
                }
            },
        };
        let second = self.second.url(&config, &self.target)?;
        let (mut of_second, other_seconds): (Vec<_>, Vec<_>) = of_second
            .into_iter()
            .partition(|run| second.as_ref().is_some_and(|second| same_base(&run.base, second.base())));
        tell_of_second_tenants(&other_seconds);
        let (mut runs, others): (Vec<_>, Vec<_>) =
            of_first.into_iter().partition(|run| same_base(&run.base, url.base()));
        if !others.is_empty() {
            let bases = bases(&others).join(", ");
            console::remark(&format!("journals of other targets are left alone: {bases}"));
        }
        if runs.is_empty() && of_second.is_empty() {
            let nothing_there = format!("nothing was left behind at {}", url.base());
            return nothing(&nothing_there, found.unreadable.len());
        }
        self.target.consent(&config, &url, "deletes")?;
        let runtime = runtime::start()?;
        let first = self.target.settings(&config, url)?;
        let second = match of_second.is_empty() {
            true => None,
            false => self.second.settings(&config, &self.target, &first)?,
        };
        let mut exit = Exit::Success;
        if !runs.is_empty() {
            exit = runtime.block_on(self.sweep(&config, first, &mut runs))?;
        }
        if let Some(second) = second.filter(|_| exit != Exit::Interrupted) {
            exit = exit.or(runtime.block_on(self.sweep(&config, second, &mut of_second))?);
        }
        Ok(exit)
    }

    async fn sweep(
        &self,
        config: &Config,
        settings: Settings,
        runs: &mut Vec<Abandoned>,
    ) -> Result<Exit, CommandFailure> {
        let base = settings.url.base().to_owned();
        let client = Client::new(settings)?;
        let cancel = Cancel::default();
        Interrupt::watch(&cancel);
        let client = Retry::new(&client, self.target.wait_limit(config), cancel.clone());
        preflight::inspect(&client, &base, probe(), None).await?;
        let mut exit = Exit::Success;
        for mut run in runs.drain(..) {
            let swept = tokio::select! {
                swept = leftovers::remove_leftovers(&client, &mut run) => swept,
                () = cancel.cancelled() => return Ok(Exit::Interrupted),
            };
            console::say(&format!(
                "{}: {} deleted, {} already gone\n",
                run.prefix, swept.deleted, swept.gone
            ))?;
            for left in &swept.left {
                console::remark(&format!("left behind: {left}"));
            }
            for line in &run.unread {
                console::remark(&format!(
                    "warning: {} cannot be read, {line}; find at the server what it names, then remove the file",
                    run.path.display()
                ));
            }
            if swept.is_clean() && run.unread.is_empty() {
                let path = run.path.clone();
                run.close().map_err(|error| {
                    CommandFailure::usage(
                        format!("cannot remove {}: {error}", path.display()),
                        "remove it by hand",
                    )
                })?;
            } else {
                exit = exit.or(Exit::Target);
            }
        }
        Ok(exit)
    }
}

/// Entra's first question, on the attribute every server can be asked about.
fn probe() -> Request {
    let writer = Writer::new(Dialect::Default, Switches::default());
    let user_name = PatchPath::simple("userName");
    let nobody = uuid::Uuid::new_v4().to_string();
    writer.probe(ResourceKind::User, &user_name, &nobody, "test connection")
}

/// What was left in a second tenant needs that tenant's token.
fn tell_of_second_tenants(runs: &[Abandoned]) {
    if !runs.is_empty() {
        let bases = bases(runs).join(", ");
        console::remark(&format!(
            "journals of second tenants are left alone: {bases}; name the second tenant with --second-target and the \
             first with --target"
        ));
    }
}

/// Says that there is nothing to do, unless a journal could not be read.
fn nothing(said: &str, unread: usize) -> Result<Exit, CommandFailure> {
    if unread > 0 {
        console::remark("what the journals above name may still be at the server: look for it there");
        return Ok(Exit::Target);
    }
    console::say(&format!("{said}\n")).map(|()| Exit::Success)
}

pub(super) fn same_base(one: &str, other: &str) -> bool {
    one.trim_end_matches('/') == other.trim_end_matches('/')
}

/// The target of all journals, if they have one in common.
fn only_target(runs: &[Abandoned]) -> Result<Option<TenantUrl>, CommandFailure> {
    match bases(runs).as_slice() {
        [] => Ok(None),
        [base] => Ok(Some(TenantUrl::parse(base)?)),
        several => Err(CommandFailure::usage(
            format!("runs were interrupted at several targets: {}", several.join(", ")),
            "name one of them with --target",
        )),
    }
}

fn bases(runs: &[Abandoned]) -> Vec<String> {
    let mut bases: Vec<String> = runs.iter().map(|run| run.base.clone()).collect();
    bases.sort();
    bases.dedup();
    bases
}
