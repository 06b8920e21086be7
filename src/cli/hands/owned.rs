//! Which objects at a target `scimulate create`, or a run, created: the journals say it, and the guard proves it.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::address::named;
use crate::cli::cleanup::same_base;
use crate::cli::config::{Config, NameVisibility};
use crate::cli::console;
use crate::cli::failure::CommandFailure;
use crate::http::TenantUrl;
use crate::run::target::guard::{Ownership, mentioned};
use crate::run::target::journal::Abandoned;
use crate::suite;
use crate::wire::{Request, ResourceKind};

/// How often journals are read again that another process has locked, and after which pause.
const TRIES: usize = 4;
const PAUSE: Duration = Duration::from_millis(25);

/// The journals of one target, and whether writes to other objects are wanted too.
pub(super) struct Owned {
    journals: Vec<KnownJournal>,
    opaque: bool,
    foreign: bool,
}

/// What a journal says. Its file is not held: requests by hand may be sent at the same time.
struct KnownJournal {
    prefix: String,
    by_hand: Option<String>,
    made: Vec<(ResourceKind, String)>,
}

impl Owned {
    pub fn read(config: &Config, url: &TenantUrl, foreign: bool) -> Result<Self, CommandFailure> {
        let of_target = journals()?.into_iter().filter(|run| !run.second && same_base(&run.base, url.base()));
        let known =
            |run: Abandoned| KnownJournal { prefix: run.prefix, by_hand: run.by_hand, made: run.remaining };
        let opaque = config.settings.target.names == NameVisibility::Opaque;
        Ok(Owned { journals: of_target.map(known).collect(), opaque, foreign })
    }

    /// What the guard must know before a write to this object; `None` where the guard is not asked.
    pub fn of(&self, kind: ResourceKind, id: &str) -> Result<Option<Arc<Ownership>>, CommandFailure> {
        if self.foreign {
            return Ok(None);
        }
        let Some(journal) = self.journal(kind, id) else {
            return Err(CommandFailure::usage(
                format!("{} was not created by scimulate", named(kind, id)),
                "add --foreign to change it all the same; what `scimulate create` makes needs no --foreign",
            ));
        };
        let ownership = unproven(&journal.prefix, journal.by_hand.as_deref(), self.opaque);
        ownership.recall(kind, id);
        Ok(Some(Arc::new(ownership)))
    }

    /// Refuses a body that makes somebody else a member of a group or a manager.
    pub fn check_mentions(&self, request: &Request) -> Result<(), CommandFailure> {
        if self.foreign {
            return Ok(());
        }
        let kinds = [ResourceKind::User, ResourceKind::Group];
        let ours = |id: &str| kinds.into_iter().any(|kind| self.journal(kind, id).is_some());
        match mentioned(request).into_iter().find(|(_, id)| !ours(id)) {
            None => Ok(()),
            Some((_, id)) => Err(CommandFailure::usage(
                format!("the request names {id} as a member or manager, which scimulate did not create"),
                "add --foreign to name it all the same",
            )),
        }
    }

    /// Strikes an object that is gone out of its journal.
    pub fn gone(&self, kind: ResourceKind, id: &str) {
        let Some(known) = self.journal(kind, id) else { return };
        // `scimulate cleanup` finds out by itself what is not written down here.
        if let Err(error) = strike(&known.prefix, kind, id) {
            console::remark(&format!(
                "warning: the journal of {} cannot be written: {error}",
                named(kind, id)
            ));
        }
    }

    fn journal(&self, kind: ResourceKind, id: &str) -> Option<&KnownJournal> {
        let holds = |(known, made): &(ResourceKind, String)| *known == kind && made == id;
        self.journals.iter().find(|journal| journal.made.iter().any(holds))
    }
}

/// What is known of the objects with this prefix and this GUID before the target is asked.
pub(super) fn unproven(prefix: &str, drawn: Option<&str>, opaque: bool) -> Ownership {
    let ownership = Ownership::new(prefix);
    if let Some(drawn) = drawn {
        ownership.drew(drawn);
    }
    if opaque { ownership.opaque() } else { ownership }
}

/// The journal of a create by hand is done with its object; that of a run stays for `scimulate cleanup`.
fn strike(prefix: &str, kind: ResourceKind, id: &str) -> io::Result<()> {
    let journals = journals().map_err(|failure| io::Error::other(failure.render(false)))?;
    let Some(mut journal) = journals.into_iter().find(|run| run.prefix == prefix && !run.second) else {
        return Ok(());
    };
    journal.removed(kind, id)?;
    match journal.by_hand.is_some() && journal.remaining.is_empty() && journal.unread.is_empty() {
        true => journal.close(),
        false => Ok(()),
    }
}

/// Every journal that no run has locked. A request by hand locks one for a moment only, and is waited for.
fn journals() -> Result<Vec<Abandoned>, CommandFailure> {
    let mut found = suite::found_journals()?;
    for _ in 1..TRIES {
        if found.running.is_empty() {
            break;
        }
        // Nor may two such processes wait for each other.
        drop(found);
        thread::sleep(PAUSE);
        found = suite::found_journals()?;
    }
    Ok(found.abandoned)
}
