//! When a job goes into quarantine (Microsoft: application-provisioning-quarantine-status).

use super::problem::{ErrorCode, JobProblem};

/// Why a job is in quarantine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantine {
    /// Graph's reason code (synchronizationQuarantine).
    pub reason: &'static str,
    /// What happened.
    pub problem: JobProblem,
}

impl Quarantine {
    /// Bad credentials and SCIM compliance issues quarantine a job at once.
    pub(super) fn at_once(problem: JobProblem) -> Self {
        Quarantine { reason: "EncounteredQuarantineException", problem }
    }

    /// More deletions than the threshold of accidental-deletions allows.
    pub(super) fn too_many_deletes(held: usize, threshold: usize) -> Self {
        let detail = format!(
            "Held back: {held} disables and deletes, as the accidental-deletion threshold is {threshold}. \
             Allow the deletes, or correct what brought them about and restart provisioning."
        );
        let code = ErrorCode::TooManyDeletes;
        Quarantine { reason: code.as_str(), problem: JobProblem::new(code, detail) }
    }
}

impl Quarantine {
    /// A reason that was kept as text.
    pub(super) fn reason_named(name: &str) -> &'static str {
        let known = ErrorCode::ALL.iter().map(|code| code.as_str());
        known.chain(["EncounteredQuarantineException"]).find(|known| *known == name).unwrap_or("Unknown")
    }
}

/// From how many failures on a job goes into quarantine. The defaults are Microsoft's numbers, which
/// are "subject to change"; a test scales them down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// With fewer failures than these the share is not looked at.
    pub evaluated_from: u64,
    /// More than this share of failed events, in percent, references not counted.
    pub percent: u64,
    /// More failures than these, references not counted.
    pub failures: u64,
    /// More failures than these of all kinds.
    pub total: u64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Thresholds { evaluated_from: 5_000, percent: 40, failures: 40_000, total: 60_000 }
    }
}

/// What became of a cycle's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EventCounts {
    /// Objects whose turn ended well, a skip included.
    pub succeeded: u64,
    /// Objects that failed.
    pub failed: u64,
    /// Managers and members that could not be written.
    pub references_failed: u64,
}

impl Thresholds {
    /// The reason to quarantine a job after such a cycle, if there is one.
    #[must_use]
    pub fn exceeded(&self, tally: &EventCounts) -> Option<Quarantine> {
        let EventCounts { succeeded, failed, references_failed } = *tally;
        let quarantine = |code: ErrorCode, what: String| {
            Some(Quarantine { reason: code.as_str(), problem: JobProblem::new(code, what) })
        };
        if failed > self.failures {
            let what = format!("{failed} objects failed, more than {}.", self.failures);
            return quarantine(ErrorCode::EncounteredBaseEscrowThreshold, what);
        }
        if failed + references_failed > self.total {
            let all = failed + references_failed;
            let what = format!("{all} objects and references failed, more than {}.", self.total);
            return quarantine(ErrorCode::EncounteredTotalEscrowThreshold, what);
        }
        let events = failed + succeeded;
        if failed >= self.evaluated_from && failed * 100 > self.percent * events {
            let what = format!("{failed} of {events} events failed, more than {} percent.", self.percent);
            return quarantine(ErrorCode::EncounteredEscrowProportionThreshold, what);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(succeeded: u64, failed: u64, references_failed: u64) -> Option<&'static str> {
        let tally = EventCounts { succeeded, failed, references_failed };
        Thresholds::default().exceeded(&tally).map(|quarantine| quarantine.reason)
    }

    // The examples of "Application provisioning in quarantine status".
    #[test]
    fn microsofts_examples() {
        assert!(reason(1_000_000, 45_000, 0).is_some(), "45,000 failures");
        assert!(reason(5_000, 30_000, 0).is_some(), "30,000 failures and 5,000 successes");
        assert!(reason(100_000, 20_000, 0).is_none(), "20,000 failures and 100,000 successes");
        assert!(reason(1_000_000, 40_000, 21_000).is_some(), "40,000 users and 21,000 managers");
        assert!(reason(0, 4_000, 0).is_none(), "fewer than 5,000 are not evaluated");
    }

    #[test]
    fn each_threshold_has_its_reason_and_is_exceeded_and_not_met() {
        assert_eq!(reason(1_000_000, 40_001, 0), Some("EncounteredBaseEscrowThreshold"));
        assert_eq!(reason(1_000_000, 40_000, 0), None);
        assert_eq!(reason(1_000_000, 40_000, 20_001), Some("EncounteredTotalEscrowThreshold"));
        assert_eq!(reason(1_000_000, 40_000, 20_000), None);
        assert_eq!(reason(7_499, 5_000, 0), Some("EncounteredEscrowProportionThreshold"));
        assert_eq!(reason(7_500, 5_000, 0), None);
        assert_eq!(reason(0, 4_999, 0), None);
        assert_eq!(reason(1_000_000, 0, 60_001), Some("EncounteredTotalEscrowThreshold"));
    }

    #[test]
    fn thresholds_can_be_scaled_down() {
        let small = Thresholds { evaluated_from: 2, percent: 40, failures: 4, total: 6 };
        assert!(small.exceeded(&EventCounts { succeeded: 2, failed: 2, references_failed: 0 }).is_some());
        assert!(small.exceeded(&EventCounts { succeeded: 3, failed: 2, references_failed: 0 }).is_none());
    }
}
