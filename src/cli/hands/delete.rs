use super::address::{Address, named};
use super::owned::Owned;
use super::session::{Reaching, Session, accepted};
use super::{Consent, Foreign, plain_writer};
use crate::cli::failure::CommandFailure;
use crate::cli::{Exit, console, runtime};

/// Delete one user or group
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Delete {
    /// users/ID or groups/ID
    #[arg(value_name = "WHAT")]
    what: String,

    #[command(flatten)]
    consent: Consent,

    #[command(flatten)]
    foreign: Foreign,

    #[command(flatten)]
    reaching: Reaching,
}

impl Delete {
    pub(in crate::cli) fn execute(self) -> Result<Exit, CommandFailure> {
        let session = Session::open(&self.reaching)?;
        let (kind, id) = Address::object(&self.what, &session.url)?;
        let owned = Owned::read(&session.config, &session.url, self.foreign.foreign)?;
        let ownership = owned.of(kind, &id)?;
        let request = plain_writer(&session.config, &session.url)?.delete(kind, &id, "by hand");
        if session.only_shows(self.consent.apply, &[&request]) {
            return Ok(Exit::NothingRan);
        }
        runtime::start()?.block_on(async {
            let exchange = session.write(request, ownership.as_ref()).await?;
            let done = accepted(&exchange).map(|_| ());
            if exchange
                .answer()
                .is_some_and(|answer| answer.is_success() || matches!(answer.status, 404 | 410))
            {
                owned.gone(kind, &id);
            }
            if done.is_ok() {
                console::remark(&format!("deleted {}", named(kind, &id)));
            }
            session.end(done)
        })
    }
}
