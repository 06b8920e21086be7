//! Faults of forms in which a PATCH was seen in the field: other spellings, other paths, other values.

use serde_json::{Map, Value, json};

use super::context::{Effect, FaultContext, fail, patched, read, refuse};
use super::fault::faults;
use super::operations::{Change, USERS, asks, changes, ignore, operation, operations, replace};
use crate::scim::message::ScimType;
use crate::scim::patch::Verb;
use crate::scim::{Filter, Literal, urn};
use crate::server::call::ServerRequest;
use crate::server::model::ServedKind;

faults! {
    /// `active` as the string "true" or "false" in lower case is ignored.
    LOWER_CASE_BOOLEANS_IGNORED = "lower-case-booleans-ignored", Drop, lower_case_booleans_ignored;
    /// A path with the URN of the core schema is rejected.
    CORE_URN_PATHS_REFUSED = "core-urn-paths-refused", Named, core_urn_paths_refused;
    /// A Replace on a value path that selects nothing is rejected, but an Add is accepted.
    REPLACE_VALUE_PATH_NO_TARGET = "replace-value-path-no-target", Named, replace_value_path_no_target;
    /// A value path with a boolean is rejected.
    BOOLEAN_LITERAL_SELECTS_NOTHING = "boolean-literal-selects-nothing", Named, boolean_literal_selects_nothing;
    /// A manager with an unknown id returns 500.
    UNKNOWN_MANAGER_IS_500 = "unknown-manager-is-500", Named, unknown_manager_is_500;
    /// A user whose manager was deleted cannot be read.
    DANGLING_MANAGER_BREAKS_READS = "dangling-manager-breaks-reads", Hide, dangling_manager_breaks_reads;
    /// A member with `"$ref": null` is rejected.
    NULL_REFERENCE_REFUSED = "null-reference-refused", Named, null_reference_refused;
    /// A member with an unknown id returns 500.
    UNKNOWN_MEMBER_IS_500 = "unknown-member-is-500", Named, unknown_member_is_500;
    /// Adding a member with an unknown id creates a user with that id.
    UNKNOWN_MEMBER_CREATES_USER = "unknown-member-creates-user", Named, unknown_member_creates_user;
    /// A replace with an empty list is rejected.
    EMPTY_REPLACE_REFUSED = "empty-replace-refused", Named, empty_replace_refused;
    /// A replace of members adds them to the existing ones.
    MEMBER_REPLACE_ADDS = "member-replace-adds", Duplicate, member_replace_adds;
    /// A replace of the id in a member adds another member beside it.
    MEMBER_VALUE_DOUBLED = "member-value-doubled", Duplicate, member_value_doubled;
    /// A change of a group without a path removes its members.
    PATHLESS_GROUP_REPLACE_WIPES_MEMBERS = "pathless-group-replace-wipes-members", Wipe, pathless_group_replace_wipes_members;
    /// A value wrapped in a list, as Entra's jobs of 2018 send it, is ignored.
    WRAPPED_VALUES_IGNORED = "wrapped-values-ignored", Drop, wrapped_values_ignored;
    /// A `name` object in a PATCH replaces the whole name.
    NAME_OBJECT_REPLACES_WHOLE = "name-object-replaces-whole", Wipe, name_object_replaces_whole;
}

const GROUPS: &[ServedKind] = &[ServedKind::Group];

fn member_value_doubled() -> Effect {
    Effect::before(|call, _| {
        replace(call, GROUPS, |change| {
            let path = &change.path;
            let other = change.value.filter(|_| change.concerns("members") && path.filter.is_some())?;
            path.sub.as_ref()?;
            Some(vec![operation(Verb::Add, "members", json!([{ "value": other }]))])
        });
        None
    })
}

fn lower_case_booleans_ignored() -> Effect {
    Effect::before(|call, _| {
        ignore(call, USERS, |change| {
            let text = change.value.and_then(Value::as_str).unwrap_or_default();
            change.concerns("active") && ["true", "false"].contains(&text)
        });
        None
    })
}

fn core_urn_paths_refused() -> Effect {
    Effect::before(|call, _| {
        asks(call, &ServedKind::ALL, |change| {
            let schema = change.path.schema.as_deref().unwrap_or_default();
            [urn::USER, urn::GROUP].iter().any(|core| core.eq_ignore_ascii_case(schema))
        })
        .then(|| refuse(ScimType::InvalidPath, "the path names no extension of this server"))
    })
}

fn replace_value_path_no_target() -> Effect {
    Effect::before(|call, context| {
        let kept = super::value_paths::kept(call, context);
        asks(call, USERS, |change| {
            change.verb == Verb::Replace && super::value_paths::selects_nothing(change, &kept)
        })
        .then(|| refuse(ScimType::NoTarget, "the path's filter selects nothing to replace"))
    })
}

fn boolean_literal_selects_nothing() -> Effect {
    Effect::before(|call, _| {
        asks(call, USERS, |change| {
            matches!(change.path.filter, Some(Filter::Compare(_, _, Literal::Boolean(_))))
        })
        .then(|| refuse(ScimType::NoTarget, "no value matches the filter"))
    })
}

fn sets_manager(change: &Change<'_>) -> Option<String> {
    let value = change.value.filter(|_| change.concerns("manager") && !change.clears())?;
    value.get("value").unwrap_or(value).as_str().map(str::to_owned)
}

fn unknown_manager_is_500() -> Effect {
    Effect::before(|call, context| {
        let store = &context.store;
        asks(call, USERS, |change| {
            sets_manager(change).is_some_and(|id| store.get(ServedKind::User, &id).is_none())
        })
        .then(|| fail(500, "violates foreign key constraint"))
    })
}

/// True when a user has no manager any more.
fn has_lost_manager(context: &FaultContext<'_>, id: &str) -> bool {
    let manager = context.store.get(ServedKind::User, id).and_then(|user| {
        user.attributes.get(urn::ENTERPRISE)?.get("manager")?.get("value")?.as_str().map(str::to_owned)
    });
    manager.is_some_and(|manager| context.store.get(ServedKind::User, &manager).is_none())
}

fn dangling_manager_breaks_reads() -> Effect {
    Effect::before(|call, context| {
        let (_, id) = read(call).filter(|(kind, _)| *kind == ServedKind::User)?;
        has_lost_manager(context, &id).then(|| fail(500, "manager is undefined"))
    })
}

/// The elements a change names members with.
fn named_members(change: &Change<'_>) -> Vec<Value> {
    match change.value.filter(|_| change.concerns("members")) {
        Some(Value::Array(elements)) => elements.clone(),
        _ => Vec::new(),
    }
}

fn wrapped_values_ignored() -> Effect {
    Effect::before(|call, _| {
        ignore(call, USERS, |change| {
            let elements = change.value.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            matches!(elements, [Value::Object(only)] if only.len() == 2 && only.contains_key("$ref"))
        });
        None
    })
}

fn null_reference_refused() -> Effect {
    Effect::before(|call, _| {
        asks(call, GROUPS, |change| {
            named_members(change).iter().any(|member| member.get("$ref").is_some_and(Value::is_null))
        })
        .then(|| refuse(ScimType::InvalidValue, "$ref: expected a reference but found null"))
    })
}

fn unknown_member_is_500() -> Effect {
    Effect::before(|call, context| {
        let store = &context.store;
        asks(call, GROUPS, |change| {
            let ids = named_members(change);
            change.verb == Verb::Add
                && ids
                    .iter()
                    .filter_map(|member| member.get("value")?.as_str())
                    .any(|id| store.kind_of(id).is_none())
        })
        .then(|| fail(500, "violates foreign key constraint"))
    })
}

fn unknown_member_creates_user() -> Effect {
    Effect::before(|call, context| {
        let mut unknown: Vec<String> = Vec::new();
        let store = &context.store;
        changes(call, GROUPS, |change| {
            let ids = named_members(change);
            let ids = ids.iter().filter_map(|member| member.get("value")?.as_str());
            unknown.extend(ids.filter(|id| store.kind_of(id).is_none()).map(str::to_owned));
        });
        let model = context.service.model(ServedKind::User);
        for id in unknown {
            let mut user = Map::new();
            user.insert("userName".into(), json!(id));
            if let Ok(made) = context.store.insert(model, user) {
                context.store.rename(ServedKind::User, &made, &id);
            }
        }
        None
    })
}

fn empty_replace_refused() -> Effect {
    Effect::before(|call, _| {
        asks(call, GROUPS, |change| {
            change.verb == Verb::Replace && change.value.is_some_and(|value| *value == json!([]))
        })
        .then(|| refuse(ScimType::InvalidValue, "a replace needs a value"))
    })
}

fn member_replace_adds() -> Effect {
    Effect::before(|call, _| {
        replace(call, GROUPS, |change| {
            let replaces = change.concerns("members") && change.verb == Verb::Replace;
            replaces.then(|| vec![operation(Verb::Add, "members", change.value.cloned().unwrap_or_default())])
        });
        None
    })
}

fn is_pathless(call: &mut ServerRequest) -> bool {
    operations(call, GROUPS).is_some_and(|all| all.iter().any(|operation| operation.get("path").is_none()))
}

fn pathless_group_replace_wipes_members() -> Effect {
    Effect::after(|call, reply, context| {
        let mut names_members = false;
        changes(&mut call.clone(), GROUPS, |change| names_members |= change.concerns("members"));
        if patched(call).is_some() && is_pathless(&mut call.clone()) && !names_members {
            context.rewrite(call, reply, GROUPS, |group| {
                group.attributes.shift_remove("members");
            });
        }
    })
}

fn name_object_replaces_whole() -> Effect {
    Effect::before(|call, _| {
        let mut names = 0;
        changes(call, USERS, |change| {
            let whole = change.concerns("name") && change.path.sub.is_none();
            names += usize::from(whole && change.value.is_some_and(Value::is_object));
        });
        if names > 0 {
            operations(call, USERS)?.insert(0, json!({ "op": "remove", "path": "name" }));
        }
        None
    })
}
