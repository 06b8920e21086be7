//! What rules are about: whether an exchange has something that a rule can judge.
//!
//! A rule judges only exchanges that have its subject, and one that met none in a whole run was not
//! exercised: it neither passed nor failed. Too narrow a subject shows when the rule's fault goes unseen.

use serde_json::Value;

use super::View;
use super::ledger::{Holds, SeenObject, SeenState};
use super::returned::Returned;
use crate::wire::{Actor, Operation, ResourceKind};

/// Whether an exchange has the subject of a rule.
pub(super) type RuleSubject = fn(&View<'_>) -> bool;

pub(super) fn anything(_: &View<'_>) -> bool {
    true
}

pub(super) fn an_answer(view: &View<'_>) -> bool {
    view.answer().is_some()
}

/// An answer to what is to succeed.
pub(super) fn in_earnest(view: &View<'_>) -> bool {
    let request = &view.exchange.request;
    an_answer(view) && !request.provoked && request.actor != Actor::Probe
}

pub(super) fn a_body(view: &View<'_>) -> bool {
    view.answer().is_some_and(|answer| !answer.body.is_empty())
}

pub(super) fn a_success_with_body(view: &View<'_>) -> bool {
    view.exchange.succeeded() && a_body(view)
}

pub(super) fn an_error(view: &View<'_>) -> bool {
    view.status().is_some_and(|status| status >= 400)
}

/// The answer of a route or a method that Entra never uses, which the web server may give before SCIM is reached.
pub(super) fn is_off_the_routes(view: &View<'_>) -> bool {
    matches!(view.operation(), Operation::Other | Operation::Search)
        && matches!(view.status(), Some(404 | 405 | 501))
}

pub(super) fn an_error_with_body(view: &View<'_>) -> bool {
    an_error(view) && a_body(view)
}

pub(super) fn json(view: &View<'_>) -> bool {
    view.json().is_some()
}

pub(super) fn a_list(view: &View<'_>) -> bool {
    view.list().is_some()
}

pub(super) fn resources(view: &View<'_>) -> bool {
    !view.resources().is_empty()
}

pub(super) fn users(view: &View<'_>) -> bool {
    view.resources().iter().any(|resource| resource.kind == ResourceKind::User)
}

/// A create that was accepted.
pub(super) fn a_creation(view: &View<'_>) -> bool {
    matches!(view.operation(), Operation::Create(_)) && view.exchange.succeeded()
}

/// An update that was accepted.
pub(super) fn an_update(view: &View<'_>) -> bool {
    matches!(view.operation(), Operation::Modify(..) | Operation::Replace(..)) && view.exchange.succeeded()
}

/// The resource alone, in the answer to a request that makes or changes it.
pub(super) fn shown_by(view: &View<'_>, write: RuleSubject) -> bool {
    write(view) && view.resources().len() == 1 && view.claims().next().is_some()
}

/// What the trace knows of each resource in the answer to a read or query.
fn read<'v>(view: &'v View<'_>) -> impl Iterator<Item = (&'v Returned<'v>, &'v SeenState)> {
    let reads = matches!(view.operation(), Operation::Read(..) | Operation::Query { .. });
    view.resources().iter().filter(move |_| reads).filter_map(|resource| {
        let known = view.ledger.known(resource.kind, resource.id()?)?;
        known.is_settled_for(view.exchange).then_some((resource, known))
    })
}

/// A read or query shows a resource of which this trace wrote such a value.
pub(super) fn reads_written(view: &View<'_>, which: impl Fn(&SeenState, &SeenObject) -> bool) -> bool {
    read(view).any(|(_, known)| known.all_held().iter().any(|held| which(known, held)))
}

/// A read or query shows a resource that is so.
pub(super) fn reads_known(view: &View<'_>, which: impl Fn(&SeenState) -> bool) -> bool {
    read(view).any(|(_, known)| which(known))
}

/// True for a value that was written, not taken away.
pub(super) fn is_value(held: &SeenObject) -> bool {
    matches!(held.claim.holds, Holds::Value(_))
}

/// True for a text that was written.
pub(super) fn is_text(held: &SeenObject) -> bool {
    matches!(held.claim.holds, Holds::Value(Value::String(_)))
}

/// A read by id, or a filter that an object matches, looks for an object that is there and is so.
pub(super) fn looks_for(view: &View<'_>, which: impl Fn(&SeenState) -> bool) -> bool {
    match view.operation() {
        Operation::Read(kind, id) => {
            view.ledger.known(*kind, id).is_some_and(|known| known.is_there() && which(known))
        }
        Operation::Query { kind, .. } => {
            let terms = view.terms().unwrap_or_default();
            !terms.is_empty() && view.ledger.matching(*kind, terms, view.discovery).into_iter().any(which)
        }
        _ => false,
    }
}
