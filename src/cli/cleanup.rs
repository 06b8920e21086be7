use super::config::Config;
use super::failure::Failure;
use super::interrupt::Interrupt;
use super::target::TargetOptions;
use super::{Exit, console, runtime};
use crate::entra::dialect::{Dialect, Switches, Writer};
use crate::http::TenantUrl;
use crate::run::guard::Guard;
use crate::run::journal::{self, Abandoned};
use crate::run::patience::Patience;
use crate::run::{Cancel, preflight, sweep};
use crate::scim::PatchPath;
use crate::wire::{Request, ResourceKind};

/// Remove what an interrupted run left behind at its target
#[derive(Debug, clap::Args)]
pub(super) struct Cleanup {
    #[command(flatten)]
    target: TargetOptions,
}

impl Cleanup {
    pub(super) fn play(self) -> Result<Exit, Failure> {
        let config = Config::read()?;
        let folder = journal::folder().map_err(|error| {
            Failure::usage(
                format!("there is no folder for journals: {error}"),
                "set HOME to your home folder",
            )
        })?;
        let found = journal::find(&folder).map_err(|error| {
            Failure::usage(
                format!("cannot read the journals in {}: {error}", folder.display()),
                "check its permissions",
            )
        })?;
        for (path, why) in &found.unreadable {
            console::remark(&format!(
                "warning: {} is not a journal ({why}); it is left alone",
                path.display()
            ));
        }
        for path in &found.running {
            console::remark(&format!(
                "{} belongs to a run that is still going on; it is left alone",
                path.display()
            ));
        }
        let url = match self.target.url(&config)? {
            Some(url) => url,
            None => match only_target(&found.abandoned)? {
                Some(url) => url,
                None => return console::say("nothing was left behind\n").map(|()| Exit::Success),
            },
        };
        let (mut runs, others): (Vec<_>, Vec<_>) =
            found.abandoned.into_iter().partition(|run| run.base == url.base());
        if !others.is_empty() {
            let bases = bases(&others).join(", ");
            console::remark(&format!("journals of other targets are left alone: {bases}"));
        }
        if runs.is_empty() {
            return console::say(&format!("nothing was left behind at {}\n", url.base()))
                .map(|()| Exit::Success);
        }
        self.target.consent(&config, &url, "deletes")?;
        let runtime = runtime()?;
        runtime.block_on(self.sweep(&config, url, &mut runs))
    }

    async fn sweep(
        &self,
        config: &Config,
        url: TenantUrl,
        runs: &mut Vec<Abandoned>,
    ) -> Result<Exit, Failure> {
        let base = url.base().to_owned();
        let client = self.target.client(config, url)?;
        let cancel = Cancel::default();
        Interrupt::watch(&cancel);
        let client = Patience::new(&client, self.target.timeout(config)?, cancel.clone());
        preflight::inspect(&client, &base, probe(), None).await?;
        let mut exit = Exit::Success;
        for mut run in runs.drain(..) {
            let guarded = Guard::new(&client, &run.prefix);
            let swept = tokio::select! {
                swept = sweep::sweep(&guarded, &mut run) => swept,
                () = cancel.cancelled() => return Ok(Exit::Interrupted),
            };
            console::say(&format!(
                "{}: {} deleted, {} gone already\n",
                run.prefix, swept.deleted, swept.gone
            ))?;
            for left in &swept.left {
                console::remark(&format!("left behind: {left}"));
            }
            if swept.is_clean() {
                let path = run.path.clone();
                run.close().map_err(|error| {
                    Failure::usage(format!("cannot remove {}: {error}", path.display()), "remove it by hand")
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

/// The target of all journals, if they have one in common.
fn only_target(runs: &[Abandoned]) -> Result<Option<TenantUrl>, Failure> {
    match bases(runs).as_slice() {
        [] => Ok(None),
        [base] => Ok(Some(TenantUrl::parse(base)?)),
        several => Err(Failure::usage(
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
