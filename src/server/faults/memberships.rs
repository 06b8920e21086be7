//! Faults of groups and of who belongs to them.

use axum::http::header;
use serde_json::{Map, Value, json};

use super::context::{Effect, FaultContext, deleted, patched, refuse, resources, status};
use super::fault::faults;
use super::operations::{Change, asks, changes, ignore, operation, replace};
use crate::scim::message::{ErrorMessage, ScimType};
use crate::scim::patch::Verb;
use crate::scim::{Filter, Literal};
use crate::server::call::ServerRequest;
use crate::server::model::ServedKind;
use crate::server::reply::{Reply, ReplyBody};
use crate::server::store::StoredResource;

faults! {
    /// An add of members is accepted and changes nothing.
    MEMBER_ADD_IGNORED = "member-add-ignored", Named, member_add_ignored;
    /// An add of members replaces the existing ones.
    MEMBER_ADD_REPLACES_LIST = "member-add-replaces-list", Wipe, member_add_replaces_list;
    /// An add of several members stores only the first one.
    MEMBER_ADD_TAKES_FIRST_ONLY = "member-add-takes-first-only", Truncate, member_add_takes_first_only;
    /// An add of an existing member stores it twice.
    MEMBER_ADD_DUPLICATES = "member-add-duplicates", Duplicate, member_add_duplicates;
    /// An add of an existing member returns 409.
    MEMBER_RE_ADD_REFUSED = "member-re-add-refused", Named, member_re_add_refused;
    /// Removing members is accepted and changes nothing.
    MEMBER_REMOVE_IGNORED = "member-remove-ignored", Named, member_remove_ignored;
    /// A remove with the members in `value` is accepted and changes nothing.
    MEMBER_REMOVE_VALUE_IGNORED = "member-remove-value-ignored", Named, member_remove_value_ignored;
    /// A remove with the members in `value` is rejected.
    MEMBER_REMOVE_VALUE_REFUSED = "member-remove-value-refused", Named, member_remove_value_refused;
    /// A remove with a value path that selects the member is rejected.
    MEMBER_REMOVE_PATH_REFUSED = "member-remove-path-refused", Named, member_remove_path_refused;
    /// Removing one member removes all members.
    MEMBER_REMOVE_WIPES_GROUP = "member-remove-wipes-group", Wipe, member_remove_wipes_group;
    /// Removing a member from one group removes it from all groups.
    MEMBER_REMOVE_LEAVES_ALL_GROUPS = "member-remove-leaves-all-groups", Wipe, member_remove_leaves_all_groups;
    /// Removing a user that is not a member is rejected.
    REMOVE_ABSENT_MEMBER_IS_ERROR = "remove-absent-member-is-error", Named, remove_absent_member_is_error;
    /// Adding a member to a group removes it from all other groups.
    SECOND_GROUP_TAKES_MEMBER_AWAY = "second-group-takes-member-away", Wipe, second_group_takes_member_away;
    /// A group stores only its first twenty members.
    MEMBERS_CUT_AT_TWENTY = "members-cut-at-twenty", Truncate, members_cut_at_twenty;
    /// Removing the last member of a group deletes the group.
    EMPTY_GROUP_DELETED = "empty-group-deleted", Named, empty_group_deleted;
    /// Deleting a group deletes the users in it.
    GROUP_DELETE_CASCADES = "group-delete-cascades", Named, group_delete_cascades;
    /// Renaming a group removes its members.
    GROUP_RENAME_WIPES_MEMBERS = "group-rename-wipes-members", Wipe, group_rename_wipes_members;
    /// A change of a group's name is rejected.
    GROUP_RENAME_REFUSED = "group-rename-refused", Named, group_rename_refused;
    /// Groups never show their members.
    MEMBERS_NEVER_SHOWN = "members-never-shown", Drop, members_never_shown;
    /// Members are returned as bare ids.
    MEMBERS_AS_STRINGS = "members-as-strings", Retype, members_as_strings;
    /// A user's `groups` show the state before the last change of a group.
    USER_GROUPS_STALE = "user-groups-stale", Stale, user_groups_stale;
    /// A PATCH on a group returns all of its members.
    GROUP_PATCH_LISTS_MEMBERS = "group-patch-lists-members", Named, group_patch_lists_members;
}

const GROUPS: &[ServedKind] = &[ServedKind::Group];

fn adds(change: &Change<'_>) -> bool {
    change.concerns("members") && change.verb == Verb::Add
}

fn removes(change: &Change<'_>) -> bool {
    change.concerns("members") && change.verb == Verb::Remove
}

/// Ids a change names, in its value or in its path.
fn named(change: &Change<'_>) -> Vec<String> {
    let mut ids = Vec::new();
    if let Some(Filter::Compare(_, _, Literal::Text(id))) = &change.path.filter {
        ids.push(id.clone());
    }
    let elements = match change.value {
        Some(Value::Array(elements)) => elements.as_slice(),
        Some(other) => std::slice::from_ref(other),
        None => &[],
    };
    let id = |element: &Value| element.get("value").unwrap_or(element).as_str().map(str::to_owned);
    ids.extend(elements.iter().filter_map(id));
    ids
}

/// Ids that a request adds to a group's members, or takes away.
fn asked(call: &ServerRequest, test: fn(&Change<'_>) -> bool) -> Vec<String> {
    let mut ids = Vec::new();
    changes(&mut call.clone(), GROUPS, |change| {
        if test(change) {
            ids.extend(named(change));
        }
    });
    ids
}

/// The group a PATCH is about, as it is kept.
fn group<'a>(call: &ServerRequest, context: &'a FaultContext<'_>) -> Option<&'a StoredResource> {
    let (_, id) = patched(call).filter(|(kind, _)| *kind == ServedKind::Group)?;
    context.store.get(ServedKind::Group, &id)
}

fn is_member(group: &StoredResource, id: &str) -> bool {
    group.member_ids().any(|member| member == id)
}

fn member_add_ignored() -> Effect {
    Effect::before(|call, _| {
        ignore(call, GROUPS, adds);
        None
    })
}

fn member_add_replaces_list() -> Effect {
    Effect::before(|call, _| {
        replace(call, GROUPS, |change| {
            let value = change.value.filter(|_| adds(change))?;
            Some(vec![operation(Verb::Replace, "members", value.clone())])
        });
        None
    })
}

fn member_add_takes_first_only() -> Effect {
    fn cut(call: &mut ServerRequest) {
        // Of all members a request adds, the first.
        let mut taken = false;
        let Some(operations) = super::operations::operations(call, GROUPS) else { return };
        for operation in operations {
            let is_add =
                operation.get("op").and_then(Value::as_str).is_some_and(|op| op.eq_ignore_ascii_case("add"));
            if let Some(Value::Array(elements)) = operation.get_mut("value").filter(|_| is_add) {
                elements.truncate(usize::from(!taken));
                taken = true;
            }
        }
    }
    Effect::before(|call, _| {
        cut(call);
        None
    })
}

fn member_add_duplicates() -> Effect {
    Effect::both(
        |call, context| {
            let group = group(call, context)?;
            let again: Vec<Value> =
                asked(call, adds).into_iter().filter(|id| is_member(group, id)).map(Value::from).collect();
            context.memory.values.insert("again".into(), again.into());
            None
        },
        |call, reply, context| {
            let again = context.memory.values.remove("again");
            let Some(Value::Array(again)) = again.filter(|_| patched(call).is_some()) else { return };
            context.rewrite(call, reply, GROUPS, |group| {
                if let Some(Value::Array(members)) = group.attributes.get_mut("members") {
                    members.extend(again.into_iter().map(|id| json!({ "value": id })));
                }
            });
        },
    )
}

fn member_re_add_refused() -> Effect {
    Effect::before(|call, context| {
        let group = group(call, context)?;
        let again = asked(call, adds).into_iter().any(|id| is_member(group, &id));
        again.then(|| ErrorMessage::of(ScimType::Uniqueness, "the user is a member already").into())
    })
}

fn member_remove_ignored() -> Effect {
    Effect::before(|call, _| {
        ignore(call, GROUPS, removes);
        None
    })
}

fn member_remove_value_ignored() -> Effect {
    Effect::before(|call, _| {
        ignore(call, GROUPS, |change| {
            removes(change) && change.path.filter.is_none() && change.value.is_some()
        });
        None
    })
}

fn member_remove_value_refused() -> Effect {
    Effect::before(|call, _| {
        asks(call, GROUPS, |change| removes(change) && change.path.filter.is_none() && change.value.is_some())
            .then(|| refuse(ScimType::InvalidValue, "values must not be set for a remove operation"))
    })
}

fn member_remove_path_refused() -> Effect {
    Effect::before(|call, _| {
        asks(call, GROUPS, |change| removes(change) && change.path.filter.is_some())
            .then(|| refuse(ScimType::InvalidPath, "the path cannot be read"))
    })
}

fn member_remove_wipes_group() -> Effect {
    Effect::before(|call, _| {
        replace(call, GROUPS, |change| {
            removes(change).then(|| vec![json!({ "op": "remove", "path": "members" })])
        });
        None
    })
}

fn member_remove_leaves_all_groups() -> Effect {
    Effect::after(|call, reply, context| {
        if patched(call).is_none() || !reply.status.is_success() {
            return;
        }
        for id in asked(call, removes) {
            let groups: Vec<StoredResource> = context.store.groups_of(&id).cloned().collect();
            for mut group in groups {
                leave(&mut group.attributes, &id);
                context.store.overwrite(ServedKind::Group, group);
            }
        }
    })
}

fn leave(attributes: &mut Map<String, Value>, id: &str) {
    if let Some(Value::Array(members)) = attributes.get_mut("members") {
        members.retain(|member| member["value"] != *id);
        if members.is_empty() {
            attributes.shift_remove("members");
        }
    }
}

fn remove_absent_member_is_error() -> Effect {
    Effect::before(|call, context| {
        let group = group(call, context)?;
        let absent = asked(call, removes).into_iter().any(|id| !is_member(group, &id));
        absent.then(|| refuse(ScimType::NoTarget, "the user is no member of this group"))
    })
}

fn second_group_takes_member_away() -> Effect {
    Effect::after(|call, reply, context| {
        let Some((ServedKind::Group, here)) = patched(call).filter(|_| reply.status.is_success()) else {
            return;
        };
        for id in asked(call, adds) {
            let others: Vec<StoredResource> =
                context.store.groups_of(&id).filter(|group| group.id != here).cloned().collect();
            for mut group in others {
                leave(&mut group.attributes, &id);
                context.store.overwrite(ServedKind::Group, group);
            }
        }
    })
}

fn cut_members(call: &ServerRequest, reply: &mut Reply, context: &mut FaultContext<'_>, most: usize) {
    context.rewrite(call, reply, GROUPS, |group| {
        if let Some(Value::Array(members)) = group.attributes.get_mut("members") {
            members.truncate(most);
        }
    });
}

fn members_cut_at_twenty() -> Effect {
    Effect::after(|call, reply, context| cut_members(call, reply, context, 20))
}

fn empty_group_deleted() -> Effect {
    Effect::after(|call, reply, context| {
        if let Some((ServedKind::Group, id)) = patched(call).filter(|_| reply.status.is_success())
            && context
                .store
                .get(ServedKind::Group, &id)
                .is_some_and(|group| group.member_ids().next().is_none())
        {
            context.store.remove(ServedKind::Group, &id);
        }
    })
}

fn group_delete_cascades() -> Effect {
    Effect::before(|call, context| {
        let (_, id) = deleted(call).filter(|(kind, _)| *kind == ServedKind::Group)?;
        let members: Vec<String> =
            context.store.get(ServedKind::Group, &id)?.member_ids().map(str::to_owned).collect();
        for member in members {
            context.store.remove(ServedKind::User, &member);
        }
        None
    })
}

fn group_rename_wipes_members() -> Effect {
    Effect::after(|call, reply, context| {
        let renamed = asks(&mut call.clone(), GROUPS, |change| change.concerns("displayName"));
        if renamed {
            context.rewrite(call, reply, GROUPS, |group| {
                group.attributes.shift_remove("members");
            });
        }
    })
}

fn group_rename_refused() -> Effect {
    Effect::before(|call, _| {
        asks(call, GROUPS, |change| change.concerns("displayName"))
            .then(|| refuse(ScimType::Mutability, "displayName cannot be changed"))
    })
}

fn members_never_shown() -> Effect {
    Effect::after(|_, reply, _| {
        for resource in resources(reply) {
            resource.shift_remove("members");
        }
    })
}

fn members_as_strings() -> Effect {
    Effect::after(|_, reply, _| {
        for resource in resources(reply) {
            if let Some(Value::Array(members)) = resource.get_mut("members") {
                for member in members {
                    *member = member["value"].clone();
                }
            }
        }
    })
}

fn user_groups_stale() -> Effect {
    Effect::both(
        |call, context| {
            // What a user's groups were before the last change of any group.
            if super::context::writes(call) && !matches!(patched(call), Some((ServedKind::User, _))) {
                let ids: Vec<String> =
                    context.store.all(ServedKind::User).map(|user| user.id.clone()).collect();
                for id in ids {
                    let groups = context
                        .show(call, ServedKind::User, &id)
                        .and_then(|user| user.get("groups").cloned());
                    context.memory.values.insert(id, groups.unwrap_or_default());
                }
            }
            None
        },
        |_, reply, context| {
            for user in resources(reply) {
                let id = user.get("id").and_then(Value::as_str).unwrap_or("");
                match context.memory.values.get(id) {
                    Some(Value::Null) => user.shift_remove("groups"),
                    Some(groups) => user.insert("groups".into(), groups.clone()),
                    None => None,
                };
            }
        },
    )
}

fn group_patch_lists_members() -> Effect {
    Effect::after(|call, reply, context| {
        if let Some((ServedKind::Group, id)) = patched(call).filter(|_| reply.status == 204)
            && let Some(body) = context.show(call, ServedKind::Group, &id)
        {
            reply.status = status(200);
            reply.content = ReplyBody::Json(body);
            reply.headers.insert(header::CONTENT_TYPE, crate::server::reply::MEDIA_TYPE);
        }
    })
}
