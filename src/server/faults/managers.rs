//! Faults of the manager, which Entra sends as a bare string and expects back as an object.

use serde_json::{Value, json};

use super::operations::{Change, asks, changes, ignore};
use super::scene::{Effect, refuse, resources};
use crate::scim::message::ScimType;
use crate::scim::patch::Verb;
use crate::scim::urn;
use crate::server::model::Kind;

const USERS: &[Kind] = &[Kind::User];

fn sets(change: &Change<'_>) -> bool {
    change.concerns("manager") && !change.clears()
}

pub(super) fn refuses_manager_string() -> Effect {
    Effect::before(|call, _| {
        asks(call, USERS, |change| sets(change) && change.value.is_some_and(Value::is_string))
            .then(|| refuse(ScimType::InvalidValue, "manager must be an object but was a string"))
    })
}

pub(super) fn manager_as_string() -> Effect {
    Effect::after(|_, reply, _| {
        for user in resources(reply) {
            if let Some(manager) =
                user.get_mut(urn::ENTERPRISE).and_then(|employee| employee.get_mut("manager"))
            {
                *manager = manager.get("value").cloned().unwrap_or_default();
            }
        }
    })
}

pub(super) fn ignores_manager_add() -> Effect {
    Effect::before(|call, _| {
        ignore(call, USERS, |change| sets(change) && change.verb == Verb::Add);
        None
    })
}

pub(super) fn ignores_manager_replace() -> Effect {
    Effect::before(|call, _| {
        ignore(call, USERS, |change| sets(change) && change.verb == Verb::Replace);
        None
    })
}

pub(super) fn ignores_manager_remove() -> Effect {
    Effect::before(|call, _| {
        ignore(call, USERS, |change| change.concerns("manager") && change.clears());
        None
    })
}

pub(super) fn refuses_manager_remove() -> Effect {
    Effect::before(|call, _| {
        asks(call, USERS, |change| change.concerns("manager") && change.clears())
            .then(|| refuse(ScimType::NoTarget, "impossible to search on a single-valued attribute"))
    })
}

pub(super) fn empty_manager_kept() -> Effect {
    Effect::after(|call, reply, scene| {
        let mut cleared = false;
        changes(&mut call.clone(), USERS, |change| cleared |= change.concerns("manager") && change.clears());
        if cleared {
            scene.rewrite(call, reply, USERS, |user| {
                let employee = user.attributes.entry(urn::ENTERPRISE).or_insert_with(|| json!({}));
                employee["manager"] = json!({ "value": "" });
            });
        }
    })
}
