//! scimulate plays Microsoft Entra ID's provisioning service against a SCIM 2.0
//! server, judges every answer, and keeps the answers as snapshots.
//!
//! The modules are rooms. Which room may use which is written down in
//! `docs/architecture.md` and held by `tests/rooms.rs`.

pub mod catalogue;
pub mod check;
pub mod cli;
pub mod deployments;
pub mod diagnostic;
pub mod diff;
pub mod entra;
pub mod examples;
pub mod explore;
pub mod gallery;
pub mod http;
pub mod input;
pub mod interop;
pub mod issuer;
pub mod keys;
pub mod load;
pub mod people;
pub mod report;
pub mod rules;
pub mod run;
pub mod scenario;
pub mod scim;
pub mod selftest;
pub mod server;
pub mod snapshot;
pub mod sync;
pub mod threads;
pub mod transport;
pub mod waivers;
pub mod wire;
pub mod yaml;
