//! `scimulate sync` and `test-connection` as a user runs them, against `scimulate serve`.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod connection;
mod cycles;
mod deletions;
mod deployment;
mod directory_file;
mod schema;
mod service;
mod state;
