//! What the server says of itself, asked before the files are written. Nothing is written to the server.

use secrecy::SecretString;
use tokio::runtime::Runtime;

use super::{Answers, stopped};
use crate::cli::failure::CommandFailure;
use crate::cli::test_connection::{CONNECTED, connect};
use crate::cli::{console, interrupt};
use crate::entra::dialect::{Dialect, Switches, Writer};
use crate::entra::mapping::Mapping;
use crate::http::{Client, Credentials, Settings, Trust};
use crate::run::preflight::abilities::Support;
use crate::run::preflight::{self, Ready};
use crate::scenario::Ability;
use crate::scim::discovery::Discovery;
use crate::wire::ResourceKind;

/// How it went.
pub(super) enum Look {
    /// The server was looked at.
    Reached(Box<Learned>),
    /// It could not be, and why.
    Failed(CommandFailure),
}

/// What was learned of the server.
pub(super) struct Learned {
    pub discovery: Discovery,
    /// Why it has no groups, if that is known.
    pub no_groups: Option<String>,
}

/// Looks at the server with the requests that begin a run, and with that of the portal's button.
///
/// # Errors
/// What makes no request possible: a token that cannot be sent, certificates that cannot be read; and Ctrl-C.
pub(super) fn at(
    runtime: &Runtime,
    answers: &Answers,
    token: Option<SecretString>,
    mapping: &Mapping,
) -> Result<Look, CommandFailure> {
    let mut settings = Settings::new(answers.url.clone());
    if let Some(token) = token {
        settings.credentials = Credentials::Bearer(token);
    }
    if let Some((path, _)) = &answers.cacert {
        settings.trust = Trust::File(path.clone());
    }
    let client = Client::new(settings)?;
    let looked = runtime.block_on(async {
        tokio::select! {
            looked = look(&client, answers, mapping) => Ok(looked),
            Ok(()) = interrupt::signal() => Err(stopped()),
        }
    })?;
    Ok(match looked {
        Ok(learned) => Look::Reached(Box::new(learned)),
        Err(failure) => Look::Failed(failure),
    })
}

async fn look(client: &Client, answers: &Answers, mapping: &Mapping) -> Result<Learned, CommandFailure> {
    let shown = answers.url.to_string();
    let writer = Writer::new(Dialect::Default, Switches::default());
    let probe = |kind: ResourceKind| {
        let row = mapping.object(kind.into())?.matching().first().map(|row| row.target.clone())?;
        let nobody = uuid::Uuid::new_v4().to_string();
        Some(writer.probe(kind, &row, &nobody, format!("init: {}", kind.endpoint())))
    };
    let Some(users) = probe(ResourceKind::User) else {
        return Err(CommandFailure::internal("the profile has no matching attribute"));
    };
    let Ready { discovery, abilities } =
        preflight::inspect(client, answers.url.base(), users, probe(ResourceKind::Group)).await?;
    let odd = connect(client, mapping.clone(), &shown).await?;
    console::say(&format!("{shown}: {CONNECTED}\n"))?;
    for finding in odd {
        console::say(&format!("{} {}: {}\n", finding.level, finding.rule, finding.message))?;
    }
    console::say(&format!("{}\n", told(&discovery)))?;
    let no_groups = match abilities.of(Ability::Groups) {
        Support::No(why) => Some(why.to_string()),
        Support::Yes(_) | Support::Unknown => None,
    };
    Ok(Learned { discovery, no_groups })
}

/// The discovery documents in a line.
fn told(discovery: &Discovery) -> String {
    let schemas = match discovery.schemas.schemas.len() {
        0 => "no /Schemas".to_owned(),
        1 => "/Schemas has 1 schema".to_owned(),
        number => format!("/Schemas has {number} schemas"),
    };
    if discovery.config.is_none() {
        return format!("{schemas}, no ServiceProviderConfig");
    }
    let features: Vec<&str> = ["patch", "filter", "bulk", "sort", "etag"]
        .into_iter()
        .filter(|feature| discovery.supports(feature) == Some(true))
        .collect();
    let features = if features.is_empty() { "nothing".to_owned() } else { features.join(", ") };
    format!("{schemas}, ServiceProviderConfig announces {features}")
}
