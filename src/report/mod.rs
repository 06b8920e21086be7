//! What a run found, written for people and for programs: one file per format.
//!
//! All of them read the same [`Report`](crate::run::verdict::report::Report); the two that need more than the result
//! listen to the run's events: [`progress`] while it goes on, and [`har`], which keeps the traces.

pub mod events;
pub mod gallery;
pub mod github;
pub mod har;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod progress;
pub mod script;
pub mod terminal;

mod fix_first;
mod focus;
pub mod layout;
mod settings;
mod shown;
#[cfg(feature = "cli")]
pub mod stream;
mod summary;
mod tested;
mod waived;

pub use fix_first::SHORTEST;
pub use settings::{Detail, MAX_CAUSES, TerminalSettings, quoted};
