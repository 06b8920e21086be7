//! The journal of a run, by which `scimulate cleanup` finds what an interrupted one left.

use std::io;
use std::path::PathBuf;

use crate::http::TenantUrl;
use crate::run::target::journal::{self, Journal};

/// Why there is no journal, and what to do.
#[derive(Debug)]
pub(crate) struct NoJournal {
    pub(crate) what: String,
    pub(crate) next: &'static str,
}

/// The journal of a run against this URL. It is opened before anything is sent: without it nothing may be made at the
/// target.
pub(crate) fn open(url: &TenantUrl, prefix: &str) -> Result<Journal, NoJournal> {
    opened(Journal::new(&folder()?, url.base(), prefix))
}

/// The same for the second tenant, which only the program has.
#[cfg(feature = "cli")]
pub(crate) fn open_second(url: &TenantUrl, prefix: &str) -> Result<Journal, NoJournal> {
    opened(Journal::new(&folder()?, url.base(), prefix).of_second_tenant())
}

/// The journal of one create by hand, for whose object this GUID was drawn.
#[cfg(feature = "cli")]
pub(crate) fn open_by_hand(url: &TenantUrl, prefix: &str, drawn: &str) -> Result<Journal, NoJournal> {
    opened(Journal::new(&folder()?, url.base(), prefix).by_hand(drawn))
}

/// Every journal there is.
#[cfg(feature = "cli")]
pub(crate) fn found() -> Result<journal::FoundJournals, NoJournal> {
    let folder = folder()?;
    journal::find(&folder).map_err(|error| NoJournal {
        what: format!("cannot read the journals in {}: {error}", folder.display()),
        next: "check its permissions",
    })
}

fn folder() -> Result<PathBuf, NoJournal> {
    journal::folder().map_err(|error| NoJournal {
        what: format!("the folder for journals cannot be found: {error}"),
        next: "set HOME to your home folder",
    })
}

fn opened(journal: Journal) -> Result<Journal, NoJournal> {
    let unwritten = |error: io::Error| NoJournal {
        what: format!("the journal of the run cannot be written to {}: {error}", journal.path().display()),
        next: "make that folder writable, or name another one with XDG_STATE_HOME",
    };
    match journal.open() {
        Ok(()) => Ok(journal),
        Err(error) => Err(unwritten(error)),
    }
}
