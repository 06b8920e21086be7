use std::path::PathBuf;
use std::sync::Arc;

use super::address::{self, named};
use super::get::shown;
use super::owned::{Owned, unproven};
use super::session::{Reaching, Session, accepted};
use super::value::Given;
use super::{Consent, Foreign, Wording, body, person};
use crate::cli::config::NameVisibility;
use crate::cli::failure::CommandFailure;
use crate::cli::{Exit, console, runtime};
use crate::entra::dialect::Writer;
use crate::entra::directory::Object;
use crate::people::People;
use crate::run::target::guard::Ownership;
use crate::run::target::journal::Journal;
use crate::run::target::prefix;
use crate::suite;
use crate::wire::{Exchange, Request, ResourceKind};

/// Create a user or group as Entra does; what is not given is made up
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Create {
    /// user or group
    #[arg(value_name = "KIND", value_parser = address::kind)]
    kind: ResourceKind,

    /// Source attributes by Entra's names, as displayName=Ada; an empty value leaves one out
    #[arg(value_name = "NAME=VALUE")]
    attributes: Vec<Given>,

    /// Add this user or group to the new group (repeatable)
    #[arg(long, value_name = "ID")]
    member: Vec<String>,

    /// Seed for what is made up; the same seed gives the same values but for a random prefix
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    /// Send the JSON in this file, or - for standard input, as it is
    #[arg(long, value_name = "FILE", conflicts_with_all = ["attributes", "seed"])]
    body: Option<PathBuf>,

    #[command(flatten)]
    wording: Wording,

    #[command(flatten)]
    consent: Consent,

    #[command(flatten)]
    foreign: Foreign,

    #[command(flatten)]
    reaching: Reaching,
}

/// What shall be created: the request, and by what the object will be known.
struct Planned {
    request: Request,
    prefix: String,
    drawn: String,
    ownership: Ownership,
}

impl Create {
    pub(in crate::cli) fn execute(self) -> Result<Exit, CommandFailure> {
        if self.kind == ResourceKind::User && !self.member.is_empty() {
            return Err(CommandFailure::usage(
                "a user has no members",
                "create a group with --member, or add the user to one with `scimulate patch groups/ID --add-member ID`",
            ));
        }
        let session = Session::open(&self.reaching)?;
        let writer = self.wording.writer(&session.config, &session.url)?;
        let planned = self.planned(&session, &writer)?;
        let owned = Owned::read(&session.config, &session.url, self.foreign.foreign)?;
        owned.check_mentions(&planned.request)?;
        owned.check_mentions(&writer.add_members("", &self.member, ""))?;
        if session.only_shows(self.consent.apply, &[&planned.request]) {
            return Ok(Exit::NothingRan);
        }
        if !planned.ownership.is_marked(&planned.request) {
            console::remark(
                "note: no value of the body is scimulate's own, so `scimulate cleanup` will leave the object, and patch \
                 and delete will need --foreign",
            );
        }
        let journal = suite::open_journal_by_hand(&session.url, &planned.prefix, &planned.drawn)?;
        let journal = Arc::new(journal);
        let ownership = Arc::new(planned.ownership.journalled(Arc::clone(&journal)));
        runtime::start()?.block_on(async {
            let exchange = session.write(planned.request, Some(&ownership)).await?;
            let mut done = self.told(&session, &exchange, &journal);
            if let (Ok(()), Some((_, id)), false) =
                (&done, journal.remaining().first(), self.member.is_empty())
            {
                let request = writer.add_members(id, &self.member, "by hand");
                let exchange = session.write(request, Some(&ownership)).await?;
                done = accepted(&exchange).map(|_| ());
            }
            session.end(done)
        })
    }

    fn planned(&self, session: &Session, writer: &Writer) -> Result<Planned, CommandFailure> {
        let prefix = prefix::draw();
        let is_opaque = session.config.settings.target.names == NameVisibility::Opaque;
        if let Some(path) = &self.body {
            let text = body(path, self.reaching.target.reads_standard_input())?;
            let mut request = writer.create(self.kind, &[], "by hand");
            request.body = Some(text.into());
            let drawn = uuid::Uuid::new_v4().to_string();
            let ownership = unproven(&prefix, Some(&drawn), is_opaque);
            return Ok(Planned { request, prefix, drawn, ownership });
        }
        let mapping = self.wording.mapping(&session.config, writer)?;
        let seed = self.seed.or(session.config.settings.seed).unwrap_or_else(|| {
            let drawn = u64::from(rand::random::<u32>());
            console::remark(&format!("note: what is not given is made up with --seed {drawn}"));
            drawn
        });
        let people = People::new(session.config.people()?, seed, prefix.clone())
            .map_err(|error| CommandFailure::internal(error.to_string()))?;
        let (values, id) = match self.kind {
            ResourceKind::User => {
                let user = person::user(&people, &self.attributes, &mapping)?;
                (person::assignments(&mapping, Object::User(&user))?, user.id().clone())
            }
            ResourceKind::Group => {
                let group = person::group(&people, &self.attributes, &mapping)?;
                (person::assignments(&mapping, Object::Group(&group))?, group.id().clone())
            }
        };
        let drawn = id.as_str().to_owned();
        let ownership = unproven(&prefix, Some(&drawn), is_opaque);
        Ok(Planned { request: writer.create(self.kind, &values, "by hand"), prefix, drawn, ownership })
    }

    /// Says what became of the create, and keeps or removes its journal.
    fn told(&self, session: &Session, exchange: &Exchange, journal: &Journal) -> Result<(), CommandFailure> {
        let answer = match accepted(exchange) {
            Ok(answer) => answer,
            Err(refused) => {
                // A server that fails may have stored it all the same.
                if exchange.answer().is_some_and(|answer| answer.status < 500) {
                    let _ = journal.close();
                }
                return Err(refused);
            }
        };
        if !answer.body.is_empty() {
            shown(session, exchange)?;
        }
        let again = self.reaching.target.again();
        match journal.remaining().first() {
            Some((kind, id)) => {
                let what = named(*kind, id);
                let (apply, yes) = if self.consent.apply { (" --apply", " --yes") } else { ("", "") };
                console::remark(&format!(
                    "created {what}; `scimulate delete {what}{again}{apply}` or `scimulate cleanup{again}{yes}` removes it"
                ));
            }
            None => console::remark(
                "warning: the answer does not show the id of a new object, so that scimulate cannot change or remove it",
            ),
        }
        Ok(())
    }
}
