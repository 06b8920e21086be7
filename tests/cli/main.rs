//! The command line from outside: every kind of bad input gives one message, the right exit code and
//! no panic.

#![cfg(feature = "cli")]
#![expect(clippy::unwrap_used, reason = "a test whose server or file fails has failed")]

mod arguments;
mod completions;
mod connection;
mod diff;
mod explore;
mod hands;
mod init;
#[cfg(unix)]
mod init_questions;
mod list;
mod program;
mod reports;
mod run;
mod serve;
mod servers;
mod snapshots;
#[cfg(feature = "tenant")]
mod tenant;
#[cfg(unix)]
mod terminal;
