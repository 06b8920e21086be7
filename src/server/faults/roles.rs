//! Faults of app roles.

use super::context::Effect;
use super::creation::sent;
use super::fault::faults;
use super::operations::{Change, USERS, operation, replace};
use crate::scim::patch::Verb;
use crate::server::call::ServerRequest;
use crate::server::model::ServedKind;

faults! {
    /// A create does not store `roles`.
    ROLES_NOT_KEPT = "roles-not-kept", Drop, roles_not_kept;
    /// An add of roles replaces the existing ones.
    ROLE_ADD_REPLACES_LIST = "role-add-replaces-list", Wipe, role_add_replaces_list;
    /// A replace of roles adds them to the existing ones.
    ROLE_REPLACE_ADDS = "role-replace-adds", Named, role_replace_adds;
}

fn roles_not_kept() -> Effect {
    Effect::before(|call, _| {
        if let Some(user) = sent(call, ServedKind::User) {
            user.remove("roles");
        }
        None
    })
}

/// Makes changes of the whole list with another verb.
fn with_verb(call: &mut ServerRequest, from: Verb, to: Verb) {
    replace(call, USERS, |change: &Change<'_>| {
        let whole = change.path.filter.is_none() && change.path.sub.is_none();
        let asked = whole && change.verb == from && change.path.is("roles");
        let value = change.value.filter(|_| asked)?;
        Some(vec![operation(to, "roles", value.clone())])
    });
}

fn role_add_replaces_list() -> Effect {
    Effect::before(|call, _| {
        with_verb(call, Verb::Add, Verb::Replace);
        None
    })
}

fn role_replace_adds() -> Effect {
    Effect::before(|call, _| {
        with_verb(call, Verb::Replace, Verb::Add);
        None
    })
}
