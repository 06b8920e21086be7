//! scimulate plays Microsoft Entra ID's provisioning service against a SCIM 2.0
//! server, judges every answer, and keeps the answers as snapshots.
//!
//! # As a library
//!
//! [`Suite`] plays scenarios in a test of a SCIM server, and [`testserver`] starts a server for tests of SCIM clients.
//! `docs/library.md` has both in full, and says what else is stable: what is exported here beside the modules, and
//! nothing of the other modules.
//!
//! ```
//! use scimulate::{Suite, testserver::TestServer};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = TestServer::start()?;
//! Suite::new(server.url()).token(server.token()).scenario("cycles/test-connection").run()?.assert_passed();
//! # Ok(())
//! # }
//! ```
//!
//! # Inside
//!
//! The modules are rooms. Which room may use which is written down in
//! `docs/architecture.md` and held by `tests/rooms.rs`.

pub mod catalogue;
pub mod check;
#[cfg(feature = "cli")]
pub mod cli;
pub mod deployments;
pub mod diagnostic;
pub mod diff;
#[cfg(feature = "tenant")]
pub mod door;
pub mod entra;
pub mod examples;
pub mod explore;
pub mod gallery;
#[cfg(feature = "tenant")]
pub mod graph;
pub mod http;
pub mod input;
pub mod interop;
pub mod issuer;
pub mod keys;
pub mod load;
#[cfg(feature = "tenant")]
pub mod odata;
#[cfg(feature = "tenant")]
pub mod page;
pub mod people;
pub mod report;
pub mod rules;
pub mod run;
pub mod scenario;
pub mod scim;
pub mod selftest;
pub mod server;
pub mod snapshot;
#[cfg(feature = "tenant")]
pub mod store;
pub mod suite;
pub mod sync;
#[cfg(feature = "tenant")]
pub mod tenant;
pub mod testserver;
pub mod threads;
pub mod transport;
pub mod waivers;
pub mod wire;
pub mod yaml;

pub use check::{Level, Outcome, Skip};
pub use run::verdict::report::{CheckResult, Counts, Report, Verdict};
pub use suite::{Suite, SuiteError};
