//! Faults of forms in which a PATCH was seen in the field: other spellings, other paths, other values.

use serde_json::{Value, json};

use super::operations::{Change, asks, changes, ignore, operation, operations, replace};
use super::scene::{Effect, Scene, fail, patched, read, refuse};
use crate::scim::message::ScimType;
use crate::scim::patch::Verb;
use crate::scim::{Filter, Literal, urn};
use crate::server::call::Call;
use crate::server::model::Kind;

const USERS: &[Kind] = &[Kind::User];
const GROUPS: &[Kind] = &[Kind::Group];

pub(super) fn lower_case_booleans_ignored() -> Effect {
    Effect::before(|call, _| {
        ignore(call, USERS, |change| {
            let text = change.value.and_then(Value::as_str).unwrap_or_default();
            change.concerns("active") && ["true", "false"].contains(&text)
        });
        None
    })
}

pub(super) fn core_urn_paths_refused() -> Effect {
    Effect::before(|call, _| {
        asks(call, &Kind::ALL, |change| {
            let schema = change.path.schema.as_deref().unwrap_or_default();
            [urn::USER, urn::GROUP].iter().any(|core| core.eq_ignore_ascii_case(schema))
        })
        .then(|| refuse(ScimType::InvalidPath, "the path names no extension of this server"))
    })
}

pub(super) fn replace_value_path_no_target() -> Effect {
    Effect::before(|call, scene| {
        let kept = super::updates::kept(call, scene);
        asks(call, USERS, |change| {
            change.verb == Verb::Replace && super::updates::selects_nothing(change, &kept)
        })
        .then(|| refuse(ScimType::NoTarget, "the path's filter selects nothing to replace"))
    })
}

pub(super) fn boolean_literal_selects_nothing() -> Effect {
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

pub(super) fn unknown_manager_is_500() -> Effect {
    Effect::before(|call, scene| {
        let store = &scene.store;
        asks(call, USERS, |change| {
            sets_manager(change).is_some_and(|id| store.get(Kind::User, &id).is_none())
        })
        .then(|| fail(500, "violates foreign key constraint"))
    })
}

/// True when a user's manager is nobody any more.
fn has_lost_manager(scene: &Scene<'_>, id: &str) -> bool {
    let manager = scene.store.get(Kind::User, id).and_then(|user| {
        user.attributes.get(urn::ENTERPRISE)?.get("manager")?.get("value")?.as_str().map(str::to_owned)
    });
    manager.is_some_and(|manager| scene.store.get(Kind::User, &manager).is_none())
}

pub(super) fn dangling_manager_breaks_reads() -> Effect {
    Effect::before(|call, scene| {
        let (_, id) = read(call).filter(|(kind, _)| *kind == Kind::User)?;
        has_lost_manager(scene, &id).then(|| fail(500, "manager is undefined"))
    })
}

/// The elements a change names members with.
fn named_members(change: &Change<'_>) -> Vec<Value> {
    match change.value.filter(|_| change.concerns("members")) {
        Some(Value::Array(elements)) => elements.clone(),
        _ => Vec::new(),
    }
}

pub(super) fn null_reference_refused() -> Effect {
    Effect::before(|call, _| {
        asks(call, GROUPS, |change| {
            named_members(change).iter().any(|member| member.get("$ref").is_some_and(Value::is_null))
        })
        .then(|| refuse(ScimType::InvalidValue, "$ref: expected a reference but found null"))
    })
}

pub(super) fn unknown_member_is_500() -> Effect {
    Effect::before(|call, scene| {
        let store = &scene.store;
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

pub(super) fn empty_replace_refused() -> Effect {
    Effect::before(|call, _| {
        asks(call, GROUPS, |change| {
            change.verb == Verb::Replace && change.value.is_some_and(|value| *value == json!([]))
        })
        .then(|| refuse(ScimType::InvalidValue, "a replace needs a value"))
    })
}

pub(super) fn member_replace_adds() -> Effect {
    Effect::before(|call, _| {
        replace(call, GROUPS, |change| {
            let replaces = change.concerns("members") && change.verb == Verb::Replace;
            replaces.then(|| vec![operation(Verb::Add, "members", change.value.cloned().unwrap_or_default())])
        });
        None
    })
}

fn is_pathless(call: &mut Call) -> bool {
    operations(call, GROUPS).is_some_and(|all| all.iter().any(|operation| operation.get("path").is_none()))
}

pub(super) fn pathless_group_replace_wipes_members() -> Effect {
    Effect::after(|call, reply, scene| {
        let mut names_members = false;
        changes(&mut call.clone(), GROUPS, |change| names_members |= change.concerns("members"));
        if patched(call).is_some() && is_pathless(&mut call.clone()) && !names_members {
            scene.rewrite(call, reply, GROUPS, |group| {
                group.attributes.shift_remove("members");
            });
        }
    })
}

pub(super) fn name_object_replaces_whole() -> Effect {
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
