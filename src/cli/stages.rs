//! The targets a run can play on: the one that was named, or embedded servers.

use std::sync::Arc;

use secrecy::SecretString;

use crate::http::{Client, Settings, TenantUrl};
use crate::run::{Stage, Stages};
use crate::server;

/// One target, shared by all trials and perhaps by other people.
#[derive(Debug, Clone)]
pub(super) struct Named(pub(super) Arc<Client>);

impl Stages for Named {
    type Target = Arc<Client>;

    async fn open(&self) -> Result<Stage<Self::Target>, String> {
        Ok(stage(Arc::clone(&self.0), ()))
    }

    fn is_shared(&self) -> bool {
        true
    }
}

/// An embedded server for each trial, so that each has a store of its own.
#[derive(Debug, Clone, Default)]
pub(super) struct Embedded;

impl Stages for Embedded {
    type Target = Arc<Client>;

    async fn open(&self) -> Result<Stage<Self::Target>, String> {
        let running = server::start(server::Settings::default(), None)
            .await
            .map_err(|error| format!("the embedded server cannot listen on 127.0.0.1: {error}"))?;
        let url = TenantUrl::parse(&running.base_url).map_err(|problem| problem.what)?;
        let mut settings = Settings::new(url);
        settings.token = Some(SecretString::from(running.token.as_str()));
        let client = Client::new(settings).map_err(|problem| problem.what)?;
        Ok(stage(Arc::new(client), running))
    }

    fn is_shared(&self) -> bool {
        false
    }
}

fn stage(client: Arc<Client>, hold: impl Send + 'static) -> Stage<Arc<Client>> {
    Stage {
        base_url: client.url().base().to_owned(),
        secrets: client.secrets().to_vec(),
        target: client,
        hold: Box::new(hold),
    }
}
