//! What stands between a scenario and the target: every request of a run passes these decorators.
//!
//! From the outside in: lookups that the target answers wrongly are answered from what the run wrote, the adjustment
//! leaves out what the target refuses, the circuit breaker stops a run whose target is lost, the guard holds back writes to objects that are not the run's, retry waits for a busy target, the
//! recorder keeps each exchange, the rate keeps to what the target has let through, the writes are taken down for the
//! other scenario runs, reads wait for a target that shows writes late, and the media type is the one that the target
//! parses.

pub mod adjustment;
pub mod at_once;
pub mod cancel;
pub mod circuit_breaker;
pub mod deployment;
pub mod guard;
pub mod journal;
pub(in crate::run) mod lag;
pub(in crate::run) mod lookups;
pub(crate) mod media_type;
pub mod prefix;
pub(in crate::run) mod rate;
pub mod recorder;
pub mod retry;
pub(in crate::run) mod run_writes;
pub(in crate::run) mod stack;
