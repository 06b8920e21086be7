//! Which objects at a target `scimulate create`, or a run, created: the journals say it, and the guard proves it.

use std::sync::Arc;

use super::address::named;
use crate::cli::cleanup::same_base;
use crate::cli::config::Config;
use crate::cli::config::NameVisibility;
use crate::cli::console;
use crate::cli::failure::CommandFailure;
use crate::http::TenantUrl;
use crate::run::target::guard::{Ownership, mentioned};
use crate::run::target::journal::Abandoned;
use crate::suite;
use crate::wire::{Request, ResourceKind};

/// The journals of one target, and whether writes to other objects are wanted too.
pub(super) struct Owned {
    journals: Vec<Abandoned>,
    opaque: bool,
    foreign: bool,
}

impl Owned {
    pub fn read(config: &Config, url: &TenantUrl, foreign: bool) -> Result<Self, CommandFailure> {
        let found = suite::found_journals()?.abandoned.into_iter();
        let journals = found.filter(|run| !run.second && same_base(&run.base, url.base())).collect();
        let opaque = config.settings.target.names == NameVisibility::Opaque;
        Ok(Owned { journals, opaque, foreign })
    }

    /// What the guard must know before a write to this object; `None` where the guard is not asked.
    pub fn of(&self, kind: ResourceKind, id: &str) -> Result<Option<Arc<Ownership>>, CommandFailure> {
        if self.foreign {
            return Ok(None);
        }
        let Some(journal) = self.journals.iter().find(|journal| holds(journal, kind, id)) else {
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
        let ours = |id: &str| {
            [ResourceKind::User, ResourceKind::Group]
                .into_iter()
                .any(|kind| self.journals.iter().any(|journal| holds(journal, kind, id)))
        };
        match mentioned(request).into_iter().find(|(_, id)| !ours(id)) {
            None => Ok(()),
            Some((_, id)) => Err(CommandFailure::usage(
                format!("the request names {id} as a member or manager, which scimulate did not create"),
                "add --foreign to name it all the same",
            )),
        }
    }

    /// Strikes an object that is gone out of its journal.
    pub fn gone(&mut self, kind: ResourceKind, id: &str) {
        let Some(at) = self.journals.iter().position(|journal| holds(journal, kind, id)) else { return };
        let mut journal = self.journals.swap_remove(at);
        // `scimulate cleanup` finds out by itself if it is not written down here.
        let written = journal.removed(kind, id);
        let is_done = journal.by_hand.is_some() && journal.remaining.is_empty() && journal.unread.is_empty();
        if let Err(error) = if is_done { journal.close() } else { written } {
            console::remark(&format!(
                "warning: the journal of {} cannot be written: {error}",
                named(kind, id)
            ));
        }
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

fn holds(journal: &Abandoned, kind: ResourceKind, id: &str) -> bool {
    journal.remaining.iter().any(|(known, made)| *known == kind && made == id)
}
