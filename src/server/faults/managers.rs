//! Faults of the manager, which Entra sends as a bare string and expects back as an object.

use serde_json::{Value, json};

use super::context::{Effect, refuse, resources};
use super::creation::sent;
use super::fault::faults;
use super::operations::{Change, USERS, asks, changes, ignore};
use crate::scim::message::ScimType;
use crate::scim::patch::Verb;
use crate::scim::urn;
use crate::server::model::ServedKind;

faults! {
    /// A manager sent as a bare string is rejected.
    REFUSES_MANAGER_STRING = "refuses-manager-string", Named, refuses_manager_string;
    /// A manager sent as a bare string in a create is dropped.
    MANAGER_TEXT_IN_CREATE_IGNORED = "manager-text-in-create-ignored", Drop, manager_text_in_create_ignored;
    /// The manager is returned as a bare string.
    MANAGER_AS_STRING = "manager-as-string", Retype, manager_as_string;
    /// An add of a manager is accepted and changes nothing.
    IGNORES_MANAGER_ADD = "ignores-manager-add", Named, ignores_manager_add;
    /// A replace of the manager is accepted and changes nothing.
    IGNORES_MANAGER_REPLACE = "ignores-manager-replace", Named, ignores_manager_replace;
    /// Clearing the manager is accepted and changes nothing.
    IGNORES_MANAGER_REMOVE = "ignores-manager-remove", Named, ignores_manager_remove;
    /// Clearing the manager is rejected.
    REFUSES_MANAGER_REMOVE = "refuses-manager-remove", Named, refuses_manager_remove;
    /// A cleared manager is stored as an empty value.
    EMPTY_MANAGER_KEPT = "empty-manager-kept", Named, empty_manager_kept;
}

fn sets(change: &Change<'_>) -> bool {
    change.concerns("manager") && !change.clears()
}

fn refuses_manager_string() -> Effect {
    Effect::before(|call, _| {
        asks(call, USERS, |change| sets(change) && change.value.is_some_and(Value::is_string))
            .then(|| refuse(ScimType::InvalidValue, "manager must be an object but was a string"))
    })
}

fn manager_text_in_create_ignored() -> Effect {
    Effect::before(|call, _| {
        let employee = sent(call, ServedKind::User).and_then(|user| user.get_mut(urn::ENTERPRISE));
        if let Some(employee) = employee.and_then(Value::as_object_mut)
            && employee.get("manager").is_some_and(Value::is_string)
        {
            employee.shift_remove("manager");
        }
        None
    })
}

fn manager_as_string() -> Effect {
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

fn ignores_manager_add() -> Effect {
    Effect::before(|call, _| {
        ignore(call, USERS, |change| sets(change) && change.verb == Verb::Add);
        None
    })
}

fn ignores_manager_replace() -> Effect {
    Effect::before(|call, _| {
        ignore(call, USERS, |change| sets(change) && change.verb == Verb::Replace);
        None
    })
}

fn ignores_manager_remove() -> Effect {
    Effect::before(|call, _| {
        ignore(call, USERS, |change| change.concerns("manager") && change.clears());
        None
    })
}

fn refuses_manager_remove() -> Effect {
    Effect::before(|call, _| {
        asks(call, USERS, |change| change.concerns("manager") && change.clears())
            .then(|| refuse(ScimType::NoTarget, "impossible to search on a single-valued attribute"))
    })
}

fn empty_manager_kept() -> Effect {
    Effect::after(|call, reply, context| {
        let mut cleared = false;
        changes(&mut call.clone(), USERS, |change| cleared |= change.concerns("manager") && change.clears());
        if cleared {
            context.rewrite(call, reply, USERS, |user| {
                let employee = user.attributes.entry(urn::ENTERPRISE).or_insert_with(|| json!({}));
                employee["manager"] = json!({ "value": "" });
            });
        }
    })
}
