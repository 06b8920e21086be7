use super::Wording;
use super::address;
use super::get::{Projection, reading, shown};
use super::session::{Reaching, Session};
use super::value::placed;
use crate::cli::failure::CommandFailure;
use crate::cli::{Exit, console, runtime};
use crate::diagnostic::closest;
use crate::entra::directory::ObjectKind;
use crate::scim::Filter;
use crate::scim::message::ListResponse;
use crate::scim::schema::{SchemaSet, group, user};
use crate::wire::{Exchange, Request, ResourceKind};

/// What stands for a file's name in messages.
const NAME: &str = "filter";

/// List users or groups, by a filter or by Entra's matching attribute
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Find {
    /// users or groups
    #[arg(value_name = "KIND", value_parser = address::kind)]
    kind: ResourceKind,

    /// A filter of RFC 7644, as 'userName eq "ada@example.com"' [default: all]
    #[arg(value_name = "FILTER")]
    filter: Option<String>,

    /// Look this value up as Entra does: by the matching attribute of the mapping
    #[arg(long = "match", value_name = "VALUE", conflicts_with_all = ["filter", "count", "start_index"])]
    matching: Option<String>,

    /// How many resources the server returns at most
    #[arg(long, value_name = "N")]
    count: Option<usize>,

    /// The first resource that is returned, from 1
    #[arg(long, value_name = "N")]
    start_index: Option<usize>,

    #[command(flatten)]
    projection: Projection,

    #[command(flatten)]
    wording: Wording,

    #[command(flatten)]
    reaching: Reaching,
}

impl Find {
    pub(in crate::cli) fn execute(self) -> Result<Exit, CommandFailure> {
        if let Some(filter) = &self.filter {
            let read = filter.parse::<Filter>().map_err(|error| placed(error, NAME, filter))?;
            self.remark_unknown(&read);
        }
        let session = Session::open(&self.reaching)?;
        let request = match &self.matching {
            Some(value) => self.lookup(&session, value)?,
            None => self.query(),
        };
        runtime::start()?.block_on(async {
            let exchange = session.ask(request).await?;
            let done = shown(&session, &exchange);
            if done.is_ok() {
                self.remark_page(&exchange);
            }
            session.end(done)
        })
    }

    fn query(&self) -> Request {
        let number = |value: Option<usize>| value.map(|number| number.to_string());
        let parameters = [
            ("filter", self.filter.clone()),
            ("startIndex", number(self.start_index)),
            ("count", number(self.count)),
        ];
        let given = parameters.into_iter().filter_map(|(name, value)| Some((name, value?)));
        reading(self.kind.endpoint(), given.chain(self.projection.parameters()))
    }

    /// The question that Entra asks before it creates somebody.
    fn lookup(&self, session: &Session, value: &str) -> Result<Request, CommandFailure> {
        let writer = self.wording.writer(&session.config, &session.url)?;
        let mapping = self.wording.mapping(&session.config, &writer)?;
        let kind = match self.kind {
            ResourceKind::User => ObjectKind::User,
            ResourceKind::Group => ObjectKind::Group,
        };
        let matching =
            mapping.object(kind).and_then(|rows| rows.matching().first().map(|row| row.target.clone()));
        let Some(matching) = matching else {
            return Err(CommandFailure::usage(
                format!("the mapping `{}` has no matching attribute for {kind}s", mapping.name),
                "write a filter, or choose another mapping with --profile or --schema",
            ));
        };
        Ok(writer.lookup(self.kind, &matching, value, "by hand"))
    }

    /// A server's own attributes are not known here, so that a slip can only be guessed.
    fn remark_unknown(&self, filter: &Filter) {
        let schema = match self.kind {
            ResourceKind::User => user(),
            ResourceKind::Group => group(),
        };
        let known = SchemaSet::core();
        for path in filter.attributes() {
            if path.schema.is_some() || known.find_within(self.kind.schema(), path).is_some() {
                continue;
            }
            if let Some(near) = closest(&path.attribute, schema.attributes.iter().map(|it| it.name.as_str()))
                && !near.eq_ignore_ascii_case(&path.attribute)
            {
                console::remark(&format!(
                    "note: `{}` is not an attribute of {} in RFC 7643; did you mean `{near}`?",
                    path.attribute,
                    self.kind.as_str()
                ));
            }
        }
    }

    /// How many there are, and where the next page begins.
    fn remark_page(&self, exchange: &Exchange) {
        let Some(list) = exchange.json().and_then(ListResponse::read) else { return };
        let (shown, first) = (list.resources.len() as u64, list.start_index.unwrap_or(1).max(1));
        let next = first + shown;
        let more = if shown > 0 && next <= list.total_results {
            format!("; the next page is --start-index {next}")
        } else {
            String::new()
        };
        console::remark(&format!("{shown} of {} found{more}", list.total_results));
    }
}
