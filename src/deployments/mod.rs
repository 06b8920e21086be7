//! Where scenario runs play: a fresh embedded server for each, or one target that all share.

use std::sync::Arc;

use secrecy::SecretString;

use crate::http::{
    Client, ClientCredentials, Credentials, Federation, Grant, Issued, SentIn, Settings, TenantUrl,
    TokenEndpoint,
};
use crate::issuer::{AssertionSubject, CUSTOM_APPLICATIONS, Serving, TENANT};
use crate::run::target::deployment::{Deployment, Deployments, Tenants};
use crate::server::{self, SecondTenant, Trusted};
use crate::wire::{Answer, Broken, Request, Sent, Target, Tenant};

/// A client for the target and, if one is named, clients for the second tenant.
#[derive(Debug)]
pub struct TenantClients {
    first: Client,
    second: Option<Client>,
    /// The second tenant's URL with the credentials of the first.
    second_by_first: Option<Client>,
}

impl TenantClients {
    /// One tenant.
    #[must_use]
    pub fn new(first: Client) -> Self {
        TenantClients { first, second: None, second_by_first: None }
    }

    /// Two tenants, whose clients share their secrets. `by_first` carries the credentials of the first to the URL of the second, where both
    /// differ.
    #[must_use]
    pub fn with_second(self, second: Client, by_first: Option<Client>) -> Self {
        TenantClients { second: Some(second), second_by_first: by_first, ..self }
    }

    /// The client for the target.
    #[must_use]
    pub fn first(&self) -> &Client {
        &self.first
    }

    fn at(&self, tenant: Tenant) -> Option<&Client> {
        match tenant {
            Tenant::First => Some(&self.first),
            Tenant::Second => self.second.as_ref(),
            Tenant::SecondByFirst => self.second_by_first.as_ref(),
        }
    }

    fn tenants(&self) -> Tenants {
        match self.second {
            Some(_) => Tenants::Two { tokens_apart: self.second_by_first.is_some() },
            None => Tenants::One,
        }
    }
}

impl Target for TenantClients {
    async fn send(&self, request: Request) -> Result<Answer, Broken> {
        match self.at(request.tenant) {
            Some(client) => client.send(request).await,
            None => Err(Broken::Protocol("no second tenant is set".to_owned())),
        }
    }

    fn sent_as(&self, request: &Request) -> Sent {
        self.at(request.tenant).unwrap_or(&self.first).sent_as(request)
    }
}

/// A fresh server on a loopback port for each scenario run, so that no scenario run sees another's people.
#[derive(Debug, Clone, Default)]
pub struct Embedded {
    /// How the servers behave.
    pub settings: server::ServerSettings,
}

impl Deployments for Embedded {
    type Target = TenantClients;

    async fn open(&self) -> Result<Deployment<TenantClients>, String> {
        let issuer =
            Serving::start(None).map_err(|error| format!("the issuer cannot be started: {error}"))?;
        let issuer = Arc::new(issuer);
        let subject = AssertionSubject {
            audience: "api://scimulate".to_owned(),
            application: self.settings.oauth.client_id.clone(),
            object: TENANT,
            tenant: TENANT,
        };
        let mut server = self.settings.clone();
        server.second.get_or_insert_with(SecondTenant::default);
        server.oauth.federation.get_or_insert_with(|| Trusted {
            issuer: issuer.issuer.url().to_owned(),
            keys_at: issuer.issuer.url().to_owned(),
            audience: subject.audience.clone(),
        });
        server.entra.get_or_insert_with(|| Trusted {
            issuer: Issued::documented(TENANT),
            keys_at: issuer.issuer.url().to_owned(),
            audience: CUSTOM_APPLICATIONS.to_owned(),
        });
        let running = server::start(server, None)
            .await
            .map_err(|error| format!("the embedded server cannot be started: {error}"))?;
        let wrong =
            |error: crate::http::ClientProblem| format!("the embedded server cannot be reached: {error}");
        let mut settings = Settings::new(TenantUrl::parse(&running.base_url).map_err(wrong)?);
        settings.credentials = Credentials::Bearer(SecretString::from(running.token.clone()));
        settings.grants.push(Grant::ClientCredentials(ClientCredentials {
            endpoint: TokenEndpoint::parse(&running.token_endpoint).map_err(wrong)?,
            client_id: running.oauth.client_id.clone(),
            client_secret: running.oauth.client_secret.clone().into(),
            scopes: vec!["scim".to_owned()],
            sent_in: SentIn::default(),
        }));
        settings.grants.push(Grant::Federation(Federation {
            endpoint: TokenEndpoint::parse(&running.token_endpoint).map_err(wrong)?,
            client_id: running.oauth.client_id.clone(),
            scopes: vec!["scim".to_owned()],
            issuer: Arc::clone(&issuer.issuer),
            subject,
            served: Some(Arc::clone(&issuer)),
        }));
        settings.expired = Some(self.settings.expired.clone().into());
        settings.foreign = Some(self.settings.foreign.clone().into());
        settings.issued = Some(Issued {
            issuer: Arc::clone(&issuer.issuer),
            named: Issued::documented(TENANT),
            tenant: TENANT,
            served: Some(issuer),
        });
        let client = Client::new(settings).map_err(wrong)?;
        let (sign_ins, secrets) = (client.sign_ins(), client.secrets());
        let mut doors = TenantClients::new(client);
        if let Some(second) = &running.second {
            let by = |token: &str| -> Result<Client, String> {
                let mut settings = Settings::new(TenantUrl::parse(&second.base_url).map_err(wrong)?);
                settings.credentials = Credentials::Bearer(SecretString::from(token));
                settings.secrets = secrets.clone();
                Client::new(settings).map_err(wrong)
            };
            doors = doors.with_second(by(&second.token)?, Some(by(&running.token)?));
        }
        Ok(Deployment {
            base_url: running.base_url.clone(),
            sign_ins,
            target: doors,
            hold: Box::new(running),
        })
    }

    fn is_shared(&self) -> bool {
        false
    }

    fn tenants(&self) -> Tenants {
        Tenants::Two { tokens_apart: true }
    }
}

/// One target for all scenario runs.
#[derive(Debug, Clone)]
pub struct Shared {
    doors: Arc<TenantClients>,
}

impl Shared {
    /// Every scenario run speaks through this client.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Shared::of(TenantClients::new(client))
    }

    /// The same for a target with a second tenant.
    #[must_use]
    pub fn of(doors: TenantClients) -> Self {
        Shared { doors: Arc::new(doors) }
    }

    /// The client.
    #[must_use]
    pub fn client(&self) -> &Client {
        self.doors.first()
    }
}

impl Deployments for Shared {
    type Target = Arc<TenantClients>;

    async fn open(&self) -> Result<Deployment<Arc<TenantClients>>, String> {
        let client = self.doors.first();
        Ok(Deployment {
            base_url: client.url().base().to_owned(),
            sign_ins: client.sign_ins(),
            target: Arc::clone(&self.doors),
            hold: Box::new(()),
        })
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn tenants(&self) -> Tenants {
        self.doors.tenants()
    }
}
