//! Where trials play: a fresh embedded server for each, or one target that all share.

use std::sync::Arc;

use secrecy::SecretString;

use crate::http::{
    Client, ClientCredentials, Credentials, Federation, Grant, Issued, SentIn, Settings, TenantUrl,
    TokenEndpoint,
};
use crate::issuer::{CUSTOM_APPLICATIONS, Serving, Subject, TENANT};
use crate::run::{Stage, Stages};
use crate::server::{self, Trusted};

/// A fresh server on a loopback port for each trial, so that no trial sees another's people.
#[derive(Debug, Clone, Default)]
pub struct Embedded {
    /// How the servers behave.
    pub settings: server::Settings,
}

impl Stages for Embedded {
    type Target = Client;

    async fn open(&self) -> Result<Stage<Client>, String> {
        let issuer =
            Serving::start(None).map_err(|error| format!("the issuer cannot be started: {error}"))?;
        let issuer = Arc::new(issuer);
        let subject = Subject {
            audience: "api://scimulate".to_owned(),
            application: self.settings.oauth.client_id.clone(),
            object: TENANT,
            tenant: TENANT,
        };
        let mut server = self.settings.clone();
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
        let wrong = |error: crate::http::Problem| format!("the embedded server cannot be reached: {error}");
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
        Ok(Stage {
            base_url: running.base_url.clone(),
            secrets: client.secrets(),
            sign_ins: client.sign_ins(),
            target: client,
            hold: Box::new(running),
        })
    }

    fn is_shared(&self) -> bool {
        false
    }
}

/// One target for all trials.
#[derive(Debug, Clone)]
pub struct Shared {
    client: Arc<Client>,
}

impl Shared {
    /// Every trial speaks through this client.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Shared { client: Arc::new(client) }
    }

    /// The client.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }
}

impl Stages for Shared {
    type Target = Arc<Client>;

    async fn open(&self) -> Result<Stage<Arc<Client>>, String> {
        Ok(Stage {
            base_url: self.client.url().base().to_owned(),
            secrets: self.client.secrets(),
            sign_ins: self.client.sign_ins(),
            target: Arc::clone(&self.client),
            hold: Box::new(()),
        })
    }

    fn is_shared(&self) -> bool {
        true
    }
}
