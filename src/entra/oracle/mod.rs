//! What must stand at the target after Entra's cycles.
//!
//! [`expected`] is a pure function of what stood in the directory at each cycle, the mapping and
//! the scope. It never sees a request and shares no code with `entra::job`: it encodes what
//! Microsoft documents, so that a mistake of the job and a mistake of the target both show as a
//! difference. What Microsoft does not document is *unjudged*, never guessed.
//!
//! | rule | source |
//! |---|---|
//! | a null source attribute is skipped; clearing it leaves the old value | "Known issues", Null attribute |
//! | who is blocked from sign-in is not created | "How provisioning works", Known limitations |
//! | unassigned, blocked, soft-deleted: `active` false and the attributes of that cycle | same, Incremental cycles |
//! | after an unassignment nothing more is written, not even a DELETE | same, Known limitations |
//! | hard delete: DELETE | same, Incremental cycles |
//! | assigned again: the same account is re-enabled in place | same |
//! | a manager out of scope is not written, nor when they join later, until a restart | "Known issues" |
//! | members likewise | "Known issues" |
//! | references are written when all objects of the cycle exist | "How provisioning works", Initial cycle |
//! | a deleted or unassigned group is deleted | same, Incremental cycles |
//! | restart, mapping or scope change: every object is evaluated anew, links stay unless they are reset | same |
//! | what the target object actions do not allow is not done | "Customize attribute-mappings" |
//! | changes made at the target are neither noticed nor reverted | "Known issues" |

mod account;
mod conclusion;
mod expectation;
mod history;
mod joining;
mod matching;
mod references;
mod safeguards;
mod walk;

pub use expectation::{AccountFate, Expectation, Expected, ExpectedValue, Origin, ValueDemand, Why};
pub use history::{CycleKind, CycleView, Preexisting};

use super::mapping::Mapping;
use super::scope::Scope;

/// What the oracle takes for granted where Microsoft's pages and observations disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OracleReadings {
    /// A user who was unassigned before is deleted at the target when purged. "How provisioning
    /// works" says that no DELETE is sent (the default); packets of 2017 show one.
    pub purge_after_unassignment_deletes: bool,
}

/// What an administrator set against deletions nobody wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Safeguards {
    /// `SkipOutOfScopeDeletions`: whoever leaves the scope is left alone; who is blocked or deleted in
    /// the directory is disabled all the same ("Skip deletion of out of scope users").
    pub skip_out_of_scope_deletions: bool,
    /// More disables and deletes than these in one cycle are held back, all of them, until they are
    /// allowed ("Enable accidental deletions prevention").
    pub deletion_threshold: Option<usize>,
}

/// What must stand at the target after these cycles, by the documented reading and with no safeguards.
#[must_use]
pub fn expected(history: &[CycleView], mapping: &Mapping, scope: &Scope) -> Expectation {
    expected_under(history, mapping, scope, OracleReadings::default(), Safeguards::default())
}

/// [`expected`] under other readings, and with safeguards.
#[must_use]
pub fn expected_under(
    history: &[CycleView],
    mapping: &Mapping,
    scope: &Scope,
    readings: OracleReadings,
    safeguards: Safeguards,
) -> Expectation {
    let mut walk = walk::OracleWalk::new(mapping, *scope, readings, safeguards);
    for view in history {
        walk.cycle(view);
    }
    walk.expectation(history)
}

#[cfg(test)]
mod tests;
