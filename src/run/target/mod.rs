//! What stands between a scenario and the target: every request of a run passes these decorators.
//!
//! From the outside in: the adjustment leaves out what the target refuses, the circuit breaker stops a run whose target is lost, the guard holds back writes to
//! objects that are not the run's, retry-after waits for a busy target, the recorder keeps each exchange, and the
//! rate keeps to what the target has let through.

pub mod adjustment;
pub mod at_once;
pub mod cancel;
pub mod circuit_breaker;
pub mod deployment;
pub mod guard;
pub mod journal;
pub mod prefix;
pub(in crate::run) mod rate;
pub mod recorder;
pub mod retry_after;
pub(in crate::run) mod stack;
