//! One real provisioning job, kept from run to run: what it remembers on disk, a target that is only
//! read for a plan, and what an administrator is told.

mod dry_run;
mod gate;
mod notice;
mod state_file;

pub use dry_run::DryRun;
pub use gate::Gate;
pub use notice::{Notice, NoticeEvent, missing_from_file, notices};
pub use state_file::{SavedState, SeenByCycle, StateMismatch, fingerprint};
