//! Faults of writes that Entra does not send and other clients do: PUT, odd PATCH operations, odd values.

use axum::http::Method;
use serde_json::{Map, Value, json};

use super::context::{Effect, endpoint, fail, patched, refuse, status};
use super::creation::sent;
use super::fault::faults;
use super::operations::{USERS, asks, ignore, operations};
use crate::scim::message::ScimType;
use crate::scim::patch::Verb;
use crate::scim::{PatchPath, member};
use crate::server::call::{RequestBody, ServerRequest};
use crate::server::endpoint::Endpoint;
use crate::server::model::ServedKind;
use crate::server::reply::Reply;

faults! {
    /// PUT returns 200 and changes nothing.
    PUT_IGNORED = "put-ignored", Stale, put_ignored;
    /// PUT ignores `attributes` and returns every attribute.
    PUT_IGNORES_ATTRIBUTES = "put-ignores-attributes", Named, put_ignores_attributes;
    /// PUT on an unknown id creates a user.
    PUT_CREATES = "put-creates", Duplicate, put_creates;
    /// Operations with a malformed path are ignored.
    UNREADABLE_PATHS_IGNORED = "unreadable-paths-ignored", Drop, unreadable_paths_ignored;
    /// A remove of `userName` is accepted.
    REQUIRED_ATTRIBUTES_REMOVABLE = "required-attributes-removable", Named, required_attributes_removable;
    /// A PATCH can change `id`.
    ID_PATCHABLE = "id-patchable", Swap, id_patchable;
    /// `primary` of elements that a PATCH adds is not stored.
    PRIMARY_NOT_MOVED = "primary-not-moved", Drop, primary_not_moved;
    /// A group as a member of another group returns 500.
    NESTED_GROUP_IS_500 = "nested-group-is-500", Named, nested_group_is_500;
    /// A PATCH without operations returns 500.
    EMPTY_OPERATIONS_ARE_500 = "empty-operations-are-500", Named, empty_operations_are_500;
    /// A PATCH that changes nothing returns 400.
    NO_CHANGE_IS_ERROR = "no-change-is-error", Named, no_change_is_error;
    /// A create with null returns 400.
    NULLS_REFUSED = "nulls-refused", Named, nulls_refused;
    /// A create with an e-mail that has no value returns 500.
    EMAIL_WITHOUT_VALUE_IS_500 = "email-without-value-is-500", Named, email_without_value_is_500;
    /// A create with `active` as a string returns 400.
    CREATE_REFUSES_BOOLEAN_TEXT = "create-refuses-boolean-text", Named, create_refuses_boolean_text;
    /// `primary` of roles is stored as the string that was sent.
    PRIMARY_TEXT_KEPT = "primary-text-kept", Retype, primary_text_kept;
    /// The `userName` of a disabled user can be given to another user.
    DISABLED_NAME_GIVEN_AGAIN = "disabled-name-given-again", Duplicate, disabled_name_given_again;
    /// A create of a group does not store its members.
    GROUP_CREATE_DROPS_MEMBERS = "group-create-drops-members", Drop, group_create_drops_members;
}

/// The resource a PUT replaces.
fn replaced(call: &ServerRequest) -> Option<(ServedKind, String)> {
    match endpoint(call) {
        Endpoint::Resource(kind, id) if call.method == Method::PUT => Some((kind, id)),
        _ => None,
    }
}

fn put_ignored() -> Effect {
    Effect::before(|call, context| {
        let (kind, id) = replaced(call)?;
        let body = context.show(call, kind, &id)?;
        Some(Reply::json(status(200), body))
    })
}

fn put_ignores_attributes() -> Effect {
    Effect::before(|call, _| {
        replaced(call)?;
        call.forget_parameter("attributes");
        None
    })
}

fn put_creates() -> Effect {
    Effect::before(|call, context| {
        let (kind, id) = replaced(call)?;
        if context.store.get(kind, &id).is_none() {
            call.method = Method::POST;
            call.segments = Some(vec![kind.endpoint().into()]);
        }
        None
    })
}

fn unreadable_paths_ignored() -> Effect {
    Effect::before(|call, _| {
        let readable = |operation: &Value| {
            let path = member(operation, "path").and_then(Value::as_str);
            path.is_none_or(|path| path.parse::<PatchPath>().is_ok())
        };
        operations(call, &ServedKind::ALL)?.retain(readable);
        None
    })
}

fn required_attributes_removable() -> Effect {
    Effect::before(|call, _| {
        ignore(call, USERS, |change| change.concerns("userName") && change.verb == Verb::Remove);
        None
    })
}

fn id_patchable() -> Effect {
    Effect::before(|call, context| {
        let (kind, old) = patched(call)?;
        let mut new = None;
        super::operations::changes(call, &ServedKind::ALL, |change| {
            if change.concerns("id") {
                new = change.value.and_then(Value::as_str).map(str::to_owned);
            }
        });
        context.store.rename(kind, &old, &new?);
        Some(Reply::no_content())
    })
}

fn primary_not_moved() -> Effect {
    Effect::before(|call, _| {
        for operation in operations(call, USERS)? {
            let Some(Value::Array(elements)) = operation.get_mut("value") else { continue };
            for element in elements.iter_mut().filter_map(Value::as_object_mut) {
                element.shift_remove("primary");
            }
        }
        None
    })
}

fn nested_group_is_500() -> Effect {
    Effect::before(|call, context| {
        let store = &context.store;
        let nested = |value: &Value| {
            let elements = value.as_array().map_or(&[][..], Vec::as_slice);
            let ids = elements.iter().filter_map(|element| element.get("value")?.as_str());
            ids.into_iter().any(|id| store.kind_of(id) == Some(ServedKind::Group))
        };
        asks(call, &[ServedKind::Group], |change| {
            change.concerns("members") && change.value.is_some_and(nested)
        })
        .then(|| fail(500, "no user of that id"))
    })
}

fn empty_operations_are_500() -> Effect {
    Effect::before(|call, _| {
        operations(call, &ServedKind::ALL)?.is_empty().then(|| fail(500, "index 0 is out of range"))
    })
}

fn no_change_is_error() -> Effect {
    Effect::before(|call, context| {
        let (kind, id) = patched(call)?;
        let RequestBody::Json(body) = &call.body else { return None };
        let kept: &Map<String, Value> = &context.store.get(kind, &id)?.attributes;
        let after = context.service.patched(kind, kept, body).ok()?;
        let names_something =
            member(body, "Operations").and_then(Value::as_array).is_some_and(|all| !all.is_empty());
        (names_something && after == *kept)
            .then(|| refuse(ScimType::InvalidValue, "there are no valid fields to update"))
    })
}

fn nulls_refused() -> Effect {
    Effect::before(|call, _| {
        let body = sent(call, ServedKind::User)?;
        body.values().any(Value::is_null).then(|| refuse(ScimType::InvalidValue, "null is no value"))
    })
}

fn email_without_value_is_500() -> Effect {
    Effect::before(|call, _| {
        let emails = sent(call, ServedKind::User)?.get("emails")?.as_array()?;
        emails.iter().any(|email| email.get("value").is_none()).then(|| fail(500, "value is undefined"))
    })
}

fn create_refuses_boolean_text() -> Effect {
    Effect::before(|call, _| {
        let active = sent(call, ServedKind::User)?.get("active")?;
        active.is_string().then(|| refuse(ScimType::InvalidValue, "active: expected a boolean"))
    })
}

fn primary_text_kept() -> Effect {
    Effect::after(|call, reply, context| {
        let roles = sent(&mut call.clone(), ServedKind::User).and_then(|body| body.get("roles").cloned());
        let text = |role: &Value| role.get("primary").is_some_and(Value::is_string);
        if let Some(roles) = roles.filter(|roles| roles.as_array().is_some_and(|all| all.iter().any(text))) {
            context.rewrite(call, reply, USERS, |user| {
                user.attributes.insert("roles".into(), roles);
            });
        }
    })
}

fn disabled_name_given_again() -> Effect {
    Effect::before(|call, context| {
        let name =
            sent(call, ServedKind::User).and_then(|user| user.get("userName")?.as_str().map(str::to_owned));
        context.store.duplicates_allowed = name.is_some_and(|name| {
            let mut same = context.store.with(ServedKind::User, crate::server::store::StoreKey::Name, &name);
            same.any(|user| user.attributes.get("active") == Some(&json!(false)))
        });
        None
    })
}

fn group_create_drops_members() -> Effect {
    Effect::before(|call, _| {
        sent(call, ServedKind::Group)?.shift_remove("members");
        None
    })
}
