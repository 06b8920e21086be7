//! `scimulate tenant`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret as _;
use tokio::net::TcpListener;

use super::config::Config;
use super::credentials;
use super::failure::CommandFailure;
use super::target::TargetOptions;
use super::{Exit, console, interrupt, runtime};
use crate::door::Door;
use crate::graph;
use crate::http::{Credentials, TenantUrl};
use crate::page;
use crate::server::{self, Running, ServerSettings};
use crate::tenant::{ApplicationInfo, ConnectionSecrets, LiveSettings, LiveTenant, TIMECLOCK, TenantError};

mod tls;

/// Run a simulated tenant: people, applications and provisioning jobs behind Microsoft Graph and a page
#[derive(Debug, clap::Args)]
pub(super) struct TenantCommand {
    /// Keep everything in this folder; without it the tenant ends with the program
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,

    /// Port [default: a free one]
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,

    /// Serve https with a certificate made for it, whose authority is written to a file
    #[arg(long)]
    https: bool,

    /// Begin with ten people, two groups and the application TimeClock 365 SAML, unless there is something already
    #[arg(long)]
    demo: bool,

    /// Let jobs write to targets that are not on this machine
    #[arg(long)]
    apply: bool,

    /// Listen at this address for other machines, which need the token of --access-token-file
    #[arg(long, value_name = "ADDRESS", requires = "access_token_file", help_heading = "Access")]
    listen: Option<IpAddr>,

    /// File with the token that other machines need; it is the client secret of Graph's clients too
    #[arg(long, value_name = "FILE", requires = "listen", help_heading = "Access")]
    access_token_file: Option<PathBuf>,

    /// Name under which other machines know this one (repeatable)
    #[arg(long, value_name = "NAME", requires = "listen", help_heading = "Access")]
    host: Vec<String>,

    #[command(flatten)]
    target: TargetOptions,
}

/// How long the end of the program waits for the last request of a cycle.
const LAST_REQUEST: Duration = Duration::from_secs(3);

impl TenantCommand {
    pub(super) fn execute(self) -> Result<Exit, CommandFailure> {
        let config = Config::read()?;
        let url = self.target.url(&config)?;
        let settings = LiveSettings {
            data: self.data.clone(),
            apply: self.apply,
            trust: self.target.trust(&config),
            timeout: self.target.timeout(&config)?,
            waiting: self.target.wait_limit(&config),
        };
        let token = match &self.access_token_file {
            Some(path) => credentials::bearer(Some(path), "--access-token-file")?,
            None => None,
        };
        let target = url.map(|url| self.secrets(&config, url)).transpose()?;
        let runtime = runtime::start()?;
        let exit = runtime.block_on(async {
            let live = LiveTenant::open(settings).map_err(refused)?;
            let _embedded = self.furnish(&live, target).await?;
            let scheme = if self.https { "https" } else { "http" };
            let door = match token {
                Some(token) => Door::of_others(scheme, self.names(), token.expose_secret().to_owned()),
                None => Door::of_this_machine(scheme),
            };
            let address = SocketAddr::new(
                self.listen.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)),
                self.port.unwrap_or(0),
            );
            let listener = TcpListener::bind(address).await.map_err(|error| taken(address, &error))?;
            let address =
                listener.local_addr().map_err(|error| CommandFailure::internal(error.to_string()))?;
            let router = graph::router(live.clone(), scheme, door.clone()).merge(page::router(live.clone()));
            let router = door.guard(router);
            tokio::spawn(live.clone().run_schedule());
            if self.listen.is_some() && self.names().is_empty() {
                console::remark(
                    "note: other machines are refused until --host says under which name they know this one",
                );
            }
            let name = self.names().into_iter().next().unwrap_or_else(|| "localhost".to_owned());
            let base = format!("{scheme}://{name}:{}", address.port());
            if self.https {
                let folder = self.data.clone().unwrap_or_else(std::env::temp_dir);
                let served = tls::Served::new(&folder, &self.host).map_err(CommandFailure::internal)?;
                let authority = served.authority.clone();
                let listener =
                    served.listen(listener).map_err(|error| CommandFailure::internal(error.to_string()))?;
                console::say(&format!("READY {base} {}\n", authority.display()))?;
                tokio::spawn(axum::serve(listener, router).into_future());
            } else {
                console::say(&format!("READY {base}\n"))?;
                tokio::spawn(axum::serve(listener, router).into_future());
            }
            interrupt::signal()
                .await
                .map_err(|error| CommandFailure::internal(format!("cannot wait for the end: {error}")))?;
            live.close();
            Ok(Exit::Success)
        });
        // A cycle ends after the request that is under way, unless its target lets it wait.
        runtime.shutdown_timeout(LAST_REQUEST);
        exit
    }

    /// The names under which other machines know this one: those that were given, and the address where it listens if it
    /// is a single one.
    fn names(&self) -> Vec<String> {
        let single = self.listen.filter(|listen| !listen.is_unspecified());
        let address = single.map(|address| match address {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        });
        self.host.iter().cloned().chain(address).collect()
    }

    /// What an application needs to reach the target of the options.
    fn secrets(&self, config: &Config, url: TenantUrl) -> Result<ConnectionSecrets, CommandFailure> {
        let written = self.target.written(config).unwrap_or_else(|| url.base()).to_owned();
        match self.target.settings(config, url)?.credentials {
            Credentials::Bearer(token) => Ok(ConnectionSecrets::bearer(&written, token.expose_secret())),
            Credentials::None => Ok(ConnectionSecrets::bearer(&written, "")),
            Credentials::Grant(_) | Credentials::Issued(_) => Err(CommandFailure::usage(
                "`tenant` takes a bearer token for its first application",
                "start it without a target, and enter OAuth's settings at its page or through Graph",
            )),
        }
    }

    /// Puts into the tenant what the options ask for, and starts the embedded server when an application needs it.
    async fn furnish(
        &self,
        live: &LiveTenant,
        target: Option<ConnectionSecrets>,
    ) -> Result<Option<Running>, CommandFailure> {
        let empty = live.applications().is_empty();
        if let Some(secrets) = target {
            self.provision_to(live, secrets).await?;
            return Ok(None);
        }
        let embedded = live.applications().into_iter().find(|info| info.embedded);
        if embedded.is_none() && !empty {
            return Ok(None);
        }
        let mapping = live.template_mapping(TIMECLOCK).map_err(refused)?;
        let settings =
            ServerSettings { schemas: Arc::new(mapping.served_schemas()), ..ServerSettings::default() };
        let running = server::start(settings, None).await.map_err(|error| {
            CommandFailure::internal(format!("the embedded server cannot be started: {error}"))
        })?;
        let secrets = ConnectionSecrets::bearer(&running.base_url, &running.token);
        match embedded {
            Some(info) => drop(live.lead_elsewhere(&info, secrets, true).await.map_err(refused)?),
            None => drop(live.furnish(TIMECLOCK, secrets, true, self.demo).await.map_err(refused)?),
        }
        Ok(Some(running))
    }

    /// Leads the first application to the target of the options, whatever server it was kept with.
    async fn provision_to(
        &self,
        live: &LiveTenant,
        secrets: ConnectionSecrets,
    ) -> Result<(), CommandFailure> {
        let has_job = |info: &ApplicationInfo| live.job(&info.service_principal.to_string()).is_ok();
        let Some(info) = live.applications().into_iter().find(has_job) else {
            live.furnish(TIMECLOCK, secrets, false, self.demo).await.map_err(refused)?;
            return Ok(());
        };
        let url = secrets.shown("BaseAddress").unwrap_or_default().to_owned();
        if live.lead_elsewhere(&info, secrets, false).await.map_err(refused)? {
            console::remark(&format!(
                "note: the application `{}` led to another server: it provisions to {url} from now on, and its next cycle is an \
                 initial one",
                info.name
            ));
        }
        Ok(())
    }
}

fn taken(address: SocketAddr, error: &std::io::Error) -> CommandFailure {
    let why = match error.kind() {
        std::io::ErrorKind::AddrInUse => "another program already listens on this port".to_owned(),
        _ => error.to_string(),
    };
    CommandFailure::usage(
        format!("cannot listen on {address}: {why}"),
        "choose another --port, or leave it out to get a free one",
    )
}

fn refused(error: TenantError) -> CommandFailure {
    let help = match &error {
        TenantError::Store(error) => error.help(),
        _ => "look at the message above",
    };
    CommandFailure::usage(error.to_string(), help)
}
