//! What a target does on purpose, as its owner says in `[target]` (docs/target.md): which findings are expected then,
//! and which scenarios are about nothing that it does.

use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::cleanup::Left;
use super::plan::{Plan, Protection};
use super::target::adjustment::Adjustment;
use crate::check::{Finding, Level};
use crate::entra::mapping::{AttributeMapping, Mapping};
use crate::rules;
use crate::scenario::{Action, RawRequest, Scenario};
use crate::scim::member;
use crate::wire::{Exchange, Method, Operation, ResourceKind};

/// Statuses of a refusal that is meant for this resource, and not for the token or the method.
const REFUSALS: [u16; 5] = [400, 403, 409, 422, 423];

/// The user whom the target protects as its last administrator: the first whom it refuses to disable or delete.
/// A server that refuses the same for a second user does not protect an administrator.
#[derive(Debug, Default)]
pub(in crate::run) struct LastAdmin {
    id: OnceLock<String>,
}

impl LastAdmin {
    /// True for the refusal of a disable or a delete of this user.
    pub(in crate::run) fn is_protected_in(&self, plan: &Plan, exchange: &Exchange) -> bool {
        let refused = exchange.answer().is_some_and(|answer| REFUSALS.contains(&answer.status));
        if !plan.protects.contains(&Protection::LastAdmin) || !refused || exchange.request.provoked {
            return false;
        }
        match &exchange.operation {
            Operation::Delete(ResourceKind::User, id) => self.is(id),
            Operation::Modify(ResourceKind::User, id) if exchange.disables() => self.is(id),
            _ => false,
        }
    }

    /// True when a trace has such a refusal.
    pub(in crate::run) fn is_met_in(&self, plan: &Plan, trace: &[Arc<Exchange>]) -> bool {
        trace.iter().any(|exchange| self.is_protected_in(plan, exchange))
    }

    /// Takes the user out of what a run left behind, since the target keeps it on purpose, and says so in a note.
    pub(in crate::run) fn take_from(&self, left_behind: &mut Vec<Left>) -> Option<Finding> {
        let id = self.id.get()?;
        let before = left_behind.len();
        left_behind.retain(|left| !left.is_user(id));
        let rule = rules::find(rules::DELETE_REFUSED).filter(|_| left_behind.len() < before)?;
        let message =
            format!("the server keeps /Users/{id} as its last administrator; delete it at the server");
        let note = rule.finding(message).at(Level::Note).concerning("last administrator");
        Some(note.against("a refusal, as `[target] protects` says", "the user is still there"))
    }

    fn is(&self, id: &str) -> bool {
        self.id.get_or_init(|| id.to_owned()) == id
    }
}

/// Makes notes of what rules found and the target does on purpose.
pub(in crate::run) fn expect(plan: &Plan, last_admin: &LastAdmin, findings: &mut [Finding]) {
    for finding in findings {
        // An id that comes back to the same userName is a warning; one that another user gets is critical.
        let same_id =
            plan.user_name_ids && finding.rule == rules::ID_REUSED && finding.level == Level::Warning;
        let decisive = finding.exchanges.last();
        let protected = decisive.is_some_and(|exchange| last_admin.is_protected_in(plan, exchange));
        if same_id || protected {
            finding.level = Level::Note;
        }
    }
}

/// The adjustment that leaves out what the target refuses on purpose. A test of Microsoft's sends everything.
pub(in crate::run) fn adjustment(plan: &Plan) -> Adjustment {
    let refused = if plan.whole_mapping { Vec::new() } else { plan.refuses.clone() };
    Adjustment { refused, ..Adjustment::default() }
}

/// A mapping without the rows that write what the target refuses on purpose.
pub(in crate::run) fn without_refused(plan: &Plan, mapping: &Mapping) -> Mapping {
    let adjustment = adjustment(plan);
    let mut mapping = mapping.clone();
    let stays =
        |kind, row: &AttributeMapping| row.matching.is_some() || !adjustment.refuses(kind, &row.target);
    mapping.user.rows.retain(|row| stays(ResourceKind::User, row));
    if let Some(group) = &mut mapping.group {
        group.rows.retain(|row| stays(ResourceKind::Group, row));
    }
    mapping
}

fn raw_requests(scenario: &Scenario) -> impl Iterator<Item = &RawRequest> {
    scenario.timeline.iter().flat_map(|step| match &step.action {
        Action::Request(raw) => vec![raw],
        Action::ExpectWalk(walk) => walk.between.iter().collect(),
        Action::AtOnce(several) => several.iter().map(|together| &together.request).collect(),
        _ => Vec::new(),
    })
}

/// How many users a scenario has at the target at once, at most, when not more than `at_most` play one entry: an
/// account that was there before may not be the one that its person gets.
pub(in crate::run) fn users(scenario: &Scenario, at_most: Option<usize>) -> usize {
    let people = scenario
        .people
        .values()
        .map(|person| at_most.map_or(person.many, |most| person.many.min(most)).max(1));
    let made = raw_requests(scenario).map(users_made);
    people.sum::<usize>() + scenario.accounts.len() + made.sum::<usize>()
}

/// How many users a raw request makes.
fn users_made(raw: &RawRequest) -> usize {
    let users = ResourceKind::User.endpoint();
    if raw.method != Method::Post || raw.provoked {
        return 0;
    }
    let operations = raw.body.as_ref().and_then(|body| member(body, "Operations")).and_then(Value::as_array);
    let makes = |operation: &&Value| {
        let text = |name: &str| member(operation, name).and_then(Value::as_str);
        text("method") == Some(Method::Post.as_str()) && text("path") == Some(users)
    };
    match operations {
        Some(operations) => operations.iter().filter(makes).count(),
        None => usize::from(raw.path == users),
    }
}
