//! The order in which a server is mended: what comes first has to work before the rest can be judged.

use crate::check::{Aspect, Finding};
use crate::wire::{Exchange, Operation, ResourceKind};

/// A part of a server, in the order in which one mends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Every request is answered, and the token and the media type are accepted.
    Connection,
    /// Bodies can be read by both sides.
    Messages,
    /// Users and groups are found.
    Lookup,
    /// Users are created.
    Create,
    /// Users are disabled and deleted.
    Deprovisioning,
    /// Users are updated.
    Update,
    /// Groups and their members.
    Groups,
    /// Everything else.
    Other,
}

impl Stage {
    /// The word used in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Connection => "connection",
            Stage::Messages => "messages",
            Stage::Lookup => "lookup",
            Stage::Create => "create",
            Stage::Deprovisioning => "deprovisioning",
            Stage::Update => "update",
            Stage::Groups => "groups",
            Stage::Other => "other",
        }
    }

    /// The part that a finding is about.
    #[must_use]
    pub fn of(finding: &Finding) -> Self {
        match finding.rule.as_str() {
            "rules/access-refused"
            | "rules/redirected"
            | "rules/connection-broken"
            | "rules/scim-json-not-parsed" => return Stage::Connection,
            "rules/body-not-json"
            | "rules/byte-order-mark"
            | "rules/body-not-an-object"
            | "rules/answer-not-scim-json" => return Stage::Messages,
            _ => {}
        }
        let Some(exchange) = decisive(finding) else { return Stage::Other };
        if finding.aspect == Aspect::Lookup || matches!(exchange.operation, Operation::Query { .. }) {
            return Stage::Lookup;
        }
        match &exchange.operation {
            operation if operation.kind() == Some(ResourceKind::Group) => Stage::Groups,
            Operation::Create(_) => Stage::Create,
            Operation::Delete(..) => Stage::Deprovisioning,
            Operation::Modify(..)
                if finding.subject.eq_ignore_ascii_case("active") || exchange.disables() =>
            {
                Stage::Deprovisioning
            }
            Operation::Modify(..) => Stage::Update,
            Operation::Read(..) => Stage::Lookup,
            _ => Stage::Other,
        }
    }
}

/// The request that went wrong: of a value that is not there the write.
fn decisive(finding: &Finding) -> Option<&Exchange> {
    let last = finding.exchanges.last()?;
    let write = finding.exchanges.iter().rev().find(|exchange| exchange.request.writes());
    match finding.aspect {
        Aspect::Value | Aspect::Members | Aspect::Agreement => Some(write.unwrap_or(last)),
        _ => Some(last),
    }
}
