use std::path::PathBuf;

use serde_json::Value;

use super::address::{Address, named};
use super::owned::Owned;
use super::session::{Reaching, Session, accepted};
use super::value::{Given, read_path};
use super::{Consent, Foreign, Wording, body};
use crate::cli::failure::CommandFailure;
use crate::cli::{Exit, console, runtime};
use crate::entra::dialect::{AttributeChange, Verb, Writer};
use crate::entra::directory::ObjectKind;
use crate::entra::mapping::{Mapping, ObjectMapping};
use crate::run::observer::reader;
use crate::scim::{PatchPath, urn};
use crate::wire::{Request, ResourceKind};

/// Change one user or group with PATCH, in the form of the dialect
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Patch {
    /// users/ID or groups/ID
    #[arg(value_name = "WHAT")]
    what: String,

    /// Target attributes by their paths, as title=Dr. or active=false
    #[arg(value_name = "PATH=VALUE")]
    attributes: Vec<Given>,

    /// Remove this attribute (repeatable)
    #[arg(long, value_name = "PATH")]
    remove: Vec<String>,

    /// Add this member to the group (repeatable)
    #[arg(long, value_name = "ID")]
    add_member: Vec<String>,

    /// Remove this member from the group (repeatable)
    #[arg(long, value_name = "ID")]
    remove_member: Vec<String>,

    /// Make the user with this id the manager
    #[arg(long, value_name = "ID")]
    manager: Option<String>,

    /// Send the JSON in this file, or - for standard input, as it is
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["attributes", "remove", "add_member", "remove_member", "manager"]
    )]
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

/// The object that is changed, and how.
struct Changes {
    kind: ResourceKind,
    id: String,
    writer: Writer,
    values: Vec<(PatchPath, Value)>,
    removed: Vec<PatchPath>,
    manager_path: PatchPath,
}

impl Patch {
    pub(in crate::cli) fn execute(self) -> Result<Exit, CommandFailure> {
        let session = Session::open(&self.reaching)?;
        let (kind, id) = Address::object(&self.what, &session.url)?;
        self.check(kind)?;
        let writer = self.wording.writer(&session.config, &session.url)?;
        let mapping = self.wording.mapping(&session.config, &writer)?;
        let changes = self.changes(kind, id, writer, &mapping)?;
        let raw = match &self.body {
            None => None,
            Some(path) => Some(body(path, self.reaching.target.reads_standard_input())?),
        };
        let owned = Owned::read(&session.config, &session.url, self.foreign.foreign)?;
        let ownership = owned.of(kind, &changes.id)?;
        runtime::start()?.block_on(async {
            // Entra reads first: what the object has is replaced, and what it lacks is added.
            let held = match raw.is_none() && self.depends_on_held() {
                true => {
                    let read = session.ask(changes.writer.read(kind, &changes.id, "by hand")).await?;
                    if let Err(refused) = accepted(&read) {
                        return session.end(Err(refused));
                    }
                    read.json().cloned().unwrap_or_default()
                }
                false => Value::Null,
            };
            let requests = match raw {
                Some(text) => {
                    let mut request = changes.writer.modify(kind, &changes.id, &[], "by hand");
                    request.body = Some(text.into());
                    vec![request]
                }
                None => self.requests(&changes, &held),
            };
            for request in &requests {
                owned.check_mentions(request)?;
            }
            if session.only_shows(self.consent.apply, &requests.iter().collect::<Vec<_>>()) {
                return Ok(Exit::NothingRan);
            }
            let mut last = None;
            for request in requests {
                let exchange = session.write(request, ownership.as_ref()).await?;
                if let Err(refused) = accepted(&exchange) {
                    return session.end(Err(refused));
                }
                last = Some(exchange);
            }
            let shown = last.as_ref().and_then(|exchange| exchange.json());
            let done = shown.map_or(Ok(()), |body| session.output.show(body));
            if done.is_ok() {
                console::remark(&format!("changed {}", named(kind, &changes.id)));
            }
            session.end(done)
        })
    }

    /// Options that do not fit the object, or none at all.
    fn check(&self, kind: ResourceKind) -> Result<(), CommandFailure> {
        let members = !self.add_member.is_empty() || !self.remove_member.is_empty();
        if kind == ResourceKind::User && members {
            return Err(CommandFailure::usage(
                "a user has no members",
                "name the group: `scimulate patch groups/ID --add-member ID`",
            ));
        }
        if kind == ResourceKind::Group && self.manager.is_some() {
            return Err(CommandFailure::usage("a group has no manager", "name a user, as users/ID"));
        }
        let nothing = self.attributes.is_empty() && self.remove.is_empty() && self.manager.is_none();
        if nothing && !members && self.body.is_none() {
            return Err(CommandFailure::usage(
                format!("nothing is to be changed at {}", self.what),
                "write PATH=VALUE, --remove PATH, --add-member ID, --remove-member ID, --manager ID or --body FILE",
            ));
        }
        Ok(())
    }

    fn depends_on_held(&self) -> bool {
        !self.attributes.is_empty() || !self.remove.is_empty() || self.manager.is_some()
    }

    fn changes(
        &self,
        kind: ResourceKind,
        id: String,
        writer: Writer,
        mapping: &Mapping,
    ) -> Result<Changes, CommandFailure> {
        let rows = mapping.object(match kind {
            ResourceKind::User => ObjectKind::User,
            ResourceKind::Group => ObjectKind::Group,
        });
        let mut values = Vec::new();
        for given in &self.attributes {
            let path = given.path(kind, rows)?;
            let value = given.target_value(&path, kind, rows)?;
            values.push((path, value));
        }
        let removed = self.remove.iter().map(|path| match rows.and_then(|rows| rows.find(path)) {
            Some(row) => Ok(row.target.clone()),
            None => read_path(path, path),
        });
        let removed = removed.collect::<Result<_, _>>()?;
        Ok(Changes { kind, id, writer, values, removed, manager_path: manager_path(rows) })
    }

    /// The PATCHes in Entra's order: attributes, what is taken away, then references.
    fn requests(&self, changes: &Changes, held: &Value) -> Vec<Request> {
        let Changes { kind, id, writer, values, removed, manager_path } = changes;
        let mut requests = Vec::new();
        if !values.is_empty() {
            let change = |(path, value): &(PatchPath, Value)| {
                let verb = if reader::values(held, path).is_empty() { Verb::Add } else { Verb::Replace };
                AttributeChange::new(verb, path.clone(), value.clone())
            };
            let all: Vec<AttributeChange> = values.iter().map(change).collect();
            requests.push(writer.modify(*kind, id, &all, "by hand"));
        }
        let managers = reader::values(held, manager_path);
        let manager = managers.first().and_then(|held| {
            let value = reader::member(held, "value").unwrap_or(held);
            value.as_str()
        });
        let (references, plain): (Vec<_>, Vec<_>) =
            removed.iter().cloned().partition(|path| *kind == ResourceKind::User && path == manager_path);
        if !plain.is_empty() {
            requests.push(writer.remove(*kind, id, &plain, "by hand"));
        }
        if !references.is_empty() {
            requests.push(writer.clear_manager(id, manager_path, manager.unwrap_or_default(), "by hand"));
        }
        if let Some(named) = &self.manager {
            let verb = if manager.is_some() { Verb::Replace } else { Verb::Add };
            requests.push(writer.set_manager(id, manager_path, named, verb, "by hand"));
        }
        if !self.add_member.is_empty() {
            requests.push(writer.add_members(id, &self.add_member, "by hand"));
        }
        if !self.remove_member.is_empty() {
            requests.push(writer.remove_members(id, &self.remove_member, "by hand"));
        }
        requests
    }
}

/// Where the mapping writes the manager, else where RFC 7643 has it.
fn manager_path(rows: Option<&ObjectMapping>) -> PatchPath {
    let mut rows = rows.into_iter().flat_map(|rows| &rows.rows);
    let mapped = rows.find(|row| row.is_reference() && row.reads("manager"));
    mapped.map_or_else(
        || PatchPath { schema: Some(urn::ENTERPRISE.to_owned()), ..PatchPath::simple("manager") },
        |row| row.target.clone(),
    )
}
