use super::address::Address;
use super::session::{Reaching, Session, accepted, findings_failure};
use crate::cli::failure::CommandFailure;
use crate::cli::{Exit, runtime};
use crate::wire::{Actor, Exchange, Method, Request};

/// Read one resource, or what the server publishes of itself
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Get {
    /// users/ID, groups/ID, ServiceProviderConfig, Schemas, ResourceTypes, or a path that begins with a slash
    #[arg(value_name = "WHAT")]
    what: String,

    #[command(flatten)]
    projection: Projection,

    #[command(flatten)]
    reaching: Reaching,
}

/// Which attributes are asked for (RFC 7644 §3.9).
#[derive(Debug, clap::Args)]
pub(super) struct Projection {
    /// Ask for these attributes only, separated by commas
    #[arg(long, value_name = "NAMES", conflicts_with = "excluded_attributes")]
    attributes: Option<String>,

    /// Ask for all attributes but these, separated by commas
    #[arg(long, value_name = "NAMES")]
    excluded_attributes: Option<String>,
}

impl Projection {
    /// The parameters of the query.
    pub fn parameters(&self) -> impl Iterator<Item = (&'static str, String)> {
        let named = [("attributes", &self.attributes), ("excludedAttributes", &self.excluded_attributes)];
        named.into_iter().filter_map(|(name, names)| Some((name, names.clone()?)))
    }
}

impl Get {
    pub(in crate::cli) fn execute(self) -> Result<Exit, CommandFailure> {
        let session = Session::open(&self.reaching)?;
        let address = Address::read(&self.what, &session.url)?;
        let mut request = reading(&address.path, self.projection.parameters());
        if let Some(query) = address.query {
            request.query =
                Some(request.query.map_or_else(|| query.clone(), |more| format!("{query}&{more}")));
        }
        runtime::start()?.block_on(async {
            let exchange = session.ask(request).await?;
            session.end(shown(&session, &exchange))
        })
    }
}

/// A GET of scimulate's own with these parameters.
pub(super) fn reading(path: &str, parameters: impl Iterator<Item = (&'static str, String)>) -> Request {
    let request = Request::new(Actor::Observer, Method::Get, path, "by hand")
        .with_header("Accept", "application/scim+json");
    let query: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    if query.is_empty() { request } else { request.with_query(query) }
}

/// Shows what an accepted request returned.
pub(super) fn shown(session: &Session, exchange: &Exchange) -> Result<(), CommandFailure> {
    let answer = accepted(exchange)?;
    match answer.body.json() {
        Some(body) => session.output.show(body),
        None => {
            let what = match answer.body.problem() {
                Some(problem) => {
                    format!("the server returns {} with a body that is not JSON: {problem}", answer.status)
                }
                None => format!("the server returns {} without a body", answer.status),
            };
            Err(findings_failure(what, "a SCIM server returns JSON (RFC 7644 §3.8)"))
        }
    }
}
