//! Why a write was refused, as far as its trace can tell.

use serde_json::Value;

use crate::rules::View;
use crate::rules::ledger::{Claim, ClaimedChange, Holds, SeenState, Spot};
use crate::scim::patch::{PatchOperation, PatchRequest, Verb};
use crate::scim::schema::Mutability;
use crate::scim::{member, same_name};
use crate::wire::{Actor, Operation, ResourceKind};

/// Why a write was refused, as far as this trace can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RefusalCause {
    Create,
    Required,
    Conflict,
    Tombstone,
    NotImplemented,
    Disable,
    NoTarget,
    ManagerString,
    MemberRemoval,
    AbsentRemoval,
    Repeat,
    Update,
    Delete,
}

/// The cause of a refused write that Entra needs accepted; `None` for every other exchange.
pub(super) fn cause(view: &View<'_>) -> Option<RefusalCause> {
    let status = view.status().filter(|status| (400..500).contains(status) || *status == 501)?;
    let kind = view.operation().kind().filter(|_| is_sent(view))?;
    match view.operation() {
        Operation::Create(_) if status == 409 => conflict(view, kind),
        // A name that is taken is refused rightly; with which status is judged where it is expected.
        Operation::Create(_) if is_name_taken(view, kind) => None,
        Operation::Create(_) if lacking(view, kind).is_some() => Some(RefusalCause::Required),
        Operation::Create(_) => Some(RefusalCause::Create),
        Operation::Modify(_, id) => {
            let known = view.ledger.known(kind, id);
            // For a resource that is gone, or that no answer has shown, 404 is correct.
            let gone = known.is_none_or(|known| !known.is_there());
            if [404, 410].contains(&status) || (gone && status != 405 && status != 501) {
                return None;
            }
            update(view, kind, status, known)
        }
        Operation::Delete(_, id) => {
            let ours = view.ledger.known(kind, id).is_some_and(SeenState::is_there);
            (ours && ![404, 410].contains(&status)).then_some(RefusalCause::Delete)
        }
        _ => None,
    }
}

/// The first attribute that /Schemas requires and that the resource sent does not have.
pub(super) fn lacking(view: &View<'_>, kind: ResourceKind) -> Option<String> {
    let sent = view.sent()?;
    let schema = view.discovery.schemas.get(kind.schema())?;
    schema
        .attributes
        .iter()
        .filter(|attribute| attribute.required && attribute.mutability != Mutability::ReadOnly)
        .find_map(|attribute| {
            let Some(held) = member(sent, &attribute.name).filter(|held| !held.is_null()) else {
                let sub = attribute.sub_attributes.iter().find(|sub| sub.required && !attribute.multi_valued);
                let below = sub.map_or(String::new(), |sub| format!(".{}", sub.name));
                return Some(format!("{}{below}", attribute.name));
            };
            let mut subs = attribute.sub_attributes.iter().filter(|sub| sub.required);
            let missing = subs.find(|sub| held.is_object() && member(held, &sub.name).is_none())?;
            Some(format!("{}.{}", attribute.name, missing.name))
        })
}

/// A request that Entra needs accepted. Preparations of the observer are the runner's to explain.
pub(super) fn is_sent(view: &View<'_>) -> bool {
    // Questions of the runner are its own to explain. Its clean-up deletes as Entra does.
    let sends = match view.exchange.request.actor {
        Actor::Entra | Actor::Observer => true,
        Actor::Cleanup => matches!(view.operation(), Operation::Delete(..)),
        Actor::Probe => false,
    };
    sends && view.expects_success() && view.operation().kind().is_some_and(|kind| view.is_served(kind))
}

pub(super) fn is_patched(view: &View<'_>) -> bool {
    is_sent(view) && matches!(view.operation(), Operation::Modify(..))
}

/// A PATCH with such an operation.
pub(super) fn is_patched_by(view: &View<'_>, which: fn(&PatchOperation) -> bool) -> bool {
    is_patched(view) && operations(view).is_some_and(|operations| operations.iter().any(which))
}

pub(super) fn operations(view: &View<'_>) -> Option<Vec<PatchOperation>> {
    Some(PatchRequest::read(view.sent()?).ok()?.operations)
}

/// What is known of the object that the request is about, if it is there.
pub(super) fn of_known<'v>(view: &'v View<'_>) -> Option<&'v SeenState> {
    let (kind, id) = view.operation().kind().zip(view.operation().id())?;
    view.ledger.known(kind, id).filter(|known| known.is_there())
}

/// A create with a value of which that is so, and which no other resource has.
pub(super) fn creates_a(view: &View<'_>, which: impl Fn(ResourceKind, &Spot, &Value) -> bool) -> bool {
    match view.operation() {
        Operation::Create(kind) => {
            is_sent(view)
                && !is_taken(view, *kind)
                && unique_values(view, *kind).any(|(spot, value)| which(*kind, spot, value))
        }
        _ => false,
    }
}

/// True for the attribute that names a resource of the kind.
pub(super) fn names(kind: ResourceKind, spot: &Spot) -> bool {
    spot.is_core(match kind {
        ResourceKind::User => "userName",
        ResourceKind::Group => "displayName",
    })
}

/// Values two resources may not share on some server: the names, and what people are matched by.
fn may_be_unique(kind: ResourceKind, spot: &Spot) -> bool {
    match kind {
        ResourceKind::User => ["userName", "externalId", "emails"].iter().any(|name| spot.is_core(name)),
        ResourceKind::Group => ["displayName", "externalId"].iter().any(|name| spot.is_core(name)),
    }
}

/// The claims of a request that may collide with another resource.
fn unique_values<'v>(view: &'v View<'_>, kind: ResourceKind) -> impl Iterator<Item = (&'v Spot, &'v Value)> {
    view.claims().filter(move |claim| may_be_unique(kind, &claim.spot)).filter_map(|claim| {
        match &claim.holds {
            Holds::Value(value) => Some((&claim.spot, value)),
            Holds::Present | Holds::Absent => None,
        }
    })
}

/// True when another resource has one of the values, or may have it.
fn is_taken(view: &View<'_>, kind: ResourceKind) -> bool {
    let own = view.operation().id();
    unique_values(view, kind).any(|(spot, value)| {
        view.ledger.may_exist(kind, value)
            || view.ledger.holders(kind, spot, value).iter().any(|known| own != Some(known.id.as_str()))
    })
}

/// True when the name of a create belongs to another resource for certain.
fn is_name_taken(view: &View<'_>, kind: ResourceKind) -> bool {
    let names = unique_values(view, kind).filter(|(spot, _)| names(kind, spot));
    names.into_iter().any(|(spot, value)| !view.ledger.holders(kind, spot, value).is_empty())
}

/// A 409 to a create: right when the name is taken, odd when the server has just said it is free.
fn conflict(view: &View<'_>, kind: ResourceKind) -> Option<RefusalCause> {
    if is_taken(view, kind) {
        return None;
    }
    if unique_values(view, kind).any(|(spot, value)| view.ledger.was_deleted_with(kind, spot, value)) {
        return Some(RefusalCause::Tombstone);
    }
    let free = |(spot, value): (&Spot, &Value)| names(kind, spot) && view.ledger.was_not_found(kind, value);
    unique_values(view, kind).any(free).then_some(RefusalCause::Conflict)
}

fn update(
    view: &View<'_>,
    kind: ResourceKind,
    status: u16,
    known: Option<&SeenState>,
) -> Option<RefusalCause> {
    // Where another PATCH is accepted, the server has the method and lacks what this one asks for.
    if [405, 501].contains(&status) && !view.ledger.is_patched(kind) {
        return Some(RefusalCause::NotImplemented);
    }
    if status == 409 && is_taken(view, kind) {
        return None;
    }
    let operations = &operations(view)?;
    if kind == ResourceKind::User && view.claims().any(disables) {
        return Some(RefusalCause::Disable);
    }
    let keyword = view.json().and_then(|body| member(body, "scimType")).and_then(Value::as_str);
    let removes_by_value = operations.iter().any(removes_members_by_value);
    // A keyword that blames the request says that this form is never accepted, whatever the members are.
    let form_is_refused = removes_by_value && keyword.is_some_and(|keyword| keyword != "noTarget");
    if removes_nothing(view, operations, known) && !form_is_refused {
        return Some(RefusalCause::AbsentRemoval);
    }
    if keyword == Some("noTarget") && operations.iter().any(writes_element) {
        return Some(RefusalCause::NoTarget);
    }
    if operations.iter().any(writes_manager) {
        return Some(RefusalCause::ManagerString);
    }
    if removes_by_value {
        return Some(RefusalCause::MemberRemoval);
    }
    if known.is_some_and(|known| repeats(view.changes(), known)) {
        return Some(RefusalCause::Repeat);
    }
    Some(RefusalCause::Update)
}

pub(in crate::rules) fn disables(claim: &Claim) -> bool {
    claim.spot.is_core("active") && claim.holds == Holds::Value(Value::Bool(false))
}

/// A value at a sub-attribute of an element that a filter selects.
pub(super) fn writes_element(operation: &PatchOperation) -> bool {
    operation.verb != Verb::Remove
        && operation.path.as_ref().is_some_and(|path| path.filter.is_some() && path.sub.is_some())
}

/// A manager set by a bare string.
pub(super) fn writes_manager(operation: &PatchOperation) -> bool {
    is_manager(operation) && operation.verb != Verb::Remove
}

/// A removal of `members` that names them in `value`, as Entra does by default.
pub(super) fn removes_members_by_value(operation: &PatchOperation) -> bool {
    operation.verb == Verb::Remove
        && operation.value.is_some()
        && operation.path.as_ref().is_some_and(|path| path.is("members"))
}

/// A manager named by a bare string.
fn is_manager(operation: &PatchOperation) -> bool {
    operation.path.as_ref().is_some_and(|path| same_name(&path.attribute, "manager") && path.sub.is_none())
        && operation.value.as_ref().is_some_and(Value::is_string)
}

/// True when every operation takes away what is not there.
pub(super) fn removes_nothing(
    view: &View<'_>,
    operations: &[PatchOperation],
    known: Option<&SeenState>,
) -> bool {
    let Some(known) = known else {
        return false;
    };
    let absent = |change: &ClaimedChange| match change {
        ClaimedChange::Leave(ids) => ids.iter().all(|id| known.has_member(id) != Some(true)),
        ClaimedChange::Claim(claim) => {
            claim.holds == Holds::Absent
                && known.held(&claim.spot).is_none_or(|held| held.claim.holds == Holds::Absent)
        }
        _ => false,
    };
    operations.iter().all(|operation| operation.verb == Verb::Remove)
        && !view.changes().is_empty()
        && view.changes().iter().all(absent)
}

/// True when the resource holds everything already that is written.
pub(super) fn repeats(changes: &[ClaimedChange], known: &SeenState) -> bool {
    let stands = |change: &ClaimedChange| match change {
        ClaimedChange::Claim(claim) => known.held(&claim.spot).is_some_and(|held| {
            held.is_reliable() && held.claim.spot == claim.spot && held.claim.holds == claim.holds
        }),
        ClaimedChange::Join(ids) => ids.iter().all(|id| known.has_member(id) == Some(true)),
        _ => false,
    };
    !changes.is_empty() && changes.iter().all(stands)
}
