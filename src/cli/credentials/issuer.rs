//! Where Entra is the issuer: assertions instead of a client secret, and tokens that it issues itself.

use std::path::PathBuf;
use std::sync::Arc;

use uuid::Uuid;

use super::given::Given;
use crate::cli::config::Config;
use crate::cli::failure::CommandFailure;
use crate::http::{Federation, Grant, Issued, TenantUrl, TokenEndpoint};
use crate::issuer::{AssertionSubject, Issuer, Serving, TENANT};

/// What Entra signs, for whom, and where its keys can be read.
#[derive(Debug, Default, clap::Args)]
pub(super) struct IssuerOptions {
    /// Client id for workload identity federation, with assertions instead of a client secret
    #[arg(long, value_name = "ID")]
    federation_client_id: Option<String>,

    /// Audience of the assertions [default: api:// and the client id]
    #[arg(long, value_name = "AUDIENCE")]
    federation_audience: Option<String>,

    /// Send tokens that Entra issues itself, as with an empty "Secret Token" field
    #[arg(long)]
    entra_issued_token: bool,

    /// Issuer in the tokens that Entra issues [default: `https://sts.windows.net/` and the tenant]
    #[arg(long, value_name = "ISS")]
    entra_issuer: Option<String>,

    /// Tenant in assertions and issued tokens [default: a made-up one]
    #[arg(long, value_name = "GUID")]
    issuer_tenant: Option<Uuid>,

    /// Port on 127.0.0.1 where the issuer listens during the run [default: a free one]
    #[arg(long, value_name = "PORT", conflicts_with = "issuer_dir")]
    issuer_port: Option<u16>,

    /// Sign as a hosted issuer, with the keys that `scimulate issuer` wrote to this folder
    #[arg(long, value_name = "DIR")]
    issuer_dir: Option<PathBuf>,
}

impl IssuerOptions {
    /// Whether assertions are signed instead of a client secret being sent.
    pub fn is_federated(&self, config: &Config) -> bool {
        self.federation_client_id.is_some() || config.settings.federation_client_id.is_some()
    }

    /// What workload identity federation needs, whole or not at all.
    pub fn federation(
        &self,
        config: &Config,
        target: &TenantUrl,
        endpoint: Option<Given<String>>,
        scopes: Vec<String>,
    ) -> Result<Option<Given<Grant>>, CommandFailure> {
        let settings = &config.settings;
        let of = |line: &Option<String>, file: &Option<String>, name| Given::first(line, file, name);
        let id = of(&self.federation_client_id, &settings.federation_client_id, "federation-client-id");
        let audience = of(&self.federation_audience, &settings.federation_audience, "federation-audience");
        let Some(id) = id else {
            let places = [
                audience.map(|given| given.place),
                self.issuer_place(config).filter(|_| !self.is_entra_issued(config)),
            ];
            return match places.into_iter().flatten().next() {
                None => Ok(None),
                Some(place) => Err(CommandFailure::usage(
                    format!("{place} is given, but the client id for federation is missing"),
                    "name it with --federation-client-id ID",
                )),
            };
        };
        let endpoint = endpoint.ok_or_else(|| {
            CommandFailure::usage(
                format!("{} is given, but the token endpoint is missing", id.place),
                "name it with --token-endpoint URL",
            )
        })?;
        let (issuer, served) = self.issuer(config, target)?;
        let tenant = self.tenant(config);
        let subject = AssertionSubject {
            audience: audience.map_or_else(|| format!("api://{}", id.value), |given| given.value),
            application: id.value.clone(),
            object: Uuid::new_v5(&tenant, id.value.as_bytes()),
            tenant,
        };
        let federation = Federation {
            endpoint: TokenEndpoint::parse(&endpoint.value)?,
            client_id: id.value,
            scopes,
            issuer,
            subject,
            served,
        };
        Ok(Some(Given::at(Grant::Federation(federation), id.place)))
    }

    fn is_entra_issued(&self, config: &Config) -> bool {
        self.entra_issued_token || config.settings.entra_issued_token
    }

    fn tenant(&self, config: &Config) -> Uuid {
        self.issuer_tenant.or(config.settings.issuer_tenant).unwrap_or(TENANT)
    }

    /// Where something is said of the issuer, if anything is.
    fn issuer_place(&self, config: &Config) -> Option<String> {
        let Config { settings, .. } = config;
        let tenant = Given::first(&self.issuer_tenant, &settings.issuer_tenant, "issuer-tenant");
        let port = Given::first(&self.issuer_port, &settings.issuer_port, "issuer-port");
        let dir = Given::first(&self.issuer_dir, &settings.issuer_dir, "issuer-dir");
        tenant.map(|given| given.place).or(port.map(|given| given.place)).or(dir.map(|given| given.place))
    }

    /// The issuer in a folder, or one on this machine that the target can read.
    fn issuer(
        &self,
        config: &Config,
        target: &TenantUrl,
    ) -> Result<(Arc<Issuer>, Option<Arc<Serving>>), CommandFailure> {
        let port = self.issuer_port.or(config.settings.issuer_port);
        // A port on the command line comes before a folder in the file.
        let dir = self.issuer_dir.as_ref().or(config.settings.issuer_dir.as_ref());
        if let Some(dir) = dir.filter(|_| self.issuer_port.is_none()) {
            let next = "write an issuer with `scimulate issuer --issuer URL --dir DIR`";
            return Ok((Issuer::open(dir).map_err(|why| CommandFailure::usage(why, next))?, None));
        }
        if !target.is_loopback() {
            return Err(CommandFailure::usage(
                format!("{target} cannot read the keys of an issuer on this machine"),
                "write an issuer with `scimulate issuer --issuer URL --dir DIR`, host it, and name its folder with --issuer-dir",
            ));
        }
        let served = Serving::apart(port).map_err(|error| {
            CommandFailure::usage(
                format!("the issuer cannot be started: {error}"),
                "choose another --issuer-port",
            )
        })?;
        Ok((Arc::clone(&served.issuer), Some(Arc::new(served))))
    }

    /// Tokens that Entra issues itself.
    pub fn issued(
        &self,
        config: &Config,
        target: &TenantUrl,
    ) -> Result<Option<Given<Issued>>, CommandFailure> {
        let named = Given::first(&self.entra_issuer, &config.settings.entra_issuer, "entra-issuer");
        if !self.is_entra_issued(config) {
            return match named {
                None => Ok(None),
                Some(given) => Err(CommandFailure::usage(
                    format!("{} is given, but Entra-issued tokens are not enabled", given.place),
                    "add --entra-issued-token",
                )),
            };
        }
        let (issuer, served) = self.issuer(config, target)?;
        let tenant = self.tenant(config);
        let named = named.map_or_else(|| Issued::documented(tenant), |given| given.value);
        Ok(Some(Given::at(Issued { issuer, named, tenant, served }, "entra-issued-token")))
    }
}
