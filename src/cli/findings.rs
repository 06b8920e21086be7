//! What the rules find in a few exchanges, for commands that send no scenario.

use std::sync::Arc;

use crate::check::{Finding, Level};
use crate::rules;
use crate::scim::discovery::Discovery;
use crate::wire::Exchange;

/// What the rules find in answers that a caller accepts: other readers of them may not. The gravest come first.
pub(super) fn odd(trace: &[Arc<Exchange>]) -> Vec<Finding> {
    let mut findings = rules::judge_trace(trace, &Discovery::default());
    findings.retain(|finding| finding.level >= Level::Warning);
    findings.sort_by(|left, right| right.level.cmp(&left.level).then_with(|| left.rule.cmp(&right.rule)));
    findings.dedup_by(|left, right| left.rule == right.rule && left.message == right.message);
    findings
}
