//! The embedded server, asked through its router: no socket, so that a thousand requests cost nothing.
#![expect(clippy::unwrap_used, reason = "a test stops where it goes wrong")]

mod bulk;
mod client;
mod discovery;
mod faults;
mod federation;
mod groups;
mod oauth;
mod patching;
mod queries;
mod socket;
mod tenants;
mod together;
mod transport;
mod users;
mod variants;
mod versions;
