//! What an administrator sets on a job beside mapping and scope.

use super::quarantine::Thresholds;

/// The settings of a job. The defaults are Entra's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Policy {
    /// The secret `SkipOutOfScopeDeletions`: whoever leaves the scope is left alone. Who is blocked or
    /// deleted in the directory is disabled all the same (skip-out-of-scope-deletions).
    pub skip_out_of_scope_deletions: bool,
    /// Accidental deletion prevention: from how many disables and deletes of one cycle on they are
    /// held back; see the switch `deletion-threshold`. `None` is Entra's default.
    pub deletion_threshold: Option<usize>,
    /// From how many failures on the job goes into quarantine.
    pub quarantine: Thresholds,
}
