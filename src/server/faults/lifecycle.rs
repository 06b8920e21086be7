//! Faults of disabling, enabling and deleting.

use axum::http::header;
use serde_json::Value;

use super::context::{Effect, FaultContext, created, deleted, fail, listed, patched, read, refuse, status};
use super::creation::sent;
use super::fault::faults;
use super::operations::{asks, ignore};
use crate::scim::message::ScimType;
use crate::server::call::ServerRequest;
use crate::server::model::ServedKind;
use crate::server::reply::Reply;
use crate::server::values::boolean;

faults! {
    /// `active: false` is accepted, but the user stays active.
    DISABLE_IGNORED = "disable-ignored", Named, disable_ignored;
    /// Disabling a user deletes it.
    DELETES_ON_DISABLE = "deletes-on-disable", Named, deletes_on_disable;
    /// Disabling a user removes it from all groups.
    DISABLE_DROPS_MEMBERSHIPS = "disable-drops-memberships", Wipe, disable_drops_memberships;
    /// Disabling a user removes all attributes but its names.
    DISABLE_WIPES_ATTRIBUTES = "disable-wipes-attributes", Wipe, disable_wipes_attributes;
    /// A disabled user cannot be enabled again.
    REFUSES_REENABLE = "refuses-reenable", Named, refuses_reenable;
    /// Enabling a user again changes its id.
    REENABLE_CHANGES_ID = "reenable-changes-id", Swap, reenable_changes_id;
    /// Enabling a user again restores the values from when it was disabled.
    ENABLE_RESTORES_OLD_VALUES = "enable-restores-old-values", Stale, enable_restores_old_values;
    /// DELETE of a user returns 204, but the user remains.
    DELETE_IGNORED = "delete-ignored", Named, delete_ignored;
    /// DELETE of a group returns 204, but the group remains.
    GROUP_DELETE_IGNORED = "group-delete-ignored", Named, group_delete_ignored;
    /// DELETE of a disabled user is rejected.
    DELETE_REFUSES_DISABLED = "delete-refuses-disabled", Named, delete_refuses_disabled;
    /// The first user is the administrator: disabling or deleting it returns 403.
    FIRST_USER_PROTECTED = "first-user-protected", Named, first_user_protected;
    /// DELETE of a user only disables it, and it can still be found.
    DELETE_DISABLES = "delete-disables", Named, delete_disables;
    /// A deleted user returns 404 by id, but lists still show it.
    DELETED_USER_IN_LISTS = "deleted-user-in-lists", Stale, deleted_user_in_lists;
    /// A deleted user can still be read by its id.
    DELETED_USER_READABLE = "deleted-user-readable", Stale, deleted_user_readable;
    /// The `userName` of a deleted user cannot be used again.
    TOMBSTONE_BLOCKS_CREATE = "tombstone-blocks-create", Named, tombstone_blocks_create;
    /// A deleted user stays a member of its groups.
    DELETED_USER_STAYS_MEMBER = "deleted-user-stays-member", Named, deleted_user_stays_member;
    /// Every update changes the id of the user.
    ID_CHANGES_ON_UPDATE = "id-changes-on-update", Swap, id_changes_on_update;
    /// An unknown id returns 500.
    NOT_FOUND_IS_500 = "not-found-is-500", Named, not_found_is_500;
    /// Every token is accepted, and so is a request without one.
    ANY_TOKEN_ACCEPTED = "any-token-accepted", Named, any_token_accepted;
}

/// True when a request sets `active` to this value.
fn sets_active(call: &mut ServerRequest, value: bool) -> bool {
    asks(call, &[ServedKind::User], |change| {
        change.concerns("active") && change.value.and_then(boolean) == Some(value)
    })
}

/// The user a request concerns, when it is disabled now.
fn disabled_user(call: &ServerRequest, context: &FaultContext<'_>) -> Option<String> {
    let (_, id) = patched(call).or_else(|| deleted(call)).filter(|(kind, _)| *kind == ServedKind::User)?;
    let user = context.store.get(ServedKind::User, &id)?;
    (user.attributes.get("active") == Some(&Value::Bool(false))).then_some(id)
}

/// Runs after a request that disabled a user.
fn once_disabled(call: &ServerRequest, reply: &Reply, context: &FaultContext<'_>) -> Option<String> {
    let set = reply.status.is_success() && sets_active(&mut call.clone(), false);
    disabled_user(call, context).filter(|_| set)
}

fn disable_ignored() -> Effect {
    Effect::before(|call, _| {
        ignore(call, &[ServedKind::User], |change| {
            change.concerns("active") && change.value.and_then(boolean) == Some(false)
        });
        None
    })
}

fn deletes_on_disable() -> Effect {
    Effect::after(|call, reply, context| {
        if let Some(id) = once_disabled(call, reply, context) {
            context.store.remove(ServedKind::User, &id);
        }
    })
}

fn disable_drops_memberships() -> Effect {
    Effect::after(|call, reply, context| {
        if let Some(id) = once_disabled(call, reply, context)
            && let Some(user) = context.store.remove(ServedKind::User, &id)
        {
            context.store.overwrite(ServedKind::User, user);
            context.refresh(call, reply, ServedKind::User, &id);
        }
    })
}

fn disable_wipes_attributes() -> Effect {
    Effect::after(|call, reply, context| {
        if once_disabled(call, reply, context).is_some() {
            context.rewrite(call, reply, &[ServedKind::User], |user| {
                user.attributes
                    .retain(|name, _| ["userName", "active", "externalId"].contains(&name.as_str()));
            });
        }
    })
}

fn refuses_reenable() -> Effect {
    Effect::before(|call, context| {
        disabled_user(call, context)?;
        sets_active(call, true)
            .then(|| refuse(ScimType::InvalidValue, "a deactivated user cannot be changed"))
    })
}

fn reenable_changes_id() -> Effect {
    Effect::both(
        |call, context| {
            if let Some(id) = disabled_user(call, context) {
                context.memory.marked.insert(id);
            }
            None
        },
        |call, reply, context| {
            let Some((ServedKind::User, id)) = patched(call) else { return };
            if context.memory.marked.remove(&id)
                && sets_active(&mut call.clone(), true)
                && reply.status.is_success()
            {
                let new = context.store.give_new_id(ServedKind::User, &id);
                context.refresh(call, reply, ServedKind::User, &new);
            }
        },
    )
}

fn enable_restores_old_values() -> Effect {
    Effect::both(
        |call, context| {
            // What the user was when it was disabled comes back with it.
            if sets_active(call, false)
                && let Some((ServedKind::User, id)) = patched(call)
                && let Some(user) = context.store.get(ServedKind::User, &id)
            {
                context.memory.records.insert(id, user.clone());
            }
            None
        },
        |call, reply, context| {
            if !sets_active(&mut call.clone(), true) {
                return;
            }
            let Some((ServedKind::User, id)) = patched(call) else { return };
            if let Some(old) = context.memory.records.remove(&id) {
                context.rewrite(call, reply, &[ServedKind::User], |user| {
                    user.attributes = old.attributes;
                    user.attributes.insert("active".into(), true.into());
                });
            }
        },
    )
}

fn delete_ignored() -> Effect {
    Effect::before(|call, context| {
        let (kind, id) = deleted(call).filter(|(kind, _)| *kind == ServedKind::User)?;
        context.store.get(kind, &id).map(|_| Reply::no_content())
    })
}

fn group_delete_ignored() -> Effect {
    Effect::before(|call, context| {
        let (kind, id) = deleted(call).filter(|(kind, _)| *kind == ServedKind::Group)?;
        context.store.get(kind, &id).map(|_| Reply::no_content())
    })
}

fn delete_refuses_disabled() -> Effect {
    Effect::before(|call, context| {
        deleted(call)?;
        disabled_user(call, context)
            .map(|_| refuse(ScimType::InvalidValue, "a deactivated user cannot be deleted"))
    })
}

fn first_user_protected() -> Effect {
    Effect::both(
        |call, context| {
            let id = deleted(call).or_else(|| patched(call).filter(|_| sets_active(call, false)))?.1;
            let is_admin = context.memory.values.get("admin") == Some(&Value::String(id));
            is_admin.then(|| fail(403, "the last administrator cannot be disabled or deleted"))
        },
        |call, reply, context| {
            if created(call) == Some(ServedKind::User)
                && let Some((_, id)) = context.written(call, reply)
            {
                context.memory.values.entry("admin".into()).or_insert(id.into());
            }
        },
    )
}

fn delete_disables() -> Effect {
    Effect::before(|call, context| {
        let (kind, id) = deleted(call).filter(|(kind, _)| *kind == ServedKind::User)?;
        let mut user = context.store.get(kind, &id)?.clone();
        user.attributes.insert("active".into(), false.into());
        context.store.overwrite(kind, user);
        Some(Reply::no_content())
    })
}

fn deleted_user_in_lists() -> Effect {
    Effect::both(
        |call, context| {
            if let Some((ServedKind::User, id)) = deleted(call) {
                let user = context.store.get(ServedKind::User, &id)?.clone();
                context.memory.records.insert(id, user);
            }
            // Lists are served as if those who are gone had stayed.
            listed(call).filter(|kind| *kind == ServedKind::User)?;
            let mut before = context.store.clone();
            for user in context.memory.records.values() {
                before.overwrite(ServedKind::User, user.clone());
            }
            Some(context.serve_from(call, &mut before))
        },
        |_, _, _| {},
    )
}

fn deleted_user_readable() -> Effect {
    Effect::both(
        |call, context| {
            if let Some((ServedKind::User, id)) = deleted(call) {
                let body = context.show(call, ServedKind::User, &id)?;
                context.memory.values.insert(id, body);
            }
            None
        },
        |call, reply, context| {
            if reply.status == 404
                && let Some((_, id)) = read(call)
                && let Some(body) = context.memory.values.get(&id)
            {
                *reply = Reply::json(status(200), body.clone());
            }
        },
    )
}

fn tombstone_blocks_create() -> Effect {
    Effect::before(|call, context| {
        if let Some((ServedKind::User, id)) = deleted(call)
            && let Some(name) =
                context.store.get(ServedKind::User, &id).and_then(|user| user.text("userName"))
        {
            context.memory.marked.insert(name.to_lowercase());
        }
        let name = sent(call, ServedKind::User)?.get("userName")?.as_str()?.to_lowercase();
        context
            .memory
            .marked
            .contains(&name)
            .then(|| refuse(ScimType::Uniqueness, "the userName belonged to a deleted user"))
    })
}

fn deleted_user_stays_member() -> Effect {
    Effect::before(|call, context| {
        let (kind, id) = deleted(call).filter(|(kind, _)| *kind == ServedKind::User)?;
        let groups: Vec<_> = context.store.groups_of(&id).cloned().collect();
        context.store.remove(kind, &id)?;
        for group in groups {
            context.store.overwrite(ServedKind::Group, group);
        }
        Some(Reply::no_content())
    })
}

fn id_changes_on_update() -> Effect {
    Effect::after(|call, reply, context| {
        if let Some((ServedKind::User, id)) = patched(call)
            && reply.status.is_success()
            && context.store.get(ServedKind::User, &id).is_some()
        {
            let new = context.store.give_new_id(ServedKind::User, &id);
            context.refresh(call, reply, ServedKind::User, &new);
        }
    })
}

fn not_found_is_500() -> Effect {
    Effect::after(|call, reply, _| {
        if reply.status == 404 && (read(call).is_some() || patched(call).is_some() || deleted(call).is_some())
        {
            *reply = fail(500, "null reference");
        }
    })
}

fn any_token_accepted() -> Effect {
    Effect::before(|call, context| {
        if let Ok(value) = format!("Bearer {}", context.service.settings.token).parse() {
            call.headers.insert(header::AUTHORIZATION, value);
        }
        None
    })
}
