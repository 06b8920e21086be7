//! A target that all scenario runs share: what a run made itself is never the target's fault.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod careless;
mod leftovers;
mod play;
mod right;
