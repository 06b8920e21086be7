//! A target that all scenario runs share: what a run made itself is never the target's fault.

// The futures of a whole run are nested deeply in the type of a test's own target.
#![recursion_limit = "256"]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod careless;
mod leftovers;
mod play;
mod right;
