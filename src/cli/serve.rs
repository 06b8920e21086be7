use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use super::failure::CommandFailure;
use super::{Exit, console, interrupt, runtime};
use crate::http::Issued;
use crate::issuer::{CUSTOM_APPLICATIONS, TENANT};
use crate::server::{Fault, OAuth, SecondTenant, ServerSettings, Trusted, Variant, start};
use crate::testserver;

/// Run the embedded SCIM server until it is stopped; prints `READY <base-url> <token>`
#[derive(Debug, clap::Args)]
pub(super) struct Serve {
    /// Port on 127.0.0.1 [default: a free one]
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,

    /// Bearer token that every request must carry [default: a random one]
    #[arg(long, value_name = "TOKEN", value_parser = testserver::bearer_token)]
    token: Option<String>,

    /// Print a second line, `OAUTH <token-endpoint> <client-id> <client-secret>`
    #[arg(long)]
    oauth: bool,

    /// Serve a second tenant with its own users, and print a line `SECOND <base-url> <token>`
    #[arg(long)]
    second_tenant: bool,

    /// Accept assertions of this issuer instead of the client secret (workload identity federation)
    #[arg(long, value_name = "URL")]
    trust_issuer: Option<String>,

    /// Audience that assertions must name [default: api:// and the client id]
    #[arg(long, value_name = "AUDIENCE", requires = "trust_issuer")]
    trust_audience: Option<String>,

    /// Accept tokens that Entra issues itself, signed by the issuer at this URL
    #[arg(long, value_name = "URL")]
    trust_entra_tokens: Option<String>,

    /// Issuer in the tokens that Entra issues [default: `https://sts.windows.net/` and a made-up tenant]
    #[arg(long, value_name = "ISS", requires = "trust_entra_tokens")]
    trust_entra_issuer: Option<String>,

    /// Lifetime in seconds of tokens from the token endpoint [default: 3600]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=31_536_000))]
    token_lifetime: Option<u64>,

    /// Inject this fault (repeatable)
    #[arg(long, value_name = "NAME", value_parser = testserver::fault)]
    fault: Vec<Fault>,

    /// Enable this legal variant (repeatable)
    #[arg(long, value_name = "NAME", value_parser = testserver::variant)]
    variant: Vec<Variant>,

    /// Publish and keep what this attribute mapping names: a built-in profile, or a YAML file
    #[arg(long, value_name = "NAME|FILE")]
    profile: Option<String>,

    /// List the faults and the variants, and exit
    #[arg(long, conflicts_with_all = ["port", "token", "oauth", "second_tenant", "trust_issuer", "trust_entra_tokens", "token_lifetime", "fault", "variant", "profile"])]
    list: bool,
}

/// Every fault and every legal variant with its sentence.
fn list() -> String {
    let mut text = String::from("Faults\n");
    for fault in Fault::ALL {
        text.push_str(&format!("  {fault}\n      {}\n", fault.about()));
    }
    text.push_str("\nLegal variants\n");
    for variant in Variant::ALL {
        text.push_str(&format!("  {variant}\n      {}\n", variant.about()));
    }
    text
}

impl Serve {
    pub(super) fn execute(self) -> Result<Exit, CommandFailure> {
        if self.list {
            return console::say(&list()).map(|()| Exit::Success);
        }
        let mut settings = ServerSettings {
            variants: self.variant.into_iter().collect(),
            faults: self.fault.into_iter().collect(),
            ..ServerSettings::default()
        };
        if let Some(profile) = &self.profile {
            settings.schemas = Arc::new(super::profiles::load(profile)?.served_schemas());
        }
        if let Some(token) = self.token {
            settings.token = token;
        }
        if let Some(issuer) = self.trust_issuer {
            let client_id = &settings.oauth.client_id;
            let audience = self.trust_audience.unwrap_or_else(|| format!("api://{client_id}"));
            settings.oauth.federation = Some(Trusted { keys_at: issuer.clone(), issuer, audience });
        }
        if let Some(keys_at) = self.trust_entra_tokens {
            let issuer = self.trust_entra_issuer.unwrap_or_else(|| Issued::documented(TENANT));
            settings.entra = Some(Trusted { issuer, keys_at, audience: CUSTOM_APPLICATIONS.to_owned() });
        }
        if self.second_tenant {
            settings.second = Some(SecondTenant::default());
        }
        if let Some(seconds) = self.token_lifetime {
            settings.oauth.lifetime = Duration::from_secs(seconds);
        }
        runtime::start()?.block_on(async {
            let running = start(settings, self.port).await.map_err(|error| {
                let port = self.port.unwrap_or(0);
                let why = match error.kind() {
                    ErrorKind::AddrInUse => "another program already listens on this port".to_owned(),
                    _ => error.to_string(),
                };
                CommandFailure::usage(
                    format!("cannot listen on 127.0.0.1:{port}: {why}"),
                    "choose another --port, or leave it out to get a free one",
                )
            })?;
            console::say(&format!("READY {} {}\n", running.base_url, running.token))?;
            if let Some(second) = &running.second {
                console::say(&format!("SECOND {} {}\n", second.base_url, second.token))?;
            }
            if self.oauth {
                let OAuth { client_id, client_secret, .. } = &running.oauth;
                console::say(&format!("OAUTH {} {client_id} {client_secret}\n", running.token_endpoint))?;
            }
            interrupt::signal()
                .await
                .map_err(|error| CommandFailure::internal(format!("cannot wait for the end: {error}")))?;
            Ok(Exit::Success)
        })
    }
}
