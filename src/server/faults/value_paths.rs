//! Faults of PATCH paths that select elements of a list.

use serde_json::{Map, Value, json};

use super::context::{Effect, FaultContext, patched, refuse};
use super::fault::faults;
use super::operations::{Change, USERS, asks, element, ignore, operation, replace};
use crate::scim::message::ScimType;
use crate::scim::patch::Verb;
use crate::scim::schema;
use crate::server::call::ServerRequest;
use crate::server::evaluate;

faults! {
    /// A value path that selects nothing is rejected with `noTarget`.
    VALUE_PATH_NO_TARGET = "value-path-no-target", Named, value_path_no_target;
    /// A value path that selects nothing is accepted and changes nothing.
    VALUE_PATH_CREATE_IGNORED = "value-path-create-ignored", Named, value_path_create_ignored;
    /// A value path always appends an element, even beside one it selects.
    VALUE_PATH_APPENDS_ALWAYS = "value-path-appends-always", Duplicate, value_path_appends_always;
    /// A value path removes all other elements of the list.
    VALUE_PATH_REPLACES_LIST = "value-path-replaces-list", Wipe, value_path_replaces_list;
}

/// True when a change has a value path that selects no element of what is kept.
pub(super) fn selects_nothing(change: &Change<'_>, attributes: &Map<String, Value>) -> bool {
    let Some(filter) = &change.path.filter else { return false };
    let Some(attribute) = schema::user().attribute(&change.path.attribute) else { return false };
    let elements = attributes.get(&attribute.name).and_then(Value::as_array);
    !elements.into_iter().flatten().any(|element| evaluate::element_holds(attribute, filter, element))
}

pub(super) fn kept(call: &ServerRequest, context: &FaultContext<'_>) -> Map<String, Value> {
    patched(call)
        .and_then(|(kind, id)| context.store.get(kind, &id))
        .map(|record| record.attributes.clone())
        .unwrap_or_default()
}

fn value_path_no_target() -> Effect {
    Effect::before(|call, context| {
        let kept = kept(call, context);
        asks(call, USERS, |change| change.verb != Verb::Remove && selects_nothing(change, &kept))
            .then(|| refuse(ScimType::NoTarget, "the path's filter selects nothing"))
    })
}

fn value_path_create_ignored() -> Effect {
    Effect::before(|call, context| {
        let kept = kept(call, context);
        ignore(call, USERS, |change| selects_nothing(change, &kept));
        None
    })
}

fn value_path_appends_always() -> Effect {
    Effect::before(|call, _| {
        replace(call, USERS, |change| {
            let new = element(change).filter(|_| change.verb != Verb::Remove)?;
            Some(vec![operation(Verb::Add, &change.path.attribute, json!([new]))])
        });
        None
    })
}

fn value_path_replaces_list() -> Effect {
    Effect::before(|call, _| {
        replace(call, USERS, |change| {
            let new = element(change).filter(|_| change.verb != Verb::Remove)?;
            Some(vec![operation(Verb::Replace, &change.path.attribute, json!([new]))])
        });
        None
    })
}
